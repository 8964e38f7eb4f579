import type { Db } from '../../../db/client.ts';
import type { PolicySource } from '../../availability/index.ts';
import { listOpenBranches } from './about.repository.ts';
import { type About, BRANCHES } from './about.schemas.ts';

interface AboutDependencies {
  db: Db;
  settings: PolicySource;
  clinic_name?: string | undefined;
  /** The clinic's one time zone, an IANA name. */
  timezone: string;
}

export type AboutClinic = ReturnType<typeof createAbout>;

/** What the clinic says of itself to everybody. */
export const createAbout = ({ db, settings, clinic_name, timezone }: AboutDependencies) => ({
  get: async (): Promise<About> => ({
    name: clinic_name ?? 'Clinic',
    time_zone: timezone,
    branches: await listOpenBranches(db, BRANCHES),
    policy: await settings.policy(),
  }),
});
