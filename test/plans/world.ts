import pg from 'pg';
import type { Person } from '../helpers/app.ts';
import { keepStatistics } from '../helpers/plans.ts';
import { sized } from '../size.ts';

/**
 * A clinic after many years, straight into the tables: a thousand doctors, 120,000 patients, a million slots; what is noted of them is a part at less than full size. Three people
 * stand out in it, each with more than their share: a doctor of 40,000 slots, their patient of 2,500 visits, and the admin
 * who booked every tenth visit. Nearly all of it is in one branch; ten doctors work in another. By the clock of the tests it is 2026-03-02.
 */
export interface Known {
  admin: Person;
  doctor: Person;
  patient: Person;
}

/** Where the others' ids begin. */
export const FIRST = { doctor: 1_001, admin: 3_001, program: 4_001, patient: 10_001 };

export const DOCTORS = 1_000;
const ADMINS = 20;
const ROOMS_USED = 100;
const PATIENTS = 120_000;
const AUDITED = sized(600_000);
const NOTIFIED = sized(500_000);
const MESSAGES = sized(400_000);
/** Of each doctor, 8 slots a day from 08:00; half of what lies ahead is booked, and nearly all that is past. */
const DAYS = { past: 100, ahead: 27 };
/** Of the doctor who stands out, 16 slots a day from 13:00, before all the others. */
const VETERAN_DAYS = 2_500;

const TODAY = "date '2026-03-02'";
/** They begin so many days ago, and reach into the months ahead. */
const HOLIDAYS = { from: 5_000, every: 29 };

/** The branch of a few: the last doctors, and what the one who stands out did there long ago. */
export const SMALL_BRANCH = 2;
const inSmallBranch = (doctor: Person) =>
  `doctor_id between ${FIRST.doctor + DOCTORS - 10} and ${FIRST.doctor + DOCTORS - 1}
   or doctor_id = ${doctor.id} and date < ${TODAY} - 1000 and start_time = '13:00'`;

/** Nothing is published on such a day. */
export const isHoliday = (day: string): boolean =>
  ((Date.parse(day) - Date.parse('2026-03-02')) / 86_400_000 + HOLIDAYS.from) % HOLIDAYS.every === 0;
const patientOf = (n: string) => `(${FIRST.patient} + (${n})::bigint * 7919 % ${PATIENTS})::integer`;
const doctorOf = (n: string) => `(${FIRST.doctor} + (${n}) % ${DOCTORS})`;
const adminOf = (n: string) => `(${FIRST.admin} + (${n}) % ${ADMINS})`;
const series = (count: number) => `generate_series(1, ${count}) n`;
/** Instants that end today, in the order of `n`. */
const instant = (count: number) =>
  `timestamptz '2026-03-02' - (${count} - n) * (interval '5 years' / ${count})`;

const SPECIALIZATIONS = `array['Terapevt', 'Kardiolog', 'Nevrolog', 'Pediatr', 'Jarroh', 'LOR', 'Okulist', 'Dermatolog']`;
const LAST = `array['Karimov', 'Yusupov', 'Aliyev', 'Rahimov', 'Umarov', 'Saidov', 'Toʻrayev', 'Nazarov', 'Ismoilov', 'Xasanov']`;
const FIRST_NAMES = `array['Aziz', 'Jasur', 'Malika', 'Oʻtkir', 'Dilnoza', 'Bobur', 'Nodira', 'Sardor', 'Zilola', 'Timur', 'Laylo']`;
const namesOf = (n: string) =>
  `(${FIRST_NAMES})[1 + ${n} % 11], (${LAST})[1 + ${n} / 11 % 10] || (array['', 'a'])[1 + ${n} % 2]`;

/** What goes where, in the order in which one thing needs another. */
const rowsOf = ({ admin, doctor, patient }: Known): string[] => [
  `insert into users (id, username, password_hash, role, first_name, last_name, phone, email, is_active, created_at)
   overriding system value
   select ${FIRST.doctor - 1} + n, 'dr.' || n, 'x', 'doctor'::user_role, ${namesOf('n')}, '+99871' || 1000000 + n, null, n % 50 <> 0,
     timestamptz '2020-01-01' from ${series(DOCTORS)}
   union all
   select ${FIRST.admin - 1} + n, 'desk.' || n, 'x', 'admin', ${namesOf('n')}, null, null, true, '2020-01-01'
     from ${series(ADMINS)}
   union all
   select ${FIRST.patient - 1} + n, 'patient.' || n, 'x', 'patient', ${namesOf('n')}, '+99890' || 1000000 + n,
     'p' || n || '@example.uz', n % 1000 <> 0, ${instant(PATIENTS)} from ${series(PATIENTS)}`,
  `insert into doctor_profiles (id, specialization, gender, experience_years, approved_at)
   select id, (${SPECIALIZATIONS})[1 + id % 8], (array['female', 'male'])[1 + id % 2]::gender, id % 40,
     case when id % 97 <> 0 then created_at end from users where role = 'doctor' and id >= ${FIRST.doctor}`,
  `insert into patient_profiles (id, date_of_birth) select id, date '1950-01-01' + id % 20000 from users
   where role = 'patient' and id >= ${FIRST.doctor}`,
  `insert into consents (user_id, document, version, accepted_at)
   select id, 'terms', '1', created_at from users where role = 'patient' and id >= ${FIRST.doctor}`,
  `insert into timeslots (doctor_id, date, start_time, end_time, is_taken)
   select ${doctor.id}, ${TODAY} - ${DAYS.past} - day, time '13:00' + n * interval '30 min', time '13:30' + n * interval '30 min',
     n % 16 < 14
   from generate_series(${VETERAN_DAYS}, 1, -1) day, generate_series(0, 15) n`,
  `insert into timeslots (doctor_id, date, start_time, end_time, is_taken)
   select d, ${TODAY} + day, time '08:00' + n * interval '30 min', time '08:30' + n * interval '30 min',
     case when day < 1 then n % 8 <> d % 8 else (n + d + day) % 2 = 0 end
   from generate_series(-${DAYS.past}, ${DAYS.ahead}) day,
     lateral (select ${doctor.id} as d union all select ${FIRST.doctor} - 1 + n from ${series(DOCTORS)}) d,
     generate_series(0, 7) n`,
  `insert into appointments (doctor_id, patient_id, timeslot_id, status, date, start_time, end_time, booked_by, attendance,
     attendance_marked_at, created_at, branch_id)
   select doctor_id, p, id, case when pending then 'pending' else 'confirmed' end::appointment_status, date, start_time,
     end_time, case when id % 10 < 4 then p when id % 10 = 9 then ${admin.id} else ${adminOf('id')} end,
     case when date < ${TODAY} and not pending then 'completed' end::attendance,
     case when date < ${TODAY} and not pending then date + start_time end, date - id % 20, branch_id
   from (
     select *, id % 50 = 0 and date > ${TODAY} or id % 5000 = 0 as pending,
       case when doctor_id = ${doctor.id} and start_time = '13:00' then ${patient.id} else ${patientOf('id')} end as p
     from timeslots where is_taken) s`,
  `insert into appointments (doctor_id, patient_id, status, date, start_time, end_time, booked_by, cancelled_by, created_at,
     branch_id)
   select doctor_id, patient_id, 'cancelled', date, start_time, end_time, booked_by, patient_id, created_at, branch_id
   from appointments where id % 12 = 0`,
  `insert into branches (id, name) overriding system value values (${SMALL_BRANCH}, 'Small')`,
  `update timeslots set branch_id = ${SMALL_BRANCH} where ${inSmallBranch(doctor)}`,
  `update appointments set branch_id = ${SMALL_BRANCH} where ${inSmallBranch(doctor)}`,
  `insert into rooms (branch_id, name, kind) select 1 + n % 2, 'Room ' || n, 'kind ' || n % 7 from ${series(200)}`,
  // Where doctors have been, each in one room.
  `insert into room_uses (room_id, date, start_time, end_time, timeslot_id)
   select r.id, s.date, s.start_time, s.end_time, s.id
   from (select id, row_number() over (order by id) as nth from rooms limit ${ROOMS_USED}) r
   join timeslots s on s.doctor_id = ${FIRST.doctor - 1} + r.nth`,
  `insert into appointment_events (appointment_id, at, kind, by)
   select id, created_at, 'confirmed', doctor_id from appointments where id % 3 = 0`,
  `insert into audit_entries (at, actor_id, actor_role, action, subject_id, details)
   select ${instant(AUDITED)}, case when n % 7 = 0 then ${admin.id} else ${adminOf('n')} end, 'admin',
     case when n % 60000 = 0 then 'user.delete' else (array['appointment.read', 'user.read', 'user.update'])[1 + n % 3] end,
     case when n % 100 = 0 then ${patient.id} else ${patientOf('n')} end, '{"appointment": 9001}'
   from ${series(AUDITED)}`,
  `insert into notifications (key, user_id, kind, appointment_id, created_at, read_at)
   select 'world:' || n, case when n % 50 = 0 then ${patient.id} else ${patientOf('n')} end, 'confirmed', n,
     ${instant(NOTIFIED)}, case when n % 3 > 0 then ${instant(NOTIFIED)} end from ${series(NOTIFIED)}`,
  `insert into messages (key, user_id, channel, kind, appointment_id, status, created_at, sent_at)
   select 'world:' || n, case when n % 50 = 0 then ${patient.id} else ${patientOf('n')} end,
     (case when n % 20 = 0 then 'telegram' when n % 7 = 0 then 'email' else 'sms' end)::message_channel, 'confirmed', n,
     (case when n % 5000 = 0 then 'failed' when n % 40 = 0 then 'dropped' else 'sent' end)::message_status,
     ${instant(MESSAGES)}, ${instant(MESSAGES)} from ${series(MESSAGES)}`,
  `insert into waitlist_entries (patient_id, doctor_id, specialization, "from", "to", status, created_at, appointment_id)
   select ${patientOf('n')}, case when n % 2 = 0 then ${doctorOf('n / 2')} end,
     case when n % 2 = 1 then (${SPECIALIZATIONS})[1 + n / 2 % 8] end, ${TODAY} - 30, ${TODAY} + 60, status::waitlist_status,
     ${instant(80_000)}, case when status = 'booked' then n end
   from ${series(80_000)}, lateral (
     select case when n > 79950 then 'offered' when n > 77000 then 'waiting' when n % 9 > 0 then 'booked' else 'left' end
   ) s (status)`,
  `insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at, outcome)
   select e.id, null, e.created_at, e.created_at + interval '15 min',
     (case when e.status = 'booked' then 'accepted' else 'declined' end)::offer_outcome
   from waitlist_entries e where e.status in ('booked', 'left')`,
  `with slot as (
     update timeslots s set is_waitlisted = true, held_by = e.patient_id, held_until = '2026-03-02T04:10:00Z'
     from (select id, patient_id, row_number() over () as place from waitlist_entries where status = 'offered') e,
       (select id, row_number() over () as place from timeslots where date = ${TODAY} + 20 and not is_taken limit 100) f
     where f.place = e.place and s.id = f.id returning s.id, e.id as entry)
   insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at)
   select entry, id, '2026-03-02T03:55:00Z', '2026-03-02T04:10:00Z' from slot`,
  `insert into sessions (user_id, created_at, last_used_at, device, address, ended_at)
   select case when n % 300 = 0 then ${patient.id} else ${patientOf('n')} end, ${instant(150_000)}, ${instant(150_000)},
     'Mozilla/5.0', '203.0.113.7', case when n % 3 > 0 then ${instant(150_000)} end from ${series(150_000)}`,
  `insert into refresh_tokens (token_hash, session_id, expires_at, spent_at, parent_hash)
   select sha256(n::text::bytea), 10 + n % 150000, '2100-01-01', case when n > 150000 then timestamptz '2026-01-01' end,
     sha256((n + 150000)::text::bytea) from ${series(300_000)}`,
  `insert into absences (doctor_id, "from", "to", created_by, created_at)
   select ${doctorOf('n')}, ${TODAY} - 4000 + n / ${DOCTORS} * 190, ${TODAY} - 3997 + n / ${DOCTORS} * 190,
     ${doctorOf('n')}, timestamptz '2020-01-01' from ${series(20_000)}
   union all
   select ${doctor.id}, ${TODAY} - 9000 + n * 5, ${TODAY} - 8998 + n * 5, ${doctor.id}, '2020-01-01' from ${series(500)}`,
  `insert into holidays (date, name) select ${TODAY} - ${HOLIDAYS.from} + n * ${HOLIDAYS.every}, 'Bayram' from ${series(180)}`,
  `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes)
   select ${FIRST.doctor - 1} + n, day, '08:00', '12:00', 30 from ${series(DOCTORS)}, generate_series(1, 5) day`,
  `insert into withdrawn_timeslots (doctor_id, date, start_time, end_time)
   select ${doctorOf('n')}, ${TODAY} + n / ${DOCTORS}, '12:00', '12:30' from ${series(20_000)}`,
  `insert into one_use_links (token_hash, purpose, user_id, appointment_id, expires_at)
   select sha256(n::text::bytea), 'confirm_visit', ${patientOf('n')}, n, '2026-04-01' from ${series(50_000)}`,
  `insert into idempotency_keys (user_id, route, key, fingerprint, answer, subject_id, created_at)
   select ${patientOf('n')}, 'POST /appointments/', n::text, sha256(n::text::bytea), '{}', ${patientOf('n')}, '2026-03-02'
   from ${series(50_000)}`,
  `insert into codes (user_id, purpose, destination, address, code_hash, created_at, expires_at, ended_at)
   select ${patientOf('n')}, 'verify_phone', '+99890' || 1000000 + n, '203.0.113.0/24', sha256(n::text::bytea), '2026-03-02',
     '2026-03-02', '2026-03-02' from ${series(20_000)}`,
  `insert into login_throttles (key, failures, last_failed_at, blocked_until)
   select 'world:' || n, 1, '2026-03-02', '2026-03-02' from ${series(20_000)}`,
  `insert into notification_preferences (user_id) select ${FIRST.patient - 1} + n from ${series(20_000)}`,
  // More programs than any clinic has, each with a user of its own.
  `insert into users (id, username, role, first_name, is_active, created_at) overriding system value
   select ${FIRST.program - 1} + n, '~key-' || n, 'receptionist', 'Program ' || n, false, '2026-01-01' from ${series(500)}`,
  `insert into api_keys (name, user_id, key_hash, key_end, scopes, created_by, revoked_at, revoked_by)
   select 'Program ' || n, ${FIRST.program - 1} + n, sha256(n::text::bytea), 'abcd', '{slots:read}', ${admin.id},
     case when n % 4 > 0 then timestamptz '2026-01-01' end, case when n % 4 > 0 then ${admin.id} end from ${series(500)}`,
  `insert into webhook_endpoints (url, created_by) select 'https://' || n || '.example.uz/', ${admin.id} from ${series(10)}`,
  // Nearly all of them to the first.
  `insert into webhook_deliveries (endpoint_id, message_id, type, body, status, created_at)
   select 1 + (n % 100 = 0)::int * (n / 100 % 10), 'message-' || n, 'appointment.booked', '{}',
     case when n % 1000 = 0 then 'failed' when n % 1000 = 1 then 'pending' else 'delivered' end::webhook_delivery_status,
     ${instant(200_000)} from ${series(200_000)}`,
  `insert into telegram_chats (user_id, chat_id) select ${FIRST.patient - 1} + n, n::text from ${series(20_000)}`,
];

/**
 * Fills a database in which only the known people are, without triggers and foreign keys, and with its indexes made at the
 * end: row by row it would take a quarter of an hour. Of the exclusion constraints the three large ones are left out, which
 * would take minutes; no statement reads through them.
 */
export async function fillWorld(url: string, known: Known): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c TimeZone=UTC' });
  await client.connect();
  try {
    await client.query("set session_replication_role = replica; set maintenance_work_mem = '256MB'");
    await client.query(`
      alter table timeslots drop constraint timeslots_no_overlap;
      alter table appointments drop constraint appointments_patient_no_overlap;
      alter table appointments drop constraint appointments_doctor_no_overlap`);
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(`
      select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
      where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
        and not exists (select from pg_constraint where conindid = indexrelid)`);
    for (const { name } of indexes) await client.query(`drop index ${name}`);
    for (const text of rowsOf(known)) await client.query(text);
    for (const { definition } of indexes) await client.query(definition);
    await client.query("select setval(pg_get_serial_sequence('users', 'id'), max(id)) from users");
    await client.query('vacuum analyze');
    await keepStatistics(client);
  } finally {
    await client.end();
  }
}
