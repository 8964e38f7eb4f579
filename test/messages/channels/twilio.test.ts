import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTwilio } from '../../../src/modules/notifications/channels/twilio.ts';
import { failure, outgoing, PATIENCE } from '../../helpers/messages/attempt.ts';
import { startTwilio } from '../../helpers/messages/providers.ts';

describe('Twilio', () => {
  let server: Awaited<ReturnType<typeof startTwilio>>;
  beforeAll(async () => {
    server = await startTwilio();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.taken.length = 0;
    server.requests.length = 0;
  });
  const twilio = (settings = {}) => createTwilio({ ...server.settings, ...settings }, PATIENCE);

  test('sends a form with Basic auth', async () => {
    expect(await twilio().send(outgoing({}))).toEqual({ provider_id: `SM${'1'.padStart(32, '0')}` });
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/2010-04-01/Accounts/AC0123/Messages.json',
      fields: { To: '+998901234567', From: '+15005550006', Body: outgoing({}).text },
    });
    await twilio({ from: 'MG0123' }).send(outgoing({}));
    expect(server.requests[1]?.fields).toMatchObject({ MessagingServiceSid: 'MG0123' });
  });

  test('fails for good on a number that Twilio does not take', async () => {
    expect(await failure(twilio().send(outgoing({ to: '12' })))).toBe('21211 permanent');
  });

  test('is out while the credentials are wrong', async () => {
    expect(await failure(twilio({ auth_token: 'wrong' }).send(outgoing({})))).toBe('20003 outage');
  });

  test.each([
    ['a person who unsubscribed', () => server.error(400, 21610, 'unsubscribed'), '21610 permanent gone'],
    ['no mobile number', () => server.error(400, 21614, 'not a mobile number'), '21614 permanent'],
    [
      'too many',
      () => ({ ...server.error(429, 20429, 'Too Many Requests'), headers: { 'retry-after': '2' } }),
      '20429 outage after 2',
    ],
    ['an account that is not there', () => server.error(404, 20404, 'not found'), '20404 outage'],
    ['theirs to mend', () => server.error(503, 20503, 'unavailable'), '20503 uncertain outage'],
    ['no answer in time', () => 'hang' as const, 'timeout uncertain outage'],
    ['a broken connection', () => 'drop' as const, 'cut_off uncertain outage'],
  ])('%s', async (_, trouble, expected) => {
    server.troubles.push(trouble());
    expect(await failure(twilio().send(outgoing({})))).toBe(expected);
  });

  test('finds a message it took since then, by number and text', async () => {
    const sender = twilio();
    expect(await sender.find?.(outgoing({ to: '+998931112233' }))).toBeUndefined();
    await sender.send(outgoing({ to: '+998931112233' }));
    expect(await sender.find?.(outgoing({ to: '+998931112233' }))).toEqual({
      provider_id: expect.stringMatching(/^SM0+/),
    });
    expect(await sender.find?.(outgoing({ to: '+998931112233', text: 'another' }))).toBeUndefined();
    // The same text, but of a message that was queued later: an earlier one is not it.
    const later = new Date(Date.now() + 60_000).toISOString();
    expect(await sender.find?.(outgoing({ to: '+998931112233', created_at: later }))).toBeUndefined();
  });
});
