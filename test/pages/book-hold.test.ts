import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { type OpenDemo, openDemo, reader } from './browser.ts';

describe.runIf(chromiumPath)('/book/ on a slow line', () => {
  let opened: OpenDemo;
  beforeAll(async () => {
    opened = await openDemo();
  });
  afterAll(() => opened?.close());

  test('a refusal of what is no longer chosen is not shown in place of the hold', async () => {
    const { page } = await reader(opened, { as: demo.patient.username });
    await page.goto(`${opened.origin}/book/?doctor=${demo.doctor.id}`);
    await page.locator('.slot').first().click();
    await page.locator('.countdown').waitFor();
    const answered = Promise.withResolvers<void>();
    await page.route('**/hold/', async (route) => {
      if (route.request().postDataJSON().patient !== demo.child.id) return route.continue();
      await answered.promise;
      return route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'not_for_this_patient', status: 409, detail: 'Not for a child.' }),
      });
    });
    await page.getByRole('radio', { name: demo.child.name.first_name }).check();
    const held = page.waitForResponse('**/hold/');
    await page.getByRole('radio', { name: /^Me/ }).check();
    await (await held).finished();
    const refused = page.waitForResponse('**/hold/');
    answered.resolve();
    await (await refused).finished();
    await page.evaluate('new Promise((done) => setTimeout(done, 300))');
    expect(await page.locator('.refused').count()).toBe(0);
    expect(await page.locator('.countdown').count()).toBe(1);
  });
});
