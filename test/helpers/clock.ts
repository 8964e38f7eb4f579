import { type Clock, createClock } from '../../src/core/clock.ts';

/** A clock that stands still until it is set. */
export interface TestClock extends Clock {
  set(instant: string): void;
}

export function testClock(instant = '2026-03-02T04:00:00Z', timezone = 'Asia/Tashkent'): TestClock {
  let current = new Date(instant);
  const clock = createClock(timezone, () => current);
  return Object.assign(clock, {
    set(next: string) {
      current = new Date(next);
    },
  });
}
