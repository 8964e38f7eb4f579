import { z } from 'zod';
import { doctorProfiles } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { doctorOutput } from './doctors.schemas.ts';

/** A doctor's profile. What is forgotten of it stands in the repository (`eraseProfile`). */
export const personal = {
  columns: { 'doctor_profiles.id': 'doctor_profile' },
  parts: {
    doctor_profile: {
      shape: z
        .object({
          id: fields.id,
          ...doctorOutput,
          photo: z
            .string()
            .nullable()
            .meta({
              description:
                'The name of the photo: `/photos/` has it as `<name>-small.webp` and `<name>-large.webp`.',
              maxLength: 32,
              examples: ['4f1c9a3be07d5268a1f0c4e79b3d6825'],
            }),
          approved_at: fields.out.approvedAt,
        })
        .nullable(),
      row: {
        table: doctorProfiles,
        person: doctorProfiles.id,
        columns: {
          id: doctorProfiles.id,
          specialization: doctorProfiles.specialization,
          specialization_id: doctorProfiles.specialization_id,
          experience_years: doctorProfiles.experience_years,
          gender: doctorProfiles.gender,
          photo: doctorProfiles.photo,
          approved_at: doctorProfiles.approved_at,
        },
      },
    },
  },
};
