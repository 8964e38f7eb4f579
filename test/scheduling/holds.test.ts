import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

/** Monday 2026-03-02, 09:00 in Tashkent; a hold lives five minutes. */
const NOW = '2026-03-02T04:00:00.000Z';
const EXPIRES = '2026-03-02T04:05:00.000Z';

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
const freshSlot = (date = freshDay(), by = doctor) => clinic.slot(by, { date });
const hold = (by: Person, timeslot: number) => clinic.as(by).post(`/timeslots/${timeslot}/hold/`);
const release = (by: Person, timeslot: number) => clinic.as(by).delete(`/timeslots/${timeslot}/hold/`);
const book = (by: Person, timeslot: number, body: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const policy = (changes: object) => clinic.as(admin).patch('/settings/', changes).expect(200);
const isAvailable = async (timeslot: number) =>
  (await clinic.as(doctor).get(`/timeslots/${timeslot}/`).expect(200)).body.is_available;

test('a hold keeps a slot from everybody else, and its holder books it', async () => {
  const date = freshDay();
  const timeslot = await freshSlot(date);
  const { body } = await hold(patient, timeslot).expect(200);
  expect(body).toEqual({ timeslot, expires_at: EXPIRES });

  expect(await isAvailable(timeslot)).toBe(false);
  const listed = await clinic.as(other).get(`/doctors/${doctor.id}/timeslots/?date=${date}`).expect(200);
  expect(listed.body).toMatchObject({ count: 0, results: [] });
  expectProblem(await book(other, timeslot), 'slot_held');
  expectProblem(await book(admin, timeslot, { patient: other.id }), 'slot_held');
  expectProblem(await hold(other, timeslot), 'slot_held');
  expectProblem(await clinic.as(doctor).delete(`/timeslots/${timeslot}/`), 'slot_held');

  await book(patient, timeslot).expect(201);
  expectProblem(await hold(patient, timeslot), 'already_yours');
  const { rows } = await clinic.db.$client.query('select held_by, held_until from timeslots where id = $1', [
    timeslot,
  ]);
  expect(rows).toEqual([{ held_by: null, held_until: null }]);
});

test('an admin books what a patient holds for that patient', async () => {
  const timeslot = await freshSlot();
  await hold(patient, timeslot).expect(200);
  await book(admin, timeslot, { patient: patient.id }).expect(201);
});

test('repeating a hold does not make it longer', async () => {
  const timeslot = await freshSlot();
  const first = await hold(patient, timeslot).expect(200);
  clinic.clock.set('2026-03-02T04:03:00Z');
  expect((await hold(patient, timeslot).expect(200)).body).toEqual(first.body);
});

test('a hold ends by itself, to the moment, with nobody doing anything', async () => {
  const timeslot = await freshSlot();
  await hold(patient, timeslot).expect(200);
  clinic.clock.set('2026-03-02T04:04:59.999Z');
  expectProblem(await book(other, timeslot), 'slot_held');
  clinic.clock.set(EXPIRES);
  expect(await isAvailable(timeslot)).toBe(true);
  expect((await hold(other, timeslot).expect(200)).body.expires_at).toBe('2026-03-02T04:10:00.000Z');
  expectProblem(await book(patient, timeslot), 'slot_held');
  await book(other, timeslot).expect(201);
});

test('whoever takes another gives the earlier one back, unless the other cannot be had', async () => {
  const [first, second, third] = [await freshSlot(), await freshSlot(), await freshSlot()];
  await hold(patient, first).expect(200);
  await hold(patient, second).expect(200);
  expect([await isAvailable(first), await isAvailable(second)]).toEqual([true, false]);
  await book(other, third).expect(201);
  expectProblem(await hold(patient, third), 'slot_taken');
  expect(await isAvailable(second)).toBe(false);
  // One that has ended stands in nobody's way.
  clinic.clock.set('2026-03-02T04:30:00Z');
  await hold(patient, first).expect(200);
});

test('a hold is given back by whose it is, and by nobody else', async () => {
  const timeslot = await freshSlot();
  await hold(patient, timeslot).expect(200);
  await release(other, timeslot).expect(204);
  expect(await isAvailable(timeslot)).toBe(false);
  await release(patient, timeslot).expect(204);
  expect(await isAvailable(timeslot)).toBe(true);
  // A phone that lost the answer asks again.
  await release(patient, timeslot).expect(204);
  expectProblem(await release(patient, 999_999), 'timeslot_not_found');
});

test('what could not be booked cannot be held', async () => {
  const date = freshDay();
  await clinic.book(patient, await freshSlot(date));
  const same = await freshSlot(date, await clinic.person('doctor'));
  expectProblem(await hold(patient, same), 'patient_busy');
  await hold(other, same).expect(200);
  expectProblem(await hold(patient, 999_999), 'timeslot_not_found');
  const today = await clinic.slot(doctor, { date: '2026-03-02', start_time: '09:30', end_time: '10:00' });
  clinic.clock.set('2026-03-02T04:30:00Z');
  expectProblem(await hold(patient, today), 'slot_in_past');
});

test('a hold ends with the start of its slot', async () => {
  const timeslot = await clinic.slot(doctor, {
    date: '2026-03-02',
    start_time: '10:00',
    end_time: '10:30',
  });
  clinic.clock.set('2026-03-02T04:57:30.250Z');
  const { body } = await hold(patient, timeslot).expect(200);
  expect(Date.parse(body.expires_at)).toBe(Date.parse('2026-03-02T05:00:00Z'));
  clinic.clock.set('2026-03-02T04:59:59.999Z');
  await book(patient, timeslot).expect(201);
});

describe('the clinic’s policy', () => {
  test('binds a hold as it binds a booking, and no longer once it is held', async () => {
    await policy({ min_notice_minutes: 60, horizon_days: 30 });
    const soon = await clinic.slot(doctor, { date: '2026-03-02', start_time: '11:00', end_time: '11:30' });
    const late = await clinic.slot(doctor, { date: '2026-04-02', start_time: '11:00', end_time: '11:30' });
    expectProblem(await hold(patient, late), 'too_far_ahead');
    clinic.clock.set('2026-03-02T05:00:01Z');
    expectProblem(await hold(patient, soon), 'too_soon');
    clinic.clock.set('2026-03-02T05:00:00Z');
    await hold(patient, soon).expect(200);
    clinic.clock.set('2026-03-02T05:04:00Z');
    expectProblem(await book(other, soon), 'too_soon');
    // What it was taken for: it can be booked as long as it lives.
    await book(patient, soon).expect(201);
    await policy({ min_notice_minutes: 0, horizon_days: null });
  });

  test('says how long a hold lives', async () => {
    await policy({ hold_minutes: 20 });
    const { body } = await hold(patient, await freshSlot()).expect(200);
    expect(body.expires_at).toBe('2026-03-02T04:20:00.000Z');
    await policy({ hold_minutes: null });
  });

  test('counts nobody again who was counted when they took the hold', async () => {
    const somebody = await clinic.person('patient');
    await book(somebody, await freshSlot()).expect(201);
    const held = await freshSlot();
    await hold(somebody, held).expect(200);
    await policy({ active_appointments_max: 1 });
    expectProblem(await book(somebody, await freshSlot()), 'too_many_appointments');
    await book(somebody, held).expect(201);

    // They do it themselves: hold, book others up to the number, then the one that is held.
    const other_one = await clinic.person('patient');
    const first = await freshSlot();
    await hold(other_one, first).expect(200);
    await book(other_one, await freshSlot()).expect(201);
    await book(other_one, first).expect(201);
    expectProblem(await hold(other_one, await freshSlot()), 'too_many_appointments');
    await policy({ active_appointments_max: null });
  });

  test('counts appointments, for holds too', async () => {
    await policy({ active_appointments_max: 1 });
    const somebody = await clinic.person('patient');
    await book(somebody, await freshSlot()).expect(201);
    expectProblem(await hold(somebody, await freshSlot()), 'too_many_appointments');
    await policy({ active_appointments_max: null });
  });
});

test('two patients who change places at once both get an answer, and neither waits for the other', async () => {
  const [a, b] = [await freshSlot(), await freshSlot()];
  await hold(patient, a).expect(200);
  await hold(other, b).expect(200);
  clinic.clock.set('2026-03-02T04:30:00Z');
  const answers = await Promise.all([hold(patient, b), hold(other, a)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
});

describe('holding the same slot again', () => {
  test('given back and taken anew it ends when it would have ended', async () => {
    const timeslot = await freshSlot();
    await hold(patient, timeslot).expect(200);
    clinic.clock.set('2026-03-02T04:04:00Z');
    await release(patient, timeslot).expect(204);
    expect((await hold(patient, timeslot).expect(200)).body).toEqual({ timeslot, expires_at: EXPIRES });
    // Also where another was held between.
    await hold(patient, await freshSlot()).expect(200);
    expect((await hold(patient, timeslot).expect(200)).body.expires_at).toBe(EXPIRES);
  });

  test('after its end others come first for as long as a hold lasts; it can be booked all the same', async () => {
    const [timeslot, another] = [await freshSlot(), await freshSlot()];
    await hold(patient, timeslot).expect(200);
    clinic.clock.set(EXPIRES);
    expectProblem(await hold(patient, timeslot), 'held_recently');
    clinic.clock.set('2026-03-02T04:09:59.999Z');
    expectProblem(await hold(patient, timeslot), 'held_recently');
    await hold(patient, another).expect(200);
    expect((await hold(other, timeslot).expect(200)).body.expires_at).toBe('2026-03-02T04:14:59.999Z');
    await release(other, timeslot).expect(204);
    // Somebody else has had their turn.
    expect((await hold(patient, timeslot).expect(200)).body.expires_at).toBe('2026-03-02T04:14:59.999Z');
    await release(patient, timeslot).expect(204);

    const third = await freshSlot();
    await hold(other, third).expect(200);
    clinic.clock.set('2026-03-02T04:15:00Z');
    expectProblem(await hold(other, third), 'held_recently');
    await book(other, third).expect(201);
  });

  test('after the pause it can be held as ever, and so can what was booked and given up', async () => {
    const timeslot = await freshSlot();
    await hold(patient, timeslot).expect(200);
    clinic.clock.set('2026-03-02T04:10:00Z');
    expect((await hold(patient, timeslot).expect(200)).body.expires_at).toBe('2026-03-02T04:15:00.000Z');
    const visit = (await book(patient, timeslot).expect(201)).body.id;
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    clinic.clock.set('2026-03-02T04:16:00Z');
    await hold(patient, timeslot).expect(200);
  });
});
