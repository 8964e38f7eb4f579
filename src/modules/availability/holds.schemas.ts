import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

export const holdRequest = documented(
  z
    .object({
      patient: fields.id.optional().meta({
        description: 'For whom, where I hold it for somebody whom I look after.',
        examples: [demo.child.id],
      }),
    })
    // Fastify passes null where there is no body.
    .nullish(),
  {
    id: 'HoldRequest',
    description: 'For whom a slot is held. The body may be left out.',
    examples: { child: { summary: 'For my child', value: { patient: demo.child.id } } },
  },
);
export type HoldRequest = z.infer<typeof holdRequest>;

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
