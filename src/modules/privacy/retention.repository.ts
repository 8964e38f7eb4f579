import { type Db, transaction } from '../../db/client.ts';
import { type SQL, sql } from '../../db/drizzle.ts';
import { LONG_JOB } from '../../db/limits.ts';

/** How many rows one statement lets go: it ends long before anybody waits for its locks. */
const BATCH = 5_000;

/** Runs a statement that deals with at most BATCH rows, until one finds fewer. @returns how many rows in all */
async function inBatches(db: Db, statement: SQL): Promise<number> {
  for (let gone = 0; ; ) {
    const { rowCount } = await transaction(db, (tx) => tx.execute(statement), { statement: LONG_JOB });
    gone += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return gone;
  }
}

const some = sql`limit ${sql.raw(String(BATCH))} for update skip locked`;

/** What has run out, of every kind: tables of several modules, whose owners only add to them. */
export const sweeps = {
  /** Spent ones too: a token that has expired is refused whether or not it is known. */
  refresh_tokens: (db: Db, now: Date) =>
    inBatches(
      db,
      sql`delete from refresh_tokens where token_hash in (
        select token_hash from refresh_tokens where expires_at <= ${now.toISOString()} ${some})`,
    ),

  /** A session without a token that still serves is over, though nobody has signed out. */
  abandoned_sessions: (db: Db, now: Date) =>
    inBatches(
      db,
      sql`update sessions set ended_at = ${now.toISOString()} where id in (
        select id from sessions s
        where ended_at is null and not exists (
          select from refresh_tokens t where t.session_id = s.id and t.expires_at > ${now.toISOString()}) ${some})`,
    ),

  ended_sessions: (db: Db, ended_before: Date) =>
    inBatches(
      db,
      sql`delete from sessions where id in (
        select id from sessions where ended_at <= ${ended_before.toISOString()} ${some})`,
    ),

  codes: (db: Db, expired_before: Date) =>
    inBatches(
      db,
      sql`delete from codes where id in (
        select id from codes where expires_at <= ${expired_before.toISOString()} ${some})`,
    ),

  login_throttles: (db: Db, now: Date, failed_before: Date) =>
    inBatches(
      db,
      sql`delete from login_throttles where key in (
        select key from login_throttles
        where last_failed_at <= ${failed_before.toISOString()} and blocked_until <= ${now.toISOString()} ${some})`,
    ),

  /** A used one is kept for as long as it would have served, so that a second click is told so. */
  one_use_links: (db: Db, expired_before: Date) =>
    inBatches(
      db,
      sql`delete from one_use_links where token_hash in (
        select token_hash from one_use_links where expires_at <= ${expired_before.toISOString()} ${some})`,
    ),

  /** The old phone or email is of no use once it cannot be put back. */
  contact_changes: (db: Db, expired_before: Date) =>
    inBatches(
      db,
      sql`delete from contact_changes where id in (
        select id from contact_changes where expires_at <= ${expired_before.toISOString()} ${some})`,
    ),

  /** Answers that are not given again. */
  idempotency_keys: (db: Db, before: Date) =>
    inBatches(
      db,
      sql`delete from idempotency_keys where (user_id, route, key) in (
        select user_id, route, key from idempotency_keys where created_at <= ${before.toISOString()} ${some})`,
    ),

  /** What nobody waits for any more, with what was offered: the last day that would have suited is long past. */
  waitlist_entries: (db: Db, before: string) =>
    inBatches(
      db,
      sql`with gone as (
          select id from waitlist_entries where status in ('booked', 'left') and "to" < ${before} ${some}
        ), offers as (
          delete from waitlist_offers where entry_id in (select id from gone)
        )
        delete from waitlist_entries where id in (select id from gone)`,
    ),

  /** Slots that were taken out of a week, and would be past by now. */
  withdrawn_timeslots: (db: Db, today: string) =>
    inBatches(
      db,
      sql`delete from withdrawn_timeslots where (doctor_id, date, start_time) in (
        select doctor_id, date, start_time from withdrawn_timeslots where date < ${today} ${some})`,
    ),

  /** Which slots a holiday took, once it is over. */
  closed_timeslots: (db: Db, today: string) =>
    inBatches(
      db,
      sql`delete from closed_timeslots where timeslot_id in (
        select timeslot_id from closed_timeslots where date < ${today} ${some})`,
    ),

  /** Never one that is still to be sent. With a row goes its key: by then no event comes a second time. */
  messages: (db: Db, created_before: Date) =>
    inBatches(
      db,
      sql`delete from messages where id in (
        select id from messages
        where created_at <= ${created_before.toISOString()} and status in ('sent', 'failed', 'dropped') ${some})`,
    ),

  /** Read or not: whoever has not looked for so long will not miss it. */
  notifications: (db: Db, created_before: Date) =>
    inBatches(
      db,
      sql`delete from notifications where id in (
        select id from notifications where created_at <= ${created_before.toISOString()} ${some})`,
    ),
};
