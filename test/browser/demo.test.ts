import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import { demoApp } from '../helpers/demo.ts';
import { chromiumPath, openBrowser, screenshot, watch } from './chromium.ts';
import { authorize, execute } from './swagger-page.ts';

describe.runIf(chromiumPath)('the demo clinic in a browser', () => {
  test('pressing Execute goes the whole way, with nothing typed but the token', async () => {
    const clinic = await demoApp();
    onTestFinished(() => clinic.close());
    await clinic.app.listen({ host: '127.0.0.1', port: 0 });
    const origin = `http://127.0.0.1:${(clinic.app.server.address() as AddressInfo).port}`;
    const browser = await openBrowser();
    onTestFinished(() => browser.close());
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 1000 } })).newPage();
    page.setDefaultTimeout(0);
    const complaints = watch(page, origin);

    await page.goto(origin);
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
