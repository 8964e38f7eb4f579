import {
  type Absence,
  type Act,
  actingFor,
  type Clinic,
  done,
  hasBegun,
  hasEnded,
  holderOf,
  isHeld,
  isStillToCome,
  made,
  NEW_SLOT,
  named,
  only,
  overlap,
  type Person,
  personOf,
  Refused,
  type Slot,
  STAFF,
  type Step,
  shownPatient,
  shownSlot,
  startOf,
  type Times,
  todayOf,
  type Visit,
} from './clinic.ts';
import { calledOff } from './visits.ts';
import { endOffers, isWanted, waitOn } from './waitlist.ts';

/** What a doctor's calendar holds: slots one by one and many at once, absences, and days on which the clinic is closed. */

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
  clinic.slots.some((other) => other.doctor === doctor && overlap(other, slot));

const isClosed = (clinic: Clinic, day: string) => clinic.holidays.some(({ date }) => date === day);

function withSlots(
  clinic: Clinic,
  slots: readonly (Times & { id: number; doctor: number })[],
  despite_holiday: boolean,
): Clinic {
  const added = slots.map((slot) => ({
    ...NEW_SLOT,
    ...slot,
    is_waitlisted: isWanted(clinic, slot),
    despite_holiday,
  }));
  const ids = added.map(({ id }) => id);
  return { ...clinic, slots: [...clinic.slots, ...added], known: [...clinic.known, ...ids] };
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
  if (isAway(clinic, doctor, slot)) throw new Refused(409, 'doctor_absent');
  if (meets(clinic, doctor, slot)) throw new Refused(409, 'slot_overlap');
  if (!despite_holiday && isClosed(clinic, date)) throw new Refused(409, 'clinic_closed');
  const next = withSlots(clinic, [slot], despite_holiday);
  return made(next, shownSlot(next, next.slots.at(-1) as Slot));
}

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** @param real every slot that the real clinic has made, whose ids no answer tells */
export function publishMany(
  clinic: Clinic,
  caller: Person,
  request: Act<'publish many'>,
  real: readonly (Times & { id: number; doctor: number })[],
): Step {
  const { date, slot_minutes, despite_holiday = false } = request;
  only(caller, 'doctor', ...STAFF);
  const fits = minutesOf(request.end_time) - minutesOf(request.start_time) >= slot_minutes;
  if (!fits) throw new Refused(400, 'invalid_input');
  const doctor = actingFor(clinic, caller, 'doctor', request.doctor);
  mustWork(clinic, doctor);
  const created: (Times & { id: number; doctor: number })[] = [];
  const skipped: (Times & { reason: string })[] = [];
  for (
    let at = minutesOf(request.start_time);
    at + slot_minutes <= minutesOf(request.end_time);
    at += slot_minutes
  ) {
    const slot = { date, start_time: clock(at), end_time: clock(at + slot_minutes) };
    const reasons = {
      past: hasEnded(clinic, slot),
      holiday: !despite_holiday && isClosed(clinic, date),
      absence: isAway(clinic, doctor, slot),
      overlap: meets(clinic, doctor, slot),
    };
    const [reason] = Object.entries(reasons).find(([, holds]) => holds) ?? [];
    const id = real
      .filter((other) => other.doctor === doctor && startOf(other) === startOf(slot))
      .filter((other) => other.end_time === slot.end_time && !clinic.known.includes(other.id))
      .reduce((least, other) => Math.min(least, other.id), Number.POSITIVE_INFINITY);
    if (reason) skipped.push({ ...slot, reason });
    else created.push({ id, doctor, ...slot });
  }
  return made(withSlots(clinic, created, despite_holiday), {
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
  const now = gone
    .filter(({ is_waitlisted }) => is_waitlisted)
    .reduce((before, { id }) => endOffers(before, id, waitOn('withdrawn')), clinic);
  const without = <Row extends { timeslot: number | null }>(row: Row) =>
    row.timeslot !== null && ids.has(row.timeslot);
  return {
    ...now,
    slots: now.slots.filter(({ id }) => !ids.has(id)),
    visits: now.visits.map((visit) =>
      without(visit) ? { ...visit, timeslot: null, version: visit.version + 1 } : visit,
    ),
    offers: now.offers.map((offer) => (without(offer) ? { ...offer, timeslot: null } : offer)),
  };
}

const byTime = <Row extends Times & { id: number }>(rows: readonly Row[]) =>
  rows.toSorted((a, b) => (startOf(a) === startOf(b) ? a.id - b.id : startOf(a) < startOf(b) ? -1 : 1));

const shownTimes = ({ id, date, start_time, end_time }: Times & { id: number }) => ({
  id,
  date,
  start_time,
  end_time,
});

export function beAway(clinic: Clinic, caller: Person, request: Act<'be away'>, id: number): Step {
  const { from, to, start_time, end_time } = request;
  const doctor = actingFor(clinic, caller, 'doctor', request.doctor);
  const span = spanOf(request);
  if (span.ends <= clinic.now) throw new Refused(400, 'invalid_input');
  // One who is out may have visits still.
  const { role, erased } = personOf(clinic, doctor);
  if (role !== 'doctor' || erased) throw new Refused(404, 'doctor_not_found');
  const overlaps = clinic.absences
    .filter((absence) => absence.doctor === doctor)
    .some((absence) => spanOf(absence).begins < span.ends && span.begins < spanOf(absence).ends);
  if (overlaps) throw new Refused(409, 'absence_overlap');
  const visits = byTime(
    clinic.visits.filter(
      (visit) => visit.doctor === doctor && isStillToCome(clinic, visit) && touches(span, visit),
    ),
  );
  const booked = new Set(visits.map(({ timeslot }) => timeslot));
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
  if (caller.role === 'doctor' && absence.doctor !== caller.id) throw new Refused(404, 'absence_not_found');
  return done({ ...clinic, absences: clinic.absences.filter((other) => other.id !== id) });
}

/** Closes the clinic on a day: what nobody has goes, and what is given up later will. */
export function close(clinic: Clinic, caller: Person, request: Act<'close'>, id: number): Step {
  only(caller, 'admin');
  const { date, visits = 'keep' } = request;
  if (date < todayOf(clinic)) throw new Refused(400, 'invalid_input');
  if (isClosed(clinic, date)) throw new Refused(409, 'holiday_exists');
  const ahead = byTime(clinic.visits.filter((visit) => visit.date === date && isStillToCome(clinic, visit)));
  const gone = clinic.slots.filter((slot) => slot.date === date && !holderOf(clinic, slot));
  const ids = new Set(gone.map((slot) => slot.id));
  const without = withoutSlots(clinic, (slot) => ids.has(slot.id));
  const next = {
    ...without,
    holidays: [...clinic.holidays, { id, date }],
    // What was published on purpose was so before this holiday.
    slots: without.slots.map((slot) => (slot.date === date ? { ...slot, despite_holiday: false } : slot)),
    closed: [...clinic.closed, ...gone.map((slot) => ({ id: slot.id, date }))],
  };
  const cancels = visits === 'cancel';
  const shown = (visit: Visit) => ({
    ...shownTimes(visit),
    doctor: named(clinic, visit.doctor),
    patient: shownPatient(clinic, visit.patient),
  });
  return made(cancels ? calledOff(next, ahead, caller.id, 'clinic_closed') : next, {
    id,
    date,
    name: null,
    branch: null,
    preview: false,
    removed: gone.length,
    appointments: cancels ? 0 : ahead.length,
    cancelled: cancels ? ahead.length : 0,
    visits: ahead.map(shown),
  });
}

/** Opens it after all: what is gone stays so. */
export function open(clinic: Clinic, caller: Person, { holiday: id }: Act<'open'>): Step {
  only(caller, 'admin');
  if (!clinic.holidays.some((holiday) => holiday.id === id)) throw new Refused(404, 'holiday_not_found');
  return done({ ...clinic, holidays: clinic.holidays.filter((holiday) => holiday.id !== id) });
}
