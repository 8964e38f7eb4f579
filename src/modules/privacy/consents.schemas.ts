import { z } from 'zod';
import { consentDocuments } from '../../core/words.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { issue } from '../../http/zod.ts';

const document = z
  .enum(consentDocuments)
  .meta({ description: 'The terms of use, or the privacy policy.', examples: ['terms'] });
const version = z.string().meta({ description: 'As the clinic names it.', maxLength: 100, examples: ['2'] });

/** One version of one document that somebody has accepted. */
export const consent = z.object({ document, version, accepted_at: fields.out.instant });

const shape = z.object({
  is_current: z
    .boolean()
    .meta({ description: 'Whether everything that is in force has been accepted.', examples: [true] }),
  in_force: z
    .array(z.object({ document, version, is_accepted: z.boolean().meta({ examples: [true] }) }))
    .meta({ description: 'The versions that hold now, and whether each has been accepted.', maxItems: 2 }),
  accepted: z
    .array(consent)
    .meta({ description: 'What was accepted so far, oldest first.', maxItems: 10_000 }),
});

const first = [
  { document: 'terms', version: '1', accepted_at: '2028-03-01T09:30:00.000Z' },
  { document: 'privacy', version: '1', accepted_at: '2028-03-01T09:30:00.000Z' },
] as const;

/** What somebody has accepted, and whether that is what is in force. */
export const consentState = documented(shape, {
  id: 'Consents',
  description: 'Which versions of terms and privacy policy were accepted, and which hold now.',
  examples: {
    current: {
      summary: 'All that is in force is accepted',
      value: {
        is_current: true,
        in_force: [
          { document: 'terms', version: '2', is_accepted: true },
          { document: 'privacy', version: '1', is_accepted: true },
        ],
        accepted: [...first, { document: 'terms', version: '2', accepted_at: '2028-06-12T08:00:00.000Z' }],
      },
    },
    outdated: {
      summary: 'There are newer terms',
      value: {
        is_current: false,
        in_force: [
          { document: 'terms', version: '2', is_accepted: false },
          { document: 'privacy', version: '1', is_accepted: true },
        ],
        accepted: [...first],
      },
    },
  },
});
export type ConsentState = z.infer<typeof consentState>;

export const acceptance = documented(
  z.object({
    accept_terms: z
      .boolean()
      .refine((accepted) => accepted, issue('consent_required'))
      .meta({
        description: 'True: the terms and the privacy policy in force are accepted.',
        examples: [true],
      }),
  }),
  {
    id: 'Acceptance',
    description: 'That one accepts what is in force.',
    examples: { accept: { summary: 'I accept', value: { accept_terms: true } } },
  },
);
