import { check, date, index, integer, pgTable, sql } from '../drizzle.ts';
import { clockTime, instant } from './types.ts';
import { doctorProfiles } from './users.ts';

/**
 * A doctor's opening for one visit, in the clinic's wall-clock time. Whether it is available is derived, never
 * stored. The exclusion constraint `timeslots_no_overlap` stands in the migration: drizzle cannot declare one.
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
    created_at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    index('timeslots_doctor_time').on(t.doctor_id, t.date, t.start_time),
    check('timeslots_end_after_start', sql`end_time > start_time`),
    check(
      'timeslots_length',
      sql`end_time - start_time between interval '5 minutes' and interval '12 hours'`,
    ),
    check(
      'timeslots_whole_minutes',
      sql`extract(second from start_time) = 0 and extract(second from end_time) = 0`,
    ),
  ],
);
