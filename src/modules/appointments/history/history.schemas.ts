import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { appointmentEventKinds } from '../../../core/words.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';

const kinds = ['booked', ...appointmentEventKinds] as const;
export type HistoryKind = (typeof kinds)[number];

/** How many events of a visit are shown: it can be moved and marked as often as people like. */
export const HISTORY_LIMIT = 500;

const when = z.object({
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time,
});

const event = documented(
  z.object({
    at: fields.out.instant,
    kind: z.enum(kinds).meta({
      description:
        'What happened. A move by the patient makes it pending again. `doctor_changed` follows when a visit moves to ' +
        'another doctor because its own is deactivated.',
    }),
    by: z
      .object({
        id: fields.id,
        role: fields.role.meta({ description: 'Their role now.' }),
        first_name: fields.out.name,
        last_name: fields.out.name,
      })
      .nullable()
      .meta({ description: 'Who did it; null where the system itself did.' }),
    details: z
      .object({
        from: when.optional().meta({ description: 'With `moved`: when it was before.' }),
        to: when.optional().meta({ description: 'With `booked` and `moved`: the time that was chosen.' }),
        from_doctor: fields.id
          .optional()
          .meta({ description: 'With `doctor_changed`: whose visit it was.', examples: [12] }),
        to_doctor: fields.id
          .optional()
          .meta({ description: 'With `doctor_changed`: whose visit it is.', examples: [14] }),
        from_patient: fields.id
          .optional()
          .meta({ description: 'With `patient_changed`: whose visit it was.', examples: [11] }),
        to_patient: fields.id
          .optional()
          .meta({ description: 'With `patient_changed`: whose visit it is.', examples: [7] }),
        late: z
          .boolean()
          .optional()
          .meta({ description: 'With `cancelled`: true after the clinic’s deadline for it.' }),
      })
      .meta({ description: 'What else belongs to it.' }),
  }),
  {
    id: 'AppointmentEvent',
    description: 'Something that happened to an appointment. It is never changed afterwards.',
    examples: {
      booked: {
        summary: 'Booked by the patient',
        value: {
          at: '2028-03-01T09:30:00.000Z',
          kind: 'booked',
          by: { ...demo.patient.name, role: 'patient' },
          details: { to: { date: demo.day, start_time: '10:00', end_time: '10:30' } },
        },
      },
      moved: {
        summary: 'Moved by an admin',
        value: {
          at: '2028-03-01T11:05:42.000Z',
          kind: 'moved',
          by: { ...demo.admin.name, role: 'admin' },
          details: {
            from: { date: demo.day, start_time: '10:00', end_time: '10:30' },
            to: { date: '2028-03-15', start_time: '14:00', end_time: '14:30' },
          },
        },
      },
      doctor_changed: {
        summary: 'Given to another doctor',
        value: {
          at: '2028-03-01T11:05:42.000Z',
          kind: 'doctor_changed',
          by: { id: 1, role: 'admin', first_name: 'Malika', last_name: 'Rashidova' },
          details: { from_doctor: 12, to_doctor: 14 },
        },
      },
      arrived: {
        summary: 'The patient came',
        value: {
          at: '2028-03-15T08:55:10.000Z',
          kind: 'arrived',
          by: { ...demo.doctor.name, role: 'doctor' },
          details: {},
        },
      },
    },
  },
);
export type AppointmentEvent = z.infer<typeof event>;

const who = { ...demo.doctor.name, role: 'doctor' } as const;

export const history = documented(z.array(event).meta({ maxItems: HISTORY_LIMIT }), {
  id: 'AppointmentHistory',
  description: 'What happened to an appointment, oldest first.',
  examples: {
    confirmed: {
      summary: 'Booked and confirmed',
      value: [
        {
          at: '2028-03-01T09:30:00.000Z',
          kind: 'booked',
          by: { ...demo.patient.name, role: 'patient' },
          details: { to: { date: demo.day, start_time: '10:00', end_time: '10:30' } },
        },
        { at: '2028-03-01T11:05:42.000Z', kind: 'confirmed', by: who, details: {} },
      ],
    },
  },
});
