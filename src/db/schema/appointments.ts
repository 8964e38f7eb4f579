import { check, date, index, integer, pgEnum, pgTable, sql, text, uniqueIndex } from '../drizzle.ts';
import { timeslots } from './timeslots.ts';
import { clockTime, instant } from './types.ts';
import { doctorProfiles, patientProfiles, users } from './users.ts';

export const appointmentStatuses = ['pending', 'confirmed', 'cancelled'] as const;
export const appointmentStatus = pgEnum('appointment_status', appointmentStatuses);

/**
 * A booking. Date and times are copied from its slot, so that history survives the slot. *Active* means pending or
 * confirmed. The exclusion constraint `appointments_patient_no_overlap` and the trigger
 * `appointments_status_moves` stand in the migration.
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
    timeslot_id: integer().references(() => timeslots.id, { onDelete: 'set null' }),
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
  },
  (t) => [
    uniqueIndex('appointments_one_active_per_slot')
      .on(t.timeslot_id)
      .where(sql`status in ('pending', 'confirmed')`),
    index('appointments_timeslot').on(t.timeslot_id),
    index('appointments_time').on(t.date, t.start_time, t.id),
    index('appointments_doctor_time').on(t.doctor_id, t.date, t.start_time, t.id),
    index('appointments_patient_time').on(t.patient_id, t.date, t.start_time, t.id),
    index('appointments_booked_by_time').on(t.booked_by, t.date, t.start_time, t.id),
    check('appointments_active_has_slot', sql`status = 'cancelled' or timeslot_id is not null`),
    check('appointments_not_with_oneself', sql`doctor_id <> patient_id`),
    check(
      'appointments_cancelled_by_somebody',
      sql`status = 'cancelled' or (cancelled_by is null and cancel_reason is null)`,
    ),
  ],
);
