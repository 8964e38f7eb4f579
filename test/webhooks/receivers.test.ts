import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { expectProblem } from '../helpers/problem.ts';
import { type Answering, startReceiver } from '../helpers/receiver.ts';
import { hearingClinic } from './clinic.ts';

/** What becomes of a delivery, and of the endpoint, whatever its receiver does. */

const hearing = hearingClinic();
const { hear, book, send, deliveriesOf, admin } = hearing;
const BOOKED = { types: ['appointment.booked'] };

const GIGABYTE = 1_024 ** 3;
/** As many bytes as lie between the two in the buffers of both sockets, and more. */
const UNREAD = 64 * 1_024 ** 2;
const headed =
  (status: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    response.writeHead(status, headers).end('{}');
const again = (response_status: number) => ({ status: 'pending', response_status });
const late = (error: string) => ({ status: 'pending', response_status: null, error });

/** `seconds` that the endpoint is left alone for, at least; 0 where other deliveries go on. */
const TABLE: [name: string, answer: Answering, expected: object, seconds?: number, timeout?: number][] = [
  ['answers 200 with a page', headed(200), { status: 'delivered', response_status: 200 }],
  [
    'takes its time',
    (response) => setTimeout(() => response.writeHead(204).end(), 300),
    { status: 'delivered', response_status: 204 },
  ],
  ['answers 500', headed(500), again(500)],
  ['answers 400', headed(400), again(400)],
  ['redirects', headed(302, { location: 'http://127.0.0.1:1/' }), again(302)],
  ['redirects for ever', headed(308, { location: 'http://127.0.0.1:1/' }), again(308)],
  ['answers 429 and says no more', headed(429), again(429), 4],
  ['answers 429 and says for how long', headed(429, { 'retry-after': '3600' }), again(429), 3_500],
  [
    'answers 503 and says until when',
    headed(503, {
      date: 'Sun, 29 Nov 2026 20:00:00 GMT',
      'retry-after': 'Sun, 29 Nov 2026 21:00:00 GMT',
    }),
    again(503),
    3_500,
  ],
  ['answers 429 and names a moment that is none', headed(429, { 'retry-after': 'soon' }), again(429), 4],
  ['answers 502', headed(502), again(502), 4],
  ['answers 504', headed(504), again(504), 4],
  ['hangs up', (response) => response.destroy(), late('econnreset')],
  [
    'hangs up in the midst of its answer',
    (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('x');
      setTimeout(() => response.destroy(), 50);
    },
    late('econnreset'),
  ],
  [
    'speaks no HTTP',
    (response) => response.socket?.end('220 mail.example ESMTP\r\n'),
    late('hpe_invalid_constant'),
  ],
  ['never answers', () => {}, late('timeout'), 0, 1_000],
  ['answers a head and no end', (response) => response.writeHead(500).write('x'), late('timeout'), 0, 1_000],
];

const LONG = 600_000;

test.each(TABLE)('a receiver that %s', async (_name, answer, expected, seconds = 0, timeout = LONG) => {
  const receiver = await hear(answer, BOOKED);
  await book();
  await hearing.modules.events.drain();
  await hearing.dispatchWith({ timeout }).drain();
  expect(await deliveriesOf(receiver.id)).toMatchObject([{ attempts: 1, ...expected }]);
  expect(receiver.received).toHaveLength(1);
  const { body } = await admin().get(`/webhooks/${receiver.id}/`).expect(200);
  expect(body.is_active).toBe(true);
  const pause = body.paused_until === null ? 0 : (Date.parse(body.paused_until) - Date.now()) / 1_000;
  // What was said a moment ago has begun to run out.
  if (seconds >= 3_000) expect(pause).toBeGreaterThan(seconds - 600);
  else expect(body.paused_until !== null).toBe(seconds > 0);
  if (seconds === 0) return;
  // Nothing else is sent meanwhile.
  await hearing.clinic.db.$client.query('update webhook_endpoints set paused_until = $2 where id = $1', [
    receiver.id,
    new Date(Date.now() + 3_600_000),
  ]);
  await book();
  await send();
  expect(receiver.received).toHaveLength(1);
});

test('a receiver that sends a gigabyte has its word by the status, and is read no further than a little', async () => {
  let answered: ServerResponse | undefined;
  const receiver = await hear((response) => {
    answered = response;
    response.writeHead(200, { 'content-length': GIGABYTE });
    const chunk = Buffer.alloc(65_536);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  }, BOOKED);
  await book();
  await send();
  expect(await deliveriesOf(receiver.id)).toMatchObject([
    { status: 'delivered', attempts: 1, response_status: 200 },
  ]);
  await expect.poll(() => answered?.destroyed).toBe(true);
  expect(answered?.socket?.bytesWritten ?? 0).toBeLessThan(UNREAD);
});

test('one whose port is closed is tried again', async () => {
  const gone = await startReceiver();
  await gone.close();
  const { id } = await hearing.endpoint(gone.url, BOOKED);
  await book();
  await send();
  expect(await deliveriesOf(id)).toMatchObject([{ attempts: 1, ...late('econnrefused') }]);
});

test('410 switches it off, what waits is discarded and admins are told once; switched on, it is sent what it missed', async () => {
  const together: ServerResponse[] = [];
  let isGone = true;
  const receiver = await hear((response) => {
    if (!isGone) return void response.writeHead(204).end();
    together.push(response);
    // As many as are tried at a time fail at once.
    if (together.length === 4) for (const one of together) one.writeHead(410).end();
  }, BOOKED);
  const { rows } = await hearing.clinic.db.$client.query<{ now: string }>(
    'select clock_timestamp()::text as now',
  );
  const since = new Date(rows[0]?.now ?? '').toISOString();
  const visits = [];
  for (let nth = 0; nth < 6; nth += 1) visits.push(await book());
  await hearing.modules.events.drain();
  const lines: string[] = [];
  const log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (_fields: object, line: string) => lines.push(line),
    ]),
  ) as never;
  await hearing.dispatchWith({ log, timeout: LONG }).drain();
  expect(lines.filter((line) => !/failed for good/.test(line))).toEqual([]);
  expect((await admin().get(`/webhooks/${receiver.id}/`)).body).toMatchObject({
    is_active: false,
    off_reason: 'gone',
  });
  expect((await deliveriesOf(receiver.id, '?status=failed')).length).toBe(1);
  expect((await deliveriesOf(receiver.id, '?status=discarded')).length).toBe(5);
  const told = async () =>
    (await admin().get('/notifications/').expect(200)).body.results.filter(
      ({ kind }: { kind: string }) => kind === 'webhook_off',
    );
  expect(await told()).toHaveLength(1);
  visits.push(await book());
  await send();
  expect(receiver.received).toHaveLength(4);
  expectProblem(await admin().post(`/webhooks/${receiver.id}/replay/`, { since }), 'webhook_off');

  isGone = false;
  const first = receiver.received.splice(0);
  await admin().patch(`/webhooks/${receiver.id}/`, { is_active: true }).expect(200);
  const { body } = await admin().post(`/webhooks/${receiver.id}/replay/`, { since }).expect(200);
  expect(body.deliveries).toBe(visits.length);
  await send();
  expect(receiver.received.map(({ body: text }) => JSON.parse(text).data.id).sort()).toEqual(visits.sort());
  const ids = receiver.received.map(({ id }) => id);
  for (const { id } of first) expect(ids).toContain(id);
  receiver.verify(receiver.secret);
  expect(await told()).toHaveLength(1);
  // Those that failed together have not stood in one another's way.
  const { rows: locks } = await hearing.clinic.db.$client.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  expect(locks).toEqual([{ deadlocks: 0 }]);
});

test('one that is led elsewhere is sent what waits there at once, whatever the address before has asked for', async () => {
  const full = await hear(headed(503, { 'retry-after': '3600' }), BOOKED);
  const visits = [await book()];
  await send();
  const next = await startReceiver();
  onTestFinished(() => next.close());
  const { body } = await admin().patch(`/webhooks/${full.id}/`, { url: next.url }).expect(200);
  expect(body.paused_until).toBeNull();
  visits.push(await book());
  await send();
  expect(next.received.map(({ body: text }) => JSON.parse(text).data.id).sort()).toEqual(visits.sort());
  next.verify(full.secret);
  expect(await deliveriesOf(full.id)).toMatchObject([
    { status: 'delivered', attempts: 1 },
    { status: 'delivered', attempts: 1 },
  ]);
  // The same address again is no other: what it asked for holds.
  const slow = await hear(headed(429, { 'retry-after': '3600' }), BOOKED);
  await book();
  await send();
  await admin().patch(`/webhooks/${slow.id}/`, { url: slow.url }).expect(200);
  await send();
  expect(slow.received).toHaveLength(1);
});

test('what the address before says of a try that was under way then says nothing of the one that it is led to', async () => {
  for (const last of [headed(410), headed(503, { 'retry-after': '3600' })]) {
    const asked = Promise.withResolvers<Parameters<Answering>>();
    const before = await hear((...request) => asked.resolve(request), BOOKED);
    const visit = await book();
    await hearing.modules.events.drain();
    const sending = hearing.dispatchWith({ timeout: LONG }).drain();
    const request = await asked.promise;
    const next = await startReceiver();
    onTestFinished(() => next.close());
    await admin().patch(`/webhooks/${before.id}/`, { url: next.url }).expect(200);
    last(...request);
    await sending;
    await send();
    expect(next.received.map(({ body: text }) => JSON.parse(text).data.id)).toEqual([visit]);
    expect((await admin().get(`/webhooks/${before.id}/`)).body).toMatchObject({
      is_active: true,
      paused_until: null,
    });
  }
});

test('one that is switched off, or removed, is sent nothing more, also of what was on its way', async () => {
  const [off, removed] = [await hear(undefined, BOOKED), await hear(undefined, BOOKED)];
  await book();
  await hearing.modules.events.drain();
  await admin().patch(`/webhooks/${off.id}/`, { is_active: false }).expect(200);
  await admin().delete(`/webhooks/${removed.id}/`).expect(204);
  await send();
  expect([...off.received, ...removed.received]).toEqual([]);
  expect(await deliveriesOf(off.id)).toMatchObject([{ status: 'discarded', attempts: 0 }]);
});
