/** The branches that somebody reaches; null is every one. */
export type Branches = readonly number[] | null;

/**
 * A row lies in a branch that is reached.
 * @param branch the SQL for its branch
 * @param branches the SQL for a parameter of `Branches`, such as `$2`
 */
export const isReached = (branch: string, branches: string): string =>
  `(${branches}::integer[] is null or ${branch} = any (${branches}::integer[]))`;

/**
 * A doctor belongs to the branches of their weeks and of their slots from today on. One who has neither is new, and belongs
 * to all.
 * @param doctor the SQL for the doctor's id
 * @param today the SQL for the clinic's day
 */
export const isDoctorReached = (doctor: string, branches: string, today: string): string => `(
  ${branches}::integer[] is null
  or exists (select from weekly_hours w where w.doctor_id = ${doctor} and w.branch_id = any (${branches}::integer[]))
  or exists (
    select from timeslots t
    where t.doctor_id = ${doctor} and t.date >= ${today}::date and t.branch_id = any (${branches}::integer[]))
  or not exists (select from weekly_hours w where w.doctor_id = ${doctor})
    and not exists (select from timeslots t where t.doctor_id = ${doctor} and t.date >= ${today}::date))`;
