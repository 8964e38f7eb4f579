import { expect, test } from 'vitest';
import { plainSms, smsSize } from '../../src/modules/notifications/texts/sms.ts';

/** One sign outside the alphabet of an SMS makes three of one: 70 signs fit instead of 160. */
const body = (name: string) =>
  `Qabulga yozildingiz: 7-dekabr, 15:00, ${name}. Kela olmasangiz, bekor qiling: `.padEnd(150, 'a');

test.each([
  ['№', 'Poliklinika №5', 'Poliklinika N5'],
  ['quotes', '«Shifo» “Nur” „Umid‟', '"Shifo" "Nur" "Umid"'],
  ['apostrophes', 'Oʻtkir Gʼani O‘k O’k O`k O´k O′k Oʹk', "O'tkir G'ani O'k O'k O'k O'k O'k O'k"],
  ['dashes', 'A–B—C‑D−E', 'A-B-C-D-E'],
  ['an ellipsis', 'kuting…', 'kuting...'],
  ['blanks', '90\u00a0123\u202f45\u200967', '90 123 45 67'],
  ['what nobody sees', 'Shi\u00adfo\u200b\ufeff', 'Shifo'],
  [
    'Karakalpak letters',
    'Dáwletov Ǵayrat Qıdırbaev Óten Úsen Jańabay',
    'Dawletov Gayrat Qidirbaev Oten Usen Janabay',
  ],
  ['letters with their accents beside them', 'Da\u0301wletov', 'Dawletov'],
  ['letters of the alphabet, which stay', 'André Müller Ñandú', 'André Müller Ñandu'],
])('%s', (_, name, plain) => {
  expect(plainSms(name)).toBe(plain);
  const [before, after] = [smsSize(body(name)), smsSize(plainSms(body(name)))];
  expect(after).toMatchObject({ encoding: 'gsm7', segments: 1 });
  if (name !== plain) expect(before.segments).toBeGreaterThan(1);
});

test('a text in Cyrillic is long anyway: its names keep their letters', () => {
  expect(plainSms('Поликлиника №5, Dáwletov')).toBe('Поликлиника N5, Dáwletov');
});
