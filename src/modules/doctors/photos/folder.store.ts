import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhotoStore } from './photo.store.ts';

/** Photos in a folder, which is made with the first of them. All processes that serve them need the same folder. */
export function createFolderStore(folder: string): PhotoStore {
  return {
    async put(file, bytes) {
      await mkdir(folder, { recursive: true });
      const unfinished = join(folder, `${file}.${randomUUID()}`);
      await writeThrough(unfinished, bytes);
      await rename(unfinished, join(folder, file));
      await syncFolder(folder);
    },
    get: (file) => unlessMissing(readFile(join(folder, file))),
    remove: (file) => rm(join(folder, file), { force: true }),
    async *list() {
      for (const file of (await unlessMissing(readdir(folder))) ?? []) {
        const found = await unlessMissing(stat(join(folder, file)));
        if (found?.isFile()) yield { file, changed_at: found.mtime };
      }
    },
  };
}

/** Onto the disk: a machine that loses its power a moment later has it. */
async function writeThrough(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The new name, too. Windows opens no folders. */
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r').catch(() => undefined);
  try {
    await opened?.sync();
  } finally {
    await opened?.close();
  }
}

async function unlessMissing<Found>(reading: Promise<Found>): Promise<Found | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
