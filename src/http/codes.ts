import { z } from 'zod';
import { CODE_MINUTES, CODE_SECONDS, SECONDS_BETWEEN, TRIES_MAX } from '../core/codes.ts';
import { documented } from './openapi/documented.ts';

/** How long a code serves, in the words of the documentation. */
export const GOOD_FOR = `good for ${CODE_MINUTES} minutes and ${TRIES_MAX} tries`;

/** What is said of codes wherever one is asked for, with the limits that are set. */
export const limitsOf = (config: { codes_per_hour: number; codes_per_hour_address: number }) =>
  `Six digits, ${GOOD_FOR}. The next may be asked for after ${SECONDS_BETWEEN} seconds; ${config.codes_per_hour} an hour go ` +
  `to one destination and for one account, ${config.codes_per_hour_address} from one address, then 429 says in ` +
  '`Retry-After` when. A day’s codes by SMS have a ceiling, too.';

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

/** What everybody is answered who asks for a code. */
export const CODE_SENT: z.infer<typeof codeSent> = { expires_in: CODE_SECONDS, resend_in: SECONDS_BETWEEN };
