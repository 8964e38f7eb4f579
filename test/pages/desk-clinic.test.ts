import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { chromiumPath } from '../browser/chromium.ts';
import { desktop, reader } from './browser.ts';
import { type Desk, openDesk, type Slot } from './desk.ts';

describe.runIf(chromiumPath)('/desk/, of a clinic with rules and people of its own', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

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
  /** Somebody whom nothing reaches, with a visit. */
  async function book({ id: timeslot }: Slot, last_name: string): Promise<number> {
    await desk.known(last_name);
    const { results } = await ask('GET', `/patients/?search=${last_name}`);
    return (await ask('POST', '/appointments/', { timeslot, patient: results[0].id })).id;
  }

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
});
