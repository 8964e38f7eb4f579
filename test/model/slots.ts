import {
  type Clinic,
  type Closed,
  change,
  NOT_HELD,
  type Person,
  type Service,
  type Slot,
  type Times,
  type Visit,
} from './clinic.ts';
import { passOn, replacing, takenUp } from './offers.ts';
import { mustReach, personOf } from './people.ts';
import { Refused, type Step } from './requests.ts';
import { isRoomFree } from './rooms.ts';
import {
  holderOf,
  isActive,
  isHeld,
  isHoliday,
  isOpenTo,
  isOver,
  isPlaceOpen,
  isStillToCome,
  later,
  overlap,
  reachOf,
  slotsOf,
  startOf,
} from './rules.ts';
import { givenOf, givesServices, isForNewOrKnown, isOfAge, serviceOf, slotsFor, spanOf } from './services.ts';

/** Who may have which slot, alone or with those that follow on it. */

export interface Wanted {
  slot: number;
  patient: number;
  /** The patient who asks, for themself or for one of their family. */
  account?: number | undefined;
  /** The visit that would move to it. */
  moving?: number;
  /** What for. A visit that moves keeps its own. */
  service?: number | undefined;
  /** It is offered to them as it is: nobody asks for a service any more. */
  offered?: boolean;
}

/** All that a visit takes: its slots, in order, and the service that it is for. */
export interface Whole {
  slots: readonly Slot[];
  service: Service | undefined;
}

/** Whether somebody of a role may take what starts then: patients go by the clinic's policy. */
export function beyond(clinic: Clinic, role: Person['role'], slot: Slot) {
  if (role !== 'patient') return undefined;
  const notice = clinic.policy.min_notice_minutes;
  if (notice > 0 && startOf(slot) < later(clinic.now, notice)) return 'too_soon';
  return slot.date > reachOf(clinic) ? 'too_far_ahead' : undefined;
}

export const isBusy = (clinic: Clinic, patient: number, times: Times, moving?: number | null) =>
  clinic.visits.some(
    (visit) => visit.patient === patient && visit.id !== moving && isActive(visit) && overlap(visit, times),
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

export const isPatient = (clinic: Clinic, id: number) => {
  const { role, is_active } = personOf(clinic, id);
  return role === 'patient' && is_active;
};

const statuses: Record<string, number> = {
  patient_not_found: 404,
  timeslot_not_found: 404,
  slot_in_past: 400,
};

/** What took a slot still stands: a holiday, or that its branch is closed. Of a room nobody is told. */
const isStillClosed = (clinic: Clinic, gone: Closed) =>
  isHoliday(clinic, gone) || !isPlaceOpen(clinic, { ...gone, room: null });

/** What somebody is refused a slot for, the plainest reason first. */
function refusal(clinic: Clinic, wanted: Wanted, role: Person['role']) {
  const { slot: id, patient, moving } = wanted;
  const slot = clinic.slots.find((other) => other.id === id);
  if (slot?.doctor === patient) return 'not_with_oneself';
  if (!isPatient(clinic, patient)) return 'patient_not_found';
  if (clinic.closed.some((gone) => gone.id === id && isStillClosed(clinic, gone))) return 'clinic_closed';
  if (!slot || !isBookable(clinic, slot)) return 'timeslot_not_found';
  if (isOver(clinic, role, slot)) return 'slot_in_past';
  const holder = holderOf(clinic, slot);
  if (holder && holder.id !== moving) return holder.patient === patient ? 'already_yours' : 'slot_taken';
  const isOwn = isHeldFor(clinic, slot, wanted);
  const bound = isOwn ? undefined : beyond(clinic, role, slot);
  if (bound) return bound;
  if (isHeld(clinic, slot) && !isOwn) return 'slot_held';
  if (isBusy(clinic, patient, slot, moving)) return 'patient_busy';
  const counts = moving === undefined && role === 'patient' && !isCounted(clinic, slot, patient);
  return counts && tooMany(clinic, patient) ? 'too_many_appointments' : undefined;
}

/** Whether somebody may have one of the slots of a visit. @param own the slots of a visit that would move */
export const canBeHad = (
  clinic: Clinic,
  slot: Slot,
  wanted: Wanted,
  { role, own = [] }: { role: Person['role']; own?: readonly number[] },
): boolean =>
  (own.includes(slot.id) || !holderOf(clinic, slot)) &&
  !isOver(clinic, role, slot) &&
  (isHeldFor(clinic, slot, wanted) || isOpenTo(clinic, slot, wanted.patient)) &&
  (isHeld(clinic, slot) || !beyond(clinic, role, slot));

/** The waiting list has it, and has offered it to nobody. */
const isPassing = (clinic: Clinic, slot: Slot) =>
  slot.is_waitlisted && !isHeld(clinic, slot) && slot.date <= reachOf(clinic);

/** What a service says to a slot that is itself free. */
function judgeService(clinic: Clinic, first: Slot, wanted: Wanted, role: Person['role']) {
  const { patient, moving } = wanted;
  const visit = clinic.visits.find(({ id }) => id === moving);
  const id = visit?.service ?? wanted.service;
  if (id === undefined) return { whole: { slots: [first], service: undefined } };
  const service = serviceOf(clinic, id);
  if (service === undefined || !(visit || service.is_active)) return { code: 'service_not_given' };
  const slots = slotsFor(clinic, first, service, moving);
  const own = visit && isActive(visit) ? slotsOf(visit) : [];
  const passing = slots?.filter((slot) => isPassing(clinic, slot)) ?? [];
  const code = () => {
    if (!visit && !givenOf(clinic, first.doctor, id)) return 'service_not_given';
    if (!isOfAge(clinic, service, patient, first.date)) return 'not_for_this_patient';
    if (!visit && !isForNewOrKnown(clinic, service, patient)) return 'not_for_this_patient';
    if (!slots?.every((slot) => canBeHad(clinic, slot, wanted, { role, own }))) return 'not_enough_time';
    if (isBusy(clinic, patient, spanOf(slots), moving)) return 'patient_busy';
    const { room_kind: kind } = service;
    const hasRoom =
      kind === null || isRoomFree(clinic, { kind, slots, visit: moving, patient, ...spanOf(slots) });
    return hasRoom ? undefined : 'no_room_free';
  };
  return { code: code(), passing, whole: slots && { slots, service } };
}

const refusedBy = (clinic: Clinic, code: string): Step => ({
  expected: { status: statuses[code] ?? 409, code },
  next: clinic,
});

/** All that somebody would take, if nothing refuses it. */
export function obtainable(clinic: Clinic, wanted: Wanted, role: Person['role']): Whole | undefined {
  const first = clinic.slots.find(({ id }) => id === wanted.slot);
  if (!first || refusal(clinic, wanted, role)) return undefined;
  if (!isHeldFor(clinic, first, wanted) && !isOpenTo(clinic, first, wanted.patient)) return undefined;
  const { code, whole } = judgeService(clinic, first, wanted, role);
  return code === undefined ? whole : undefined;
}

/**
 * Tries for a slot; what waits to be offered to the next on the waiting list is passed on first.
 * @param attempt undefined where some rule refuses it
 */
export function obtain(
  clinic: Clinic,
  wanted: Wanted,
  caller: Person,
  attempt: (clinic: Clinic) => Step | undefined,
): Step {
  const { role } = caller;
  const target = clinic.slots.find(({ id }) => id === wanted.slot);
  mustReach(caller, target, 'timeslot_not_found');
  const mayLeaveOut = wanted.service !== undefined || wanted.moving !== undefined || wanted.offered;
  if (clinic.policy.service_required && !mayLeaveOut && target && givesServices(clinic, target.doctor))
    throw new Refused(400, 'invalid_input');
  let now = clinic;
  for (;;) {
    const step = attempt(now);
    if (step) return step;
    const plain = refusal(now, wanted, role);
    if (plain) return refusedBy(now, plain);
    const slot = now.slots.find(({ id }) => id === wanted.slot) as Slot;
    const { code, passing = [] } = judgeService(now, slot, wanted, role);
    const all = new Set([...(isPassing(now, slot) ? [slot.id] : []), ...passing.map(({ id }) => id)]);
    if (all.size === 0) return refusedBy(now, code ?? 'slot_taken');
    const kept = isPassing(now, slot) ? 'slot_held' : 'not_enough_time';
    for (const id of all) {
      const passed = passOn(now, id, wanted.patient);
      now = passed.clinic;
      if (passed.isKept) return refusedBy(now, kept);
    }
  }
}

/** An appointment has the slot: no hold and no claim is left on it, and an offer of it is over. */
export function take(clinic: Clinic, slot: number, visit: Pick<Visit, 'id' | 'patient'>): Clinic {
  const next = {
    ...clinic,
    slots: change(clinic.slots, slot, {
      ...NOT_HELD,
      is_waitlisted: false,
      offer_after: null,
      last_held_by: null,
      last_held_until: null,
    }),
  };
  return takenUp(next, slot, visit);
}

/** It has all of its slots. */
export const takeAll = (clinic: Clinic, visit: Visit): Clinic =>
  slotsOf(visit).reduce((now, slot) => take(now, slot, visit), clinic);

/** Who asks for their family: what one holds for somebody of it they may take for another. */
export const familyOf = ({ id, role }: Person) => (role === 'patient' ? id : undefined);

/** It is held for the patient, or by whoever asks for them. */
export const isHeldFor = (clinic: Clinic, slot: Slot, { patient, account }: Wanted) =>
  isHeld(clinic, slot) && (slot.held_by === patient || isOf(slot, account));

/** An account holds it, for whomever. */
export const isOf = (slot: Slot, account: number | undefined) =>
  slot.held_by !== null && slot.last_held_by === account && !slot.is_waitlisted;
