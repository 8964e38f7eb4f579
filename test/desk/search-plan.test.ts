import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { createDesk } from '../../src/modules/patients/desk/desk.service.ts';
import { testClock } from '../helpers/clock.ts';
import { testDatabase, unhurried } from '../helpers/database.ts';
import { planModes, type Ran, ranDuring } from '../helpers/plans.ts';

/**
 * What the search at the desk reads among 1,000,000 patients: every statement as the server runs it, those inside of
 * `patients_found` too. Nine tenths are called Karimova, and those who are rare lie at the end of the table, so that a
 * server that hopes to find enough soon would read it all.
 */

const PATIENTS = 1_000_000;
let db: Db;
let close: () => Promise<void>;
let desk: ReturnType<typeof createDesk>;

beforeAll(async () => {
  ({ db, close } = await testDatabase(1));
  unhurried(db);
  const nothing = { record: async () => {}, recordShown: async () => {} };
  desk = createDesk({
    db,
    clock: testClock(),
    audit: nothing,
    idempotency: {} as never,
    records: {} as never,
    families: {} as never,
    reached: async () => new Set(),
    updates: {} as never,
  });
  // Nobody is anybody's profile without triggers and keys: they would take minutes.
  // What is kept for the list of users, and an index while it is filled, would take minutes.
  const { rows: indexes } = await db.$client.query(
    "select indexdef from pg_indexes where indexname = 'users_name_search'",
  );
  await db.$client.query(`
    alter table users drop column searched;
    drop index users_name_search;
    set session_replication_role = replica;
    insert into users (username, role, first_name, last_name, phone)
      select '~' || n, 'patient',
        (array['Aziza', 'Dilnoza', 'Шаҳноза', 'Гулнора', 'Malika'])[1 + n % 5] || case when n % 7 = 0 then 'xon' else '' end,
        case when n > ${PATIENTS} - 5000 then (array['Zhdanova', 'Xudoyberganova', 'Ли', 'Цой', 'Пак'])[1 + n % 5]
          when n % 10 = 0 then (array['Yusupova', 'Саидова', 'Rahimova', 'Тўхтаева'])[1 + n / 10 % 4]
          else 'Karimova' end,
        case when n % 300 = 0 then '+998901112233' when n % 3 = 1 then '+99890' || (1000000 + n) end
      from generate_series(1, ${PATIENTS}) n;
    insert into patient_profiles (id, date_of_birth)
      -- A twentieth of them are said to be born on the first of January.
      select id, case when id % 20 = 0 then date '1980-01-01' else date '1930-01-01' + (id::bigint * 7919 % 33000)::integer end
      from users where role = 'patient';
    set session_replication_role = origin`);
  await db.$client.query(indexes[0].indexdef);
  await db.$client.query('vacuum analyze users, patient_profiles');
});
afterAll(() => close());

type Asked = Partial<Parameters<typeof desk.find>[0]>;
const find = (asked: Asked) => desk.find({ page: 1, page_size: 20, ...asked }, 'uz');

const shapes: Record<string, Asked> = {
  'a name that nine tenths have': { search: ['karimova'] },
  'three letters that nearly all have': { search: ['ova'] },
  'three letters that nearly all have, last page': { search: ['ova'], page: 50 },
  'past the last page': { search: ['ova'], page: 51 },
  'two names that many have': { search: ['dilnoza', 'karimova'] },
  'two names that many have, in the other script': { search: ['дилноза', 'каримова'] },
  'a common name and a rare one': { search: ['karimova', 'gulnoraxon'] },
  'a rare name': { search: ['жданова'] },
  'a rare name of two letters, and a common one': { search: ['ли', 'malika'] },
  'three letters that fold into two': { search: ['kha'] },
  'three short words': { search: ['a', 'k', 'd'] },
  'a name that nobody has': { search: ['qwertyuiop'] },
  'names that nobody has together': { search: ['zhdanova', 'karimova'] },
  'a phone that thousands have': { phone: '+998901112233' },
  'a phone that one has': { phone: '+998901000004' },
  'a phone that nobody has': { phone: '+998909999999' },
  'a common birthday': { born: '1980-01-01' },
  'a birthday': { born: '1975-06-07' },
  'a birthday that nobody has': { born: '1905-06-07' },
  'a common birthday and a rare name': { born: '1980-01-01', search: ['цой'] },
  'a birthday and two letters': { born: '1975-06-07', search: ['yu'] },
  'a common phone, a common birthday and a common name': {
    phone: '+998901112233',
    born: '1980-01-01',
    search: ['karimova'],
  },
};

/**
 * The thousand that are found, what an index only suspects besides, and twenty that are shown with account and profile. A page
 * past the end asks twice.
 */
const ROWS = 4_000;

describe.each(planModes)('planned with %s', (mode) => {
  test.each(Object.entries(shapes))('%s reads no more than it must', async (shape, asked) => {
    let answer: Awaited<ReturnType<typeof find>> | undefined;
    const ran: Ran[] = await ranDuring(db, mode, async () => {
      answer = await find(asked);
    });
    // Where many have a phone or a birthday in common, and few of them the name, all of those are looked through.
    const narrow = asked.search && asked.born === '1980-01-01' ? (2.2 * PATIENTS) / 20 : 0;
    const rows = ran.reduce((sum, one) => sum + one.rows, 0);
    expect(ran.flatMap(({ whole }) => whole)).toEqual([]);
    expect([shape, rows <= ROWS + narrow, rows]).toEqual([shape, true, rows]);
    expect(answer?.count).toBeLessThanOrEqual(1_000);
  });
});

/** The answers by brute force, over all names as they are said and written. */
beforeAll(async () => {
  await db.$client.query(`
    create table said as select id, search_text(' ' || first_name || ' ' || last_name) as text from users`);
});

test.each(Object.entries(shapes))('%s finds whom it should', async (_, asked) => {
  const { search = [], phone = null, born = null, page = 1 } = asked;
  const { rows: patterns } = await db.$client.query<{ said: string; written: string }>(
    `select case when short then search_pattern(' ' || word) else search_pattern(word) end as said,
       case when short then search_pattern(' ' || word) else search_plain_pattern(word) end as written
     from unnest($1::text[]) word, lateral (select length(search_fold(word)) < 3 as short) form`,
    [search],
  );
  const { rows } = await db.$client.query<{ count: number }>(
    `select count(*)::int as count from (
       select from said u
       where ($1::text is null or u.id in (select id from users where phone = $1))
         and ($2::date is null or u.id in (select id from patient_profiles where date_of_birth = $2))
         and not exists (
           select from unnest($3::text[], $4::text[]) asked (said, written)
           where not (u.text like asked.said or u.text like asked.written))
       limit 1000) found`,
    [phone, born, patterns.map(({ said }) => said), patterns.map(({ written }) => written)],
  );
  const answer = await find(asked);
  const count = rows[0]?.count ?? 0;
  expect(answer.count).toBe(count);
  expect(answer.rows).toHaveLength(Math.max(0, Math.min(20, count - (page - 1) * 20)));
  for (const row of answer.rows) {
    if (phone) expect(row.phone).toBe(phone);
    if (born) expect(row.date_of_birth).toBe(born);
  }
});
