import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEskiz } from '../../../src/modules/notifications/channels/eskiz.ts';
import { failure, nowhere, outgoing, PATIENCE } from '../../helpers/messages/attempt.ts';
import { startEskiz } from '../../helpers/messages/providers.ts';

describe('Eskiz', () => {
  let server: Awaited<ReturnType<typeof startEskiz>>;
  beforeAll(async () => {
    server = await startEskiz();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.taken.length = 0;
    server.requests.length = 0;
    server.account.tokens.clear();
    server.account.logins = 0;
  });
  const eskiz = (settings = {}) =>
    createEskiz({ ...server.settings, ...settings }, PATIENCE, () => new Date());

  test('logs in once, and sends a form with our own name of the message', async () => {
    const sender = eskiz();
    expect(await sender.send(outgoing({}))).toEqual({ provider_id: 'request-our-name-1' });
    await sender.send(outgoing({ key: 'our-name-2' }));
    expect(server.account.logins).toBe(1);
    expect(server.requests[1]).toMatchObject({
      method: 'POST',
      path: '/api/message/sms/send',
      fields: {
        mobile_phone: '998901234567',
        from: '4546',
        user_sms_id: 'our-name-1',
        message: outgoing({}).text,
      },
    });
  });

  test('replaces an expired token once', async () => {
    const sender = eskiz();
    await sender.send(outgoing({}));
    server.account.tokens.clear();
    await sender.send(outgoing({ key: 'again' }));
    expect(server.account.logins).toBe(2);
    expect(server.taken.map(({ key }) => key)).toEqual(['our-name-1', 'again']);
  });

  test('is out while the credentials are wrong, after one login', async () => {
    expect(await failure(eskiz({ password: 'wrong' }).send(outgoing({})))).toBe('login_401 outage');
    expect(server.account.logins).toBe(1);
    expect(server.taken).toEqual([]);
  });

  test('is out where a new token is refused too', async () => {
    server.troubles.push({ status: 401, body: { status: 'error', message: 'Expired' } });
    server.troubles.push({ status: 401, body: { status: 'error', message: 'Expired' } });
    expect(await failure(eskiz().send(outgoing({})))).toBe('http_401 outage');
    expect(server.account.logins).toBe(2);
  });

  test.each([
    [
      'a wrong number',
      { status: 400, body: { status: 'error', message: { mobile_phone: ['invalid'] } } },
      'http_400 permanent',
    ],
    [
      'a text that Eskiz has not approved',
      { status: 200, body: { status: 'error', message: 'moderation' } },
      'refused permanent',
    ],
    [
      'a wrong field',
      { status: 422, body: { message: 'The given data was invalid.' } },
      'http_422 permanent',
    ],
    ['too many', { status: 429, headers: { 'retry-after': '30' } }, 'http_429 outage after 30'],
    ['theirs to mend', { status: 500 }, 'http_500 uncertain outage'],
    ['a gateway that gave up', { status: 504 }, 'http_504 uncertain outage'],
    ['nothing that can be read', { status: 200, body: 'hello' }, 'refused permanent'],
    ['no answer in time', 'hang', 'timeout uncertain outage'],
    ['a broken connection', 'drop', 'cut_off uncertain outage'],
  ] as const)('%s', async (_, trouble, expected) => {
    server.troubles.push(trouble);
    expect(await failure(eskiz().send(outgoing({})))).toBe(expected);
  });

  test('surely sends nothing while it is away', async () => {
    expect(await failure(eskiz({ url: `http://${await nowhere()}` }).send(outgoing({})))).toBe(
      'login_unreachable outage',
    );
  });

  test('finds what it took by our name, or where that is left out by phone and text, pages back', async () => {
    const sender = eskiz();
    expect(await sender.find?.(outgoing({}))).toBeUndefined();
    await sender.send(outgoing({ key: 'wanted' }));
    for (let index = 0; index < 450; index += 1)
      server.taken.push({ to: '998900000000', text: `other ${index}`, key: `other-${index}` });
    expect(await sender.find?.(outgoing({ key: 'wanted' }))).toEqual({ provider_id: 'request-wanted' });
    // The same words to the same phone under another name are another message.
    expect(await sender.find?.(outgoing({ key: 'another' }))).toBeUndefined();
    server.taken.push({ to: '998901234567', text: 'without a name' });
    expect(await sender.find?.(outgoing({ text: 'without a name' }))).toMatchObject({
      provider_id: expect.any(String),
    });
    expect(await sender.find?.(outgoing({ text: 'never sent' }))).toBeUndefined();
  });
});
