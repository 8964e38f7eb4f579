import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { archiveSetting } from '../db/backup/archiver.ts';
import { makeBase } from '../db/backup/base.ts';
import { expire, expirePhotos } from '../db/backup/copies.ts';
import { type Archiving, archivedUpTo, NOT_ARCHIVED } from '../db/backup/following.ts';
import { expireLedger } from '../db/backup/ledger.ts';
import { copyPhotos, type Photos } from '../db/backup/photos.ts';
import { exitWith, readFlags, withDatabase } from '../main/process.ts';
import { openPhotoStore } from '../modules/doctors/index.ts';

/**
 * npm run backup -- [--to DIR] [--archived]: a base backup of the database, with photos and keys; then what is old is deleted.
 * With `--archived` it fails where what comes after it is not kept.
 */

const USAGE = 'Usage: npm run backup -- --to DIR [--archived], or set BACKUP_DIR.';

const print = (line: string) => process.stdout.write(`${line}\n`);
const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;

/**
 * What goes along, as JSON. Without BACKUP_KEY only what lies beside the database anyway: secrets of the environment
 * must not stand in a file that anybody reads who finds the disk.
 */
function keysOf({ data_dir, data_keys, backup_key, kept_secrets }: Config): string {
  const paths = ['jwt-secret', 'connection.json'].map((name) => [name, join(data_dir, name)] as const);
  // What it opens stands in the backup: beside each other they would protect nobody.
  const mayGoAlong = backup_key !== undefined || data_keys.make;
  if (data_keys.file && mayGoAlong) paths.push(['data-keys.json', data_keys.file]);
  const files = paths.flatMap(([name, path]) =>
    existsSync(path) ? [[name, readFileSync(path, 'utf8')]] : [],
  );
  return JSON.stringify({ files: Object.fromEntries(files), settings: backup_key ? kept_secrets : {} });
}

/** @returns why what comes after this backup will not be there; undefined where it will */
function sayArchiving({ is_on, failed, waits }: Archiving, dir: string): string | undefined {
  if (!is_on) {
    print(
      'NOT ARCHIVED: only the moment of this backup can be restored. With the embedded database set BACKUP_DIR',
    );
    print('and restart; with another put this into its settings, and restart it:');
    print(`  archive_mode = on\n  archive_timeout = 60s\n  archive_command = ${archiveSetting(dir)}`);
    return 'the server archives its log nowhere';
  }
  if (failed) {
    print(
      `NOT ARCHIVED: the server cannot archive its log (${failed}; ${waits} files wait). What comes after this`,
    );
    print('backup is not in it until that works; the server’s own log says why.');
    return `the server cannot archive ${failed}`;
  }
  print('The log is archived continuously.');
  return undefined;
}

const flags = readFlags(
  { to: { type: 'string' }, existing: { type: 'boolean' }, archived: { type: 'boolean' } },
  USAGE,
);
await withDatabase(async (config, database_url) => {
  const dir = flags.to ?? config.backup_dir ?? exitWith(USAGE);
  const { backup_key: key, backup_keep_days: keep_days } = config;
  const url = config.backup_database_url ?? database_url;
  const now = () => new Date();
  const began = performance.now();
  // Photos before and after: then each that the database names is there, whatever was replaced meanwhile.
  const store = openPhotoStore(config.photos);
  const photos: Photos[] = [];
  const { place, manifest } = await makeBase({
    url,
    dir,
    key,
    keys: keysOf(config),
    mayBegin: !flags.existing,
    before: async (place) => void photos.push(await copyPhotos(place, store, now())),
    now,
  });
  photos.push(await copyPhotos(place, store, now()));
  print(
    `Backup ${manifest.id}: ${megabytes(manifest.data.bytes)} in ${Math.round(performance.now() - began)} ms, in ${dir}`,
  );
  print(
    key
      ? 'Encrypted with BACKUP_KEY, without which nobody can restore it: keep it elsewhere.'
      : 'Not encrypted: set BACKUP_KEY before it leaves this machine.',
  );
  print(
    `Photos: ${photos.reduce((sum, { kept }) => sum + kept, 0)} files copied, ${photos[0]?.there ?? 0} were there.`,
  );
  const missing = sayArchiving(await archivedUpTo(url, place, manifest), dir);
  const before = await expire(place, keep_days, now());
  await expireLedger(place, before);
  await expirePhotos(place, keep_days, now());
  print(
    missing
      ? `NOT ARCHIVED: ${missing}. Only backups can be restored, the oldest of ${before.toISOString()}.`
      : `Any moment since ${before.toISOString()} can be restored.`,
  );
  if (missing && flags.archived) process.exitCode = NOT_ARCHIVED;
});
