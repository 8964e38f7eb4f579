import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pass } from '../helpers/accounts.ts';
import { type ProvidersClinic, pkce, providersClinic, TENANT } from '../helpers/providers.ts';
import { chromiumPath, openBrowser } from './chromium.ts';

/** Journeys through each provider in a real browser, to a page of this server and back to the API. */
describe.runIf(chromiumPath)('signing in with accounts elsewhere, in a browser', () => {
  let clinic: ProvidersClinic;
  let browser: Browser;
  beforeAll(async () => {
    clinic = await providersClinic();
    for (const name of NAMES) clinic[name].asks = true;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await clinic?.close();
  });

  const NAMES = ['google', 'microsoft', 'telegram', 'oneid'] as const;
  type Name = (typeof NAMES)[number];
  const WHO: Record<Name, { sub: string } & Record<string, unknown>> = {
    google: { sub: 'g', given_name: 'Aziza', email: 'aziza@gmail.com', email_verified: true },
    microsoft: { sub: 'm', name: 'Aziza Karimova', tid: TENANT },
    telegram: { sub: 't', id: 7001, name: 'Aziza', phone_number: '998901112233' },
    oneid: { sub: 'o', given_name: 'Aziza' },
  };

  /** In a browser of its own: nobody is signed in at the provider. */
  async function onPage<Result>(visit: (page: Page) => Promise<Result>): Promise<Result> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    const result = await visit(page);
    await context.close();
    return result;
  }

  /** From the API to the provider's page. */
  async function begin(page: Page, name: Name, by?: { token: string }): Promise<string> {
    const { verifier, challenge } = pkce();
    const body = { redirect_uri: `${clinic.origin}/desk/`, code_challenge: challenge, state: 'the-app' };
    const started = await clinic.as(by).post(`/auth/providers/${name}/start/`, body).expect(200);
    await page.goto(started.body.authorization_url);
    expect(new URL(page.url()).origin).toBe(new URL(clinic[name].issuer).origin);
    expect(await page.title()).toBe('Provider');
    return verifier;
  }

  /** Says yes or no there. @returns what the page of this server is told */
  async function answer(page: Page, button: 'Continue' | 'Cancel'): Promise<Record<string, string>> {
    await page.getByRole('button', { name: button }).click();
    await page.waitForURL(`${clinic.origin}/desk/?*`);
    return Object.fromEntries(new URL(page.url()).searchParams);
  }

  /** What the page's own script asks of the API. */
  async function spend(page: Page, code: string | undefined, code_verifier: string) {
    const text = await page.evaluate(
      `fetch('/api/auth/providers/token/', { method: 'POST', headers: { 'content-type': 'application/json' },
         body: ${JSON.stringify(JSON.stringify({ code, code_verifier }))} }).then((answer) => answer.text())`,
    );
    return JSON.parse(String(text));
  }

  const come = (name: Name, by?: { token: string }) =>
    onPage(async (page) => {
      const verifier = await begin(page, name, by);
      const { code, state } = await answer(page, 'Continue');
      expect(state).toBe('the-app');
      return spend(page, code, verifier);
    });

  test.each(NAMES)('%s: somebody comes, and comes again', async (name) => {
    clinic[name].becomes(WHO[name]);
    const first = await come(name);
    expect(first.user).toMatchObject({ role: 'patient', first_name: 'Aziza' });
    const again = await come(name);
    expect(again.user.id).toBe(first.user.id);
    await clinic.as({ token: again.access }).get('/auth/me/').expect(200);
  });

  test.each(NAMES)('%s: somebody links, comes by it, and unlinks it', async (name) => {
    const owner = await clinic.person('patient');
    clinic[name].becomes({
      ...WHO[name],
      sub: `linked-${name}`,
      id: 7002,
      email: 'new@gmail.com',
      phone_number: undefined,
    });
    expect((await come(name, owner)).user.id).toBe(owner.id);
    expect((await come(name)).user.id).toBe(owner.id);
    const { body } = await clinic.as(owner).get('/auth/identities/').expect(200);
    await clinic.as(owner).delete(`/auth/identities/${body.results[0].id}/`).expect(204);
    expect((await come(name)).user.id).not.toBe(owner.id);
  });

  test.each(NAMES)('%s: somebody says no', async (name) => {
    clinic[name].becomes(WHO[name]);
    await onPage(async (page) => {
      await begin(page, name);
      expect(await answer(page, 'Cancel')).toEqual({ error: 'access_denied', state: 'the-app' });
    });
  });

  test.each(NAMES)('%s: somebody takes longer than ten minutes', async (name) => {
    clinic[name].becomes(WHO[name]);
    await onPage(async (page) => {
      await begin(page, name);
      pass(clinic.clock, 601);
      expect(await answer(page, 'Continue')).toEqual({ error: 'invalid_state', state: 'the-app' });
      pass(clinic.clock, -601);
    });
  });
});
