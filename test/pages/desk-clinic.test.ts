import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { insertPeople } from '../helpers/rows.ts';
import { desktop, reader } from './browser.ts';
import { closed, type Desk, openDesk, type Slot, slotOn, submit, visitOn } from './desk.ts';

describe.runIf(chromiumPath)('/desk/, of a clinic with rules and people of its own', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  const sql = async (text: string, values: unknown[] = []) =>
    (await desk.clinic.db.$client.query(text, values)).rows;
  async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
    const token = await desk.clinic.signIn('admin');
    const headers = { authorization: `Bearer ${token}` };
    const answer = await desk.clinic.app.inject({
      method,
      url: `/api${path}`,
      headers,
      ...(payload && { payload }),
    });
    expect(answer.statusCode, answer.payload).toBeLessThan(300);
    return answer.payload === '' ? undefined : answer.json();
  }
  const requireServices = (service_required: true | null) => ask('PATCH', '/settings/', { service_required });
  /** Somebody whom nothing reaches, with a visit. */
  async function book({ id: timeslot }: Slot, last_name: string): Promise<number> {
    await desk.known(last_name);
    const { results } = await ask('GET', `/patients/?search=${last_name}`);
    return (await ask('POST', '/appointments/', { timeslot, patient: results[0].id })).id;
  }
  const noted = (page: Page) => page.locator('#note p').innerText();

  test('who is told nothing is to be rung when their visit is confirmed or cancelled', async () => {
    const [slot] = desk.takeSlots(1);
    const visit = await book(slot, 'Xolmatova');
    const { page } = await desk.at(slot.date);
    await visitOn(page, visit).focus();
    await page.keyboard.press('c');
    await expect.poll(() => noted(page)).toBe('Confirmed. No message reaches the patient: please ring.');
    await visitOn(page, visit).focus();
    await page.keyboard.press('Delete');
    expect(await page.locator('dialog').innerText()).toContain('please ring');
    await submit(page);
    await closed(page);
    await expect.poll(() => noted(page)).toBe('Cancelled. No message reaches the patient: please ring.');
  });

  test('a day on which somebody who was erased has seen people can still be looked at', async () => {
    const [slot] = desk.takeSlots(1);
    const { id: gone } = await ask('POST', '/users/', {
      username: 'leaving.doctor',
      password: demo.password,
      role: 'doctor',
      first_name: 'Otabek',
      profile: { specialization: demo.specialization.name },
    });
    const { id: timeslot } = await ask('POST', '/timeslots/', {
      doctor: gone,
      date: slot.date,
      start_time: '21:00',
      end_time: '21:30',
      branch: demo.branch.id,
    });
    await book({ ...slot, id: timeslot }, 'Sharofova');
    await ask('DELETE', `/users/${gone}/`, { password: demo.password });
    const { page } = await reader(desk, { size: desktop, as: demo.receptionist.username });
    await page.goto(desk.addressOf(slot.date));
    await page.locator('#grid table, .empty').first().waitFor();
    expect(await page.locator('#grid table').count()).toBe(1);
  });

  test('what for is asked where the clinic wants to know, of who waits and of a follow-up', async () => {
    await requireServices(true);
    const { page } = await desk.at();
    await page.getByRole('button', { name: 'Add to the waiting list' }).click();
    const last_name = await desk.known('Tursunaliyeva');
    await page.locator('dialog input[type=search]').fill(last_name);
    await page.locator('dialog .person', { hasText: last_name }).first().click();
    await page.locator('dialog select[name=doctor]').selectOption(String(demo.doctor.id));
    const consultation = String(demo.services.consultation.id);
    await page
      .locator(`dialog select[name=service] option[value="${consultation}"]`)
      .waitFor({ state: 'attached' });
    await submit(page);
    await page.locator('dialog [data-field=service] .error:not(:empty)').waitFor();
    await page.locator('dialog select[name=service]').selectOption(consultation);
    await submit(page);
    await closed(page);
    const [entry] = await sql('select service_id, doctor_id from waitlist_entries order by id desc limit 1');
    expect(entry).toEqual({ service_id: demo.services.consultation.id, doctor_id: demo.doctor.id });
    // A doctor who has somebody come again.
    await ask('POST', `/appointments/${demo.pastVisit.id}/complete/`);
    const yesterday = await sql('select date::text from appointments where id = $1', [demo.pastVisit.id]);
    const { results } = await ask(
      'GET',
      `/timeslots/search/?doctor=${demo.doctor.id}&branch=${demo.branch.id}`,
    );
    const free = results.at(-1);
    const { page: doctors } = await desk.at(yesterday[0].date, 'doctor');
    await visitOn(doctors, demo.pastVisit.id).click();
    await doctors.getByRole('button', { name: 'Next visit' }).click();
    await doctors.locator('.toolbar input[type=date]').fill(free.date);
    await slotOn(doctors, free).click();
    await doctors.locator(`dialog input[name=service][value="${consultation}"]`).check();
    await submit(doctors);
    await closed(doctors);
    const [visit] = await sql(
      'select doctor_id, service_id, booked_by from appointments order by id desc limit 1',
    );
    expect(visit).toEqual({
      doctor_id: demo.doctor.id,
      service_id: demo.services.consultation.id,
      booked_by: demo.doctor.id,
    });
    await requireServices(null);
  });

  test('whoever waits behind a hundred others is offered their time, too', async () => {
    const [slot] = desk.takeSlots(1);
    const people = await insertPeople(desk.clinic.db, 'patient', 101);
    await sql(
      `insert into waitlist_entries (patient_id, doctor_id, "from", "to")
       select id, $2, '2029-01-01', '2029-01-02' from unnest($1::integer[]) id order by id`,
      [people, demo.colleague.id],
    );
    const last_name = await desk.known('Umaraliyeva');
    const { results } = await ask('GET', `/patients/?search=${last_name}`);
    const wish = { patient: results[0].id, doctor: slot.doctor.id, from: slot.date, to: slot.date };
    await ask('POST', '/waitlist/', wish);
    const { page } = await desk.at(slot.date);
    await slotOn(page, slot).click();
    await page.locator('dialog .person', { hasText: last_name }).waitFor();
  });

  test('figures are printed', async () => {
    const { page } = await reader(desk, { size: desktop, as: demo.admin.username });
    await page.goto(`${desk.origin}/desk/?view=figures`);
    await page.locator('.figures-grid').waitFor();
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.figures-grid').isVisible()).toBe(true);
    expect(await page.locator('.totals').isVisible()).toBe(true);
  });
});
