import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { expect, test } from 'vitest';
import { startReceiver } from '../helpers/receiver.ts';
import { hearingClinic } from './clinic.ts';

const hearing = hearingClinic();
const VISITS = 24;
/** As many as are tried at a time. */
const AT_A_TIME = 4;

test('a secret is replaced while deliveries flow, the receiver changes over when it likes, and refuses none', async () => {
  let secrets: string[] = [];
  let held: ServerResponse[] | undefined = [];
  const signatures: number[] = [];
  const receiver = await startReceiver((response, nth) => {
    const { body = '', headers = {} } = receiver.received[nth - 1] ?? {};
    signatures.push(headers['webhook-signature']?.split(' ').length ?? 0);
    // Each in turn by one program and the other, and by the old secret and the new one.
    const Verifier = nth % 2 ? Webhook : Svix;
    try {
      new Verifier(secrets[nth % secrets.length] ?? '').verify(body, headers);
    } catch {
      return response.writeHead(401).end();
    }
    if (held) return held.push(response);
    return response.writeHead(204).end();
  });
  const { id, secret } = await hearing.endpoint(receiver.url, { types: ['appointment.booked'] });
  secrets = [secret];
  for (let visit = 0; visit < VISITS; visit += 1) await hearing.book();
  await hearing.modules.events.drain();
  const sending = hearing.dispatchWith({ timeout: 600_000 }).start();
  // Those under way were signed before.
  await expect.poll(() => held?.length).toBe(AT_A_TIME);
  const { body } = await hearing.admin().post(`/webhooks/${id}/rotate/`).expect(200);
  secrets = [secret, body.secret];
  const waiting = held ?? [];
  held = undefined;
  for (const response of waiting) response.writeHead(204).end();
  await expect.poll(async () => (await hearing.deliveriesOf(id, '?status=pending')).length).toBe(0);
  await sending.stop();
  const deliveries = await hearing.deliveriesOf(id, '?page_size=100');
  expect(deliveries).toHaveLength(VISITS);
  for (const delivery of deliveries)
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 1, response_status: 204 });
  expect(signatures).toEqual([
    ...Array.from({ length: AT_A_TIME }, () => 1),
    ...Array.from({ length: VISITS - AT_A_TIME }, () => 2),
  ]);
  await receiver.close();
});
