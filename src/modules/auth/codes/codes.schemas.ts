import { z } from 'zod';
import { documented } from '../../../http/openapi/documented.ts';

/** Six digits, as they are typed. */
export const codeField = z
  .string()
  .trim()
  .regex(/^\d{6}$/)
  .meta({ description: 'The six digits that were sent.', minLength: 6, maxLength: 6, examples: ['402915'] });

const seconds = (maximum: number) => z.int().meta({ minimum: 0, maximum });

const sent = {
  expires_in: seconds(3_600).meta({ description: 'Seconds the code is good for.', examples: [300] }),
  resend_in: seconds(3_600).meta({
    description: 'Seconds until another may be asked for.',
    examples: [60],
  }),
};

/** The same whoever asks, and whatever was sent. */
export const codeSent = documented(z.object(sent), {
  id: 'CodeSent',
  description: 'A code is on its way.',
  examples: { sent: { summary: 'On its way', value: { expires_in: 300, resend_in: 60 } } },
});

/** The same too, so it says to everybody what those do who are sent nothing. */
export const resetRequested = documented(
  z.object({
    ...sent,
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
