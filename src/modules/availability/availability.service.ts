import type { Memory } from '../../memory/memory.ts';
import { createAlternatives } from './alternatives.service.ts';
import { createHolds, type HoldsDependencies } from './holds.service.ts';
import { createObtaining, type ObtainingDependencies } from './obtaining.service.ts';
import { busyAt, lockPatient } from './patients.repository.ts';
import { createPlaces } from './places.service.ts';
import { createReach } from './reach.service.ts';

interface AvailabilityDependencies
  extends Omit<ObtainingDependencies, 'alternatives' | 'reach'>,
    Omit<HoldsDependencies, 'obtaining' | 'reach'> {
  memory: Pick<Memory, 'recall'>;
}

export type Availability = ReturnType<typeof createAvailability>;

/** Who may have which slot. Timeslots, appointments and the waiting list ask it; it asks none of them. */
export function createAvailability(dependencies: AvailabilityDependencies) {
  const alternatives = createAlternatives(dependencies);
  const reach = createReach(dependencies);
  const obtaining = createObtaining({ ...dependencies, alternatives, reach });
  return {
    alternatives,
    obtaining,
    reach,
    holds: createHolds({ ...dependencies, obtaining, reach }),
    patients: { lock: lockPatient, busyAt },
    places: createPlaces(dependencies),
  };
}
