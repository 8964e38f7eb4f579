import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { openBrowser, overflow, screenshot, watch } from '../browser/chromium.ts';
import { demoApp } from '../helpers/demo.ts';

/** A demo clinic, and people before it: what they see, and what the page must never do. */

export const phone = { width: 360, height: 740 };
export const desktop = { width: 1440, height: 900 };

export interface Reader {
  page: Page;
  /** What the page did that it should not. */
  complaints: string[];
}

export type OpenDemo = Awaited<ReturnType<typeof openDemo>>;

/** A demo clinic that listens, and a browser to look at it. */
export async function openDemo() {
  const clinic = await demoApp();
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

/** Opens a window of somebody's own. The reader's clock is not the clinic's. */
export async function reader(
  browser: Browser,
  origin: string,
  options: { size?: { width: number; height: number }; language?: string; dark?: boolean } = {},
): Promise<Reader> {
  const { size = phone, language = 'en', dark = false } = options;
  const context = await browser.newContext({
    viewport: size,
    locale: language,
    timezoneId: 'America/Lima',
    colorScheme: dark ? 'dark' : 'light',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  return { page, complaints: watch(page, origin) };
}

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

/** Looked at by people; no page may be wider than its window. */
export async function look(page: Page, name: string): Promise<number> {
  await screenshot(page, name);
  return overflow(page);
}
