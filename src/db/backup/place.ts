import { createHash, randomUUID } from 'node:crypto';
import {
  chownSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { link, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { serverUser } from '../embedded/files.ts';
import { BackupError, checkOf, decrypt, encrypt } from './envelope.ts';

/**
 * The folder where backups are:
 *
 *     clinic-backups.json      of which server, and with which key
 *     base/ID/                 manifest.json, which comes last, and the files that it names
 *     wal/                     the server's log, file by file, as it archived them
 *     photos/  erasures/  rehearsals/
 *
 * A file NAME is kept as NAME.gz, which gunzip reads, or encrypted as NAME.gz.enc (envelope.ts). Beside it stands
 * its checksum for `sha256sum --check`.
 */
export interface Place {
  dir: string;
  key: string | undefined;
}

const MARKER = 'clinic-backups.json';

interface Marker {
  format: 1;
  /** Of the server whose backups these are: no other may write here. */
  system_identifier: string;
  /** Of the key; null where nothing is encrypted. */
  key_check: string | null;
}

/**
 * Opens a folder of backups.
 * @throws BackupError where it is none, or with the wrong key
 */
export function openPlace(dir: string, key?: string): Place & { marker: Marker } {
  const place = { dir: resolve(dir), key: key || undefined };
  const marker = readMarker(place.dir);
  if (!marker)
    throw new BackupError(
      `${dir} holds no backups. If its disk is mounted, npm run backup -- --to ${dir} begins there.`,
    );
  if (marker.key_check === null && place.key)
    throw new BackupError(
      `The backups in ${dir} are not encrypted: unset BACKUP_KEY, or begin another folder.`,
    );
  if (marker.key_check !== null && !place.key)
    throw new BackupError(`The backups in ${dir} are encrypted: set BACKUP_KEY.`);
  if (place.key && marker.key_check !== checkOf(place.key))
    throw new BackupError(`BACKUP_KEY is not the key of the backups in ${dir}.`);
  return { ...place, marker };
}

/**
 * Opens a folder for the backups of a server, and begins it where it is empty or absent.
 * @throws BackupError where it holds something else, or another server's backups
 */
export async function beginPlace(
  dir: string,
  { key, system_identifier }: { key: string | undefined; system_identifier: string },
): Promise<Place> {
  if (!readMarker(dir)) {
    if (existsSync(dir) && readdirSync(dir).some((name) => name !== 'lost+found'))
      throw new BackupError(`${dir} holds something else: name an empty folder.`);
    const marker: Marker = { format: 1, system_identifier, key_check: key ? checkOf(key) : null };
    for (const folder of ['base', 'wal', 'photos', 'erasures', 'rehearsals'])
      mkdirSync(join(dir, folder), { recursive: true });
    // The server's user archives here, and reads of which server and with which key.
    const { ids } = serverUser();
    if (ids) chownSync(join(dir, 'wal'), ids.uid, ids.gid);
    await writeWhole(join(dir, MARKER), `${JSON.stringify(marker, null, 2)}\n`, 0o644);
  }
  const { marker, ...place } = openPlace(dir, key);
  if (marker.system_identifier !== system_identifier)
    throw new BackupError(`${dir} holds the backups of another server: name another folder.`);
  return place;
}

function readMarker(dir: string): Marker | undefined {
  const file = join(dir, MARKER);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

const suffix = ({ key }: Place) => (key ? '.gz.enc' : '.gz');

/** Where a file of this name is kept. */
export const pathOf = (place: Place, name: string): string => join(place.dir, `${name}${suffix(place)}`);

/** The names of the files that are kept in one folder of the place. */
export const namesIn = (place: Place, folder: string): string[] => {
  const end = suffix(place);
  const dir = join(place.dir, folder);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .sort();
};

/** What was written of a file. */
interface Kept {
  bytes: number;
  sha256: string;
}

/**
 * Keeps a file: compressed, encrypted where there is a key, on the disk and read back from it before it has its name.
 * Never overwrites: of two that write the same name one is told EEXIST.
 */
export async function keep(place: Place, name: string, source: AsyncIterable<Buffer>): Promise<Kept> {
  const path = pathOf(place, name);
  const unfinished = `${path}.${randomUUID()}.part`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await pipeline(
      Readable.from(source, { objectMode: false }),
      createGzip({ level: 1 }),
      async function* (packed: AsyncIterable<Buffer>) {
        for await (const part of place.key ? encrypt(packed, place.key, name) : packed) {
          hash.update(part);
          bytes += part.length;
          yield part;
        }
      },
      createWriteStream(unfinished, { flags: 'wx', mode: 0o640, flush: true }),
    );
    const sha256 = hash.digest('hex');
    if ((await hashOf(unfinished)) !== sha256)
      throw new BackupError(`${path} was not written as it was sent.`);
    await link(unfinished, path);
    // After its file: of two that write the same name, whoever comes second leaves the checksum of the first alone too.
    await writeChecksum(path, sha256);
    return { bytes, sha256 };
  } finally {
    await rm(unfinished, { force: true });
    await syncFolder(dirname(path));
  }
}

const writeChecksum = (path: string, sha256: string): Promise<void> =>
  writeWhole(`${path}.sha256`, `${sha256}  ${basename(path)}\n`);

/** Puts the checksum beside a file that has none: whoever wrote the file was ended before. */
export async function completeChecksum(place: Place, name: string): Promise<void> {
  const path = pathOf(place, name);
  if (!existsSync(`${path}.sha256`)) await writeChecksum(path, await hashOf(path));
}

/**
 * What is in a file that was kept.
 * @throws BackupError once it turns out not to be what was written, at its end at the latest
 */
export async function* contentOf(place: Place, name: string): AsyncGenerator<Buffer> {
  const path = pathOf(place, name);
  if (!existsSync(path)) throw new BackupError(`${path} is not there.`);
  const hash = createHash('sha256');
  async function* stored() {
    for await (const part of createReadStream(path)) {
      hash.update(part);
      yield part as Buffer;
    }
  }
  const plain = place.key ? decrypt(stored(), place.key, name) : stored();
  const unpacked = Readable.from(plain, { objectMode: false }).compose(createGunzip());
  try {
    for await (const part of unpacked) yield part as Buffer;
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`${path} is broken.`, { cause: error });
  }
  const checksum = existsSync(`${path}.sha256`) ? readFileSync(`${path}.sha256`, 'utf8') : '';
  const [sum] = checksum.split(' ');
  if (hash.digest('hex') !== sum) throw new BackupError(`${path} is broken: its checksum is another.`);
}

/** The same of a small file, at once. */
export async function bytesOf(place: Place, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of contentOf(place, name)) parts.push(part);
  return Buffer.concat(parts);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Writes a small file so that it is there whole, or as it was before. */
export async function writeWhole(path: string, text: string, mode = 0o640): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(unfinished, text, { mode, flush: true });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  await syncFolder(dirname(path));
}

/** Makes names in a folder outlive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r');
  await opened.sync().finally(() => opened.close());
}
