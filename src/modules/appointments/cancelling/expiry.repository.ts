import type { WallTime } from '../../../core/clock.ts';
import { clientOf, type Executor } from '../../../db/client.ts';
import { isLapsed } from '../../availability/visits.sql.ts';

/**
 * Ends requests that have lapsed, the earliest first, and locks them in the order of their ids. It skips a request over which
 * somebody is just deciding: that one is decided then, or found the next time. They are found by their time, in whose order an
 * index has those of a status. In the order of ids the server goes through all visits there ever were, since it expects that one
 * of many requests has lapsed and none has.
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
      with lapsed as materialized (
        select a.id from appointments a
        where ${isLapsed('a', 2)} and a.date <= $2::date
        order by a.date, a.start_time, a.id limit $4
      )
      update appointments set status = 'expired', updated_by = null, updated_at = $1
      where id in (
        select a.id from appointments a
        where a.id = any (array(select id from lapsed)) and ${isLapsed('a', 2)}
        order by a.id for no key update skip locked)`,
    values: [now, wall.date, wall.time, limit],
  });
  return rowCount ?? 0;
}
