import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { chromiumPath, openBrowser, overflow, screenshot, watch } from './chromium.ts';
import { authorize, execute, openOperation, openSwagger } from './swagger-page.ts';

describe.runIf(chromiumPath)('the documentation in a browser', () => {
  let clinic: TestApp;
  let browser: Browser;
  let origin: string;
  let doctor: Person;
  let slot: number;

  beforeAll(async () => {
    clinic = await testApp();
    await clinic.app.listen({ host: '127.0.0.1', port: 0 });
    origin = `http://127.0.0.1:${(clinic.app.server.address() as AddressInfo).port}`;
    doctor = await clinic.person('doctor', {
      first_name: 'Jasur',
      last_name: 'Yusupov',
      profile: { specialization: 'Kardiolog', experience_years: 12 },
    });
    slot = await clinic.slot(doctor);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await clinic?.close();
  });

  async function onPage(size: { width: number; height: number }, visit: (page: Page) => Promise<void>) {
    const context = await browser.newContext({ viewport: size });
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    const complaints = watch(page, origin);
    await visit(page);
    expect(complaints).toEqual([]);
    await context.close();
  }
  const desk = { width: 1280, height: 1000 };
  const phone = { width: 390, height: 844 };

  test('a person goes the whole way in Swagger UI alone', async () => {
    await onPage(desk, async (page) => {
      await openSwagger(page, origin);
      expect(await page.title()).toBe('Clinic appointment booking · Swagger UI');
      await screenshot(page, 'swagger-1-start');

      const registered = await execute(page, 'auth', 'register');
      expect(registered).toMatchObject({
        status: 201,
        body: { username: 'aziza.karimova', role: 'patient' },
      });
      const login = await execute(page, 'auth', 'login', { example: 'As a patient' });
      expect(login.status).toBe(200);
      await screenshot(page, 'swagger-2-signed-in');
      await authorize(page, login.body.access);

      // As it stands: no example may have filled a filter in.
      const doctors = await execute(page, 'doctors', 'listDoctors');
      expect(doctors).toMatchObject({ status: 200, body: { count: 1, results: [{ id: doctor.id }] } });
      await screenshot(page, 'swagger-3-doctors');
      const free = await execute(page, 'timeslots', 'listFreeTimeslots', {
        parameters: { id: doctors.body.results[0].id },
      });
      expect(free).toMatchObject({ status: 200, body: { results: [{ id: slot, is_available: true }] } });

      const booked = await execute(page, 'appointments', 'bookAppointment', {
        example: 'As a patient',
        edit: (body) => body.replace('431', String(free.body.results[0].id)),
      });
      expect(booked).toMatchObject({ status: 201, body: { status: 'pending', timeslot: slot } });
      await screenshot(page, 'swagger-4-booked');
      expect(await execute(page, 'appointments', 'listOwnAppointments')).toMatchObject({
        status: 200,
        body: { count: 1, results: [{ id: booked.body.id, status: 'pending' }] },
      });

      await page.reload();
      await page.locator('.opblock-tag').first().waitFor();
      expect(await execute(page, 'auth', 'me')).toMatchObject({
        status: 200,
        body: { username: 'aziza.karimova' },
      });
      await screenshot(page, 'swagger-5-after-reload');

      const parameters = { id: booked.body.id };
      expect(await execute(page, 'appointments', 'cancelAppointment', { parameters })).toMatchObject({
        status: 204,
      });
      expect(await execute(page, 'appointments', 'getAppointment', { parameters })).toMatchObject({
        status: 200,
        body: { status: 'cancelled', cancelled_by: registered.body.id },
      });
      await screenshot(page, 'swagger-6-cancelled');
    });
    const { body } = await clinic.as(doctor).get('/appointments/me/').expect(200);
    expect(body.results).toMatchObject([{ status: 'cancelled', patient: { first_name: 'Aziza' } }]);
  });

  test('Swagger UI fits a phone', async () => {
    await onPage(phone, async (page) => {
      await openSwagger(page, origin);
      await screenshot(page, 'swagger-phone-1-start');
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      for (const [tag, operationId] of [
        ['auth', 'register'],
        ['timeslots', 'listFreeTimeslots'],
        ['appointments', 'decideAppointment'],
      ] as const) {
        const operation = await openOperation(page, tag, operationId);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await operation.scrollIntoViewIfNeeded();
        await screenshot(page, `swagger-phone-2-${operationId}`);
      }
    });
  });

  test('Redoc shows and searches the reference, at a desk and on a phone', async () => {
    await onPage(desk, async (page) => {
      await page.goto(`${origin}/api/redoc/`);
      const operation = page.locator('[id="tag/appointments/operation/decideAppointment"]');
      await operation.waitFor({ state: 'attached' });
      expect(await page.title()).toBe('Clinic appointment booking · Reference');
      await screenshot(page, 'redoc-1-start');
      for (const [name, size] of Object.entries({ desk, phone })) {
        await page.setViewportSize(size);
        await operation.scrollIntoViewIfNeeded();
        expect(await operation.innerText()).toMatch(
          /Who may call: [^\n]*doctors \(only their own\)[^\n]*admins/,
        );
        await screenshot(page, `redoc-2-${name}`);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
      }
      await page.setViewportSize(desk);
      // The search runs in a worker, which the content security policy must let start.
      await page.getByPlaceholder('Search...').fill('withdraw');
      await page.locator('[data-role="search:results"]').getByText('Withdraw a slot').waitFor();
      await screenshot(page, 'redoc-3-search');
    });
  });
});
