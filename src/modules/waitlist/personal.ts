import { z } from 'zod';
import { addDays } from '../../core/clock.ts';
import { demo } from '../../core/demo.ts';
import { offerOutcomes, waitlistStatuses } from '../../core/words.ts';
import { batch, inBatches } from '../../db/batches.ts';
import type { Db } from '../../db/client.ts';
import { and, eq, gt, sql } from '../../db/drizzle.ts';
import { waitlistEntries } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { AT, appointmentOrNull, listOf } from '../../http/personal.ts';
import { moveWishes } from './merging.repository.ts';

const day = fields.out.date;
const timeOrNull = fields.out.time.nullable();

/** What somebody waited for is nobody's business for long. */
const WISH_DAYS = 90;

/** As the clock writes it: ISO 8601 in UTC. */
const INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

/** What somebody waits for. It says what ails them: it goes when they are erased. */
export const personal = {
  columns: {
    'waitlist_entries.doctor_id': 'the wishes of patients, whose data it is',
    'waitlist_entries.patient_id': 'waiting_list',
  },
  parts: {
    waiting_list: {
      shape: listOf(
        z.object({
          id: fields.id,
          doctor: fields.id.nullable(),
          specialization: fields.out.specialization,
          from: day,
          to: day,
          after: timeOrNull,
          before: timeOrNull,
          status: z.enum(waitlistStatuses),
          created_at: fields.out.instant,
          appointment: appointmentOrNull,
          replaces: fields.id.nullable(),
          service: fields.id.nullable(),
          branch: fields.id.nullable(),
          offers: listOf(
            z.object({
              timeslot: fields.id.nullable().meta({ description: 'Null once the slot is gone.' }),
              doctor: fields.id.nullable(),
              date: day.nullable(),
              start_time: timeOrNull,
              offered_at: fields.out.instant,
              expires_at: fields.out.instant,
              outcome: z.enum(offerOutcomes).nullable(),
            }),
            'What was offered, and what came of it.',
          ),
        }),
        'What was waited for, and what was offered.',
      ),
      example: [
        {
          id: demo.wishes.waiting.id,
          doctor: demo.doctor.id,
          specialization: null,
          from: demo.day,
          to: '2028-03-31',
          after: null,
          before: '13:00',
          status: 'waiting',
          created_at: AT,
          appointment: null,
          replaces: null,
          service: null,
          branch: null,
          offers: [],
        },
      ],
      of_family: true as const,
      /** A slot that is gone has no times any more. */
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: waitlistEntries.id,
            doctor: waitlistEntries.doctor_id,
            specialization: waitlistEntries.specialization,
            from: waitlistEntries.from,
            to: waitlistEntries.to,
            after: waitlistEntries.after,
            before: waitlistEntries.before,
            status: waitlistEntries.status,
            created_at: waitlistEntries.created_at,
            appointment: waitlistEntries.appointment_id,
            replaces: waitlistEntries.replaces_id,
            service: waitlistEntries.service_id,
            branch: waitlistEntries.branch_id,
            offers: sql<object[]>`coalesce((
              select json_agg(json_build_object(
                'timeslot', o.timeslot_id, 'doctor', s.doctor_id, 'date', s.date, 'start_time', left(s.start_time::text, 5),
                'offered_at', to_char(o.offered_at, ${INSTANT}::text), 'expires_at', to_char(o.expires_at, ${INSTANT}::text),
                'outcome', o.outcome) order by o.id)
              from waitlist_offers o left join timeslots s on s.id = o.timeslot_id
              where o.entry_id = waitlist_entries.id), '[]')`.as('offers'),
          })
          .from(waitlistEntries)
          .where(and(eq(waitlistEntries.patient_id, person), gt(waitlistEntries.id, after)))
          .orderBy(waitlistEntries.id)
          .limit(limit),
    },
  },

  erase: (person: number) => ({
    wishes: sql`delete from waitlist_entries where patient_id = ${person} returning id`,
    offers: sql`delete from waitlist_offers where entry_id in (select id from wishes)`,
  }),

  merge: moveWishes,

  /** What nobody waits for any more, with what was offered: the last day that would have suited is long past. */
  sweep: (db: Db, { today }: { today: string }): Promise<void> =>
    inBatches(
      db,
      sql`with gone as (
          select id from waitlist_entries
          where status in ('booked', 'left') and "to" < ${addDays(today, -WISH_DAYS)} ${batch}
        ), offers as (
          delete from waitlist_offers where entry_id in (select id from gone)
        )
        delete from waitlist_entries where id in (select id from gone)`,
    ),
};
