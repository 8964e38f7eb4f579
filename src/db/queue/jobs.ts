import type { Executor } from '../client.ts';
import { sql } from '../drizzle.ts';

/** A background job, as it stands in the queue. */
export interface JobSpec {
  task: string;
  payload: Record<string, unknown>;
  /** Adding a job of the same key replaces the one that still waits. */
  key?: string;
  /** Not before; at once without it, by the database's clock. */
  run_at?: Date | undefined;
  /** Smaller is sooner; 0 by default. */
  priority?: number;
}

/**
 * Puts a job into the queue of graphile-worker. Inside a transaction the job is there once the transaction has committed,
 * and not at all if it rolls back.
 */
export async function addJob(
  executor: Executor,
  { task, payload, key, run_at, priority = 0 }: JobSpec,
): Promise<void> {
  await executor.execute(sql`
    select from graphile_worker.add_job(
      ${task}, with_trace(${JSON.stringify(payload)}::json), run_at => ${run_at?.toISOString() ?? null}::timestamptz,
      job_key => ${key ?? null}::text, priority => ${priority}::int)`);
}

/** Plans the reminders of a person's visits anew: who hears of them has changed since they were planned, or when they may. */
export const planReminders = (executor: Executor, person: number): Promise<void> =>
  addJob(executor, { task: 'plan_reminders', payload: { person } });

/** Takes a waiting job out of the queue; one that runs already is not repeated. */
export async function removeJob(executor: Executor, key: string): Promise<void> {
  await executor.execute(sql`select from graphile_worker.remove_job(${key})`);
}
