import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

/** A place in the log is as long as the transactions that were open then were many. */
const PLACE_LENGTH = 4_000;
const TICKET = 'mK4rXv0cQ2hZt8nLwYb1sJ7dUe5fGp3aRi9oTk6xMqE';

export const streamQuery = z.object({
  branch: fields.idText.optional().meta({
    description: 'Only what is in this branch. For staff.',
    examples: [demo.branch.id],
  }),
  doctor: fields.idText.optional().meta({
    description: 'Only what is with this doctor. For staff.',
    examples: [demo.doctor.id],
  }),
  date: fields.date.optional().meta({ description: 'Only what is on this day. For staff and doctors.' }),
  ticket: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Instead of a token, from `/api/stream/ticket/`.', examples: [TICKET] }),
  last_event_id: z
    .string()
    .max(PLACE_LENGTH)
    .optional()
    .meta({
      description: 'As the header `Last-Event-ID`, for whoever can send none.',
      examples: ['NjdhYi8x'],
    }),
});

export const streamHeaders = z.object({
  'last-event-id': z
    .string()
    .max(PLACE_LENGTH)
    .optional()
    .meta({
      description: 'The `id` that came last, of a stream before: what was missed since comes first.',
      examples: ['NjdhYi8x'],
    }),
});

export const streamText = z.string().meta({
  description:
    'Server-sent events. `data` of an event is the body that webhooks get: `{type, timestamp, data}`, of a visit that left ' +
    'for where one may not see it only `id` and `version`. Beside them `ready`, `reset` and `end`.',
  maxLength: 2_147_483_647,
  examples: ['event: ready'],
});

export const ticket = documented(
  z.object({
    ticket: z.string().meta({ maxLength: 100, examples: [TICKET] }),
    expires_at: fields.out.instant,
  }),
  {
    id: 'StreamTicket',
    description: 'Opens one stream, once, within 30 seconds.',
    examples: {
      ticket: {
        summary: 'For one EventSource',
        value: { ticket: TICKET, expires_at: '2028-03-01T09:30:30.000Z' },
      },
    },
  },
);
export type Ticket = z.infer<typeof ticket>;
