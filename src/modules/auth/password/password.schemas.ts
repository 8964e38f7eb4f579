import { z } from 'zod';
import { codeField, codeSent } from '../../../http/codes.ts';
import { newPassword } from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { loginField, passwordField } from '../sign-in/sign-in.schemas.ts';

const next = newPassword.meta({ examples: ['eleven-apricot-trees'] });

export const passwordChange = documented(
  z.object({
    old_password: passwordField.optional().meta({
      description: 'The one that holds now. Whoever has none signs in with their provider shortly before.',
    }),
    password: next,
  }),
  {
    id: 'PasswordChange',
    description: 'The password that holds now, and the next.',
    examples: {
      change: {
        summary: 'A new password',
        value: { old_password: 'a-long-quiet-river', password: 'eleven-apricot-trees' },
      },
    },
  },
);
export type PasswordChange = z.infer<typeof passwordChange>;

export const resetRequest = documented(z.object({ username: loginField }), {
  id: 'PasswordResetRequest',
  description: 'Who forgot their password: a user name, confirmed phone or confirmed email.',
  examples: {
    phone: { summary: 'By phone', value: { username: '90 123-45-67' } },
    username: { summary: 'By user name', value: { username: 'aziza.karimova' } },
  },
});

export const resetConfirmation = documented(
  z.object({ username: loginField, code: codeField, password: next }),
  {
    id: 'PasswordResetConfirmation',
    description: 'The same name, the code that was sent, and the next password.',
    examples: {
      confirm: {
        summary: 'A new password',
        value: { username: '90 123-45-67', code: '402915', password: 'eleven-apricot-trees' },
      },
    },
  },
);
export type ResetConfirmation = z.infer<typeof resetConfirmation>;

/** The same as for every code, so it says to everybody what those do who are sent nothing. */
export const resetRequested = documented(
  codeSent.extend({
    otherwise: z.enum(['desk']).meta({
      description:
        'Where a new password is to be had if no code comes, as no phone and no email is confirmed: at the clinic’s desk. ' +
        'An app should say so beside the field for the code.',
      examples: ['desk'],
    }),
  }),
  {
    id: 'PasswordResetRequested',
    description: 'A code is on its way, if there is such an account and it has a confirmed phone or email.',
    examples: {
      requested: { summary: 'On its way', value: { expires_in: 300, resend_in: 60, otherwise: 'desk' } },
    },
  },
);
