import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { empty, testDatabase } from '../helpers/database.ts';

/**
 * The rules as the database keeps them, with no application before it: each constraint and trigger of drizzle/*.sql is
 * broken by hand and must refuse by its name, since that name is what the API's answers hang on.
 */
let db: Db;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, url, close } = await testDatabase());
  await run(`
    insert into users (username, password_hash, role) overriding system value
    values ('doctor', 'x', 'doctor'), ('other', 'x', 'doctor'), ('patient', 'x', 'patient'), ('admin', 'x', 'admin')`);
  await run('insert into doctor_profiles (id) values (1), (2)');
  await run('insert into patient_profiles (id) values (3), (1)');
  await run('insert into sessions (user_id) values (3)');
});
afterAll(() => close());
beforeEach(async () => {
  await run('alter table appointments enable trigger all');
  await empty(
    db,
    'timeslots',
    'absences',
    'waitlist_entries',
    'weekly_hours',
    'holidays',
    'guardianships',
    'guardian_invitations',
    'rooms',
    'services',
    'doctor_services',
    'receptionist_branches',
    'calendar_feeds',
    'webhook_endpoints',
    'api_keys',
  );
  await run('delete from branches where id > 1');
});

const run = (text: string) => db.$client.query(text);

/** A slot's values as SQL; by default doctor 1, half an hour. */
const slot = (id: number, { doctor = 1, date = '2026-03-10', start = '10:00', end = '10:30' } = {}) =>
  `insert into timeslots (id, doctor_id, date, start_time, end_time) overriding system value
   values (${id}, ${doctor}, '${date}', '${start}', '${end}')`;

interface Visit {
  id?: number;
  doctor?: number;
  patient?: number;
  timeslot?: number | null;
  start?: string;
  end?: string;
  status?: string;
  booked_by?: number;
  cancelled_by?: number | null;
}
const visit = (fields: Visit = {}) => {
  const { id = 1, doctor = 1, patient = 3, timeslot = 1, start = '10:00', end = '10:30' } = fields;
  const { status = 'pending', booked_by = 3, cancelled_by = null } = fields;
  return `insert into appointments
      (id, doctor_id, patient_id, timeslot_id, date, start_time, end_time, status, booked_by, cancelled_by)
    overriding system value
    values (${id}, ${doctor}, ${patient}, ${timeslot}, '2026-03-10', '${start}', '${end}', '${status}', ${booked_by},
      ${cancelled_by})`;
};
const move = (status: string) => `update appointments set status = '${status}' where id = 1`;

const consent = (user: number) =>
  `insert into consents (user_id, document, version) values (${user}, 'terms', '1')`;
const code = ({ id = 9, user = 3, purpose = 'verify_phone', tries = 0 }) =>
  `insert into codes (id, user_id, purpose, destination, code_hash, tries, expires_at) overriding system value
   values (${id}, ${user}, '${purpose}', 'x', 'x', ${tries}, now())`;
const contactChange = ({ id = 1, user = 3, contact = 'phone', old = 'null', token = 'a' }) =>
  `insert into contact_changes (id, user_id, contact, old_value, token_hash, expires_at) overriding system value
   values (${id}, ${user}, '${contact}', ${old}, '${token}', now())`;
const note = (id: number, { actor = 4, subject = 3 } = {}) =>
  `insert into audit_entries (id, actor_id, subject_id, action) overriding system value
   values (${id}, ${actor}, ${subject}, 'user.read')`;
interface Told {
  id: number;
  key: string;
  user?: number;
  appointment?: number;
}
const notice = ({ id, key, user = 3, appointment }: Told) =>
  `insert into notifications (id, key, user_id, kind, appointment_id) overriding system value
   values (${id}, '${key}', ${user}, 'booked', ${appointment ?? null})`;
const message = ({ id, key, user = 3, appointment }: Told) =>
  `insert into messages (id, key, user_id, channel, kind, appointment_id) overriding system value
   values (${id}, '${key}', ${user}, 'sms', 'booked', ${appointment ?? null})`;
const preferences = (user: number) => `insert into notification_preferences (user_id) values (${user})`;
const chat = (user: number, id: string) =>
  `insert into telegram_chats (user_id, chat_id) values (${user}, '${id}')`;
const link = (token: string, user: number, appointment?: number) =>
  `insert into one_use_links (token_hash, purpose, user_id, appointment_id, expires_at)
   values ('${token}', 'telegram', ${user}, ${appointment ?? null}, now())`;

const event = ({ id = 1, appointment = 1, by = 4 }) =>
  `insert into appointment_events (id, appointment_id, kind, by) overriding system value
   values (${id}, ${appointment}, 'confirmed', ${by})`;
const noted = (id: number) =>
  `insert into events (id, type) overriding system value values (${id}, 'user.changed')`;
const trouble = (id: number) =>
  `insert into event_troubles (reader, event_id, tries, retry_at) values ('history', ${id}, 0, now())`;
interface Away {
  id?: number;
  doctor?: number;
  from?: string;
  to?: string;
  start?: string;
  end?: string;
  by?: number;
}
const absence = ({
  id = 1,
  doctor = 1,
  from = '2026-03-10',
  start = '00:00',
  end = '24:00',
  ...rest
}: Away) =>
  `insert into absences (id, doctor_id, "from", "to", start_time, end_time, created_by) overriding system value
   values (${id}, ${doctor}, '${from}', '${rest.to ?? from}', '${start}', '${end}', ${rest.by ?? 4})`;
interface Hours {
  id?: number;
  doctor?: number;
  weekday?: number;
  start?: string;
  end?: string;
  slot?: number;
  pause?: number;
  from?: string | null;
  until?: string | null;
}
const hours = ({ id = 1, doctor = 1, weekday = 1, start = '09:00', end = '12:00', ...rest }: Hours = {}) => {
  const { slot: length = 30, pause = 0, from = null, until = null } = rest;
  const day = (date: string | null) => (date === null ? 'null' : `'${date}'`);
  return `insert into weekly_hours
      (id, doctor_id, weekday, start_time, end_time, slot_minutes, break_minutes, valid_from, valid_until)
    overriding system value
    values (${id}, ${doctor}, ${weekday}, '${start}', '${end}', ${length}, ${pause}, ${day(from)}, ${day(until)})`;
};
const withdrawn = (doctor: number) =>
  `insert into withdrawn_timeslots (doctor_id, date, start_time, end_time)
   values (${doctor}, '2026-03-10', '10:00', '10:30')`;
const holiday = (id: number, date: string) =>
  `insert into holidays (id, date) overriding system value values (${id}, '${date}')`;
const feed = ({ id = 1, user = 3, token = 'a' } = {}) =>
  `insert into calendar_feeds (id, user_id, purpose, token_hash) overriding system value
   values (${id}, ${user}, 'visits', '${token}')`;
const endpoint = ({ id = 1, by = 1 } = {}) =>
  `insert into webhook_endpoints (id, url, created_by) overriding system value values (${id}, 'x', ${by})`;
const apiKey = ({ id = 1, user = 3, by = 4, hash = 'a' } = {}) =>
  `insert into api_keys (id, name, user_id, key_hash, key_end, scopes, created_by) overriding system value
   values (${id}, 'x', ${user}, '${hash}', 'x', '{}', ${by})`;
const specialization = (id: number, name: string) =>
  `insert into specializations (id, name) overriding system value values (${id}, '${name}')`;
const delivery = ({ id = 1, webhook = 1, message = 'a' } = {}) =>
  `insert into webhook_deliveries (id, endpoint_id, message_id, type, body) overriding system value
   values (${id}, ${webhook}, '${message}', 'x', '{}')`;
const setting = (change: string) => `update clinic_settings set ${change}`;
const answerKept = (key: string, { user = 3, subject = 3 } = {}) =>
  `insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id)
   values (${user}, 'POST /api/appointments/', '${key}', 'x', '{}', ${subject})`;
interface Wish {
  id?: number;
  patient?: number;
  doctor?: number | null;
  to?: string;
  after?: string;
  before?: string;
  status?: string;
  appointment?: number | null;
}
const wish = ({ id = 1, patient = 3, doctor = 1, to = '2026-03-10', ...rest }: Wish = {}) => {
  const { after = '09:00', before = '18:00', status = 'waiting', appointment = null } = rest;
  return `insert into waitlist_entries
      (id, patient_id, doctor_id, "from", "to", after, before, status, appointment_id)
    overriding system value
    values (${id}, ${patient}, ${doctor}, '2026-03-10', '${to}', '${after}', '${before}', '${status}', ${appointment})`;
};
const offer = ({ id = 1, entry = 1, timeslot = 1, outcome = null as string | null } = {}) =>
  `insert into waitlist_offers (id, entry_id, timeslot_id, offered_at, expires_at, outcome) overriding system value
   values (${id}, ${entry}, ${timeslot}, now(), now(), ${outcome && `'${outcome}'`})`;
const hold = (id: number, patient: number) =>
  `update timeslots set held_by = ${patient}, held_until = now() where id = ${id}`;
/** By an account, for a patient. */
const holdOf = (id: number, patient: number, account: number) =>
  `update timeslots set held_by = ${patient}, held_until = now(), last_held_by = ${account}, last_held_until = now()
   where id = ${id}`;
const tie = (guardian: number, dependant: number, by = guardian) =>
  `insert into guardianships (guardian_id, dependant_id, relationship, created_by)
   values (${guardian}, ${dependant}, 'parent', ${by})`;
const invitation = ({ id = 1, dependant = 1, by = 3, code = 'a', used_by = 'null', used_at = 'null' } = {}) =>
  `insert into guardian_invitations (id, dependant_id, invited_by, code_hash, expires_at, used_by, used_at)
   overriding system value
   values (${id}, ${dependant}, ${by}, '${code}', now(), ${used_by}, ${used_at})`;
const twoSlots = [slot(1), slot(2, { start: '11:00', end: '11:30' })];

/** The last statement of each is the one that is refused. */
const branch = (id: number) =>
  `insert into branches (id, name) overriding system value values (${id}, 'Branch ${id}')`;
const room = (id: number, of = 1) =>
  `insert into rooms (id, branch_id, name, kind) overriding system value values (${id}, ${of}, 'Room ${id}', 'consulting')`;
const use = ({
  id = 1,
  timeslot,
  appointment,
}: {
  id?: number;
  timeslot?: number;
  appointment?: number;
} = {}) =>
  `insert into room_uses (id, room_id, date, start_time, end_time, timeslot_id, appointment_id) overriding system value
   values (${id}, 1, '2026-03-10', '10:00', '10:30', ${timeslot ?? null}, ${appointment ?? null})`;
const service = (id: number, more: Record<string, string | number> = {}) => {
  const fields = { id, name: "'{}'", duration_minutes: 30, ...more };
  return `insert into services (${Object.keys(fields)}) overriding system value values (${Object.values(fields)})`;
};
const given = ({ doctor = 1, more = {} }: { doctor?: number; more?: Record<string, unknown> } = {}) => {
  const fields = { doctor_id: doctor, service_id: 1, ...more };
  return `insert into doctor_services (${Object.keys(fields)}) values (${Object.values(fields)})`;
};
const streamTicket = (hash: string, session = 1) =>
  `insert into stream_tickets (token_hash, session_id, expires_at) values ('${hash}', ${session}, now())`;
const twoStep = (user: number) => `insert into two_step (user_id, secret) values (${user}, 'x')`;
const recoveryCode = (hash: string, user = 3) =>
  `insert into recovery_codes (code_hash, user_id) values ('${hash}', ${user})`;
const identity = ({ id = 1, user = 3, provider = 'google', subject = 'a' } = {}) =>
  `insert into identities (id, user_id, provider, issuer, subject) overriding system value
   values (${id}, ${user}, '${provider}', 'https://accounts.google.com', '${subject}')`;
const signInStart = (state: string, { code = 'null', user = 'null', session = 'null' } = {}) =>
  `insert into sign_in_starts (state_hash, provider, redirect_uri, code_challenge, accept_terms, expires_at, code_hash, user_id,
     session_id) values ('${state}', 'google', 'https://app.clinic.uz/', 'c', false, now(), ${code}, ${user}, ${session})`;
const passkey = ({ id = 1, user = 3, credential = 'a', handle = 'a' } = {}) =>
  `insert into passkeys (id, user_id, credential_id, public_key, user_handle, name) overriding system value
   values (${id}, ${user}, '${credential}', 'k', '${handle}', 'Phone')`;
const passkeyChallenge = (hash: string, { user = '3', handle = "'a'" } = {}) =>
  `insert into passkey_challenges (challenge_hash, user_id, user_handle, expires_at)
   values ('${hash}', ${user}, ${handle}, now())`;
const spentIdToken = "insert into spent_id_tokens (token_hash, expires_at) values ('a', now())";
const signInTicket = (letter: string, { user = 3, bytes = 32 } = {}) =>
  `insert into sign_in_tickets (token_hash, user_id, expires_at) values ('${letter.repeat(bytes)}', ${user}, now())`;
/** A slot keeps its place: it is changed as its owner would not. */
const never = (change: string) =>
  `alter table timeslots disable trigger timeslots_never_move; update timeslots set ${change};
   alter table timeslots enable trigger timeslots_never_move`;
const inBranch = (id: number) => never(`branch_id = ${id}`);

const refused: Record<string, string[]> = {
  appointments_doctor_no_overlap: [
    slot(1),
    slot(2, { start: '10:30', end: '11:00' }),
    visit(),
    `insert into users (id, username, password_hash, role) overriding system value values (77, 'seventh', 'x', 'patient')
       on conflict do nothing;
     insert into patient_profiles (id) values (77) on conflict do nothing`,
    visit({ id: 2, patient: 77, timeslot: 2, start: '10:15', end: '11:00' }),
  ],
  api_keys_pkey: [apiKey(), apiKey({ user: 1, hash: 'b' })],
  api_keys_hash: [apiKey(), apiKey({ id: 2, user: 1 })],
  api_keys_user: [apiKey(), apiKey({ id: 2, hash: 'b' })],
  api_keys_user_id_users_id_fk: [apiKey({ user: 999 })],
  api_keys_created_by_users_id_fk: [apiKey({ by: 999 })],
  api_keys_revoked_by_users_id_fk: [apiKey(), 'update api_keys set revoked_at = now(), revoked_by = 999'],
  api_keys_revoked_is_whole: [apiKey(), 'update api_keys set revoked_at = now()'],
  specializations_pkey: [specialization(501, 'One'), specialization(501, 'Two')],
  specialization_names_pkey: [specialization(502, 'Three'), specialization(503, 'THREE')],
  specialization_names_specialization_id_specializations_id_fk: [
    "insert into specialization_names (folded, specialization_id) values ('four', 999)",
  ],
  doctor_profiles_specialization_id_specializations_id_fk: [
    'update doctor_profiles set specialization_id = 999 where id = 1',
  ],
  token_algorithms_pkey: [
    "insert into token_algorithms (algorithm) values ('x')",
    "insert into token_algorithms (algorithm) values ('x')",
  ],
  appointments_service_id_services_id_fk: [
    slot(1),
    `${visit()}; update appointments set service_id = 9, service_name = '{}'`,
  ],
  appointments_service_is_whole: [slot(1), `${visit()}; update appointments set price = 5`],
  appointments_slots_whole: [
    slot(1),
    slot(2, { start: '11:00', end: '11:30' }),
    `${visit()}; update appointments set further_timeslots = '{2}'`,
  ],
  branches_in_use: [branch(2), `${slot(1)}; ${inBranch(2)}`, 'delete from branches where id = 2'],
  branches_name_key: [branch(2), branch(3).replace('Branch 3', 'BRANCH 2')],
  calendar_epochs_pkey: ["insert into calendar_epochs values (0, 'x')"],
  calendar_feeds_pkey: [feed(), feed({ token: 'b' })],
  calendar_feeds_token: [feed(), feed({ id: 2 })],
  calendar_feeds_user_id_users_id_fk: [feed({ user: 999 })],
  webhook_endpoints_pkey: [endpoint(), endpoint()],
  webhook_endpoints_created_by_users_id_fk: [endpoint({ by: 999 })],
  webhook_endpoints_off: [endpoint(), "update webhook_endpoints set off_reason = 'gone' where id = 1"],
  webhook_endpoints_previous_is_whole: [
    endpoint(),
    "update webhook_endpoints set previous_secret = 'x' where id = 1",
  ],
  webhook_deliveries_pkey: [endpoint(), delivery(), delivery({ message: 'b' })],
  webhook_deliveries_once: [endpoint(), delivery(), delivery({ id: 2 })],
  webhook_deliveries_endpoint_id_webhook_endpoints_id_fk: [delivery({ webhook: 999 })],
  branches_pkey: [branch(2), branch(2).replace('Branch 2', 'Other')],
  doctor_services_doctor_id_doctor_profiles_id_fk: [service(1), given({ doctor: 9 })],
  doctor_services_doctor_id_service_id_pk: [service(1), given(), given()],
  doctor_services_duration: [service(1), given({ more: { duration_minutes: 4 } })],
  doctor_services_own_price: [service(1), given({ more: { price: 5, currency: "'UZS'" } })],
  doctor_services_price: [service(1), given({ more: { has_own_price: true, price: -1, currency: "'UZS'" } })],
  doctor_services_price_has_currency: [service(1), given({ more: { has_own_price: true, price: 5 } })],
  doctor_services_service_id_services_id_fk: [given()],
  holidays_branch_id_branches_id_fk: ["insert into holidays (date, branch_id) values ('2026-03-11', 9)"],
  receptionist_branches_branch_id_branches_id_fk: ['insert into receptionist_branches values (4, 9)'],
  receptionist_branches_user_id_branch_id_pk: [
    'insert into receptionist_branches values (4, 1)',
    'insert into receptionist_branches values (4, 1)',
  ],
  receptionist_branches_user_id_users_id_fk: ['insert into receptionist_branches values (99, 1)'],
  room_uses_appointment_id_appointments_id_fk: [room(1), use({ appointment: 9 })],
  room_uses_held_with_slot: [
    room(1),
    slot(1),
    visit(),
    `${use({ appointment: 1 })}; update room_uses set is_held = true`,
  ],
  room_uses_no_overlap: [
    room(1),
    slot(1),
    slot(2, { doctor: 2 }),
    use({ timeslot: 1 }),
    use({ id: 2, timeslot: 2 }),
  ],
  room_uses_one_use: [room(1), use()],
  room_uses_pkey: [room(1), slot(1), use({ timeslot: 1 }), use({ timeslot: 1 })],
  room_uses_timeslot_id_timeslots_id_fk: [room(1), use({ timeslot: 9 })],
  rooms_branch_id_branches_id_fk: [room(1, 9)],
  rooms_in_use: [room(1), slot(1), `${visit()}; update appointments set room_id = 1`, 'delete from rooms'],
  rooms_name_key: [room(1), room(2).replace('Room 2', 'ROOM 1')],
  rooms_pkey: [room(1), room(1).replace('Room 1', 'Other')],
  services_ages: [service(1, { min_age: 9, max_age: 8 })],
  services_duration: [service(1, { duration_minutes: 4 })],
  services_pkey: [service(1), service(1)],
  services_price: [service(1, { price: -1, currency: "'UZS'" })],
  services_price_has_currency: [service(1, { price: 1 })],
  timeslots_branch_id_branches_id_fk: [`${slot(1)}; ${inBranch(9)}`],
  timeslots_break: [
    "insert into timeslots (doctor_id, date, start_time, end_time, break_minutes) values (1, '2026-03-10', '10:00', '10:30', -1)",
  ],
  timeslots_room_id_rooms_id_fk: [`${slot(1)}; ${never('room_id = 9')}`],
  timeslots_taken_stays: [slot(1), visit(), 'delete from timeslots'],
  users_merged_is_deleted: ['update users set merged_into = 1 where id = 3'],
  users_reached_phone_is_there: ['update users set phone_reached_at = now() where id = 3'],
  waitlist_entries_branch_id_branches_id_fk: [wish(), 'update waitlist_entries set branch_id = 9'],
  waitlist_entries_service_id_services_id_fk: [wish(), 'update waitlist_entries set service_id = 9'],
  weekly_hours_branch_id_branches_id_fk: [hours(), 'update weekly_hours set branch_id = 9'],
  weekly_hours_room_id_rooms_id_fk: [hours(), 'update weekly_hours set room_id = 9'],
  users_username_key: ["insert into users (username, password_hash, role) values ('DOCTOR', 'x', 'patient')"],
  users_deleted_is_inactive: ['update users set deleted_at = now() where id = 4'],
  users_active_has_password: ['update users set password_hash = null where id = 4'],
  users_pkey: [
    "insert into users (id, username, password_hash, role) overriding system value values (1, 'x', 'x', 'admin')",
  ],
  doctor_profiles_pkey: ['insert into doctor_profiles (id) values (1)'],
  doctor_profiles_id_users_id_fk: ['insert into doctor_profiles (id) values (99)'],
  doctor_profiles_experience_years: ['update doctor_profiles set experience_years = 81'],
  patient_profiles_pkey: ['insert into patient_profiles (id) values (3)'],
  patient_profiles_id_users_id_fk: ['insert into patient_profiles (id) values (99)'],
  patient_profiles_registered_by_users_id_fk: ['update patient_profiles set registered_by = 99'],
  guardianships_guardian_id_dependant_id_pk: [tie(3, 1), tie(3, 1)],
  guardianships_not_of_oneself: [tie(3, 3)],
  guardianships_guardian_id_patient_profiles_id_fk: [tie(2, 1)],
  guardianships_dependant_id_patient_profiles_id_fk: [tie(3, 2)],
  guardianships_created_by_users_id_fk: [tie(3, 1, 99)],
  guardian_invitations_pkey: [invitation(), invitation({ code: 'b' })],
  guardian_invitations_code: [invitation(), invitation({ id: 2 })],
  guardian_invitations_use_is_whole: [invitation({ used_at: 'now()' })],
  guardian_invitations_dependant_id_patient_profiles_id_fk: [invitation({ dependant: 2 })],
  guardian_invitations_invited_by_patient_profiles_id_fk: [invitation({ by: 2 })],
  guardian_invitations_used_by_patient_profiles_id_fk: [invitation({ used_by: '2', used_at: 'now()' })],
  consents_accepted_by_users_id_fk: [
    "insert into consents (user_id, document, version, accepted_by) values (3, 'terms', '1', 99)",
  ],
  sessions_pkey: ['insert into sessions (id, user_id) overriding system value values (1, 3)'],
  sessions_user_id_users_id_fk: ['insert into sessions (user_id) values (99)'],
  refresh_tokens_pkey: [
    `insert into refresh_tokens (token_hash, session_id, expires_at) values ('a', 1, now()), ('a', 1, now())`,
  ],
  refresh_tokens_session_id_sessions_id_fk: [
    `insert into refresh_tokens (token_hash, session_id, expires_at) values ('a', 99, now())`,
  ],
  identities_pkey: [identity({ provider: 'a', subject: 'a' }), identity({ provider: 'b', subject: 'b' })],
  identities_subject_key: [
    identity({ id: 2, provider: 'c', subject: 'c' }),
    identity({ id: 3, provider: 'd', subject: 'c' }),
  ],
  identities_one_of_provider: [
    identity({ id: 4, provider: 'e', subject: 'e' }),
    identity({ id: 5, provider: 'e', subject: 'f' }),
  ],
  identities_user_id_users_id_fk: [identity({ id: 6, user: 99, subject: 'g' })],
  sign_in_starts_pkey: [signInStart('a'), signInStart('a')],
  sign_in_starts_code: [signInStart('b', { code: "'c'" }), signInStart('c', { code: "'c'" })],
  sign_in_starts_user_id_users_id_fk: [signInStart('d', { user: '99' })],
  sign_in_starts_session_id_sessions_id_fk: [signInStart('e', { session: '99' })],
  spent_id_tokens_pkey: [spentIdToken, spentIdToken],
  passkeys_pkey: [passkey({ credential: 'a' }), passkey({ credential: 'b' })],
  passkeys_credential_key: [passkey({ id: 2, credential: 'c' }), passkey({ id: 3, credential: 'c' })],
  passkeys_user_id_users_id_fk: [passkey({ id: 4, user: 99, credential: 'd' })],
  passkeys_handle: [passkey({ id: 5, credential: 'e', handle: '' })],
  passkey_challenges_pkey: [passkeyChallenge('a'), passkeyChallenge('a')],
  passkey_challenges_user_id_users_id_fk: [passkeyChallenge('b', { user: '99' })],
  passkey_challenges_whose: [passkeyChallenge('c', { handle: 'null' })],
  stream_tickets_pkey: [streamTicket('a'), streamTicket('a')],
  stream_tickets_session_id_sessions_id_fk: [streamTicket('b', 99)],
  two_step_pkey: [twoStep(3), twoStep(3)],
  two_step_user_id_users_id_fk: [twoStep(99)],
  recovery_codes_pkey: [recoveryCode('a'), recoveryCode('a')],
  recovery_codes_user_id_users_id_fk: [recoveryCode('b', 99)],
  sign_in_tickets_pkey: [signInTicket('a'), signInTicket('a')],
  sign_in_tickets_hash: [signInTicket('b', { bytes: 31 })],
  sign_in_tickets_user_id_users_id_fk: [signInTicket('c', { user: 99 })],
  timeslots_pkey: [slot(1), slot(1, { doctor: 2 })],
  timeslots_doctor_id_doctor_profiles_id_fk: [slot(1, { doctor: 3 })],
  timeslots_end_after_start: [slot(1, { start: '10:00', end: '10:00' })],
  timeslots_length: [slot(1, { start: '10:00', end: '10:04' })],
  timeslots_whole_minutes: [slot(1, { start: '10:00:30', end: '10:30' })],
  timeslots_no_overlap: [slot(1), slot(2, { start: '10:29', end: '11:00' })],
  timeslots_never_move: [slot(1), "update timeslots set start_time = '09:00'"],
  appointments_pkey: [slot(1), visit(), visit({ timeslot: null, status: 'cancelled' })],
  appointments_doctor_id_doctor_profiles_id_fk: [slot(1), visit({ doctor: 4 })],
  appointments_patient_id_patient_profiles_id_fk: [slot(1), visit({ patient: 4 })],
  appointments_timeslot_id_timeslots_id_fk: [visit({ timeslot: 99 })],
  appointments_booked_by_users_id_fk: [slot(1), visit({ booked_by: 99 })],
  appointments_cancelled_by_users_id_fk: [slot(1), visit({ status: 'cancelled', cancelled_by: 99 })],
  appointments_one_active_per_slot: [
    slot(1),
    visit(),
    visit({ id: 2, patient: 1, doctor: 2, status: 'confirmed' }),
  ],
  appointments_patient_no_overlap: [
    slot(1),
    slot(2, { doctor: 2, start: '10:15', end: '11:00' }),
    visit(),
    visit({ id: 2, doctor: 2, timeslot: 2, start: '10:15', end: '11:00' }),
  ],
  appointments_active_has_slot: [visit({ timeslot: null })],
  appointments_not_with_oneself: [slot(1), visit({ patient: 1 })],
  appointments_cancelled_by_somebody: [slot(1), visit({ cancelled_by: 4 })],
  appointments_status_moves: [slot(1), visit({ status: 'cancelled' }), move('pending')],
  users_verified_phone_is_there: ['update users set phone_verified_at = now() where id = 4'],
  users_verified_email_is_there: ['update users set email_verified_at = now() where id = 4'],
  users_verified_phone_key: [
    "update users set phone = '+998901234567', phone_verified_at = now() where id = 1",
    "update users set phone = '+998901234567', phone_verified_at = now() where id = 2",
  ],
  users_verified_email_key: [
    "update users set email = 'a@example.uz', email_verified_at = now() where id = 1",
    "update users set email = 'A@example.uz', email_verified_at = now() where id = 2",
  ],
  consents_user_id_document_version_pk: [consent(3), consent(3)],
  consents_user_id_users_id_fk: [consent(99)],
  codes_pkey: [code({ id: 1 }), code({ id: 1, purpose: 'verify_email' })],
  codes_user_id_users_id_fk: [code({ user: 99 })],
  codes_one_live: [code({ id: 2, purpose: 'reset_password' }), code({ id: 3, purpose: 'reset_password' })],
  contact_changes_pkey: [contactChange({ id: 1 }), contactChange({ id: 1, token: 'b' })],
  contact_changes_token: [contactChange({ id: 2, token: 'c' }), contactChange({ id: 3, token: 'c' })],
  contact_changes_user_id_users_id_fk: [contactChange({ id: 4, user: 99, token: 'd' })],
  contact_changes_contact: [contactChange({ id: 5, contact: 'fax', token: 'e' })],
  contact_changes_old_is_whole: [contactChange({ id: 6, old: "'+998901234567'", token: 'f' })],
  codes_tries: [code({ id: 4, user: 4, tries: 6 })],
  login_throttles_pkey: [
    `insert into login_throttles (key, last_failed_at, blocked_until)
     values ('a', now(), now()), ('a', now(), now())`,
  ],
  audit_entries_pkey: [note(1), note(1)],
  audit_entries_actor_id_users_id_fk: [note(2, { actor: 99 })],
  audit_entries_subject_id_users_id_fk: [note(3, { subject: 99 })],
  audit_entries_once: [
    "insert into audit_entries (id, action, once) overriding system value values (101, 'user.list', 'a day')",
    "insert into audit_entries (id, action, once) overriding system value values (102, 'user.list', 'a day')",
  ],
  audit_entries_append_only: [note(4), 'delete from audit_entries where id = 4'],
  notifications_pkey: [notice({ id: 1, key: 'a' }), notice({ id: 1, key: 'b' })],
  notifications_key: [notice({ id: 2, key: 'c' }), notice({ id: 3, key: 'c' })],
  notifications_user_id_users_id_fk: [notice({ id: 4, key: 'd', user: 99 })],
  notifications_appointment_id_appointments_id_fk: [notice({ id: 5, key: 'e', appointment: 99 })],
  messages_pkey: [message({ id: 1, key: 'a' }), message({ id: 1, key: 'b' })],
  messages_key: [message({ id: 2, key: 'c' }), message({ id: 3, key: 'c' })],
  messages_user_id_users_id_fk: [message({ id: 4, key: 'd', user: 99 })],
  messages_appointment_id_appointments_id_fk: [message({ id: 5, key: 'e', appointment: 99 })],
  messages_secret_is_short_lived: [
    message({ id: 6, key: 'f' }),
    "update messages set status = 'sent', secret = 'x' where id = 6",
  ],
  notification_preferences_pkey: [preferences(3), preferences(3)],
  notification_preferences_user_id_users_id_fk: [preferences(99)],
  telegram_chats_pkey: [chat(3, 'one'), chat(3, 'two')],
  telegram_chats_chat: [chat(1, 'same'), chat(2, 'same')],
  telegram_chats_user_id_users_id_fk: [chat(99, 'three')],
  one_use_links_pkey: [link('a', 3), link('a', 3)],
  one_use_links_user_id_users_id_fk: [link('b', 99)],
  one_use_links_appointment_id_appointments_id_fk: [link('c', 3, 99)],
  timeslots_held_by_patient_profiles_id_fk: [slot(1), hold(1, 2)],
  timeslots_hold_is_whole: [slot(1), 'update timeslots set held_by = 3'],
  timeslots_taken_is_not_held: [slot(1), visit(), hold(1, 1)],
  timeslots_one_hold: [...twoSlots, hold(1, 3), hold(2, 3)],
  timeslots_one_hold_of_account: [...twoSlots, holdOf(1, 3, 3), holdOf(2, 1, 3)],
  timeslots_only_claims_are_postponed: [slot(1), 'update timeslots set offer_after = now()'],
  timeslots_last_hold_is_whole: [slot(1), 'update timeslots set last_held_by = 3'],
  timeslots_not_on_holiday: [holiday(1, '2026-03-10'), slot(1)],
  timeslots_not_in_absence: [absence({ start: '10:29', end: '10:30' }), slot(1)],
  appointments_updated_by_users_id_fk: [slot(1), visit(), 'update appointments set updated_by = 99'],
  appointments_attendance_of_confirmed: [
    slot(1),
    visit(),
    "update appointments set attendance = 'arrived', attendance_marked_at = now()",
  ],
  appointments_attendance_is_whole: [
    slot(1),
    visit({ status: 'confirmed' }),
    "update appointments set attendance = 'arrived'",
  ],
  appointments_move_whole: [...twoSlots, visit(), 'update appointments set timeslot_id = 2'],
  event_epochs_pkey: ["insert into event_epochs (epoch, cluster) values ('1', '1')"],
  event_epochs_one: ["insert into event_epochs (is_only, epoch, cluster) values (false, '1', '1')"],
  event_readers_pkey: ["insert into event_readers (name) values ('history')"],
  events_pkey: [noted(1), noted(1)],
  event_troubles_reader_event_id_pk: [noted(3), trouble(3), trouble(3)],
  event_troubles_event_id_events_id_fk: [trouble(99)],
  appointment_events_pkey: [slot(1), visit(), event({}), event({})],
  appointment_events_appointment_id_appointments_id_fk: [event({ appointment: 99 })],
  appointment_events_by_users_id_fk: [slot(1), visit(), event({ by: 99 })],
  appointment_events_append_only: [slot(1), visit(), event({}), 'delete from appointment_events'],
  absences_pkey: [absence({}), absence({ doctor: 2 })],
  absences_doctor_id_doctor_profiles_id_fk: [absence({ doctor: 3 })],
  absences_created_by_users_id_fk: [absence({ by: 99 })],
  absences_range: [absence({ start: '12:00', end: '12:00' })],
  absences_no_overlap: [
    absence({ to: '2026-03-12', end: '12:00' }),
    absence({ id: 2, from: '2026-03-12', start: '11:59' }),
  ],
  weekly_hours_pkey: [hours(), hours({ doctor: 2 })],
  weekly_hours_doctor_id_doctor_profiles_id_fk: [hours({ doctor: 3 })],
  weekly_hours_weekday: [hours({ weekday: 8 })],
  weekly_hours_slot_minutes: [hours({ slot: 4 })],
  weekly_hours_break_minutes: [hours({ pause: -1 })],
  weekly_hours_end_after_start: [hours({ end: '09:00' })],
  weekly_hours_validity: [hours({ from: '2026-03-10', until: '2026-03-09' })],
  weekly_hours_no_overlap: [
    hours({ until: '2026-03-10' }),
    hours({ id: 2, end: '09:30', from: '2026-03-10' }),
  ],
  withdrawn_timeslots_doctor_id_date_start_time_pk: [withdrawn(1), withdrawn(1)],
  withdrawn_timeslots_doctor_id_doctor_profiles_id_fk: [withdrawn(3)],
  closed_timeslots_pkey: [
    "insert into closed_timeslots (timeslot_id, date) values (1, '2026-03-21')",
    "insert into closed_timeslots (timeslot_id, date) values (1, '2026-03-22')",
  ],
  job_runs_pkey: [
    "insert into job_runs (task, at) values ('some', now())",
    "insert into job_runs (task, at) values ('some', now())",
  ],
  holidays_pkey: [holiday(1, '2026-03-21'), holiday(1, '2026-03-22')],
  holidays_date_key: [holiday(1, '2026-03-21'), holiday(2, '2026-03-21')],
  clinic_settings_pkey: ['insert into clinic_settings default values'],
  clinic_settings_one_row: ['insert into clinic_settings (id) values (2)'],
  clinic_settings_min_notice: [setting('min_notice_minutes = 43201')],
  clinic_settings_horizon: [setting('horizon_days = 0')],
  clinic_settings_cancel_deadline: [setting('cancel_deadline_minutes = -1')],
  clinic_settings_active_appointments: [setting('active_appointments_max = 0')],
  clinic_settings_hold: [setting('hold_minutes = 61')],
  clinic_settings_offer: [setting('offer_minutes = 1441')],
  clinic_settings_updated_by_users_id_fk: [setting('updated_by = 99')],
  idempotency_keys_user_id_route_key_pk: [answerKept('a'), answerKept('a', { subject: 4 })],
  idempotency_keys_user_id_users_id_fk: [answerKept('b', { user: 99 })],
  idempotency_keys_subject_id_users_id_fk: [answerKept('c', { subject: 99 })],
  waitlist_entries_pkey: [wish(), wish()],
  waitlist_entries_patient_id_patient_profiles_id_fk: [wish({ patient: 4 })],
  waitlist_entries_doctor_id_doctor_profiles_id_fk: [wish({ doctor: 3 })],
  waitlist_entries_appointment_id_appointments_id_fk: [wish({ status: 'booked', appointment: 99 })],
  waitlist_entries_replaces_id_appointments_id_fk: [wish(), 'update waitlist_entries set replaces_id = 99'],
  waitlist_entries_one_wish: [wish({ doctor: null })],
  waitlist_entries_range: [wish({ to: '2026-03-09' })],
  waitlist_entries_times: [wish({ after: '12:00', before: '12:00' })],
  waitlist_entries_booked: [wish({ status: 'booked' })],
  waitlist_offers_pkey: [
    ...twoSlots,
    wish(),
    offer({ outcome: 'lapsed' }),
    offer({ timeslot: 2, outcome: 'lapsed' }),
  ],
  waitlist_offers_entry_id_waitlist_entries_id_fk: [slot(1), offer({ entry: 99 })],
  waitlist_offers_timeslot_id_timeslots_id_fk: [wish(), offer({ timeslot: 99 })],
  waitlist_offers_once: [slot(1), wish(), offer({ outcome: 'declined' }), offer({ id: 2 })],
  waitlist_offers_one_of_entry: [...twoSlots, wish(), offer(), offer({ id: 2, timeslot: 2 })],
  waitlist_offers_one_of_timeslot: [
    slot(1),
    wish(),
    wish({ id: 2, patient: 1 }),
    offer(),
    offer({ id: 2, entry: 2 }),
  ],
};

/** Triggers that refuse nothing: what they do instead is proved in triggers.test.ts, messages/ and accounts/. */
const OBLIGING =
  "'%(_tell|_tell_%|_note|_note_%|_changed|_no_truncate|_booked|_place|_changes_stay|_leave_slot|_count_version|_offer_new|_withdraw_offer|_give_rest_back|_doctor_works_%|_use_room%|_end_feeds|_name_visits|_place_is_open|_keep_holidays|_close_day|_not_in_visit|_keep_names|_keep_nothing|_choose_specialization|_names_joined|_name_specialization)'";

describe('refuses', () => {
  test.each(Object.entries(refused))('%s', async (constraint, statements) => {
    for (const statement of statements.slice(0, -1)) await run(statement);
    await expect(run(statements.at(-1) ?? '')).rejects.toMatchObject({ constraint });
  });

  test('a booking and a move with a doctor who is out, whoever writes them', async () => {
    const refusal = { constraint: 'appointments_doctor_works' };
    await run(slot(1));
    await run(slot(2, { start: '11:00', end: '11:30' }));
    await run(visit());
    await run('update users set is_active = false where id = 1');
    try {
      await expect(run(visit({ id: 2, timeslot: 2, start: '11:00', end: '11:30' }))).rejects.toMatchObject(
        refusal,
      );
      const move =
        "update appointments set timeslot_id = 2, start_time = '11:00', end_time = '11:30' where id = 1";
      await expect(run(move)).rejects.toMatchObject(refusal);
    } finally {
      await run('update users set is_active = true where id = 1');
    }
  });

  test('to empty the audit at one stroke', async () => {
    await expect(run('truncate audit_entries')).rejects.toMatchObject({
      constraint: 'audit_entries_append_only',
    });
  });

  test('an examination in a room that is closed, lies in another branch, or is not there', async () => {
    const refusal = { constraint: 'room_uses_no_overlap' };
    const places = [branch(2), room(1), room(2, 2), slot(1), slot(2, { doctor: 2 }), visit()];
    for (const statement of places) await run(statement);
    await run('update rooms set is_active = false where id = 1');
    for (const where of [1, 2, 9])
      await expect(run(`update appointments set room_id = ${where}`)).rejects.toMatchObject(refusal);
    const other = visit({ id: 2, doctor: 2, patient: 1, timeslot: 2 });
    const booked = other.replace('(id,', '(room_id, id,').replace('values (', 'values (1, ');
    await expect(run(booked)).rejects.toMatchObject(refusal);
    // Whoever is there when it closes stays there.
    await run('update rooms set is_active = true where id = 1');
    await run('update appointments set room_id = 1');
    await run('update rooms set is_active = false where id = 1');
    await run(move('confirmed'));
  });

  test('what it refuses by every constraint that it has', async () => {
    const { rows } = await run(`
      select conname as name from pg_constraint
        where connamespace = 'public'::regnamespace and contype in ('c', 'x', 'f', 'p', 'u')
      union select indexname from pg_indexes
        where schemaname = 'public' and indexdef like 'CREATE UNIQUE%'
      union select tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where not tgisinternal and tgname not similar to ${OBLIGING}`);
    expect(Object.keys(refused).sort()).toEqual(rows.map(({ name }) => name).sort());
  });
});

/** Pending and confirmed are one and the same to the rules: an appointment that is active. */
describe.each(['pending', 'confirmed'])('beside one that is %s', (held) => {
  test.each(['pending', 'confirmed'])(
    'a %s appointment finds neither slot nor patient free',
    async (status) => {
      for (const statement of [slot(1), slot(2, { doctor: 2 }), visit({ status: held })])
        await run(statement);
      await expect(run(visit({ id: 2, patient: 1, doctor: 2, status }))).rejects.toMatchObject({
        constraint: 'appointments_one_active_per_slot',
      });
      await expect(run(visit({ id: 2, doctor: 2, timeslot: 2, status }))).rejects.toMatchObject({
        constraint: 'appointments_patient_no_overlap',
      });
    },
  );
});

describe('lets through what only looks alike', () => {
  test.each([
    [
      'slots that touch',
      [slot(1), slot(2, { start: '10:30', end: '11:00' }), slot(3, { start: '09:30', end: '10:00' })],
    ],
    ['slots of two doctors', [slot(1), slot(2, { doctor: 2 })]],
    [
      'a slot to the end of its day and one from the next day’s start',
      [
        slot(1, { start: '23:00', end: '24:00' }),
        slot(2, { date: '2026-03-11', start: '00:00', end: '00:30' }),
      ],
    ],
    ['5 minutes and 12 hours', [slot(1, { end: '10:05' }), slot(2, { start: '12:00', end: '24:00' })]],
    [
      'a second booking of a slot whose first is cancelled',
      [slot(1), visit({ status: 'cancelled' }), visit({ id: 2 })],
    ],
    [
      'two cancelled visits of a patient at one time',
      [visit({ status: 'cancelled', timeslot: null }), visit({ id: 2, status: 'cancelled', timeslot: null })],
    ],
    ['a slot that touches an absence', [absence({ end: '10:00' }), slot(1)]],
    ['absences that touch', [absence({ end: '12:00' }), absence({ id: 2, start: '12:00' })]],
    [
      'absences of two doctors',
      [absence({}), absence({ id: 2, doctor: 2 }), slot(1, { date: '2026-03-11' })],
    ],
    [
      'hours that touch, of two weekdays, and of times that do not meet',
      [
        hours({ until: '2026-03-10' }),
        hours({ id: 2, start: '12:00', end: '24:00' }),
        hours({ id: 3, weekday: 2 }),
        hours({ id: 4, from: '2026-03-11' }),
      ],
    ],
    [
      'an offer and a hold of one patient, and offers one after another',
      [
        ...twoSlots,
        wish(),
        hold(1, 3),
        `${hold(2, 3).replace('set', 'set is_waitlisted = true,')}`,
        offer({ timeslot: 1, outcome: 'declined' }),
        offer({ id: 2, timeslot: 2 }),
      ],
    ],
    [
      'visits of a patient that touch',
      [
        slot(1),
        slot(2, { doctor: 2, start: '10:30', end: '11:00' }),
        visit(),
        visit({ id: 2, doctor: 2, timeslot: 2, start: '10:30', end: '11:00' }),
      ],
    ],
  ])('%s', async (_, statements) => {
    for (const statement of statements) await expect(run(statement)).resolves.toMatchObject({ rowCount: 1 });
  });
});

describe('the status of an appointment', () => {
  const statuses = ['pending', 'confirmed', 'cancelled'];
  const allowed = ['pending confirmed', 'pending cancelled', 'confirmed cancelled'];
  const moves = statuses
    .flatMap((from) => statuses.map((to) => [from, to] as const))
    .filter(([a, b]) => a !== b);

  test.each(moves)('%s to %s', async (from, to) => {
    await run(slot(1));
    await run(visit({ status: from }));
    // Confirmed goes back to pending with a move to another slot, and with nothing else: see triggers.test.ts.
    if (allowed.includes(`${from} ${to}`))
      await expect(run(move(to))).resolves.toMatchObject({ rowCount: 1 });
    else await expect(run(move(to))).rejects.toMatchObject({ constraint: 'appointments_status_moves' });
  });
});

describe('a slot that goes', () => {
  test('leaves a cancelled appointment behind, without it', async () => {
    await run(slot(1));
    await run(visit({ status: 'cancelled' }));
    await run('delete from timeslots');
    const { rows } = await run('select timeslot_id, date, start_time from appointments');
    expect(rows).toEqual([{ timeslot_id: null, date: '2026-03-10', start_time: '10:00' }]);
  });

  test.each(['pending', 'confirmed'])('does not go while a %s appointment holds it', async (status) => {
    await run(slot(1));
    await run(visit({ status }));
    await expect(run('delete from timeslots')).rejects.toMatchObject({
      constraint: 'timeslots_taken_stays',
    });
  });

  test.each(['doctor_id = 2', "date = '2026-03-11'", "start_time = '09:00'", "end_time = '11:00'"])(
    'does not move either: %s',
    async (change) => {
      await run(slot(1));
      await expect(run(`update timeslots set ${change}`)).rejects.toMatchObject({
        constraint: 'timeslots_never_move',
      });
    },
  );
});

test('a session that ends is announced once, when it commits', async () => {
  const listener = new pg.Client({ connectionString: url });
  await listener.connect();
  const heard: (string | undefined)[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload));
  await listener.query('listen session_ended');
  await run('update sessions set ended_at = now() where id = 1');
  await run('update sessions set ended_at = now() where id = 1');
  await run("select pg_notify('session_ended', 'the last')");
  await vi.waitFor(() => expect(heard).toContain('the last'), 30_000);
  expect(heard).toEqual(['1', 'the last']);
  await listener.end();
});
