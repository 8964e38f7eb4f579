import type { Config } from '../config.ts';
import { createClock } from '../core/clock.ts';
import { type Db, type Tx, transaction } from '../db/client.ts';
import { sql } from '../db/drizzle.ts';
import { LONG_JOB } from '../db/limits.ts';
import { createPasswords } from '../modules/auth/index.ts';
import { createModules } from '../modules.ts';

/** Accounts to try the API with, one of each role. */
export const DEMO_ACCOUNTS = { admin: 'demo.admin', doctor: 'demo.doctor', patient: 'demo.patient' };
export const DEMO_PASSWORD = 'clinic-demo-2026';

const DOCTORS = [
  ['demo.doctor', 'Jasur', 'Yusupov', 'Kardiolog', 14, 'male'],
  ['dilnoza.rahimova', 'Dilnoza', 'Rahimova', 'Pediatr', 9, 'female'],
  ['bobur.toshmatov', 'Bobur', 'Toshmatov', 'Nevrolog', 21, 'male'],
  ['gulnora.ergasheva', 'Gulnora', 'Ergasheva', 'Ginekolog', 17, 'female'],
  ['otabek.gulomov', 'Oʻtkir', 'Gʻulomov', 'Travmatolog', 11, 'male'],
  ['nigora.saidova', 'Nigora', 'Saidova', 'Dermatolog', 6, 'female'],
  ['sherzod.alimov', 'Sherzod', 'Alimov', 'Urolog', 19, 'male'],
  ['malika.usmonova', 'Malika', 'Usmonova', 'Oftalmolog', 8, 'female'],
  ['rustam.qodirov', 'Rustam', 'Qodirov', 'Jarroh', 25, 'male'],
  ['zulfiya.nazarova', 'Zulfiya', 'Nazarova', 'Endokrinolog', 13, 'female'],
  ['farhod.ismoilov', 'Farhod', 'Ismoilov', 'Stomatolog', 5, 'male'],
  ['shahnoza.oripova', 'Shahnoza', 'Oripova', 'Terapevt', 16, 'female'],
  ['ulugbek.xolmatov', 'Ulugʻbek', 'Xolmatov', 'Otorinolaringolog', 10, 'male'],
  ['kamola.abdullayeva', 'Kamola', 'Abdullayeva', 'Kardiolog', 7, 'female'],
  ['davron.mirzayev', 'Davron', 'Mirzayev', 'Gastroenterolog', 18, 'male'],
  ['feruza.sobirova', 'Feruza', 'Sobirova', 'Terapevt', 4, 'female'],
] as const;

const FIRST_NAMES = [
  'Aziza',
  'Madina',
  'Sevara',
  'Nodira',
  'Iroda',
  'Akmal',
  'Sardor',
  'Jahongir',
  'Timur',
  'Oybek',
];
const LAST_NAMES = [
  'Karimova',
  'Umarova',
  'Yoʻldosheva',
  'Hamidova',
  'Tursunova',
  'Rashidov',
  'Abduvaliyev',
  'Sodiqov',
];

/** A patient's names agree in gender: the first five of one list go with the first five of the other. */
function patientAt(index: number) {
  const female = index % 2 === 0;
  const first = FIRST_NAMES[(Math.floor(index / 2) % 5) + (female ? 0 : 5)] ?? '';
  const lasts = female ? LAST_NAMES.slice(0, 5) : LAST_NAMES.slice(5);
  const last = lasts[Math.floor(index / 10) % lasts.length] ?? '';
  return {
    username: index === 0 ? DEMO_ACCOUNTS.patient : `patient${index}`,
    first_name: first,
    last_name: last,
    phone: `+9989${index % 2}${String(1_000_000 + index * 7_919).slice(0, 7)}`,
    gender: female ? 'female' : 'male',
    date_of_birth: `${1950 + ((index * 7) % 60)}-${String(1 + (index % 12)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`,
  };
}

const PATIENTS = 60;

/**
 * Fills an empty database with a clinic to try: four weeks of slots ahead and two behind, some of them booked. One process
 * at a time (db/migrate, oneAtATime): it looks first whether the database is empty.
 * @returns whether the demo accounts are there, made now or before
 */
export async function loadDemo(db: Db, config: Config): Promise<boolean> {
  const clock = createClock(config.timezone);
  const { users } = createModules({ db, clock, config });
  if (await users.hasUsers()) return (await users.findCredentials(DEMO_ACCOUNTS.admin)) !== undefined;
  const password_hash = await createPasswords(config.bcrypt_cost).hash(DEMO_PASSWORD);
  const doctors = DOCTORS.map(
    ([username, first_name, last_name, specialization, experience_years, gender]) => ({
      username,
      first_name,
      last_name,
      specialization,
      experience_years,
      gender,
    }),
  );
  const patients = Array.from({ length: PATIENTS }, (_, index) => patientAt(index));
  const today = clock.wall().date;

  const fill = async (tx: Tx) => {
    // Nobody is told about bookings that never were.
    await tx.execute(sql`select set_config('clinic.quiet', 'on', true)`);
    await tx.execute(sql`
      insert into users (username, password_hash, role, first_name, last_name, locale)
      values (${DEMO_ACCOUNTS.admin}, ${password_hash}, 'admin', 'Lola', 'Mahmudova', 'uz')`);
    await tx.execute(sql`
      with person as (
        select * from jsonb_to_recordset(${JSON.stringify(doctors)}::jsonb) as p (
          username text, first_name text, last_name text, specialization text, experience_years int, gender gender)
      ), made as (
        insert into users (username, password_hash, role, first_name, last_name, locale)
        select username, ${password_hash}, 'doctor', first_name, last_name, 'uz' from person returning id, username
      )
      insert into doctor_profiles (id, specialization, experience_years, gender)
      select id, specialization, experience_years, gender from made join person using (username)`);
    await tx.execute(sql`
      with person as (
        select * from jsonb_to_recordset(${JSON.stringify(patients)}::jsonb) as p (
          username text, first_name text, last_name text, phone text, gender gender, date_of_birth date)
      ), made as (
        insert into users (username, password_hash, role, first_name, last_name, phone, locale)
        select username, ${password_hash}, 'patient', first_name, last_name, phone, 'uz' from person
        returning id, username
      )
      insert into patient_profiles (id, gender, date_of_birth)
      select id, gender, date_of_birth from made join person using (username)`);
    // Monday to Saturday, half-hours from 9 to 13 and from 14 to 17; each doctor begins a little differently.
    await tx.execute(sql`
      insert into timeslots (doctor_id, date, start_time, end_time)
      select d.id, day::date, start, start + interval '30 minutes'
      from doctor_profiles d,
        generate_series(${today}::date - 14, ${today}::date + 28, interval '1 day') as day,
        generate_series(0, 15) as step,
        lateral (select time '09:00' + step * interval '30 minutes' as start) as t
      where extract(isodow from day) < 7 and start <> '13:00' and start <> '13:30'
        and (step + d.id) % 7 > 0`);
    // About a quarter of what is near is booked, less of what is far; what lies behind is mostly confirmed.
    await tx.execute(sql`
      insert into appointments (doctor_id, patient_id, timeslot_id, status, date, start_time, end_time, booked_by, created_at)
      select s.doctor_id, p.id, s.id,
        (case when s.date < ${today}::date or s.id % 3 > 0 then 'confirmed' else 'pending' end)::appointment_status,
        s.date, s.start_time, s.end_time, p.id, now() - make_interval(days => greatest(0, ${today}::date - s.date + 3))
      from timeslots s
      join lateral (
        select id from patient_profiles order by id offset abs(hashint4(s.id)) % ${PATIENTS}::int limit 1
      ) p on true
      where abs(hashint4(s.id + 1)) % 100 < 30 - (s.date - ${today}::date)
      on conflict do nothing`);
    await tx.execute(sql`
      update appointments set status = 'cancelled', cancelled_by = patient_id, cancel_reason = 'Rejam oʻzgardi'
      where id % 11 = 0`);
    await tx.execute(sql`analyze`);
  };
  await transaction(db, fill, { statement: LONG_JOB });
  return true;
}
