import type { Policy } from '../../src/core/policy.ts';
import type { Role } from '../../src/core/roles.ts';

/** What the model is made of: plain rows, who is who, and how a record is shown. */
export interface Person {
  id: number;
  role: Role;
  first_name: string | null;
  is_active: boolean;
  erased: boolean;
  /** Whether the session of their token lives. */
  signed_in: boolean;
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
}

export interface Visit extends Times {
  id: number;
  doctor: number;
  patient: number;
  timeslot: number | null;
  status: 'pending' | 'confirmed' | 'cancelled';
  booked_by: number;
  cancelled_by: number | null;
  cancel_reason: string | null;
  cancelled_late: boolean;
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
}

export interface Offer {
  entry: number;
  timeslot: number | null;
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
  | ({ do: 'publish'; doctor?: number } & Times)
  | ({ do: 'publish many'; doctor?: number; slot_minutes: number } & Times)
  | { do: 'withdraw' | 'read slot' | 'hold' | 'release'; slot: number }
  | { do: 'book'; slot: number; patient?: number }
  | { do: 'decide'; visit: number; status: 'confirmed' | 'cancelled'; reason?: string }
  | { do: 'cancel' | 'read visit' | 'take back'; visit: number }
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
    }
  | { do: 'leave' | 'accept' | 'decline' | 'read wish'; wish: number }
  /** The job that offers what is free: one slot, or whatever waits for it. */
  | { do: 'pass on'; slot?: number }
  | { do: 'search' | 'list free slots'; doctor: number; filters: Filters }
  | { do: 'list own slots' | 'list own visits' | 'list all visits'; filters: Filters }
  | { do: 'set policy'; changes: Partial<Policy> }
  | { do: 'activate'; person: number; is_active: boolean }
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
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export const startOf = ({ date, start_time }: Pick<Times, 'date' | 'start_time'>) => `${date} ${start_time}`;
export const hasBegun = (clinic: Clinic, slot: Pick<Times, 'date' | 'start_time'>) =>
  startOf(slot) <= clinic.now;
export const isActive = ({ status }: Visit) => status !== 'cancelled';
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

/** For whom somebody acts: themselves, or whom an admin names. */
export function actingFor(caller: Person, role: 'doctor' | 'patient', named: number | undefined): number {
  only(caller, role, 'admin');
  const whom = named ?? (caller.role === role ? caller.id : undefined);
  if (whom === undefined) throw new Refused(400, 'invalid_input');
  if (caller.role === role && whom !== caller.id) throw new Refused(403, 'forbidden');
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

/** Whether somebody may have it, beside whether it is taken; null is anybody. */
export const isOpenTo = (clinic: Clinic, slot: Slot, patient: number | null) =>
  isHeld(clinic, slot) ? patient !== null && slot.held_by === patient : !slot.is_waitlisted;

export const isAvailable = (clinic: Clinic, slot: Slot) =>
  !hasBegun(clinic, slot) && !holderOf(clinic, slot) && isOpenTo(clinic, slot, null);

export function shownSlot(clinic: Clinic, slot: Slot) {
  const { id, doctor, date, start_time, end_time } = slot;
  return { id, doctor, date, start_time, end_time, is_available: isAvailable(clinic, slot) };
}

const named = (clinic: Clinic, id: number) => ({
  id,
  first_name: personOf(clinic, id).first_name,
  last_name: null,
});
export const shownDoctor = (clinic: Clinic, id: number) => ({ ...named(clinic, id), specialization: null });
export const shownPatient = (clinic: Clinic, id: number) => ({ ...named(clinic, id), phone: null });

export function shownVisit(clinic: Clinic, { doctor, patient, marked_on, ...visit }: Visit) {
  return { ...visit, doctor: shownDoctor(clinic, doctor), patient: shownPatient(clinic, patient) };
}
