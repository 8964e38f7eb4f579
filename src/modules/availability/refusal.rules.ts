import { type ErrorCode, errorsWithAlternatives } from '../../core/errors.ts';

/** Which rules refuse somebody a slot. */
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

/**
 * Why a slot is refused: the plainest of the reasons.
 * @returns undefined when nothing refuses it, or when the waiting list has to pass it on first
 */
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

/** Which rules of a service refuse somebody the slots from one on. */
export type ServiceRefusals = Record<
  'not_given' | 'not_for_patient' | 'too_short' | 'busy' | 'no_room',
  boolean
>;

/** Why a service cannot be had from a slot on that is itself free: the plainest of the reasons. */
export function serviceRefusal(why: Partial<ServiceRefusals> = {}): ErrorCode | undefined {
  if (why.not_given) return 'service_not_given';
  if (why.not_for_patient) return 'not_for_this_patient';
  if (why.too_short) return 'not_enough_time';
  if (why.busy) return 'patient_busy';
  return why.no_room ? 'no_room_free' : undefined;
}

/** Another slot would do: the refusal offers some. */
export const offersAlternatives = (code: ErrorCode): boolean => errorsWithAlternatives.includes(code);
