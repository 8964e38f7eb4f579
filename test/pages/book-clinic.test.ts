import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { pageTexts } from '../../src/i18n/pages/index.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { newPatient, type OpenDemo, openDemo, reader } from './browser.ts';

describe.runIf(chromiumPath)('/book/ of a clinic that has changed since it opened', () => {
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
  async function ask(
    username: string,
    method: 'GET' | 'POST' | 'PATCH' | 'PUT',
    path: string,
    payload?: object,
  ) {
    const headers = { authorization: `Bearer ${(await clinic.session(username)).access}` };
    const answer = await clinic.app.inject({
      method,
      url: `/api${path}`,
      headers,
      ...(payload && { payload }),
    });
    expect(answer.statusCode, answer.payload).toBeLessThan(300);
    return answer.json();
  }
  const admin = (method: 'POST' | 'PATCH' | 'PUT', path: string, payload: object) =>
    ask(demo.admin.username, method, path, payload);
  const later = (days: number) =>
    new Date(Date.parse(clinic.clock.wall().date) + days * 86_400_000).toISOString().slice(0, 10);

  test('a visit that is kept in a branch that has closed says where it is', async () => {
    const { id: branch } = await admin('POST', '/branches/', { name: 'Sergeli filiali' });
    const date = later(20);
    const slot = { doctor: demo.doctor.id, date, start_time: '20:00', end_time: '20:30', branch };
    const { id: timeslot } = await admin('POST', '/timeslots/', slot);
    const { username } = await newPatient(clinic);
    const { id } = await ask(username, 'POST', '/appointments/', { timeslot });
    await admin('PATCH', `/branches/${branch}/`, { is_active: false, upcoming: 'keep' });
    const { page, complaints } = await reader(opened, { as: username });
    await page.goto(`${origin}/book/?view=visits`);
    await page.locator('li.card').first().waitFor();
    expect(await page.locator('li.card').first().innerText()).toContain('Sergeli filiali');
    await page.goto(`${origin}/book/?done=${id}`);
    await page.locator('.lead.state').waitFor();
    expect(await page.locator('dl.summary').innerText()).toContain('Sergeli filiali');
    await page.goto(`${origin}/book/?doctor=${demo.doctor.id}&move=${id}`);
    await page.locator('dl.summary').waitFor();
    expect(await page.locator('dl.summary').innerText()).toContain('Sergeli filiali');
    expect(complaints).toEqual([]);
  });

  test('whoever waits for a doctor says what for, where the clinic asks', async () => {
    await admin('PATCH', '/settings/', { service_required: true });
    const { username, id } = await newPatient(clinic);
    const { page } = await reader(opened, { as: username });
    await page.goto(`${origin}/book/?view=wait&doctor=${demo.doctor.id}`);
    await page.locator('input[name=from]').waitFor();
    await page.locator('input[name=from]').fill('2028-06-01');
    await page.locator('input[name=to]').fill('2028-06-02');
    await page.locator('form button[type=submit]').click();
    await page.locator('[data-field=service] .error:not(:empty)').waitFor();
    await page.locator(`input[name=service][value="${demo.services.consultation.id}"]`).check();
    await page.locator('form button[type=submit]').click();
    await page.locator('.signed-in').waitFor();
    expect(await sql('select service_id from waitlist_entries where patient_id = $1', [id])).toEqual([
      { service_id: demo.services.consultation.id },
    ]);
    await admin('PATCH', '/settings/', { service_required: null });
  });

  test('a visit whose doctor works here no more moves to another one of the speciality', async () => {
    const { username, id } = await newPatient(clinic);
    const slot = {
      doctor: demo.colleague.id,
      date: later(25),
      start_time: '20:00',
      end_time: '20:30',
      branch: 1,
    };
    const { id: timeslot } = await admin('POST', '/timeslots/', slot);
    const visit = await ask(username, 'POST', '/appointments/', { timeslot });
    await admin('PATCH', `/users/${demo.colleague.id}/`, { is_active: false, upcoming: 'keep' });
    const { page } = await reader(opened, { as: username });
    await page.goto(`${origin}/book/?view=visits`);
    await page.locator('li.card .actions a').first().click();
    await page.locator('.slot').first().click();
    await page.locator('dialog button[type=submit]').click();
    await page.locator('.lead.state').waitFor();
    const [moved] = await sql('select id, doctor_id from appointments where patient_id = $1', [id]);
    expect(moved.id).toBe(visit.id);
    expect(moved.doctor_id).not.toBe(demo.colleague.id);
    await admin('PATCH', `/users/${demo.colleague.id}/`, { is_active: true });
  });

  test('in another language than the browser’s the way past the header is in that language, too', async () => {
    const { page } = await reader(opened, { language: 'en' });
    await page.goto(`${origin}/book/`);
    await page.locator('.cards').waitFor();
    await page.locator('select.languages').selectOption('ru');
    await page.locator('html[lang=ru] .cards').waitFor();
    expect(await page.locator('.skip').textContent()).toBe(pageTexts('book', 'ru').skip);
  });

  test('a speciality that stands behind a hundred others can be chosen, and bears its name', async () => {
    await sql(
      `insert into specializations (name, name_ru, name_en)
       select 'A ' || nth, 'А ' || nth, 'A ' || nth from generate_series(1, 120) nth`,
    );
    const { page } = await reader(opened, { language: 'ru' });
    await page.goto(`${origin}/book/`);
    await page.locator('.cards').waitFor();
    const { ru } = demo.specialization.names;
    expect(await page.getByRole('link', { name: ru, exact: true }).count()).toBe(1);
  });
});
