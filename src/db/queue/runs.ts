import { clientOf, type Executor } from '../client.ts';

/** When a task was last done to its end, ISO 8601. */
export async function lastRun(executor: Executor, task: string): Promise<string | undefined> {
  const { rows } = await clientOf(executor).query<{ at: string }>({
    name: 'runs.last',
    text: 'select at from job_runs where task = $1',
    values: [task],
  });
  return rows[0]?.at;
}

/** Notes when a task was last done. An older moment changes nothing. */
export async function noteRun(executor: Executor, task: string, at: Date): Promise<void> {
  await clientOf(executor).query({
    name: 'runs.note',
    text: `
      insert into job_runs (task, at) values ($1, $2)
      on conflict (task) do update set at = greatest(job_runs.at, excluded.at)`,
    values: [task, at],
  });
}
