import type { Role } from '../../../core/roles.ts';
import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import type { HistoryKind } from './history.schemas.ts';

export interface HistoryRow {
  at: string;
  kind: HistoryKind;
  details: Record<string, unknown>;
  by_id: number | null;
  by_role: Role | null;
  by_first_name: string | null;
  by_last_name: string | null;
  appointment: number;
  patient: number;
  /** It happened while the visit was somebody else's: before it was found to be that of whose it is. */
  is_of_another: boolean;
}

/**
 * The event by which a visit was found to be that of whose it is, 0 where it was never somebody else's: what came before is the
 * other's. Two records of one person, whenever they became one, are no others.
 * @param visit a row of `appointments`
 */
export const foundSince = (visit: string): string => `(
  select coalesce(max(e.id), 0)
  from appointment_happened e left join users former on former.id = (e.details ->> 'from_patient')::integer
  where e.appointment_id = ${visit}.id and e.kind = 'patient_changed'
    and former.merged_into is distinct from ${visit}.patient_id)`;

/**
 * What happened to an appointment, oldest first: the booking, then its last events. The booking is read from the appointment
 * itself, and the time that was booked from its first move, if it was moved. Whose it was before may be the same person, two
 * records of whom became one, whenever that was: then it was nobody else's. Whoever did something by a record that was
 * merged into another is named by that one.
 * @param most how many rows at most
 */
export async function listHistory(db: Db, appointment: number, most: number): Promise<HistoryRow[]> {
  const { rows } = await db.$client.query<HistoryRow>({
    name: 'appointments.history',
    text: `
      with visit as (
        select * from appointments where id = $1
      ), happened as (
        select 0::bigint as id, v.created_at as at, 'booked' as kind, v.booked_by as by, jsonb_build_object('to', coalesce(
            (select e.details -> 'from' from appointment_happened e
             where e.appointment_id = v.id and e.kind = 'moved' order by e.id limit 1),
            jsonb_build_object('date', v.date, 'start_time', left(v.start_time::text, 5), 'end_time', left(v.end_time::text, 5))
          )) as details
        from visit v
        union all
        (select id, at, kind::text, by, details from appointment_happened where appointment_id = $1 order by id desc limit $2)
      ), found as (
        select ${foundSince('v')} as since from visit v
      )
      select h.at, h.kind, h.details, u.id as by_id, u.role as by_role, u.first_name as by_first_name,
        u.last_name as by_last_name, v.id as appointment, v.patient_id as patient,
        h.id < found.since as is_of_another
      from happened h cross join visit v cross join found left join users actor on actor.id = h.by
      left join users u on u.id = coalesce(actor.merged_into, actor.id)
      order by h.id`,
    values: [appointment, most - 1],
  });
  return rows;
}

/** Copies events into the history, which outlives the log. An event that comes again changes nothing. */
export async function copyEvents(tx: Tx, events: readonly number[]): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.copy-events',
    text: `
      insert into appointment_events (id, appointment_id, at, kind, by, details)
      select h.id, e.appointment_id, e.at, h.kind, e.by, h.details
      from events e cross join lateral event_history(e) h
      where e.id = any ($1) order by h.id
      on conflict (id) do nothing`,
    values: [events],
  });
}
