import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { type FieldErrorCode, fieldErrorCodes } from '../../src/core/errors.ts';
import type { Locale } from '../../src/core/words.ts';
import { confirm } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { sendRaw } from '../helpers/raw.ts';
import { makeService } from '../helpers/services.ts';
import { addChild } from '../patients/family.ts';

const consent = { accept_terms: true };
/** One that nobody asks here. */
const provider = {
  name: 'google',
  label: 'Google',
  issuer: 'https://accounts.google.com',
  client_id: 'x',
  client_secret: undefined,
  audiences: [],
  tenants: [],
  trust_phone: false,
};
let clinic: TestApp;
const freshDay = freshDays();
let people: Record<'admin' | 'doctor' | 'patient', Person>;
beforeAll(async () => {
  clinic = await testApp({ config: { require_consent: true, sign_in_providers: [provider] } });
  people = {
    admin: await clinic.person('admin', consent),
    doctor: await clinic.person('doctor', consent),
    patient: await clinic.person('patient', consent),
  };
});
afterAll(() => clinic.close());

const login = (body: object = {}) => clinic.as(undefined).post('/auth/login/', body);

describe('the language of a problem follows Accept-Language', () => {
  test.each([
    [undefined, 'en'],
    ['', 'en'],
    ['uz', 'uz'],
    ['ru', 'ru'],
    ['RU-ru', 'ru'],
    ['uz-Latn-UZ', 'uz'],
    ['ru;q=0.4, uz;q=0.9, en;q=0.5', 'uz'],
    ['fr, de;q=0.9, ru;q=0.1', 'ru'],
    ['fr', 'en'],
    ['*', 'en'],
    ['ru;q=0, uz;q=0.1', 'uz'],
    ['ru;q=nonsense', 'en'],
    ['uz, ru', 'uz'],
    [`${'fr,'.repeat(500)}ru`, 'en'],
  ] as [string | undefined, Locale][])('%s: %s', async (header, locale) => {
    const request = login();
    if (header !== undefined) request.set('accept-language', header);
    expectProblem(await request, 'invalid_input', {
      locale,
      fields: ['username required', 'password required'],
    });
  });

  test('in every language, whichever layer refuses', async () => {
    for (const locale of ['uz', 'ru', 'en'] as const) {
      const speak = (request: supertest.Test) => request.set('accept-language', locale);
      const as = clinic.as(people.patient);
      expectProblem(await speak(clinic.as(undefined).get('/users/')), 'authentication_required', { locale });
      expectProblem(await speak(clinic.as({ token: 'x' }).get('/users/')), 'invalid_token', { locale });
      expectProblem(await speak(as.get('/users/')), 'forbidden', { locale });
      expectProblem(await speak(as.get('/nowhere/')), 'route_not_found', { locale });
      expectProblem(await speak(as.get('/users/%zz/')), 'malformed_request', { locale });
      expectProblem(await speak(as.post('/appointments/', { timeslot: 999_999 })), 'timeslot_not_found', {
        locale,
      });
    }
  });

  test('and is the clinic’s own where nothing is said, also before there is a request', async () => {
    const { db, clock, url } = clinic;
    const config = { ...testConfig, database_url: url, default_locale: 'uz' as const };
    const app = await buildApp({ db, clock, config });
    await app.ready();
    try {
      expectProblem(await supertest(app.server).get('/nowhere'), 'route_not_found', { locale: 'uz' });
      expectProblem(await sendRaw(app, 'nonsense\r\n\r\n'), 'malformed_request', {
        locale: 'uz',
        unread: true,
      });
    } finally {
      await app.close();
    }
  });
});

describe('a problem', () => {
  test('points at the path without its query, which may hold names', async () => {
    const { body } = await clinic.as(people.patient).get('/users/?search=Aziza');
    expect(body.instance).toBe('/api/users/');
  });

  test('challenges for a token, and says what was wrong only with one that was sent', async () => {
    const without = await clinic.as(undefined).get('/auth/me/');
    expect(without.headers['www-authenticate']).toBe('Bearer realm="clinic"');
    const withPassword = await login({ username: 'nobody', password: 'wrong' });
    expect(withPassword.headers['www-authenticate']).toBe('Bearer realm="clinic"');
    const withBad = await clinic.as({ token: 'x' }).get('/auth/me/');
    expect(withBad.headers['www-authenticate']).toBe('Bearer realm="clinic", error="invalid_token"');
  });

  test('answers to whatever path nothing stands at, and to whatever method nothing takes', async () => {
    for (const [method, path] of [
      ['get', '/'],
      ['get', '/api'],
      ['get', '/api/doctors/1/timeslots/2/'],
      ['get', '/api/redoc/static/../../package.json'],
      ['get', '//api/doctors/'],
    ] as const)
      expectProblem(await supertest(clinic.app.server)[method](path), 'route_not_found');
    for (const [method, path] of [
      ['put', '/api/users/1/'],
      ['post', '/api/users/1/'],
      ['delete', '/api/doctors/'],
    ] as const)
      expectProblem(await supertest(clinic.app.server)[method](path), 'method_not_allowed');
  });

  test('keeps caches apart by origin too, where pages of other origins may call', async () => {
    const { db, clock, url } = clinic;
    const config = { ...testConfig, database_url: url, cors_origins: ['https://clinic.uz'] };
    const app = await buildApp({ db, clock, config });
    await app.ready();
    try {
      const answer = await supertest(app.server).get('/api/auth/me/').set('origin', 'https://clinic.uz');
      expectProblem(answer, 'authentication_required');
      expect(answer.headers.vary?.toLowerCase()).toMatch(/\borigin\b/);
      expect(answer.headers['access-control-allow-origin']).toBe('https://clinic.uz');
    } finally {
      await app.close();
    }
  });
});

/** One request for each way in which a field can be wrong; a way without a request fails the run. */
const account = { username: 'somebody', password: PASSWORD, role: 'patient', ...consent };
const slot = { date: '2026-03-10', start_time: '10:00', end_time: '10:30' };
const opening = { date: '2026-03-10', start_time: '10:00', end_time: '11:00', slot_minutes: 30 };
const hours = { weekday: 1, start_time: '10:00', end_time: '11:00', slot_minutes: 30 };
type Sent = [path: string, by: keyof typeof people | undefined, body: object | undefined, field: string];
const wrong: Record<FieldErrorCode, Sent> = {
  required: ['/auth/login/', undefined, { username: 'x' }, 'password'],
  unknown_field: ['/auth/login/', undefined, { username: 'x', password: 'x', remember: true }, 'remember'],
  invalid_type: ['/auth/login/', undefined, { username: 1, password: 'x' }, 'username'],
  invalid_choice: ['/auth/register/', undefined, { ...account, role: 'king' }, 'role'],
  invalid_format: ['/auth/phone/verify/confirm/', 'patient', { code: '12345' }, 'code'],
  not_listed: [
    '/auth/providers/google/start/',
    undefined,
    { redirect_uri: 'https://evil.example/', code_challenge: 'c'.repeat(43) },
    'redirect_uri',
  ],
  invalid_characters: ['/auth/register/', undefined, { ...account, first_name: 'a\u0000' }, 'first_name'],
  invalid_date: ['/appointments/?date=2026-02-30', 'admin', undefined, 'date'],
  invalid_time: ['/timeslots/', 'doctor', { ...slot, end_time: '25:00' }, 'end_time'],
  invalid_email: ['/auth/register/', undefined, { ...account, email: 'a@b' }, 'email'],
  invalid_phone: ['/auth/register/', undefined, { ...account, phone: '12' }, 'phone'],
  invalid_username: ['/auth/register/', undefined, { ...account, username: '1' }, 'username'],
  too_short: ['/auth/register/', undefined, { ...account, first_name: '' }, 'first_name'],
  too_long: ['/auth/register/', undefined, { ...account, first_name: 'x'.repeat(101) }, 'first_name'],
  too_small: ['/users/?page=0', 'admin', undefined, 'page'],
  too_big: ['/users/?page_size=101', 'admin', undefined, 'page_size'],
  too_many_words: ['/doctors/?search=a+b+c+d+e+f+g', 'patient', undefined, 'search'],
  password_length: ['/auth/register/', undefined, { ...account, password: 'short' }, 'password'],
  password_is_username: ['/auth/register/', undefined, { ...account, username: PASSWORD }, 'password'],
  password_common: ['/auth/register/', undefined, { ...account, password: 'Password123' }, 'password'],
  wrong_password: [
    '/auth/password/change/',
    'patient',
    { old_password: 'not-my-password', password: 'eleven-apricot-trees' },
    'old_password',
  ],
  proof_required: ['/auth/me/', 'doctor', { phone: '+998901112299' }, 'password'],
  end_before_start: ['/timeslots/', 'doctor', { ...slot, end_time: '09:00' }, 'end_time'],
  slot_length: ['/timeslots/', 'doctor', { ...slot, end_time: '10:04' }, 'end_time'],
  range_reversed: ['/timeslots/?from=2026-03-11&to=2026-03-10', 'doctor', undefined, 'to'],
  date_or_range: ['/timeslots/bulk/', 'doctor', { ...opening, date: undefined }, 'date'],
  doctor_or_specialization: ['/waitlist/', 'patient', { from: '2026-03-11', to: '2026-03-12' }, 'doctor'],
  repeated: ['/doctors/1/services/', 'admin', { services: [{ service: 1 }, { service: 1 }] }, 'services'],
  service_required: ['/waitlist/', 'patient', { from: '2026-03-11', to: '2026-03-12' }, 'service'],
  no_slot_fits: ['/timeslots/bulk/', 'doctor', { ...opening, slot_minutes: 90 }, 'slot_minutes'],
  too_many_slots: [
    '/timeslots/bulk/',
    'doctor',
    { ...opening, date: undefined, from: '2028-01-01', to: '2028-12-31', end_time: '24:00', slot_minutes: 5 },
    'slot_minutes',
  ],
  hours_overlap: ['/doctor/schedule/', 'doctor', { schedule: [hours, hours] }, 'schedule.1'],
  in_past: ['/holidays/', 'admin', { date: '2026-03-01' }, 'date'],
  range_too_long: ['/statistics/?from=1990-01-01', 'admin', undefined, 'to'],
  birth_in_future: [
    '/auth/register/',
    undefined,
    { ...account, profile: { date_of_birth: '2030-01-01' } },
    'profile.date_of_birth',
  ],
  unknown_specialization: ['/doctor/profile/', 'doctor', { specialization: 'Alkimyogar' }, 'specialization'],
  not_a_child: [
    '/patient/dependants/',
    'patient',
    {
      first_name: 'Madina',
      last_name: 'Karimova',
      date_of_birth: '2000-01-01',
      gender: 'female',
      relationship: 'parent',
    },
    'date_of_birth',
  ],
  needed_by_guardians: ['/patients/{child}/', 'admin', { date_of_birth: null }, 'date_of_birth'],
  not_for_role: [
    '/auth/register/',
    undefined,
    { ...account, profile: { experience_years: 1 } },
    'profile.experience_years',
  ],
  consent_required: ['/auth/register/', undefined, { ...account, accept_terms: false }, 'accept_terms'],
  reason_without_cancel: ['/appointments/{id}/', 'doctor', { status: 'confirmed', reason: 'x' }, 'reason'],
  upcoming_without_leaving: ['/users/1/', 'admin', { locale: 'uz', upcoming: 'keep' }, 'upcoming'],
  three_letters: ['/patients/?search=yu', 'admin', undefined, 'search'],
  same_person: ['/patients/7/merge/', 'admin', { into: 7 }, 'into'],
  nothing_to_change: ['/patient/profile/', 'patient', {}, ''],
  invalid_etag: ['/appointments/{id}/', 'doctor', { status: 'confirmed' }, 'if-match'],
  invalid_cursor: ['/users/?cursor=e30.x', 'admin', undefined, 'cursor'],
  stands_alone: [
    '/users/?updated_since=2028-03-01T09:30:00Z&role=doctor',
    'admin',
    undefined,
    'updated_since',
  ],
};

describe('each way in which a field can be wrong', () => {
  test.each(Object.entries(wrong))('%s', async (code, [path, by, body, field]) => {
    const as = clinic.as(by && people[by]);
    const patched = [
      'reason_without_cancel',
      'upcoming_without_leaving',
      'nothing_to_change',
      'invalid_etag',
      'proof_required',
      'unknown_specialization',
      'needed_by_guardians',
    ].includes(code);
    if (code === 'proof_required') await confirm(clinic, people.doctor.id, { phone: '+998901112298' });
    const child = path.includes('{child}') && (await addChild(clinic, people.patient, consent));
    const real = path.includes('{id}')
      ? path.replace(
          '{id}',
          String(await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }))),
        )
      : path.replace('{child}', () => String(child));
    const asked = code === 'service_required';
    if (asked) {
      await makeService(clinic, people.admin, [people.doctor]);
      await clinic.as(people.admin).patch('/settings/', { service_required: true }).expect(200);
    }
    const sent = asked ? { ...body, doctor: people.doctor.id } : body;
    const send = () => {
      if (code === 'hours_overlap' || code === 'repeated') return as.put(real, body);
      return patched ? as.patch(real, body) : sent ? as.post(real, sent) : as.get(real);
    };
    const answer = await (code === 'invalid_etag' ? send().set('if-match', '3') : send());
    if (asked) await clinic.as(people.admin).patch('/settings/', { service_required: null }).expect(200);
    const problem = code === 'unknown_field' ? code : 'invalid_input';
    expectProblem(answer, problem, { fields: [`${field} ${code}`] });
  });

  test.each([
    ['en', { username: 1 }, 'Expected text.'],
    ['ru', { username: 1 }, 'Ожидается текст.'],
    ['uz', { username: 1 }, 'Matn kutilgan.'],
    ['en', { username: [], password: 'x' }, 'Expected text.'],
  ])('a wrong type is told what was expected, in people’s words (%s)', async (locale, body, message) => {
    const answer = await login({ password: 'x', ...body }).set('accept-language', locale);
    expect(answer.body.errors[0].message).toBe(message);
  });

  test('integers are whole numbers', async () => {
    const messages = async (request: PromiseLike<supertest.Response>) =>
      (await request).body.errors.map(({ message }: { message: string }) => message);
    const { admin, patient } = people;
    expect(await messages(clinic.as(patient).get('/doctors/abc/'))).toEqual(['Expected a whole number.']);
    expect(await messages(clinic.as(admin).get('/users/?page=1.5'))).toEqual(['Expected a whole number.']);
    for (const timeslot of ['431', 1.5, null, true])
      expect(await messages(clinic.as(patient).post('/appointments/', { timeslot }))).toEqual([
        'Expected a whole number.',
      ]);
    expect(
      await messages(
        clinic.as(admin).post('/users/', { ...account, role: 'doctor', profile: { experience_years: 'x' } }),
      ),
    ).toContain('Expected a whole number.');
  });

  test('is named of no more fields than the document says', async () => {
    const { InvalidInput } = (await clinic.as(undefined).get('/schema/').expect(200)).body.components.schemas;
    const schedule = Array.from({ length: 100 }, () => ({}));
    const answer = await clinic.as(people.doctor).put('/doctor/schedule/', { schedule });
    expectProblem(answer, 'invalid_input');
    expect(answer.body.errors).toHaveLength(InvalidInput.properties.errors.maxItems);
  });

  test('has a request here', () => {
    expect(fieldErrorCodes.filter((code) => !(code in wrong))).toEqual([]);
  });
});
