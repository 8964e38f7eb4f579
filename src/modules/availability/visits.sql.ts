import { activeStatuses } from '../../core/words.ts';

/** What state a visit is in, as SQL over a row of `appointments`. Each condition is told the name of the row. */

/** It holds its slot: somebody still has to answer it, or has confirmed it. */
export const isActive = (visit: string): string =>
  `${visit}.status in (${activeStatuses.map((status) => `'${status}'`).join(', ')})`;

/**
 * It is still to come: active, not begun, and neither completed nor a no-show. A patient can be seen, or given up, before the
 * time of their visit; one who arrived early still waits.
 * @param from the number of the wall's date among the statement's parameters; its time is the next one
 */
export const isStillToCome = (visit: string, from: number): string => `(
  ${isActive(visit)} and ${isUnseen(visit)}
  and (${visit}.date, ${visit}.start_time) > ($${from}::date, $${from + 1}::time))`;

/** Nobody has said that it took place, or that the patient did not come. */
const isUnseen = (visit: string) => `(${visit}.attendance is null or ${visit}.attendance = 'arrived')`;

/**
 * Nobody has answered the request, and its slot is over. From then on nothing is done with it, whether or not the job has
 * marked it by now.
 * @param from the number of the wall's date among the statement's parameters; its time is the next one
 */
export const isLapsed = (visit: string, from: number): string =>
  `(${visit}.status = 'pending' and (${visit}.date, ${visit}.end_time) <= ($${from}::date, $${from + 1}::time))`;

/**
 * The visits of somebody's day, whatever became of them, from the index of their time: with more conditions the server may take
 * the index of a constraint for as good, and read all that they ever had. @param whose the condition of the row `v`
 */
export const visitsOfDay = (whose: string, day: string): string =>
  `(select v.* from appointments v where ${whose} and v.date = ${day} offset 0)`;

/**
 * A visit of several slots has its doctor then, in its slots or in the breaks between them. The trigger `timeslots_not_in_visit`
 * judges the same. @param doctor the SQL for the doctor's id @param hours a row with `date`, `start_time` and `end_time`
 */
export const isInLongVisit = (doctor: string, hours: string): string => `exists (
  select from ${visitsOfDay(`v.doctor_id = ${doctor}`, `${hours}.date`)} a
  where ${isActive('a')} and a.further_timeslots <> '{}'
    and a.start_time < ${hours}.end_time and ${hours}.start_time < a.end_time)`;

/** The clinic knows them: a visit of theirs is completed, to whomever. @param patient the SQL for the patient's id */
export const isKnown = (patient: string): string => `exists (
  select from appointments seen where seen.patient_id = ${patient} and seen.attendance = 'completed')`;
