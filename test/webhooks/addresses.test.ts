import type { LookupAddress } from 'node:dns';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { silentLog } from '../../src/core/log.ts';
import { createWebhooks } from '../../src/modules/webhooks/index.ts';
import { post } from '../../src/modules/webhooks/sending/post.service.ts';
import { expectProblem } from '../helpers/problem.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { hearingClinic } from './clinic.ts';

/** Where webhooks may go in production: judged when an address is saved, and again at every try. */

const hearing = hearingClinic({ webhook_allow_private: false });
const { admin, endpoint, deliveriesOf } = hearing;
const BOOKED = { types: ['appointment.booked'] };
const ip = (address: string): LookupAddress => ({ address, family: 4 });

/** Answers as a name server does that gives another address each time, the last one from then on. */
function rebinding(...addresses: string[]) {
  const asked: string[] = [];
  return {
    asked,
    async resolve(name: string) {
      const address = addresses[Math.min(asked.length, addresses.length - 1)] ?? '';
      asked.push(name);
      return [ip(address)];
    },
  };
}

test('private addresses and HTTP are for development, unless a clinic says otherwise', () => {
  const production = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://db/clinic',
    JWT_SECRET: 'Jq1sN0w2hVbC8zXe5rTy7uIoP3aSdF6gH9jKlZ4x',
  };
  expect(loadConfig({}).webhook_allow_private).toBe(true);
  expect(loadConfig(production).webhook_allow_private).toBe(false);
  expect(loadConfig({ ...production, WEBHOOK_ALLOW_PRIVATE: 'true' }).webhook_allow_private).toBe(true);
});

test.each([
  'http://8.8.8.8/',
  'https://127.0.0.1/',
  'https://10.0.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://localhost/',
])('%s is refused when it is saved, and when an endpoint is changed to it', async (url) => {
  expectProblem(await admin().post('/webhooks/', { url }), 'url_not_allowed');
  const { id } = await endpoint('https://8.8.8.8/');
  expectProblem(await admin().patch(`/webhooks/${id}/`, { url }), 'url_not_allowed');
  expect((await admin().get(`/webhooks/${id}/`)).body.url).toBe('https://8.8.8.8/');
});

test('a name that is public when it is saved and private when it is sent to is not reached', async () => {
  const receiver = await startReceiver();
  const { db } = hearing.clinic;
  const { resolve, asked } = rebinding('8.8.8.8', '127.0.0.1');
  const webhooks = createWebhooks({
    ...{
      db,
      clock: hearing.clock,
      audit: { record: async () => {} },
      sealer: hearing.modules.sealer,
      resolve,
    },
    webhook_allow_private: false,
    event_retention_days: 30,
  });
  const input = {
    url: `https://crm.example:${new URL(receiver.url).port}/`,
    description: null,
    is_active: true,
  };
  const { id, role } = hearing.people.admin;
  const made = await webhooks.create({ ...input, ...BOOKED } as never, { id, role, session: 1 } as never);
  await hearing.book();
  await hearing.modules.events.drain();
  await hearing.dispatchWith({ resolve, webhook_allow_private: false, log: silentLog }).drain();
  expect(asked).toEqual(['crm.example', 'crm.example']);
  expect(receiver.received).toEqual([]);
  expect(await deliveriesOf(made.id)).toMatchObject([
    { status: 'pending', attempts: 1, error: 'url_not_allowed', response_status: null },
  ]);
  await admin().delete(`/webhooks/${made.id}/`).expect(204);
  await receiver.close();
});

test('a name is asked for once a try, and the connection goes to the address that was judged', async () => {
  const receiver = await startReceiver();
  // Nothing listens at the second: whoever asked again would be refused.
  const { resolve, asked } = rebinding('127.0.0.1', '127.0.0.2');
  const { port } = new URL(receiver.url);
  const outcome = await post({
    url: `http://crm.example:${port}/hooks`,
    headers: { 'content-type': 'application/json' },
    body: '{}',
    allow_private: true,
    resolve,
    timeout: 600_000,
  });
  expect(outcome).toEqual({ status: 204 });
  expect(asked).toEqual(['crm.example']);
  // The receiver still hears the name by which it was called.
  expect(receiver.received[0]?.headers.host).toBe(`crm.example:${port}`);
  await receiver.close();
});
