import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { issue } from '../../../http/zod.ts';

export const decision = documented(
  z
    .object({
      status: z.enum(['confirmed', 'cancelled']),
      reason: fields
        .text(500)
        .optional()
        .meta({
          description: 'With a cancellation only; the patient sees it.',
          examples: ['The doctor is at a congress that day'],
        }),
    })
    .refine(
      ({ status: next, reason }) => next === 'cancelled' || reason === undefined,
      issue('reason_without_cancel', 'reason'),
    ),
  {
    id: 'Decision',
    description: 'The answer to a booking.',
    examples: {
      confirm: { summary: 'Confirm', value: { status: 'confirmed' } },
      cancel: {
        summary: 'Cancel, with a reason',
        value: { status: 'cancelled', reason: 'The doctor is at a congress that day' },
      },
    },
  },
);
export type Decision = z.infer<typeof decision>;

export const cancellation = documented(
  z
    .object({
      reason: fields
        .text(500)
        .optional()
        .meta({ description: 'Why; the other side sees it.', examples: ['I have caught a cold'] }),
    })
    // Fastify passes null where there is no body.
    .nullish(),
  {
    id: 'Cancellation',
    description: 'Why it is cancelled. The body may be left out.',
    examples: { reason: { summary: 'With a reason', value: { reason: 'I have caught a cold' } } },
  },
);
