import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertOffer } from '../helpers/rows.ts';

/** What a receptionist of every branch does for patients and doctors, and what stands in the audit of it. */
let clinic: TestApp;
let people: Record<'admin' | 'desk' | 'doctor' | 'patient' | 'other', Person>;
const freshDay = freshDays();

beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    desk: await clinic.person('receptionist'),
    doctor: await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } }),
    patient: await clinic.person('patient'),
    other: await clinic.person('patient'),
  };
});
afterAll(() => clinic.close());

const as = (who: keyof typeof people) => clinic.as(people[who]);
const slot = (date = freshDay()) => clinic.slot(people.doctor, { date });
const visit = async () => clinic.book(people.patient, await slot());
const setPolicy = (policy: object) => as('admin').patch('/settings/', policy).expect(200);

describe('for a patient', () => {
  test('reception books, moves, confirms and cancels, and all of it is noted with whom it was for', async () => {
    const { desk, patient } = people;
    const [first, second] = [await slot(), await slot()];
    let id = 0;
    const noted = await notedBy(clinic.db, async () => {
      const booked = await as('desk')
        .post('/appointments/', { timeslot: first, patient: patient.id })
        .expect(201);
      expect(booked.body).toMatchObject({
        patient: { id: patient.id },
        booked_by: desk.id,
        status: 'pending',
      });
      ({ id } = booked.body);
      await as('desk').post(`/appointments/${id}/reschedule/`, { timeslot: second }).expect(200);
      await as('desk').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
      await as('desk').delete(`/appointments/${id}/`, { reason: 'They rang' }).expect(204);
    });
    expect(noted).toEqual([
      entry(desk, 'appointment.book', patient.id, { appointment: id }),
      entry(desk, 'appointment.move', patient.id, { appointment: id }),
      entry(desk, 'appointment.confirm', patient.id, { appointment: id }),
      entry(desk, 'appointment.cancel', patient.id, { appointment: id }),
    ]);
  });

  test('reception has to name the patient, who has to exist and be one', async () => {
    const timeslot = await slot();
    expectProblem(await as('desk').post('/appointments/', { timeslot }), 'invalid_input', {
      fields: ['patient required'],
    });
    for (const patient of [people.desk.id, people.doctor.id + 1_000, people.admin.id])
      expectProblem(await as('desk').post('/appointments/', { timeslot, patient }), 'patient_not_found');
    expectProblem(await as('desk').post(`/timeslots/${timeslot}/hold/`), 'invalid_input', {
      fields: ['patient required'],
    });
    expectProblem(
      await as('desk').post(`/timeslots/${timeslot}/hold/`, { patient: people.admin.id }),
      'patient_not_found',
    );
    expectProblem(await as('desk').delete(`/timeslots/${timeslot}/hold/`), 'invalid_input', {
      fields: ['patient required'],
    });
  });

  test('a slot is held for the patient: nobody else has it, and their own booking succeeds', async () => {
    const { desk, patient } = people;
    const timeslot = await slot();
    const hold = () => as('desk').post(`/timeslots/${timeslot}/hold/`, { patient: patient.id });
    const noted = await notedBy(clinic.db, () => hold().expect(200));
    expect(noted).toEqual([entry(desk, 'timeslot.hold', patient.id, { timeslot })]);
    expectProblem(await as('other').post('/appointments/', { timeslot }), 'slot_held');
    expectProblem(await as('other').post(`/timeslots/${timeslot}/hold/`), 'slot_held');
    await as('patient').post('/appointments/', { timeslot }).expect(201);
  });

  test('a hold is given back for the patient, and by nobody for another', async () => {
    const { admin, patient, other } = people;
    const timeslot = await slot();
    await as('admin').post(`/timeslots/${timeslot}/hold/`, { patient: patient.id }).expect(200);
    // Not theirs: nothing to do.
    await as('desk').delete(`/timeslots/${timeslot}/hold/`, { patient: other.id }).expect(204);
    expectProblem(await as('other').post('/appointments/', { timeslot }), 'slot_held');
    const noted = await notedBy(clinic.db, async () => {
      await as('admin').delete(`/timeslots/${timeslot}/hold/`, { patient: patient.id }).expect(204);
      await as('admin').delete(`/timeslots/${timeslot}/hold/`, { patient: patient.id }).expect(204);
    });
    expect(noted).toEqual([entry(admin, 'timeslot.release', patient.id, { timeslot })]);
    await as('other').post('/appointments/', { timeslot }).expect(201);
    expectProblem(
      await as('desk').delete('/timeslots/999999/hold/', { patient: patient.id }),
      'timeslot_not_found',
    );
    expectProblem(
      await as('other').post(`/timeslots/${timeslot}/hold/`, { patient: patient.id }),
      'patient_not_found',
    );
  });

  test('the desk holds a slot that runs until its end', async () => {
    const date = '2026-03-02';
    const timeslot = await clinic.slot(people.doctor, { date, start_time: '08:55', end_time: '09:03' });
    const { body } = await as('desk')
      .post(`/timeslots/${timeslot}/hold/`, { patient: people.patient.id })
      .expect(200);
    expect(body).toEqual({ timeslot, expires_at: '2026-03-02T04:03:00.000Z' });
    expectProblem(
      await as('desk').post('/appointments/', { timeslot, patient: people.other.id }),
      'slot_held',
    );
    const mine = await as('desk')
      .post('/appointments/', { timeslot, patient: people.patient.id })
      .expect(201);
    expect(mine.body.status).toBe('confirmed');
  });

  test('reception waits, accepts and declines for the patient', async () => {
    const { desk, doctor, patient } = people;
    const [from, date] = [freshDay(), freshDay()];
    const wish = { patient: patient.id, doctor: doctor.id, from, to: from };
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await as('desk').post('/waitlist/', wish).expect(201);
      await as('desk').get(`/waitlist/${body.id}/`).expect(200);
      await as('desk').delete(`/waitlist/${body.id}/`).expect(204);
    });
    expect(noted.map(({ action, actor_id, subject_id }) => [action, actor_id, subject_id])).toEqual(
      ['waitlist.join', 'waitlist.read', 'waitlist.leave'].map((action) => [action, desk.id, patient.id]),
    );
    const offers = [date, freshDay()].map((day) =>
      insertOffer(clinic.db, { doctor: doctor.id, patient: patient.id, date: day }),
    );
    const [accepted, declined] = await Promise.all(offers);
    await as('desk').post(`/waitlist/${accepted}/accept/`).expect(201);
    await as('desk').post(`/waitlist/${declined}/decline/`).expect(200);
  });

  test('the clinic’s policy binds reception no more than other staff, and what it overrides is noted', async () => {
    await setPolicy({
      min_notice_minutes: 1_440,
      active_appointments_max: 1,
      cancel_deadline_minutes: 1_440,
    });
    await setPolicy({ late_cancellation: 'refuse' });
    const { patient } = people;
    const timeslot = await clinic.slot(people.doctor, {
      date: '2026-03-02',
      start_time: '12:00',
      end_time: '12:30',
    });
    expectProblem(await as('patient').post('/appointments/', { timeslot }), 'too_soon');
    const noted = await notedBy(clinic.db, () =>
      as('desk').post('/appointments/', { timeslot, patient: patient.id }).expect(201),
    );
    expect(noted[0]?.details.overridden).toContain('too_soon');
    const id = Number(noted[0]?.details.appointment);
    expectProblem(await as('patient').delete(`/appointments/${id}/`), 'too_late_to_cancel');
    const cancelled = await notedBy(clinic.db, () => as('desk').delete(`/appointments/${id}/`).expect(204));
    expect(cancelled[0]?.details).toEqual({ appointment: id, overridden: ['too_late_to_cancel'] });
    await setPolicy({
      min_notice_minutes: 0,
      active_appointments_max: null,
      cancel_deadline_minutes: 0,
      late_cancellation: 'record',
    });
  });

  test('no constraint gives way: a taken slot, a busy patient and a doctor who is out are refused as to anybody', async () => {
    const date = freshDay();
    const [taken, same] = [await slot(date), await clinic.slot(await clinic.person('doctor'), { date })];
    await clinic.book(people.other, taken);
    const book = (timeslot: number, patient: Person) =>
      as('desk').post('/appointments/', { timeslot, patient: patient.id });
    expectProblem(await book(taken, people.patient), 'slot_taken');
    expectProblem(await book(same, people.other), 'patient_busy');
    const gone = await clinic.person('doctor');
    const theirs = await clinic.slot(gone, { date });
    await as('admin').patch(`/users/${gone.id}/`, { is_active: false }).expect(200);
    expectProblem(await book(theirs, people.patient), 'timeslot_not_found');
  });

  test('the same request twice books once, by the key of the receptionist', async () => {
    const body = { timeslot: await slot(), patient: people.patient.id };
    const book = () => as('desk').post('/appointments/', body).set('idempotency-key', 'desk-once');
    const [first, again] = [await book().expect(201), await book().expect(201)];
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });
});

describe('for a doctor', () => {
  test('reception publishes and withdraws slots, writes the week and absences, and all of it is noted', async () => {
    const { desk, doctor } = people;
    const [date, day, away] = [freshDay(), freshDay(), freshDay()];
    const times = { doctor: doctor.id, date, start_time: '10:00', end_time: '10:30' };
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await as('desk').post('/timeslots/', times).expect(201);
      await as('desk').get(`/timeslots/${body.id}/`).expect(200);
      await as('desk').delete(`/timeslots/${body.id}/`).expect(204);
      await as('desk')
        .post('/timeslots/bulk/', { ...times, date: day, end_time: '12:00', slot_minutes: 30 })
        .expect(201);
      const hours = { weekday: 7, start_time: '10:00', end_time: '11:00', slot_minutes: 30 };
      await as('desk')
        .put(`/doctors/${doctor.id}/schedule/`, { schedule: [hours] })
        .expect(200);
      expect(
        (await as('desk').get(`/doctors/${doctor.id}/schedule/`).expect(200)).body.schedule,
      ).toHaveLength(1);
      await as('desk').put(`/doctors/${doctor.id}/schedule/`, { schedule: [] }).expect(200);
      const absence = await as('desk')
        .post('/absences/', { doctor: doctor.id, from: away, to: away })
        .expect(201);
      await as('desk').delete(`/absences/${absence.body.id}/`).expect(204);
    });
    expect(noted.map(({ action, actor_id, subject_id }) => [action, actor_id, subject_id])).toEqual(
      [
        'timeslot.publish',
        'timeslot.delete',
        'timeslot.publish',
        'schedule.update',
        'schedule.update',
        'absence.create',
        'absence.delete',
      ].map((action) => [action, desk.id, doctor.id]),
    );
  });

  test('reception has to name the doctor', async () => {
    const times = { date: freshDay(), start_time: '10:00', end_time: '10:30' };
    const fields = ['doctor required'];
    expectProblem(await as('desk').post('/timeslots/', times), 'invalid_input', { fields });
    expectProblem(
      await as('desk').post('/absences/', { from: times.date, to: times.date }),
      'invalid_input',
      { fields },
    );
  });
});

describe('whether a patient came', () => {
  const today = async (start_time: string, end_time: string) => {
    const id = await clinic.book(
      people.patient,
      await clinic.slot(people.doctor, { date: '2026-03-02', start_time, end_time }),
    );
    await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
    return id;
  };

  test('reception says who arrived and who did not, and takes back what it said', async () => {
    const { desk, patient } = people;
    const id = await today('13:00', '13:20');
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await as('desk').post(`/appointments/${id}/no-show/`).expect(200);
      expect(body.attendance).toBe('no_show');
      await as('desk').delete(`/appointments/${id}/attendance/`).expect(204);
      await as('desk').post(`/appointments/${id}/arrive/`).expect(200);
    });
    expect(noted).toEqual(
      ['appointment.no_show', 'appointment.take_back', 'appointment.arrive'].map((action) =>
        entry(desk, action, patient.id, { appointment: id }),
      ),
    );
  });

  test('that a patient was seen is not for reception to say, to change or to take back', async () => {
    const id = await today('14:00', '14:20');
    expectProblem(await as('desk').post(`/appointments/${id}/complete/`), 'forbidden');
    await as('doctor').post(`/appointments/${id}/complete/`).expect(200);
    expectProblem(await as('desk').post(`/appointments/${id}/no-show/`), 'attendance_final');
    expectProblem(await as('desk').post(`/appointments/${id}/arrive/`), 'attendance_final');
    expectProblem(await as('desk').delete(`/appointments/${id}/attendance/`), 'attendance_final');
    const { body } = await as('doctor').get(`/appointments/${id}/`).expect(200);
    expect(body.attendance).toBe('completed');
  });
});

describe('what reception reads', () => {
  test('is every visit, and never why one was cancelled', async () => {
    const ids = [await visit(), await visit(), await visit()];
    const [byPatient, byDoctor, byDesk] = ids;
    await as('patient').delete(`/appointments/${byPatient}/`, { reason: 'My secret reason' }).expect(204);
    await as('doctor')
      .patch(`/appointments/${byDoctor}/`, { status: 'cancelled', reason: 'My secret reason' })
      .expect(200);
    const decided = await as('desk')
      .patch(`/appointments/${byDesk}/`, { status: 'cancelled', reason: 'My secret reason' })
      .expect(200);
    const answers = [
      decided,
      await as('desk').get(`/appointments/?patient=${people.patient.id}&page_size=100`).expect(200),
      await as('desk').get('/appointments/me/').expect(200),
      ...(await Promise.all(ids.map((id) => as('desk').get(`/appointments/${id}/`).expect(200)))),
      ...(await Promise.all(ids.map((id) => as('desk').get(`/appointments/${id}/history/`).expect(200)))),
    ];
    for (const { text } of answers) expect(text).not.toContain('secret');
    expect(answers[3]?.body).toMatchObject({
      status: 'cancelled',
      cancel_reason: null,
      cancelled_by: people.patient.id,
    });
    const results: { id: number }[] = answers[1]?.body.results ?? [];
    expect(results.filter(({ id }) => ids.includes(id))).toHaveLength(3);
    // Everybody else reads it as before.
    for (const who of ['patient', 'doctor', 'admin'] as const)
      expect((await as(who).get(`/appointments/${byPatient}/`).expect(200)).body.cancel_reason).toBe(
        'My secret reason',
      );
  });

  test('is when a doctor is away, and not why', async () => {
    const [date, other] = [freshDay(), freshDay()];
    const reason = 'My secret reason';
    const { body } = await as('doctor').post('/absences/', { from: date, to: date, reason }).expect(201);
    const own = { doctor: people.doctor.id, from: other, to: other, reason };
    const answers = [
      await as('desk').get(`/absences/${body.id}/`).expect(200),
      await as('desk').get('/absences/').expect(200),
      await as('desk')
        .post('/absences/', { ...own, preview: true })
        .expect(200),
      await as('desk').post('/absences/', own).expect(201),
    ];
    for (const { text } of answers) expect(text).not.toContain('secret');
    expect(answers[0]?.body).toMatchObject({ id: body.id, from: date, reason: null });
    expect((await as('admin').get(`/absences/${body.id}/`).expect(200)).body.reason).toBe(reason);
  });

  test('leaves a trace with the patient, also where nothing was changed', async () => {
    const id = await visit();
    const noted = await notedBy(clinic.db, async () => {
      await as('desk').get(`/appointments/${id}/`).expect(200);
      await as('desk').get(`/appointments/${id}/history/`).expect(200);
      await as('desk').get('/waitlist/').expect(200);
      await as('desk').get(`/appointments/?patient=${people.patient.id}`).expect(200);
    });
    const seen = noted
      .filter(({ subject_id }) => subject_id === people.patient.id)
      .map(({ action }) => action);
    expect(seen).toEqual(['appointment.read', 'appointment.history', 'waitlist.list', 'appointment.list']);
  });

  test('is the history with the name and role of whoever did it', async () => {
    const timeslot = await slot();
    const { body } = await as('desk')
      .post('/appointments/', { timeslot, patient: people.patient.id })
      .expect(201);
    const history = await as('patient').get(`/appointments/${body.id}/history/`).expect(200);
    expect(history.body[0]).toMatchObject({
      kind: 'booked',
      by: { id: people.desk.id, role: 'receptionist' },
    });
  });
});
