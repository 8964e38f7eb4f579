import type { Scope } from './scopes.ts';

/** Whose visits they are: a doctor's, a patient's. */
export type Side = 'doctor' | 'patient';

/** What tells one role from another. A new role is a line in the table below, and its tests. */
interface Abilities {
  /** How the documentation names all of them. */
  plural: string;
  /** The side of visits they are on. They reach what is theirs; null is on no side, and names whom it acts for. */
  side: Side | null;
  /** Reaches everybody's records, where a route lets this role in. Whoever is on no side reaches nobody's without it. */
  reaches_all: boolean;
  /** Looks after accounts and settings. One of them is always left, and no such account is kept for somebody else. */
  manages: boolean;
  /** Stands at the desk: acts for the patients and doctors whom they name. */
  desk: boolean;
  /** Says of a visit that the patient was seen. */
  completes: boolean;
  /** Reads what people write of themselves: why they cancel, or are away. */
  reads_reasons: boolean;
  /** Reaches what lies in their branches only, where they have been given some. */
  bound_by_branches: boolean;
}

const abilities = {
  admin: {
    plural: 'admins',
    side: null,
    reaches_all: true,
    manages: true,
    desk: true,
    completes: true,
    reads_reasons: true,
    bound_by_branches: false,
  },
  doctor: {
    plural: 'doctors',
    side: 'doctor',
    reaches_all: false,
    manages: false,
    desk: false,
    completes: true,
    reads_reasons: true,
    bound_by_branches: false,
  },
  patient: {
    plural: 'patients',
    side: 'patient',
    reaches_all: false,
    manages: false,
    desk: false,
    completes: false,
    reads_reasons: true,
    bound_by_branches: false,
  },
  receptionist: {
    plural: 'receptionists',
    side: null,
    reaches_all: true,
    manages: false,
    desk: true,
    completes: false,
    reads_reasons: false,
    bound_by_branches: true,
  },
} as const satisfies Record<string, Abilities>;

export type Role = keyof typeof abilities;
export const roles = Object.keys(abilities) as [Role, ...Role[]];

/** The side of visits on which somebody is; null is on none. */
export const sideOf = (role: Role): Side | null => abilities[role].side;

/**
 * Works for the clinic, as a doctor, at the desk or as an admin: leaves a trace of what they do for patients, and is not
 * bound by the booking policy. The staff of the guard `IsStaff` are `isAtDesk`.
 */
export const worksHere = (role: Role): boolean => sideOf(role) !== 'patient';

/** A patient who asks for themself, and for nobody whom they look after. Staff who name themselves are no patients. */
export const isForThemself = (caller: Pick<Caller, 'id' | 'role'>, patient: number): boolean =>
  sideOf(caller.role) === 'patient' && caller.id === patient;

export const reachesAll = (role: Role): boolean => abilities[role].reaches_all;

export const manages = (role: Role): boolean => abilities[role].manages;

/** Stands at the desk: an admin or a receptionist. They are no side of a visit, and name the doctor or patient for whom they act. */
export const isAtDesk = (role: Role): boolean => abilities[role].desk;

/** May say that a patient was seen, and take that back. */
export const mayComplete = (role: Role): boolean => abilities[role].completes;

/** May read why people cancel, come or are away, in their own words. */
export const readsReasons = (role: Role): boolean => abilities[role].reads_reasons;

/** May have been given branches, and then reaches only what lies in these: `availability` tells which. */
export const isBoundByBranches = (role: Role): boolean => abilities[role].bound_by_branches;

export const pluralOf = (role: Role): string => abilities[role].plural;

/** The person a request acts for, as the access token says. A profile's id is its user's id. */
export interface Caller {
  id: number;
  role: Role;
  session: number;
  /** The API key by which a program acts as this person, and what it may: none for people. */
  key?: { id: number; scopes: readonly Scope[] };
  /** The request they make, as the log names it. */
  request_id?: string;
  /** Whose records the audit has an entry of already, for this request. */
  noted?: Set<number>;
}

/** Whoever has not signed in reads of the directory what patients read. */
export const guest: Readonly<Caller> = Object.freeze({ id: 0, role: 'patient', session: 0 });
