import { createServer } from 'node:net';
import type { Outgoing, SendError } from '../../../src/modules/notifications/channels/channel.ts';

/** Long enough for a machine that is busy with other things, short enough to wait for once where nobody answers. */
export const PATIENCE = 15_000;

export const outgoing = (fields: Partial<Outgoing>): Outgoing => ({
  channel: 'sms',
  key: 'our-name-1',
  to: '+998901234567',
  locale: 'uz',
  title: 'Qabul tasdiqlandi',
  text: "Qabulingiz tasdiqlandi: 12-mart 10:00, shifokor O'. G'ulomov.",
  created_at: new Date().toISOString(),
  ...fields,
});

/** What a failed attempt tells the queue. */
export async function failure(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (thrown: SendError) => thrown,
  );
  if (error === undefined) return 'it was sent';
  if (error.name !== 'SendError') throw error;
  const { code, permanent, uncertain, outage, gone, retryAfter } = error;
  const set = Object.entries({ permanent, uncertain, outage, gone }).filter(([, value]) => value);
  return [
    code,
    ...set.map(([name]) => name),
    ...(retryAfter === undefined ? [] : [`after ${retryAfter}`]),
  ].join(' ');
}

/** A port where nobody listens. */
export async function nowhere(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}
