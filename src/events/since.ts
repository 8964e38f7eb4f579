import type { Db } from '../db/client.ts';
import { type Happened, happenedColumns } from './log.ts';

/** What happened since a moment, by the clock of the database, in the order of ids; nothing that was loaded quietly. */
export async function listSince(
  db: Db,
  {
    since,
    after,
    types,
    limit,
  }: { since: Date; after: number; types: readonly string[] | null; limit: number },
): Promise<Happened[]> {
  const { rows } = await db.$client.query<Happened>({
    name: 'events.since',
    text: `
      select ${happenedColumns} from events e
      where e.id > $2 and e.id >= (select events_from($1)) and e.noted_at >= $1 and not e.is_quiet
        and ($3::text[] is null or e.type::text = any ($3))
      order by e.id limit $4`,
    values: [since, after, types, limit],
  });
  return rows;
}
