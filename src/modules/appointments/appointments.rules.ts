import type { ErrorCode } from '../../core/errors.ts';
import type { Role } from '../../core/roles.ts';
import type { Status } from './appointments.schemas.ts';

/**
 * From which statuses somebody may move an appointment to `next`. Nothing leaves cancelled; a doctor declines only
 * what is pending, while its patient and admins may cancel what is confirmed too.
 */
export function statusesBefore(next: 'confirmed' | 'cancelled', role: Role): Status[] {
  if (next === 'confirmed' || role === 'doctor') return ['pending'];
  return ['pending', 'confirmed'];
}

/** What a booking can be refused for, the plainest reason first. */
export function refusal(
  why: Partial<Record<'no_patient' | 'no_slot' | 'begun' | 'oneself' | 'taken' | 'busy', boolean>> = {},
): ErrorCode | undefined {
  if (why.oneself) return 'not_with_oneself';
  if (why.no_patient) return 'patient_not_found';
  if (why.no_slot) return 'timeslot_not_found';
  if (why.begun) return 'slot_in_past';
  if (why.taken) return 'slot_taken';
  return why.busy ? 'patient_busy' : undefined;
}
