import type { Role } from '../../src/core/roles.ts';
import type { Policy } from '../../src/modules/availability/policy.rules.ts';

/** What the model is made of: plain rows, who is who, and how a record is shown. */
export interface Person {
  id: number;
  role: Role;
  first_name: string | null;
  /** Of a doctor. */
  specialization: string | null;
  /** Between which hours no offer of the waiting list wakes them; null where they have chosen none. */
  quiet: { from: string; until: string } | null;
  is_active: boolean;
  erased: boolean;
  /** Whether the session of their token lives. */
  signed_in: boolean;
  /** Of a child without a sign-in: who looks after them. */
  guardians?: readonly number[];
}

export interface Times {
  date: string;
  start_time: string;
  end_time: string;
}

export interface Slot extends Times {
  id: number;
  doctor: number;
  /** Whose hold it is, or whose offer, and until when on the wall; what has run out stands until it is overwritten. */
  held_by: number | null;
  held_until: string | null;
  is_waitlisted: boolean;
  /** How often it became free: whoever is passed over is so for one such time. */
  freeing: number;
  /** The waiting list offers it to nobody before this. */
  offer_after: string | null;
  /** Who held it last, and until when that hold could last. */
  last_held_by: number | null;
  last_held_until: string | null;
  /** It was published on a day on which the clinic is closed, on purpose. */
  despite_holiday: boolean;
}

/** What is there when a slot is published. */
export const NEW_SLOT = {
  held_by: null,
  held_until: null,
  is_waitlisted: false,
  freeing: 0,
  offer_after: null,
  last_held_by: null,
  last_held_until: null,
  despite_holiday: false,
} satisfies Partial<Slot>;

export interface Visit extends Times {
  id: number;
  doctor: number;
  patient: number;
  timeslot: number | null;
  /** As it is stored: that a request has lapsed is written down by a job, some time after the end of its slot. */
  status: 'pending' | 'confirmed' | 'cancelled' | 'expired';
  booked_by: number;
  cancelled_by: number | null;
  cancel_reason: string | null;
  cancelled_late: boolean;
  /** Why its patient comes, and what the clinic notes of it. */
  reason: string | null;
  note: string | null;
  attendance: 'arrived' | 'completed' | 'no_show' | null;
  /** The day on which the mark was made. */
  marked_on: string | null;
  version: number;
}

export interface Absence {
  id: number;
  doctor: number;
  from: string;
  to: string;
  start_time: string;
  end_time: string;
}

/** Somebody who waits for a slot of a doctor. */
export interface Wish {
  id: number;
  patient: number;
  doctor: number;
  from: string;
  to: string;
  after: string | null;
  before: string | null;
  status: 'waiting' | 'offered' | 'booked' | 'left';
  appointment: number | null;
  /** The visit that the patient would rather have at another time. */
  replaces: number | null;
}

/** A day on which the clinic is closed. */
export interface Holiday {
  id: number;
  date: string;
}

/** A slot that a holiday took. */
export interface Closed {
  id: number;
  date: string;
}

export interface Offer {
  entry: number;
  timeslot: number | null;
  freeing: number;
  expires_at: string;
  outcome: 'accepted' | 'declined' | 'lapsed' | 'withdrawn' | null;
}

export interface Clinic {
  /** The wall clock, such as `2026-03-02 09:00`. */
  now: string;
  policy: Policy;
  people: readonly Person[];
  slots: readonly Slot[];
  /** The ids of all slots there ever were. */
  known: readonly number[];
  visits: readonly Visit[];
  absences: readonly Absence[];
  wishes: readonly Wish[];
  offers: readonly Offer[];
  holidays: readonly Holiday[];
  closed: readonly Closed[];
}

export interface Filters {
  date?: string;
  from?: string;
  to?: string;
  status?: Visit['status'];
  is_available?: boolean;
  doctor?: number;
  patient?: number;
  after?: string;
  before?: string;
  per_doctor?: number;
  page?: number;
  page_size?: number;
}

export type Mark = 'arrive' | 'complete' | 'no-show';

/** A request as somebody sends it; every id is a number that may or may not exist. */
export type Request = { by: number } & (
  | ({ do: 'publish'; doctor?: number; despite_holiday?: boolean } & Times)
  | ({ do: 'publish many'; doctor?: number; slot_minutes: number; despite_holiday?: boolean } & Times)
  | { do: 'withdraw' | 'read slot'; slot: number }
  | { do: 'hold' | 'release'; slot: number; patient?: number }
  | { do: 'book'; slot: number; patient?: number; reason?: string }
  | { do: 'note'; visit: number; note: string | null }
  | { do: 'decide'; visit: number; status: 'confirmed' | 'cancelled'; reason?: string }
  | { do: 'read visit' | 'take back'; visit: number }
  | { do: 'cancel'; visit: number; reason?: string }
  | { do: 'reschedule'; visit: number; slot: number }
  | { do: 'mark'; visit: number; mark: Mark }
  | ({ do: 'be away'; doctor?: number; from: string; to: string } & Omit<Times, 'date'>)
  | { do: 'come back'; absence: number }
  | {
      do: 'join';
      doctor: number;
      patient?: number;
      from: string;
      to: string;
      after?: string;
      before?: string;
      replaces?: number;
    }
  | { do: 'leave' | 'accept' | 'decline' | 'read wish'; wish: number }
  /** The job that offers what is free: one slot, or whatever waits for it; it may claim the first day out of reach before. */
  | { do: 'pass on'; slot?: number; next_day?: boolean }
  /** The job that ends requests which nobody answered. */
  | { do: 'expire' }
  | { do: 'close'; date: string; visits?: 'keep' | 'cancel' }
  | { do: 'open'; holiday: number }
  | { do: 'search' | 'list free slots'; doctor: number; filters: Filters }
  | { do: 'list own slots' | 'list own visits' | 'list all visits'; filters: Filters }
  | { do: 'set policy'; changes: Partial<Policy> }
  | { do: 'activate'; person: number; is_active: boolean; upcoming?: 'cancel' | 'keep' }
  | { do: 'erase'; person: number }
  | { do: 'sign in' }
);

/** A request of one kind. */
export type Act<Kind extends Request['do']> = Extract<Request, { do: Kind }>;

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
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: object | undefined;
  constructor(status: number, code: string, body?: object) {
    super(code);
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

export const startOf = ({ date, start_time }: Pick<Times, 'date' | 'start_time'>) => `${date} ${start_time}`;
export const hasBegun = (clinic: Clinic, slot: Pick<Times, 'date' | 'start_time'>) =>
  startOf(slot) <= clinic.now;
export const hasEnded = (clinic: Clinic, { date, end_time }: Pick<Times, 'date' | 'end_time'>) =>
  `${date} ${end_time}` <= clinic.now;
/** Whether a slot can be had no more: by the staff it can until it ends, for whoever comes to the desk. */
export const isOver = (clinic: Clinic, role: Role, slot: Times) =>
  role === 'patient' ? hasBegun(clinic, slot) : hasEnded(clinic, slot);
export const isActive = ({ status }: Visit) => status === 'pending' || status === 'confirmed';
/** As it is to be read: a request that nobody answered until the end of its slot has expired. */
export const statusOf = (clinic: Clinic, visit: Visit) =>
  visit.status === 'pending' && hasEnded(clinic, visit) ? 'expired' : visit.status;
/** Active by the clock, not begun, and neither completed nor a no-show: whoever arrived early still waits. */
export const isStillToCome = (clinic: Clinic, visit: Visit) =>
  isActive(visit) &&
  !hasBegun(clinic, visit) &&
  (visit.attendance === null || visit.attendance === 'arrived');
export const overlap = (a: Times, b: Times) =>
  a.date === b.date && a.start_time < b.end_time && b.start_time < a.end_time;
export const todayOf = ({ now }: Clinic) => now.slice(0, 10);

/** The wall so many minutes later, seen from a wall such as `2026-03-02 09:00`. */
export const later = (wall: string, minutes: number) =>
  new Date(Date.parse(`${wall.replace(' ', 'T')}:00Z`) + minutes * 60_000)
    .toISOString()
    .slice(0, 16)
    .replace('T', ' ');

export function personOf(clinic: Clinic, id: number): Person {
  const found = clinic.people.find((person) => person.id === id);
  if (!found) throw new Error(`no person ${id} in this clinic`);
  return found;
}

export function only(caller: Person, ...roles: Role[]): void {
  if (!roles.includes(caller.role)) throw new Refused(403, 'forbidden');
}

/** Those at the desk, who act for others. */
export const STAFF = ['admin', 'receptionist'] as const;
export const isStaff = ({ role }: Person) => role === 'admin' || role === 'receptionist';

/** Whether somebody looks after a patient. */
export const isGuardian = (clinic: Clinic, guardian: number, patient: number): boolean =>
  personOf(clinic, patient).guardians?.includes(guardian) ?? false;

/** Who can sign in. */
export const accounts = ({ people }: Clinic): Person[] =>
  people.filter(({ guardians }) => guardians === undefined);

/** For whom somebody acts: themselves, whom they look after, or whom the staff names. */
export function actingFor(
  clinic: Clinic,
  caller: Person,
  role: 'doctor' | 'patient',
  named: number | undefined,
): number {
  only(caller, role, ...STAFF);
  const whom = named ?? (caller.role === role ? caller.id : undefined);
  if (whom === undefined) throw new Refused(400, 'invalid_input');
  if (
    role === 'patient' &&
    caller.role === role &&
    whom !== caller.id &&
    !isGuardian(clinic, caller.id, whom)
  )
    throw new Refused(404, 'patient_not_found');
  if (role === 'doctor' && caller.role === role && whom !== caller.id) throw new Refused(403, 'forbidden');
  return whom;
}

export const ok = (next: Clinic, body: object): Step => ({ expected: { status: 200, body }, next });
export const done = (next: Clinic): Step => ({ expected: { status: 204 }, next });
export const made = (next: Clinic, body: object): Step => ({ expected: { status: 201, body }, next });

export const change = <Row extends { id: number }>(
  rows: readonly Row[],
  id: number,
  changes: Partial<Row>,
): Row[] => rows.map((row) => (row.id === id ? { ...row, ...changes } : row));

export const holderOf = (clinic: Clinic, slot: Slot) =>
  clinic.visits.find((visit) => visit.timeslot === slot.id && isActive(visit));

/** Whether a hold or an offer of it lasts. */
export const isHeld = (clinic: Clinic, { held_until }: Slot) =>
  held_until !== null && held_until > clinic.now;

/** The last day that patients can book. */
export const reachOf = ({ now, policy }: Clinic) =>
  policy.horizon_days === null ? '9999-12-31' : later(now, policy.horizon_days * 1_440).slice(0, 10);

/** Whether the waiting list keeps it: what no patient can book yet it keeps from patients only. */
export const isClaimed = (clinic: Clinic, slot: Slot) => slot.is_waitlisted && slot.date <= reachOf(clinic);

/** Whether somebody may have it, beside whether it is taken; null is anybody. */
export const isOpenTo = (clinic: Clinic, slot: Slot, patient: number | null) =>
  isHeld(clinic, slot) ? patient !== null && slot.held_by === patient : !isClaimed(clinic, slot);

export const isAvailable = (clinic: Clinic, slot: Slot) =>
  !hasBegun(clinic, slot) && !holderOf(clinic, slot) && !isHeld(clinic, slot) && !slot.is_waitlisted;

/** Whether somebody of a role could have it, as lists of what is free show it. */
export const isAvailableTo = (clinic: Clinic, slot: Slot, role: Role) =>
  !isOver(clinic, role, slot) &&
  !holderOf(clinic, slot) &&
  isOpenTo(clinic, slot, null) &&
  personOf(clinic, slot.doctor).is_active;

/** The clinic of the model has one branch and no rooms. */
export const PLACE = { branch: 1, room: null };

export function shownSlot(clinic: Clinic, slot: Slot) {
  const { id, doctor, date, start_time, end_time } = slot;
  return { id, doctor, date, start_time, end_time, ...PLACE, is_available: isAvailable(clinic, slot) };
}

export const named = (clinic: Clinic, id: number) => ({
  id,
  first_name: personOf(clinic, id).first_name,
  last_name: null,
});
export const shownDoctor = (clinic: Clinic, id: number) => ({
  ...named(clinic, id),
  specialization: personOf(clinic, id).specialization,
});
export const shownPatient = (clinic: Clinic, id: number) => ({ ...named(clinic, id), phone: null });

/** What the clinic notes is not for its patient, and reception is told nobody's reasons. */
export function shownVisit(clinic: Clinic, { role }: Pick<Person, 'role'>, whole: Visit) {
  const { doctor, patient, marked_on, ...visit } = whole;
  const note = role === 'patient' ? null : visit.note;
  const untold = role === 'receptionist' && { reason: null, cancel_reason: null };
  const people = { doctor: shownDoctor(clinic, doctor), patient: shownPatient(clinic, patient) };
  // One branch, no rooms, no services.
  const place = { branch: 1, room: null, service: null };
  const timeslots = visit.timeslot === null ? [] : [visit.timeslot];
  return { ...visit, ...place, timeslots, note, ...untold, status: statusOf(clinic, whole), ...people };
}
