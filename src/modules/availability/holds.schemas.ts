import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

/** A hold of one slot needs no body; fastify passes null then. */
export const newHold = documented(z.object({ service: fields.serviceWanted }).nullish(), {
  id: 'NewHold',
  description: 'What a slot is held for.',
  examples: {
    slot: { summary: 'The slot alone', value: {} },
    service: { summary: 'For a service, with all slots that it takes', value: { service: 1 } },
  },
});

export const hold = documented(
  z.object({
    timeslot: fields.id.meta({ description: 'The slot that is held.', examples: [demo.slots.free.id] }),
    expires_at: fields.out.instant.meta({
      description: 'Until when nobody else can have it; no later than its start. UTC.',
      examples: ['2028-03-01T09:35:00.000Z'],
    }),
  }),
  {
    id: 'Hold',
    description: 'A slot that is kept for a patient while they make up their mind.',
    examples: {
      held: {
        summary: 'Held',
        value: { timeslot: demo.slots.free.id, expires_at: '2028-03-01T09:35:00.000Z' },
      },
    },
  },
);
export type Hold = z.infer<typeof hold>;
