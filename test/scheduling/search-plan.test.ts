import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays } from '../../src/core/clock.ts';
import type { Db } from '../../src/db/client.ts';
import { primaryOnly } from '../../src/db/links/replica.ts';
import { OPEN_POLICY } from '../../src/modules/availability/policy.rules.ts';
import { createTimeslotSearch } from '../../src/modules/timeslots/search.service.ts';
import { testClock } from '../helpers/clock.ts';
import { testDatabase, unhurried } from '../helpers/database.ts';
import { type Plan, planModes, planOf, sentBy } from '../helpers/plans.ts';
import { sized } from '../size.ts';

/**
 * What the earliest-first search costs among 1,000 doctors with 100 slots each, and then with 1,000 at full size, of which
 * 95 % are booked: the statements as the service sends them, as the server runs them, with plans made for the values and with
 * plans made once for all.
 */

const clock = testClock();
const DOCTORS = 1_000;
/** Slots of each doctor, 16 a day. */
const FEW = 100;
const MANY = Math.max(6 * FEW, sized(1_000));
/** Until here all are booked later on: some days are left after it. */
const LATER = addDays('2026-03-03', Math.floor((MANY / 16) * 0.77));
let db: Db;
let close: () => Promise<void>;
let search: ReturnType<typeof createTimeslotSearch>['search'];

const run = (text: string) => db.$client.query(text);
const quietly = (text: string) =>
  run(`set session_replication_role = replica; ${text}; reset session_replication_role`);

/**
 * Slots `from` to `to` of every doctor, 16 a day from 2026-03-03 on: booked but for what `free` tells, and each booked
 * one with its appointment. Constraints and triggers would take minutes; the indexes that plans are made of are there.
 */
const publish = (from: number, to: number, free: string) =>
  quietly(`
    insert into timeslots (doctor_id, date, start_time, end_time, is_taken)
      select d, date '2026-03-03' + n / 16, time '08:00' + (n % 16) * interval '30 min',
        time '08:30' + (n % 16) * interval '30 min', not (${free})
      from generate_series(${from}, ${to - 1}) n, generate_series(1, ${DOCTORS}) d;
    insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, branch_id)
      select doctor_id, ${DOCTORS} + 1 + id % 5000, id, date, start_time, end_time, doctor_id, branch_id
      from timeslots where is_taken and id > (select coalesce(max(timeslot_id), 0) from appointments)`);

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
    insert into users (username, password_hash, role)
      select 'patient' || n, 'x', 'patient' from generate_series(1, 5000) n;
    insert into doctor_profiles (id, specialization, gender)
      select n, 'Specialization ' || n % 20, (array['female', 'male'])[1 + n % 2]::gender
      from generate_series(1, ${DOCTORS}) n`);
  await run(`
    alter table timeslots drop constraint timeslots_no_overlap;
    alter table appointments drop constraint appointments_patient_no_overlap;
    drop index appointments_time, appointments_doctor_time, appointments_patient_time, appointments_booked_by_time`);
});
afterAll(() => close());

const admin = { id: 0, role: 'admin' as const, session: 0 };
type Asked = Partial<Parameters<typeof search>[0]>;
const find = (filters: Asked) => search({ page: 1, page_size: 20, ...filters }, admin);

/** What costs differently: which doctors count, which times of which days, and how far one looks. */
const shapes: Record<string, Asked> = {
  everybody: {},
  'everybody, last page': { page: 50 },
  'everybody, past the last page': { page: 51 },
  'everybody, mornings': { after: '09:00', before: '12:00' },
  'everybody, when nobody works': { after: '22:00' },
  'everybody, on Mondays and Tuesdays': { weekdays: [1, 2] },
  'everybody, on a day of the week when nobody works': { weekdays: [7], from: '2026-08-01' },
  'everybody, one slot each': { per_doctor: 1 },
  'everybody, ten slots each': { per_doctor: 10, page_size: 100 },
  'a specialization': { specialization: 'specialization 7' },
  'a specialization, last page': { specialization: 'specialization 7', page: 50 },
  'a specialization, on Sunday evenings': {
    specialization: 'Specialization 7',
    weekdays: [7],
    after: '15:00',
  },
  'a specialization that nobody has': { specialization: 'Alchemy' },
  'half of the doctors': { gender: 'female' },
  'half of the doctors, one slot each, weeks from now': { gender: 'female', per_doctor: 1, from: LATER },
  'half of the doctors, when nobody works': { gender: 'female', after: '22:00' },
  'a doctor': { doctor: 7 },
  'a doctor, all of it': { doctor: 7, page_size: 100, weekdays: [1, 2, 3] },
};

interface Free {
  id: number;
  doctor: number;
  gender: string;
  specialization: string;
  date: string;
  start_time: string;
  end_time: string;
  weekday: number;
}
/** Every slot that can be booked, by time, for the answers by brute force. */
let free: Free[] = [];

async function readFree(): Promise<void> {
  const { rows } = await db.$client.query<Free>(`
    select s.id, s.doctor_id as doctor, gender, lower(specialization) as specialization, date, start_time, end_time,
      extract(isodow from date)::int as weekday
    from timeslots s join doctor_profiles p on p.id = s.doctor_id join users u on u.id = p.id
    where not is_taken and is_active and approved_at is not null
    order by date, start_time, s.id`);
  free = rows;
}

function expected(asked: Asked) {
  const {
    page = 1,
    page_size = 20,
    after = '',
    before = '99',
    from = '',
    weekdays,
    per_doctor = 1_000,
  } = asked;
  const counts = (slot: Free) =>
    slot.doctor === (asked.doctor ?? slot.doctor) &&
    slot.gender === (asked.gender ?? slot.gender) &&
    slot.specialization === (asked.specialization?.toLowerCase() ?? slot.specialization) &&
    (weekdays?.includes(slot.weekday) ?? true) &&
    slot.date >= from &&
    slot.start_time >= after &&
    slot.end_time <= before;
  const seen = new Map<number, number>();
  const shown = free.filter(counts).filter(({ doctor }) => {
    seen.set(doctor, (seen.get(doctor) ?? 0) + 1);
    return (seen.get(doctor) ?? 0) <= per_doctor;
  });
  const ids = shown.slice(0, 1_000).map(({ id }) => id);
  return { count: ids.length, ids: ids.slice((page - 1) * page_size, page * page_size) };
}

interface Cost extends Plan {
  count: number;
  statements: number;
}

/** What a shape costs in the dearer of both plans, after its answer has been compared with brute force. */
async function costOf(asked: Asked): Promise<Cost> {
  let answer: Awaited<ReturnType<typeof find>> | undefined;
  const sent = await sentBy(db, async () => {
    answer = await find(asked);
  });
  const { count, ids } = expected(asked);
  expect({ count: answer?.count, ids: answer?.rows.map(({ id }) => id) }).toEqual({ count, ids });
  const costs: Cost[] = [];
  for (const mode of planModes) {
    const plans: Plan[] = [];
    for (const statement of sent) plans.push(await planOf(db, statement, mode));
    const sum = (of: 'rows' | 'buffers' | 'milliseconds') =>
      plans.reduce((total, plan) => total + plan[of], 0);
    costs.push({
      rows: sum('rows'),
      buffers: sum('buffers'),
      milliseconds: sum('milliseconds'),
      indexes: plans.flatMap(({ indexes }) => indexes),
      whole: plans.flatMap(({ whole }) => whole),
      count,
      statements: sent.length,
    });
  }
  return costs.toSorted((a, b) => b.rows - a.rows)[0] as Cost;
}

/** Rows of any table that a search may touch: as many as it shows, with their doctors, and one for each doctor. */
const ROWS = 6_000;
const FREE = 'hashint8(d * 100000 + n) % 20 = 0';
const costs: Record<string, Record<string, Cost>> = {};

describe.each([
  [`${FEW} slots of each`, ROWS, () => publish(0, FEW, FREE)],
  [`${MANY} slots of each`, ROWS, () => publish(FEW, MANY, FREE)],
  [
    'the next weeks all booked',
    ROWS,
    () => quietly(`update timeslots set is_taken = true where date < '${LATER}'`),
  ],
  [
    'thousands of free slots of doctors who cannot be booked before all others',
    // A walk in vain, and then each doctor.
    ROWS + 7_000,
    () =>
      quietly(`
        update timeslots set is_taken = false where doctor_id <= 10;
        update doctor_profiles set approved_at = null where id <= 5;
        update users set is_active = false where id between 6 and 10`),
  ],
] as const)('%s', (size, limit, prepare) => {
  beforeAll(async () => {
    await prepare();
    await run('vacuum analyze timeslots, users, doctor_profiles');
    await readFree();
    costs[size] = {};
  });

  test.each(Object.entries(shapes))('%s', async (shape, asked) => {
    const cost = await costOf(asked);
    Object.assign(costs[size] ?? {}, { [shape]: cost });
    expect(cost.rows, JSON.stringify(cost)).toBeLessThanOrEqual(limit);
    // What is booked is not even looked at, nor are patients.
    expect(cost.whole.filter((table) => table !== 'doctor_profiles')).toEqual([]);
    expect(cost.indexes.filter((index) => /^timeslots_(?!free_)/.test(index))).toEqual([]);
  });
});

test('many times the slots are no more rows to touch', () => {
  const [small = {}, large = {}] = Object.values(costs);
  const compared = Object.entries(small).filter(([shape, { count }]) => count === large[shape]?.count);
  expect(compared.length).toBeGreaterThan(8);
  for (const [shape, { rows }] of compared)
    expect([shape, (large[shape]?.rows ?? 0) <= rows * 1.1 + 50]).toEqual([shape, true]);
});
