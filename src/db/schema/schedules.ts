import {
  check,
  date,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  sql,
  text,
  uniqueIndex,
} from '../drizzle.ts';
import { branches, rooms } from './clinic.ts';
import { clockTime, instant } from './types.ts';
import { doctorProfiles, users } from './users.ts';

/**
 * A stretch of a doctor's week, from which slots are published ahead. Two of one weekday never overlap while both are
 * valid: the exclusion constraint `weekly_hours_no_overlap` stands in the migration.
 */
export const weeklyHours = pgTable(
  'weekly_hours',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    doctor_id: integer()
      .notNull()
      .references(() => doctorProfiles.id),
    /** ISO 8601: 1 is Monday, 7 Sunday. */
    weekday: smallint().notNull(),
    start_time: clockTime().notNull(),
    end_time: clockTime().notNull(),
    slot_minutes: smallint().notNull(),
    break_minutes: smallint().notNull().default(0),
    valid_from: date(),
    valid_until: date(),
    branch_id: integer()
      .notNull()
      .default(1)
      .references(() => branches.id),
    room_id: integer().references(() => rooms.id),
  },
  (t) => [
    index('weekly_hours_doctor').on(t.doctor_id, t.weekday, t.start_time),
    check('weekly_hours_weekday', sql`weekday between 1 and 7`),
    check('weekly_hours_slot_minutes', sql`slot_minutes between 5 and 720`),
    check('weekly_hours_break_minutes', sql`break_minutes between 0 and 720`),
    check('weekly_hours_end_after_start', sql`end_time > start_time`),
    check('weekly_hours_validity', sql`valid_until >= valid_from`),
  ],
);

/** Slots of the week that somebody took back by hand: publishing from the week leaves them out. */
export const withdrawnTimeslots = pgTable(
  'withdrawn_timeslots',
  {
    doctor_id: integer()
      .notNull()
      .references(() => doctorProfiles.id),
    date: date().notNull(),
    start_time: clockTime().notNull(),
    end_time: clockTime().notNull(),
  },
  (t) => [primaryKey({ columns: [t.doctor_id, t.date, t.start_time] })],
);

/**
 * The clinic's days off. The trigger `holidays_close_day` takes every slot that nobody has; what becomes free later goes
 * then, and only what is published on purpose is published on them (`timeslots_not_on_holiday`).
 */
export const holidays = pgTable(
  'holidays',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    date: date().notNull(),
    name: text(),
    /** Null closes every branch. */
    branch_id: integer().references(() => branches.id),
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [uniqueIndex('holidays_date_key').on(t.date, sql`coalesce(${t.branch_id}, 0)`)],
);

/**
 * Slots that a holiday took, by the ids that they had: as long as it stands, whoever still wants one is told why it cannot
 * be had.
 */
export const closedTimeslots = pgTable(
  'closed_timeslots',
  { timeslot_id: integer().primaryKey(), date: date().notNull(), branch_id: integer().notNull().default(1) },
  (t) => [index('closed_timeslots_date').on(t.date)],
);

/** When a task was last done to its end, of those that are done at certain times of the clinic's day. */
export const jobRuns = pgTable('job_runs', { task: text().primaryKey(), at: instant().notNull() });

/**
 * A doctor is not there, from `start_time` on the first day to `end_time` on the last. While it stands none of their
 * slots lies in it (the trigger `timeslots_not_in_absence`), and two never overlap (`absences_no_overlap`).
 */
export const absences = pgTable(
  'absences',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    doctor_id: integer()
      .notNull()
      .references(() => doctorProfiles.id),
    from: date().notNull(),
    to: date().notNull(),
    start_time: clockTime().notNull().default('00:00'),
    end_time: clockTime().notNull().default('24:00'),
    /** For the doctor and admins; patients are told only that the doctor is away. */
    reason: text(),
    created_by: integer()
      .notNull()
      .references(() => users.id),
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    index('absences_doctor').on(t.doctor_id, t.from, t.id),
    index('absences_time').on(t.from, t.id),
    index('absences_end').on(t.to, t.from),
    check('absences_range', sql`"from" + start_time < "to" + end_time`),
  ],
);
