import supertest from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Document } from '../../src/http/openapi/document.ts';
import { accountsApp } from '../helpers/accounts.ts';
import type { TestApp } from '../helpers/app.ts';
import { examplesIn, writtenOut } from '../openapi/documented.ts';

let clinic: TestApp;
let document: Document;
beforeAll(async () => {
  clinic = await accountsApp({ rate_limit: true });
  document = writtenOut((await clinic.as(undefined).get('/schema/').expect(200)).body);
});
afterAll(() => clinic.close());

/** Whether requests of a path are not counted: probes, and pictures, which a page asks for by the dozen. */
const uncounted = (path: string): boolean => path.startsWith('/health/') || path.startsWith('/photos/');

const COUNTED = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];

/** A real answer of each status below 500, and of a route that is not counted. */
async function someAnswers(): Promise<{ counted: supertest.Response[]; health: supertest.Response }> {
  const [patient, doctor] = [await clinic.person('patient'), await clinic.person('doctor')];
  const timeslot = await clinic.slot(doctor);
  const guest = clinic.as(undefined);
  // Only failures are counted: somebody who guesses is refused soon.
  const guess = { username: 'nobody.has.this', password: 'not-the-password' };
  const spent = () => guest.post('/auth/login/', guess).set('x-forwarded-for', '203.0.113.9');
  for (let sent = 0; sent < 30; sent += 1) await spent();
  const others = await clinic.slot(doctor, { start_time: '11:00', end_time: '11:30' });
  const keyed = (body: object) =>
    clinic.as(patient).post('/appointments/', body).set('idempotency-key', 'said once');
  const visit = await keyed({ timeslot: others });
  const admin = clinic.as(await clinic.person('admin'));
  const { body: webhook } = await admin.post('/webhooks/', { url: 'http://127.0.0.1:1/' }).expect(201);
  const { headers } = await clinic.as(patient).get(`/appointments/${visit.body.id}/`);
  const counted = [
    await clinic.as(patient).get('/auth/me/'),
    await clinic.as(patient).post('/appointments/', { timeslot }),
    await guest.post('/auth/password/reset/', { username: patient.username }),
    await clinic.as(patient).delete('/auth/sessions/'),
    await clinic.as(patient).patch('/auth/me/', {}),
    await guest.get('/auth/me/'),
    await clinic
      .as(patient)
      .get(`/appointments/${visit.body.id}/`)
      .set('if-none-match', String(headers.etag)),
    await clinic.as(patient).get('/auth/me/').set('accept', 'image/png'),
    await clinic.as(patient).get('/users/'),
    await clinic.as(patient).get('/doctors/2147483647/'),
    await clinic.as(patient).post('/appointments/', { timeslot }),
    await guest.post('/auth/login/', { username: 'x'.repeat(70_000) }),
    await clinic.as(patient).get(`/doctors/${'1'.repeat(101)}/`),
    await guest.post('/auth/login/').type('text/plain').send('username=aziza'),
    await keyed({ timeslot }),
    await clinic.as(patient).delete(`/appointments/${visit.body.id}/`).set('if-match', '"7"'),
    await admin.post(`/webhooks/${webhook.id}/replay/`, { since: '2020-01-01T00:00:00Z' }),
    await spent(),
  ];
  return { counted, health: await supertest(clinic.app.server).get('/health/live').expect(200) };
}

test('answers that say what is left are documented to, and no others', async () => {
  const { counted, health } = await someAnswers();
  const saidIn = ({ headers }: supertest.Response) => COUNTED.filter((name) => name.toLowerCase() in headers);
  const said = new Map(counted.map((answer) => [String(answer.status), saidIn(answer)]));
  // All but the one that the router gives by itself.
  expect([...said.values()].filter((names) => names.length > 0)).toHaveLength(said.size - 1);

  const met = new Set<string>();
  for (const [path, operations] of Object.entries(document.paths))
    for (const [method, { responses }] of Object.entries(operations))
      for (const [status, { headers = {} }] of Object.entries(responses)) {
        const documented = Object.keys(headers).filter((name) => COUNTED.includes(name));
        // What goes wrong here may do so before a request is counted: nothing is promised.
        const real = uncounted(path) ? saidIn(health) : status >= '500' ? [] : said.get(status);
        expect(documented, `${method} ${path} ${status}`).toEqual(real);
        met.add(status);
      }
  expect([...said.keys()].filter((status) => !met.has(status))).toEqual([]);
});

test('what is not counted is not documented to be refused for it', () => {
  const refusing = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([, { responses }]) => ({ path, refuses: '429' in responses })),
  );
  expect(refusing.filter(({ path, refuses }) => refuses === uncounted(path))).toEqual([]);
  expect(refusing.some(({ refuses }) => !refuses)).toBe(true);
});

test('the examples of accounts work as they stand', async () => {
  const example = (operationId: string, name = 'example') => {
    const operation = Object.values(document.paths)
      .flatMap((operations) => Object.values(operations))
      .find((one) => (one as unknown as { operationId: string }).operationId === operationId);
    const examples = examplesIn(operation?.requestBody?.content['application/json']);
    return examples[name] as Record<string, string>;
  };
  const patient = example('register', 'patient');
  await clinic.as(undefined).post('/auth/register/', patient).expect(201);
  const { body } = await clinic.as(undefined).post('/auth/login/', example('login', 'patient')).expect(200);
  const me = clinic.as({ token: body.access });
  await me.patch('/auth/me/', example('updateMe', 'locale')).expect(200);
  await me.patch('/auth/me/', example('updateMe', 'contact')).expect(200);
  await me.post('/auth/phone/verify/', example('verifyPhone', 'mine')).expect(202);
  await me.post('/auth/email/verify/', example('verifyEmail', 'other')).expect(202);
  for (const [path, id] of [
    ['/auth/phone/verify/confirm/', 'confirmPhone'],
    ['/auth/email/verify/confirm/', 'confirmEmail'],
  ] as const)
    expect((await me.post(path, example(id, 'code'))).body.code).toBe('invalid_code');
  await clinic
    .as(undefined)
    .post('/auth/password/reset/', example('requestPasswordReset', 'phone'))
    .expect(202);
  const reset = await clinic
    .as(undefined)
    .post('/auth/password/reset/confirm/', example('confirmPasswordReset'));
  expect(reset.body.code).toBe('invalid_code');
  await me.post('/auth/password/change/', example('changePassword')).expect(204);
});
