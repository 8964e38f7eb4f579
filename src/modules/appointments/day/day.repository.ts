import type { WallTime } from '../../../core/clock.ts';
import type { AppointmentStatus, Attendance, Locale } from '../../../core/words.ts';
import { clientOf, type Db } from '../../../db/client.ts';
import { isOpenTo } from '../../availability/bookable.sql.ts';
import { type Branches, isReached } from '../../availability/reach.sql.ts';
import { isActive, isKnown, isLapsed } from '../../availability/visits.sql.ts';

interface Asked {
  doctor: number;
  date: string;
  branch: number | undefined;
  reader: number;
  /** Those that the reader reaches. */
  branches: Branches;
  now: Date;
  wall: WallTime;
  /** The last day on which the waiting list's claim counts. */
  reach: string;
}

export interface DayRow {
  locale: Locale | null;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  specialization: string | null;
  /** Null in the one row of an empty day. */
  start_time: string | null;
  end_time: string;
  timeslots: number[];
  branch: number;
  room: number | null;
  room_name: string | null;
  is_available: boolean;
  /** Null where nobody has the slot. */
  id: number | null;
  status: AppointmentStatus;
  attendance: Attendance | null;
  version: number;
  service_id: number | null;
  service_name: Record<Locale, string> | null;
  reason: string | null;
  note: string | null;
  patient_id: number;
  patient_first_name: string | null;
  patient_last_name: string | null;
  patient_phone: string | null;
  patient_date_of_birth: string | null;
  is_known: boolean;
}

/** Whether a branch is one that the reader asks for, and reaches. @param branch the SQL for its id */
const isWanted = (branch: string) =>
  `(($3::integer is null or ${branch} = $3) and ${isReached(branch, '$5')})`;

/**
 * A doctor's day, by time: the slots that nobody has, and the visits that are on. Both are read from their doctor's index of
 * that one day. A doctor who was erased has the visits that they had, and no name.
 * @returns no row when there is no such doctor
 */
export async function readDay(db: Db, asked: Asked): Promise<DayRow[]> {
  const { doctor, date, branch, reader, branches, now, wall, reach } = asked;
  const { rows } = await clientOf(db).query<DayRow>({
    name: 'appointments.day',
    text: `
      with entries as (
        select s.start_time, s.end_time, array[s.id] as timeslots, s.branch_id as branch, s.room_id as room,
          (s.date, s.start_time) > ($7::date, $8::time) and ${isOpenTo('null', { now: '$6', reach: '$9' })} as is_available,
          null::integer as visit
        from timeslots s
        where s.doctor_id = $1 and s.date = $2::date and not s.is_taken and ${isWanted('s.branch_id')}
        union all
        select a.start_time, a.end_time, a.timeslot_id || a.further_timeslots, a.branch_id, a.room_id, false, a.id
        from appointments a
        where a.doctor_id = $1 and a.date = $2::date and ${isActive('a')} and not ${isLapsed('a', 7)}
          and ${isWanted('a.branch_id')}
      )
      select (select u.locale from users u where u.id = $4) as locale,
        u.first_name as doctor_first_name, u.last_name as doctor_last_name, d.specialization,
        e.start_time, e.end_time, e.timeslots, e.branch, e.room, r.name as room_name, e.is_available,
        a.id, a.status, a.attendance, a.version, a.service_id, a.service_name, a.reason, a.note,
        p.id as patient_id, p.first_name as patient_first_name, p.last_name as patient_last_name,
        p.phone as patient_phone, pp.date_of_birth as patient_date_of_birth,
        a.id is not null and ${isKnown('a.patient_id')} as is_known
      from users u join doctor_profiles d on d.id = u.id
      left join entries e on true
      left join rooms r on r.id = e.room
      left join appointments a on a.id = e.visit
      left join users p on p.id = a.patient_id
      left join patient_profiles pp on pp.id = p.id
      where u.id = $1
      order by e.start_time, e.end_time, a.id`,
    values: [doctor, date, branch, reader, branches, now, wall.date, wall.time, reach],
  });
  return rows;
}
