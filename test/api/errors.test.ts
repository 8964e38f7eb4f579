import { once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { dataKeysOf } from '../../src/core/data-keys.ts';
import { type ErrorCode, errorStatus } from '../../src/core/errors.ts';
import { createSealer } from '../../src/core/sealing.ts';
import { openDatabase } from '../../src/db/client.ts';
import { Public } from '../../src/http/guards.ts';
import { CHANNELS, confirm, freshPhone, lastCode, pass, queuedFor } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { untilBlocked } from '../helpers/blocked.ts';
import { PATIENT_LIMITS } from '../helpers/database.ts';
import { freshDays } from '../helpers/days.ts';
import { capturedLog } from '../helpers/log.ts';
import { addPasskey } from '../helpers/passkeys.ts';
import { vastPng } from '../helpers/pictures.ts';
import { type Answer, expectProblem } from '../helpers/problem.ts';
import { BOT_TOKEN, initData, providerAside } from '../helpers/providers.ts';
import { listening, readAnswer, sendRaw } from '../helpers/raw.ts';
import { insertOffer } from '../helpers/rows.ts';
import { makeService } from '../helpers/services.ts';
import { claimsOf, forge } from '../helpers/tokens.ts';
import { enrol } from '../helpers/two-step.ts';

/**
 * Every code that a client can meet, provoked over HTTP, with the status it has promised. A code without a case fails
 * the run.
 */
let clinic: TestApp;
let aside: Awaited<ReturnType<typeof providerAside>>;
let people: Record<'admin' | 'doctor' | 'patient' | 'other', Person>;
const log = capturedLog();
const freshDay = freshDays();

beforeAll(async () => {
  const config = {
    log_level: 'trace',
    // Everything is written to a file, but what needs Telegram's own word: nothing listens there.
    channels: { ...CHANNELS, telegram: { token: '1:none', api_url: 'http://127.0.0.1:1' } },
  };
  clinic = await testApp({ config, log_stream: log.stream });
  aside = await providerAside();
  aside.set(clinic.clock);
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
    other: await clinic.person('patient'),
  };
});
afterAll(async () => {
  await clinic.close();
  await aside.played.close();
});

const as = (who: keyof typeof people) => clinic.as(people[who]);
const nobody = () => clinic.as(undefined);
const withToken = (token: string) => clinic.as({ token }).get('/auth/me/');
const freshSlot = (date = freshDay()) => clinic.slot(people.doctor, { date });
const slotOn = (date: string) => ({ date, start_time: '10:00', end_time: '10:30' });
const room = (fields = {}) =>
  as('admin')
    .post('/rooms/', { branch: 1, name: `room ${crypto.randomUUID()}`, kind: 'consulting', ...fields })
    .expect(201);
/** A visit that was booked, and its slot. */
async function visit() {
  const timeslot = await freshSlot();
  return { timeslot, id: await clinic.book(people.patient, timeslot) };
}
const post = (path: string, type: string, body: string) =>
  supertest(clinic.app.server).post(`/api${path}`).set('content-type', type).send(body);

/** A picture as a doctor's photo. */
const photo = (picture: Buffer) =>
  supertest(clinic.app.server)
    .put('/api/doctor/photo/')
    .set('authorization', `Bearer ${people.doctor.token}`)
    .set('content-type', 'image/png')
    .send(picture);

/** What each code comes from; `unread` is answered before there is a request. */
interface Case {
  status: number;
  provoke: () => PromiseLike<Answer>;
  unread?: true;
}

const CHILD = {
  first_name: 'Madina',
  last_name: 'Karimova',
  date_of_birth: '2019-08-20',
  gender: 'female',
  relationship: 'parent',
};

const cases: Record<ErrorCode, Case> = {
  invalid_input: { status: 400, provoke: () => nobody().post('/auth/register/', {}) },
  unknown_field: { status: 400, provoke: () => as('admin').get('/users/?nonsense=1') },
  malformed_request: { status: 400, provoke: () => post('/auth/login/', 'application/json', '{"username":') },
  slot_in_past: { status: 400, provoke: () => as('doctor').post('/timeslots/', slotOn('2026-03-01')) },
  host_not_allowed: {
    status: 400,
    provoke: () =>
      elsewhere({ allowed_hosts: ['clinic.uz'] }, (app) =>
        supertest(app.server).get('/api/auth/me/').set('host', 'evil.example'),
      ),
  },
  invalid_code: {
    status: 400,
    provoke: () => as('patient').post('/auth/phone/verify/confirm/', { code: '000000' }),
  },
  image_unreadable: { status: 400, provoke: () => photo(Buffer.from([0xff, 0xd8, 0xff])) },
  image_too_large: { status: 400, provoke: () => photo(vastPng(30_000, 30_000)) },
  authentication_required: { status: 401, provoke: () => nobody().get('/auth/me/') },
  invalid_token: { status: 401, provoke: () => withToken('x.y.z') },
  token_expired: {
    status: 401,
    // Tokens live by the system's clock, which no test moves: this one was signed an hour ago.
    provoke: () =>
      withToken(forge({ ...claimsOf(people.patient), exp: Math.floor(Date.now() / 1000) - 3600 })),
  },
  session_ended: {
    status: 401,
    async provoke() {
      const person = await clinic.person('patient');
      await as('admin').patch(`/users/${person.id}/`, { is_active: false }).expect(200);
      return clinic.as(person).get('/auth/me/');
    },
  },
  invalid_credentials: {
    status: 401,
    provoke: () => nobody().post('/auth/login/', { username: 'nobody', password: PASSWORD }),
  },
  invalid_refresh_token: {
    status: 401,
    provoke: () => nobody().post('/auth/token/refresh/', { refresh: 'never-given-out' }),
  },
  forbidden: { status: 403, provoke: () => as('patient').get('/users/') },
  account_inactive: {
    status: 403,
    async provoke() {
      const { id, username } = await clinic.person('patient');
      await as('admin').patch(`/users/${id}/`, { is_active: false }).expect(200);
      return nobody().post('/auth/login/', { username, password: PASSWORD });
    },
  },
  route_not_found: { status: 404, provoke: () => nobody().get('/nowhere/') },
  invalid_state: { status: 400, provoke: () => nobody().get('/auth/providers/callback/?state=x&code=y') },
  invalid_identity: {
    status: 400,
    provoke: () => withProviders((app) => byMiniApp(app, 'user=1&hash=0')),
  },
  invalid_passkey: {
    status: 400,
    provoke: () => nobody().post('/auth/passkeys/sign-in/', { credential: {} }),
  },
  passkey_not_found: { status: 404, provoke: () => as('patient').delete('/auth/passkeys/999999/') },
  too_many_passkeys: {
    status: 409,
    async provoke() {
      const person = await clinic.person('patient');
      for (let n = 0; n < 20; n += 1) await addPasskey(clinic, person);
      return clinic.as(person).post('/auth/passkeys/start/');
    },
  },
  passkeys_not_offered: {
    status: 409,
    provoke: () =>
      elsewhere({ public_url: undefined }, (app) =>
        supertest(app.server).post('/api/auth/passkeys/sign-in/start/'),
      ),
  },
  sign_in_again: {
    status: 403,
    async provoke() {
      const { token } = await clinic.person('patient');
      pass(clinic.clock, 301);
      return withProviders((app) => byMiniApp(app, miniApp(9001)).set('authorization', `Bearer ${token}`));
    },
  },
  provider_not_found: { status: 404, provoke: () => nobody().post('/auth/telegram/', { init_data: 'x' }) },
  identity_not_found: { status: 404, provoke: () => as('patient').delete('/auth/identities/999999/') },
  account_exists: {
    status: 409,
    async provoke() {
      await confirm(clinic, people.other.id, { email: 'other@gmail.com' });
      const claims = { sub: 'other', nonce: 'n', email: 'other@gmail.com', email_verified: true };
      const id_token = await aside.played.token(claims);
      return withProviders((app) =>
        supertest(app.server).post('/api/auth/providers/google/id-token/').send({ id_token, nonce: 'n' }),
      );
    },
  },
  identity_taken: {
    status: 409,
    provoke: () =>
      withProviders(async (app) => {
        await byMiniApp(app, miniApp(9002)).expect(200);
        const { token } = await clinic.person('patient');
        return byMiniApp(app, miniApp(9002)).set('authorization', `Bearer ${token}`);
      }),
  },
  provider_linked: {
    status: 409,
    provoke: () =>
      withProviders(async (app) => {
        const { body } = await byMiniApp(app, miniApp(9003)).expect(200);
        return byMiniApp(app, miniApp(9004)).set('authorization', `Bearer ${body.access}`);
      }),
  },
  last_way_in: {
    status: 409,
    provoke: () =>
      withProviders(async (app) => {
        const { body } = await byMiniApp(app, miniApp(9005)).expect(200);
        const ask = (method: 'get' | 'delete', path: string) =>
          supertest(app.server)[method](`/api${path}`).set('authorization', `Bearer ${body.access}`);
        const [{ id }] = (await ask('get', '/auth/identities/')).body.results;
        return ask('delete', `/auth/identities/${id}/`);
      }),
  },
  session_not_found: { status: 404, provoke: () => as('patient').delete('/auth/sessions/999999/') },
  user_not_found: { status: 404, provoke: () => as('admin').get('/users/999999/') },
  doctor_not_found: { status: 404, provoke: () => as('patient').get('/doctors/999999/') },
  branch_not_found: {
    status: 404,
    provoke: () =>
      as('admin').post('/users/', {
        username: `new-${freshDay()}`,
        password: PASSWORD,
        role: 'receptionist',
        profile: { branches: [999_999] },
      }),
  },
  photo_not_found: { status: 404, provoke: () => supertest(clinic.app.server).get('/photos/none.webp') },
  patient_not_found: {
    status: 404,
    provoke: async () =>
      as('admin').post('/appointments/', { timeslot: await freshSlot(), patient: 999_999 }),
  },
  timeslot_not_found: { status: 404, provoke: () => as('doctor').get('/timeslots/999999/') },
  appointment_not_found: { status: 404, provoke: () => as('patient').get('/appointments/999999/') },
  waitlist_entry_not_found: { status: 404, provoke: () => as('patient').get('/waitlist/999999/') },
  holiday_not_found: { status: 404, provoke: () => as('patient').get('/holidays/999999/') },
  absence_not_found: { status: 404, provoke: () => as('doctor').get('/absences/999999/') },
  specialization_not_found: {
    status: 404,
    provoke: () => as('admin').patch('/specializations/999999/', { name: 'Kardiolog' }),
  },
  api_key_not_found: { status: 404, provoke: () => as('admin').get('/api-keys/999999/') },
  insufficient_scope: {
    status: 403,
    async provoke() {
      const key = { name: 'Website', scopes: ['slots:read'] };
      const made = await as('admin').post('/api-keys/', key).expect(201);
      return withToken(made.body.key);
    },
  },
  room_not_found: { status: 404, provoke: () => as('doctor').get('/rooms/999999/') },
  notification_not_found: {
    status: 404,
    provoke: () => as('patient').post('/notifications/999999/read/'),
  },
  message_not_found: { status: 404, provoke: () => as('admin').post('/messages/999999/retry/') },
  method_not_allowed: { status: 405, provoke: () => nobody().put('/users/', {}) },
  not_acceptable: { status: 406, provoke: () => as('admin').get('/users/').set('accept', 'application/pdf') },
  request_timeout: { status: 408, unread: true, provoke: () => parserError('ERR_HTTP_REQUEST_TIMEOUT') },
  username_taken: {
    status: 409,
    provoke: () =>
      nobody().post('/auth/register/', {
        username: people.other.username,
        password: PASSWORD,
        role: 'patient',
      }),
  },
  phone_taken: {
    status: 409,
    async provoke() {
      const phone = freshPhone();
      await confirm(clinic, people.other.id, { phone });
      return confirmCode('phone', { phone });
    },
  },
  email_taken: {
    status: 409,
    async provoke() {
      const email = 'taken@example.uz';
      await confirm(clinic, people.other.id, { email });
      // Whatever its case.
      return confirmCode('email', { email: 'Taken@Example.uz' });
    },
  },
  patient_may_exist: {
    status: 409,
    async provoke() {
      const patient = { first_name: 'Zulayho', last_name: 'Norqobilova', phone: freshPhone() };
      await as('admin').post('/patients/', patient).expect(201);
      return as('admin').post('/patients/', patient);
    },
  },
  visits_overlap: {
    status: 409,
    async provoke() {
      const [one, other] = [await clinic.person('patient'), await clinic.person('patient')];
      for (const patient of [one, other])
        await clinic.book(patient, await clinic.slot(await clinic.person('doctor'), { date: '2026-05-05' }));
      return as('admin').post(`/patients/${one.id}/merge/`, { into: other.id });
    },
  },
  not_a_dependant: {
    status: 409,
    async provoke() {
      const { id } = await clinic.person('patient', { profile: { date_of_birth: '1990-05-17' } });
      const guardian = { guardian: people.patient.id, relationship: 'parent' };
      return as('admin').post(`/patients/${id}/guardians/`, guardian);
    },
  },
  already_verified: {
    status: 409,
    async provoke() {
      await confirm(clinic, people.patient.id, { phone: freshPhone() });
      return as('patient').post('/auth/phone/verify/', {});
    },
  },
  not_verified: { status: 409, provoke: () => as('doctor').post('/auth/email/prove/') },
  last_admin: {
    status: 409,
    provoke: () => as('admin').delete('/auth/me/', { password: PASSWORD }),
  },
  not_oneself: {
    status: 409,
    provoke: () => as('admin').delete(`/users/${people.admin.id}/`, { password: PASSWORD }),
  },
  role_in_use: {
    status: 409,
    async provoke() {
      await visit();
      return as('admin').patch(`/users/${people.patient.id}/`, { role: 'doctor' });
    },
  },
  has_upcoming: {
    status: 409,
    async provoke() {
      await visit();
      return as('admin').patch(`/users/${people.patient.id}/`, { is_active: false });
    },
  },
  not_a_doctor: { status: 409, provoke: () => as('admin').post(`/users/${people.patient.id}/approve/`) },
  name_taken: {
    status: 409,
    async provoke() {
      const { name } = (await room()).body;
      // Whatever its case.
      return as('admin').post('/rooms/', { branch: 1, name: name.toUpperCase(), kind: 'consulting' });
    },
  },
  branch_in_use: { status: 409, provoke: () => as('admin').delete('/branches/1/') },
  room_in_use: {
    status: 409,
    async provoke() {
      const { id } = (await room()).body;
      await as('doctor')
        .post('/timeslots/', { ...slotOn('2026-11-02'), room: id })
        .expect(201);
      return as('admin').delete(`/rooms/${id}/`);
    },
  },
  branch_closed: {
    status: 409,
    async provoke() {
      const { body } = await as('admin').post('/branches/', { name: 'Closed', is_active: false });
      return as('doctor').post('/timeslots/', { ...slotOn('2026-11-03'), branch: body.id });
    },
  },
  room_closed: {
    status: 409,
    async provoke() {
      const { id } = (await room({ is_active: false })).body;
      return as('doctor').post('/timeslots/', { ...slotOn('2026-11-04'), room: id });
    },
  },
  room_taken: {
    status: 409,
    async provoke() {
      const [date, { id }] = ['2026-11-05', (await room()).body];
      const other = clinic.as(await clinic.person('doctor'));
      await other.post('/timeslots/', { ...slotOn(date), room: id }).expect(201);
      return as('doctor').post('/timeslots/', { ...slotOn(date), room: id });
    },
  },
  slot_overlap: {
    status: 409,
    async provoke() {
      const date = freshDay();
      await freshSlot(date);
      return as('doctor').post('/timeslots/', slotOn(date));
    },
  },
  slot_booked: {
    status: 409,
    provoke: async () => as('doctor').delete(`/timeslots/${(await visit()).timeslot}/`),
  },
  slot_taken: {
    status: 409,
    provoke: async () => as('other').post('/appointments/', { timeslot: (await visit()).timeslot }),
  },
  already_yours: {
    status: 409,
    provoke: async () => as('patient').post('/appointments/', { timeslot: (await visit()).timeslot }),
  },
  patient_busy: {
    status: 409,
    async provoke() {
      const date = freshDay();
      await clinic.book(people.patient, await freshSlot(date));
      const timeslot = await clinic.slot(await clinic.person('doctor'), { date });
      return as('patient').post('/appointments/', { timeslot });
    },
  },
  not_with_oneself: {
    status: 409,
    provoke: async () =>
      as('admin').post('/appointments/', { timeslot: await freshSlot(), patient: people.doctor.id }),
  },
  already_decided: {
    status: 409,
    async provoke() {
      const { id } = await visit();
      await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
      return as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' });
    },
  },
  visit_begun: {
    status: 409,
    async provoke() {
      const { id } = await visit();
      clinic.clock.set('2026-12-31T12:00:00Z');
      const answer = await as('patient').delete(`/appointments/${id}/`);
      clinic.clock.set('2026-03-02T04:00:00Z');
      return answer;
    },
  },
  slot_held: {
    status: 409,
    async provoke() {
      const timeslot = await freshSlot();
      await as('other').post(`/timeslots/${timeslot}/hold/`).expect(200);
      return as('patient').post('/appointments/', { timeslot });
    },
  },
  held_recently: {
    status: 409,
    async provoke() {
      const timeslot = await freshSlot();
      const hold = () => as('patient').post(`/timeslots/${timeslot}/hold/`);
      await hold().expect(200);
      // As if its time were over.
      await clinic.db.$client.query(
        'update timeslots set held_until = $2, last_held_until = $2 where id = $1',
        [timeslot, clinic.clock.now()],
      );
      return hold();
    },
  },
  clinic_closed: {
    status: 409,
    async provoke() {
      const date = '2027-01-01';
      await as('admin').post('/holidays/', { date });
      return as('doctor').post('/timeslots/', { date, start_time: '10:00', end_time: '10:30' });
    },
  },
  too_soon: {
    status: 409,
    provoke: () => underPolicy({ min_notice_minutes: 43_200 }, '2026-03-20'),
  },
  too_far_ahead: { status: 409, provoke: () => underPolicy({ horizon_days: 1 }, '2026-03-21') },
  too_many_appointments: {
    status: 409,
    async provoke() {
      await visit();
      return underPolicy({ active_appointments_max: 1 }, '2026-03-22');
    },
  },
  not_same_doctor: {
    status: 409,
    async provoke() {
      const timeslot = await clinic.slot(await clinic.person('doctor'), { date: freshDay() });
      return as('patient').post(`/appointments/${(await visit()).id}/reschedule/`, { timeslot });
    },
  },
  service_not_found: { status: 404, provoke: () => as('patient').get('/services/999999/') },
  service_not_given: {
    status: 409,
    async provoke() {
      const service = await makeService(clinic, people.admin, []);
      return as('patient').post('/appointments/', { timeslot: await freshSlot(), service });
    },
  },
  service_in_use: {
    status: 409,
    async provoke() {
      const service = await makeService(clinic, people.admin, [people.doctor]);
      return as('admin').delete(`/services/${service}/`);
    },
  },
  not_for_this_patient: {
    status: 409,
    async provoke() {
      const service = await makeService(clinic, people.admin, [people.doctor], { min_age: 90 });
      return as('patient').post('/appointments/', { timeslot: await freshSlot(), service });
    },
  },
  not_enough_time: {
    status: 409,
    async provoke() {
      const service = await makeService(clinic, people.admin, [people.doctor], { duration_minutes: 120 });
      return as('patient').post('/appointments/', { timeslot: await freshSlot(), service });
    },
  },
  no_room_free: {
    status: 409,
    async provoke() {
      const service = await makeService(clinic, people.admin, [people.doctor], { room_kind: 'nowhere' });
      return as('patient').post('/appointments/', { timeslot: await freshSlot(), service });
    },
  },
  request_in_progress: {
    status: 409,
    async provoke() {
      const blocker = await clinic.db.$client.connect();
      const timeslot = await freshSlot();
      try {
        await blocker.query('begin');
        await blocker.query(
          "select pg_advisory_xact_lock(hashtextextended('POST /api/appointments/ twice', $1))",
          [people.patient.id],
        );
        return await as('patient').post('/appointments/', { timeslot }).set('idempotency-key', 'twice');
      } finally {
        await blocker.query('rollback');
        blocker.release();
      }
    },
  },
  idempotency_key_reused: {
    status: 422,
    async provoke() {
      const keyed = (timeslot: number) =>
        as('patient').post('/appointments/', { timeslot }).set('idempotency-key', 'again');
      await keyed(await freshSlot()).expect(201);
      return keyed(await freshSlot());
    },
  },
  record_busy: {
    status: 503,
    async provoke() {
      // With the limits of production, where those of tests are long.
      const db = openDatabase({ url: clinic.url, pool_max: 1 });
      const app = await buildApp({
        db,
        clock: clinic.clock,
        config: { ...testConfig, database_url: clinic.url },
      });
      await app.ready();
      const blocker = await clinic.db.$client.connect();
      try {
        await blocker.query('begin');
        await blocker.query('select from users where id = $1 for update', [people.patient.id]);
        return await supertest(app.server)
          .patch('/api/auth/me/')
          .set('authorization', `Bearer ${people.patient.token}`)
          .send({ first_name: 'Aziza' });
      } finally {
        await blocker.query('rollback');
        blocker.release();
        await app.close();
        await db.$client.end();
      }
    },
  },
  doctor_absent: {
    status: 409,
    async provoke() {
      const date = freshDay();
      await as('doctor').post('/absences/', { from: date, to: date }).expect(201);
      return as('doctor').post('/timeslots/', slotOn(date));
    },
  },
  already_waiting: {
    status: 409,
    async provoke() {
      await wish('2026-03-12').expect(201);
      return wish('2026-03-12');
    },
  },
  too_many_waitlist_entries: {
    status: 409,
    async provoke() {
      for (let day = 10; ; day += 1) {
        const answer = await wish(`2026-04-${day}`);
        if (answer.status !== 201) return answer;
      }
    },
  },
  too_many_dependants: {
    status: 409,
    async provoke() {
      const parent = await clinic.person('patient');
      for (;;) {
        const answer = await clinic.as(parent).post('/patient/dependants/', CHILD);
        if (answer.status !== 201) return answer;
      }
    },
  },
  too_many_guardians: {
    status: 409,
    async provoke() {
      const parent = await clinic.person('patient');
      const { body: child } = await clinic.as(parent).post('/patient/dependants/', CHILD).expect(201);
      for (;;) {
        const { body } = await clinic.as(parent).post(`/patient/dependants/${child.id}/invite/`).expect(201);
        const other = await clinic.person('patient');
        const answer = await clinic.as(other).post('/patient/dependants/join/', { code: body.code });
        if (answer.status !== 201) return answer;
      }
    },
  },
  dependant_has_visits: {
    status: 409,
    async provoke() {
      const parent = await clinic.person('patient');
      const { body: child } = await clinic.as(parent).post('/patient/dependants/', CHILD).expect(201);
      const timeslot = await clinic.slot(people.doctor, { date: freshDay() });
      await clinic.as(parent).post('/appointments/', { timeslot, patient: child.id }).expect(201);
      return clinic.as(parent).delete(`/patient/dependants/${child.id}/`);
    },
  },
  url_not_allowed: {
    status: 400,
    provoke: () => as('admin').post('/webhooks/', { url: 'https://user:word@crm.example/' }),
  },
  webhook_not_found: { status: 404, provoke: () => as('admin').get('/webhooks/999999/') },
  delivery_not_found: { status: 404, provoke: () => as('admin').post('/deliveries/999999/replay/') },
  too_many_webhooks: {
    status: 409,
    async provoke() {
      await clinic.db.$client.query(
        `insert into webhook_endpoints (url, is_active, created_by)
         select 'http://127.0.0.1:1/', false, $1 from generate_series(1, 100)`,
        [people.admin.id],
      );
      const answer = await as('admin').post('/webhooks/', { url: 'http://127.0.0.1:1/' });
      await clinic.db.$client.query('delete from webhook_endpoints');
      return answer;
    },
  },
  second_step_required: {
    status: 401,
    async provoke() {
      const patient = await clinic.person('patient');
      await enrol(clinic, patient);
      return nobody().post('/auth/login/', { username: patient.username, password: PASSWORD });
    },
  },
  invalid_ticket: {
    status: 401,
    provoke: () => nobody().post('/auth/login/second-step/', { ticket: 'x', code: '123456' }),
  },
  two_step_on: {
    status: 409,
    async provoke() {
      const patient = await clinic.person('patient');
      await enrol(clinic, patient);
      return clinic.as(patient).post('/auth/two-step/enrol/', {});
    },
  },
  two_step_off: {
    status: 409,
    provoke: () => as('patient').delete('/auth/two-step/', { code: '123456' }),
  },
  webhook_off: {
    status: 409,
    async provoke() {
      const off = { url: 'http://127.0.0.1:1/', is_active: false };
      const { body } = await as('admin').post('/webhooks/', off).expect(201);
      return as('admin').post(`/webhooks/${body.id}/test/`);
    },
  },
  too_old: {
    status: 410,
    async provoke() {
      const { body } = await as('admin').post('/webhooks/', { url: 'http://127.0.0.1:1/' }).expect(201);
      return as('admin').post(`/webhooks/${body.id}/replay/`, { since: '2020-01-01T00:00:00Z' });
    },
  },
  feed_not_found: { status: 404, provoke: () => nobody().get('/calendar/nothing.ics') },
  too_many_feeds: {
    status: 409,
    async provoke() {
      const patient = await clinic.person('patient');
      for (;;) {
        const answer = await clinic.as(patient).post('/calendar/feeds/', { purpose: 'visits' });
        if (answer.status !== 201) return answer;
      }
    },
  },
  offer_lapsed: {
    status: 409,
    async provoke() {
      const offer = { doctor: people.doctor.id, patient: people.other.id, date: freshDay() };
      const entry = await insertOffer(clinic.db, { ...offer, expires_at: '2026-03-02T04:00:00Z' });
      return as('other').post(`/waitlist/${entry}/accept/`);
    },
  },
  schedule_overlap: { status: 409, provoke: writeHoursBeside },
  holiday_exists: {
    status: 409,
    async provoke() {
      const date = freshDay();
      await as('admin').post('/holidays/', { date }).expect(201);
      return as('admin').post('/holidays/', { date });
    },
  },
  absence_overlap: {
    status: 409,
    async provoke() {
      const date = freshDay();
      await as('doctor').post('/absences/', { from: date, to: date }).expect(201);
      return as('doctor').post('/absences/', { from: date, to: date });
    },
  },
  too_late_to_cancel: {
    status: 409,
    async provoke() {
      const { id } = await visit();
      const { date } = (await as('patient').get(`/appointments/${id}/`).expect(200)).body;
      await as('admin')
        .patch('/settings/', { cancel_deadline_minutes: 43_200, late_cancellation: 'refuse' })
        .expect(200);
      // Some hours before it: midnight of that day in Greenwich is early morning here.
      clinic.clock.set(`${date}T00:00:00Z`);
      const answer = await as('patient').delete(`/appointments/${id}/`);
      clinic.clock.set('2026-03-02T04:00:00Z');
      await as('admin')
        .patch('/settings/', { cancel_deadline_minutes: 0, late_cancellation: 'record' })
        .expect(200);
      return answer;
    },
  },
  not_confirmed: {
    status: 409,
    provoke: async () => as('doctor').post(`/appointments/${(await visit()).id}/complete/`),
  },
  visit_ahead: {
    status: 409,
    async provoke() {
      const { id } = await visit();
      await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
      return as('doctor').post(`/appointments/${id}/arrive/`);
    },
  },
  attendance_final: {
    status: 409,
    provoke: () =>
      marked(async (id) => {
        clinic.clock.set('2027-01-01T04:00:00Z');
        return as('doctor').delete(`/appointments/${id}/attendance/`);
      }),
  },
  already_attended: {
    status: 409,
    provoke: () => marked((id) => as('admin').delete(`/appointments/${id}/`)),
  },
  message_not_failed: {
    status: 409,
    async provoke() {
      const { id } = await clinic.person('patient');
      await clinic.db.$client.query(
        `insert into messages (key, user_id, channel, kind, params, status)
         values ('errors', $1, 'sms', 'password_changed', '{}', 'queued')`,
        [id],
      );
      const [queued] = await queuedFor(clinic, id);
      return as('admin').post(`/messages/${queued?.id}/retry/`);
    },
  },
  channel_not_offered: {
    status: 409,
    provoke: () =>
      elsewhere({ channels: { timeout: 1_000 } }, (app) =>
        supertest(app.server)
          .post('/api/notifications/telegram/link/')
          .set('authorization', `Bearer ${people.patient.token}`),
      ),
  },
  version_mismatch: {
    status: 412,
    provoke: async () =>
      as('patient')
        .delete(`/appointments/${(await visit()).id}/`)
        .set('if-match', '"7"'),
  },
  payload_too_large: {
    status: 413,
    provoke: () => nobody().post('/auth/login/', { username: 'x'.repeat(64 * 1024) }),
  },
  uri_too_long: { status: 414, provoke: () => as('admin').get(`/users/${'1'.repeat(101)}/`) },
  unsupported_media_type: { status: 415, provoke: () => post('/auth/login/', 'text/xml', '<a/>') },
  headers_too_large: {
    status: 431,
    unread: true,
    provoke: () =>
      sendRaw(clinic.app, `GET /api/users/ HTTP/1.1\r\nhost: x\r\nx-much: ${'x'.repeat(20_000)}\r\n\r\n`),
  },
  too_many_requests: {
    status: 429,
    provoke: () =>
      elsewhere({ rate_limit: true, rate_limit_guest: 1 }, async (app) => {
        const ask = () => supertest(app.server).get('/api/auth/me/');
        await ask().expect(401);
        return ask();
      }),
  },
  too_many_streams: {
    status: 429,
    async provoke() {
      const { token } = people.admin;
      const url = `http://127.0.0.1:${(await listening(clinic.app)).port}/api/stream/`;
      const headers = { authorization: `Bearer ${token}` };
      const giveUp = new AbortController();
      for (let nth = 0; nth < 5; nth += 1) await fetch(url, { headers, signal: giveUp.signal });
      const answer = await as('admin').get('/stream/');
      giveUp.abort();
      return answer;
    },
  },
  internal_error: { status: 500, provoke: failUnforeseen },
  overloaded: { status: 503, provoke: askTheBusy },
  database_unavailable: { status: 503, provoke: askWithoutDatabase },
  provider_unavailable: { status: 503, provoke: () => as('patient').post('/notifications/telegram/link/') },
  data_keys_missing: { status: 503, provoke: sealWithoutKeys },
};

/** Somebody waits for a slot of that day, and for no other. */
const wish = (day: string) =>
  as('other').post('/waitlist/', { doctor: people.doctor.id, from: day, to: day });

/** Books a slot of a day as a patient, while the clinic asks for something. */
async function underPolicy(policy: Record<string, number>, date: string): Promise<Answer> {
  const timeslot = await clinic.slot(people.doctor, { date });
  const { body: before } = await as('admin').get('/settings/').expect(200);
  await as('admin').patch('/settings/', policy).expect(200);
  const answer = await as('patient').post('/appointments/', { timeslot });
  const back = Object.fromEntries(Object.keys(policy).map((name) => [name, before[name]]));
  await as('admin').patch('/settings/', back).expect(200);
  return answer;
}

/** Somebody at the database writes hours, past the lock that everybody else takes, while the doctor writes the same. */
async function writeHoursBeside(): Promise<Answer> {
  const doctor = await clinic.person('doctor');
  const blocker = await clinic.db.$client.connect();
  try {
    await blocker.query('begin');
    await blocker.query(
      `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes)
       values ($1, 1, '10:00', '11:00', 30)`,
      [doctor.id],
    );
    const hours = { weekday: 1, start_time: '10:30', end_time: '11:30', slot_minutes: 30 };
    const answer = clinic.as(doctor).put('/doctor/schedule/', { schedule: [hours] });
    const sent = answer.then((received) => received);
    await untilBlocked(clinic.db.$client);
    await blocker.query('commit');
    return await sent;
  } finally {
    blocker.release();
  }
}

/** What somebody is answered about a visit that was marked on the last day of the year. */
async function marked(ask: (visit: number) => PromiseLike<Answer>): Promise<Answer> {
  const { id } = await visit();
  await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  clinic.clock.set('2026-12-31T04:00:00Z');
  await as('doctor').post(`/appointments/${id}/no-show/`).expect(200);
  const answer = await ask(id);
  clinic.clock.set('2026-03-02T04:00:00Z');
  return answer;
}

/** Asks for a code and types it. */
async function confirmCode(contact: 'phone' | 'email', named: object): Promise<Answer> {
  await as('patient').post(`/auth/${contact}/verify/`, named).expect(202);
  const code = await lastCode(clinic, people.patient.id);
  return as('patient').post(`/auth/${contact}/verify/confirm/`, { code });
}

/** The same clinic, by a process with other settings. */
async function elsewhere(
  config: Partial<typeof testConfig>,
  ask: (app: FastifyInstance) => PromiseLike<Answer>,
): Promise<Answer> {
  const { db, clock, url } = clinic;
  const app = await buildApp({ db, clock, config: { ...testConfig, database_url: url, ...config } });
  await app.ready();
  try {
    return await ask(app);
  } finally {
    await app.close();
  }
}

/** The same clinic, where one may sign in by Telegram and by a provider on this machine. */
const withProviders = (ask: (app: FastifyInstance) => PromiseLike<Answer>) =>
  elsewhere(
    { ...aside.settings, channels: { ...CHANNELS, telegram: { token: BOT_TOKEN, api_url: '' } } },
    ask,
  );
const miniApp = (id: number) => initData(BOT_TOKEN, clinic.clock.now(), { id });
const byMiniApp = (app: FastifyInstance, init_data: string) =>
  supertest(app.server).post('/api/auth/telegram/').send({ init_data });

/** A secret is to be kept by a server that has no keys for it. */
async function sealWithoutKeys(): Promise<Answer> {
  const { db, clock, url } = clinic;
  const app = await buildApp({ db, clock, config: { ...testConfig, database_url: url } });
  const keys = dataKeysOf({ file: undefined, make: false }, clock);
  const at = { table: 'secrets', column: 'secret', id: 'id' };
  app.get('/secret/', { preHandler: Public, schema: { hide: true } }, async () =>
    createSealer(keys).seal(at, 1, 'x'),
  );
  await app.ready();
  try {
    return await supertest(app.server).get('/secret/');
  } finally {
    await app.close();
  }
}

/** Hands a real connection to the server's own handler as Node does after 30 seconds, which no test waits for. */
async function parserError(code: string): Promise<Answer> {
  const { port } = await listening(clinic.app);
  const accepted = once(clinic.app.server, 'connection');
  const client = connect(port, '127.0.0.1');
  const [socket] = await accepted;
  const answer = readAnswer(client);
  clinic.app.server.emit('clientError', Object.assign(new Error('a person’s data'), { code }), socket);
  return answer;
}

/** A constraint that the application does not know refuses a row, and PostgreSQL puts the row into its message. */
async function failUnforeseen(): Promise<Answer> {
  await clinic.db.$client.query(
    `alter table users drop constraint if exists unforeseen,
       add constraint unforeseen check (first_name <> 'Zulfiya')`,
  );
  return as('patient').patch('/patient/profile/', {
    first_name: 'Zulfiya',
    phone: '+998907776655',
    password: PASSWORD,
  });
}

/** Somebody's row is locked, and more want to see it than are worked on at a time. */
async function askTheBusy(): Promise<Answer> {
  const { db, clock, url } = clinic;
  const small = openDatabase({ url, pool_max: 1, limits: PATIENT_LIMITS });
  const config = { ...testConfig, database_url: url, max_wait_seconds: 1 };
  const app = await buildApp({ db: small, clock, config });
  await app.ready();
  const locker = await db.$client.connect();
  try {
    await locker.query('begin; lock table users in access exclusive mode');
    const ask = () =>
      supertest(app.server).get('/api/auth/me/').set('authorization', `Bearer ${people.patient.token}`);
    const answers = Array.from({ length: 5 }, () => ask().then((answer) => answer));
    const refused = await Promise.race(answers);
    await locker.query('commit');
    await Promise.all(answers);
    return refused;
  } finally {
    locker.release();
    await app.close();
    await small.$client.end();
  }
}

/** The same application on a port where nothing listens. */
async function askWithoutDatabase(): Promise<Answer> {
  const url = 'postgres://nobody:hidden-password@127.0.0.1:1/nowhere';
  const db = openDatabase({ url, pool_max: 1, limits: PATIENT_LIMITS });
  const app = await buildApp({ db, clock: clinic.clock, config: { ...testConfig, database_url: url } });
  await app.ready();
  try {
    return await supertest(app.server).post('/api/auth/login/').send({ username: 'x', password: 'y' });
  } finally {
    await app.close();
    await db.$client.end();
  }
}

test.each(Object.entries(cases) as [ErrorCode, Case][])('%s', async (code, provoked) => {
  expect(errorStatus[code]).toBe(provoked.status);
  expectProblem(await provoked.provoke(), code, { unread: provoked.unread ?? false });
});

test('every code has a case', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(errorStatus).sort());
});

test('an unforeseen failure is logged once, by its SQLSTATE and its place, without SQL and without the row', async () => {
  const before = log.lines.length;
  expectProblem(await failUnforeseen(), 'internal_error');
  const failures = log.lines.slice(before).filter((line) => JSON.parse(line).level >= 50);
  expect(failures).toHaveLength(1);
  expect(JSON.parse(failures[0] ?? '')).toMatchObject({
    msg: 'request failed',
    error: { type: 'DatabaseError', sqlstate: '23514', constraint: 'unforeseen', table: 'users' },
  });
  expect(log.lines.join('\n')).not.toMatch(/Zulfiya|7776655|update "users"|set "first_name"|Failing row/);
});
