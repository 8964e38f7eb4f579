import { describe, expect, test } from 'vitest';
import { addressOf, networkOf } from '../../src/core/address.ts';
import { describeDevice, deviceOf } from '../../src/core/device.ts';
import { deriveKey, keyId } from '../../src/core/keys.ts';
import { newCode, secondsToWait } from '../../src/modules/auth/codes/codes.rules.ts';
import { loginName } from '../../src/modules/auth/sign-in/names.rules.ts';

describe('an address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.7/32'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.7/32'],
    ['::FFFF:203.0.113.7', '203.0.113.7', '203.0.113.7/32'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::1', '2001:db8:0:0::/64'],
    ['1::2:3:4:5:6:7', '1::2:3:4:5:6:7', '1:0:2:3::/64'],
    ['::1', '::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80:0:0:0::/64'],
    ['unknown', undefined, undefined],
    ['203.0.113.7, 10.0.0.1', undefined, undefined],
    ['203.0.113.7:80', undefined, undefined],
    ['', undefined, undefined],
  ])('%s', (text, address, network) => {
    expect(addressOf(text)).toBe(address);
    expect(networkOf(text)).toBe(network);
  });
});

describe('a device', () => {
  test.each([
    ['okhttp/5.1.0', 'okhttp/5.1.0'],
    ['a\u0000b\r\nc\u009bd', 'a b  c d'],
    ['   ', undefined],
    [undefined, undefined],
    ['x'.repeat(300), 'x'.repeat(200)],
    // Cut in the middle of a pair of surrogates, what is left is still text.
    [`${'x'.repeat(199)}😀`, `${'x'.repeat(199)}\ufffd`],
  ])('%j is kept as text of 200 characters', (sent, kept) => {
    expect(deviceOf(sent)).toBe(kept);
  });

  test.each([
    [
      'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36',
      'Chrome, Android',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19 Mobile Safari/604',
      'Safari, iPhone',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0',
      'Edge, Windows',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 15) AppleWebKit Chrome/142 YaBrowser/25 Safari',
      'Yandex Browser, Mac',
    ],
    ['okhttp/5.1.0', 'okhttp'],
    ['clinic-app 2.4 (build 7)', 'clinic-app'],
    ['<script>', '?'],
    [undefined, '?'],
  ])('%s is called %s', (device, name) => {
    expect(describeDevice(device)).toBe(name);
  });
});

describe('a name to sign in by', () => {
  test.each([
    ['Aziza.Karimova', undefined, 'aziza.karimova'],
    [' Aziza@Example.UZ ', undefined, 'aziza@example.uz'],
    ['90 123-45-67', '+998901234567', '+998901234567'],
    ['998901234567', '+998901234567', '+998901234567'],
    ['+998 (90) 123 45 67', '+998901234567', '+998901234567'],
    ['+7 921 123-45-67', '+79211234567', '+79211234567'],
    ['12345', undefined, '12345'],
    ['+998901234567@example.uz', undefined, '+998901234567@example.uz'],
    ['a901234567', undefined, 'a901234567'],
  ])('%s', (typed, phone, key) => {
    expect(loginName(typed, 'UZ')).toEqual({ text: typed.trim().toLowerCase(), phone, key });
  });
});

describe('codes', () => {
  test('have six digits, zeros in front too, and spread over the million', () => {
    const codes = Array.from({ length: 20_000 }, newCode);
    for (const code of codes) expect(code).toMatch(/^\d{6}$/);
    const first = new Map<string, number>();
    for (const [digit = ''] of codes) first.set(digit, (first.get(digit) ?? 0) + 1);
    // 2,000 each; six standard deviations (42) either way.
    expect(first.size).toBe(10);
    for (const count of first.values()) expect(Math.abs(count - 2_000)).toBeLessThan(6 * 42.5);
    expect(new Set(codes).size).toBeGreaterThan(19_500);
  });

  test('wait for a minute after the last and for an hour after the fifth, whichever is longer', () => {
    const now = new Date('2026-03-02T04:00:00Z');
    const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString();
    const none = { last: null, full_destination: null, full_account: null, full_address: null };
    expect(secondsToWait(none, now)).toBe(0);
    expect(secondsToWait({ ...none, last: ago(0) }, now)).toBe(60);
    expect(secondsToWait({ ...none, last: ago(59.5) }, now)).toBe(1);
    expect(secondsToWait({ ...none, last: ago(60) }, now)).toBe(0);
    expect(secondsToWait({ ...none, last: ago(10), full_destination: ago(3_000) }, now)).toBe(600);
    expect(
      secondsToWait(
        { last: ago(10), full_destination: ago(3_590), full_account: ago(3_590), full_address: ago(3_000) },
        now,
      ),
    ).toBe(600);
  });
});

describe('keys', () => {
  test('are another for each use and each secret, and the same in every process', () => {
    const keys = ['one', 'two'].flatMap((secret) =>
      (['codes', 'throttles'] as const).map((use) => deriveKey(secret, use).toString('hex')),
    );
    expect(new Set(keys).size).toBe(4);
    expect(keys[0]).toBe(deriveKey('one', 'codes').toString('hex'));
    expect(keyId('one')).not.toBe(keyId('two'));
    expect(keyId('one')).toMatch(/^[\w-]{8}$/);
  });
});
