import type { Db } from '../../../db/client.ts';

/** Forgets codes and links that nobody can use any more. */
export async function forgetSecrets(db: Db, codes_before: Date, links_before: Date): Promise<void> {
  await db.$client.query({
    name: 'messages.forget-codes',
    text: `update messages set secret = null
      where secret is not null and created_at < case when kind = 'code' then $1::timestamptz else $2 end`,
    values: [codes_before, links_before],
  });
}

/**
 * Gives a job back to messages that lost theirs, such as one whose process died at its every try.
 * @returns how many messages got a job again
 */
export async function giveJobsBack(db: Db, now: Date): Promise<number> {
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
