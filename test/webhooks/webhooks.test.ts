import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { createSealer } from '../../src/core/sealing.ts';
import { createDispatch } from '../../src/modules/webhooks/index.ts';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, type TestClock, testApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { type Answering, startReceiver } from '../helpers/receiver.ts';

/** By the system's own clock: receivers refuse what was signed long ago. */
const clock = createClock('Asia/Tashkent') as TestClock;
let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
let modules: ReturnType<typeof createModules>;
let day = 0;

beforeAll(async () => {
  clinic = await testApp({ clock });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
  modules = createModules({ db: clinic.db, clock, log: silentLog, config: testConfig });
  await modules.events.drain();
});
afterAll(() => clinic.close());

async function hear(answer?: Answering, fields: object = {}) {
  const receiver = await startReceiver(answer);
  onTestFinished(() => receiver.close());
  const { body } = await clinic
    .as(people.admin)
    .post('/webhooks/', { url: receiver.url, ...fields })
    .expect(201);
  onTestFinished(async () => {
    await clinic.as(people.admin).delete(`/webhooks/${body.id}/`);
  });
  return { ...receiver, id: body.id as number, secret: body.secret as string };
}
const tomorrow = () => {
  day += 1;
  return new Date(Date.now() + (day + 1) * 86_400_000).toISOString().slice(0, 10);
};
const book = async () => clinic.book(people.patient, await clinic.slot(people.doctor, { date: tomorrow() }));
/** Reads the log and sends what is due. */
async function send(): Promise<void> {
  await modules.events.drain();
  await modules.dispatch.drain();
}
/** Everything that waits is due now. */
const hurry = () =>
  clinic.db.$client.query(`
    update webhook_deliveries set due_at = now() where status = 'pending';
    update webhook_endpoints set paused_until = null`);
const deliveriesOf = async (id: number) =>
  (await clinic.as(people.admin).get(`/webhooks/${id}/deliveries/`).expect(200)).body.results;

test('a booking reaches every endpoint under one id, signed, with ids and times and no name', async () => {
  const [one, other] = [await hear(), await hear(undefined, { types: ['appointment.booked'] })];
  const id = await book();
  await send();
  for (const receiver of [one, other]) receiver.verify(receiver.secret);
  expect(other.received).toHaveLength(1);
  const [{ id: message = '', body = '' } = {}] = other.received;
  expect(message).toMatch(/^evt_[0-9a-f]+_\d+$/);
  expect(one.received.map((received) => received.id)).toContain(message);
  expect(JSON.parse(body)).toEqual({
    type: 'appointment.booked',
    timestamp: expect.stringMatching(/Z$/),
    data: {
      object: 'appointment',
      id,
      version: 1,
      status: 'pending',
      doctor: people.doctor.id,
      patient: people.patient.id,
      branch: 1,
      starts_at: expect.stringMatching(/T05:00:00\.000Z$/),
      ends_at: expect.stringMatching(/T05:30:00\.000Z$/),
    },
  });
  expect(await deliveriesOf(other.id)).toMatchObject([
    { message_id: message, status: 'delivered', attempts: 1, response_status: 204 },
  ]);
});

test('a secret that is replaced signs on for a day beside the new one, and nothing is refused', async () => {
  const receiver = await hear();
  await book();
  await send();
  const { body } = await clinic.as(people.admin).post(`/webhooks/${receiver.id}/rotate/`).expect(200);
  const before = receiver.received.splice(0);
  expect(before.length).toBeGreaterThan(0);
  await book();
  await send();
  receiver.verify(receiver.secret);
  receiver.verify(body.secret);
  const { body: third } = await clinic.as(people.admin).post(`/webhooks/${receiver.id}/rotate/`).expect(200);
  receiver.received.length = 0;
  await book();
  await send();
  receiver.verify(third.secret);
  receiver.verify(body.secret);
  expect(() => receiver.verify(receiver.secret)).toThrow();
  const { rows } = await clinic.db.$client.query('select * from webhook_endpoints');
  for (const secret of [receiver.secret, body.secret, third.secret]) {
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect((await clinic.as(people.admin).get('/webhooks/')).text).not.toContain(secret);
  }
});

const GIGABYTE = 1_024 ** 3;
const TABLE: [name: string, answer: Answering, expected: object][] = [
  [
    'answers 500',
    (response) => response.writeHead(500).end('x'),
    { status: 'pending', response_status: 500 },
  ],
  [
    'redirects',
    (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    { status: 'pending', response_status: 302 },
  ],
  [
    'hangs up',
    (response) => response.destroy(),
    { status: 'pending', response_status: null, error: 'econnreset' },
  ],
  ['never answers', () => {}, { status: 'pending', response_status: null, error: 'timeout' }],
  [
    'answers a head and no end',
    (response) => response.writeHead(500).write('x'),
    { status: 'pending', response_status: null, error: 'timeout' },
  ],
  [
    'sends a gigabyte',
    (response) => {
      response.writeHead(200, { 'content-length': GIGABYTE });
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    },
    { status: 'delivered', response_status: 200 },
  ],
];

test.each(TABLE)('a receiver that %s', async (_name, answer, expected) => {
  const receiver = await hear(answer, { types: ['appointment.booked'] });
  await book();
  await modules.events.drain();
  const sealer = modules.sealer as ReturnType<typeof createSealer>;
  const { telling } = modules.notifications;
  await createDispatch({
    db: clinic.db,
    clock,
    log: silentLog,
    sealer,
    telling,
    timeout: 1_500,
    webhook_allow_private: true,
  }).drain();
  const [delivery] = await deliveriesOf(receiver.id);
  expect(delivery).toMatchObject({ attempts: 1, ...expected });
});

test('one that asks to be left alone is, with all that waits for it', async () => {
  const receiver = await hear((response) => response.writeHead(429, { 'retry-after': '3600' }).end(), {
    types: ['appointment.booked'],
  });
  await book();
  await send();
  await book();
  await send();
  expect(receiver.received).toHaveLength(1);
  const { body } = await clinic.as(people.admin).get(`/webhooks/${receiver.id}/`).expect(200);
  expect(Date.parse(body.paused_until) - Date.now()).toBeGreaterThan(3_000_000);
});

test('410 switches it off, what waits is discarded and admins are told; switched on, it can be sent what it missed', async () => {
  let gone = true;
  const receiver = await hear((response) => response.writeHead(gone ? 410 : 204).end(), {
    types: ['appointment.booked'],
  });
  const since = new Date(Date.now() - 1_000).toISOString();
  await book();
  await send();
  const admin = clinic.as(people.admin);
  expect((await admin.get(`/webhooks/${receiver.id}/`)).body).toMatchObject({
    is_active: false,
    off_reason: 'gone',
  });
  const { body: inbox } = await admin.get('/notifications/').expect(200);
  expect(inbox.results.map(({ kind }: { kind: string }) => kind)).toContain('webhook_off');
  await book();
  await send();
  expect(receiver.received).toHaveLength(1);
  expectProblem(await admin.post(`/webhooks/${receiver.id}/replay/`, { since }), 'webhook_off');
  gone = false;
  await admin.patch(`/webhooks/${receiver.id}/`, { is_active: true }).expect(200);
  const { body } = await admin.post(`/webhooks/${receiver.id}/replay/`, { since }).expect(200);
  expect(body.deliveries).toBeGreaterThanOrEqual(2);
  await send();
  const [first] = receiver.received;
  expect(receiver.received.slice(1).map(({ id }) => id)).toContain(first?.id);
  receiver.verify(receiver.secret);
});

test('after ten tries without any success it goes off; with one in between only the delivery fails', async () => {
  const dead = await hear((response) => response.writeHead(500).end(), { types: ['appointment.booked'] });
  const shaky = await hear((response, nth) => response.writeHead(nth === 5 ? 204 : 500).end(), {
    types: ['appointment.booked'],
  });
  await book();
  await book();
  await modules.events.drain();
  for (let round = 0; round < 10; round += 1) {
    await hurry();
    await modules.dispatch.drain();
  }
  const get = async (id: number) => (await clinic.as(people.admin).get(`/webhooks/${id}/`)).body;
  expect(await get(dead.id)).toMatchObject({ is_active: false, off_reason: 'failing' });
  expect(await get(shaky.id)).toMatchObject({ is_active: true, off_reason: null });
  const states = (await deliveriesOf(shaky.id)).map(({ status }: { status: string }) => status).sort();
  expect(states).toEqual(['delivered', 'failed']);
  const failed = (await deliveriesOf(shaky.id)).find(({ status }: { status: string }) => status === 'failed');
  await clinic.as(people.admin).post(`/deliveries/${failed.id}/replay/`).expect(200);
  expect((await deliveriesOf(shaky.id)).find(({ id }: { id: number }) => id === failed.id)).toMatchObject({
    status: 'pending',
    attempts: 0,
    message_id: failed.message_id,
  });
});

test('a name that is public when it is saved and private when it is sent to is not reached', async () => {
  const receiver = await hear(undefined, { types: ['appointment.booked'] });
  await clinic.db.$client.query('update webhook_endpoints set url = $2 where id = $1', [
    receiver.id,
    `https://crm.example:${new URL(receiver.url).port}/`,
  ]);
  await book();
  await modules.events.drain();
  const { telling } = modules.notifications;
  const base = { db: clinic.db, clock, log: silentLog, sealer: modules.sealer, telling, timeout: 2_000 };
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  await createDispatch({ ...base, resolve, webhook_allow_private: false }).drain();
  expect(receiver.received).toEqual([]);
  expect(await deliveriesOf(receiver.id)).toMatchObject([{ status: 'pending', error: 'url_not_allowed' }]);
});

test('private addresses are refused in production, HTTP with them', () => {
  expect(loadConfig({}).webhook_allow_private).toBe(true);
});
