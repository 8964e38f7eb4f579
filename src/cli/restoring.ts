import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Config } from '../config.ts';
import { createClock } from '../core/clock.ts';
import { examineCopy, type Findings } from '../db/backup/checks.ts';
import { BackupError } from '../db/backup/envelope.ts';
import { readLedger } from '../db/backup/ledger.ts';
import { restorePhotos } from '../db/backup/photos.ts';
import { bytesOf, namesIn, openPlace, type Place, pathOf } from '../db/backup/place.ts';
import { programsOf, recover } from '../db/backup/recovery.ts';
import { restoreFiles } from '../db/backup/restore.ts';
import { openDatabase } from '../db/client.ts';
import { serverUser } from '../db/embedded/files.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { createModules } from '../modules.ts';

/** What npm run restore and npm run backup:rehearse have in common. */

interface Options {
  config: Config;
  from: string;
  to: string;
  at?: Date | undefined;
  bin?: string | undefined;
  /** Has all that was restored judged, and is told before, when it is open: of a large database judging takes longer. */
  examine?: (opened: Opened) => void;
}

export interface Opened {
  base: string;
  /** When the last transaction committed that is there; of the base itself where none came after it. */
  last_commit: Date;
  /** Milliseconds until the server was open. */
  took: number;
}

export interface Outcome extends Opened {
  /** The log ended before the moment that was asked for: all of it is there. */
  ended_early: boolean;
  /** A file of the log that is missing or broken: what came after it is lost. */
  gap: string | undefined;
  /** The log went on into the archive when the base was done. */
  is_archived: boolean;
  /** People erased again. */
  erased: number;
  photos_missing: number;
  findings: Findings | undefined;
}

/**
 * Restores into an empty folder: the files, the log up to a moment, the erasures since, the photos and the keys. The
 * server has run there, and has been stopped.
 * @throws BackupError
 */
export async function restoreTo({ config, from, to, at, bin, examine }: Options): Promise<Outcome> {
  const began = performance.now();
  const place = openPlace(from, config.backup_key);
  const user = serverUser();
  const { base, data, gap } = await restoreFiles({ place, to, at, user });
  const programs = programsOf(base.server.major, { named: bin, base: to, user });
  const { role, database } = base.server;
  const server = await recover({ data, user, bin: programs, role, database, at });
  try {
    const opened = {
      base: base.id,
      last_commit: server.last_commit ?? new Date(base.finished_at),
      took: performance.now() - began,
    };
    const keys = await keysOf(place, base.id);
    const erased = await eraseAgain(place, server.url, config, keys.files['jwt-secret']);
    examine?.(opened);
    const findings = examine && (await judge(server.url));
    const photos_missing = await putPhotos(place, server.url, join(to, 'photos'));
    await putKeys(to, keys);
    return {
      ...opened,
      ended_early: server.ended_early,
      gap: at && !server.ended_early ? undefined : gap,
      is_archived: existsSync(pathOf(place, `wal/${base.last_wal}`)),
      erased,
      photos_missing,
      findings,
    };
  } finally {
    await server.stop();
  }
}

async function judge(url: string): Promise<Findings> {
  const client = new pg.Client({ connectionString: url, options: '-c TimeZone=UTC' });
  await client.connect();
  return examineCopy(client).finally(() => client.end());
}

interface Keys {
  files: Record<string, string>;
  settings: Record<string, string>;
}

async function keysOf(place: Place, id: string): Promise<Keys> {
  if (!namesIn(place, `base/${id}`).includes('keys.json')) return { files: {}, settings: {} };
  return JSON.parse((await bytesOf(place, `base/${id}/keys.json`)).toString());
}

async function putKeys(to: string, { files, settings }: Keys): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(to, name), text, { mode: 0o600 });
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  if (lines.length > 0) await writeFile(join(to, 'keys.env'), lines.join(''), { mode: 0o600 });
}

/**
 * Erases those again who were erased after the moment that was restored.
 * @param secret with which traces are disguised; that of the settings without one
 * @returns how many people
 */
export async function eraseAgain(
  place: Place,
  url: string,
  config: Config,
  secret: string | undefined,
): Promise<number> {
  const entries = await readLedger(place);
  if (entries.length === 0) return 0;
  const db = openDatabase({ url, pool_max: 4, limits: { statement: 600_000, answer: 601_000 } });
  try {
    const people = entries.flatMap((entry) => entry.people);
    const known = async () => {
      // An id alone may be somebody else's by now: after a restore they are given again.
      const { rows } = await db.$client.query<{ id: number }>(
        `select u.id from users u join unnest($1::bigint[], $2::timestamptz[]) as e(id, created_at)
           on u.id = e.id and u.created_at = e.created_at where u.deleted_at is null order by u.id`,
        [people.map(({ id }) => id), people.map(({ created_at }) => created_at)],
      );
      return rows.map(({ id }) => id);
    };
    const back = await known();
    if (back.length === 0) return 0;
    // The tables must be those that this version erases from.
    await migrateDatabase(url, config.clinic_name);
    const { users } = createModules({
      db,
      clock: createClock(config.timezone),
      config: { ...config, backup_dir: undefined, jwt_secret: config.jwt_secret ?? secret },
    });
    for (const person of back) await users.erasure.eraseAgain(person);
    const left = await known();
    if (left.length > 0)
      throw new BackupError(`${left.length} people who were erased could not be erased again.`);
    return back.length;
  } finally {
    await db.$client.end();
  }
}

async function putPhotos(place: Place, url: string, folder: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ photo: string }>(
      'select photo from doctor_profiles where photo is not null',
    );
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o750);
    return await restorePhotos(
      place,
      rows.map(({ photo }) => photo),
      folder,
    );
  } finally {
    await client.end();
  }
}
