import type { Role } from '../../src/core/roles.ts';
import {
  type Act,
  type Clinic,
  hasBegun,
  holderOf,
  isActive,
  meet,
  only,
  type Person,
  personOf,
  Refused,
  type Request,
  type Slot,
  type Step,
  shownSlot,
  shownVisit,
  type Visit,
} from './clinic.ts';
import { freeSlots, ownSlots, visits } from './lists.ts';

/**
 * The clinic as clinic.md tells it, over plain arrays: no SQL, no constraint, nothing shared with src. What the API
 * answers is compared with what this answers.
 */

/**
 * One request, one answer, one clinic after it.
 * @param created the id which the real clinic gave to what this request creates
 * @param options.late the caller was signed in when the request came, even if no longer now
 */
export function answer(
  clinic: Clinic,
  request: Request,
  created = 0,
  { late = false }: { late?: boolean } = {},
): Step {
  try {
    const caller = personOf(clinic, request.by);
    if (request.do === 'sign in') return signIn(clinic, caller);
    if (!caller.signed_in && !late) throw new Refused(401, 'session_ended');
    return act(clinic, caller, request, created);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { expected: { status: error.status, code: error.code }, next: clinic };
  }
}

function act(clinic: Clinic, caller: Person, request: Request, created: number): Step {
  switch (request.do) {
    case 'publish':
      return publish(clinic, caller, request, created);
    case 'withdraw':
      return withdraw(clinic, caller, request);
    case 'read slot':
      return ok(clinic, shownSlot(clinic, ownSlot(clinic, caller, request.slot)));
    case 'book':
      return book(clinic, caller, request, created);
    case 'decide':
      return decide(clinic, caller, request);
    case 'cancel':
      return cancel(clinic, caller, request);
    case 'read visit':
      return ok(clinic, shownVisit(clinic, ownVisit(clinic, caller, request.visit)));
    case 'list free slots':
      return ok(clinic, freeSlots(clinic, caller, request));
    case 'list own slots':
      return ok(clinic, ownSlots(clinic, caller, request));
    case 'list own visits':
    case 'list all visits':
      return ok(clinic, visits(clinic, caller, request));
    case 'activate':
      return activate(clinic, caller, request);
    case 'erase':
      return erase(clinic, caller, request);
    default:
      throw new Error(`no such request: ${request.do}`);
  }
}

const ok = (next: Clinic, body: object): Step => ({ expected: { status: 200, body }, next });

const change = <Row extends { id: number }>(rows: readonly Row[], id: number, changes: Partial<Row>): Row[] =>
  rows.map((row) => (row.id === id ? { ...row, ...changes } : row));

function signIn(clinic: Clinic, person: Person): Step {
  if (person.erased) throw new Refused(401, 'invalid_credentials');
  if (!person.is_active) throw new Refused(403, 'account_inactive');
  return {
    expected: { status: 200 },
    next: { ...clinic, people: change(clinic.people, person.id, { signed_in: true }) },
  };
}

function publish(clinic: Clinic, caller: Person, request: Act<'publish'>, id: number): Step {
  const { date, start_time, end_time } = request;
  if (end_time <= start_time) throw new Refused(400, 'invalid_input');
  only(caller, 'doctor', 'admin');
  const named = request.doctor ?? (caller.role === 'doctor' ? caller.id : undefined);
  if (named === undefined) throw new Refused(400, 'invalid_input');
  if (caller.role === 'doctor' && named !== caller.id) throw new Refused(403, 'forbidden');
  const slot = { id, doctor: named, date, start_time, end_time };
  if (hasBegun(clinic, slot)) throw new Refused(400, 'slot_in_past');
  const doctor = personOf(clinic, named);
  if (doctor.role !== 'doctor' || !doctor.is_active) throw new Refused(404, 'doctor_not_found');
  if (clinic.slots.some((other) => other.doctor === named && meet(other, slot)))
    throw new Refused(409, 'slot_overlap');
  const next = { ...clinic, slots: [...clinic.slots, slot] };
  return { expected: { status: 201, body: shownSlot(next, slot) }, next };
}

/** A slot by its id, for its doctor or an admin. */
function ownSlot(clinic: Clinic, caller: Person, id: number): Slot {
  only(caller, 'doctor', 'admin');
  const slot = clinic.slots.find((other) => other.id === id);
  if (!slot) throw new Refused(404, 'timeslot_not_found');
  if (caller.role === 'doctor' && slot.doctor !== caller.id) throw new Refused(403, 'forbidden');
  return slot;
}

function withdraw(clinic: Clinic, caller: Person, request: { slot: number }): Step {
  const slot = ownSlot(clinic, caller, request.slot);
  if (holderOf(clinic, slot)) throw new Refused(409, 'slot_booked');
  return { expected: { status: 204 }, next: withoutSlots(clinic, (other) => other.id === slot.id) };
}

/** The history of a slot survives it. */
function withoutSlots(clinic: Clinic, isGone: (slot: Slot) => boolean): Clinic {
  const gone = new Set(clinic.slots.filter(isGone).map(({ id }) => id));
  return {
    ...clinic,
    slots: clinic.slots.filter(({ id }) => !gone.has(id)),
    visits: clinic.visits.map((visit) =>
      visit.timeslot !== null && gone.has(visit.timeslot) ? { ...visit, timeslot: null } : visit,
    ),
  };
}

function book(clinic: Clinic, caller: Person, request: Act<'book'>, id: number): Step {
  only(caller, 'patient', 'admin');
  const named = request.patient ?? (caller.role === 'patient' ? caller.id : undefined);
  if (named === undefined) throw new Refused(400, 'invalid_input');
  if (caller.role === 'patient' && named !== caller.id) throw new Refused(403, 'forbidden');
  const patient = personOf(clinic, named);
  if (patient.role !== 'patient' || !patient.is_active) throw new Refused(404, 'patient_not_found');
  const slot = clinic.slots.find((other) => other.id === request.slot);
  if (!slot || !personOf(clinic, slot.doctor).is_active) throw new Refused(404, 'timeslot_not_found');
  if (hasBegun(clinic, slot)) throw new Refused(400, 'slot_in_past');
  if (holderOf(clinic, slot)) throw new Refused(409, 'slot_taken');
  if (clinic.visits.some((other) => other.patient === named && isActive(other) && meet(other, slot)))
    throw new Refused(409, 'patient_busy');
  const visit: Visit = {
    ...slot,
    id,
    patient: named,
    timeslot: slot.id,
    status: 'pending',
    booked_by: caller.id,
    cancelled_by: null,
    cancel_reason: null,
  };
  const next = { ...clinic, visits: [...clinic.visits, visit] };
  return { expected: { status: 201, body: shownVisit(next, visit) }, next };
}

/** A visit by its id, for the roles named: its own patient, its own doctor, any admin. */
function ownVisit(
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

function decide(clinic: Clinic, caller: Person, request: Act<'decide'>): Step {
  const { status, reason = null } = request;
  const visit = ownVisit(clinic, caller, request.visit, ['doctor', 'admin']);
  const mayStillCancel = status === 'cancelled' && caller.role === 'admin' && visit.status === 'confirmed';
  if (visit.status !== 'pending' && !mayStillCancel) throw new Refused(409, 'already_decided');
  const next = moved(clinic, [visit], status, caller.id, reason);
  return ok(next, shownVisit(next, next.visits.find(({ id }) => id === visit.id) ?? visit));
}

function moved(
  clinic: Clinic,
  those: Visit[],
  status: Visit['status'],
  by: number,
  reason: string | null,
): Clinic {
  const ids = new Set(those.map(({ id }) => id));
  const changes = status === 'cancelled' ? { status, cancelled_by: by, cancel_reason: reason } : { status };
  return {
    ...clinic,
    visits: clinic.visits.map((visit) => (ids.has(visit.id) ? { ...visit, ...changes } : visit)),
  };
}

function cancel(clinic: Clinic, caller: Person, request: { visit: number }): Step {
  const visit = ownVisit(clinic, caller, request.visit, ['patient', 'admin']);
  const expected = { status: 204 };
  if (visit.status === 'cancelled') return { expected, next: clinic };
  if (caller.role === 'patient' && hasBegun(clinic, visit)) throw new Refused(409, 'visit_begun');
  return { expected, next: moved(clinic, [visit], 'cancelled', caller.id, null) };
}

function activate(clinic: Clinic, caller: Person, { person, is_active }: Act<'activate'>): Step {
  only(caller, 'admin');
  if (personOf(clinic, person).erased) throw new Refused(404, 'user_not_found');
  const changes = is_active ? { is_active } : { is_active, signed_in: false };
  const next = { ...clinic, people: change(clinic.people, person, changes) };
  return ok(next, { id: person, is_active });
}

function erase(clinic: Clinic, caller: Person, { person }: Act<'erase'>): Step {
  only(caller, 'admin');
  const expected = { status: 204 };
  if (personOf(clinic, person).erased) return { expected, next: clinic };
  const ahead = clinic.visits.filter(
    (visit) =>
      (visit.doctor === person || visit.patient === person) && isActive(visit) && !hasBegun(clinic, visit),
  );
  const calledOff = moved(clinic, ahead, 'cancelled', caller.id, 'account_deleted');
  const next = withoutSlots(calledOff, (slot) => slot.doctor === person && !hasBegun(clinic, slot));
  const forgotten = { first_name: null, is_active: false, erased: true, signed_in: false };
  const people = change(next.people, person, forgotten);
  return { expected, next: { ...next, people, visits: withoutWords(next.visits, person) } };
}

/** Reasons are free text that may name somebody: all go, on either side of the visit, but for the code of an erasure. */
function withoutWords(visits: readonly Visit[], person: number): Visit[] {
  return visits.map((visit) => {
    const isTheirs = visit.doctor === person || visit.patient === person;
    const isCode = visit.cancel_reason === 'account_deleted';
    return isTheirs && !isCode ? { ...visit, cancel_reason: null } : visit;
  });
}
