import { z } from 'zod';
import type { Db } from '../../db/client.ts';
import { and, eq, gt } from '../../db/drizzle.ts';
import { timeslots } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { listOf } from '../../http/personal.ts';

const { date, time, instant } = fields.out;

/** A doctor's slots, and the slots that are held for somebody. Erasing a doctor removes the slots that are still to come. */
export const personal = {
  columns: { 'timeslots.doctor_id': 'timeslots', 'timeslots.held_by': 'holds' },
  parts: {
    timeslots: {
      shape: listOf(
        z.object({
          id: fields.id,
          date,
          start_time: time,
          end_time: time,
          branch: fields.out.branch,
          room: fields.out.room,
          created_at: instant,
        }),
        'A doctor’s published slots.',
      ),
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: timeslots.id,
            date: timeslots.date,
            start_time: timeslots.start_time,
            end_time: timeslots.end_time,
            branch: timeslots.branch_id,
            room: timeslots.room_id,
            created_at: timeslots.created_at,
          })
          .from(timeslots)
          .where(and(eq(timeslots.doctor_id, person), gt(timeslots.id, after)))
          .orderBy(timeslots.id)
          .limit(limit),
    },
    holds: {
      shape: listOf(
        z.object({
          timeslot: fields.id,
          doctor: fields.id,
          date,
          start_time: time,
          held_until: instant.nullable(),
        }),
        'Slots that are kept for this person at the moment.',
      ),
      of_family: true as const,
      /** By themself, or as an offer of the waiting list. A hold that has lapsed stands there until somebody else has the slot. */
      list: (db: Db, person: number, now: Date) =>
        db
          .select({
            timeslot: timeslots.id,
            doctor: timeslots.doctor_id,
            date: timeslots.date,
            start_time: timeslots.start_time,
            held_until: timeslots.held_until,
          })
          .from(timeslots)
          .where(and(eq(timeslots.held_by, person), gt(timeslots.held_until, now.toISOString())))
          .orderBy(timeslots.date, timeslots.start_time),
    },
  },
};
