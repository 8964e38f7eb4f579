import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import type { Locale } from '../../src/core/words.ts';
import { type PageName, pageTexts } from '../../src/i18n/pages/index.ts';
import { openBrowser, overflow, screenshot, watch } from '../browser/chromium.ts';
import { demoApp } from '../helpers/demo.ts';

/** A demo clinic, and people before it: what they see, and what the page must never do. */

export const phone = { width: 360, height: 740 };
export const desktop = { width: 1440, height: 900 };

/** Each language at both widths, light and dark. */
const readers = [
  { language: 'uz', size: phone, dark: false },
  { language: 'ru', size: phone, dark: true },
  { language: 'en', size: phone, dark: false },
  { language: 'uz', size: desktop, dark: true },
  { language: 'ru', size: desktop, dark: false },
  { language: 'en', size: desktop, dark: true },
] as const;

/** All of them in `npm run test:long`; by default two: on a phone in the dark, and at a desk. */
export const everyReader = process.env.READERS === 'all' ? readers : [readers[1], readers[3]];

export interface Reader {
  page: Page;
  /** What the page did that it should not. */
  complaints: string[];
}

export type OpenDemo = Awaited<ReturnType<typeof openDemo>>;

/**
 * A demo clinic that listens, and a browser to look at it.
 * @param changes of the settings
 */
export async function openDemo(changes: Parameters<typeof demoApp>[0] = {}) {
  const clinic = await demoApp(changes);
  const origin = await clinic.app.listen({ host: '127.0.0.1', port: 0 });
  const browser = await openBrowser();
  return {
    clinic,
    browser,
    origin,
    async close() {
      await browser.close();
      await clinic.close();
    },
  };
}

/**
 * Opens a window of somebody's own, until the test ends: nobody may have more than five streams. The reader's clock is not the
 * clinic's.
 * @param options.as who is signed in already
 */
export async function reader(
  { clinic, browser, origin }: Pick<OpenDemo, 'browser' | 'origin'> & Partial<OpenDemo>,
  options: {
    size?: { width: number; height: number };
    language?: string;
    dark?: boolean;
    as?: string;
  } = {},
): Promise<Reader> {
  const { size = phone, language = 'en', dark = false, as } = options;
  const context = await browser.newContext({
    viewport: size,
    locale: language,
    timezoneId: 'America/Lima',
    colorScheme: dark ? 'dark' : 'light',
    acceptDownloads: true,
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  if (as !== undefined && clinic) await keepSession(page, await clinic.session(as));
  return { page, complaints: watch(page, origin) };
}

/** In this window's storage before its first page is loaded, as if somebody had signed in there. */
const keepSession = (page: Page, session: object) =>
  page.addInitScript(`if (location.protocol === 'http:' && window.name !== 'signed in') {
    window.name = 'signed in';
    sessionStorage.setItem('session', ${JSON.stringify(JSON.stringify(session))});
  }`);

export async function signIn(page: Page, username: string): Promise<void> {
  const form = page.locator('form');
  await form.locator('input[name=username]').fill(username);
  await form.locator('input[name=password]').fill(demo.password);
  await form.locator('button[type=submit]').click();
}

interface Clinic {
  app: { inject(options: object): Promise<{ statusCode: number; json(): { id: number } }> };
}
let people = 0;
/** Somebody who has no visits yet. */
export async function newPatient({ app }: Clinic): Promise<{ id: number; username: string }> {
  people += 1;
  const username = `page.patient${people}`;
  const payload = {
    username,
    password: demo.password,
    role: 'patient',
    first_name: 'Nargiza',
    last_name: 'Aliyeva',
  };
  const answer = await app.inject({ method: 'POST', url: '/api/auth/register/', payload });
  expect(answer.statusCode).toBe(201);
  return { id: answer.json().id, username };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds on a page, in a few words. */
async function findings(page: Page): Promise<unknown> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe);
  return page.evaluate(`axe.run({ runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`);
}

/** Texts of which something is cut off, or runs out of its place. */
const CUT_OFF = `[...document.querySelectorAll('button, a, h1, h2, h3, p, strong, small, label, dd, dt, summary')]
  .filter((element) => element.getClientRects().length > 0 && !element.closest('.unseen, .skip, #sheet, .who'))
  .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 2)
  .map(({ tagName, className, textContent }) => tagName + '.' + className + ': ' + textContent.slice(0, 60))`;

/** Lines that stand there in English, for whoever reads another language. */
async function untranslated(page: Page, name: PageName): Promise<string[]> {
  const language = (await page.locator('html').getAttribute('lang')) as Locale;
  if (language === 'en') return [];
  const textsOf = (locale: Locale) =>
    new Set(JSON.stringify(pageTexts(name, locale)).match(/(?<=")[^"]+(?=")/g));
  const own = textsOf(language);
  const foreign = new Set([...textsOf('en')].filter((text) => /^[A-Z]/.test(text) && !own.has(text)));
  if (language !== 'uz') foreign.add(demo.specialization.name);
  const words = (await page.locator('body').innerText()).split(/\n| · |, /).map((text) => text.trim());
  return words.filter((text) => foreign.has(text));
}

/**
 * A step of a journey, whose picture people look at: no page is wider than its window, nothing is cut off or in another
 * language, and axe finds nothing.
 */
export async function look(page: Page, name: string): Promise<void> {
  await screenshot(page, name);
  const shown = name.startsWith('desk') ? 'desk' : 'book';
  expect(
    {
      wider: Math.max(0, await overflow(page)),
      cut_off: await page.evaluate(CUT_OFF),
      untranslated: await untranslated(page, shown),
      axe: await findings(page),
    },
    name,
  ).toEqual({ wider: 0, cut_off: [], untranslated: [], axe: [] });
}
