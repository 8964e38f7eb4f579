import { BEFORE, BEYOND, type Change, DAY, HOUR, LAST_DAY, zoneOf } from './zone.ts';

/** A moment on the clinic's wall: `date` is YYYY-MM-DD, `time` HH:MM:SS. */
export interface WallTime {
  date: string;
  time: string;
}

/** The only owner of "now" and of the clinic's time zone; tests hand in a fixed one. */
export interface Clock {
  readonly timezone: string;
  now(): Date;
  /**
   * The clinic's wall clock, as far as it has ever got: when clocks are put back it stands still until the
   * repeated hour is over, so that a slot which has begun never becomes bookable again.
   */
  wall(): WallTime;
  /** As far as the clinic's wall clock will have got by an instant: what has begun by then starts at this or before. */
  wallBy(instant: Date): WallTime;
  /**
   * The instant at which the clinic's wall shows `date` and `time` (HH:MM, up to 24:00): the first one where clocks
   * repeat an hour. A moment that clocks skip is taken as much later as they skip.
   */
  at(date: string, time: string): Date;
  /** What the clinic's wall shows at an instant. */
  wallOf(instant: Date): WallTime;
  /** The same as `at` for whatever lies between two days (both included), for the database to work out. */
  offsets(from: string, to: string): WallOffsets;
  /** How far the clinic's wall is ahead of UTC at an instant, in milliseconds. */
  offsetAt(instant: Date): number;
  /** When clocks change between two instants. */
  changes(from: Date, until: Date): Change[];
}

/**
 * How far the clinic's wall is ahead of UTC: `seconds[i]` from the wall's time `since[i - 1]` on, `seconds[0]` before the
 * first. In SQL: `($seconds::int[])[1 + width_bucket(date + time, $since::timestamp[])]`.
 */
export interface WallOffsets {
  since: string[];
  seconds: number[];
}

/** What tokens expire by (epoch milliseconds): no clock of a test moves it, as none moves the library that checks them. */
export const systemNow = (): number => Date.now();

/**
 * @param timezone an IANA name such as Asia/Tashkent
 * @param now the source of instants, the system's clock by default
 */
export function createClock(timezone: string, now: () => Date = () => new Date()): Clock {
  const { show, offset, changes } = zoneOf(timezone);

  /** The last wall second before clocks were put back within the three hours before `ms`, if they were. */
  function beforeFallBack(ms: number): string {
    const before = offset(ms - 3 * HOUR);
    if (before <= offset(ms)) return '';
    let early = ms - 3 * HOUR;
    let late = ms;
    while (late - early > 1000) {
      const middle = Math.floor((early + late) / 2000) * 1000;
      if (offset(middle) === before) early = middle;
      else late = middle;
    }
    return show(early);
  }

  function furthest(ms: number): WallTime {
    const shown = show(ms);
    const past = beforeFallBack(ms);
    const [date = '', time = ''] = (past > shown ? past : shown).split(' ');
    return { date, time };
  }

  let cached = { second: Number.NaN, wall: { date: '', time: '' } };
  return {
    timezone,
    now,
    wall() {
      const second = Math.floor(now().getTime() / 1000);
      if (second !== cached.second) cached = { second, wall: furthest(second * 1000) };
      return cached.wall;
    },
    wallBy: (instant) => furthest(Math.floor(instant.getTime() / 1000) * 1000),
    at(date, time) {
      const asUtc = Date.parse(`${date}T${time}:00Z`);
      // By the offset of the day before and of the day after: they differ around a change of clocks only.
      const instants = [-DAY, DAY].map((away) => asUtc - offset(asUtc + away));
      const shown = instants.find((ms) => ms + offset(ms) === asUtc);
      return new Date(shown ?? Math.max(...instants));
    },
    wallOf(instant) {
      const [date = '', time = ''] = show(instant.getTime()).split(' ');
      return { date, time };
    },
    offsets(from, to) {
      // Days of margin, since the ends are the wall's days and not UTC's.
      const start = Date.parse(from) - 2 * DAY;
      const end = Math.min(Date.parse(to) + 3 * DAY, LAST_DAY);
      const between = changes(start, end);
      return {
        // What clocks skip counts by the time before, and what they repeat is meant the first time: either way the time
        // after begins where the wall that is further ahead gets to.
        since: between.map(({ at, before, after }) =>
          new Date(at + Math.max(before, after)).toISOString().slice(0, 19),
        ),
        seconds: [offset(start), ...between.map(({ after }) => after)].map((ms) => ms / 1000),
      };
    },
    offsetAt: (instant) => offset(instant.getTime()),
    changes: (from, until) => changes(from.getTime(), until.getTime()),
  };
}

/** Whether a visit that starts at `date` and `start_time` (HH:MM) has begun by the wall clock. */
export function hasBegun(slot: { date: string; start_time: string }, wall: WallTime): boolean {
  return `${slot.date} ${slot.start_time}:00` <= `${wall.date} ${wall.time}`;
}

/** Whether a visit that lasts until `end_time` (HH:MM, up to 24:00) of `date` is over by the wall clock. */
export function hasEnded(slot: { date: string; end_time: string }, wall: WallTime): boolean {
  return `${slot.date} ${slot.end_time}:00` <= `${wall.date} ${wall.time}`;
}

/**
 * When something begins and ends, by the clinic's clock. Where clocks skip an hour within it, it may end before it begins by
 * them: then it lasts as long as it says.
 * @param time.to the day on which it ends, where that is another than the day on which it begins
 */
export function spanOf(
  {
    date,
    start_time,
    end_time,
    to = date,
  }: { date: string; start_time: string; end_time: string; to?: string | undefined },
  clock: Pick<Clock, 'at'>,
): { starts_at: Date; ends_at: Date } {
  const starts_at = clock.at(date, start_time);
  const ends_at = clock.at(to, end_time);
  if (ends_at > starts_at) return { starts_at, ends_at };
  const length = Date.parse(`${to}T${end_time}Z`) - Date.parse(`${date}T${start_time}Z`);
  return { starts_at, ends_at: new Date(starts_at.getTime() + length) };
}

/** The minutes of a day up to a time (HH:MM), 1440 at 24:00. */
export const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** The latest of some days (YYYY-MM-DD); what is not given leaves it as it is. */
export const latestOf = (day: string, ...others: (string | undefined)[]): string =>
  others.reduce<string>((latest, other = latest) => (other > latest ? other : latest), day);

export const earliestOf = (day: string, ...others: (string | undefined)[]): string =>
  others.reduce<string>((earliest, other = earliest) => (other < earliest ? other : earliest), day);

/**
 * @param date YYYY-MM-DD, a day of the calendar and no instant: no time zone can move it
 * @returns `infinity` or `-infinity` where the calendar of four digits ends: for the database as for a comparison of text it
 * comes after, or before, every day
 */
export function addDays(date: string, days: number): string {
  if (date === BEYOND || date === BEFORE) return date;
  const text = new Date(Date.parse(date) + days * DAY).toISOString();
  if (text.length === 24) return text.slice(0, 10);
  return text.startsWith('-') ? BEFORE : BEYOND;
}

/** How many days lie from one to another, both included. */
export const daysBetween = (from: string, to: string): number =>
  (Date.parse(to) - Date.parse(from)) / DAY + 1;

/** An instant for the database, ISO 8601; what comes after the year 9999 comes after all that is there. */
export const instantText = (instant: Date): string =>
  instant.getUTCFullYear() > 9999 ? BEYOND : instant.toISOString();
