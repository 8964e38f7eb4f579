import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath, overflow } from '../browser/chromium.ts';
import { type OpenDemo, openDemo, reader } from './browser.ts';

describe.runIf(chromiumPath)('/book/ of a clinic with more doctors than a page has', () => {
  let opened: OpenDemo;
  beforeAll(async () => {
    opened = await openDemo();
    const { clock, db } = opened.clinic;
    const { date } = clock.wall();
    const sql = async (text: string, values: unknown[]) => (await db.$client.query(text, values)).rows;
    // A hundred and twenty others have a time before any of the demo doctor's.
    const others = await sql(
      `insert into users (username, password_hash, role, first_name, last_name, locale)
       select 'many.' || nth, '-', 'doctor', 'Ali', 'Alijonov ' || nth, 'uz' from generate_series(1, $1::integer) nth returning id`,
      [120],
    );
    const ids = others.map(({ id }) => id);
    await sql(
      `insert into doctor_profiles (id, specialization) select id, 'Terapevt' from unnest($1::integer[]) id`,
      [ids],
    );
    await sql(
      `insert into timeslots (doctor_id, date, start_time, end_time)
       select id, $2::date, '10:25', '10:30' from unnest($1::integer[]) id`,
      [ids, date],
    );
  });
  afterAll(() => opened?.close());

  test('whoever is found by name shows their first time, however many others can see one before', async () => {
    const { page, complaints } = await reader(opened);
    await page.goto(`${opened.origin}/book/`);
    await page.locator('.cards').waitFor();
    await page.locator('#search').fill('Юсупов');
    await expect.poll(() => page.locator('.cards li').count()).toBe(1);
    expect(await page.locator('.cards .when').innerText()).toMatch(/^Earliest: /);
    expect(complaints).toEqual([]);
  });

  test('no step is wider than a phone where a doctor’s name is one long word', async () => {
    const long = 'Ў'.repeat(100);
    const token = await opened.clinic.signIn('doctor');
    const changed = await opened.clinic.app.inject({
      method: 'PATCH',
      url: '/api/doctor/profile/',
      headers: { authorization: `Bearer ${token}` },
      payload: { first_name: long, last_name: long },
    });
    expect(changed.statusCode).toBe(200);
    const { page } = await reader(opened, { as: demo.patient.username });
    const wider: Record<string, number> = {};
    const look = async (step: string) => {
      await page.getByText(long).first().waitFor();
      wider[step] = await overflow(page);
    };
    await page.goto(`${opened.origin}/book/?search=${long}`);
    await look('doctors');
    await page.goto(`${opened.origin}/book/?doctor=${demo.doctor.id}`);
    await look('times');
    await page.locator('.slot').first().click();
    await page.locator('.summary').waitFor();
    await look('visit');
    await page.goto(`${opened.origin}/book/?view=visits`);
    await look('visits');
    expect(wider).toEqual({ doctors: 0, times: 0, visit: 0, visits: 0 });
  });
});
