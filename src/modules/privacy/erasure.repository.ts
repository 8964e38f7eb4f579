import type { Tx } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';

/** Reasons that a program gave are codes; every other one is free text. */
const CODED_REASONS = ['account_deleted', 'account_closed', 'doctor_absent', 'clinic_closed'];

/**
 * Forgets what the tables beside users and profiles hold of a person. It stands here as one text, over the tables of
 * several modules, so that it can be held against the list of all tables (test/privacy/erasure.test.ts does).
 *
 * Kept, since nothing in it leads to the person: that there were sessions, messages and notifications, and when; which
 * terms were accepted, and when, which is the clinic's proof; audit entries, without the networks they came from, and what
 * happened to appointments, which name ids only; that codes were sent, until the sweep of tomorrow, to what nobody can read any more, since else erasing oneself
 * would lift the limits of sending; when a doctor was away, without why. What somebody waited for says what ails them: it goes. Reasons of
 * cancellations are free text that may name somebody: those of the person's visits go, on either side.
 * @param key the server's, for what is disguised
 */
export async function eraseTraces(tx: Tx, person: number, key: string): Promise<void> {
  await tx.execute(sql`
    with tokens as (
      delete from refresh_tokens t using sessions s where s.user_id = ${person} and t.session_id = s.id
    ), devices as (
      update sessions set device = null, address = null where user_id = ${person}
    ), sent_codes as (
      update codes set destination = disguise(destination, ${key}), address = disguise(address, ${key}),
        ended_at = coalesce(ended_at, now())
      where user_id = ${person}
    ), links as (
      delete from one_use_links where user_id = ${person}
    ), changes as (
      delete from contact_changes where user_id = ${person}
    ), chats as (
      delete from telegram_chats where user_id = ${person}
    ), preferences as (
      delete from notification_preferences where user_id = ${person}
    ), answers as (
      delete from idempotency_keys
      where user_id = ${person} or subject_id = ${person} or answer #>> '{doctor,id}' = ${String(person)}
    ), wishes as (
      delete from waitlist_entries where patient_id = ${person} returning id
    ), offers as (
      delete from waitlist_offers where entry_id in (select id from wishes)
    ), away as (
      update absences set reason = null where doctor_id = ${person} and reason is not null
    ), hours as (
      delete from weekly_hours where doctor_id = ${person}
    ), withdrawn as (
      delete from withdrawn_timeslots where doctor_id = ${person}
    ), inbox as (
      update notifications set params = '{}' where user_id = ${person} and params <> '{}'
    )
    update messages set
      params = '{}', secret = null, provider_id = null,
      status = case when status in ('sent', 'dropped') then status else 'dropped' end
    where user_id = ${person}`);
  // Nothing else of an entry changes: see the trigger `audit_entries_append_only`.
  await tx.execute(sql`select set_config('clinic.audit_erasure', 'on', true)`);
  await tx.execute(sql`
    update audit_entries set network = null
    where network is not null and (subject_id = ${person} or actor_id = ${person})`);
  await tx.execute(sql`select set_config('clinic.audit_erasure', 'off', true)`);
  await tx.execute(sql`
    update appointments set cancel_reason = null
    where id in (
      select id from appointments
      where (patient_id = ${person} or doctor_id = ${person})
        and cancel_reason is not null and cancel_reason <> all (${sql.param(CODED_REASONS)}::text[])
      order by id for update)`);
}
