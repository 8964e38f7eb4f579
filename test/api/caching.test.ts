import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
});
afterAll(() => clinic.close());

test('tokens, records, lists, exports and refusals are kept by no cache', async () => {
  const { admin, doctor, patient } = people;
  const login = { username: patient.username, password: PASSWORD };
  const requests = [
    clinic.as(undefined).post('/auth/login/', login),
    clinic.as(undefined).post('/auth/token/refresh/', { refresh: patient.refresh }),
    clinic.as(undefined).post('/auth/login/', {}),
    clinic.as(undefined).get('/auth/me/'),
    clinic.as(undefined).get('/nowhere/'),
    clinic.as(patient).get('/auth/me/export/'),
    clinic.as(patient).get('/auth/sessions/'),
    clinic.as(patient).get('/users/'),
    clinic.as(patient).get('/appointments/me/'),
    clinic.as(patient).delete('/appointments/999/'),
    clinic.as(admin).get('/users/'),
    clinic.as(admin).get('/audit/'),
    clinic.as(admin).get('/appointments/export/'),
    clinic.as(doctor).get('/statistics/').set('accept', 'text/csv'),
  ];
  for (const request of requests) {
    const { headers } = await request;
    expect(headers['cache-control'], `${request.method} ${request.url}`).toBe('no-store');
  }
});

test('a record with an ETag may be kept by whoever read it; its refusal may not', async () => {
  const appointment = await clinic.book(people.patient, await clinic.slot(people.doctor));
  const shown = await clinic.as(people.patient).get(`/appointments/${appointment}/`).expect(200);
  expect(shown.headers).toMatchObject({
    etag: expect.stringMatching(/^"1-[\w-]{27}"$/),
    'cache-control': 'private, no-cache',
  });
  const refused = await clinic.as(people.admin).get('/appointments/999/').expect(404);
  expect(refused.headers['cache-control']).toBe('no-store');
});

test('documentation is kept, and asked for each time whether it still holds', async () => {
  for (const path of ['/schema/', '/redoc/']) {
    const { headers } = await clinic.as(undefined).get(path).expect(200);
    expect(headers['cache-control']).toBe('no-cache');
  }
});

test('the document says it once, of every answer', () => {
  const { info } = clinic.app.swagger();
  expect(info.description?.replaceAll(/\s+/g, ' ')).toMatch(/on every answer, and so is `Cache-Control`/);
});
