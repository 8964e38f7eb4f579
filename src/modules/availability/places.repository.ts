import { clientOf, type Db, type Executor } from '../../db/client.ts';
import { branchFor, isRoomUsed } from './places.sql.ts';

/** Where somebody wants to publish. */
export interface WantedPlace {
  branch?: number | undefined;
  room?: number | null | undefined;
}

export interface JudgedPlace {
  /** Null where none was named and none follows from what the doctor has. */
  branch: number | null;
  has_branch: boolean;
  branch_is_open: boolean;
  /** No room is wanted, or there is such a room in the branch. */
  has_room: boolean;
  room_is_open: boolean;
}

/** In which branch each of these places of a doctor's is, and whether it is there and open, in their order. */
export async function judgePlaces(
  executor: Executor,
  doctor: number,
  today: string,
  places: readonly WantedPlace[],
): Promise<JudgedPlace[]> {
  const { rows } = await clientOf(executor).query<JudgedPlace>({
    name: 'availability.judge-places',
    text: `
      with wanted as (
        select place, room, coalesce(branch, (select ${branchFor('$1', 'null', '$2')})) as branch
        from unnest($3::integer[], $4::integer[]) with ordinality as named (branch, room, place)
      )
      select w.branch, b.id is not null as has_branch, coalesce(b.is_active, false) as branch_is_open,
        w.room is null or r.id is not null as has_room, w.room is null or coalesce(r.is_active, false) as room_is_open
      from wanted w left join branches b on b.id = w.branch left join rooms r on r.id = w.room and r.branch_id = b.id
      order by w.place`,
    values: [
      doctor,
      today,
      places.map(({ branch }) => branch ?? null),
      places.map(({ room }) => room ?? null),
    ],
  });
  return rows;
}

/** The next room of the same kind and branch that nobody uses at that time; null where there is none. */
export async function findRoomInstead(
  db: Db,
  room: number,
  { date, start_time, end_time }: { date: string; start_time: string; end_time: string },
  now: Date,
): Promise<number | null> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'availability.room-instead',
    text: `
      select other.id
      from rooms r join rooms other on other.branch_id = r.branch_id and other.kind = r.kind
      cross join (values ($2::date, $3::time, $4::time)) wanted (date, start_time, end_time)
      where r.id = $1 and other.id <> r.id and other.is_active and not ${isRoomUsed('other.id', 'wanted', '$5')}
      order by other.id < r.id, other.id limit 1`,
    values: [room, date, start_time, end_time, now],
  });
  return rows[0]?.id ?? null;
}
