import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { PASSWORD } from '../helpers/app.ts';
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
import { insertDependant } from '../helpers/rows.ts';

/** What two guardians of one child do at once. Enough rounds that either comes first. */
const ROUNDS = rounds(25);

let clinic: Arena;
let doctors: Member[];
let parents: Member[];
beforeAll(async () => {
  clinic = await arena({ instances: 2, pool_max: 10 });
  await drag(clinic.db);
});
beforeEach(async () => {
  doctors = await clinic.crowd('doctor', 2);
  parents = await clinic.crowd('patient', 2);
});
afterAll(() => clinic.close());

const one = () => parents[0] as Member;
const two = () => parents[1] as Member;
async function child(): Promise<number> {
  const id = await insertDependant(clinic.db, one().id);
  await clinic.db.$client.query('delete from guardianships where guardian_id = $1', [two().id]);
  await clinic.db.$client.query(
    "insert into guardianships (guardian_id, dependant_id, relationship, created_by) values ($1, $2, 'parent', $1)",
    [two().id, id],
  );
  return id;
}
const slot = (which: number, round: number, start = '10:00', end = '10:30') =>
  clinic.publish(doctors[which] as Member, dayOf(round), start, end);
const book = (by: Member, timeslot: number, patient: number, instance: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot, patient }, instance);
const query = async (text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query(text, values)).rows;

test('two guardians who book the same slot for their child have one visit', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const patient = await child();
    const timeslot = await slot(0, round);
    const answers = await atOnce(
      round,
      (instance) => book(one(), timeslot, patient, instance),
      (instance) => book(two(), timeslot, patient, instance),
    );
    expect(answers.map(outcome).sort()).toEqual(['201', '409 already_yours']);
    await provesRules(clinic.db);
  }
});

test('two guardians who book slots that overlap with different doctors have one visit for their child', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const patient = await child();
    const [first, second] = [await slot(0, round), await slot(1, round, '10:15', '10:45')];
    const answers = await atOnce(
      round,
      (instance) => book(one(), first, patient, instance),
      (instance) => book(two(), second, patient, instance),
    );
    expect(answers.map(outcome).sort()).toEqual(['201', '409 patient_busy']);
    await provesRules(clinic.db);
  }
});

test('a last tie that is taken away while the child is booked for leaves no visit without a guardian', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const patient = await insertDependant(clinic.db, one().id);
    const timeslot = await slot(0, round);
    const answers = await atOnce(
      round,
      (instance) => book(one(), timeslot, patient, instance),
      (instance) => clinic.ask(one(), 'DELETE', `/patient/dependants/${patient}/`, undefined, instance),
    );
    const outcomes = answers.map(outcome).join(', ');
    expect(['201, 409 dependant_has_visits', '404 patient_not_found, 204']).toContain(outcomes);
    seen.add(outcomes);
    await provesRules(clinic.db);
    const orphans = await query(
      `select from appointments a where a.patient_id = $1 and a.status in ('pending', 'confirmed')
        and not exists (select from guardianships where dependant_id = a.patient_id)`,
      [patient],
    );
    expect(orphans).toEqual([]);
  }
  expect(seen.size).toBe(2);
});

test('two guardians who are erased at once take their child along, exactly once', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    parents = await clinic.crowd('patient', 2);
    const patient = await child();
    const answers = await atOnce(
      round,
      (instance) => clinic.ask(one(), 'DELETE', '/auth/me/', { password: PASSWORD }, instance),
      (instance) => clinic.ask(two(), 'DELETE', '/auth/me/', { password: PASSWORD }, instance),
    );
    expect(answers.map(outcome)).toEqual(['204', '204']);
    expect(await query('select from users where id = $1 and deleted_at is not null', [patient])).toHaveLength(
      1,
    );
    expect(
      await query("select from audit_entries where subject_id = $1 and action = 'user.erase'", [patient]),
    ).toHaveLength(1);
    expect(await query('select from guardianships where dependant_id = $1', [patient])).toEqual([]);
  }
});

test('two guardians who take both their ties away at once leave nobody behind', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const patient = await child();
    const answers = await atOnce(
      round,
      (instance) => clinic.ask(one(), 'DELETE', `/patient/dependants/${patient}/`, undefined, instance),
      (instance) => clinic.ask(two(), 'DELETE', `/patient/dependants/${patient}/`, undefined, instance),
    );
    expect(answers.map(outcome)).toEqual(['204', '204']);
    expect(await query('select from users where id = $1 and deleted_at is not null', [patient])).toHaveLength(
      1,
    );
  }
});

test('an account that holds for two children at once holds one slot', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = await insertDependant(clinic.db, one().id);
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `with child as (insert into users (username, role) values ('~' || gen_random_uuid(), 'patient') returning id),
        profile as (insert into patient_profiles (id, date_of_birth) select id, '2020-01-01' from child)
       insert into guardianships (guardian_id, dependant_id, relationship, created_by)
       select $1, id, 'parent', $1 from child returning dependant_id as id`,
      [one().id],
    );
    const second = rows[0]?.id ?? 0;
    const slots = [await slot(0, round), await slot(0, round, '11:00', '11:30')];
    const hold = (timeslot: number | undefined, patient: number) => (instance: number) =>
      clinic.ask(one(), 'POST', `/timeslots/${timeslot}/hold/`, { patient }, instance);
    const answers = await atOnce(round, hold(slots[0], first), hold(slots[1], second));
    expect(answers.map(outcome)).toEqual(['200', '200']);
    expect(await query('select from timeslots where held_by = any ($1)', [[first, second]])).toHaveLength(1);
    await provesRules(clinic.db);
  }
});
