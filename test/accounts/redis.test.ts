import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { accountsApp, CHANNELS } from '../helpers/accounts.ts';
import { PASSWORD, type TestApp, testConfig } from '../helpers/app.ts';
import { capturedLog } from '../helpers/log.ts';
import { expectProblem } from '../helpers/problem.ts';
import { hasRedis, type RunningRedis, startRedis } from '../helpers/redis.ts';

/** Rate limits that replicas share, on a real Redis, and what becomes of them while it is away. */
const LIMIT = 12;
/** Of failures, which are counted besides. */
const FAILURES = 4;

let redis: RunningRedis | undefined;
let first: TestApp;
let second: Awaited<ReturnType<typeof buildApp>>;
const log = capturedLog();
const other = capturedLog();

beforeAll(async () => {
  if (!hasRedis()) return;
  redis = await startRedis();
  const config = {
    rate_limit: true,
    rate_limit_guest: LIMIT,
    rate_limit_user: 1_000_000,
    rate_limit_auth: FAILURES,
    redis_url: redis.url,
    log_level: 'info',
  };
  first = await accountsApp(config, { log_stream: log.stream });
  const { db, clock, url } = first;
  second = await buildApp({
    db,
    clock,
    config: {
      ...testConfig,
      channels: CHANNELS,
      trust_proxy: ['127.0.0.1'],
      ...config,
      database_url: url,
    },
    log_stream: other.stream,
  });
  await Promise.all([isShared(), second.ready()]);
});
afterAll(async () => {
  if (!redis) return;
  await second.close();
  await first.close();
  redis.resume();
  await redis.kill();
});

/** Says loudly that nothing was shown where there is no Redis to show it with. */
function needsRedis(context: TestContext): RunningRedis {
  if (redis) return redis;
  process.stderr.write(
    '\n*** NOT RUN: there is no redis-server here (apt-get install redis-server). ***\n\n',
  );
  return context.skip('no redis-server');
}

let addresses = 0;
function freshAddress(): string {
  addresses += 1;
  return `198.51.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
}

const apps = () => [first.app, second];

async function ask(instance: number, address: string) {
  const started = performance.now();
  const answer = await apps()[instance]?.inject({
    url: '/api/schema/',
    headers: { 'x-forwarded-for': address },
  });
  return {
    status: answer?.statusCode ?? 0,
    headers: answer?.headers ?? {},
    body: answer?.statusCode === 429 ? answer.json() : {},
    ms: performance.now() - started,
  };
}

const left = async (instance: number, address: string) =>
  Number((await ask(instance, address)).headers['ratelimit-remaining']);

/** Waits until both instances count in Redis. */
const isShared = () =>
  vi.waitFor(
    async () => {
      const address = freshAddress();
      expect(await left(0, address)).toBe(LIMIT - 1);
      expect(await left(1, address)).toBe(LIMIT - 2);
      expect(await left(0, address)).toBe(LIMIT - 3);
    },
    { timeout: 60_000, interval: 50 },
  );

/**
 * Judges what is counted together, on addresses of its own. A process that Redis does not answer in time counts by itself
 * for a while, as it should, and says so: what was judged meanwhile, on a busy machine, is judged again.
 */
async function whileShared(work: () => Promise<void>): Promise<void> {
  for (;;) {
    await isShared();
    const away = () =>
      [log, other].flatMap(({ lines }) => lines.filter((line) => /Redis is away/.test(line)));
    const before = away().length;
    try {
      return await work();
    } catch (error) {
      if (away().length === before) throw error;
    }
  }
}

const saying = (pattern: RegExp) => log.lines.filter((line) => pattern.test(line));

test('replicas count together', async (context) => {
  needsRedis(context);
  await whileShared(async () => {
    const address = freshAddress();
    for (let sent = 0; sent < LIMIT; sent += 1) expect((await ask(sent % 2, address)).status).toBe(200);
    for (const instance of [0, 1]) {
      const refused = await ask(instance, address);
      expectProblem(refused, 'too_many_requests');
      expect(refused.headers['ratelimit-limit']).toBe(String(LIMIT));
    }
    expect((await ask(0, freshAddress())).status).toBe(200);
  });
});

describe('failures', () => {
  async function signIn(instance: number, address: string, username: string, password: string) {
    const answer = await apps()[instance]?.inject({
      method: 'POST',
      url: '/api/auth/login/',
      headers: { 'x-forwarded-for': address },
      payload: { username, password },
    });
    const status = answer?.statusCode ?? 0;
    return { status, headers: answer?.headers ?? {}, body: status === 429 ? answer?.json() : {} };
  }
  // Each at another name, so that none is held up by the pair of a name and an address, which the database counts.
  let names = 0;
  const guess = (instance: number, address: string) => {
    names += 1;
    return signIn(instance, address, `nobody.${names}`, 'not-the-password');
  };

  test('at passwords on either replica are one count, and what succeeds is none', async (context) => {
    needsRedis(context);
    const { username } = await first.person('patient');
    await whileShared(async () => {
      const address = freshAddress();
      for (let sent = 0; sent < FAILURES; sent += 1) {
        const { status, headers } = await guess(sent % 2, address);
        expect([status, headers['ratelimit-remaining']]).toEqual([401, String(FAILURES - sent - 1)]);
        if (sent === 0)
          for (const instance of [0, 1])
            expect((await signIn(instance, address, username, PASSWORD)).status).toBe(200);
      }
      for (const instance of [0, 1]) {
        const refused = await guess(instance, address);
        expectProblem(refused, 'too_many_requests');
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      }
      // Another address has failures of its own.
      expect((await guess(1, freshAddress())).status).toBe(401);
    });
  });
});

test('of requests at once on both, no more than the limit get through', async (context) => {
  needsRedis(context);
  await whileShared(async () => {
    const address = freshAddress();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index % 2, address)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT);
  });
});

test('killed in the middle of requests, the API goes on, counts by itself, says so once, and shares again afterwards', async (context) => {
  const running = needsRedis(context);
  await whileShared(async () => {
    const shared = freshAddress();
    for (let sent = 0; sent < LIMIT; sent += 1) await ask(0, shared);
    expect((await ask(1, shared)).status).toBe(429);
  });
  log.lines.length = 0;

  const times: number[] = [];
  let killed = false;
  const load = async () => {
    for (let sent = 0; sent < 200 || !killed; sent += 1) {
      const { status, ms } = await ask(sent % 2, freshAddress());
      expect(status).toBe(200);
      times.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all([
    load(),
    load(),
    running.kill().then(() => {
      killed = true;
    }),
  ]);
  // Each process keeps its own count: the limit holds in each.
  const own = freshAddress();
  for (const instance of [0, 1]) {
    for (let sent = 0; sent < LIMIT; sent += 1) expect((await ask(instance, own)).status).toBe(200);
    expectProblem(await ask(instance, own), 'too_many_requests');
  }
  await vi.waitFor(() => expect(saying(/Redis is away/)).toHaveLength(1), { timeout: 30_000 });

  await running.restart();
  await isShared();
  expect(saying(/Redis is away/)).toHaveLength(1);
  expect(saying(/Redis is back/)).toHaveLength(1);
  // The password of REDIS_URL stands in no line.
  expect(log.lines.join('')).not.toContain('only-for-tests');
  process.stdout.write(
    `redis: ${times.length} requests while it was killed, the slowest took ${Math.max(...times).toFixed(0)} ms\n`,
  );
});

test('one that does not answer keeps no request from being answered', async (context) => {
  const running = needsRedis(context);
  running.pause();
  const times: number[] = [];
  try {
    for (let sent = 0; sent < 50; sent += 1) {
      const { status, ms } = await ask(0, freshAddress());
      expect(status).toBe(200);
      times.push(ms);
    }
  } finally {
    running.resume();
  }
  // Each wait is followed by two seconds in which nobody waits.
  const slow = times.filter((ms) => ms > 200).length;
  process.stdout.write(
    `redis: 50 requests while it was stopped: ${slow} waited for it, the slowest ${Math.max(...times).toFixed(0)} ms\n`,
  );
  await isShared();
});

test('one that is away from the start keeps the API from nothing', async (context) => {
  needsRedis(context);
  const lines = capturedLog();
  const config = {
    rate_limit: true,
    rate_limit_guest: 2,
    redis_url: 'redis://127.0.0.1:1',
    log_level: 'info',
  };
  const alone = await accountsApp(config, { log_stream: lines.stream });
  try {
    const address = '203.0.113.1';
    const get = () => alone.as(undefined).get('/schema/').set('x-forwarded-for', address);
    await get().expect(200);
    await get().expect(200);
    expectProblem(await get(), 'too_many_requests');
    await vi.waitFor(() => expect(lines.lines.filter((line) => /Redis is away/.test(line))).toHaveLength(1), {
      timeout: 30_000,
    });
    expect(lines.lines.find((line) => /Redis is away/.test(line))).toContain('ECONNREFUSED');
  } finally {
    await alone.close();
  }
});
