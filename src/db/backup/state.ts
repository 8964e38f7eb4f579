import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listBases } from './copies.ts';

/** What of the backups one asks first when something is wrong. */
export interface BackupState {
  /** When the newest whole base was done; null where there is none, or the folder is away. */
  backed_up_at: string | null;
  bytes: number | null;
  rehearsal: { at: string; ok: boolean; rpo_seconds: number | null; rto_seconds: number | null } | null;
}

/** @returns undefined where no backups are set up */
export async function readBackups(dir: string | undefined): Promise<BackupState | undefined> {
  if (dir === undefined) return undefined;
  const newest = listBases({ dir }).at(-1);
  const folder = join(dir, 'rehearsals');
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith('.json')) : [];
  const last = names.sort().at(-1);
  const { at, ok, rpo_seconds, rto_seconds } = last
    ? JSON.parse(await readFile(join(folder, last), 'utf8'))
    : {};
  return {
    backed_up_at: newest?.finished_at ?? null,
    bytes: newest?.data.bytes ?? null,
    rehearsal: at ? { at, ok, rpo_seconds: rpo_seconds ?? null, rto_seconds: rto_seconds ?? null } : null,
  };
}
