/**
 * The one judgement of what is still to come, as SQL: active, not begun, and neither completed nor a no-show. A patient can
 * be seen, or given up, before the time of their visit; one who arrived early still waits.
 * @param visit the name of the row of `appointments`
 * @param from the number of the wall's date among the statement's parameters; its time is the next one
 */
export const isStillToCome = (visit: string, from: number): string => `(
  ${visit}.status in ('pending', 'confirmed') and ${isUnseen(visit)}
  and (${visit}.date, ${visit}.start_time) > ($${from}::date, $${from + 1}::time))`;

/** Nobody has said that it took place, or that the patient did not come. */
const isUnseen = (visit: string) => `(${visit}.attendance is null or ${visit}.attendance = 'arrived')`;

/**
 * Nobody has answered the request, and its slot is over: from then on nothing is done with it, whether or not the job has
 * marked it by now. `a` stands for the row of `appointments`.
 * @param from the number of the wall's date among the statement's parameters; its time is the next one
 */
export const isLapsed = (a: string, from: number): string =>
  `(${a}.status = 'pending' and (${a}.date, ${a}.end_time) <= ($${from}::date, $${from + 1}::time))`;
