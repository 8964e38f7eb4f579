import { worksIn } from './places.sql.ts';

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
  or ${worksIn(doctor, today, (branch) => `${branch} = any (${branches}::integer[])`)}
  or not ${worksIn(doctor, today, () => 'true')})`;
