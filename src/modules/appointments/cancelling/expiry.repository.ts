import type { WallTime } from '../../../core/clock.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { isLapsed } from '../../availability/visits.sql.ts';

/**
 * Ends requests that have lapsed, in the order of their ids. It skips a request over which somebody is just deciding: that one
 * is decided then, or found the next time.
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
