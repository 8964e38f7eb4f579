import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertSpecialization } from '../helpers/rows.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor', {
    first_name: 'Jasur',
    last_name: 'Yusupov',
    profile: { specialization: 'Kardiolog' },
  });
  patient = await clinic.person('patient', { first_name: 'Aziza', phone: '+998901234567' });
});
afterAll(() => clinic.close());

const freshDay = freshDays();
const freshSlot = (by = doctor) => clinic.slot(by, { date: freshDay() });
const book = (by: Person, body: object) => clinic.as(by).post('/appointments/', body);
const show = async (id: number) => (await clinic.as(admin).get(`/appointments/${id}/`).expect(200)).body;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('a patient books', () => {
  test('a slot for themself and gets the whole appointment', async () => {
    const date = freshDay();
    const timeslot = await clinic.slot(doctor, { date, start_time: '23:30', end_time: '24:00' });
    const { body, headers } = await book(patient, { timeslot }).expect(201);
    expect(body).toEqual({
      id: expect.any(Number),
      doctor: { id: doctor.id, first_name: 'Jasur', last_name: 'Yusupov', specialization: 'Kardiolog' },
      patient: { id: patient.id, first_name: 'Aziza', last_name: null, phone: '+998901234567' },
      timeslot,
      date,
      start_time: '23:30',
      end_time: '24:00',
      status: 'pending',
      created_at: expect.stringMatching(INSTANT),
      updated_at: expect.stringMatching(INSTANT),
      booked_by: patient.id,
      cancelled_by: null,
      cancel_reason: null,
      cancelled_late: false,
      attendance: null,
      reason: null,
      branch: 1,
      room: null,
      service: null,
      timeslots: [timeslot],
      note: null,
      version: 1,
    });
    expect(headers.location).toBe(`/api/appointments/${body.id}/`);
    const show = async (reader: Person) =>
      (await clinic.as(reader).get(`/appointments/${body.id}/`).expect(200)).body;
    expect(await show(patient)).toEqual(body);
    // Whoever works here sees the birth date too.
    for (const reader of [doctor, admin])
      expect(await show(reader)).toEqual({ ...body, patient: { ...body.patient, date_of_birth: null } });
  });

  test('naming themself, but nobody else', async () => {
    const timeslot = await freshSlot();
    const other = await clinic.person('patient');
    expectProblem(await book(other, { timeslot, patient: patient.id }), 'patient_not_found');
    expectProblem(await book(other, { timeslot, patient: 999_999 }), 'patient_not_found');
    await book(other, { timeslot, patient: other.id }).expect(201);
  });

  test('writing no field that is not theirs to write', async () => {
    const timeslot = await freshSlot();
    const more = {
      id: 999_999,
      status: 'confirmed',
      doctor: 1,
      doctor_id: 1,
      patient_id: 1,
      date: '2030-01-01',
      start_time: '00:00',
      booked_by: admin.id,
      cancelled_by: admin.id,
      created_at: '2000-01-01T00:00:00Z',
    };
    expectProblem(await book(patient, { timeslot, ...more }), 'unknown_field', {
      fields: Object.keys(more).map((name) => `${name} unknown_field`),
    });
    // Nothing was booked by it.
    const { body } = await book(patient, { timeslot }).expect(201);
    expect(body).toMatchObject({ status: 'pending', doctor: { id: doctor.id }, booked_by: patient.id });
  });
});

describe('an admin books', () => {
  test('on behalf of a patient', async () => {
    const { body } = await book(admin, { timeslot: await freshSlot(), patient: patient.id }).expect(201);
    expect(body).toMatchObject({ patient: { id: patient.id }, booked_by: admin.id, status: 'pending' });
  });

  test('only with a patient, who must be one', async () => {
    const timeslot = await freshSlot();
    expectProblem(await book(admin, { timeslot }), 'invalid_input', { fields: ['patient required'] });
    const otherDoctor = await clinic.person('doctor');
    for (const nobody of [otherDoctor.id, admin.id, 999_999])
      expectProblem(await book(admin, { timeslot, patient: nobody }), 'patient_not_found');
    const inactive = await clinic.person('patient');
    await clinic.as(admin).patch(`/users/${inactive.id}/`, { is_active: false }).expect(200);
    expectProblem(await book(admin, { timeslot, patient: inactive.id }), 'patient_not_found');
    expectProblem(await book(admin, { timeslot, patient: doctor.id }), 'not_with_oneself');
    await book(admin, { timeslot, patient: patient.id }).expect(201);
  });
});

describe('a booking is refused', () => {
  test('when the slot is taken, by whomever, until it is cancelled', async () => {
    const timeslot = await freshSlot();
    const visit = await clinic.book(patient, timeslot);
    const other = await clinic.person('patient');
    expectProblem(await book(other, { timeslot }), 'slot_taken');
    const own = await book(patient, { timeslot });
    expectProblem(own, 'already_yours');
    const { start_time, end_time, date } = (await clinic.as(patient).get(`/appointments/${visit}/`)).body;
    expect(own.body.appointment).toEqual({
      id: visit,
      timeslot,
      date,
      start_time,
      end_time,
      status: 'pending',
    });
    const desk = await book(admin, { timeslot, patient: patient.id });
    expectProblem(desk, 'already_yours');
    expect(desk.body.appointment).toEqual(own.body.appointment);
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    expectProblem(await book(admin, { timeslot, patient: other.id }), 'slot_taken');
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    await book(other, { timeslot }).expect(201);
  });

  test('when the same patient has pressed twice, or ten times at once, with their visit', async () => {
    const timeslot = await freshSlot();
    const answers = await Promise.all(Array.from({ length: 10 }, () => book(patient, { timeslot })));
    const [booked, ...more] = answers.filter(({ status }) => status === 201);
    expect(more).toEqual([]);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectProblem(answer, 'already_yours');
      expect(answer.body.appointment.id).toBe(booked?.body.id);
    }
  });

  test('when there is no such slot', async () => {
    expectProblem(await book(patient, { timeslot: 999_999 }), 'timeslot_not_found');
  });

  test('once the slot has begun; to staff once it has ended', async () => {
    const timeslot = await clinic.slot(doctor, {
      date: '2026-03-02',
      start_time: '10:00',
      end_time: '11:00',
    });
    clinic.clock.set('2026-03-02T05:00:00Z');
    expectProblem(await book(patient, { timeslot }), 'slot_in_past');
    clinic.clock.set('2026-03-02T06:00:00Z');
    expectProblem(await book(patient, { timeslot }), 'slot_in_past');
    expectProblem(await book(admin, { timeslot, patient: patient.id }), 'slot_in_past');
    clinic.clock.set('2026-03-02T05:59:59Z');
    const { body } = await book(admin, { timeslot, patient: patient.id }).expect(201);
    expect(body.status).toBe('confirmed');
    clinic.clock.set('2026-03-02T04:59:59Z');
    await clinic.as(admin).delete(`/appointments/${body.id}/`).expect(204);
    await book(patient, { timeslot }).expect(201);
    clinic.clock.set('2026-03-02T04:00:00Z');
  });

  test.each([
    ['the same time', '10:00', '11:00', 'patient_busy'],
    ['its last minutes', '10:55', '11:30', 'patient_busy'],
    ['within it', '10:20', '10:40', 'patient_busy'],
    ['around it', '09:00', '12:00', 'patient_busy'],
    ['right after it', '11:00', '11:30', undefined],
    ['right before it', '09:30', '10:00', undefined],
  ] as const)('while the patient is with another doctor: %s', async (_, start_time, end_time, code) => {
    const date = freshDay();
    const other = await clinic.person('doctor');
    const held = await clinic.book(
      patient,
      await clinic.slot(doctor, { date, start_time: '10:00', end_time: '11:00' }),
    );
    const timeslot = await clinic.slot(other, { date, start_time, end_time });
    if (!code) return void (await book(patient, { timeslot }).expect(201));
    expectProblem(await book(patient, { timeslot }), code);
    expectProblem(await book(admin, { timeslot, patient: patient.id }), code);
    await clinic.as(patient).delete(`/appointments/${held}/`).expect(204);
    await book(patient, { timeslot }).expect(201);
  });

  test('with every wrong field named', async () => {
    expectProblem(await book(patient, {}), 'invalid_input', { fields: ['timeslot required'] });
    expectProblem(await book(admin, { timeslot: '1', patient: 0 }), 'invalid_input', {
      fields: ['timeslot invalid_type', 'patient too_small'],
    });
  });
});

test('what changes about doctor and patient later shows in the appointment; its time does not move', async () => {
  const [someDoctor, somePatient] = [await clinic.person('doctor'), await clinic.person('patient')];
  const visit = await clinic.book(somePatient, await clinic.slot(someDoctor));
  await insertSpecialization(clinic.db, 'LOR');
  await clinic
    .as(someDoctor)
    .patch('/doctor/profile/', { specialization: 'LOR', last_name: 'Aliyev' })
    .expect(200);
  await clinic.as(somePatient).patch('/patient/profile/', { phone: '93 555-44-33' }).expect(200);
  expect(await show(visit)).toMatchObject({
    doctor: { last_name: 'Aliyev', specialization: 'LOR' },
    patient: { phone: '+998935554433' },
    date: '2026-03-10',
    start_time: '10:00',
    end_time: '10:30',
  });
});

test('an appointment is shown to its people and to admins, to nobody else', async () => {
  const visit = await clinic.book(patient, await freshSlot());
  for (const stranger of [await clinic.person('patient'), await clinic.person('doctor')]) {
    expectProblem(await clinic.as(stranger).get(`/appointments/${visit}/`), 'appointment_not_found');
    expectProblem(await clinic.as(stranger).get('/appointments/999999/'), 'appointment_not_found');
  }
});
