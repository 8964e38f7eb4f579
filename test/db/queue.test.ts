import { describe, expect, type TestContext, test, vi } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { openDatabase } from '../../src/db/client.ts';
import { type RunningQueue, runQueue, type Task } from '../../src/db/queue/runner.ts';
import { createDatabase, PATIENT_LIMITS } from '../helpers/database.ts';
import { type Relay, relayTo } from '../helpers/relay.ts';

const PATIENCE = { timeout: 60_000, interval: 20 };

interface Running {
  relay: Relay;
  query: (text: string) => Promise<unknown[]>;
  queue: RunningQueue;
  /** How often the task has begun. */
  runs: () => number;
}

/** A queue whose link to the database can be cut, with one task: `work`. */
async function running({ onTestFinished }: TestContext, work: Task, concurrency = 3): Promise<Running> {
  const url = await createDatabase();
  const db = openDatabase({ url, pool_max: 2, limits: PATIENT_LIMITS });
  const relay = await relayTo(url);
  let runs = 0;
  const queue = runQueue({
    url: relay.url,
    concurrency,
    tasks: {
      async work(payload) {
        runs += 1;
        await work(payload);
      },
    },
    repeated: [],
    log: silentLog,
    ready: async () => {},
  });
  onTestFinished(async () => {
    await queue.stop();
    await relay.close();
    await db.$client.end();
  });
  return {
    relay,
    queue,
    query: async (text) => (await db.$client.query(text)).rows,
    runs: () => runs,
  };
}

const ADD = "select graphile_worker.add_job('work', '{}')";
const jobs = 'select id, attempts, locked_by from graphile_worker.jobs';

// Together, since most of their time is waiting. An unhandled rejection, which would end a process, fails this file.
describe.concurrent('a database that is away', () => {
  test.for([
    ['done', true],
    ['failed', false],
  ] as const)('while a job is %s ends nothing but that job', async ([, succeeds], context) => {
    const gate = Promise.withResolvers<void>();
    let first = true;
    const { relay, query, runs } = await running(context, async () => {
      if (!first) return;
      await gate.promise;
      if (!succeeds) throw new Error('in vain');
    });
    for (let count = 0; count < 3; count += 1) await query(ADD);
    await vi.waitFor(() => expect(runs()).toBe(3), PATIENCE);
    relay.cut();
    gate.resolve();
    first = false;
    // Long enough for an attempt to note it, and for another one.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    relay.mend();
    await vi.waitFor(async () => expect(await query(jobs)).toEqual([]), PATIENCE);
    // At least once, and again where nobody knows what the database had heard of it: never without end.
    expect(runs()).toBeLessThanOrEqual(12);
  });

  test.for(['cut', 'silence'] as const)('after a %s leaves no job behind', async (how, context) => {
    const work = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
    const { relay, query, runs } = await running(context, work, 10);
    await query(`${ADD} from generate_series(1, 3000)`);
    await vi.waitFor(() => expect(runs()).toBeGreaterThan(200), PATIENCE);
    relay[how]();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    relay.mend();
    await vi.waitFor(async () => expect(await query(`${jobs} limit 5`)).toEqual([]), PATIENCE);
    // Those under way at the time, at most.
    expect(runs()).toBeLessThanOrEqual(3_000 + 2 * 10);
  });
});

test('stopping waits for what is under way, and leaves nothing locked', async (context) => {
  const gate = Promise.withResolvers<void>();
  const work = () => gate.promise;
  const { query, queue, runs } = await running(context, work);
  for (let count = 0; count < 9; count += 1) await query(ADD);
  await vi.waitFor(() => expect(runs()).toBe(3), PATIENCE);
  const stopped = queue.stop();
  gate.resolve();
  await stopped;
  const left = (await query(jobs)) as { locked_by: string | null }[];
  expect(left).toHaveLength(6);
  expect(left.filter(({ locked_by }) => locked_by !== null)).toEqual([]);
});
