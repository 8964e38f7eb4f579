import type { Readable } from 'node:stream';
import supertest from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Document } from '../../src/http/openapi/document.ts';
import { accountsApp, CHANNELS, codesSent, lastCode, pass, wrong } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { startTelegram } from '../helpers/messages/providers.ts';
import { device } from '../helpers/passkeys.ts';
import { png } from '../helpers/pictures.ts';
import { initData, pkce, providerAside } from '../helpers/providers.ts';
import { insertOffer } from '../helpers/rows.ts';
import { shown } from '../helpers/two-step.ts';
import { examplesIn, operationFor, operationsOf, validator, writtenOut } from './documented.ts';

let clinic: TestApp;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let aside: Awaited<ReturnType<typeof providerAside>>;
let document: Document;
let fits: ReturnType<typeof validator>;
const succeeded = new Set<string>();

beforeAll(async () => {
  telegram = await startTelegram();
  aside = await providerAside();
  // As in production, where limits are on and doctors wait to be let in; only that nothing here reaches a limit.
  clinic = await accountsApp({
    channels: { ...CHANNELS, telegram: telegram.settings },
    ...aside.settings,
    doctor_approval: 'required',
    rate_limit: true,
    rate_limit_guest: 10_000,
    rate_limit_user: 10_000,
    rate_limit_auth: 10_000,
    codes_per_hour: 100,
    codes_per_hour_address: 100,
  });
  aside.set(clinic.clock);
  document = writtenOut((await clinic.as(undefined).get('/schema/').expect(200)).body);
  fits = validator(document, { closed: true });
});
afterAll(async () => {
  await clinic.close();
  await Promise.all([telegram.close(), aside.played.close()]);
});

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Whoever = Pick<Person, 'token'> | undefined;

/**
 * Of the transport, and what protects browsers: the introduction of the document speaks of them, not each operation. What
 * nginx is told of a stream ends with nginx.
 */
const ON_ALL =
  /^(?:connection|keep-alive|x-accel-buffering|date|content-(?:type|length)|transfer-encoding|vary|content-security-policy|cross-origin-resource-policy|strict-transport-security|x-content-type-options|x-frame-options|x-robots-tag)$/;

/** Makes a request and holds its answer against the document: status, type, headers, body to the last property, code. */
async function call(who: Whoever, method: Method, path: string, expected: number | string, body?: object) {
  const answer = await clinic.as(who)[method](path, body);
  judge(method, path, answer);
  expect(typeof expected === 'number' ? answer.status : answer.body.code, answer.text).toBe(expected);
  return answer.body;
}

/** Declared of an operation of which not every answer has it: one that was given before (see `repeat`), a file, a text. */
function isOfSome(name: string, { status, headers, body }: supertest.Response): boolean {
  // Of a page that stands alone there is no other to name.
  if (name === 'Link') return !body.next && !body.previous;
  const isData = status < 300 && /^application\/(?:x-nd)?json/.test(headers['content-type'] ?? '');
  return ['Idempotency-Replayed', 'Content-Disposition', ...(isData ? ['Content-Language'] : [])].includes(
    name,
  );
}

/** What the introduction says that every answer, or every problem, has. */
const saidOnce = ({ status }: supertest.Response) => [
  'x-request-id',
  'cache-control',
  ...(status < 400 ? [] : ['content-language']),
];

function judge(method: Method, path: string, answer: supertest.Response): void {
  const url = /^\/(?:health|photos)\//.test(path) ? path : `/api${path}`;
  const found = operationFor(document, method, url);
  if (!found) throw new Error(`${method} ${url} is not documented`);
  const { operation } = found;
  const response = operation.responses[answer.status];
  expect(response, `${operation.operationId} may answer ${answer.status}`).toBeDefined();
  expect(Object.keys(answer.headers)).toEqual(expect.arrayContaining(saidOnce(answer)));
  // An address that cannot be read is refused before it is counted.
  const uncounted = answer.body?.code === 'malformed_request' && path.includes('%');
  for (const name of Object.keys(response?.headers ?? {})) {
    if (isOfSome(name, answer)) continue;
    const there = expect(answer.headers, `${operation.operationId} ${answer.status}`);
    if (uncounted && name.startsWith('RateLimit-')) there.not.toHaveProperty(name.toLowerCase());
    else there.toHaveProperty(name.toLowerCase());
  }
  const declared = Object.keys(response?.headers ?? {}).map((name) => name.toLowerCase());
  const said = [...declared, ...saidOnce(answer)];
  const undeclared = Object.keys(answer.headers).filter((name) => !ON_ALL.test(name) && !said.includes(name));
  expect(undeclared, `${operation.operationId} ${answer.status}`).toEqual([]);
  if (answer.status < 300) succeeded.add(operation.operationId);
  const types = Object.keys(response?.content ?? {});
  if (types.length === 0) return void expect(answer.text).toBe('');
  const type = types.find((one) => answer.headers['content-type']?.startsWith(one)) ?? '';
  expect(types).toContain(type);
  const keys = ['paths', found.path, method, 'responses', String(answer.status), 'content', type, 'schema'];
  expect(
    fits(keys, type.endsWith('json') && !type.includes('ndjson') ? answer.body : answer.text),
  ).toBeUndefined();
  if (answer.status >= 400)
    expect(Object.keys(examplesIn(response?.content?.[type]))).toContain(answer.body.code);
}

/** Specializations, from which doctors choose, and keys for programs. */
async function keepLists(admin: Person) {
  const three = await call(admin, 'post', '/specializations/', 201, example('addSpecialization', 'example'));
  const other = await call(admin, 'post', '/specializations/', 201, { name: 'Kardiolog' });
  const change = example('updateSpecialization', 'example');
  await call(admin, 'patch', `/specializations/${other.id}/`, 200, change);
  await call(undefined, 'get', '/specializations/', 200);
  await call(admin, 'post', `/specializations/${three.id}/join/`, 200, { into: other.id });
  for (const name of ['scopes', 'role']) {
    const { id } = await call(admin, 'post', '/api-keys/', 201, example('makeApiKey', name));
    await call(admin, 'get', `/api-keys/${id}/`, 200);
    await call(admin, 'delete', `/api-keys/${id}/`, 204);
  }
  await call(admin, 'get', '/api-keys/?revoked=true', 200);
  await call(admin, 'post', '/auth/introspect/', 200, { token: admin.token });
}

/** A second step is set up, shown and taken away. */
async function takeTwoSteps(admin: Person) {
  const person = await clinic.person('patient');
  const { secret } = await call(person, 'post', '/auth/two-step/enrol/', 200, {});
  const code = shown(clinic, secret);
  const { recovery_codes } = await call(person, 'post', '/auth/two-step/confirm/', 200, { code });
  const [first, second] = recovery_codes;
  await call(person, 'get', '/auth/two-step/', 200);
  const who = { username: person.username, password: PASSWORD };
  const { ticket } = await call(undefined, 'post', '/auth/login/', 'second_step_required', who);
  await call(undefined, 'post', '/auth/login/second-step/', 200, { ticket, code: first });
  await call(undefined, 'post', '/auth/login/second-step/', 'invalid_ticket', { ticket, code: second });
  await call(person, 'delete', '/auth/two-step/', 204, { code: second });
  await call(admin, 'delete', `/users/${person.id}/two-step/`, 204);
}

/** A passkey is added, signed in with, and removed. */
async function takePasskeys() {
  const person = await clinic.person('patient');
  const asked = await call(person, 'post', '/auth/passkeys/start/', 200);
  const phone = device();
  const credential = phone.create(asked.public_key);
  const { id } = await call(person, 'post', '/auth/passkeys/', 201, { credential, name: 'Phone' });
  await call(person, 'post', '/auth/passkeys/', 'invalid_passkey', example('addPasskey', 'example'));
  await call(person, 'get', '/auth/passkeys/', 200);
  const { public_key } = await call(undefined, 'post', '/auth/passkeys/sign-in/start/', 200);
  const signed = { credential: phone.get(public_key) };
  await call(undefined, 'post', '/auth/passkeys/sign-in/', 200, signed);
  await call(undefined, 'post', '/auth/passkeys/sign-in/', 'invalid_passkey', signed);
  await call(person, 'delete', `/auth/passkeys/${id}/`, 204);
  await call(person, 'delete', `/auth/passkeys/${id}/`, 'passkey_not_found');
}

/** A stream has no end: what comes first is held against the document. */
async function listen(who: Whoever, path: string) {
  const answer = await clinic
    .as(who)
    .get(path)
    .buffer(true)
    .parse((stream, done) =>
      stream.once('data', (chunk) => {
        done(null, String(chunk));
        (stream as unknown as Readable).destroy();
      }),
    );
  judge('get', path, Object.assign(answer, { text: answer.body as string }));
  expect(answer.status).toBe(200);
}

/** Sends a request with a key twice: the second answer is the first, and says so, as documented. */
async function repeat(who: Whoever, path: string, body?: object) {
  const found = operationFor(document, 'post', `/api${path}`);
  const named = found?.operation.parameters?.find(({ name }) => name === 'Idempotency-Key');
  const send = () => clinic.as(who).post(path, body).set('Idempotency-Key', `"${path}"`);
  const [first, second] = [await send(), await send()];
  for (const answer of [first, second]) judge('post', path, answer);
  const documented = Object.keys(found?.operation.responses[second.status]?.headers ?? {});
  expect([named?.in, documented]).toEqual(['header', expect.arrayContaining(['Idempotency-Replayed'])]);
  expect([second.status, second.headers['idempotency-replayed']]).toEqual([first.status, 'true']);
  expect([first.status < 300, second.body]).toEqual([true, first.body]);
  return first.body;
}

/** The documented example of an operation's body. */
function example(operationId: string, name: string): Record<string, unknown> {
  const found = operationsOf(document).find(({ operation }) => operation.operationId === operationId);
  const examples = examplesIn(found?.operation.requestBody?.content['application/json']);
  expect(Object.keys(examples)).toContain(name);
  return examples[name] as Record<string, unknown>;
}

test('the examples work as they stand, and every operation answers as documented', async () => {
  const admin = await clinic.person('admin');
  await keepLists(admin);
  await takeTwoSteps(admin);
  await takePasskeys();
  const signIn = async (name: 'patient' | 'doctor') => {
    const registered = await call(undefined, 'post', '/auth/register/', 201, example('register', name));
    const { access, refresh } = await call(undefined, 'post', '/auth/login/', 200, example('login', name));
    return { id: registered.id as number, token: access as string, refresh: refresh as string };
  };
  const doctor = await signIn('doctor');
  let patient = await signIn('patient');
  await call(admin, 'get', '/users/?approved=false', 200);
  await call(admin, 'post', `/users/${doctor.id}/approve/`, 200);
  await call(undefined, 'post', '/auth/token/refresh/', 200, { refresh: patient.refresh });
  for (const who of [admin, doctor, patient]) await call(who, 'get', '/auth/me/', 200);

  patient = { ...patient, ...(await manageAccount(patient, doctor)) };
  await useInbox(patient, admin);

  for (const name of ['work', 'name'])
    await call(doctor, 'patch', '/doctor/profile/', 200, example('updateDoctorProfile', name));
  await call(doctor, 'get', '/doctor/profile/', 200);
  await showPhoto(doctor, '/doctor/photo/');
  await showPhoto(admin, `/doctors/${doctor.id}/photo/`);
  for (const name of ['contact', 'name'])
    await call(patient, 'patch', '/patient/profile/', 200, example('updatePatientProfile', name));
  await call(patient, 'get', '/patient/profile/', 200);

  const slot = await repeat(doctor, '/timeslots/', example('publishTimeslot', 'doctor'));
  const second = { ...example('publishTimeslot', 'admin'), doctor: doctor.id };
  const another = await call(admin, 'post', '/timeslots/', 201, second);
  await call(doctor, 'get', '/timeslots/?is_available=true&from=2028-03-14&to=2028-03-31', 200);
  await call(doctor, 'get', `/timeslots/${slot.id}/`, 200);
  await call(patient, 'get', '/doctors/?search=yusupov&specialization=Kardiolog', 200);
  await call(patient, 'get', `/doctors/${doctor.id}/`, 200);
  const free = await call(patient, 'get', `/doctors/${doctor.id}/timeslots/?page_size=1&page=2`, 200);
  expect(free).toMatchObject({ count: 2, previous: expect.stringContaining('page=1') });
  const query = 'specialization=Kardiolog&gender=male&after=09:00&before=12:00&weekdays=1,2&per_doctor=1';
  await call(patient, 'get', `/timeslots/search/?${query}`, 200);
  expect(await call(patient, 'get', '/timeslots/search/', 200)).toMatchObject({ count: 2 });

  const asPatient = { ...example('bookAppointment', 'patient'), timeslot: slot.id };
  const booked = await call(patient, 'post', '/appointments/', 201, asPatient);
  const asAdmin = { ...example('bookAppointment', 'staff'), timeslot: another.id, patient: patient.id };
  const byAdmin = await call(admin, 'post', '/appointments/', 201, asAdmin);
  await call(doctor, 'patch', `/appointments/${booked.id}/`, 200, example('decideAppointment', 'confirm'));
  await call(doctor, 'patch', `/appointments/${byAdmin.id}/`, 200, example('decideAppointment', 'cancel'));
  await repeat(patient, `/timeslots/${another.id}/hold/`);
  await call(patient, 'delete', `/timeslots/${another.id}/hold/`, 204);
  const move = { ...example('rescheduleAppointment', 'example'), timeslot: another.id };
  await repeat(patient, `/appointments/${booked.id}/reschedule/`, move);
  await call(admin, 'post', `/appointments/${booked.id}/reschedule/`, 200, { timeslot: slot.id });
  await call(patient, 'get', '/appointments/me/?status=cancelled', 200);
  await call(admin, 'get', `/appointments/?doctor=${doctor.id}&patient=${patient.id}&date=2028-03-14`, 200);
  await call(patient, 'get', `/appointments/${booked.id}/`, 200);
  await seeVisit(patient, doctor, admin, booked.id);
  await waitForSlot(patient, doctor, admin);
  await call(patient, 'delete', `/appointments/${booked.id}/`, 204);
  await call(doctor, 'delete', `/timeslots/${another.id}/`, 204);
  const gone = await call(patient, 'get', `/appointments/${byAdmin.id}/`, 200);
  expect(gone.timeslot).toBeNull();

  await planCalendar(admin, doctor);
  await lookAfterChild(patient, admin);
  await subscribe(patient);
  await useWebhooks(admin);
  await signInByOthers();
  const { ticket } = await call(patient, 'post', '/stream/ticket/', 200);
  await listen(undefined, `/stream/?ticket=${ticket}`);
  await call(undefined, 'get', `/stream/?ticket=${ticket}`, 'invalid_token');

  await call(patient, 'post', '/auth/me/consents/', 200, example('acceptConsents', 'example'));
  for (const page of ['/auth/me/consents/', '/auth/me/export/', '/auth/me/access-log/?page_size=1'])
    await call(patient, 'get', page, 200);
  await call(
    admin,
    'get',
    `/audit/?subject=${patient.id}&actor=${doctor.id}&action=appointment.confirm`,
    200,
  );
  await call(patient, 'post', '/auth/logout/', 204);
  await call(admin, 'delete', `/users/${patient.id}/`, 204, example('deleteUser', 'example'));
  // The name is free again.
  const newcomer = await signIn('patient');
  await call(newcomer, 'delete', '/auth/me/', 204, example('eraseMe', 'example'));
  const created = await call(admin, 'post', '/users/', 201, example('createUser', 'patient'));
  await call(admin, 'post', '/users/', 201, example('createUser', 'admin'));
  for (const name of ['contact', 'password', 'deactivate'])
    await call(admin, 'patch', `/users/${created.id}/`, 200, example('updateUser', name));
  await call(admin, 'get', `/users/${created.id}/`, 200);
  await call(admin, 'get', '/users/?role=patient&is_active=false&search=karimova', 200);
  await serveAtDesk(admin);
  for (const path of ['/health/live', '/health/ready'])
    judge('get', path, await supertest(clinic.app.server).get(path));

  expect([...succeeded].sort()).toEqual(
    operationsOf(document)
      .map(({ operation }) => operation.operationId)
      .sort(),
  );
});

/** Comes by a provider in each way, and unlinks one of two. */
async function signInByOthers() {
  const { played } = aside;
  await call(undefined, 'get', '/auth/providers/', 200);
  played.becomes({ sub: 'somebody' });
  const { verifier, challenge } = pkce();
  const start = { ...example('startProvider', 'example'), code_challenge: challenge };
  const begun = await call(undefined, 'post', '/auth/providers/google/start/', 200, start);
  const code = await aside.codeOf(clinic, begun.authorization_url);
  await call(undefined, 'post', '/auth/providers/token/', 200, { code, code_verifier: verifier });
  await call(
    undefined,
    'post',
    '/auth/providers/token/',
    'invalid_code',
    example('spendProviderCode', 'example'),
  );
  const id_token = await played.token({ sub: 'somebody', nonce: 'n' });
  const fields = { id_token, nonce: 'n' };
  const { access: token } = await call(undefined, 'post', '/auth/providers/google/id-token/', 200, fields);
  await call(undefined, 'post', '/auth/providers/google/id-token/', 'invalid_identity', fields);
  await call(undefined, 'post', '/auth/providers/none/id-token/', 'provider_not_found', fields);
  const init_data = initData(telegram.settings.token, clinic.clock.now(), { id: 77, first_name: 'Aziza' });
  await call({ token }, 'post', '/auth/telegram/', 200, { init_data });
  await call(
    undefined,
    'post',
    '/auth/telegram/',
    'invalid_identity',
    example('signInByTelegram', 'example'),
  );
  // Whoever has no password, and came a while ago, is asked to come again wherever a password is given.
  const owner = { password: PASSWORD };
  const { id } = await call({ token }, 'get', '/auth/me/', 200);
  await clinic.db.$client.query("insert into telegram_chats (user_id, chat_id) values ($1, 'a chat')", [id]);
  pass(clinic.clock, 301);
  await call({ token }, 'patch', '/auth/me/', 'sign_in_again', { phone: null, ...owner });
  await call({ token }, 'patch', '/patient/profile/', 'sign_in_again', { phone: null, ...owner });
  for (const contact of ['phone', 'email']) {
    const body = { code: '402915', ...owner };
    await call({ token }, 'post', `/auth/${contact}/verify/confirm/`, 'sign_in_again', body);
  }
  await call({ token }, 'post', '/notifications/telegram/link/', 'sign_in_again', owner);
  await call({ token }, 'delete', '/notifications/telegram/link/', 'sign_in_again', owner);
  pass(clinic.clock, -301);
  const { results } = await call({ token }, 'get', '/auth/identities/', 200);
  await call({ token }, 'delete', `/auth/identities/${results[0].id}/`, 204);
  await call({ token }, 'delete', `/auth/identities/${results[1].id}/`, 'last_way_in');
}

/** Puts a photo, loads it, and removes it. */
async function showPhoto(who: Whoever, path: string) {
  const put = await clinic
    .as(who)
    .put(path)
    .type('image/png')
    .send(await png());
  judge('put', path, put);
  const { small } = put.body;
  const { headers, status, body } = await supertest(clinic.app.server).get(small);
  const text = (body as Buffer).toString('latin1');
  judge('get', small, { headers, status, text, body: {} } as supertest.Response);
  await call(who, 'delete', path, 204);
}

/** Patients at the desk, and how they claim their records, by the examples. */
async function serveAtDesk(admin: Person) {
  const made = await call(admin, 'post', '/patients/', 201, example('registerPatient', 'plain'));
  await call(admin, 'post', '/patients/', 'patient_may_exist', example('registerPatient', 'plain'));
  const other = await call(admin, 'post', '/patients/', 201, example('registerPatient', 'new'));
  const child = await call(admin, 'post', '/patients/', 201, {
    ...example('registerPatient', 'new'),
    date_of_birth: '2020-02-02',
  });
  const path = `/patients/${made.id}/`;
  await call(admin, 'get', '/patients/?search=saidova&born=1961-09-03', 200);
  await call(admin, 'get', '/patients/?search=sa', 'invalid_input');
  await call(admin, 'get', path, 200);
  await call(admin, 'patch', path, 200, example('correctPatient', 'example'));
  await call(admin, 'post', `${path}phone/verify/`, 202);
  await call(admin, 'post', `${path}phone/verify/`, 'too_many_requests');
  await call(admin, 'post', `${path}phone/verify/confirm/`, 'invalid_code', { code: '000000' });
  await call(admin, 'post', `${path}phone/verify/confirm/`, 200, { code: await lastCode(clinic, made.id) });
  await call(admin, 'post', `${path}phone/vouch/`, 'already_verified');
  const phone = '+998935550011';
  await call(admin, 'patch', path, 200, { phone });
  await call(admin, 'post', `${path}phone/vouch/`, 200);
  const tie = { guardian: made.id, relationship: 'parent' };
  await call(admin, 'post', `/patients/${child.id}/guardians/`, 200, tie);
  await call(admin, 'post', `/patients/${other.id}/guardians/`, 'not_a_dependant', tie);
  await call(admin, 'post', `/patients/${other.id}/merge/`, 200, { into: made.id });
  await call(admin, 'get', `/patients/${other.id}/`, 'patient_not_found');
  await call(undefined, 'post', '/auth/claim/', 202, example('claimRecord', 'example'));
  await call(undefined, 'post', '/auth/claim/', 202, { phone });
  await codesSent(clinic, made.id, 2);
  const claim = { ...example('confirmClaim', 'example'), phone, date_of_birth: '1961-09-03' };
  await call(undefined, 'post', '/auth/claim/confirm/', 'invalid_code', { ...claim, code: '000000' });
  const code = await lastCode(clinic, made.id);
  await call(undefined, 'post', '/auth/claim/confirm/', 204, { ...claim, code });
}

/** A child, by the examples, whom another guardian joins and leaves. */
async function lookAfterChild(patient: Whoever, admin: Whoever): Promise<void> {
  const path = '/patient/dependants/';
  const child = await call(patient, 'post', path, 201, example('addDependant', 'example'));
  await call(patient, 'get', path, 200);
  await call(patient, 'get', `${path}${child.id}/`, 200);
  await call(patient, 'patch', `${path}${child.id}/`, 200, example('updateDependant', 'example'));
  const { code } = await call(patient, 'post', `${path}${child.id}/invite/`, 201);
  const other = await clinic.person('patient');
  await call(other, 'post', `${path}join/`, 201, { ...example('joinAsGuardian', 'example'), code });
  await call(admin, 'delete', `/patients/${child.id}/guardians/${other.id}/`, 204);
  await call(patient, 'delete', `${path}${child.id}/`, 204);
}

/** An endpoint of another system, and what was sent to it. */
async function useWebhooks(admin: Whoever): Promise<void> {
  const { id } = await call(admin, 'post', '/webhooks/', 201, {
    url: 'http://127.0.0.1:1/',
    types: ['holiday.added'],
  });
  const path = `/webhooks/${id}/`;
  await call(admin, 'get', '/webhooks/', 200);
  await call(admin, 'get', path, 200);
  await call(admin, 'patch', path, 200, example('updateWebhook', 'example'));
  await call(admin, 'post', `${path}rotate/`, 200);
  await call(admin, 'post', `${path}test/`, 202);
  const { results } = await call(admin, 'get', `${path}deliveries/?status=pending`, 200);
  await call(admin, 'post', `/deliveries/${results[0].id}/replay/`, 200);
  await call(admin, 'post', `${path}replay/`, 200, { since: new Date().toISOString() });
  await call(admin, 'delete', path, 204);
  await call(admin, 'get', path, 'webhook_not_found');
}

/** A calendar to subscribe to, read twice, with its address replaced. */
async function subscribe(patient: Whoever): Promise<void> {
  const path = '/calendar/feeds/';
  const { id } = await call(patient, 'post', path, 201, example('createCalendarFeed', 'patient'));
  await call(patient, 'get', path, 200);
  const { url } = await call(patient, 'post', `${path}${id}/rotate/`, 200);
  await call(undefined, 'get', url.slice(url.indexOf('/calendar/')), 200);
  await call(undefined, 'get', '/calendar/nothing.ics', 'feed_not_found');
  await call(patient, 'delete', `${path}${id}/`, 204);
  await call(patient, 'delete', `${path}${id}/`, 'feed_not_found');
}

/** The waiting list, by the examples, and what one can do with an offer. */
async function waitForSlot(
  patient: { id: number; token: string },
  doctor: { id: number; token: string },
  admin: Person,
) {
  const named = (name: string) => ({ ...example('joinWaitlist', name), doctor: doctor.id });
  const { id } = await call(patient, 'post', '/waitlist/', 201, named('doctor'));
  await call(patient, 'post', '/waitlist/', 'already_waiting', named('doctor'));
  await call(patient, 'post', '/waitlist/', 201, example('joinWaitlist', 'specialization'));
  await call(admin, 'post', '/waitlist/', 201, { ...named('admin'), patient: patient.id });
  await call(patient, 'post', `/waitlist/${id}/accept/`, 'offer_lapsed');
  const minutes = new Date(clinic.clock.now().getTime() + 15 * 60_000);
  const offer = (date: string) =>
    insertOffer(clinic.db, {
      doctor: doctor.id,
      patient: patient.id,
      date,
      expires_at: minutes.toISOString(),
    });
  const [first, second] = [await offer('2029-05-02'), await offer('2029-05-03')];
  expect((await call(patient, 'get', `/waitlist/${first}/`, 200)).offer).not.toBeNull();
  await call(admin, 'get', `/waitlist/?patient=${patient.id}&doctor=${doctor.id}&status=offered`, 200);
  await repeat(patient, `/waitlist/${first}/accept/`);
  await call(patient, 'get', `/waitlist/${first}/`, 200);
  await repeat(patient, `/waitlist/${second}/decline/`);
  await call(patient, 'post', `/waitlist/${second}/decline/`, 'offer_lapsed');
  await call(patient, 'delete', `/waitlist/${id}/`, 204);
  await call(patient, 'get', '/waitlist/2147483647/', 'waitlist_entry_not_found');
  await call(patient, 'post', '/waitlist/', 'doctor_not_found', {
    ...named('doctor'),
    doctor: 2_147_483_647,
  });
  await call(doctor, 'get', '/waitlist/', 'forbidden');
}

/** What happened to a visit, whether people came, and what is made of it all. */
type Known = Whoever & { id: number };

async function seeVisit(patient: Known, doctor: Known, admin: Whoever, booked: number) {
  for (const who of [patient, doctor, admin]) await call(who, 'get', `/appointments/${booked}/history/`, 200);
  await call(undefined, 'get', '/clinic/', 200);
  await call(doctor, 'get', `/doctor/patients/${patient.id}/appointments/`, 200);
  await call(doctor, 'patch', `/appointments/${booked}/`, 200, example('decideAppointment', 'note'));
  const right = { ...example('changePatientOfAppointment', 'example'), patient: patient.id };
  await repeat(admin, `/appointments/${booked}/patient/`, right);
  const today = { date: '2026-03-02', start_time: '23:00', end_time: '23:30' };
  const slot = await call(doctor, 'post', '/timeslots/', 201, today);
  const { id } = await call(patient, 'post', '/appointments/', 201, { timeslot: slot.id });
  await call(doctor, 'patch', `/appointments/${id}/`, 200, example('decideAppointment', 'confirm'));
  for (const mark of ['arrive', 'complete', 'no-show'])
    await call(doctor, 'post', `/appointments/${id}/${mark}/`, 200);
  await call(admin, 'delete', `/appointments/${id}/`, 'already_attended');
  await call(doctor, 'delete', `/appointments/${id}/attendance/`, 204);

  for (const path of [
    '/statistics/?by=month',
    '/statistics/?by=doctor',
    '/appointments/export/?status=confirmed',
    `/appointments/day/?doctor=${doctor.id}`,
  ])
    for (const accept of ['*/*', 'text/csv']) {
      const answer = await clinic
        .as(admin)
        .get(path)
        .set('accept', accept)
        .buffer(true)
        .parse((stream, done) => {
          let text = '';
          stream.on('data', (chunk) => {
            text += chunk;
          });
          stream.on('end', () => done(null, text));
        });
      const text = answer.body as string;
      const isJson = answer.headers['content-type']?.startsWith('application/json');
      judge('get', path, Object.assign(answer, { text, body: isJson ? JSON.parse(text) : text }));
      expect(answer.status).toBe(200);
    }

  await call(admin, 'get', '/system/', 200);
  await call(admin, 'put', '/system/log-level/', 200, example('setLogLevel', 'example'));
  const { cancel_deadline_minutes } = await call(admin, 'get', '/settings/', 200);
  for (const name of ['cancelling', 'open'])
    await call(admin, 'patch', '/settings/', 200, example('updateSettings', name));
  await call(admin, 'patch', '/settings/', 200, { cancel_deadline_minutes, late_cancellation: 'record' });
}

/** Contacts, sessions and passwords, by the examples. @returns the tokens of whoever signs in afterwards */
async function manageAccount(patient: { id: number; token: string }, doctor: { token: string }) {
  const typed = async (operationId: string, name = 'code') => ({
    ...example(operationId, name),
    code: await lastCode(clinic, patient.id),
  });
  for (const name of ['locale', 'contact'])
    await call(patient, 'patch', '/auth/me/', 200, example('updateMe', name));
  await call(patient, 'post', '/auth/phone/verify/', 202, example('verifyPhone', 'mine'));
  await call(patient, 'post', '/auth/phone/verify/confirm/', 200, await typed('confirmPhone'));
  pass(clinic.clock, 61);
  await call(patient, 'post', '/auth/email/verify/', 202, example('verifyEmail', 'mine'));
  await call(patient, 'post', '/auth/email/verify/confirm/', 200, await typed('confirmEmail'));
  pass(clinic.clock, 61);
  await call(patient, 'post', '/auth/phone/prove/', 202);
  await call(patient, 'post', '/auth/email/prove/', 202);
  pass(clinic.clock, 61);
  await call(doctor, 'post', '/auth/phone/verify/', 202, example('verifyPhone', 'other'));
  pass(clinic.clock, 61);
  await call(doctor, 'post', '/auth/email/verify/', 202, example('verifyEmail', 'other'));

  await call(undefined, 'post', '/auth/login/', 200, example('login', 'phone'));
  const sessions = await call(patient, 'get', '/auth/sessions/', 200);
  const others = sessions.results.filter((one: { is_current: boolean }) => !one.is_current);
  await call(patient, 'delete', `/auth/sessions/${others[0].id}/`, 204);
  await call(patient, 'delete', '/auth/sessions/', 204);
  await call(patient, 'post', '/auth/password/change/', 204, example('changePassword', 'example'));
  for (const [index, name] of ['username', 'phone'].entries()) {
    pass(clinic.clock, 61);
    await call(undefined, 'post', '/auth/password/reset/', 202, example('requestPasswordReset', name));
    await codesSent(clinic, patient.id, 5 + index);
  }
  const confirmation = await typed('confirmPasswordReset', 'example');
  await call(undefined, 'post', '/auth/password/reset/confirm/', 204, confirmation);
  await call(patient, 'get', '/auth/me/', 'session_ended');
  const { username, password } = confirmation as unknown as { username: string; password: string };
  const { access, refresh } = await call(undefined, 'post', '/auth/login/', 200, { username, password });
  return { token: access as string, refresh: refresh as string };
}

/** Branches and rooms, by the examples. */
async function keepPlaces(admin: Person, doctor: { id: number; token: string }) {
  const added = await repeat(admin, '/branches/', example('addBranch', 'example'));
  await call(doctor, 'get', '/branches/', 200);
  await call(doctor, 'get', `/branches/${added.id}/`, 200);
  for (const name of ['contact', 'close'])
    await call(admin, 'patch', `/branches/${added.id}/`, 200, example('updateBranch', name));
  await call(admin, 'delete', `/branches/${added.id}/`, 204);
  const room = await repeat(admin, '/rooms/', example('addRoom', 'example'));
  await call(doctor, 'get', '/rooms/?branch=1&kind=ultrasound', 200);
  await call(doctor, 'get', `/rooms/${room.id}/`, 200);
  const slot = example('publishTimeslot', 'place');
  await call(doctor, 'post', '/timeslots/', 201, { ...slot, room: room.id });
  await call(admin, 'delete', `/rooms/${room.id}/`, 'room_in_use');
  for (const name of ['name', 'close'])
    await call(admin, 'patch', `/rooms/${room.id}/`, 200, example('updateRoom', name));
  await call(doctor, 'post', '/timeslots/', 'room_closed', { ...slot, room: room.id });
  await call(admin, 'delete', `/rooms/${room.id}/`, 204);
}

/** Many slots at once, the week, holidays and absences, by the examples. */
async function planCalendar(admin: Person, doctor: { id: number; token: string }) {
  const named = (operationId: string) => ({ ...example(operationId, 'admin'), doctor: doctor.id });
  await call(doctor, 'post', '/timeslots/bulk/', 200, example('publishTimeslots', 'preview'));
  await repeat(doctor, '/timeslots/bulk/', example('publishTimeslots', 'months'));
  await call(admin, 'post', '/timeslots/bulk/', 201, named('publishTimeslots'));

  for (const name of ['week', 'none']) {
    await call(doctor, 'put', '/doctor/schedule/', 200, example('putSchedule', name));
    await call(doctor, 'get', '/doctor/schedule/', 200);
    const path = `/doctors/${doctor.id}/schedule/`;
    await call(admin, 'put', path, 200, example('putScheduleOfDoctor', name));
    await call(admin, 'get', path, 200);
  }

  const first = await repeat(admin, '/services/', example('addService', 'examination'));
  const second = await call(admin, 'post', '/services/', 201, example('addService', 'first'));
  const given = {
    services: [
      { service: first.id, duration_minutes: 45 },
      { service: second.id, price: null },
    ],
  };
  await call(admin, 'put', `/doctors/${doctor.id}/services/`, 200, given);
  await call(doctor, 'get', `/doctors/${doctor.id}/services/`, 200);
  await call(doctor, 'get', `/services/?doctor=${doctor.id}&branch=1`, 200);
  await call(doctor, 'get', `/services/${first.id}/`, 200);
  await call(admin, 'patch', `/services/${first.id}/`, 200, example('updateService', 'price'));
  await call(admin, 'put', `/doctors/${doctor.id}/services/`, 200, example('putGivenServices', 'none'));
  await call(admin, 'delete', `/services/${first.id}/`, 204);

  await keepPlaces(admin, doctor);
  for (const name of ['named', 'plain', 'branch']) {
    const { id } = await call(admin, 'post', '/holidays/', 201, example('addHoliday', name));
    await call(doctor, 'get', `/holidays/${id}/`, 200);
    if (name !== 'named') await call(admin, 'delete', `/holidays/${id}/`, 204);
  }
  await repeat(admin, '/holidays/', example('addHoliday', 'plain'));
  await call(doctor, 'get', '/holidays/?from=2028-03-14&to=2028-03-31', 200);

  await call(doctor, 'post', '/absences/', 200, example('addAbsence', 'preview'));
  await repeat(doctor, '/absences/', example('addAbsence', 'afternoon'));
  const away = await call(admin, 'post', '/absences/', 201, named('addAbsence'));
  await call(admin, 'get', `/absences/?doctor=${doctor.id}&from=2028-04-03&to=2028-04-21`, 200);
  await call(doctor, 'get', `/absences/${away.id}/`, 200);
  await call(doctor, 'delete', `/absences/${away.id}/`, 204);
}

/** What was told meanwhile, and how one is told things. */
async function useInbox(patient: { id: number; token: string }, admin: Person) {
  const inbox = await call(patient, 'get', '/notifications/?unread=true', 200);
  await call(patient, 'post', `/notifications/${inbox.results[0].id}/read/`, 204);
  await call(patient, 'post', '/notifications/read-all/', 204);
  expect((await call(patient, 'get', '/notifications/?unread=true', 200)).results).toEqual([]);
  await call(patient, 'get', '/notifications/preferences/', 200);
  for (const name of ['reminders', 'inbox', 'default', 'quiet', 'awake'])
    await call(
      patient,
      'patch',
      '/notifications/preferences/',
      200,
      example('updateNotificationPreferences', name),
    );
  await call(patient, 'post', '/notifications/telegram/link/', 200);
  await call(patient, 'delete', '/notifications/telegram/link/', 204);

  const sent = await call(admin, 'get', `/messages/?user=${patient.id}&channel=sms`, 200);
  expect(sent.results.length).toBeGreaterThan(0);
  const { id } = sent.results[0];
  await call(admin, 'post', `/messages/${id}/retry/`, 'message_not_failed');
  // Nobody sends anything here: this one was tried in vain.
  await clinic.db.$client.query("update messages set status = 'failed' where id = $1", [id]);
  await call(admin, 'get', '/messages/?status=failed', 200);
  await call(admin, 'post', `/messages/${id}/retry/`, 204);
  await call(admin, 'post', '/messages/retry/', 200, { channel: 'sms' });
}

test('errors come as documented', async () => {
  const [admin, doctor, patient, other] = await Promise.all([
    clinic.person('admin'),
    clinic.person('doctor'),
    clinic.person('patient'),
    clinic.person('patient'),
  ]);
  await call(admin, 'post', `/users/${doctor.id}/approve/`, 200);
  const timeslot = await clinic.slot(doctor);
  const appointment = await clinic.book(patient, timeslot);

  await call(undefined, 'get', '/auth/me/', 'authentication_required');
  await call({ token: 'nonsense' }, 'get', '/appointments/me/', 'invalid_token');
  await call(undefined, 'post', '/auth/login/', 'invalid_credentials', {
    username: 'nobody',
    password: 'wrong',
  });
  await call(undefined, 'post', '/auth/register/', 'invalid_input', {
    username: '1',
    profile: { gender: 'x' },
  });
  await call(undefined, 'post', '/auth/token/refresh/', 'invalid_refresh_token', { refresh: 'spent' });
  await call(doctor, 'get', '/users/', 'forbidden');
  await call(patient, 'get', '/doctors/?page=0&search=a+b+c+d+e+f+g', 'invalid_input');
  await call(patient, 'get', '/doctors/seven/', 'invalid_input');
  await call(patient, 'get', '/auth/me/?name=%C3%28', 'malformed_request');
  await call(patient, 'get', `/doctors/${'1'.repeat(101)}/`, 'uri_too_long');
  await call(patient, 'get', '/doctors/2147483647/timeslots/', 'doctor_not_found');
  await call(doctor, 'patch', '/doctor/profile/', 'invalid_input', {});
  await call(patient, 'post', '/appointments/', 'timeslot_not_found', { timeslot: 2_147_483_647 });
  await call(other, 'post', '/appointments/', 'slot_taken', { timeslot });
  await call(patient, 'post', '/appointments/', 'already_yours', { timeslot });
  await call(other, 'get', `/appointments/${appointment}/`, 'appointment_not_found');
  await call(other, 'delete', '/appointments/2147483647/', 'appointment_not_found');
  await call(doctor, 'delete', `/timeslots/${timeslot}/`, 'slot_booked');
  const hours = { weekday: 1, start_time: '10:00', end_time: '11:00', slot_minutes: 30 };
  await call(doctor, 'put', '/doctor/schedule/', 'invalid_input', { schedule: [hours, hours] });
  await call(admin, 'put', '/doctors/2147483647/schedule/', 'doctor_not_found', { schedule: [hours] });
  await call(doctor, 'post', '/timeslots/bulk/', 'invalid_input', { ...hours, slot_minutes: 90 });
  await call(admin, 'post', '/holidays/', 201, { date: '2026-05-01' });
  await call(admin, 'post', '/holidays/', 'holiday_exists', { date: '2026-05-01' });
  await call(patient, 'get', '/holidays/2147483647/', 'holiday_not_found');
  await call(doctor, 'post', '/absences/', 201, { from: '2026-05-02', to: '2026-05-02' });
  await call(doctor, 'post', '/absences/', 'absence_overlap', { from: '2026-05-01', to: '2026-05-03' });
  await call(doctor, 'get', '/absences/2147483647/', 'absence_not_found');
  const inAbsence = { date: '2026-05-02', start_time: '10:15', end_time: '10:45' };
  await call(doctor, 'post', '/timeslots/', 'doctor_absent', inAbsence);
  const overlapping = { date: '2026-03-10', start_time: '10:15', end_time: '10:45' };
  await call(doctor, 'post', '/timeslots/', 'slot_overlap', overlapping);
  await call(doctor, 'post', '/timeslots/', 'slot_in_past', { ...overlapping, date: '2026-03-01' });
  await call(doctor, 'patch', `/appointments/${appointment}/`, 200, { status: 'confirmed' });
  await call(doctor, 'patch', `/appointments/${appointment}/`, 'already_decided', { status: 'cancelled' });
  await call(doctor, 'post', `/appointments/${appointment}/arrive/`, 'visit_ahead');
  await call(doctor, 'delete', '/appointments/2147483647/attendance/', 'appointment_not_found');
  const name = { uz: 'a', ru: 'a', en: 'a' };
  const long = await call(admin, 'post', '/services/', 201, { name, duration_minutes: 90 });
  const open = await clinic.slot(doctor, { date: '2026-03-12' });
  const wanted = { timeslot: open, service: long.id };
  await call(other, 'post', '/appointments/', 'service_not_given', wanted);
  await call(admin, 'put', `/doctors/${doctor.id}/services/`, 200, { services: [{ service: long.id }] });
  await call(other, 'post', '/appointments/', 'not_enough_time', wanted);
  await call(other, 'post', `/timeslots/${open}/hold/`, 'not_enough_time', { service: long.id });
  await call(admin, 'delete', `/services/${long.id}/`, 'service_in_use');
  await call(other, 'get', '/services/2147483647/', 'service_not_found');
  await call(admin, 'patch', `/services/${long.id}/`, 200, { duration_minutes: 30, min_age: 99 });
  await call(other, 'post', '/appointments/', 'not_for_this_patient', wanted);
  await call(admin, 'patch', `/services/${long.id}/`, 200, { min_age: null, room_kind: 'none of it' });
  await call(other, 'post', '/appointments/', 'no_room_free', wanted);
  await call(admin, 'get', '/statistics/?by=year', 'invalid_input');
  await call(admin, 'get', '/appointments/export/?from=2026-03-11&to=2026-03-10', 'invalid_input');
  await call(admin, 'patch', '/settings/', 'invalid_input', {});
  await call(doctor, 'get', '/settings/', 'forbidden');
  await call(patient, 'post', '/auth/phone/verify/', 'invalid_input', {});
  await call(patient, 'post', '/auth/phone/verify/', 202, { phone: '+998909998877' });
  await call(patient, 'post', '/auth/phone/verify/', 'too_many_requests', { phone: '+998909998877' });
  await call(patient, 'post', '/auth/phone/verify/confirm/', 'invalid_code', {
    code: wrong(await lastCode(clinic, patient.id)),
  });
  const code = await lastCode(clinic, patient.id);
  await call(patient, 'post', '/auth/phone/verify/confirm/', 200, { code });
  await call(patient, 'post', '/auth/phone/verify/', 'already_verified', {});
  const passwords = { old_password: 'not-my-password', password: 'eleven-apricot-trees' };
  await call(patient, 'post', '/auth/password/change/', 'invalid_input', passwords);
  await call(patient, 'delete', '/auth/me/', 'invalid_input', { password: 'not-my-password' });
  await call(patient, 'delete', '/auth/sessions/2147483647/', 'session_not_found');
  await call(patient, 'post', '/notifications/2147483647/read/', 'notification_not_found');
  await call(patient, 'patch', '/notifications/preferences/', 'invalid_input', {
    channels: { reminder: ['fax'] },
  });
  await call(patient, 'get', '/messages/', 'forbidden');
  await call(patient, 'get', '/audit/', 'forbidden');
  await call(admin, 'get', '/audit/?from=2026-03-11&to=2026-03-10', 'invalid_input');
  await call(admin, 'post', '/messages/2147483647/retry/', 'message_not_found');
  await call(admin, 'post', `/users/${patient.id}/approve/`, 'not_a_doctor');
  await call(admin, 'post', '/users/2147483647/approve/', 'user_not_found');
  await call(admin, 'delete', `/users/${admin.id}/`, 'not_oneself', { password: PASSWORD });
  await call(admin, 'delete', `/users/${patient.id}/`, 'invalid_input', { password: 'not-my-password' });
  await call(admin, 'delete', '/auth/me/', 204, { password: PASSWORD });
  await call(admin, 'get', '/users/', 'session_ended');
  await call(undefined, 'post', '/auth/login/', 'payload_too_large', {
    username: 'x'.repeat(70_000),
    password: 'x',
  });
  const asText = await clinic.as(undefined).post('/auth/login/').type('text/plain').send('username=aziza');
  judge('post', '/auth/login/', asText);
  expect(asText.status).toBe(415);
});
