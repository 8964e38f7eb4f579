const PATIENCE = 3;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 300;

/**
 * Keeps a channel still while its provider is down, in this process. After a few failures in a row nothing is tried for a
 * while, and for longer each time, so that a thousand waiting messages are not a thousand time-outs. Where a provider says
 * how long to wait, the channel waits so long at once.
 * @param now milliseconds
 */
export function createGate(now: () => number) {
  let failures = 0;
  let until = Number.NEGATIVE_INFINITY;
  return {
    /** Seconds until the next attempt may be made; 0 when it may be now. */
    closedFor: (): number => Math.max(0, (until - now()) / 1_000),
    /** No message has passed since the last failure, so the next attempt may hang as that did. */
    isFailing: (): boolean => failures > 0,
    passed(): void {
      failures = 0;
      until = Number.NEGATIVE_INFINITY;
    },
    failed(retryAfter?: number): void {
      // Attempts that were under way when the gate closed say nothing new.
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
