import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { attendances, type locales } from '../../../core/words.ts';
import { separatorText } from '../../../http/csv.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { NOTE_LENGTH, REASON_LENGTH, status } from '../appointments.schemas.ts';

/** A doctor's slots never overlap, and none is shorter than five minutes. */
const MOST = 288;

type Locale = (typeof locales)[number];

export const dayQuery = z.object({
  date: fields.date.optional().meta({ description: 'Which day; today by default.' }),
  doctor: fields.idText.optional().meta({
    description: 'Whose day. Staff must name one; doctors see their own.',
    examples: [demo.doctor.id],
  }),
  branch: fields.idText.optional().meta({ description: 'Only what is in this branch.', examples: [1] }),
  format: z
    .enum(['json', 'csv', 'html'])
    .optional()
    .meta({ description: 'Goes before `Accept`: JSON, CSV, or a page to print.', examples: ['csv'] }),
  separator: separatorText,
});
export type DayQuery = z.infer<typeof dayQuery>;

const patient = fields.patientBrief
  .extend({
    date_of_birth: fields.out.date.nullable().optional(),
    is_known: z.boolean().meta({ description: 'A visit of theirs in this clinic is completed.' }),
    reachable: z.boolean().meta({
      description:
        'A message reaches them, or who looks after them, by email, SMS or Telegram; otherwise somebody has to ring.',
    }),
  })
  .meta({ id: 'DayPatient', description: 'The patient of a visit, as the day’s list shows them.' });

const translated = z.string().meta({ maxLength: 200, examples: ['Konsultatsiya'] });

const visit = z
  .object({
    id: fields.id,
    status,
    attendance: z.enum(attendances).nullable(),
    patient,
    service: z
      .object({ id: fields.id, name: z.object({ uz: translated, ru: translated, en: translated }) })
      .nullable()
      .meta({ description: 'The service, by the name under which it was booked.' }),
    reason: z.string().nullable().meta({ maxLength: REASON_LENGTH }),
    cancel_reason: z.null().meta({ description: 'Always null: what is cancelled is not in the list.' }),
    note: z.string().nullable().meta({ maxLength: NOTE_LENGTH }),
    version: fields.id,
  })
  .meta({ id: 'DayVisit', description: 'A visit in the day’s list.' });

const entry = z
  .object({
    start_time: fields.out.time,
    end_time: fields.out.time,
    timeslots: z.array(fields.id).meta({ description: 'All slots of it, in order.', maxItems: 144 }),
    branch: fields.id,
    room: fields.id.nullable(),
    room_name: z.string().nullable().meta({ maxLength: 200 }),
    is_available: z.boolean().meta({
      description:
        'A slot that anybody can book now, or the staff alone, as it is too far ahead for patients; one that is held or over is not.',
    }),
    appointment: visit.nullable().meta({ description: 'Null where nobody has the slot.' }),
  })
  .meta({ id: 'DayEntry', description: 'A slot that nobody has, or a visit.' });
export type DayEntry = z.infer<typeof entry>;

const free: DayEntry = {
  start_time: '10:00',
  end_time: '10:30',
  timeslots: [demo.slots.free.id],
  branch: 1,
  room: null,
  room_name: null,
  is_available: true,
  appointment: null,
};
const booked: DayEntry = {
  ...free,
  start_time: '09:30',
  end_time: '10:00',
  timeslots: [demo.slots.booked.id],
  is_available: false,
  appointment: {
    id: demo.visit.id,
    status: 'pending',
    attendance: null,
    patient: {
      ...demo.patient.brief,
      date_of_birth: demo.patient.date_of_birth,
      is_known: false,
      reachable: true,
    },
    service: null,
    reason: null,
    cancel_reason: null,
    note: null,
    version: 1,
  },
};

export const dayExample = { date: demo.day, doctor: demo.doctor.brief, entries: [booked, free] };

export const day = documented(
  z.object({
    date: fields.out.date,
    doctor: fields.doctorBrief,
    entries: z.array(entry).meta({ description: 'By time.', maxItems: MOST }),
  }),
  {
    id: 'Day',
    description: 'A doctor’s day as one list: what is free, and who comes.',
    examples: { day: { summary: 'A visit and a free slot', value: dayExample } },
  },
);
export type Day = z.infer<typeof day>;

/** A day, and the language that its reader has chosen. */
export type DayFound = Day & { locale: Locale | null };
