import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { patientProfiles } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { profileColumns } from './patients.repository.ts';
import { patientExample, patientOutput } from './patients.schemas.ts';

/** A patient's profile. What is forgotten of it stands in the repository (`eraseProfile`). */
export const personal = {
  columns: { 'patient_profiles.id': 'patient_profile' },
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
};
