import type { WallTime } from '../../core/clock.ts';
import { clientOf, type Tx } from '../../db/client.ts';
import { isActive } from '../availability/visits.sql.ts';

/** A branch, or a room. */
export type Where = { branch: number } | { room: number };

const of = (where: Where) =>
  'branch' in where
    ? { column: 'branch_id', name: 'branch', id: where.branch }
    : { column: 'room_id', name: 'room', id: where.room };

/** The visits that lie ahead. @param row the name of a visit */
const isAhead = (row: string, column: string) =>
  `${row}.${column} = $1 and (${row}.date, ${row}.start_time) > ($2::date, $3::time)`;
/** The slots that are not over: until then the desk books one for who is there. @param row the name of a slot */
const lasts = (row: string, column: string) =>
  `${row}.${column} = $1 and (${row}.date, ${row}.end_time) > ($2::date, $3::time)`;

/**
 * Waits for whoever decides over a slot there that is not over, and keeps everybody else from them: all of a room, since a visit
 * may be examined in another and leave its slot to this one; of a branch the free ones, and those of active visits; by their ids.
 */
export async function lockThere(tx: Tx, where: Where, wall: WallTime): Promise<void> {
  const { column, name, id } = of(where);
  await clientOf(tx).query({
    name: `timeslots.lock-${name}`,
    text: `
      select from timeslots s
      where s.id in (
        select f.id from timeslots f where ${lasts('f', column)} ${name === 'branch' ? 'and not f.is_taken' : ''}
        union all
        select unnest(a.timeslot_id || a.further_timeslots) from appointments a
        where ${isAhead('a', column)} and ${isActive('a')})
      order by s.id for update of s`,
    values: [id, wall.date, wall.time],
  });
}

/** Removes the free slots there that are not over, and keeps which they were: who still wants one is told that it is closed. */
export async function removeThere(tx: Tx, where: Where, wall: WallTime): Promise<void> {
  const { column, name, id } = of(where);
  await clientOf(tx).query({
    name: `timeslots.remove-${name}`,
    text: `
      with gone as (
        delete from timeslots s where ${lasts('s', column)} and not s.is_taken returning s.id, s.date, s.branch_id
      )
      insert into closed_timeslots (timeslot_id, date, branch_id) select id, date, branch_id from gone`,
    values: [id, wall.date, wall.time],
  });
}
