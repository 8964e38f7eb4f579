import type { ErrorCode } from '../../core/errors.ts';
import { WISHES_MAX } from './waitlist.schemas.ts';

/** What can be wrong with a patient's wish. */
export interface WishFaults {
  no_doctor: boolean;
  /** Nobody whom the wish asks for gives the service. */
  not_given: boolean;
  /** The wish names a doctor who gives services, and none of them. */
  gives_services: boolean;
  /** The branches that are open, perhaps none, where the wish names another. */
  branches: string | null;
  /** They wait with the same wish already. */
  known: boolean;
  /** How many wishes they wait with. */
  live: number;
  /** The visit to replace is not theirs, or there is none. The rest is about a visit of theirs. */
  no_visit: boolean;
  decided: boolean;
  begun: boolean;
  attended: boolean;
  /** The wish asks for others than the visit's doctor, and not for those of their specialization. */
  other_doctor: boolean;
}

/** Why nobody can wait with a wish: the plainest of the reasons. */
export function wishError(faults: WishFaults | undefined): ErrorCode | undefined {
  if (faults === undefined) return undefined;
  if (faults.no_doctor) return 'doctor_not_found';
  if (faults.not_given) return 'service_not_given';
  if (faults.no_visit) return 'appointment_not_found';
  if (faults.decided) return 'already_decided';
  if (faults.begun) return 'visit_begun';
  if (faults.attended) return 'already_attended';
  if (faults.other_doctor) return 'not_same_doctor';
  if (faults.known) return 'already_waiting';
  return faults.live >= WISHES_MAX ? 'too_many_waitlist_entries' : undefined;
}
