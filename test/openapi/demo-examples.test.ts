import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { demo } from '../../src/core/demo.ts';
import type { Document } from '../../src/http/openapi/document.ts';
import { demoApp } from '../helpers/demo.ts';
import { type Documented, examplesIn, operationsOf, writtenOut } from './documented.ts';

type Role = 'admin' | 'doctor' | 'patient';

let clinic: Awaited<ReturnType<typeof demoApp>>;
let document: Document;
beforeAll(async () => {
  clinic = await demoApp();
  document = writtenOut((await clinic.app.inject('/api/schema/')).json());
});
afterAll(() => clinic.close());

/** What no example can hold, or what would end the session that tries the rest. */
const NOT_TRIED = new Map([
  ['refreshToken', 'a refresh token is secret, and its own'],
  ['confirmPhone', 'the code was sent to somebody'],
  ['confirmEmail', 'the code was sent to somebody'],
  ['confirmPasswordReset', 'the code was sent to somebody'],
  ['confirmClaim', 'the code was sent to somebody'],
  ['confirmPatientPhone', 'the code was sent to somebody'],
  ['findPatients', 'it asks for a phone, a birthday or three letters, whichever one knows'],
  ['changePassword', 'it asks for the password'],
  ['eraseMe', 'it asks for the password'],
  ['deleteUser', 'it asks for the password'],
  ['logout', 'it ends the session'],
  ['provePhone', 'a code was sent there a moment ago'],
  ['proveEmail', 'nothing is confirmed there yet'],
  ['putPhoto', 'a picture is no text'],
  ['putPhotoOfDoctor', 'a picture is no text'],
  ['createWebhook', 'its name leads nowhere'],
  ['replayWebhook', 'its moment lies ahead'],
  ['getCalendar', 'an address is secret'],
  ['getPhoto', 'nobody in the demo clinic has one'],
  ['linkTelegram', 'there is no bot without its token'],
  ['joinAsGuardian', 'a code is secret, and works once'],
  ['openStream', 'it does not end'],
  ['showSecondStep', 'a ticket is secret, and works once'],
  ['confirmTwoStep', 'the code comes from somebody’s app'],
  ['removeTwoStep', 'nobody in the demo clinic has a second step'],
  ['startPasskey', 'this address takes none'],
  ['addPasskey', 'a device signs it'],
  ['startPasskeySignIn', 'this address takes none'],
  ['signInByPasskey', 'a device signs it'],
  ['removePasskey', 'nobody in the demo clinic has one'],
  ['startProvider', 'nobody signs in elsewhere until a provider is set up'],
  ['spendProviderCode', 'a code is secret, and works once'],
  ['signInByIdToken', 'nobody signs in elsewhere until a provider is set up'],
  ['signInByTelegram', 'there is no bot without its token'],
  ['unlinkIdentity', 'nobody signs in elsewhere until a provider is set up'],
  ['removeGuardian', 'the demo patient has ended it themself by then'],
]);

/** Who is meant: the first who may call it. */
function roleFor({ method, path }: Documented): Role | undefined {
  const { who = '', isPublic } = clinic.app.documentedRoutes.get(`${method.toUpperCase()} ${path}`) ?? {};
  if (isPublic) return undefined;
  return (/^(admin|doctor|patient)/.exec(who)?.[1] ?? 'patient') as Role;
}

/** The request that a page makes which is filled in and executed as it stands. */
function requestOf(
  { method, path, operation: { parameters = [], requestBody } }: Documented,
  named?: string,
) {
  const required = parameters.filter((parameter) => parameter.required);
  const filledIn = (name: string) => String(required.find((one) => one.name === name)?.example);
  const query = required.filter((parameter) => parameter.in === 'query');
  const search = new URLSearchParams(
    query.map(({ name, example }): [string, string] => [name, String(example)]),
  );
  const bodies = examplesIn(requestBody?.content['application/json']);
  const payload = named === undefined ? Object.values(bodies)[0] : bodies[named];
  return {
    method: method.toUpperCase() as 'GET',
    url: `${path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(filledIn(name)))}?${search}`,
    ...(payload !== undefined && { payload: payload as object }),
  };
}

test('what answers show of the demo accounts is what the demo clinic says of them', async () => {
  const token = await clinic.signIn('patient');
  const get = async (url: string) =>
    (await clinic.app.inject({ url, headers: { authorization: `Bearer ${token}` } })).json();
  const { experience_years, gender } = demo.doctor;
  expect(await get(`/api/doctors/${demo.doctor.id}/`)).toEqual({
    ...demo.doctor.brief,
    specialization_id: demo.specialization.id,
    experience_years,
    gender,
    photo: null,
  });
  expect(await get('/api/auth/me/')).toMatchObject({ id: demo.patient.id, phone: demo.patient.phone });
  const { results } = await get(`/api/doctors/${demo.colleague.id}/timeslots/`);
  expect(results.length).toBeGreaterThan(0);
});

test('on the demo clinic every operation works with the values that are filled in and its first example', async () => {
  const tokens = {
    admin: await clinic.signIn('admin'),
    doctor: await clinic.signIn('doctor'),
    patient: await clinic.signIn('patient'),
  };
  const operations = operationsOf(document).filter(({ operation }) => !NOT_TRIED.has(operation.operationId));
  // In the order of the page; what takes something away comes last.
  const inOrder = [
    ...operations.filter(({ method }) => method !== 'delete'),
    ...operations.filter(({ method }) => method === 'delete'),
  ];
  const refused: string[] = [];
  for (const one of inOrder) {
    const role = roleFor(one);
    const headers = role ? { authorization: `Bearer ${tokens[role]}` } : {};
    const answer = await clinic.app.inject({ ...requestOf(one), headers });
    if (answer.statusCode >= 400)
      refused.push(`${one.operation.operationId} as ${role}: ${answer.statusCode} ${answer.body}`);
  }
  expect(refused).toEqual([]);
  expect(inOrder.length).toBeGreaterThan(75);
  expect([...NOT_TRIED.keys()].filter((id) => !operationIds().includes(id))).toEqual([]);
});

const operationIds = () => operationsOf(document).map(({ operation }) => operation.operationId);

test('what is meant for the staff beside others works for an admin', async () => {
  const fresh = await demoApp();
  onTestFinished(() => fresh.close());
  const headers = { authorization: `Bearer ${await fresh.signIn('admin')}` };
  const meant = operationsOf(document)
    .filter((one) => roleFor(one) !== 'admin')
    .flatMap((one) => {
      const examples = examplesIn(one.operation.requestBody?.content['application/json']);
      return ['admin', 'staff'].filter((name) => name in examples).map((name) => ({ ...one, name }));
    });
  expect(meant.map(({ operation, name }) => `${operation.operationId}: ${name}`).sort()).toEqual([
    'addAbsence: admin',
    'bookAppointment: staff',
    'holdTimeslot: staff',
    'joinWaitlist: admin',
    'publishTimeslot: admin',
    'publishTimeslots: admin',
    'releaseTimeslot: staff',
  ]);
  for (const { name, ...one } of meant) {
    const answer = await fresh.app.inject({ ...requestOf(one, name), headers });
    expect(answer.statusCode, `${one.operation.operationId}: ${answer.body}`).toBeLessThan(300);
  }
});

test('the clinic looks like one: visits that were marked, and a day of work today', async () => {
  const headers = { authorization: `Bearer ${await clinic.signIn('admin')}` };
  const get = async (url: string) => (await clinic.app.inject({ url, headers })).json();
  const { date: today, time } = clinic.clock.wall();
  const { total, rows } = await get('/api/statistics/?by=doctor');
  expect(rows.length).toBeGreaterThan(14);
  expect(total.completed).toBeGreaterThan(10 * total.no_shows);
  expect(total.no_shows).toBeGreaterThan(5);
  expect(total.cancelled).toBeGreaterThan(total.late_cancelled);
  expect(total.late_cancelled).toBeGreaterThan(0);
  expect(total.fill_rate).toBeGreaterThan(0.4);
  expect(total.median_lead_time_hours).toBeGreaterThan(24);
  expect((await get(`/api/appointments/?date=${today}`)).count).toBeGreaterThan(5);
  const { results } = await get('/api/appointments/?status=pending');
  // Whatever has begun was answered; as the desk opens some of today's requests wait for their doctor.
  const hasBegun = ({ date, start_time }: { date: string; start_time: string }) =>
    `${date} ${start_time}` <= `${today} ${time}`;
  expect(results.filter(hasBegun)).toEqual([]);
});

test('signing in is shown with the demo accounts first, where there are any', async () => {
  const login = operationsOf(document).find(({ operation }) => operation.operationId === 'login');
  const examples = examplesIn(login?.operation.requestBody?.content['application/json']);
  expect(Object.keys(examples).slice(0, 4)).toEqual([
    'demo_patient',
    'demo_doctor',
    'demo_admin',
    'demo_receptionist',
  ]);
  for (const payload of Object.values(examples).slice(0, 4).concat(examples.phone))
    expect(
      (await clinic.app.inject({ method: 'POST', url: '/api/auth/login/', payload: payload as object }))
        .statusCode,
    ).toBe(200);
  expect(document.info).toMatchObject({ description: expect.stringContaining(demo.password) });
});
