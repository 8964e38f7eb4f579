import type { WallTime } from '../../../core/clock.ts';
import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { isStillToCome } from '../../availability/visits.sql.ts';
import { guardiansOf } from '../../patients/families/guardians.sql.ts';

/** An appointment that is called off, with its doctor and its patient. */
interface CalledOff {
  id: number;
  timeslot: number;
  /** The others of a long visit. */
  further_timeslots: number[];
  date: string;
  start_time: string;
  end_time: string;
  doctor: { id: number; first_name: string | null; last_name: string | null };
  patient: { id: number; first_name: string | null; last_name: string | null; phone: string | null };
}

/** Which appointments, as a condition over the row `a` of `appointments`. All of them are still to come. */
export interface Selection {
  name: string;
  condition: string;
  values: readonly unknown[];
}

/** A part of a doctor's calendar: from `start_time` of the first day to `end_time` of the last, after a moment. */
export interface AbsenceAhead {
  doctor: number;
  from: string;
  to: string;
  start_time: string;
  end_time: string;
  after: WallTime;
}

/** A day of a branch, or of the whole clinic, after a moment. */
export interface DayAhead {
  date: string;
  branch: number | null;
  after: WallTime;
}

/** A doctor's appointments that touch an absence. */
export const during = ({ doctor, from, to, start_time, end_time, after }: AbsenceAhead): Selection => ({
  name: 'during',
  condition: `a.doctor_id = $1 and a.date between $2::date and $3::date and ${isStillToCome('a', 6)}
    and tsrange($2::date + $4::time, $3::date + $5::time) && tsrange(a.date + a.start_time, a.date + a.end_time)`,
  values: [doctor, from, to, start_time, end_time, after.date, after.time],
});

/** Everybody's appointments on one day, after a moment, in a branch or everywhere. */
export const on = ({ date, branch, after }: DayAhead): Selection => ({
  name: 'on-day',
  condition: `a.date = $1::date and ${isStillToCome('a', 2)} and a.branch_id = coalesce($4::integer, a.branch_id)`,
  values: [date, after.date, after.time, branch],
});

/** A person's appointments, as patient and as doctor. */
export const aheadOf = (person: number, wall: WallTime): Selection => ({
  name: 'ahead-of',
  condition: `(a.doctor_id = $1 or a.patient_id = $1) and ${isStillToCome('a', 2)}`,
  values: [person, wall.date, wall.time],
});

/** Everybody's appointments in a branch or a room. */
export const aheadIn = (where: { branch: number } | { room: number }, wall: WallTime): Selection => {
  const [name, column, id] =
    'branch' in where ? ['in-branch', 'branch_id', where.branch] : ['in-room', 'room_id', where.room];
  return {
    name,
    condition: `a.${column} = $1 and ${isStillToCome('a', 2)}`,
    values: [id, wall.date, wall.time],
  };
};

const shown = `a.id, a.timeslot_id as timeslot, a.further_timeslots, a.date, a.start_time, a.end_time,
  json_build_object('id', d.id, 'first_name', d.first_name, 'last_name', d.last_name) as doctor,
  json_build_object('id', p.id, 'first_name', p.first_name, 'last_name', p.last_name, 'phone', p.phone) as patient`;
const people = 'join users d on d.id = a.doctor_id join users p on p.id = a.patient_id';
const byTime = 'order by a.date, a.start_time, a.id';

/** The first of them by time, with how many there are in all. */
export async function listVisits(
  executor: Executor,
  { name, condition, values }: Selection,
  limit: number,
): Promise<{ count: number; rows: CalledOff[] }> {
  const { rows } = await clientOf(executor).query<CalledOff & { count: number }>({
    name: `appointments.list-${name}`,
    text: `
      select ${shown}, count(*) over ()::integer as count from appointments a ${people}
      where ${condition} ${byTime} limit $${values.length + 1}`,
    values: [...values, limit],
  });
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count, ...visit }) => visit) };
}

export async function countVisits(tx: Tx, { name, condition, values }: Selection): Promise<number> {
  const { rows } = await clientOf(tx).query<{ count: number }>({
    name: `appointments.count-${name}`,
    text: `select count(*)::integer as count from appointments a where ${condition}`,
    values: [...values],
  });
  return rows[0]?.count ?? 0;
}

/** Waits for whoever decides over one of them. They are locked by their ids, and before any slot, as everybody does. */
export async function lockVisits(tx: Tx, { name, condition, values }: Selection): Promise<void> {
  await clientOf(tx).query({
    name: `appointments.lock-${name}`,
    text: `select from appointments a where ${condition} order by a.id for no key update`,
    values: [...values],
  });
}

/** A patient who has arrived already is sent home: the mark goes with the visit. */
export async function cancelVisits(
  tx: Tx,
  { name, condition, values }: Selection,
  { by, reason, now }: { by: number; reason: string | null; now: Date },
): Promise<CalledOff[]> {
  const [$by, $reason, $now] = [1, 2, 3].map((place) => `$${values.length + place}`);
  const { rows } = await clientOf(tx).query<CalledOff>({
    name: `appointments.cancel-${name}`,
    text: `
      with cancelled as (
        update appointments a set
          status = 'cancelled', cancelled_by = ${$by}, cancel_reason = ${$reason}, updated_by = ${$by}, updated_at = ${$now},
          attendance = null, attendance_marked_at = null
        where ${condition}
        returning *
      )
      select ${shown} from cancelled a ${people} ${byTime}`,
    values: [...values, by, reason, now],
  });
  return rows;
}

/**
 * Has those told who look after a patient that is being erased, or is given another role: with the same transaction nobody looks
 * after them any more, and the log would tell nobody.
 * @param visits theirs, and others that are left out
 * @param adult the latest day of birth of adults
 */
export async function tellGuardians(
  tx: Tx,
  visits: readonly number[],
  patient: number,
  adult: string,
): Promise<void> {
  await clientOf(tx).query({
    name: 'appointments.tell-guardians',
    text: `
      select queue_job('appointment_event', json_build_object(
        'appointment', a.id, 'version', a.version, 'event', 'cancelled', 'guardians', keepers.ids,
        'to', json_build_object('date', a.date, 'start_time', left(a.start_time::text, 5))))
      from appointments a cross join (select array(${guardiansOf('$2', '$3')}) as ids) keepers
      where a.id = any ($1) and a.patient_id = $2 and cardinality(keepers.ids) > 0`,
    values: [visits, patient, adult],
  });
}
