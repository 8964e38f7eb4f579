import type { Role } from '../../src/core/roles.ts';
import {
  type Act,
  type Clinic,
  change,
  done,
  hasBegun,
  isActive,
  later,
  ok,
  only,
  type Person,
  Refused,
  type Slot,
  type Step,
  shownVisit,
  startOf,
  todayOf,
  type Visit,
} from './clinic.ts';
import { obtain, take } from './slots.ts';
import { isWanted } from './waitlist.ts';

/** What becomes of a visit once it is booked. */

/** A visit by its id, for the roles named: its own patient, its own doctor, any admin. */
export function ownVisit(
  clinic: Clinic,
  caller: Person,
  id: number,
  roles: Role[] = ['admin', 'doctor', 'patient'],
): Visit {
  only(caller, ...roles);
  const visit = clinic.visits.find((other) => other.id === id);
  if (!visit) throw new Refused(404, 'appointment_not_found');
  if (caller.role === 'doctor' && visit.doctor !== caller.id) throw new Refused(403, 'forbidden');
  if (caller.role === 'patient' && visit.patient !== caller.id) throw new Refused(403, 'forbidden');
  return visit;
}

/** Every change counts. */
export const changed = (clinic: Clinic, visit: Visit, changes: Partial<Visit>): Clinic => ({
  ...clinic,
  visits: change(clinic.visits, visit.id, { ...changes, version: visit.version + 1 }),
});

const visitOf = (clinic: Clinic, id: number) => clinic.visits.find((visit) => visit.id === id) as Visit;
const shown = (clinic: Clinic, id: number): Step => ok(clinic, shownVisit(clinic, visitOf(clinic, id)));

/** A slot is free, for the waiting list first. */
function freed(clinic: Clinic, slot: number | null): Clinic {
  const found = clinic.slots.find(({ id }) => id === slot);
  if (!found) return clinic;
  return { ...clinic, slots: change(clinic.slots, found.id, { is_waitlisted: isWanted(clinic, found) }) };
}

export const cancelled = (clinic: Clinic, visit: Visit, changes: Partial<Visit>): Clinic =>
  freed(changed(clinic, visit, { status: 'cancelled', ...changes }), visit.timeslot);

/** Many, by somebody who takes the marks of those who have come already with them. */
export const calledOff = (
  clinic: Clinic,
  visits: readonly Visit[],
  by: number,
  cancel_reason: string,
): Clinic =>
  visits.reduce(
    (now, visit) =>
      cancelled(now, visit, { cancelled_by: by, cancel_reason, attendance: null, marked_on: null }),
    clinic,
  );

export function decide(clinic: Clinic, caller: Person, request: Act<'decide'>): Step {
  const { status, reason = null } = request;
  const visit = ownVisit(clinic, caller, request.visit, ['doctor', 'admin']);
  const mayStillCancel = status === 'cancelled' && caller.role === 'admin' && visit.status === 'confirmed';
  if (visit.status !== 'pending' && !mayStillCancel) throw new Refused(409, 'already_decided');
  if (visit.attendance !== null) throw new Refused(409, 'already_attended');
  const by = { cancelled_by: caller.id, cancel_reason: reason };
  return shown(
    status === 'cancelled' ? cancelled(clinic, visit, by) : changed(clinic, visit, { status }),
    visit.id,
  );
}

/** Whether it is later than the clinic lets patients cancel. */
const isLate = (clinic: Clinic, visit: Visit) =>
  clinic.policy.cancel_deadline_minutes > 0 &&
  startOf(visit) < later(clinic.now, clinic.policy.cancel_deadline_minutes);
const isTooLate = (clinic: Clinic, visit: Visit) =>
  clinic.policy.late_cancellation === 'refuse' && isLate(clinic, visit);

export function cancel(clinic: Clinic, caller: Person, request: { visit: number }): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['patient', 'admin']);
  if (visit.status === 'cancelled') return done(clinic);
  const isBound = caller.role === 'patient';
  if (isBound && hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  if (isBound && isTooLate(clinic, visit)) throw new Refused(409, 'too_late_to_cancel');
  if (visit.attendance !== null) throw new Refused(409, 'already_attended');
  const cancelled_late = isBound && isLate(clinic, visit);
  return done(cancelled(clinic, visit, { cancelled_by: caller.id, cancelled_late }));
}

export function reschedule(clinic: Clinic, caller: Person, request: Act<'reschedule'>): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['patient', 'admin']);
  const { id, patient } = visit;
  if (isActive(visit) && visit.timeslot === request.slot) return shown(clinic, id);
  if (!isActive(visit)) throw new Refused(409, 'already_decided');
  if (hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  if (visit.attendance !== null) throw new Refused(409, 'already_attended');
  if (caller.role === 'patient' && isTooLate(clinic, visit)) throw new Refused(409, 'too_late_to_cancel');
  const target = clinic.slots.find((slot) => slot.id === request.slot);
  if (target && target.doctor !== visit.doctor) throw new Refused(409, 'not_same_doctor');
  const wanted = { slot: request.slot, patient, moving: id };
  return obtain(clinic, wanted, caller.role, (now, { id: timeslot, date, start_time, end_time }) => {
    const answer = clinic.policy.auto_confirm ? 'confirmed' : 'pending';
    const status = caller.role === 'patient' ? answer : visit.status;
    const moved = changed(now, visit, { timeslot, date, start_time, end_time, status });
    return shown(take(freed(moved, visit.timeslot), timeslot, visit), id);
  });
}

const attendances = { arrive: 'arrived', complete: 'completed', 'no-show': 'no_show' } as const;

export function mark(clinic: Clinic, caller: Person, request: Act<'mark'>): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['doctor', 'admin']);
  const attendance = attendances[request.mark];
  const today = todayOf(clinic);
  if (visit.attendance === attendance) return shown(clinic, visit.id);
  if (visit.status !== 'confirmed') throw new Refused(409, 'not_confirmed');
  if (visit.date > today) throw new Refused(409, 'visit_ahead');
  const goesOn = visit.attendance === 'arrived' && attendance === 'completed';
  if (visit.attendance !== null && visit.marked_on !== today && !goesOn)
    throw new Refused(409, 'attendance_final');
  return shown(changed(clinic, visit, { attendance, marked_on: today }), visit.id);
}

export function takeBack(clinic: Clinic, caller: Person, request: { visit: number }): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['doctor', 'admin']);
  if (visit.attendance === null) return done(clinic);
  if (visit.marked_on !== todayOf(clinic)) throw new Refused(409, 'attendance_final');
  return done(changed(clinic, visit, { attendance: null, marked_on: null }));
}

/** Those of a doctor that are active, lie ahead and touch a time in which the doctor is away. */
export const fallingOut = (
  clinic: Clinic,
  doctor: number,
  isAway: (slot: Omit<Slot, never> | Visit) => boolean,
) =>
  clinic.visits.filter(
    (visit) =>
      visit.doctor === doctor &&
      isActive(visit) &&
      !hasBegun(clinic, visit) &&
      (visit.attendance === null || visit.attendance === 'arrived') &&
      isAway(visit),
  );
