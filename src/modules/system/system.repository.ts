import { ARCHIVES } from '../../db/backup/following.ts';
import type { Db, Tx } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';

/** What the database says of itself and of the clinic's work, in figures alone. */

/** Counts, and seconds. */
interface Work {
  holds_live: number;
  holds_lapsed: number;
  offers_live: number;
  offers_lapsed: number;
  waiting: number;
  messages_failed: number;
  jobs_dead: number;
  jobs_due: number;
  jobs_oldest_seconds: number;
}

export async function readWork(db: Db): Promise<Work> {
  const { rows } = await db.$client.query<Work>({
    name: 'system.work',
    text: `
      select
        (select count(*)::int from timeslots
          where held_by is not null and not is_waitlisted and held_with is null and held_until > now()) as holds_live,
        (select count(*)::int from timeslots
          where held_by is not null and not is_waitlisted and held_with is null and held_until <= now()) as holds_lapsed,
        (select count(*)::int from waitlist_offers where outcome is null and expires_at > now()) as offers_live,
        (select count(*)::int from waitlist_offers where outcome is null and expires_at <= now()) as offers_lapsed,
        (select count(*)::int from waitlist_entries where status = 'waiting') as waiting,
        (select count(*)::int from messages where status = 'failed') as messages_failed,
        (select count(*)::int from graphile_worker.jobs
          where attempts >= max_attempts and locked_at is null) as jobs_dead,
        (select count(*)::int from graphile_worker.jobs where run_at <= now() and attempts < max_attempts) as jobs_due,
        (select coalesce(max(extract(epoch from now() - run_at)), 0)::float8 from graphile_worker.jobs
          where run_at <= now() and attempts < max_attempts and locked_at is null) as jobs_oldest_seconds`,
  });
  const [row] = rows;
  if (!row) throw new Error('the database says nothing of its work');
  return row;
}

interface ChannelState {
  channel: string;
  unsent: number;
  /** Of the oldest one that is due. */
  oldest_seconds: number;
  last_sent_at: string | null;
  last_failed_at: string | null;
}

/**
 * Each channel of messages: what waits, and when it last worked or failed within a day. While a provider is away each try puts
 * off a message and uses up none of its tries: such a message has waited since it was made, as near as is known.
 */
export async function readChannels(db: Db): Promise<ChannelState[]> {
  const { rows } = await db.$client.query<ChannelState>({
    name: 'system.channels',
    text: `
      with due as (
        select channel, count(*)::int as unsent,
          greatest(extract(epoch from now() - min(case when attempts = 0 and error is not null then created_at else due_at end)), 0)::float8
            as oldest_seconds
        from messages where status in ('queued', 'sending') group by channel),
      lately as (
        -- What was dropped has a reason too, and nothing has failed.
        select channel, max(sent_at) as last_sent_at,
          max(created_at) filter (where error is not null and status <> 'dropped') as last_failed_at
        from messages where created_at > now() - interval '1 day' group by channel)
      select channel::text, coalesce(unsent, 0) as unsent, coalesce(oldest_seconds, 0) as oldest_seconds,
        last_sent_at, last_failed_at
      from due full join lately using (channel) order by channel`,
  });
  return rows;
}

interface DatabaseState {
  version: string;
  bytes: number;
  connections: number;
  connections_max: number;
  /** Names alone. */
  migrations: number;
  /** Streaming replicas; their names are what they call themselves. */
  replicas: { name: string; state: string | null; lag_seconds: number | null }[];
  /** The file of the log that could not be archived, where none was since. */
  archive_failed: string | null;
  archives: boolean;
}

export async function readDatabase(db: Db): Promise<DatabaseState> {
  const { rows } = await db.$client.query<DatabaseState>({
    name: 'system.database',
    text: `
      select current_setting('server_version') as version,
        pg_database_size(current_database()) as bytes,
        (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
        current_setting('max_connections')::int as connections_max,
        (select count(*)::int from drizzle.__drizzle_migrations) as migrations,
        coalesce((select json_agg(json_build_object('name', application_name, 'state', state,
          'lag_seconds', extract(epoch from replay_lag)) order by application_name) from pg_stat_replication), '[]') as replicas,
        ${ARCHIVES} as archives,
        (select last_failed_wal from pg_stat_archiver
          where last_failed_time > coalesce(last_archived_time, '-infinity')) as archive_failed`,
  });
  const [row] = rows;
  if (!row) throw new Error('the database says nothing of itself');
  return row;
}

/** Tells every process that listens, once this commits. */
export async function announce(tx: Tx, channel: string, payload: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${channel}, ${payload})`);
}
