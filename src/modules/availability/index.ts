export { ALTERNATIVES } from './alternatives.service.ts';
export { type OpenTimeslot, openTimeslot } from './availability.schemas.ts';
export { type Availability, createAvailability } from './availability.service.ts';
export { holdsRoutes } from './holds.routes.ts';
export {
  type Bounds,
  beyond,
  boundsFor,
  LAST_DAY,
  OPEN_POLICY,
  type Policy,
  type PolicySource,
  reachOn,
} from './policy.rules.ts';
export type { Branches } from './reach.repository.ts';
export type { Reach } from './reach.service.ts';
