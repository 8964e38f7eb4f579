import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bcrypt from 'bcrypt';
import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { expect, test } from 'vitest';
import { drizzle, migrate } from '../../src/db/drizzle.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { PASSWORD, type TestApp, testApp } from '../helpers/app.ts';
import { createDatabase } from '../helpers/database.ts';

/** A database of an earlier version, with something in each of its tables, becomes one of today and loses nothing. */

const FOLDER = join(import.meta.dirname, '../../drizzle');

/** Brings an empty database to where a version had it. @param last its last migration */
async function migrateUntil(url: string, last: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clinic-migrations-'));
  cpSync(FOLDER, folder, { recursive: true });
  const file = join(folder, 'meta/_journal.json');
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(file, 'utf8'));
  const place = journal.entries.findIndex(({ tag }) => tag === last);
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, place + 1) }));
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  await runMigrations({ pgPool: pool, logger: new Logger(() => () => {}) });
  await migrate(drizzle(pool), { migrationsFolder: folder });
  await pool.end();
  rmSync(folder, { recursive: true });
}

/** What the first version wrote: 1 is an admin, 2 a doctor, 3 a patient, 4 one who is out. It is 2 March 2026 by the clinic's clock. */
const data = (password: string) => `
  insert into users (username, password_hash, role, is_active, first_name, last_name, email, phone, locale, phone_verified_at) values
    ('Admin', '${password}', 'admin', true, 'Аъзам', 'Қодиров', null, null, 'uz', null),
    ('doctor', '${password}', 'doctor', true, 'Ойбек', 'Юсупов', 'oybek@example.uz', null, 'ru', null),
    ('patient', '${password}', 'patient', true, 'Gulnora', 'Yoʻldosheva', 'g@example.uz', '+998901234567', 'uz', '2026-01-05'),
    ('left', '${password}', 'patient', false, 'Timur', 'Aliyev', null, '+998901234568', null, null);
  insert into doctor_profiles (id, specialization, experience_years, gender) values (2, 'Кардиолог', 12, 'male');
  insert into patient_profiles (id, date_of_birth, gender) values (3, '1990-02-28', 'female'), (4, null, null);
  insert into sessions (user_id, device, address) values (3, 'Firefox', '10.0.0.7');
  insert into refresh_tokens (token_hash, session_id, expires_at) values ('\\x01', 1, '2100-01-01');
  insert into clinic_settings (min_notice_minutes, hold_minutes, auto_confirm, updated_by) values (30, 7, false, 1);
  insert into holidays (date, name) values ('2026-03-21', 'Navroʻz');
  insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes, break_minutes) values
    (2, 1, '09:00', '12:00', 25, 5);
  insert into absences (doctor_id, "from", "to", reason, created_by) values (2, '2026-04-06', '2026-04-10', 'Taʼtil', 2);
  insert into withdrawn_timeslots (doctor_id, date, start_time, end_time) values (2, '2026-03-09', '09:00', '09:25');
  insert into timeslots (doctor_id, date, start_time, end_time) values
    (2, '2026-02-20', '10:00', '10:30'), (2, '2026-03-10', '10:00', '10:30'), (2, '2026-03-10', '11:00', '11:30'),
    (2, '2026-03-10', '12:00', '12:30'), (2, '2026-03-11', '10:00', '10:30');
  update timeslots set held_by = 3, held_until = '2026-03-02T04:06:00Z' where id = 4;
  insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, status) values
    (2, 3, 1, '2026-02-20', '10:00', '10:30', 1, 'confirmed'),
    (2, 3, 2, '2026-03-10', '10:00', '10:30', 3, 'pending'),
    (2, 4, 3, '2026-03-10', '11:00', '11:30', 4, 'pending');
  update appointments set attendance = 'completed', attendance_marked_at = now(), updated_by = 2 where id = 1;
  update appointments set status = 'cancelled', cancelled_by = 1, cancel_reason = 'Kela olmaydi', updated_by = 1 where id = 3;
  insert into waitlist_entries (patient_id, doctor_id, "from", "to", status) values (3, 2, '2026-03-11', '2026-03-11', 'offered');
  update timeslots set is_waitlisted = true, held_by = 3, held_until = '2026-03-02T04:15:00Z' where id = 5;
  insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at) values
    (1, 5, '2026-03-02T04:00:00Z', '2026-03-02T04:15:00Z');
  insert into audit_entries (actor_id, actor_role, action, subject_id, details) values
    (1, 'admin', 'user.update', 3, '{"fields": ["phone"]}');
  insert into codes (user_id, purpose, destination, code_hash, expires_at) values
    (3, 'verify_email', 'g@example.uz', '\\x02', '2026-03-02T04:05:00Z');
  insert into consents (user_id, document, version) values (3, 'terms', '1'), (3, 'privacy', '1');
  insert into login_throttles (key, failures, last_failed_at, blocked_until) values ('pair:x', 2, '2026-03-01', '2026-03-01');
  insert into messages (key, user_id, channel, kind, appointment_id, params) values (
    'booked:2', 3, 'sms', 'booked', 2, '{"a": 1}');
  insert into notifications (key, user_id, kind, appointment_id) values ('booked:2', 3, 'booked', 2);
  insert into notification_preferences (user_id, channels, quiet_from) values (3, '{"sms": false}', '21:00');
  insert into one_use_links (token_hash, purpose, user_id, appointment_id, expires_at) values (
    '\\x03', 'cancel_visit', 3, 2, '2026-03-10');
  insert into telegram_chats (user_id, chat_id) values (3, '777');
  insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id, created_at) values (
    3, 'POST /api/appointments/', 'form', '\\x04', '{"id": 2, "doctor": {"id": 2}}', 3, '2026-03-02T03:00:00Z');`;

/** What a database says of changes to the memory of processes is not kept, and of its migrations is no data. */
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
  return new Map(
    rows.filter(({ name }) => !NO_DATA.includes(name)).map(({ name, columns }) => [name, columns]),
  );
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

test.each(['0008_flat_cost', '0015_idempotency_doctor', '0021_visits_change_hands'])(
  'what a database held at %s is still there after all migrations, and works',
  async (last) => {
    const url = await createDatabase({ empty: true });
    await migrateUntil(url, '0008_flat_cost');
    await read(url, data(await bcrypt.hash(PASSWORD, 4)));
    await migrateUntil(url, last);
    const before = await columnsOf(url);
    const held = await contents(url, before);
    const first = await columnsOf(url);
    const written = Object.entries(held).filter(([, rows]) => rows.length > 0);
    // Every table that the first version had, and those of later ones that a migration fills.
    expect(written.length).toBeGreaterThanOrEqual(25);
    if (last === '0008_flat_cost') expect(written.map(([table]) => table)).toEqual([...first.keys()]);
    await migrateDatabase(url, 'Shifo');
    const after = await columnsOf(url);
    for (const [table, columns] of before)
      expect(after.get(table), table).toEqual(expect.arrayContaining(columns));
    expect(await contents(url, before)).toEqual(held);
    const clinic = await testApp({ url });
    try {
      await works(clinic);
    } finally {
      await clinic.close();
    }
  },
);

/** A day of the clinic, with what it had before. */
async function works(clinic: TestApp): Promise<void> {
  const signIn = async (username: string) => {
    const answer = await clinic
      .as(undefined)
      .post('/auth/login/', { username, password: PASSWORD })
      .expect(200);
    return { token: answer.body.access as string };
  };
  const [admin, doctor, patient] = [
    await signIn('admin'),
    await signIn('Doctor'),
    await signIn('+998901234567'),
  ];
  const branches = (await clinic.as(admin).get('/branches/').expect(200)).body.results;
  expect(branches).toEqual([expect.objectContaining({ id: 1, is_active: true })]);
  const mine = (await clinic.as(patient).get('/appointments/me/').expect(200)).body.results;
  expect(
    mine.map(({ id, branch, timeslots }: { id: number; branch: number; timeslots: number[] }) => [
      id,
      branch,
      timeslots,
    ]),
  ).toEqual([
    [1, 1, [1]],
    [2, 1, [2]],
  ]);
  const [found] = (await clinic.as(patient).get('/doctors/?search=yusupov').expect(200)).body.results;
  expect(found).toMatchObject({ id: 2, specialization: 'Кардиолог' });
  expect((await clinic.as(patient).get('/waitlist/').expect(200)).body.results).toEqual([
    expect.objectContaining({ id: 1, status: 'offered' }),
  ]);
  await clinic.as(patient).post('/waitlist/1/accept/').expect(201);
  // Their hold is theirs still.
  await clinic.as(patient).post('/appointments/', { timeslot: 4 }).expect(201);
  await clinic.as(doctor).patch('/appointments/2/', { status: 'confirmed' }).expect(200);
  await clinic.as(patient).post('/appointments/2/reschedule/', { timeslot: 3 }).expect(200);
  const history = (await clinic.as(patient).get('/appointments/2/history/').expect(200)).body;
  expect(JSON.stringify(history)).toContain('moved');
  const week = (await clinic.as(doctor).get('/doctor/schedule/').expect(200)).body.schedule;
  expect(week).toEqual([expect.objectContaining({ weekday: 1, start_time: '09:00', branch: 1, room: null })]);
  const published = await clinic.as(doctor).put('/doctor/schedule/', { schedule: week }).expect(200);
  expect(published.body.published).toBeGreaterThan(0);
  const statistics = (await clinic.as(admin).get('/statistics/?from=2026-02-01&to=2026-03-31').expect(200))
    .body;
  expect(statistics.total.completed).toBe(1);
  const exported = (await clinic.as(patient).get('/auth/me/export/').expect(200)).body;
  expect(exported.appointments).toHaveLength(4);
  expect((await clinic.as(admin).get('/patients/?phone=901234567').expect(200)).body.results).toEqual([
    expect.objectContaining({ id: 3, reachable: true }),
  ]);
  await clinic.as(admin).post('/patients/4/merge/', { into: 3 }).expect(200);
  await clinic.as(admin).delete('/users/3/', { password: PASSWORD }).expect(204);
  const { rows } = await clinic.db.$client.query('select from users where id = 3 and last_name is null');
  expect(rows).toHaveLength(1);
}
