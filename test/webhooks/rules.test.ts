import { createHmac } from 'node:crypto';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../src/core/public-address.ts';
import { newSecret, signaturesOf } from '../../src/core/webhooks.ts';
import { AddressRefused, addressOf, parseUrl } from '../../src/modules/webhooks/sending/address.service.ts';
import { judge } from '../../src/modules/webhooks/sending/retries.rules.ts';

describe('what is sent is verified by programs of others', () => {
  const body = JSON.stringify({ type: 'appointment.booked', data: { id: 9001 } });
  const id = 'evt_6a3f1c20_1';
  const timestamp = Math.floor(Date.now() / 1_000);
  const headersFor = (secrets: string[]) => ({
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signaturesOf({ id, timestamp, body }, secrets),
  });
  const [one, other] = [newSecret(), newSecret()];

  test.each([
    ['standardwebhooks', Standard],
    ['svix', Svix],
  ])('%s takes it with either secret of a rotation, and with no other', (_name, Verifier) => {
    const headers = headersFor([one, other]);
    for (const secret of [one, other]) expect(() => new Verifier(secret).verify(body, headers)).not.toThrow();
    expect(() => new Verifier(newSecret()).verify(body, headers)).toThrow();
    expect(() => new Verifier(one).verify(`${body} `, headers)).toThrow();
    expect(() => new Verifier(one).verify(body, { ...headers, 'webhook-timestamp': '1' })).toThrow();
  });

  test('the signature is HMAC-SHA256 over id, timestamp and body', () => {
    const key = Buffer.from(one.slice('whsec_'.length), 'base64');
    expect(key).toHaveLength(32);
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    expect(headersFor([one])['webhook-signature']).toBe(`v1,${mac}`);
  });
});

const CLOSED = [
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '::ffff:8.8.8.8',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001::1',
  '2001:db8::1',
  'not an address',
];
const OPEN = [
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '2a00:1450:4001::1',
  '2606:4700::1111',
];

test.each(CLOSED)('%s is no address of the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});
test.each(OPEN)('%s is one', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

describe('where events may be sent', () => {
  const refused = (text: string) => () => parseUrl(text, false);

  test.each([
    'http://crm.example/',
    'ftp://crm.example/',
    'https://user:word@crm.example/',
    'https://crm.example/#part',
    'nonsense',
  ])('%s is refused by its text', (text) => {
    expect(refused(text)).toThrow(AddressRefused);
  });

  // As the URL standard reads them, all of these are 127.0.0.1 or ::1.
  test.each([
    'https://2130706433/',
    'https://0x7f.1/',
    'https://127.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
  ])('%s is seen for what it is', async (text) => {
    const never = () => Promise.reject(new Error('nobody is asked'));
    await expect(addressOf(parseUrl(text, false), false, never)).rejects.toThrow('url_not_allowed');
  });

  test('a name is refused for any address of it that is not public', async () => {
    const url = parseUrl('https://crm.example/', false);
    const all =
      (...addresses: string[]) =>
      async () =>
        addresses.map((address) => ({ address, family: 4 }));
    await expect(addressOf(url, false, all('8.8.8.8', '10.0.0.1'))).rejects.toThrow('url_not_allowed');
    await expect(addressOf(url, false, all())).rejects.toThrow('name_not_found');
    expect(await addressOf(url, false, all('8.8.8.8', '8.8.4.4'))).toEqual({ address: '8.8.8.8', family: 4 });
  });
});

test('ten tries over three days, then no more; who asks to be left alone is', () => {
  const after = (attempts: number, answer = {}) => judge({ status: 500, ...answer }, attempts, 0);
  const seconds = Array.from({ length: 9 }, (_, nth) => after(nth + 1)).map((verdict) =>
    verdict.is === 'again' ? verdict.seconds : 0,
  );
  expect(seconds).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  expect(after(10)).toEqual({ is: 'exhausted' });
  expect(judge({ status: 204 }, 10, 0)).toEqual({ is: 'delivered' });
  expect(judge({ status: 302 }, 1, 0)).toEqual({ is: 'again', seconds: 5, slow: false });
  expect(judge({ status: 410 }, 1, 0)).toEqual({ is: 'gone' });
  expect(judge({}, 1, 1)).toEqual({ is: 'again', seconds: 6, slow: false });
  expect(judge({ status: 429, retry_after: 120 }, 1, 0)).toEqual({ is: 'again', seconds: 120, slow: true });
  for (const status of [502, 503, 504]) expect(judge({ status }, 1, 0)).toMatchObject({ slow: true });
});
