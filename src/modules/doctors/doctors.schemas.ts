import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { somethingToChange } from '../../http/zod.ts';

/** What a profile holds beside what everybody has, as it comes in. */
export const doctorInput = {
  specialization: fields.specialization.nullable().meta({
    description:
      'Any name of one of the clinic’s specializations, in either script; admins may say a new one.',
    examples: [demo.doctor.specialization],
  }),
  experience_years: fields.experienceYears.nullable(),
  gender: fields.gender.nullable(),
};
type Names = keyof typeof doctorInput;

/** The same as it goes out. */
export const doctorOutput = {
  specialization: fields.out.specialization,
  specialization_id: fields.id.nullable().meta({
    description: 'Its id in the list of specializations; null without one.',
    examples: [demo.specialization.id],
  }),
  experience_years: fields.out.experienceYears,
  gender: fields.gender.nullable(),
} satisfies Record<Names | 'specialization_id', z.ZodType>;

export const doctorInputExample = {
  specialization: demo.doctor.specialization,
  experience_years: demo.doctor.experience_years,
  gender: demo.doctor.gender,
} satisfies Record<Names, unknown>;

export const doctorExample = {
  ...doctorInputExample,
  specialization_id: demo.specialization.id,
} satisfies Record<Names | 'specialization_id', unknown>;

const shape = z.object({
  id: fields.id,
  first_name: fields.out.name,
  last_name: fields.out.name,
  ...doctorOutput,
  photo: fields.out.photo,
});

const example: z.infer<typeof shape> = {
  ...demo.doctor.brief,
  ...doctorExample,
  photo: fields.PHOTO_EXAMPLE,
};

/** A doctor as the directory shows them. */
export const doctor = documented(shape, {
  id: 'Doctor',
  description: 'A doctor, as the directory shows them.',
  examples: { doctor: { summary: 'A cardiologist', value: example } },
});
export type Doctor = z.infer<typeof doctor>;

export const doctorPage = pageOf('DoctorPage', 'One page of the directory.', doctor);

/** A doctor's own profile. */
export const doctorProfile = documented(
  shape.extend({
    user: fields.id.meta({ description: 'The user it belongs to; the same number as `id`.' }),
    approved_at: fields.out.approvedAt,
  }),
  {
    id: 'DoctorProfile',
    description: 'A doctor’s own profile.',
    examples: {
      profile: {
        summary: 'A cardiologist',
        value: { ...example, user: demo.doctor.id, approved_at: '2028-03-01T08:15:00.000Z' },
      },
    },
  },
);

export const doctorProfileChanges = documented(
  z
    .object({
      ...doctorInput,
      first_name: fields.firstName.nullable(),
      last_name: fields.lastName.nullable(),
    })
    .partial()
    .refine(...somethingToChange()),
  {
    id: 'DoctorProfileChanges',
    description: 'The fields to change, at least one; null empties a field.',
    examples: {
      work: { summary: 'Change the work', value: { specialization: 'Kardiolog', experience_years: 13 } },
      name: { summary: 'Change the name', value: { first_name: 'Jasur', last_name: 'Yusupov' } },
    },
  },
);
export type DoctorProfileChanges = z.infer<typeof doctorProfileChanges>;

export const doctorFilters = z.object({
  ...pageQuery,
  search: fields.searchText.optional().meta({
    description:
      `At most ${fields.WORDS_MAX} words of name or specialization, or parts of them, in either script ` +
      '(`Юсупов` finds Yusupov), in any ' +
      "case and with any apostrophe (`ʻ` `ʼ` `'`) or none.",
  }),
  specialization: fields.filterText.optional().meta({
    description:
      'This specialization as a whole, by any of its names, in either script (`Кардиолог` is `Kardiolog`) and in any case.',
    examples: ['Kardiolog'],
  }),
});
export type DoctorFilters = z.infer<typeof doctorFilters>;
