/** A time zone as Node's own table knows it: how far its wall's clock is ahead of UTC, and when that changes. */

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Beyond what a date of four digits can say: PostgreSQL's own word, which sorts after all of them. */
export const BEYOND = 'infinity';
/** And before. */
export const BEFORE = '-infinity';

/** A change of clocks: `at` is its instant (epoch milliseconds), the offsets are milliseconds. */
export interface Change {
  at: number;
  before: number;
  after: number;
}

interface Zone {
  /** What the wall shows at an instant, `YYYY-MM-DD HH:MM:SS`; `infinity 00:00:00` after the year 9999. */
  show(ms: number): string;
  offset(ms: number): number;
  /** The changes of clocks between two instants, in order. */
  changes(from: number, until: number): Change[];
}

export const LAST_DAY = Date.UTC(9999, 11, 31);
/** The calendar repeats itself to the day of the week, and so does what is known of a far year. */
const FOUR_CENTURIES = 146_097 * DAY;
const YEAR = 366 * DAY;
/** No place has changed its clocks twice within a week since 1990. */
const STEP = 7 * DAY;

/** @param timezone an IANA name. @throws RangeError when Node does not know it */
export function zoneOf(timezone: string): Zone {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });

  function offset(ms: number): number {
    // The wall shows whole seconds.
    const second = Math.floor(ms / 1_000) * 1_000;
    const like = second < LAST_DAY ? second : second - FOUR_CENTURIES;
    return Date.parse(`${format.format(like).replace(' ', 'T')}Z`) - like;
  }

  function changeBetween(early: number, late: number): Change {
    const [before, after] = [offset(early), offset(late)];
    let [low, high] = [early, late];
    while (high - low > 1_000) {
      const middle = Math.floor((low + high) / 2_000) * 1_000;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    return { at: high, before, after };
  }

  /** By stretches of a year, each looked through once. */
  const known = new Map<number, Change[]>();
  function changesWithin(stretch: number): Change[] {
    const found = known.get(stretch);
    if (found) return found;
    const changes: Change[] = [];
    for (let early = stretch * YEAR; early < (stretch + 1) * YEAR; early += STEP) {
      const late = Math.min(early + STEP, (stretch + 1) * YEAR);
      if (offset(early) !== offset(late)) changes.push(changeBetween(early, late));
    }
    known.set(stretch, changes);
    return changes;
  }

  return {
    show(ms) {
      const text = format.format(ms);
      return ms < LAST_DAY || text.length === 19 ? text : `${BEYOND} 00:00:00`;
    },
    offset,
    changes(from, until) {
      const changes: Change[] = [];
      for (let stretch = Math.floor(from / YEAR); stretch * YEAR <= until; stretch += 1)
        changes.push(...changesWithin(stretch).filter(({ at }) => at >= from && at <= until));
      return changes;
    },
  };
}
