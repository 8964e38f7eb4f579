import { describe, expect, onTestFinished, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { openDemo, reader } from '../pages/browser.ts';
import { isWhole } from '../size.ts';
import { chromiumPath, screenshot } from './chromium.ts';
import { authorize, execute } from './swagger-page.ts';

/** What each does by *Execute* alone in their part of the document, and what is answered; the patient's way is a test of its own. */
const WAYS = {
  doctor: [
    ['timeslots', 'publishTimeslot', 201],
    ['timeslots', 'publishTimeslots', 201],
    ['timeslots', 'listOwnTimeslots', 200],
    ['appointments', 'listOwnAppointments', 200],
    ['appointments', 'bookAppointment', 201],
    ['appointments', 'decideAppointment', 200],
    ['appointments', 'markCompleted', 200],
    ['schedules', 'addAbsence', 200],
    ['doctors', 'updateDoctorProfile', 200],
  ],
  receptionist: [
    ['desk', 'getPatient', 200],
    ['desk', 'registerPatient', 201],
    ['timeslots', 'searchTimeslots', 200],
    ['timeslots', 'holdTimeslot', 200],
    ['appointments', 'bookAppointment', 201],
    ['appointments', 'decideAppointment', 200],
    ['appointments', 'rescheduleAppointment', 200],
    ['appointments', 'markArrived', 200],
    ['waitlist', 'listWaitlist', 200],
  ],
  admin: [
    ['users', 'listUsers', 200],
    ['users', 'createUser', 201],
    ['users', 'approveDoctor', 200],
    ['settings', 'updateSettings', 200],
    ['schedules', 'addHoliday', 201],
    ['clinic', 'addBranch', 201],
    ['services', 'addService', 201],
    ['statistics', 'getStatistics', 200],
    ['audit', 'listAudit', 200],
    ['system', 'getSystem', 200],
  ],
} as const;

/** Somebody before the page that the server's address shows. */
async function land() {
  const demo_clinic = await openDemo();
  onTestFinished(demo_clinic.close);
  const { page, complaints } = await reader(demo_clinic, { size: { width: 1280, height: 1000 } });
  await page.goto(demo_clinic.origin);
  return { page, complaints };
}

/** One of them in `npm test`: a journey of ten operations takes half a minute. */
const roles = isWhole ? (['doctor', 'receptionist', 'admin'] as const) : (['receptionist'] as const);

describe.runIf(chromiumPath)('the demo clinic in a browser', () => {
  test.each(roles)('%s: pressing Execute alone goes through their day, in their own part', async (role) => {
    const { page, complaints } = await land();
    await page.locator(`a[href="/api/docs/?role=${role}"]`).click();
    await page.locator('.opblock-tag').first().waitFor();
    const login = await execute(page, 'auth', 'login');
    expect(login).toMatchObject({ status: 200, body: { user: { role, username: demo[role].username } } });
    await authorize(page, login.body.access);
    const done = [];
    for (const [tag, operationId] of WAYS[role]) {
      const { status } = await execute(page, tag, operationId);
      done.push([tag, operationId, status]);
    }
    await screenshot(page, `demo-${role}`);
    expect(done).toEqual(WAYS[role]);
    expect(complaints).toEqual([]);
  });

  test('pressing Execute goes the whole way, with nothing typed but the token', async () => {
    const { page, complaints } = await land();
    await screenshot(page, 'landing');
    expect(await page.innerText('body')).toContain(demo.patient.username);
    await page.getByRole('link', { name: 'Swagger UI' }).click();
    await page.locator('.opblock-tag').first().waitFor();
    await screenshot(page, 'demo-1-start');
    expect(await page.locator('.information-container').innerText()).toContain(demo.password);

    const login = await execute(page, 'auth', 'login');
    expect(login).toMatchObject({ status: 200, body: { user: { username: demo.patient.username } } });
    await authorize(page, login.body.access);
    expect((await execute(page, 'doctors', 'getDoctor')).body).toMatchObject(demo.doctor.brief);
    expect((await execute(page, 'timeslots', 'listFreeTimeslots')).status).toBe(200);
    const booked = await execute(page, 'appointments', 'bookAppointment');
    expect(booked).toMatchObject({ status: 201, body: { timeslot: demo.slots.free.id, date: demo.day } });
    await screenshot(page, 'demo-2-booked');
    expect((await execute(page, 'appointments', 'getAppointment')).status).toBe(200);
    expect(await execute(page, 'appointments', 'rescheduleAppointment')).toMatchObject({
      status: 200,
      body: { id: demo.visit.id, timeslot: demo.slots.toMoveTo.id },
    });
    expect((await execute(page, 'appointments', 'cancelAppointment')).status).toBe(204);
    expect(complaints).toEqual([]);
  });
});
