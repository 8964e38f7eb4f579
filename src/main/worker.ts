import { loggable } from '../db/errors.ts';
import { startJobs } from './jobs.ts';
import { exitWith } from './process.ts';
import { start } from './start.ts';

/** The process of background jobs: the API's dependencies without HTTP. Beside it the API runs with WORKER=external. */

async function main(): Promise<void> {
  const { config, db, clock, log, report, attempt, insist, onStop, giveUp } = await start();
  const nothing = async () => {};
  const sayAway = (error: unknown) => log.debug({ error: loggable(error) }, 'the database is away');
  const refuse = (error: unknown) => giveUp(error instanceof Error ? error.message : 'Cannot start.');
  const isThere = await attempt(nothing, sayAway).catch(refuse);
  const jobs = startJobs({ db, clock, log, config, report });
  onStop(jobs.stop);
  process.stdout.write('Background jobs run.\n');
  if (!isThere) await insist(nothing, sayAway).catch(refuse);
}

await main().catch((error) => exitWith(error instanceof Error ? error.message : 'Cannot start.'));
