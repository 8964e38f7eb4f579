import { createAlternatives } from './alternatives.service.ts';
import { createHolds, type HoldsDependencies } from './holds.service.ts';
import { createObtaining, type ObtainingDependencies } from './obtaining.service.ts';
import { busyAt, lockPatient } from './patients.repository.ts';
import { createPlaces } from './places.service.ts';

interface AvailabilityDependencies
  extends Omit<ObtainingDependencies, 'alternatives'>,
    Omit<HoldsDependencies, 'obtaining'> {}

export type Availability = ReturnType<typeof createAvailability>;

/** Who may have which slot. Timeslots, appointments and the waiting list ask it; it asks none of them. */
export function createAvailability(dependencies: AvailabilityDependencies) {
  const alternatives = createAlternatives(dependencies);
  const obtaining = createObtaining({ ...dependencies, alternatives });
  return {
    alternatives,
    obtaining,
    holds: createHolds({ ...dependencies, obtaining }),
    patients: { lock: lockPatient, busyAt },
    places: createPlaces(dependencies),
  };
}
