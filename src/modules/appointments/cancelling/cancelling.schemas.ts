import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { issue } from '../../../http/zod.ts';
import { NOTE_LENGTH } from '../appointments.schemas.ts';

export const decision = documented(
  z
    .object({
      status: z
        .enum(['confirmed', 'cancelled'])
        .optional()
        .meta({ description: 'The answer; it may be left out where only the `note` changes.' }),
      reason: fields
        .text(500)
        .optional()
        .meta({
          description:
            'With a cancellation only; the patient sees it. A doctor who cancels what is confirmed must say it.',
          examples: ['The doctor is at a congress that day'],
        }),
      note: fields
        .text(NOTE_LENGTH)
        .nullable()
        .optional()
        .meta({
          description:
            'What the clinic notes of the visit, whatever its status; null takes it away. The patient never sees it.',
          examples: ['Brings the X-ray along'],
        }),
    })
    .refine(({ status, note }) => status !== undefined || note !== undefined, issue('required', 'status'))
    .refine(
      ({ status: next, reason }) => next === 'cancelled' || reason === undefined,
      issue('reason_without_cancel', 'reason'),
    ),
  {
    id: 'Decision',
    description: 'The answer to a booking, and what the clinic notes of it.',
    examples: {
      confirm: { summary: 'Confirm', value: { status: 'confirmed' } },
      cancel: {
        summary: 'Cancel, with a reason',
        value: { status: 'cancelled', reason: 'The doctor is at a congress that day' },
      },
      note: { summary: 'Note something', value: { note: 'Brings the X-ray along' } },
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
