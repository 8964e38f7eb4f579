import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { testConfig } from '../helpers/app.ts';
import { testClock } from '../helpers/clock.ts';
import { empty, testDatabase } from '../helpers/database.ts';
import { insertPeople } from '../helpers/rows.ts';

/** Weeks are published at 09:10 and 16:10 of the clinic's wall, which the queue's clock does not know. */

let database: Awaited<ReturnType<typeof testDatabase>>;
let doctor: number;
beforeAll(async () => {
  database = await testDatabase();
  [doctor = 0] = await insertPeople(database.db, 'doctor', 1);
  await database.db.$client.query(
    `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes)
     select $1, weekday, '10:00', '11:00', 60 from generate_series(1, 7) weekday`,
    [doctor],
  );
});
beforeEach(() => empty(database.db, 'job_runs', 'timeslots'));
afterAll(() => database.close());

function clinicIn(timezone: string, start: string) {
  const clock = testClock(start, timezone);
  const { housekeeping } = createModules({ db: database.db, clock, config: testConfig });
  const published = async () =>
    (await database.db.$client.query<{ count: number }>('select count(*)::int as count from timeslots'))
      .rows[0]?.count ?? 0;
  return {
    housekeeping,
    published,
    /** Whether the task publishes at this moment: slots are taken away before, so that one sees it. */
    async publishesAt(instant: string): Promise<boolean> {
      await empty(database.db, 'timeslots');
      clock.set(instant);
      await housekeeping.tasks.publish_due();
      return (await published()) > 0;
    },
  };
}

test('is asked every few minutes', () => {
  const { housekeeping } = clinicIn('Asia/Tashkent', '2030-03-04T04:00:00Z');
  expect(housekeeping.repeated).toContainEqual({ task: 'publish_due', match: '*/10 * * * *' });
  expect(Object.keys(housekeeping.tasks)).toContain('publish_due');
});

describe('by the clinic’s clock', () => {
  test('publishes twice a day, in the morning and in the afternoon, and not at night', async () => {
    const clinic = clinicIn('Asia/Tashkent', '2030-03-04T04:00:00Z');
    await clinic.publishesAt('2030-03-04T04:20:00Z');
    const times: string[] = [];
    for (let minutes = 10; minutes <= 24 * 60; minutes += 10) {
      const instant = new Date(Date.parse('2030-03-04T04:20:00Z') + minutes * 60_000).toISOString();
      if (await clinic.publishesAt(instant)) times.push(instant);
    }
    // 16:10 and, the next day, 09:10 in Tashkent.
    expect(times).toEqual(['2030-03-04T11:10:00.000Z', '2030-03-05T04:10:00.000Z']);
  });

  test('publishes at its hours in zones whose hours are not UTC’s', async () => {
    const clinic = clinicIn('Asia/Kathmandu', '2030-03-04T00:00:00Z');
    // 09:10 there is 03:25.
    await clinic.publishesAt('2030-03-04T03:20:00Z');
    expect(await clinic.publishesAt('2030-03-04T03:24:00Z')).toBe(false);
    expect(await clinic.publishesAt('2030-03-04T03:30:00Z')).toBe(true);
  });

  test('publishes at its hours over both changes of clocks', async () => {
    const clinic = clinicIn('Europe/Berlin', '2026-03-28T00:00:00Z');
    // 09:10 is 08:10 UTC on the day before clocks go forward, 07:10 on the day they do.
    expect(await clinic.publishesAt('2026-03-28T08:10:00Z')).toBe(true);
    expect(await clinic.publishesAt('2026-03-28T15:10:00Z')).toBe(true);
    expect(await clinic.publishesAt('2026-03-29T07:00:00Z')).toBe(false);
    expect(await clinic.publishesAt('2026-03-29T07:10:00Z')).toBe(true);
    expect(await clinic.publishesAt('2026-03-29T08:10:00Z')).toBe(false);
    expect(await clinic.publishesAt('2026-10-24T07:10:00Z')).toBe(true);
    expect(await clinic.publishesAt('2026-10-24T14:10:00Z')).toBe(true);
    expect(await clinic.publishesAt('2026-10-25T07:10:00Z')).toBe(false);
    expect(await clinic.publishesAt('2026-10-25T08:10:00Z')).toBe(true);
  });
});

describe('what was missed', () => {
  test('is published once when something runs again', async () => {
    const clinic = clinicIn('Asia/Tashkent', '2030-03-04T04:00:00Z');
    // For the first time ever.
    expect(await clinic.publishesAt('2030-03-04T04:00:00Z')).toBe(true);
    // Off from 14:00 until 07:00 of the next day: yesterday afternoon's.
    expect(await clinic.publishesAt('2030-03-05T02:00:00Z')).toBe(true);
    expect(await clinic.publishesAt('2030-03-05T02:10:00Z')).toBe(false);
    expect(await clinic.publishesAt('2030-03-05T04:10:00Z')).toBe(true);
    // Off for days.
    expect(await clinic.publishesAt('2030-03-09T21:00:00Z')).toBe(true);
    expect(await clinic.publishesAt('2030-03-09T21:10:00Z')).toBe(false);
  });

  test('what fails is tried again', async () => {
    const clinic = clinicIn('Asia/Tashkent', '2030-03-04T04:10:00Z');
    const { db } = database;
    await db.$client.query(
      `alter table timeslots add constraint failing check (date < '2000-01-01') not valid`,
    );
    await expect(clinic.publishesAt('2030-03-04T04:10:00Z')).rejects.toThrow();
    await db.$client.query('alter table timeslots drop constraint failing');
    expect(await clinic.publishesAt('2030-03-04T04:20:00Z')).toBe(true);
  });
});
