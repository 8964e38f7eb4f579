import type { Policy } from '../../src/modules/availability/policy.rules.ts';
import type { Clinic, Times, Visit } from './clinic.ts';

/** What is asked of the clinic, and what it answers. */

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
  service?: number;
  branch?: number;
  page?: number;
  page_size?: number;
}

export type Mark = 'arrive' | 'complete' | 'no-show';

/** Whether a branch or a room is in use, and what becomes of its visits where it is not. */
export interface Openness {
  is_active: boolean;
  upcoming?: 'cancel' | 'keep';
}

/** A request as somebody sends it; every id is a number that may or may not exist. */
export type Request = { by: number } & (
  | ({ do: 'publish'; doctor?: number; branch?: number; room?: number; despite_holiday?: boolean } & Times)
  | ({
      do: 'publish many';
      doctor?: number;
      branch?: number;
      room?: number;
      slot_minutes: number;
      break_minutes?: number;
      despite_holiday?: boolean;
    } & Times)
  | { do: 'withdraw' | 'read slot'; slot: number }
  | { do: 'hold'; slot: number; patient?: number; service?: number }
  | { do: 'release'; slot: number; patient?: number }
  | { do: 'book'; slot: number; patient?: number; service?: number; reason?: string }
  | { do: 'note'; visit: number; note: string | null }
  | { do: 'decide'; visit: number; status: 'confirmed' | 'cancelled'; reason?: string }
  | { do: 'read visit' | 'take back'; visit: number }
  | { do: 'cancel'; visit: number; reason?: string }
  | { do: 'reschedule'; visit: number; slot: number }
  | { do: 'change patient'; visit: number; patient: number }
  | { do: 'mark'; visit: number; mark: Mark }
  | ({ do: 'be away'; doctor?: number; from: string; to: string } & Omit<Times, 'date'>)
  | { do: 'come back'; absence: number }
  | {
      do: 'join';
      doctor?: number;
      specialization?: string;
      branch?: number;
      patient?: number;
      from: string;
      to: string;
      after?: string;
      before?: string;
      service?: number;
      replaces?: number;
    }
  | { do: 'leave' | 'accept' | 'decline' | 'read wish'; wish: number }
  /** The job that offers what is free: one slot, or whatever waits for it; it may claim the first day out of reach before. */
  | { do: 'pass on'; slot?: number; next_day?: boolean }
  /** The job that ends requests which nobody answered. */
  | { do: 'expire' }
  | { do: 'close'; date: string; branch?: number; visits?: 'keep' | 'cancel' }
  | { do: 'open'; holiday: number }
  | ({ do: 'change branch'; branch: number } & Openness)
  | ({ do: 'change room'; room: number } & Openness)
  | { do: 'add room'; branch: number; name: string; kind: string }
  | { do: 'delete branch'; branch: number }
  | { do: 'delete room'; room: number }
  | { do: 'search' | 'list free slots'; doctor: number; filters: Filters }
  | { do: 'list own slots' | 'list own visits' | 'list all visits'; filters: Filters }
  | { do: 'set policy'; changes: Partial<Policy> }
  | { do: 'register'; first_name: string; last_name: string; phone: string; confirm_new?: boolean }
  | { do: 'correct'; patient: number; date_of_birth: string }
  | { do: 'merge'; patient: number; into: number }
  /** Somebody asks for a code to claim their record. @param holder who keeps it; whoever has none to be claimed is sent none */
  | { do: 'send code'; phone: string; holder?: number; code: string }
  | { do: 'claim'; phone: string; code: string; date_of_birth?: string }
  | { do: 'tie'; patient: number; guardian: number }
  | {
      do: 'add dependant';
      first_name: string;
      last_name: string;
      date_of_birth: string;
      gender: 'female' | 'male' | 'other';
      relationship: 'parent' | 'other';
    }
  | { do: 'let go' | 'invite'; dependant: number }
  | { do: 'join family'; code: string }
  | {
      do: 'give';
      doctor: number;
      services: { service: number; duration_minutes?: number; price?: number | null }[];
    }
  | { do: 'change service'; service: number; changes: { price?: number | null; is_active?: boolean } }
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

/** What the real clinic chose of what a request makes: the id, and the room where any would do. */
export interface Created {
  id: number;
  room?: number | null | undefined;
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

export const ok = (next: Clinic, body: object): Step => ({ expected: { status: 200, body }, next });

export const done = (next: Clinic): Step => ({ expected: { status: 204 }, next });

export const made = (next: Clinic, body: object): Step => ({ expected: { status: 201, body }, next });
