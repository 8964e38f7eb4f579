import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { empty } from '../helpers/database.ts';
import {
  type Arena,
  arena,
  atOnce,
  dayOf,
  drag,
  type Member,
  outcome,
  provesRules,
  rounds,
} from '../helpers/races.ts';

/** Visits that change hands while others act on them. */

const ROUNDS = rounds(25);

let clinic: Arena;
let admin: Member;
let doctor: Member;
let colleague: Member;
let patients: [Member, Member];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  [doctor, colleague] = (await clinic.crowd('doctor', 2)) as [Member, Member];
  patients = (await clinic.crowd('patient', 2)) as typeof patients;
  await clinic.db.$client.query("update doctor_profiles set specialization = 'Kardiolog'");
});
afterEach(async () => {
  await provesRules(clinic.db);
  await empty(clinic.db, 'timeslots', 'appointments');
});
afterAll(() => clinic.close());

const publish = (round: number, hour: string, by: Member) =>
  clinic.publish(by, dayOf(round), `${hour}:00`, `${hour}:30`);
const book = (by: Member, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot }, at);
const correct = (visit: number, patient: Member, at?: number) =>
  clinic.ask(admin, 'POST', `/appointments/${visit}/patient/`, { patient: patient.id }, at);
const move = (by: Member, visit: number, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', `/appointments/${visit}/reschedule/`, { timeslot }, at);
const callOff = (visit: number, at?: number) =>
  clinic.ask(doctor, 'PATCH', `/appointments/${visit}/`, { status: 'cancelled', reason: 'Surgery' }, at);
async function stored(visit: number) {
  const { rows } = await clinic.db.$client.query<{
    patient: number;
    doctor: number;
    status: string;
    timeslot: number;
  }>(
    `select patient_id as patient, doctor_id as doctor, status, timeslot_id as timeslot from appointments where id = $1`,
    [visit],
  );
  return rows[0];
}

test('a patient is corrected while the right one books at that time: one of both is refused', async () => {
  const [wrong, right] = patients;
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const visit = (await book(wrong, await publish(round, '10', doctor))).body.id ?? 0;
    const rival = await publish(round, '10', colleague);
    const [corrected, booked] = await atOnce(
      round,
      (at) => correct(visit, right, at),
      (at) => book(right, rival, at),
    );
    const ended = [corrected, booked].map(outcome).join();
    expect(['200,409 patient_busy', '409 patient_busy,201']).toContain(ended);
    expect((await stored(visit))?.patient).toBe(corrected.status === 200 ? right.id : wrong.id);
    seen.add(ended);
    await provesRules(clinic.db);
  }
  expect(seen.size).toBe(2);
});

test('a patient is corrected while the wrong one moves the visit: the move is theirs, or is refused', async () => {
  const [wrong, right] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const visit = (await book(wrong, await publish(round, '10', doctor))).body.id ?? 0;
    const to = await publish(round, '12', doctor);
    const [corrected, moved] = await atOnce(
      round,
      (at) => correct(visit, right, at),
      (at) => move(wrong, visit, to, at),
    );
    expect(corrected.status).toBe(200);
    expect(['200', '404 appointment_not_found']).toContain(outcome(moved));
    expect(await stored(visit)).toMatchObject({
      patient: right.id,
      ...(moved.status === 200 && { timeslot: to }),
    });
    await provesRules(clinic.db);
  }
});

test('two corrections of one visit leave it with one of both, and nobody waits for nobody', async () => {
  const [wrong, right] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = (await book(wrong, await publish(round, '10', doctor))).body.id ?? 0;
    const second = (await book(right, await publish(round, '12', doctor))).body.id ?? 0;
    const answers = await atOnce(
      round,
      (at) => correct(first, right, at),
      (at) => correct(second, wrong, at),
    );
    expect(answers.map(outcome)).toEqual(['200', '200']);
    expect([(await stored(first))?.patient, (await stored(second))?.patient]).toEqual([right.id, wrong.id]);
  }
});

test('a doctor calls off a visit while its patient moves it: it ends cancelled, or moved and to be answered anew', async () => {
  const [patient] = patients;
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = await publish(round, '10', doctor);
    const visit = (await book(patient, from)).body.id ?? 0;
    await clinic.ask(doctor, 'PATCH', `/appointments/${visit}/`, { status: 'confirmed' });
    const to = await publish(round, '12', doctor);
    const [called, moved] = await atOnce(
      round,
      (at) => callOff(visit, at),
      (at) => move(patient, visit, to, at),
    );
    // With a reason a doctor cancels in either status, so the cancellation stands whichever came first.
    expect(outcome(called)).toBe('200');
    expect(['200', '409 already_decided']).toContain(outcome(moved));
    expect(await stored(visit)).toMatchObject({
      status: 'cancelled',
      timeslot: moved.status === 200 ? to : from,
    });
    seen.add(outcome(moved));
    await provesRules(clinic.db);
  }
  expect(seen.size).toBe(2);
});

test('a doctor calls off a visit while an admin gives it to a colleague: one of both happens', async () => {
  const [patient] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const visit = (await book(patient, await publish(round, '10', doctor))).body.id ?? 0;
    const to = await publish(round, '12', colleague);
    const [called, moved] = await atOnce(
      round,
      (at) => callOff(visit, at),
      (at) => move(admin, visit, to, at),
    );
    expect(['200,409 already_decided', '404 appointment_not_found,200']).toContain(
      [called, moved].map(outcome).join(),
    );
    expect(await stored(visit)).toMatchObject(
      called.status === 200
        ? { doctor: doctor.id, status: 'cancelled' }
        : { doctor: colleague.id, status: 'pending', timeslot: to },
    );
  }
});
