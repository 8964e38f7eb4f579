export const roles = ['admin', 'doctor', 'patient'] as const;
export type Role = (typeof roles)[number];

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
