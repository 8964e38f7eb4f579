import { AppError, invalidField } from './errors.ts';
import { type Caller, type Side, sideOf } from './roles.ts';

/**
 * The doctor or patient for whom somebody acts: those of that side act for themselves, all others for the one they name.
 * @param side also the name of the field that names them
 * @throws AppError forbidden (somebody else's), invalid_input when nobody is named
 */
function actsFor(side: Side, named: number | undefined, caller: Caller): number {
  if (sideOf(caller.role) !== side) {
    if (named === undefined) throw invalidField(side, 'required');
    return named;
  }
  if (named !== undefined && named !== caller.id) throw new AppError('forbidden');
  return caller.id;
}

export const doctorFor = (named: number | undefined, caller: Caller): number =>
  actsFor('doctor', named, caller);

export const patientFor = (named: number | undefined, caller: Caller): number =>
  actsFor('patient', named, caller);
