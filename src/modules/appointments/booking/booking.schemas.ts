import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';

export const newAppointment = documented(
  z.object({
    timeslot: fields.id.meta({
      description: 'A free slot, from `/api/doctors/{id}/timeslots/`.',
      examples: [demo.slots.free.id],
    }),
    patient: fields.id.optional().meta({
      description:
        'For whom: staff must name one; patients name somebody whom they look after, or leave it out.',
      examples: [demo.patient.id],
    }),
  }),
  {
    id: 'NewAppointment',
    description: 'Which slot to book, and for whom.',
    examples: {
      patient: { summary: 'As a patient', value: { timeslot: demo.slots.free.id } },
      guardian: {
        summary: 'As a patient, for my child',
        value: { timeslot: demo.slots.free.id, patient: demo.child.id },
      },
      admin: {
        summary: 'As an admin, for a patient',
        value: { timeslot: demo.slots.free.id, patient: demo.patient.id },
      },
    },
  },
);
export type NewAppointment = z.infer<typeof newAppointment>;
