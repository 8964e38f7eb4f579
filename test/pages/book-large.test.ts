import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from '../browser/chromium.ts';
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
});
