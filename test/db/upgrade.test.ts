import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bcrypt from 'bcrypt';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { openDatabase } from '../../src/db/client.ts';
import { checkMigrated, migrateDatabase } from '../../src/db/migrate.ts';
import { createReaders } from '../../src/events/readers.ts';
import { PASSWORD, type TestApp, testApp } from '../helpers/app.ts';
import { createDatabase } from '../helpers/database.ts';
import { provesPlaces, provesRules } from '../helpers/races.ts';

/** A database of an earlier version, with something in each of its tables, becomes one of today, loses nothing, and works. */

/** What its first branch is called. */
const NAME = 'Shifo';
const FOLDER = join(import.meta.dirname, '../../drizzle');

/** The last migrations of what landed first, of 0.1 as it was in the end, and of 0.3.0. */
const FIRST = '0002_rules';
const SECOND = '0008_flat_cost';
const THIRD = '0015_idempotency_doctor';

/** Brings a database to where a version had it. @param last its last migration */
async function migrateUntil(url: string, last: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-migrations-'));
  cpSync(FOLDER, folder, { recursive: true });
  const file = join(folder, 'meta/_journal.json');
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(file, 'utf8'));
  const place = journal.entries.findIndex(({ tag }) => tag === last);
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, place + 1) }));
  await migrateDatabase(url, NAME, folder);
  rmSync(folder, { recursive: true });
}

/** The token by which the patient of the first version stays signed in. */
const REFRESH = 'first-version-of-all-refresh-token-0123456789';
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/**
 * What the first version wrote: 1 is an admin, 2 a doctor, 3 a patient, 4 one who is out, 5 a colleague of 2. It is 2
 * March 2026 by the clinic's clock.
 */
const firstData = (password: string) => `
  insert into users (username, password_hash, role, is_active, first_name, last_name, email, phone, locale) values
    ('Admin', '${password}', 'admin', true, 'Аъзам', 'Қодиров', null, null, 'uz'),
    ('doctor', '${password}', 'doctor', true, 'Ойбек', 'Юсупов', 'oybek@example.uz', null, 'ru'),
    ('patient', '${password}', 'patient', true, 'Gulnora', 'Yoʻldosheva', 'g@example.uz', '+998901234567', 'uz'),
    ('left', '${password}', 'patient', false, 'Timur', 'Aliyev', null, '+998901234568', null),
    ('colleague', '${password}', 'doctor', true, 'Nodira', 'Karimova', null, null, null);
  insert into doctor_profiles (id, specialization, experience_years, gender) values
    (2, 'Кардиолог', 12, 'male'), (5, 'Кардиолог', null, 'female');
  insert into patient_profiles (id, date_of_birth, gender) values (3, '1990-02-28', 'female'), (4, null, null);
  insert into sessions (user_id, created_at) values (3, '2026-03-01');
  insert into refresh_tokens (token_hash, session_id, expires_at) values ('\\x${hashOf(REFRESH)}', 1, '2100-01-01');
  insert into timeslots (doctor_id, date, start_time, end_time) values
    (2, '2026-02-20', '10:00', '10:30'), (2, '2026-03-10', '10:00', '10:30'), (2, '2026-03-10', '11:00', '11:30'),
    (2, '2026-03-10', '12:00', '12:30'), (2, '2026-03-11', '10:00', '10:30'), (2, '2026-03-11', '10:30', '11:00'),
    (2, '2026-03-11', '11:00', '11:30'), (5, '2026-03-11', '10:00', '10:30');
  insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, status) values
    (2, 3, 1, '2026-02-20', '10:00', '10:30', 1, 'confirmed'),
    (2, 3, 2, '2026-03-10', '10:00', '10:30', 3, 'pending'),
    (2, 4, 3, '2026-03-10', '11:00', '11:30', 4, 'pending');
  update appointments set status = 'cancelled', cancelled_by = 1, cancel_reason = 'Kela olmaydi' where id = 3;`;

/** What 0.1 had besides in the end, in every table. */
const SECOND_DATA = `
  update users set phone_verified_at = '2026-01-05' where id = 3;
  update clinic_settings set min_notice_minutes = 30, hold_minutes = 7, auto_confirm = false, updated_by = 1;
  insert into holidays (date, name) values ('2026-03-21', 'Navroʻz');
  insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes, break_minutes) values
    (2, 1, '09:00', '12:00', 25, 5);
  insert into absences (doctor_id, "from", "to", reason, created_by) values (2, '2026-04-06', '2026-04-10', 'Taʼtil', 2);
  insert into withdrawn_timeslots (doctor_id, date, start_time, end_time) values (2, '2026-03-09', '09:00', '09:25');
  update timeslots set held_by = 3, held_until = '2026-03-02T04:06:00Z' where id = 4;
  update appointments set attendance = 'completed', attendance_marked_at = now(), updated_by = 2 where id = 1;
  insert into waitlist_entries (patient_id, doctor_id, "from", "to", status) values (3, 5, '2026-03-11', '2026-03-11', 'offered');
  update timeslots set is_waitlisted = true, held_by = 3, held_until = '2026-03-02T04:15:00Z' where id = 8;
  insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at) values
    (1, 8, '2026-03-02T04:00:00Z', '2026-03-02T04:15:00Z');
  insert into audit_entries (actor_id, actor_role, action, subject_id, details) values
    (1, 'admin', 'user.update', 3, '{"fields": ["phone"]}');
  insert into codes (user_id, purpose, destination, code_hash, expires_at) values
    (3, 'verify_email', 'g@example.uz', '\\x02', '2026-03-02T04:05:00Z');
  insert into consents (user_id, document, version) values (3, 'terms', '1'), (3, 'privacy', '1');
  insert into login_throttles (key, failures, last_failed_at, blocked_until) values ('pair:x', 2, '2026-03-01', '2026-03-01');
  insert into messages (key, user_id, channel, kind, appointment_id, params) values ('booked:2', 3, 'sms', 'booked', 2,
    '{"date": "2026-03-10", "start_time": "10:00"}');
  insert into notifications (key, user_id, kind, appointment_id, params) values
    ('booked:2', 3, 'booked', 2, '{"date": "2026-03-10", "start_time": "10:00"}');
  insert into notification_preferences (user_id, channels, quiet_from) values (3, '{"sms": false}', '21:00');
  insert into one_use_links (token_hash, purpose, user_id, appointment_id, expires_at) values (
    '\\x03', 'cancel_visit', 3, 2, '2026-03-10');
  insert into telegram_chats (user_id, chat_id) values (3, '777');
  insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id, created_at) values (
    3, 'POST /api/appointments/', 'form', '\\x04', '{"id": 2, "doctor": {"id": 2}}', 3, '2026-03-02T03:00:00Z');`;

/** What says which remembered answers are old is no data. */
const NO_DATA = ['doctor_changes'];

async function read<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Each table's columns. */
async function columnsOf(url: string): Promise<Map<string, string[]>> {
  const rows = await read<{ name: string; columns: string[] }>(
    url,
    `select table_name as name, array_agg(column_name::text order by ordinal_position) as columns
     from information_schema.columns where table_schema = 'public' group by table_name`,
  );
  const tables = rows.filter(({ name }) => !NO_DATA.includes(name));
  return new Map(tables.map(({ name, columns }) => [name, columns]));
}

/** All that these columns hold, by table. */
async function contents(url: string, tables: Map<string, string[]>): Promise<Record<string, unknown[]>> {
  const held: Record<string, unknown[]> = {};
  for (const [table, columns] of tables) {
    const list = columns.map((column) => `"${column}"`).join(', ');
    const rows = await read<{ row: unknown }>(
      url,
      `select to_jsonb(r) as row from (select ${list} from "${table}") r order by to_jsonb(r)::text`,
    );
    held[table] = rows.map(({ row }) => row);
  }
  return held;
}

test.each([FIRST, SECOND, THIRD])(
  'what a database held at %s is still there after all migrations, and can be used',
  async (last) => {
    const url = await createDatabase({ empty: true });
    await migrateUntil(url, FIRST);
    await read(url, firstData(await bcrypt.hash(PASSWORD, 4)));
    if (last !== FIRST) {
      await migrateUntil(url, SECOND);
      await read(url, SECOND_DATA);
      await migrateUntil(url, last);
    }
    const before = await columnsOf(url);
    const held = await contents(url, before);
    // Whoever adds a table to the data of a version sees that each of its tables holds something.
    if (last === FIRST || last === SECOND)
      expect(Object.keys(held).filter((table) => held[table]?.length === 0)).toEqual([]);
    await migrateDatabase(url, NAME);
    const after = await columnsOf(url);
    for (const [table, columns] of before)
      expect(after.get(table), table).toEqual(expect.arrayContaining(columns));
    expect(await contents(url, before)).toEqual(held);
    const clinic = await testApp({ url });
    try {
      await works(clinic);
      if (last !== FIRST) await worksOn(clinic);
      await isNew(clinic);
      await provesRules(clinic.db);
      await provesPlaces(clinic.db);
    } finally {
      await clinic.close();
    }
  },
);

test('who reads the log waits for the last migration, and then begins where it was put', async () => {
  const url = await createDatabase({ empty: true });
  await migrateUntil(url, '0029_traces');
  const db = openDatabase({ url, pool_max: 2 });
  const asked = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const reading = createReaders({
    db,
    log: silentLog,
    readers: [{ name: 'messages', types: ['user.changed'], read: async () => undefined }],
    event_retention_days: 30,
  }).start({ url, ready: () => checkMigrated(db).then(begun.resolve).finally(asked.resolve) });
  try {
    await asked.promise;
    expect(await read(url, "select from event_readers where name = 'messages'")).toEqual([]);
    await migrateDatabase(url, NAME);
    await begun.promise;
  } finally {
    await reading.stop();
    await db.$client.end();
  }
});

async function signIn(clinic: TestApp, username: string): Promise<{ token: string }> {
  const answer = await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD });
  expect(answer.status).toBe(200);
  return { token: answer.body.access };
}

/** A day of the clinic with what the first version had. */
async function works(clinic: TestApp): Promise<void> {
  const [admin, doctor] = [await signIn(clinic, 'admin'), await signIn(clinic, 'Doctor')];
  // Whoever was signed in is so still.
  const kept = await clinic.as(undefined).post('/auth/token/refresh/', { refresh: REFRESH }).expect(200);
  const patient = { token: kept.body.access as string };
  const branches = (await clinic.as(admin).get('/branches/').expect(200)).body.results;
  expect(branches).toEqual([expect.objectContaining({ id: 1, name: NAME, is_active: true })]);
  for (const list of ['/rooms/', '/services/'])
    expect((await clinic.as(admin).get(list).expect(200)).body.results).toEqual([]);
  const place = { branch: 1, room: null, service: null };
  const mine = (await clinic.as(patient).get('/appointments/me/').expect(200)).body.results;
  expect(mine.toSorted((one: { id: number }, other: { id: number }) => one.id - other.id)).toEqual([
    expect.objectContaining({ id: 1, ...place, timeslots: [1], status: 'confirmed' }),
    expect.objectContaining({ id: 2, ...place, timeslots: [2], status: 'pending' }),
  ]);
  expect((await clinic.as(admin).get('/appointments/3/').expect(200)).body).toMatchObject({
    status: 'cancelled',
    cancel_reason: 'Kela olmaydi',
    patient: { id: 4 },
  });
  const [found] = (await clinic.as(patient).get('/doctors/?search=yusupov').expect(200)).body.results;
  expect(found).toMatchObject({ id: 2, specialization: 'Кардиолог', experience_years: 12, photo: null });
  const free = (await clinic.as(patient).get('/doctors/2/timeslots/?date=2026-03-11').expect(200)).body;
  expect(free.results.map(({ id, branch, room }: Record<string, number>) => [id, branch, room])).toEqual([
    [5, 1, null],
    [6, 1, null],
    [7, 1, null],
  ]);
  await clinic.as(doctor).patch('/appointments/2/', { status: 'confirmed' }).expect(200);
  await clinic.as(patient).post('/appointments/2/reschedule/', { timeslot: 3 }).expect(200);
  const history = (await clinic.as(patient).get('/appointments/2/history/').expect(200)).body;
  expect(JSON.stringify(history)).toContain('moved');
}

/** The same with what 0.1 had in the end. */
async function worksOn(clinic: TestApp): Promise<void> {
  const [admin, doctor] = [await signIn(clinic, 'admin'), await signIn(clinic, 'doctor')];
  const patient = await signIn(clinic, '+998901234567');
  expect((await clinic.as(patient).get('/waitlist/').expect(200)).body.results).toEqual([
    expect.objectContaining({ id: 1, status: 'offered', branch: null, service: null }),
  ]);
  await clinic.as(patient).post('/waitlist/1/accept/').expect(201);
  // Their hold is theirs still.
  await clinic.as(patient).post('/appointments/', { timeslot: 4 }).expect(201);
  const week = (await clinic.as(doctor).get('/doctor/schedule/').expect(200)).body.schedule;
  expect(week).toEqual([expect.objectContaining({ weekday: 1, start_time: '09:00', branch: 1, room: null })]);
  const published = await clinic.as(doctor).put('/doctor/schedule/', { schedule: week }).expect(200);
  expect(published.body.published).toBeGreaterThan(0);
  const statistics = await clinic.as(admin).get('/statistics/?from=2026-02-01&to=2026-03-31').expect(200);
  expect(statistics.body.total.completed).toBe(1);
  const exported = (await clinic.as(patient).get('/auth/me/export/').expect(200)).body;
  expect(exported.appointments_as_patient).toHaveLength(4);
  expect((await clinic.as(admin).get('/patients/?phone=901234567').expect(200)).body.results).toEqual([
    expect.objectContaining({ id: 3, has_sign_in: true }),
  ]);
}

/** What came since serves those who were there before: services, rooms, the desk, families, merging, erasure. */
async function isNew(clinic: TestApp): Promise<void> {
  const [admin, patient] = [await signIn(clinic, 'admin'), await signIn(clinic, 'patient')];
  const room = await clinic
    .as(admin)
    .post('/rooms/', { branch: 1, name: 'U1', kind: 'ultrasound' })
    .expect(201);
  const name = { uz: 'UZI', ru: 'УЗИ', en: 'Ultrasound' };
  const made = await clinic
    .as(admin)
    .post('/services/', { name, duration_minutes: 90, price: 100, room_kind: 'ultrasound' })
    .expect(201);
  const service = made.body.id as number;
  await clinic
    .as(admin)
    .put('/doctors/2/services/', { services: [{ service }] })
    .expect(200);
  const child = {
    first_name: 'Ali',
    last_name: 'Karimov',
    date_of_birth: '2020-05-05',
    gender: 'male',
    relationship: 'parent',
  };
  const dependant = await clinic.as(patient).post('/patient/dependants/', child).expect(201);
  const wanted = { timeslot: 5, service, patient: dependant.body.id };
  const visit = await clinic.as(patient).post('/appointments/', wanted).expect(201);
  expect(visit.body).toMatchObject({ timeslots: [5, 6, 7], room: room.body.id, branch: 1 });
  await clinic.as(admin).post('/patients/4/merge/', { into: 3 }).expect(200);
  expect((await clinic.as(patient).get('/appointments/3/').expect(200)).body).toMatchObject({
    patient: { id: 3 },
    cancel_reason: 'Kela olmaydi',
  });
  await clinic.as(admin).delete('/users/3/', { password: PASSWORD }).expect(204);
  const { rows } = await clinic.db.$client.query('select from users where id = 3 and last_name is null');
  expect(rows).toHaveLength(1);
}

test('a migration for which somebody waits while it waits for them is tried again', async () => {
  const url = await createDatabase({ empty: true });
  const folder = mkdtempSync(join(tmpdir(), 'clinic-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'meta'));
  const entries = [{ idx: 0, version: '7', when: 1, tag: '0000_both', breakpoints: true }];
  writeFileSync(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  // It asks for the second table once somebody waits for the first, or has been there.
  writeFileSync(
    join(folder, '0000_both.sql'),
    `lock table one in exclusive mode;
     --> statement-breakpoint
     do $$ begin
       while not exists (select from pg_locks where relation = 'one'::regclass and not granted)
         and not exists (select from visits) loop
         perform pg_sleep(0.02);
       end loop;
     end $$;
     --> statement-breakpoint
     lock table other in exclusive mode;
     --> statement-breakpoint
     create table third ();`,
  );
  const clients = [new pg.Client(url), new pg.Client(url)] as [pg.Client, pg.Client];
  const [visitor, looker] = clients;
  for (const client of clients) await client.connect();
  onTestFinished(async () => {
    for (const client of clients) await client.end();
  });
  await looker.query('create table one (); create table other (); create table visits (id integer)');
  // Whoever looks for the deadlock is ended by it.
  await visitor.query("set deadlock_timeout = '1h'");
  await visitor.query('begin; lock table other in exclusive mode');
  const migrated = migrateDatabase(url, NAME, folder);
  const isLocked = async () =>
    (await looker.query("select from pg_locks where relation = 'one'::regclass and mode = 'ExclusiveLock'"))
      .rowCount;
  await vi.waitFor(async () => expect(await isLocked()).toBe(1));
  await visitor.query('lock table one in exclusive mode');
  await visitor.query('insert into visits values (1); commit');
  await migrated;
  expect((await looker.query("select to_regclass('third') as made")).rows).toEqual([{ made: 'third' }]);
});
