import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import {
  desktop,
  everyReader,
  look,
  newPatient,
  type OpenDemo,
  openDemo,
  type Reader,
  reader,
} from './browser.ts';

describe.runIf(chromiumPath)('/book/ in a browser', () => {
  let opened: OpenDemo;
  let clinic: OpenDemo['clinic'];
  let origin: string;
  beforeAll(async () => {
    opened = await openDemo();
    ({ clinic, origin } = opened);
  });
  afterAll(() => opened?.close());

  /** Visits before, so that one can tell what a journey has made. */
  const newest = async () =>
    (await clinic.db.$client.query('select * from appointments order by id desc limit 1')).rows[0];
  const visitsOf = async (patient: number) =>
    (await clinic.db.$client.query('select * from appointments where patient_id = $1 order by id', [patient]))
      .rows;

  const timesOf = (doctor: number) => `${origin}/book/?doctor=${doctor}`;
  const submit = (page: Page) => page.locator('form button[type=submit]').click();
  const booked = (page: Page) => page.locator('.lead.state').waitFor();

  /** Each test has a day of its own. @returns the time */
  async function pick(page: Page, day: number) {
    const more = page.getByRole('button', { name: /More days|Другие дни|Boshqa kunlar/ });
    for (let shown = 4; ; shown += 4) {
      await page
        .locator('.day')
        .nth(shown - 1)
        .waitFor();
      if (shown > day) break;
      await more.click();
    }
    const slot = page.locator('.day').nth(day).locator('.slot').first();
    const time = await slot.innerText();
    await slot.click();
    return time;
  }

  /** A patient of their own stands before the last step. */
  async function toLastStep(day: number): Promise<Reader & { id: number; username: string }> {
    const patient = await newPatient(clinic);
    const who = await reader(opened, { as: patient.username });
    await who.page.goto(timesOf(demo.doctor.id));
    await pick(who.page, day);
    await who.page.locator('.countdown').waitFor();
    return { ...who, ...patient };
  }

  /** Before and after a reload a step is the same. */
  async function reloaded(page: Page, selector: string) {
    const heading = await page.locator('h1').innerText();
    await page.reload();
    await page.locator(selector).first().waitFor();
    expect(await page.locator('h1').innerText()).toBe(heading);
  }

  test.each(
    everyReader.map((who, index) => ({ ...who, name: `${who.language}, ${who.size.width} px`, index })),
  )(
    'a guest registers on the way and books a visit, reloading at each step ($name)',
    async ({ language, size, dark, index }) => {
      const who = await reader(opened, { language, size, dark });
      const { page } = who;
      const seen = (step: string) => look(page, `book-${language}-${size.width}-${step}`);
      await page.goto(`${origin}/book/`);
      await page.locator('.cards').waitFor();
      await seen('1-doctors');
      await reloaded(page, '.cards');
      const cardiology = demo.specialization.names[language];
      await page.getByRole('link', { name: cardiology, exact: true }).click();
      await page.locator('.any').waitFor();
      await reloaded(page, '.any');
      const { first_name, last_name } = demo.doctor.name;
      await page.getByRole('link', { name: `${first_name} ${last_name}` }).click();
      await page.locator('.slot').first().waitFor();
      await seen('2-times');
      await reloaded(page, '.slot');
      const time = await pick(page, index + 1);
      await page.locator('.sign-in').waitFor();
      await seen('3-sign-in');
      await reloaded(page, '.sign-in');
      await page.locator('.switch button').nth(2).click();
      await seen('3-claim');
      await page.locator('.switch button').nth(1).click();
      await page.locator('input[name=first_name]').fill('Нилуфар');
      await page.locator('input[name=last_name]').fill('Қодирова');
      await page.locator('input[name=phone]').fill(`90 700-00-0${index}`);
      expect(await page.locator('input[name=username]').inputValue()).toBe('nilufar.qodirova');
      await page.locator('input[name=username]').fill(`nilufar.${index}.${language}`);
      await page.locator('input[name=password]').fill('short');
      await submit(page);
      await page.locator('[aria-invalid]').first().waitFor();
      await seen('3-register');
      await page.locator('input[name=password]').fill(demo.password);
      await page.locator('input[name=accept_terms]').check();
      await submit(page);
      await page.locator('.countdown').waitFor();
      expect(await page.locator('.countdown').innerText()).toMatch(/[45]:\d\d/);
      await seen('4-visit');
      await reloaded(page, '.countdown');
      await submit(page);
      await booked(page);
      await seen('5-booked');
      const visit = await newest();
      expect(visit).toMatchObject({ status: 'pending', service_id: demo.services.consultation.id });
      expect(visit.start_time.slice(0, 5)).toBe(time);

      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('a[download]').first().click(),
      ]);
      const calendar = readFileSync(await file.path(), 'utf8');
      expect(calendar).toContain('BEGIN:VEVENT\r\n');
      expect(calendar).toContain('STATUS:TENTATIVE\r\n');

      await reloaded(page, '.lead.state');
      await page.locator('.corner a').click();
      await page.locator('.signed-in').waitFor();
      await seen('6-visits');
      await page.locator('li.card .actions button').first().click();
      await page.locator('dialog').waitFor();
      await seen('6-cancel');
      await page.keyboard.press('Escape');
      await page.goto(`${origin}/book/?doctor=${demo.doctor.id}&move=${visit.id}`);
      await page.locator('.slot').nth(2).click();
      await page.locator('dialog').waitFor();
      await seen('7-move');
      await page.goto(`${origin}/book/?view=wait&doctor=${demo.doctor.id}`);
      await page.locator('input[name=from]').waitFor();
      await submit(page);
      await page.locator('.slots').waitFor();
      await seen('8-waiting-list');
      await page.context().setOffline(true);
      await page.locator('.corner a').click();
      await page.locator('#network p').waitFor();
      await seen('9-offline');
      await page.context().setOffline(false);
      await page.locator('.signed-in').waitFor();
      // The browser itself notes refusals, here of a password that was too short, and that the network was cut.
      const own = /400 \(Bad Request\)|ERR_INTERNET_DISCONNECTED|^failed /;
      expect(who.complaints.filter((text) => !own.test(text))).toEqual([]);
    },
  );

  test('the keyboard alone books, looks at the visit and cancels it; the focus is never lost', async () => {
    const { id, username } = await newPatient(clinic);
    const { page, complaints } = await reader(opened, { size: desktop, as: username });
    const at = (selector: string) =>
      page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`);
    const tabTo = async (selector: string) => {
      for (let presses = 0; !(await at(selector)); presses += 1) {
        expect(presses, selector).toBeLessThan(80);
        await page.keyboard.press('Tab');
      }
    };
    await page.goto(`${origin}/book/`);
    await page.locator('.cards').waitFor();
    expect(await at('h1')).toBe(true);
    await tabTo('#search');
    await page.keyboard.type('Юсупов');
    await expect.poll(() => page.locator('.cards li').count()).toBe(1);
    await tabTo('.cards a');
    await page.keyboard.press('Enter');
    await page.locator('.slot').first().waitFor();
    await tabTo('.slot');
    await page.keyboard.press('Enter');
    await page.locator('.countdown').waitFor();
    await tabTo('form button[type=submit]');
    await page.keyboard.press('Enter');
    await booked(page);
    expect(await at('h1')).toBe(true);
    await tabTo('main a[href*="view=visits"]');
    await page.keyboard.press('Enter');
    await page.locator('.signed-in').waitFor();
    await tabTo('li.card button');
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(await at('li.card button')).toBe(true);
    await page.keyboard.press('Enter');
    await tabTo('dialog button[type=submit]');
    await page.keyboard.press('Enter');
    await page.locator('.empty').waitFor();
    expect(await at('h1')).toBe(true);
    expect(await visitsOf(id)).toMatchObject([{ status: 'cancelled' }]);
    expect(complaints).toEqual([]);
  });

  test('a parent books for a child, takes one offer of the waiting list and declines the other', async () => {
    const { page, complaints } = await reader(opened, { as: demo.patient.username });
    await page.goto(timesOf(demo.doctor.id));
    await pick(page, 7);
    await page.getByRole('radio', { name: demo.child.name.first_name }).check();
    await page.locator('.countdown').waitFor();
    await submit(page);
    await booked(page);
    expect(await newest()).toMatchObject({ patient_id: demo.child.id, booked_by: demo.patient.id });
    await page.goto(`${origin}/book/?view=visits`);
    const offers = page.locator('li.offer');
    await offers.nth(1).waitFor();
    await look(page, 'book-offers');
    // They stand for more than a year: nobody counts those hours.
    expect(await offers.first().locator('.countdown').innerText()).toMatch(/\d+ days/);
    await offers.nth(1).getByRole('button', { name: 'No, thank you' }).click();
    await offers.nth(1).waitFor({ state: 'detached' });
    await offers.first().locator('.primary').click();
    await booked(page);
    expect(await newest()).toMatchObject({
      patient_id: demo.patient.id,
      timeslot_id: demo.slots.toAccept.id,
    });
    expect(complaints).toEqual([]);
  });

  test('a slot that was snatched shows others in its place, and one of them is booked', async () => {
    const { page, id, complaints } = await toLastStep(8);
    const slot = Number(new URL(page.url()).searchParams.get('slot'));
    // Its hold ends, and somebody else is quicker.
    await clinic.db.$client.query('update timeslots set held_by = null, held_until = null where id = $1', [
      slot,
    ]);
    const other = await clinic.app.inject({
      method: 'POST',
      url: '/api/appointments/',
      headers: { authorization: `Bearer ${await clinic.signIn('receptionist')}` },
      payload: { timeslot: slot, patient: (await newPatient(clinic)).id },
    });
    expect(other.statusCode).toBe(201);
    await submit(page);
    const instead = page.locator('.refused .slot').first();
    await instead.waitFor();
    await look(page, 'book-snatched');
    await instead.click();
    await page.locator('.countdown').waitFor();
    await submit(page);
    await booked(page);
    expect(await newest()).toMatchObject({ patient_id: id });
    // The browser itself notes a refusal among its network errors; the page says nothing.
    expect(complaints.filter((text) => !/409 \(Conflict\)/.test(text))).toEqual([]);
  });

  test('a booking whose answer the network swallows is made once, and found after a reload', async () => {
    const { page, id } = await toLastStep(9);
    let swallowed = 0;
    const keys = new Set<string | undefined>();
    await page.route('**/api/appointments/', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      keys.add(route.request().headers()['idempotency-key']);
      if (swallowed > 1) return route.continue();
      swallowed += 1;
      await route.fetch();
      return route.abort('internetdisconnected');
    });
    await submit(page);
    await page.locator('#network p').waitFor();
    await page.reload();
    await booked(page);
    const { rows } = await clinic.db.$client.query(
      'select id, patient_id, timeslot_id, status from appointments where patient_id = $1',
      [id],
    );
    expect(rows).toEqual([expect.objectContaining({ status: 'pending' })]);
    // A cancelled visit of the demo may have had the slot before.
    const others = await clinic.db.$client.query(
      'select id, status, created_at from appointments where timeslot_id = $1 and id <> $2',
      [rows[0].timeslot_id, rows[0].id],
    );
    for (const other of others.rows) expect(['cancelled', 'expired']).toContain(other.status);
    // However often it was sent, and after the reload: one act, one key.
    expect(keys.size).toBe(1);
    expect(swallowed).toBeGreaterThan(0);
  });

  test('a step whose module is lost with the network is there once the network is back', async () => {
    const { page } = await reader(opened);
    let isCut = true;
    await page.route('**/pages/**/book/times.js', (route) => (isCut ? route.abort() : route.continue()));
    await page.goto(`${origin}/book/`);
    await page.locator('.cards').waitFor();
    await page.route('**/api/clinic/', (route) => (isCut ? route.abort() : route.continue()));
    await page.locator('ul.cards a').first().click();
    await page.locator('#network p').waitFor();
    isCut = false;
    await page.locator('.slot').first().waitFor();
    expect(new URL(page.url()).searchParams.has('doctor')).toBe(true);
  });

  test('a visit that ends with the day ends so in a calendar, and a price has no half of a small coin', async () => {
    const { page } = await reader(opened);
    await page.goto(timesOf(demo.doctor.id));
    await page.locator('.slot').first().waitFor();
    const written = await page.evaluate<{ lines: string[]; prices: string[] }>(`(async () => {
      const main = document.querySelector('script[src$="/book/main.js"]').src;
      const { calendarOf } = await import(new URL('calendar-file.js', main).href);
      const { money } = await import(new URL('../shared/text.js', main).href);
      const time = { date: '2030-03-02', start_time: '23:30', end_time: '24:00' };
      const doctor = { id: 2, first_name: 'Aziz', last_name: 'Karimov' };
      const visit = { id: 1, version: 1, updated_at: '2030-03-01T00:00:00.000Z', status: 'confirmed', branch: 1 };
      return {
        lines: calendarOf({ ...visit, ...time, doctor }, 'Visit').split('\\r\\n'),
        prices: [15_000_000, 150_050, 150_005].map((amount) => money(amount, 'UZS')),
      };
    })()`);
    expect(written.lines).toEqual(
      expect.arrayContaining(['DTSTART:20300302T183000Z', 'DTEND:20300302T190000Z']),
    );
    expect(written.prices.map((price) => price.replace(/[^\d.,].*$/, ''))).toEqual([
      '150,000',
      '1,500.50',
      '1,500.05',
    ]);
  });

  test('a visit is moved and cancelled, and the back button leads back', async () => {
    const { page, complaints } = await toLastStep(10);
    await submit(page);
    await booked(page);
    const { id, timeslot_id } = await newest();
    await page.goto(`${origin}/book/?doctor=${demo.doctor.id}&move=${id}`);
    await page.locator('.slot').nth(4).click();
    await page.locator('dialog button[type=submit]').click();
    await booked(page);
    const moved = await clinic.db.$client.query('select timeslot_id from appointments where id = $1', [id]);
    expect(moved.rows[0].timeslot_id).not.toBe(timeslot_id);
    await page.goBack();
    await page.locator('.slot').first().waitFor();
    await page.goForward();
    await booked(page);

    await page.locator('.corner a').click();
    const card = page.locator('li.card', { has: page.locator(`a[href*="move=${id}"]`) });
    await card.getByRole('button', { name: 'Cancel visit' }).click();
    await page.locator('dialog textarea').fill('A cold');
    await page.locator('dialog button[type=submit]').click();
    await card.waitFor({ state: 'detached' });
    const gone = await clinic.db.$client.query(
      'select status, cancel_reason from appointments where id = $1',
      [id],
    );
    expect(gone.rows[0]).toEqual({ status: 'cancelled', cancel_reason: 'A cold' });
    expect(complaints).toEqual([]);
  });
});
