import type { Channel, MessageKind } from '../../core/messages.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { addJob } from '../../db/queue.ts';
import { jobKey, priorityOf } from './messages.rules.ts';

/** What decides where and when somebody hears of something. */
export interface RecipientRow {
  deleted: boolean;
  email_verified: boolean;
  phone_verified: boolean;
  telegram_linked: boolean;
  channels: Partial<Record<string, string[]>>;
  quiet: boolean;
  quiet_from: string;
  quiet_until: string;
  visit: { date: string; start_time: string } | null;
}

const RECIPIENT = `
  select u.deleted_at is not null as deleted,
    u.email_verified_at is not null as email_verified, u.phone_verified_at is not null as phone_verified,
    c.user_id is not null as telegram_linked, coalesce(p.channels, '{}') as channels, coalesce(p.quiet, true) as quiet,
    to_char(coalesce(p.quiet_from, '22:00'), 'HH24:MI') as quiet_from,
    to_char(coalesce(p.quiet_until, '08:00'), 'HH24:MI') as quiet_until,
    case when a.id is not null
      then json_build_object('date', a.date, 'start_time', to_char(a.start_time, 'HH24:MI')) end as visit
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
}

/** Queues a message unless one of its key was queued before. */
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
  } = message;
  await clientOf(tx).query({
    name: 'messages.insert',
    text: `
      with made as (
        insert into messages (key, user_id, channel, kind, appointment_id, params, secret, created_at, due_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, coalesce($9::timestamptz, $8))
        on conflict (key) do nothing
        returning id
      )
      select graphile_worker.add_job('send_message', json_build_object('message', id), run_at => $9,
        job_key => 'message:' || id, priority => $10)
      from made`,
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
