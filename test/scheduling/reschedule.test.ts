import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

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
const freshSlot = (date = freshDay(), by = doctor) => clinic.slot(by, { date });
const policy = (changes: object) => clinic.as(admin).patch('/settings/', changes).expect(200);
const move = (by: Person, appointment: number, timeslot: number) =>
  clinic.as(by).post(`/appointments/${appointment}/reschedule/`, { timeslot });
const read = async (appointment: number, by = admin) =>
  (await clinic.as(by).get(`/appointments/${appointment}/`).expect(200)).body;
const isAvailable = async (timeslot: number, by = doctor) =>
  (await clinic.as(by).get(`/timeslots/${timeslot}/`).expect(200)).body.is_available;
async function visit(status: 'pending' | 'confirmed' = 'pending') {
  const timeslot = await freshSlot();
  const id = await clinic.book(patient, timeslot);
  if (status === 'confirmed') await clinic.as(doctor).patch(`/appointments/${id}/`, { status }).expect(200);
  return { timeslot, id };
}

describe('a move', () => {
  test('keeps the appointment, takes the new times, and frees the old slot at once', async () => {
    const { timeslot, id } = await visit();
    const before = await read(id, patient);
    const date = freshDay();
    const to = await clinic.slot(doctor, { date, start_time: '15:00', end_time: '15:45' });
    clinic.clock.set('2026-03-02T04:10:00.000Z');
    const { body, headers } = await move(patient, id, to).expect(200);
    expect(body).toEqual({
      ...before,
      timeslot: to,
      timeslots: [to],
      date,
      start_time: '15:00',
      end_time: '15:45',
      updated_at: '2026-03-02T04:10:00.000Z',
      version: before.version + 1,
    });
    expect(headers.etag).toMatch(new RegExp(`^"${body.version}-`));
    expect(await read(id, patient)).toEqual(body);
    expect([await isAvailable(timeslot), await isAvailable(to)]).toEqual([true, false]);
    await clinic.book(other, timeslot);
    expectProblem(await clinic.as(other).post('/appointments/', { timeslot: to }), 'slot_taken');
  });

  test('by its patient is answered anew by the doctor, and by an admin keeps the answer', async () => {
    for (const status of ['pending', 'confirmed'] as const) {
      const { id } = await visit(status);
      expect((await move(admin, id, await freshSlot()).expect(200)).body.status).toBe(status);
      expect((await move(patient, id, await freshSlot()).expect(200)).body.status).toBe('pending');
    }
  });

  test('is confirmed at once where the clinic confirms bookings by itself', async () => {
    const { id } = await visit();
    await policy({ auto_confirm: true });
    expect((await move(patient, id, await freshSlot()).expect(200)).body.status).toBe('confirmed');
    await policy({ auto_confirm: false });
  });

  test('to the slot that it has changes nothing', async () => {
    const { timeslot, id } = await visit('confirmed');
    for (const by of [patient, admin]) {
      const before = await read(id, by);
      expect((await move(by, id, timeslot).expect(200)).body).toEqual(before);
    }
  });

  test('to a slot that its patient holds succeeds, and the hold is over', async () => {
    const { id } = await visit();
    const to = await freshSlot();
    await clinic.as(patient).post(`/timeslots/${to}/hold/`).expect(200);
    expectProblem(await move(other, id, to), 'appointment_not_found');
    await move(patient, id, to).expect(200);
    const { rows } = await clinic.db.$client.query('select held_by from timeslots where id = $1', [to]);
    expect(rows).toEqual([{ held_by: null }]);
  });

  test('by an admin is noted, with what of the policy it overrides', async () => {
    const { id } = await visit();
    await policy({ min_notice_minutes: 24 * 60, horizon_days: 20 });
    const soon = await clinic.slot(doctor, { date: '2026-03-02', start_time: '18:00', end_time: '18:30' });
    const late = await clinic.slot(doctor, { date: '2026-03-23', start_time: '18:00', end_time: '18:30' });
    const within = await freshSlot('2026-03-05');
    const noted = await notedBy(clinic.db, async () => {
      for (const to of [soon, late, within]) await move(admin, id, to).expect(200);
      await move(patient, id, await freshSlot('2026-03-06')).expect(200);
    });
    await policy({ min_notice_minutes: 0, horizon_days: null });
    const about = { appointment: id };
    expect(noted).toEqual([
      entry(admin, 'appointment.move', patient.id, { ...about, overridden: ['too_soon'] }),
      entry(admin, 'appointment.move', patient.id, { ...about, overridden: ['too_far_ahead'] }),
      entry(admin, 'appointment.move', patient.id, about),
      entry(patient, 'appointment.move', patient.id, about),
    ]);
  });
});

describe('a move that cannot be made leaves everything as it was', () => {
  async function refuses(by: Person, id: number, to: number, code: Parameters<typeof expectProblem>[1]) {
    const before = await read(id);
    expectProblem(await move(by, id, to), code);
    expect(await read(id)).toEqual(before);
    expect(await isAvailable(before.timeslot)).toBe(false);
  }

  test('to a slot of another doctor', async () => {
    const { id } = await visit();
    const elsewhere = await freshSlot(freshDay(), await clinic.person('doctor'));
    for (const by of [patient, admin]) await refuses(by, id, elsewhere, 'not_same_doctor');
  });

  test('to none, to a taken one, to one that is held for somebody else', async () => {
    const { id } = await visit();
    await refuses(patient, id, 999_999, 'timeslot_not_found');
    const [taken, held] = [await freshSlot(), await freshSlot()];
    await clinic.book(other, taken);
    await clinic.as(other).post(`/timeslots/${held}/hold/`).expect(200);
    for (const by of [patient, admin]) {
      await refuses(by, id, taken, 'slot_taken');
      await refuses(by, id, held, 'slot_held');
    }
  });

  test('into another visit of its patient', async () => {
    const { id } = await visit();
    const date = freshDay();
    await clinic.book(patient, await freshSlot(date, await clinic.person('doctor')));
    const to = await freshSlot(date);
    for (const by of [patient, admin]) await refuses(by, id, to, 'patient_busy');
  });

  test('out of the policy’s bounds', async () => {
    const { id } = await visit();
    await policy({ min_notice_minutes: 24 * 60, horizon_days: 20 });
    const soon = await clinic.slot(doctor, { date: '2026-03-02', start_time: '19:00', end_time: '19:30' });
    await refuses(patient, id, soon, 'too_soon');
    await refuses(patient, id, await freshSlot(), 'too_far_ahead');
    await policy({ min_notice_minutes: 0, horizon_days: null });
  });

  test('to a slot that has begun, and of a visit that has', async () => {
    const begun = await clinic.slot(doctor, { date: '2026-03-02', start_time: '09:30', end_time: '10:00' });
    const { id } = await visit();
    const today = await clinic.slot(doctor, { date: '2026-03-02', start_time: '10:00', end_time: '10:30' });
    const now = await clinic.book(other, today);
    clinic.clock.set('2026-03-02T05:00:00Z');
    for (const by of [patient, admin]) await refuses(by, id, begun, 'slot_in_past');
    const to = await freshSlot();
    for (const by of [other, admin]) expectProblem(await move(by, now, to), 'visit_begun');
  });

  test('later than a patient may cancel, where the clinic refuses that', async () => {
    const timeslot = await clinic.slot(doctor, {
      date: '2026-03-02',
      start_time: '20:00',
      end_time: '20:30',
    });
    const id = await clinic.book(patient, timeslot);
    const to = await freshSlot();
    await policy({ cancel_deadline_minutes: 24 * 60, late_cancellation: 'refuse' });
    await refuses(patient, id, to, 'too_late_to_cancel');
    // To where it is already is no move.
    await move(patient, id, timeslot).expect(200);
    await move(admin, id, to).expect(200);
    await policy({ cancel_deadline_minutes: 0, late_cancellation: 'record' });
  });

  test('once it is cancelled, or its patient has come', async () => {
    const { id } = await visit();
    await clinic.as(patient).delete(`/appointments/${id}/`).expect(204);
    const to = await freshSlot();
    for (const by of [patient, admin]) expectProblem(await move(by, id, to), 'already_decided');

    const today = await clinic.slot(doctor, { date: '2026-03-02', start_time: '12:00', end_time: '12:30' });
    const coming = await clinic.book(patient, today);
    await clinic.as(doctor).patch(`/appointments/${coming}/`, { status: 'confirmed' }).expect(200);
    await clinic.as(doctor).post(`/appointments/${coming}/arrive/`).expect(200);
    for (const by of [patient, admin]) await refuses(by, coming, to, 'already_attended');
  });

  test('by anybody but its patient and admins', async () => {
    const { id } = await visit();
    const to = await freshSlot();
    expectProblem(await move(doctor, id, to), 'forbidden');
    expectProblem(await move(other, id, to), 'appointment_not_found');
    expectProblem(await move(admin, 999_999, to), 'appointment_not_found');
  });

  test('meant for another state than it is in', async () => {
    const { id, timeslot } = await visit('confirmed');
    const to = await freshSlot();
    expectProblem(await move(patient, id, to).set('if-match', '"1"'), 'version_mismatch');
    const { headers } = await move(patient, id, to).set('if-match', '"2"').expect(200);
    expect(headers.etag).toMatch(/^"3-/);
    // Repeated with the version that it was made from, it has been made.
    await move(patient, id, to).set('if-match', '"2"').expect(200);
    expectProblem(await move(patient, id, timeslot).set('if-match', '"2"'), 'version_mismatch');
  });
});
