import { z } from 'zod';
import { codeField } from '../../../http/codes.ts';
import * as fields from '../../../http/fields.ts';
import { documented, perCountry } from '../../../http/openapi/documented.ts';

/** Which contact is to be confirmed; left out, the one that the account has. For one country's phone numbers. */
export const contactRequests = perCountry((country) => ({
  phone: documented(z.object({ phone: fields.phone(country).optional() }), {
    id: 'PhoneVerification',
    description: 'The phone to confirm: mine, unless another is named.',
    examples: {
      other: { summary: 'A new phone', value: { phone: '91 234-56-78' } },
      mine: { summary: 'The phone I have given', value: {} },
    },
  }),
  email: documented(z.object({ email: fields.email.optional() }), {
    id: 'EmailVerification',
    description: 'The email to confirm: mine, unless another is named.',
    examples: {
      mine: { summary: 'The email I have given', value: {} },
      other: { summary: 'A new email', value: { email: 'aziza@example.uz' } },
    },
  }),
}));

export const codeConfirmation = documented(z.object({ code: codeField, ...fields.ownerProof }), {
  id: 'CodeConfirmation',
  description:
    'The code that was sent, and where a confirmed contact is replaced, the password or the code sent to that.',
  examples: {
    code: { summary: 'The six digits', value: { code: '402915' } },
    replace: {
      summary: 'In place of a confirmed one, with the password',
      value: { code: '402915', password: 'a-long-quiet-river' },
    },
    proof: {
      summary: 'In place of a confirmed one, with a code sent to it',
      value: { code: '402915', proof_code: '730184' },
    },
  },
});
export type CodeConfirmation = z.infer<typeof codeConfirmation>;
