import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, openBrowser } from '../browser/chromium.ts';
import { pass } from '../helpers/accounts.ts';
import { PASSWORD } from '../helpers/app.ts';
import { BOT_TOKEN, initData, type ProvidersClinic, providersClinic } from '../helpers/providers.ts';
import { enrol, shown } from '../helpers/two-step.ts';
import { look, phone, reader } from './browser.ts';

/** Journeys of patients who sign in on the page with an account elsewhere. */
describe.runIf(chromiumPath)('/book/ with accounts elsewhere', () => {
  let clinic: ProvidersClinic;
  let browser: Browser;
  beforeAll(async () => {
    clinic = await providersClinic({ require_consent: true, public_directory: true });
    clinic.google.asks = true;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await clinic?.close();
  });

  const open = async (address: string, language = 'en'): Promise<Page> => {
    const { page } = await reader({ browser, origin: clinic.origin }, { size: phone, language });
    await page.goto(`${clinic.origin}${address}`);
    return page;
  };
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  /** Goes to the provider and answers there. */
  async function goBy(page: Page, answer: 'Continue' | 'Cancel'): Promise<void> {
    await button(page, 'Sign in with Google').click();
    await button(page, answer).click();
    await page.waitForURL(`${clinic.origin}/**`);
  }
  const me = async (page: Page) =>
    JSON.parse(String(await page.evaluate('sessionStorage.getItem("session") ?? "null"')))?.user;

  test('somebody new agrees, comes, and comes again without agreeing', async () => {
    clinic.google.becomes({ sub: 'page-new', given_name: 'Nargiza' });
    const page = await open('/book/?view=sign-in');
    await button(page, 'Sign in with Google').waitFor();
    await look(page, 'book-providers');
    await goBy(page, 'Continue');
    await page.locator('.sign-in [role=alert]', { hasText: 'Please agree' }).waitFor();
    expect(new URL(page.url()).search).toBe('?view=sign-in');

    await page.locator('input[name=accept_terms]').check();
    await button(page, 'Sign in with Google').click();
    await page.locator('.signed-in').waitFor();
    const first = await me(page);
    expect(first).toMatchObject({ role: 'patient', first_name: 'Nargiza' });
    expect(new URL(page.url()).search).toBe('?view=visits');
    await page.reload();
    await page.locator('.signed-in').waitFor();

    const again = await open('/book/?view=sign-in');
    await goBy(again, 'Continue');
    await again.locator('.signed-in').waitFor();
    expect((await me(again)).id).toBe(first.id);
  });

  test('somebody who says no there is told so, and can try again', async () => {
    clinic.google.becomes({ sub: 'page-no' });
    const page = await open('/book/?view=sign-in');
    await goBy(page, 'Cancel');
    await page.locator('.sign-in [role=alert]', { hasText: 'You have not agreed there' }).waitFor();
    expect(new URL(page.url()).search).toBe('?view=sign-in');
    await goBy(page, 'Cancel');
    await page.locator('.sign-in [role=alert]', { hasText: 'You have not agreed there' }).waitFor();
  });

  test.each([
    ['uz', 'Qaytadan boshlang'],
    ['ru', 'Начните заново'],
    ['en', 'Please begin again'],
  ])('in %s: a link with somebody else’s code signs nobody in', async (language, words) => {
    const page = await open('/book/?code=stolen&state=theirs', language);
    await page.locator('#corner a').click();
    await page.locator('.sign-in [role=alert]', { hasText: words }).waitFor();
    expect(await me(page)).toBeUndefined();
  });

  test('somebody with two steps shows the second one on coming back', async () => {
    clinic.google.becomes({ sub: 'page-careful', given_name: 'Olim' });
    const page = await open('/book/?view=sign-in');
    await page.locator('input[name=accept_terms]').check();
    await goBy(page, 'Continue');
    await page.locator('.signed-in').waitFor();
    const { id } = await me(page);
    const token = String(await page.evaluate('JSON.parse(sessionStorage.getItem("session")).access'));
    const { secret } = await enrol(clinic, { token });
    pass(clinic.clock, 60);
    const next = await open('/book/?view=sign-in');
    await goBy(next, 'Continue');
    await next.locator('input[name=code]').fill(shown(clinic, secret));
    await next.locator('form button[type=submit]').click();
    await next.locator('.signed-in').waitFor();
    expect((await me(next)).id).toBe(id);
  });

  test('whoever owns a confirmed email of another account is told to sign in there', async () => {
    const owner = await clinic.person('patient', { accept_terms: true });
    await clinic.db.$client.query(
      "update users set email = 'page@gmail.com', email_verified_at = now() where id = $1",
      [owner.id],
    );
    clinic.google.becomes({ sub: 'page-known', email: 'page@gmail.com', email_verified: true });
    const page = await open('/book/?view=sign-in');
    await page.locator('input[name=accept_terms]').check();
    await goBy(page, 'Continue');
    await page.locator('.sign-in [role=alert]', { hasText: 'Sign in to that one' }).waitFor();
    await page.locator('input[name=username]').fill(owner.username);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('form button[type=submit]').click();
    await page.locator('.signed-in').waitFor();
  });

  test('a provider that is away is said to be, and the password still serves', async () => {
    // Nobody has come by it: what it says of itself is not known yet.
    clinic.oneid.trouble = 'down';
    const page = await open('/book/?view=sign-in');
    await button(page, 'Sign in with OneID').click();
    await page.locator('#note', { hasText: 'does not answer' }).waitFor();
    clinic.oneid.trouble = undefined;
    expect(await page.locator('input[name=password]').count()).toBe(1);
  });

  describe('as a Mini App of Telegram', () => {
    const address = (id: number, at = clinic.clock.now()) =>
      `/book/#${new URLSearchParams({ tgWebAppData: initData(BOT_TOKEN, at, { id, first_name: 'Zuhra' }) })}`;

    test('somebody new agrees once, and is signed in from then on as the app opens', async () => {
      const page = await open(address(880_001));
      await page.locator('.cards, .empty').first().waitFor();
      expect(await me(page)).toBeUndefined();
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.locator('input[name=accept_terms]').check();
      expect(await button(page, 'Sign in with Google').count()).toBe(0);
      await button(page, 'Sign in with Telegram').click();
      await page.locator('.signed-in').waitFor();
      const { id } = await me(page);

      const again = await open(address(880_001));
      await again.getByRole('link', { name: 'My visits' }).click();
      await again.locator('.signed-in').waitFor();
      expect((await me(again)).id).toBe(id);
    });

    test('what Telegram handed over longer than five minutes ago signs nobody in', async () => {
      const old = new Date(clinic.clock.now().getTime() - 301_000);
      const page = await open(address(880_001, old));
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.locator('.sign-in [role=alert]', { hasText: 'cannot be trusted' }).waitFor();
      expect(await me(page)).toBeUndefined();
    });
  });
});
