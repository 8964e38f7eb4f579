import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { desktop, reader, signIn } from './browser.ts';
import { type Desk, openDesk } from './desk.ts';

describe.runIf(chromiumPath)(
  '/desk/ on a computer that two share, with a network that comes and goes',
  () => {
    let desk: Desk;
    beforeAll(async () => {
      desk = await openDesk();
    });
    afterAll(() => desk?.close());

    test('new tokens that come after somebody has signed out are not those of whoever signs in next', async () => {
      const { page } = await reader(desk, { size: desktop, as: demo.admin.username });
      let isCut = true;
      await page.route('**/api/auth/token/refresh/', (route) =>
        isCut ? route.abort('internetdisconnected') : route.continue(),
      );
      await page.addInitScript(`if (sessionStorage.session) {
      const session = JSON.parse(sessionStorage.session);
      if (session.user.username === ${JSON.stringify(demo.admin.username)})
        sessionStorage.session = JSON.stringify({ ...session, access: 'expired' });
    }`);
      await page.goto(desk.addressOf());
      await page.locator('#network p').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.locator('input[name=username]').waitFor();
      await signIn(page, demo.receptionist.username);
      const { first_name, last_name } = demo.receptionist.name;
      await page.locator('.me', { hasText: `${first_name} ${last_name}` }).waitFor();
      isCut = false;
      await page.evaluate('dispatchEvent(new Event("online"))');
      await page.locator('#grid table').waitFor();
      const whose = await page.evaluate(`(async () => {
      const { access } = JSON.parse(sessionStorage.session);
      const answer = await fetch('/api/auth/me/', { headers: { authorization: 'Bearer ' + access } });
      return (await answer.json()).username;
    })()`);
      expect(whose).toBe(demo.receptionist.username);
    });
  },
);
