import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { appointmentStatuses, attendances } from '../../core/words.ts';
import type { Db, Tx } from '../../db/client.ts';
import { alias, and, eq, gt, sql } from '../../db/drizzle.ts';
import { appointments, doctorProfiles, users } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { AT, listOf, longId, text } from '../../http/personal.ts';
import { NOTE_LENGTH, REASON_LENGTH } from './appointments.schemas.ts';
import { foundSince } from './history/history.repository.ts';

const instant = fields.out.instant;

/** Reasons that a program gave are codes; every other one is free text. */
const CODED_REASONS = ['account_deleted', 'account_closed', 'doctor_absent', 'clinic_closed'];

const doctorUsers = alias(users, 'doctor_users');

const visit = {
  id: fields.id,
  date: fields.out.date,
  start_time: fields.out.time,
  end_time: fields.out.time,
  status: z.enum(appointmentStatuses),
  created_at: instant,
  updated_at: instant,
  booked_by: fields.id,
  cancelled_by: fields.id.nullable(),
  cancel_reason: text(500).nullable(),
  cancelled_late: z.boolean(),
  attendance: z.enum(attendances).nullable(),
  attendance_marked_at: instant.nullable(),
  updated_by: fields.id.nullable().meta({ description: 'Who confirmed, moved or marked it last.' }),
  branch: fields.id,
  room: fields.id.nullable(),
  service: fields.agreedService.nullable(),
};

/** What the patient said of it, and what the clinic noted of them. */
const confided = {
  reason: text(REASON_LENGTH).nullable().meta({ description: 'Why one comes, in one’s own words.' }),
  note: text(NOTE_LENGTH).nullable().meta({
    description: 'What the clinic noted of the visit; it stands in no other answer to its patient.',
  }),
};

const columns = {
  id: appointments.id,
  date: appointments.date,
  start_time: appointments.start_time,
  end_time: appointments.end_time,
  status: appointments.status,
  created_at: appointments.created_at,
  updated_at: appointments.updated_at,
  booked_by: appointments.booked_by,
  cancelled_by: appointments.cancelled_by,
  cancelled_late: appointments.cancelled_late,
  attendance: appointments.attendance,
  attendance_marked_at: appointments.attendance_marked_at,
  updated_by: appointments.updated_by,
  branch: appointments.branch_id,
  room: appointments.room_id,
  service: sql<AgreedService | null>`case when ${appointments.service_id} is not null then json_build_object(
    'id', ${appointments.service_id}, 'name', ${appointments.service_name}, 'price', ${appointments.price},
    'currency', ${appointments.currency}) end`.as('service'),
};

type AgreedService = z.infer<typeof fields.agreedService>;

/** Visits, which stay in the others' history when a person is erased, without a name. */
export const personal = {
  columns: {
    'appointment_events.by': 'appointment_history',
    'appointments.booked_by': 'appointments_as_patient',
    'appointments.cancelled_by': 'appointments_as_patient',
    'appointments.doctor_id': 'appointments_as_doctor',
    'appointments.patient_id': 'appointments_as_patient',
    'appointments.updated_by': 'appointments_as_patient',
  },
  parts: {
    appointments_as_patient: {
      shape: listOf(z.object({ ...visit, ...confided, doctor: fields.doctorBrief }), 'Visits to doctors.'),
      example: [
        {
          id: demo.visit.id,
          date: demo.day,
          start_time: '10:00',
          end_time: '10:30',
          status: 'pending',
          created_at: AT,
          updated_at: AT,
          booked_by: demo.patient.id,
          cancelled_by: null,
          cancel_reason: null,
          cancelled_late: false,
          attendance: null,
          attendance_marked_at: null,
          updated_by: null,
          branch: 1,
          room: null,
          service: null,
          reason: null,
          note: null,
          doctor: demo.doctor.brief,
        },
      ],
      of_family: true as const,
      /** With their doctors as the directory names them. */
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            ...columns,
            cancel_reason: appointments.cancel_reason,
            reason: appointments.reason,
            note: appointments.note,
            doctor: {
              id: appointments.doctor_id,
              first_name: doctorUsers.first_name,
              last_name: doctorUsers.last_name,
              specialization: doctorProfiles.specialization,
            },
          })
          .from(appointments)
          .innerJoin(doctorUsers, eq(doctorUsers.id, appointments.doctor_id))
          .innerJoin(doctorProfiles, eq(doctorProfiles.id, appointments.doctor_id))
          .where(and(eq(appointments.patient_id, person), gt(appointments.id, after)))
          .orderBy(appointments.id)
          .limit(limit),
    },
    appointments_as_doctor: {
      shape: listOf(
        z.object({ ...visit, patient: fields.id }),
        'Visits of patients, who are not named: their names and phones are their data. Reasons only as this doctor wrote them.',
      ),
      /** Names and phones of all one's patients in a file to take away are the patients' data, not the doctor's. */
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            ...columns,
            cancel_reason: sql<string | null>`
              case when ${appointments.cancelled_by} = ${person} then ${appointments.cancel_reason} end`.as(
              'own_reason',
            ),
            patient: appointments.patient_id,
          })
          .from(appointments)
          .where(and(eq(appointments.doctor_id, person), gt(appointments.id, after)))
          .orderBy(appointments.id)
          .limit(limit),
    },
    appointment_history: {
      shape: listOf(
        z.object({
          id: longId(120),
          appointment: fields.id,
          at: instant,
          kind: text(50),
          by: fields.id.nullable().meta({ description: 'Null where the system acted.' }),
          details: z
            .record(text(50), z.unknown())
            .meta({ description: 'Of a move: `from` and `to`, each with its date and times.' }),
        }),
        'What happened to these visits, and when.',
      ),
      of_family: true as const,
      /**
       * On whichever side of them one is. Of a visit that was found to be theirs a patient takes no more with them than its
       * history shows them: nothing of before, nor whose it was. Two records of one person are no others, and who did something by
       * one that was merged is the other.
       */
      pages: async (db: Db, person: number, after: number, limit: number) =>
        (
          await db.$client.query<{ id: number }>(
            `with found as materialized (
               select a.id as appointment_id, ${foundSince('a')} as since from appointments a where a.patient_id = $1
             )
             select h.id, h.appointment_id as appointment, h.at, h.kind, coalesce(actor.merged_into, h.by) as by,
               case when h.kind = 'patient_changed' and a.patient_id = $1 then '{}' else h.details end as details
             from appointment_happened h join appointments a on a.id = h.appointment_id
             left join found on found.appointment_id = a.id left join users actor on actor.id = h.by
             where (a.patient_id = $1 or a.doctor_id = $1) and h.id > $2 and h.id >= coalesce(found.since, 0)
             order by h.id limit $3`,
            [person, after, limit],
          )
        ).rows,
    },
  },

  /** Visits with what was booked and cancelled by the person, for a child too; the history says whose they were. */
  async merge(
    tx: Tx,
    { from, into, by, at }: { from: number; into: number; by: number; at: string },
  ): Promise<void> {
    const cancelled = sql`case when cancelled_by = ${from} then ${into} else cancelled_by end`;
    const ofChildren = sql`
      select a.id from guardianships tie join appointments a on a.patient_id = tie.dependant_id
      where tie.guardian_id = ${from} and a.cancelled_by = ${from}`;
    await tx.execute(sql`
      select from appointments where id in (
        select id from appointments where patient_id = ${from} union select id from appointments where booked_by = ${from}
        union ${ofChildren})
      order by id for no key update`);
    await tx.execute(sql`
      update appointments set booked_by = ${into}, cancelled_by = ${cancelled} where booked_by = ${from}`);
    await tx.execute(sql`update appointments set cancelled_by = ${into} where id in (${ofChildren})`);
    await tx.execute(sql`
      update appointments set patient_id = ${into}, updated_by = ${by}, updated_at = ${at}, cancelled_by = ${cancelled}
      where patient_id = ${from}`);
  },

  /**
   * Reasons of cancellations are free text that may name somebody: those of the person's visits go, on either side. Why they
   * came, and what was noted of them, goes with the patient; it stays when their doctor goes.
   */
  async eraseAfter(tx: Tx, person: number): Promise<void> {
    await tx.execute(sql`
      update appointments set
        cancel_reason = case when cancel_reason = any (${sql.param(CODED_REASONS)}::text[]) then cancel_reason end,
        reason = case when patient_id <> ${person} then reason end,
        note = case when patient_id <> ${person} then note end
      where id in (
        select id from appointments
        where (patient_id = ${person} or doctor_id = ${person})
          and (cancel_reason is not null and cancel_reason <> all (${sql.param(CODED_REASONS)}::text[])
            or patient_id = ${person} and (reason is not null or note is not null))
        order by id for update)`);
  },
};
