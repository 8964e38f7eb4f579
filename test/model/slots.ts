import {
  type Act,
  actingFor,
  type Clinic,
  change,
  done,
  hasBegun,
  holderOf,
  isActive,
  isHeld,
  isOpenTo,
  later,
  made,
  ok,
  only,
  overlap,
  type Person,
  personOf,
  Refused,
  type Slot,
  type Step,
  shownVisit,
  startOf,
  type Visit,
} from './clinic.ts';
import { passOn, takenUp } from './waitlist.ts';

/** Who may have which slot: booking, holding and moving to one. */

export interface Wanted {
  slot: number;
  patient: number;
  /** The visit that would move to it. */
  moving?: number;
}

/** Whether somebody of a role may take what starts then: patients go by the clinic's policy. */
export function isWithin(clinic: Clinic, role: Person['role'], slot: Slot): 'too_soon' | undefined {
  const notice = role === 'patient' ? clinic.policy.min_notice_minutes : 0;
  return notice > 0 && startOf(slot) < later(clinic.now, notice) ? 'too_soon' : undefined;
}

export const isBusy = (clinic: Clinic, patient: number, slot: Slot, moving?: number) =>
  clinic.visits.some(
    (visit) => visit.patient === patient && visit.id !== moving && isActive(visit) && overlap(visit, slot),
  );

export const tooMany = (clinic: Clinic, patient: number, role: Person['role'] = 'patient') => {
  const most = role === 'patient' ? clinic.policy.active_appointments_max : null;
  const ahead = clinic.visits.filter(
    (visit) => visit.patient === patient && isActive(visit) && !hasBegun(clinic, visit),
  );
  return most !== null && ahead.length >= most;
};

/** Whose doctor is out can be had by nobody. */
export const isBookable = (clinic: Clinic, slot: Slot) => personOf(clinic, slot.doctor).is_active;

const isPatient = (clinic: Clinic, id: number) => {
  const { role, is_active } = personOf(clinic, id);
  return role === 'patient' && is_active;
};

const statuses: Record<string, number> = {
  patient_not_found: 404,
  timeslot_not_found: 404,
  slot_in_past: 400,
};

/** What somebody is refused a slot for, the plainest reason first. */
function refusal(clinic: Clinic, { slot: id, patient, moving }: Wanted, role: Person['role']) {
  const slot = clinic.slots.find((other) => other.id === id);
  if (slot?.doctor === patient) return 'not_with_oneself';
  if (!isPatient(clinic, patient)) return 'patient_not_found';
  if (!slot || !isBookable(clinic, slot)) return 'timeslot_not_found';
  if (hasBegun(clinic, slot)) return 'slot_in_past';
  const holder = holderOf(clinic, slot);
  if (holder) return holder.patient === patient ? 'already_yours' : 'slot_taken';
  const held = isHeld(clinic, slot);
  if (!(held && slot.held_by === patient)) {
    const beyond = isWithin(clinic, role, slot);
    if (beyond) return beyond;
  }
  if (held && slot.held_by !== patient) return 'slot_held';
  if (isBusy(clinic, patient, slot, moving)) return 'patient_busy';
  return moving === undefined && tooMany(clinic, patient, role) ? 'too_many_appointments' : undefined;
}

/** Tries for a slot; what waits to be offered to the next on the waiting list is passed on first. */
export function obtain(
  clinic: Clinic,
  wanted: Wanted,
  role: Person['role'],
  take: (clinic: Clinic, slot: Slot) => Step,
): Step {
  let now = clinic;
  for (;;) {
    const code = refusal(now, wanted, role);
    if (code) return { expected: { status: statuses[code] ?? 409, code }, next: now };
    const slot = now.slots.find(({ id }) => id === wanted.slot) as Slot;
    if (isOpenTo(now, slot, wanted.patient)) return take(now, slot);
    now = passOn(now, slot.id);
  }
}

/** An appointment has the slot: no hold and no claim is left on it, and an offer of it is over. */
export function take(clinic: Clinic, slot: number, visit: Pick<Visit, 'id' | 'patient'>): Clinic {
  const next = {
    ...clinic,
    slots: change(clinic.slots, slot, { held_by: null, held_until: null, is_waitlisted: false }),
  };
  return takenUp(next, slot, visit);
}

export function bookFor(clinic: Clinic, caller: Person, wanted: Wanted, id: number): Step {
  return obtain(clinic, wanted, caller.role, (now, slot) => {
    const { doctor, date, start_time, end_time } = slot;
    const visit: Visit = {
      id,
      doctor,
      date,
      start_time,
      end_time,
      patient: wanted.patient,
      timeslot: slot.id,
      status: clinic.policy.auto_confirm ? 'confirmed' : 'pending',
      booked_by: caller.id,
      cancelled_by: null,
      cancel_reason: null,
      cancelled_late: false,
      attendance: null,
      marked_on: null,
      version: 1,
    };
    const next = take({ ...now, visits: [...now.visits, visit] }, slot.id, visit);
    return made(next, shownVisit(next, visit));
  });
}

export function book(clinic: Clinic, caller: Person, request: Act<'book'>, id: number): Step {
  const patient = actingFor(caller, 'patient', request.patient);
  return bookFor(clinic, caller, { slot: request.slot, patient }, id);
}

export function hold(clinic: Clinic, caller: Person, request: { slot: number }): Step {
  only(caller, 'patient');
  const answered = (next: Clinic, slot: Slot) => ok(next, { timeslot: slot.id, expires_at: slot.held_until });
  const theirs = clinic.slots.find(({ id }) => id === request.slot);
  // What is theirs already stays as long as it was.
  if (theirs && theirs.held_by === caller.id && isHeld(clinic, theirs)) return answered(clinic, theirs);
  return obtain(clinic, { slot: request.slot, patient: caller.id }, caller.role, (now, { id }) => {
    const own = now.slots.find((slot) => slot.id === id) as Slot;
    if (own.held_by === caller.id && isHeld(now, own)) return answered(now, own);
    const end = later(now.now, now.policy.hold_minutes);
    const held_until = end < startOf(own) ? end : startOf(own);
    const slots = now.slots.map((slot) =>
      slot.held_by === caller.id && !slot.is_waitlisted ? { ...slot, held_by: null, held_until: null } : slot,
    );
    const next = { ...now, slots: change(slots, id, { held_by: caller.id, held_until }) };
    return answered(next, { ...own, held_until });
  });
}

export function release(clinic: Clinic, caller: Person, request: { slot: number }): Step {
  only(caller, 'patient');
  const slot = clinic.slots.find(({ id }) => id === request.slot);
  if (!slot) throw new Refused(404, 'timeslot_not_found');
  if (slot.held_by !== caller.id || slot.is_waitlisted) return done(clinic);
  return done({ ...clinic, slots: change(clinic.slots, slot.id, { held_by: null, held_until: null }) });
}
