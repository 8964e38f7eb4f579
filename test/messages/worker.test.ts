import { once } from 'node:events';
import { connect, createServer as createRelay, type Socket } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { createDatabase, PATIENT_LIMITS } from '../helpers/database.ts';
import { startEskiz, startSmtp, startTelegram, startTwilio } from '../helpers/messages/providers.ts';
import { type Started, startProcess } from '../helpers/process.ts';
import { rounds } from '../helpers/races.ts';

const MESSAGES = Math.min(1_000, Math.max(100, rounds(300)));
const CONCURRENCY = 10;
const SECRET = 'k7Qm2xV9pLr4TzWc8NfYb3HsJd6GaEuC';

/** What the tests started, ended by its own handle. */
const running = new Set<Started>();
afterEach(async () => {
  for (const process of running) process.child.kill('SIGKILL');
  await Promise.all([...running].map(({ exited }) => exited));
  running.clear();
});

function startWorker(url: string, env: Record<string, string> = {}): Started {
  const worker = startProcess(['src/main/worker.ts'], {
    NODE_ENV: 'production',
    DATABASE_URL: url,
    JWT_SECRET: SECRET,
    WORKER_CONCURRENCY: String(CONCURRENCY),
    ...env,
  });
  running.add(worker);
  return worker;
}

async function database() {
  const url = await createDatabase();
  const db = openDatabase({ url, pool_max: 3, limits: PATIENT_LIMITS });
  onTestFinished(() => db.$client.end());
  const query = async <Row>(text: string, values: unknown[] = []) =>
    (await db.$client.query(text, values)).rows as Row[];
  return { url, query };
}
type Query = Awaited<ReturnType<typeof database>>['query'];

/**
 * People with every address proved, and a message for each by one channel, waiting to be sent. Workers go by the real
 * clock: nobody has quiet hours, or these tests would wait for the morning.
 */
async function queueMessages(query: Query, channel: string, count: number): Promise<void> {
  await query(
    `with person as (
       insert into users (username, password_hash, role, locale, email, phone, email_verified_at, phone_verified_at)
       select 'bulk.' || n, 'x', 'patient', 'uz', 'bulk' || n || '@example.uz', '+9989' || (10000000 + n), now(), now()
       from generate_series(1, $2::int) n returning id
     ), chat as (
       insert into telegram_chats (user_id, chat_id) select id, 'chat' || id from person
     ), awake as (
       insert into notification_preferences (user_id, quiet) select id, false from person
     ), made as (
       insert into messages (key, user_id, channel, kind)
       select 'bulk:' || id || ':' || $1, id, $1::message_channel, 'password_changed' from person returning id
     )
     select graphile_worker.add_job('send_message', json_build_object('message', id), job_key => 'message:' || id) from made`,
    [channel, count],
  );
}

async function until(met: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await met())) await new Promise((resolve) => setTimeout(resolve, 25));
}
const allSent = async (query: Query) =>
  (await query<{ count: number }>("select count(*)::int as count from messages where status <> 'sent'"))[0]
    ?.count === 0;

/** A provider that stops to think once two fifths are taken, while the worker is killed. */
interface Provider {
  env: Record<string, string>;
  state: { onTaken: (count: number) => Promise<void> | void };
  /** To whom messages were delivered, each time. */
  delivered: () => string[];
  close: () => Promise<void>;
}

interface ProviderCase {
  channel: string;
  start: () => Promise<Provider>;
  repeats: 'none' | 'a few';
}

const providers: Record<string, ProviderCase> = {
  'email over SMTP': {
    channel: 'email',
    repeats: 'a few',
    async start() {
      const server = await startSmtp();
      const { smtp_url, from } = server.settings;
      return {
        env: { SMTP_URL: smtp_url, MAIL_FROM: from },
        state: server.state,
        // By their Message-ID, which a repeat has in common with the first.
        delivered: () => server.mails.map(({ message_id }) => message_id),
        close: server.close,
      };
    },
  },
  'SMS through Eskiz': {
    channel: 'sms',
    repeats: 'none',
    async start() {
      const server = await startEskiz();
      const { url, email, password } = server.settings;
      return {
        env: { SMS_PROVIDER: 'eskiz', ESKIZ_URL: url, ESKIZ_EMAIL: email, ESKIZ_PASSWORD: password },
        state: server.state,
        delivered: () => server.taken.map(({ to }) => to),
        close: server.close,
      };
    },
  },
  'SMS through Twilio': {
    channel: 'sms',
    repeats: 'none',
    async start() {
      const server = await startTwilio();
      const { url, account_sid, auth_token, from } = server.settings;
      return {
        env: {
          SMS_PROVIDER: 'twilio',
          TWILIO_URL: url,
          TWILIO_ACCOUNT_SID: account_sid,
          TWILIO_AUTH_TOKEN: auth_token,
          TWILIO_FROM: from,
        },
        state: server.state,
        delivered: () => server.taken.map(({ to }) => to),
        close: server.close,
      };
    },
  },
  Telegram: {
    channel: 'telegram',
    repeats: 'a few',
    async start() {
      const server = await startTelegram();
      const { token, api_url } = server.settings;
      return {
        env: { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_URL: api_url },
        state: server.state,
        delivered: () => server.taken.map(({ to }) => to),
        close: server.close,
      };
    },
  },
};

describe(`a worker that is killed in the middle of ${MESSAGES} sends, and started again`, () => {
  // One that may repeat a message and one that must not; npm run test:long has all four.
  const tried =
    process.env.RACE_ROUNDS === undefined ? ['email over SMTP', 'SMS through Eskiz'] : Object.keys(providers);
  test.each(tried)('%s', async (name) => {
    const { channel, start, repeats } = providers[name] as ProviderCase;
    const provider = await start();
    onTestFinished(() => provider.close());
    const { url, query } = await database();
    await queueMessages(query, channel, MESSAGES);

    // As many as the worker sends at a time have been taken and not yet answered when it dies: the worst moment.
    let held = 0;
    let killed = false;
    const worker = startWorker(url, provider.env);
    await new Promise<void>((resolve) => {
      provider.state.onTaken = async (count) => {
        if (killed || count <= 0.4 * MESSAGES) return;
        held += 1;
        if (held === CONCURRENCY || channel === 'email') resolve();
        await new Promise(() => {});
      };
    });
    worker.child.kill('SIGKILL');
    await worker.exited;
    killed = true;
    const before = provider.delivered().length;
    const began = performance.now();
    startWorker(url, provider.env);
    await until(() => allSent(query));
    const seconds = (performance.now() - began) / 1_000;

    const delivered = provider.delivered();
    const repeated = delivered.length - new Set(delivered).size;
    process.stdout.write(
      `${name.padEnd(18)} ${before} taken when killed (${held} unanswered), ${delivered.length} in all, ` +
        `${new Set(delivered).size} different, ${repeated} repeated; the rest took ${seconds.toFixed(1)} s\n`,
    );
    expect(new Set(delivered).size).toBe(MESSAGES);
    if (repeats === 'none') expect(repeated).toBe(0);
    // Those on their way when it died, and no others.
    else expect(repeated).toBeLessThanOrEqual(CONCURRENCY);
    // The queue forgets a job a moment after it is done.
    await until(async () => (await query('select from graphile_worker.jobs')).length === 0);
  });
});

test('a worker that is asked to stop finishes what it is sending and sends nothing twice', async () => {
  const server = await startTelegram();
  onTestFinished(() => server.close());
  const { url, query } = await database();
  await queueMessages(query, 'telegram', 200);
  const env = { TELEGRAM_BOT_TOKEN: server.settings.token, TELEGRAM_API_URL: server.settings.api_url };
  const worker = startWorker(url, env);
  await new Promise<void>((resolve) => {
    server.state.onTaken = async (count) => {
      if (count === 50) resolve();
      if (count >= 50) await new Promise((later) => setTimeout(later, 300));
    };
  });
  worker.child.kill('SIGTERM');
  worker.child.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
  // What was taken has been noted as sent: nothing is left in between.
  const [left] = await query<{ sent: number; sending: number; locked: number }>(
    `select count(*) filter (where status = 'sent')::int as sent, count(*) filter (where status = 'sending')::int as sending,
       (select count(*)::int from graphile_worker.jobs where locked_at is not null) as locked from messages`,
  );
  expect(left).toEqual({ sent: server.taken.length, sending: 0, locked: 0 });
  expect(server.taken.length).toBeLessThan(200);
  server.state.onTaken = () => {};
  startWorker(url, env);
  await until(() => allSent(query));
  expect(server.taken).toHaveLength(200);
});

test('two workers share the messages, and send none twice', async () => {
  const server = await startTelegram();
  onTestFinished(() => server.close());
  const { url, query } = await database();
  await queueMessages(query, 'telegram', 300);
  const env = { TELEGRAM_BOT_TOKEN: server.settings.token, TELEGRAM_API_URL: server.settings.api_url };
  startWorker(url, env);
  startWorker(url, env);
  await until(() => allSent(query));
  expect(server.taken).toHaveLength(300);
  expect(new Set(server.taken.map(({ to }) => to)).size).toBe(300);
  // One of the two polls the bot; Telegram would refuse a second.
  await until(() => server.polls() > 0);
});

test('a database that is away, at start and later, is tried again', async () => {
  const server = await startTelegram();
  onTestFinished(() => server.close());
  const { url, query } = await database();
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const open = async (port: number) => {
    const relay = createRelay((socket) => {
      const upstream = connect({ host: target.hostname, port: Number(target.port) });
      sockets.add(socket);
      socket.pipe(upstream).pipe(socket);
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
    }).listen(port, '127.0.0.1');
    await once(relay, 'listening');
    return relay;
  };
  const cut = async (relay: Awaited<ReturnType<typeof open>>) => {
    relay.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await once(relay, 'close');
  };
  const first = await open(0);
  const address = first.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await cut(first);
  const relayed = new URL(url);
  relayed.host = `127.0.0.1:${port}`;

  await queueMessages(query, 'telegram', 5);
  const env = { TELEGRAM_BOT_TOKEN: server.settings.token, TELEGRAM_API_URL: server.settings.api_url };
  const worker = startWorker(relayed.href, env);
  await worker.printed(/background jobs cannot run now/);
  const second = await open(port);
  await until(() => allSent(query));

  await cut(second);
  await query(
    `insert into messages (key, user_id, channel, kind) select 'later:' || id, id, 'telegram', 'password_changed' from users`,
  );
  await query(`select graphile_worker.add_job('send_message', json_build_object('message', id), job_key => 'message:' || id)
    from messages where status = 'queued'`);
  const third = await open(port);
  await until(() => allSent(query));
  expect(server.taken).toHaveLength(10);
  worker.child.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
  await cut(third);
  // What it printed names nobody and no password.
  expect(worker.output()).not.toMatch(/example\.uz|\+9989|bulk|chat\d/);
});

test('a database that nobody has migrated is left as it is', async () => {
  const url = await createDatabase({ empty: true });
  const worker = startWorker(url);
  await worker.printed(/background jobs cannot run now/);
  const db = openDatabase({ url, pool_max: 1, limits: PATIENT_LIMITS });
  const { rows } = await db.$client.query("select nspname from pg_namespace where nspname like 'graphile%'");
  await db.$client.end();
  expect(rows).toEqual([]);
});
