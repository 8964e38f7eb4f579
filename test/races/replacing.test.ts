import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { testConfig } from '../helpers/app.ts';
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
let doctors: Member[];
let patients: Member[];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db, 0.003);
  doctors = await clinic.crowd('doctor', 2);
  await clinic.db.$client.query("update doctor_profiles set specialization = 'Kardiolog'");
  patients = await clinic.crowd('patient', 3);
});
afterAll(() => clinic.close());
afterEach(async () => {
  await provesRules(clinic.db);
  await empty(clinic.db, 'timeslots', 'appointments', 'waitlist_entries');
});

const offer = () => {
  const { db, clock } = clinic;
  return createModules({ db, clock, config: testConfig }).housekeeping.tasks.offer_waitlist({});
};
const book = (by: Member | undefined, timeslot: number, at = 0) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot }, at);
const activeOf = async (patient: Member | undefined) =>
  (
    await clinic.db.$client.query<{ id: number; timeslot: number }>(
      "select id, timeslot_id as timeslot from appointments where patient_id = $1 and status <> 'cancelled'",
      [patient?.id],
    )
  ).rows;

/** A visit, and an offer that is to take its place; `by` has the slot that is offered. */
async function offered(round: number, by: Member | undefined) {
  const [doctor, patient] = [doctors[0], patients[0]] as [Member, Member];
  const from = await clinic.publish(doctor, dayOf(round + 1_000), '10:00', '10:30');
  const other = await clinic.publish(doctor, dayOf(round + 1_000), '12:00', '12:30');
  const visit = (await book(patient, from)).body.id ?? 0;
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    `insert into waitlist_entries (patient_id, specialization, "from", "to", replaces_id)
     values ($1, 'Kardiolog', $2, $2, $3) returning id`,
    [patient.id, dayOf(round), visit],
  );
  const entry = rows[0]?.id ?? 0;
  const slot = await clinic.publish(by as Member, dayOf(round), '10:00', '10:30');
  await offer();
  return { patient, from, other, visit, entry, slot };
}

test.each([
  ['the same doctor', 0],
  ['a colleague', 1],
])(
  'accepted beside a move, a cancellation and a snatcher, nobody has two visits or none: %s',
  async (_, who) => {
    const seen = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { patient, from, other, visit, entry, slot } = await offered(round, doctors[who]);
      const [accepted, changed, snatched] = await atOnce(
        round,
        (at) => clinic.ask(patient, 'POST', `/waitlist/${entry}/accept/`, undefined, at),
        (at) =>
          round % 2 === 0
            ? clinic.ask(patient, 'POST', `/appointments/${visit}/reschedule/`, { timeslot: other }, at)
            : clinic.ask(patient, 'DELETE', `/appointments/${visit}/`, undefined, at),
        (at) => book(patients[1], from, at),
      );
      seen.push(accepted, changed, snatched);
      expect(outcome(accepted)).toBe('201');
      expect(['200', '204', '409 already_decided', '409 slot_taken']).toContain(outcome(changed));
      const [own, ...more] = await activeOf(patient);
      expect(more).toEqual([]);
      if (own) expect([slot, other]).toContain(own.timeslot);
      // None only where the visit was moved to the offer first, and then cancelled by its patient.
      else expect([round % 2, accepted.body.id]).toEqual([1, visit]);
      if (snatched.status === 201) expect((await activeOf(patients[1]))[0]?.timeslot).toBe(from);
      await clinic.db.$client.query(
        "update appointments set status = 'cancelled' where status <> 'cancelled'",
      );
      await clinic.db.$client.query("update waitlist_entries set status = 'left' where status <> 'booked'");
    }
    process.stdout.write(`${JSON.stringify(tally(seen))}\n`);
  },
);

test('two who accept each other’s visits do not wait for each other in a circle', async () => {
  const [doctor] = doctors as [Member];
  for (let round = 0; round < ROUNDS / 2; round += 1) {
    const [early, late] = [dayOf(round), dayOf(round + 1_000)];
    const slots = [
      await clinic.publish(doctor, late, '10:00', '10:30'),
      await clinic.publish(doctor, late, '11:00', '11:30'),
    ];
    const visits = [
      (await book(patients[0], slots[0] ?? 0)).body.id,
      (await book(patients[1], slots[1] ?? 0)).body.id,
    ];
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `insert into waitlist_entries (patient_id, doctor_id, "from", "to", replaces_id)
       select patient, $2, $3, $3, visit from unnest($1::int[], $4::int[]) as wish (patient, visit) returning id`,
      [[patients[0]?.id, patients[1]?.id], doctor.id, early, visits],
    );
    await clinic.publish(doctor, early, '09:00', '09:30');
    await clinic.publish(doctor, early, '09:30', '10:00');
    await offer();
    const answers = await atOnce(
      round,
      (at) => clinic.ask(patients[0], 'POST', `/waitlist/${rows[0]?.id}/accept/`, undefined, at),
      (at) => clinic.ask(patients[1], 'POST', `/waitlist/${rows[1]?.id}/accept/`, undefined, at),
    );
    expect(answers.map(outcome)).toEqual(['201', '201']);
    expect(answers.map(({ body }) => body.id)).toEqual(visits);
    await clinic.db.$client.query("update appointments set status = 'cancelled' where status <> 'cancelled'");
  }
});

test('freed anew again and again, a slot goes to each in the order of joining, to nobody twice at once', async () => {
  const [doctor] = doctors as [Member];
  const slot = await clinic.publish(doctor, dayOf(0), '10:00', '10:30');
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    `insert into waitlist_entries (patient_id, doctor_id, "from", "to")
     select id, $2, $3, $3 from unnest($1::int[]) with ordinality as person (id, place) order by place returning id`,
    [patients.slice(0, 2).map(({ id }) => id), doctor.id, dayOf(0)],
  );
  let visit = (await book(patients[2], slot)).body.id;
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    const [cancelled] = await atOnce(
      round,
      (at) => clinic.ask(patients[2], 'DELETE', `/appointments/${visit}/`, undefined, at),
      async (at) => {
        await offer();
        return clinic.ask(patients[2], 'GET', '/waitlist/', undefined, at);
      },
    );
    expect(outcome(cancelled)).toBe('204');
    await offer();
    // Each time anew the first is asked first; both turn it down at once, however often they did before.
    for (const [index, entry] of rows.entries()) {
      const answers = await atOnce(
        round,
        (at) => clinic.ask(patients[index], 'POST', `/waitlist/${entry.id}/decline/`, undefined, at),
        (at) => clinic.ask(patients[index], 'POST', `/waitlist/${entry.id}/decline/`, undefined, at),
      );
      expect(answers.map(outcome).sort()).toEqual(['200', '409 offer_lapsed']);
    }
    visit = (await book(patients[2], slot)).body.id;
    expect(visit).toBeDefined();
  }
});
