import type { Clock } from '../../../core/clock.ts';
import { CODE_MINUTES } from '../../../core/codes.ts';
import type { Log } from '../../../core/log.ts';
import { STOP_HOURS } from '../../../core/messages.ts';
import type { Db } from '../../../db/client.ts';
import { forgetSecrets, giveJobsBack } from './upkeep.repository.ts';

/** The task `tidy_messages`: gives lost messages their job back, and forgets stale codes and links. */
export async function tidy(db: Db, clock: Clock, log: Log): Promise<void> {
  const now = clock.now();
  const ago = (milliseconds: number) => new Date(now.getTime() - milliseconds);
  await forgetSecrets(db, ago(CODE_MINUTES * 60_000), ago(STOP_HOURS * 3_600_000));
  const messages = await giveJobsBack(db, now);
  if (messages > 0) log.warn({ messages }, 'messages without a job got one again');
}
