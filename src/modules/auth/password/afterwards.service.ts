import type { Log } from '../../../core/log.ts';
import { unhurried } from '../../../db/deadline.ts';
import { loggable } from '../../../db/errors.ts';

/** More than this wait only under attack. Then the newest are dropped: whoever asks honestly can ask again. */
const MOST = 1_000;

export type Afterwards = ReturnType<typeof createAfterwards>;

/**
 * Does work after the answer, one piece after the other: the time of an answer tells nothing of it. The work is lost
 * with the process, so it is only for what people can ask for again.
 */
export function createAfterwards(log: Log) {
  let waiting = 0;
  let last = Promise.resolve();
  return {
    run(work: () => Promise<void>): void {
      if (waiting >= MOST) {
        log.warn({ waiting }, 'too much waits to be done after answers');
        return;
      }
      waiting += 1;
      last = last
        // Not in the turn of the event loop that writes the answer.
        .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
        .then(() => unhurried(work))
        .catch((error) => log.error({ error: loggable(error) }, 'what was to be done after an answer failed'))
        .finally(() => {
          waiting -= 1;
        });
    },

    /** Resolves once all is done that was to be done. */
    settled: (): Promise<void> => last,
  };
}
