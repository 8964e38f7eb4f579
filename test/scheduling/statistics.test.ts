import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../src/core/clock.ts';
import type { Locale } from '../../src/core/words.ts';
import { primaryOnly } from '../../src/db/links/replica.ts';
import { csvWords } from '../../src/i18n/csv.ts';
import { createStatistics } from '../../src/modules/statistics/index.ts';
import { measureNames } from '../../src/modules/statistics/statistics.schemas.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { parseCsv } from '../helpers/csv.ts';
import { expectProblem } from '../helpers/problem.ts';
import { watchStatements } from '../helpers/statements.ts';
import { sized } from '../size.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'other' | 'third' | 'patient', Person>;

interface Visit {
  doctor: Person;
  date: string;
  start: string;
  status?: 'pending' | 'confirmed' | 'cancelled';
  late?: boolean;
  attendance?: 'arrived' | 'completed' | 'no_show';
  /** Hours before its start. */
  lead: number;
}

/** Puts a visit straight into the tables, with its slot while it is active. */
async function visit({ doctor, date, start, status = 'confirmed', late = false, attendance, lead }: Visit) {
  const slot = status === 'cancelled' ? undefined : await free(doctor, date, start);
  const begins = Date.parse(`${date}T${start}:00+05:00`);
  await clinic.db.$client.query(
    `insert into appointments (doctor_id, patient_id, booked_by, timeslot_id, date, start_time, end_time, status,
       cancelled_late, attendance, attendance_marked_at, created_at)
     values ($1, $2, $2, $3, $4, $5, $5::time + interval '10 minutes', $6, $7, $8::attendance,
       case when $8::attendance is not null then now() end, $9)`,
    [
      doctor.id,
      people.patient.id,
      slot,
      date,
      start,
      status,
      late,
      attendance,
      new Date(begins - lead * 3_600_000),
    ],
  );
}

async function free(doctor: Person, date: string, start: string): Promise<number> {
  const { rows } = await clinic.db.$client.query(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     values ($1, $2, $3, $3::time + interval '10 minutes') returning id`,
    [doctor.id, date, start],
  );
  return rows[0].id;
}

beforeAll(async () => {
  clinic = await testApp({ unhurried: true });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor', {
      first_name: '=cmd',
      last_name: 'Yusupov',
      profile: { specialization: 'Kardiolog' },
    }),
    other: await clinic.person('doctor', { last_name: 'Aliyev', profile: { specialization: 'kardiolog' } }),
    third: await clinic.person('doctor', { last_name: 'Umarov' }),
    patient: await clinic.person('patient'),
  };
  const { doctor, other, third } = people;
  // A week over the end of February, whose Monday is the 23rd.
  await visit({ doctor, date: '2026-02-27', start: '09:00', attendance: 'completed', lead: 10 });
  await visit({ doctor, date: '2026-02-27', start: '10:00', attendance: 'no_show', lead: 20 });
  await visit({ doctor, date: '2026-02-27', start: '11:00', status: 'cancelled', late: true, lead: 48 });
  await visit({ doctor, date: '2026-02-27', start: '11:00', status: 'pending', lead: 2 });
  await free(doctor, '2026-02-27', '12:00');
  await visit({ doctor: other, date: '2026-03-01', start: '09:00', attendance: 'arrived', lead: 100 });
  await visit({ doctor: other, date: '2026-03-01', start: '10:00', status: 'cancelled', lead: 0.5 });
  await visit({ doctor: third, date: '2026-03-02', start: '09:30', lead: 30 });
  // Nobody booked anything here, and here there are no slots any more.
  await free(third, '2026-03-03', '09:30');
  await visit({ doctor, date: '2026-03-09', start: '09:00', status: 'cancelled', lead: 3 });
});
afterAll(() => clinic.close());

const get = (path: string, who: Person = people.admin) => clinic.as(who).get(`/statistics/${path}`);
const RANGE = 'from=2026-02-01&to=2026-03-31';
const nothing = {
  published: 0,
  booked: 0,
  cancelled: 0,
  late_cancelled: 0,
  no_shows: 0,
  completed: 0,
  fill_rate: null,
  median_lead_time_hours: null,
  expired: 0,
};
const friday = {
  ...nothing,
  published: 4,
  booked: 4,
  cancelled: 1,
  late_cancelled: 1,
  no_shows: 1,
  completed: 1,
  fill_rate: 0.75,
  median_lead_time_hours: 15,
};
const sunday = {
  ...nothing,
  published: 1,
  booked: 2,
  cancelled: 1,
  fill_rate: 1,
  median_lead_time_hours: 50.3,
};
const monday = { ...nothing, published: 1, booked: 1, fill_rate: 1, median_lead_time_hours: 30 };
const tuesday = { ...nothing, published: 1, fill_rate: 0 };
const gone = { ...nothing, booked: 1, cancelled: 1, median_lead_time_hours: 3 };
const total = {
  ...nothing,
  published: 7,
  booked: 8,
  cancelled: 3,
  late_cancelled: 1,
  no_shows: 1,
  completed: 1,
  fill_rate: 0.7143,
  median_lead_time_hours: 15,
};

describe('statistics', () => {
  test('by day count what lies on it, and nothing of days without anything', async () => {
    const { body } = await get(`?${RANGE}`).expect(200);
    expect(body).toEqual({
      from: '2026-02-01',
      to: '2026-03-31',
      by: 'day',
      rows: [
        { period: '2026-02-27', ...friday },
        { period: '2026-03-01', ...sunday },
        { period: '2026-03-02', ...monday },
        { period: '2026-03-03', ...tuesday },
        { period: '2026-03-09', ...gone },
      ],
      total,
    });
  });

  test('by ISO week and by month put days together, with a median of their own', async () => {
    const week = (await get(`?${RANGE}&by=week`).expect(200)).body;
    expect(week.total).toEqual(total);
    expect(week.rows).toEqual([
      {
        period: '2026-02-23',
        ...friday,
        published: 5,
        booked: 6,
        cancelled: 2,
        fill_rate: 0.8,
        median_lead_time_hours: 15,
      },
      { period: '2026-03-02', ...monday, published: 2, fill_rate: 0.5 },
      { period: '2026-03-09', ...gone },
    ]);
    const month = (await get(`?${RANGE}&by=month`).expect(200)).body;
    expect(
      month.rows.map(({ period, booked }: { period: string; booked: number }) => [period, booked]),
    ).toEqual([
      ['2026-02-01', 4],
      ['2026-03-01', 4],
    ]);
    expect(month.rows[0]).toEqual({ period: '2026-02-01', ...friday });
  });

  test('by doctor name them, by specialization however it is written', async () => {
    const doctors = (await get(`?${RANGE}&by=doctor`).expect(200)).body;
    expect(doctors.rows).toEqual([
      { doctor: { id: people.other.id, first_name: null, last_name: 'Aliyev' }, ...sunday },
      {
        doctor: { id: people.third.id, first_name: null, last_name: 'Umarov' },
        ...monday,
        published: 2,
        fill_rate: 0.5,
      },
      expect.objectContaining({
        doctor: { id: people.doctor.id, first_name: '=cmd', last_name: 'Yusupov' },
        booked: 5,
        cancelled: 2,
        median_lead_time_hours: 10,
      }),
    ]);
    const kinds = (await get(`?${RANGE}&by=specialization`).expect(200)).body;
    expect(kinds.total).toEqual(total);
    expect(kinds.rows).toEqual([
      expect.objectContaining({
        specialization: expect.stringMatching(/^kardiolog$/i),
        published: 5,
        booked: 7,
      }),
      { specialization: null, ...monday, published: 2, fill_rate: 0.5 },
    ]);
  });

  test('are a doctor’s own for a doctor', async () => {
    for (const by of ['day', 'week', 'month', 'doctor', 'specialization']) {
      const { body } = await get(`?${RANGE}&by=${by}`, people.other).expect(200);
      expect(body.total, by).toEqual(sunday);
      expect(body.rows, by).toHaveLength(1);
      expect(body.rows[0], by).toMatchObject(sunday);
    }
    expectProblem(await get(`?${RANGE}`, people.patient), 'forbidden');
  });

  test('count both ends of a range, and are of nothing where there is nothing', async () => {
    const { body } = await get('?from=2026-03-01&to=2026-03-02').expect(200);
    expect(body.rows.map(({ period }: { period: string }) => period)).toEqual(['2026-03-01', '2026-03-02']);
    for (const by of ['day', 'week', 'month', 'doctor', 'specialization'])
      expect((await get(`?from=2020-01-01&to=2020-12-31&by=${by}`).expect(200)).body).toMatchObject({
        rows: [],
        total: nothing,
      });
  });

  test('are of the last 30 days where nobody says since when', async () => {
    expect((await get('').expect(200)).body).toMatchObject({
      from: '2026-02-01',
      to: '2026-03-02',
      by: 'day',
    });
    expect((await get('?from=2026-01-15')).body).toMatchObject({ from: '2026-01-15', to: '2026-03-02' });
    expect((await get('?to=2025-12-31')).body).toMatchObject({ from: '2025-12-02', to: '2025-12-31' });
    // By the clinic's wall it is tomorrow already.
    clinic.clock.set('2026-03-02T19:30:00Z');
    expect((await get('')).body).toMatchObject({ from: '2026-02-02', to: '2026-03-03' });
    clinic.clock.set('2026-03-02T04:00:00Z');
  });

  test('refuse a range that is reversed or too long', async () => {
    const refused = async (path: string, field: string) =>
      expectProblem(await get(path), 'invalid_input', { fields: [field] });
    await refused('?from=2026-03-02&to=2026-03-01', 'to range_reversed');
    await refused('?from=2026-03-03', 'to range_reversed');
    await refused('?from=2016-01-01&to=2026-01-09', 'to range_too_long');
    await refused('?from=1990-01-01', 'to range_too_long');
    await get('?from=2016-01-01&to=2026-01-07').expect(200);
    await refused('?by=year', 'by invalid_choice');
  });

  test('take a lead time from the instant of booking to the visit on the clinic’s wall, over a change of clocks', async () => {
    const clock = createClock('America/New_York', clinic.clock.now);
    const berlin = await clinic.person('doctor');
    // On 14 March 2027 clocks skip an hour: from noon to noon are 23 hours.
    await clinic.db.$client.query(
      `insert into appointments (doctor_id, patient_id, booked_by, date, start_time, end_time, status, created_at)
       values ($1, $2, $2, '2027-03-14', '12:00', '12:30', 'cancelled', '2027-03-13T17:00:00Z')`,
      [berlin.id, people.patient.id],
    );
    const query = { from: '2027-03-14', to: '2027-03-14', by: 'day' as const };
    const statistics = createStatistics({ mayLag: primaryOnly(clinic.db), clock });
    const counted = await statistics.count(query, { ...berlin, session: 0 }, 'en');
    expect(counted.total.median_lead_time_hours).toBe(23);
  });
});

describe('as CSV', () => {
  const asCsv = (path: string, language: Locale = 'en') =>
    get(path).set('accept', 'text/csv').set('accept-language', language).expect(200);
  const measures = (language: Locale) => measureNames.map((name) => csvWords[language].headings[name]);

  test('are the rows without their total', async () => {
    const answer = await asCsv(`?${RANGE}`);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename="statistics-2026-02-01-2026-03-31.csv"',
    );
    expect(answer.headers.vary).toContain('accept');
    expect(parseCsv(answer.text)).toEqual([
      ['Period from', ...measures('en')],
      ['2026-02-27', '4', '4', '1', '1', '1', '1', '0.75', '15', '0'],
      ['2026-03-01', '1', '2', '1', '0', '0', '0', '1', '50.3', '0'],
      ['2026-03-02', '1', '1', '0', '0', '0', '0', '1', '30', '0'],
      ['2026-03-03', '1', '0', '0', '0', '0', '0', '0', '', '0'],
      ['2026-03-09', '0', '1', '1', '0', '0', '0', '', '3', '0'],
    ]);
  });

  test('name doctors and specializations, and run no formula', async () => {
    const csv = async (by: string) => parseCsv((await asCsv(`?${RANGE}&by=${by}`)).text);
    const [head, ...rows] = await csv('doctor');
    expect(head?.slice(0, 3)).toEqual(['Doctor: No.', 'Doctor: first name', 'Doctor: last name']);
    expect(rows.map((row) => row[1])).toContain("'=cmd");
    expect((await csv('specialization')).map(([name]) => name?.toLowerCase())).toEqual([
      'speciality',
      'kardiolog',
      '',
    ]);
  });

  test.each([
    ['ru', ';', '27.02.2026', '0,75', 'пятница'],
    ['uz', ';', '27.02.2026', '0,75', 'juma'],
    ['en', ',', '2026-02-27', '0.75', 'Friday'],
  ] as const)('in %s are as spreadsheets there take them', async (language, own, day, rate, weekday) => {
    for (const [said, separator] of [
      ['', own],
      ['&separator=comma', ','],
      ['&separator=semicolon', ';'],
      ['&separator=tab', '\t'],
    ] as const) {
      const answer = await asCsv(`?${RANGE}${said}`, language);
      expect(answer.headers['content-language']).toBe(language);
      expect(answer.headers.vary).toContain('accept-language');
      const [head, first] = parseCsv(answer.text, separator);
      expect(head).toEqual([csvWords[language].headings.period, ...measures(language)]);
      expect(first).toEqual([day, '4', '4', '1', '1', '1', '1', rate, '15', '0']);
    }
    const hours = parseCsv((await asCsv(`?${RANGE}&by=hour`, language)).text, own);
    expect(hours.find(([name]) => name === weekday)?.[1]).toBe('9');
  });

  test('take no other separator', async () => {
    expectProblem(await get('?separator=pipe').set('accept', 'text/csv'), 'invalid_input', {
      fields: ['separator invalid_choice'],
    });
  });

  test('come only to whom prefers it', async () => {
    for (const accept of ['*/*', 'application/json', 'text/csv;q=0.5, application/json'])
      expect((await get('').set('accept', accept)).headers['content-type'], accept).toContain(
        'application/json',
      );
    expectProblem(await get('').set('accept', 'image/png'), 'not_acceptable');
    expectProblem(await get('?by=x').set('accept', 'text/csv'), 'invalid_input');
  });
});

describe(`over ${sized(1_100_000)} appointments`, () => {
  const DOCTORS = 200;
  /** Of each, two a day: ten years of them at full size. */
  const SLOTS = sized(6_000);
  /** What the clock says of it: no change of clocks, five hours ahead. */
  const TASHKENT = [[], [5 * 3_600]];

  beforeAll(async () => {
    // Longer than the pool would wait.
    const client = new pg.Client({ connectionString: clinic.url });
    await client.connect();
    try {
      // Rules that these rows keep by themselves, and what each row would cost by them.
      await client.query(`
        alter table appointments drop constraint appointments_patient_no_overlap;
        alter table appointments drop constraint appointments_doctor_no_overlap;
        alter table timeslots drop constraint timeslots_no_overlap;
        set session_replication_role = replica`);
      // Indexes are made in one go afterwards, in a tenth of the time.
      const { rows: indexes } = await client.query<{ name: string; definition: string }>(
        `select indexname as name, indexdef as definition from pg_indexes
         where tablename in ('appointments', 'timeslots') and indexname not like '%_pkey'`,
      );
      for (const { name } of indexes) await client.query(`drop index ${name}`);
      await client.query(
        `with person as (
           insert into users (username, password_hash, role)
           select 'many.' || n, 'x', 'doctor' from generate_series(1, $1::int) n returning id
         )
         insert into doctor_profiles (id, specialization) select id, 'Kind ' || id % 20 from person`,
        [DOCTORS],
      );
      // Five in six are taken.
      await client.query(`
        insert into timeslots (doctor_id, date, start_time, end_time, is_taken)
        select d.id, date '2030-01-01' + (n / 2)::int, time '08:00' + (n % 2) * interval '1 hour',
          time '08:30' + (n % 2) * interval '1 hour', (n * 7 + d.id) % 6 > 0
        from generate_series(0, ${SLOTS} - 1) n, (select id from users where username like 'many.%') d`);
      await client.query(
        `insert into appointments (doctor_id, patient_id, booked_by, timeslot_id, date, start_time, end_time, status,
           cancelled_late, attendance, attendance_marked_at, created_at, branch_id)
         select doctor_id, $1::integer, $1::integer, id, date, start_time, end_time, 'confirmed'::appointment_status, false,
           case id % 20 when 0 then 'no_show' when 1 then null else 'completed' end::attendance,
           case id % 20 when 1 then null else now() end,
           (date + start_time) at time zone 'Asia/Tashkent' - (id % 1000) * interval '1 hour', branch_id
         from timeslots where is_taken and date >= '2030-01-01'
         union all
         select doctor_id, $1, $1, null::integer, date, start_time, end_time, 'cancelled', id % 5 = 0, null, null,
           (date + start_time) at time zone 'Asia/Tashkent' - (id % 100) * interval '1 hour', branch_id
         from timeslots where id % 12 = 0 and date >= '2030-01-01'`,
        [people.patient.id],
      );
      for (const { definition } of indexes) await client.query(definition);
      await client.query('vacuum analyze timeslots');
      await client.query('vacuum analyze appointments');
    } finally {
      await client.end();
    }
  });

  test.each(['day', 'week', 'month', 'doctor', 'specialization'])('by %s: one statement', async (by) => {
    const range = 'from=2030-01-01&to=2039-12-31';
    const statements = watchStatements();
    let body = { rows: [] as unknown[], total: { booked: 0, published: 0 } };
    const began = performance.now();
    const seen = await statements.during(async () => {
      ({ body } = await get(`?${range}&by=${by}`).expect(200));
    });
    const ms = performance.now() - began;
    statements.restore();
    const text = onlyStatement(seen);
    expect(body.total.booked).toBeGreaterThan(sized(1_000_000));
    expect(body.total.published).toBe(DOCTORS * SLOTS);
    const plan = await planOf(text, ['2030-01-01', '2039-12-31', null, ...TASHKENT, null], by === 'day');
    process.stdout.write(
      `statistics by ${by}: ${body.total.booked} appointments, ${body.total.published} slots, ${body.rows.length} rows in ` +
        `${ms.toFixed(0)} ms\n`,
    );
    expect(plan.scans).toEqual({ appointments: 1, timeslots: 1 });
    // No row twice, whatever the tables are joined with.
    expect(plan.read).toBeLessThan(sized(2_300_000) + 10_000);
  });

  test('of one month, and of one doctor, they read no more than that', async () => {
    for (const [values, most] of [
      [['2030-05-01', '2030-05-31', null, ...TASHKENT, null], 30_000],
      [['2030-01-01', '2039-12-31', await oneDoctor(), ...TASHKENT, null], 14_000],
    ] as const) {
      const statements = watchStatements();
      const seen = await statements.during(() => get('?from=2030-05-01&to=2030-05-31').expect(200));
      statements.restore();
      const plan = await planOf(onlyStatement(seen), values);
      expect(plan.read).toBeLessThan(most);
    }
  });

  async function oneDoctor(): Promise<number> {
    const { rows } = await clinic.db.$client.query("select id from users where username = 'many.1'");
    return rows[0].id;
  }
});

/** The one statement that counts, in a transaction that says how long it may take. */
function onlyStatement(seen: readonly string[]): string {
  expect(seen).toEqual([
    expect.stringMatching(/^begin/i),
    "select set_config('statement_timeout', $1, true)",
    expect.stringContaining('appointments'),
    expect.stringMatching(/^commit$/i),
  ]);
  return seen[2] ?? '';
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Actual Total Time': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

/** How a statement is done: which tables it reads how often, and how many of their rows. */
async function planOf(text: string, values: readonly unknown[], shown = false) {
  const explained = await clinic.db.$client.query(`explain (analyze, costs off, format json) ${text}`, [
    ...values,
  ]);
  const [{ Plan: root }] = explained.rows[0]['QUERY PLAN'] as [{ Plan: Node }];
  const lines: string[] = [];
  const scans: Record<string, number> = {};
  let read = 0;
  const visitNode = (node: Node, depth = 0) => {
    const { 'Node Type': type, 'Relation Name': relation = '', 'Actual Rows': rows } = node;
    const { 'Actual Loops': loops, 'Actual Total Time': ms, 'Rows Removed by Filter': removed = 0 } = node;
    lines.push(`${'  '.repeat(depth)}${type} ${relation} (rows=${rows} loops=${loops} ms=${ms})`);
    if (relation === 'appointments' || relation === 'timeslots') {
      scans[relation] = (scans[relation] ?? 0) + 1;
      read += (rows + removed) * loops;
    }
    for (const child of node.Plans ?? []) visitNode(child, depth + 1);
  };
  visitNode(root);
  if (shown) process.stdout.write(`${lines.join('\n')}\n`);
  return { scans, read };
}

test('by hour of the week, Monday first, each visit counts in the hour in which it begins', async () => {
  const { body } = await get(`?${RANGE}&by=hour`).expect(200);
  expect(
    body.rows.map(({ weekday, hour, published, booked }: Record<string, number>) => [
      weekday,
      hour,
      published,
      booked,
    ]),
  ).toEqual([
    [1, 9, 1, 2],
    [2, 9, 1, 0],
    [5, 9, 1, 1],
    [5, 10, 1, 1],
    [5, 11, 1, 2],
    [5, 12, 1, 0],
    [7, 9, 1, 1],
    [7, 10, 0, 1],
  ]);
  expect(body.total).toEqual(total);
  const csv = await get(`?${RANGE}&by=hour`).set('accept', 'text/csv').set('accept-language', 'en');
  expect(parseCsv(csv.text).map((row) => row.slice(0, 3))).toEqual([
    ['Weekday', 'Hour', 'Published'],
    ['Monday', '9', '1'],
    ['Tuesday', '9', '1'],
    ['Friday', '9', '1'],
    ['Friday', '10', '1'],
    ['Friday', '11', '1'],
    ['Friday', '12', '1'],
    ['Sunday', '9', '1'],
    ['Sunday', '10', '0'],
  ]);
});
