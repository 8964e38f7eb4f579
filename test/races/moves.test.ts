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
  tally,
} from '../helpers/races.ts';

const ROUNDS = rounds(25);

let clinic: Arena;
let admin: Member;
let doctors: [Member, Member, Member];
let patients: [Member, Member, Member];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  doctors = (await clinic.crowd('doctor', 3)) as typeof doctors;
  patients = (await clinic.crowd('patient', 3)) as typeof patients;
});
afterEach(async () => {
  await provesRules(clinic.db);
  await empty(clinic.db, 'timeslots', 'appointments');
});
afterAll(() => clinic.close());

const publish = (round: number, hour: string, by = doctors[0]) =>
  clinic.publish(by, dayOf(round), `${hour}:00`, `${hour}:30`);
const book = (by: Member, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot }, at);
const booked = async (by: Member, timeslot: number) => (await book(by, timeslot)).body.id ?? 0;
const move = (by: Member, appointment: number, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', `/appointments/${appointment}/reschedule/`, { timeslot }, at);
const cancel = (by: Member, appointment: number, at?: number) =>
  clinic.ask(by, 'DELETE', `/appointments/${appointment}/`, undefined, at);

async function stored(appointment: number) {
  const { rows } = await clinic.db.$client.query<{ timeslot: number; status: string; moves: number }>(
    `select timeslot_id as timeslot, status,
       (select count(*)::int from appointment_happened where appointment_id = a.id and kind = 'moved') as moves
     from appointments a where id = $1`,
    [appointment],
  );
  return rows[0];
}
const holderOf = async (timeslot: number) => {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    "select id from appointments where timeslot_id = $1 and status <> 'cancelled'",
    [timeslot],
  );
  return rows[0]?.id;
};

test('a move races against a booking of its target, a booking of the slot that it leaves and its own cancellation', async () => {
  const [mover, second, third] = patients;
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from, to] = [await publish(round, '10'), await publish(round, '12')];
    const visit = await booked(mover, from);
    const by = round % 2 === 0 ? mover : admin;
    const [moved, onTarget, onOld, cancelled] = await atOnce(
      round,
      (at) => move(by, visit, to, at),
      (at) => book(second, to, at),
      (at) => book(third, from, at),
      (at) => cancel(mover, visit, at),
    );
    expect(outcome(cancelled)).toBe('204');
    expect(['200', '409 slot_taken', '409 already_decided']).toContain(outcome(moved));
    for (const answer of [onTarget, onOld]) expect(['201', '409 slot_taken']).toContain(outcome(answer));
    // Whatever came first, both slots are free or somebody else's by now.
    expect(await stored(visit)).toEqual({
      timeslot: moved.status === 200 ? to : from,
      status: 'cancelled',
      moves: moved.status === 200 ? 1 : 0,
    });
    expect(await holderOf(to)).toBe(onTarget.status === 201 ? onTarget.body.id : undefined);
    expect(await holderOf(from)).toBe(onOld.status === 201 ? onOld.body.id : undefined);
    const ended = [moved, onTarget, onOld].map(outcome).join();
    seen[ended] = (seen[ended] ?? 0) + 1;
    await provesRules(clinic.db);
  }
  // Else this raced nobody.
  expect(Object.keys(seen).length).toBeGreaterThan(2);
});

test('of three visits that move to one slot one gets it, and the others stay where they were', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await Promise.all(['08', '10', '12'].map((hour) => publish(round, hour)));
    const visits = await Promise.all(patients.map((patient, index) => booked(patient, slots[index] ?? 0)));
    const to = await publish(round, '14');
    const answers = await atOnce(
      round,
      ...patients.map(
        (patient, index) => (at: number) => move(index === 1 ? admin : patient, visits[index] ?? 0, to, at),
      ),
    );
    expect(tally(answers)).toEqual({ '200': 1, '409 slot_taken': 2 });
    for (const [index, { status }] of answers.entries())
      expect(await stored(visits[index] ?? 0)).toEqual({
        timeslot: status === 200 ? to : slots[index],
        status: 'pending',
        moves: status === 200 ? 1 : 0,
      });
  }
});

test('of a patient’s visits that move to one time at once, while they book at that time, one gets there', async () => {
  const [patient] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = await Promise.all(
      (['08', '10'] as const).map((hour, index) => publish(round, hour, doctors[index])),
    );
    const visits = await Promise.all(from.map((timeslot) => booked(patient, timeslot)));
    const to = await Promise.all(doctors.map((doctor) => publish(round, '14', doctor)));
    const answers = await atOnce(
      round,
      (at) => move(patient, visits[0] ?? 0, to[0] ?? 0, at),
      (at) => move(admin, visits[1] ?? 0, to[1] ?? 0, at),
      (at) => book(patient, to[2] ?? 0, at),
    );
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.filter((answer) => outcome(answer) === '409 patient_busy')).toHaveLength(2);
  }
});

test('appointments that follow each other in a circle lose nobody and share no slot', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await Promise.all(['08', '10', '12', '14'].map((hour) => publish(round, hour)));
    const visits = await Promise.all(patients.map((patient, index) => booked(patient, slots[index] ?? 0)));
    // Each to where the next one is; the last to the one that is free.
    const answers = await atOnce(
      round,
      ...patients.map(
        (patient, index) => (at: number) => move(patient, visits[index] ?? 0, slots[index + 1] ?? 0, at),
      ),
    );
    for (const answer of answers) expect(['200', '409 slot_taken']).toContain(outcome(answer));
    expect(answers.at(-1)?.status).toBe(200);
    for (const [index, { status }] of answers.entries())
      expect((await stored(visits[index] ?? 0))?.timeslot).toBe(slots[status === 200 ? index + 1 : index]);
    await provesRules(clinic.db);
  }
});

test('a target is moved to or deleted, never both, and the slot that was left can be deleted', async () => {
  const [doctor] = doctors;
  const [patient] = patients;
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from, to] = [await publish(round, '10'), await publish(round, '12')];
    const visit = await booked(patient, from);
    const remove = (timeslot: number, at: number) =>
      clinic.ask(doctor, 'DELETE', `/timeslots/${timeslot}/`, undefined, at);
    const [moved, deleted, left] = await atOnce(
      round,
      (at) => move(patient, visit, to, at),
      (at) => remove(to, at),
      (at) => remove(from, at),
    );
    const ended = [moved, deleted].map(outcome).join(', ');
    expect(['200, 409 slot_booked', '404 timeslot_not_found, 204']).toContain(ended);
    expect(['204', '409 slot_booked']).toContain(outcome(left));
    if (moved.status !== 200) expect(outcome(left)).toBe('409 slot_booked');
    seen[ended] = (seen[ended] ?? 0) + 1;
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('a move against its confirmation leaves the time that the doctor confirmed last, and never another one', async () => {
  const [patient] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from, to] = [await publish(round, '10'), await publish(round, '12')];
    const visit = await booked(patient, from);
    const [moved, confirmed] = await atOnce(
      round,
      (at) => move(patient, visit, to, at),
      (at) => clinic.ask(doctors[0], 'PATCH', `/appointments/${visit}/`, { status: 'confirmed' }, at),
    );
    expect([moved, confirmed].map(outcome)).toEqual(['200', '200']);
    // Whoever was answered with the new slot came second.
    const last = confirmed.body.timeslot === to ? 'confirmed' : 'pending';
    expect(await stored(visit)).toEqual({ timeslot: to, status: last, moves: 1 });
  }
});

test('no two transactions ever waited for each other until one was ended', async () => {
  const { rows } = await clinic.db.$client.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
});
