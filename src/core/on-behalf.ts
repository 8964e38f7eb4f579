import { AppError, invalidField } from './errors.ts';
import type { Caller } from './roles.ts';

/**
 * The doctor for whom somebody acts: doctors act for themselves, admins for the one they name.
 * @throws AppError forbidden (another doctor's), invalid_input when an admin names none
 */
export function doctorFor(named: number | undefined, caller: Caller): number {
  if (caller.role !== 'doctor') {
    if (named === undefined) throw invalidField('doctor', 'required');
    return named;
  }
  if (named !== undefined && named !== caller.id) throw new AppError('forbidden');
  return caller.id;
}
