import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { touch } from './copies.ts';
import { BackupError } from './envelope.ts';
import { bytesOf, completeChecksum, keep, namesIn, type Place } from './place.ts';

/** Doctors' photos in a backup: files that never change, so that each is copied once. */

/** The store of photos, as far as a copy needs it. */
interface Store {
  get(file: string): Promise<Buffer | undefined>;
  list(): AsyncIterable<{ file: string }>;
}

export interface Photos {
  kept: number;
  there: number;
}

/** Copies what is not there yet, and marks the rest as in use. */
export async function copyPhotos(place: Place, store: Store, now: Date): Promise<Photos> {
  const known = new Set(namesIn(place, 'photos'));
  const count = { kept: 0, there: 0 };
  for await (const { file } of store.list()) {
    // Half-written ones have longer names.
    if (!/^[\w-]+\.\w+$/.test(file)) continue;
    if (known.has(file)) {
      await completeChecksum(place, `photos/${file}`);
      await touch(place, `photos/${file}`, now);
      count.there += 1;
      continue;
    }
    const bytes = await store.get(file);
    if (!bytes) continue;
    await keep(place, `photos/${file}`, Readable.from([bytes]));
    count.kept += 1;
  }
  return count;
}

/**
 * Puts back the photos that a restored database names.
 * @param photos without the size and the ending of their files
 * @returns how many of them are in no backup
 */
export async function restorePhotos(
  place: Place,
  photos: readonly string[],
  folder: string,
): Promise<number> {
  const names = namesIn(place, 'photos');
  let missing = 0;
  for (const photo of photos) {
    const files = names.filter((name) => name.startsWith(`${photo}-`));
    if (files.length === 0) missing += 1;
    for (const file of files)
      try {
        await writeFile(join(folder, file), await bytesOf(place, `photos/${file}`));
      } catch (error) {
        if (!(error instanceof BackupError)) throw error;
        missing += 1;
      }
  }
  return missing;
}
