import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { look, newPatient, type OpenDemo, openDemo, type Reader, reader, signIn } from './browser.ts';

describe.runIf(chromiumPath)('/book/ in a browser', () => {
  let opened: OpenDemo;
  let clinic: OpenDemo['clinic'];
  let browser: OpenDemo['browser'];
  let origin: string;
  beforeAll(async () => {
    opened = await openDemo();
    ({ clinic, browser, origin } = opened);
  });
  afterAll(() => opened?.close());

  /** Visits before, so that one can tell what a journey has made. */
  const newest = async () =>
    (await clinic.db.$client.query('select * from appointments order by id desc limit 1')).rows[0];

  const doctorName = `${demo.doctor.name.first_name} ${demo.doctor.name.last_name}`;

  /** As a guest to the times of the doctor who gives services. */
  async function toTimes(page: Page) {
    await page.goto(`${origin}/book/`);
    await page.getByRole('link', { name: doctorName }).click();
    await page.locator('.slot').first().waitFor();
  }

  /** Each test has a day of its own. @returns the time */
  async function pick(page: Page, day: number) {
    await page.locator('.day').nth(3).waitFor();
    if (day > 3) await page.getByRole('button', { name: /More days|Другие дни|Boshqa kunlar/ }).click();
    const slot = page.locator('.day').nth(day).locator('.slot').first();
    const time = await slot.innerText();
    await slot.click();
    return time;
  }

  /** A patient of their own stands before the last step. */
  async function toLastStep(who: Reader, day: number) {
    const patient = await newPatient(clinic);
    await toTimes(who.page);
    const time = await pick(who.page, day);
    await signIn(who.page, patient.username);
    await who.page.locator('.countdown').waitFor();
    return { ...patient, time };
  }

  test.each([
    ['uz', 1],
    ['ru', 2],
    ['en', 3],
  ])('a guest registers on the way and books a visit on a phone (%s)', async (language, day) => {
    const who = await reader(browser, origin, { language });
    const { page } = who;
    await toTimes(page);
    expect(await look(page, `book-${language}-2-times`)).toBeLessThanOrEqual(0);
    const time = await pick(page, day);
    await page.locator('.switch button').nth(1).click();
    await page.locator('input[name=first_name]').fill('Нилуфар');
    await page.locator('input[name=last_name]').fill('Қодирова');
    await page.locator('input[name=phone]').fill(`90 700-00-0${day}`);
    expect(await page.locator('input[name=username]').inputValue()).toBe('nilufar.qodirova');
    await page.locator('input[name=username]').fill(`nilufar.${language}`);
    await page.locator('input[name=password]').fill('short');
    await page.locator('form button[type=submit]').click();
    await page.locator('[aria-invalid]').waitFor();
    expect(await look(page, `book-${language}-3-register`)).toBeLessThanOrEqual(0);
    await page.locator('input[name=password]').fill(demo.password);
    await page.locator('input[name=accept_terms]').check();
    await page.locator('form button[type=submit]').click();
    await page.locator('.countdown').waitFor();
    expect(await page.locator('.countdown').innerText()).toMatch(/[45]:\d\d/);
    expect(await look(page, `book-${language}-4-visit`)).toBeLessThanOrEqual(0);
    await page.locator('form button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    expect(await look(page, `book-${language}-5-booked`)).toBeLessThanOrEqual(0);
    const booked = await newest();
    expect(booked).toMatchObject({ status: 'pending', service_id: demo.services.consultation.id });
    expect(booked.start_time.slice(0, 5)).toBe(time);

    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('a[download]').first().click(),
    ]);
    const calendar = readFileSync(await file.path(), 'utf8');
    expect(calendar).toContain('BEGIN:VEVENT\r\n');
    expect(calendar).toContain('STATUS:TENTATIVE\r\n');

    await page.reload();
    await page.locator('.lead.state').waitFor();
    await page.locator('.corner a').click();
    await page.locator('.signed-in').waitFor();
    expect(await look(page, `book-${language}-6-visits`)).toBeLessThanOrEqual(0);
    // The browser itself notes refusals: here of a password that was too short.
    expect(who.complaints.filter((text) => !text.includes('400 (Bad Request)'))).toEqual([]);
  });

  test('a slot that was snatched shows others in its place, and one of them is booked', async () => {
    const who = await reader(browser, origin);
    const { page } = who;
    const { id } = await toLastStep(who, 4);
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
    await page.locator('form button[type=submit]').click();
    const instead = page.locator('.refused .slot').first();
    await instead.waitFor();
    await look(page, 'book-snatched');
    await instead.click();
    await page.locator('.countdown').waitFor();
    await page.locator('form button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    expect(await newest()).toMatchObject({ patient_id: id });
    // The browser itself notes a refusal among its network errors; the page says nothing.
    expect(who.complaints.filter((text) => !/409 \(Conflict\)/.test(text))).toEqual([]);
  });

  test('a booking whose answer the network swallows is made once, and found after a reload', async () => {
    const who = await reader(browser, origin);
    const { page } = who;
    const { id } = await toLastStep(who, 5);
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
    await page.locator('form button[type=submit]').click();
    await page.locator('#network p').waitFor();
    await look(page, 'book-offline');
    await page.reload();
    await page.locator('.lead.state').waitFor();
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

  test('a visit is moved and cancelled, and the back button leads back', async () => {
    const who = await reader(browser, origin);
    const { page } = who;
    await toLastStep(who, 6);
    await page.locator('form button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    const { id, timeslot_id } = await newest();
    await page.goto(`${origin}/book/?doctor=${demo.doctor.id}&move=${id}`);
    await page.locator('.slot').nth(4).click();
    await look(page, 'book-move');
    await page.locator('dialog button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    const moved = await clinic.db.$client.query('select timeslot_id from appointments where id = $1', [id]);
    expect(moved.rows[0].timeslot_id).not.toBe(timeslot_id);
    await page.goBack();
    await page.locator('.slot').first().waitFor();
    await page.goForward();
    await page.locator('.lead.state').waitFor();

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
    expect(who.complaints).toEqual([]);
  });
});
