import type { Role } from '../../src/core/roles.ts';
import type { Policy } from '../../src/modules/availability/policy.rules.ts';

/** What the model is made of: plain rows, who is who, and how a record is shown. */
export interface Person {
  id: number;
  role: Role;
  first_name: string | null;
  last_name: string | null;
  phone: string | null;
  /** Of a doctor. */
  specialization: string | null;
  /** Between which hours no offer of the waiting list wakes them; null where they have chosen none. */
  quiet: { from: string; until: string } | null;
  /** The birth date of a patient, where it is known. */
  born: string | null;
  is_active: boolean;
  erased: boolean;
  /** Whether the session of their token lives. */
  signed_in: boolean;
  has_sign_in: boolean;
  /** They sign in by their phone too, and nobody else does by that one. */
  signs_in_by_phone: boolean;
  /** The desk made their record. */
  from_desk: boolean;
  /** Who looks after them, until they come of age. */
  guardians: readonly number[];
  /** The branches that a receptionist reaches; null is every one. */
  branches: readonly number[] | null;
}

export interface Times {
  date: string;
  start_time: string;
  end_time: string;
}

export interface Slot extends Times {
  id: number;
  doctor: number;
  branch: number;
  room: number | null;
  /** How long a break after it still counts as none. */
  break_minutes: number;
  /** Whose hold it is, or whose offer, and until when on the wall; what has run out stands until it is overwritten. */
  held_by: number | null;
  held_until: string | null;
  /** The first slot of the hold, where this is a further one of it. */
  held_with: number | null;
  /** The room that is kept with it, and from when to when: what the patient has of it anyway is left out. */
  held_room: number | null;
  held_parts: readonly Pick<Times, 'start_time' | 'end_time'>[];
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

/** Nobody holds it, and it is offered to nobody. */
export const NOT_HELD = {
  held_by: null,
  held_until: null,
  held_with: null,
  held_room: null,
  held_parts: [],
} satisfies Partial<Slot>;

/** What is there when a slot is published. */
export const NEW_SLOT = {
  branch: 1,
  room: null,
  break_minutes: 0,
  ...NOT_HELD,
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
  /** The first of its slots, and those that follow on it. */
  timeslot: number | null;
  further: readonly number[];
  branch: number;
  room: number | null;
  /** What for, and what was agreed that it costs. */
  service: number | null;
  price: number | null;
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

/** Somebody who waits for a slot of a doctor, or of anyone of a specialization. */
export interface Wish {
  id: number;
  patient: number;
  doctor: number | null;
  specialization: string | null;
  /** Only there; null is anywhere. */
  branch: number | null;
  from: string;
  to: string;
  after: string | null;
  before: string | null;
  status: 'waiting' | 'offered' | 'booked' | 'left';
  appointment: number | null;
  /** What they wait for, where one slot will not do. */
  service: number | null;
  /** The visit that the patient would rather have at another time. */
  replaces: number | null;
}

/** They wait for the same, whatever came of it. */
export const isSameWish = (one: Wish, other: Wish): boolean =>
  (['doctor', 'specialization', 'branch', 'from', 'to', 'after', 'before', 'service'] as const).every(
    (name) => one[name] === other[name],
  );

/** A day on which the clinic is closed, or one of its branches. */
export interface Holiday {
  id: number;
  date: string;
  branch: number | null;
}

/** A slot that a holiday took, or the closing of where it was. */
export interface Closed {
  id: number;
  date: string;
  branch: number;
}

export interface Offer {
  entry: number;
  timeslot: number | null;
  freeing: number;
  expires_at: string;
  outcome: 'accepted' | 'declined' | 'lapsed' | 'withdrawn' | null;
}

/** What doctors give. */
export interface Service {
  id: number;
  name: string;
  minutes: number;
  price: number | null;
  /** It takes a room of this kind. */
  room_kind: string | null;
  min_age: number | null;
  max_age: number | null;
  /** Only for those who come for the first time, or only for the others. */
  new_patients: boolean | null;
  is_active: boolean;
}

/** That a doctor gives a service, with their own time and price where they differ. */
export interface Given {
  doctor: number;
  service: number;
  minutes: number | null;
  /** Left out, the clinic's counts; null is none. */
  price?: number | null;
}

export interface Room {
  id: number;
  branch: number;
  name: string;
  kind: string;
  is_active: boolean;
}

export interface Branch {
  id: number;
  is_active: boolean;
}

/** A code by which another guardian joins. */
export interface Invitation {
  by: number;
  dependant: number;
  code: string;
  expires_at: string;
  /** Who has joined by it: to them it still says whom they look after, to others nothing. */
  used_by: number | null;
}

/** A code by which somebody claims their record, as long as it can be tried. */
export interface Code {
  person: number;
  code: string;
  expires_at: string;
  tries: number;
}

export interface Clinic {
  /** The wall clock, such as `2026-03-02 09:00`. */
  now: string;
  policy: Policy;
  /** The day on which the waiting list last claimed what was out of reach. */
  claimed_on: string | null;
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
  services: readonly Service[];
  given: readonly Given[];
  rooms: readonly Room[];
  /** Which room the real clinic has kept last with the first slot of a hold or an offer, where any would do. */
  keeps: Readonly<Record<number, number>>;
  branches: readonly Branch[];
  /** Those that nobody has used. */
  invitations: readonly Invitation[];
  codes: readonly Code[];
}

export const change = <Row extends { id: number }>(
  rows: readonly Row[],
  id: number,
  changes: Partial<Row>,
): Row[] => rows.map((row) => (row.id === id ? { ...row, ...changes } : row));
