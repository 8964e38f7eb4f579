import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { makeRoom, makeService } from '../helpers/services.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
let service: number;
let room: number;
let webhook: number;
const freshDay = freshDays('2026-03-03');
const HOURS = { weekday: 1, start_time: '09:00', end_time: '10:00', slot_minutes: 30 };

beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } }),
    patient: await clinic.person('patient'),
  };
  service = await makeService(clinic, people.admin, [people.doctor]);
  room = await makeRoom(clinic.db, '1', 'consulting');
  const made = await clinic
    .as(people.admin)
    .post('/webhooks/', { url: 'http://127.0.0.1:9/hook' })
    .expect(201);
  webhook = made.body.id;
});
afterAll(() => clinic.close());

const as = (who: keyof typeof people) => clinic.as(people[who]);
type Who = keyof typeof people;

/** Every single record and list that says what it is by a tag: who reads it, where, and what changes it. */
const read: Record<string, () => Promise<[Who, string, () => Promise<unknown>]>> = {
  'an appointment': async () => {
    const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
    const change = () => as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
    return ['patient', `/appointments/${id}/`, change];
  },
  'an appointment whose patient has another name': async () => {
    const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
    const change = () => as('patient').patch('/patient/profile/', { first_name: 'Nargiza' }).expect(200);
    return ['doctor', `/appointments/${id}/`, change];
  },
  'a user': async () => [
    'admin',
    `/users/${people.patient.id}/`,
    async () => as('admin').patch(`/users/${people.patient.id}/`, { last_name: 'Aliyeva' }).expect(200),
  ],
  'a doctor': async () => [
    'patient',
    `/doctors/${people.doctor.id}/`,
    async () => as('doctor').patch('/doctor/profile/', { experience_years: 11 }).expect(200),
  ],
  'the directory': async () => [
    'patient',
    '/doctors/',
    async () => as('doctor').patch('/doctor/profile/', { experience_years: 12 }).expect(200),
  ],
  'free slots': async () => [
    'patient',
    `/doctors/${people.doctor.id}/timeslots/`,
    () => clinic.slot(people.doctor, { date: freshDay() }),
  ],
  'slots that are searched': async () => [
    'patient',
    `/timeslots/search/?doctor=${people.doctor.id}`,
    () => clinic.slot(people.doctor, { date: freshDay() }),
  ],
  'own slots': async () => ['doctor', '/timeslots/', () => clinic.slot(people.doctor, { date: freshDay() })],
  'a slot': async () => {
    const slot = await clinic.slot(people.doctor, { date: freshDay() });
    return ['doctor', `/timeslots/${slot}/`, () => clinic.book(people.patient, slot)];
  },
  services: async () => ['patient', '/services/', () => makeService(clinic, people.admin, [])],
  'a service': async () => [
    'patient',
    `/services/${service}/`,
    async () => as('admin').patch(`/services/${service}/`, { price: 100 }).expect(200),
  ],
  'what a doctor gives': async () => [
    'patient',
    `/doctors/${people.doctor.id}/services/`,
    async () => as('admin').patch(`/services/${service}/`, { price: 200 }).expect(200),
  ],
  'a branch': async () => [
    'patient',
    '/branches/1/',
    async () => as('admin').patch('/branches/1/', { address: 'Bunyodkor, 7' }).expect(200),
  ],
  'a room': async () => [
    'doctor',
    `/rooms/${room}/`,
    async () => as('admin').patch(`/rooms/${room}/`, { kind: 'surgery' }).expect(200),
  ],
  'a week': async () => [
    'doctor',
    '/doctor/schedule/',
    async () =>
      as('doctor')
        .put('/doctor/schedule/', { schedule: [HOURS] })
        .expect(200),
  ],
  'the policy': async () => [
    'admin',
    '/settings/',
    async () => as('admin').patch('/settings/', { min_notice_minutes: 7 }).expect(200),
  ],
  'an endpoint of a webhook': async () => {
    const { body } = await as('admin').post('/webhooks/', { url: 'http://127.0.0.1:9/hook' }).expect(201);
    const path = `/webhooks/${body.id}/`;
    return ['admin', path, async () => as('admin').patch(path, { description: 'Our CRM' }).expect(200)];
  },
  'an API key': async () => {
    const wanted = { name: 'Till', scopes: ['slots:read'] };
    const { body } = await as('admin').post('/api-keys/', wanted).expect(201);
    const path = `/api-keys/${body.id}/`;
    return ['admin', path, async () => as('admin').delete(path).expect(204)];
  },
  'who I am': async () => [
    'patient',
    '/auth/me/',
    async () => as('patient').patch('/auth/me/', { last_name: 'Karimova' }).expect(200),
  ],
};

describe('If-None-Match', () => {
  test.each(Object.keys(read))('%s is sent again only once it has changed', async (name) => {
    const [who, path, change] = await (read[name] as (typeof read)[string])();
    const first = await as(who).get(path).expect(200);
    const etag = String(first.headers.etag);
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect(first.headers['cache-control']).toBe('private, no-cache');
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await as(who).get(path).set('if-none-match', tags).expect(304);
      expect(again.text).toBe('');
      expect(again.headers).toMatchObject({ etag, 'cache-control': 'private, no-cache' });
      expect(again.headers).not.toHaveProperty('content-type');
    }
    await as(who).get(path).set('if-none-match', '"other"').expect(200);
    const head = (tag: string) =>
      supertest(clinic.app.server)
        .head(`/api${path}`)
        .set({ authorization: `Bearer ${people[who].token}`, 'if-none-match': tag });
    expect((await head(etag).expect(304)).headers.etag).toBe(etag);
    await head('"other"').expect(200);
    await change();
    const changed = await as(who).get(path).set('if-none-match', etag).expect(200);
    expect(changed.headers.etag).not.toBe(etag);
    expect(changed.body).not.toEqual(first.body);
  });

  test('spares nobody a refusal', async () => {
    expectProblem(await as('patient').get('/doctors/999999/').set('if-none-match', '*'), 'doctor_not_found');
    expectProblem(
      await clinic.as(undefined).get('/auth/me/').set('if-none-match', '*'),
      'authentication_required',
    );
  });
});

/** What another may change too: where it is read and written, by whom, and a change. */
const shared: Record<string, () => [Who, string, 'patch' | 'put', string, (value: number) => object]> = {
  'a doctor’s profile': () => [
    'doctor',
    '/doctor/profile/',
    'patch',
    '/doctor/profile/',
    (value) => ({ experience_years: value }),
  ],
  'a patient’s profile': () => [
    'patient',
    '/patient/profile/',
    'patch',
    '/patient/profile/',
    (value) => ({ first_name: `Name${value}` }),
  ],
  'a patient at the desk': () => {
    const path = `/patients/${people.patient.id}/`;
    return ['admin', path, 'patch', path, (value) => ({ last_name: `Name${value}` })];
  },
  'a user': () => {
    const path = `/users/${people.doctor.id}/`;
    return ['admin', path, 'patch', path, (value) => ({ last_name: `Name${value}` })];
  },
  'one’s own account': () => [
    'doctor',
    '/auth/me/',
    'patch',
    '/auth/me/',
    (value) => ({ last_name: `Name${value}` }),
  ],
  'the policy': () => [
    'admin',
    '/settings/',
    'patch',
    '/settings/',
    (value) => ({ min_notice_minutes: value }),
  ],
  'one’s own week': () => [
    'doctor',
    '/doctor/schedule/',
    'put',
    '/doctor/schedule/',
    (value) => ({ schedule: [{ ...HOURS, slot_minutes: value }] }),
  ],
  'a doctor’s week': () => {
    const path = `/doctors/${people.doctor.id}/schedule/`;
    return ['admin', path, 'put', path, (value) => ({ schedule: [{ ...HOURS, slot_minutes: value }] })];
  },
  'a branch': () => [
    'admin',
    '/branches/1/',
    'patch',
    '/branches/1/',
    (value) => ({ name: `Branch ${value}` }),
  ],
  'a room': () => {
    const path = `/rooms/${room}/`;
    return ['admin', path, 'patch', path, (value) => ({ name: `Room ${value}` })];
  },
  'a service': () => {
    const path = `/services/${service}/`;
    return ['admin', path, 'patch', path, (value) => ({ duration_minutes: value })];
  },
  'what a doctor gives': () => {
    const path = `/doctors/${people.doctor.id}/services/`;
    return ['admin', path, 'put', path, (value) => ({ services: [{ service, duration_minutes: value }] })];
  },
  'an endpoint of a webhook': () => {
    const path = `/webhooks/${webhook}/`;
    return ['admin', path, 'patch', path, (value) => ({ description: `CRM ${value}` })];
  },
};

describe.each(Object.keys(shared))('If-Match on %s', (name) => {
  const parts = () => (shared[name] as (typeof shared)[string])();

  test('lets a change through for the state that stands, and no other', async () => {
    const [who, from, method, path, body] = parts();
    const { etag } = (await as(who).get(from).expect(200)).headers;
    await as(who)[method](path, body(15)).set('if-match', String(etag)).expect(200);
    const before = (await as(who).get(from).expect(200)).body;
    expectProblem(await as(who)[method](path, body(20)).set('if-match', String(etag)), 'version_mismatch');
    expectProblem(await as(who)[method](path, body(20)).set('if-match', '"nonsense"'), 'version_mismatch');
    expect((await as(who).get(from).expect(200)).body).toEqual(before);
    await as(who)[method](path, body(20)).set('if-match', '*').expect(200);
    await as(who)[method](path, body(30)).expect(200);
  });

  test('of two changes at once for one state lets one through', async () => {
    const [who, from, method, path, body] = parts();
    const { etag } = (await as(who).get(from).expect(200)).headers;
    const answers = await Promise.all(
      [12, 14].map((value) => as(who)[method](path, body(value)).set('if-match', String(etag))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test('refuses what is no list of tags', async () => {
    const [who, , method, path, body] = parts();
    const answer = await as(who)[method](path, body(25)).set('if-match', 'nonsense');
    expectProblem(answer, 'invalid_input', { fields: ['if-match invalid_etag'] });
  });
});

test.each([
  'a patient’s profile',
  'one’s own account',
  'a branch',
  'a room',
  'a service',
  'what a doctor gives',
  'an endpoint of a webhook',
])('the answer to a change of %s names the state that it made', async (name) => {
  const [who, from, method, path, body] = (shared[name] as (typeof shared)[string])();
  const { headers } = await as(who)[method](path, body(35)).expect(200);
  expect((await as(who).get(from).expect(200)).headers.etag).toBe(headers.etag);
  await as(who)[method](path, body(36)).set('if-match', String(headers.etag)).expect(200);
});

/** What is taken away, while nothing hangs on it: where a fresh one is, a change of it, and what is said once it is gone. */
const removable: Record<string, () => Promise<[string, object, ErrorCode]>> = {
  'a branch': async () => {
    const { body } = await as('admin').post('/branches/', { name: freshDay(), is_active: false }).expect(201);
    return [`/branches/${body.id}/`, { name: freshDay() }, 'branch_not_found'];
  },
  'a room': async () => [
    `/rooms/${await makeRoom(clinic.db, freshDay(), 'consulting')}/`,
    { name: freshDay() },
    'room_not_found',
  ],
  'a service': async () => [
    `/services/${await makeService(clinic, people.admin, [])}/`,
    { duration_minutes: 45 },
    'service_not_found',
  ],
  'an endpoint of a webhook': async () => {
    const { body } = await as('admin').post('/webhooks/', { url: 'http://127.0.0.1:9/hook' }).expect(201);
    return [`/webhooks/${body.id}/`, { description: freshDay() }, 'webhook_not_found'];
  },
};

describe.each(Object.entries(removable))('If-Match where %s is deleted', (_, fresh) => {
  test('lets it go in the state that was seen, and in no other', async () => {
    const [path, change, gone] = await fresh();
    const { etag } = (await as('admin').get(path).expect(200)).headers;
    const changed = await as('admin').patch(path, change).expect(200);
    const remove = (tag: unknown) => as('admin').delete(path).set('if-match', String(tag));
    expectProblem(await remove(etag), 'version_mismatch');
    expectProblem(await remove('nonsense'), 'invalid_input', { fields: ['if-match invalid_etag'] });
    expect((await as('admin').get(path).expect(200)).body).toEqual(changed.body);
    await remove(changed.headers.etag).expect(204);
    expectProblem(await remove(changed.headers.etag), gone);
  });

  test('of a change and a deletion at once lets one through', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [path, change, gone] = await fresh();
      const tag = String((await as('admin').get(path).expect(200)).headers.etag);
      const [changed, removed] = await Promise.all([
        as('admin').patch(path, change).set('if-match', tag),
        as('admin').delete(path).set('if-match', tag),
      ]);
      if (changed.status === 200) expectProblem(removed, 'version_mismatch');
      else {
        expectProblem(changed, gone);
        expect(removed.status).toBe(204);
      }
    }
  });
});
