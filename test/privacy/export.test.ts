import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { createModules, personal, personalData } from '../../src/modules.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertVisits } from '../helpers/rows.ts';
import { statementsOf } from '../helpers/statements.ts';

/**
 * Every column by which a table names a person, and where that stands in the export: a section of the document, or
 * why it stands nowhere. A new table, or a new column, fails the test below until its module's `personal` decides.
 */
const PERSONAL: Record<string, string> = Object.assign({}, ...personal.map(({ columns }) => columns));

/** Tables that name nobody. */
const NOBODYS: Record<string, string> = {
  branches: 'the clinic’s houses',
  room_uses: 'when a room is in use, by whichever slot or visit',
  rooms: 'the clinic’s rooms',
  services: 'what the clinic gives',
  specializations: 'what doctors are',
  specialization_names: 'what these are called',
  calendar_epochs: 'which clinic the names in calendars are of',
  spent_id_tokens: 'hashes of what providers said, until it expires',
  token_algorithms: 'since when tokens are signed in which way',
  closed_timeslots: 'which slots a holiday took',
  event_epochs: 'which log of events this is',
  event_readers: 'how far each reader of the log is',
  event_troubles: 'which events a reader failed at',
  events: 'ids only, for EVENT_RETENTION_DAYS',
  holidays: 'the clinic’s days off',
  job_runs: 'when the clinic’s jobs were last done',
  login_throttles: 'keyed by hashes',
  refresh_tokens: 'hashes, each of a session',
  stream_tickets: 'hashes, each of a session, for half a minute',
  users: 'user',
  webhook_deliveries: 'of an event, to an endpoint',
  waitlist_offers: 'each of an entry: waiting_list',
};

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin', { first_name: 'Malika', last_name: 'Rashidova' });
  doctor = await clinic.person('doctor', {
    first_name: 'Jasur',
    last_name: 'Yusupov',
    profile: { specialization: 'Kardiolog', experience_years: 12, gender: 'male' },
  });
  patient = await clinic.person('patient', {
    first_name: 'Aziza',
    last_name: 'Karimova',
    email: 'aziza@example.uz',
    phone: '+998901234567',
    locale: 'uz',
    accept_terms: true,
    profile: { date_of_birth: '1990-05-17', gender: 'female' },
  });
});
afterAll(() => clinic.close());

type PersonalData = z.infer<typeof personalData>;

async function exportOf(person: Person): Promise<PersonalData> {
  const answer = await clinic.as(person).get('/auth/me/export/').expect(200);
  const data = personalData.parse(answer.body);
  // Parsing drops what the schema does not declare, at any depth: nothing was dropped.
  expect(answer.body).toEqual(data);
  return data;
}

const query = (text: string, values: unknown[]) => clinic.db.$client.query(text, values);

test('every table that names a person is decided upon', async () => {
  const { rows } = await clinic.db.$client.query<{ column: string }>(`
    select c.conrelid::regclass || '.' || a.attname as column
    from pg_constraint c
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
    where c.contype = 'f'
      and c.confrelid in ('users'::regclass, 'doctor_profiles'::regclass, 'patient_profiles'::regclass)
    order by 1`);
  expect(rows.map(({ column }) => column).sort()).toEqual(Object.keys(PERSONAL).sort());
  const tables = await clinic.db.$client.query<{ table: string }>(
    "select tablename as table from pg_tables where schemaname = 'public'",
  );
  const named = new Set([
    ...Object.keys(PERSONAL).map((name) => name.split('.')[0]),
    ...Object.keys(NOBODYS),
  ]);
  expect(tables.rows.map(({ table }) => table).sort()).toEqual([...named].sort());
});

test('every section that is named exists, and there is no other', () => {
  const sections = Object.values(PERSONAL).filter((section) => !section.includes(' '));
  // The entries of the audit stand in two: who looked at the record, and who signed in.
  const others = ['user', 'exported_at', 'sign_ins'];
  expect(new Set(Object.keys(personalData.shape))).toEqual(new Set([...sections, ...others]));
});

test('of a visit that was somebody else’s a patient takes nothing of that time, nor whose it was', async () => {
  const other = await clinic.person('doctor');
  const [wrong, right] = [await clinic.person('patient'), await clinic.person('patient')];
  const id = await clinic.book(wrong, await clinic.slot(other, { start_time: '17:00', end_time: '17:30' }));
  await clinic.as(other).patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  await clinic.as(admin).post(`/appointments/${id}/patient/`, { patient: right.id }).expect(200);
  const later = await clinic.slot(other, { start_time: '18:00', end_time: '18:30' });
  await clinic.as(admin).post(`/appointments/${id}/reschedule/`, { timeslot: later }).expect(200);
  const historyOf = async (person: Person) =>
    (await exportOf(person)).appointment_history.filter(({ appointment }) => appointment === id);
  expect(await historyOf(right)).toMatchObject([{ kind: 'patient_changed', details: {} }, { kind: 'moved' }]);
  expect(await historyOf(wrong)).toEqual([]);
  // Who was taken for them turns out to have two records: still somebody else.
  const own = await clinic.person('patient');
  await clinic.as(admin).post(`/patients/${wrong.id}/merge/`, { into: own.id }).expect(200);
  expect(await historyOf(right)).toMatchObject([{ kind: 'patient_changed', details: {} }, { kind: 'moved' }]);
  expect(await historyOf(other)).toMatchObject([
    { kind: 'confirmed' },
    { kind: 'patient_changed', details: { from_patient: wrong.id, to_patient: right.id } },
    { kind: 'moved' },
  ]);
});

describe('a patient’s export', () => {
  let data: PersonalData;
  let visits: number[];
  beforeAll(async () => {
    const timeslots = [
      await clinic.slot(doctor),
      await clinic.slot(doctor, { start_time: '11:00', end_time: '11:30' }),
    ];
    visits = [await clinic.book(patient, timeslots[0] ?? 0), await clinic.book(patient, timeslots[1] ?? 0)];
    const reason = { status: 'cancelled', reason: 'The doctor is at a congress' };
    await clinic.as(doctor).patch(`/appointments/${visits[1]}/`, reason).expect(200);
    await query("update sessions set device = 'Nokia 3310', address = '203.0.113.7' where user_id = $1", [
      patient.id,
    ]);
    await query('update users set phone_verified_at = $2 where id = $1', [
      patient.id,
      '2026-03-01T00:00:00Z',
    ]);
    await query(
      `insert into codes (user_id, purpose, destination, address, code_hash, expires_at)
       values ($1, 'verify_phone', '+998901234567', '203.0.113.7', 'secret-hash', '2026-03-02T04:05:00Z')`,
      [patient.id],
    );
    await query(
      `insert into one_use_links (token_hash, purpose, user_id, appointment_id, expires_at)
       values ('link-hash', 'confirm_visit', $1, $2, '2026-03-10T00:00:00Z')`,
      [patient.id, visits[0]],
    );
    await query("insert into telegram_chats (user_id, chat_id) values ($1, '55501')", [patient.id]);
    await query(
      `insert into notification_preferences (user_id, channels, quiet_from) values ($1, '{"reminder":["sms"]}', '21:30')`,
      [patient.id],
    );
    await query(
      `insert into notifications (key, user_id, kind, appointment_id, params)
       values ('test:1', $1, 'reminder', $2, '{"lead":"24h"}')`,
      [patient.id, visits[0]],
    );
    await query(
      `insert into messages (key, user_id, channel, kind, appointment_id, params, secret, status, provider_id)
       values ('test:1', $1, 'sms', 'code', null, '{"purpose":"verify_phone"}', 'sealed', 'failed', '4385062')`,
      [patient.id],
    );
    await clinic.as(doctor).get(`/appointments/${visits[0]}/`).expect(200);
    data = await exportOf(patient);
  });

  test('holds the person', () => {
    expect(data.exported_at).toBe('2026-03-02T04:00:00.000Z');
    expect(data.user).toEqual({
      id: patient.id,
      username: patient.username,
      role: 'patient',
      is_active: true,
      first_name: 'Aziza',
      last_name: 'Karimova',
      email: 'aziza@example.uz',
      email_verified_at: null,
      phone: '+998901234567',
      phone_verified_at: '2026-03-01T00:00:00.000Z',
      phone_reached_at: null,
      locale: 'uz',
      created_at: expect.any(String),
    });
    expect(data.patient_profile).toEqual({ id: patient.id, date_of_birth: '1990-05-17', gender: 'female' });
    expect(data.doctor_profile).toBeNull();
    expect(data.telegram).toMatchObject({ chat_id: '55501' });
    expect(data.notification_preferences).toEqual({
      channels: { reminder: ['sms'] },
      quiet: true,
      quiet_from: '21:30',
      quiet_until: '08:00',
    });
    expect(data.consents).toEqual(
      ['terms', 'privacy'].map((document) => ({ document, version: '1', accepted_at: data.exported_at })),
    );
  });

  test('holds sign-ins, codes and links, without anything one could get in with', () => {
    expect(data.sessions).toEqual([
      expect.objectContaining({ device: 'Nokia 3310', address: '203.0.113.7', ended_at: null }),
    ]);
    expect(data.codes).toEqual([
      expect.objectContaining({ purpose: 'verify_phone', destination: '+998901234567', tries: 0 }),
    ]);
    expect(data.links).toEqual([
      expect.objectContaining({ purpose: 'confirm_visit', appointment: visits[0], used_at: null }),
    ]);
    expect(JSON.stringify(data)).not.toMatch(/hash|secret|sealed|\$2b|password/);
  });

  test('holds the visits, their doctors as the directory shows them', () => {
    expect(data.appointments_as_patient.map(({ id }) => id)).toEqual(visits);
    expect(data.appointments_as_patient[1]).toMatchObject({
      date: '2026-03-10',
      start_time: '11:00',
      end_time: '11:30',
      status: 'cancelled',
      cancelled_by: doctor.id,
      cancel_reason: 'The doctor is at a congress',
      doctor: { id: doctor.id, first_name: 'Jasur', last_name: 'Yusupov', specialization: 'Kardiolog' },
    });
    expect(data.appointments_as_doctor).toEqual([]);
    expect(data.timeslots).toEqual([]);
  });

  test('holds what was told, without its text, and who looked', () => {
    expect(data.notifications).toContainEqual(
      expect.objectContaining({ kind: 'reminder', appointment: visits[0], params: { lead: '24h' } }),
    );
    expect(data.messages).toEqual([
      expect.objectContaining({ channel: 'sms', kind: 'code', status: 'failed', provider_id: '4385062' }),
    ]);
    expect(data.access_log).toContainEqual({
      id: expect.any(Number),
      at: '2026-03-02T04:00:00.000Z',
      by: { id: doctor.id, role: 'doctor', first_name: 'Jasur', last_name: 'Yusupov' },
      action: 'appointment.read',
      appointment: visits[0],
      fields: [],
    });
  });

  test('the access log in it is the access log', async () => {
    const { results } = (await clinic.as(patient).get('/auth/me/access-log/?page_size=100').expect(200)).body;
    const now = await exportOf(patient);
    // The second export is in the first one's log and not in its own: each is noted before it is read.
    const { access_log } = now;
    expect(access_log.toReversed().slice(1)).toEqual(results);
    expect(access_log.at(-1)?.action).toBe('user.export');
  });
});

describe('a doctor’s export', () => {
  test('names no patient, and gives only the reasons the doctor wrote', async () => {
    const other = await clinic.person('patient', { first_name: 'Sevara', last_name: 'Hamidova' });
    const times = [
      { start_time: '14:00', end_time: '14:30' },
      { start_time: '15:00', end_time: '15:30' },
    ];
    for (const [index, time] of times.entries()) {
      const visit = await clinic.book(other, await clinic.slot(doctor, time));
      const reason = index === 0 ? 'I am at a congress' : 'Sevara has called the clinic';
      const by = index === 0 ? doctor : admin;
      await clinic.as(by).patch(`/appointments/${visit}/`, { status: 'cancelled', reason }).expect(200);
    }
    const data = await exportOf(doctor);
    expect(JSON.stringify(data)).not.toMatch(/Sevara|Hamidova|Aziza|Karimova|998901234567/);
    const mine = data.appointments_as_doctor.filter(({ patient: id }) => id === other.id);
    expect(mine.map(({ cancel_reason }) => cancel_reason)).toEqual(['I am at a congress', null]);
    expect(data.doctor_profile).toEqual({
      id: doctor.id,
      specialization: 'Kardiolog',
      specialization_id: expect.any(Number),
      experience_years: 12,
      gender: 'male',
      photo: null,
      approved_at: expect.any(String),
    });
    expect(data.patient_profile).toBeNull();
    expect(data.timeslots.length).toBeGreaterThanOrEqual(4);
    expect(data.timeslots[0]).toMatchObject({ date: '2026-03-10', start_time: '10:00', end_time: '10:30' });
  });

  test('is whole however much there is, and takes one query for each 5,000 rows of a section', async () => {
    const busy = await clinic.person('doctor');
    const count = 11_000;
    await insertVisits(clinic.db, { doctor: busy.id, patient: patient.id, booked_by: patient.id }, count);
    let data: PersonalData | undefined;
    const statements = await statementsOf(async () => {
      data = await exportOf(busy);
    });
    expect(data?.appointments_as_doctor).toHaveLength(count);
    expect(new Set(data?.appointments_as_doctor.map(({ id }) => id)).size).toBe(count);
    const sections = 13;
    // The person, whom they look after, the note, branches, consents, the second step, accounts elsewhere, passkeys, links,
    // changed contacts, calendar feeds, services, holds, withdrawn slots and guardians; then a query for each section, and two
    // more for the large one.
    expect(statements).toHaveLength(15 + sections + 2);
  });
});

test('holds what was waited for and offered, what is kept, and what happened to visits', async () => {
  const person = await clinic.person('patient');
  const days = { from: '2026-03-20', to: '2026-03-25' };
  const joined = await clinic
    .as(person)
    .post('/waitlist/', { doctor: doctor.id, ...days })
    .expect(201);
  const [offered, held, booked] = [
    await clinic.slot(doctor, { date: '2026-03-20' }),
    await clinic.slot(doctor, { date: '2026-03-26' }),
    await clinic.slot(doctor, { date: '2026-03-27' }),
  ];
  await createModules({ ...clinic, config: testConfig }).housekeeping.tasks.offer_waitlist({});
  await clinic.as(person).post(`/timeslots/${held}/hold/`).expect(200);
  const visit = await clinic.book(person, booked);
  await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
  const data = await exportOf(person);
  expect(data.waiting_list).toEqual([
    {
      id: joined.body.id,
      doctor: doctor.id,
      specialization: null,
      ...days,
      after: null,
      before: null,
      status: 'offered',
      created_at: '2026-03-02T04:00:00.000Z',
      appointment: null,
      replaces: null,
      service: null,
      branch: null,
      offers: [
        {
          timeslot: offered,
          doctor: doctor.id,
          date: '2026-03-20',
          start_time: '10:00',
          offered_at: '2026-03-02T04:00:00.000Z',
          expires_at: '2026-03-02T04:15:00.000Z',
          outcome: null,
        },
      ],
    },
  ]);
  expect(data.holds.map(({ timeslot, held_until }) => [timeslot, held_until])).toEqual([
    [offered, '2026-03-02T04:15:00.000Z'],
    [held, '2026-03-02T04:05:00.000Z'],
  ]);
  expect(data.appointment_history).toEqual([
    expect.objectContaining({ appointment: visit, kind: 'confirmed', by: doctor.id, details: {} }),
  ]);
});

test('holds no slot that was kept once and is kept no longer', async () => {
  const person = await clinic.person('patient');
  const slot = await clinic.slot(doctor, { date: '2026-03-28' });
  await clinic.as(person).post(`/timeslots/${slot}/hold/`).expect(200);
  expect((await exportOf(person)).holds).toMatchObject([{ timeslot: slot }]);
  clinic.clock.set('2026-03-02T04:06:00Z');
  expect((await exportOf(person)).holds).toEqual([]);
  clinic.clock.set('2026-03-02T04:00:00Z');
});

test('holds a doctor’s week and when they were away', async () => {
  const person = await clinic.person('doctor');
  await query(
    `insert into absences (doctor_id, "from", "to", reason, created_by)
     values ($1, '2026-06-01', '2026-06-02', 'Kongress', $1)`,
    [person.id],
  );
  await query(
    `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes)
     values ($1, 1, '09:00', '12:00', 30)`,
    [person.id],
  );
  await query(
    `insert into withdrawn_timeslots (doctor_id, date, start_time, end_time)
     values ($1, '2026-03-09', '09:00', '09:30')`,
    [person.id],
  );
  const data = await exportOf(person);
  expect(data.absences).toEqual([expect.objectContaining({ from: '2026-06-01', reason: 'Kongress' })]);
  expect(data.weekly_hours).toEqual([expect.objectContaining({ weekday: 1, slot_minutes: 30 })]);
  expect(data.withdrawn_timeslots).toEqual([{ date: '2026-03-09', start_time: '09:00', end_time: '09:30' }]);
});

test('whoever was patient and doctor gets both', async () => {
  const { id, username } = await clinic.person('patient', { profile: { date_of_birth: '1980-01-02' } });
  await clinic.as(admin).patch(`/users/${id}/`, { role: 'doctor' }).expect(200);
  const { body } = await clinic
    .as(undefined)
    .post('/auth/login/', { username, password: PASSWORD })
    .expect(200);
  const data = await exportOf({ ...patient, token: body.access });
  expect(data.patient_profile).toMatchObject({ date_of_birth: '1980-01-02' });
  expect(data.doctor_profile).toMatchObject({ id });
});

test('nothing is left out where there is nothing', async () => {
  const data = await exportOf(admin);
  expect(data).toMatchObject({
    doctor_profile: null,
    telegram: null,
    notification_preferences: null,
    codes: [],
  });
  const fresh = await exportOf(await clinic.person('patient'));
  expect(fresh.patient_profile).toMatchObject({ date_of_birth: null, gender: null });
});

test('it comes as a file that no cache keeps, and is noted', async () => {
  const entries = await notedBy(clinic.db, async () => {
    const { headers } = await clinic.as(patient).get('/auth/me/export/').expect(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="clinic-data.json"',
      'cache-control': 'no-store',
    });
  });
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ action: 'user.export', actor_id: patient.id, subject_id: patient.id });
});

test('nobody but its owner gets it', async () => {
  expectProblem(await clinic.as(undefined).get('/auth/me/export/'), 'authentication_required');
});
