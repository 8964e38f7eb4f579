import { createAbout } from './about/about.service.ts';
import { type BranchesDependencies, createBranches } from './branches/branches.service.ts';
import { createClosing } from './closing.service.ts';
import { createRooms } from './rooms/rooms.service.ts';

type ClinicDependencies = Omit<BranchesDependencies, 'closing'> &
  Pick<Parameters<typeof createRooms>[0], 'reach'> &
  Parameters<typeof createAbout>[0] &
  Parameters<typeof createClosing>[0];

export type Clinic = ReturnType<typeof createClinic>;

/** What the clinic consists of. */
export function createClinic(dependencies: ClinicDependencies) {
  const closing = createClosing(dependencies);
  return {
    about: createAbout(dependencies),
    branches: createBranches({ ...dependencies, closing }),
    rooms: createRooms({ ...dependencies, closing }),
  };
}
