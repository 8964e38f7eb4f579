import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  createClock,
  daysBetween,
  earliestOf,
  instantText,
  latestOf,
} from '../../src/core/clock.ts';
import { SEARCH_DAYS, searchedDays } from '../../src/modules/timeslots/search.rules.ts';

/** The first and the last year that a date can be of, and some between, in zones of every kind. */

const zones = [
  'Asia/Tashkent',
  'America/New_York',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Africa/Casablanca',
  'Antarctica/Troll',
  'Australia/Lord_Howe',
  'America/St_Johns',
];

const LAST = '9999-12-31';
const DAY = 86_400_000;
/** Days of these years alone: Date counts far beyond them. */
const dayOf = (first: string, last: string) =>
  fc
    .integer({ min: Date.parse(first) / DAY, max: Date.parse(last) / DAY })
    .map((day) => new Date(day * DAY).toISOString().slice(0, 10));
const ends = fc.oneof(
  dayOf('9999-01-01', LAST),
  dayOf('1900-01-01', '1900-12-31'),
  dayOf('2020-01-01', '2040-12-31'),
);
const minute = fc
  .integer({ min: 0, max: 24 * 60 })
  .map((at) => `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`);
const anyZone = fc.constantFrom(...zones);

describe('a moment of the wall', () => {
  test('is an instant at any end of the calendar, and the wall shows it then', () => {
    fc.assert(
      fc.property(anyZone, ends, minute, (zone, date, time) => {
        const clock = createClock(zone);
        const instant = clock.at(date, time);
        expect(instant.getTime()).not.toBeNaN();
        // 24:00 is the next day's midnight, and what clocks skip is shown later.
        const shown = clock.wallOf(instant);
        const [day, wanted] = time === '24:00' ? [addDays(date, 1), '00:00'] : [date, time];
        expect(`${shown.date} ${shown.time}` >= `${day} ${wanted}:00`).toBe(true);
        const ahead = (Date.parse(`${date}T${time}:00Z`) - instant.getTime()) / 3_600_000;
        expect(Math.abs(ahead)).toBeLessThanOrEqual(14);
      }),
      { numRuns: 400 },
    );
  });

  test('never comes before an earlier one', () => {
    fc.assert(
      fc.property(anyZone, ends, minute, minute, (zone, date, one, other) => {
        const clock = createClock(zone);
        const [early, late] = one <= other ? [one, other] : [other, one];
        // Those that clocks skip come as much later; nothing else may change places.
        const shift = 2 * 3_600_000;
        expect(clock.at(date, early).getTime()).toBeLessThanOrEqual(clock.at(date, late).getTime() + shift);
      }),
      { numRuns: 200 },
    );
  });

  test('the last of all is there in every zone', () => {
    for (const zone of zones) {
      const clock = createClock(zone);
      const end = clock.at(LAST, '24:00');
      expect(end.getTime(), zone).not.toBeNaN();
      expect(clock.wallOf(end)).toEqual({ date: 'infinity', time: '00:00:00' });
      expect(clock.wallOf(new Date(end.getTime() - 1_000))).toEqual({ date: LAST, time: '23:59:59' });
      expect(clock.wallBy(new Date(end.getTime() - 1_000)).date).toBe(LAST);
    }
  });
});

describe('what the clock tells the database of its offsets', () => {
  test('gives the instants that it gives itself', () => {
    fc.assert(
      fc.property(anyZone, ends, fc.integer({ min: 0, max: 800 }), minute, (zone, from, days, time) => {
        const clock = createClock(zone);
        const to = earliestOf(LAST, addDays(from, days));
        const { since, seconds } = clock.offsets(from, to);
        expect(seconds).toHaveLength(since.length + 1);
        expect(since).toEqual(since.toSorted());
        for (const date of [from, addDays(from, Math.floor(days / 2)), to]) {
          if (date > to) continue;
          const wall = `${date}T${time}:00`;
          const at = since.filter((moment) => moment <= wall).length;
          const instant = Date.parse(`${wall}Z`) - (seconds[at] ?? Number.NaN) * 1_000;
          expect(instant, `${zone} ${wall}`).toBe(clock.at(date, time).getTime());
        }
      }),
      { numRuns: 300 },
    );
  });

  test('around every change of clocks of three years, minute by quarter', () => {
    for (const zone of zones) {
      const clock = createClock(zone);
      const { since, seconds } = clock.offsets('2026-01-01', '2028-12-31');
      const wrong: string[] = [];
      for (const { at } of clock.changes(new Date('2026-01-01'), new Date('2028-12-31')))
        for (let ms = at - 4 * 3_600_000; ms < at + 4 * 3_600_000; ms += 15 * 60_000) {
          const wall = new Date(ms + clock.offsetAt(new Date(at - 1_000))).toISOString().slice(0, 16);
          const bucket = since.filter((moment) => moment <= `${wall}:00`).length;
          const told = Date.parse(`${wall}:00Z`) - (seconds[bucket] ?? 0) * 1_000;
          const [date = '', time = ''] = wall.split('T');
          if (told !== clock.at(date, time).getTime()) wrong.push(`${zone} ${wall}`);
        }
      expect(wrong).toEqual([]);
    }
  });
});

describe('days', () => {
  test('added stay in order, and come back', () => {
    fc.assert(
      fc.property(ends, fc.integer({ min: 0, max: 4_000 }), (date, days) => {
        const later = addDays(date, days);
        expect(later >= date).toBe(true);
        if (later !== 'infinity') {
          expect(addDays(later, -days)).toBe(date);
          expect(daysBetween(date, later)).toBe(days + 1);
        }
        expect(addDays(date, -days) <= date).toBe(true);
      }),
    );
  });

  test('past either end sort after and before every day, and stay there', () => {
    expect([addDays(LAST, 1), addDays('infinity', 5), addDays('infinity', -5)]).toEqual(
      Array(3).fill('infinity'),
    );
    expect([addDays('0000-01-01', -1), addDays('-infinity', 1)]).toEqual(Array(2).fill('-infinity'));
    expect(latestOf(LAST, 'infinity')).toBe('infinity');
    expect(earliestOf('1900-01-01', '-infinity')).toBe('-infinity');
  });

  test('an instant past the last year comes after all others', () => {
    expect(instantText(new Date('2026-03-02T04:00:00Z'))).toBe('2026-03-02T04:00:00.000Z');
    expect(instantText(createClock('America/New_York').at(LAST, '24:00'))).toBe('infinity');
  });
});

describe('the days of a search', () => {
  test('end where the calendar does', () => {
    const from = addDays(LAST, -10);
    expect(searchedDays({ from }, undefined, '2026-03-02', LAST)).toEqual([from, LAST]);
    const fridays = searchedDays({ from }, [5], '2026-03-02', LAST);
    expect(fridays.at(-1)).toBe(LAST);
    expect(searchedDays({ from: '2026-03-02' }, undefined, '2026-03-02', LAST).at(-1)).toBe(
      addDays('2026-03-02', SEARCH_DAYS - 1),
    );
  });
});
