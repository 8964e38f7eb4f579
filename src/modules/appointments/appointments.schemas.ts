import { z } from 'zod';
import * as fields from '../../http/fields.ts';
import { pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';

export const status = z.enum(['pending', 'confirmed', 'cancelled']);
export type Status = z.infer<typeof status>;

export const appointment = z
  .object({
    id: fields.id,
    doctor: z.object({
      id: fields.id,
      first_name: fields.out.name,
      last_name: fields.out.name,
      specialization: z.string().nullable(),
    }),
    patient: z.object({
      id: fields.id,
      first_name: fields.out.name,
      last_name: fields.out.name,
      phone: fields.out.phone,
    }),
    timeslot: fields.id
      .nullable()
      .meta({ description: 'Null once the slot of a cancelled appointment is gone.' }),
    date: fields.out.date,
    start_time: fields.out.time,
    end_time: fields.out.time,
    status,
    created_at: fields.out.instant,
    updated_at: fields.out.instant,
    booked_by: fields.id.meta({ description: 'The user who booked: the patient, or an admin for them.' }),
    cancelled_by: fields.id.nullable().meta({ description: 'The user who cancelled.' }),
    cancel_reason: z.string().nullable(),
  })
  .meta({
    id: 'Appointment',
    examples: [
      {
        id: 9001,
        doctor: { id: 12, first_name: 'Jasur', last_name: 'Yusupov', specialization: 'Kardiolog' },
        patient: { id: 7, first_name: 'Aziza', last_name: 'Karimova', phone: '+998901234567' },
        timeslot: 431,
        date: '2026-12-01',
        start_time: '10:00',
        end_time: '10:30',
        status: 'pending',
        created_at: '2026-11-20T09:30:00.000Z',
        updated_at: '2026-11-20T09:30:00.000Z',
        booked_by: 7,
        cancelled_by: null,
        cancel_reason: null,
      },
    ],
  });
export type Appointment = z.infer<typeof appointment>;

export const newAppointment = z
  .object({
    timeslot: fields.id.meta({ examples: [431] }),
    patient: fields.id.optional().meta({ description: 'For admins, who must name one.' }),
  })
  .meta({ id: 'NewAppointment', examples: [{ timeslot: 431 }] });
export type NewAppointment = z.infer<typeof newAppointment>;

export const decision = z
  .object({
    status: z.enum(['confirmed', 'cancelled']),
    reason: fields.text(500).optional().meta({ description: 'With a cancellation; the patient sees it.' }),
  })
  .refine(
    ({ status: next, reason }) => next === 'cancelled' || reason === undefined,
    issue('reason_without_cancel', 'reason'),
  )
  .meta({
    id: 'Decision',
    examples: [{ status: 'confirmed' }, { status: 'cancelled', reason: 'The doctor is ill that day' }],
  });
export type Decision = z.infer<typeof decision>;

const filters = {
  ...pageQuery,
  ...fields.dateFilters,
  status: status.optional(),
};

export const ownFilters = fields.orderedRange(z.object(filters));
export const allFilters = fields.orderedRange(
  z.object({ ...filters, doctor: fields.idText.optional(), patient: fields.idText.optional() }),
);
export type AppointmentFilters = z.infer<typeof allFilters>;
