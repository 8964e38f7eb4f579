/** Lets a bounded number through at a time. Whoever comes when it is full waits in line, but not for long. */
export interface Turns {
  /** Whether to refuse whoever comes now: they would wait too long, and are better told at once. */
  turnsAway(): boolean;
  /** Begins at once, or puts in line; a waiter is called once at most. */
  take(waiter: Waiter): void;
  /** Takes out of line who no longer waits. @returns whether they still did */
  giveUp(waiter: Waiter): boolean;
  /** To be called once for each that began. */
  leave(): void;
  /** How many wait. */
  readonly waiting: number;
}

interface Waiter {
  begin: () => void;
  /** They have waited too long. */
  refuse: () => void;
}

interface TurnsOptions {
  at_a_time: number;
  /** The longest that anybody waits in line, in ms. */
  patience: number;
}

/** Of the usual patience, what is left once the line has not been worked off for as long as that. */
const WHEN_BEHIND = 0.2;

/**
 * A burst may wait for as long as the patience lasts. But where more keeps coming than can be done, a long line helps
 * nobody: as many are let through from a short one, and sooner (CoDel, RFC 8289, in the simplified form for servers).
 * What is measured is how long people wait, so that it holds for a slow machine, database or request alike.
 */
export function createTurns({ at_a_time, patience }: TurnsOptions): Turns {
  /** In the order of coming, each with the time of it. */
  const line = new Map<Waiter, number>();
  let under_way = 0;
  /** When there was last a place that nobody waited for, nor had been refused not long before. */
  let kept_up = performance.now();
  let refused_last = Number.NEGATIVE_INFINITY;
  let handing = false;
  let watched = false;

  const short = patience * WHEN_BEHIND;
  const keepsUp = (now: number) => {
    if (now - refused_last > 2 * short) kept_up = now;
  };
  const patienceAt = (now: number) => (now - kept_up > patience ? short : patience);

  /** Never within itself: whoever begins may be done at once, and would call it for the next, and so on. */
  function hand(): void {
    if (handing) return;
    handing = true;
    try {
      const now = performance.now();
      for (const [waiter, since] of line) {
        const tooLong = now - since > patienceAt(now);
        if (!tooLong && under_way >= at_a_time) break;
        line.delete(waiter);
        if (tooLong) {
          refused_last = now;
          waiter.refuse();
        } else {
          under_way += 1;
          waiter.begin();
        }
      }
      if (line.size === 0 && under_way < at_a_time) keepsUp(now);
    } finally {
      handing = false;
    }
  }

  /** While nobody leaves, time alone ends the waiting. */
  function watch(): void {
    if (watched) return;
    watched = true;
    const look = () => {
      watched = false;
      hand();
      if (line.size > 0) watch();
    };
    setTimeout(look, short / 2).unref();
  }

  return {
    turnsAway() {
      const [first] = line.values();
      if (first === undefined) return false;
      const now = performance.now();
      if (now - first <= patienceAt(now) / 2) return false;
      refused_last = now;
      return true;
    },
    take(waiter) {
      const now = performance.now();
      if (line.size === 0 && under_way < at_a_time) {
        keepsUp(now);
        under_way += 1;
        waiter.begin();
        return;
      }
      line.set(waiter, now);
      watch();
    },
    giveUp: (waiter) => line.delete(waiter),
    leave() {
      under_way -= 1;
      hand();
    },
    get waiting() {
      return line.size;
    },
  };
}
