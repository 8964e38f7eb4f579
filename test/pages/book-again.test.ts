import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { desktop, newPatient, type OpenDemo, openDemo, reader, signIn } from './browser.ts';

describe.runIf(chromiumPath)('/book/, for whoever comes back, shares a computer or has children', () => {
  let opened: OpenDemo;
  let clinic: OpenDemo['clinic'];
  let origin: string;
  beforeAll(async () => {
    opened = await openDemo();
    ({ clinic, origin } = opened);
  });
  afterAll(() => opened?.close());

  const sql = async (text: string, values: unknown[] = []) =>
    (await clinic.db.$client.query(text, values)).rows;
  const visitsOf = (patient: number) =>
    sql('select * from appointments where patient_id = $1 order by id', [patient]);
  const bearer = async (username: string) => ({
    authorization: `Bearer ${(await clinic.session(username)).access}`,
  });

  /** A free slot of the demo doctor's, each a day later than the one before. */
  let day = 2;
  async function freeSlot(): Promise<number> {
    day += 1;
    const from = new Date(Date.parse(clinic.clock.wall().date) + day * 86_400_000).toISOString().slice(0, 10);
    const answer = await clinic.app.inject({
      url: `/api/timeslots/search/?doctor=${demo.doctor.id}&from=${from}`,
      headers: await bearer(demo.receptionist.username),
    });
    return answer.json().results[0].id;
  }

  /** @returns the visit's id */
  async function booked(username: string, patient?: number): Promise<number> {
    const answer = await clinic.app.inject({
      method: 'POST',
      url: '/api/appointments/',
      headers: await bearer(username),
      payload: { timeslot: await freeSlot(), patient },
    });
    expect(answer.statusCode, answer.payload).toBe(201);
    return answer.json().id;
  }

  async function toLastStep(page: Page) {
    await page.goto(`${origin}/book/?doctor=${demo.doctor.id}`);
    await page.locator('.slot').first().click();
    await page.locator('.countdown').waitFor();
  }

  test('a child whose visit should be earlier waits in its own name, and its visit moves to what is free', async () => {
    const visit = await booked(demo.patient.username, demo.child.id);
    const { page } = await reader(opened, { as: demo.patient.username });
    await page.goto(`${origin}/book/?doctor=${demo.doctor.id}&move=${visit}`);
    await page.locator('main a[href*="view=wait"]').click();
    await page.locator('input[name=from]').waitFor();
    await page.locator('form button[type=submit]').click();
    await page.locator('.slots .slot').first().waitFor();
    expect(await sql('select patient_id from waitlist_entries where replaces_id = $1', [visit])).toEqual([
      { patient_id: demo.child.id },
    ]);
    await page.locator('.slots .slot').first().click();
    await page.locator('dialog button[type=submit]').waitFor();
    await page.locator('dialog button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    const [moved] = await sql('select patient_id, version from appointments where id = $1', [visit]);
    expect(moved.patient_id).toBe(demo.child.id);
    expect(moved.version).toBeGreaterThan(1);
  });

  test('what is waited for a child, and offered to it, says so', async () => {
    const headers = await bearer(demo.patient.username);
    const joined = await clinic.app.inject({
      method: 'POST',
      url: '/api/waitlist/',
      headers,
      payload: { doctor: 25, patient: demo.child.id, from: '2028-05-01', to: '2028-05-02' },
    });
    expect(joined.statusCode).toBe(201);
    await sql('update waitlist_entries set patient_id = $1 where id = $2', [
      demo.child.id,
      demo.wishes.toAccept.id,
    ]);
    const { page } = await reader(opened, { as: demo.patient.username });
    await page.goto(`${origin}/book/?view=visits`);
    await page.locator('.signed-in').waitFor();
    const cards = page.locator('li.card', { hasText: demo.child.name.first_name });
    expect(await page.locator('li.offer').filter({ hasText: demo.child.name.first_name }).count()).toBe(1);
    expect(await cards.filter({ hasText: 'Stop waiting' }).count()).toBeGreaterThan(0);
  });

  test('a child is put on the waiting list', async () => {
    const { page } = await reader(opened, { as: demo.patient.username });
    await page.goto(`${origin}/book/?view=wait&doctor=25`);
    await page.locator('input[name=from]').waitFor();
    await page.getByRole('radio', { name: demo.child.name.first_name }).check();
    await page.locator('input[name=from]').fill('2028-06-01');
    await page.locator('input[name=to]').fill('2028-06-02');
    await page.locator('form button[type=submit]').click();
    await page.locator('.signed-in').waitFor();
    expect(await sql(`select patient_id from waitlist_entries where "from" = '2028-06-01'`)).toEqual([
      { patient_id: demo.child.id },
    ]);
  });

  test('who comes, and why, is still chosen after a reload and for another time in place of a snatched one', async () => {
    const { page } = await reader(opened, { as: demo.patient.username });
    await toLastStep(page);
    const child = page.getByRole('radio', { name: demo.child.name.first_name });
    const unsure = page.getByRole('radio', { name: 'I am not sure' });
    await child.check();
    await unsure.check();
    await page.locator('textarea').fill('She coughs at night');
    const isThere = async () => {
      await page.locator('.countdown').waitFor();
      expect(await child.isChecked()).toBe(true);
      expect(await unsure.isChecked()).toBe(true);
      expect(await page.locator('textarea').inputValue()).toBe('She coughs at night');
    };
    await page.locator('.countdown').waitFor();
    await page.reload();
    await isThere();
    // Its hold ends, and somebody else is quicker.
    const timeslot = Number(new URL(page.url()).searchParams.get('slot'));
    await sql('update timeslots set held_by = null, held_until = null where id = $1', [timeslot]);
    const other = await clinic.app.inject({
      method: 'POST',
      url: '/api/appointments/',
      headers: await bearer(demo.receptionist.username),
      payload: { timeslot, patient: (await newPatient(clinic)).id },
    });
    expect(other.statusCode).toBe(201);
    await page.locator('form button[type=submit]').click();
    await page.locator('.refused .slot').first().click();
    await isThere();
    await page.locator('form button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    const [visit] = await sql('select * from appointments order by id desc limit 1');
    expect(visit).toMatchObject({
      patient_id: demo.child.id,
      reason: 'She coughs at night',
      service_id: null,
    });
  });

  test('a visit that is over is neither moved nor cancelled', async () => {
    const { page } = await reader(opened, { as: demo.patient.username });
    await page.goto(`${origin}/book/?view=visits`);
    await page.locator('summary', { hasText: 'Earlier visits' }).click();
    const earlier = page.locator('details', { hasText: 'Earlier visits' });
    await earlier.locator('li.card').first().waitFor();
    expect(await earlier.locator('.state.confirmed, .state.pending').count()).toBeGreaterThan(0);
    expect(await earlier.getByRole('button', { name: 'Cancel visit' }).count()).toBe(0);
    expect(await earlier.getByRole('link', { name: 'Move' }).count()).toBe(0);
  });

  test('a visit that was confirmed meanwhile is shown as it is now, and can be cancelled then', async () => {
    const { username, id } = await newPatient(clinic);
    const visit = await booked(username);
    const { page } = await reader(opened, { as: username });
    await page.goto(`${origin}/book/?view=visits`);
    await page.locator('li.card .state.pending').waitFor();
    const confirmed = await clinic.app.inject({
      method: 'PATCH',
      url: `/api/appointments/${visit}/`,
      headers: await bearer(demo.doctor.username),
      payload: { status: 'confirmed' },
    });
    expect(confirmed.statusCode).toBe(200);
    const cancel = async () => {
      await page.getByRole('button', { name: 'Cancel visit' }).first().click();
      await page.locator('dialog button[type=submit]').click();
    };
    await cancel();
    await page.getByText('What you see now is up to date').first().waitFor();
    await page.locator('li.card .state.confirmed').waitFor();
    await cancel();
    await page.locator('.empty').waitFor();
    expect(await visitsOf(id)).toMatchObject([{ status: 'cancelled' }]);
  });

  test('a visit that was confirmed while its new time was chosen is moved at the second try', async () => {
    const { username, id } = await newPatient(clinic);
    const visit = await booked(username);
    const { page } = await reader(opened, { as: username });
    await page.goto(`${origin}/book/?doctor=${demo.doctor.id}&move=${visit}`);
    await page.locator('.slot').first().waitFor();
    await clinic.app.inject({
      method: 'PATCH',
      url: `/api/appointments/${visit}/`,
      headers: await bearer(demo.doctor.username),
      payload: { status: 'confirmed' },
    });
    const move = async () => {
      await page.locator('.slot').nth(1).click();
      await page.locator('dialog button[type=submit]').click();
    };
    await move();
    await page.getByText('What you see now is up to date').first().waitFor();
    if ((await page.locator('dialog').count()) > 0) await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await move();
    await page.locator('.lead.state').waitFor();
    expect(await visitsOf(id)).toHaveLength(1);
  });

  test('of one wish a second offer is declined as the first was', async () => {
    const { page } = await reader(opened, { as: demo.patient.username });
    const { toDecline } = demo.wishes;
    const state = async () =>
      (await sql('select status from waitlist_entries where id = $1', [toDecline.id]))[0].status;
    const decline = async (time: string) => {
      await page.goto(`${origin}/book/?view=visits`);
      const offer = page.locator('li.offer', { hasText: time });
      await offer.getByRole('button', { name: 'No, thank you' }).click();
      await expect.poll(state).toBe('waiting');
    };
    await decline(demo.slots.toDecline.start_time);
    const until = '2028-03-13T12:00:00Z';
    const { id, start_time } = demo.slots.toMoveTo;
    await sql('update timeslots set is_waitlisted = true, held_by = $1, held_until = $2 where id = $3', [
      demo.patient.id,
      until,
      id,
    ]);
    await sql(
      'insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at) values ($1, $2, now(), $3)',
      [toDecline.id, id, until],
    );
    await sql(`update waitlist_entries set status = 'offered' where id = $1`, [toDecline.id]);
    await decline(start_time);
  });

  test('whoever goes back to the doctors finds what they searched for', async () => {
    const { page } = await reader(opened);
    await page.goto(`${origin}/book/`);
    await page.locator('#search').fill('Юсупов');
    await expect.poll(() => page.locator('ul.cards li').count()).toBe(1);
    await page.locator('ul.cards a').click();
    await page.locator('.slot').first().waitFor();
    await page.goBack();
    await page.locator('ul.cards').waitFor();
    expect(await page.locator('#search').inputValue()).toBe('Юсупов');
    expect(await page.locator('ul.cards li').count()).toBe(1);
    await page.reload();
    await page.locator('ul.cards').waitFor();
    expect(await page.locator('#search').inputValue()).toBe('Юсупов');
    expect(await page.locator('ul.cards li').count()).toBe(1);
  });

  test('whose session is over before the last step signs in there and goes on', async () => {
    const { username, id } = await newPatient(clinic);
    const { page } = await reader(opened, { as: username });
    await toLastStep(page);
    const slot = new URL(page.url()).searchParams.get('slot');
    // As from another device.
    await clinic.app.inject({
      method: 'DELETE',
      url: '/api/auth/sessions/',
      headers: await bearer(username),
    });
    await page.locator('form button[type=submit]').click();
    await page.locator('.sign-in, ul.cards').first().waitFor();
    expect(new URL(page.url()).searchParams.get('slot')).toBe(slot);
    await signIn(page, username);
    await page.locator('.countdown').waitFor();
    await page.locator('form button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    expect(await visitsOf(id)).toHaveLength(1);
  });

  test('what one person has asked for while the network was away is not done for the next', async () => {
    const one = await newPatient(clinic);
    const two = await newPatient(clinic);
    const { page } = await reader(opened, { size: desktop, as: one.username });
    await toLastStep(page);
    let isCut = true;
    let tries = 0;
    await page.route('**/api/appointments/', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      tries += 1;
      return isCut ? route.abort('internetdisconnected') : route.continue();
    });
    const slot = new URL(page.url()).searchParams.get('slot');
    await page.locator('form button[type=submit]').click();
    await page.locator('#network p').waitFor();
    // Meanwhile the hold has ended.
    await sql('update timeslots set held_by = null, held_until = null where id = $1', [slot]);
    await page.locator('.corner a').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('.corner a').click();
    await signIn(page, two.username);
    await page.locator('.signed-in').waitFor();
    isCut = false;
    const before = tries;
    await page.evaluate('dispatchEvent(new Event("online"))');
    await page.evaluate('new Promise((done) => setTimeout(done, 2_000))');
    expect(await visitsOf(two.id)).toEqual([]);
    expect(tries).toBe(before);
  });
});
