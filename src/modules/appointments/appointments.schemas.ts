import { z } from 'zod';
import { documented } from '../../http/documented.ts';
import * as fields from '../../http/fields.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { issue } from '../../http/zod.ts';

export const status = z.enum(['pending', 'confirmed', 'cancelled']);
export type Status = z.infer<typeof status>;

const shape = z.object({
  id: fields.id,
  doctor: z.object({
    id: fields.id,
    first_name: fields.out.name,
    last_name: fields.out.name,
    specialization: fields.out.specialization,
  }),
  patient: z.object({
    id: fields.id,
    first_name: fields.out.name,
    last_name: fields.out.name,
    phone: fields.out.phone,
  }),
  timeslot: fields.id
    .nullable()
    .meta({ description: 'The slot’s id; null once the slot of a cancelled appointment is gone.' }),
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time.meta({ examples: ['10:30'] }),
  status: status.meta({ description: 'Pending until its doctor answers; nothing leaves `cancelled`.' }),
  created_at: fields.out.instant,
  updated_at: fields.out.instant,
  booked_by: fields.id.meta({ description: 'The user who booked: the patient, or an admin for them.' }),
  cancelled_by: fields.id.nullable().meta({ description: 'The user who cancelled.' }),
  cancel_reason: z
    .string()
    .nullable()
    .meta({ description: 'Why it was cancelled, if somebody said.', maxLength: 500 }),
});

const pending: z.infer<typeof shape> = {
  id: 9001,
  doctor: { id: 12, first_name: 'Jasur', last_name: 'Yusupov', specialization: 'Kardiolog' },
  patient: { id: 7, first_name: 'Aziza', last_name: 'Karimova', phone: '+998901234567' },
  timeslot: 431,
  date: '2028-03-14',
  start_time: '10:00',
  end_time: '10:30',
  status: 'pending',
  created_at: '2028-03-01T09:30:00.000Z',
  updated_at: '2028-03-01T09:30:00.000Z',
  booked_by: 7,
  cancelled_by: null,
  cancel_reason: null,
};

export const appointment = documented(shape, {
  id: 'Appointment',
  description: 'A patient’s visit to a doctor. It holds its slot while it is pending or confirmed.',
  examples: {
    pending: { summary: 'Booked, not answered yet', value: pending },
    confirmed: {
      summary: 'Confirmed by the doctor',
      value: { ...pending, status: 'confirmed', updated_at: '2028-03-01T11:05:42.000Z' },
    },
    cancelled: {
      summary: 'Cancelled, with a reason',
      value: {
        ...pending,
        status: 'cancelled',
        updated_at: '2028-03-01T11:05:42.000Z',
        cancelled_by: 12,
        cancel_reason: 'The doctor is at a congress that day',
      },
    },
  },
});
export type Appointment = z.infer<typeof appointment>;

export const appointmentPage = pageOf('AppointmentPage', 'One page of appointments.', appointment);

export const newAppointment = documented(
  z.object({
    timeslot: fields.id.meta({
      description: 'A free slot, from `/api/doctors/{id}/timeslots/`.',
      examples: [431],
    }),
    patient: fields.id
      .optional()
      .meta({ description: 'For admins, who must name one; patients leave it out.', examples: [7] }),
  }),
  {
    id: 'NewAppointment',
    description: 'Which slot to book, and for whom.',
    examples: {
      patient: { summary: 'As a patient', value: { timeslot: 431 } },
      admin: { summary: 'As an admin, for a patient', value: { timeslot: 431, patient: 7 } },
    },
  },
);
export type NewAppointment = z.infer<typeof newAppointment>;

export const decision = documented(
  z
    .object({
      status: z.enum(['confirmed', 'cancelled']),
      reason: fields
        .text(500)
        .optional()
        .meta({
          description: 'With a cancellation only; the patient sees it.',
          examples: ['The doctor is at a congress that day'],
        }),
    })
    .refine(
      ({ status: next, reason }) => next === 'cancelled' || reason === undefined,
      issue('reason_without_cancel', 'reason'),
    ),
  {
    id: 'Decision',
    description: 'The answer to a booking.',
    examples: {
      confirm: { summary: 'Confirm', value: { status: 'confirmed' } },
      cancel: {
        summary: 'Cancel, with a reason',
        value: { status: 'cancelled', reason: 'The doctor is at a congress that day' },
      },
    },
  },
);
export type Decision = z.infer<typeof decision>;

const filters = {
  ...pageQuery,
  ...fields.dateFilters,
  status: status.optional().meta({ description: 'Only those in this status.', examples: ['pending'] }),
};

export const ownFilters = fields.orderedRange(z.object(filters));
export const allFilters = fields.orderedRange(
  z.object({
    ...filters,
    doctor: fields.idText.optional().meta({ description: 'Only this doctor’s.', examples: [12] }),
    patient: fields.idText.optional().meta({ description: 'Only this patient’s.', examples: [7] }),
  }),
);
export type AppointmentFilters = z.infer<typeof allFilters>;
