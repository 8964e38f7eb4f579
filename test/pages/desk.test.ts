import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { desktop, look, type OpenDemo, openDemo, reader, signIn } from './browser.ts';

interface Slot {
  id: number;
  date: string;
  doctor: { id: number };
}

describe.runIf(chromiumPath)('/desk/ in a browser', () => {
  let opened: OpenDemo;
  let clinic: OpenDemo['clinic'];
  let browser: OpenDemo['browser'];
  let origin: string;
  let free: Slot[];
  let token: string;
  beforeAll(async () => {
    opened = await openDemo();
    ({ clinic, browser, origin } = opened);
    const tomorrow = new Date(Date.parse(clinic.clock.wall().date) + 86_400_000).toISOString().slice(0, 10);
    token = await clinic.signIn('receptionist');
    const answer = await clinic.app.inject({
      url: `/api/timeslots/search/?branch=${demo.branch.id}&from=${tomorrow}&page_size=100`,
      headers: { authorization: `Bearer ${token}` },
    });
    free = answer.json().results;
  });
  afterAll(() => opened?.close());

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
  async function known(last_name: string) {
    const answer = await clinic.app.inject({
      method: 'POST',
      url: '/api/patients/',
      headers: { authorization: `Bearer ${token}` },
      payload: { first_name: 'Zumrad', last_name, confirm_new: true },
    });
    expect(answer.statusCode).toBe(201);
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

  /** Somebody has signed in and sees a day of the first branch. */
  async function atDesk(date?: string, who: 'receptionist' | 'admin' = 'receptionist') {
    const desk = await reader(browser, origin, { size: desktop });
    await desk.page.goto(addressOf(date));
    await signIn(desk.page, demo[who].username);
    await desk.page.locator('#grid table').waitFor();
    return desk;
  }

  const slotOn = (page: Page, slot: Slot) => page.locator(`[data-id="slot-${slot.id}"]`);
  const visitOn = (page: Page, id: number | string) => page.locator(`[data-id="visit-${id}"]`);
  const submit = (page: Page) => page.locator('dialog button[type=submit]').click();
  const closed = (page: Page) => page.locator('dialog').waitFor({ state: 'detached' });

  /** In the dialog of a free slot: somebody is found by what is typed, and booked. */
  async function bookFor(page: Page, typed: string, name: string) {
    await page.locator('dialog input[type=search]').fill(typed);
    await page.locator('dialog .person', { hasText: name }).first().click();
    await submit(page);
    await closed(page);
  }

  test('a receptionist finds a patient in either script and books a free slot for them', async () => {
    const [slot] = takeSlots(1);
    const name = await known('Saparova');
    const { page, complaints } = await atDesk(slot.date);
    expect(await look(page, 'desk-1-day')).toBeLessThanOrEqual(0);
    await slotOn(page, slot).click();
    await page.locator('dialog input[type=search]').fill('Са');
    await page.locator('dialog .hint').waitFor();
    await look(page, 'desk-2-find');
    await bookFor(page, 'Сапарова', name);
    const [booked] = await visitIn(slot);
    expect(booked).toMatchObject({ last_name: name });
    await visitOn(page, booked.id).waitFor();
    await page.locator('#note .good, #note .bad').waitFor();
    await look(page, 'desk-3-booked');
    expect(complaints).toEqual([]);
  });

  test('somebody whom nobody knows is registered on the way; asked once whether they are known', async () => {
    const [slot, other] = takeSlots(2);
    const { page, complaints } = await atDesk(slot.date);
    const register = async (into: Slot) => {
      await slotOn(page, into).click();
      await page.locator('dialog input[type=search]').fill('Toshmatov Botir');
      await page.getByRole('button', { name: 'Register a new patient' }).click();
      expect(await page.locator('input[name=last_name]').inputValue()).toBe('Toshmatov');
      expect(await page.locator('input[name=first_name]').inputValue()).toBe('Botir');
      await page.locator('input[name=phone]').fill('90 123-45-01');
      await page.locator('input[name=date_of_birth]').fill('1971-02-03');
      await submit(page);
    };
    await register(slot);
    await page.getByRole('button', { name: 'Book', exact: true }).click();
    await closed(page);
    const [booked] = await visitIn(slot);
    expect(booked).toMatchObject({ first_name: 'Botir', last_name: 'Toshmatov' });
    await visitOn(page, booked.id).waitFor();

    await register(other);
    await page.locator('dialog [role=alert]').waitFor();
    await page.locator('dialog .person').first().click();
    await page.getByRole('button', { name: 'Book', exact: true }).click();
    await closed(page);
    expect(await visitIn(other)).toMatchObject([{ patient_id: booked.patient_id }]);
    // The browser notes the refusal that the question came from.
    expect(complaints.filter((text) => !text.includes('409 (Conflict)'))).toEqual([]);
  });

  test('a visit is confirmed, marked and cancelled in a press each, with the reason', async () => {
    const { page, complaints } = await atDesk();
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
    expect(await visitBy(here)).toMatchObject({ attendance: 'no_show' });

    const gone = await first('confirmed');
    await open(gone, 'Cancel visit');
    await page.locator('dialog textarea').fill('The doctor was called away');
    await submit(page);
    await visitOn(page, gone).waitFor({ state: 'detached' });
    expect(await visitBy(gone)).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'The doctor was called away',
    });
    expect(complaints).toEqual([]);
  });

  test('the day prints on one sheet, with everybody who comes', async () => {
    const { page } = await atDesk();
    await page.evaluate('window.print = () => { window.printed = true; }');
    await page.getByRole('button', { name: 'Print' }).click();
    expect(await page.evaluate('window.printed')).toBe(true);
    const visits = await page.locator('#grid td .entry[data-id^="visit-"]').count();
    expect(visits).toBeGreaterThan(0);
    expect(await page.locator('#sheet section p').count()).toBe(visits);
    const paper = (await page.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
    expect(paper.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  });

  test('the keyboard alone signs in, books, marks and moves', async () => {
    const [slot, other] = takeSlots(2);
    const name = await known('Mirzayeva');
    const { page } = await reader(browser, origin, { size: desktop });
    const at = (selector: string) =>
      page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`);
    const tabTo = async (selector: string) => {
      for (let presses = 0; !(await at(selector)); presses += 1) {
        expect(presses, selector).toBeLessThan(100);
        await page.keyboard.press('Tab');
      }
    };
    /** Walks through the grid, column by column. */
    const walkTo = async (selector: string) => {
      const here = () => page.evaluate('document.activeElement.dataset.id');
      const press = async (key: string) => {
        const before = await here();
        await page.keyboard.press(key);
        return (await here()) !== before;
      };
      while (await press('ArrowLeft'));
      for (let column = 0; !(await at(selector)); column += 1) {
        expect(column, selector).toBeLessThan(50);
        if (column > 0) await press('ArrowRight');
        while (await press('ArrowUp'));
        while (!(await at(selector)) && (await press('ArrowDown')));
      }
    };

    await page.goto(addressOf(slot.date));
    await page.locator('input[name=username]').waitFor();
    await tabTo('input[name=username]');
    await page.keyboard.type(demo.receptionist.username);
    await tabTo('input[name=password]');
    await page.keyboard.type(demo.password);
    await page.keyboard.press('Enter');
    await page.locator('#grid table').waitFor();
    await tabTo('#grid .entry');
    await walkTo(`[data-id="slot-${slot.id}"]`);
    await page.keyboard.press('Enter');
    await page.locator('dialog input[type=search]').waitFor();
    await page.keyboard.type(name);
    await page.locator('dialog .person').first().waitFor();
    await tabTo('dialog .person');
    await page.keyboard.press('Enter');
    await page.locator('dialog button[type=submit]').waitFor();
    await tabTo('dialog button[type=submit]');
    await page.keyboard.press('Enter');
    await closed(page);
    const [booked] = await visitIn(slot);
    await visitOn(page, booked.id).waitFor();

    await tabTo('#grid .entry');
    await walkTo(`[data-id="visit-${booked.id}"]`);
    await page.keyboard.press('x');
    await page.locator('#carried p').waitFor();
    await walkTo(`[data-id="slot-${other.id}"]`);
    await page.keyboard.press('v');
    await slotOn(page, slot).waitFor();
    expect(await visitIn(other)).toMatchObject([{ id: booked.id }]);
  });

  test('two desks see each other, and the second to move a visit hears that it has gone', async () => {
    const [slot, other, third] = takeSlots(3);
    const name = await known('Boboyeva');
    const one = await atDesk(slot.date);
    const two = await atDesk(slot.date);
    await two.page.evaluate('window.same = true');
    await slotOn(one.page, slot).click();
    await bookFor(one.page, name, name);
    const [booked] = await visitIn(slot);
    await visitOn(two.page, booked.id).waitFor();
    expect(await two.page.evaluate('window.same')).toBe(true);

    // What is open is not drawn anew, so that the second desk still means the visit as it was.
    await visitOn(two.page, booked.id).click();
    await visitOn(one.page, booked.id).click();
    await one.page.getByRole('button', { name: 'Move' }).click();
    await slotOn(one.page, other).click();
    await slotOn(one.page, slot).waitFor();
    await two.page.getByRole('button', { name: 'Move' }).click();
    await slotOn(two.page, third).click();
    await two.page.locator('#note .bad', { hasText: 'Not moved' }).waitFor();
    expect(await visitIn(other)).toMatchObject([{ id: booked.id }]);
    expect(await visitIn(third)).toEqual([]);
    await slotOn(two.page, third).waitFor();
    await slotOn(two.page, slot).waitFor();
  });

  test('on a slow line, pressed twice, it is booked once', async () => {
    const [slot] = takeSlots(1);
    const name = await known('Ergashova');
    const { page } = await reader(browser, origin, { size: desktop });
    const line = await page.context().newCDPSession(page);
    await line.send('Network.enable');
    await line.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 400,
      downloadThroughput: 50_000,
      uploadThroughput: 50_000,
    });
    await page.goto(addressOf(slot.date));
    await signIn(page, demo.receptionist.username);
    await page.locator('#grid table').waitFor();
    await slotOn(page, slot).click();
    await page.locator('dialog input[type=search]').fill(name);
    await page.locator('dialog .person').first().click();
    await page.locator('dialog button[type=submit]').dblclick();
    await closed(page);
    const visits = await visitIn(slot);
    expect(visits).toHaveLength(1);
    await visitOn(page, visits[0].id).waitFor();
  });

  test('an older day that comes later is not drawn over the newer one', async () => {
    const { page } = await atDesk();
    const [late] = takeSlots(1);
    const before = await page.locator('#grid .entry').count();
    const heading = await page.locator('h1').innerText();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let open = 0;
    await page.route(
      (url) => url.pathname === '/api/appointments/day/' && url.searchParams.get('date') === late.date,
      async (route) => {
        open += 1;
        asked();
        await held;
        await route.continue();
        open -= 1;
      },
    );
    await page.locator('.dates input[type=date]').fill(late.date);
    await isAsked;
    await page.goBack();
    await page.locator('#grid table').waitFor();
    release();
    await expect.poll(() => open).toBe(0);
    await page.waitForLoadState('networkidle');
    expect(await page.locator('h1').innerText()).toBe(heading);
    expect(await page.locator('#grid .entry').count()).toBe(before);
    expect(await slotOn(page, late).count()).toBe(0);
  });

  test('a search that is refused says so and can be tried again', async () => {
    const [slot] = takeSlots(1);
    const name = await known('Haydarova');
    const { page } = await atDesk(slot.date);
    const problem = { status: 500, code: 'internal_error', title: 'Internal error' };
    await page.route('**/api/patients/**', (route) =>
      route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
    await slotOn(page, slot).click();
    await page.locator('dialog input[type=search]').fill(name);
    const again = page.locator('dialog').getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await page.unroute('**/api/patients/**');
    await again.click();
    await page.locator('dialog .person').first().waitFor();
  });

  test('signing out leaves no dialog behind', async () => {
    const { page } = await atDesk();
    await page.locator('td.confirmed .entry').first().click();
    await page.locator('dialog').waitFor();
    // As after minutes without a touch: by hand, the dialog is in the way.
    await page.evaluate('document.querySelector("#corner button").click()');
    await page.locator('input[name=username]').waitFor();
    await closed(page);
  });

  test('what is cut goes along to another day, and nowhere once its desk has signed out', async () => {
    const { page } = await atDesk();
    await page.locator('td.confirmed .entry').first().focus();
    await page.keyboard.press('x');
    await page.locator('#carried p').waitFor();
    await page.getByRole('button', { name: 'The day after' }).click();
    await page.locator('#carried p').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, demo.receptionist.username);
    await page.locator('#grid table').waitFor();
    expect(await page.locator('#carried p').count()).toBe(0);
  });

  test('the day is not asked for while figures are shown', async () => {
    const { page } = await atDesk(undefined, 'admin');
    await page.locator('#corner').getByRole('link', { name: 'Figures' }).click();
    await page.locator('.figures-grid').waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await page.evaluate('fetch("/api/clinic/").then((answer) => answer.text())');
    expect(asked).toEqual(['/api/clinic/']);
  });
});
