import { afterAll, beforeAll, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { keepStatistics, planModes, ranDuring } from '../helpers/plans.ts';

/** What a job reads where there is nothing to do: it runs each hour or each day, and people stay for years. */
const PEOPLE = 5000;
let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp({ pool_max: 1, unhurried: true });
  await clinic.person('admin');
  await keepStatistics(clinic.db.$client);
  // Who came long ago and confirmed nothing, and children whom somebody looks after.
  await clinic.db.$client.query(`
    with one as (
      insert into users (username, password_hash, role, created_at)
      select 'patient.' || n, 'x', 'patient', '2025-01-01' from generate_series(1, ${PEOPLE}) n returning id
    ), profile as (
      insert into patient_profiles (id, date_of_birth)
      select id, case when id % 2 = 0 then date '1980-01-01' else date '2018-01-01' + id % 1000 end from one
    )
    insert into guardianships (guardian_id, dependant_id, relationship, created_by)
    select g.id, c.id, 'parent', g.id from one g join one c on c.id = g.id + 1 where g.id % 2 = 0`);
  await clinic.db.$client.query('vacuum analyze');
});
afterAll(() => clinic.close());

/** These run commands of their own, or read files. */
const OTHERS = ['back_up', 'rehearse_backup', 'remove_photo', 'sweep_photos'];

test.each(planModes)('the jobs do not go through everybody to find nobody (%s)', async (mode) => {
  const { db, clock } = clinic;
  const { tasks } = createModules({ db, clock, config: testConfig }).housekeeping;
  const dear: Record<string, number> = {};
  for (const [name, task] of Object.entries(tasks)) {
    if (OTHERS.includes(name)) continue;
    const ran = await ranDuring(db, mode, async () => task({}));
    const rows = ran.reduce((sum, plan) => sum + plan.rows, 0);
    if (rows > PEOPLE / 50) dear[name] = rows;
  }
  expect(dear).toEqual({});
});
