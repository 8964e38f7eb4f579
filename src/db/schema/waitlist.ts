import { offerOutcomes, waitlistStatuses } from '../../core/words.ts';
import { check, date, index, integer, pgEnum, pgTable, sql, text, uniqueIndex } from '../drizzle.ts';
import { appointments } from './appointments.ts';
import { branches, services } from './clinic.ts';
import { timeslots } from './timeslots.ts';
import { clockTime, instant } from './types.ts';
import { doctorProfiles, patientProfiles } from './users.ts';

export const waitlistStatus = pgEnum('waitlist_status', waitlistStatuses);

/** Somebody who waits for a slot of a doctor, or of anyone of a specialization, on some days at some times. */
export const waitlistEntries = pgTable(
  'waitlist_entries',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    patient_id: integer()
      .notNull()
      .references(() => patientProfiles.id),
    doctor_id: integer().references(() => doctorProfiles.id),
    specialization: text(),
    /** Null is any branch. */
    branch_id: integer().references(() => branches.id),
    /** What they wait for, where it is longer than a slot or needs a room. */
    service_id: integer().references(() => services.id),
    from: date().notNull(),
    to: date().notNull(),
    /** Slots that start at or after it. */
    after: clockTime(),
    /** Slots that end at or before it. */
    before: clockTime(),
    status: waitlistStatus().notNull().default('waiting'),
    created_at: instant().notNull().default(sql`now()`),
    /** What came of it. */
    appointment_id: integer().references(() => appointments.id),
    /** The visit that they would rather have at another time: what they accept takes its place. */
    replaces_id: integer().references(() => appointments.id),
  },
  (t) => [
    index('waitlist_entries_doctor').on(t.doctor_id, t.created_at, t.id).where(sql`status = 'waiting'`),
    index('waitlist_entries_specialization')
      .on(sql`search_fold(${t.specialization})`, t.created_at, t.id)
      .where(sql`status = 'waiting'`),
    index('waitlist_entries_doctor_until').on(t.doctor_id, t.to).where(sql`status = 'waiting'`),
    index('waitlist_entries_specialization_until')
      .on(sql`search_fold(${t.specialization})`, t.to)
      .where(sql`status = 'waiting'`),
    index('waitlist_entries_service')
      .on(t.service_id)
      .where(sql`status = 'waiting' and service_id is not null`),
    index('waitlist_entries_patient').on(t.patient_id, t.id),
    index('waitlist_entries_status').on(t.status, t.id),
    index('waitlist_entries_of_doctor').on(t.doctor_id, t.id),
    check('waitlist_entries_one_wish', sql`(doctor_id is null) <> (specialization is null)`),
    check('waitlist_entries_range', sql`"to" >= "from"`),
    check('waitlist_entries_times', sql`after is null or before is null or before > after`),
    check('waitlist_entries_booked', sql`(status = 'booked') = (appointment_id is not null)`),
  ],
);

export const offerOutcome = pgEnum('offer_outcome', offerOutcomes);

/** What was offered to whom, and what came of it: nobody is offered a slot twice while it is free. */
export const waitlistOffers = pgTable(
  'waitlist_offers',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    entry_id: integer()
      .notNull()
      .references(() => waitlistEntries.id),
    /** Null once the slot is gone. */
    timeslot_id: integer().references(() => timeslots.id, { onDelete: 'set null' }),
    offered_at: instant().notNull(),
    expires_at: instant().notNull(),
    /** Null while it lasts. */
    outcome: offerOutcome(),
    /** The `freeing` of the slot at that time. */
    freeing: integer().notNull().default(0),
  },
  (t) => [
    uniqueIndex('waitlist_offers_once').on(t.entry_id, t.timeslot_id, t.freeing),
    uniqueIndex('waitlist_offers_one_of_entry').on(t.entry_id).where(sql`outcome is null`),
    uniqueIndex('waitlist_offers_one_of_timeslot').on(t.timeslot_id).where(sql`outcome is null`),
    index('waitlist_offers_timeslot').on(t.timeslot_id),
  ],
);
