import type { Db } from '../db/client.ts';
import { SLOT_PLACES } from '../db/place-columns.ts';

/**
 * Of which rows the log says that something happened to them, by list. `noted` is what happened since the moment, `$4` what the
 * reader sees. More than has changed does no harm: whoever asks gets each row as it is.
 */
const UPDATED = {
  // A visit that has left the reader's branches is told to them too: also one of before the log begins, by the slot that it left.
  appointments: `
    select e.appointment_id as id, e.noted_at as at from noted e
    where e.appointment_id is not null and ($4::integer[] is null
      or exists (select from events p where p.appointment_id = e.appointment_id and p.branch_id = any ($4))
      or e.type = 'appointment.moved' and not exists (
        select from ${SLOT_PLACES} s where s.id = (e.details ->> 'from_timeslot')::integer and s.branch_id <> all ($4)))`,
  // What happens to a doctor's slot names its day, and a long visit takes several.
  timeslots: `
    select s.id, d.at from (
      select e.date, max(e.noted_at) as at from (
        select doctor_id, date, noted_at from noted
        union all
        select coalesce((details ->> 'from_doctor')::integer, doctor_id), (details -> 'from' ->> 'date')::date, noted_at from noted
      ) e
      where e.doctor_id = any ($4::integer[]) group by e.date
    ) d join timeslots s on s.doctor_id = any ($4) and s.date = d.date
    union all
    select gone.id::integer, e.noted_at from noted e cross join lateral jsonb_array_elements_text(e.details -> 'ids') gone (id)
    where e.type = 'timeslot.withdrawn' and e.doctor_id = any ($4)`,
  users: `
    select e.user_id as id, e.noted_at as at from noted e where e.user_id is not null and $4::integer[] is null`,
  // Whether messages reach a child follows from who looks after it, and from how these are reached.
  patients: `
    select p.id, e.noted_at as at from noted e
    cross join lateral (
      select e.user_id
      union all
      select e.patient_id where e.type = 'user.changed'
      union all
      select tie.dependant_id from guardianships tie where tie.guardian_id = e.user_id
    ) told (id) join patient_profiles p on p.id = told.id
    where e.user_id is not null and $4::integer[] is null`,
} as const;

/** What is copied. */
export type ListOf = keyof typeof UPDATED;

/** @returns so many ids after one, in their order, and when each was noted last */
export async function findUpdated(
  db: Db,
  of: ListOf,
  {
    since,
    after,
    limit,
    scope,
  }: { since: Date; after: number; limit: number; scope: readonly number[] | null },
): Promise<{ id: number; at: string }[]> {
  const { rows } = await db.$client.query<{ id: number; at: string }>({
    name: `events.updated:${of}`,
    text: `
      with noted as materialized (
        select e.type, e.noted_at, e.appointment_id, e.doctor_id, e.patient_id, e.user_id, e.date, e.details from events e
        where e.id >= (select events_from($1)) and e.noted_at >= $1
      ), updated as (${UPDATED[of]})
      select id, max(at) as at from updated where id > $2 group by id order by id limit $3`,
    values: [since, after, limit, scope],
  });
  return rows;
}

/**
 * Until when everything that happened can be seen, and since when the log tells of it. An event bears the moment in which its
 * transaction began, and is seen once that has ended: nothing is sure after the oldest that is open. A transaction shows itself an
 * instant after it began, and clocks are set right: hence the seconds. A restore begins another log.
 */
export async function findMoments(db: Db, days: number): Promise<{ until: string; kept_since: string }> {
  const { rows } = await db.$client.query({
    name: 'events.moments',
    text: `
      select least(clock_timestamp(), (
          select min(a.xact_start) from pg_stat_activity a
          where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
        )) - interval '5 seconds' as until,
        greatest(began_at, now() - make_interval(days => $1)) as kept_since
      from event_epochs`,
    values: [days],
  });
  return rows[0] as { until: string; kept_since: string };
}
