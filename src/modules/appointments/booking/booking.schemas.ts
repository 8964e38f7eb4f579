import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { REASON_LENGTH } from '../appointments.schemas.ts';

export const newAppointment = documented(
  z.object({
    timeslot: fields.id.meta({
      description: 'A free slot, from `/api/doctors/{id}/timeslots/`.',
      examples: [demo.slots.free.id],
    }),
    service: fields.serviceWanted,
    patient: fields.id.optional().meta({
      description:
        'For whom: staff, and a doctor for a follow-up, must name one; patients name somebody whom they look after, or leave it out.',
      examples: [demo.patient.id],
    }),
    reason: fields
      .text(REASON_LENGTH)
      .optional()
      .meta({
        description: 'Why the patient comes, in their own words; only they say it.',
        examples: ['A cough for two weeks'],
      }),
  }),
  {
    id: 'NewAppointment',
    description: 'Which slot to book, and for whom.',
    examples: {
      patient: { summary: 'As a patient', value: { timeslot: demo.slots.free.id } },
      service: {
        summary: 'For a service of the doctor',
        value: { timeslot: demo.slots.free.id, service: demo.services.consultation.id },
      },
      reason: {
        summary: 'As a patient, saying why',
        value: { timeslot: demo.slots.free.id, reason: 'A cough for two weeks' },
      },
      guardian: {
        summary: 'As a patient, for my child',
        value: { timeslot: demo.slots.free.id, patient: demo.child.id },
      },
      staff: {
        summary: 'As the staff, or a doctor, for a patient',
        value: { timeslot: demo.slots.free.id, patient: demo.patient.id },
      },
    },
  },
);
export type NewAppointment = z.infer<typeof newAppointment>;
