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
  isOver,
  isStaff,
  isStillToCome,
  later,
  made,
  ok,
  overlap,
  type Person,
  personOf,
  Refused,
  reachOf,
  type Slot,
  type Step,
  shownVisit,
  startOf,
  type Visit,
} from './clinic.ts';
import { passOn, replacing, takenUp } from './waitlist.ts';

/** Who may have which slot: booking, holding and moving to one. */

export interface Wanted {
  slot: number;
  patient: number;
  /** The patient who asks, for themself or for one of their family. */
  account?: number | undefined;
  /** The visit that would move to it. */
  moving?: number;
}

/** Whether somebody of a role may take what starts then: patients go by the clinic's policy. */
export function beyond(clinic: Clinic, role: Person['role'], slot: Slot) {
  if (role !== 'patient') return undefined;
  const notice = clinic.policy.min_notice_minutes;
  if (notice > 0 && startOf(slot) < later(clinic.now, notice)) return 'too_soon';
  return slot.date > reachOf(clinic) ? 'too_far_ahead' : undefined;
}

export const isBusy = (clinic: Clinic, patient: number, slot: Slot, moving?: number | null) =>
  clinic.visits.some(
    (visit) => visit.patient === patient && visit.id !== moving && isActive(visit) && overlap(visit, slot),
  );

/** @param except a visit that does not count */
export const tooMany = (clinic: Clinic, patient: number, except: number | null = null) => {
  const most = clinic.policy.active_appointments_max;
  const ahead = clinic.visits.filter(
    (visit) => visit.patient === patient && visit.id !== except && isStillToCome(clinic, visit),
  );
  return most !== null && ahead.length >= most;
};

/** Whoever holds it, or is offered it, was counted then; but for what is to take the place of a visit. */
const isCounted = (clinic: Clinic, slot: Slot, patient: number) =>
  isHeld(clinic, slot) && slot.held_by === patient && replacing(clinic, slot.id) === null;

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
function refusal(clinic: Clinic, wanted: Wanted, role: Person['role']) {
  const { slot: id, patient, moving } = wanted;
  const slot = clinic.slots.find((other) => other.id === id);
  if (slot?.doctor === patient) return 'not_with_oneself';
  if (!isPatient(clinic, patient)) return 'patient_not_found';
  const wasClosed = clinic.closed.find((gone) => gone.id === id);
  if (wasClosed && clinic.holidays.some(({ date }) => date === wasClosed.date)) return 'clinic_closed';
  if (!slot || !isBookable(clinic, slot)) return 'timeslot_not_found';
  if (isOver(clinic, role, slot)) return 'slot_in_past';
  const holder = holderOf(clinic, slot);
  if (holder) return holder.patient === patient ? 'already_yours' : 'slot_taken';
  const isOwn = isHeldFor(clinic, slot, wanted);
  const bound = isOwn ? undefined : beyond(clinic, role, slot);
  if (bound) return bound;
  if (isHeld(clinic, slot) && !isOwn) return 'slot_held';
  if (isBusy(clinic, patient, slot, moving)) return 'patient_busy';
  const counts = moving === undefined && role === 'patient' && !isCounted(clinic, slot, patient);
  return counts && tooMany(clinic, patient) ? 'too_many_appointments' : undefined;
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
    if (isHeldFor(now, slot, wanted) || isOpenTo(now, slot, wanted.patient)) return take(now, slot);
    const passed = passOn(now, slot.id, wanted.patient);
    now = passed.clinic;
    if (passed.isKept) return { expected: { status: 409, code: 'slot_held' }, next: now };
  }
}

/** An appointment has the slot: no hold and no claim is left on it, and an offer of it is over. */
export function take(clinic: Clinic, slot: number, visit: Pick<Visit, 'id' | 'patient'>): Clinic {
  const next = {
    ...clinic,
    slots: change(clinic.slots, slot, {
      held_by: null,
      held_until: null,
      is_waitlisted: false,
      offer_after: null,
      last_held_by: null,
      last_held_until: null,
    }),
  };
  return takenUp(next, slot, visit);
}

/** The slot can be had: the patient has it now. @param kept the status of a visit that gave way to it */
/** What else is said of a booking. */
interface Booking {
  kept?: Visit['status'] | undefined;
  reason?: string | null;
}

export function booked(
  clinic: Clinic,
  caller: Person,
  { slot, patient, kept, reason = null }: Booking & { slot: Slot; patient: number },
  id: number,
): Step {
  const { doctor, date, start_time, end_time } = slot;
  const answered = kept ?? (clinic.policy.auto_confirm ? 'confirmed' : 'pending');
  const visit: Visit = {
    id,
    doctor,
    date,
    start_time,
    end_time,
    patient,
    timeslot: slot.id,
    // Whoever gets a slot that runs is there.
    status: hasBegun(clinic, slot) ? 'confirmed' : answered,
    booked_by: caller.id,
    cancelled_by: null,
    cancel_reason: null,
    cancelled_late: false,
    reason,
    note: null,
    attendance: null,
    marked_on: null,
    version: 1,
  };
  const next = take({ ...clinic, visits: [...clinic.visits, visit] }, slot.id, visit);
  return made(next, shownVisit(next, caller, visit));
}

export const bookFor = (
  clinic: Clinic,
  caller: Person,
  wanted: Wanted,
  id: number,
  booking: Booking = {},
): Step =>
  obtain(clinic, { ...wanted, account: familyOf(caller) }, caller.role, (now, slot) => {
    const { next, expected } = booked(now, caller, { slot, patient: wanted.patient, ...booking }, id);
    // Whoever works here is told whether any message reaches the patient. Nobody here has an address.
    return made(next, { ...expected.body, ...(caller.role !== 'patient' && { reachable: false }) });
  });

/** In a slot of their own, for whom they have seen. */
function bookFollowUp(clinic: Clinic, caller: Person, request: Act<'book'>, id: number): Step {
  const { slot, patient, reason } = request;
  if (patient === undefined || reason !== undefined) throw new Refused(400, 'invalid_input');
  const target = clinic.slots.find((one) => one.id === slot);
  if (target && target.doctor !== caller.id) throw new Refused(403, 'forbidden');
  const isKnown = clinic.visits.some(
    (one) => one.doctor === caller.id && one.patient === patient && one.attendance === 'completed',
  );
  if (!isKnown) throw new Refused(404, 'patient_not_found');
  return bookFor(clinic, caller, { slot, patient }, id, { kept: 'confirmed' });
}

export function book(clinic: Clinic, caller: Person, request: Act<'book'>, id: number): Step {
  const { slot, reason } = request;
  if (caller.role === 'doctor') return bookFollowUp(clinic, caller, request, id);
  const patient = actingFor(clinic, caller, 'patient', request.patient);
  // Why a patient comes is theirs to say.
  if (reason !== undefined && caller.role !== 'patient') throw new Refused(400, 'invalid_input');
  return bookFor(clinic, caller, { slot, patient }, id, { reason: reason ?? null });
}

/** Whose one hold it is: a patient's, for whomever; what the staff holds is the patient's. */
const accountFor = (caller: Person, patient: number) => (isStaff(caller) ? patient : caller.id);

export function hold(clinic: Clinic, caller: Person, request: { slot: number; patient?: number }): Step {
  const patient = actingFor(clinic, caller, 'patient', request.patient);
  const account = accountFor(caller, patient);
  const answered = (next: Clinic, slot: Slot) => ok(next, { timeslot: slot.id, expires_at: slot.held_until });
  const theirs = clinic.slots.find(({ id }) => id === request.slot);
  // What is theirs already stays as long as it was.
  if (theirs && theirs.held_by === patient && isHeld(clinic, theirs)) return answered(clinic, theirs);
  const take = (now: Clinic, { id }: Slot): Step => {
    const own = now.slots.find((slot) => slot.id === id) as Slot;
    if (own.held_by === patient && isHeld(now, own)) return answered(now, own);
    const { hold_minutes } = now.policy;
    // What one has had, one cannot keep by holding it anew: it ends when it would have, and then others come first.
    const before = own.last_held_by === account ? own.last_held_until : null;
    if (before !== null && before <= now.now && now.now < later(before, hold_minutes))
      return { expected: { status: 409, code: 'held_recently' }, next: now };
    const ends = [
      later(now.now, hold_minutes),
      // The desk can hold what runs.
      hasBegun(now, own) ? `${own.date} ${own.end_time}` : startOf(own),
      before !== null && before > now.now ? before : '9',
    ];
    const held_until = ends.toSorted()[0] ?? null;
    // One for an account, and one for a patient.
    const slots = now.slots.map((slot) =>
      (slot.held_by === patient || isOf(slot, account)) && !slot.is_waitlisted
        ? { ...slot, held_by: null, held_until: null }
        : slot,
    );
    const next = {
      ...now,
      slots: change(slots, id, {
        held_by: patient,
        held_until,
        last_held_by: account,
        last_held_until: held_until,
      }),
    };
    return answered(next, { ...own, held_until });
  };
  // What they hold for another of the family they may pass on, if nothing else refuses it.
  const mayPassOn =
    theirs !== undefined &&
    isOf(theirs, account) &&
    isHeld(clinic, theirs) &&
    personOf(clinic, patient).is_active &&
    isBookable(clinic, theirs) &&
    !hasBegun(clinic, theirs) &&
    !isBusy(clinic, patient, theirs) &&
    (isStaff(caller) || !tooMany(clinic, patient));
  if (mayPassOn) return take(clinic, theirs);
  const wanted = { slot: request.slot, patient, account: familyOf(caller) };
  return obtain(clinic, wanted, caller.role, take);
}

/** Who asks for their family: what one holds for somebody of it they may take for another. */
export const familyOf = ({ id, role }: Person) => (role === 'patient' ? id : undefined);

/** It is held for the patient, or by whoever asks for them. */
const isHeldFor = (clinic: Clinic, slot: Slot, { patient, account }: Wanted) =>
  isHeld(clinic, slot) && (slot.held_by === patient || isOf(slot, account));

/** An account holds it, for whomever. */
const isOf = (slot: Slot, account: number | undefined) =>
  slot.held_by !== null && slot.last_held_by === account && !slot.is_waitlisted;

export function release(clinic: Clinic, caller: Person, request: { slot: number; patient?: number }): Step {
  const account = accountFor(caller, actingFor(clinic, caller, 'patient', request.patient));
  const slot = clinic.slots.find(({ id }) => id === request.slot);
  if (!slot) throw new Refused(404, 'timeslot_not_found');
  if ((slot.held_by !== account && !isOf(slot, account)) || slot.is_waitlisted) return done(clinic);
  return done({ ...clinic, slots: change(clinic.slots, slot.id, { held_by: null, held_until: null }) });
}
