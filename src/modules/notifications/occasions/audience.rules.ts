import type { VisitKind } from '../../../core/messages.ts';
import type { AppointmentEvent } from './occasions.schemas.ts';

type Told = Pick<AppointmentEvent, 'event' | 'status' | 'by' | 'was' | 'from_doctor' | 'from_patient'>;

/** The appointment, as it stands after the event. */
interface Visit {
  doctor_id: number;
  patient_id: number;
  booked_by: number;
  cancelled_by: number | null;
  cancel_reason: string | null;
}

const isAbsence = ({ event }: Told, { cancel_reason }: Visit) =>
  event === 'cancelled' && cancel_reason === 'doctor_absent';

const isClosing = ({ event }: Told, { cancel_reason }: Visit) =>
  event === 'cancelled' && cancel_reason === 'clinic_closed';

/** Its doctor cancels what was confirmed. A doctor who leaves the clinic cancels that, too. */
const isCalledOff = ({ event, was }: Told, { cancelled_by, doctor_id, cancel_reason }: Visit) =>
  event === 'cancelled' &&
  was === 'confirmed' &&
  cancelled_by === doctor_id &&
  cancel_reason !== 'account_deleted';

/** The patient did not choose that the visit falls out, and is told of other times. */
export const offersOthers = (told: Told, visit: Visit): boolean =>
  isAbsence(told, visit) || isClosing(told, visit) || isCalledOff(told, visit);

/**
 * Who hears of an event, and as which kind; with a patient who look after them. Nobody is told what they did themselves, except
 * that a patient's own booking or move is confirmed to them: who of a family cancelled a visit is left out where it is told. A doctor who is away wrote so, and is not told of each visit that falls out.
 */
export function audienceOf(told: Told, visit: Visit): { kind: VisitKind; user_id: number }[] {
  const { doctor_id, patient_id, booked_by, cancelled_by, cancel_reason } = visit;
  const both = (kind: VisitKind) => [patient_id, doctor_id].map((user_id) => ({ kind, user_id }));
  const booked = told.status === 'confirmed' ? 'confirmed' : 'booked';
  // A doctor who books a follow-up knows.
  if (told.event === 'booked')
    return both(booked).filter(({ user_id }) => user_id !== doctor_id || booked_by !== doctor_id);
  if (told.event === 'moved' && told.from_doctor !== undefined)
    return [
      { kind: 'moved', user_id: patient_id },
      // For whoever takes it over it is a new one.
      { kind: booked, user_id: doctor_id },
      { kind: 'handed_over', user_id: told.from_doctor },
    ];
  if (told.event === 'moved') return both('moved');
  if (told.event === 'patient_changed') {
    const mistaken = { kind: 'entered_by_mistake', user_id: told.from_patient ?? patient_id } as const;
    return [{ kind: booked, user_id: patient_id }, mistaken];
  }
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
  if (isCalledOff(told, visit)) return [{ kind: 'called_off', user_id: patient_id }];
  // A doctor who cancels what waits for an answer declines it.
  if (cancelled_by === doctor_id && cancel_reason !== 'account_deleted')
    return [{ kind: 'declined', user_id: patient_id }];
  return both('cancelled').filter(({ user_id }) => user_id !== doctor_id || user_id !== cancelled_by);
}
