import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readsReasons, roles } from '../../src/core/roles.ts';
import { locales } from '../../src/core/words.ts';
import { pageNames, pageTexts } from '../../src/i18n/pages/index.ts';
import { modulesOf, readFiles, textsOf } from '../../src/pages/files.ts';
import { type TestApp, testApp } from '../helpers/app.ts';

const files = readFiles();
const folder = join(import.meta.dirname, '../../src/pages/static');

describe('the pages for people', () => {
  let clinic: TestApp;
  beforeAll(async () => {
    clinic = await testApp();
  });
  afterAll(() => clinic.close());
  const fetch = (url: string, headers: Record<string, string> = {}) => clinic.app.inject({ url, headers });

  test.each(pageNames)('/%s/ lets nothing run that stands in the page itself', async (page) => {
    const answer = await fetch(`/${page}/`);
    expect(answer.statusCode).toBe(200);
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(answer.body).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\son\w+=/i);
    // Every place for a text was filled in.
    expect(answer.body).not.toMatch(/undefined|\{\{/);
  });

  test('a page comes in the language of its reader', async () => {
    for (const locale of locales) {
      const { body, headers } = await fetch('/book/', { 'accept-language': locale });
      expect(headers['content-language']).toBe(locale);
      expect(headers.vary).toContain('accept-language');
      expect(body).toContain(`lang="${locale}"`);
      expect(body).toContain(pageTexts('book', locale).skip);
    }
  });

  test.each(pageNames)('all that /%s/ asks for is there, and is kept for ever', async (page) => {
    const { body } = await fetch(`/${page}/`);
    const addresses = [...body.matchAll(/(?:href|src)="(\/pages\/[^"]+)"/g)].map(
      ([, address = '']) => address,
    );
    expect(addresses.length).toBeGreaterThan(5);
    for (const address of addresses) {
      const asset = await fetch(address, { 'accept-encoding': 'br' });
      expect(asset, address).toMatchObject({ statusCode: 200 });
      expect(asset.headers).toMatchObject({
        'content-encoding': 'br',
        'cache-control': expect.stringContaining('immutable'),
        'x-content-type-options': 'nosniff',
      });
    }
  });

  test('a file of another version is served and not kept, and nothing beside the files', async () => {
    const old = await fetch('/pages/older/style.css');
    expect(old).toMatchObject({ statusCode: 200, headers: { 'cache-control': 'no-store' } });
    for (const path of ['book.html', '../pages.ts', '%2e%2e/pages.ts', 'nothing.js', 'shared'])
      expect((await fetch(`/pages/older/${path}`)).statusCode, path).toBe(404);
  });

  test('PAGES=off takes the pages away, and nothing else', async () => {
    const without = await testApp({ config: { pages: false } });
    for (const page of pageNames)
      expect((await without.app.inject({ url: `/${page}/` })).statusCode).toBe(404);
    expect((await without.app.inject({ url: '/api/clinic/' })).statusCode).toBe(200);
    await without.close();
  });
});

describe('the texts of the pages', () => {
  const scripts = [...files].filter(([path]) => path.endsWith('.js') && !path.startsWith('texts/'));

  /** The names of all texts that a page's modules ask for by name. */
  const askedBy = (page: (typeof pageNames)[number]) => {
    const asked = new Set<string>();
    for (const path of modulesOf(`${page}/main.js`, files, true))
      for (const [, name = ''] of (files.get(path) ?? '').matchAll(/\b(?:t|many|named)\(\s*'([\w.]+)'/g))
        asked.add(name);
    return asked;
  };

  test('do not say that the doctor alone reads why somebody comes', () => {
    expect(roles.filter(readsReasons).length).toBeGreaterThan(2);
    for (const locale of locales)
      expect(pageTexts('book', locale)).toMatchObject({
        reason_hint: expect.not.stringMatching(/\bonly\b|только|faqat/i),
      });
  });

  test.each(pageNames)('/%s/ asks for no text that is not there', (page) => {
    const texts = pageTexts(page, 'en');
    expect([...askedBy(page)].filter((name) => !(name in texts))).toEqual([]);
  });

  test('no text is there that nobody asks for', () => {
    const all =
      scripts.map(([, text]) => text).join('\n') +
      [...files]
        .filter(([path]) => path.endsWith('.html'))
        .map(([, text]) => text)
        .join('\n');
    for (const page of pageNames) {
      const unused = Object.keys(pageTexts(page, 'en')).filter((name) => {
        const stem = name.slice(0, name.indexOf('_') + 1) || name;
        return !new RegExp(`\\b${name}\\b|\`${stem}\\$`).test(all);
      });
      expect(unused).toEqual([]);
    }
  });

  test('every language fills in the same values as English', () => {
    const valuesIn = (text: unknown): string[] =>
      typeof text === 'string'
        ? [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()
        : [...new Set(Object.values(text as object).flatMap(valuesIn))].sort();
    for (const page of pageNames)
      for (const [name, text] of Object.entries(pageTexts(page, 'en')))
        for (const locale of locales)
          expect(valuesIn(pageTexts(page, locale)[name as never]), `${locale} ${name}`).toEqual(
            valuesIn(text),
          );
  });

  test('each language has the plural forms that it needs', () => {
    for (const locale of locales) {
      const needed = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
      for (const page of pageNames)
        for (const [name, text] of Object.entries(pageTexts(page, locale)))
          if (typeof text === 'object' && 'other' in text && locale !== 'uz')
            expect(Object.keys(text).sort(), `${locale} ${name}`).toEqual([...needed].sort());
    }
  });
});

test('a page weighs less than 100 kB compressed', () => {
  const sizeOf = (path: string) => brotliCompressSync(files.get(path) ?? '').length;
  for (const page of pageNames) {
    const parts = [
      `${page}.html`,
      'style.css',
      textsOf(page, 'ru'),
      ...modulesOf(`${page}/main.js`, files, true),
    ];
    const total = parts.reduce((sum, path) => sum + sizeOf(path), 0);
    process.stdout.write(
      `/${page}/ weighs ${(total / 1_000).toFixed(1)} kB compressed, in ${parts.length} files\n`,
    );
    expect(total).toBeLessThan(100_000);
  }
});

test('no file of the pages is longer than 300 lines, but for the one style sheet', () => {
  const long = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .filter((path) => readFileSync(join(folder, path), 'utf8').split('\n').length > 300);
  expect(long).toEqual([]);
});

test.each(['#', '?', '%', '%2e', ' '])('the pages are found in a folder with %j in its name', (sign) => {
  const home = mkdtempSync(join(tmpdir(), `clinic${sign}`));
  onTestFinished(() => rmSync(home, { recursive: true }));
  cpSync(folder, join(home, 'static'), { recursive: true });
  expect([...readFiles(join(home, 'static'))]).toEqual([...files]);
});
