import { z } from 'zod';
import { batch, inBatches } from '../../db/batches.ts';
import type { Db } from '../../db/client.ts';
import { and, eq, gt, sql } from '../../db/drizzle.ts';
import { absences, weeklyHours, withdrawnTimeslots } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { listOf, text } from '../../http/personal.ts';

const day = fields.out.date;
const time = fields.out.time;

/** A doctor's week and absences. That they were away is kept when they are erased, without why. */
export const personal = {
  columns: {
    'absences.created_by': 'who wrote it down: the doctor, or the staff for them',
    'absences.doctor_id': 'absences',
    'weekly_hours.doctor_id': 'weekly_hours',
    'withdrawn_timeslots.doctor_id': 'withdrawn_timeslots',
  },
  parts: {
    absences: {
      shape: listOf(
        z.object({
          id: fields.id,
          from: day,
          to: day,
          start_time: time,
          end_time: time,
          reason: text(500).nullable(),
          created_at: fields.out.instant,
        }),
        'When a doctor is or was away.',
      ),
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: absences.id,
            from: absences.from,
            to: absences.to,
            start_time: absences.start_time,
            end_time: absences.end_time,
            reason: absences.reason,
            created_at: absences.created_at,
          })
          .from(absences)
          .where(and(eq(absences.doctor_id, person), gt(absences.id, after)))
          .orderBy(absences.id)
          .limit(limit),
    },
    weekly_hours: {
      shape: listOf(
        z.object({
          id: fields.id,
          weekday: z.int().meta({ minimum: 1, maximum: 7, examples: [1] }),
          start_time: time,
          end_time: time,
          slot_minutes: z.int().meta({ minimum: 5, maximum: 720, examples: [30] }),
          break_minutes: z.int().meta({ minimum: 0, maximum: 720, examples: [0] }),
          valid_from: day.nullable(),
          valid_until: day.nullable(),
          branch: fields.out.branch,
          room: fields.out.room,
        }),
        'A doctor’s week.',
      ),
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: weeklyHours.id,
            weekday: weeklyHours.weekday,
            start_time: weeklyHours.start_time,
            end_time: weeklyHours.end_time,
            slot_minutes: weeklyHours.slot_minutes,
            break_minutes: weeklyHours.break_minutes,
            valid_from: weeklyHours.valid_from,
            valid_until: weeklyHours.valid_until,
            branch: weeklyHours.branch_id,
            room: weeklyHours.room_id,
          })
          .from(weeklyHours)
          .where(and(eq(weeklyHours.doctor_id, person), gt(weeklyHours.id, after)))
          .orderBy(weeklyHours.id)
          .limit(limit),
    },
    withdrawn_timeslots: {
      shape: listOf(
        z.object({ date: day, start_time: time, end_time: time }),
        'Slots that a doctor took out of their week.',
      ),
      /** Until they would be past. */
      list: (db: Db, person: number) =>
        db
          .select({
            date: withdrawnTimeslots.date,
            start_time: withdrawnTimeslots.start_time,
            end_time: withdrawnTimeslots.end_time,
          })
          .from(withdrawnTimeslots)
          .where(eq(withdrawnTimeslots.doctor_id, person))
          .orderBy(withdrawnTimeslots.date, withdrawnTimeslots.start_time),
    },
  },

  erase: (person: number) => ({
    away: sql`update absences set reason = null where doctor_id = ${person} and reason is not null`,
    hours: sql`delete from weekly_hours where doctor_id = ${person}`,
    withdrawn: sql`delete from withdrawn_timeslots where doctor_id = ${person}`,
  }),

  async sweep(db: Db, { today }: { today: string }): Promise<void> {
    // Slots that were taken out of a week, and would be past by now.
    await inBatches(
      db,
      sql`delete from withdrawn_timeslots where (doctor_id, date, start_time) in (
        select doctor_id, date, start_time from withdrawn_timeslots where date < ${today} ${batch})`,
    );
    // Which slots a holiday took, once it is over.
    await inBatches(
      db,
      sql`delete from closed_timeslots where timeslot_id in (
        select timeslot_id from closed_timeslots where date < ${today} ${batch})`,
    );
  },
};
