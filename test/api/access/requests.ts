import { PASSWORD, type Person, type TestApp } from '../../helpers/app.ts';
import { jpeg } from '../../helpers/pictures.ts';
import { insertDependant, insertOffer } from '../../helpers/rows.ts';
import { makeService } from '../../helpers/services.ts';
import { claimsOf } from '../../helpers/tokens.ts';
import { type Caller, freshChild, isGuardian, type People } from './people.ts';

/** Its answer has no end. */
const isEndless = (method: string, path: string) => method === 'GET' && path === '/api/stream/';

/**
 * A request for each operation, that succeeds for whoever may make it. Its records are with `own doctor`.
 * @param owner the patient whose records they are; by default that of whom a caller would ask about: guardians about their
 * child, the former guardian about whom they looked after, who claimed a record about themself, everybody else about `own patient`
 */
export function createRequests(
  clinic: TestApp,
  { callers: people, child, grown }: People,
  { freshDay, owner }: { freshDay: () => string; owner?: number },
) {
  function ownerFor(caller: Caller): number {
    if (owner !== undefined) return owner;
    if (isGuardian(caller)) return child;
    if (caller === 'former guardian') return grown;
    return people[caller === 'claimed patient' ? caller : 'own patient'].id;
  }
  const freshSlot = () => clinic.slot(people['own doctor'], { date: freshDay() });
  /** Booked by an admin for whomever. */
  async function freshAppointment(patient: number): Promise<number> {
    const visit = { timeslot: await freshSlot(), patient };
    return (await clinic.as(people.admin).post('/appointments/', visit).expect(201)).body.id;
  }
  /** One that can be marked: it is confirmed, and its day is long past. */
  async function freshVisit(patient: number): Promise<number> {
    const id = await freshAppointment(patient);
    await clinic.db.$client.query(
      "update appointments set status = 'confirmed', date = date '2020-01-01' + id where id = $1",
      [id],
    );
    return id;
  }
  const freshDoctor = async () => (await clinic.person('doctor')).id;
  const freshSession = async () => Number(claimsOf(await clinic.person('patient')).sid);
  const insert = async (statement: string, person: number) =>
    (await clinic.db.$client.query<{ id: number }>(statement, [person])).rows[0]?.id ?? 0;
  const freshNotification = (person: number) =>
    insert(
      `insert into notifications (key, user_id, kind) values (gen_random_uuid(), $1, 'password_changed') returning id`,
      person,
    );
  const freshFailure = (person: number) =>
    insert(
      `insert into messages (key, user_id, channel, kind, status)
      values (gen_random_uuid(), $1, 'sms', 'password_changed', 'failed') returning id`,
      person,
    );
  const freshFeed = (person: number) =>
    insert(
      `insert into calendar_feeds (user_id, purpose, token_hash)
      values ($1, 'visits', sha256(gen_random_uuid()::text::bytea)) returning id`,
      person,
    );
  const freshHoliday = async () =>
    (
      await clinic.db.$client.query<{ id: number }>('insert into holidays (date) values ($1) returning id', [
        freshDay(),
      ])
    ).rows[0]?.id ?? 0;
  /** Closed, so that everybody else's slots have one branch to be in. */
  const freshBranch = async () =>
    (
      await clinic.db.$client.query<{ id: number }>(
        'insert into branches (name, is_active) values ($1, false) returning id',
        [freshDay()],
      )
    ).rows[0]?.id ?? 0;
  const freshRoom = async () =>
    (
      await clinic.db.$client.query<{ id: number }>(
        "insert into rooms (branch_id, name, kind) values (1, $1, 'consulting') returning id",
        [freshDay()],
      )
    ).rows[0]?.id ?? 0;
  async function freshAbsence(): Promise<number> {
    const date = freshDay();
    const away = await clinic
      .as(people['own doctor'])
      .post('/absences/', { from: date, to: date })
      .expect(201);
    return away.body.id;
  }
  const freshService = () => makeService(clinic, people.admin, []);
  const made = async (path: string, body: object) =>
    (await clinic.as(people.admin).post(path, body).expect(201)).body.id;
  const freshSpecialization = () => made('/specializations/', { name: freshDay() });
  /** The clinic has so many at most: those of other cases are gone. */
  const forgetWebhooks = () => clinic.db.$client.query('delete from webhook_endpoints');
  async function freshWebhook(): Promise<number> {
    await forgetWebhooks();
    return made('/webhooks/', { url: 'http://127.0.0.1:1/', types: ['holiday.removed'] });
  }
  async function freshDelivery(): Promise<number> {
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `insert into webhook_deliveries (endpoint_id, message_id, type, body, status)
       values ($1, gen_random_uuid(), 'x', '{}', 'failed') returning id`,
      [await freshWebhook()],
    );
    return rows[0]?.id ?? 0;
  }
  const freshKey = () => made('/api-keys/', { name: 'Website', role: 'receptionist' });
  /** One more child of whoever calls, who has then as many as before: nobody may have more than ten. */
  async function childFor(caller: Caller): Promise<number> {
    if (caller === 'former guardian') return grown;
    if (!isGuardian(caller)) return insertDependant(clinic.db, ownerFor(caller));
    await clinic.db.$client.query(
      'delete from guardianships where dependant_id <> $1 and dependant_id <> $2',
      [child, grown],
    );
    return freshChild(clinic, people);
  }
  async function freshCode(): Promise<string> {
    const parent = await clinic.person('patient');
    const child = await insertDependant(clinic.db, parent.id);
    return (await clinic.as(parent).post(`/patient/dependants/${child}/invite/`).expect(201)).body.code;
  }
  const freshUser = async () => (await clinic.person('patient')).id;
  const freshNumber = () => `+99890${1_000_000 + Date.parse(freshDay()) / 86_400_000}`;
  async function freshRecord(): Promise<number> {
    const patient = { first_name: 'Aziza', last_name: 'Karimova', phone: freshNumber() };
    return (await clinic.as(people.admin).post('/patients/', patient).expect(201)).body.id;
  }
  const account = () => ({ username: `new-${freshDay()}`, password: PASSWORD, role: 'patient' });

  /** A real record for the `{id}` of a path, untouched by other cases; of a whole route where it needs another. */
  const records: Record<string, (caller: Caller) => Promise<number>> = {
    'POST /api/users/{id}/approve/': freshDoctor,
    // Somebody else's: whoever asks finds none.
    'DELETE /api/auth/sessions/{id}/': freshSession,
    'DELETE /api/auth/identities/{id}/': async () => 999_999,
    'DELETE /api/auth/passkeys/{id}/': async () => 999_999,
    // Theirs, with a visit to their own doctor.
    'GET /api/doctor/patients/{id}/appointments/': async (caller) => {
      await freshAppointment(ownerFor(caller));
      return ownerFor(caller);
    },
    'POST /api/appointments/{id}/arrive/': (caller) => freshVisit(ownerFor(caller)),
    'POST /api/appointments/{id}/complete/': (caller) => freshVisit(ownerFor(caller)),
    'POST /api/appointments/{id}/no-show/': (caller) => freshVisit(ownerFor(caller)),
    'DELETE /api/appointments/{id}/attendance/': (caller) => freshVisit(ownerFor(caller)),
    users: freshUser,
    patients: freshRecord,
    doctors: async () => people['own doctor'].id,
    patient: childFor,
    'DELETE /api/patients/{id}/guardians/{guardian}/': () =>
      insertDependant(clinic.db, people['own patient'].id),
    timeslots: freshSlot,
    services: freshService,
    specializations: freshSpecialization,
    'api-keys': freshKey,
    webhooks: freshWebhook,
    deliveries: freshDelivery,
    appointments: (caller) => freshAppointment(ownerFor(caller)),
    notifications: (caller) => freshNotification(ownerFor(caller)),
    holidays: freshHoliday,
    branches: freshBranch,
    rooms: freshRoom,
    absences: freshAbsence,
    waitlist: (caller) =>
      insertOffer(clinic.db, {
        doctor: people['own doctor'].id,
        patient: ownerFor(caller),
        date: freshDay(),
      }),
    messages: (caller) => freshFailure(ownerFor(caller)),
    calendar: (caller) => freshFeed(ownerFor(caller)),
  };

  /** Patients hold for themselves, whichever they are, and guardians for their child. */
  function forWhom(caller: Caller): object | undefined {
    const isForSelf = caller.endsWith('patient') || caller === 'former guardian';
    return isForSelf ? undefined : { patient: ownerFor(caller) };
  }

  /** A body with which the request succeeds for whoever may make it; both name the owner where a role may name one. */
  const bodies: Record<string, (caller: Caller) => object | undefined | Promise<object>> = {
    'PUT /api/doctor/photo/': jpeg,
    'PUT /api/doctors/{id}/photo/': jpeg,
    'POST /api/auth/register/': account,
    'POST /api/auth/login/': () => ({ username: people['own patient'].username, password: PASSWORD }),
    'POST /api/auth/token/refresh/': async () => ({ refresh: (await clinic.person('patient')).refresh }),
    // A wrong password: who may ask is refused for it, and the people of this test stay.
    'DELETE /api/auth/me/': () => ({ password: 'not-the-password' }),
    'DELETE /api/users/{id}/': () => ({ password: PASSWORD }),
    'POST /api/auth/providers/{provider}/start/': () => ({
      redirect_uri: 'https://app.clinic.example/',
      code_challenge: 'c'.repeat(43),
    }),
    'POST /api/auth/providers/token/': () => ({ code: 'c', code_verifier: 'v'.repeat(43) }),
    'POST /api/auth/providers/{provider}/id-token/': () => ({ id_token: 'x.y.z', nonce: 'n' }),
    'POST /api/auth/telegram/': () => ({ init_data: 'user=1' }),
    'PATCH /api/auth/me/': () => ({ first_name: 'Aziza' }),
    'POST /api/auth/me/consents/': () => ({ accept_terms: true }),
    'POST /api/auth/password/change/': () => ({
      old_password: 'not-the-password',
      password: 'eleven-apricot-trees',
    }),
    'POST /api/auth/password/reset/': () => ({ username: people['own patient'].username }),
    'POST /api/auth/password/reset/confirm/': () => ({
      username: people['own patient'].username,
      code: '000000',
      password: 'eleven-apricot-trees',
    }),
    'POST /api/auth/login/second-step/': () => ({ ticket: '', code: '' }),
    'POST /api/auth/two-step/enrol/': () => ({}),
    'POST /api/auth/two-step/confirm/': () => ({ code: '' }),
    'DELETE /api/auth/two-step/': () => ({ code: '123456' }),
    'POST /api/auth/passkeys/': () => ({ credential: {} }),
    'POST /api/auth/passkeys/sign-in/': () => ({ credential: {} }),
    'POST /api/auth/introspect/': () => ({ token: people['own patient'].token }),
    'POST /api/auth/phone/verify/': () => ({ phone: freshNumber() }),
    'POST /api/auth/claim/': () => ({ phone: freshNumber() }),
    'POST /api/auth/claim/confirm/': () => ({
      ...account(),
      role: undefined,
      phone: freshNumber(),
      code: '000000',
    }),
    'POST /api/patients/': () => ({ first_name: 'Aziza', last_name: 'Karimova', phone: freshNumber() }),
    'PATCH /api/patients/{id}/': () => ({ first_name: 'Aziza' }),
    'POST /api/patients/{id}/phone/verify/confirm/': () => ({ code: '000000' }),
    'POST /api/patients/{id}/guardians/': () => ({
      guardian: people['own patient'].id,
      relationship: 'parent',
    }),
    'POST /api/patients/{id}/merge/': async () => ({ into: await freshRecord() }),
    'POST /api/auth/phone/verify/confirm/': () => ({ code: '000000' }),
    'POST /api/auth/email/verify/': () => ({ email: `${freshDay()}@example.uz` }),
    'POST /api/auth/email/verify/confirm/': () => ({ code: '000000' }),
    'POST /api/users/': account,
    'PATCH /api/users/{id}/': () => ({ first_name: 'Aziza' }),
    'PATCH /api/notifications/preferences/': () => ({ quiet_hours: { enabled: false } }),
    'PATCH /api/doctor/profile/': () => ({ experience_years: 7 }),
    'PATCH /api/patient/profile/': () => ({ gender: 'female' }),
    'POST /api/timeslots/': () => ({
      doctor: people['own doctor'].id,
      date: freshDay(),
      start_time: '10:00',
      end_time: '10:30',
    }),
    'POST /api/timeslots/{id}/hold/': forWhom,
    'DELETE /api/timeslots/{id}/hold/': forWhom,
    'POST /api/waitlist/': (caller) => {
      const date = freshDay();
      return { patient: ownerFor(caller), doctor: people['own doctor'].id, from: date, to: date };
    },
    'POST /api/timeslots/bulk/': () => ({
      doctor: people['own doctor'].id,
      date: freshDay(),
      start_time: '10:00',
      end_time: '12:00',
      slot_minutes: 30,
    }),
    'POST /api/specializations/': () => ({ name: freshDay() }),
    'PATCH /api/specializations/{id}/': () => ({ names: { en: freshDay() } }),
    'POST /api/specializations/{id}/join/': async () => ({ into: await freshSpecialization() }),
    'POST /api/webhooks/': async () => {
      await forgetWebhooks();
      return { url: 'http://127.0.0.1:1/' };
    },
    'PATCH /api/webhooks/{id}/': () => ({ description: 'CRM' }),
    'POST /api/webhooks/{id}/replay/': () => ({ since: new Date().toISOString() }),
    'POST /api/api-keys/': () => ({ name: 'Website', role: 'receptionist' }),
    'POST /api/services/': () => ({ name: { uz: 'a', ru: 'a', en: 'a' }, duration_minutes: 30 }),
    'PATCH /api/services/{id}/': () => ({ duration_minutes: 45 }),
    'PUT /api/doctors/{id}/services/': () => ({ services: [] }),
    'PUT /api/doctor/schedule/': () => ({ schedule: [] }),
    'PUT /api/doctors/{id}/schedule/': () => ({ schedule: [] }),
    'POST /api/holidays/': () => ({ date: freshDay() }),
    'POST /api/branches/': () => ({ name: freshDay(), is_active: false }),
    'PATCH /api/branches/{id}/': () => ({ address: 'Toshkent' }),
    'POST /api/rooms/': () => ({ branch: 1, name: freshDay(), kind: 'consulting' }),
    'PATCH /api/rooms/{id}/': () => ({ kind: 'ultrasound' }),
    'POST /api/absences/': () => {
      const date = freshDay();
      return { doctor: people['own doctor'].id, from: date, to: date };
    },
    'PATCH /api/settings/': () => ({ offer_minutes: 15 }),
    'PUT /api/system/log-level/': () => ({ level: 'warn', minutes: 1 }),
    'POST /api/messages/retry/': () => ({}),
    // One has five at most: those of other cases are gone.
    'POST /api/calendar/feeds/': async (caller) => {
      await clinic.db.$client.query('delete from calendar_feeds');
      return { purpose: caller.endsWith('doctor') ? 'day' : 'visits' };
    },
    'POST /api/patient/dependants/': () => ({
      first_name: 'Madina',
      last_name: 'Karimova',
      date_of_birth: '2019-08-20',
      gender: 'female',
      relationship: 'parent',
    }),
    'PATCH /api/patient/dependants/{id}/': () => ({ first_name: 'Amina' }),
    'POST /api/patient/dependants/join/': async () => ({ code: await freshCode() }),
    'POST /api/appointments/': async (caller) => ({
      timeslot: await freshSlot(),
      patient: ownerFor(caller),
    }),
    'PATCH /api/appointments/{id}/': () => ({ status: 'confirmed' }),
    'POST /api/appointments/{id}/patient/': () => ({ patient: people['other patient'].id }),
    'POST /api/appointments/{id}/reschedule/': async () => ({ timeslot: await freshSlot() }),
  };

  /** Routes after which whoever called is out, or has to wait: each case has somebody of its own. */
  const once = new Set([
    'POST /api/auth/logout/',
    'DELETE /api/auth/sessions/',
    'POST /api/auth/phone/verify/',
    'POST /api/auth/email/verify/',
  ]);

  const tokenOf = async (route: string, person: Person | undefined) =>
    person && once.has(route) ? (await clinic.person(person.role)).token : person?.token;

  async function ask(route: string, caller: Caller, { slash = true, method = '' } = {}) {
    const [verb = '', template = ''] = route.split(' ');
    const record = records[route] ?? records[template.split('/')[2] ?? ''];
    const named = template
      .replace('{guardian}', String(people['own patient'].id))
      .replace('{provider}', 'google');
    const path = named.includes('{id}') ? named.replace('{id}', String(await record?.(caller))) : named;
    const sent = await bodies[route]?.(caller);
    const person = caller === 'nobody' ? undefined : people[caller];
    const token = await tokenOf(route, person);
    // It is guarded like its HEAD, which ends.
    const isStream = isEndless(method || verb, template) && caller !== 'nobody';
    const answer = await clinic.app.inject({
      method: isStream ? 'HEAD' : ((method || verb) as 'GET'),
      url: slash ? path : path.replace(/\/$/, ''),
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(Buffer.isBuffer(sent) && { 'content-type': 'image/jpeg' }),
      },
      ...(sent && { payload: sent }),
    });
    const isOneValue = !String(answer.headers['content-type']).includes('ndjson');
    const body = isOneValue && answer.body ? JSON.parse(answer.body) : answer.body;
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  return { ask, freshSlot };
}
