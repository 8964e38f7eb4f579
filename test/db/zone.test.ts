import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareZone } from '../../src/db/zone.ts';
import { testClock } from '../helpers/clock.ts';
import { testDatabase } from '../helpers/database.ts';

const places = [
  ['Africa/Casablanca', '2026-12-07T09:00:00Z'],
  ['America/Edmonton', '2026-12-07T15:00:00Z'],
  ['America/Winnipeg', '2026-12-07T15:00:00Z'],
  ['Asia/Tashkent', '2026-12-07T04:00:00Z'],
  ['America/New_York', '2026-12-07T14:00:00Z'],
] as const;

describe('the comparison', () => {
  let clinic: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    clinic = await testDatabase();
  });

  afterAll(() => clinic.close());

  test.each(places)(
    'in %s a difference between the two tables is found, if there is one',
    async (timezone, instant) => {
      const clock = testClock(instant, timezone);
      const found = await compareZone(clinic.db, clock);
      // By the hour, as the database itself tells them: what is to be found is told by both tables as they are.
      const { rows } = await clinic.db.$client.query<{ hour: string; wall: string }>(
        `select extract(epoch from hour)::float8 as hour, to_char(hour at time zone $1, 'YYYY-MM-DD HH24:MI:SS') as wall
       from generate_series($2::timestamptz, $2::timestamptz + interval '731 days', '1 hour') hour`,
        [timezone, clock.now()],
      );
      const wrong = rows
        .map(({ hour, wall }) => ({ at: new Date(Number(hour) * 1_000), wall }))
        .filter(({ at, wall }) => {
          const { date, time } = clock.wallOf(at);
          return `${date} ${time}` !== wall;
        });
      expect(found).toEqual(
        wrong.length === 0
          ? undefined
          : {
              from: wrong[0]?.at.toISOString(),
              until: wrong.at(-1)?.at.toISOString(),
              hours: wrong.length,
            },
      );
    },
  );

  test('is the same in the middle of a second', async () => {
    const clock = testClock('2026-12-07T04:00:00.123Z');
    expect(clock.offsetAt(clock.now())).toBe(5 * 3_600_000);
    expect(await compareZone(clinic.db, clock)).toBeUndefined();
  });

  test('tells a name that the database does not know', async () => {
    const { now, changes, offsetAt } = testClock();
    expect(await compareZone(clinic.db, { timezone: 'Mars/Olympus', now, changes, offsetAt })).toBe(
      'unknown',
    );
    // And leaves the session as it was.
    const { rows } = await clinic.db.$client.query('show timezone');
    expect(rows).toEqual([{ TimeZone: 'UTC' }]);
  });

  test('tells a table that is behind', async () => {
    const clock = testClock('2026-12-07T04:00:00Z', 'America/New_York');
    // As if the summer of 2027 were still unknown here.
    const changes = (from: Date, until: Date) => clock.changes(from, until).slice(2);
    const { timezone, now, offsetAt } = clock;
    expect(await compareZone(clinic.db, { timezone, now, offsetAt, changes })).toMatchObject({
      from: '2027-03-14T07:00:00.000Z',
      until: '2027-11-07T05:00:00.000Z',
    });
  });
});
