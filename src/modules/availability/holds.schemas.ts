import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

export const hold = documented(
  z.object({
    timeslot: fields.id.meta({ description: 'The slot that is held.', examples: [demo.slots.free.id] }),
    expires_at: fields.out.instant.meta({
      description:
        'Until when nobody else can have it; no later than its start, or its end where it runs already. UTC.',
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

/** Fastify passes null where there is no body. */
export const holding = documented(
  z
    .object({
      patient: fields.id.optional().meta({
        description:
          'For whom: staff must name one; patients name somebody whom they look after, or leave it out.',
        examples: [demo.child.id],
      }),
      service: fields.serviceWanted,
    })
    .nullish(),
  {
    id: 'Holding',
    description: 'For whom, and for which service. A patient who acts for themself may leave the body out.',
    examples: {
      staff: { summary: 'At the desk, for a patient', value: { patient: demo.patient.id } },
      child: { summary: 'For my child', value: { patient: demo.child.id } },
      service: { summary: 'For a service, with all slots that it takes', value: { service: 1 } },
    },
  },
);
export type Holding = z.infer<typeof holding>;
