import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';

export const move = documented(
  z.object({
    timeslot: fields.id.meta({
      description:
        'A free slot of the same doctor, or of another where a visit may change doctors, from ' +
        '`/api/doctors/{id}/timeslots/`.',
      examples: [demo.slots.toMoveTo.id],
    }),
  }),
  {
    id: 'Move',
    description: 'Which slot an appointment moves to.',
    examples: { example: { summary: 'To another slot', value: { timeslot: demo.slots.toMoveTo.id } } },
  },
);
export type Move = z.infer<typeof move>;
