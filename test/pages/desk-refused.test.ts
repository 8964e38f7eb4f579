import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { type Desk, openDesk, type Slot, submit, visitOn } from './desk.ts';

describe.runIf(chromiumPath)('/desk/, where others change what is shown and answers fail', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object) => {
    const headers = { authorization: `Bearer ${desk.token}` };
    const answer = await desk.clinic.app.inject({
      method,
      url: `/api${path}`,
      headers,
      ...(payload && { payload }),
    });
    expect(answer.statusCode, answer.payload).toBeLessThan(300);
    return answer.json();
  };
  /** @returns the visit's id */
  async function book({ id: timeslot }: Slot, last_name: string): Promise<number> {
    await desk.known(last_name);
    const { results } = await ask('GET', `/patients/?search=${last_name}`);
    return (await ask('POST', '/appointments/', { timeslot, patient: results[0].id })).id;
  }

  test('a note is kept although the visit was confirmed while it was written', async () => {
    const [slot] = desk.takeSlots(1);
    const visit = await book(slot, 'Abdullayeva');
    const { page } = await desk.at(slot.date);
    await visitOn(page, visit).click();
    await page.locator('dialog textarea').fill('Comes with a guide dog, please leave the door open');
    await ask('PATCH', `/appointments/${visit}/`, { status: 'confirmed' });
    await submit(page);
    await page.locator('#note .good, #note .bad, dialog .form-error:not(:empty)').first().waitFor();
    expect((await desk.visitBy(String(visit))).note).toBe(
      'Comes with a guide dog, please leave the door open',
    );
  });

  test('a note that somebody else has changed meanwhile is not lost, nor written over unseen', async () => {
    const [slot] = desk.takeSlots(1);
    const visit = await book(slot, 'Abduqodirova');
    const { page } = await desk.at(slot.date);
    await visitOn(page, visit).click();
    await page.locator('dialog textarea').fill('Mine');
    await ask('PATCH', `/appointments/${visit}/`, { note: 'Theirs' });
    await submit(page);
    await page.locator('#note .bad, dialog .form-error:not(:empty)').first().waitFor();
    expect((await desk.visitBy(String(visit))).note).toBe('Theirs');
    expect(await page.locator('dialog textarea').inputValue()).toBe('Mine');
    await page.locator('dialog .hint', { hasText: 'Theirs' }).waitFor();
  });

  test('a visit that was confirmed while the reason was written is cancelled with that reason', async () => {
    const [slot] = desk.takeSlots(1);
    const visit = await book(slot, 'Abdurahmonova');
    const { page } = await desk.at(slot.date);
    await visitOn(page, visit).focus();
    await page.keyboard.press('Delete');
    await page.locator('dialog textarea').fill('The patient has rung');
    await ask('PATCH', `/appointments/${visit}/`, { status: 'confirmed' });
    await submit(page);
    // It may have been heard of just before the dialog opened.
    const isAnswered = `!document.querySelector('dialog') || document.querySelector('dialog .form-error').textContent !== ''`;
    await expect.poll(() => page.evaluate(isAnswered)).toBe(true);
    // What is shown is up to date, as the desk says: so the next press is meant for it.
    if ((await page.locator('dialog').count()) > 0) await submit(page);
    await expect.poll(async () => (await desk.visitBy(String(visit))).status).toBe('cancelled');
  });

  test('what is heard is read again where the first answer failed', async () => {
    const [slot] = desk.takeSlots(1);
    const { page } = await desk.at(slot.date);
    await page.locator('#live .live').waitFor();
    await page.evaluate('new Promise((done) => setTimeout(done, 1_000))');
    let failed = 0;
    await page.route('**/appointments/day/**', async (route) => {
      if (failed > 0) return route.continue();
      failed += 1;
      return route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'internal_error', status: 500, title: 'Internal error' }),
      });
    });
    const visit = await book(slot, 'Boltayeva');
    await expect.poll(() => failed).toBe(1);
    await visitOn(page, visit).waitFor();
  });

  test('the keys are those of the keyboard, whatever alphabet it writes and with capitals on', async () => {
    const [slot] = desk.takeSlots(1);
    const visit = await book(slot, 'Choriyeva');
    const { page } = await desk.at(slot.date);
    const keyboard = await page.context().newCDPSession(page);
    const press = async (key: string, code: string) => {
      await visitOn(page, visit).focus();
      await keyboard.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, code });
    };
    await visitOn(page, visit).waitFor();
    // The key of C, where a Russian layout is on.
    await press('с', 'KeyC');
    await expect.poll(async () => (await desk.visitBy(String(visit))).status).toBe('confirmed');
    await page.locator(`td.confirmed [data-id="visit-${visit}"]`).waitFor();
    await press('X', 'KeyX');
    await page.locator('#carried p').waitFor();
  });

  test('a mark that was made today on a visit of yesterday can be taken back', async () => {
    const yesterday = new Date(Date.parse(desk.clinic.clock.wall().date) - 86_400_000)
      .toISOString()
      .slice(0, 10);
    const { page } = await desk.at(yesterday, 'admin');
    await visitOn(page, demo.pastVisit.id).click();
    await page.locator('dialog').getByRole('button', { name: 'Did not come', exact: true }).click();
    await page.locator(`td.no_show [data-id="visit-${demo.pastVisit.id}"]`).waitFor();
    await visitOn(page, demo.pastVisit.id).click();
    await page.locator('dialog').getByRole('button', { name: 'Take back', exact: true }).click();
    await page.locator(`td.confirmed [data-id="visit-${demo.pastVisit.id}"]`).waitFor();
  });

  test('what reception may not take back is not offered to them', async () => {
    const { page } = await desk.at();
    await page.locator('td.completed .entry').first().click();
    await page.locator('dialog textarea').waitFor();
    expect(await page.locator('dialog').getByRole('button', { name: 'Take back', exact: true }).count()).toBe(
      0,
    );
  });
});
