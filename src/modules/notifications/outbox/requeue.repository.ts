import type { MessageKind } from '../../../core/messages.ts';
import type { Channel } from '../../../core/words.ts';
import { clientOf, type Db, type Tx } from '../../../db/client.ts';
import { addJob } from '../../../db/queue/jobs.ts';
import { jobKey, priorityOf } from '../delivery/queue.rules.ts';

/**
 * Puts a failed message back into the queue. Nobody knows what became of its last attempt, which may have been cut off, so a
 * provider that can tell is asked first.
 * @returns whose message it is; undefined when it has not failed
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

/** Which of the failed messages. */
export interface Failed {
  channel?: Channel | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const HAS_FAILED = `status = 'failed' and ($1::message_channel is null or channel = $1)
  and ($2::timestamptz is null or created_at >= $2) and ($3::timestamptz is null or created_at < $3)`;

/** Whether any of these is left. */
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
 * @param limit how many at most
 * @returns their ids, with whose they are
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
        select graphile_worker.add_job('send_message', with_trace(json_build_object('message', id)), job_key => 'message:' || id,
          priority => case when kind = 'code' then $6::integer else $7::integer end) from again
      )
      select id, user_id, (select count(*) from queued) from again order by id`,
    values: [channel, since, until, limit, now, priorityOf('code'), priorityOf('booked')],
  });
  return rows;
}

export async function isMessage(db: Db, message: number): Promise<boolean> {
  const { rows } = await db.$client.query({
    name: 'messages.exists',
    text: 'select from messages where id = $1',
    values: [message],
  });
  return rows.length > 0;
}
