import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Manifest } from './base.ts';
import { type Place, pathOf } from './place.ts';

/** Whether the log of a server arrives where its backups are. */
export interface Archiving {
  is_on: boolean;
  /** The file that the server last failed to archive, where none has succeeded since. */
  failed: string | undefined;
  /** How many files wait. */
  waits: number;
}

/** The code with which a command ends that was asked for `--archived`, where it is not. */
export const NOT_ARCHIVED = 3;

/** As SQL: the server archives its log, by a command that does something or by a library. */
export const ARCHIVES = `(current_setting('archive_mode') <> 'off'
  and (current_setting('archive_command') !~ '^\\s*(/bin/)?(true)?\\s*$' or current_setting('archive_library') <> ''))`;

/** How long the last file of a base may take to arrive. */
const PATIENCE = 30_000;

/** Waits until the last segment of a base has arrived, or the server is seen to fail. */
export async function archivedUpTo(url: string, place: Place, { last_wal }: Manifest): Promise<Archiving> {
  const client = new pg.Client({ connectionString: url, application_name: 'clinic-backup' });
  client.on('error', () => {});
  await client.connect();
  try {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const state = await archivingOf(client);
      const arrived = existsSync(pathOf(place, `wal/${last_wal}`));
      if (!state.is_on || arrived) return { ...state, failed: arrived ? undefined : state.failed };
      if (state.failed || performance.now() > deadline) return { ...state, failed: state.failed ?? last_wal };
      await sleep(100);
    }
  } finally {
    await client.end();
  }
}

async function archivingOf(client: pg.Client): Promise<Archiving> {
  const { rows } = await client.query<{ is_on: boolean; failed: string | null; waits: number }>(`
    select ${ARCHIVES} as is_on,
      case when last_failed_time > coalesce(last_archived_time, '-infinity') then last_failed_wal end as failed,
      (select count(*)::int from pg_ls_archive_statusdir() where name like '%.ready') as waits
    from pg_stat_archiver`);
  const [row] = rows;
  return { is_on: row?.is_on ?? false, failed: row?.failed ?? undefined, waits: row?.waits ?? 0 };
}
