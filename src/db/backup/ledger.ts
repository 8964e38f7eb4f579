import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openPlace, type Place, writeWhole } from './place.ts';

/**
 * The ledger of erasures: who was erased, and when, kept where the backups are. Nobody who was erased comes back with a
 * backup that still knows them. It holds ids and times alone.
 */

interface Erased {
  /** People by their ids, and when their accounts were made: after a restore ids are given again. */
  people: { id: number; created_at: string }[];
  at: string;
}

interface ErasureLedger {
  /**
   * To be called when all else of an erasure is done and before it commits. An erasure that is not noted must not happen.
   */
  note(erased: Erased): Promise<void>;
}

/** The ledger in the folder of the backups; without one there is nothing from which anybody could come back. */
export function openLedger(dir: string | undefined, key: string | undefined): ErasureLedger {
  return {
    async note(erased) {
      if (dir === undefined) return;
      const place = openPlace(dir, key);
      const name = `${erased.at.replace(/[-:.]/g, '')}-${randomUUID()}.json`;
      await writeWhole(join(place.dir, 'erasures', name), JSON.stringify(erased));
    },
  };
}

/** Every entry, oldest first. */
export async function readLedger({ dir }: Place): Promise<Erased[]> {
  const folder = join(dir, 'erasures');
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith('.json')) : [];
  return Promise.all(
    names.sort().map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Erased),
  );
}

/** Deletes entries that every backup knows of. @param before nothing older can be restored */
export async function expireLedger({ dir }: Place, before: Date): Promise<void> {
  const folder = join(dir, 'erasures');
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue;
    const { at } = JSON.parse(await readFile(join(folder, name), 'utf8')) as Erased;
    if (new Date(at) < before) await rm(join(folder, name), { force: true });
  }
}
