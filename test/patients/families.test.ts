import type { Response as Answer } from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { adultsBornBy } from '../../src/core/age.ts';
import { nextVisits } from '../../src/modules/notifications/telegram/telegram.repository.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { CHILD, join } from './family.ts';

let clinic: TestApp;
let parent: Person;
let child: number;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());
beforeEach(async () => {
  parent = await clinic.person('patient', { first_name: 'Aziza' });
  child = await add(parent);
});

const freshDay = freshDays();
const as = (person: Person) => clinic.as(person);
const path = (id = child) => `/patient/dependants/${id}/`;
const query = async (text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query(text, values)).rows;

async function add(person: Person, fields: object = {}): Promise<number> {
  const { body } = await as(person)
    .post('/patient/dependants/', { ...CHILD, ...fields })
    .expect(201);
  return body.id;
}

async function invite(person = parent, id = child): Promise<string> {
  const { body } = await as(person)
    .post(`${path(id)}invite/`)
    .expect(201);
  return body.code;
}

async function visit(person: Person, patient: number): Promise<number> {
  const timeslot = await clinic.slot(await clinic.person('doctor'), { date: freshDay() });
  const { body } = await as(person).post('/appointments/', { timeslot, patient }).expect(201);
  return body.id;
}

describe('a child', () => {
  test('is added with its details, and shown to whoever looks after it', async () => {
    const { body, headers } = await as(parent).post('/patient/dependants/', CHILD).expect(201);
    expect(body).toEqual({
      id: expect.any(Number),
      first_name: 'Madina',
      last_name: 'Karimova',
      phone: null,
      date_of_birth: '2019-08-20',
      gender: 'female',
      relationship: 'parent',
      until: '2037-08-20',
    });
    expect(headers.location).toBe(`/api/patient/dependants/${body.id}/`);
    expect((await as(parent).get(path(body.id)).expect(200)).body).toEqual(body);
    const { body: list } = await as(parent).get('/patient/dependants/').expect(200);
    expect(list.map(({ id }: { id: number }) => id)).toEqual([child, body.id]);
  });

  test('has no sign-in, and a user name that nobody can choose or type', async () => {
    const [user] = await query('select username, password_hash, role, is_active from users where id = $1', [
      child,
    ]);
    expect(user).toEqual({
      username: expect.stringMatching(/^~[0-9a-f-]{36}$/),
      password_hash: null,
      role: 'patient',
      is_active: true,
    });
    const login = await clinic
      .as(undefined)
      .post('/auth/login/', { username: user.username, password: 'whatever-it-may-be' });
    expectProblem(login, 'invalid_credentials');
    const [profile] = await query('select registered_by, is_from_desk from patient_profiles where id = $1', [
      child,
    ]);
    expect(profile).toEqual({ registered_by: parent.id, is_from_desk: false });
  });

  test.each([
    ['2008-03-03', 201],
    ['2008-03-02', 400],
    ['1990-01-01', 400],
    ['2026-03-02', 201],
    ['2026-03-03', 400],
  ])('who was born on %s is answered %i on 2 March 2026', async (date_of_birth, status) => {
    await as(parent)
      .post('/patient/dependants/', { ...CHILD, date_of_birth })
      .expect(status);
  });

  test('is added once for each key', async () => {
    const parent = await clinic.person('patient');
    const add = () => clinic.as(parent).post('/patient/dependants/', CHILD).set('idempotency-key', 'born');
    const first = await add().expect(201);
    const again = await add().expect(201);
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, 'true']);
    expect((await clinic.as(parent).get('/patient/dependants/').expect(200)).body).toHaveLength(1);
  });

  test('is one of ten at the most', async () => {
    for (let count = 1; count < 10; count += 1) await add(parent);
    expectProblem(await as(parent).post('/patient/dependants/', CHILD), 'too_many_dependants');
    expect((await as(parent).get('/patient/dependants/').expect(200)).body).toHaveLength(10);
  });

  test('is corrected by its guardian, each keeping their own relationship', async () => {
    const other = await clinic.person('patient');
    await join(clinic, other, await invite());
    const changes = { first_name: 'Amina', date_of_birth: '2019-08-21', relationship: 'grandparent' };
    const { body } = await as(parent).patch(path(), changes).expect(200);
    expect(body).toMatchObject({ ...changes, until: '2037-08-21' });
    expect((await as(other).get(path()).expect(200)).body).toMatchObject({
      first_name: 'Amina',
      relationship: 'guardian',
    });
    expectProblem(await as(parent).patch(path(), { date_of_birth: '2000-01-01' }), 'invalid_input');
    expectProblem(await as(parent).patch(path(), {}), 'invalid_input');
  });

  test('is left alone where it has been corrected since it was read', async () => {
    const other = await clinic.person('patient');
    await join(clinic, other, await invite());
    const { headers } = await as(parent).get(path()).expect(200);
    const tag = headers.etag as string;
    await as(other).patch(path(), { first_name: 'Amina' }).set('if-match', tag).expect(412);
    const theirs = (await as(other).get(path()).expect(200)).headers.etag as string;
    const changed = await as(other)
      .patch(path(), { first_name: 'Amina' })
      .set('if-match', theirs)
      .expect(200);
    const stale = as(parent).patch(path(), { first_name: 'Zuhra' }).set('if-match', tag);
    expectProblem(await stale, 'version_mismatch');
    const both = `"other", ${changed.headers.etag}`;
    await as(other).patch(path(), { first_name: 'Zuhra' }).set('if-match', both).expect(200);
    expect((await as(parent).get(path()).expect(200)).body.first_name).toBe('Zuhra');
  });

  test('is nobody to a stranger, a doctor or an admin', async () => {
    const stranger = await clinic.person('patient');
    for (const answer of [
      await as(stranger).get(path()),
      await as(stranger).patch(path(), { first_name: 'Amina' }),
      await as(stranger).delete(path()),
      await as(stranger).post(`${path()}invite/`),
      await as(parent).get(path(stranger.id)),
      await as(parent).get(path(2_000_000_000)),
    ])
      expectProblem(answer, 'patient_not_found');
    for (const role of ['doctor', 'admin'] as const) {
      const person = await clinic.person(role);
      expectProblem(await as(person).get('/patient/dependants/'), 'forbidden');
      expectProblem(await as(person).post('/patient/dependants/', CHILD), 'forbidden');
      expectProblem(await as(person).post('/patient/dependants/join/', { code: 'K7RM2QXW4T' }), 'forbidden');
    }
  });

  test('is somebody else than its guardian: each reading of it is in the audit', async () => {
    await as(parent).get(path()).expect(200);
    await as(parent).get('/patient/dependants/').expect(200);
    const entries = await query(
      'select action from audit_entries where subject_id = $1 and actor_id = $2 order by id',
      [child, parent.id],
    );
    expect(entries.map(({ action }) => action)).toEqual(['family.add', 'family.read', 'family.list']);
  });
});

describe('a code for another guardian', () => {
  test('has ten signs, is kept as a hash, and lets somebody join once', async () => {
    const code = await invite();
    expect(code).toMatch(/^[2-9A-HJ-NP-Z]{10}$/);
    expect(JSON.stringify(await query('select * from guardian_invitations'))).not.toContain(code);
    const other = await clinic.person('patient');
    const { body } = await as(other)
      .post('/patient/dependants/join/', { code: code.toLowerCase(), relationship: 'parent' })
      .expect(201);
    expect(body).toMatchObject({ id: child, relationship: 'parent' });
    const third = await clinic.person('patient');
    expectProblem(await as(third).post('/patient/dependants/join/', { code }), 'invalid_code');
  });

  test('ends after 72 hours, with a new one, and with the tie of whoever made it', async () => {
    const other = await clinic.person('patient');
    const late = await invite();
    clinic.clock.set('2026-03-05T04:00:00Z');
    expectProblem(await as(other).post('/patient/dependants/join/', { code: late }), 'invalid_code');
    clinic.clock.set('2026-03-02T04:00:00Z');
    await invite();
    expectProblem(await as(other).post('/patient/dependants/join/', { code: late }), 'invalid_code');
    await join(clinic, other, await invite());
    const theirs = await invite(other);
    await as(other).delete(path()).expect(204);
    const third = await clinic.person('patient');
    expectProblem(await as(third).post('/patient/dependants/join/', { code: theirs }), 'invalid_code');
  });

  test('of a guardian who is out, or is no patient any more, lets nobody in', async () => {
    const [first, second] = [await clinic.person('patient'), await clinic.person('patient')];
    for (const guardian of [first, second]) await join(clinic, guardian, await invite());
    const codes = [await invite(first), await invite(second)];
    const admin = await clinic.person('admin');
    await as(admin).patch(`/users/${first.id}/`, { is_active: false }).expect(200);
    await as(admin).patch(`/users/${second.id}/`, { role: 'doctor' }).expect(200);
    const third = await clinic.person('patient');
    for (const code of codes)
      expectProblem(await as(third).post('/patient/dependants/join/', { code }), 'invalid_code');
    // Whoever is let in again looks after the child again, and so does whom they invited.
    await as(admin).patch(`/users/${first.id}/`, { is_active: true }).expect(200);
    await join(clinic, third, codes[0] ?? '');
  });

  test('is left to others by somebody who looks after the child already', async () => {
    const code = await invite();
    expect((await as(parent).post('/patient/dependants/join/', { code }).expect(201)).body.id).toBe(child);
    await join(clinic, await clinic.person('patient'), code);
  });

  test('may be read out wrongly: what is no code is refused before it counts', async () => {
    for (const code of ['K7RM2QXW4', 'K7RM2QXW4TT', 'K7RM2QXW41', ''])
      expectProblem(await as(parent).post('/patient/dependants/join/', { code }), 'invalid_input');
  });
});

describe('the tie', () => {
  test('is taken away by its guardian; a child that nobody would miss is erased with the last', async () => {
    const other = await clinic.person('patient');
    await join(clinic, other, await invite());
    await as(parent).delete(path()).expect(204);
    expectProblem(await as(parent).get(path()), 'patient_not_found');
    await as(other).get(path()).expect(200);
    await as(other).delete(path()).expect(204);
    const [user] = await query('select first_name, deleted_at from users where id = $1', [child]);
    expect(user).toEqual({ first_name: null, deleted_at: expect.any(String) });
    expect(await query('select from guardianships where dependant_id = $1', [child])).toEqual([]);
    expect(await query('select from guardian_invitations where dependant_id = $1', [child])).toEqual([]);
  });

  test('stays while nobody else looks after somebody with visits ahead', async () => {
    const id = await visit(parent, child);
    const answer = await as(parent).delete(path());
    expectProblem(answer, 'dependant_has_visits');
    expect(answer.body.count).toBe(1);
    const other = await clinic.person('patient');
    await join(clinic, other, await invite());
    await as(parent).delete(path()).expect(204);
    await as(other).delete(`/appointments/${id}/`).expect(204);
    await as(other).delete(path()).expect(204);
    // There was a visit: the record stays.
    const [user] = await query('select deleted_at from users where id = $1', [child]);
    expect(user).toEqual({ deleted_at: null });
  });

  test('is the last of a child of whom the desk has a record, and the record stays', async () => {
    await query('update patient_profiles set is_from_desk = true where id = $1', [child]);
    await as(parent).delete(path()).expect(204);
    expect(await query('select from users where id = $1 and deleted_at is null', [child])).toHaveLength(1);
  });

  test('is taken away by an admin too, and by no other', async () => {
    const admin = await clinic.person('admin');
    const other = await clinic.person('patient');
    const of = (id: number, guardian: number) => `/patients/${id}/guardians/${guardian}/`;
    await join(clinic, other, await invite());
    expectProblem(await as(parent).delete(of(child, other.id)), 'forbidden');
    await as(admin).delete(of(child, other.id)).expect(204);
    expectProblem(await as(admin).delete(of(child, other.id)), 'patient_not_found');
    expectProblem(await as(other).get(path()), 'patient_not_found');
    await visit(parent, child);
    expectProblem(await as(admin).delete(of(child, parent.id)), 'dependant_has_visits');
  });

  test('that an admin takes away stands in the log of who looked after the child, too', async () => {
    const admin = await clinic.person('admin');
    await as(admin).delete(`/patients/${child}/guardians/${parent.id}/`).expect(204);
    const { body } = await as(parent).get('/auth/me/access-log/').expect(200);
    expect(body.results[0]).toMatchObject({ action: 'family.remove', by: { id: admin.id, role: 'admin' } });
  });

  test('does not end because the birthday is emptied, by whichever door: that is refused', async () => {
    const [desk, admin] = [await clinic.person('receptionist'), await clinic.person('admin')];
    const teenager = await clinic.person('patient', { profile: { date_of_birth: '2012-08-20' } });
    const tie = { guardian: parent.id, relationship: 'parent' };
    await as(desk).post(`/patients/${teenager.id}/guardians/`, tie).expect(200);
    const unknown = { date_of_birth: null };
    type Door = [field: string, empty: () => PromiseLike<Answer>];
    const doors = (id: number): Door[] => [
      ['date_of_birth', () => as(desk).patch(`/patients/${id}/`, unknown)],
      ['date_of_birth', () => as(admin).patch(`/patients/${id}/`, unknown)],
      ['profile.date_of_birth', () => as(admin).patch(`/users/${id}/`, { profile: unknown })],
    ];
    const own = () => as(teenager).patch('/patient/profile/', unknown);
    const byThemself: Door = ['date_of_birth', own];
    for (const [field, empty] of [...doors(child), ...doors(teenager.id), byThemself])
      expectProblem(await empty(), 'invalid_input', { fields: [`${field} needed_by_guardians`] });
    for (const id of [child, teenager.id]) await as(parent).get(path(id)).expect(200);
    // Whom nobody looks after, or nobody any more, has it emptied as before.
    await as(parent).delete(path(teenager.id)).expect(204);
    await own().expect(200);
    await as(desk).patch(`/patients/${child}/`, { date_of_birth: '1990-01-01' }).expect(200);
    await as(desk).patch(`/patients/${child}/`, unknown).expect(200);
    await as(desk)
      .patch(`/patients/${(await clinic.person('patient')).id}/`, unknown)
      .expect(200);
  });

  describe('rests while its guardian is staff:', () => {
    const role = async (person: { id: number }, role: string, more: object = {}) =>
      as(await clinic.person('admin'))
        .patch(`/users/${person.id}/`, { role, ...more })
        .expect(200);
    const signIn = async ({ username }: Person) =>
      (await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD }).expect(200)).body
        .access as string;
    const exported = async (person: Person) => {
      const { body } = await clinic
        .as({ token: await signIn(person) })
        .get('/auth/me/export/')
        .expect(200);
      return body.dependants.map(({ user }: { user: { id: number } }) => user.id);
    };
    const inChat = ({ id }: Person) => {
      const { date, time } = clinic.clock.wall();
      return nextVisits(clinic.db, id, { date, time }, 10, adultsBornBy(date));
    };

    test('they take no data of the child away, and the bot shows them none of its visits', async () => {
      const id = await visit(parent, child);
      expect(await exported(parent)).toEqual([child]);
      expect(await inChat(parent)).toMatchObject([{ patient_id: child }]);
      for (const staff of ['receptionist', 'doctor']) {
        await role(parent, staff);
        expect(await exported(parent)).toEqual([]);
        expect(await inChat(parent)).toEqual([]);
      }
      // Back among the patients they look after it again.
      await role(parent, 'patient');
      expect(await exported(parent)).toEqual([child]);
      const token = await signIn(parent);
      await clinic.as({ token }).get(`/appointments/${id}/`).expect(200);
    });

    test('it counts, and with the last of them the child is kept or erased as ever', async () => {
      const admin = await clinic.person('admin');
      for (let count = 1; count < 10; count += 1) await add(parent);
      await role(parent, 'doctor');
      await visit(admin, child);
      const of = `/patients/${child}/guardians/${parent.id}/`;
      expectProblem(await as(admin).delete(of), 'dependant_has_visits');
      await role(parent, 'patient');
      const one = await clinic.person('patient', { profile: { date_of_birth: '2012-08-20' } });
      const tie = { guardian: parent.id, relationship: 'parent' };
      expectProblem(await as(admin).post(`/patients/${one.id}/guardians/`, tie), 'too_many_dependants');
      await role(parent, 'doctor');
      await as(admin).delete(`/users/${parent.id}/`, { password: PASSWORD }).expect(204);
      const left = await query(
        'select u.id from patient_profiles p join users u on u.id = p.id where registered_by = $1 and deleted_at is null',
        [parent.id],
      );
      expect(left).toEqual([{ id: child }]);
    });

    test('nor does anybody look after a child who works here', async () => {
      const teenager = await clinic.person('patient', { profile: { date_of_birth: '2012-08-20' } });
      const tie = { guardian: parent.id, relationship: 'parent' };
      await as(await clinic.person('admin'))
        .post(`/patients/${teenager.id}/guardians/`, tie)
        .expect(200);
      await role(teenager, 'receptionist');
      expectProblem(await as(parent).patch(path(teenager.id), { first_name: 'Amina' }), 'patient_not_found');
      expect(await exported(parent)).toEqual([child]);
    });
  });

  test('ends with the 18th birthday by the clinic’s clock; born on 29 February, on 1 March', async () => {
    const { body } = await as(parent)
      .post('/patient/dependants/', { ...CHILD, date_of_birth: '2012-02-29' })
      .expect(201);
    expect(body.until).toBe('2030-03-01');
    const id = body.id;
    const booked = await visit(parent, id);
    clinic.clock.set('2030-02-28T18:59:59Z');
    await as(parent).get(path(id)).expect(200);
    await as(parent).get(`/appointments/${booked}/`).expect(200);
    // Midnight in Tashkent.
    clinic.clock.set('2030-02-28T19:00:00Z');
    expectProblem(await as(parent).get(path(id)), 'patient_not_found');
    expectProblem(await as(parent).delete(path(id)), 'patient_not_found');
    expectProblem(await as(parent).get(`/appointments/${booked}/`), 'appointment_not_found');
    // What was booked stays.
    expect(await query('select status from appointments where id = $1', [booked])).toEqual([
      { status: 'pending' },
    ]);
    clinic.clock.set('2026-03-02T04:00:00Z');
  });
});

describe('consent', () => {
  test('for a child is its guardian’s, and kept as such', async () => {
    const id = await add(parent, { accept_terms: true });
    const rows = await query(
      'select document, accepted_by from consents where user_id = $1 order by document',
      [id],
    );
    expect(rows).toEqual([
      { document: 'terms', accepted_by: parent.id },
      { document: 'privacy', accepted_by: parent.id },
    ]);
  });

  test('is asked for where registration asks for it', async () => {
    const strict = await testApp({ config: { require_consent: true } });
    try {
      const person = await strict.person('patient', { accept_terms: true });
      const without = await strict.as(person).post('/patient/dependants/', CHILD);
      expectProblem(without, 'invalid_input');
      expect(without.body.errors).toMatchObject([{ path: 'accept_terms', code: 'consent_required' }]);
      await strict
        .as(person)
        .post('/patient/dependants/', { ...CHILD, accept_terms: true })
        .expect(201);
    } finally {
      await strict.close();
    }
  });
});

test('wrong codes are counted for each account: after five, the next has to wait, wherever it comes from', async () => {
  const slow = await testApp({ config: { rate_limit: true } });
  try {
    const guesser = await slow.person('patient');
    const guess = () => slow.as(guesser).post('/patient/dependants/join/', { code: 'K7RM2QXW4T' });
    for (let tries = 1; tries <= 5; tries += 1) expectProblem(await guess(), 'invalid_code');
    expectProblem(await guess(), 'too_many_requests');
    slow.clock.set('2026-03-02T04:00:02Z');
    expectProblem(await guess(), 'invalid_code');
  } finally {
    await slow.close();
  }
});
