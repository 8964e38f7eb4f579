import type { Tx } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';

/** Reasons that a program gave are codes; every other one is free text. */
const CODED_REASONS = ['account_deleted'];

/**
 * Forgets what the tables beside users and profiles hold of a person. It stands here as one text, over the tables of
 * several modules, so that it can be held against the list of all tables (test/privacy/erasure.test.ts does).
 *
 * Kept, since nothing in it leads to the person: that there were sessions, messages and notifications, and when; which
 * terms were accepted, and when, which is the clinic's proof; audit entries, which name ids only. Reasons of
 * cancellations are free text that may name somebody: those of the person's visits go, on either side.
 */
export async function eraseTraces(tx: Tx, person: number): Promise<void> {
  await tx.execute(sql`
    with tokens as (
      delete from refresh_tokens t using sessions s where s.user_id = ${person} and t.session_id = s.id
    ), devices as (
      update sessions set device = null, address = null where user_id = ${person}
    ), sent_codes as (
      delete from codes where user_id = ${person}
    ), links as (
      delete from one_use_links where user_id = ${person}
    ), chats as (
      delete from telegram_chats where user_id = ${person}
    ), preferences as (
      delete from notification_preferences where user_id = ${person}
    ), inbox as (
      update notifications set params = '{}' where user_id = ${person} and params <> '{}'
    )
    update messages set
      params = '{}', secret = null, provider_id = null,
      status = case when status in ('sent', 'dropped') then status else 'dropped' end
    where user_id = ${person}`);
  await tx.execute(sql`
    update appointments set cancel_reason = null
    where id in (
      select id from appointments
      where (patient_id = ${person} or doctor_id = ${person})
        and cancel_reason is not null and cancel_reason <> all (${sql.param(CODED_REASONS)}::text[])
      order by id for update)`);
}
