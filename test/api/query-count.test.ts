import supertest from 'supertest';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { accountsApp, CHANNELS, confirm, freshPhone, lastCode, signIn } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { startTelegram } from '../helpers/messages/providers.ts';
import { addPasskey, challenged, device } from '../helpers/passkeys.ts';
import { jpeg } from '../helpers/pictures.ts';
import { initData, pkce, providerAside } from '../helpers/providers.ts';
import { insertDependant, insertOffer, insertPeople, insertSlots, insertVisits } from '../helpers/rows.ts';
import { makeService } from '../helpers/services.ts';
import { watchStatements } from '../helpers/statements.ts';
import { enrol, shown, ticketOf } from '../helpers/two-step.ts';

/**
 * How many statements each endpoint sends, as one would count them by hand: a list costs one, however long; checking a
 * token costs none; a change of several tables is a transaction, whose BEGIN and COMMIT count too. Showing somebody
 * else's record costs one more, which notes it, and so does every change that is noted.
 */
let clinic: TestApp;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let aside: Awaited<ReturnType<typeof providerAside>>;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
const statements = watchStatements();
const freshDay = freshDays();

beforeAll(async () => {
  telegram = await startTelegram();
  aside = await providerAside();
  clinic = await accountsApp({
    channels: { ...CHANNELS, telegram: telegram.settings },
    ...aside.settings,
    codes_per_hour_address: 100,
    // What is asked of the database is counted, not what is answered without it.
    answers_remembered: 0,
  });
  aside.set(clinic.clock);
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
  // Once the link that announces ended sessions stands, a token is checked without a statement.
  const me = () => clinic.as(people.patient).get('/auth/me/').expect(200);
  await vi.waitFor(async () => expect(await statements.during(me)).toHaveLength(1), 30_000);
});
afterAll(async () => {
  statements.restore();
  await clinic.close();
  await Promise.all([telegram.close(), aside.played.close()]);
});

const as = (who: keyof typeof people) => clinic.as(people[who]);
const account = () => ({ username: `new-${freshDay()}`, password: PASSWORD, role: 'doctor' });
const slot = (date = freshDay()) => ({ date, start_time: '10:00', end_time: '10:30' });
const freshSlot = () => clinic.slot(people.doctor, { date: freshDay() });
const freshVisit = async () => clinic.book(people.patient, await freshSlot());
const hours = { weekday: 1, start_time: '10:00', end_time: '12:00', slot_minutes: 30 };
async function freshHoliday(): Promise<number> {
  return (await as('admin').post('/holidays/', { date: freshDay() }).expect(201)).body.id;
}
const freshRoom = () => ({ branch: 1, name: freshDay(), kind: 'consulting' });
async function freshAbsence(): Promise<number> {
  const date = freshDay();
  return (await as('doctor').post('/absences/', { from: date, to: date }).expect(201)).body.id;
}
const picture = await jpeg();
/** A doctor who has a photo. */
async function withPhoto(): Promise<number> {
  const { id } = await clinic.person('doctor');
  await as('admin').put(`/doctors/${id}/photo/`).type('image/jpeg').send(picture).expect(200);
  return id;
}
const freshService = () => makeService(clinic, people.admin, []);
async function freshSpecialization(): Promise<number> {
  return (await as('admin').post('/specializations/', { name: freshDay() }).expect(201)).body.id;
}
const WEBSITE = { name: 'Website', role: 'receptionist' };
async function freshKey(): Promise<number> {
  return (await as('admin').post('/api-keys/', WEBSITE).expect(201)).body.id;
}
const freshPerson = () => clinic.person('patient');
/** A person whose phone is confirmed, so that messages go out to it. */
async function reachable() {
  const person = await freshPerson();
  const phone = freshPhone();
  await confirm(clinic, person.id, { phone });
  return { ...person, phone };
}
const NOWHERE = 'http://127.0.0.1:1/';
/** A request about a fresh endpoint, by its path. */
async function onWebhook<Asked>(ask: (path: string) => Asked): Promise<() => Asked> {
  const { id } = (await as('admin').post('/webhooks/', { url: NOWHERE }).expect(201)).body;
  return () => ask(`/webhooks/${id}/`);
}
const secret = pkce();
const start = { redirect_uri: 'https://app.clinic.uz/signed-in', code_challenge: secret.challenge };
/** Its description is read once. */
const knownProvider = () => clinic.as(undefined).post('/auth/providers/google/start/', start).expect(200);
let nonces = 0;
async function byProvider(sub: string) {
  nonces += 1;
  const nonce = `nonce-${nonces}`;
  const id_token = await aside.played.token({ sub, nonce });
  return clinic.as(undefined).post('/auth/providers/google/id-token/', { id_token, nonce }).expect(200);
}
const byMiniApp = (id: number) =>
  clinic.as(undefined).post('/auth/telegram/', {
    init_data: initData(telegram.settings.token, clinic.clock.now(), { id }),
  });
/** Somebody with a calendar feed. */
async function withFeed(): Promise<[Person, { id: number; url: string }]> {
  const other = await freshPerson();
  const made = await clinic.as(other).post('/calendar/feeds/', { purpose: 'visits' }).expect(201);
  return [other, made.body];
}
/** A record that the desk made. */
async function freshRecord(fields: object = {}): Promise<{ id: number; phone: string }> {
  const patient = { first_name: 'Aziza', last_name: 'Karimova', phone: freshPhone(), ...fields };
  return (await as('admin').post('/patients/', patient).expect(201)).body;
}
/** A person to whom a code is on its way. */
async function withCode(contact: 'phone' | 'email') {
  const person = await freshPerson();
  const value = contact === 'phone' ? freshPhone() : `${person.username}@example.uz`;
  await clinic
    .as(person)
    .post(`/auth/${contact}/verify/`, { [contact]: value })
    .expect(202);
  return { person, code: await lastCode(clinic, person.id) };
}
/** What is done after an answer belongs to it. */
const settled = () => vi.waitFor(() => expect(statements.soFar().at(-1)).toBe('commit'), 30_000);

const CHILD = {
  first_name: 'Madina',
  last_name: 'Karimova',
  date_of_birth: '2019-08-20',
  gender: 'female',
  relationship: 'parent',
};
async function withTwoGuardians(): Promise<number> {
  const id = await insertDependant(clinic.db, people.patient.id);
  await clinic.db.$client.query(
    "insert into guardianships (guardian_id, dependant_id, relationship, created_by) values ($1, $2, 'parent', $1)",
    [(await freshPerson()).id, id],
  );
  return id;
}

/** Each prepares what it needs and gives the request to count, with the number of its statements. */
const cases: Record<string, [number, () => Promise<() => PromiseLike<supertest.Response>>]> = {
  // begin, user, profile, note, read back, commit
  'POST /api/auth/register/': [6, async () => () => clinic.as(undefined).post('/auth/register/', account())],
  // credentials; begin, session with its token, a note of it, commit (a device not seen before would be told of in between);
  // user
  'POST /api/auth/login/': [
    6,
    async () => () =>
      clinic.as(undefined).post('/auth/login/', { username: people.patient.username, password: PASSWORD }),
  ],
  // whose ticket; begin, lock person and ticket, how it stands, use the code up, the ticket; session, note, commit; user
  'POST /api/auth/login/second-step/': [
    11,
    async () => {
      const person = await freshPerson();
      const { secret } = await enrol(clinic, person);
      const ticket = await ticketOf(clinic, person);
      const body = { ticket, code: shown(clinic, secret, 1) };
      return () => clinic.as(undefined).post('/auth/login/second-step/', body);
    },
  ],
  'GET /api/auth/two-step/': [1, async () => () => as('patient').get('/auth/two-step/')],
  // begin, lock, how it stands, write, commit
  'POST /api/auth/two-step/enrol/': [
    5,
    async () => {
      const person = await freshPerson();
      return () => clinic.as(person).post('/auth/two-step/enrol/', {});
    },
  ],
  // begin, lock, how it stands, write, note; to be told: where, inbox; the other sessions, commit
  'POST /api/auth/two-step/confirm/': [
    9,
    async () => {
      const person = await freshPerson();
      const { body } = await clinic.as(person).post('/auth/two-step/enrol/', {}).expect(200);
      const code = shown(clinic, body.secret);
      return () => clinic.as(person).post('/auth/two-step/confirm/', { code });
    },
  ],
  // begin, lock, how it stands, the code, using it up, delete, note; to be told: where, inbox; commit
  'DELETE /api/auth/two-step/': [
    10,
    async () => {
      const person = await freshPerson();
      const { secret } = await enrol(clinic, person);
      const code = shown(clinic, secret, 1);
      return () => clinic.as(person).delete('/auth/two-step/', { code });
    },
  ],
  // begin, lock, delete, note; to be told: where, inbox; their sessions, commit
  'DELETE /api/users/{id}/two-step/': [
    8,
    async () => {
      const person = await freshPerson();
      await enrol(clinic, person);
      return () => as('admin').delete(`/users/${person.id}/two-step/`);
    },
  ],
  'GET /api/auth/passkeys/': [1, async () => () => as('patient').get('/auth/passkeys/')],
  // whether the session is new, those that there are, whose they are, the challenge
  'POST /api/auth/passkeys/start/': [
    4,
    async () => {
      const person = await freshPerson();
      return () => clinic.as(person).post('/auth/passkeys/start/');
    },
  ],
  // the challenge; begin, lock, how many, write, note; to be told: where, inbox; commit
  'POST /api/auth/passkeys/': [
    9,
    async () => {
      const person = await freshPerson();
      const { body } = await clinic.as(person).post('/auth/passkeys/start/').expect(200);
      const credential = device().create(body.public_key);
      return () => clinic.as(person).post('/auth/passkeys/', { credential });
    },
  ],
  // begin, lock, delete, the password, note, commit
  'DELETE /api/auth/passkeys/{id}/': [
    6,
    async () => {
      const person = await freshPerson();
      const { id } = await addPasskey(clinic, person);
      return () => clinic.as(person).delete(`/auth/passkeys/${id}/`);
    },
  ],
  'POST /api/auth/passkeys/sign-in/start/': [
    1,
    async () => () => clinic.as(undefined).post('/auth/passkeys/sign-in/start/'),
  ],
  // whose it is, the challenge; begin, its use, session, note, commit; user
  'POST /api/auth/passkeys/sign-in/': [
    8,
    async () => {
      const { device: phone } = await addPasskey(clinic, await freshPerson());
      const credential = phone.get(await challenged(clinic));
      return () => clinic.as(undefined).post('/auth/passkeys/sign-in/', { credential });
    },
  ],
  // whether the session serves
  'POST /api/auth/introspect/': [
    1,
    async () => () => as('admin').post('/auth/introspect/', { token: people.patient.token }),
  ],
  // begin, lock its person and its session, spend it for another, commit
  'POST /api/auth/token/refresh/': [
    4,
    async () => {
      const { refresh } = await freshPerson();
      return () => clinic.as(undefined).post('/auth/token/refresh/', { refresh });
    },
  ],
  'GET /api/auth/providers/': [0, async () => () => clinic.as(undefined).get('/auth/providers/')],
  'POST /api/auth/providers/{provider}/start/': [
    1,
    async () => {
      await knownProvider();
      return () => clinic.as(undefined).post('/auth/providers/google/start/', start);
    },
  ],
  // the code, whose it is; begin, session with its token, a note of it, its last use, commit; user
  'POST /api/auth/providers/token/': [
    8,
    async () => {
      await byProvider('one');
      aside.played.becomes({ sub: 'one' });
      const { body } = await clinic.as(undefined).post('/auth/providers/google/start/', start).expect(200);
      const code = await aside.codeOf(clinic, body.authorization_url);
      return () =>
        clinic.as(undefined).post('/auth/providers/token/', { code, code_verifier: secret.verifier });
    },
  ],
  // that it has served, and the same
  'POST /api/auth/providers/{provider}/id-token/': [
    8,
    async () => {
      await byProvider('two');
      return () => byProvider('two');
    },
  ],
  // the same without that
  'POST /api/auth/telegram/': [
    7,
    async () => {
      await byMiniApp(71);
      return () => byMiniApp(71);
    },
  ],
  'GET /api/auth/identities/': [1, async () => () => as('patient').get('/auth/identities/')],
  // begin, lock, unlink, the password, a note, commit
  'DELETE /api/auth/identities/{id}/': [
    6,
    async () => {
      const person = await freshPerson();
      await byMiniApp(72).set('authorization', `Bearer ${person.token}`).expect(200);
      const { body } = await clinic.as(person).get('/auth/identities/').expect(200);
      return () => clinic.as(person).delete(`/auth/identities/${body.results[0].id}/`);
    },
  ],
  'GET /api/auth/me/': [1, async () => () => as('patient').get('/auth/me/')],
  // begin, lock, change, read back, note, commit; how it stands now
  'PATCH /api/auth/me/': [7, async () => () => as('patient').patch('/auth/me/', { locale: 'uz' })],
  // the password, then what DELETE /api/users/{id}/ does
  'DELETE /api/auth/me/': [
    24,
    async () => {
      const person = await freshPerson();
      return () => clinic.as(person).delete('/auth/me/', { password: PASSWORD });
    },
  ],
  // the person, whom they look after, a note of it, and each of twenty-five kinds of rows
  'GET /api/auth/me/export/': [28, async () => () => as('patient').get('/auth/me/export/')],
  'GET /api/auth/me/access-log/': [1, async () => () => as('patient').get('/auth/me/access-log/')],
  'GET /api/auth/me/consents/': [1, async () => () => as('patient').get('/auth/me/consents/')],
  // begin, accept, note, commit, how it stands now
  'POST /api/auth/me/consents/': [
    5,
    async () => {
      const person = await freshPerson();
      return () => clinic.as(person).post('/auth/me/consents/', { accept_terms: true });
    },
  ],
  'POST /api/auth/logout/': [
    1,
    async () => {
      const person = await freshPerson();
      return () => clinic.as(person).post('/auth/logout/');
    },
  ],
  'GET /api/auth/sessions/': [1, async () => () => as('patient').get('/auth/sessions/')],
  'DELETE /api/auth/sessions/': [
    1,
    async () => {
      const person = await freshPerson();
      await signIn(clinic, person, PASSWORD).expect(200);
      return () => clinic.as(person).delete('/auth/sessions/');
    },
  ],
  'DELETE /api/auth/sessions/{id}/': [
    1,
    async () => {
      const person = await freshPerson();
      const { body } = await clinic.as(person).get('/auth/sessions/').expect(200);
      return () => clinic.as(person).delete(`/auth/sessions/${body.results[0].id}/`);
    },
  ],
  // the password; begin, lock, change, note; to be told: where, inbox, message; the other sessions, commit
  'POST /api/auth/password/change/': [
    10,
    async () => {
      const person = await reachable();
      const passwords = { old_password: PASSWORD, password: 'eleven-apricot-trees' };
      return () => clinic.as(person).post('/auth/password/change/', passwords);
    },
  ],
  // after the answer: who it is; begin, lock, and what sending a code takes, commit
  'POST /api/auth/password/reset/': [
    11,
    async () => {
      const { phone } = await reachable();
      return async () => {
        const answer = await clinic.as(undefined).post('/auth/password/reset/', { username: phone });
        await settled();
        return answer;
      };
    },
  ],
  // who it is; begin, lock, try the code, change, unlink Telegram and what was linked later, passkeys, note; to be told: where,
  // inbox, message; sessions, commit
  'POST /api/auth/password/reset/confirm/': [
    14,
    async () => {
      const { id, phone: username } = await reachable();
      await clinic.as(undefined).post('/auth/password/reset/', { username }).expect(202);
      const code = await vi.waitFor(() => lastCode(clinic, id), 30_000);
      const fields = { username, code, password: 'eleven-apricot-trees' };
      return () => clinic.as(undefined).post('/auth/password/reset/confirm/', fields);
    },
  ],
  // after the answer: begin, lock, and what sending a code takes, commit
  'POST /api/auth/claim/': [
    10,
    async () => {
      const { phone } = await freshRecord();
      return async () => {
        const answer = await clinic.as(undefined).post('/auth/claim/', { phone });
        await settled();
        return answer;
      };
    },
  ],
  // begin, lock, try the code, the sign-in, that reminders are due, consents, note, commit
  'POST /api/auth/claim/confirm/': [
    8,
    async () => {
      const { id, phone } = await freshRecord();
      await clinic.as(undefined).post('/auth/claim/', { phone }).expect(202);
      const code = await vi.waitFor(() => lastCode(clinic, id), 30_000);
      const fields = { phone, code, username: `claims.${id}`, password: PASSWORD, accept_terms: true };
      return () => clinic.as(undefined).post('/auth/claim/confirm/', fields);
    },
  ],
  // and whom messages reach
  'GET /api/patients/': [3, async () => () => as('admin').get('/patients/?search=karimova')],
  // begin, lock, who it may be, the account, the profile, note, commit; read back, whom messages reach
  'POST /api/patients/': [
    9,
    async () => {
      const patient = { first_name: 'Aziza', last_name: 'Karimova', phone: freshPhone() };
      return () => as('admin').post('/patients/', patient);
    },
  ],
  'GET /api/patients/{id}/': [3, async () => () => as('admin').get(`/patients/${people.patient.id}/`)],
  // begin, lock, the account, the profile, note, read back, whom messages reach, commit
  'PATCH /api/patients/{id}/': [
    8,
    async () => () => as('admin').patch(`/patients/${people.patient.id}/`, { first_name: 'Aziza' }),
  ],
  // begin, lock, and what sending a code takes, commit
  'POST /api/patients/{id}/phone/verify/': [
    10,
    async () => {
      const { id } = await freshRecord();
      return () => as('admin').post(`/patients/${id}/phone/verify/`);
    },
  ],
  // begin, lock, try the code, the phone, that reminders are due, note, read back, whom messages
  // reach, commit
  'POST /api/patients/{id}/phone/verify/confirm/': [
    9,
    async () => {
      const { id } = await freshRecord();
      await as('admin').post(`/patients/${id}/phone/verify/`).expect(202);
      const code = await lastCode(clinic, id);
      return () => as('admin').post(`/patients/${id}/phone/verify/confirm/`, { code });
    },
  ],
  // the same without the code
  'POST /api/patients/{id}/phone/vouch/': [
    8,
    async () => {
      const { id } = await freshRecord();
      return () => as('admin').post(`/patients/${id}/phone/vouch/`);
    },
  ],
  // begin, lock both, the child, whom messages reach; both once more, how many there are, the tie, that reminders are due; note
  // each, read back, whom messages reach, commit
  'POST /api/patients/{id}/guardians/': [
    13,
    async () => {
      const { id } = await freshRecord({ date_of_birth: '2020-02-02' });
      const guardian = { guardian: people.patient.id, relationship: 'parent' };
      return () => as('admin').post(`/patients/${id}/guardians/`, guardian);
    },
  ],
  // begin, lock both, whether visits overlap; 4 for visits, 3 for messages, 2 for wishes, 3 for consents, 7 for families and
  // profile; whether a family is too large; what an erasure takes; that it was merged, what it takes over, note, tell, that reminders are
  // due, commit; read back, whom messages reach
  'POST /api/patients/{id}/merge/': [
    48,
    async () => {
      const [from, into] = [await freshRecord(), await freshRecord()];
      return () => as('admin').post(`/patients/${from.id}/merge/`, { into: into.id });
    },
  ],
  // begin, lock, lock the sending, how many were sent, and by SMS today; end the last code, the code, where to, message, commit
  'POST /api/auth/phone/verify/': [
    10,
    async () => {
      const [person, phone] = [await freshPerson(), freshPhone()];
      return () => clinic.as(person).post('/auth/phone/verify/', { phone });
    },
  ],
  // begin, lock, what it was sent to, try the code, note, whether it replaces another, the contact, that it is confirmed, read
  // back, commit; the account, by which way it is recovered
  'POST /api/auth/phone/verify/confirm/': [
    12,
    async () => {
      const { person, code } = await withCode('phone');
      return () => clinic.as(person).post('/auth/phone/verify/confirm/', { code });
    },
  ],
  'POST /api/auth/email/verify/': [
    9,
    async () => {
      const person = await freshPerson();
      return () => clinic.as(person).post('/auth/email/verify/', { email: 'new@example.uz' });
    },
  ],
  'POST /api/auth/email/verify/confirm/': [
    12,
    async () => {
      const { person, code } = await withCode('email');
      return () => clinic.as(person).post('/auth/email/verify/confirm/', { code });
    },
  ],
  // what sending a code takes
  'POST /api/auth/phone/prove/': [
    10,
    async () => {
      const person = await reachable();
      return () => clinic.as(person).post('/auth/phone/prove/');
    },
  ],
  'POST /api/auth/email/prove/': [
    9,
    async () => {
      const person = await freshPerson();
      await confirm(clinic, person.id, { email: `${person.username}@example.uz` });
      return () => clinic.as(person).post('/auth/email/prove/');
    },
  ],
  // the list, the note of who was on it
  'GET /api/users/': [2, async () => () => as('admin').get('/users/')],
  'POST /api/users/': [6, async () => () => as('admin').post('/users/', account())],
  'GET /api/users/{id}/': [2, async () => () => as('admin').get(`/users/${people.patient.id}/`)],
  // begin, is it an admin?, lock with the contacts so far, change, note, read back, commit
  'PATCH /api/users/{id}/': [
    7,
    async () => () => as('admin').patch(`/users/${people.patient.id}/`, { first_name: 'Aziza' }),
  ],
  // begin, lock, approve, note; to be told: where, inbox; read back, commit
  'POST /api/users/{id}/approve/': [
    8,
    async () => {
      const { id } = await clinic.person('doctor');
      await clinic.db.$client.query('update doctor_profiles set approved_at = null where id = $1', [id]);
      return () => as('admin').post(`/users/${id}/approve/`);
    },
  ],
  // the caller’s password, begin, is it an admin?, lock, forget, lock visits and slots, cancel visits, remove slots, what was held for them, what they
  // waited for, what they were as a doctor and as a patient, sessions, tokens and messages and all that was kept for them, networks in the audit
  // (which is opened for it and closed again), reasons, note, when
  // they were made, for the ledger beside the backups, commit
  'DELETE /api/users/{id}/': [
    24,
    async () => {
      const { id } = await freshPerson();
      return () => as('admin').delete(`/users/${id}/`, { password: PASSWORD });
    },
  ],
  'GET /api/doctors/': [1, async () => () => as('patient').get('/doctors/?search=bulk+terapevt')],
  'GET /api/doctors/{id}/': [1, async () => () => as('patient').get(`/doctors/${people.doctor.id}/`)],
  'GET /api/doctors/{id}/timeslots/': [
    1,
    async () => {
      await freshSlot();
      return () => as('patient').get(`/doctors/${people.doctor.id}/timeslots/`);
    },
  ],
  'GET /api/specializations/': [1, async () => () => as('patient').get('/specializations/')],
  // begin, the name, note, read back, commit
  'POST /api/specializations/': [
    5,
    async () => () => as('admin').post('/specializations/', { name: freshDay() }),
  ],
  // begin, lock, rename, note, read back, commit
  'PATCH /api/specializations/{id}/': [
    6,
    async () => {
      const id = await freshSpecialization();
      return () => as('admin').patch(`/specializations/${id}/`, { name: freshDay() });
    },
  ],
  // begin, lock both, the names, the end of one, note, read back, commit
  'POST /api/specializations/{id}/join/': [
    7,
    async () => {
      const [id, into] = [await freshSpecialization(), await freshSpecialization()];
      return () => as('admin').post(`/specializations/${id}/join/`, { into });
    },
  ],
  'GET /api/api-keys/': [1, async () => () => as('admin').get('/api-keys/')],
  // begin, who stands behind it, their branches, the key, note, commit; read back
  'POST /api/api-keys/': [7, async () => () => as('admin').post('/api-keys/', WEBSITE)],
  'GET /api/api-keys/{id}/': [
    1,
    async () => {
      const id = await freshKey();
      return () => as('admin').get(`/api-keys/${id}/`);
    },
  ],
  // begin, revoke, note, commit
  'DELETE /api/api-keys/{id}/': [
    4,
    async () => {
      const id = await freshKey();
      return () => as('admin').delete(`/api-keys/${id}/`);
    },
  ],
  'GET /api/services/': [1, async () => () => as('patient').get('/services/')],
  // begin, the service, the note, read back, commit
  'POST /api/services/': [
    5,
    async () => () =>
      as('admin').post('/services/', { name: { uz: 'a', ru: 'a', en: 'a' }, duration_minutes: 30 }),
  ],
  'GET /api/services/{id}/': [
    1,
    async () => {
      const id = await freshService();
      return () => as('patient').get(`/services/${id}/`);
    },
  ],
  // begin, lock, change, note, read back, commit
  'PATCH /api/services/{id}/': [
    6,
    async () => {
      const id = await freshService();
      return () => as('admin').patch(`/services/${id}/`, { duration_minutes: 45 });
    },
  ],
  // begin, the service, the note, commit
  'DELETE /api/services/{id}/': [
    4,
    async () => {
      const id = await freshService();
      return () => as('admin').delete(`/services/${id}/`);
    },
  ],
  // whether they work here, then what they give
  'GET /api/doctors/{id}/services/': [
    2,
    async () => () => as('patient').get(`/doctors/${people.doctor.id}/services/`),
  ],
  // whether they work here; begin, one at a time, the services, forget, write, lock the slots, link them, the job, note, read
  // back, commit
  'PUT /api/doctors/{id}/services/': [
    12,
    async () => {
      const [{ id: doctor }, service] = [await clinic.person('doctor'), await freshService()];
      return () => as('admin').put(`/doctors/${doctor}/services/`, { services: [{ service }] });
    },
  ],
  'GET /api/doctor/profile/': [1, async () => () => as('doctor').get('/doctor/profile/')],
  // begin, lock, names, profile, note, read back, commit
  'PATCH /api/doctor/profile/': [
    7,
    async () => () => as('doctor').patch('/doctor/profile/', { last_name: 'Aliyev', experience_years: 7 }),
  ],
  'GET /api/patient/profile/': [1, async () => () => as('patient').get('/patient/profile/')],
  'PATCH /api/patient/profile/': [
    8,
    async () => () => as('patient').patch('/patient/profile/', { last_name: 'Karimova', gender: 'female' }),
  ],
  'POST /api/timeslots/': [1, async () => () => as('doctor').post('/timeslots/', slot())],
  'POST /api/timeslots/bulk/': [
    1,
    async () => () =>
      as('doctor').post('/timeslots/bulk/', { ...slot(), end_time: '12:00', slot_minutes: 30 }),
  ],
  // whether they are a doctor; begin, lock, change, note, commit; of one who had one, the job that removes its files
  'PUT /api/doctor/photo/': [
    6,
    async () => {
      const doctor = await clinic.person('doctor');
      return () => clinic.as(doctor).put('/doctor/photo/').type('image/jpeg').send(picture);
    },
  ],
  'PUT /api/doctors/{id}/photo/': [
    7,
    async () => {
      const path = `/doctors/${await withPhoto()}/photo/`;
      return () => as('admin').put(path).type('image/jpeg').send(picture);
    },
  ],
  // begin, lock, change, the job, note, commit
  'DELETE /api/doctors/{id}/photo/': [
    6,
    async () => {
      const path = `/doctors/${await withPhoto()}/photo/`;
      return () => as('admin').delete(path);
    },
  ],
  // there is none
  'DELETE /api/doctor/photo/': [3, async () => () => as('doctor').delete('/doctor/photo/')],
  'GET /photos/{file}': [
    0,
    async () => {
      const { body } = await as('patient').get(`/doctors/${await withPhoto()}/`);
      return () => supertest(clinic.app.server).get(body.photo.small);
    },
  ],
  'GET /api/doctor/schedule/': [1, async () => () => as('doctor').get('/doctor/schedule/')],
  // begin, lock the holidays, the doctor; the week before, where it is; forget, write the week; take back, publish; who is left
  // outside; commit
  'PUT /api/doctor/schedule/': [
    11,
    async () => () => as('doctor').put('/doctor/schedule/', { schedule: [hours] }),
  ],
  'GET /api/doctors/{id}/schedule/': [
    1,
    async () => () => as('admin').get(`/doctors/${people.doctor.id}/schedule/`),
  ],
  // the same, and the note of it
  'PUT /api/doctors/{id}/schedule/': [
    12,
    async () => () => as('admin').put(`/doctors/${people.doctor.id}/schedule/`, { schedule: [hours] }),
  ],
  'GET /api/holidays/': [1, async () => () => as('patient').get('/holidays/')],
  // begin, lock, the holiday with its slots, count what was taken back, the note, what stands, commit
  'POST /api/holidays/': [7, async () => () => as('admin').post('/holidays/', { date: freshDay() })],
  'GET /api/holidays/{id}/': [
    1,
    async () => {
      const id = await freshHoliday();
      return () => as('patient').get(`/holidays/${id}/`);
    },
  ],
  // begin, the holiday, the publishing job, the note, commit
  'DELETE /api/holidays/{id}/': [
    5,
    async () => {
      const id = await freshHoliday();
      return () => as('admin').delete(`/holidays/${id}/`);
    },
  ],
  'GET /api/branches/': [1, async () => () => as('patient').get('/branches/')],
  // begin, the branch, the note, commit
  'POST /api/branches/': [
    4,
    async () => () => as('admin').post('/branches/', { name: freshDay(), is_active: false }),
  ],
  'GET /api/branches/{id}/': [1, async () => () => as('patient').get('/branches/1/')],
  // begin, how long it may take, lock, change, the note, read back, commit
  'PATCH /api/branches/{id}/': [
    7,
    async () => () => as('admin').patch('/branches/1/', { address: 'Toshkent' }),
  ],
  // begin, the branch, the note, commit
  'DELETE /api/branches/{id}/': [
    4,
    async () => {
      const { body } = await as('admin').post('/branches/', { name: freshDay(), is_active: false });
      return () => as('admin').delete(`/branches/${body.id}/`);
    },
  ],
  'GET /api/rooms/': [1, async () => () => as('doctor').get('/rooms/')],
  // begin, the room, the note, commit
  'POST /api/rooms/': [4, async () => () => as('admin').post('/rooms/', freshRoom())],
  'GET /api/rooms/{id}/': [
    1,
    async () => {
      const { body } = await as('admin').post('/rooms/', freshRoom());
      return () => as('doctor').get(`/rooms/${body.id}/`);
    },
  ],
  // begin, how long it may take, lock the room, its slots; close it, count its visits, take slots back; the note, read back, commit
  'PATCH /api/rooms/{id}/': [
    10,
    async () => {
      const { body } = await as('admin').post('/rooms/', freshRoom());
      return () => as('admin').patch(`/rooms/${body.id}/`, { is_active: false });
    },
  ],
  // begin, the room, the note, commit
  'DELETE /api/rooms/{id}/': [
    4,
    async () => {
      const { body } = await as('admin').post('/rooms/', freshRoom());
      return () => as('admin').delete(`/rooms/${body.id}/`);
    },
  ],
  'GET /api/absences/': [1, async () => () => as('doctor').get('/absences/')],
  // whose it is, then the absence
  'GET /api/absences/{id}/': [
    2,
    async () => {
      const id = await freshAbsence();
      return () => as('doctor').get(`/absences/${id}/`);
    },
  ],
  // whose it is; begin, the absence, lock the holidays, the doctor; take it back, publish the week again, commit
  'DELETE /api/absences/{id}/': [
    9,
    async () => {
      const id = await freshAbsence();
      return () => as('doctor').delete(`/absences/${id}/`);
    },
  ],
  'GET /api/timeslots/': [1, async () => () => as('doctor').get('/timeslots/')],
  // begin, the patient, their wishes, the entry, read back, commit; what is free already
  'POST /api/waitlist/': [
    7,
    async () => {
      const date = freshDay();
      return () => as('patient').post('/waitlist/', { doctor: people.doctor.id, from: date, to: date });
    },
  ],
  // begin, the guardian; the child, its profile, who registered it; both locked, how many there are, the tie; a note, how it
  // stands now, commit
  'POST /api/patient/dependants/': [11, async () => () => as('patient').post('/patient/dependants/', CHILD)],
  // the children, the note that somebody looked at them
  'GET /api/patient/dependants/': [
    2,
    async () => {
      await insertDependant(clinic.db, people.patient.id);
      return () => as('patient').get('/patient/dependants/');
    },
  ],
  'GET /api/patient/dependants/{id}/': [
    2,
    async () => {
      const id = await insertDependant(clinic.db, people.patient.id);
      return () => as('patient').get(`/patient/dependants/${id}/`);
    },
  ],
  // begin, both locked, whether they look after them; the person, the change; a note, how it stands now, commit
  'PATCH /api/patient/dependants/{id}/': [
    8,
    async () => {
      const id = await insertDependant(clinic.db, people.patient.id);
      return () => as('patient').patch(`/patient/dependants/${id}/`, { first_name: 'Amina' });
    },
  ],
  // begin, both locked, how many there are and whether they look after them, the tie, a note, commit
  'DELETE /api/patient/dependants/{id}/': [
    6,
    async () => {
      const id = await withTwoGuardians();
      return () => as('patient').delete(`/patient/dependants/${id}/`);
    },
  ],
  // begin, both locked, whether they look after them; the code before, the code; a note, commit
  'POST /api/patient/dependants/{id}/invite/': [
    7,
    async () => {
      const id = await insertDependant(clinic.db, people.patient.id);
      return () => as('patient').post(`/patient/dependants/${id}/invite/`);
    },
  ],
  // begin, whose code it is, both locked, whether they look after them already, the code is used; both locked, how many there
  // are, the tie; a note, reminders are planned, commit; how it stands now
  'POST /api/patient/dependants/join/': [
    12,
    async () => {
      const id = await insertDependant(clinic.db, people.patient.id);
      const { body } = await as('patient').post(`/patient/dependants/${id}/invite/`).expect(201);
      const other = await freshPerson();
      return () => clinic.as(other).post('/patient/dependants/join/', { code: body.code });
    },
  ],
  'DELETE /api/patients/{id}/guardians/{guardian}/': [
    7,
    async () => {
      const id = await withTwoGuardians();
      return () => as('admin').delete(`/patients/${id}/guardians/${people.patient.id}/`);
    },
  ],
  // begin, the table, the endpoint, its secret, a note, commit
  'POST /api/webhooks/': [6, async () => () => as('admin').post('/webhooks/', { url: NOWHERE })],
  'GET /api/webhooks/': [1, async () => () => as('admin').get('/webhooks/')],
  'GET /api/webhooks/{id}/': [1, async () => onWebhook((path) => as('admin').get(path))],
  'PATCH /api/webhooks/{id}/': [
    5,
    async () => onWebhook((path) => as('admin').patch(path, { description: 'CRM' })),
  ],
  'DELETE /api/webhooks/{id}/': [4, async () => onWebhook((path) => as('admin').delete(path))],
  'POST /api/webhooks/{id}/rotate/': [5, async () => onWebhook((path) => as('admin').post(`${path}rotate/`))],
  'POST /api/webhooks/{id}/test/': [2, async () => onWebhook((path) => as('admin').post(`${path}test/`))],
  'GET /api/webhooks/{id}/deliveries/': [
    2,
    async () => onWebhook((path) => as('admin').get(`${path}deliveries/`)),
  ],
  // the endpoint, the epoch and its beginning, what happened; begin, a note, commit
  'POST /api/webhooks/{id}/replay/': [
    7,
    async () =>
      onWebhook((path) =>
        as('admin').post(`${path}replay/`, { since: new Date(Date.now() + 60_000).toISOString() }),
      ),
  ],
  'POST /api/deliveries/{id}/replay/': [
    4,
    async () => {
      const { id } = (await as('admin').post('/webhooks/', { url: NOWHERE }).expect(201)).body;
      await as('admin').post(`/webhooks/${id}/test/`).expect(202);
      const { body } = await as('admin').get(`/webhooks/${id}/deliveries/`).expect(200);
      return () => as('admin').post(`/deliveries/${body.results[0].id}/replay/`);
    },
  ],
  // begin, the person, the feed, a note, commit
  'POST /api/calendar/feeds/': [
    5,
    async () => {
      const other = await freshPerson();
      return () => clinic.as(other).post('/calendar/feeds/', { purpose: 'visits' });
    },
  ],
  'GET /api/calendar/feeds/': [1, async () => () => as('patient').get('/calendar/feeds/')],
  'DELETE /api/calendar/feeds/{id}/': [
    4,
    async () => {
      const [other, { id }] = await withFeed();
      return () => clinic.as(other).delete(`/calendar/feeds/${id}/`);
    },
  ],
  'POST /api/calendar/feeds/{id}/rotate/': [
    4,
    async () => {
      const [other, { id }] = await withFeed();
      return () => clinic.as(other).post(`/calendar/feeds/${id}/rotate/`);
    },
  ],
  // the feed, its visits; that it was read, once an hour
  'GET /api/calendar/{file}': [
    3,
    async () => {
      const [, { url }] = await withFeed();
      const path = url.slice(url.indexOf('/calendar/'));
      return () => clinic.as(undefined).get(path);
    },
  ],
  'GET /api/waitlist/': [1, async () => () => as('patient').get('/waitlist/')],
  // whose it is, then the entry
  'GET /api/waitlist/{id}/': [
    2,
    async () => {
      const id = await freshOffer();
      return () => as('patient').get(`/waitlist/${id}/`);
    },
  ],
  // whose it is; begin, what is offered, lock the slot, leave; whether it is wanted with others; the slot, the list, who is next,
  // nobody; commit
  'DELETE /api/waitlist/{id}/': [
    11,
    async () => {
      const id = await freshOffer();
      return () => as('patient').delete(`/waitlist/${id}/`);
    },
  ],
  // whose it is, what is offered, then what booking takes
  'POST /api/waitlist/{id}/accept/': [
    3,
    async () => {
      const id = await freshOffer();
      return () => as('patient').post(`/waitlist/${id}/accept/`);
    },
  ],
  // as leaving, and the answer
  'POST /api/waitlist/{id}/decline/': [
    12,
    async () => {
      const id = await freshOffer();
      return () => as('patient').post(`/waitlist/${id}/decline/`);
    },
  ],
  'GET /api/timeslots/search/': [1, async () => () => as('patient').get('/timeslots/search/')],
  // whose it is, then the slot
  'GET /api/timeslots/{id}/': [
    2,
    async () => {
      const id = await freshSlot();
      return () => as('doctor').get(`/timeslots/${id}/`);
    },
  ],
  'DELETE /api/timeslots/{id}/': [
    2,
    async () => {
      const id = await freshSlot();
      return () => as('doctor').delete(`/timeslots/${id}/`);
    },
  ],
  // begin, the patient, the slots, the hold, commit
  'POST /api/timeslots/{id}/hold/': [
    5,
    async () => {
      const [id, person] = [await freshSlot(), await freshPerson()];
      return () => clinic.as(person).post(`/timeslots/${id}/hold/`);
    },
  ],
  'DELETE /api/timeslots/{id}/hold/': [
    1,
    async () => {
      const id = await freshSlot();
      await as('patient').post(`/timeslots/${id}/hold/`).expect(200);
      return () => as('patient').delete(`/timeslots/${id}/hold/`);
    },
  ],
  'POST /api/appointments/': [
    1,
    async () => {
      const timeslot = await freshSlot();
      return () => as('patient').post('/appointments/', { timeslot });
    },
  ],
  'GET /api/appointments/me/': [1, async () => () => as('patient').get('/appointments/me/')],
  'GET /api/appointments/': [1, async () => () => as('admin').get('/appointments/?status=cancelled')],
  'GET /api/appointments/{id}/': [
    1,
    async () => {
      const id = await freshVisit();
      return () => as('patient').get(`/appointments/${id}/`);
    },
  ],
  // whose it is; begin, the move, the note, the answer, commit
  'PATCH /api/appointments/{id}/': [
    6,
    async () => {
      const id = await freshVisit();
      return () => as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' });
    },
  ],
  // whose it is; the move with its note
  'DELETE /api/appointments/{id}/': [
    2,
    async () => {
      const id = await freshVisit();
      return () => as('patient').delete(`/appointments/${id}/`);
    },
  ],
  // whose it is; begin, the patient, the appointment, both slots, the move, the note, the answer, commit
  'POST /api/appointments/{id}/reschedule/': [
    9,
    async () => {
      const [id, timeslot] = [await freshVisit(), await freshSlot()];
      return () => as('patient').post(`/appointments/${id}/reschedule/`, { timeslot });
    },
  ],
  // who has it; begin, lock the patients, the visit; the change, the wishes, what both are told, the note; read back, commit
  'POST /api/appointments/{id}/patient/': [
    10,
    async () => {
      const [id, { id: patient }] = [await freshVisit(), await clinic.person('patient')];
      return () => as('admin').post(`/appointments/${id}/patient/`, { patient });
    },
  ],
  // the day, whom messages reach, the note
  'GET /api/appointments/day/': [
    3,
    async () => {
      await freshVisit();
      const { rows } = await clinic.db.$client.query('select max(date)::text as date from appointments');
      return () => as('doctor').get(`/appointments/day/?date=${rows[0].date}`);
    },
  ],
  // the page with the count, the note
  'GET /api/doctor/patients/{id}/appointments/': [
    2,
    async () => {
      await freshVisit();
      return () => as('doctor').get(`/doctor/patients/${people.patient.id}/appointments/`);
    },
  ],
  // begin, lock the doctor, the absence, lock appointments, lock slots, cancel, take slots back, the note of the
  // patients, commit: however many there are
  'POST /api/absences/': [
    9,
    async () => {
      const date = freshDay();
      await clinic.book(people.patient, await clinic.slot(people.doctor, { date }));
      await clinic.slot(people.doctor, { date, start_time: '11:00', end_time: '11:30' });
      return () => as('doctor').post('/absences/', { from: date, to: date });
    },
  ],
  // whose it is, what happened
  'GET /api/appointments/{id}/history/': [
    2,
    async () => {
      const id = await freshVisit();
      return () => as('patient').get(`/appointments/${id}/history/`);
    },
  ],
  // whose it is; begin, the mark, the note, the answer, commit
  'POST /api/appointments/{id}/arrive/': [6, () => marking('arrive')],
  'POST /api/appointments/{id}/complete/': [6, () => marking('complete')],
  'POST /api/appointments/{id}/no-show/': [6, () => marking('no-show')],
  'DELETE /api/appointments/{id}/attendance/': [
    6,
    async () => {
      const mark = await marking('arrive');
      const { body } = await mark().expect(200);
      return () => as('doctor').delete(`/appointments/${body.id}/attendance/`);
    },
  ],
  // a page, the note
  'GET /api/appointments/export/': [2, async () => () => as('admin').get('/appointments/export/')],
  // begin, the time that it may take, the figures, commit
  'GET /api/statistics/': [4, async () => () => as('doctor').get('/statistics/?by=month')],
  'GET /api/settings/': [1, async () => () => as('admin').get('/settings/')],
  // begin, the change, the note, commit; how it stands now
  'PATCH /api/settings/': [5, async () => () => as('admin').patch('/settings/', { hold_minutes: null })],
  'POST /api/stream/ticket/': [1, async () => () => as('patient').post('/stream/ticket/')],
  // what they may hear of; by HEAD, since the answer to GET has no end
  'GET /api/stream/': [
    1,
    async () => {
      const authorization = `Bearer ${people.patient.token}`;
      const asked = { method: 'HEAD', url: '/api/stream/', headers: { authorization } } as const;
      // The process then follows the log, which belongs to no request.
      await clinic.app.inject(asked);
      return () => supertest(clinic.app.server).head(asked.url).set(asked.headers);
    },
  ],
  // what it does, its channels, its own state, the readers of the log
  'GET /api/system/': [4, async () => () => as('admin').get('/system/')],
  // begin, the note, the announcement, commit
  'PUT /api/system/log-level/': [
    4,
    async () => () => as('admin').put('/system/log-level/', { level: 'error', minutes: 1 }),
  ],
  'GET /api/notifications/': [1, async () => () => as('patient').get('/notifications/')],
  'POST /api/notifications/{id}/read/': [
    1,
    async () => {
      const id = await insertNotification(people.patient.id);
      return () => as('patient').post(`/notifications/${id}/read/`);
    },
  ],
  'POST /api/notifications/read-all/': [1, async () => () => as('patient').post('/notifications/read-all/')],
  'GET /api/notifications/preferences/': [
    1,
    async () => () => as('patient').get('/notifications/preferences/'),
  ],
  // begin, the change, planning reminders anew, commit; how it stands now
  'PATCH /api/notifications/preferences/': [
    5,
    async () => () => as('patient').patch('/notifications/preferences/', { quiet_hours: { enabled: false } }),
  ],
  // whether a chat is linked, the link
  'POST /api/notifications/telegram/link/': [
    2,
    async () => () => as('patient').post('/notifications/telegram/link/'),
  ],
  // whether a chat is linked; the password; begin, unlink, note, tell, commit
  'DELETE /api/notifications/telegram/link/': [
    7,
    async () => {
      const person = await freshPerson();
      await clinic.db.$client.query("insert into telegram_chats (user_id, chat_id) values ($1, '77')", [
        person.id,
      ]);
      return () => clinic.as(person).delete('/notifications/telegram/link/', { password: PASSWORD });
    },
  ],
  // the list, the note of who was on it
  'GET /api/messages/': [2, async () => () => as('admin').get('/messages/')],
  // begin, back into the queue, its job, a note of it, commit
  'POST /api/messages/{id}/retry/': [
    5,
    async () => {
      const id = await insertMessage(people.patient.id, 'failed');
      return () => as('admin').post(`/messages/${id}/retry/`);
    },
  ],
  // begin, back into the queue with their jobs, a note of each, commit
  'POST /api/messages/retry/': [
    4,
    async () => {
      await insertMessage(people.patient.id, 'failed');
      return () => as('admin').post('/messages/retry/', { channel: 'sms' });
    },
  ],
  // the list, the note that somebody looked at it
  'GET /api/audit/': [2, async () => () => as('admin').get('/audit/')],
  'GET /api/clinic/': [1, async () => () => supertest(clinic.app.server).get('/api/clinic/')],
  'GET /health/live': [0, async () => () => supertest(clinic.app.server).get('/health/live')],
  'GET /health/ready': [1, async () => () => supertest(clinic.app.server).get('/health/ready')],
};

/** A visit that can be marked, and the request that does so. */
async function marking(path: string) {
  const id = await freshVisit();
  await clinic.db.$client.query(
    "update appointments set status = 'confirmed', date = date '2020-01-01' + id where id = $1",
    [id],
  );
  return () => as('doctor').post(`/appointments/${id}/${path}/`);
}

const freshOffer = () =>
  insertOffer(clinic.db, { doctor: people.doctor.id, patient: people.patient.id, date: freshDay() });

async function insertNotification(user: number): Promise<number> {
  const { rows } = await clinic.db.$client.query(
    `insert into notifications (key, user_id, kind) values ('count:' || gen_random_uuid(), $1, 'password_changed')
     returning id`,
    [user],
  );
  return rows[0].id;
}

async function insertMessage(user: number, status: 'sent' | 'failed'): Promise<number> {
  const { rows } = await clinic.db.$client.query(
    `insert into messages (key, user_id, channel, kind, params, status)
     values ('count:' || gen_random_uuid(), $1, 'sms', 'password_changed', '{}', $2) returning id`,
    [user, status],
  );
  return rows[0].id;
}

test.each(Object.keys(cases))('%s', async (route) => {
  const [expected, prepare] = cases[route] ?? [-1, undefined];
  const request = await prepare?.();
  const all = await statements.during(async () => {
    const answer = await request?.();
    expect(answer?.status, answer?.text).toBeLessThan(300);
  });
  // What this process hears of its own change to the policy makes it read the policy again, before its answer or after.
  const sent = route === 'PATCH /api/settings/' ? [...new Set(all)] : all;
  expect(sent, sent.join('\n')).toHaveLength(expected);
});

test('every endpoint is counted', () => {
  expect(Object.keys(cases).sort()).toEqual([...clinic.app.documentedRoutes.keys()].sort());
});

test('a list of 50 rows costs what a list of one row does: one statement, and one that notes whose records it showed', async () => {
  const { admin, doctor, patient } = people;
  await insertPeople(clinic.db, 'doctor', 60);
  await insertSlots(clinic.db, doctor.id, 60, '2027-01-01');
  await insertVisits(clinic.db, { doctor: doctor.id, patient: patient.id, booked_by: admin.id }, 60);
  await clinic.db.$client.query(
    `with days as (insert into holidays (date) select date '2040-01-01' + n from generate_series(1, 60) n)
     insert into absences (doctor_id, "from", "to", created_by)
     select $1, date '2040-01-01' + n, date '2040-01-01' + n, $1 from generate_series(1, 60) n`,
    [doctor.id],
  );
  await clinic.db.$client.query(`
    insert into branches (name, is_active) select 'Bulk ' || n, false from generate_series(1, 60) n;
    insert into rooms (branch_id, name, kind) select 1, 'Bulk ' || n, 'bulk' from generate_series(1, 60) n`);
  for (let one = 0; one < 60; one += 1) {
    await insertNotification(patient.id);
    await insertMessage(patient.id, 'sent');
    await signIn(clinic, patient, PASSWORD).expect(200);
    await as('admin').get(`/users/${patient.id}/`).expect(200);
  }
  await clinic.db.$client.query(
    `insert into waitlist_entries (patient_id, doctor_id, "from", "to", status)
     select $1, $2, '2026-05-01', '2026-05-02', 'left' from generate_series(1, 60)`,
    [patient.id, doctor.id],
  );
  const lists = [
    ['admin', '/users/', 2],
    ['patient', '/doctors/', 1],
    ['patient', `/doctors/${doctor.id}/timeslots/`, 1],
    ['doctor', '/timeslots/', 1],
    ['patient', '/waitlist/', 1],
    ['admin', '/waitlist/', 2],
    ['patient', '/holidays/', 1],
    ['patient', '/branches/', 1],
    ['doctor', '/rooms/', 1],
    ['doctor', '/absences/', 1],
    ['admin', '/absences/', 2],
    ['patient', '/timeslots/search/', 1],
    ['admin', '/appointments/', 2],
    ['admin', '/appointments/me/', 2],
    ['doctor', '/appointments/me/', 2],
    ['patient', '/appointments/me/', 1],
    ['patient', '/auth/sessions/', 1],
    ['patient', '/auth/me/access-log/', 1],
    ['patient', '/notifications/', 1],
    ['admin', '/messages/', 2],
    ['admin', '/audit/', 2],
  ] as const;
  for (const [who, path, statementsEach] of lists) {
    for (const size of [1, 50]) {
      let rows: unknown[] = [];
      const sent = await statements.during(async () => {
        rows = (await as(who).get(`${path}?page_size=${size}`).expect(200)).body.results;
      });
      expect({ path, rows: rows.length, statements: sent.length }).toEqual({
        path,
        rows: size,
        statements: statementsEach,
      });
    }
  }
});
