import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config.table.ts';
import { errorStatus, fieldErrorCodes } from '../../src/core/errors.ts';
import { type Locale, locales } from '../../src/core/words.ts';
import { chooseLocale, errorText, fieldText, languages } from '../../src/i18n/index.ts';
import { problemTexts } from '../../src/i18n/problems/index.ts';

const translations = locales.filter((locale) => locale !== 'en');
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

/** Every text of a language, by where it stands. */
function textsOf(locale: Locale): Map<string, string> {
  const { errors, fields } = languages[locale];
  return new Map([
    ...Object.entries(errors).flatMap(([code, { title, detail }]): [string, string][] => [
      [`errors.${code}.title`, title],
      [`errors.${code}.detail`, detail],
    ]),
    ...Object.entries(fields).map(([code, text]): [string, string] => [`fields.${code}`, text]),
  ]);
}

test('every language of the clinic is spoken', () => {
  expect(Object.keys(languages).sort()).toEqual([...locales].sort());
  expect(locales).toEqual(expect.arrayContaining(['uz', 'ru', 'en']));
});

describe.each(locales)('%s', (locale) => {
  test('has a text for every code, and for nothing else', () => {
    expect(Object.keys(languages[locale].errors).sort()).toEqual(Object.keys(errorStatus).sort());
    expect(Object.keys(languages[locale].fields).sort()).toEqual([...fieldErrorCodes].sort());
  });

  test('says each as a sentence: titles without a full stop, details with one', () => {
    for (const [place, text] of textsOf(locale)) {
      expect(text, place).toBe(text.trim());
      if (place.endsWith('.title')) expect(text, place).toMatch(/^\p{Lu}.*[^.]$/u);
      else expect(text, place).toMatch(/^(\p{Lu}|\{|`|\d).*\.$/u);
    }
  });

  test('tells no two errors by the same title', () => {
    const titles = Object.values(languages[locale].errors).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe.each(translations)('%s', (locale) => {
  test('names the parameters that English names', () => {
    for (const [place, text] of textsOf('en'))
      expect(placeholders(textsOf(locale).get(place) ?? ''), place).toEqual(placeholders(text));
  });

  test('is a translation: no sentence was left in English', () => {
    for (const [place, text] of textsOf('en')) expect(textsOf(locale).get(place), place).not.toBe(text);
  });
});

test('Uzbek is Latin with its own apostrophes, Russian is Cyrillic', () => {
  for (const [place, text] of textsOf('uz')) {
    expect(text, place).not.toMatch(/\p{Script=Cyrillic}/u);
    expect(text, place).not.toMatch(/[a-z]['’‘`][a-z]/i);
  }
  for (const [place, text] of textsOf('ru')) expect(text, place).toMatch(/\p{Script=Cyrillic}/u);
});

describe('fieldText', () => {
  test.each([
    ['en', 'too_big', { maximum: 100 }, 'Must be at most 100.'],
    ['ru', 'too_short', { minimum: 3 }, 'Не меньше 3 символов.'],
    ['uz', 'too_small', { minimum: 0 }, '0 dan kam boʻlmasligi kerak.'],
    ['en', 'invalid_choice', { values: 'a, b' }, 'Must be one of: a, b.'],
    // What is put in is text, not a pattern and not a placeholder of its own.
    ['en', 'invalid_choice', { values: '$& {values}' }, 'Must be one of: $& {values}.'],
    ['en', 'required', { unused: 1 }, 'This field is required.'],
  ] as const)('%s %s %j', (locale, code, params, expected) => {
    expect(fieldText(locale, code, params)).toBe(expected);
  });
});

test('errorText gives a title and a detail', () => {
  expect(errorText('ru', 'forbidden')).toEqual({
    title: 'Нет доступа',
    detail: 'Ваша роль этого не позволяет, или запись не ваша.',
  });
});

describe('chooseLocale', () => {
  test.each([
    [undefined, 'uz'],
    ['', 'uz'],
    ['*', 'uz'],
    ['fr-FR,fr;q=0.9', 'uz'],
    ['ru', 'ru'],
    ['RU', 'ru'],
    ['ru-KZ', 'ru'],
    ['uz-Cyrl-UZ', 'uz'],
    ['en-US,en;q=0.9,ru;q=0.8', 'en'],
    ['en;q=0.8,ru;q=0.9', 'ru'],
    ['en;q=0.5, ru;q=0.5', 'en'],
    ['fr, ru;q=0.001', 'ru'],
    ['ru; q=0.3 , en ; q=0.7', 'en'],
    ['en;level=1;q=0.2,ru;q=0.3', 'ru'],
    ['ru;q=0', 'uz'],
    ['ru;q=-1', 'uz'],
    ['ru;q=', 'uz'],
    ['ru;q=x,en;q=0.1', 'en'],
    [',,;;q=1,-,', 'uz'],
    ['rue, ruski, russian', 'uz'],
    ['constructor,__proto__,toString', 'uz'],
    [`${'x'.repeat(200)},ru`, 'uz'],
  ] as [string | undefined, Locale][])('%j means %s where Uzbek is the clinic’s own', (header, expected) => {
    expect(chooseLocale(header, 'uz')).toBe(expected);
  });
});

test('settings are named in texts as they are called', () => {
  const known = new Set(Object.values(settings).flatMap((group) => Object.keys(group)));
  const texts = JSON.stringify([languages, problemTexts]);
  const named = new Set([...texts.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name));
  expect(named.size).toBeGreaterThan(5);
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
});
