import { unseen } from '../../db/sql.ts';
import { isUseCounted } from './rooms.sql.ts';

/** Where doctors work and which rooms are in use, as SQL. */

/**
 * No room is named, or one of a branch that is open.
 * @param room the SQL for the id of the room that is named, which may be null
 * @param branch a row of `branches`
 */
export const roomIsOpen = (room: string, branch: string): string => `(
  ${unseen(room, 'integer')} is null
  or exists (select from rooms r where r.id = ${room} and r.branch_id = ${branch}.id and r.is_active))`;

/**
 * From a day on a doctor has hours of their week, or slots, in a branch. Hours that were valid until a day before are over.
 * @param doctor the SQL for the doctor's id
 * @param today the SQL for the clinic's day
 * @param isThere the condition of the column of the branch, which it is told
 */
export const worksIn = (doctor: string, today: string, isThere: (branch: string) => string): string => `(
  exists (
    select from weekly_hours w
    where w.doctor_id = ${doctor} and ${isThere('w.branch_id')} and coalesce(w.valid_until, 'infinity') >= ${today}::date)
  or exists (
    select from timeslots t
    where t.doctor_id = ${doctor} and ${isThere('t.branch_id')} and t.date >= ${today}::date))`;

/**
 * The branch in which a doctor publishes: the one that is named, else the clinic's only active one, else the only active one
 * in which they have hours or slots ahead. Null where that leaves none, or several.
 * @param doctor the SQL for the doctor's id
 * @param named the SQL for the branch that is named, which may be null
 * @param today the SQL for the clinic's day
 */
export const branchFor = (
  doctor: string,
  named: string,
  today: string,
): string => `coalesce(${unseen(named, 'integer')}, (
  select min(b.id) from branches b where b.is_active and (
    not exists (select from branches other where other.is_active and other.id <> b.id)
    or ${worksIn(doctor, today, (branch) => `${branch} = b.id`)})
  having count(*) = 1))`;

/**
 * Somebody uses the room at that time: a doctor's hours, an examination, or a hold that keeps it for one. The constraint
 * `room_uses_no_overlap` judges the same.
 * @param hours a row with `date`, `start_time` and `end_time`
 * @param now the SQL for the instant at which holds are judged
 */
export const isRoomUsed = (room: string, hours: string, now: string): string => `exists (
  select from room_uses used
  where used.room_id = ${room} and tsrange(used.date + used.start_time, used.date + used.end_time)
    && tsrange(${hours}.date + ${hours}.start_time, ${hours}.date + ${hours}.end_time) and ${isUseCounted(now)})`;

/** A holiday of that branch, or of the whole clinic. @param hours a row with `date` @param branch the SQL for its branch */
export const isHoliday = (hours: string, branch: string): string => `exists (
  select from holidays h where h.date = ${hours}.date and coalesce(h.branch_id, ${branch}) = ${branch})`;
