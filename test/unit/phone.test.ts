import { expect, test } from 'vitest';
import { type CountryCode, isPhone, isSupportedCountry, storedE164, toE164 } from '../../src/core/phone.ts';

const forms: [text: string, country: CountryCode, stored: string | undefined][] = [
  ['+998901234567', 'UZ', '+998901234567'],
  ['998901234567', 'UZ', '+998901234567'],
  ['+998 90 123 45 67', 'UZ', '+998901234567'],
  ['+998 (90) 123-45-67', 'UZ', '+998901234567'],
  ['90 123-45-67', 'UZ', '+998901234567'],
  ['901234567', 'UZ', '+998901234567'],
  [' 90.123.45.67 ', 'UZ', '+998901234567'],
  ['８８ １２３ ４５ ６７', 'UZ', '+998881234567'],
  ['tel:+998901234567', 'UZ', '+998901234567'],
  // Without a country code it is a number of the clinic's country; with one, of its own.
  ['8 701 234 56 78', 'KZ', '+77012345678'],
  ['+7 701 234 56 78', 'UZ', '+77012345678'],
  ['030 123456', 'DE', '+4930123456'],
  ['00998901234567', 'DE', '+998901234567'],
  ['', 'UZ', undefined],
  ['12', 'UZ', undefined],
  ['90 123-45-6', 'UZ', undefined],
  ['90 123-45-678', 'UZ', undefined],
  ['+999 90 123 45 67', 'UZ', undefined],
  ['+998 00 123 45 67', 'UZ', undefined],
  ['not a number', 'UZ', undefined],
  ['+', 'UZ', undefined],
  ['+998901234567+998901234567', 'UZ', undefined],
  // A number and nothing else: none is taken out of a text.
  ['call me on 90 123-45-67 please', 'UZ', undefined],
  ['abc901234567', 'UZ', undefined],
  ['901234567;drop', 'UZ', undefined],
  ['90 123-45-67, 90 765-43-21', 'UZ', undefined],
  // Nor is an extension forgotten: no SMS reaches it.
  ['+998 90 123 45 67 ext. 5', 'UZ', undefined],
  ['901234567;ext=5', 'UZ', undefined],
  ['+998901234567 доб 5', 'UZ', undefined],
  ['tel:+998901234567;ext=5', 'UZ', undefined],
  // Of the right length, but no operator has them.
  ['+998961234567', 'UZ', undefined],
  ['+998521234567', 'UZ', undefined],
  // What operators have.
  ['20 123 45 67', 'UZ', '+998201234567'],
  ['33 123 45 67', 'UZ', '+998331234567'],
  ['50 123 45 67', 'UZ', '+998501234567'],
  ['55 501 45 67', 'UZ', '+998555014567'],
  ['71 123 45 67', 'UZ', '+998711234567'],
  ['77 123 45 67', 'UZ', '+998771234567'],
  ['88 123 45 67', 'UZ', '+998881234567'],
];

test.each(forms)('%j in %s is stored as %s', (text, country, stored) => {
  expect(toE164(text, country)).toBe(stored);
});

test('what is stored stays as it is when it is typed in again', () => {
  for (const [, country, stored] of forms) if (stored) expect(toE164(stored, country)).toBe(stored);
});

test.each([
  ['UZ', true],
  ['KZ', true],
  ['XX', false],
  ['uz', false],
  ['', false],
])('%j is a country: %s', (code, expected) => {
  expect(isSupportedCountry(code)).toBe(expected);
});

test('a number that was stored while it was thought to exist is still found, and known for none', () => {
  expect(storedE164('96 123 45 67', 'UZ')).toBe('+998961234567');
  expect([isPhone('+998961234567'), isPhone('+998901234567')]).toEqual([false, true]);
  // What is no number at all is none here either.
  for (const text of ['12', 'call me on 90 123-45-67', '901234567;ext=5', ''])
    expect(storedE164(text, 'UZ')).toBeUndefined();
});
