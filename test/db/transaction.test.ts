import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Db, openDatabase, transaction } from '../../src/db/client.ts';
import { sql } from '../../src/db/drizzle.ts';
import { openReadiness } from '../../src/db/readiness.ts';
import { createModules } from '../../src/modules.ts';
import { testClock, testConfig } from '../helpers/app.ts';
import { createDatabase, PATIENT_LIMITS } from '../helpers/database.ts';
import { type Relay, relayTo } from '../helpers/relay.ts';

const PLACES = 3;
const PATIENCE = { timeout: 120_000, interval: 20 };

let url: string;
let relay: Relay;
let db: Db;
let beside: pg.Client;
beforeAll(async () => {
  url = await createDatabase();
  relay = await relayTo(url);
  beside = new pg.Client({ connectionString: url });
  await beside.connect();
});
afterAll(async () => {
  await db.$client.end();
  await beside.end();
  await relay.close();
});
beforeEach(async () => {
  await db?.$client.end();
  relay.mend();
  const limits = { connect: 1_000, statement: 500, answer: 800, lock: 300 };
  db = openDatabase({ url: relay.url, pool_max: PLACES, limits });
});

const select = (statement = 'select 1') => transaction(db, (tx) => tx.execute(sql.raw(statement)));
const each = <T>(work: (index: number) => Promise<T>) =>
  Promise.allSettled(Array.from({ length: PLACES }, (_, index) => work(index)));
const failures = (results: PromiseSettledResult<unknown>[]) =>
  results.filter(({ status }) => status === 'rejected').length;

/** All places at once, so that each of them is needed; until it goes well, since a machine may be busy. */
const expectWell = () =>
  vi.waitFor(async () => {
    const meet = Promise.withResolvers<void>();
    let here = 0;
    const results = await each(() =>
      transaction(db, async (tx) => {
        await tx.execute(sql`select 1`);
        here += 1;
        if (here === PLACES) meet.resolve();
        await meet.promise;
      }).finally(() => meet.resolve()),
    );
    expect(failures(results)).toBe(0);
    expect(here).toBe(PLACES);
    expect(db.$client.totalCount).toBe(PLACES);
    expect(db.$client.idleCount).toBe(PLACES);
  }, PATIENCE);

describe('no place of the pool is lost', () => {
  const breaks = {
    'ends all connections': () => relay.cut(),
    'says nothing any more': () => relay.silence(),
  };
  for (const [how, begin] of Object.entries(breaks))
    test(`when transactions begin while the link ${how}`, async () => {
      await expectWell();
      begin();
      for (let round = 0; round < 2; round += 1) expect(failures(await each(() => select()))).toBe(PLACES);
      relay.mend();
      await expectWell();
    });

  test('when transactions begin on links of which only this end knows', async () => {
    await expectWell();
    relay.silence();
    relay.mendHalf();
    expect(failures(await each(() => select()))).toBe(PLACES);
    await expectWell();
  });

  test('when the link falls silent in the middle of transactions', async () => {
    await expectWell();
    const results = await each((index) =>
      transaction(db, async (tx) => {
        await tx.execute(sql`select 1`);
        if (index === PLACES - 1) relay.silence();
        await tx.execute(sql`select 2`);
      }),
    );
    expect(failures(results)).toBeGreaterThan(0);
    relay.mend();
    await expectWell();
  });

  test('when an answer comes too late, it is nobody else’s answer', async () => {
    const late = openDatabase({
      url: relay.url,
      pool_max: 1,
      limits: { statement: 60_000, answer: 200, connect: 30_000 },
    });
    try {
      await expect(
        transaction(late, (tx) => tx.execute(sql`select pg_sleep(0.6), 'late' as said`)),
      ).rejects.toThrow();
      for (let round = 0; round < 20; round += 1) {
        const { rows } = await vi.waitFor(
          () => late.$client.query(`select 'soon' as said, ${round} as round`),
          PATIENCE,
        );
        expect(rows).toEqual([{ said: 'soon', round }]);
      }
    } finally {
      await late.$client.end();
    }
  });

  test('when work hides that a statement had no answer', async () => {
    const results = await each(() =>
      transaction(db, async (tx) => {
        await tx.execute(sql`select 1`);
        relay.silence();
        await tx.execute(sql`select 2`).catch(() => {});
        throw new Error('a refusal of its own');
      }),
    );
    expect(failures(results)).toBe(PLACES);
    relay.mend();
    await expectWell();
  });

  test('when the server ends connections in the middle of transactions', async () => {
    for (let round = 0; round < 5; round += 1) {
      await each(() => select('select pg_terminate_backend(pg_backend_pid())'));
      await each(() =>
        transaction(db, async (tx) => {
          await tx.execute(sql`select 1`);
          await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`).catch(() => {});
          await tx.execute(sql`select 2`);
        }),
      );
    }
    await expectWell();
  });
});

test('a refusal by a healthy server keeps its connection', async () => {
  await db.$client.end();
  db = openDatabase({ url, pool_max: PLACES, limits: PATIENT_LIMITS });
  await expectWell();
  const pids = async () => {
    const { rows } = await beside.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'clinic-api' and datname = current_database() order by 1`,
    );
    return rows;
  };
  const before = await pids();
  for (let round = 0; round < 10; round += 1) {
    await expect(select('select 1 / 0')).rejects.toThrow();
    await expect(db.$client.query('select 1 / 0')).rejects.toThrow();
    await expect(transaction(db, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  }
  expect(await pids()).toEqual(before);
});

test('the limits of statements hold, and one transaction may have longer ones of its own', async () => {
  await expect(select('select pg_sleep(30)')).rejects.toMatchObject({ cause: { code: '57014' } });
  const longer = { statement: 60_000 };
  await transaction(db, (tx) => tx.execute(sql`select pg_sleep(1.2)`), longer);
  await expect(select('select pg_sleep(30)')).rejects.toMatchObject({ cause: { code: '57014' } });
});

test('a row that stays locked is given up with 55P03', async () => {
  await beside.query('create table if not exists lone (id int); truncate lone; insert into lone values (1)');
  await beside.query('begin; select from lone for update');
  await expect(select('select from lone for update')).rejects.toMatchObject({ cause: { code: '55P03' } });
  await beside.query('commit');
  await expectWell();
});

describe('readiness', () => {
  test('notices a pool that has nothing to give, and one that has again', async () => {
    const readiness = openReadiness(db, url);
    try {
      await readiness.isReady();
      const held = await Promise.all(Array.from({ length: PLACES }, () => db.$client.connect()));
      await vi.waitFor(async () => {
        await db.$client.query('select').catch(() => {});
        await expect(readiness.isReady()).rejects.toThrow();
      }, PATIENCE);
      for (const client of held) client.release();
      await vi.waitFor(() => readiness.isReady(), PATIENCE);
    } finally {
      await readiness.close();
    }
  });

  test('takes no pool for broken that is only busy', async () => {
    const readiness = openReadiness(db, url);
    let busy = true;
    const working = each(async () => {
      while (busy) await db.$client.query('select pg_sleep(0.2)').catch(() => {});
    });
    try {
      const until = performance.now() + 7_000;
      while (performance.now() < until) {
        // A machine may be so busy that the question itself comes too late; the pool is not why.
        await vi.waitFor(() => readiness.isReady(), PATIENCE);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    } finally {
      busy = false;
      await working;
      await readiness.close();
    }
  });

  test('says so when the link is silent, and again when it is not', async () => {
    const readiness = openReadiness(db, relay.url);
    try {
      await vi.waitFor(() => readiness.isReady(), PATIENCE);
      relay.silence();
      await expect(readiness.isReady()).rejects.toThrow();
      await expect(readiness.isReady()).rejects.toThrow();
      relay.mendHalf();
      await vi.waitFor(() => readiness.isReady(), PATIENCE);
    } finally {
      await readiness.close();
    }
  });
});

test('any number of module graphs on one pool listen to it once', () => {
  const listeners = () => ['connect', 'release', 'error'].map((name) => db.$client.listenerCount(name));
  createModules({ db, clock: testClock(), config: testConfig });
  const before = listeners();
  for (let count = 0; count < 30; count += 1) createModules({ db, clock: testClock(), config: testConfig });
  expect(listeners()).toEqual(before);
});
