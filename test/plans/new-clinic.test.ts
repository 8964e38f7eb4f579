import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { keepStatistics, ranDuring } from '../helpers/plans.ts';

/**
 * What a search and a list read in a clinic that has just begun: the server has not looked through its tables yet, or found
 * all doctors alike. Its plans are poor then; none may read everybody again for each row.
 */
let clinic: TestApp;
let people: Record<'admin' | 'patient', Person>;
beforeAll(async () => {
  clinic = await testApp({ pool_max: 1, unhurried: true });
  people = { admin: await clinic.person('admin'), patient: await clinic.person('patient') };
  await keepStatistics(clinic.db.$client);
});
afterAll(() => clinic.close());

/** Doctors of one name and specialization, and as many specializations. */
async function add(count: number): Promise<void> {
  await clinic.db.$client.query(
    `insert into specializations (name) select 'Number ' || gen_random_uuid() from generate_series(1, $1::int) n`,
    [count],
  );
  await clinic.db.$client.query(
    `with doctor as (
       insert into users (username, password_hash, role, first_name, last_name)
       select 'doctor.' || gen_random_uuid(), 'x', 'doctor', 'Aziz', 'Oʻtkirov' from generate_series(1, $1::int) n
       returning id
     )
     insert into doctor_profiles (id, specialization) select id, 'Kardiolog' from doctor`,
    [count],
  );
}

const lists = [
  ['patient', '/doctors/?search=aziz&page_size=100'],
  ['patient', '/doctors/?search=aziz+otkirov+kardiolog&page_size=100&page=2'],
  ['patient', '/doctors/?search=nobody'],
  ['patient', '/doctors/?search=aziz&specialization=kardiolog&page_size=100'],
  ['patient', '/specializations/?page_size=100'],
  ['patient', '/specializations/?page_size=100&page=2'],
  ['patient', '/timeslots/search/?specialization=kardiolog'],
  ['admin', '/users/?search=aziz&page_size=100'],
  ['admin', '/patients/?search=aziz'],
] as const;

describe.each([
  { doctors: 200, knowing: 'nothing', learn: '' },
  // Of fewer the server reads the one page that they are in: that is no dearer than an index.
  { doctors: 1000, knowing: 'that they are all alike', learn: 'analyze' },
])('with $doctors doctors, the server knowing $knowing', ({ doctors, learn }) => {
  beforeAll(async () => {
    await add(doctors);
    await clinic.db.$client.query(learn);
  });

  test.each(lists)('as %s GET %s', async (as, path) => {
    let status = 0;
    const ran = await ranDuring(clinic.db, 'force_generic_plan', async () => {
      ({ status } = await clinic.as(people[as]).get(path));
    });
    expect(status).toBe(200);
    // All of them a few times over; once for each of a page would be a hundred times.
    expect(Math.max(...ran.map(({ rows }) => rows))).toBeLessThanOrEqual(20 * doctors);
  });
});
