import { lateCancellations } from '../../core/words.ts';
import { boolean, check, integer, pgEnum, pgTable, smallint, sql, uuid } from '../drizzle.ts';
import { instant } from './types.ts';
import { users } from './users.ts';

export const lateCancellation = pgEnum('late_cancellation', lateCancellations);

/** The clinic's policy: one row, whose defaults leave everything as it would be without a policy. */
export const clinicSettings = pgTable(
  'clinic_settings',
  {
    id: smallint().primaryKey().default(1),
    /** How long before its start a patient may still book a slot. */
    min_notice_minutes: integer().notNull().default(0),
    /** How many days ahead a patient may book; null is as far as slots are published. */
    horizon_days: integer(),
    /** Until how long before its start a patient may cancel; later is recorded as late, or refused. */
    cancel_deadline_minutes: integer().notNull().default(0),
    late_cancellation: lateCancellation().notNull().default('record'),
    /** How many appointments that lie ahead a patient may have; null is any number. */
    active_appointments_max: integer(),
    /** Null takes HOLD_MINUTES. */
    hold_minutes: integer(),
    /** Null takes OFFER_MINUTES. */
    offer_minutes: integer(),
    /** Bookings are confirmed at once, with no answer of the doctor's. */
    auto_confirm: boolean().notNull().default(false),
    /** Whoever books a doctor who gives services names one. */
    service_required: boolean().notNull().default(false),
    /** Patients may move a visit to another doctor who gives the same. */
    move_between_doctors: boolean().notNull().default(false),
    /** Names this clinic for ever, whatever its address: the names of visits in people's calendars begin with it. */
    clinic_uid: uuid().notNull().default(sql`gen_random_uuid()`),
    updated_at: instant().notNull().default(sql`now()`),
    updated_by: integer().references(() => users.id),
  },
  () => [
    check('clinic_settings_one_row', sql`id = 1`),
    check('clinic_settings_min_notice', sql`min_notice_minutes between 0 and 43200`),
    check('clinic_settings_horizon', sql`horizon_days between 1 and 730`),
    check('clinic_settings_cancel_deadline', sql`cancel_deadline_minutes between 0 and 43200`),
    check('clinic_settings_active_appointments', sql`active_appointments_max between 1 and 100`),
    check('clinic_settings_hold', sql`hold_minutes between 1 and 60`),
    check('clinic_settings_offer', sql`offer_minutes between 1 and 1440`),
  ],
);
