import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Executor } from '../../db/client.ts';

/**
 * Nobody has answered the request, and its slot is over: from then on nothing is done with it, whether or not the job has
 * marked it by now. `a` stands for the row of `appointments`.
 * @param from the number of the wall's date among the statement's parameters; its time is the next one
 */
export const isLapsed = (a: string, from: number): string =>
  `(${a}.status = 'pending' and (${a}.date, ${a}.end_time) <= ($${from}::date, $${from + 1}::time))`;

/**
 * Ends requests that have lapsed, by the order of their ids. One that somebody is just deciding over is passed by: it is
 * decided then, or found the next time.
 * @param limit how many at the most
 * @returns how many were ended
 */
export async function expireLapsed(
  executor: Executor,
  { now, wall }: { now: Date; wall: WallTime },
  limit: number,
): Promise<number> {
  const { rowCount } = await clientOf(executor).query({
    name: 'appointments.expire',
    text: `
      update appointments set status = 'expired', updated_by = null, updated_at = $1
      where id in (
        select a.id from appointments a
        where ${isLapsed('a', 2)} and a.date <= $2::date
        order by a.id limit $4 for no key update skip locked)`,
    values: [now, wall.date, wall.time, limit],
  });
  return rowCount ?? 0;
}
