import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from './base.ts';
import { namesIn, type Place, pathOf } from './place.ts';
import { segmentOf } from './wal.ts';

/** Which backups there are, and which of them are old. */

/** Every whole base backup, oldest first. */
export function listBases({ dir }: Pick<Place, 'dir'>): Manifest[] {
  const folder = join(dir, 'base');
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map((id) => join(folder, id, 'manifest.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Manifest)
    .sort((a, b) => a.finished_at.localeCompare(b.finished_at));
}

const DAY = 86_400_000;

/**
 * Deletes the bases that ended before `keep_days`, and the log that no other base needs. What can be restored reaches back
 * `keep_days` at least: so the newest base before that moment stays.
 * @returns the moment before which nothing can be restored any more
 */
export async function expire(place: Place, keep_days: number, now: Date): Promise<Date> {
  const bases = listBases(place);
  const since = new Date(now.getTime() - keep_days * DAY).toISOString();
  const oldest = bases.findLast(({ finished_at }) => finished_at <= since) ?? bases[0];
  if (!oldest) return now;
  for (const base of bases)
    if (base.finished_at < oldest.finished_at)
      await rm(join(place.dir, 'base', base.id), { recursive: true, force: true });
  const first = segmentOf(oldest.first_wal, oldest.server.segment_bytes);
  for (const name of namesIn(place, 'wal')) {
    // What a timeline came from stays: without it no later log can be followed.
    if (name.endsWith('.history')) continue;
    if (segmentOf(name, oldest.server.segment_bytes).number < first.number)
      await remove(place, `wal/${name}`);
  }
  await expireUnfinished(place, now);
  return new Date(oldest.finished_at);
}

async function remove(place: Place, name: string): Promise<void> {
  const path = pathOf(place, name);
  await rm(path, { force: true });
  await rm(`${path}.sha256`, { force: true });
}

/** What a crash left half written, once nobody can be writing it any more. */
async function expireUnfinished({ dir }: Place, now: Date): Promise<void> {
  for (const folder of ['base', 'wal', 'photos', 'erasures', 'rehearsals', '.'])
    for (const name of await readdir(join(dir, folder))) {
      const path = join(dir, folder, name);
      const isHalf = folder === 'base' ? !existsSync(join(path, 'manifest.json')) : name.endsWith('.part');
      if (!isHalf) continue;
      if (await isOlder(path, DAY, now)) await rm(path, { recursive: true, force: true });
    }
}

/** Marks a photo as one that is still in use. */
export const touch = (place: Place, name: string, now: Date): Promise<void> =>
  utimes(pathOf(place, name), now, now);

/** Deletes photos that have been in use by nobody for as long as backups are kept. */
export async function expirePhotos(place: Place, keep_days: number, now: Date): Promise<void> {
  for (const name of namesIn(place, 'photos'))
    if (await isOlder(pathOf(place, `photos/${name}`), keep_days * DAY, now))
      await remove(place, `photos/${name}`);
}

/** Whether something was written longer ago than this. What somebody else has just removed is not. */
async function isOlder(path: string, milliseconds: number, now: Date): Promise<boolean> {
  try {
    return now.getTime() - (await stat(path)).mtimeMs > milliseconds;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
