import { z } from 'zod';
import { doctorProfiles } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { doctorOutput } from './doctors.schemas.ts';

/** A doctor's profile. What is forgotten of it stands in the repository (`eraseProfile`). */
export const personal = {
  columns: { 'doctor_profiles.id': 'doctor_profile' },
  parts: {
    doctor_profile: {
      shape: z.object({ id: fields.id, ...doctorOutput, approved_at: fields.out.approvedAt }).nullable(),
      row: {
        table: doctorProfiles,
        person: doctorProfiles.id,
        columns: {
          id: doctorProfiles.id,
          specialization: doctorProfiles.specialization,
          experience_years: doctorProfiles.experience_years,
          gender: doctorProfiles.gender,
          approved_at: doctorProfiles.approved_at,
        },
      },
    },
  },
};
