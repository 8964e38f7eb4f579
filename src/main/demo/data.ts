import type { Config } from '../../config.ts';
import { type Clock, createClock } from '../../core/clock.ts';
import { demo } from '../../core/demo.ts';
import type { Role } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';
import { LONG_JOB } from '../../db/limits.ts';
import { createPasswords } from '../../modules/auth/index.ts';
import { createModules } from '../../modules.ts';
import { doctors, OTHER_SPECIALIZATIONS, patients } from './people.ts';
import { addExampleRecords } from './records.ts';

/** An account to try the API with. */
interface DemoAccount {
  role: Role;
  username: string;
}

const ACCOUNTS: DemoAccount[] = (['admin', 'receptionist', 'doctor', 'patient'] as const).map((role) => ({
  role,
  username: demo[role].username,
}));

/**
 * Fills an empty database with a clinic to try: slots of two weeks behind and four ahead, with the visits of a clinic
 * that has been open for a while, and the records that the documentation's examples name. One process at a time
 * (db/migrate, oneAtATime): it looks first whether the database is empty.
 */
export async function loadDemo(
  db: Db,
  config: Config,
  clock: Clock = createClock(config.timezone),
): Promise<void> {
  const { users, sealer } = createModules({ db, clock, config });
  if (await users.hasUsers()) return;
  const password_hash = await createPasswords(config.bcrypt_cost).hash(demo.password);
  const fill = async (tx: Tx) => {
    // These visits were never booked by anybody: nobody is told of them.
    await tx.execute(sql`select set_config('clinic.quiet', 'on', true)`);
    await addSpecializations(tx);
    await addPeople(tx, password_hash);
    await addExampleRecords(tx, clock, sealer);
    await addSlots(tx, clock);
    await addVisits(tx, clock);
  };
  await transaction(db, fill, { statement: LONG_JOB });
  await db.execute(sql`analyze`);
}

/**
 * The demo accounts that one can sign in with: people may have erased one, closed it or changed its password.
 * @returns none where there is no demo clinic
 */
export async function demoAccounts(db: Db, config: Config): Promise<DemoAccount[]> {
  const { users } = createModules({ db, clock: createClock(config.timezone), config });
  const passwords = createPasswords(config.bcrypt_cost);
  const found = await Promise.all(
    ACCOUNTS.map(async (account) => {
      const known = await users.accounts.findAccount({ text: account.username, phone: undefined });
      if (!known?.is_active || known.role !== account.role) return [];
      return (await passwords.matches(demo.password, known.password_hash)) ? [account] : [];
    }),
  );
  return found.flat();
}

/** Before the doctors, who choose from them. The examples name the first two. */
async function addSpecializations(tx: Tx): Promise<void> {
  const { specialization, duplicateSpecialization } = demo;
  const first = [
    { id: specialization.id, name: specialization.name, ...specialization.names },
    { ...duplicateSpecialization, uz: null, ru: null, en: null },
  ];
  const rows = [
    ...first,
    ...OTHER_SPECIALIZATIONS.map(([uz, ru, en], index) => ({
      id: duplicateSpecialization.id + 1 + index,
      name: uz,
      uz,
      ru,
      en,
    })),
  ];
  await tx.execute(sql`
    insert into specializations (id, name, name_uz, name_ru, name_en) overriding system value
    select id, name, uz, ru, en
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s (id int, name text, uz text, ru text, en text)`);
  await tx.execute(
    sql`select setval(pg_get_serial_sequence('specializations', 'id'), (select max(id) from specializations))`,
  );
}

/** With the ids of core/demo.ts and people.ts. Whoever registers later gets the ids after them. */
async function addPeople(tx: Tx, password_hash: string): Promise<void> {
  const atDesk = (['admin', 'receptionist'] as const).map((role) => {
    const { id, first_name, last_name } = demo[role].name;
    return sql`(${id}, ${demo[role].username}, ${password_hash}, ${role}, ${first_name}, ${last_name}, 'uz')`;
  });
  await tx.execute(sql`
    insert into users (id, username, password_hash, role, first_name, last_name, locale) overriding system value
    values ${sql.join(atDesk, sql`, `)}`);
  await tx.execute(sql`
    with person as (
      select * from jsonb_to_recordset(${JSON.stringify(doctors)}::jsonb) as p (id int, username text,
        first_name text, last_name text, phone text, specialization text, experience_years int, gender gender)
    ), made as (
      insert into users (id, username, password_hash, role, first_name, last_name, phone, locale)
        overriding system value
      select id, username, ${password_hash}, 'doctor', first_name, last_name, phone, 'uz' from person
    )
    insert into doctor_profiles (id, specialization, experience_years, gender)
    select id, specialization, experience_years, gender from person`);
  const { newcomer } = demo;
  await tx.execute(sql`
    with made as (
      insert into users (id, username, password_hash, role, first_name, last_name, locale) overriding system value
      values (${newcomer.id}, ${newcomer.username}, ${password_hash}, 'doctor', ${newcomer.first_name},
        ${newcomer.last_name}, 'uz')
    )
    insert into doctor_profiles (id, specialization, experience_years, gender, approved_at)
    values (${newcomer.id}, 'Pediatr', 3, 'female', null)`);
  await tx.execute(sql`
    with person as (
      select * from jsonb_to_recordset(${JSON.stringify(patients)}::jsonb) as p (id int, username text,
        first_name text, last_name text, phone text, email text, gender gender, date_of_birth date)
    ), made as (
      insert into users (id, username, password_hash, role, first_name, last_name, phone, email, phone_verified_at, locale)
        overriding system value
      select id, username, case when id <> ${demo.child.id} then ${password_hash}::text end, 'patient', first_name,
        last_name, phone, email,
        -- Five of six confirmed their phone, so that messages reach them; the desk rings the others.
        case when id = ${demo.patient.id} or (id % 6 > 0 and phone is not null) then now() end, 'uz' from person
    )
    insert into patient_profiles (id, gender, date_of_birth)
    select id, gender, date_of_birth from person`);
  await addDeskPatients(tx);
  await tx.execute(sql`
    insert into guardianships (guardian_id, dependant_id, relationship, created_by)
    values (${demo.patient.id}, ${demo.child.id}, 'parent', ${demo.patient.id})`);
  await tx.execute(sql`select setval(pg_get_serial_sequence('users', 'id'), (select max(id) from users))`);
}

/** Patients without a sign-in, whom the admin has registered. */
async function addDeskPatients(tx: Tx): Promise<void> {
  const { deskPatient, duplicate, deskChild, admin } = demo;
  const { name, phone, date_of_birth } = deskPatient;
  const people = [
    { ...name, phone, date_of_birth, gender: 'female' },
    { ...name, id: duplicate.id, phone: null, date_of_birth, gender: 'female' },
    {
      id: deskChild.id,
      first_name: 'Umid',
      last_name: 'Karimov',
      phone: null,
      date_of_birth: '2021-04-02',
      gender: 'male',
    },
  ];
  await tx.execute(sql`
    with person as (
      select * from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p (id int, first_name text, last_name text,
        phone text, gender gender, date_of_birth date)
    ), made as (
      insert into users (id, username, role, first_name, last_name, phone, locale) overriding system value
      select id, '~' || gen_random_uuid(), 'patient', first_name, last_name, phone, 'uz' from person
    )
    insert into patient_profiles (id, gender, date_of_birth, registered_by, is_from_desk)
    select id, gender, date_of_birth, ${admin.name.id}, true from person`);
}

/** Half-hours of a day: eight to begin with, an hour for lunch, six more. */
const STEPS = 16;
const LUNCH = [8, 9];

/**
 * When today begins, in half-hours after midnight: at nine, or so that it is the middle of the morning whenever somebody
 * starts the demo, in the evening too.
 */
function todaysStart(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const now = hours * 2 + Math.floor(minutes / 30);
  if (now >= 20 && now <= 24) return 18;
  return Math.min(Math.max(0, now - 5), 48 - STEPS);
}

/**
 * Half-hours from Monday to Saturday, from 9 to 13 and from 14 to 17. On Sunday a few doctors work in the morning. Today is
 * a whole day whatever day it is, about the time at which it is made. Each doctor leaves out other half-hours; nobody works
 * who is away.
 */
async function addSlots(tx: Tx, clock: Clock): Promise<void> {
  const { date: today, time } = clock.wall();
  await tx.execute(sql`
    insert into timeslots (doctor_id, date, start_time, end_time)
    select d.id, day::date, start, case when last then time '24:00' else start + interval '30 minutes' end
    from doctor_profiles d,
      generate_series(${today}::date - 14, ${today}::date + 28, interval '1 day') as day,
      generate_series(0, ${STEPS - 1}::int) as step,
      lateral (select case when day::date = ${today}::date then ${todaysStart(time)}::int else 18 end + step as half) as h,
      lateral (select time '00:00' + half * interval '30 minutes' as start, half = 47 as last) as t
    where d.approved_at is not null and step not in (${sql.join(LUNCH, sql`, `)}) and (step + d.id) % 7 > 0
      and (extract(isodow from day) < 7 or day::date = ${today}::date or (d.id % 3 = 0 and start < '13:00'))
      and not exists (
        select from absences a where a.doctor_id = d.id and day::date between a."from" and a."to"
      )
    -- The records of the examples may lie on one of these days.
    on conflict do nothing`);
}

/**
 * Visits as in a clinic at work: booked up to three weeks before, by patients or at the front desk, then confirmed or
 * cancelled, and marked once they are over. Two thirds of the slots of the next days are booked, fewer of later ones. The
 * triggers of the table add history and versions.
 */
async function addVisits(tx: Tx, clock: Clock): Promise<void> {
  const { date: today, time } = clock.wall();
  await tx.execute(sql`
    insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, created_at, updated_at)
    select s.doctor_id, p.id, s.id, s.date, s.start_time, s.end_time,
      case when s.id % 5 = 0 then ${demo.receptionist.name.id} else p.id end, t.booked, t.booked
    from timeslots s
    join lateral (
      select id from patient_profiles where id not in (${demo.leaver.id}, ${demo.child.id})
      order by id offset abs(hashint4(s.id)) % ${patients.length - 2}::int limit 1
    ) p on true
    join lateral (
      select least(now(), s.date + s.start_time - abs(hashint4(s.id + 2)) % 500 * interval '1 hour') as booked
    ) t on true
    where s.id not in (${sql.join(exampleSlots, sql`, `)})
      and abs(hashint4(s.id + 1)) % 100 < case when s.date = ${today}::date then 80 else 66 - 2 * greatest(s.date - ${today}::date, 0) end
    on conflict do nothing`);
  await tx.execute(sql`
    update appointments set status = 'confirmed', updated_by = doctor_id,
      updated_at = least(now(), created_at + abs(hashint4(id)) % 20 * interval '1 hour')
    where status = 'pending' and id <> ${demo.visit.id}
      and (date < ${today}::date or (date = ${today}::date and (start_time <= ${time}::time or id % 6 > 0))
        or (date > ${today}::date and id % 3 > 0))`);
  await tx.execute(sql`
    update appointments set status = 'cancelled', cancelled_by = patient_id, cancel_reason = 'Rejam oʻzgardi',
      cancelled_late = id % 33 = 0, updated_at = least(now(), date + start_time - interval '5 hours')
    where id % 11 = 0 and id <> ${demo.visit.id} and id <> ${demo.pastVisit.id}`);
  // Of the visits that are over, one patient in twelve did not come, and a few visits were never marked. Patients whose visit
  // is now, or within a quarter of an hour, have arrived.
  await tx.execute(sql`
    update appointments set updated_by = doctor_id, updated_at = t.marked, attendance_marked_at = t.marked,
      attendance = (case
        when date = ${today}::date and end_time > ${time}::time then 'arrived'
        when id % 12 = 0 then 'no_show' else 'completed' end)::attendance
    from (
      select id as marked_id, case when date < ${today}::date then date + end_time
        when end_time <= ${time}::time then now() - (${time}::time - end_time)
        -- Whoever is here came a few minutes before their time.
        else now() - interval '1 minute' * greatest(2, (extract(epoch from ${time}::time - start_time) / 60)::int + 3 + id % 13)
      end as marked from appointments
    ) t
    where marked_id = id and status = 'confirmed' and id % 40 > 0 and id <> ${demo.pastVisit.id}
      and (date < ${today}::date or (date = ${today}::date and start_time <= ${time}::time + interval '15 minutes'))`);
  for (const table of ['appointments', 'timeslots'])
    await tx.execute(
      sql`select setval(pg_get_serial_sequence(${table}, 'id'), (select max(id) from ${sql.identifier(table)}))`,
    );
}

const exampleSlots = [...Object.values(demo.slots).map(({ id }) => id), demo.pastVisit.timeslot].map(
  (id) => sql`${id}::int`,
);
