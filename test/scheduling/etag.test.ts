import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { writtenOut } from '../openapi/documented.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
const freshDay = freshDays('2026-03-03');

beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
});
afterAll(() => clinic.close());

const as = (who: keyof typeof people) => clinic.as(people[who]);
const freshSlot = () => clinic.slot(people.doctor, { date: freshDay() });
const visit = async () => clinic.book(people.patient, await freshSlot());
const read = (id: number) => as('patient').get(`/appointments/${id}/`).expect(200);
const confirm = (id: number, tag?: string) => {
  const request = as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' });
  return tag === undefined ? request : request.set('if-match', tag);
};

/** A confirmed visit of today, which can be marked. */
async function today(): Promise<number> {
  const id = await visit();
  await confirm(id).expect(200);
  const { body } = await read(id);
  clinic.clock.set(`${body.date}T03:00:00Z`);
  return id;
}

describe('ETag', () => {
  test('names the version in every answer that is one appointment', async () => {
    const booked = await as('patient')
      .post('/appointments/', { timeslot: await freshSlot() })
      .expect(201);
    const { id } = booked.body;
    expect(booked.headers.etag).toMatch(/^"1-[\w-]{27}"$/);
    const { etag } = (await read(id)).headers;
    expect(etag).toMatch(/^"1-/);
    const head = await clinic.app.inject({
      method: 'HEAD',
      url: `/api/appointments/${id}/`,
      headers: { authorization: `Bearer ${people.patient.token}` },
    });
    expect(head.headers.etag).toBe(etag);
    const confirmed = await confirm(id).expect(200);
    expect(confirmed.headers.etag).toMatch(/^"2-/);
    expect(confirmed.body.version).toBe(2);
    const timeslot = await freshSlot();
    const moved = await as('patient').post(`/appointments/${id}/reschedule/`, { timeslot }).expect(200);
    expect(moved.headers.etag).toMatch(new RegExp(`^"${moved.body.version}-`));
    expect(moved.body.version).toBeGreaterThan(2);
    const visiting = await today();
    const marked = await as('doctor').post(`/appointments/${visiting}/arrive/`).expect(200);
    expect(marked.headers.etag).toMatch(new RegExp(`^"${marked.body.version}-`));
    const shown = await as('doctor').get(`/appointments/${visiting}/`).expect(200);
    expect(shown.headers.etag).toMatch(new RegExp(`^"${marked.body.version}-`));
  });

  test('stands in no list and in no refusal', async () => {
    const id = await visit();
    expect((await as('patient').get('/appointments/me/')).headers).not.toHaveProperty('etag');
    expect((await as('doctor').get(`/appointments/${id + 1_000}/`)).headers).not.toHaveProperty('etag');
  });
});

/** What a person may do to a visit with If-Match, and whether it was done. */
const changes = {
  PATCH: (id: number) => as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }),
  DELETE: (id: number) => as('patient').delete(`/appointments/${id}/`),
};

describe.each(Object.entries(changes))('If-Match on %s', (_, change) => {
  test('lets the change through for the version that stands, and for any', async () => {
    for (const tag of ['"1"', ' "1" ', '"9", "1"', '"a,b",,"1"', '*', 'W/"9", "1"', '"1-anything"']) {
      const answer = await change(await visit()).set('if-match', tag);
      expect(answer.status, tag).toBeLessThan(300);
    }
  });

  test('refuses one that is meant for another state, by strong comparison', async () => {
    for (const tag of [
      '"2"',
      'W/"1"',
      '""',
      '"1x"',
      '"1-"',
      '"2-x"',
      '"01"',
      '"abc", "0"',
      '"99999999999999999999"',
    ]) {
      const id = await visit();
      expectProblem(await change(id).set('if-match', tag), 'version_mismatch');
      expect((await read(id)).body).toMatchObject({ status: 'pending', version: 1 });
    }
  });

  test('refuses what is no list of tags', async () => {
    const id = await visit();
    const wrong = ['1', '"1', '1"', '"1" "2"', 'w/"1"', '*, "1"', ',', '""1""', `"${'1'.repeat(1_000)}"`];
    for (const tag of wrong) {
      const answer = await change(id).set('if-match', tag);
      const code = tag.length > 1_000 ? 'too_long' : 'invalid_etag';
      expectProblem(answer, 'invalid_input', { fields: [`if-match ${code}`] });
    }
    expect((await read(id)).body).toMatchObject({ status: 'pending', version: 1 });
  });

  test('is judged after whether one may', async () => {
    const id = await visit();
    const other = await clinic.person('patient');
    expectProblem(
      await clinic.as(other).delete(`/appointments/${id}/`).set('if-match', '"7"'),
      'appointment_not_found',
    );
    expectProblem(
      await as('admin').delete('/appointments/999999/').set('if-match', '"7"'),
      'appointment_not_found',
    );
  });
});

test('of two who decide at once on what they both saw, one does', async () => {
  for (let round = 0; round < 20; round += 1) {
    const id = await visit();
    const answers = await Promise.all([
      confirm(id, '"1"'),
      as('patient').delete(`/appointments/${id}/`).set('if-match', '"1"'),
      as('admin').patch(`/appointments/${id}/`, { status: 'cancelled' }).set('if-match', '"1"'),
    ]);
    const statuses = answers.map(({ status }) => status);
    // Whoever cancels what is cancelled already has what they wanted.
    expect(statuses.filter((status) => status === 412).length).toBeGreaterThanOrEqual(1);
    expect((await read(id)).body.version).toBe(2);
  }
});

test('a cancellation repeated with the version it was meant for is done already', async () => {
  const id = await visit();
  const cancel = () => as('patient').delete(`/appointments/${id}/`).set('if-match', '"1"');
  await cancel().expect(204);
  await cancel().expect(204);
  expect((await read(id)).body.version).toBe(2);
});

test('a mark is refused for another version, and repeated whatever the version', async () => {
  const id = await today();
  const mark = (path: string, tag: string) =>
    as('doctor').post(`/appointments/${id}/${path}/`).set('if-match', tag);
  expectProblem(await mark('arrive', '"1"'), 'version_mismatch');
  expect((await mark('arrive', '"2"').expect(200)).body.version).toBe(3);
  expect((await mark('arrive', '"2"').expect(200)).body.version).toBe(3);
  expectProblem(await mark('no-show', '"2"'), 'version_mismatch');
  const takeBack = (tag: string) =>
    as('doctor').delete(`/appointments/${id}/attendance/`).set('if-match', tag);
  expectProblem(await takeBack('"2"'), 'version_mismatch');
  await takeBack('"3"').expect(204);
  expectProblem(
    await as('doctor').delete(`/appointments/${id}/attendance/`).set('if-match', 'x'),
    'invalid_input',
  );
});

test('is documented where it is taken and given', async () => {
  const { paths } = writtenOut((await clinic.as(undefined).get('/schema/').expect(200)).body);
  const taking = [
    ['/api/appointments/{id}/', 'patch'],
    ['/api/appointments/{id}/', 'delete'],
    ['/api/appointments/{id}/reschedule/', 'post'],
    ['/api/appointments/{id}/arrive/', 'post'],
    ['/api/appointments/{id}/complete/', 'post'],
    ['/api/appointments/{id}/no-show/', 'post'],
    ['/api/appointments/{id}/attendance/', 'delete'],
  ] as const;
  for (const [path, method] of taking) {
    const { parameters, responses = {} } = paths[path]?.[method] ?? {};
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'If-Match', in: 'header', required: false }),
    );
    expect(responses).toHaveProperty('412');
    if (responses['200']) expect(responses['200'].headers).toHaveProperty('ETag');
  }
  expect(paths['/api/appointments/']?.post?.responses['201']?.headers).toHaveProperty('ETag');
  expect(paths['/api/appointments/{id}/']?.get?.responses['200']?.headers).toHaveProperty('ETag');
});

test('is taken by every change of what another may change too', async () => {
  const { paths } = writtenOut((await clinic.as(undefined).get('/schema/').expect(200)).body);
  const without = Object.entries(paths).flatMap(([path, operations]) =>
    operations.get?.responses['200']?.headers?.ETag === undefined
      ? []
      : (['patch', 'put'] as const).flatMap((method) => {
          const change = operations[method];
          return change === undefined || change.parameters?.some(({ name }) => name === 'If-Match')
            ? []
            : [`${method} ${path}`];
        }),
  );
  // Nobody but the person changes what they wish to be told.
  expect(without).toEqual(['patch /api/notifications/preferences/']);
});
