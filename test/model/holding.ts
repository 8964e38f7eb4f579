import { type Clinic, NOT_HELD, type Person, type Slot } from './clinic.ts';
import { actingFor, isStaff, mustReach } from './people.ts';
import { type Act, done, ok, Refused, type Step } from './requests.ts';
import { keeping, roomFor } from './rooms.ts';
import { hasBegun, isHeld, later, startOf } from './rules.ts';
import { givenOf, isForNewOrKnown, isOfAge, serviceOf, slotsFor, spanOf } from './services.ts';
import {
  canBeHad,
  familyOf,
  isBookable,
  isBusy,
  isOf,
  isPatient,
  obtain,
  tooMany,
  type Wanted,
} from './slots.ts';

/** Keeping a slot, or the slots of a service, for a few minutes. */

/** Whose one hold it is: a patient's, for whomever; what the staff holds is the patient's. */
const accountFor = (caller: Person, patient: number) => (isStaff(caller) ? patient : caller.id);

/** The slots that somebody would hold; none where the service is not for them, or does not fit in. */
function wantedSlots(clinic: Clinic, { slot, patient, service: id }: Wanted): readonly Slot[] {
  const first = clinic.slots.find((one) => one.id === slot);
  if (!first) return [];
  if (id === undefined) return [first];
  const service = serviceOf(clinic, id);
  if (!service?.is_active || !givenOf(clinic, first.doctor, id)) return [];
  const isForThem =
    isOfAge(clinic, service, patient, first.date) && isForNewOrKnown(clinic, service, patient);
  return (isForThem && slotsFor(clinic, first, service)) || [];
}

/** What gives way to a new hold: the patient's, and what the account holds, with all that those for whom it does have. */
function givingWay(clinic: Clinic, patient: number, account: number): Set<number> {
  const people = new Set<number | null>([patient]);
  for (const slot of clinic.slots)
    if (isOf(slot, account) && slot.held_with === null) people.add(slot.held_by);
  const theirs = clinic.slots.filter(({ held_by, is_waitlisted }) => people.has(held_by) && !is_waitlisted);
  return new Set(theirs.map(({ id }) => id));
}

/** Until when a hold lasts that begins now; undefined where others come first for a while. */
function endOf(clinic: Clinic, slots: readonly Slot[], account: number): string | undefined {
  const { hold_minutes } = clinic.policy;
  const [first] = slots as [Slot];
  // What one has had, one cannot keep by holding it anew: it ends when it would have, and then others come first.
  const before = slots.flatMap((slot) => (slot.last_held_by === account ? (slot.last_held_until ?? []) : []));
  if (before.some((end) => end <= clinic.now && clinic.now < later(end, hold_minutes))) return undefined;
  const ends = [
    later(clinic.now, hold_minutes),
    // The desk can hold what runs.
    hasBegun(clinic, first) ? `${first.date} ${first.end_time}` : startOf(first),
    ...before.filter((end) => end > clinic.now),
  ];
  return ends.toSorted()[0];
}

export function hold(clinic: Clinic, caller: Person, request: Act<'hold'>): Step {
  const patient = actingFor(clinic, caller, 'patient', request.patient);
  const account = accountFor(caller, patient);
  const { role } = caller;
  const answered = (next: Clinic, expires_at: string | null) =>
    ok(next, { timeslot: request.slot, expires_at });
  const wanted = { slot: request.slot, patient, service: request.service };
  return obtain(clinic, { ...wanted, account: familyOf(caller) }, caller, (now) => {
    const slots = wantedSlots(now, wanted);
    const [first] = slots;
    if (!first || !isPatient(now, patient)) return undefined;
    const kind = wanted.service === undefined ? null : (serviceOf(now, wanted.service)?.room_kind ?? null);
    const hasRoom = (slot: Slot) =>
      kind === null ||
      (slot.held_room === first.held_room &&
        now.rooms.some((room) => room.id === slot.held_room && room.kind === kind && room.is_active));
    // What is theirs already stays as long as it was, if a room is kept with it where it needs one.
    if (slots.every((slot) => slot.held_by === patient && isHeld(now, slot) && hasRoom(slot)))
      return answered(now, first.held_until);
    const before = givingWay(now, patient, account);
    const isOpen = (slot: Slot) =>
      !(slot.is_waitlisted && isHeld(now, slot)) &&
      canBeHad(now, slot, { ...wanted, account }, { role }) &&
      isBookable(now, slot);
    const given = now.slots.filter(({ id }) => before.has(id));
    const room =
      kind === null
        ? null
        : roomFor(
            now,
            { kind, slots: [...slots, ...given], ...spanOf(slots) },
            { took: now.keeps[first.id] },
          );
    const canAttend = !isBusy(now, patient, spanOf(slots));
    if (
      !slots.every(isOpen) ||
      !canAttend ||
      room === undefined ||
      (role === 'patient' && tooMany(now, patient))
    )
      return undefined;
    const held_until = endOf(now, slots, account);
    if (held_until === undefined) return { expected: { status: 409, code: 'held_recently' }, next: now };
    const kept = keeping(slots, room);
    const whose = { held_by: patient, held_until, last_held_by: account, last_held_until: held_until };
    const taken = { ...whose, is_waitlisted: false, offer_after: null };
    const held = now.slots.map((slot) => {
      const with_first = { held_with: slot.id === first.id ? null : first.id };
      if (slots.some(({ id }) => id === slot.id))
        return { ...slot, ...taken, ...with_first, ...kept.get(slot.id) };
      return before.has(slot.id) ? { ...slot, ...NOT_HELD } : slot;
    });
    return answered({ ...now, slots: held }, held_until);
  });
}

export function release(clinic: Clinic, caller: Person, request: Act<'release'>): Step {
  const account = accountFor(caller, actingFor(clinic, caller, 'patient', request.patient));
  const named = clinic.slots.find(({ id }) => id === request.slot);
  mustReach(caller, named, 'timeslot_not_found');
  if (!named) throw new Refused(404, 'timeslot_not_found');
  const isTheirs = named.held_by !== null && (named.held_by === account || named.last_held_by === account);
  if (!isTheirs) return done(clinic);
  const firstOf = ({ id, held_with }: Slot) => held_with ?? id;
  const isGiven = (slot: Slot) =>
    slot.held_by === named.held_by && !slot.is_waitlisted && firstOf(slot) === firstOf(named);
  return done({
    ...clinic,
    slots: clinic.slots.map((slot) => (isGiven(slot) ? { ...slot, ...NOT_HELD } : slot)),
  });
}
