import type { MessageKind } from '../../core/messages.ts';
import type { Role } from '../../core/roles.ts';
import type { Channel } from '../../core/words.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { addJob } from '../../db/queue/jobs.ts';
import { jobKey, priorityOf, type VisitNow } from './messages.rules.ts';

/** What decides where and when somebody hears of something. */
export interface RecipientRow {
  deleted: boolean;
  role: Role;
  is_active: boolean;
  email_verified: boolean;
  phone_verified: boolean;
  telegram_linked: boolean;
  channels: Partial<Record<string, string[]>>;
  quiet: boolean;
  quiet_from: string;
  quiet_until: string;
  /** They are the doctor of the visit. */
  is_doctor: boolean;
  visit: VisitNow | null;
}

const RECIPIENT = `
  select u.deleted_at is not null as deleted, u.role, u.is_active,
    u.email_verified_at is not null as email_verified, u.phone_verified_at is not null as phone_verified,
    c.user_id is not null as telegram_linked, coalesce(p.channels, '{}') as channels, coalesce(p.quiet, true) as quiet,
    to_char(coalesce(p.quiet_from, '22:00'), 'HH24:MI') as quiet_from,
    to_char(coalesce(p.quiet_until, '08:00'), 'HH24:MI') as quiet_until,
    coalesce(a.doctor_id = u.id, false) as is_doctor,
    case when a.id is not null then json_build_object('date', a.date, 'start_time', to_char(a.start_time, 'HH24:MI'),
      'end_time', left(a.end_time::text, 5), 'status', a.status) end as visit
  from users u
  left join notification_preferences p on p.user_id = u.id
  left join telegram_chats c on c.user_id = u.id
  left join appointments a on a.id = $2
  where u.id = $1`;

/** @param appointment the visit that the message is about, if it is about one */
export async function findRecipient(
  executor: Executor,
  user: number,
  appointment: number | undefined,
): Promise<RecipientRow | undefined> {
  const { rows } = await clientOf(executor).query<RecipientRow>({
    name: 'messages.recipient',
    text: RECIPIENT,
    values: [user, appointment ?? null],
  });
  return rows[0];
}

export interface NewMessage {
  key: string;
  user_id: number;
  channel: Channel;
  kind: MessageKind;
  appointment_id: number | undefined;
  params: Record<string, string>;
  secret: Buffer | undefined;
  created_at: Date;
  /** Not before; now without it. */
  due_at: Date | undefined;
  /** Why it is not to be sent at all. */
  dropped: string | undefined;
}

/** Queues a message unless one of its key was queued before; one that is not to be sent is there to be seen. */
export async function insertMessage(tx: Tx, message: NewMessage): Promise<void> {
  const {
    key,
    user_id,
    channel,
    kind,
    appointment_id = null,
    params,
    secret = null,
    created_at,
    due_at,
    dropped,
  } = message;
  await clientOf(tx).query({
    name: 'messages.insert',
    text: `
      with made as (
        insert into messages (key, user_id, channel, kind, appointment_id, params, secret, created_at, due_at, status, error)
        values ($1, $2, $3, $4, $5, $6, case when $11::text is null then $7::bytea end, $8::timestamptz,
          coalesce($9::timestamptz, $8), (case when $11::text is null then 'queued' else 'dropped' end)::message_status, $11)
        on conflict (key) do nothing
        returning id, status
      )
      select graphile_worker.add_job('send_message', json_build_object('message', id), run_at => $9,
        job_key => 'message:' || id, priority => $10)
      from made where status = 'queued'`,
    values: [
      key,
      user_id,
      channel,
      kind,
      appointment_id,
      params,
      secret,
      created_at,
      due_at ?? null,
      priorityOf(kind),
      dropped ?? null,
    ],
  });
}

/**
 * Puts a failed message back into the queue, as one whose fate is unknown: its last attempt may have been cut off, so a
 * provider that can tell is asked first.
 * @returns whose message it is, undefined when it has not failed
 */
export async function requeue(tx: Tx, message: number, now: Date): Promise<number | undefined> {
  const { rows } = await clientOf(tx).query<{ id: number; kind: MessageKind; user_id: number }>({
    name: 'messages.requeue',
    text: `
      update messages set status = 'sending', attempts = 0, error = null, due_at = $2
      where id = $1 and status = 'failed' returning id, kind, user_id`,
    values: [message, now],
  });
  const [row] = rows;
  if (!row) return undefined;
  const { id, kind, user_id } = row;
  await addJob(tx, {
    task: 'send_message',
    payload: { message: id },
    key: jobKey(id),
    priority: priorityOf(kind),
  });
  return user_id;
}

export interface Failed {
  channel?: Channel | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const HAS_FAILED = `status = 'failed' and ($1::message_channel is null or channel = $1)
  and ($2::timestamptz is null or created_at >= $2) and ($3::timestamptz is null or created_at < $3)`;

/** Whether there is one of these. */
export async function hasFailed(db: Db, { channel, since, until }: Failed): Promise<boolean> {
  const { rows } = await db.$client.query({
    name: 'messages.has-failed',
    text: `select from messages where ${HAS_FAILED} limit 1`,
    values: [channel, since, until],
  });
  return rows.length > 0;
}

/**
 * Puts failed messages back into the queue, oldest first, as `requeue` does one.
 * @param limit how many at the most
 * @returns them, with whose they are
 */
export async function requeueMany(
  tx: Tx,
  { channel, since, until }: Failed,
  limit: number,
  now: Date,
): Promise<{ id: number; user_id: number }[]> {
  const { rows } = await clientOf(tx).query<{ id: number; user_id: number }>({
    name: 'messages.requeue-many',
    text: `
      with failed as (
        select id from messages
        where ${HAS_FAILED}
        order by id limit $4 for update skip locked
      ), again as (
        update messages m set status = 'sending', attempts = 0, error = null, due_at = $5
        from failed where m.id = failed.id returning m.id, m.user_id, m.kind
      ), queued as (
        select graphile_worker.add_job('send_message', json_build_object('message', id), job_key => 'message:' || id,
          priority => case when kind = 'code' then $6::integer else $7::integer end) from again
      )
      select id, user_id, (select count(*) from queued) from again order by id`,
    values: [channel, since, until, limit, now, priorityOf('code'), priorityOf('booked')],
  });
  return rows;
}

export async function exists(db: Db, message: number): Promise<boolean> {
  const { rows } = await db.$client.query({
    name: 'messages.exists',
    text: 'select from messages where id = $1',
    values: [message],
  });
  return rows.length > 0;
}

/**
 * Gives back a job to messages that lost theirs, such as one whose process died at its every try, and forgets codes
 * and links that nobody can use any more.
 * @returns how many messages got a job again
 */
export async function tidy(db: Db, now: Date, codes_before: Date, links_before: Date): Promise<number> {
  await db.$client.query({
    name: 'messages.forget-codes',
    text: `update messages set secret = null
      where secret is not null and created_at < case when kind = 'code' then $1::timestamptz else $2 end`,
    values: [codes_before, links_before],
  });
  const { rowCount } = await db.$client.query({
    name: 'messages.tidy',
    text: `
      select graphile_worker.add_job('send_message', json_build_object('message', m.id),
        run_at => greatest(now(), m.due_at), job_key => 'message:' || m.id)
      from messages m
      where m.status in ('queued', 'sending') and m.due_at < $1::timestamptz - interval '1 hour'
        and not exists (
          select from graphile_worker.jobs j
          where j.key = 'message:' || m.id and (j.locked_at is not null or j.attempts < j.max_attempts))
      limit 1000`,
    values: [now],
  });
  return rowCount ?? 0;
}
