import { watched } from '../../core/watched.ts';
import type { Db } from '../../db/client.ts';
import { alias, and, eq, gt, inArray, or, sql } from '../../db/drizzle.ts';
import {
  absences,
  appointmentEvents,
  appointments,
  auditEntries,
  codes,
  contactChanges,
  doctorProfiles,
  messages,
  notificationPreferences,
  notifications,
  oneUseLinks,
  patientProfiles,
  sessions,
  telegramChats,
  timeslots,
  users,
  waitlistEntries,
  weeklyHours,
  withdrawnTimeslots,
} from '../../db/schema/index.ts';

/**
 * What each table holds of one person. Of others it gives what the person is shown of them anyway and no more; of
 * secrets (hashes, sealed codes) nothing. test/privacy/export.test.ts holds it against the list of all tables.
 */

/** What a person has at most one of. */
export async function findPerson(db: Db, person: number) {
  const [row] = await db
    .select({
      user: {
        id: users.id,
        username: users.username,
        role: users.role,
        is_active: users.is_active,
        first_name: users.first_name,
        last_name: users.last_name,
        email: users.email,
        email_verified_at: users.email_verified_at,
        phone: users.phone,
        phone_verified_at: users.phone_verified_at,
        locale: users.locale,
        created_at: users.created_at,
      },
      patient_profile: {
        id: patientProfiles.id,
        date_of_birth: patientProfiles.date_of_birth,
        gender: patientProfiles.gender,
      },
      doctor_profile: {
        id: doctorProfiles.id,
        specialization: doctorProfiles.specialization,
        experience_years: doctorProfiles.experience_years,
        gender: doctorProfiles.gender,
        approved_at: doctorProfiles.approved_at,
      },
      notification_preferences: {
        channels: notificationPreferences.channels,
        quiet: notificationPreferences.quiet,
        quiet_from: notificationPreferences.quiet_from,
        quiet_until: notificationPreferences.quiet_until,
      },
      telegram: { chat_id: telegramChats.chat_id, linked_at: telegramChats.linked_at },
    })
    .from(users)
    .leftJoin(patientProfiles, eq(patientProfiles.id, users.id))
    .leftJoin(doctorProfiles, eq(doctorProfiles.id, users.id))
    .leftJoin(notificationPreferences, eq(notificationPreferences.user_id, users.id))
    .leftJoin(telegramChats, eq(telegramChats.user_id, users.id))
    .where(eq(users.id, person));
  return row;
}

/** An instant as JSON made by the database shows it, like those that the driver reads; its sessions run in UTC. */
const INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

/** How many rows of a section are held at a time; few people have more of anything. */
export const BATCH = 5_000;

/** The rows of one section after the one with this id, in the order of their ids; BATCH of them at most. */
export type Section = (db: Db, person: number, after: number) => Promise<{ id: number }[]>;

const doctorUsers = alias(users, 'doctor_users');
const actors = alias(users, 'actors');

const visit = {
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
};

export const sections = {
  sessions: (db, person, after) =>
    db
      .select({
        id: sessions.id,
        created_at: sessions.created_at,
        last_used_at: sessions.last_used_at,
        device: sessions.device,
        address: sessions.address,
        ended_at: sessions.ended_at,
      })
      .from(sessions)
      .where(and(eq(sessions.user_id, person), gt(sessions.id, after)))
      .orderBy(sessions.id)
      .limit(BATCH),

  codes: (db, person, after) =>
    db
      .select({
        id: codes.id,
        purpose: codes.purpose,
        destination: codes.destination,
        address: codes.address,
        tries: codes.tries,
        created_at: codes.created_at,
        expires_at: codes.expires_at,
        ended_at: codes.ended_at,
      })
      .from(codes)
      .where(and(eq(codes.user_id, person), gt(codes.id, after)))
      .orderBy(codes.id)
      .limit(BATCH),

  /** With their doctors as the directory names them. */
  appointments_as_patient: (db, person, after) =>
    db
      .select({
        ...visit,
        cancel_reason: appointments.cancel_reason,
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
      .limit(BATCH),

  /**
   * Patients by number only, and only the reasons the doctor wrote: names and phones of all one's patients in a file to
   * take away are the patients' data, not the doctor's.
   */
  appointments_as_doctor: (db, person, after) =>
    db
      .select({
        ...visit,
        cancel_reason: sql<string | null>`
          case when ${appointments.cancelled_by} = ${person} then ${appointments.cancel_reason} end`.as(
          'own_reason',
        ),
        patient: appointments.patient_id,
      })
      .from(appointments)
      .where(and(eq(appointments.doctor_id, person), gt(appointments.id, after)))
      .orderBy(appointments.id)
      .limit(BATCH),

  timeslots: (db, person, after) =>
    db
      .select({
        id: timeslots.id,
        date: timeslots.date,
        start_time: timeslots.start_time,
        end_time: timeslots.end_time,
        created_at: timeslots.created_at,
      })
      .from(timeslots)
      .where(and(eq(timeslots.doctor_id, person), gt(timeslots.id, after)))
      .orderBy(timeslots.id)
      .limit(BATCH),

  /** What happened to one's visits, on whichever side of them one is. */
  appointment_history: (db, person, after) =>
    db
      .select({
        id: appointmentEvents.id,
        appointment: appointmentEvents.appointment_id,
        at: appointmentEvents.at,
        kind: appointmentEvents.kind,
        by: appointmentEvents.by,
        details: appointmentEvents.details,
      })
      .from(appointmentEvents)
      .innerJoin(appointments, eq(appointments.id, appointmentEvents.appointment_id))
      .where(
        and(
          or(eq(appointments.patient_id, person), eq(appointments.doctor_id, person)),
          gt(appointmentEvents.id, after),
        ),
      )
      .orderBy(appointmentEvents.id)
      .limit(BATCH),

  /** What one waits or waited for, and what was offered; a slot that is gone has no times any more. */
  waiting_list: (db, person, after) =>
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
      .limit(BATCH),

  absences: (db, person, after) =>
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
      .limit(BATCH),

  weekly_hours: (db, person, after) =>
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
      })
      .from(weeklyHours)
      .where(and(eq(weeklyHours.doctor_id, person), gt(weeklyHours.id, after)))
      .orderBy(weeklyHours.id)
      .limit(BATCH),

  notifications: (db, person, after) =>
    db
      .select({
        id: notifications.id,
        kind: notifications.kind,
        appointment: notifications.appointment_id,
        params: notifications.params,
        created_at: notifications.created_at,
        read_at: notifications.read_at,
      })
      .from(notifications)
      .where(and(eq(notifications.user_id, person), gt(notifications.id, after)))
      .orderBy(notifications.id)
      .limit(BATCH),

  /** What left the house; its text was never kept. */
  messages: (db, person, after) =>
    db
      .select({
        id: messages.id,
        channel: messages.channel,
        kind: messages.kind,
        appointment: messages.appointment_id,
        params: messages.params,
        status: messages.status,
        error: messages.error,
        provider_id: messages.provider_id,
        created_at: messages.created_at,
        sent_at: messages.sent_at,
      })
      .from(messages)
      .where(and(eq(messages.user_id, person), gt(messages.id, after)))
      .orderBy(messages.id)
      .limit(BATCH),

  /** When somebody signed in to this account or tried to, and from where. */
  sign_ins: (db, person, after) =>
    db
      .select({
        id: auditEntries.id,
        at: auditEntries.at,
        action: auditEntries.action,
        network: auditEntries.network,
      })
      .from(auditEntries)
      .where(
        and(
          eq(auditEntries.subject_id, person),
          inArray(auditEntries.action, [...watched]),
          gt(auditEntries.id, after),
        ),
      )
      .orderBy(auditEntries.id)
      .limit(BATCH),

  /** What was done with this person's record, by whom: the access log as a whole. */
  access_log: (db, person, after) =>
    db
      .select({
        id: auditEntries.id,
        at: auditEntries.at,
        action: auditEntries.action,
        by: {
          id: auditEntries.actor_id,
          role: auditEntries.actor_role,
          first_name: actors.first_name,
          last_name: actors.last_name,
        },
        details: auditEntries.details,
      })
      .from(auditEntries)
      .leftJoin(actors, eq(actors.id, auditEntries.actor_id))
      .where(
        // Each half by its own index.
        sql`${auditEntries.id} in (
          (select id from audit_entries where subject_id = ${person} and id > ${after}
             and action not in ${[...watched]} order by id limit ${BATCH})
          union all
          (select id from audit_entries where people @> array[${person}]::integer[] and id > ${after}
           order by id limit ${BATCH}))`,
      )
      .orderBy(auditEntries.id)
      .limit(BATCH),
} satisfies Record<string, Section>;

/** Links that were sent out and have not been swept yet: a handful. */
export const listLinks = (db: Db, person: number) =>
  db
    .select({
      purpose: oneUseLinks.purpose,
      appointment: oneUseLinks.appointment_id,
      expires_at: oneUseLinks.expires_at,
      used_at: oneUseLinks.used_at,
    })
    .from(oneUseLinks)
    .where(eq(oneUseLinks.user_id, person))
    .orderBy(oneUseLinks.expires_at);

/** Confirmed contacts that were replaced, or others that were confirmed beside them, while it can be taken back and a week more. */
export const listContactChanges = (db: Db, person: number) =>
  db
    .select({
      contact: contactChanges.contact,
      old_value: contactChanges.old_value,
      changed_at: contactChanges.changed_at,
      expires_at: contactChanges.expires_at,
      ended_at: contactChanges.ended_at,
    })
    .from(contactChanges)
    .where(eq(contactChanges.user_id, person))
    .orderBy(contactChanges.id);

/** What is held for somebody at the moment, by themself or as an offer of the waiting list. */
export const listHolds = (db: Db, person: number) =>
  db
    .select({
      timeslot: timeslots.id,
      doctor: timeslots.doctor_id,
      date: timeslots.date,
      start_time: timeslots.start_time,
      held_until: timeslots.held_until,
    })
    .from(timeslots)
    .where(eq(timeslots.held_by, person))
    .orderBy(timeslots.date, timeslots.start_time);

/** Slots that a doctor took out of their week: until they would be past. */
export const listWithdrawn = (db: Db, person: number) =>
  db
    .select({
      date: withdrawnTimeslots.date,
      start_time: withdrawnTimeslots.start_time,
      end_time: withdrawnTimeslots.end_time,
    })
    .from(withdrawnTimeslots)
    .where(eq(withdrawnTimeslots.doctor_id, person))
    .orderBy(withdrawnTimeslots.date, withdrawnTimeslots.start_time);
