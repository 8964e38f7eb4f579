import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { desktop, everyReader, look, phone, reader, signIn } from './browser.ts';
import { closed, type Desk, focusIsAt, openDesk, slotOn, submit, visitOn } from './desk.ts';

describe.runIf(chromiumPath)('/desk/ in a browser', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  test.each(everyReader.map((who) => ({ ...who, name: `${who.language}, ${who.size.width} px` })))(
    'a receptionist goes through a day: confirms, books, moves, looks who waits and who is away ($name)',
    async ({ language, size, dark }) => {
      const [slot, other] = desk.takeSlots(2);
      const name = await desk.known(
        { uz: 'Saparova', ru: 'Sodiqova', en: 'Sultonova' }[language] + size.width,
      );
      const typed = name.replace('Saparova', 'Сапарова').replace('Sodiqova', 'Содикова');
      const { page, complaints } = await reader(desk, { language, size, dark });
      const seen = (step: string) => look(page, `desk-${language}-${size.width}-${step}`);
      const close = async () => {
        await page.keyboard.press('Escape');
        await closed(page);
      };
      await page.goto(desk.addressOf());
      await page.locator('input[name=username]').waitFor();
      await seen('1-sign-in');
      await signIn(page, demo.receptionist.username);
      await page.locator('#live .live').waitFor();
      await seen('2-day');
      await page.locator('td.pending .entry').first().click();
      await page.locator('dialog details summary').click();
      await page.locator('.history').waitFor();
      await seen('3-visit');
      await close();

      await page.locator('.toolbar input[type=date]').fill(slot.date);
      await slotOn(page, slot).click();
      await page.locator('dialog input[type=search]').fill(typed.slice(0, 2));
      await page.locator('dialog .hint').waitFor();
      await page.locator('dialog input[type=search]').fill(typed);
      await page.locator('dialog .results .person').first().waitFor();
      await seen('4-find');
      await page.locator('dialog .results .person').first().click();
      await page.locator('dialog form').waitFor();
      await seen('5-book');
      await submit(page);
      await closed(page);
      const [booked] = await desk.visitIn(slot);
      expect(booked).toMatchObject({ last_name: name });
      await visitOn(page, booked.id).waitFor();
      await page.locator('#note .good, #note .bad').waitFor();
      await seen('6-booked');

      await focusIsAt(page, `visit-${booked.id}`);
      await page.keyboard.press('x');
      await page.locator('#carried p').waitFor();
      await seen('7-carried');
      await slotOn(page, other).click();
      await slotOn(page, slot).waitFor();
      expect(await desk.visitIn(other)).toMatchObject([{ id: booked.id }]);
      await visitOn(page, booked.id).focus();
      await page.keyboard.press('Delete');
      await page.locator('dialog textarea').waitFor();
      await seen('8-cancel');
      await close();

      await page.locator('#aside [data-at=waiting-list]').last().click();
      await page.locator('dialog input').fill(typed);
      await page.locator('dialog .results .person').first().click();
      await page.locator('dialog select[name=doctor]').waitFor();
      await seen('9-waiting-list');
      await close();
      await page.locator('#aside [data-at=absences]').last().click();
      await page.locator('dialog select').selectOption(String(slot.doctor.id));
      await submit(page);
      await page.locator('dialog .rows li').first().waitFor();
      await seen('10-absence');
      await close();
      expect(complaints).toEqual([]);
    },
  );

  test.each([
    { language: 'uz', size: phone, dark: true },
    { language: 'ru', size: desktop, dark: false },
    { language: 'en', size: desktop, dark: true },
  ])(
    'figures are pictures, each with the table behind it, of a clinic or of a doctor ($language)',
    async ({ language, size, dark }) => {
      const { page, complaints } = await reader(desk, { language, size, dark, as: demo.admin.username });
      await page.goto(`${desk.origin}/desk/?view=figures`);
      await page.locator('.figures-grid').waitFor();
      expect(await page.locator('figure svg[role=img]').count()).toBe(4);
      expect(await page.locator('figure details').count()).toBe(4);
      await look(page, `desk-${language}-${size.width}-11-figures`);
      await page.locator('figure details summary').first().click();
      await page.locator('figure table').first().waitFor();
      await look(page, `desk-${language}-${size.width}-12-table`);
      for (const measure of ['no_shows', 'lead_time']) {
        await page.locator('.toolbar select').first().selectOption(measure);
        await page.locator('.figures-grid').waitFor();
        await look(page, `desk-${language}-${size.width}-13-${measure}`);
      }
      expect(complaints).toEqual([]);
    },
  );

  test('a doctor sees their own figures, and their own day', async () => {
    const { page, complaints } = await desk.at(undefined, 'doctor');
    expect(await page.locator('#grid thead th').count()).toBe(1);
    await page.locator('#corner').getByRole('link', { name: 'Figures' }).click();
    await page.locator('.figures-grid').waitFor();
    expect(await page.locator('figure').nth(2).locator('.bar').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('a visit is dragged to another slot with its version; refused, it stays and the desk says why', async () => {
    const [slot, other, third] = desk.takeSlots(3);
    const name = await desk.known('Jalilova');
    const { page } = await desk.at(slot.date);
    await slotOn(page, slot).click();
    await desk.bookFor(page, name, name);
    const [booked] = await desk.visitIn(slot);
    const sent: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/reschedule/')) sent.push(request.headers()['if-match']);
    });
    await visitOn(page, booked.id).dragTo(slotOn(page, other));
    await slotOn(page, slot).waitFor();
    expect(await desk.visitIn(other)).toMatchObject([{ id: booked.id }]);
    expect(sent).toEqual(['"1"']);

    // Another desk is quicker, by as much as nobody can hear of it.
    await page.route('**/reschedule/', async (route) => {
      const changed = await desk.clinic.app.inject({
        method: 'PATCH',
        url: `/api/appointments/${booked.id}/`,
        headers: { authorization: `Bearer ${desk.token}` },
        payload: { note: 'Rang: will be late' },
      });
      expect(changed.statusCode).toBe(200);
      await route.continue();
    });
    await visitOn(page, booked.id).dragTo(slotOn(page, third));
    await page.locator('#note .bad', { hasText: 'Not moved' }).waitFor();
    expect(await desk.visitIn(other)).toMatchObject([{ id: booked.id }]);
    expect(await desk.visitIn(third)).toEqual([]);
    await visitOn(page, booked.id).waitFor();
    await slotOn(page, third).waitFor();
  });

  test('an absence shows what it would do, does it, and is ended', async () => {
    const [slot] = desk.takeSlots(1);
    const name = await desk.known('Zokirova');
    const { page, complaints } = await desk.at(slot.date);
    await slotOn(page, slot).click();
    await desk.bookFor(page, name, name);
    const [booked] = await desk.visitIn(slot);
    const enter = page.locator('#aside').getByRole('button', { name: 'Enter an absence' });
    await enter.click();
    await page.locator('dialog select').selectOption(String(slot.doctor.id));
    await page.locator('dialog input[name=reason]').fill('A course');
    await submit(page);
    await page.locator('dialog .rows li', { hasText: name }).waitFor();
    expect(await desk.visitIn(slot), 'a preview does nothing').toMatchObject([{ id: booked.id }]);
    await page.getByRole('button', { name: 'Enter it, and tell everybody' }).click();
    await closed(page);
    await visitOn(page, booked.id).waitFor({ state: 'detached' });
    expect(await desk.visitBy(booked.id)).toMatchObject({ status: 'cancelled' });
    // The keyboard goes on where it was.
    await expect.poll(() => page.evaluate('document.activeElement.dataset.at')).toBe('absences');

    const { rows } = await desk.clinic.db.$client.query('select max(id) as id from absences');
    const end = page.locator(`[data-id="absence-${rows[0].id}"]`);
    await end.click();
    await submit(page);
    await end.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('whoever waits for a time like this is offered it at the desk', async () => {
    const [slot] = desk.takeSlots(1);
    const name = await desk.known('Vohidova');
    const { page, complaints } = await desk.at(slot.date);
    const add = page.locator('#aside').getByRole('button', { name: 'Add to the waiting list' });
    await add.click();
    await page.locator('dialog input[type=search]').fill(name);
    await page.locator('dialog .person').first().click();
    await page.locator('dialog select[name=doctor]').selectOption(String(slot.doctor.id));
    await page.locator('dialog input[name=to]').fill(slot.date);
    await submit(page);
    const row = page.locator('#aside li', { hasText: name });
    await row.waitFor();
    await slotOn(page, slot).click();
    await page.locator('dialog .person', { hasText: name }).waitFor();
    await page.keyboard.press('Escape');
    await row.locator('.icon').click();
    await submit(page);
    await row.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('days are turned by key, and whoever leaves the desk alone is signed out and comes back to the day', async () => {
    const { page, complaints } = await reader(desk, { size: desktop });
    await page.clock.install();
    await page.goto(desk.addressOf());
    await page.locator('input[name=username]').waitFor();
    await signIn(page, demo.receptionist.username);
    await page.locator('#grid table').waitFor();
    const today = await page.locator('h1').innerText();
    for (const key of ['PageDown', 'PageDown', 'PageUp']) {
      const before = await page.locator('h1').innerText();
      await page.keyboard.press(key);
      await expect.poll(() => page.locator('#grid table').count()).toBe(1);
      expect(await page.locator('h1').innerText()).not.toBe(before);
    }
    const tomorrow = await page.locator('h1').innerText();
    expect(tomorrow).not.toBe(today);
    await page.clock.fastForward('14:00');
    await page.keyboard.press('Shift');
    await page.clock.fastForward('14:00');
    expect(await page.locator('#grid table').count()).toBe(1);
    await page.clock.fastForward('01:00');
    await page.locator('input[name=username]').waitFor();
    expect(await page.evaluate('sessionStorage.getItem("session")')).toBeNull();
    await page.locator('#note .bad').waitFor();
    await signIn(page, demo.receptionist.username);
    await page.locator('#grid table').waitFor();
    expect(await page.locator('h1').innerText()).toBe(tomorrow);
    // What was on its way while the clock jumped seemed to take too long, or came after the session had ended.
    expect(complaints.filter((text) => !/^failed |401 \(Unauthorized\)/.test(text))).toEqual([]);
  });

  test('a visit is confirmed, marked and cancelled in a press each, with the reason', async () => {
    const { page, complaints } = await desk.at();
    /** The first visit of today in a state. */
    const first = async (state: string) =>
      (await page.locator(`td.${state} .entry`).first().getAttribute('data-id'))?.slice('visit-'.length) ??
      '';
    const inState = (id: string, state: string) =>
      page.locator(`td.${state} [data-id="visit-${id}"]`).waitFor();
    const open = async (id: string, name: string) => {
      await visitOn(page, id).click();
      await page.locator('dialog').getByRole('button', { name, exact: true }).click();
    };

    const pending = await first('pending');
    await page
      .locator('td.pending', { has: visitOn(page, pending) })
      .locator('.quick')
      .click();
    await inState(pending, 'confirmed');

    const here = await first('confirmed');
    await page
      .locator('td.confirmed', { has: visitOn(page, here) })
      .locator('.quick')
      .click();
    await inState(here, 'arrived');
    // Beside the day it says since when they wait.
    await page
      .locator('#aside small', { hasText: /since \d\d:\d\d/ })
      .first()
      .waitFor();
    await open(here, 'Take back');
    await inState(here, 'confirmed');

    await open(here, 'Did not come');
    await inState(here, 'no_show');
    expect(await desk.visitBy(here)).toMatchObject({ attendance: 'no_show' });

    const gone = await first('confirmed');
    await open(gone, 'Cancel visit');
    await page.locator('dialog textarea').fill('The doctor was called away');
    await submit(page);
    await visitOn(page, gone).waitFor({ state: 'detached' });
    expect(await desk.visitBy(gone)).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'The doctor was called away',
    });
    expect(complaints).toEqual([]);
  });

  test('the day prints on one sheet, with everybody who comes', async () => {
    const { page } = await desk.at();
    await page.evaluate('window.print = () => { window.printed = true; }');
    await page.getByRole('button', { name: 'Print' }).click();
    expect(await page.evaluate('window.printed')).toBe(true);
    const visits = await page.locator('#grid td .entry[data-id^="visit-"]').count();
    expect(visits).toBeGreaterThan(0);
    expect(await page.locator('#sheet section p').count()).toBe(visits);
    const paper = (await page.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
    expect(paper.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  });
});
