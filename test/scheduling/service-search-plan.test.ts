import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { primaryOnly } from '../../src/db/links/replica.ts';
import { OPEN_POLICY } from '../../src/modules/availability/policy.rules.ts';
import { listFree } from '../../src/modules/timeslots/free.repository.ts';
import { createTimeslotSearch } from '../../src/modules/timeslots/search.service.ts';
import { testClock } from '../helpers/clock.ts';
import { testDatabase, unhurried } from '../helpers/database.ts';
import { planModes, planOf, sentBy } from '../helpers/plans.ts';

/**
 * What the search for a service of three slots costs among 1,000 doctors with 100 slots each, and then with 1,000, of which
 * 95 % are booked: the statements as the service sends them, with plans made for the values and with plans made once for all.
 */

const clock = testClock();
const DOCTORS = 1_000;
/** Rows of any table that a search may touch: as many as without a service, and one for each doctor who gives it. */
const ROWS = 6_000 + DOCTORS;
let db: Db;
let close: () => Promise<void>;
let search: ReturnType<typeof createTimeslotSearch>['search'];
let service = 0;

const quietly = (text: string) =>
  db.$client.query(`set session_replication_role = replica; ${text}; reset session_replication_role`);

const publish = (from: number, to: number) =>
  quietly(`
    insert into timeslots (doctor_id, date, start_time, end_time, is_taken)
      select d, date '2026-03-03' + n / 16, time '08:00' + (n % 16) * interval '30 min',
        time '08:30' + (n % 16) * interval '30 min', hashint8(d * 100000 + n) % 20 <> 0
      from generate_series(${from}, ${to - 1}) n, generate_series(1, ${DOCTORS}) d;
    update timeslots t set runs_on = true from timeslots n
      where n.doctor_id = t.doctor_id and n.date = t.date and n.start_time = t.end_time and not n.is_taken
        and not t.is_taken and not t.runs_on`);

beforeAll(async () => {
  ({ db, close } = await testDatabase(2));
  unhurried(db);
  ({ search } = createTimeslotSearch({
    mayLag: primaryOnly(db),
    clock,
    settings: { policy: () => OPEN_POLICY },
    patients: { busyAt: async () => [] },
    reach: { of: async () => null },
  }));
  await quietly(`
    insert into users (username, password_hash, role)
      select 'doctor' || n, 'x', 'doctor' from generate_series(1, ${DOCTORS}) n;
    insert into doctor_profiles (id, specialization, gender)
      select n, 'Specialization ' || n % 20, (array['female', 'male'])[1 + n % 2]::gender
      from generate_series(1, ${DOCTORS}) n`);
  await db.$client.query('alter table timeslots drop constraint timeslots_no_overlap');
  const { rows } = await db.$client.query(
    `with made as (
       insert into services (name, duration_minutes) values ('{"uz":"a","ru":"a","en":"a"}', 90) returning id
     ), given as (insert into doctor_services (doctor_id, service_id) select d.id, made.id from doctor_profiles d, made)
     select id from made`,
  );
  service = rows[0].id;
});
afterAll(() => close());

const admin = { id: 0, role: 'admin' as const, session: 0 };
/** By brute force. */
async function expected(condition = 'true'): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>(`
    select s.id from timeslots s join timeslots t on t.doctor_id = s.doctor_id and t.date = s.date and t.start_time = s.end_time
    join timeslots u on u.doctor_id = s.doctor_id and u.date = s.date and u.start_time = t.end_time
    join doctor_profiles p on p.id = s.doctor_id
    where not s.is_taken and not t.is_taken and not u.is_taken and (${condition})
    order by s.date, s.start_time, s.id limit 1000`);
  return rows.map(({ id }) => id);
}

const shapes: Record<string, [object, string]> = {
  everybody: [{}, 'true'],
  'everybody, mornings': [
    { after: '09:00', before: '12:00' },
    "s.start_time >= '09:00' and u.end_time <= '12:00'",
  ],
  'a specialization': [{ specialization: 'Specialization 7' }, "p.specialization = 'Specialization 7'"],
  'half of the doctors': [{ gender: 'female' }, "p.gender = 'female'"],
  'a doctor': [{ doctor: 7 }, 'p.id = 7'],
};

describe.each([
  ['100,000 slots', () => publish(0, 100)],
  ['1,000,000 slots', () => publish(100, 1_000)],
] as const)('a service of three slots, %s', (size, prepare) => {
  beforeAll(async () => {
    await prepare();
    await db.$client.query('vacuum analyze timeslots, users, doctor_profiles, doctor_services, services');
  });

  test.each(Object.entries(shapes))('%s', async (shape, [asked, condition]) => {
    let answer: Awaited<ReturnType<typeof search>> | undefined;
    const sent = await sentBy(db, async () => {
      answer = await search({ page: 1, page_size: 20, service, ...asked }, admin);
    });
    const ids = await expected(condition);
    expect({ count: answer?.count, ids: answer?.rows.map(({ id }) => id) }).toEqual({
      count: ids.length,
      ids: ids.slice(0, 20),
    });
    for (const mode of planModes) {
      const plans = [];
      for (const statement of sent) plans.push(await planOf(db, statement, mode));
      const rows = plans.reduce((sum, plan) => sum + plan.rows, 0);
      const took = plans.reduce((sum, plan) => sum + plan.milliseconds, 0);
      process.stdout.write(
        `${size}, ${shape}, ${mode}: ${sent.length} statements, ${rows} rows, ${took} ms\n`,
      );
      expect(rows).toBeLessThanOrEqual(ROWS);
      expect(plans.flatMap(({ whole }) => whole).includes('timeslots')).toBe(false);
    }
  });

  test('a doctor’s free slots', async () => {
    const [now, wall] = [clock.now(), clock.wall()];
    const bounds = { now, after: wall, reach: '9999-12-31', running: false };
    const days = { from: wall.date, to: '9999-12-31' };
    let found: Awaited<ReturnType<typeof listFree>> | undefined;
    const sent = await sentBy(db, async () => {
      found = await listFree(db, 7, days, bounds, { page: 1, page_size: 20 }, { service });
    });
    expect(found?.rows.map(({ id }) => id)).toEqual((await expected('p.id = 7')).slice(0, 20));
    for (const mode of planModes) {
      const [plan] = await Promise.all(sent.map((statement) => planOf(db, statement, mode)));
      expect(plan?.rows).toBeLessThan(500);
    }
  });
});
