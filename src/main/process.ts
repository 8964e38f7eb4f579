import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import dotenv from 'dotenv';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { KeyFileError } from '../core/data-keys.ts';
import { placeFile } from '../core/files.ts';
import { archiving } from '../db/backup/archiver.ts';
import { BackupError } from '../db/backup/envelope.ts';
import { type Embedded, EmbeddedDatabaseError, openEmbedded } from '../db/embedded/embedded.ts';

/** The settings of a process a person starts: the environment, then `.env` for what it leaves out. */
export function readConfig(): Config {
  const major = Number(process.versions.node.split('.', 1)[0]);
  if (major < 24)
    exitWith(`This needs Node 24 or newer, not ${process.version}: start it with npm, which brings its own.`);
  dotenv.config({ quiet: true });
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(error.message);
    throw error;
  }
}

/**
 * Outside production, a secret of this folder's own, so that sign-ins outlive a restart. Of processes that start together
 * one makes it, and all take that one: it appears whole or not at all.
 */
export function localSecret(dir: string): string {
  const file = join(dir, 'jwt-secret');
  if (!existsSync(file)) {
    mkdirSync(dir, { recursive: true });
    placeFile(file, randomBytes(48).toString('base64url'));
  }
  return readFileSync(file, 'utf8');
}

/** Ends the process with one line that says what to do. */
export function exitWith(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/**
 * The flags that a command was given; without them it says how to use it, and ends.
 * @param usage which flags there are, shown with what was wrong
 */
export function readFlags<const Flags extends NonNullable<ParseArgsConfig['options']>>(
  options: Flags,
  usage: string,
) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return exitWith(`${error instanceof Error ? error.message : 'Wrong flags.'}\n${usage}`);
  }
}

/** The embedded database of these settings, which archives its log where they say so, unless it was restored. */
export const openOwn = ({ data_dir, backup_dir, backup_key }: Config): Promise<Embedded> =>
  openEmbedded({
    dir: data_dir,
    ...(backup_dir && {
      prepare() {
        const extras = archiving(data_dir, backup_dir, backup_key);
        if (!extras) process.stderr.write(`${RESTORED}\n`);
        return extras;
      },
    }),
  });

const RESTORED =
  'The database was restored and archives nowhere until postgresql.auto.conf says so: see docs/operations.md, Restore.';

/** Runs a command against the database of the settings itself, also while the API has the embedded one running. */
export async function withDatabase(
  work: (config: Config, database_url: string) => Promise<void>,
): Promise<void> {
  const config = readConfig();
  let embedded: Embedded | undefined;
  try {
    embedded = config.database_url ? undefined : await openOwn(config);
    await work(config, config.database_direct_url ?? embedded?.url ?? '');
  } catch (error) {
    await embedded?.stop();
    exitWith(explain(error));
  }
  await embedded?.stop();
}

/** What went wrong, in one line for whoever typed the command. */
export function explain(error: unknown): string {
  if (error instanceof EmbeddedDatabaseError || error instanceof KeyFileError || error instanceof BackupError)
    return error.message;
  const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
  if (/ENOSPC|EDQUOT|53100/.test(code)) return `The disk is full${code}: nothing was kept of it.`;
  if (/ECONN|ENOTFOUND|ETIMEDOUT|28P01|28000|3D000|57P03/.test(code))
    return `The database cannot be reached${code}: check DATABASE_URL and that the server runs.`;
  return `Failed${code}: ${error instanceof Error && !('query' in error) ? error.message : 'the database refused'}`;
}
