import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ProvidersClinic, providersClinic } from '../helpers/providers.ts';
import { chromiumPath, openBrowser } from './chromium.ts';
import { execute, openSwagger } from './swagger-page.ts';

describe.runIf(chromiumPath)('Authorize in Swagger UI', () => {
  let clinic: ProvidersClinic;
  let browser: Browser;
  beforeAll(async () => {
    clinic = await providersClinic({ require_consent: true });
    clinic.google.asks = true;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await clinic?.close();
  });

  async function open(): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(0);
    await openSwagger(page, clinic.origin);
    return page;
  }
  /** @param answer where the provider asks: it remembers who has agreed there */
  async function goBy(page: Page, answer?: 'Continue' | 'Cancel', agree = false): Promise<void> {
    await page.locator('.auth-wrapper > .authorize').click();
    const dialog = page.locator('.dialog-ux');
    if (agree) await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Sign in with Google' }).click();
    if (answer) await page.getByRole('button', { name: answer, exact: true }).click();
    await page.waitForURL(`${clinic.origin}/api/docs/`);
    await page.locator('.opblock-tag').first().waitFor();
  }
  const told = (page: Page) => page.getByRole('alert').innerText();

  test('offers the providers, and is authorized by whoever comes back', async () => {
    clinic.google.becomes({ sub: 'swagger', given_name: 'Nargiza' });
    const page = await open();
    await goBy(page, 'Continue');
    expect(await told(page)).toContain('without accepting the terms');

    await goBy(page, undefined, true);
    await page.locator('.auth-wrapper > .authorize.locked').waitFor();
    const { status, body } = await execute(page, 'auth', 'me');
    expect(status).toBe(200);
    expect(body).toMatchObject({ role: 'patient', first_name: 'Nargiza' });
  });

  test('says why whoever comes back is not signed in', async () => {
    const page = await open();
    await goBy(page, 'Cancel');
    expect(await told(page)).toContain('access_denied');
    await page.goto(`${clinic.origin}/api/docs/?code=somebody-elses&state=other`);
    expect(await told(page)).toContain('try again');
    expect(await page.evaluate('localStorage.getItem("authorized")')).toBeNull();
  });
});
