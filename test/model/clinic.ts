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

export interface Slot {
  id: number;
  doctor: number;
  date: string;
  start_time: string;
  end_time: string;
}

export interface Visit extends Slot {
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

export const startOf = ({ date, start_time }: Omit<Slot, 'id' | 'doctor' | 'end_time'>) =>
  `${date} ${start_time}`;
export const hasBegun = (clinic: Clinic, slot: Omit<Slot, 'id' | 'doctor'>) => startOf(slot) <= clinic.now;
export const isActive = ({ status }: Visit) => status !== 'cancelled';
export const meet = (a: Omit<Slot, 'id'>, b: Omit<Slot, 'id'>) =>
  a.date === b.date && a.start_time < b.end_time && b.start_time < a.end_time;

export function personOf(clinic: Clinic, id: number): Person {
  const found = clinic.people.find((person) => person.id === id);
  if (!found) throw new Error(`no person ${id} in this clinic`);
  return found;
}

export function only(caller: Person, ...roles: Role[]): void {
  if (!roles.includes(caller.role)) throw new Refused(403, 'forbidden');
}

export const holderOf = (clinic: Clinic, slot: Slot) =>
  clinic.visits.find((visit) => visit.timeslot === slot.id && isActive(visit));

export const shownSlot = (clinic: Clinic, slot: Slot) => ({
  ...slot,
  is_available: !hasBegun(clinic, slot) && !holderOf(clinic, slot),
});

export function shownVisit(clinic: Clinic, { doctor, patient, ...visit }: Visit) {
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
