import { z } from 'zod';
import { isSameName } from '../../../core/ascii.ts';
import { demo } from '../../../core/demo.ts';
import { codeField } from '../../../http/codes.ts';
import * as fields from '../../../http/fields.ts';
import { documented, perCountry } from '../../../http/openapi/documented.ts';
import { issue } from '../../../http/zod.ts';

export const claims = perCountry((country) => ({
  request: documented(z.object({ phone: fields.phone(country) }), {
    id: 'ClaimRequest',
    description: 'The phone that the desk has written down.',
    examples: { phone: { summary: 'By phone', value: { phone: '93 222-33-44' } } },
  }),
  confirmation: documented(
    z
      .object({
        phone: fields.phone(country),
        code: codeField,
        date_of_birth: fields.date.optional().meta({
          description:
            'Needed wherever the clinic knows it. Of a family with one phone, it tells whose record it is.',
          examples: [demo.deskPatient.date_of_birth],
        }),
        username: fields.username,
        password: fields.newPassword,
        accept_terms: z
          .boolean()
          .optional()
          .meta({
            description:
              'True: the terms and the privacy policy are accepted, as in registering. Some clinics require it.',
            examples: [true],
          }),
      })
      .refine(
        ({ username, password }) => !isSameName(password, username),
        issue('password_is_username', 'password'),
      ),
    {
      id: 'ClaimConfirmation',
      description: 'The code that was sent, the birthday, and the sign-in that the record gets.',
      examples: {
        claim: {
          summary: 'A sign-in of my own',
          value: {
            phone: '93 222-33-44',
            code: '402915',
            date_of_birth: demo.deskPatient.date_of_birth,
            username: 'gulchehra.saidova',
            password: 'a-long-quiet-river',
            accept_terms: true,
          },
        },
      },
    },
  ),
}));
export type ClaimConfirmation = z.infer<ReturnType<typeof claims>['confirmation']>;
