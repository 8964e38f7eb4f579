import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { untilBlocked } from '../helpers/blocked.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { listening } from '../helpers/raw.ts';
import { statementsOf } from '../helpers/statements.ts';

/** Monday 2026-03-02, 09:00 in Tashkent. */
const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
let other: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
  other = await clinic.person('patient');
});
beforeEach(() => clinic.clock.set(NOW));
afterAll(() => clinic.close());

const freshDay = freshDays();
const freshSlot = (date = freshDay()) => clinic.slot(doctor, { date });
const send = (by: Person, key: string, path: string, body?: object) =>
  clinic.as(by).post(path, body).set('idempotency-key', key);
const book = (by: Person, key: string, body: object) => send(by, key, '/appointments/', body);
let keys = 0;
const freshKey = () => {
  keys += 1;
  return `8e03978e-40d5-43e8-bc93-${keys}`;
};
const count = async (timeslot: number) => {
  const { rows } = await clinic.db.$client.query(
    'select count(*)::int as count from appointments where timeslot_id = $1',
    [timeslot],
  );
  return rows[0].count;
};
const keptKeys = async () =>
  (await clinic.db.$client.query('select key from idempotency_keys order by key')).rows.map(({ key }) => key);

describe('a request with a key', () => {
  test('is done once, and answered as the first time', async () => {
    const [key, timeslot] = [freshKey(), await freshSlot()];
    const first = await book(patient, key, { timeslot }).expect(201);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    // Also when it looks otherwise by now.
    await clinic.as(doctor).patch(`/appointments/${first.body.id}/`, { status: 'confirmed' }).expect(200);
    for (let again = 0; again < 2; again += 1) {
      const repeated = await book(patient, key, { timeslot }).expect(201);
      expect(repeated.headers['idempotency-replayed']).toBe('true');
      expect(repeated.text).toBe(first.text);
      expect(repeated.headers.location).toBe(first.headers.location);
      expect(repeated.headers.etag).toBe(first.headers.etag);
    }
    expect(await count(timeslot)).toBe(1);
  });

  test('is the same in quotes and without, by an address with its slash and without', async () => {
    const timeslot = await freshSlot();
    const first = await book(patient, '"a \\"key\\" of \\\\ mine"', { timeslot }).expect(201);
    const repeated = await send(patient, 'a "key" of \\ mine', '/appointments', { timeslot }).expect(201);
    expect(repeated.headers['idempotency-replayed']).toBe('true');
    expect(repeated.body).toEqual(first.body);
  });

  test('is the same in another order of fields', async () => {
    const [key, timeslot] = [freshKey(), await freshSlot()];
    await book(admin, key, { timeslot, patient: patient.id }).expect(201);
    const repeated = await book(admin, key, { patient: patient.id, timeslot }).expect(201);
    expect(repeated.headers['idempotency-replayed']).toBe('true');
  });

  test('with another body is refused, and so is the body of the first by then', async () => {
    const [key, timeslot, another] = [freshKey(), await freshSlot(), await freshSlot()];
    await book(patient, key, { timeslot }).expect(201);
    expectProblem(await book(patient, key, { timeslot: another }), 'idempotency_key_reused');
    expect(await count(another)).toBe(0);
    await book(patient, key, { timeslot }).expect(201);
  });

  test('belongs to who sent it and to its address', async () => {
    const key = freshKey();
    const [first, second, third] = [await freshSlot(), await freshSlot(), await freshSlot()];
    const { body: visit } = await book(patient, key, { timeslot: first }).expect(201);
    expect((await book(other, key, { timeslot: second }).expect(201)).headers).not.toHaveProperty(
      'idempotency-replayed',
    );
    const moved = await send(patient, key, `/appointments/${visit.id}/reschedule/`, {
      timeslot: third,
    }).expect(200);
    expect(moved.body).toMatchObject({ id: visit.id, timeslot: third });
    await send(patient, key, `/timeslots/${first}/hold/`).expect(200);
  });

  test('joins the waiting list once, and tells what is free when it is repeated', async () => {
    const [key, day] = [freshKey(), freshDay()];
    const wish = { doctor: doctor.id, from: day, to: day };
    const timeslot = await freshSlot(day);
    const first = await send(patient, key, '/waitlist/', wish).expect(201);
    expect(first.body.free_now).toMatchObject([{ id: timeslot }]);
    await clinic.book(other, timeslot);
    const repeated = await send(patient, key, '/waitlist/', wish).expect(201);
    expect(repeated.headers['idempotency-replayed']).toBe('true');
    expect(repeated.headers.location).toBe(first.headers.location);
    expect(repeated.body).toEqual({ ...first.body, free_now: [] });
    expectProblem(await send(patient, freshKey(), '/waitlist/', wish), 'already_waiting');
    expectProblem(
      await send(patient, key, '/waitlist/', { ...wish, after: '10:00' }),
      'idempotency_key_reused',
    );
  });

  test('is kept for 24 hours', async () => {
    const [key, timeslot, another] = [freshKey(), await freshSlot(), await freshSlot()];
    const { body } = await book(patient, key, { timeslot }).expect(201);
    clinic.clock.set('2026-03-03T03:59:59.999Z');
    // Signed in since then: tokens live by the system's clock.
    expect((await book(patient, key, { timeslot }).expect(201)).body.id).toBe(body.id);
    clinic.clock.set('2026-03-03T04:00:00.000Z');
    const fresh = await book(patient, key, { timeslot: another }).expect(201);
    expect(fresh.headers).not.toHaveProperty('idempotency-replayed');
    expect(fresh.body.id).not.toBe(body.id);
  });

  test('that is refused keeps no key', async () => {
    const [key, timeslot] = [freshKey(), await freshSlot()];
    const visit = await clinic.book(other, timeslot);
    const before = await keptKeys();
    expectProblem(await book(patient, key, { timeslot }), 'slot_taken');
    expectProblem(await send(patient, key, `/timeslots/${timeslot}/hold/`), 'slot_taken');
    expectProblem(
      await send(other, key, `/appointments/${visit}/reschedule/`, { timeslot: 999_999 }),
      'timeslot_not_found',
    );
    expectProblem(await book(patient, key, {}), 'invalid_input');
    expect(await keptKeys()).toEqual(before);
    await clinic.as(other).delete(`/appointments/${visit}/`).expect(204);
    await book(patient, key, { timeslot }).expect(201);
  });

  test('of an admin is noted once', async () => {
    const [key, timeslot] = [freshKey(), await freshSlot()];
    const { body } = await book(admin, key, { timeslot, patient: patient.id }).expect(201);
    await book(admin, key, { timeslot, patient: patient.id }).expect(201);
    const { rows } = await clinic.db.$client.query(
      `select count(*)::int as count from audit_entries
       where action = 'appointment.book' and (details->>'appointment')::int = $1`,
      [body.id],
    );
    expect(rows).toEqual([{ count: 1 }]);
  });
});

test('holds and moves take a key too', async () => {
  const key = freshKey();
  const [first, second] = [await freshSlot(), await freshSlot()];
  const held = await send(patient, key, `/timeslots/${first}/hold/`).expect(200);
  await send(patient, key, `/timeslots/${second}/hold/`).expect(200);
  // The hold of the first was given back for the second: what is repeated does not take it again.
  const repeated = await send(patient, key, `/timeslots/${first}/hold/`).expect(200);
  expect([repeated.headers['idempotency-replayed'], repeated.body]).toEqual(['true', held.body]);
  await clinic.book(other, first);

  const visit = await clinic.book(patient, second);
  const [third, fourth] = [await freshSlot(), await freshSlot()];
  const move = (timeslot: number, by = freshKey()) =>
    send(patient, by, `/appointments/${visit}/reschedule/`, { timeslot });
  const moved = await move(third, key).expect(200);
  await move(fourth).expect(200);
  const again = await move(third, key).expect(200);
  expect(again.body).toEqual(moved.body);
  expect(again.headers.etag).toBe(moved.headers.etag);
  expect((await clinic.as(patient).get(`/appointments/${visit}/`)).body.timeslot).toBe(fourth);
});

describe('the key', () => {
  test.each([
    ['', 'too_short'],
    ['""', 'too_short'],
    ['x'.repeat(256), 'too_long'],
    [`"${'x'.repeat(256)}"`, 'too_long'],
    ['"half', 'invalid_format'],
    ['"half"way"', 'invalid_format'],
    ['"a\\b"', 'invalid_format'],
    ['"with";parameters=1', 'invalid_format'],
    ['kalit\u00e9', 'invalid_characters'],
    ['"kalit\u00e9"', 'invalid_characters'],
    ['a\tb', 'invalid_characters'],
  ])('is not %j', async (key, code) => {
    const timeslot = await freshSlot();
    for (const [path, body] of [
      ['/appointments/', { timeslot }],
      [`/timeslots/${timeslot}/hold/`, {}],
    ] as const)
      expectProblem(await send(patient, key, path, body), 'invalid_input', {
        fields: [`idempotency-key ${code}`],
      });
    expect(await count(timeslot)).toBe(0);
  });

  test.each(['x', 'x'.repeat(255), `"${'x'.repeat(255)}"`, '!~ {}', "'; drop table users; --", '\\'])(
    'may be %j',
    async (key) => {
      const timeslot = await freshSlot();
      const somebody = await clinic.person('patient');
      await book(somebody, key, { timeslot }).expect(201);
      const repeated = await book(somebody, key, { timeslot }).expect(201);
      expect(repeated.headers['idempotency-replayed']).toBe('true');
    },
  );
});

test('without one a booking is one statement; with one begin, lock, look, book, keep, commit', async () => {
  const [first, second, key] = [await freshSlot(), await freshSlot(), freshKey()];
  expect(
    await statementsOf(() => clinic.as(patient).post('/appointments/', { timeslot: first })),
  ).toHaveLength(1);
  const keyed = await statementsOf(() => book(patient, key, { timeslot: second }));
  expect(keyed).toHaveLength(6);
  // Asked for again: begin, lock, look, commit.
  expect(await statementsOf(() => book(patient, key, { timeslot: second }))).toHaveLength(4);
});

test('a connection that is cut after the commit and before the answer: the same key gives the answer', async () => {
  const { port } = await listening(clinic.app);
  const [key, timeslot] = [freshKey(), await freshSlot()];
  const body = JSON.stringify({ timeslot });
  const socket = connect(port, '127.0.0.1');
  // What comes is not read: it is lost on the way.
  socket.pause();
  socket.write(
    `POST /api/appointments/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${patient.token}\r\n` +
      `idempotency-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await vi.waitFor(async () => expect(await count(timeslot)).toBe(1), { timeout: 30_000, interval: 1 });
  socket.destroy();
  const { rows } = await clinic.db.$client.query('select id from appointments where timeslot_id = $1', [
    timeslot,
  ]);
  const repeated = await book(patient, key, { timeslot }).expect(201);
  expect(repeated.headers['idempotency-replayed']).toBe('true');
  expect(repeated.body.id).toBe(rows[0].id);
  expect(await count(timeslot)).toBe(1);
});

test('while it is being carried out, in whichever process, the same request is told to ask again', async () => {
  const [key, timeslot] = [freshKey(), await freshSlot()];
  const blocker = await clinic.db.$client.connect();
  try {
    await blocker.query('begin');
    await blocker.query('select from timeslots where id = $1 for update', [timeslot]);
    const first = book(patient, key, { timeslot }).then((answer) => answer);
    await untilBlocked(clinic.db.$client);
    expectProblem(await book(patient, key, { timeslot }), 'request_in_progress');
    // Nobody else waits for it.
    await send(other, key, `/timeslots/${await freshSlot()}/hold/`).expect(200);
    await blocker.query('rollback');
    expect((await first).status).toBe(201);
    const repeated = await book(patient, key, { timeslot }).expect(201);
    expect(repeated.headers['idempotency-replayed']).toBe('true');
  } finally {
    blocker.release();
  }
});
