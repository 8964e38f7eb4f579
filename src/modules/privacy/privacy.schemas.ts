import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { appointmentStatuses } from '../../core/words.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { accessLogEntry } from '../audit/index.ts';
import { consent } from './consents.schemas.ts';

const instant = fields.out.instant;
const text = (maxLength: number) => z.string().meta({ maxLength });
/** Lists end where the person's data ends. */
const list = <Row extends z.ZodType>(row: Row, description: string) =>
  z.array(row).meta({ description, maxItems: 2_147_483_647 });
const params = z
  .record(text(50), text(500))
  .meta({ description: 'What the text was made with, beside the appointment.', examples: [{ lead: '24h' }] });
const appointment = fields.id
  .nullable()
  .meta({ description: 'The appointment it was about.', examples: [demo.visit.id] });

const account = z.object({
  id: fields.id,
  username: fields.out.username,
  role: fields.role,
  is_active: z.boolean(),
  first_name: fields.out.name,
  last_name: fields.out.name,
  email: fields.out.email,
  email_verified_at: instant.nullable(),
  phone: fields.out.phone,
  phone_verified_at: instant.nullable(),
  locale: fields.locale.nullable(),
  created_at: instant,
});

const patientProfile = z.object({
  id: fields.id,
  date_of_birth: fields.out.date.nullable().meta({ examples: ['1990-05-17'] }),
  gender: fields.gender.nullable(),
});

const doctorProfile = z.object({
  id: fields.id,
  specialization: fields.out.specialization,
  experience_years: fields.out.experienceYears,
  gender: fields.gender.nullable(),
  approved_at: fields.out.approvedAt,
});

const preferences = z.object({
  channels: z
    .record(text(50), z.array(text(20)).meta({ maxItems: 10 }))
    .meta({ description: 'Channels by kind of message.', examples: [{ reminder: ['sms'] }] }),
  quiet: z.boolean(),
  quiet_from: fields.out.time.meta({ examples: ['22:00'] }),
  quiet_until: fields.out.time.meta({ examples: ['08:00'] }),
});

const session = z.object({
  id: fields.id,
  created_at: instant,
  last_used_at: instant,
  device: text(500).nullable(),
  address: text(100).nullable(),
  ended_at: instant.nullable(),
});

const code = z.object({
  id: fields.id,
  purpose: text(20),
  destination: text(254),
  address: text(100).nullable(),
  tries: z.int().meta({ minimum: 0, maximum: 5 }),
  created_at: instant,
  expires_at: instant,
  ended_at: instant.nullable(),
});

const link = z.object({ purpose: text(20), appointment, expires_at: instant, used_at: instant.nullable() });

const visit = {
  id: fields.id,
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time,
  status: z.enum(appointmentStatuses),
  created_at: instant,
  updated_at: instant,
  booked_by: fields.id,
  cancelled_by: fields.id.nullable(),
  cancel_reason: text(500).nullable(),
  cancelled_late: z.boolean(),
  attendance: z.enum(['arrived', 'completed', 'no_show']).nullable(),
  attendance_marked_at: instant.nullable(),
  updated_by: fields.id.nullable().meta({ description: 'Who confirmed, moved or marked it last.' }),
};

const day = fields.out.date;
const time = fields.out.time;
const timeOrNull = fields.out.time.nullable();

const historyEntry = z.object({
  id: z.int().meta({ format: 'int64', minimum: 1, maximum: 10 ** 15, examples: [120] }),
  appointment: fields.id,
  at: instant,
  kind: text(50),
  by: fields.id.nullable().meta({ description: 'Null where the system acted.' }),
  details: z
    .record(text(50), z.unknown())
    .meta({ description: 'Of a move: `from` and `to`, each with its date and times.' }),
});

const waitingListEntry = z.object({
  id: fields.id,
  doctor: fields.id.nullable(),
  specialization: fields.out.specialization,
  from: day,
  to: day,
  after: timeOrNull,
  before: timeOrNull,
  status: z.enum(['waiting', 'offered', 'booked', 'left']),
  created_at: instant,
  appointment,
  replaces: fields.id.nullable(),
  offers: list(
    z.object({
      timeslot: fields.id.nullable().meta({ description: 'Null once the slot is gone.' }),
      doctor: fields.id.nullable(),
      date: day.nullable(),
      start_time: timeOrNull,
      offered_at: instant,
      expires_at: instant,
      outcome: z.enum(['accepted', 'declined', 'lapsed', 'withdrawn']).nullable(),
    }),
    'What was offered, and what came of it.',
  ),
});

const absence = z.object({
  id: fields.id,
  from: day,
  to: day,
  start_time: time,
  end_time: time,
  reason: text(500).nullable(),
  created_at: instant,
});

const hours = z.object({
  id: fields.id,
  weekday: z.int().meta({ minimum: 1, maximum: 7, examples: [1] }),
  start_time: time,
  end_time: time,
  slot_minutes: z.int().meta({ minimum: 5, maximum: 720, examples: [30] }),
  break_minutes: z.int().meta({ minimum: 0, maximum: 720, examples: [0] }),
  valid_from: day.nullable(),
  valid_until: day.nullable(),
});

const hold = z.object({
  timeslot: fields.id,
  doctor: fields.id,
  date: day,
  start_time: time,
  held_until: instant.nullable(),
});

const doctor = fields.doctorBrief;

const timeslot = z.object({
  id: fields.id,
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time,
  created_at: instant,
});

const notification = z.object({
  id: fields.id,
  kind: text(50),
  appointment,
  params,
  created_at: instant,
  read_at: instant.nullable(),
});

const message = z.object({
  id: fields.id,
  channel: z.enum(['email', 'sms', 'telegram']),
  kind: text(50),
  appointment,
  params,
  status: z.enum(['queued', 'sending', 'sent', 'failed', 'dropped']),
  error: text(200).nullable(),
  provider_id: text(200).nullable(),
  created_at: instant,
  sent_at: instant.nullable(),
});

const signIn = z.object({
  id: z.int().meta({ format: 'int64', minimum: 1, maximum: 10 ** 15, examples: [50231] }),
  at: instant,
  action: text(50),
  network: text(50).nullable(),
});

const contactChange = z.object({
  contact: z.enum(['phone', 'email']),
  old_value: text(254).nullable(),
  changed_at: instant,
  expires_at: instant,
  ended_at: instant.nullable(),
});

const shape = z.object({
  exported_at: instant,
  user: account,
  patient_profile: patientProfile.nullable(),
  doctor_profile: doctorProfile.nullable(),
  notification_preferences: preferences.nullable().meta({ description: 'Null while the defaults hold.' }),
  telegram: z
    .object({ chat_id: text(50), linked_at: instant })
    .nullable()
    .meta({ description: 'The linked chat.' }),
  consents: list(consent, 'Which version of which document was accepted, and when.'),
  links: list(link, 'One-use links that were sent out; the links themselves are kept as hashes only.'),
  contact_changes: list(
    contactChange,
    'Confirmed contacts that were replaced of late, or to which others were added, and until when that can be taken back.',
  ),
  sessions: list(session, 'Sign-ins, with device and address.'),
  codes: list(code, 'Codes that were sent of late; the codes themselves are kept as hashes only.'),
  appointments_as_patient: list(z.object({ ...visit, doctor }), 'Visits to doctors.'),
  appointments_as_doctor: list(
    z.object({ ...visit, patient: fields.id }),
    'Visits of patients, who are not named: their names and phones are their data. Reasons only as this doctor wrote them.',
  ),
  timeslots: list(timeslot, 'A doctor’s published slots.'),
  appointment_history: list(historyEntry, 'What happened to these visits, and when.'),
  waiting_list: list(waitingListEntry, 'What was waited for, and what was offered.'),
  holds: list(hold, 'Slots that are kept for this person at the moment.'),
  absences: list(absence, 'When a doctor is or was away.'),
  weekly_hours: list(hours, 'A doctor’s week.'),
  withdrawn_timeslots: list(
    z.object({ date: day, start_time: time, end_time: time }),
    'Slots that a doctor took out of their week.',
  ),
  notifications: list(notification, 'The inbox.'),
  messages: list(message, 'What was sent by email, SMS and Telegram; the texts are not kept.'),
  sign_ins: list(signIn, 'When somebody signed in or tried to, and from which network.'),
  access_log: list(accessLogEntry, 'Who looked at this record or changed it.'),
});

const at = '2028-03-01T09:30:00.000Z';

export const personalData = documented(shape, {
  id: 'PersonalData',
  description: 'Everything the clinic holds about a person.',
  examples: {
    patient: {
      summary: 'A patient with one visit',
      value: {
        exported_at: '2028-03-02T10:00:00.000Z',
        user: {
          id: demo.patient.id,
          username: 'aziza.karimova',
          role: 'patient',
          is_active: true,
          first_name: 'Aziza',
          last_name: 'Karimova',
          email: null,
          email_verified_at: null,
          phone: demo.patient.phone,
          phone_verified_at: at,
          locale: 'uz',
          created_at: at,
        },
        patient_profile: { id: demo.patient.id, date_of_birth: demo.patient.date_of_birth, gender: 'female' },
        doctor_profile: null,
        notification_preferences: null,
        telegram: null,
        consents: [
          { document: 'terms', version: '1', accepted_at: at },
          { document: 'privacy', version: '1', accepted_at: at },
        ],
        links: [],
        contact_changes: [],
        sessions: [
          {
            id: demo.session.id,
            created_at: at,
            last_used_at: at,
            device: 'ClinicApp/2.1 (Android 16)',
            address: '203.0.113.7',
            ended_at: null,
          },
        ],
        codes: [],
        appointments_as_patient: [
          {
            id: demo.visit.id,
            date: demo.day,
            start_time: '10:00',
            end_time: '10:30',
            status: 'pending',
            created_at: at,
            updated_at: at,
            booked_by: demo.patient.id,
            cancelled_by: null,
            cancel_reason: null,
            cancelled_late: false,
            attendance: null,
            attendance_marked_at: null,
            updated_by: null,
            doctor: demo.doctor.brief,
          },
        ],
        appointments_as_doctor: [],
        timeslots: [],
        appointment_history: [],
        waiting_list: [
          {
            id: demo.wishes.waiting.id,
            doctor: demo.doctor.id,
            specialization: null,
            from: demo.day,
            to: '2028-03-31',
            after: null,
            before: '13:00',
            status: 'waiting',
            created_at: at,
            appointment: null,
            replaces: null,
            offers: [],
          },
        ],
        holds: [],
        absences: [],
        weekly_hours: [],
        withdrawn_timeslots: [],
        notifications: [
          { id: 501, kind: 'booked', appointment: demo.visit.id, params: {}, created_at: at, read_at: null },
        ],
        messages: [
          {
            id: 801,
            channel: 'sms',
            kind: 'booked',
            appointment: demo.visit.id,
            params: {},
            status: 'sent',
            error: null,
            provider_id: '4385062',
            created_at: at,
            sent_at: at,
          },
        ],
        sign_ins: [{ id: 50231, at, action: 'sign_in', network: '203.0.113.7/32' }],
        access_log: [
          {
            id: 50231,
            at,
            by: { ...demo.doctor.name, role: 'doctor' },
            action: 'appointment.read',
            appointment: demo.visit.id,
            fields: [],
          },
        ],
      },
    },
  },
});

export const eraseConfirmation = documented(
  z.object({
    password: z
      .string()
      .min(1)
      .max(1_000)
      .meta({ description: 'My own.', format: 'password', examples: ['a-long-quiet-river'] }),
  }),
  {
    id: 'EraseConfirmation',
    description: 'The password once more.',
    examples: { erase: { summary: 'Erase me', value: { password: 'a-long-quiet-river' } } },
  },
);
