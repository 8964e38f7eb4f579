import { boolean, check, date, index, integer, pgTable, smallint, sql, uniqueIndex } from '../drizzle.ts';
import { branches, rooms } from './clinic.ts';
import { clockTime, instant } from './types.ts';
import { doctorProfiles, patientProfiles } from './users.ts';

/**
 * A doctor's opening for one visit, in the clinic's wall-clock time. The row is also where every race for the slot is
 * decided: whoever books, holds, moves to, offers or removes it locks it first. The exclusion constraint
 * `timeslots_no_overlap` and the triggers stand in the migrations.
 */
export const timeslots = pgTable(
  'timeslots',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    doctor_id: integer()
      .notNull()
      .references(() => doctorProfiles.id),
    date: date().notNull(),
    start_time: clockTime().notNull(),
    end_time: clockTime().notNull(),
    /** The default is the branch that the migration made, for processes of the version before. */
    branch_id: integer()
      .notNull()
      .default(1)
      .references(() => branches.id),
    /** The room that the doctor has in it. While the slot stands nobody else uses it: see `room_uses`. */
    room_id: integer().references(() => rooms.id),
    /** The longest break after which the doctor's next slot still follows on this one. */
    break_minutes: smallint().notNull().default(0),
    created_at: instant().notNull().default(sql`now()`),
    /** Published from the doctor's week: a changed week may take it back while it is free. */
    is_scheduled: boolean().notNull().default(false),
    /**
     * Whether an active appointment holds it. Kept by the triggers of `appointments` alone, so that it cannot drift, and
     * stored only because an index of what is free needs it on the row: a search among a million slots, nearly all of
     * them booked, reads what is free and nothing else.
     */
    is_taken: boolean().notNull().default(false),
    /** Whoever may book it alone, and until when: their own hold, or an offer of the waiting list. */
    held_by: integer().references(() => patientProfiles.id),
    held_until: instant(),
    /** The first slot of those that are held, or offered, together for one long visit; null for the first itself. */
    held_with: integer(),
    /**
     * The room that is kept with it, where it is held or offered for a service that needs one: see `room_uses`. Whatever ends
     * the hold leaves it, and it means nothing then.
     */
    held_room_id: integer(),
    /**
     * The doctor's next slot follows on it and nobody has booked that one. Kept by triggers for doctors who give services, so
     * that a search for long visits skips slots that stand alone. It may lag: whoever books looks at the slots themselves.
     */
    runs_on: boolean().notNull().default(false),
    /**
     * Somebody on the waiting list may want it: it is free for nobody but whom it is offered to, which is then `held_by`,
     * until it has been offered round.
     */
    is_waitlisted: boolean().notNull().default(false),
    /** Whoever has a claim on it sleeps: it is offered to nobody before this. */
    offer_after: instant(),
    /** How often it has become free: whoever turned it down, or let it lapse, is passed over for that time only. */
    freeing: integer().notNull().default(0),
    /** Published on a holiday, on purpose: a slot without it goes as soon as nobody has it. */
    despite_holiday: boolean().notNull().default(false),
    /**
     * Which account held it last, and until when, had it not given it back: so nobody keeps it by holding it again and again.
     * While it is held, that is who took the hold: the patient in `held_by`, or whoever looks after them.
     */
    last_held_by: integer(),
    last_held_until: instant(),
  },
  (t) => [
    index('timeslots_doctor_time').on(t.doctor_id, t.date, t.start_time),
    index('timeslots_free_doctor_time').on(t.doctor_id, t.date, t.start_time).where(sql`not is_taken`),
    index('timeslots_free_time').on(t.date, t.start_time, t.id).where(sql`not is_taken`),
    // Only for what asks for a branch: see the migration.
    index('timeslots_free_branch_time')
      .on(t.branch_id, t.date, t.start_time, t.id)
      .where(sql`not is_taken and branch_id is not null`),
    index('timeslots_free_branch_doctor_time')
      .on(t.branch_id, t.doctor_id, t.date, t.start_time)
      .where(sql`not is_taken and branch_id is not null`),
    // Only for what asks for all of them: see the migration.
    index('timeslots_waitlisted')
      .on(t.date, t.start_time)
      .where(sql`is_waitlisted and end_time > start_time`),
    uniqueIndex('timeslots_one_hold')
      .on(t.held_by)
      .where(sql`held_by is not null and not is_waitlisted and held_with is null`),
    // That it names `held_until` keeps the server from reading another one whole in its place: see the migration.
    uniqueIndex('timeslots_one_hold_of_account')
      .on(t.last_held_by)
      .where(sql`held_until is not null and not is_waitlisted and held_with is null`),
    index('timeslots_room').on(t.room_id, t.date).where(sql`room_id is not null`),
    index('timeslots_free_run').on(t.date, t.start_time, t.id).where(sql`not is_taken and runs_on`),
    index('timeslots_free_doctor_run')
      .on(t.doctor_id, t.date, t.start_time)
      .where(sql`not is_taken and runs_on`),
    index('timeslots_free_length')
      .on(sql`(${t.end_time} - ${t.start_time})`, t.date)
      .where(sql`not is_taken and end_time - start_time >= interval '5 minutes'`),
    index('timeslots_held').on(t.held_by).where(sql`held_by is not null`),
    check('timeslots_end_after_start', sql`end_time > start_time`),
    check(
      'timeslots_length',
      sql`end_time - start_time between interval '5 minutes' and interval '12 hours'`,
    ),
    check(
      'timeslots_whole_minutes',
      sql`extract(second from start_time) = 0 and extract(second from end_time) = 0`,
    ),
    check('timeslots_break', sql`break_minutes between 0 and 720`),
    check('timeslots_hold_is_whole', sql`(held_by is null) = (held_until is null)`),
    check('timeslots_only_claims_are_postponed', sql`offer_after is null or is_waitlisted`),
    check('timeslots_last_hold_is_whole', sql`(last_held_by is null) = (last_held_until is null)`),
    check('timeslots_taken_is_not_held', sql`not is_taken or (held_by is null and not is_waitlisted)`),
  ],
);
