/**
 * What shows an attack on an account, and nothing of a record: it is noted with the network it came from, seldom enough
 * that an attacker fills no table, and stands in no access log.
 */
export const watched = [
  'sign_in',
  'sign_in.fail',
  'password.fail',
  'password.reset_fail',
  'second_step.fail',
  'patient.claim_fail',
  'token.reuse',
  'access.refuse',
] as const;
export type Watched = (typeof watched)[number];
