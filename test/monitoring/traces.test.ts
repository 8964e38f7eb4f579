import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { present, tellTraces } from '../../src/core/tracing.ts';
import { together } from '../../src/db/together.ts';
import { openTracing } from '../../src/main/tracing.ts';
import { PASSWORD, testApp, testConfig } from '../helpers/app.ts';
import { startEskiz } from '../helpers/messages/eskiz.ts';
import { startCollector, treeOf } from '../helpers/otlp.ts';
import { startServer } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';

/** What a collector is told of a request and of what it causes, seen at one of our own. */

afterEach(() => tellTraces(undefined));

const newCause = (flags = '01') => {
  const [trace, span] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { trace, span, traceparent: `00-${trace}-${span}-${flags}` };
};

/** Tells traces in this process. */
async function telling(settings: Record<string, string> = {}) {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const { tracing } = loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...settings });
  if (!tracing) throw new Error('no traces are told');
  const traces = openTracing({ ...tracing, version: 'test', onChange: () => {} });
  tellTraces(traces);
  return { collector, traces };
}

test('a booking is one tree, from the request to the SMS and the webhook that it caused, and names nobody', async () => {
  const [collector, eskiz, receiver] = await Promise.all([startCollector(), startEskiz(), startReceiver()]);
  const clinic = await testApp();
  const [booked, keyed] = [newCause(), newCause()];
  const patient = await clinic.person('patient', {
    first_name: 'Oybek',
    last_name: 'Yoqubov',
    phone: '+998901234567',
  });
  const doctor = await clinic.person('doctor', { first_name: 'Nigora', last_name: 'Saidova' });
  const admin = await clinic.person('admin');
  await clinic.db.$client.query('update users set phone_verified_at = now() where id = $1', [patient.id]);
  await clinic.db.$client.query(
    'insert into notification_preferences (user_id, quiet) values ($1, false) on conflict (user_id) do update set quiet = false',
    [patient.id],
  );
  const date = `${new Date().getUTCFullYear() + 1}-03-12`;
  const times = [
    ['10:00', '10:30'],
    ['11:00', '11:30'],
  ] as const;
  const [one, two] = await Promise.all(
    times.map(([start_time, end_time]) => clinic.slot(doctor, { date, start_time, end_time })),
  );
  const { url } = receiver;
  await clinic
    .as(admin)
    .post('/webhooks/', { url, types: ['appointment.booked'] })
    .expect(201);
  const server = await startServer({
    DATABASE_URL: clinic.url,
    JWT_SECRET: testConfig.jwt_secret,
    MIGRATE_ON_START: 'false',
    DATA_KEYS: testConfig.data_keys.file ?? '',
    SMS_PROVIDER: 'eskiz',
    ESKIZ_URL: eskiz.url,
    ESKIZ_EMAIL: eskiz.account.email,
    ESKIZ_PASSWORD: eskiz.account.password,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=clinic%20one',
  });
  // A reader begins with what happens from then on.
  const reading = "select from event_readers where name = 'webhooks'";
  await expect.poll(async () => (await clinic.db.$client.query(reading)).rowCount).toBe(1);
  const book = (timeslot: number | undefined, headers: Record<string, string>) =>
    fetch(`${server.base}/api/appointments/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${patient.token}`, ...headers },
      body: JSON.stringify({ timeslot, reason: 'Toothache' }),
    });
  expect(
    (await book(one, { traceparent: booked.traceparent, tracestate: 'v=Oybek', baggage: 'n=Oybek' })).status,
  ).toBe(201);
  const key = { 'idempotency-key': 'a-key-of-Oybek' };
  expect((await book(two, { traceparent: keyed.traceparent, ...key })).status).toBe(201);
  await expect.poll(() => eskiz.state.taken.length).toBeGreaterThanOrEqual(2);
  await expect.poll(() => receiver.received.length).toBe(2);
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);

  const spans = collector.spans();
  for (const { trace, span } of [booked, keyed]) {
    const tree = treeOf(
      spans.filter((one) => one.trace === trace),
      span,
    );
    expect(tree[0]).toBe('POST /api/appointments/');
    expect(tree).toContain('  appointments.book');
    expect(tree).toContain('  read messages');
    expect(tree).toContain('    messages.insert');
    expect(tree).toContain('    job send_message');
    expect(tree).toContain('      send sms');
    expect(tree).toContain('  send webhook');
  }
  const request = spans.find(({ parent }) => parent === booked.span);
  expect(request?.attributes).toEqual(
    expect.arrayContaining(['http.request.method=POST', 'http.route=/api/appointments/']),
  );
  expect(collector.received[0]?.path).toBe('/v1/traces');
  expect(collector.received[0]?.headers).toContain('clinic one');
  // Whatever was sent, in bytes: texts of protobuf stand there as they are.
  const everything = collector.received
    .map(({ bytes, headers }) => bytes.toString('latin1') + headers)
    .join('\n');
  const secret = [
    'Oybek',
    'Yoqubov',
    'Nigora',
    'Saidova',
    '998901234567',
    PASSWORD,
    'Toothache',
    patient.username,
    patient.token,
  ];
  const provider = [
    eskiz.account.email,
    eskiz.account.password,
    'token-1',
    receiver.url,
    testConfig.jwt_secret,
    clinic.url,
  ];
  expect(
    [...secret, ...provider, 'select ', '127.0.0.1'].filter((word) =>
      everything.replaceAll(`"host":"${collector.url.slice(7)}"`, '').includes(word),
    ),
  ).toEqual([]);
  await Promise.all([clinic.close(), collector.close(), eskiz.close(), receiver.close()]);
});

test('what came with a trace of no use begins one of its own, and what is not to be told is not', async () => {
  const { collector, traces } = await telling();
  const clinic = await testApp();
  onTestFinished(() => clinic.close());
  const ask = (traceparent: string) =>
    clinic.app
      .inject({ url: '/api/auth/me/', headers: { traceparent } })
      .then(({ statusCode }) => expect(statusCode).toBe(401));
  const [good, silent] = [newCause(), newCause('00')];
  await ask(good.traceparent);
  await ask(silent.traceparent);
  await ask(`${newCause().traceparent}${'-'.repeat(9_000)}`);
  await ask('00-Oybek-Yoqubov-01');
  await traces.close();
  const told = collector.spans().filter(({ name }) => name === 'GET /api/auth/me/');
  expect(told).toHaveLength(3);
  expect(told.filter(({ trace, parent }) => trace === good.trace && parent === good.span)).toHaveLength(1);
  expect(told.filter(({ parent }) => parent === '')).toHaveLength(2);
  expect(told.filter(({ trace }) => trace === silent.trace)).toEqual([]);
});

test.each([
  ['always_off', '1', 0],
  ['traceidratio', '0', 0],
  ['always_on', '0', 4],
  ['parentbased_traceidratio', '0', 0],
  ['parentbased_traceidratio', '1', 4],
] as const)(
  'the sampler %s of %s tells %i of four',
  async (OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, count) => {
    const { collector, traces } = await telling({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG });
    for (let nth = 0; nth < 4; nth += 1) await traces.begin('one', {}, undefined, async () => {});
    await traces.close();
    expect(collector.spans()).toHaveLength(count);
  },
);

test('those who travel in a group have one span for it, which is linked to each of them and they to it', async () => {
  const { collector, traces } = await telling();
  const gate = Promise.withResolvers<void>();
  const seen: (string | undefined)[] = [];
  const add = together<number, number>({
    alone: async (item) => {
      await gate.promise;
      return item;
    },
    together: async (items) => {
      seen.push(present()?.traceparent);
      return items;
    },
  });
  const causes = [1, 2, 3].map(() => newCause());
  const asked = causes.map(({ traceparent }, nth) =>
    traces.begin(`asks ${nth}`, {}, traceparent, () => add(nth)),
  );
  // The first goes alone; the others wait for it, and go together.
  gate.resolve();
  expect(await Promise.all(asked)).toEqual([0, 1, 2]);
  await traces.close();
  const spans = collector.spans();
  const named = (name: string) => spans.find((span) => span.name === name);
  const group = named('together');
  expect(spans).toHaveLength(4);
  expect(seen).toEqual([`00-${group?.trace}-${group?.id}-01`]);
  expect(group?.parent).toBe(named('asks 1')?.id);
  expect(group?.links).toEqual([named('asks 2')?.id]);
  expect(named('asks 2')?.links).toEqual([group?.id]);
});

test.each([
  ['is not there', undefined],
  ['never answers', () => {}],
])(
  'a collector that %s costs a line of the log, and no request and no stop waits for it',
  async (what, answer) => {
    const collector = await startCollector(answer);
    if (answer) onTestFinished(() => collector.close());
    else await collector.close();
    const clinic = await testApp();
    onTestFinished(() => clinic.close());
    const server = await startServer({
      DATABASE_URL: clinic.url,
      JWT_SECRET: testConfig.jwt_secret,
      MIGRATE_ON_START: 'false',
      WORKER: 'off',
      LOG_LEVEL: 'warn',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: answer ? '60000' : '100',
    });
    for (let nth = 0; nth < 3; nth += 1)
      expect((await fetch(`${server.base}/api/auth/me/`)).status).toBe(401);
    server.child.kill('SIGTERM');
    // A stop that takes too long ends with 1.
    expect(await server.exited).toBe(0);
    const said = server
      .output()
      .split('\n')
      .filter((line) => line.includes('takes no traces'));
    expect(said, what).toHaveLength(answer ? 0 : 1);
  },
);

test('without a collector nothing of OpenTelemetry is loaded', () => {
  for (const settings of [{}, { OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])
    expect(
      loadConfig({ ...(settings && { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }), ...settings })
        .tracing === undefined,
    ).toBe(Object.keys(settings).length > 0);
  expect(loadConfig({}).tracing).toBeUndefined();
  const root = resolve(import.meta.dirname, '../../src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const using = (pattern: RegExp) =>
    files.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));
  expect(using(/@opentelemetry/)).toEqual(['main/tracing.ts']);
  expect(using(/^import (?!type).*main\/tracing\.ts|^import (?!type).*'\.\/tracing\.ts'/m)).toEqual([]);
});
