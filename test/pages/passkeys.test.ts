import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../src/db/embedded/embedded.ts';
import { chromiumPath, openBrowser } from '../browser/chromium.ts';
import { pass } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import type { TestClock } from '../helpers/clock.ts';
import { movingClock } from '../helpers/oidc.ts';
import { expectProblem } from '../helpers/problem.ts';
import { listening } from '../helpers/raw.ts';
import { desktop, look, phone, reader } from './browser.ts';

type Credential = Record<string, unknown> & { id: string };

/** A device with a passkey, in a real browser: Chromium's virtual authenticator. */
interface Device {
  cdp: CDPSession;
  authenticatorId: string;
  credentials(): Promise<{ credentialId: string; signCount: number }[]>;
  /** Whether its holder shows a finger that it knows. */
  verifies(yes: boolean): Promise<void>;
}

async function deviceOf(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    cdp,
    authenticatorId,
    credentials: async () =>
      (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials as never,
    verifies: async (isUserVerified) => {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
  };
}

describe.runIf(chromiumPath)('passkeys in a browser', () => {
  let clinic: TestApp & { clock: TestClock };
  let origin: string;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    const port = await freePort();
    // Browsers make no passkeys for bare addresses.
    origin = `http://localhost:${port}`;
    const clock = movingClock();
    clinic = { ...(await testApp({ clock, config: { public_url: origin } })), clock };
    await clinic.app.listen({ host: '127.0.0.1', port });
    await listening(clinic.app);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await clinic?.close();
  });

  async function type(page: Page, { username }: Person): Promise<void> {
    await page.locator('input[name=username]').fill(username);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('form button[type=submit]').click();
  }
  const button = (page: Page, name: string) => page.getByRole('button', { name });
  /** Adds a passkey by what the page shows. */
  async function add(page: Page, name: string): Promise<void> {
    await button(page, 'Add a passkey').click();
    await page.locator('dialog input[name=name]').fill(name);
    await page.locator('dialog form button[type=submit]').click();
    await page.locator('.passkeys li', { hasText: name }).waitFor();
    await page.locator('dialog form').waitFor({ state: 'detached' });
  }
  const signIn = (credential: unknown) =>
    clinic.as(undefined).post('/auth/passkeys/sign-in/', { credential });
  const start = async () =>
    (await clinic.as(undefined).post('/auth/passkeys/sign-in/start/').expect(200)).body.public_key;
  /** What the browser makes of a challenge, in a page. */
  const sign = (page: Page, options: object): Promise<Credential> =>
    page.evaluate(
      `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)}) })
        .then((credential) => credential.toJSON())`,
    );

  /** Somebody who has added a passkey by the API, in a page of this server. */
  async function withPasskey() {
    const person = await clinic.person('patient');
    const { page } = await reader({ browser, origin });
    await page.goto(`${origin}/book/`);
    const device = await deviceOf(page);
    const asked = await clinic.as(person).post('/auth/passkeys/start/').expect(200);
    const credential = await page.evaluate(
      `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
        ${JSON.stringify(asked.body.public_key)}) }).then((credential) => credential.toJSON())`,
    );
    const { body } = await clinic.as(person).post('/auth/passkeys/', { credential }).expect(201);
    expect((await signIn(await sign(page, await start()))).body.user.id).toBe(person.id);
    return { person, page, device, id: body.id as number };
  }

  test('/desk/: somebody adds one, comes by it with both steps, and removes it', async () => {
    const person = await clinic.person('receptionist');
    const { page, complaints } = await reader({ browser, origin }, { size: desktop });
    const device = await deviceOf(page);
    await page.goto(`${origin}/desk/`);
    await type(page, person);
    await page.locator('.toolbar').waitFor();
    await button(page, 'Passkeys').click();
    await add(page, 'My laptop');
    await look(page, 'desk-passkeys');
    expect(await device.credentials()).toHaveLength(1);
    await button(page, 'Close').click();
    await button(page, 'Sign out').click();

    await button(page, 'Sign in with a passkey').click();
    await page.locator('.toolbar').waitFor();
    await button(page, 'Passkeys').click();
    await page.locator('.passkeys li', { hasText: 'Used last on' }).waitFor();
    await button(page, 'Add a passkey').click();
    await page.locator('dialog form button[type=submit]').click();
    await page.locator('.form-error', { hasText: 'This device has a passkey of yours already.' }).waitFor();
    await page.locator('dialog').last().getByRole('button', { name: 'Back' }).click();
    await page.locator('.passkeys li').getByRole('button', { name: 'Remove the passkey' }).click();
    await page.locator('dialog form button[type=submit]').click();
    await page.locator('.passkeys li').waitFor({ state: 'detached' });
    await page.locator('dialog form').waitFor({ state: 'detached' });
    await button(page, 'Close').click();
    await button(page, 'Sign out').click();

    // The device still has it; the clinic knows it no more.
    await button(page, 'Sign in with a passkey').click();
    await page.locator('#note', { hasText: 'does not serve here' }).waitFor();
    // The refusal, and what was on its way as somebody signed out.
    expect(complaints.filter((one) => !/status of 40[01] /.test(one))).toEqual([]);
  });

  test.each([
    ['uz', 'Kirish kaliti bilan kirish'],
    ['ru', 'Войти с ключом доступа'],
    ['en', 'Sign in with a passkey'],
  ])('/book/ in %s: a patient comes by one, at 360 px, by keyboard alone', async (language, label) => {
    const { person, page: first, device } = await withPasskey();
    const [known] = (
      await device.cdp.send('WebAuthn.getCredentials', { authenticatorId: device.authenticatorId })
    ).credentials;
    if (!known) throw new Error('the device has no passkey');
    await first.context().close();
    const { page } = await reader({ browser, origin }, { size: phone, language });
    const { cdp, authenticatorId } = await deviceOf(page);
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: known });
    await page.goto(`${origin}/book/?view=sign-in`);
    await button(page, label).focus();
    await look(page, `book-passkey-${language}`);
    await page.keyboard.press('Enter');
    await page.locator('.signed-in').waitFor();
    expect(await page.evaluate('JSON.parse(sessionStorage.getItem("session")).user.id')).toBe(person.id);
  });

  test('/book/: whoever has lost the device, or says no to it, is told to come another way', async () => {
    const { page, device, person } = await withPasskey();
    await page.goto(`${origin}/book/?view=sign-in`);
    await device.verifies(false);
    await button(page, 'Sign in with a passkey').click();
    await page.locator('#note', { hasText: 'No passkey was used' }).waitFor();
    await device.verifies(true);
    await device.cdp.send('WebAuthn.clearCredentials', { authenticatorId: device.authenticatorId });
    await page.locator('#note p').evaluate('(note) => note.remove()');
    await button(page, 'Sign in with a passkey').click();
    await page.locator('#note', { hasText: 'No passkey was used' }).waitFor();
    await type(page, person);
    await page.locator('.signed-in').waitFor();
    await page.getByText('Passkeys', { exact: true }).click();
    await page.locator('.passkeys li').getByRole('button', { name: 'Remove the passkey' }).click();
    await page.locator('dialog form button[type=submit]').click();
    await page.locator('.passkeys li').waitFor({ state: 'detached' });
    await page.locator('dialog form').waitFor({ state: 'detached' });
    await add(page, 'The next phone');
    expect(await device.credentials()).toHaveLength(1);
  });

  test('an answer is taken once, and within five minutes', async () => {
    const { page } = await withPasskey();
    const options = await start();
    const credential = await sign(page, options);
    await signIn(credential).expect(200);
    expectProblem(await signIn(credential), 'invalid_passkey');
    expectProblem(await signIn(await sign(page, options)), 'invalid_passkey');
    const late = await sign(page, await start());
    pass(clinic.clock, 301);
    expectProblem(await signIn(late), 'invalid_passkey');
  });

  test('without that its holder was verified it is refused', async () => {
    const { page, device } = await withPasskey();
    await device.verifies(false);
    const careless = { ...(await start()), userVerification: 'discouraged' };
    expectProblem(await signIn(await sign(page, careless)), 'invalid_passkey');
    await device.verifies(true);
    expect((await signIn(await sign(page, await start()))).status).toBe(200);
  });

  test('another site’s page gets no answer that serves', async () => {
    const { page } = await withPasskey();
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<title>Elsewhere</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    // By another name the browser asks no device.
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect(sign(page, await start())).rejects.toThrow(/SecurityError/);
    // By the same name at another port it does.
    await page.goto(`http://localhost:${port}/`);
    expectProblem(await signIn(await sign(page, await start())), 'invalid_passkey');
    await page.goto(`${origin}/book/`);
    expect((await signIn(await sign(page, await start()))).status).toBe(200);
  });

  test('somebody else’s answer under one’s own name is refused', async () => {
    const mine = await withPasskey();
    const theirs = await withPasskey();
    const options = await start();
    const own = await sign(mine.page, await start());
    const other = await sign(theirs.page, options);
    const { userHandle } = own.response as { userHandle: string };
    const disguised = { ...other, response: { ...(other.response as object), userHandle } };
    expectProblem(await signIn(disguised), 'invalid_passkey');
    const again = await sign(theirs.page, await start());
    expectProblem(await signIn({ ...again, id: own.id, rawId: own.id }), 'invalid_passkey');
    expect((await signIn(await sign(theirs.page, await start()))).body.user.id).toBe(theirs.person.id);
  });

  test('of a device that was cloned the one that lags behind is refused', async () => {
    const { page, device } = await withPasskey();
    const { credentials } = await device.cdp.send('WebAuthn.getCredentials', {
      authenticatorId: device.authenticatorId,
    });
    const [copy] = credentials;
    if (!copy) throw new Error('the device has no passkey');
    for (let n = 0; n < 3; n += 1) await signIn(await sign(page, await start())).expect(200);
    const { page: elsewhere } = await reader({ browser, origin });
    await elsewhere.goto(`${origin}/book/`);
    const clone = await deviceOf(elsewhere);
    await clone.cdp.send('WebAuthn.addCredential', {
      authenticatorId: clone.authenticatorId,
      credential: copy,
    });
    expectProblem(await signIn(await sign(elsewhere, await start())), 'invalid_passkey');
    await signIn(await sign(page, await start())).expect(200);
  });
});
