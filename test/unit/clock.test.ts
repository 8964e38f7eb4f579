import { describe, expect, test } from 'vitest';
import { createClock, hasBegun } from '../../src/core/clock.ts';

/** A clock whose instant the test moves. */
function clockIn(timezone: string, instant = '2026-03-02T04:00:00Z') {
  let current = Date.parse(instant);
  const clock = createClock(timezone, () => new Date(current));
  return {
    at(ms: number) {
      current = ms;
      const { date, time } = clock.wall();
      return `${date} ${time}`;
    },
  };
}

/** What a clock on the wall shows there, with every jump back. */
function plainWall(timezone: string) {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (ms: number) => format.format(ms);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The instants of 2026 at which clocks are put back or forward, and by how many minutes. */
const changes = [
  ['America/New_York', '2026-11-01T06:00:00Z', -60],
  ['America/New_York', '2026-03-08T07:00:00Z', 60],
  ['Europe/Berlin', '2026-10-25T01:00:00Z', -60],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', 60],
  // The odd ones: half an hour, two hours, and a change at midnight, which repeats a part of the day before.
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', -30],
  ['Antarctica/Troll', '2026-10-25T01:00:00Z', -120],
  ['America/Havana', '2026-11-01T05:00:00Z', -60],
] as const;

describe.each(changes)('in %s, as clocks change at %s by %i minutes', (timezone, instant, minutes) => {
  const change = Date.parse(instant);
  const plain = plainWall(timezone);

  test('the wall’s clock jumps there by so much, or this test would prove nothing', () => {
    const [before, after] = [plain(change - 1000), plain(change)];
    const jump =
      Date.parse(`${after.replace(' ', 'T')}Z`) - Date.parse(`${before.replace(' ', 'T')}Z`) - 1000;
    expect(jump).toBe(minutes * MINUTE);
  });

  test('ours never goes back: each second it shows the latest the wall ever showed', () => {
    const clock = clockIn(timezone);
    let latest = '';
    const wrong: string[] = [];
    for (let ms = change - HOUR; ms <= change + 2 * HOUR + 10 * MINUTE; ms += 1000) {
      if (plain(ms) > latest) latest = plain(ms);
      const shown = clock.at(ms);
      if (shown !== latest) wrong.push(`${new Date(ms).toISOString()}: ${shown} instead of ${latest}`);
    }
    expect(wrong).toEqual([]);
  });

  test('a process that has just started shows the same as one that has long been running', () => {
    const running = clockIn(timezone);
    for (let ms = change - HOUR; ms <= change + 4 * HOUR; ms += 7 * MINUTE + 500)
      expect(clockIn(timezone).at(ms), new Date(ms).toISOString()).toBe(running.at(ms));
  });

  test('hours away from it the clock is the wall’s', () => {
    const clock = clockIn(timezone);
    for (const ms of [change - 6 * HOUR, change - 1000, change + 3 * HOUR, change + 24 * HOUR])
      expect(clock.at(ms)).toBe(plain(ms));
  });

  test('a time is the instant at which the wall first shows it, unless it never does', () => {
    const clock = createClock(timezone);
    const wrong: string[] = [];
    let latest = '';
    for (let ms = change - 30 * HOUR; ms <= change + 30 * HOUR; ms += MINUTE) {
      const shown = plain(ms);
      const [date = '', time = ''] = shown.split(' ');
      if (shown > latest && clock.at(date, time.slice(0, 5)).getTime() !== ms) wrong.push(shown);
      if (shown > latest) latest = shown;
    }
    expect(wrong).toEqual([]);
    const skipped =
      plain(change - 1000)
        .split(' ')[1]
        ?.slice(0, 2) ?? '';
    const never = `${String(Number(skipped) + 1).padStart(2, '0')}:15`;
    const day = plain(change).slice(0, 10);
    // A quarter of an hour into what clocks skip is a quarter of an hour after they did.
    if (minutes > 0) expect(clock.at(day, never).getTime()).toBe(change + 15 * MINUTE);
  });

  test('how far the wall will have got is told before as it is then', () => {
    const now = createClock(timezone, () => new Date(change - 5 * HOUR));
    const clock = clockIn(timezone);
    for (let ms = change - 2 * HOUR; ms <= change + 4 * HOUR; ms += 5 * MINUTE) {
      const { date, time } = now.wallBy(new Date(ms + 999));
      expect(`${date} ${time}`).toBe(clock.at(ms));
    }
  });

  test('what has begun stays begun', () => {
    const [date = '', time = ''] = plain(change - 20 * MINUTE).split(' ');
    const slot = { date, start_time: time.slice(0, 5) };
    const clock = clockIn(timezone);
    const begun: boolean[] = [];
    for (let ms = change - HOUR; ms <= change + 3 * HOUR; ms += MINUTE) {
      const [day = '', now = ''] = clock.at(ms).split(' ');
      begun.push(hasBegun(slot, { date: day, time: now }));
    }
    expect(begun.indexOf(true)).toBe(40);
    expect(begun.slice(40)).not.toContain(false);
  });
});

test('where clocks are put forward, a time that never comes has begun right after', () => {
  const clock = clockIn('Europe/Berlin');
  const slot = { date: '2026-03-29', start_time: '02:30' };
  const wallAt = (instant: string) => {
    const [date = '', time = ''] = clock.at(Date.parse(instant)).split(' ');
    return { date, time };
  };
  expect(hasBegun(slot, wallAt('2026-03-29T00:59:59Z'))).toBe(false);
  expect(hasBegun(slot, wallAt('2026-03-29T01:00:00Z'))).toBe(true);
});

test.each([
  ['Asia/Tashkent', '2026-03-02T18:59:59.999Z', '2026-03-02 23:59:59'],
  ['Asia/Tashkent', '2026-03-02T19:00:00Z', '2026-03-03 00:00:00'],
  ['UTC', '2026-12-31T23:59:59Z', '2026-12-31 23:59:59'],
  ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '2027-01-01 00:00:00'],
  ['America/St_Johns', '2026-07-01T02:29:00Z', '2026-06-30 23:59:00'],
])('in %s it is at %s: %s', (timezone, instant, expected) => {
  expect(clockIn(timezone).at(Date.parse(instant))).toBe(expected);
});

test('a clock goes where it is told, back too, once no clocks were changed', () => {
  // Tests and corrected system clocks do; only the change of summer time is no reason to.
  const clock = clockIn('Asia/Tashkent');
  expect(clock.at(Date.parse('2026-03-02T10:00:00Z'))).toBe('2026-03-02 15:00:00');
  expect(clock.at(Date.parse('2026-03-02T04:00:00Z'))).toBe('2026-03-02 09:00:00');
});

test('an unknown zone is refused at once', () => {
  expect(() => createClock('Asia/Nowhere')).toThrow(RangeError);
});

describe('hasBegun', () => {
  test.each([
    ['2026-03-02', '09:00', '2026-03-02', '08:59:59', false],
    ['2026-03-02', '09:00', '2026-03-02', '09:00:00', true],
    ['2026-03-02', '09:00', '2026-03-02', '09:00:01', true],
    ['2026-03-02', '00:00', '2026-03-01', '23:59:59', false],
    ['2026-03-02', '23:59', '2026-03-03', '00:00:00', true],
    ['2026-10-02', '09:00', '2026-09-30', '23:00:00', false],
    ['2027-01-01', '00:00', '2026-12-31', '23:59:59', false],
  ])('a visit on %s at %s, seen on %s at %s: %s', (date, start_time, today, time, expected) => {
    expect(hasBegun({ date, start_time }, { date: today, time })).toBe(expected);
  });
});
