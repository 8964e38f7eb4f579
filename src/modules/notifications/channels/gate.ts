const PATIENCE = 3;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 300;

/**
 * Keeps a channel still while its provider is down, in this process: after a few failures in a row nothing more is
 * tried for a while, longer each time, so that a thousand waiting messages are not a thousand time-outs. A provider
 * that says how long to wait is believed at once.
 * @param now milliseconds
 */
export function createGate(now: () => number) {
  let failures = 0;
  let until = Number.NEGATIVE_INFINITY;
  return {
    /** Seconds until the next attempt may be made; 0 when it may be now. */
    closedFor: (): number => Math.max(0, (until - now()) / 1_000),
    /** Nothing has passed since the last failure: what is tried now may hang as that did. */
    isFailing: (): boolean => failures > 0,
    passed(): void {
      failures = 0;
      until = Number.NEGATIVE_INFINITY;
    },
    failed(retryAfter?: number): void {
      // Those who were on their way already when it closed say nothing new.
      if (retryAfter === undefined && until > now()) return;
      failures += 1;
      const pause =
        retryAfter ??
        (failures < PATIENCE ? 0 : Math.min(FIRST_PAUSE * 2 ** (failures - PATIENCE), LONGEST_PAUSE));
      until = Math.max(until, now() + pause * 1_000);
    },
  };
}

export type Gate = ReturnType<typeof createGate>;
