import { chownSync, createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ServerUser } from '../embedded/files.ts';
import type { Manifest } from './base.ts';
import { listBases } from './copies.ts';
import { BackupError } from './envelope.ts';
import { contentOf, type Place } from './place.ts';
import { logFrom, segmentOf } from './wal.ts';

/** Puts the files of a backup into an empty folder, so that a server can play its log back there. */

interface RestoreOptions {
  place: Place;
  /** A folder that is empty or not there. */
  to: string;
  at: Date | undefined;
  user: ServerUser;
}

interface Restored {
  base: Manifest;
  /** The server's folder. */
  data: string;
  /** A segment that the archive lacks although it holds later ones. */
  gap: string | undefined;
}

/**
 * @throws BackupError where `to` holds anything, nothing reaches back so far, or a file is missing or broken
 */
export async function restoreFiles({ place, to, at, user }: RestoreOptions): Promise<Restored> {
  const target = resolve(to);
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new BackupError(`${to} holds something: name a folder that is empty or not there.`);
  const from = resolve(place.dir);
  if (`${target}${sep}`.startsWith(`${from}${sep}`))
    throw new BackupError(`${to} lies within the backups: name another folder.`);
  const bases = listBases(place);
  const base = bases.findLast(({ finished_at }) => !at || new Date(finished_at) <= at);
  const [oldest] = bases;
  if (!oldest) throw new BackupError(`${place.dir} holds no whole base backup.`);
  if (!base)
    throw new BackupError(`Nothing reaches back so far: the oldest backup ended ${oldest.finished_at}.`);

  const { segment_bytes } = base.server;
  const first = segmentOf(base.first_wal, segment_bytes);
  const log = await logFrom(place, first, segmentOf(base.last_wal, segment_bytes).number, segment_bytes);
  const data = join(target, 'postgres');
  const own = (path: string) => user.ids && chownSync(path, user.ids.uid, user.ids.gid);
  mkdirSync(target, { recursive: true });
  own(target);
  mkdirSync(data, { mode: 0o700 });
  own(data);
  await unpack(place, `base/${base.id}/data.tar`, data, own);
  for (const folder of ['pg_wal', 'pg_wal/archive_status', ...EMPTY]) {
    mkdirSync(join(data, folder), { recursive: true, mode: 0o700 });
    own(join(data, folder));
  }
  const broken = await unpackLog(place, log.names, data, own);
  await settle(data, own);
  return { base, data, gap: broken ?? log.gap };
}

/** @returns the first file of the log that is broken: nothing after it can be played back */
async function unpackLog(place: Place, names: string[], data: string, own: (path: string) => void) {
  for (const name of names) {
    const path = join(data, 'pg_wal', name);
    // Those that came with the base stay until the archive's own are seen to be whole.
    const unfinished = `${path}.part`;
    try {
      await pipeline(
        Readable.from(contentOf(place, `wal/${name}`), { objectMode: false }),
        createWriteStream(unfinished, { mode: 0o600 }),
      );
    } catch (error) {
      await rm(unfinished, { force: true });
      if (!(error instanceof BackupError)) throw error;
      if (existsSync(path)) continue;
      return name;
    }
    await rename(unfinished, path);
    own(path);
  }
  return undefined;
}

/** What a server expects to be there, and no backup holds. */
const EMPTY = [
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
];

async function unpack(place: Place, name: string, data: string, own: (path: string) => void): Promise<void> {
  const { extract } = await import('tar-stream');
  const tar = extract();
  const reading = pipeline(Readable.from(contentOf(place, name), { objectMode: false }), tar);
  // The loop below is told as well; without this a failure would count as nobody's.
  reading.catch(() => {});
  for await (const entry of tar) {
    const path = join(data, entry.header.name);
    if (entry.header.type === 'directory') {
      await mkdir(path, { recursive: true, mode: 0o700 });
      entry.resume();
    } else {
      await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      await pipeline(entry, createWriteStream(path, { mode: 0o600 }));
    }
    own(path);
  }
  await reading;
}

/**
 * The settings with which the restored server will start. Whatever it archived to may be another's by now, and whatever it
 * waited for may not be there. Debian keeps the configuration elsewhere: then it gets a small one.
 */
async function settle(data: string, own: (path: string) => void): Promise<void> {
  const conf = join(data, 'postgresql.conf');
  if (!existsSync(conf)) await writeFile(conf, "listen_addresses = '127.0.0.1'\n", { mode: 0o600 });
  const hba = join(data, 'pg_hba.conf');
  const rules =
    'local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n';
  if (!existsSync(hba)) await writeFile(hba, rules, { mode: 0o600 });
  const ident = join(data, 'pg_ident.conf');
  if (!existsSync(ident)) await writeFile(ident, '', { mode: 0o600 });
  const auto = join(data, 'postgresql.auto.conf');
  const known = existsSync(auto) ? await readFile(auto, 'utf8') : '';
  const said = `${known.endsWith('\n') || known === '' ? '' : '\n'}# After a restore: it archives nowhere and waits for no replica until somebody says so.\n`;
  await appendFile(
    auto,
    `${said}archive_mode = off\nsynchronous_standby_names = ''\nprimary_conninfo = ''\n`,
    { mode: 0o600 },
  );
  for (const path of [conf, hba, ident, auto]) own(path);
}
