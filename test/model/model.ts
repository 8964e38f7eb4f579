import type { Role } from '../../src/core/roles.ts';

/**
 * The clinic as clinic.md tells it, over plain arrays: no SQL, no constraint, nothing shared with src. What the API
 * answers is compared with what this answers.
 */
export interface Person {
  id: number;
  role: Role;
  first_name: string | null;
  is_active: boolean;
  erased: boolean;
  /** Whether the session of their token lives. */
  signed_in: boolean;
}

export interface Slot {
  id: number;
  doctor: number;
  date: string;
  start_time: string;
  end_time: string;
}

export interface Visit extends Omit<Slot, 'doctor'> {
  doctor: number;
  patient: number;
  timeslot: number | null;
  status: 'pending' | 'confirmed' | 'cancelled';
  booked_by: number;
  cancelled_by: number | null;
  cancel_reason: string | null;
}

export interface Clinic {
  /** The wall clock, such as `2026-03-02 09:00`. */
  now: string;
  people: readonly Person[];
  slots: readonly Slot[];
  visits: readonly Visit[];
}

export interface Filters {
  date?: string;
  from?: string;
  to?: string;
  status?: Visit['status'];
  is_available?: boolean;
  doctor?: number;
  patient?: number;
  page?: number;
  page_size?: number;
}

/** A request as somebody sends it; every id is a number that may or may not exist. */
export type Request = { by: number } & (
  | { do: 'publish'; doctor?: number; date: string; start_time: string; end_time: string }
  | { do: 'withdraw' | 'read slot'; slot: number }
  | { do: 'book'; slot: number; patient?: number }
  | { do: 'decide'; visit: number; status: 'confirmed' | 'cancelled'; reason?: string }
  | { do: 'cancel' | 'read visit'; visit: number }
  | { do: 'list free slots'; doctor: number; filters: Filters }
  | { do: 'list own slots' | 'list own visits' | 'list all visits'; filters: Filters }
  | { do: 'activate'; person: number; is_active: boolean }
  | { do: 'erase'; person: number }
  | { do: 'sign in' }
);

/** What an answer must be, apart from instants and links. */
export interface Expected {
  status: number;
  code?: string;
  body?: object;
}

export interface Step {
  expected: Expected;
  next: Clinic;
}

/** A refusal by its code. */
class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const startOf = ({ date, start_time }: Omit<Slot, 'id' | 'doctor' | 'end_time'>) => `${date} ${start_time}`;
const hasBegun = (clinic: Clinic, slot: Omit<Slot, 'id' | 'doctor'>) => startOf(slot) <= clinic.now;
const isActive = ({ status }: Visit) => status !== 'cancelled';
const meet = (a: Omit<Slot, 'id'>, b: Omit<Slot, 'id'>) =>
  a.date === b.date && a.start_time < b.end_time && b.start_time < a.end_time;

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

type Act<Kind extends Request['do']> = Extract<Request, { do: Kind }>;

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

function personOf(clinic: Clinic, id: number): Person {
  const found = clinic.people.find((person) => person.id === id);
  if (!found) throw new Error(`no person ${id} in this clinic`);
  return found;
}

function only(caller: Person, ...roles: Role[]): void {
  if (!roles.includes(caller.role)) throw new Refused(403, 'forbidden');
}

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

const holderOf = (clinic: Clinic, slot: Slot) =>
  clinic.visits.find((visit) => visit.timeslot === slot.id && isActive(visit));

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
  return { expected, next: { ...next, people: change(next.people, person, forgotten) } };
}

const shownSlot = (clinic: Clinic, slot: Slot) => ({
  ...slot,
  is_available: !hasBegun(clinic, slot) && !holderOf(clinic, slot),
});

function shownVisit(clinic: Clinic, { doctor, patient, ...visit }: Visit) {
  const { first_name } = personOf(clinic, doctor);
  return {
    ...visit,
    doctor: { id: doctor, first_name, last_name: null, specialization: null },
    patient: {
      id: patient,
      first_name: personOf(clinic, patient).first_name,
      last_name: null,
      phone: null,
    },
  };
}

const onDays = <Row extends { date: string }>(rows: readonly Row[], { date, from, to }: Filters) =>
  rows.filter(
    (row) => row.date === (date ?? row.date) && row.date >= (from ?? '') && row.date <= (to ?? '9'),
  );

/** Today's and later by time, then what is past, latest first. */
function inOrder<Row extends Omit<Slot, 'doctor'>>(clinic: Clinic, rows: readonly Row[]): Row[] {
  const today = clinic.now.slice(0, 10);
  const byTime = rows.toSorted((a, b) =>
    startOf(a) === startOf(b) ? a.id - b.id : startOf(a) < startOf(b) ? -1 : 1,
  );
  return [
    ...byTime.filter(({ date }) => date >= today),
    ...byTime.filter(({ date }) => date < today).reverse(),
  ];
}

/** The page asked for; links are told as whether there is one. */
function paged(rows: object[], { page = 1, page_size = 20 }: Filters) {
  const results = rows.slice((page - 1) * page_size, page * page_size);
  return { count: rows.length, next: rows.length > page * page_size, previous: page > 1, results };
}

function freeSlots(clinic: Clinic, caller: Person, { doctor, filters }: Act<'list free slots'>) {
  only(caller, 'patient', 'admin');
  const { role, is_active } = personOf(clinic, doctor);
  if (role !== 'doctor' || !is_active) throw new Refused(404, 'doctor_not_found');
  const free = onDays(clinic.slots, filters)
    .filter((slot) => slot.doctor === doctor)
    .map((slot) => shownSlot(clinic, slot))
    .filter(({ is_available }) => is_available);
  return paged(inOrder(clinic, free), filters);
}

function ownSlots(clinic: Clinic, caller: Person, { filters }: { filters: Filters }) {
  only(caller, 'doctor');
  const own = onDays(clinic.slots, filters)
    .filter((slot) => slot.doctor === caller.id)
    .map((slot) => shownSlot(clinic, slot))
    .filter(({ is_available }) => is_available === (filters.is_available ?? is_available));
  return paged(inOrder(clinic, own), filters);
}

function visits(clinic: Clinic, caller: Person, request: { do: string; filters: Filters }) {
  const { filters } = request;
  if (request.do === 'list all visits') only(caller, 'admin');
  const { doctor, patient } = request.do === 'list all visits' ? filters : {};
  const mine = { admin: 'booked_by', doctor: 'doctor', patient: 'patient' } as const;
  const found = onDays(clinic.visits, filters)
    .filter((visit) => visit.status === (filters.status ?? visit.status))
    .filter(
      (visit) => visit.doctor === (doctor ?? visit.doctor) && visit.patient === (patient ?? visit.patient),
    )
    .filter((visit) => request.do === 'list all visits' || visit[mine[caller.role]] === caller.id);
  return paged(
    inOrder(clinic, found).map((visit) => shownVisit(clinic, visit)),
    filters,
  );
}
