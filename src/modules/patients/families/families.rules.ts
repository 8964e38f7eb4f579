import { ADULT, birthdayOf, bornBy } from '../../../core/age.ts';
import type { FieldErrorCode } from '../../../core/errors.ts';

/** How many somebody may look after. */
export const DEPENDANTS_MAX = 10;
/** How many may look after one: each of them is told of every visit. */
export const GUARDIANS_MAX = 10;

/** For how many hours a code can be used. */
export const INVITATION_HOURS = 72;

/** What is wrong with a dependant's day of birth. @param today YYYY-MM-DD, the clinic's */
export function birthFault(born: string, today: string): FieldErrorCode | undefined {
  if (born > today) return 'birth_in_future';
  return born > bornBy(today, ADULT) ? undefined : 'not_a_child';
}

/** From this day on somebody acts for themself. */
export const endOf = (born: string): string => birthdayOf(born, ADULT);
