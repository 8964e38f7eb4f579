import { expect, test } from 'vitest';
import { type CountryCode, isSupportedCountry, toE164 } from '../../src/core/phone.ts';

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
