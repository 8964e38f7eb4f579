import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { runQueue } from '../../src/db/queue/runner.ts';
import { createModules } from '../../src/modules.ts';
import { testConfig } from '../helpers/app.ts';
import { empty, PATIENT_LIMITS } from '../helpers/database.ts';
import { startProcess, temporaryFolder } from '../helpers/process.ts';
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
const WAITING = 500;
const FREED = 50;
const NOW = '2026-03-02T04:00:00.000Z';
const LAPSED = '2026-03-02T04:15:00.000Z';

let clinic: Arena;
let doctor: Member;
let patients: [Member, Member, Member, Member];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  await clinic.db.$client.query(`
    create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return null; end $$`);
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
  patients = (await clinic.crowd('patient', 4)) as typeof patients;
});
beforeEach(() => clinic.clock.set(NOW));
afterEach(async () => {
  await provesRules(clinic.db);
  await provesList(clinic.db);
  await empty(clinic.db, 'timeslots', 'appointments', 'waitlist_entries');
  await clinic.db.$client.query('delete from graphile_worker._private_jobs');
});
afterAll(() => clinic.close());

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;

/** Each rule of the waiting list that can be read off the tables, as a query for what breaks it. */
const BREAKS: Record<string, string> = {
  'a live offer keeps no slot for its patient': `
    select o.id from waitlist_offers o
    join waitlist_entries e on e.id = o.entry_id left join timeslots s on s.id = o.timeslot_id
    where o.outcome is null and (s.is_taken or not s.is_waitlisted or s.held_by is distinct from e.patient_id
      or s.held_until is distinct from o.expires_at)`,
  'a slot is kept by the list for nobody it was offered to': `
    select s.id from timeslots s
    where s.is_waitlisted and s.held_by is not null and not exists (
      select from waitlist_offers o where o.timeslot_id = s.id and o.outcome is null)`,
  'an entry says that it is offered something, and is not, or the other way round': `
    select e.id from waitlist_entries e
    where (e.status = 'offered') <> exists (
      select from waitlist_offers o where o.entry_id = e.id and o.outcome is null)`,
  'somebody was offered a slot twice while it was free': `
    select o.timeslot_id as id from waitlist_offers o join waitlist_entries e on e.id = o.entry_id
    where o.timeslot_id is not null group by o.timeslot_id, o.freeing, e.patient_id having count(*) > 1`,
  'somebody has two live offers at once': `
    select h.id from timeslots h join timeslots o on o.held_by = h.held_by and o.id > h.id and o.date = h.date
      and o.start_time < h.end_time and h.start_time < o.end_time
    where h.is_waitlisted and o.is_waitlisted`,
  'an accepted offer is no appointment of its patient': `
    select o.id from waitlist_offers o join waitlist_entries e on e.id = o.entry_id
    left join appointments a on a.id = e.appointment_id
    where o.outcome = 'accepted' and (e.status <> 'booked' or a.patient_id is distinct from e.patient_id)`,
};

async function provesList(db: Db): Promise<void> {
  for (const [broken, text] of Object.entries(BREAKS))
    expect((await db.$client.query(text)).rows, broken).toEqual([]);
}

/** Puts people on the list, in this order; the clock stands still, so that their ids decide. */
async function wait(people: readonly Pick<Member, 'id'>[], for_doctor = doctor.id): Promise<number[]> {
  const rows = await query<{ id: number }>(
    `insert into waitlist_entries (patient_id, doctor_id, "from", "to", created_at)
     select id, $2, '2020-01-01', '2099-12-31', $3 from unnest($1::int[]) with ordinality as person (id, place)
     order by place returning id`,
    [people.map(({ id }) => id), for_doctor, NOW],
  );
  return rows.map(({ id }) => id);
}

const book = (by: Member, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot }, at);
const answer = (by: Member, entry: number, how: 'accept' | 'decline', at?: number) =>
  clinic.ask(by, 'POST', `/waitlist/${entry}/${how}/`, undefined, at);
const leave = (by: Member, entry: number, at?: number) =>
  clinic.ask(by, 'DELETE', `/waitlist/${entry}/`, undefined, at);

/** The background jobs of a process of its own. */
function tasksOf(db: Db, clock = clinic.clock) {
  const modules = createModules({ db, clock, config: testConfig });
  return { ...modules.notifications.jobs.tasks, ...modules.housekeeping.tasks };
}
const offer = () => tasksOf(clinic.db).offer_waitlist({});

/** Who has been offered a slot, in this order, and what came of it. */
const offersOf = (timeslot: number) =>
  query<{ entry: number; outcome: string | null }>(
    'select entry_id as entry, outcome from waitlist_offers where timeslot_id = $1 order by id',
    [timeslot],
  );
const statusOf = async (entry: number) =>
  (await query<{ status: string }>('select status from waitlist_entries where id = $1', [entry]))[0]?.status;

test('cancel, offer to the first, lapse, offer to the next, acceptance: no outsider comes between, at no step', async () => {
  const [holder, first, second, outsider] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    clinic.clock.set(NOW);
    const slot = await clinic.publish(doctor, dayOf(round), '10:00', '10:30');
    const visit = (await book(holder, slot)).body.id;
    const [one = 0, two = 0] = await wait([first, second]);
    const [cancelled, snatched] = await atOnce(
      round,
      (at) => clinic.ask(holder, 'DELETE', `/appointments/${visit}/`, undefined, at),
      (at) => book(outsider, slot, at),
    );
    expect(outcome(cancelled)).toBe('204');
    // Before the cancellation the slot is taken; after it, it is passed on first, to whoever waits.
    expect(['409 slot_taken', '409 slot_held']).toContain(outcome(snatched));
    await offer();
    expect(await offersOf(slot)).toEqual([{ entry: one, outcome: null }]);

    clinic.clock.set(LAPSED);
    const lapsed = await atOnce(
      round,
      (at) => answer(first, one, 'accept', at),
      (at) => book(outsider, slot, at),
      (at) => answer(first, one, 'decline', at),
    );
    expect(lapsed.map(outcome)).toEqual(['409 offer_lapsed', '409 slot_held', '409 offer_lapsed']);
    await offer();
    expect(await offersOf(slot)).toEqual([
      { entry: one, outcome: 'lapsed' },
      { entry: two, outcome: null },
    ]);

    const [accepted, ...others] = await atOnce(
      round,
      (at) => answer(second, two, 'accept', at),
      (at) => book(outsider, slot, at),
      (at) => book(first, slot, at),
    );
    expect(outcome(accepted)).toBe('201');
    for (const refused of others) expect(['409 slot_taken', '409 slot_held']).toContain(outcome(refused));
    expect(await statusOf(two)).toBe('booked');
    await leave(first, one);
  }
});

test('whoever is offered a slot accepts, declines, leaves and books it at once: one of these', async () => {
  const [first, second] = patients;
  const seen: Answer[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one = 0, two = 0] = await wait([first, second]);
    const slot = await clinic.publish(doctor, dayOf(round), '10:00', '10:30');
    await offer();
    const [accepted, declined, left, booked] = await atOnce(
      round,
      (at) => answer(first, one, 'accept', at),
      (at) => answer(first, one, 'decline', at),
      (at) => leave(first, one, at),
      (at) => book(first, slot, at),
    );
    seen.push(accepted, declined, left, booked);
    const got = [accepted, booked].filter(({ status }) => status === 201).length;
    const status = await statusOf(one);
    expect(got).toBe(status === 'booked' ? 1 : 0);
    expect(outcome(left)).toBe('204');
    // Declined and left, it went to the next; booked, to nobody.
    expect((await offersOf(slot)).at(-1)).toEqual(
      status === 'booked' ? { entry: one, outcome: 'accepted' } : { entry: two, outcome: null },
    );
    await leave(second, two);
    await leave(first, one);
  }
  process.stdout.write(`${JSON.stringify(tally(seen))}\n`);
  expect(tally(seen)['201']).toBeGreaterThan(0);
});

test('whoever is deactivated while they are offered something has nothing afterwards', async () => {
  const [admin] = (await clinic.crowd('admin', 1)) as [Member];
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    const [leaving] = (await clinic.crowd('patient', 1)) as [Member];
    const [one = 0, two = 0] = await wait([leaving, patients[1]]);
    const slot = await clinic.publish(doctor, dayOf(round), '10:00', '10:30');
    const [out] = await atOnce(
      round,
      (at) => clinic.ask(admin, 'PATCH', `/users/${leaving.id}/`, { is_active: false }, at),
      () => offer().then(() => ({ status: 200 }) as Answer),
      (at) => book(patients[2], slot, at),
    );
    expect(outcome(out)).toBe('200');
    await offer();
    expect(await statusOf(one)).toBe('left');
    expect((await offersOf(slot)).at(-1)).toEqual({ entry: two, outcome: null });
    await leave(patients[1], two);
  }
});

test('of two slots at the same time, freed at once, whoever waits for both is offered one, and the next the other', async () => {
  const [first, second] = patients;
  const [other] = (await clinic.crowd('doctor', 1)) as [Member];
  const { offer_waitlist: passOn } = tasksOf(clinic.db);
  for (let round = 0; round < ROUNDS; round += 1) {
    const entries = [...(await wait([first, second])), ...(await wait([first, second], other.id))];
    const slots = [
      await clinic.publish(doctor, dayOf(round), '10:00', '10:30'),
      await clinic.publish(other, dayOf(round), '10:15', '10:45'),
    ];
    await Promise.all(slots.map((timeslot) => passOn({ timeslot })));
    const held = await query<{ held_by: number }>(
      'select held_by from timeslots where id = any ($1) order by held_by',
      [slots],
    );
    expect(held.map(({ held_by }) => held_by)).toEqual([first.id, second.id]);
    for (const [index, entry] of entries.entries()) await leave(index % 2 === 0 ? first : second, entry);
  }
});

test('of ten wishes at once of somebody who has nine, one is taken', async () => {
  for (let round = 0; round < ROUNDS / 10; round += 1) {
    const [person] = (await clinic.crowd('patient', 1)) as [Member];
    const join = (day: number, at = 0) => {
      const wish = { doctor: doctor.id, from: '2026-03-02', to: dayOf(day) };
      return clinic.ask(person, 'POST', '/waitlist/', wish, at);
    };
    for (let day = 0; day < 9; day += 1) expect(outcome(await join(day))).toBe('201');
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => join(20 + index, index % 2)));
    expect(tally(answers)).toEqual({ '201': 1, '409 too_many_waitlist_entries': 9 });
  }
});

interface Rush {
  slots: number[];
  visits: { id: number; holder: Member }[];
  entries: number[];
}

/** Fifty booked slots of a day, and five hundred who wait for them. */
async function prepareRush(db: Db, day: string): Promise<Rush> {
  const [busy] = (await clinic.crowd('doctor', 1)) as [Member];
  const holders = await clinic.crowd('patient', FREED);
  const awake = await clinic.crowd('patient', WAITING);
  // A worker's own process lives by the system's clock, whatever the hour is.
  await db.$client.query(
    'insert into notification_preferences (user_id, quiet) select id, false from unnest($1::int[]) as id',
    [awake.map(({ id }) => id)],
  );
  const { rows } = await db.$client.query<{ slot: number; visit: number; holder: number }>(
    `with slot as (
       insert into timeslots (doctor_id, date, start_time, end_time)
       select $1, $2::date, time '08:00' + n * interval '10 min', time '08:10' + n * interval '10 min'
       from generate_series(0, $3::int - 1) n returning *
     ), visit as (
       insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
       select doctor_id, holder, slot.id, date, start_time, end_time, holder
       from (select *, row_number() over (order by start_time) as place from slot) slot
       join unnest($4::int[]) with ordinality as person (holder, place) using (place) returning *
     )
     select timeslot_id as slot, id as visit, patient_id as holder from visit order by start_time`,
    [busy.id, day, FREED, holders.map(({ id }) => id)],
  );
  const byId = new Map(holders.map((holder) => [holder.id, holder]));
  return {
    slots: rows.map(({ slot }) => slot),
    visits: rows.flatMap(({ visit, holder }) => {
      const member = byId.get(holder);
      return member ? [{ id: visit, holder: member }] : [];
    }),
    entries: await wait(awake, busy.id),
  };
}

async function offeredTo({ slots }: Rush): Promise<number[]> {
  const rows = await query<{ entry: number }>(
    'select entry_id as entry from waitlist_offers where timeslot_id = any ($1) and outcome is null order by entry_id',
    [slots],
  );
  return rows.map(({ entry }) => entry);
}

async function until(met: () => Promise<boolean>): Promise<void> {
  while (!(await met())) await pause(20);
}

/** A worker as a process runs it, on connections of its own. */
function startWorker(): { stop: () => Promise<void> } {
  const db = openDatabase({ url: clinic.url, pool_max: 4, limits: PATIENT_LIMITS });
  const queue = runQueue({
    url: clinic.url,
    concurrency: 4,
    tasks: tasksOf(db),
    repeated: [],
    log: silentLog,
    ready: async () => {},
  });
  return {
    async stop() {
      await queue.stop();
      await db.$client.end();
    },
  };
}

const cancelAll = ({ visits }: Rush) =>
  Promise.all(
    visits.map(({ id, holder }, index) =>
      clinic.ask(holder, 'DELETE', `/appointments/${id}/`, undefined, index % 2),
    ),
  );

test('of 500 who wait for 50 slots freed at once, the first 50 have an offer each, with two workers', async () => {
  const rush = await prepareRush(clinic.db, '2026-03-10');
  const workers = [startWorker(), startWorker()];
  const outsiders = await clinic.crowd('patient', FREED);
  const began = performance.now();
  const [cancelled, snatched] = await Promise.all([
    cancelAll(rush),
    Promise.all(rush.slots.map((slot, index) => book(outsiders[index] ?? doctor, slot, index % 2))),
  ]);
  await until(async () => (await offeredTo(rush)).length === FREED);
  process.stdout.write(
    `${WAITING} waiting, ${FREED} slots freed, ${FREED} outsiders, two workers: ${Math.round(performance.now() - began)} ms\n`,
  );
  await Promise.all(workers.map((worker) => worker.stop()));
  expect(tally(cancelled)).toEqual({ '204': FREED });
  expect(snatched.filter(({ status }) => status === 201)).toEqual([]);
  expect(await offeredTo(rush)).toEqual(rush.entries.slice(0, FREED));
});

test('the same while the workers’ connections are cut off again and again', async () => {
  const rush = await prepareRush(clinic.db, '2026-03-11');
  // Offers take so long here that some are always under way.
  await query(
    'create trigger "AA_drag_statement" before insert on waitlist_offers execute function slowly()',
  );
  const workers = [startWorker(), startWorker()];
  await cancelAll(rush);
  let cut = 0;
  while (cut < 5 && (await offeredTo(rush)).length < FREED) {
    await pause(10);
    const rows = await query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and query ~ 'waitlist'`,
    );
    cut += rows.length;
  }
  await query('drop trigger "AA_drag_statement" on waitlist_offers');
  // What was cut off in the middle left nothing half done; the queue, or the next sweep, goes on with it.
  await provesList(clinic.db);
  await offer();
  await until(async () => (await offeredTo(rush)).length === FREED);
  await Promise.all(workers.map((worker) => worker.stop()));
  process.stdout.write(`${cut} connections were cut off\n`);
  expect(cut).toBeGreaterThan(0);
  expect(await offeredTo(rush)).toEqual(rush.entries.slice(0, FREED));
});

test('a worker process that is killed in the middle, and started again, leaves the list as if it had not been', async () => {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const env = {
    DATABASE_URL: clinic.url,
    DATA_DIR: folder.dir,
    DEMO_DATA: 'false',
    MIGRATE_ON_START: 'false',
  };
  // The process lives by the system's clock.
  const day = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  const rush = await prepareRush(clinic.db, day);
  await cancelAll(rush);
  const first = startProcess(['src/main/worker.ts'], env);
  onTestFinished(() => void first.child.kill('SIGKILL'));
  await until(async () => (await offeredTo(rush)).length >= 5);
  first.child.kill('SIGKILL');
  await first.exited;
  const before = await offeredTo(rush);
  await provesList(clinic.db);
  expect(before).toEqual(rush.entries.slice(0, before.length));
  const second = startProcess(['src/main/worker.ts'], env);
  onTestFinished(() => void second.child.kill('SIGKILL'));
  await until(async () => (await offeredTo(rush)).length === FREED);
  second.child.kill('SIGTERM');
  await second.exited;
  process.stdout.write(`${before.length} offers when it was killed, ${FREED} in the end\n`);
  expect(await offeredTo(rush)).toEqual(rush.entries.slice(0, FREED));
});
