import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import type { Tx } from '../../db/client.ts';
import { patientProfiles } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { moveTies } from './families/merging.repository.ts';
import { fillProfile, profileColumns } from './patients.repository.ts';
import { patientExample, patientOutput } from './patients.schemas.ts';

/** A patient's profile. What is forgotten of it stands in the repository (`eraseProfile`). */
export const personal = {
  columns: {
    'patient_profiles.id': 'patient_profile',
    'patient_profiles.registered_by': 'who registered somebody is told in that person’s access log',
  },
  parts: {
    patient_profile: {
      shape: z.object({ id: fields.id, ...patientOutput }).nullable(),
      example: { id: demo.patient.id, ...patientExample },
      row: {
        table: patientProfiles,
        person: patientProfiles.id,
        columns: { id: patientProfiles.id, ...profileColumns },
      },
    },
  },

  /** Families, and what the duplicate says that the record does not. */
  async merge(tx: Tx, merge: { from: number; into: number }): Promise<void> {
    await moveTies(tx, merge);
    await fillProfile(tx, merge);
  },
};
