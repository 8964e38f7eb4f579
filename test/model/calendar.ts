import { claimed } from './claims.ts';
import {
  type Absence,
  type Clinic,
  NEW_SLOT,
  NOT_HELD,
  type Person,
  type Slot,
  type Times,
} from './clinic.ts';
import { endOffers, isWanted, waitOn } from './offers.ts';
import { actingFor, mustReach, only, personOf, reaches, STAFF } from './people.ts';
import { type Act, done, made, Refused, type Step } from './requests.ts';
import { isUsed, placeOf, roomInstead } from './rooms.ts';
import {
  hasBegun,
  hasEnded,
  holderOf,
  isHeld,
  isHoliday,
  isStillToCome,
  minutesOf,
  overlap,
  slotsOf,
  startOf,
  todayOf,
} from './rules.ts';
import { isInLongVisit } from './services.ts';
import { shownPatient, shownSlot } from './shown.ts';
import { calledOff } from './visits.ts';

/** What a doctor's calendar holds: slots one by one and many at once, and absences. */

function mustWork(clinic: Clinic, doctor: number): void {
  const { role, is_active } = personOf(clinic, doctor);
  if (role !== 'doctor' || !is_active) throw new Refused(404, 'doctor_not_found');
}

const spanOf = ({ from, to, start_time, end_time }: Omit<Absence, 'id' | 'doctor'>) => ({
  begins: `${from} ${start_time}`,
  ends: `${to} ${end_time}`,
});

const touches = (span: { begins: string; ends: string }, slot: Times) =>
  startOf(slot) < span.ends && span.begins < `${slot.date} ${slot.end_time}`;

const isAway = (clinic: Clinic, doctor: number, slot: Times) =>
  clinic.absences.some((absence) => absence.doctor === doctor && touches(spanOf(absence), slot));

const meets = (clinic: Clinic, doctor: number, slot: Times) =>
  clinic.slots.some((other) => other.doctor === doctor && overlap(other, slot)) ||
  isInLongVisit(clinic, doctor, slot);

function withSlots(
  clinic: Clinic,
  slots: readonly (Times & { id: number; doctor: number })[],
  how: Pick<Slot, 'branch' | 'room' | 'break_minutes' | 'despite_holiday'>,
): Clinic {
  const added = slots.map((slot) => ({
    ...NEW_SLOT,
    ...slot,
    ...how,
    is_waitlisted: isWanted(clinic, { ...slot, ...how }),
  }));
  const ids = added.map(({ id }) => id);
  return claimed({ ...clinic, slots: [...clinic.slots, ...added], known: [...clinic.known, ...ids] }, ids);
}

export function publish(clinic: Clinic, caller: Person, request: Act<'publish'>, id: number): Step {
  const { date, start_time, end_time, despite_holiday = false } = request;
  // Who may never publish hears that before anything of what they sent.
  only(caller, 'doctor', ...STAFF);
  if (end_time <= start_time) throw new Refused(400, 'invalid_input');
  const doctor = actingFor(clinic, caller, 'doctor', request.doctor);
  const slot = { id, doctor, date, start_time, end_time };
  if (hasEnded(clinic, slot)) throw new Refused(400, 'slot_in_past');
  mustWork(clinic, doctor);
  const place = placeOf(clinic, doctor, request);
  if (isAway(clinic, doctor, slot)) throw new Refused(409, 'doctor_absent');
  if (meets(clinic, doctor, slot)) throw new Refused(409, 'slot_overlap');
  if (place.room !== null && isUsed(clinic, place.room, slot))
    throw new Refused(409, 'room_taken', { room: roomInstead(clinic, place.room, slot) });
  if (!despite_holiday && isHoliday(clinic, { ...place, date })) throw new Refused(409, 'clinic_closed');
  // Which branch it is in may have followed from what the doctor has.
  if (!reaches(caller, place.branch)) throw new Refused(403, 'forbidden');
  const next = withSlots(clinic, [slot], { ...place, break_minutes: 0, despite_holiday });
  const published = next.slots.find((one) => one.id === id) as Slot;
  const is_available = !hasBegun(next, published) && !published.is_waitlisted;
  return made(next, { ...shownSlot(next, published), is_available });
}

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** @param real every slot that the real clinic has made, whose ids no answer tells */
export function publishMany(
  clinic: Clinic,
  caller: Person,
  request: Act<'publish many'>,
  real: readonly (Times & { id: number; doctor: number })[],
): Step {
  const { date, slot_minutes, break_minutes = 0, despite_holiday = false } = request;
  only(caller, 'doctor', ...STAFF);
  const fits = minutesOf(request.end_time) - minutesOf(request.start_time) >= slot_minutes;
  if (!fits) throw new Refused(400, 'invalid_input');
  const doctor = actingFor(clinic, caller, 'doctor', request.doctor);
  if (caller.branches !== null && !reaches(caller, placeOf(clinic, doctor, request).branch))
    throw new Refused(403, 'forbidden');
  mustWork(clinic, doctor);
  const place = placeOf(clinic, doctor, request);
  const created: (Times & { id: number; doctor: number })[] = [];
  const skipped: (Times & { reason: string })[] = [];
  for (
    let at = minutesOf(request.start_time);
    at + slot_minutes <= minutesOf(request.end_time);
    at += slot_minutes + break_minutes
  ) {
    const slot = { date, start_time: clock(at), end_time: clock(at + slot_minutes) };
    const reasons = {
      past: hasEnded(clinic, slot),
      holiday: !despite_holiday && isHoliday(clinic, { ...place, date }),
      absence: isAway(clinic, doctor, slot),
      overlap: clinic.slots.some((other) => other.doctor === doctor && overlap(other, slot)),
      room_taken: place.room !== null && isUsed(clinic, place.room, slot),
    };
    const [refused] = Object.entries(reasons).find(([, holds]) => holds) ?? [];
    const reason = refused ?? (isInLongVisit(clinic, doctor, slot) ? 'overlap' : undefined);
    const id = real
      .filter((other) => other.doctor === doctor && startOf(other) === startOf(slot))
      .filter((other) => other.end_time === slot.end_time && !clinic.known.includes(other.id))
      .reduce((least, other) => Math.min(least, other.id), Number.POSITIVE_INFINITY);
    if (reason) skipped.push({ ...slot, reason });
    else created.push({ id, doctor, ...slot });
  }
  return made(withSlots(clinic, created, { ...place, break_minutes, despite_holiday }), {
    created: created.length,
    skipped_count: skipped.length,
    skipped,
    dry_run: false,
  });
}

/** A slot by its id, for its doctor or the staff. */
export function ownSlot(clinic: Clinic, caller: Person, id: number): Slot {
  only(caller, 'doctor', ...STAFF);
  const slot = clinic.slots.find((other) => other.id === id);
  if (!slot) throw new Refused(404, 'timeslot_not_found');
  mustReach(caller, slot, 'timeslot_not_found');
  if (caller.role === 'doctor' && slot.doctor !== caller.id) throw new Refused(403, 'forbidden');
  return slot;
}

export function withdraw(clinic: Clinic, caller: Person, request: { slot: number }): Step {
  const slot = ownSlot(clinic, caller, request.slot);
  if (isHeld(clinic, slot)) throw new Refused(409, 'slot_held');
  if (holderOf(clinic, slot)) throw new Refused(409, 'slot_booked');
  return done(withoutSlots(clinic, (other) => other.id === slot.id));
}

/** The history of a slot survives it, and whoever it was offered to waits on. */
export function withoutSlots(clinic: Clinic, isGone: (slot: Slot) => boolean): Clinic {
  const gone = clinic.slots.filter(isGone);
  const ids = new Set(gone.map(({ id }) => id));
  const kept = gone.filter(({ is_waitlisted }) => is_waitlisted);
  const firstOf = ({ id, held_with }: Slot) => held_with ?? id;
  const now = kept.reduce((before, slot) => endOffers(before, firstOf(slot), waitOn('withdrawn')), clinic);
  // What else was kept for whoever had the offer is given back.
  const isRest = (slot: Slot) =>
    slot.held_by !== null &&
    slot.is_waitlisted &&
    kept.some((one) => one.held_by === slot.held_by && firstOf(one) === firstOf(slot));
  const without = <Row extends { timeslot: number | null }>(row: Row) =>
    row.timeslot !== null && ids.has(row.timeslot);
  return {
    ...now,
    slots: now.slots
      .filter(({ id }) => !ids.has(id))
      .map((slot) => (isRest(slot) ? { ...slot, ...NOT_HELD } : slot)),
    visits: now.visits.map((visit) =>
      without(visit) ? { ...visit, timeslot: null, version: visit.version + 1 } : visit,
    ),
    offers: now.offers.map((offer) => (without(offer) ? { ...offer, timeslot: null } : offer)),
  };
}

/** They go where it is closed, and whoever still wants one is told so. */
export function closedOff(clinic: Clinic, slots: readonly Slot[]): Clinic {
  const ids = new Set(slots.map(({ id }) => id));
  const without = withoutSlots(clinic, ({ id }) => ids.has(id));
  const gone = slots.map(({ id, date, branch }) => ({ id, date, branch }));
  return { ...without, closed: [...without.closed, ...gone] };
}

export const byTime = <Row extends Times & { id: number }>(rows: readonly Row[]) =>
  rows.toSorted((a, b) => (startOf(a) === startOf(b) ? a.id - b.id : startOf(a) < startOf(b) ? -1 : 1));

export const shownTimes = ({ id, date, start_time, end_time }: Times & { id: number }) => ({
  id,
  date,
  start_time,
  end_time,
});

/** A doctor belongs to the branches of their slots from today on; one who has none to all. */
function isDoctorReached(clinic: Clinic, caller: Person, doctor: number): boolean {
  const theirs = clinic.slots.filter((slot) => slot.doctor === doctor && slot.date >= todayOf(clinic));
  return theirs.length === 0 || theirs.some(({ branch }) => reaches(caller, branch));
}

export function beAway(clinic: Clinic, caller: Person, request: Act<'be away'>, id: number): Step {
  const { from, to, start_time, end_time } = request;
  const doctor = actingFor(clinic, caller, 'doctor', request.doctor);
  const span = spanOf(request);
  if (span.ends <= clinic.now) throw new Refused(400, 'invalid_input');
  if (!isDoctorReached(clinic, caller, doctor)) throw new Refused(404, 'doctor_not_found');
  // One who is out may have visits still.
  const { role, erased } = personOf(clinic, doctor);
  if (role !== 'doctor' || erased) throw new Refused(404, 'doctor_not_found');
  const overlaps = clinic.absences
    .filter((absence) => absence.doctor === doctor)
    .some((absence) => spanOf(absence).begins < span.ends && span.begins < spanOf(absence).ends);
  if (overlaps) throw new Refused(409, 'absence_overlap');
  const isElsewhere = (slot: Slot) =>
    slot.doctor === doctor && !hasBegun(clinic, slot) && touches(span, slot) && !reaches(caller, slot.branch);
  if (clinic.slots.some(isElsewhere)) throw new Refused(403, 'forbidden');
  const visits = byTime(
    clinic.visits.filter(
      (visit) => visit.doctor === doctor && isStillToCome(clinic, visit) && touches(span, visit),
    ),
  );
  const booked = new Set(visits.flatMap(slotsOf));
  const after = calledOff(clinic, visits, caller.id, 'doctor_absent');
  const isGone = (slot: Slot) =>
    slot.doctor === doctor && !hasBegun(after, slot) && touches(span, slot) && !holderOf(after, slot);
  const slots = byTime(after.slots.filter(isGone).filter((slot) => !booked.has(slot.id)));
  const absence = { id, doctor, from, to, start_time, end_time };
  return made(
    { ...withoutSlots(after, isGone), absences: [...after.absences, absence] },
    {
      ...absence,
      reason: null,
      preview: false,
      slots_count: slots.length,
      slots: slots.map(shownTimes),
      appointments_count: visits.length,
      appointments: visits.map((visit) => ({
        ...shownTimes(visit),
        patient: shownPatient(clinic, visit.patient),
      })),
    },
  );
}

export function comeBack(clinic: Clinic, caller: Person, { absence: id }: Act<'come back'>): Step {
  only(caller, 'doctor', ...STAFF);
  const absence = clinic.absences.find((other) => other.id === id);
  if (!absence) throw new Refused(404, 'absence_not_found');
  if (!isDoctorReached(clinic, caller, absence.doctor)) throw new Refused(404, 'absence_not_found');
  if (caller.role === 'doctor' && absence.doctor !== caller.id) throw new Refused(404, 'absence_not_found');
  return done({ ...clinic, absences: clinic.absences.filter((other) => other.id !== id) });
}
