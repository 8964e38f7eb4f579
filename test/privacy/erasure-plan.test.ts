import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { PgDialect } from '../../src/db/drizzle.ts';
import { idempotencyPersonal } from '../../src/modules/idempotency/index.ts';
import { testDatabase, unhurried } from '../helpers/database.ts';
import { planModes, planOf } from '../helpers/plans.ts';
import { insertPeople } from '../helpers/rows.ts';

/** As many answers as a busy day keeps. */
const KEPT = 20_000;

let db: Db;
let close: () => Promise<void>;
let doctors: number[];
beforeAll(async () => {
  ({ db, close } = await testDatabase());
  unhurried(db);
  doctors = await insertPeople(db, 'doctor', 200);
  const patients = await insertPeople(db, 'patient', 2_000);
  await db.$client.query(
    `insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id)
     select p, 'POST /api/appointments/', 'key ' || n, 'x', json_build_object('id', n, 'doctor', json_build_object('id', d)), p
     from (select n, ($1::int[])[1 + n % 2000] as p, ($2::int[])[1 + n % 200] as d from generate_series(1, $3) n) kept`,
    [patients, doctors, KEPT],
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
