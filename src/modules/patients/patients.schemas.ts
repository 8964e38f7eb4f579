import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented, perCountry } from '../../http/openapi/documented.ts';
import { somethingToChange } from '../../http/zod.ts';

/** What a profile holds beside what everybody has, as it comes in. A new field is a column and a line in each of these. */
export const patientInput = {
  date_of_birth: fields.date.nullable().meta({ examples: ['1990-05-17'] }),
  gender: fields.gender.nullable(),
};
type Names = keyof typeof patientInput;

/** The same as it goes out. */
export const patientOutput = {
  date_of_birth: fields.out.date.nullable().meta({ examples: ['1990-05-17'] }),
  gender: fields.gender.nullable(),
} satisfies Record<Names, z.ZodType>;

export const patientExample = {
  date_of_birth: demo.patient.date_of_birth,
  gender: 'female' as const,
} satisfies Record<Names, unknown>;

export const patientProfile = documented(
  z.object({
    id: fields.id,
    user: fields.id.meta({ description: 'The user it belongs to; the same number as `id`.' }),
    first_name: fields.out.name,
    last_name: fields.out.name,
    phone: fields.out.phone,
    ...patientOutput,
  }),
  {
    id: 'PatientProfile',
    description: 'A patient’s own profile.',
    examples: {
      profile: {
        summary: 'A patient',
        value: {
          id: demo.patient.id,
          user: demo.patient.id,
          first_name: 'Aziza',
          last_name: 'Karimova',
          phone: demo.patient.phone,
          ...patientExample,
        },
      },
    },
  },
);

export const patientProfileChanges = perCountry((country) =>
  documented(
    z
      .object({
        phone: fields.phone(country).nullable(),
        ...patientInput,
        first_name: fields.firstName.nullable(),
        last_name: fields.lastName.nullable(),
        ...fields.ownerProof,
      })
      .partial()
      .refine(...somethingToChange('password', 'proof_code')),
    {
      id: 'PatientProfileChanges',
      description: 'The fields to change, at least one; null empties a field.',
      examples: {
        contact: {
          summary: 'Change phone and birthday',
          value: { phone: '90 123-45-67', date_of_birth: demo.patient.date_of_birth },
        },
        replace: {
          summary: 'Replace a confirmed phone',
          value: { phone: '90 123-45-67', password: 'a-long-quiet-river' },
        },
        name: { summary: 'Change the name', value: { first_name: 'Aziza', last_name: 'Karimova' } },
      },
    },
  ),
);

export type PatientProfileChanges = z.infer<ReturnType<typeof patientProfileChanges>>;
