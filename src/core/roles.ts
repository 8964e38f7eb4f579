/** Whose visits they are: a doctor's, a patient's. */
export type Side = 'doctor' | 'patient';

/** What tells one role from another. A new role is a line in the table below. */
interface Abilities {
  /** How the documentation names all of them. */
  plural: string;
  /** The side of visits they are on: they reach what is theirs. Null is on neither, and names whom it acts for. */
  side: Side | null;
  /** Reaches everybody's records, where a route lets this role in. Whoever is on no side reaches nobody's without it. */
  reachesAll: boolean;
  /** Looks after accounts and settings. One of them is always left, and no such account is kept for somebody else. */
  manages: boolean;
}

const abilities = {
  admin: { plural: 'admins', side: null, reachesAll: true, manages: true },
  doctor: { plural: 'doctors', side: 'doctor', reachesAll: false, manages: false },
  patient: { plural: 'patients', side: 'patient', reachesAll: false, manages: false },
  receptionist: { plural: 'receptionists', side: null, reachesAll: true, manages: false },
} as const satisfies Record<string, Abilities>;

export type Role = keyof typeof abilities;
export const roles = Object.keys(abilities) as [Role, ...Role[]];

/** The side of visits on which somebody is; null is on none, and acts for both. */
export const sideOf = (role: Role): Side | null => abilities[role].side;

/** Works for the clinic: names the patients they act for, leaves a trace of it, and is not bound by the booking policy. */
export const isStaff = (role: Role): boolean => sideOf(role) !== 'patient';

export const reachesAll = (role: Role): boolean => abilities[role].reachesAll;

export const manages = (role: Role): boolean => abilities[role].manages;

export const pluralOf = (role: Role): string => abilities[role].plural;

/** The person a request acts for, as the access token says. A profile's id is its user's id. */
export interface Caller {
  id: number;
  role: Role;
  session: number;
  /** The request they make, as the log names it. */
  request_id?: string;
  /** Whose records the audit has an entry of already, for this request. */
  noted?: Set<number>;
}
