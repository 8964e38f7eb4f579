import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { desktop, openDemo, reader } from './browser.ts';

/** The desk of a demo clinic, and what its tests do there again and again. */

export interface Slot {
  id: number;
  date: string;
  doctor: { id: number };
}

export const slotOn = (page: Page, slot: Slot) => page.locator(`[data-id="slot-${slot.id}"]`);
export const visitOn = (page: Page, id: number | string) => page.locator(`[data-id="visit-${id}"]`);
export const submit = (page: Page) => page.locator('dialog button[type=submit]').click();
export const closed = (page: Page) => page.locator('dialog').waitFor({ state: 'detached' });
export const focusIsAt = (page: Page, id: string) =>
  expect.poll(() => page.evaluate('document.activeElement.dataset.id')).toBe(id);

export type Desk = Awaited<ReturnType<typeof openDesk>>;

export async function openDesk() {
  const opened = await openDemo();
  const { clinic, origin } = opened;
  const tomorrow = new Date(Date.parse(clinic.clock.wall().date) + 86_400_000).toISOString().slice(0, 10);
  const token = await clinic.signIn('receptionist');
  const headers = { authorization: `Bearer ${token}` };
  const answer = await clinic.app.inject({
    url: `/api/timeslots/search/?branch=${demo.branch.id}&from=${tomorrow}&page_size=100`,
    headers,
  });
  // A slot that comes free at a doctor for whom somebody waits is kept for them. Which doctors work tomorrow depends on the day.
  const { rows: waitedFor } = await clinic.db.$client.query(
    `select distinct doctor_id from waitlist_entries where status = 'waiting'`,
  );
  let free: Slot[] = answer
    .json()
    .results.filter(({ doctor }: Slot) => !waitedFor.some(({ doctor_id }) => doctor_id === doctor.id));

  /** Each test has free slots of its own: of one doctor, as a visit moves with its doctor alone, and of one day. */
  function takeSlots(count: number): [Slot, Slot, Slot] {
    const own = Object.values(Object.groupBy(free, ({ date, doctor }) => `${date} ${doctor.id}`))
      .find((group) => group !== undefined && group.length >= count)
      ?.slice(0, count);
    if (own === undefined) throw new Error(`no doctor has ${count} free slots left`);
    free = free.filter((slot) => !own.includes(slot));
    return own as [Slot, Slot, Slot];
  }

  /** Somebody without visits, whom the desk has registered. */
  async function known(last_name: string): Promise<string> {
    const payload = { first_name: 'Zumrad', last_name, confirm_new: true };
    const made = await clinic.app.inject({ method: 'POST', url: '/api/patients/', headers, payload });
    expect(made.statusCode).toBe(201);
    return last_name;
  }

  const visitIn = async (slot: Slot) =>
    (
      await clinic.db.$client.query(
        `select a.id, a.status, a.patient_id, u.first_name, u.last_name from appointments a
           join users u on u.id = a.patient_id
         where a.timeslot_id = $1 and a.status in ('pending', 'confirmed')`,
        [slot.id],
      )
    ).rows;
  const visitBy = async (id: string) =>
    (await clinic.db.$client.query('select * from appointments where id = $1', [id])).rows[0];

  const addressOf = (date?: string) =>
    `${origin}/desk/?branch=${demo.branch.id}${date === undefined ? '' : `&date=${date}`}`;

  /** Somebody who has signed in sees a day of the first branch. */
  async function at(date?: string, who: 'receptionist' | 'admin' | 'doctor' = 'receptionist') {
    const window = await reader(opened, { size: desktop, as: demo[who].username });
    await window.page.goto(addressOf(date));
    await window.page.locator('#grid table').waitFor();
    return window;
  }

  /** In the dialog of a free slot: somebody is found by what is typed, and booked. */
  async function bookFor(page: Page, typed: string, name: string) {
    await page.locator('dialog input[type=search]').fill(typed);
    await page.locator('dialog .person', { hasText: name }).first().click();
    await submit(page);
    await closed(page);
  }

  return { ...opened, token, takeSlots, known, visitIn, visitBy, addressOf, at, bookFor };
}
