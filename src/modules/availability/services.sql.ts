import { freeRoom } from './rooms.sql.ts';
import { isKnown } from './visits.sql.ts';

/**
 * What a service asks of a visit, as SQL over the rows `v` of `services` and `g` of `doctor_services`: how its doctor gives
 * it, which slots it takes, and for whom it is.
 */

/** How long it takes with this doctor. */
export const serviceMinutes = 'coalesce(g.duration_minutes, v.duration_minutes)';

/** What it costs with this doctor: their own price, which may be none, or else the clinic's. */
export const servicePrice = `case when g.has_own_price then g.price else v.price end as price,
  case when g.has_own_price then g.currency else v.currency end as currency`;

/**
 * The ids of the slots that a visit takes from a slot on, null where they end too early. Most visits take one slot, which the
 * row itself tells.
 * @param first a row of `timeslots`
 * @param visit the SQL for the id of a visit that is about to leave its slots; null for none
 */
export const slotsFrom = (first: string, visit = 'null'): string => `case
  when ${first}.end_time - ${first}.start_time >= make_interval(mins => ${serviceMinutes}) then array[${first}.id]
  else slots_for_visit(${first}.id, ${serviceMinutes}, ${visit}) end`;

/**
 * The same as `slots` of a row, which the planner leaves as it is: it would ask for them once for each row that they are
 * compared with.
 */
export const runFrom = (first: string, visit?: string): string =>
  `select ${slotsFrom(first, visit)} as slots offset 0`;

/**
 * The slots of such a row, looked up by their ids whatever else is asked of them: in a table that is small, or was when it was
 * last looked at, the planner would read an index of something else from end to end for each start.
 */
export const slotsOf = (run: string): string =>
  `select part.* from timeslots part where part.id = any (${run}.slots) offset 0`;

/**
 * The patient is of the age that it is for, on a day. An unknown birth date is of no age; the last year counts whole.
 * @param day the SQL for the date of the visit
 */
export const isOfAge = (patient: string, day: string): string => `(
  coalesce(v.min_age, v.max_age) is null or exists (
    select from patient_profiles who
    where who.id = ${patient} and who.date_of_birth <= ${day}
      and extract(year from age(${day}, who.date_of_birth)) between coalesce(v.min_age, 0) and coalesce(v.max_age, 1000)))`;

/** It is for those who come for the first time, or only for those who do not, or for both. */
export const isForNewOrKnown = (patient: string): string => `(
  v.new_patients is null or v.new_patients <> ${isKnown(patient)})`;

/** It may fit from a slot on, as far as the slot itself tells; the next one may have been booked in this moment. */
export const mayFit = (first: string): string =>
  `(${first}.runs_on or ${first}.end_time - ${first}.start_time >= make_interval(mins => ${serviceMinutes}))`;

/**
 * It fits from a slot on: each of the slots that it takes can be had, and a room is free where it needs one.
 * @param canBeHad the condition of each slot, over the row `s`
 * @param now the SQL for the instant at which holds are judged
 * @param options.visit the SQL for the id of a visit that would move there
 * @param options.also what else is asked of the whole, over `first` and the time `whole.ends`
 */
export const fitsFrom = (
  first: string,
  canBeHad: string,
  now: string,
  { visit = 'null', also = 'true' }: { visit?: string; also?: string } = {},
): string => `exists (
  select from (${runFrom(first)}) run
  cross join lateral (
    select count(*) as had, max(s.end_time) as ends from (${slotsOf('run')}) s where ${canBeHad}
  ) whole
  where whole.had = cardinality(run.slots) and ${also} and (v.room_kind is null or ${freeRoom({
    now,
    branch: `${first}.branch_id`,
    kind: 'v.room_kind',
    date: `${first}.date`,
    starts: `${first}.start_time`,
    ends: 'whole.ends',
    slots: 'run.slots',
    visit,
    first: `${first}.room_id`,
  })} is not null))`;
