import { openPlace } from '../db/backup/place.ts';
import { exitWith, explain, readConfig, readFlags, withDatabase } from '../main/process.ts';
import { eraseAgain, restoreTo } from './restoring.ts';

/**
 * npm run restore -- --from DIR --to EMPTY_DIR [--at INSTANT] [--bin DIR]. With --erase-again, in place of a folder, whoever
 * stands in the ledger of erasures is erased from the database of the settings, which something else has restored.
 */

const USAGE = `Usage: npm run restore -- --from DIR --to EMPTY_DIR [--at 2026-11-29T08:30:00+05:00] [--bin DIR_OF_POSTGRES]
       npm run restore -- --from DIR --erase-again`;

function readWish() {
  const flags = readFlags(
    {
      from: { type: 'string' },
      to: { type: 'string' },
      at: { type: 'string' },
      bin: { type: 'string' },
      'erase-again': { type: 'boolean' },
    },
    USAGE,
  );
  const { from, to = '', at, bin, 'erase-again': again = false } = flags;
  if (!from || (to === '') !== again) return exitWith(USAGE);
  // Without its offset a wall time is another moment on each machine.
  if (at !== undefined && !/T[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(at))
    return exitWith(`--at needs a date, a time and an offset, such as 2026-11-29T08:30:00+05:00.\n${USAGE}`);
  const instant = at === undefined ? undefined : new Date(at);
  if (instant && Number.isNaN(instant.getTime())) return exitWith(`--at is no moment.\n${USAGE}`);
  return { from, to, at: instant, bin, again };
}

const print = (line: string) => process.stdout.write(`${line}\n`);

async function eraseFromDatabase(from: string): Promise<void> {
  await withDatabase(async (config, url) => {
    const erased = await eraseAgain(openPlace(from, config.backup_key), url, config, undefined);
    print(`${erased} people who were erased later were erased again.`);
  });
}

async function restore(flags: ReturnType<typeof readWish>): Promise<void> {
  const config = readConfig();
  try {
    const outcome = await restoreTo({ config, ...flags });
    const { base, last_commit, ended_early, gap, erased, photos_missing, took } = outcome;
    print(
      `Restored from backup ${base} in ${(took / 1_000).toFixed(1)} s: its last transaction is of ${last_commit.toISOString()}.`,
    );
    if (ended_early && !gap) print('Nothing in the archive is later than that; all of it is there.');
    if (erased > 0) print(`${erased} people who were erased later were erased again.`);
    if (photos_missing > 0) print(`${photos_missing} photos are in no backup; their doctors put them again.`);
    print(
      `The database is in ${flags.to}/postgres, stopped, and archives nowhere. docs/operations.md says how to go on.`,
    );
    if (gap) exitWith(`NOT COMPLETE: the archive lacks ${gap}, or it is broken. What came after it is lost.`);
  } catch (error) {
    exitWith(explain(error));
  }
}

const flags = readWish();
await (flags.again ? eraseFromDatabase(flags.from) : restore(flags));
