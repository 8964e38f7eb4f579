import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { expectProblem } from '../helpers/problem.ts';

/** What a doctor does of their own accord: books a follow-up, calls off what was agreed, looks at a patient's earlier visits. */

let clinic: Clinic;
let doctor: Person;
let colleague: Person;
let patient: Person;
/** Completed, with the doctor. */
let seen: number;
const START = '2030-03-04T04:00:00Z';
beforeAll(async () => {
  clinic = await createClinic();
  doctor = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  colleague = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  patient = await clinic.person('patient');
  seen = await clinic.book(patient, await slotOf(doctor));
  await clinic.as(doctor).patch(`/appointments/${seen}/`, { status: 'confirmed' }).expect(200);
  const { date } = (await clinic.as(doctor).get(`/appointments/${seen}/`)).body;
  clinic.clock.set(`${date}T05:10:00Z`);
  await clinic.as(doctor).post(`/appointments/${seen}/complete/`).expect(200);
  clinic.clock.set(START);
});
afterAll(() => clinic.close());

const freshDay = freshDays('2030-03-05');
const slotOf = (by: Person) => clinic.slot(by, { date: freshDay() });
const book = (by: Person, timeslot: number, body: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const decide = (by: Person, id: number, body: object) => clinic.as(by).patch(`/appointments/${id}/`, body);
const kindsTold = async (person: Person, id: number) =>
  (
    await clinic.rows<{ kind: string }>(
      'select kind from notifications where user_id = $1 and appointment_id = $2 order by id',
      [person.id, id],
    )
  ).map(({ kind }) => kind);

describe('a follow-up', () => {
  test('is booked by a doctor for a patient whom they have seen, confirmed at once, and told to the patient only', async () => {
    const timeslot = await slotOf(doctor);
    const entries = await notedBy(clinic.db, () =>
      book(doctor, timeslot, { patient: patient.id }).expect(201),
    );
    expect(entries).toMatchObject([{ action: 'appointment.book', subject_id: patient.id }]);
    const id = Number(entries[0]?.details.appointment);
    const { body } = await clinic.as(patient).get(`/appointments/${id}/`).expect(200);
    expect(body).toMatchObject({ status: 'confirmed', booked_by: doctor.id });
    await clinic.drain();
    expect(await kindsTold(patient, id)).toEqual(['confirmed']);
    expect(await kindsTold(doctor, id)).toEqual([]);
  });

  test('is for nobody whom they have not seen, in nobody else’s slot, and names its patient', async () => {
    const stranger = await clinic.person('patient');
    const own = await slotOf(doctor);
    expectProblem(await book(doctor, own, { patient: stranger.id }), 'patient_not_found');
    expectProblem(await book(doctor, own, { patient: 999_999 }), 'patient_not_found');
    expectProblem(await book(doctor, await slotOf(colleague), { patient: patient.id }), 'forbidden');
    expectProblem(await book(doctor, 999_999, { patient: patient.id }), 'timeslot_not_found');
    expectProblem(await book(doctor, own), 'invalid_input', { fields: ['patient required'] });
    // Who has only booked has not been seen.
    await clinic.book(stranger, await slotOf(doctor));
    expectProblem(await book(doctor, own, { patient: stranger.id }), 'patient_not_found');
  });

  test('is refused like any booking: a taken slot, a busy patient; and a key does it once', async () => {
    const date = freshDay();
    const own = await clinic.slot(doctor, { date });
    await clinic.book(patient, await clinic.slot(colleague, { date }));
    expectProblem(await book(doctor, own, { patient: patient.id }), 'patient_busy');
    const timeslot = await slotOf(doctor);
    const ask = () => book(doctor, timeslot, { patient: patient.id }).set('idempotency-key', 'follow-up');
    const first = await ask().expect(201);
    const again = await ask().expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body.id).toBe(first.body.id);
    expectProblem(await book(doctor, timeslot, { patient: patient.id }), 'already_yours');
  });
});

describe('a doctor’s cancellation', () => {
  test('of what was confirmed has a reason, is told with other times, and frees the slot', async () => {
    const date = freshDay();
    const timeslot = await clinic.slot(doctor, { date });
    await clinic.slot(doctor, { date, start_time: '12:00', end_time: '12:30' });
    const id = await clinic.book(patient, timeslot);
    await decide(doctor, id, { status: 'confirmed' }).expect(200);
    await clinic.drain();
    expectProblem(await decide(doctor, id, { status: 'cancelled' }), 'already_decided');
    const { body } = await decide(doctor, id, { status: 'cancelled', reason: 'Called to surgery' }).expect(
      200,
    );
    expect(body).toMatchObject({ status: 'cancelled', cancelled_by: doctor.id, cancelled_late: false });
    await clinic.drain();
    expect((await kindsTold(patient, id)).at(-1)).toBe('called_off');
    const inbox = await clinic.as(patient).get('/notifications/').set('accept-language', 'en').expect(200);
    expect(inbox.body.results[0].text).toMatch(
      /cannot see you as agreed.*Reason: Called to surgery\..*12:00/,
    );
    await clinic.book(patient, timeslot);
  });

  test('of what is pending declines it, with a reason or without', async () => {
    for (const reason of [undefined, 'Full']) {
      const id = await clinic.book(patient, await slotOf(doctor));
      await decide(doctor, id, { status: 'cancelled', reason }).expect(200);
      await clinic.drain();
      expect((await kindsTold(patient, id)).at(-1)).toBe('declined');
    }
  });

  test('is too late once the visit has begun', async () => {
    const date = freshDay();
    const id = await clinic.book(patient, await clinic.slot(doctor, { date }));
    await decide(doctor, id, { status: 'confirmed' }).expect(200);
    clinic.clock.set(`${date}T05:00:00Z`);
    expectProblem(await decide(doctor, id, { status: 'cancelled', reason: 'Late' }), 'visit_begun');
    clinic.clock.set(START);
    await decide(doctor, id, { status: 'cancelled', reason: 'In time' }).expect(200);
    expectProblem(await decide(doctor, id, { status: 'cancelled', reason: 'Again' }), 'already_decided');
  });

  test('is not for another doctor', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    expectProblem(await decide(colleague, id, { status: 'cancelled', reason: 'x' }), 'appointment_not_found');
  });
});

describe('GET /doctor/patients/{id}/appointments/', () => {
  const visits = (by: Person, id: number) => clinic.as(by).get(`/doctor/patients/${id}/appointments/`);

  test('shows a doctor their own visits with a patient, and leaves an entry in the audit', async () => {
    const elsewhere = await clinic.book(patient, await slotOf(colleague));
    const entries = await notedBy(clinic.db, async () => {
      const { body } = await visits(doctor, patient.id).expect(200);
      const ids = body.results.map(({ id }: { id: number }) => id);
      expect(ids).toContain(seen);
      expect(ids).not.toContain(elsewhere);
    });
    expect(entries).toMatchObject([{ action: 'appointment.list', subject_id: patient.id }]);
  });

  test('knows no patient whom the doctor never had, and is for doctors only', async () => {
    const stranger = await clinic.person('patient');
    expectProblem(await visits(doctor, stranger.id), 'patient_not_found');
    expectProblem(await visits(doctor, 999_999), 'patient_not_found');
    expectProblem(await visits(patient, patient.id), 'forbidden');
  });
});
