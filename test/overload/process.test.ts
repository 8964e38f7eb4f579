import { Agent, type IncomingHttpHeaders, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person, TestApp } from '../helpers/app.ts';
import { PASSWORD, testApp, testConfig } from '../helpers/app.ts';
import { blocked, untilBlocked } from '../helpers/blocked.ts';
import { expectProblem } from '../helpers/problem.ts';
import { type RunningServer, startServer } from '../helpers/process.ts';

/** A real process with two connections to its database, hence with eight requests under way at a time. */
const POOL = 2;
const AT_A_TIME = POOL * 4;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  body: any;
}

let clinic: TestApp;
let server: RunningServer;
let patient: Person;
let doctor: Person;
let locker: pg.Client;
const agent = new Agent({ keepAlive: true, maxSockets: 500 });

beforeAll(async () => {
  clinic = await testApp();
  patient = await clinic.person('patient');
  doctor = await clinic.person('doctor');
  locker = new pg.Client({ connectionString: clinic.url });
  await locker.connect();
  // Standing still is what is tested here, not for how long one waits for a lock: a URL's own settings go first.
  const url = new URL(clinic.url);
  url.searchParams.set('options', '-c TimeZone=UTC');
  url.searchParams.set('statement_timeout', '600000');
  server = await startServer({
    DATABASE_URL: url.href,
    JWT_SECRET: testConfig.jwt_secret,
    DATABASE_POOL_MAX: String(POOL),
    MAX_WAIT_SECONDS: '1',
    // Enough for hashing to be what sign-ins wait for.
    BCRYPT_COST: '9',
    RATE_LIMIT: 'off',
    WORKER: 'off',
  });
});
afterAll(async () => {
  agent.destroy();
  server.child.kill('SIGTERM');
  await server.exited;
  await locker.end();
  await clinic.close();
});

/** Sent on a connection of its own while others wait. `hangUp` breaks it. */
function ask(path: string, { token = patient.token, body }: { token?: string; body?: object } = {}) {
  const text = body && JSON.stringify(body);
  const asked = send(`${server.base}${path}`, {
    agent,
    method: text ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${token}`,
      ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    },
  });
  const answer = new Promise<Answer>((done, failed) => {
    asked.on('error', failed).on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part)).on('error', failed);
      response.on('end', () => {
        const said = Buffer.concat(parts).toString();
        const { statusCode: status = 0, headers } = response;
        done({ status, headers, body: said === '' ? undefined : JSON.parse(said) });
      });
    });
  });
  // Who hangs up waits for no answer.
  answer.catch(() => {});
  asked.end(text);
  return Object.assign(answer, { hangUp: () => void asked.destroy() });
}

const profile = () => ask('/api/patient/profile/');
const many = <Each>(count: number, make: () => Each) => Array.from({ length: count }, make);
const count = (answers: Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

const lock = () => locker.query('begin; lock table patient_profiles in access exclusive mode');
const unlock = () => locker.query('commit');

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

/** Nothing is left of what was before: as many as ever are worked on together, and none is refused. */
async function expectWell(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(many(AT_A_TIME * 2, profile));
    expect(count(answers, 200)).toBe(answers.length);
  }
}

test('while its database stands still it refuses what would wait too long, and is well once it moves again', async () => {
  await lock();
  const order: string[] = [];
  const first = many(60, () => {
    const answer = profile();
    void answer.then(({ status, body }) => order.push(body?.code ?? status));
    return answer;
  });
  await untilBlocked(clinic.db.$client, POOL);

  // All but those under way hear that it is too much, and when to come again, while the lock still holds.
  await until(async () => order.filter((code) => code === 'overloaded').length === 60 - AT_A_TIME);
  // A newcomer hears so too, as soon as who is next has waited: before the token is looked at.
  let refused: Answer;
  const waiting: Promise<Answer>[] = [];
  do {
    waiting.push(profile());
    await sleep(100);
    refused = await Promise.race([ask('/api/patient/profile/', { token: 'none' }), ...waiting]);
  } while (refused.body.code !== 'overloaded');
  expectProblem(refused, 'overloaded');
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);

  // Health is asked past them all, by a connection that nobody else has.
  for (const path of ['/health/live', '/health/ready'])
    expect(await ask(path)).toMatchObject({ status: 200, body: { status: 'ok' } });
  // Who has a turn, but no connection to the database, is told after a while as well. Only then does the lock end.
  await until(async () => order.includes('database_unavailable'));
  expect(order).not.toContain(200);
  await unlock();

  const answers = await Promise.all(first);
  expect(count(answers, 200)).toBeGreaterThanOrEqual(POOL);
  for (const answer of answers.filter(({ status }) => status !== 200))
    expectProblem(answer, answer.body.code === 'overloaded' ? 'overloaded' : 'database_unavailable');
  await Promise.all(waiting);
  await expectWell();
});

test('those who hang up leave no trace, whether they had a turn or waited for one', async () => {
  for (let round = 0; round < 3; round += 1) {
    await lock();
    const gone = many(AT_A_TIME * 5, profile);
    await untilBlocked(clinic.db.$client, POOL);
    for (const answer of gone) answer.hangUp();
    await unlock();
    await until(async () => (await blocked(clinic.db.$client)) === 0);
  }
  await expectWell();
});

test('slow senders keep nobody waiting', async () => {
  const slow = many(AT_A_TIME * 3, () => {
    const asked = send(`${server.base}/api/appointments/`, {
      agent,
      method: 'POST',
      headers: {
        authorization: `Bearer ${patient.token}`,
        'content-type': 'application/json',
        'content-length': 100,
      },
    });
    asked.on('error', () => {}).write('{');
    return asked;
  });
  await expectWell();
  for (const asked of slow) asked.destroy();
  await expectWell();
});

test('a storm of sign-ins refuses sign-ins, while bookings and reads go on', async () => {
  const slots: number[] = [];
  for (let nth = 0; nth < 8; nth += 1) {
    const start = `${String(10 + nth)}`;
    slots.push(
      await clinic.slot(doctor, {
        date: new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10),
        start_time: `${start}:00`,
        end_time: `${start}:30`,
      }),
    );
  }
  const body = { username: patient.username, password: PASSWORD };
  const login = () => ask('/api/auth/login/', { body });
  const answers: Answer[] = [];
  let booked = false;
  const stormy = () => !booked || count(answers, 503) === 0;
  const storm = many(200, async () => {
    while (stormy()) {
      answers.push(await login());
      await sleep(50);
    }
  });
  for (const timeslot of slots) {
    expect(await ask('/api/appointments/', { body: { timeslot } })).toMatchObject({ status: 201 });
    expect(await profile()).toMatchObject({ status: 200 });
  }
  booked = true;
  await Promise.all(storm);
  expect(count(answers, 200)).toBeGreaterThan(0);
  for (const answer of answers.filter(({ status }) => status !== 200)) expectProblem(answer, 'overloaded');
  await until(async () => (await login()).status === 200);
});
