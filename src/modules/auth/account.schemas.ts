import { z } from 'zod';
import { documented, perCountry } from '../../http/documented.ts';
import * as fields from '../../http/fields.ts';
import { issue } from '../../http/zod.ts';

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
      .refine(
        ({ password, proof_code, ...changes }) => Object.values(changes).some((value) => value !== undefined),
        issue('nothing_to_change'),
      ),
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
