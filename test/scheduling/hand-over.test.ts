import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { receptionist } from '../helpers/desk.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { expectProblem } from '../helpers/problem.ts';

/** A visit goes to another doctor, or turns out to be another patient's. */

let clinic: Clinic;
let admin: Person;
let doctor: Person;
let colleague: Person;
let patient: Person;
let other: Person;
beforeAll(async () => {
  clinic = await createClinic();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  colleague = await clinic.person('doctor', { profile: { specialization: 'kardiolog' } });
});
beforeEach(async () => {
  patient = await clinic.person('patient');
  other = await clinic.person('patient');
  await clinic.as(admin).patch('/settings/', { move_between_doctors: null }).expect(200);
});
afterAll(() => clinic.close());

const freshDay = freshDays('2030-03-05');
const slotOf = (by: Person, start_time = '10:00', date = freshDay()) =>
  clinic.slot(by, { date, start_time, end_time: `${start_time.slice(0, 2)}:30` });
const move = (by: Person, id: number, timeslot: number) =>
  clinic.as(by).post(`/appointments/${id}/reschedule/`, { timeslot });
const correct = (by: Person, id: number, person: number) =>
  clinic.as(by).post(`/appointments/${id}/patient/`, { patient: person });
const confirm = (by: Person, id: number) =>
  clinic.as(by).patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
const show = async (id: number) => (await clinic.as(admin).get(`/appointments/${id}/`).expect(200)).body;
const historyOf = async (by: Person, id: number) =>
  (await clinic.as(by).get(`/appointments/${id}/history/`).expect(200)).body;
const told = (person: Person, id: number) =>
  clinic.rows<{ kind: string; params: Record<string, string> }>(
    'select kind, params from notifications where user_id = $1 and appointment_id = $2 order by id',
    [person.id, id],
  );
const kindsTold = async (person: Person, id: number) => (await told(person, id)).map(({ kind }) => kind);
const inbox = async (person: Person) =>
  (await clinic.as(person).get('/notifications/').set('accept-language', 'en').expect(200)).body.results;

describe('a move to another doctor', () => {
  test('is for staff, and for patients where the policy says so', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    expectProblem(await move(patient, id, await slotOf(colleague)), 'not_same_doctor');
    await confirm(doctor, id);
    const { body } = await move(admin, id, await slotOf(colleague)).expect(200);
    expect(body).toMatchObject({ doctor: { id: colleague.id }, status: 'confirmed' });
    expect((await historyOf(patient, id)).at(-1)).toMatchObject({
      kind: 'doctor_changed',
      by: { id: admin.id },
      details: { from_doctor: doctor.id, to_doctor: colleague.id },
    });
    await clinic.as(admin).patch('/settings/', { move_between_doctors: true }).expect(200);
    const back = await move(patient, id, await slotOf(doctor)).expect(200);
    expect(back.body).toMatchObject({ doctor: { id: doctor.id }, status: 'pending' });
  });

  test('is for the desk too, from a branch of theirs to a branch of theirs', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    const there = await slotOf(colleague);
    const [{ id: branch } = { id: 0 }] = await clinic.rows<{ id: number }>(
      "insert into branches (name) values ('Elsewhere') returning id",
    );
    expectProblem(await move(await receptionist(clinic, [branch]), id, there), 'appointment_not_found');
    const desk = await receptionist(clinic, [1]);
    const [{ id: far } = { id: 0 }] = await clinic.rows<{ id: number }>(
      `insert into timeslots (doctor_id, date, start_time, end_time, branch_id) values ($1, $2, '10:00', '10:30', $3)
       returning id`,
      [colleague.id, freshDay(), branch],
    );
    expectProblem(await move(desk, id, far), 'timeslot_not_found');
    const { body } = await move(desk, id, there).expect(200);
    expect(body).toMatchObject({ doctor: { id: colleague.id }, status: 'pending' });
    for (const by of [desk, await receptionist(clinic)])
      expectProblem(await correct(by, id, other.id), 'forbidden');
    // One branch again, so that nobody has to say where they publish.
    await clinic.rows('update branches set is_active = false where id = $1', [branch]);
  });

  test('goes to a doctor of the same specialization only, whoever moves it', async () => {
    await clinic.as(admin).patch('/settings/', { move_between_doctors: true }).expect(200);
    const id = await clinic.book(patient, await slotOf(doctor));
    const stranger = await clinic.person('doctor', { profile: { specialization: 'Lor' } });
    const timeslot = await slotOf(stranger);
    for (const by of [patient, admin]) expectProblem(await move(by, id, timeslot), 'not_same_doctor');
  });

  test('of a visit with a service goes to whoever gives that service, of whatever specialization', async () => {
    const stranger = await clinic.person('doctor', { profile: { specialization: 'Lor' } });
    const [{ id: service } = { id: 0 }] = await clinic.rows<{ id: number }>(
      `insert into services (name, duration_minutes) values ('{"uz": "EKG", "ru": "ЭКГ", "en": "ECG"}', 30) returning id`,
    );
    const id = await clinic.book(patient, await slotOf(doctor));
    await clinic.rows(
      'update appointments set service_id = $2, service_name = s.name from services s where appointments.id = $1 and s.id = $2',
      [id, service],
    );
    expectProblem(await move(admin, id, await slotOf(colleague)), 'not_same_doctor');
    await clinic.rows('insert into doctor_services (doctor_id, service_id) values ($1, $2)', [
      stranger.id,
      service,
    ]);
    await move(admin, id, await slotOf(stranger)).expect(200);
  });

  test('is told to the patient and to both doctors, each once', async () => {
    const from = await slotOf(doctor);
    const id = await clinic.book(patient, from);
    await confirm(doctor, id);
    await clinic.drain();
    const before = await show(id);
    await move(admin, id, await slotOf(colleague)).expect(200);
    await clinic.drain();
    expect((await kindsTold(patient, id)).at(-1)).toBe('moved');
    expect(await kindsTold(colleague, id)).toEqual(['confirmed']);
    expect((await told(doctor, id)).at(-1)).toMatchObject({
      kind: 'handed_over',
      params: { date: before.date, start_time: '10:00' },
    });
    expect((await inbox(doctor))[0].text).toContain('given to another doctor');
    // What becomes of it afterwards is no news to the first doctor.
    const count = (await told(doctor, id)).length;
    await clinic.as(patient).delete(`/appointments/${id}/`).expect(204);
    await clinic.drain();
    expect(await told(doctor, id)).toHaveLength(count);
  });

  test('leaves the first doctor nothing to decide', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    await move(admin, id, await slotOf(colleague)).expect(200);
    expectProblem(
      await clinic.as(doctor).patch(`/appointments/${id}/`, { status: 'confirmed' }),
      'appointment_not_found',
    );
    await confirm(colleague, id);
  });
});

describe('POST /appointments/{id}/patient/', () => {
  test('gives a visit to the right patient: the same visit, with its status and its note, without the reason', async () => {
    const timeslot = await slotOf(doctor);
    const { body: booked } = await clinic
      .as(patient)
      .post('/appointments/', { timeslot, reason: 'Mine' })
      .expect(201);
    await clinic.as(doctor).patch(`/appointments/${booked.id}/`, { status: 'confirmed', note: 'X-ray' });
    const before = await show(booked.id);
    const { body } = await correct(admin, booked.id, other.id).expect(200);
    expect(body).toMatchObject({
      id: booked.id,
      patient: { id: other.id },
      timeslot,
      status: 'confirmed',
      note: 'X-ray',
      reason: null,
      version: before.version + 1,
    });
    const seen = await clinic.as(patient).get(`/appointments/${booked.id}/`);
    expectProblem(seen, 'appointment_not_found');
    await clinic.as(other).get(`/appointments/${booked.id}/`).expect(200);
    // Repeating it changes nothing.
    expect((await correct(admin, booked.id, other.id).expect(200)).body.version).toBe(body.version);
  });

  test('keeps the history: staff see both, a patient nothing of the time when it was somebody else’s', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    await correct(admin, id, other.id).expect(200);
    await confirm(doctor, id);
    for (const by of [admin, doctor])
      expect(await historyOf(by, id)).toMatchObject([
        { kind: 'booked', by: { id: patient.id } },
        {
          kind: 'patient_changed',
          by: { id: admin.id },
          details: { from_patient: patient.id, to_patient: other.id },
        },
        { kind: 'confirmed' },
      ]);
    const theirs = await historyOf(other, id);
    expect(theirs).toMatchObject([{ kind: 'patient_changed', details: {} }, { kind: 'confirmed' }]);
    expect(JSON.stringify(theirs)).not.toContain(String(patient.username));
  });

  test('keeps it from the right patient also once who was taken for them is merged into a record of their own', async () => {
    const own = await clinic.person('patient', { first_name: 'Zulayho', last_name: 'Begona' });
    const id = await clinic.book(patient, await slotOf(doctor));
    await correct(admin, id, other.id).expect(200);
    await clinic.as(admin).post(`/patients/${patient.id}/merge/`, { into: own.id }).expect(200);
    expect(await historyOf(other, id)).toMatchObject([{ kind: 'patient_changed', details: {} }]);
    expect(await historyOf(doctor, id)).toMatchObject([
      { kind: 'booked', by: { id: own.id } },
      { kind: 'patient_changed', details: { from_patient: patient.id, to_patient: other.id } },
    ]);
  });

  test('is told to both patients, and the reminder goes to the right one', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    await confirm(doctor, id);
    await clinic.drain();
    const already = await kindsTold(patient, id);
    await correct(admin, id, other.id).expect(200);
    await clinic.drain();
    expect(await kindsTold(other, id)).toEqual(['confirmed']);
    expect(await kindsTold(patient, id)).toEqual([...already, 'entered_by_mistake']);
    const { date } = await show(id);
    clinic.clock.set(`${date}T04:30:00Z`);
    await clinic.drain();
    expect(await kindsTold(other, id)).toContain('reminder');
    expect(await kindsTold(patient, id)).not.toContain('reminder');
    clinic.clock.set('2030-03-04T04:00:00Z');
  });

  test('is refused where the right patient is busy then, and nothing has changed', async () => {
    const date = freshDay();
    const id = await clinic.book(patient, await slotOf(doctor, '10:00', date));
    await clinic.book(other, await slotOf(colleague, '10:00', date));
    expectProblem(await correct(admin, id, other.id), 'patient_busy');
    expect(await show(id)).toMatchObject({ patient: { id: patient.id } });
    expect(await historyOf(admin, id)).toHaveLength(1);
  });

  test('is for admins, for patients who are here, and for what is not over by a decision', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    for (const by of [patient, doctor]) expectProblem(await correct(by, id, other.id), 'forbidden');
    for (const nobody of [999_999, doctor.id, admin.id])
      expectProblem(await correct(admin, id, nobody), 'patient_not_found');
    expectProblem(await correct(admin, 999_999, other.id), 'appointment_not_found');
    expectProblem(await clinic.as(admin).post(`/appointments/${id}/patient/`, {}), 'invalid_input', {
      fields: ['patient required'],
    });
    expectProblem(await correct(admin, id, other.id).set('if-match', '"7"'), 'version_mismatch');
    await clinic.as(patient).delete(`/appointments/${id}/`).expect(204);
    expectProblem(await correct(admin, id, other.id), 'already_decided');
  });

  test('repeated for a request that nobody answered, it shows that this has expired', async () => {
    const date = freshDay();
    const id = await clinic.book(patient, await slotOf(doctor, '10:00', date));
    clinic.clock.set(`${date}T06:00:00Z`);
    expect((await correct(admin, id, patient.id).expect(200)).body).toMatchObject({ status: 'expired' });
    expectProblem(await correct(admin, id, other.id), 'already_decided');
    clinic.clock.set('2030-03-04T04:00:00Z');
  });

  test('with a key is done once, and leaves an audit entry for both', async () => {
    const id = await clinic.book(patient, await slotOf(doctor));
    const ask = () => correct(admin, id, other.id).set('idempotency-key', `correct-${id}`).expect(200);
    const first = await ask();
    const again = await ask();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    const entries = await clinic.rows<{ subject_id: number }>(
      `select subject_id from audit_entries where action = 'appointment.change_patient'
         and details = jsonb_build_object('appointment', $1::int)`,
      [id],
    );
    expect(entries.map(({ subject_id }) => subject_id).sort()).toEqual([patient.id, other.id].sort());
  });

  test('sends the wish back to the waiting list from which the visit came, and frees what was to replace it', async () => {
    const date = freshDay();
    const wish = { doctor: doctor.id, from: date, to: date };
    const { body: entry } = await clinic.as(patient).post('/waitlist/', wish).expect(201);
    await slotOf(doctor, '10:00', date);
    await clinic.drain();
    const { body: accepted } = await clinic.as(patient).post(`/waitlist/${entry.id}/accept/`).expect(201);
    const better = { doctor: doctor.id, from: date, to: date, before: '10:00', replaces: accepted.id };
    const { body: second } = await clinic.as(patient).post('/waitlist/', better).expect(201);
    await correct(admin, accepted.id, other.id).expect(200);
    const read = async (one: number) => (await clinic.as(patient).get(`/waitlist/${one}/`).expect(200)).body;
    expect(await read(entry.id)).toMatchObject({ status: 'waiting', appointment: null });
    expect(await read(second.id)).toMatchObject({ status: 'waiting', replaces: null });
  });

  test('sends a wish back that took the place of an earlier one, and waits for nobody else’s visit', async () => {
    const date = freshDay();
    const join = async (fields: object) => {
      const wish = { doctor: doctor.id, from: date, to: date, ...fields };
      return (await clinic.as(patient).post('/waitlist/', wish).expect(201)).body.id;
    };
    const accept = async (entry: number, start_time: string): Promise<number> => {
      await slotOf(doctor, start_time, date);
      await clinic.drain();
      return (await clinic.as(patient).post(`/waitlist/${entry}/accept/`).expect(201)).body.id;
    };
    const first = await join({});
    const visit = await accept(first, '10:00');
    const again = await join({ replaces: visit });
    expect(await accept(again, '11:00')).toBe(visit);
    // Another wish on the same days is for something else.
    const [{ id: service } = { id: 0 }] = await clinic.rows<{ id: number }>(
      `insert into services (name, duration_minutes) values ('{"uz": "UZI", "ru": "УЗИ", "en": "Scan"}', 30) returning id`,
    );
    await clinic.rows('insert into doctor_services (doctor_id, service_id) values ($1, $2)', [
      doctor.id,
      service,
    ]);
    const long = await join({ service });
    await correct(admin, visit, other.id).expect(200);
    const read = async (one: number) => (await clinic.as(patient).get(`/waitlist/${one}/`).expect(200)).body;
    expect(await read(first)).toMatchObject({ status: 'left', appointment: null });
    expect(await read(again)).toMatchObject({ status: 'waiting', appointment: null, replaces: null });
    expect(await read(long)).toMatchObject({ status: 'waiting' });
  });
});
