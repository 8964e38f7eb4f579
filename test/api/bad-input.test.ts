import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import {
  badIds,
  badValues,
  brokenBodies,
  brokenQueries,
  type Kind,
  kinds,
  type Literal,
  literals,
  otherBodies,
} from '../helpers/bad-input.ts';
import { capturedLog } from '../helpers/log.ts';
import { type Answer, expectProblem } from '../helpers/problem.ts';
import { insertSpecialization } from '../helpers/rows.ts';

type Who = 'nobody' | 'admin' | 'doctor' | 'patient';

let clinic: TestApp;
let people: Record<Exclude<Who, 'nobody'>, Person>;
let appointment: number;
/** Whom an admin may change without putting out those who send the requests. */
let somebody: number;
const log = capturedLog();

beforeAll(async () => {
  clinic = await testApp({ config: { log_level: 'info' }, log_stream: log.stream });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
  // The list of specializations knows what fits a text, so that only what fits none is refused.
  for (const one of kinds.textOrNull.filter((one) => one !== 'null'))
    await insertSpecialization(clinic.db, JSON.parse(literals[one]));
  somebody = (await clinic.person('patient')).id;
  // Closed, so that everybody's slots have one branch to be in.
  await clinic.db.$client.query(`
    insert into branches (name, is_active) values ('Closed', false);
    insert into rooms (branch_id, name, kind) values (1, '100', 'consulting')`);
  appointment = await clinic.book(people.patient, await clinic.slot(people.doctor));
  await clinic.as(people.admin).post('/webhooks/', { url: 'http://127.0.0.1:1/' }).expect(201);
});
afterAll(async () => {
  // Whatever was sent, nothing of it was a fault of ours.
  expect(log.errors()).toEqual([]);
  await clinic.close();
});

/** One request, without a socket between: there are thousands of them. */
async function send(
  route: string,
  by: Who | Person,
  payload?: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Answer> {
  const [method, path = ''] = route.split(' ');
  const answer = await clinic.app.inject({
    method: method as 'POST',
    url: `/api${path
      .replace('{person}', String(somebody))
      .replace('{visit}', String(appointment))
      // These are nobody's: what is wrong with the body is said first.
      .replace(/\{(slot|dependant)\}/, '999999')
      .replace('{branch}', '2')
      .replace('{provider}', 'google')
      .replace('{webhook}', '1')
      .replace('{room}', '1')}`,
    headers: {
      ...(by !== 'nobody' && { authorization: `Bearer ${(typeof by === 'string' ? people[by] : by).token}` }),
      ...headers,
    },
    ...(payload !== undefined && { payload }),
  });
  expect(answer.statusCode, `${route} ${payload ?? ''}`).toBeLessThan(500);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body === '' ? undefined : JSON.parse(answer.body),
  };
}

const profile = {
  specialization: 'textOrNull',
  experience_years: 'years',
  date_of_birth: 'orNull',
  gender: 'orNull',
};
/** What shows that it is me. */
const proof = { password: 'password', proof_code: 'nothing' } as const;
const person = {
  username: 'username',
  password: 'newPassword',
  role: 'nothing',
  first_name: 'textOrNull',
  last_name: 'textOrNull',
  email: 'orNull',
  phone: 'orNull',
  locale: 'orNull',
  profile: 'object',
};
const inProfile = Object.fromEntries(
  Object.entries(profile).map(([name, kind]) => [`profile.${name}`, kind]),
);
const account = () => ({ username: 'somebody', password: PASSWORD, role: 'patient' });
const own = { specialization: 'textOrNull', experience_years: 'years', gender: 'orNull' };
const names = { first_name: 'textOrNull', last_name: 'textOrNull' };
/** What the desk writes down of a patient. */
const desk = { phone: 'orNull', date_of_birth: 'orNull', gender: 'orNull', locale: 'orNull' } as const;

const translated = (field: string, kind: Kind) => ({
  [`${field}.uz`]: kind,
  [`${field}.ru`]: kind,
  [`${field}.en`]: kind,
});
const service = {
  name: 'nothing',
  ...translated('name', 'text'),
  duration_minutes: 'nothing',
  price: 'minutesOrNull',
  specialization: 'textOrNull',
  room_kind: 'textOrNull',
  min_age: 'minutesOrNull',
  max_age: 'minutesOrNull',
  new_patients: 'flagOrNull',
  preparation: 'orNull',
  ...translated('preparation', 'longText'),
  is_active: 'flag',
};
const name = { uz: 'a', ru: 'a', en: 'a' };

/** Every endpoint that takes a body: who may send it, its fields and their kinds, and a body that is fine. */
const endpoints = [
  ['POST /auth/register/', 'nobody', { ...person, ...inProfile, accept_terms: 'flag' }, account()],
  [
    'POST /auth/login/',
    'nobody',
    { username: 'text', password: 'password' },
    { username: 'x', password: 'x' },
  ],
  [
    'POST /auth/login/second-step/',
    'nobody',
    { ticket: 'password', code: 'password' },
    { ticket: 'x', code: '000000' },
  ],
  ['POST /auth/two-step/enrol/', 'patient', { ticket: 'password' }, {}],
  ['POST /auth/two-step/confirm/', 'patient', { ticket: 'password', code: 'password' }, { code: '000000' }],
  ['DELETE /auth/two-step/', 'patient', { code: 'password' }, { code: '000000' }],
  ['POST /auth/passkeys/', 'patient', { credential: 'anyObject', name: 'text' }, { credential: {} }],
  ['POST /auth/passkeys/sign-in/', 'nobody', { credential: 'anyObject' }, { credential: {} }],
  ['POST /auth/introspect/', 'admin', { token: 'password', token_type_hint: 'password' }, { token: 'x' }],
  ['POST /auth/token/refresh/', 'nobody', { refresh: 'password' }, { refresh: 'x' }],
  [
    'PATCH /auth/me/',
    'patient',
    { ...names, email: 'orNull', phone: 'orNull', locale: 'orNull', ...proof },
    { first_name: 'Aziza' },
  ],
  ['POST /auth/me/consents/', 'patient', { accept_terms: 'flag' }, { accept_terms: true }],
  // With a password that is none, so that whoever asks is still there for the next request.
  ['DELETE /auth/me/', 'patient', { password: 'password' }, { password: 'not-mine' }],
  ['DELETE /users/{person}/', 'admin', { password: 'password' }, { password: 'not-mine' }],
  [
    'POST /auth/password/change/',
    'patient',
    { old_password: 'password', password: 'newPassword' },
    { old_password: 'not-mine', password: PASSWORD },
  ],
  [
    'POST /auth/providers/{provider}/start/',
    'nobody',
    { redirect_uri: 'password', code_challenge: 'nothing', state: 'text', accept_terms: 'flag' },
    { redirect_uri: 'https://app.clinic.example/', code_challenge: 'c'.repeat(43) },
  ],
  [
    'POST /auth/providers/token/',
    'nobody',
    { code: 'password', code_verifier: 'nothing' },
    { code: 'c', code_verifier: 'v'.repeat(43) },
  ],
  [
    'POST /auth/providers/{provider}/id-token/',
    'nobody',
    { id_token: 'token', nonce: 'password', accept_terms: 'flag' },
    { id_token: 'x', nonce: 'n' },
  ],
  ['POST /auth/telegram/', 'nobody', { init_data: 'token', accept_terms: 'flag' }, { init_data: 'x' }],
  ['POST /auth/password/reset/', 'nobody', { username: 'text' }, { username: 'x' }],
  [
    'POST /auth/password/reset/confirm/',
    'nobody',
    { username: 'text', code: 'nothing', password: 'newPassword' },
    { username: 'x', code: '000000', password: PASSWORD },
  ],
  ['POST /auth/claim/', 'nobody', { phone: 'nothing' }, { phone: '+998901234567' }],
  [
    'POST /auth/claim/confirm/',
    'nobody',
    {
      phone: 'nothing',
      code: 'nothing',
      date_of_birth: 'nothing',
      username: 'username',
      password: 'newPassword',
      accept_terms: 'flag',
    },
    { phone: '+998901234567', code: '000000', username: 'somebody', password: PASSWORD },
  ],
  [
    'POST /patients/',
    'admin',
    { ...desk, first_name: 'text', last_name: 'text', confirm_new: 'flag' },
    { first_name: 'Aziza', last_name: 'Karimova', confirm_new: true },
  ],
  ['PATCH /patients/{person}/', 'admin', { ...desk, ...names, email: 'orNull' }, {}],
  ['POST /patients/{person}/phone/verify/confirm/', 'admin', { code: 'nothing' }, { code: '000000' }],
  [
    'POST /patients/{person}/guardians/',
    'admin',
    { guardian: 'id', relationship: 'nothing' },
    { guardian: 999_999, relationship: 'parent' },
  ],
  ['POST /patients/{person}/merge/', 'admin', { into: 'id' }, { into: 999_999 }],
  ['POST /auth/phone/verify/', 'patient', { phone: 'nothing' }, {}],
  ['POST /auth/phone/verify/confirm/', 'patient', { code: 'nothing', ...proof }, { code: '000000' }],
  ['POST /auth/email/verify/', 'patient', { email: 'nothing' }, {}],
  ['POST /auth/email/verify/confirm/', 'patient', { code: 'nothing', ...proof }, { code: '000000' }],
  ['POST /messages/retry/', 'admin', { channel: 'nothing', since: 'nothing', until: 'nothing' }, {}],
  [
    'PATCH /notifications/preferences/',
    'patient',
    {
      channels: 'byKind',
      'channels.reminder': 'channels',
      quiet_hours: 'object',
      'quiet_hours.enabled': 'flag',
      'quiet_hours.from': 'nothing',
      'quiet_hours.until': 'nothing',
    },
    {},
  ],
  ['POST /notifications/telegram/link/', 'patient', proof, {}],
  ['DELETE /notifications/telegram/link/', 'patient', proof, {}],
  ['POST /users/', 'admin', { ...person, ...inProfile, is_active: 'flag' }, account()],
  [
    'PATCH /users/{person}/',
    'admin',
    { ...person, ...inProfile, is_active: 'flag', upcoming: 'nothing' },
    {},
  ],
  ['PATCH /doctor/profile/', 'doctor', { ...own, ...names }, {}],
  [
    'PATCH /patient/profile/',
    'patient',
    { phone: 'orNull', date_of_birth: 'orNull', gender: 'orNull', ...names, ...proof },
    {},
  ],
  [
    'POST /timeslots/',
    'doctor',
    {
      doctor: 'id',
      date: 'nothing',
      start_time: 'nothing',
      end_time: 'nothing',
      branch: 'id',
      room: 'countOrNull',
      despite_holiday: 'flag',
    },
    { date: '2026-03-11', start_time: '10:00', end_time: '10:30' },
  ],
  [
    'POST /timeslots/bulk/',
    'doctor',
    {
      doctor: 'id',
      date: 'nothing',
      from: 'nothing',
      to: 'nothing',
      weekdays: 'nothing',
      start_time: 'nothing',
      end_time: 'nothing',
      branch: 'id',
      room: 'countOrNull',
      despite_holiday: 'flag',
      slot_minutes: 'nothing',
      break_minutes: 'minutes',
      pauses: 'list',
      dry_run: 'flag',
    },
    { date: '2026-03-12', start_time: '10:00', end_time: '11:00', slot_minutes: 30 },
  ],
  ['PUT /doctor/schedule/', 'doctor', { schedule: 'list', dry_run: 'flag' }, { schedule: [] }],
  ['PUT /doctors/{person}/schedule/', 'admin', { schedule: 'list', dry_run: 'flag' }, { schedule: [] }],
  [
    'POST /specializations/',
    'admin',
    { name: 'text', names: 'object', ...translated('names', 'textOrNull') },
    { name: 'Pulmonolog' },
  ],
  [
    'PATCH /specializations/{slot}/',
    'admin',
    { name: 'text', names: 'object', ...translated('names', 'textOrNull') },
    {},
  ],
  ['POST /specializations/{slot}/join/', 'admin', { into: 'id' }, { into: 1 }],
  [
    'POST /api-keys/',
    'admin',
    { name: 'text', role: 'nothing', scopes: 'nothing', branches: 'list', expires_at: 'orNull' },
    { name: 'Website', role: 'admin' },
  ],
  ['POST /services/', 'admin', service, { name, duration_minutes: 30 }],
  ['PATCH /services/{person}/', 'admin', service, {}],
  ['PUT /doctors/{person}/services/', 'admin', { services: 'list' }, { services: [] }],
  [
    'POST /holidays/',
    'admin',
    { date: 'nothing', name: 'textOrNull', branch: 'countOrNull', preview: 'flag', visits: 'nothing' },
    { date: '2026-03-20' },
  ],
  [
    'POST /branches/',
    'admin',
    { name: 'text', address: 'textOrNull', phone: 'orNull', is_active: 'flag' },
    { name: 'Chilonzor', is_active: false },
  ],
  [
    'PATCH /branches/{branch}/',
    'admin',
    { name: 'text', address: 'textOrNull', phone: 'orNull', is_active: 'flag', upcoming: 'nothing' },
    {},
  ],
  [
    'POST /rooms/',
    'admin',
    { branch: 'id', name: 'text', kind: 'text', is_active: 'flag' },
    { branch: 1, name: '101', kind: 'consulting' },
  ],
  [
    'PATCH /rooms/{room}/',
    'admin',
    { name: 'text', kind: 'text', is_active: 'flag', upcoming: 'nothing' },
    {},
  ],
  [
    'POST /absences/',
    'doctor',
    {
      doctor: 'id',
      from: 'nothing',
      to: 'nothing',
      start_time: 'nothing',
      end_time: 'nothing',
      reason: 'text',
      preview: 'flag',
    },
    { from: '2026-04-01', to: '2026-04-02', preview: true },
  ],
  [
    'PATCH /settings/',
    'admin',
    {
      min_notice_minutes: 'minutesOrNull',
      horizon_days: 'countOrNull',
      cancel_deadline_minutes: 'minutesOrNull',
      late_cancellation: 'orNull',
      active_appointments_max: 'countOrNull',
      hold_minutes: 'countOrNull',
      offer_minutes: 'countOrNull',
      auto_confirm: 'flagOrNull',
      service_required: 'flagOrNull',
      move_between_doctors: 'flagOrNull',
    },
    {},
  ],
  ['PUT /system/log-level/', 'admin', { level: 'nothing', minutes: 'id' }, { level: 'info', minutes: 1 }],
  [
    'POST /appointments/',
    'patient',
    { timeslot: 'id', patient: 'id', service: 'id', reason: 'text' },
    { timeslot: 999_999 },
  ],
  ['POST /timeslots/{slot}/hold/', 'patient', { patient: 'id', service: 'id' }, {}],
  ['DELETE /timeslots/{slot}/hold/', 'patient', { patient: 'id', service: 'id' }, {}],
  ['POST /appointments/{visit}/patient/', 'admin', { patient: 'id' }, { patient: 999_999 }],
  [
    'POST /patient/dependants/',
    'patient',
    {
      first_name: 'text',
      last_name: 'text',
      date_of_birth: 'nothing',
      gender: 'nothing',
      relationship: 'nothing',
      accept_terms: 'flag',
    },
    {
      first_name: 'Madina',
      last_name: 'Karimova',
      date_of_birth: '2019-08-20',
      gender: 'female',
      relationship: 'parent',
    },
  ],
  [
    'PATCH /patient/dependants/{dependant}/',
    'patient',
    {
      first_name: 'text',
      last_name: 'text',
      date_of_birth: 'nothing',
      gender: 'nothing',
      relationship: 'nothing',
    },
    {},
  ],
  ['POST /calendar/feeds/', 'patient', { purpose: 'nothing' }, { purpose: 'visits' }],
  [
    'POST /webhooks/',
    'admin',
    { url: 'nothing', types: 'orNull', description: 'textOrNull', is_active: 'flag' },
    { url: 'http://127.0.0.1:1/', types: ['holiday.added'] },
  ],
  [
    'PATCH /webhooks/{slot}/',
    'admin',
    { url: 'nothing', types: 'orNull', description: 'textOrNull', is_active: 'flag' },
    {},
  ],
  ['POST /webhooks/{slot}/replay/', 'admin', { since: 'nothing' }, { since: '2028-03-01T09:30:00Z' }],
  [
    'POST /patient/dependants/join/',
    'patient',
    { code: 'nothing', relationship: 'nothing' },
    { code: 'K7RM2QXW4T' },
  ],
  [
    'POST /waitlist/',
    'patient',
    {
      patient: 'id',
      doctor: 'id',
      specialization: 'text',
      from: 'nothing',
      to: 'nothing',
      after: 'nothing',
      before: 'nothing',
      replaces: 'id',
      service: 'id',
      branch: 'id',
    },
    { doctor: 999_999, from: '2026-03-11', to: '2026-03-12' },
  ],
  ['POST /appointments/{visit}/reschedule/', 'patient', { timeslot: 'id' }, { timeslot: 999_999 }],
  ['DELETE /appointments/{visit}/', 'patient', { reason: 'text' }, {}],
  [
    'PATCH /appointments/{visit}/',
    'doctor',
    { status: 'nothing', reason: 'text', note: 'textOrNull' },
    { status: 'cancelled' },
  ],
] as [route: string, by: Who, fields: Record<string, Kind>, fine: Record<string, unknown>][];

/** The body `fine` with one field set to a literal, which may be nested as in `profile.gender`. */
function bodyWith(fine: object, field: string, literal: string): string {
  const value = field.split('.').reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, literal);
  const others = Object.entries(fine)
    .filter(([name]) => name !== field.split('.')[0])
    .map(([name, content]) => `${JSON.stringify(name)}:${JSON.stringify(content)},`);
  return `{${others.join('')}${value.slice(1)}`;
}

/** Where all that a body can say is left to whoever asks. */
const mayBeEmpty = new Set([
  'POST /timeslots/{slot}/hold/',
  'DELETE /timeslots/{slot}/hold/',
  'DELETE /appointments/{visit}/',
  'DELETE /notifications/telegram/link/',
  'POST /notifications/telegram/link/',
  'POST /timeslots/{slot}/hold/',
  'DELETE /timeslots/{slot}/hold/',
]);

describe.each(endpoints)('the body of %s', (route, by, fields, fine) => {
  test.each(Object.entries(fields))('%s takes what is %s and nothing else', async (field, kind) => {
    const fitting: readonly Literal[] = kinds[kind];
    for (const [name, literal] of Object.entries(literals) as [Literal, string][]) {
      const answer = await send(route, by, bodyWith(fine, field, literal));
      const paths: string[] = (answer.body?.errors ?? []).map(({ path }: { path: string }) => path);
      const refused = paths.some((path) => path === field || path.startsWith(`${field}.`));
      // A value of the right kind may still be refused for what it says, such as a profile of another role.
      const misfit = answer.body?.errors?.every(({ code }: { code: string }) =>
        ['not_for_role', 'wrong_password', 'nothing_to_change'].includes(code),
      );
      if (fitting.includes(name)) expect(refused && !misfit, `${field} = ${literal}`).toBe(false);
      else {
        expect(refused, `${field} = ${literal.slice(0, 50)}: ${JSON.stringify(answer.body)}`).toBe(true);
        const isUnknown = name === 'operator' && (kind === 'object' || kind === 'byKind');
        expectProblem(answer, isUnknown ? 'unknown_field' : 'invalid_input');
      }
    }
  });

  test.each(Object.entries(otherBodies))('is not %s', async (name, body) => {
    const answer = await send(route, by, body);
    const isEmpty = name === 'nothing' || name === 'null';
    if (isEmpty && mayBeEmpty.has(route)) expect(answer.body?.code).not.toBe('invalid_input');
    else expectProblem(answer, 'invalid_input', { fields: [' invalid_type'] });
  });

  test.each(Object.entries(brokenBodies))('is not %s', async (_, body) => {
    expectProblem(await send(route, by, body), 'malformed_request');
  });

  test('comes as JSON and not too large', async () => {
    const json = JSON.stringify(fine);
    // RFC 7662 asks with a form.
    const form = route.endsWith('/introspect/') ? [] : ['application/x-www-form-urlencoded'];
    for (const type of ['text/plain', ...form, 'multipart/form-data', 'text/json', 'json'])
      expectProblem(await send(route, by, json, { 'content-type': type }), 'unsupported_media_type');
    expectProblem(await send(route, by, json, {}), 'unsupported_media_type');
    const zipped = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expectProblem(await send(route, by, gzipSync(json), zipped), 'malformed_request');
    const large = JSON.stringify({ ...fine, more: 'x'.repeat(64 * 1024) });
    expectProblem(await send(route, by, large), 'payload_too_large');
  });

  test('holds nothing that nobody asked for, however deep', async () => {
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    const answer = await send(route, by, bodyWith(fine, 'unknown', deep));
    expect(answer.body.errors).toContainEqual(
      expect.objectContaining({ path: 'unknown', code: 'unknown_field' }),
    );
    if (Object.keys(fine).length > 0)
      expectProblem(answer, 'unknown_field', { fields: ['unknown unknown_field'] });
  });
});

const withIds = [
  ['GET /users/{id}/', 'admin'],
  ['PATCH /users/{id}/', 'admin'],
  ['DELETE /users/{id}/', 'admin'],
  ['DELETE /users/{id}/two-step/', 'admin'],
  ['POST /users/{id}/approve/', 'admin'],
  ['GET /patients/{id}/', 'admin'],
  ['PATCH /patients/{id}/', 'admin'],
  ['POST /patients/{id}/phone/verify/', 'admin'],
  ['POST /patients/{id}/phone/verify/confirm/', 'admin'],
  ['POST /patients/{id}/phone/vouch/', 'admin'],
  ['POST /patients/{id}/guardians/', 'admin'],
  ['POST /patients/{id}/merge/', 'admin'],
  ['DELETE /auth/sessions/{id}/', 'patient'],
  ['DELETE /auth/identities/{id}/', 'patient'],
  ['DELETE /auth/passkeys/{id}/', 'patient'],
  ['POST /notifications/{id}/read/', 'patient'],
  ['POST /messages/{id}/retry/', 'admin'],
  ['GET /doctors/{id}/', 'patient'],
  ['GET /doctors/{id}/timeslots/', 'patient'],
  ['GET /timeslots/{id}/', 'doctor'],
  ['DELETE /timeslots/{id}/', 'doctor'],
  ['PATCH /specializations/{id}/', 'admin'],
  ['POST /specializations/{id}/join/', 'admin'],
  ['GET /api-keys/{id}/', 'admin'],
  ['DELETE /api-keys/{id}/', 'admin'],
  ['GET /services/{id}/', 'patient'],
  ['PATCH /services/{id}/', 'admin'],
  ['DELETE /services/{id}/', 'admin'],
  ['GET /doctors/{id}/services/', 'patient'],
  ['PUT /doctors/{id}/services/', 'admin'],
  ['POST /timeslots/{id}/hold/', 'patient'],
  ['DELETE /timeslots/{id}/hold/', 'patient'],
  ['DELETE /doctors/{id}/photo/', 'admin'],
  ['GET /doctors/{id}/schedule/', 'admin'],
  ['PUT /doctors/{id}/schedule/', 'admin'],
  ['GET /patient/dependants/{id}/', 'patient'],
  ['PATCH /patient/dependants/{id}/', 'patient'],
  ['DELETE /patient/dependants/{id}/', 'patient'],
  ['POST /patient/dependants/{id}/invite/', 'patient'],
  ['DELETE /patients/{id}/guardians/{guardian}/', 'admin'],
  ['GET /webhooks/{id}/', 'admin'],
  ['PATCH /webhooks/{id}/', 'admin'],
  ['DELETE /webhooks/{id}/', 'admin'],
  ['POST /webhooks/{id}/rotate/', 'admin'],
  ['POST /webhooks/{id}/test/', 'admin'],
  ['POST /webhooks/{id}/replay/', 'admin'],
  ['POST /deliveries/{id}/replay/', 'admin'],
  ['DELETE /calendar/feeds/{id}/', 'patient'],
  ['POST /calendar/feeds/{id}/rotate/', 'patient'],
  ['GET /waitlist/{id}/', 'patient'],
  ['DELETE /waitlist/{id}/', 'patient'],
  ['POST /waitlist/{id}/accept/', 'patient'],
  ['POST /waitlist/{id}/decline/', 'patient'],
  ['GET /holidays/{id}/', 'patient'],
  ['DELETE /holidays/{id}/', 'admin'],
  ['GET /branches/{id}/', 'patient'],
  ['PATCH /branches/{id}/', 'admin'],
  ['DELETE /branches/{id}/', 'admin'],
  ['GET /rooms/{id}/', 'doctor'],
  ['PATCH /rooms/{id}/', 'admin'],
  ['DELETE /rooms/{id}/', 'admin'],
  ['GET /absences/{id}/', 'doctor'],
  ['DELETE /absences/{id}/', 'doctor'],
  ['GET /appointments/{id}/', 'patient'],
  ['PATCH /appointments/{id}/', 'doctor'],
  ['DELETE /appointments/{id}/', 'patient'],
  ['POST /appointments/{id}/reschedule/', 'patient'],
  ['POST /appointments/{id}/patient/', 'admin'],
  ['GET /appointments/{id}/history/', 'patient'],
  ['POST /appointments/{id}/arrive/', 'doctor'],
  ['POST /appointments/{id}/complete/', 'doctor'],
  ['POST /appointments/{id}/no-show/', 'doctor'],
  ['DELETE /appointments/{id}/attendance/', 'doctor'],
] as [string, Who][];

describe.each(withIds)('the id of %s', (route, by) => {
  test.each(badIds)('is not %s (%s)', async (id, code) => {
    for (const slash of ['/', '']) {
      const path = route.replace('{id}', id).replace('{guardian}', '1').replace(/\/$/, slash);
      const answer = await send(path, by, /^P(ATCH|UT)|DELETE .users/.test(route) ? '{}' : undefined);
      expectProblem(
        answer,
        code,
        code === 'invalid_input' ? { fields: [expect.stringMatching(/^id /)] } : {},
      );
    }
  });
});

const days = ['date', 'from', 'to'];
const paging = ['page', 'page_size'];

/** Every list: its parameters that are numbers, dates, flags or choices, and those that take any text. */
const lists = [
  ['GET /users/', 'admin', [...paging, 'role', 'is_active', 'approved', 'updated_since'], ['search']],
  ['GET /patients/', 'admin', [...paging, 'phone', 'born', 'updated_since'], ['search']],
  ['GET /auth/sessions/', 'patient', paging, []],
  ['GET /auth/me/access-log/', 'patient', paging, []],
  ['GET /notifications/', 'patient', [...paging, 'unread'], []],
  ['GET /messages/', 'admin', [...paging, 'status', 'channel', 'user'], []],
  // An action is a word; that one is none of ours only finds nothing.
  ['GET /audit/', 'admin', [...paging, 'from', 'to', 'actor', 'subject', 'action', 'network'], []],
  ['GET /doctors/', 'patient', paging, ['search', 'specialization']],
  ['GET /specializations/', 'patient', paging, []],
  ['GET /api-keys/', 'admin', [...paging, 'revoked'], []],
  ['GET /services/', 'patient', [...paging, 'doctor', 'branch'], ['specialization']],
  ['GET /doctors/{doctor}/timeslots/', 'patient', [...paging, ...days, 'branch', 'service'], []],
  ['GET /timeslots/', 'doctor', [...paging, ...days, 'branch', 'is_available', 'updated_since'], []],
  [
    'GET /timeslots/search/',
    'patient',
    [
      ...[...paging, 'from', 'to', 'doctor', 'branch', 'gender', 'after', 'before', 'weekdays', 'per_doctor'],
      'service',
    ],
    ['specialization'],
  ],
  ['GET /waitlist/', 'admin', [...paging, 'status', 'doctor', 'patient'], []],
  ['GET /holidays/', 'patient', [...paging, 'from', 'to'], []],
  ['GET /absences/', 'doctor', [...paging, 'from', 'to', 'doctor'], []],
  ['GET /branches/', 'patient', paging, []],
  ['GET /rooms/', 'doctor', [...paging, 'branch'], ['kind']],
  [
    'GET /appointments/',
    'admin',
    [...paging, ...days, 'branch', 'status', 'doctor', 'patient', 'updated_since'],
    [],
  ],
  ['GET /appointments/export/', 'admin', [...days, 'branch', 'status', 'doctor', 'patient', 'separator'], []],
  ['GET /appointments/day/', 'doctor', ['date', 'doctor', 'branch', 'format', 'separator'], []],
  ['GET /doctor/patients/{patient}/appointments/', 'doctor', paging, []],
  ['GET /webhooks/{webhook}/deliveries/', 'admin', [...paging, 'status'], []],
  ['GET /statistics/', 'doctor', ['from', 'to', 'by', 'branch', 'separator'], []],
  ['GET /appointments/me/', 'patient', [...paging, ...days, 'branch', 'status', 'patient'], []],
] as [string, Who, string[], string[]][];

describe.each(lists)('the query of %s', (route, by, strict, free) => {
  const askWith = (query: string) =>
    send(
      `${route.replace('{doctor}', String(people.doctor.id)).replace('{patient}', String(people.patient.id))}?${query}`,
      by,
    );
  /** The desk finds nobody who asks for nothing; these say whom by themselves. */
  const alone = ['born', 'updated_since'];
  const ask = (query: string) => askWith(route === 'GET /patients/' ? `born=1990-05-17&${query}` : query);

  test.each(strict)('%s', async (name) => {
    for (const value of name === 'action' ? badValues.filter((one) => !/^[a-z]+$/.test(one)) : badValues) {
      const answer = await (alone.includes(name) ? askWith : ask)(`${name}=${value.replace('{name}', name)}`);
      expectProblem(answer, 'invalid_input', { fields: [expect.stringMatching(`^${name} `)] });
    }
  });

  test('text takes what people type, and neither control characters nor two values', async () => {
    for (const name of free) {
      for (const value of ['', 'x', '-1', 'null', '%25_%5C', '%27%3B--', '%F0%9F%91%8D', '%22', '%28%5B%7B'])
        expect((await ask(`${name}=${value}`)).status, `${name}=${value}`).toBe(200);
      for (const value of ['%00', 'a%07b', 'x'.repeat(101), `a&${name}=b`])
        expectProblem(await ask(`${name}=${value}`), 'invalid_input', {
          fields: [expect.stringMatching(`^${name} `)],
        });
    }
    for (const query of ['', '&&&']) expect((await ask(query)).status, query).toBe(200);
    for (const query of ['=x', '__proto__=x', 'constructor=x', 'page[$gt]=1', 'date[]=x', '?page=0'])
      expectProblem(await ask(query), 'unknown_field');
  });

  test('is well encoded', async () => {
    for (const query of brokenQueries)
      expectProblem(await askWith(query.replace('{name}', free[0] ?? 'page')), 'malformed_request');
  });
});

/** Those that take no body are called by clients that send one all the same, if only an empty one. */
describe.each([
  ['POST /auth/logout/', 'leaver'],
  ['POST /users/{person}/approve/', 'admin'],
  ['POST /notifications/1/read/', 'patient'],
  ['POST /notifications/read-all/', 'patient'],
  ['POST /messages/1/retry/', 'admin'],
  ['POST /appointments/999999/arrive/', 'doctor'],
  ['POST /appointments/999999/complete/', 'doctor'],
  ['POST /appointments/999999/no-show/', 'doctor'],
  ['POST /patient/dependants/999999/invite/', 'patient'],
  ['POST /calendar/feeds/999999/rotate/', 'patient'],
  ['POST /webhooks/999999/rotate/', 'admin'],
  ['POST /webhooks/999999/test/', 'admin'],
  ['POST /deliveries/999999/replay/', 'admin'],
  ['POST /waitlist/999999/accept/', 'patient'],
  ['POST /waitlist/999999/decline/', 'patient'],
] as [string, Who | 'leaver'][])('%s', (route, by) => {
  test('takes no body, and refuses one that is broken', async () => {
    for (const body of Object.values(brokenBodies)) {
      expectProblem(await send(route, by === 'leaver' ? 'patient' : by, body), 'malformed_request');
    }
    expectProblem(await send(route, by === 'leaver' ? 'patient' : by, '{"id":5}'), 'unknown_field', {
      fields: ['id unknown_field'],
    });
    for (const body of [undefined, '', '{}', 'null', '[]']) {
      const who = by === 'leaver' ? await clinic.person('patient') : by;
      const { status, body: answer } = await send(route, who, body);
      const said = answer?.code;
      const fine = [
        undefined,
        'not_a_doctor',
        'notification_not_found',
        'channel_not_offered',
        'timeslot_not_found',
        'appointment_not_found',
        'waitlist_entry_not_found',
        'patient_not_found',
        'feed_not_found',
        'webhook_not_found',
        'delivery_not_found',
      ];
      expect([...fine, 'message_not_found'], `${status}`).toContain(said);
    }
  });
});

const tried = (routes: readonly (readonly [string, ...unknown[]])[]) =>
  routes.map(([route]) => route.replace(/\{(?!provider)\w+\}/, '{id}').replace(' ', ' /api')).sort();
/** Pictures are no JSON, files have no id, and a stream does not end: test/photos, test/feeds and test/streams try those. */
const isOfFiles = (route: string) => /^PUT .*\/photo\/$|\{file\}$|\/stream\/$/.test(route);
const taking = (part: 'body' | 'params' | 'querystring') =>
  [...clinic.app.documentedRoutes]
    .filter(([route, { input }]) => input[part] && !isOfFiles(route))
    .map(([route]) => route);

test('every endpoint that takes a body, an id or a query stands in these tables', () => {
  expect(taking('body').sort()).toEqual(tried(endpoints));
  // The id of a list is tried with its query.
  const nested = tried(lists).filter((route) => route.includes('{id}'));
  const numbered = taking('params').filter((route) => !route.includes('{provider}'));
  expect(numbered.sort()).toEqual([...new Set([...tried(withIds), ...nested])].sort());
  expect(taking('querystring').sort()).toEqual(tried(lists));
});

test('every field of a body and every parameter of a query is tried', () => {
  const namesOf = (schema: unknown): string[] => {
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return namesOf(schema.unwrap());
    return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  };
  const inputOf = (route: string) => clinic.app.documentedRoutes.get(tried([[route]])[0] ?? '')?.input;
  for (const [route, , fields] of endpoints) {
    const named = Object.keys(fields).filter((name) => !name.includes('.'));
    expect.soft(named.sort(), route).toEqual(namesOf(inputOf(route)?.body).sort());
  }
  for (const [route, , strict, free] of lists)
    expect([...strict, ...free].sort(), route).toEqual(
      namesOf(inputOf(route)?.querystring)
        // Cursors are tried in cursors.test.ts.
        .filter((name) => name !== 'cursor')
        .sort(),
    );
});
