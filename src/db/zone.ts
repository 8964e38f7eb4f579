import type { Clock } from '../core/clock.ts';
import { clientOf, type Db, databaseError, transaction } from './client.ts';

/** How far ahead the two tables are compared. */
const DAYS = 731;

/** Between which instants the two tables say something else, and how many whole hours of those. */
interface ZoneDifference {
  from: string;
  until: string;
  hours: number;
}

/**
 * Compares what Node and the database know of the clinic's time zone: each has a table of its own, as old as itself. Wall
 * times become instants by the clock alone, so that a difference breaks nothing; but one of the two is out of date.
 * @returns `unknown` where the database does not know the name; undefined where both say the same
 */
export async function compareZone(
  db: Db,
  clock: Pick<Clock, 'timezone' | 'now' | 'changes' | 'offsetAt'>,
): Promise<'unknown' | ZoneDifference | undefined> {
  const from = clock.now();
  const until = new Date(from.getTime() + DAYS * 86_400_000);
  const changes = clock.changes(from, until);
  const ours = [clock.offsetAt(from), ...changes.map(({ after }) => after)].map((ms) => ms / 1_000);
  try {
    return await transaction(db, async (tx) => {
      const client = clientOf(tx);
      // For this transaction only.
      await client.query({ text: "select set_config('timezone', $1, true)", values: [clock.timezone] });
      const { rows } = await client.query<{ first: number; last: number; hours: number }>({
        text: `
          select extract(epoch from min(hour))::float8 as first, extract(epoch from max(hour))::float8 as last,
            count(*)::int as hours
          from generate_series($1::timestamptz, $2::timestamptz, '1 hour') hour
          where extract(timezone from hour) <> ($4::int[])[1 + width_bucket(hour, $3::timestamptz[])]`,
        values: [from, until, changes.map(({ at }) => new Date(at)), ours],
      });
      const [found] = rows;
      if (!found || found.hours === 0) return undefined;
      const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
      return { from: at(found.first), until: at(found.last), hours: found.hours };
    });
  } catch (error) {
    if (databaseError(error)?.code === '22023') return 'unknown';
    throw error;
  }
}
