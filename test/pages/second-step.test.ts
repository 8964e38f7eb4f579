import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { testConfig } from '../helpers/app.ts';
import { shown } from '../helpers/two-step.ts';
import { desktop, look, type OpenDemo, openDemo, reader, signIn } from './browser.ts';

describe.runIf(chromiumPath)('/desk/ where the staff signs in with two steps', () => {
  let opened: OpenDemo;
  beforeAll(async () => {
    opened = await openDemo({ staff_two_step: 'required', data_keys: testConfig.data_keys });
  });
  afterAll(() => opened?.close());

  test('has the second step set up at the first sign-in, and asks for it from then on', async () => {
    const { origin, clinic } = opened;
    const { page } = await reader(opened, { size: desktop });
    const type = async (code: string) => {
      await page.locator('input[name=code]').fill(code);
      await page.locator('form button[type=submit]').click();
    };
    await page.goto(`${origin}/desk/`);
    await signIn(page, demo.receptionist.username);
    const secret = ((await page.locator('form code').textContent()) ?? '').replaceAll(' ', '');
    expect(await page.locator('form a').getAttribute('href')).toContain(`secret=${secret}`);
    await look(page, 'desk-second-step');
    await type('000');
    await page.locator('.form-error:not(:empty)').waitFor();
    await type(shown(clinic, secret));
    await page.locator('.recovery-codes').waitFor();
    const kept = await page.locator('.recovery-codes code').allTextContents();
    expect(kept).toHaveLength(10);
    await page.locator('form button[type=submit]').click();
    await page.locator('.toolbar').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();

    await signIn(page, demo.receptionist.username);
    await page.locator('input[name=code]').waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await signIn(page, demo.receptionist.username);
    await type(kept[0] ?? '');
    await page.locator('.toolbar').waitFor();
    await page.context().close();
  });

  test('lets doctors in by their password alone', async () => {
    const { origin } = opened;
    const { page } = await reader(opened, { size: desktop });
    await page.goto(`${origin}/desk/`);
    await signIn(page, demo.doctor.username);
    await page.locator('.toolbar').waitFor();
    await page.context().close();
  });
});
