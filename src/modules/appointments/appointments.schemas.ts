import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { appointmentStatuses, attendances } from '../../core/words.ts';
import * as fields from '../../http/fields.ts';
import { reads } from '../../http/hooks/audit.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf } from '../../http/page.ts';
import { shownTo } from './shown.rules.ts';

export const status = z.enum(appointmentStatuses);

/** How long a reason and a note may be. */
export const REASON_LENGTH = 500;
export const NOTE_LENGTH = 2_000;

const visitPatient = fields.patientBrief
  .extend({
    date_of_birth: fields.out.date
      .nullable()
      .optional()
      .meta({
        description:
          'Where one visit is shown to its doctor or to staff; null where nobody has said it. Lists leave it out.',
        examples: ['1990-05-17'],
      }),
  })
  .meta({ id: 'VisitPatient', description: 'The patient of a visit.' });

const shape = z.object({
  id: fields.id,
  doctor: fields.doctorBrief,
  patient: visitPatient,
  timeslot: fields.id
    .nullable()
    .meta({ description: 'The slot’s id; null once the slot of a cancelled appointment is gone.' }),
  timeslots: z
    .array(fields.id)
    .meta({ description: 'All slots that it takes, in order: a long service takes several.', maxItems: 144 }),
  branch: fields.id.meta({ description: 'The branch where it takes place.', examples: [1] }),
  room: fields.id
    .nullable()
    .meta({ description: 'The room or device that is kept for it.', examples: [null] }),
  service: fields.agreedService.nullable(),
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time,
  status: status.meta({
    description:
      'Pending until its doctor, or the staff, confirms or declines it; `expired` when nobody did until the slot was over. ' +
      'Nothing leaves `cancelled` and `expired`.',
  }),
  created_at: fields.out.instant,
  updated_at: fields.out.instant,
  booked_by: fields.id.meta({ description: 'The user who booked: the patient, or the staff for them.' }),
  cancelled_by: fields.id.nullable().meta({ description: 'The user who cancelled.' }),
  cancel_reason: z.string().nullable().meta({
    description: 'Why it was cancelled, if somebody said so. Receptionists do not see it.',
    maxLength: 500,
  }),
  cancelled_late: z
    .boolean()
    .meta({ description: 'Cancelled by the patient after the clinic’s deadline for it.' }),
  attendance: z
    .enum(attendances)
    .nullable()
    .meta({ description: 'Whether the patient came; null until somebody says so.' }),
  reason: z.string().nullable().meta({
    description: 'Why the patient comes, in their own words. Its patient, its doctor and admins see it.',
    maxLength: REASON_LENGTH,
  }),
  note: z.string().nullable().meta({
    description: 'What the clinic notes of it. Its doctor and staff see it, its patient never does.',
    maxLength: NOTE_LENGTH,
  }),
  version: fields.id.meta({
    description: 'Every change adds one. It is the `ETag`, for `If-Match`.',
    examples: [1],
  }),
  reachable: z
    .boolean()
    .optional()
    .meta({
      description:
        'To staff who book: whether any message reaches the patient. Whom none does, the desk rings. Otherwise left out.',
      examples: [true],
    }),
});

/** The plainest one. */
export const appointmentExample: z.infer<typeof shape> = {
  id: demo.visit.id,
  doctor: demo.doctor.brief,
  patient: demo.patient.brief,
  timeslot: demo.slots.free.id,
  timeslots: [demo.slots.free.id],
  branch: 1,
  room: null,
  service: null,
  date: demo.day,
  start_time: '10:00',
  end_time: '10:30',
  status: 'pending',
  created_at: '2028-03-01T09:30:00.000Z',
  updated_at: '2028-03-01T09:30:00.000Z',
  booked_by: demo.patient.id,
  cancelled_by: null,
  cancel_reason: null,
  cancelled_late: false,
  attendance: null,
  reason: null,
  note: null,
  version: 1,
};

const pending = appointmentExample;
const confirmed = {
  ...pending,
  status: 'confirmed' as const,
  updated_at: '2028-03-01T11:05:42.000Z',
  version: 2,
};

export const appointment = documented(shape, {
  id: 'Appointment',
  description: 'A patient’s visit to a doctor. It holds its slot while it is pending or confirmed.',
  examples: {
    pending: { summary: 'Booked, not answered yet', value: pending },
    confirmed: {
      summary: 'Confirmed by the doctor',
      value: confirmed,
    },
    moved: {
      summary: 'Moved by the patient',
      value: {
        ...pending,
        timeslot: demo.slots.toMoveTo.id,
        timeslots: [demo.slots.toMoveTo.id],
        start_time: '15:00',
        end_time: '15:30',
        updated_at: '2028-03-01T12:40:10.000Z',
        version: 3,
      },
    },
    cancelled: {
      summary: 'Cancelled, with a reason',
      value: {
        ...pending,
        status: 'cancelled',
        updated_at: '2028-03-01T11:05:42.000Z',
        cancelled_by: demo.doctor.id,
        version: 2,
        cancel_reason: 'The doctor is at a congress that day',
      },
    },
    expired: {
      summary: 'Never answered',
      value: { ...pending, status: 'expired', updated_at: '2028-03-14T05:30:20.000Z', version: 2 },
    },
    arrived: {
      summary: 'The patient is here',
      value: { ...confirmed, attendance: 'arrived', updated_at: '2028-03-14T04:51:07.000Z', version: 3 },
    },
    completed: {
      summary: 'The patient has been seen',
      value: { ...confirmed, attendance: 'completed', updated_at: '2028-03-14T05:28:30.000Z', version: 4 },
    },
    no_show: {
      summary: 'The patient did not come',
      value: { ...confirmed, attendance: 'no_show', updated_at: '2028-03-14T05:40:12.000Z', version: 3 },
    },
  },
});
export type Appointment = z.infer<typeof appointment>;

/** A visit is its patient's record: the doctor is named in the directory for all to see. */
export const patientOf = ({ patient }: Appointment) => patient.id;

/** What of a visit its reader's role sees: said by every route that answers with visits. */
export const shows = shownTo<Appointment>;

/** What a route notes that answers with one appointment. */
export const readsAppointment = reads('appointment.read', patientOf, ({ id }: Appointment) => ({
  appointment: id,
}));

export const appointmentPage = pageOf('AppointmentPage', 'One page of appointments.', appointment, {
  cursor: true,
  updates: true,
});
