import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented, examplesOf, perCountry } from '../../../http/openapi/documented.ts';
import { somethingToChange } from '../../../http/zod.ts';
import { user } from '../../users/index.ts';

/** What people change of themselves, for one country's phone numbers. Role, user name and the like are no fields of it. */
export const myChanges = perCountry((country) =>
  documented(
    z
      .object({
        first_name: fields.firstName.nullable(),
        last_name: fields.lastName.nullable(),
        email: fields.email.nullable(),
        phone: fields.phone(country).nullable(),
        locale: fields.locale.nullable(),
        ...fields.ownerProof,
      })
      .partial()
      .refine(...somethingToChange('password', 'proof_code')),
    {
      id: 'MyChanges',
      description: 'The fields to change, at least one; null empties a field.',
      examples: {
        locale: { summary: 'Prefer Uzbek', value: { locale: 'uz' } },
        contact: {
          summary: 'Change name and contacts',
          value: { first_name: 'Aziza', phone: '90 123-45-67', email: 'aziza@example.uz' },
        },
        replace: {
          summary: 'Replace a confirmed phone',
          value: { phone: '90 123-45-67', password: 'a-long-quiet-river' },
        },
      },
    },
  ),
);
export type MyChanges = z.infer<ReturnType<typeof myChanges>>;

const [shown] = Object.values(examplesOf(user));

/** Who I am, and whether I could get back in. */
export const me = documented(
  user.extend({
    recovery: z.enum(['none', 'sms', 'email']).meta({
      description:
        'By which way a code for a new password would reach me; `none` where no contact is confirmed, or none that may set ' +
        'a password yet: confirm one, or ask at the clinic’s desk.',
      examples: ['sms'],
    }),
  }),
  {
    id: 'Me',
    description:
      'The current user, with the profile of their role, and the way back for a forgotten password.',
    examples: {
      me: { summary: 'A patient', value: { ...(shown?.value as z.infer<typeof user>), recovery: 'sms' } },
    },
  },
);
export type Me = z.infer<typeof me>;
