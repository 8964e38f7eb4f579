import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { makeRun, makeService } from '../helpers/services.ts';
import { START, type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';

/** Whoever waits for another time than the one they have: what they accept takes its place. */

let clinic: WaitingClinic;
let admin: Person;
let doctor: Person;
let colleague: Person;
let stranger: Person;
let patient: Person;
/** Each test's visit is later than the slot that becomes free. */
let visit: number;
let from: number;
let day: string;
let later: string;
const nextDay = freshDays('2030-03-05');
beforeAll(async () => {
  clinic = await waitingClinic();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  colleague = await clinic.person('doctor', { profile: { specialization: 'kardiolog' } });
  stranger = await clinic.person('doctor', { profile: { specialization: 'Lor' } });
});
beforeEach(async () => {
  clinic.clock.set(START);
  await policy({ active_appointments_max: null, cancel_deadline_minutes: 0, late_cancellation: 'record' });
  patient = await clinic.person('patient');
  [day, later] = [nextDay(), nextDay()];
  from = await clinic.slot(doctor, { date: later, start_time: '15:00', end_time: '15:30' });
  visit = await clinic.book(patient, from);
});
afterAll(() => clinic.close());

const policy = (changes: object) => clinic.as(admin).patch('/settings/', changes).expect(200);
const join = (wish: object, by = patient) =>
  clinic.as(by).post('/waitlist/', { from: day, to: later, replaces: visit, ...wish });
const wait = async (wish: object = { doctor: doctor.id }) => (await join(wish).expect(201)).body.id as number;
const shown = async (id = visit) => (await clinic.as(admin).get(`/appointments/${id}/`).expect(200)).body;
const isFree = async (slot: number) =>
  (await clinic.as(admin).get(`/timeslots/${slot}/`).expect(200)).body.is_available;
const offerOf = async (by: Person, start_time = '10:00', date = day) => {
  const end_time = `${start_time.slice(0, 2)}:30`;
  const slot = await clinic.slot(by, { date, start_time, end_time });
  await clinic.drain();
  return slot;
};

describe('POST /waitlist/ with replaces', () => {
  test('is for a visit of the patient that is still to come, with those who are waited for', async () => {
    const wish = { doctor: doctor.id };
    expect((await join(wish).expect(201)).body).toMatchObject({ replaces: visit, status: 'waiting' });
    await join({ specialization: 'KARDIOLOG' }).expect(201);
    expectProblem(await join({ ...wish, replaces: 999_999 }), 'appointment_not_found');
    const other = await clinic.person('patient');
    expectProblem(await join(wish, other), 'appointment_not_found');
    expectProblem(await join({ doctor: stranger.id }), 'not_same_doctor');
    expectProblem(await join({ specialization: 'Lor' }), 'not_same_doctor');
    expectProblem(await join({ doctor: colleague.id }), 'not_same_doctor');
    expectProblem(await join({ ...wish, replaces: 0 }), 'invalid_input', { fields: ['replaces too_small'] });
    // An admin for them.
    const { body } = await join({ ...wish, patient: patient.id, before: '12:00' }, admin).expect(201);
    expect(body).toMatchObject({ replaces: visit, patient: { id: patient.id } });
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    clinic.clock.set(`${later}T04:00:00Z`);
    await clinic.as(doctor).post(`/appointments/${visit}/complete/`).expect(200);
    expectProblem(await join({ ...wish, to: '2030-12-31' }), 'already_attended');
    clinic.clock.set(`${later}T10:00:00Z`);
    expectProblem(await join({ ...wish, to: '2030-12-31' }), 'visit_begun');
  });

  test('not for one that is cancelled', async () => {
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    expectProblem(await join({ doctor: doctor.id }), 'already_decided');
  });
});

describe('accepting', () => {
  test('moves the visit, in one step: its old slot is free at once', async () => {
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    const entry = await wait();
    const slot = await offerOf(doctor);
    expect((await clinic.show(patient, entry)).offer.timeslot.id).toBe(slot);
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await clinic.accept(patient, entry).expect(201);
      // As any move of a patient's, it is for the doctor to answer anew.
      expect(body).toMatchObject({
        id: visit,
        timeslot: slot,
        date: day,
        start_time: '10:00',
        status: 'pending',
      });
    });
    expect(noted.map(({ action }) => action)).toEqual(['appointment.move']);
    expect(await isFree(from)).toBe(true);
    expect(await clinic.show(patient, entry)).toMatchObject({ status: 'booked', appointment: visit });
    const mine = (await clinic.as(patient).get('/appointments/me/').expect(200)).body;
    expect(mine.results.map(({ id }: { id: number }) => id)).toEqual([visit]);
    const { body } = await clinic.as(patient).get(`/appointments/${visit}/history/`).expect(200);
    expect(JSON.stringify(body)).toContain('moved');
    expectProblem(await clinic.accept(patient, entry), 'offer_lapsed');
  });

  test('once only for a key', async () => {
    const entry = await wait();
    await offerOf(doctor);
    const accept = () => clinic.accept(patient, entry).set('idempotency-key', 'again');
    const first = await accept().expect(201);
    const again = await accept().expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
  });

  test('an admin’s keeps the status', async () => {
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    const entry = await wait();
    await offerOf(doctor);
    const { body } = await clinic.accept(admin, entry).expect(201);
    expect(body).toMatchObject({ id: visit, status: 'confirmed' });
  });

  test('the visit is in nobody’s way: neither by its time nor by the number one may have', async () => {
    await policy({ active_appointments_max: 1 });
    const entry = await wait({ doctor: doctor.id });
    await clinic
      .as(doctor)
      .post('/timeslots/', { date: later, start_time: '15:30', end_time: '16:00' })
      .expect(201);
    await clinic.drain();
    expect(await clinic.show(patient, entry)).toMatchObject({ status: 'offered' });
    // Booked past the list it would be one more.
    const { offer } = await clinic.show(patient, entry);
    const direct = clinic.as(patient).post('/appointments/', { timeslot: offer.timeslot.id });
    expectProblem(await direct, 'too_many_appointments');
    expect((await clinic.accept(patient, entry).expect(201)).body).toMatchObject({
      id: visit,
      start_time: '15:30',
    });
  });

  test('a slot at the time of the visit, with a colleague', async () => {
    const entry = await wait({ specialization: 'Kardiolog' });
    const slot = await clinic.slot(colleague, { date: later, start_time: '15:15', end_time: '15:45' });
    await clinic.drain();
    expect((await clinic.show(patient, entry)).offer.timeslot.id).toBe(slot);
    const { body } = await clinic.accept(patient, entry).expect(201);
    expect(body).toMatchObject({ timeslot: slot, doctor: { id: colleague.id }, status: 'pending' });
  });

  test('with a colleague it is booked and the visit cancelled, or neither', async () => {
    await policy({ active_appointments_max: 1 });
    const entry = await wait({ specialization: 'Kardiolog' });
    const second = await wait({ doctor: doctor.id, before: '14:00' });
    const slot = await offerOf(colleague);
    const noted = await notedBy(clinic.db, async () => {
      const { body, headers } = await clinic.accept(patient, entry).expect(201);
      expect(body).toMatchObject({ timeslot: slot, doctor: { id: colleague.id }, booked_by: patient.id });
      expect(body.id).not.toBe(visit);
      expect(headers.location).toBe(`/api/appointments/${body.id}/`);
      expect(await clinic.show(patient, entry)).toMatchObject({ status: 'booked', appointment: body.id });
      // What else was to take the place of the visit takes the place of this one.
      expect(await clinic.show(patient, second)).toMatchObject({ status: 'waiting', replaces: body.id });
    });
    expect(noted.map(({ action }) => action)).toEqual(['appointment.cancel']);
    expect(await shown()).toMatchObject({ status: 'cancelled', cancelled_by: patient.id });
    expect(await isFree(from)).toBe(true);
  });

  test('with a colleague, busy with something else, nothing is changed', async () => {
    const entry = await wait({ specialization: 'Kardiolog' });
    const slot = await offerOf(colleague);
    const other = await clinic.slot(stranger, { date: day, start_time: '10:15', end_time: '10:45' });
    await clinic.book(patient, other);
    expectProblem(await clinic.accept(patient, entry), 'patient_busy');
    expect(await shown()).toMatchObject({ status: 'pending', timeslot: from });
    expect((await clinic.show(patient, entry)).offer.timeslot.id).toBe(slot);
  });

  test('of a service, busy with something else, it says so and changes nothing', async () => {
    const service = await makeService(clinic, admin, [doctor], { duration_minutes: 60 });
    const [first] = (await makeRun(clinic.db, doctor.id, later, ['10:00', '10:30'])) as [number];
    const wanted = { timeslot: first, service };
    const { body: long } = await clinic.as(patient).post('/appointments/', wanted).expect(201);
    const entry = await wait({ doctor: doctor.id, replaces: long.id, before: '12:00' });
    const [offered] = (await makeRun(clinic.db, doctor.id, day, ['10:00', '10:30'])) as [number];
    await clinic.tasks.offer_waitlist(undefined);
    expect((await clinic.show(patient, entry)).offer.timeslot.id).toBe(offered);
    const other = await clinic.slot(stranger, { date: day, start_time: '10:45', end_time: '11:15' });
    await clinic.book(patient, other);
    await clinic.as(patient).delete(`/appointments/${long.id}/`).expect(204);
    expectProblem(await clinic.accept(patient, entry), 'patient_busy');
    expect((await clinic.show(patient, entry)).offer.timeslot.id).toBe(offered);
  });

  test('where the visit was cancelled meanwhile the slot is simply booked', async () => {
    const entry = await wait();
    const slot = await offerOf(doctor);
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    const { body } = await clinic.accept(patient, entry).expect(201);
    expect(body).toMatchObject({ timeslot: slot, status: 'pending' });
    expect(body.id).not.toBe(visit);
    expect((await shown()).status).toBe('cancelled');
  });

  test('where it was moved meanwhile it moves from there', async () => {
    const entry = await wait();
    const slot = await offerOf(doctor);
    const between = await clinic.slot(doctor, { date: later, start_time: '17:00', end_time: '17:30' });
    await clinic.as(patient).post(`/appointments/${visit}/reschedule/`, { timeslot: between }).expect(200);
    expect((await clinic.accept(patient, entry).expect(201)).body).toMatchObject({
      id: visit,
      timeslot: slot,
    });
    expect(await isFree(between)).toBe(true);
  });

  test('not once it has begun; and then nothing more is offered for it', async () => {
    const entry = await wait({ doctor: doctor.id, to: '2030-12-31' });
    clinic.clock.set(`${later}T09:55:00Z`);
    const slot = await offerOf(doctor, '16:00', later);
    expect((await clinic.show(patient, entry)).offer.timeslot.id).toBe(slot);
    clinic.clock.set(`${later}T10:00:00Z`);
    expectProblem(await clinic.accept(patient, entry), 'visit_begun');
    await clinic.decline(patient, entry).expect(200);
    await offerOf(doctor, '17:00', later);
    expect((await clinic.show(patient, entry)).status).toBe('waiting');
    await clinic.leave(patient, entry).expect(204);
  });

  test('not while its patient is there; and nothing is offered for it meanwhile', async () => {
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    const entry = await wait();
    clinic.clock.set(`${later}T08:00:00Z`);
    await clinic.as(admin).post(`/appointments/${visit}/arrive/`).expect(200);
    const slot = await offerOf(doctor, '16:00', later);
    expect((await clinic.show(patient, entry)).status).toBe('waiting');
    expect(await isFree(slot)).toBe(true);
    expectProblem(await join({ doctor: doctor.id, after: '12:00' }), 'already_attended');
    // The mark is taken back.
    await clinic.as(admin).delete(`/appointments/${visit}/attendance/`).expect(204);
    const next = await offerOf(doctor, '17:00', later);
    expect((await clinic.show(patient, entry)).offer.timeslot.id).toBe(next);
    expect((await clinic.accept(patient, entry).expect(201)).body).toMatchObject({
      id: visit,
      timeslot: next,
    });
  });

  test('as late as a patient may cancel', async () => {
    await policy({ cancel_deadline_minutes: 1_440, late_cancellation: 'refuse' });
    const entry = await wait();
    clinic.clock.set(`${day}T12:00:00Z`);
    await offerOf(doctor, '11:00', later);
    expect((await clinic.show(patient, entry)).status).toBe('offered');
    expectProblem(await clinic.accept(patient, entry), 'too_late_to_cancel');
    expect(await shown()).toMatchObject({ status: 'pending', timeslot: from });
    await clinic.leave(patient, entry).expect(204);
  });
});

describe('free_now', () => {
  test('shows the first three of what can be booked at this moment', async () => {
    const other = await clinic.person('doctor', { profile: { specialization: 'Urolog' } });
    const someone = await clinic.person('patient');
    const slots: number[] = [];
    for (const hour of ['08', '09', '10', '11', '12'])
      slots.push(await clinic.slot(other, { date: day, start_time: `${hour}:00`, end_time: `${hour}:30` }));
    // What is held, taken, or at the time of their own visit is not among them.
    await clinic.as(patient).post(`/timeslots/${slots[0]}/hold/`).expect(200);
    const busy = await clinic.slot(stranger, { date: day, start_time: '09:00', end_time: '09:30' });
    await clinic.book(someone, busy);
    const free = async (wish: object) =>
      (
        await clinic
          .as(someone)
          .post('/waitlist/', { from: day, to: day, ...wish })
          .expect(201)
      ).body.free_now;
    expect(await free({ doctor: other.id })).toEqual(
      slots.slice(2).map((id, index) => ({
        id,
        doctor: { id: other.id, first_name: null, last_name: null, specialization: 'Urolog' },
        date: day,
        start_time: `${10 + index}:00`,
        end_time: `${10 + index}:30`,
        branch: 1,
        room: null,
      })),
    );
    const ids = (found: { id: number }[]) => found.map(({ id }) => id);
    expect(ids(await free({ specialization: 'urolog', after: '11:00' }))).toEqual(slots.slice(3));
    expect(await free({ doctor: other.id, before: '08:30' })).toEqual([]);
    // The visit that is to be replaced is in nobody's way.
    const mine = await clinic.as(someone).get('/appointments/me/').expect(200);
    const replaces = mine.body.results[0].id;
    const again = await clinic.slot(stranger, { date: day, start_time: '09:30', end_time: '10:00' });
    expect(ids(await free({ doctor: stranger.id, replaces }))).toEqual([again]);
  });
});
