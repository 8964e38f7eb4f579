import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOT_ARCHIVED } from '../db/backup/following.ts';
import { openPlace, writeWhole } from '../db/backup/place.ts';
import { exitWith, explain, readConfig, readFlags } from '../main/process.ts';
import { type Opened, type Outcome, restoreTo } from './restoring.ts';

/**
 * npm run backup:rehearse -- [--from DIR] [--in DIR] [--bin DIR] [--archived]: restores the newest backup beside, and judges it.
 * With `--archived` it fails where nothing of the log was archived with it.
 */

const USAGE =
  'Usage: npm run backup:rehearse -- --from DIR [--in DIR] [--bin DIR_OF_POSTGRES] [--archived], or set BACKUP_DIR.';

const print = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (milliseconds: number) => Math.max(0, Math.round(milliseconds / 100) / 10);

const text = { type: 'string' } as const;
const flags = readFlags({ from: text, in: text, bin: text, archived: { type: 'boolean' } }, USAGE);
const config = readConfig();
const from = flags.from ?? config.backup_dir ?? exitWith(USAGE);
const started = new Date();
const to = mkdtempSync(join(flags.in ?? tmpdir(), 'clinic-rehearsal-'));
// It is a copy of all that the clinic knows: it goes however this process ends. The server on it ends with this process.
process.once('exit', () => rmSync(to, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }))
  process.once(signal, () => process.exit(code));

/** Keeps what came of it where the backups are: the metrics and the page of health read it there. */
async function note(ok: boolean, details: object): Promise<void> {
  const { dir } = openPlace(from, config.backup_key);
  const at = started.toISOString();
  const file = join(dir, 'rehearsals', `${at.replace(/[-:]|\.\d+/g, '')}.json`);
  await writeWhole(file, `${JSON.stringify({ at, ok, ...details })}\n`);
}

const measured = ({ last_commit, took }: Opened) => ({
  rpo_seconds: seconds(started.getTime() - last_commit.getTime()),
  rto_seconds: seconds(took),
});

function sayOpened(opened: Opened): void {
  const { rpo_seconds, rto_seconds } = measured(opened);
  print(`Backup ${opened.base} restored and opened.`);
  print(`RPO: its last transaction is ${rpo_seconds} s old; what came later would be lost.`);
  print(`RTO: ${rto_seconds} s until it was open.`);
}

function sayFindings({ findings, gap, photos_missing }: Outcome): string[] {
  const counts = Object.entries(findings?.counts ?? {}).map(([table, count]) => `${count} ${table}`);
  print(`There are ${counts.join(', ')}; the newest booking is of ${findings?.newest_booking ?? 'no time'}.`);
  print(`${findings?.indexes} indexes and ${findings?.constraints} constraints were judged.`);
  return [
    ...(findings?.problems ?? []),
    ...(gap ? [`the archive lacks ${gap}, or it is broken`] : []),
    ...(photos_missing > 0 ? [`${photos_missing} photos are in no backup`] : []),
  ];
}

let line: string | undefined;
let isArchived = true;
try {
  const outcome = await restoreTo({ config, from, to, bin: flags.bin, examine: sayOpened });
  const problems = sayFindings(outcome);
  isArchived = outcome.is_archived;
  await note(problems.length === 0, {
    base: outcome.base,
    ...measured(outcome),
    problems,
  });
  line = problems.length > 0 ? `NOT WHOLE: ${problems.join('; ')}.` : undefined;
} catch (error) {
  line = explain(error);
  await note(false, { problems: [line] }).catch(() => {});
}
if (line) exitWith(line);
print('Whole: it can be restored.');
if (!isArchived) {
  print('NOT ARCHIVED: the log since it is not here. Only its own moment can be restored.');
  if (flags.archived) process.exitCode = NOT_ARCHIVED;
}
