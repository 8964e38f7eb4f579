import type { Role } from '../../src/core/roles.ts';
import { roomOf } from './booking.ts';
import { closedOff } from './calendar.ts';
import { claimed } from './claims.ts';
import { type Clinic, change, type Person, type Visit } from './clinic.ts';
import { isWanted } from './offers.ts';
import { isGuardian, isStaff, mustReach, only, personOf, STAFF } from './people.ts';
import { type Act, type Created, done, made, ok, Refused, type Step } from './requests.ts';
import {
  hasBegun,
  hasEnded,
  isActive,
  isHoliday,
  isPlaceOpen,
  isStillToCome,
  later,
  slotsOf,
  startOf,
  statusOf,
  todayOf,
} from './rules.ts';
import { givenOf, spanOf } from './services.ts';
import { shownVisit } from './shown.ts';
import { familyOf, obtain, obtainable, take, type Whole } from './slots.ts';

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
  mustReach(caller, visit, 'appointment_not_found');
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
export const shown = (clinic: Clinic, reader: Person, id: number): Step =>
  ok(clinic, shownVisit(clinic, reader, visitOf(clinic, id)));
export const shownMade = (clinic: Clinic, reader: Person, id: number): Step =>
  made(clinic, shownVisit(clinic, reader, visitOf(clinic, id)));

/** A slot is free, for the waiting list first; where it is closed, for a day or for longer, it is gone. */
function freed(clinic: Clinic, slot: number): Clinic {
  const found = clinic.slots.find(({ id }) => id === slot);
  if (!found) return clinic;
  const { id, freeing, despite_holiday } = found;
  if ((!despite_holiday && isHoliday(clinic, found)) || !isPlaceOpen(clinic, found))
    return closedOff(clinic, [found]);
  const is_waitlisted = isWanted(clinic, found);
  return { ...clinic, slots: change(clinic.slots, id, { is_waitlisted, freeing: freeing + 1 }) };
}

const allFreed = (clinic: Clinic, slots: readonly number[]): Clinic => slots.reduce(freed, clinic);

export function cancelled(clinic: Clinic, visit: Visit, changes: Partial<Visit>): Clinic {
  const slots = isActive(visit) ? slotsOf(visit) : [];
  return claimed(allFreed(changed(clinic, visit, { status: 'cancelled', ...changes }), slots), slots);
}

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
 * A visit goes to another doctor who gives its service, or is of the same specialization, where staff move it, the policy lets patients, or its own
 * doctor is out.
 */
function canTakeOver(clinic: Clinic, caller: Person, { doctor, service }: Visit, to: number): boolean {
  const [own, other] = [personOf(clinic, doctor), personOf(clinic, to)];
  const may = !own.is_active || isStaff(caller) || clinic.policy.move_between_doctors;
  if (service !== null) return may && givenOf(clinic, to, service) !== undefined;
  return may && own.specialization !== null && own.specialization === other.specialization;
}

/** All of it can be had: the visit has it now, and has left what it had. */
export function moved(
  clinic: Clinic,
  caller: Person,
  { visit, whole }: { visit: Visit; whole: Whole },
  { room: took }: Pick<Created, 'room'>,
): Clinic {
  const [first, ...further] = whole.slots;
  if (!first) throw new Error('nobody moves to a slot that is gone');
  const answer = clinic.policy.auto_confirm ? 'confirmed' : 'pending';
  const kept = caller.role === 'patient' ? answer : visit.status;
  const before = isActive(visit) ? slotsOf(visit) : [];
  const next = changed(clinic, visit, {
    timeslot: first.id,
    further: further.map(({ id }) => id),
    doctor: first.doctor,
    branch: first.branch,
    room: roomOf(clinic, whole, { patient: visit.patient, visit, took }),
    ...spanOf(whole.slots),
    // Whoever is moved into a slot that runs is there.
    status: hasBegun(clinic, first) ? 'confirmed' : kept,
  });
  const ids = whole.slots.map(({ id }) => id);
  const without = allFreed(
    next,
    before.filter((id) => !ids.includes(id)),
  );
  const taken = ids.filter((id) => !before.includes(id));
  return claimed(
    taken.reduce((now, id) => take(now, id, visit), without),
    before,
  );
}

export function reschedule(
  clinic: Clinic,
  caller: Person,
  request: Act<'reschedule'>,
  created: Created,
): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['patient', ...STAFF]);
  const { id, patient } = visit;
  const target = clinic.slots.find((slot) => slot.id === request.slot);
  mustReach(caller, target, 'timeslot_not_found');
  const hasIt = isActive(visit) && visit.timeslot === request.slot;
  if (hasIt && statusOf(clinic, visit) !== 'expired') return shown(clinic, caller, id);
  mustMove(clinic, caller, visit);
  if (target && target.doctor !== visit.doctor && !canTakeOver(clinic, caller, visit, target.doctor))
    throw new Refused(409, 'not_same_doctor');
  const wanted = { slot: request.slot, patient, account: familyOf(caller), moving: id };
  return obtain(clinic, wanted, caller, (now) => {
    const whole = obtainable(now, wanted, caller.role);
    return whole && shown(moved(now, caller, { visit, whole }, created), caller, id);
  });
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
