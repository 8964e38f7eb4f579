import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { empty } from '../helpers/database.ts';
import {
  type Answer,
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
const NOW = '2026-03-02T04:00:00.000Z';
const AFTER = '2026-03-02T04:05:00.000Z';

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
beforeEach(() => clinic.clock.set(NOW));
afterEach(async () => {
  await provesRules(clinic.db);
  await empty(clinic.db, 'timeslots', 'appointments');
});
afterAll(() => clinic.close());

const publish = (round: number, by = doctors[0]) => clinic.publish(by, dayOf(round), '10:00', '10:30');
const hold = (by: Member, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', `/timeslots/${timeslot}/hold/`, undefined, at);
const book = (by: Member, timeslot: number, at?: number, body: object = {}) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot, ...body }, at);
/** Who holds a slot, and who has booked it. */
async function holders(timeslot: number) {
  const { rows } = await clinic.db.$client.query<{ held_by: number | null; booked_by: number | null }>(
    `select s.held_by, a.patient_id as booked_by from timeslots s
     left join appointments a on a.timeslot_id = s.id and a.status <> 'cancelled' where s.id = $1`,
    [timeslot],
  );
  return rows[0];
}

test('whoever holds a slot books it, whatever all others try at that moment', async () => {
  const [holder, second, third] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await publish(round);
    expect(outcome(await hold(holder, timeslot))).toBe('200');
    const [booked, ...others] = await atOnce(
      round,
      (at) => book(holder, timeslot, at),
      (at) => book(second, timeslot, at),
      (at) => hold(third, timeslot, at),
      (at) => book(admin, timeslot, at, { patient: third.id }),
      (at) => clinic.ask(doctors[0], 'DELETE', `/timeslots/${timeslot}/`, undefined, at),
    );
    expect(outcome(booked)).toBe('201');
    for (const other of others)
      expect(['409 slot_held', '409 slot_taken', '409 slot_booked']).toContain(outcome(other));
    expect(await holders(timeslot)).toEqual({ held_by: null, booked_by: holder.id });
  }
});

test('when a hold ends while its holder books, another books and a third holds, one of them has the slot', async () => {
  const [holder, second, third] = patients;
  const winners: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    clinic.clock.set(NOW);
    const timeslot = await publish(round);
    await hold(holder, timeslot);
    const expire = async (): Promise<Answer> => {
      await pause(Math.random() * 8);
      clinic.clock.set(AFTER);
      return { status: 200, retryAfter: null, type: null, body: {}, replayed: false };
    };
    const [booked, taken, held] = await atOnce(
      round,
      (at) => book(holder, timeslot, at),
      (at) => book(second, timeslot, at),
      (at) => hold(third, timeslot, at),
      expire,
    );
    const ended = [booked, taken, held].map(outcome);
    const won = [booked, taken, held].filter(({ status }) => status < 300);
    expect(won, ended.join()).toHaveLength(1);
    for (const other of ended.filter((one) => !one.startsWith('2')))
      expect(['409 slot_held', '409 slot_taken']).toContain(other);
    expect(await holders(timeslot)).toEqual(
      held.status === 200
        ? { held_by: third.id, booked_by: null }
        : { held_by: null, booked_by: booked.status === 201 ? holder.id : second.id },
    );
    const winner = booked.status === 201 ? 'holder' : taken.status === 201 ? 'second' : 'third';
    winners[winner] = (winners[winner] ?? 0) + 1;
    // The one that the third holds is in the way of no later round.
    if (winner === 'third') await clinic.ask(third, 'DELETE', `/timeslots/${timeslot}/hold/`);
    await provesRules(clinic.db);
  }
  // Else this raced nobody.
  expect(Object.keys(winners).length).toBeGreaterThan(1);
});

test('of those who hold one slot at once one holds it', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await publish(round);
    const answers = await atOnce(
      round,
      ...patients.map((patient) => (at: number) => hold(patient, timeslot, at)),
    );
    expect(tally(answers)).toEqual({ '200': 1, '409 slot_held': 2 });
    const winner = patients[answers.findIndex(({ status }) => status === 200)];
    expect((await holders(timeslot))?.held_by).toBe(winner?.id);
    await clinic.ask(winner, 'DELETE', `/timeslots/${timeslot}/hold/`);
  }
});

test('a patient who holds three slots at once, twice each, has one of them', async () => {
  const [patient, other] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await Promise.all(doctors.map((doctor) => publish(round, doctor)));
    const answers = await atOnce(
      round,
      ...[...slots, ...slots].map((timeslot) => (at: number) => hold(patient, timeslot, at)),
      // Somebody else changes between the same slots, the other way round.
      ...[...slots].reverse().map((timeslot) => (at: number) => hold(other, timeslot, at)),
    );
    for (const answer of answers) expect(['200', '409 slot_held']).toContain(outcome(answer));
    const { rows } = await clinic.db.$client.query(
      'select held_by, count(*)::int as count from timeslots where held_by is not null group by held_by',
    );
    for (const { count } of rows) expect(count).toBe(1);
    expect(rows.length).toBeGreaterThan(0);
    await provesRules(clinic.db);
  }
});

test('what is given back while others want it goes to one of them at most', async () => {
  const [holder, second, third] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await publish(round);
    await hold(holder, timeslot);
    const [back, booked, held] = await atOnce(
      round,
      (at) => clinic.ask(holder, 'DELETE', `/timeslots/${timeslot}/hold/`, undefined, at),
      (at) => book(second, timeslot, at),
      (at) => hold(third, timeslot, at),
    );
    expect(outcome(back)).toBe('204');
    expect([booked, held].filter(({ status }) => status < 300).length).toBeLessThanOrEqual(1);
    const found = await holders(timeslot);
    expect(found).toEqual({
      held_by: held.status === 200 ? third.id : null,
      booked_by: booked.status === 201 ? second.id : null,
    });
    if (held.status === 200) await clinic.ask(third, 'DELETE', `/timeslots/${timeslot}/hold/`);
  }
});

test('nobody ever waited for another until one was ended', async () => {
  const { rows } = await clinic.db.$client.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
});
