import { z } from 'zod';
import * as fields from '../../http/fields.ts';
import { pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';

const example = {
  id: 12,
  first_name: 'Jasur',
  last_name: 'Yusupov',
  specialization: 'Kardiolog',
  experience_years: 12,
  gender: 'male',
};

const shape = {
  id: fields.id,
  first_name: fields.out.name,
  last_name: fields.out.name,
  specialization: z.string().nullable(),
  experience_years: z.int().nullable(),
  gender: fields.gender.nullable(),
};

/** A doctor as the directory shows them. */
export const doctor = z.object(shape).meta({ id: 'Doctor', examples: [example] });
export type Doctor = z.infer<typeof doctor>;

/** A doctor's own profile. */
export const doctorProfile = z
  .object({
    ...shape,
    user: fields.id.meta({ description: 'The user it belongs to; the same number as `id`.' }),
  })
  .meta({ id: 'DoctorProfile', examples: [{ ...example, user: 12 }] });

export const doctorProfileChanges = z
  .object({
    specialization: fields.specialization.nullable(),
    experience_years: fields.experienceYears.nullable(),
    gender: fields.gender.nullable(),
    first_name: fields.firstName.nullable(),
    last_name: fields.lastName.nullable(),
  })
  .partial()
  .refine((body) => Object.values(body).some((value) => value !== undefined), issue('nothing_to_change'))
  .meta({ id: 'DoctorProfileChanges', examples: [{ specialization: 'Kardiolog', experience_years: 13 }] });
export type DoctorProfileChanges = z.infer<typeof doctorProfileChanges>;

export const doctorFilters = z.object({
  ...pageQuery,
  search: fields.searchText.optional().meta({
    description: "Words in name or specialization, in any case and with any apostrophe (`ʻ` `ʼ` `'`).",
  }),
  specialization: fields.filterText.optional().meta({
    description: 'Exactly this specialization, in any case.',
    examples: ['Kardiolog'],
  }),
});
export type DoctorFilters = z.infer<typeof doctorFilters>;
