import type { MessageKind } from '../../../core/messages.ts';
import type { Role } from '../../../core/roles.ts';
import type { Channel, Locale } from '../../../core/words.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';
import { sql } from '../../../db/drizzle.ts';
import { VISIT_COLUMNS, VISIT_JOINS, type VisitColumns } from '../facts.repository.ts';
import { PHONE_REACHES } from '../telling/reach.repository.ts';
import type { Told } from './order.rules.ts';
import { jobKey, priorityOf } from './queue.rules.ts';

/** A message at which an attempt has begun, with all that it is written from at this moment. */
export interface Claimed extends VisitColumns {
  id: number;
  key: string;
  user_id: number;
  channel: Channel;
  kind: MessageKind;
  appointment_id: number | null;
  params: Record<string, string>;
  secret: Buffer | null;
  attempts: number;
  created_at: string;
  /** Nobody knows how an earlier attempt ended. */
  uncertain: boolean;
  is_active: boolean;
  role: Role;
  locale: Locale | null;
  email: string | null;
  email_verified: boolean;
  phone: string | null;
  phone_reaches: boolean;
  chat_id: string | null;
}

/**
 * Begins an attempt: until the message is marked otherwise, nobody knows whether it went out.
 * @param changes what of its `params` has changed by now; it is stored, so that what was sent can be read again
 * @returns undefined when the message is no longer to be sent
 */
export async function claim(
  db: Db,
  message: number,
  changes: Readonly<Record<string, string>>,
): Promise<Claimed | undefined> {
  const { rows } = await db.$client.query<Claimed>({
    name: 'messages.claim',
    text: `
      with before as (
        select id, status from messages where id = $1 and status in ('queued', 'sending') for update
      ), claimed as (
        update messages m set status = 'sending', attempts = m.attempts + 1, params = m.params || $2::jsonb
        from before where m.id = before.id
        returning m.*, before.status = 'sending' as uncertain
      )
      select m.id, m.key, m.user_id, m.channel, m.kind, m.appointment_id, m.params, m.secret, m.attempts, m.created_at,
        m.uncertain, u.is_active, u.role, u.locale, u.email, u.phone,
        u.email_verified_at is not null as email_verified, ${PHONE_REACHES} as phone_reaches,
        c.chat_id, ${VISIT_COLUMNS}
      from claimed m
      join users u on u.id = m.user_id
      left join telegram_chats c on c.user_id = m.user_id
      ${VISIT_JOINS}`,
    values: [message, changes],
  });
  return rows[0];
}

export type Waiting = Told & Pick<Claimed, 'user_id' | 'appointment_id'>;

export async function findWaiting(db: Db, message: number): Promise<Waiting | undefined> {
  const { rows } = await db.$client.query<Waiting>({
    name: 'messages.find-waiting',
    text: `
      select id, channel, kind, user_id, appointment_id, params, status, created_at, due_at from messages
      where id = $1 and status in ('queued', 'sending')`,
    values: [message],
  });
  return rows[0];
}

/** What else the reader is told of the same visit by the same channel, sent or not. */
export async function listOthers(db: Db, message: Waiting): Promise<Told[]> {
  const { id, user_id, channel, appointment_id } = message;
  if (appointment_id === null) return [];
  const { rows } = await db.$client.query<Told>({
    name: 'messages.others',
    text: `
      select id, channel, kind, params, status, created_at, due_at from messages
      where appointment_id = $1 and user_id = $2 and channel = $3 and id <> $4`,
    values: [appointment_id, user_id, channel, id],
  });
  return rows;
}

/**
 * It went out, and a code is forgotten here. This holds whatever another attempt has made of the message meanwhile, unless its
 * person was erased: then the provider's name of it must not stand there again.
 */
export async function markSent(
  db: Db,
  message: number,
  provider_id: string | undefined,
  at: Date,
): Promise<void> {
  await db.$client.query({
    name: 'messages.sent',
    text: `
      update messages set status = 'sent', sent_at = $2, provider_id = $3, error = null, secret = null
      where id = $1 and status <> 'dropped'`,
    values: [message, at, provider_id ?? null],
  });
}

/** It will not go out, and need not. */
export async function markDropped(executor: Executor, message: number, why: string): Promise<void> {
  await clientOf(executor).query({
    name: 'messages.dropped',
    text: `update messages set status = 'dropped', error = $2, secret = null where id = $1 and status in ('queued', 'sending')`,
    values: [message, why],
  });
}

/**
 * It has used up its tries, or can never be sent as it is, so an admin decides. A message that another attempt has sent, while
 * this one counted as dead, stays sent: otherwise it would be sent again.
 */
export async function markFailed(db: Db, message: number, error: string): Promise<void> {
  await db.$client.query({
    name: 'messages.failed',
    text: `update messages set status = 'failed', error = $2 where id = $1 and status = 'sending'`,
    values: [message, error],
  });
}

/**
 * It will be tried again.
 * @param outcome `uncertain`: it may have gone out, and the next attempt finds out if it can; `counts`: the attempt uses up one
 * of its tries; `delay` in seconds
 */
export async function markWaiting(
  tx: Tx,
  message: { id: number; kind: MessageKind },
  {
    error,
    uncertain,
    counts,
    due_at,
    delay,
  }: { error: string; uncertain: boolean; counts: boolean; due_at: Date; delay: number },
): Promise<void> {
  const { rowCount } = await clientOf(tx).query({
    name: 'messages.waiting',
    text: `
      update messages set status = $2, error = $3, due_at = $4, attempts = attempts - case when $5 then 0 else 1 end
      where id = $1 and status = 'sending'`,
    values: [message.id, uncertain ? 'sending' : 'queued', error, due_at, counts],
  });
  if (rowCount) await postpone(tx, message, delay);
}

/** It goes out later, though nothing is wrong with it. */
export async function markDue(
  tx: Tx,
  message: { id: number; kind: MessageKind },
  due_at: Date,
  delay: number,
): Promise<void> {
  await clientOf(tx).query({
    name: 'messages.due',
    text: `update messages set due_at = $2 where id = $1 and status in ('queued', 'sending')`,
    values: [message.id, due_at],
  });
  await postpone(tx, message, delay);
}

/** Runs its job some seconds from now, by the database's clock, which is the queue's. */
export async function postpone(
  executor: Executor,
  { id, kind }: { id: number; kind: MessageKind },
  seconds: number,
): Promise<void> {
  await executor.execute(sql`
    select from graphile_worker.add_job('send_message', with_trace(json_build_object('message', ${id}::int)),
      run_at => now() + make_interval(secs => ${seconds}), job_key => ${jobKey(id)}, priority => ${priorityOf(kind)}::int)`);
}
