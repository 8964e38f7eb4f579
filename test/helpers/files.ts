import { chownSync, writeFileSync } from 'node:fs';
import type { ServerUser } from '../../src/db/embedded/files.ts';

/** A file that only the servers' user can read. @returns its path */
export function writeFor({ ids }: ServerUser, path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  if (ids) chownSync(path, ids.uid, ids.gid);
  return path;
}
