import type { Role } from '../../src/core/roles.ts';
import { withoutSlots } from './calendar.ts';
import {
  type Act,
  type Clinic,
  change,
  done,
  hasBegun,
  hasEnded,
  isActive,
  isGuardian,
  isStaff,
  isStillToCome,
  later,
  made,
  ok,
  only,
  type Person,
  personOf,
  Refused,
  STAFF,
  type Step,
  shownVisit,
  startOf,
  statusOf,
  todayOf,
  type Visit,
} from './clinic.ts';
import { familyOf, obtain, take } from './slots.ts';
import { isWanted } from './waitlist.ts';

/** What becomes of a visit once it is booked. */

/** A visit by its id, for the roles named: its own patient, who looks after them, its own doctor, any of the staff. */
export function ownVisit(
  clinic: Clinic,
  caller: Person,
  id: number,
  roles: readonly Role[] = [...STAFF, 'doctor', 'patient'],
): Visit {
  only(caller, ...roles);
  const visit = clinic.visits.find((other) => other.id === id);
  if (!visit) throw new Refused(404, 'appointment_not_found');
  if (caller.role === 'doctor' && visit.doctor !== caller.id) throw new Refused(404, 'appointment_not_found');
  const isTheirs = visit.patient === caller.id || isGuardian(clinic, caller.id, visit.patient);
  if (caller.role === 'patient' && !isTheirs) throw new Refused(404, 'appointment_not_found');
  return visit;
}

/** Every change counts. */
export const changed = (clinic: Clinic, visit: Visit, changes: Partial<Visit>): Clinic => ({
  ...clinic,
  visits: change(clinic.visits, visit.id, { ...changes, version: visit.version + 1 }),
});

const visitOf = (clinic: Clinic, id: number) => clinic.visits.find((visit) => visit.id === id) as Visit;
const shown = (clinic: Clinic, reader: Person, id: number): Step =>
  ok(clinic, shownVisit(clinic, reader, visitOf(clinic, id)));
export const shownMade = (clinic: Clinic, reader: Person, id: number): Step =>
  made(clinic, shownVisit(clinic, reader, visitOf(clinic, id)));

/** A slot is free, for the waiting list first; on a day on which the clinic is closed it is gone. */
function freed(clinic: Clinic, slot: number | null): Clinic {
  const found = clinic.slots.find(({ id }) => id === slot);
  if (!found) return clinic;
  const { id, date, freeing, despite_holiday } = found;
  if (!despite_holiday && clinic.holidays.some((holiday) => holiday.date === date)) {
    const without = withoutSlots(clinic, (other) => other.id === id);
    return { ...without, closed: [...without.closed, { id, date }] };
  }
  const is_waitlisted = isWanted(clinic, found);
  return { ...clinic, slots: change(clinic.slots, id, { is_waitlisted, freeing: freeing + 1 }) };
}

export const cancelled = (clinic: Clinic, visit: Visit, changes: Partial<Visit>): Clinic =>
  freed(changed(clinic, visit, { status: 'cancelled', ...changes }), visit.timeslot);

/** Many, by somebody who takes the marks of those who have come already with them. */
export const calledOff = (
  clinic: Clinic,
  visits: readonly Visit[],
  by: number,
  cancel_reason: string | null,
): Clinic =>
  visits.reduce(
    (now, visit) =>
      cancelled(now, visit, { cancelled_by: by, cancel_reason, attendance: null, marked_on: null }),
    clinic,
  );

export function decide(clinic: Clinic, caller: Person, request: Act<'decide'>): Step {
  const { status, reason = null } = request;
  const visit = ownVisit(clinic, caller, request.visit, ['doctor', ...STAFF]);
  // A doctor says why, and does it before the visit begins.
  const isDoctor = caller.role === 'doctor';
  const mayStillCancel =
    status === 'cancelled' && visit.status === 'confirmed' && !(isDoctor && reason === null);
  if (statusOf(clinic, visit) !== 'pending' && !mayStillCancel) throw new Refused(409, 'already_decided');
  if (mayStillCancel && isDoctor && hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  if (visit.attendance !== null) throw new Refused(409, 'already_attended');
  const by = { cancelled_by: caller.id, cancel_reason: reason };
  return shown(
    status === 'cancelled' ? cancelled(clinic, visit, by) : changed(clinic, visit, { status }),
    caller,
    visit.id,
  );
}

export function note(clinic: Clinic, caller: Person, request: Act<'note'>): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['doctor', ...STAFF]);
  if (visit.note === request.note) return shown(clinic, caller, visit.id);
  if (personOf(clinic, visit.patient).erased) throw new Refused(404, 'patient_not_found');
  return shown(changed(clinic, visit, { note: request.note }), caller, visit.id);
}

/** Whether it is later than the clinic lets patients cancel. */
const isLate = (clinic: Clinic, visit: Visit) =>
  clinic.policy.cancel_deadline_minutes > 0 &&
  startOf(visit) < later(clinic.now, clinic.policy.cancel_deadline_minutes);
const isTooLate = (clinic: Clinic, visit: Visit) =>
  clinic.policy.late_cancellation === 'refuse' && isLate(clinic, visit);

export function cancel(clinic: Clinic, caller: Person, request: Act<'cancel'>): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['patient', ...STAFF]);
  if (visit.status === 'cancelled') return done(clinic);
  const isBound = caller.role === 'patient';
  if (isBound && hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  if (isBound && isTooLate(clinic, visit)) throw new Refused(409, 'too_late_to_cancel');
  if (statusOf(clinic, visit) === 'expired') throw new Refused(409, 'already_decided');
  if (visit.attendance !== null) throw new Refused(409, 'already_attended');
  return done(calledOffBy(clinic, caller, visit, request.reason));
}

/** Somebody gives a visit up; a patient perhaps late. */
export function calledOffBy(clinic: Clinic, caller: Person, visit: Visit, reason?: string): Clinic {
  const cancelled_late = caller.role === 'patient' && isLate(clinic, visit);
  return cancelled(clinic, visit, { cancelled_by: caller.id, cancelled_late, cancel_reason: reason ?? null });
}

/** Refuses what cannot be moved, or given up for another slot. */
export function mustMove(clinic: Clinic, caller: Person, visit: Visit): void {
  if (!['pending', 'confirmed'].includes(statusOf(clinic, visit))) throw new Refused(409, 'already_decided');
  if (hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  if (visit.attendance !== null) throw new Refused(409, 'already_attended');
  if (caller.role === 'patient' && isTooLate(clinic, visit)) throw new Refused(409, 'too_late_to_cancel');
}

/**
 * A visit goes to another doctor of the same specialization where staff move it, the policy lets patients, or its own
 * doctor is out.
 */
function canTakeOver(clinic: Clinic, caller: Person, from: number, to: number): boolean {
  const [own, other] = [personOf(clinic, from), personOf(clinic, to)];
  const may = !own.is_active || isStaff(caller) || clinic.policy.move_between_doctors;
  return may && own.specialization !== null && own.specialization === other.specialization;
}

/** The slot can be had: the visit has it now, and has left its own. */
export function moved(clinic: Clinic, caller: Person, visit: Visit, slot: number): Clinic {
  const target = clinic.slots.find(({ id }) => id === slot);
  if (!target) throw new Error('nobody moves to a slot that is gone');
  const { doctor, date, start_time, end_time } = target;
  const answer = clinic.policy.auto_confirm ? 'confirmed' : 'pending';
  const kept = caller.role === 'patient' ? answer : visit.status;
  // Whoever is moved into a slot that runs is there.
  const status = hasBegun(clinic, target) ? 'confirmed' : kept;
  const next = changed(clinic, visit, { timeslot: slot, doctor, date, start_time, end_time, status });
  return take(freed(next, visit.timeslot), slot, visit);
}

export function reschedule(clinic: Clinic, caller: Person, request: Act<'reschedule'>): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['patient', ...STAFF]);
  const { id, patient } = visit;
  const hasIt = isActive(visit) && visit.timeslot === request.slot;
  if (hasIt && statusOf(clinic, visit) !== 'expired') return shown(clinic, caller, id);
  mustMove(clinic, caller, visit);
  const target = clinic.slots.find((slot) => slot.id === request.slot);
  if (target && target.doctor !== visit.doctor && !canTakeOver(clinic, caller, visit.doctor, target.doctor))
    throw new Refused(409, 'not_same_doctor');
  const wanted = { slot: request.slot, patient, account: familyOf(caller), moving: id };
  return obtain(clinic, wanted, caller.role, (now, slot) =>
    shown(moved(now, caller, visit, slot.id), caller, id),
  );
}

const attendances = { arrive: 'arrived', complete: 'completed', 'no-show': 'no_show' } as const;

export function mark(clinic: Clinic, caller: Person, request: Act<'mark'>): Step {
  // That somebody was seen is not for reception to say.
  const roles =
    request.mark === 'complete' ? (['doctor', 'admin'] as const) : (['doctor', ...STAFF] as const);
  const visit = ownVisit(clinic, caller, request.visit, roles);
  const attendance = attendances[request.mark];
  const today = todayOf(clinic);
  if (visit.attendance === attendance) return shown(clinic, caller, visit.id);
  // Whoever lets a patient in has answered their request.
  const isAnswered = visit.status === 'pending' && attendance === 'arrived' && !hasEnded(clinic, visit);
  if (visit.status !== 'confirmed' && !isAnswered) throw new Refused(409, 'not_confirmed');
  if (visit.date > today) throw new Refused(409, 'visit_ahead');
  const goesOn = visit.attendance === 'arrived' && attendance === 'completed';
  if (visit.attendance !== null && visit.marked_on !== today && !goesOn)
    throw new Refused(409, 'attendance_final');
  if (visit.attendance === 'completed' && caller.role === 'receptionist')
    throw new Refused(409, 'attendance_final');
  return shown(
    changed(clinic, visit, { status: 'confirmed', attendance, marked_on: today }),
    caller,
    visit.id,
  );
}

export function takeBack(clinic: Clinic, caller: Person, request: { visit: number }): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['doctor', ...STAFF]);
  if (visit.attendance === null) return done(clinic);
  if (visit.attendance === 'completed' && caller.role === 'receptionist')
    throw new Refused(409, 'attendance_final');
  if (visit.marked_on !== todayOf(clinic)) throw new Refused(409, 'attendance_final');
  return done(changed(clinic, visit, { attendance: null, marked_on: null }));
}

/** The job that ends requests which nobody answered until their slots were over. Nobody can have such a slot any more. */
export const expire = (clinic: Clinic): Clinic =>
  clinic.visits
    .filter((visit) => visit.status !== 'expired' && statusOf(clinic, visit) === 'expired')
    .reduce((now, visit) => changed(now, visit, { status: 'expired' }), clinic);

/** What is still to come of somebody, as patient and as doctor. */
export const aheadOf = (clinic: Clinic, person: number) =>
  clinic.visits.filter(
    (visit) => (visit.doctor === person || visit.patient === person) && isStillToCome(clinic, visit),
  );
