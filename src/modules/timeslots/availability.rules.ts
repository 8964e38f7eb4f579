import type { ErrorCode } from '../../core/errors.ts';

/** What can refuse somebody a slot. */
export type Refusals = Record<
  | 'no_patient'
  | 'no_slot'
  | 'closed'
  | 'begun'
  | 'too_soon'
  | 'too_far'
  | 'oneself'
  | 'taken'
  | 'held'
  | 'passing'
  | 'busy'
  | 'too_many',
  boolean
>;

/** What a slot is refused for, the plainest reason first; undefined when nothing refuses it, or it has to be passed on. */
export function refusal(why: Partial<Refusals> & { mine?: object | null } = {}): ErrorCode | undefined {
  if (why.oneself) return 'not_with_oneself';
  if (why.no_patient) return 'patient_not_found';
  if (why.closed) return 'clinic_closed';
  if (why.no_slot) return 'timeslot_not_found';
  if (why.begun) return 'slot_in_past';
  if (why.taken) return why.mine ? 'already_yours' : 'slot_taken';
  if (why.too_soon) return 'too_soon';
  if (why.too_far) return 'too_far_ahead';
  if (why.held) return 'slot_held';
  if (why.busy) return 'patient_busy';
  return why.too_many ? 'too_many_appointments' : undefined;
}

/** Where another slot would do, which refusals offer some. */
export const offersAlternatives = (code: ErrorCode): boolean =>
  code === 'slot_taken' || code === 'slot_held' || code === 'patient_busy';
