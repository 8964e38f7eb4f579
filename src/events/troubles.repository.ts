import { clientOf, type Db, type Executor, type Tx } from '../db/client.ts';
import { type Happened, happenedColumns } from './log.ts';

/** Events that a reader failed at. They are tried again, apart from the others, and those of the same appointment wait behind. */

interface Trouble extends Happened {
  tries: number;
}

/** Those of these events whose appointment has an earlier event that this reader fails at. */
export async function listBehind(
  executor: Executor,
  reader: string,
  appointments: readonly number[],
): Promise<Set<number>> {
  const { rows } = await clientOf(executor).query<{ appointment_id: number }>({
    name: 'events.behind',
    text: `
      select distinct appointment_id from event_troubles
      where reader = $1 and not is_set_aside and appointment_id = any ($2)`,
    values: [reader, appointments],
  });
  return new Set(rows.map((row) => row.appointment_id));
}

/** @param failed.seconds until it is tried again */
export async function keepTrouble(
  tx: Tx,
  reader: string,
  { id, appointment_id }: Happened,
  {
    tries,
    seconds,
    code,
    is_set_aside,
  }: { tries: number; seconds: number; code: string | null; is_set_aside: boolean },
): Promise<void> {
  await clientOf(tx).query({
    name: 'events.trouble',
    text: `
      insert into event_troubles (reader, event_id, appointment_id, tries, retry_at, code, is_set_aside)
      values ($1, $2, $3, $4, now() + make_interval(secs => $5), $6, $7)
      on conflict (reader, event_id) do update set tries = excluded.tries, retry_at = excluded.retry_at,
        code = excluded.code, is_set_aside = excluded.is_set_aside`,
    values: [reader, id, appointment_id, tries, seconds, code, is_set_aside],
  });
}

/** @returns false where it is no trouble any more */
export async function endTrouble(tx: Tx, reader: string, event: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'events.trouble-over',
    text: 'delete from event_troubles where reader = $1 and event_id = $2 and not is_set_aside',
    values: [reader, event],
  });
  return rowCount === 1;
}

/** Whether a trouble `t` is to be tried again now: the first of each appointment, and those of none. */
export const isDue = `not t.is_set_aside and t.retry_at <= now() and not exists (
        select from event_troubles b
        where b.reader = t.reader and b.appointment_id = t.appointment_id and not b.is_set_aside and b.event_id < t.event_id)`;

/** What is to be tried again now. */
export async function listDue(db: Db, reader: string, limit: number): Promise<Trouble[]> {
  const { rows } = await db.$client.query<Trouble>({
    name: 'events.troubles-due',
    text: `
      select ${happenedColumns}, t.tries from event_troubles t join events e on e.id = t.event_id
      where t.reader = $1 and ${isDue}
      order by t.event_id limit $2`,
    values: [reader, limit],
  });
  return rows;
}
