import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { PgDialect } from '../../src/db/drizzle.ts';
import { idempotencyPersonal } from '../../src/modules/idempotency/index.ts';
import { testDatabase, unhurried } from '../helpers/database.ts';
import { planModes, planOf } from '../helpers/plans.ts';
import { insertPeople } from '../helpers/rows.ts';

/** As many answers as a busy day keeps. */
const KEPT = 20_000;
const ABSENCES = 2_000;

let db: Db;
let close: () => Promise<void>;
let doctors: number[];
let patients: number[];
beforeAll(async () => {
  ({ db, close } = await testDatabase());
  unhurried(db);
  doctors = await insertPeople(db, 'doctor', 200);
  patients = await insertPeople(db, 'patient', 2_000);
  await db.$client.query(
    `insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id)
     select p, 'POST /api/appointments/', 'key ' || n, 'x', json_build_object('id', n, 'doctor', json_build_object('id', d)), p
     from (select n, ($1::int[])[1 + n % 2000] as p, ($2::int[])[1 + n % 200] as d from generate_series(1, $3) n) kept`,
    [patients, doctors, KEPT],
  );
  // Those of an absence show whose visits it cancelled, ten each.
  await db.$client.query(
    `insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id)
     select d, 'POST /api/absences/', 'key ' || n, 'x', json_build_object('id', n, 'doctor', d, 'appointments', (
       select json_agg(json_build_object('id', n * 10 + i, 'patient', json_build_object('id', ($2::int[])[1 + (n + i * 200) % 2000])))
       from generate_series(0, 9) i)), d
     from (select n, ($1::int[])[1 + n / 10 % 200] as d from generate_series(1, $3) n) kept`,
    [doctors, patients, ABSENCES],
  );
  await db.$client.query('analyze');
});
afterAll(() => close());

test.each(planModes)(
  'of 20,000 answers that are kept, erasing a doctor reads only the hundred that show them (%s)',
  async (mode) => {
    // Explaining it carries it out: each time another doctor.
    const doctor = doctors.pop() ?? 0;
    const { sql: text, params: values } = new PgDialect().sqlToQuery(
      idempotencyPersonal.erase(doctor).answers,
    );
    const { rows } = await db.$client.query(
      `select from idempotency_keys where answer #>> '{doctor,id}' = $1`,
      [String(doctor)],
    );
    expect(rows).toHaveLength(KEPT / 200);
    const plan = await planOf(db, { text, values }, mode);
    process.stdout.write(`${mode}: ${plan.rows} rows, ${plan.buffers} buffers, ${plan.milliseconds} ms\n`);
    expect(plan.whole).toEqual([]);
    expect(plan.indexes).toContain('idempotency_keys_doctor');
  },
);

test.each(planModes)(
  'of 2,000 answers that show ten patients each, erasing one reads only the ten that show them (%s)',
  async (mode) => {
    const patient = patients.pop() ?? 0;
    const { sql: text, params: values } = new PgDialect().sqlToQuery(
      idempotencyPersonal.erase(patient).answers,
    );
    const left = async () => {
      const { rows } = await db.$client.query(
        `select count(*)::int as all, count(*) filter (where user_id = $1)::int as own, count(*) filter (where exists (
           select from jsonb_array_elements(answer -> 'appointments') a where a #>> '{patient,id}' = $1::text))::int as shown
         from idempotency_keys`,
        [patient],
      );
      return rows[0];
    };
    const before = await left();
    expect(before.shown).toBeGreaterThan(5);
    const plan = await planOf(db, { text, values }, mode);
    process.stdout.write(`${mode}: ${plan.rows} rows, ${plan.buffers} buffers, ${plan.milliseconds} ms\n`);
    expect(plan.whole).toEqual([]);
    expect(plan.indexes).toContain('idempotency_keys_people');
    expect(await left()).toEqual({ all: before.all - before.own - before.shown, own: 0, shown: 0 });
  },
);
