import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { desktop, newPatient, type OpenDemo, openDemo, phone, reader, signIn } from './browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds on a page, in a few words. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`);
  return found as string[];
}

describe.runIf(chromiumPath)('axe finds nothing', () => {
  let opened: OpenDemo;
  let clinic: OpenDemo['clinic'];
  let browser: OpenDemo['browser'];
  let origin: string;
  beforeAll(async () => {
    opened = await openDemo();
    ({ clinic, browser, origin } = opened);
  });
  afterAll(() => opened?.close());

  test.each([
    ['light', false, phone],
    ['dark', true, desktop],
  ])('on /book/ (%s)', async (_name, dark, size) => {
    const { page } = await reader(browser, origin, { dark, size });
    await page.goto(`${origin}/book/`);
    await page.locator('.cards').waitFor();
    expect(await findings(page), 'doctors').toEqual([]);
    await page.goto(`${origin}/book/?doctor=${demo.doctor.id}`);
    await page.locator('.slot').first().waitFor();
    expect(await findings(page), 'times').toEqual([]);
    await page.locator('.slot').last().click();
    for (const way of [0, 2, 1]) {
      await page.locator('.switch button').nth(way).click();
      expect(await findings(page), `way in ${way}`).toEqual([]);
    }
    await page.locator('form button[type=submit]').click();
    await page.locator('[aria-invalid]').first().waitFor();
    expect(await findings(page), 'refused').toEqual([]);
    const { username } = await newPatient(clinic);
    await page.locator('.switch button').nth(0).click();
    await signIn(page, username);
    await page.locator('.countdown').waitFor();
    expect(await findings(page), 'last step').toEqual([]);
    await page.locator('form button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    expect(await findings(page), 'booked').toEqual([]);
    await page.goto(`${origin}/book/?view=wait&doctor=${demo.doctor.id}`);
    await page.locator('input[name=from]').waitFor();
    expect(await findings(page), 'waiting list').toEqual([]);
    await page.goto(`${origin}/book/?view=visits`);
    await page.locator('.signed-in').waitFor();
    await page.getByRole('button', { name: 'Cancel visit' }).first().click();
    expect(await findings(page), 'my visits').toEqual([]);
  });

  test.each([
    ['light', false, desktop],
    ['dark', true, phone],
  ])('on /desk/ (%s)', async (_name, dark, size) => {
    const { page } = await reader(browser, origin, { dark, size });
    await page.goto(`${origin}/desk/`);
    await page.locator('input[name=username]').waitFor();
    expect(await findings(page), 'sign-in').toEqual([]);
    await signIn(page, demo.admin.username);
    await page.locator('#grid table').waitFor();
    expect(await findings(page), 'day').toEqual([]);
    await page.locator('td.confirmed .entry').first().click();
    expect(await findings(page), 'visit').toEqual([]);
  });
});
