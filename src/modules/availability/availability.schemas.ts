import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';

/** A slot that somebody can have, with its doctor: a search finds it, a refusal offers it instead. */
export const openTimeslot = documented(
  z.object({
    id: fields.id,
    doctor: fields.doctorBrief,
    date: fields.out.date,
    start_time: fields.out.time,
    end_time: fields.out.time,
    branch: fields.out.branch,
    room: fields.out.room,
  }),
  {
    id: 'OpenTimeslot',
    description: 'A slot that can be booked now, with its doctor.',
    examples: {
      open: {
        summary: 'Free',
        value: {
          id: demo.slots.free.id,
          doctor: demo.doctor.brief,
          date: demo.day,
          start_time: '10:00',
          end_time: '10:30',
          branch: demo.branch.id,
          room: null,
        },
      },
    },
  },
);
export type OpenTimeslot = z.infer<typeof openTimeslot>;
