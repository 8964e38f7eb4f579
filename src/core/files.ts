import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Makes a file that only its owner reads. Of processes that do so together one makes it: it appears whole or not at all.
 * @returns false when it was there
 */
export function placeFile(file: string, text: string): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, text, { mode: 0o600 });
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own);
  }
}

/** Puts another text in a file's place; a reader sees the old one or the new one. */
export function replaceFile(file: string, text: string): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, text, { mode: 0o600 });
  renameSync(own, file);
}
