import { AppError } from '../core/errors.ts';
import { type Db, openDatabase, silenceOf } from './client.ts';

/** Whoever asks is answered within two seconds, also where the database says nothing at all. */
const ANSWERED_WITHIN = 1_900;
/** A pool that was asked for so long without any answer may have no connection to give. One that is busy has answers. */
const DOUBTFUL_AFTER = 5_000;

interface Readiness {
  /** @throws what a failed statement throws, or AppError database_unavailable, while requests would be refused */
  isReady: () => Promise<void>;
  close: () => Promise<void>;
}

/**
 * Judges whether a process can serve requests. It asks by a connection of its own, the way that requests take: where all
 * others are busy it is as ready as ever. But where nobody has had an answer by those others for a while, it asks by them
 * too: a pool whose places are all lost is of no use, however well the database is.
 *
 * @param url how requests reach the database
 * @param objection what else makes the process unfit, if anything does now
 */
export function openReadiness(db: Db, url: string, objection: () => boolean = () => false): Readiness {
  const limits = { connect: ANSWERED_WITHIN, statement: ANSWERED_WITHIN, answer: ANSWERED_WITHIN };
  const aside = openDatabase({ url, pool_max: 1, prepared: false, limits });

  async function ask(): Promise<void> {
    // Not ready before it is migrated.
    await aside.$client.query('select from users limit 0');
    if (silenceOf(db) > DOUBTFUL_AFTER) await db.$client.query('select');
  }

  return {
    async isReady() {
      if (objection()) throw notReady();
      const asked = ask();
      // It may fail after we have stopped waiting.
      asked.catch(() => {});
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(notReady()), ANSWERED_WITHIN);
      });
      await Promise.race([asked, late]).finally(() => clearTimeout(timer));
    },
    close: () => aside.$client.end(),
  };
}

const notReady = () => new AppError('database_unavailable', { retryAfter: 2 });
