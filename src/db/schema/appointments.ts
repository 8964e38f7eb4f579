import { appointmentEventKinds, appointmentStatuses, attendances } from '../../core/words.ts';
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  sql,
  text,
  uniqueIndex,
} from '../drizzle.ts';
import { services, type Translated } from './clinic.ts';
import { timeslots } from './timeslots.ts';
import { clockTime, instant } from './types.ts';
import { doctorProfiles, patientProfiles, users } from './users.ts';

export const appointmentStatus = pgEnum('appointment_status', appointmentStatuses);

export const attendance = pgEnum('attendance', attendances);

/**
 * A booking. Date and times are copied from its slot, so that history survives the slot. *Active* means pending or
 * confirmed; `expired` is a request that nobody answered until its slot was over. The exclusion constraints
 * `appointments_patient_no_overlap` and `appointments_doctor_no_overlap` (a slot has one active visit, however many slots
 * a visit has) and the trigger `appointments_status_moves` stand in the migrations.
 */
export const appointments = pgTable(
  'appointments',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    doctor_id: integer()
      .notNull()
      .references(() => doctorProfiles.id),
    patient_id: integer()
      .notNull()
      .references(() => patientProfiles.id),
    /** The first, or only, slot that it takes. */
    timeslot_id: integer().references(() => timeslots.id, { onDelete: 'set null' }),
    /** The others of a visit that is longer than one slot, in order. */
    further_timeslots: integer().array().notNull().default([]),
    branch_id: integer().notNull(),
    /**
     * The room that it takes place in: its slot's, or one that its service needs. Without a foreign key, as its branch: triggers
     * judge it.
     */
    room_id: integer(),
    service_id: integer().references(() => services.id),
    /** The name and the price of its service as they were agreed. */
    service_name: jsonb().$type<Translated>(),
    price: bigint({ mode: 'number' }),
    currency: text(),
    /** Why its patient comes, in their own words. */
    reason: text(),
    /** What the clinic notes of it; the patient never sees it. */
    note: text(),
    status: appointmentStatus().notNull().default('pending'),
    date: date().notNull(),
    start_time: clockTime().notNull(),
    end_time: clockTime().notNull(),
    created_at: instant().notNull().default(sql`now()`),
    updated_at: instant().notNull().default(sql`now()`),
    booked_by: integer()
      .notNull()
      .references(() => users.id),
    cancelled_by: integer().references(() => users.id),
    cancel_reason: text(),
    /** Cancelled by its patient after the clinic's deadline for it. */
    cancelled_late: boolean().notNull().default(false),
    /** Whether the patient came; null until somebody says so. */
    attendance: attendance(),
    attendance_marked_at: instant(),
    /** Who confirmed, moved or marked it last, for the history; who cancelled stands in `cancelled_by`. */
    updated_by: integer().references(() => users.id),
    /** One more with every change: the ETag. Counted by the trigger `appointments_count_version`. */
    version: integer().notNull().default(1),
  },
  (t) => [
    uniqueIndex('appointments_one_active_per_slot')
      .on(t.timeslot_id)
      .where(sql`status in ('pending', 'confirmed')`),
    index('appointments_timeslot').on(t.timeslot_id),
    index('appointments_branch_time').on(t.branch_id, t.date, t.start_time, t.id),
    index('appointments_service').on(t.service_id).where(sql`service_id is not null`),
    index('appointments_room').on(t.room_id, t.date).where(sql`room_id is not null`),
    index('appointments_time').on(t.date, t.start_time, t.id),
    index('appointments_status_time').on(t.status, t.date, t.start_time, t.id),
    index('appointments_doctor_time').on(t.doctor_id, t.date, t.start_time, t.id),
    index('appointments_patient_time').on(t.patient_id, t.date, t.start_time, t.id),
    index('appointments_booked_by_time').on(t.booked_by, t.date, t.start_time, t.id),
    check(
      'appointments_active_has_slot',
      sql`status not in ('pending', 'confirmed') or timeslot_id is not null`,
    ),
    check(
      'appointments_service_is_whole',
      sql`(service_id is null) = (service_name is null) and (price is null) = (currency is null)`,
    ),
    check('appointments_not_with_oneself', sql`doctor_id <> patient_id`),
    check(
      'appointments_cancelled_by_somebody',
      sql`status = 'cancelled' or (cancelled_by is null and cancel_reason is null and not cancelled_late)`,
    ),
    check('appointments_attendance_of_confirmed', sql`attendance is null or status = 'confirmed'`),
    check('appointments_attendance_is_whole', sql`(attendance is null) = (attendance_marked_at is null)`),
  ],
);

/**
 * When a room is used: by a doctor's hours in it (`timeslot_id`), or by an examination (`appointment_id`). Triggers of both
 * tables write it; the exclusion constraint `room_uses_no_overlap` decides.
 *
 * It is also kept with a slot that is held, or offered, for a service that needs a room (`is_held`, of `timeslot_id`). That
 * counts for as long as the slot is held with that room. It is not taken away when the hold ends: whoever wants the room then
 * does so.
 */
export const roomUses = pgTable(
  'room_uses',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    room_id: integer().notNull(),
    date: date().notNull(),
    start_time: clockTime().notNull(),
    end_time: clockTime().notNull(),
    timeslot_id: integer().references(() => timeslots.id, { onDelete: 'cascade' }),
    appointment_id: integer().references(() => appointments.id),
    is_held: boolean().notNull().default(false),
  },
  (t) => [
    index('room_uses_timeslot').on(t.timeslot_id).where(sql`timeslot_id is not null`),
    index('room_uses_appointment').on(t.appointment_id).where(sql`appointment_id is not null`),
    check('room_uses_one_use', sql`(timeslot_id is null) <> (appointment_id is null)`),
    check('room_uses_held_with_slot', sql`not is_held or timeslot_id is not null`),
  ],
);

export const appointmentEventKind = pgEnum('appointment_event_kind', appointmentEventKinds);

/**
 * What happened to an appointment after it was booked; the booking itself stands in its own row. Append-only, written by the
 * log's reader `history` for as long as the appointment lives. The view `appointment_happened` has also what that reader has
 * not read yet.
 */
export const appointmentEvents = pgTable(
  'appointment_events',
  {
    /** That of the event that it tells of; of what happened before there was a log, a lower one. */
    id: bigint({ mode: 'number' }).primaryKey().default(sql`nextval('events_id_seq')`),
    appointment_id: integer()
      .notNull()
      .references(() => appointments.id),
    at: instant().notNull().default(sql`now()`),
    kind: appointmentEventKind().notNull(),
    /** Null where the system itself acted. */
    by: integer().references(() => users.id),
    /**
     * Where it was moved from and to: `{ from: { date, start_time, end_time }, to: … }`; whose it was and is:
     * `{ from_doctor, to_doctor }`.
     */
    details: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [index('appointment_events_appointment').on(t.appointment_id, t.id)],
);
