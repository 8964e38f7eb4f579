import { ADULT, adultsBornBy, birthdayOf } from '../../../core/age.ts';
import type { FieldErrorCode } from '../../../core/errors.ts';

/** What is wrong with a dependant's day of birth. @param today YYYY-MM-DD, the clinic's */
export function birthFault(born: string, today: string): FieldErrorCode | undefined {
  if (born > today) return 'birth_in_future';
  return born > adultsBornBy(today) ? undefined : 'not_a_child';
}

/** From this day on somebody acts for themself. */
export const endOf = (born: string): string => birthdayOf(born, ADULT);
