import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { listen } from '../../src/db/links/listen.ts';
import { createSessions } from '../../src/modules/auth/index.ts';
import {
  accountsApp,
  CHANNELS,
  codesSent,
  confirm,
  freshPhone,
  lastCode,
  signIn,
} from '../helpers/accounts.ts';
import {
  PASSWORD,
  type Person,
  type TestApp,
  type TestClock,
  testClock,
  testConfig,
} from '../helpers/app.ts';
import { createDatabase, PATIENT_LIMITS } from '../helpers/database.ts';
import { startServer } from '../helpers/process.ts';
import { type Relay, relayTo } from '../helpers/relay.ts';

const NEXT = 'eleven-apricot-trees';

/** One instance of the application to act on, and another that only hears of it, on connections that are counted. */
let clinic: TestApp;
let admin: Person;
let other: FastifyInstance;
let others: Db;
let relay: Relay;
let statements = 0;

beforeAll(async () => {
  clinic = await accountsApp();
  admin = await clinic.person('admin');
  others = openDatabase({ url: clinic.url, pool_max: 10, limits: PATIENT_LIMITS });
  others.$client.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (...args: unknown[]) => {
        statements += 1;
        return query(...args);
      },
    });
  });
  relay = await relayTo(clinic.url);
  const config = { ...testConfig, channels: CHANNELS, database_url: relay.url };
  other = await buildApp({ db: others, clock: clinic.clock, config });
  await other.ready();
  await hearsAgain();
});
afterAll(async () => {
  await other.close();
  await others.$client.end();
  await clinic.close();
  await relay.close();
});

/** A request that is authenticated and then refused for its path: whatever it asks of the database is for the token. */
async function ask(token: string): Promise<number> {
  const answer = await other.inject({
    url: '/api/doctors/0/',
    headers: { authorization: `Bearer ${token}` },
  });
  return answer.statusCode;
}

/** The statements that `work` costs the other instance. */
async function counted(work: () => Promise<unknown>): Promise<number> {
  const before = statements;
  await work();
  return statements - before;
}

const SEEN = 400;
const REFUSED = 401;
const refusedSoon = (token: string) =>
  vi.waitFor(async () => expect(await ask(token)).toBe(REFUSED), { timeout: 30_000, interval: 1 });

/** Waits until the other instance follows the announcements. */
const hearsAgain = () =>
  vi.waitFor(async () => expect(await counted(() => ask(admin.token))).toBe(0), {
    timeout: 30_000,
    interval: 5,
  });

const ways: [string, (person: Person) => Promise<unknown>][] = [
  ['signing out', (person) => clinic.as(person).post('/auth/logout/').expect(204)],
  [
    'ending the session from another device',
    async (person) => {
      const { body } = await signIn(clinic, person, PASSWORD).expect(200);
      await clinic.as({ token: body.access }).delete('/auth/sessions/').expect(204);
    },
  ],
  [
    'changing the password on another device',
    async (person) => {
      const { body } = await signIn(clinic, person, PASSWORD).expect(200);
      const change = { old_password: PASSWORD, password: NEXT };
      await clinic.as({ token: body.access }).post('/auth/password/change/', change).expect(204);
    },
  ],
  [
    'setting a forgotten password',
    async (person) => {
      const phone = freshPhone();
      await confirm(clinic, person.id, { phone });
      await clinic.as(undefined).post('/auth/password/reset/', { username: phone }).expect(202);
      await codesSent(clinic, person.id, 1);
      const code = await lastCode(clinic, person.id);
      const reset = { username: phone, code, password: NEXT };
      await clinic.as(undefined).post('/auth/password/reset/confirm/', reset).expect(204);
    },
  ],
  [
    'using a refresh token twice',
    async (person) => {
      const refresh = (token: string) =>
        clinic.as(undefined).post('/auth/token/refresh/', { refresh: token });
      const { body } = await refresh(person.refresh).expect(200);
      await refresh(body.refresh).expect(200);
      await refresh(person.refresh).expect(401);
    },
  ],
  ['deactivation', ({ id }) => clinic.as(admin).patch(`/users/${id}/`, { is_active: false }).expect(200)],
  ['a new role', ({ id }) => clinic.as(admin).patch(`/users/${id}/`, { role: 'doctor' }).expect(200)],
  [
    'a new password by an admin',
    ({ id }) => clinic.as(admin).patch(`/users/${id}/`, { password: NEXT }).expect(200),
  ],
  ['erasure', ({ id }) => clinic.as(admin).delete(`/users/${id}/`, { password: PASSWORD }).expect(204)],
];

describe('what ends a session on one instance is heard on the other, without a question to the database', () => {
  test.each(ways)('%s', async (_, end) => {
    const person = await clinic.person('patient');
    expect(await ask(person.token)).toBe(SEEN);
    expect(
      await counted(async () => {
        await end(person);
        await refusedSoon(person.token);
      }),
    ).toBe(0);
    // The one that ended it refuses it at once.
    await clinic.as(person).get('/auth/me/').expect(401);
  });
});

test('under load no statement is spent on tokens, while sessions end', async () => {
  const people: Person[] = [];
  for (let count = 0; count < 20; count += 1) people.push(await clinic.person('patient'));
  const REQUESTS = 4_000;
  const seen: Record<number, number> = {};
  let sent = 0;
  let over = 0;
  const load = async () => {
    while (over < 10 || sent < REQUESTS) {
      const person = people[sent % people.length] as Person;
      sent += 1;
      const status = await ask(person.token);
      // Injected requests wait for nothing: without this nobody else would get a turn.
      await new Promise((resolve) => setImmediate(resolve));
      seen[status] = (seen[status] ?? 0) + 1;
    }
  };
  const putOut = async () => {
    for (const person of people.slice(0, 10)) {
      await clinic.as(person).post('/auth/logout/').expect(204);
      over += 1;
    }
  };
  const forTokens = await counted(() => Promise.all([...Array.from({ length: 50 }, load), putOut()]));
  const forAnswers = await counted(async () => {
    for (let count = 0; count < 500; count += 1) {
      const headers = { authorization: `Bearer ${people[19]?.token}` };
      expect((await other.inject({ url: '/api/auth/me/', headers })).statusCode).toBe(200);
    }
  });
  process.stdout.write(
    `revocation: ${(seen[SEEN] ?? 0) + (seen[REFUSED] ?? 0)} authenticated requests while 10 sessions ended (${JSON.stringify(seen)}): ${forTokens} statements; ` +
      `500 GET /auth/me/: ${forAnswers} statements, one each for its answer\n`,
  );
  expect(seen[REFUSED]).toBeGreaterThan(0);
  expect(forTokens).toBe(0);
  expect(forAnswers).toBe(500);
  for (const [index, person] of people.entries())
    if (index < 10) await refusedSoon(person.token);
    else expect(await ask(person.token)).toBe(SEEN);
});

describe('an instance that has lost its link to the database', () => {
  test('asks for each request, refuses what has ended, and hears again once it is back', async () => {
    const [staying, going, gone] = [
      await clinic.person('patient'),
      await clinic.person('patient'),
      await clinic.person('patient'),
    ];
    relay.cut();
    await vi.waitFor(async () => expect(await counted(() => ask(staying.token))).toBe(1), {
      timeout: 30_000,
    });
    await clinic.as(going).post('/auth/logout/').expect(204);
    // Not a moment's delay: it is asked for.
    expect(await ask(going.token)).toBe(REFUSED);
    expect(await ask(staying.token)).toBe(SEEN);
    await clinic.as(gone).post('/auth/logout/').expect(204);
    relay.mend();
    await hearsAgain();
    // What ended in between is known without a question.
    expect(await counted(async () => expect(await ask(gone.token)).toBe(REFUSED))).toBe(0);
    await clinic.as(staying).post('/auth/logout/').expect(204);
    await refusedSoon(staying.token);
  });

  test('and cannot ask either answers 503: it lets nobody through', async () => {
    const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', pool_max: 1 });
    const config = { ...testConfig, database_url: 'postgres://nobody@127.0.0.1:1/none' };
    const cut = await buildApp({ db: away, clock: clinic.clock, config });
    const person = await clinic.person('patient');
    try {
      const headers = { authorization: `Bearer ${person.token}` };
      const answer = await cut.inject({ url: '/api/doctors/0/', headers });
      expect(answer.statusCode).toBe(503);
    } finally {
      await cut.close();
      await away.$client.end();
    }
  });
});

test('a link that carries nothing any more is noticed, though nobody says so', async () => {
  const silent = await relayTo(clinic.url);
  const heard: string[] = [];
  let connected = 0;
  const link = listen({
    url: silent.url,
    channels: [
      {
        name: 'session_ended',
        onConnect: async () => {
          connected += 1;
        },
        onMessage: (payload) => heard.push(payload),
      },
    ],
    retry: 10,
    heartbeat: 100,
  });
  try {
    await vi.waitFor(() => expect(link.connected).toBe(true), { timeout: 30_000 });
    await clinic.db.$client.query("select pg_notify('session_ended', '41')");
    await vi.waitFor(() => expect(heard).toContain('41'), { timeout: 30_000 });
    silent.silence();
    await vi.waitFor(() => expect(link.connected).toBe(false), { timeout: 30_000 });
    silent.mend();
    await vi.waitFor(() => expect(link.connected).toBe(true), { timeout: 30_000 });
    expect(connected).toBeGreaterThanOrEqual(2);
    await clinic.db.$client.query("select pg_notify('session_ended', '42')");
    await vi.waitFor(() => expect(heard).toContain('42'), { timeout: 30_000 });
  } finally {
    await link.close();
    await silent.close();
  }
});

test('two processes on one database: how long the other one takes', async () => {
  const env = { DATABASE_URL: await createDatabase(), WORKER: 'off', JWT_SECRET: testConfig.jwt_secret };
  const servers = [await startServer(env), await startServer(env)] as const;
  onTestFinished(() => {
    for (const { child } of servers) child.kill('SIGKILL');
  });
  const [first, second] = servers;
  const send = (base: string, path: string, { token, body }: { token?: string; body?: object } = {}) =>
    fetch(`${base}/api${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  const account = { username: 'aziza.karimova', password: PASSWORD };
  await send(first.base, '/auth/register/', { body: { ...account, role: 'patient' } });
  const delays: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const signedIn = await send(first.base, '/auth/login/', { body: account });
    const { access } = (await signedIn.json()) as { access: string };
    expect((await send(second.base, '/auth/me/', { token: access })).status).toBe(200);
    expect((await send(first.base, '/auth/logout/', { token: access, body: {} })).status).toBe(204);
    const answered = performance.now();
    while ((await send(second.base, '/auth/me/', { token: access })).status !== 401);
    delays.push(performance.now() - answered);
  }
  const sorted = delays.toSorted((a, b) => a - b);
  process.stdout.write(
    `revocation: after POST /auth/logout/ on one process the other refused within ${sorted[10]?.toFixed(1)} ms (median), ` +
      `${sorted.at(-1)?.toFixed(1)} ms at most, of ${sorted.length}\n`,
  );
});

test('a session that a process ended whose clock is hours behind is over for one that starts afterwards', async () => {
  const person = await clinic.person('patient');
  const { sid } = JSON.parse(Buffer.from(person.token.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: number;
  };
  const at = (hours: number) =>
    testClock(new Date(clinic.clock.now().getTime() + hours * 3_600_000).toISOString());
  const sessions = (clock: TestClock) => createSessions({ db: clinic.db, clock, access_token_minutes: 15 });
  await sessions(at(-5)).logout({ id: person.id, role: 'patient', session: sid });

  const right = sessions(clinic.clock);
  await right.endings.onConnect();
  right.follow({ connected: true });
  onTestFinished(() => right.close());
  expect(right.isEnded(sid)).toBe(true);
});
