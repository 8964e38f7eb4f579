import { afterAll, beforeAll, expect, test } from 'vitest';
import { expireLapsed } from '../../src/modules/appointments/cancelling/expiry.repository.ts';
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

/** A request runs out in the moment in which somebody decides over it: one of them does, and it stays so. */
let clinic: Arena;
let doctor: Member;
let patient: Member;
let admin: Member;
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
  [patient] = (await clinic.crowd('patient', 1)) as [Member];
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
});
afterAll(() => clinic.close());

/** The clock of a worker that is a little ahead: there the slot is over. */
const expire = async (date: string) => {
  const moment = { now: clinic.clock.now(), wall: { date, time: '10:30:00' } };
  const ended = await expireLapsed(clinic.db, moment, 100);
  return { status: 200, retryAfter: null, type: null, replayed: false, body: { count: ended } };
};

const ways = {
  confirm: (visit: number, instance: number) =>
    clinic.ask(doctor, 'PATCH', `/appointments/${visit}/`, { status: 'confirmed' }, instance),
  decline: (visit: number, instance: number) =>
    clinic.ask(doctor, 'PATCH', `/appointments/${visit}/`, { status: 'cancelled' }, instance),
  cancel: (visit: number, instance: number) =>
    clinic.ask(admin, 'DELETE', `/appointments/${visit}/`, undefined, instance),
  arrive: (visit: number, instance: number) =>
    clinic.ask(doctor, 'POST', `/appointments/${visit}/arrive/`, undefined, instance),
  move: (visit: number, instance: number, timeslot: number) =>
    clinic.ask(admin, 'POST', `/appointments/${visit}/reschedule/`, { timeslot }, instance),
};
const becomes = {
  confirm: 'confirmed',
  decline: 'cancelled',
  cancel: 'cancelled',
  arrive: 'confirmed',
  move: 'pending',
};

test.each(['confirm', 'decline', 'cancel', 'arrive', 'move'] as const)(
  'to %s what is running out: exactly one of both is done',
  async (way) => {
    const seen = new Set<string>();
    const from = Object.keys(ways).indexOf(way) * 40;
    const most = Math.min(rounds(20), 40);
    for (let round = 0; round < most; round += 1) {
      const date = dayOf(from + round);
      const slot = await clinic.publish(doctor, date, '10:00', '10:30');
      const other = await clinic.publish(doctor, date, '15:00', '15:30');
      // By the API's own clock the visit has not even begun, but its day has.
      clinic.clock.set(`${date}T04:00:00Z`);
      const visit = (await clinic.ask(patient, 'POST', '/appointments/', { timeslot: slot })).body.id ?? 0;
      const [done] = await atOnce(
        round,
        (instance) => ways[way](visit, instance, other),
        () => expire(date),
      );
      // What the job passed by, since it was being decided over, it finds the next time if it is still there.
      await expire(date);
      const { body } = await clinic.ask(patient, 'GET', `/appointments/${visit}/`);
      const isDone = done.status < 300;
      seen.add(isDone ? 'decided' : 'expired');
      expect(body.status).toBe(isDone ? becomes[way] : 'expired');
      if (!isDone) expect(outcome(done)).toBe(way === 'arrive' ? '409 not_confirmed' : '409 already_decided');
      const history = (await clinic.ask(patient, 'GET', `/appointments/${visit}/history/`))
        .body as unknown as {
        kind: string;
      }[];
      expect(history.filter(({ kind }) => kind === 'expired')).toHaveLength(isDone ? 0 : 1);
      await provesRules(clinic.db);
    }
    process.stdout.write(`${way}: ${[...seen].join(' and ')} came first\n`);
  },
);

test('any number of workers end each request once', async () => {
  const date = dayOf(300);
  clinic.clock.set(`${date}T04:00:00Z`);
  // A request that was moved in another test has run out by now.
  await expire(date);
  const visits: number[] = [];
  for (let hour = 10; hour < 18; hour += 1) {
    const slot = await clinic.publish(doctor, date, `${hour}:00`, `${hour}:30`);
    visits.push((await clinic.ask(patient, 'POST', '/appointments/', { timeslot: slot })).body.id ?? 0);
  }
  const moment = { now: clinic.clock.now(), wall: { date, time: '23:00:00' } };
  const counts = await Promise.all(Array.from({ length: 6 }, () => expireLapsed(clinic.db, moment, 3)));
  const left = await expireLapsed(clinic.db, moment, 100);
  expect(counts.reduce((sum, count) => sum + count, left)).toBe(visits.length);
  const { rows } = await clinic.db.$client.query(
    `select appointment_id, count(*)::int as count from appointment_happened
     where kind = 'expired' and appointment_id = any($1) group by 1 order by 1`,
    [visits],
  );
  expect(rows).toEqual(visits.map((appointment_id) => ({ appointment_id, count: 1 })));
  await provesRules(clinic.db);
});
