import { z } from 'zod';
import type { CountryCode } from '../../core/phone.ts';
import * as fields from '../../http/fields.ts';
import { issue } from '../../http/zod.ts';

export const patientProfile = z
  .object({
    id: fields.id,
    user: fields.id.meta({ description: 'The user it belongs to; the same number as `id`.' }),
    first_name: fields.out.name,
    last_name: fields.out.name,
    phone: fields.out.phone,
    date_of_birth: fields.out.date.nullable(),
    gender: fields.gender.nullable(),
  })
  .meta({
    id: 'PatientProfile',
    examples: [
      {
        id: 7,
        user: 7,
        first_name: 'Aziza',
        last_name: 'Karimova',
        phone: '+998901234567',
        date_of_birth: '1990-05-17',
        gender: 'female',
      },
    ],
  });

export const patientProfileChanges = (country: CountryCode) =>
  z
    .object({
      phone: fields.phone(country).nullable(),
      date_of_birth: fields.date.nullable(),
      gender: fields.gender.nullable(),
      first_name: fields.firstName.nullable(),
      last_name: fields.lastName.nullable(),
    })
    .partial()
    .refine((body) => Object.values(body).some((value) => value !== undefined), issue('nothing_to_change'))
    .meta({
      id: 'PatientProfileChanges',
      examples: [{ phone: '90 123-45-67', date_of_birth: '1990-05-17' }],
    });

export type PatientProfileChanges = z.infer<ReturnType<typeof patientProfileChanges>>;
