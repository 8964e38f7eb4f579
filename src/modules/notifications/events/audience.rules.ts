import type { VisitKind } from '../../../core/messages.ts';
import type { AppointmentEvent } from './events.schemas.ts';

type Told = Pick<AppointmentEvent, 'event' | 'status' | 'by'>;

/** The appointment, as it stands after the event. */
interface Visit {
  doctor_id: number;
  patient_id: number;
  cancelled_by: number | null;
  cancel_reason: string | null;
}

const isAbsence = ({ event }: Told, { cancel_reason }: Visit) =>
  event === 'cancelled' && cancel_reason === 'doctor_absent';

const isClosing = ({ event }: Told, { cancel_reason }: Visit) =>
  event === 'cancelled' && cancel_reason === 'clinic_closed';

/** Nobody chose that the visit falls out, so the patient is told of other times. */
export const offersOthers = (told: Told, visit: Visit): boolean =>
  isAbsence(told, visit) || isClosing(told, visit);

/**
 * Who hears of an event, and as which kind. Nobody is told what they did themselves, except that a patient's own booking
 * or move is confirmed to them. A doctor who is away wrote so, and is not told of each visit that falls out.
 */
export function audienceOf(told: Told, visit: Visit): { kind: VisitKind; user_id: number }[] {
  const { doctor_id, patient_id, cancelled_by, cancel_reason } = visit;
  const both = (kind: VisitKind) => [patient_id, doctor_id].map((user_id) => ({ kind, user_id }));
  if (told.event === 'booked') return both(told.status === 'confirmed' ? 'confirmed' : 'booked');
  if (told.event === 'moved') return both('moved');
  if (told.event === 'confirmed') {
    // A doctor hears of it where somebody else answered their request.
    const by = told.by ?? doctor_id;
    return by === doctor_id ? [{ kind: 'confirmed', user_id: patient_id }] : both('confirmed');
  }
  if (told.event === 'expired') return both('expired');
  if (isAbsence(told, visit)) return [{ kind: 'absence', user_id: patient_id }];
  if (isClosing(told, visit))
    return [
      { kind: 'closed', user_id: patient_id },
      { kind: 'cancelled', user_id: doctor_id },
    ];
  // A doctor can cancel only what waits for an answer, and so declines it. A doctor who leaves the clinic cancels what was
  // confirmed, too.
  if (cancelled_by === doctor_id && cancel_reason !== 'account_deleted')
    return [{ kind: 'declined', user_id: patient_id }];
  return both('cancelled').filter(({ user_id }) => user_id !== cancelled_by);
}
