import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { createReaders } from '../../src/events/readers.ts';
import { testDatabase } from '../helpers/database.ts';
import { keeping } from '../helpers/log-keeping.ts';
import { type Started, startProcess } from '../helpers/process.ts';

/**
 * The log is read while very many book at once, and those who read it are killed again and again. LOG_BOOKINGS says how many
 * book; npm run test:long takes a hundred thousand.
 */
const BOOKINGS = Number(process.env.LOG_BOOKINGS ?? 2_000);
const AT_ONCE = 8;
/** For each so many bookings a reader is killed. */
const KILLED_EACH = 500;
const DOCTORS = 20;

let site: Awaited<ReturnType<typeof testDatabase>>;
const processes = new Set<Started>();
beforeAll(async () => {
  site = await testDatabase();
  // Every doctor has one patient, who comes again and again.
  await site.db.$client.query(`
    create table kept (event_id bigint not null, appointment_id integer not null);
    insert into users (username, password_hash, role)
      select 'doctor.' || n, 'x', 'doctor' from generate_series(1, ${DOCTORS}) n;
    insert into users (username, password_hash, role)
      select 'patient.' || n, 'x', 'patient' from generate_series(1, ${DOCTORS}) n;
    insert into doctor_profiles (id) select id from users where role = 'doctor';
    insert into patient_profiles (id) select id from users where role = 'patient';
    insert into timeslots (doctor_id, date, start_time, end_time)
      select d, date '2030-01-01' + n / 40, time '08:00' + (n % 40) * interval '15 min', time '08:15' + (n % 40) * interval '15 min'
      from generate_series(0, ${Math.ceil(BOOKINGS / DOCTORS)} - 1) n, generate_series(1, ${DOCTORS}) d`);
});
afterAll(async () => {
  for (const { child } of processes) child.kill('SIGKILL');
  await Promise.all([...processes].map(({ exited }) => exited));
  await site.close();
});

function startReader(): Started {
  const started = startProcess([join('test', 'helpers', 'log-reader.ts'), site.url], {});
  processes.add(started);
  return started;
}

/** Books slots one after another: some transactions take their time, some book several, some come to nothing. */
async function book(slots: readonly number[], until: (part: number) => Promise<void>): Promise<number[]> {
  const client = new pg.Client({ connectionString: site.url });
  await client.connect();
  const booked: number[] = [];
  for (let from = 0; from < slots.length; ) {
    await until(from / slots.length);
    const some = slots.slice(from, from + 1 + Math.floor(Math.random() * 3));
    await client.query('begin');
    const { rows } = await client.query<{ id: number }>(
      `insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, branch_id)
       select doctor_id, doctor_id + $2, id, date, start_time, end_time, doctor_id + $2, branch_id
       from timeslots where id = any ($1) order by id returning id`,
      [some, DOCTORS],
    );
    if (Math.random() < 0.1) await pause(Math.random() * 50);
    if (Math.random() < 0.1) {
      await client.query('rollback');
      continue;
    }
    await client.query('commit');
    booked.push(...rows.map(({ id }) => id));
    from += some.length;
  }
  await client.end();
  return booked;
}

test('of many bookings at once a reader loses none and keeps none twice, however often it is killed', async () => {
  const readers = createReaders({
    db: site.db,
    log: silentLog,
    readers: [keeping],
    event_retention_days: 30,
  });
  await readers.drain();
  const { rows } = await site.db.$client.query<{ id: number }>('select id from timeslots order by random()');
  const slots = rows.slice(0, BOOKINGS).map(({ id }) => id);
  const kept = async () =>
    Number((await site.db.$client.query('select count(*) from kept')).rows[0]?.count ?? 0);

  const unread = async () =>
    (await readers.lags()).find(({ reader }) => reader === keeping.name)?.events ?? 0;

  let isOver = false;
  let killed = 0;
  async function killAgainAndAgain(): Promise<void> {
    while (!isOver) {
      const reader = startReader();
      const before = await kept();
      // In the middle of its work: it has begun to read, and has not read all.
      while (!isOver && (await kept()) === before && (await unread()) > 0) await pause(5);
      await pause(Math.random() * 60);
      reader.child.kill('SIGKILL');
      await reader.exited;
      processes.delete(reader);
      killed += 1;
    }
  }
  const killing = killAgainAndAgain();
  /** However slowly a process starts, bookings wait for their share of those that are killed. */
  const keepStep = async (part: number) => {
    while (killed < Math.floor((part * BOOKINGS) / KILLED_EACH)) await pause(5);
  };
  const share = Math.ceil(slots.length / AT_ONCE);
  const booked = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, nth) => book(slots.slice(nth * share, (nth + 1) * share), keepStep)),
  );
  isOver = true;
  await killing;
  expect(killed).toBeGreaterThan(BOOKINGS / KILLED_EACH / 2);
  await readers.drain();

  const { rows: all } = await site.db.$client.query<{ appointment_id: number }>(
    'select appointment_id from kept order by appointment_id',
  );
  expect(all.map(({ appointment_id }) => appointment_id)).toEqual(booked.flat().toSorted((a, b) => a - b));
  expect(await readers.lags()).toContainEqual(
    expect.objectContaining({ reader: keeping.name, events: 0, troubled: 0, set_aside: 0 }),
  );
});
