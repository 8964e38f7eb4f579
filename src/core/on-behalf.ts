import { AppError, invalidField } from './errors.ts';
import { type Caller, sideOf } from './roles.ts';

/**
 * The doctor for whom somebody acts: doctors act for themselves, all others for the one they name. For which patient somebody
 * acts is asked of the guardians (modules/patients/families).
 * @throws AppError forbidden (somebody else's), invalid_input when nobody is named
 */
export function doctorFor(named: number | undefined, caller: Caller): number {
  if (sideOf(caller.role) !== 'doctor') {
    if (named === undefined) throw invalidField('doctor', 'required');
    return named;
  }
  if (named !== undefined && named !== caller.id) throw new AppError('forbidden');
  return caller.id;
}
