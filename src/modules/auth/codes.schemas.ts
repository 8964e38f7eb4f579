import { z } from 'zod';
import { documented } from '../../http/documented.ts';

/** Six digits, as they are typed. */
export const codeField = z
  .string()
  .trim()
  .regex(/^\d{6}$/)
  .meta({ description: 'The six digits that were sent.', minLength: 6, maxLength: 6, examples: ['402915'] });

const seconds = (maximum: number) => z.int().meta({ minimum: 0, maximum });

/** The same whoever asks, and whatever was sent. */
export const codeSent = documented(
  z.object({
    expires_in: seconds(3_600).meta({ description: 'Seconds the code is good for.', examples: [300] }),
    resend_in: seconds(3_600).meta({
      description: 'Seconds until another may be asked for.',
      examples: [60],
    }),
  }),
  {
    id: 'CodeSent',
    description: 'A code is on its way.',
    examples: { sent: { summary: 'On its way', value: { expires_in: 300, resend_in: 60 } } },
  },
);
