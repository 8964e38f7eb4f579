import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../helpers/database.ts';

/** `queue_job` writes into a table that is graphile-worker's own: it is held against what add_job does there. */

let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({ connectionString: await createDatabase() });
  await client.connect();
});
afterAll(() => client.end());

async function queued(): Promise<Record<string, unknown>[]> {
  const { rows } = await client.query('select * from graphile_worker._private_jobs order by id');
  return rows.map(({ id, run_at, created_at, updated_at, ...job }) => ({
    ...job,
    is_due: run_at.getTime() <= Date.now() + 1_000,
  }));
}

test('queues what add_job would, also of a kind that the queue has not seen', async () => {
  await client.query(`select queue_job('count_sheep', '{"sheep": 1}')`);
  await client.query(`select queue_job('count_sheep', '{"sheep": 1}')`);
  await client.query(`select from graphile_worker.add_job('count_sheep', '{"sheep": 1}')`);
  const [first, second, known] = await queued();
  expect(first).toEqual(known);
  expect(second).toEqual(known);
  expect(known).toMatchObject({ payload: { sheep: 1 }, is_due: true, attempts: 0 });
});

test('wakes nobody, so that commits do not wait for one another', async () => {
  const heard: string[] = [];
  client.on('notification', ({ channel }) => heard.push(channel));
  await client.query('listen "jobs:insert"');
  await client.query(`select queue_job('count_sheep', '{}')`);
  await client.query('select');
  expect(heard).toEqual([]);
  await client.query(`select from graphile_worker.add_job('count_sheep', '{}')`);
  await client.query('select');
  expect(heard).toEqual(['jobs:insert']);
});
