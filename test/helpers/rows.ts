import type { Db } from '../../src/db/client.ts';

/** Rows in bulk, straight into the tables: lists need more of them than anybody would book one by one. */

/** People `bulk.<role>.1` to `bulk.<role>.<count>`, with their profiles; nobody can sign in as one. */
export async function insertPeople(db: Db, role: 'doctor' | 'patient', count: number): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>(
    `with person as (
       insert into users (username, password_hash, role, last_name)
       select 'bulk.' || $1::text || '.' || n, 'x', $1::user_role, 'Bulk' from generate_series(1, $2::int) n
       returning id
     ), doctor as (
       insert into doctor_profiles (id, specialization) select id, 'Terapevt' from person where $1 = 'doctor'
     ), patient as (
       insert into patient_profiles (id) select id from person where $1 = 'patient'
     )
     select id from person order by id`,
    [role, count],
  );
  return rows.map((row) => row.id);
}

/** Slots of 10 minutes, 50 a day from 08:00, beginning on `from`. */
export async function insertSlots(
  db: Db,
  doctor: number,
  count: number,
  from = '2026-06-01',
): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     select $1, $3::date + n / 50, time '08:00' + (n % 50) * interval '10 min',
       time '08:10' + (n % 50) * interval '10 min'
     from generate_series(0, $2::int - 1) n
     returning id`,
    [doctor, count, from],
  );
  return rows.map((row) => row.id);
}

/** Cancelled visits of half an hour without a slot, 10 a day from 08:00, beginning on `from`. */
export async function insertVisits(
  db: Db,
  visit: { doctor: number; patient: number; booked_by: number; from?: string },
  count: number,
): Promise<void> {
  await db.$client.query(
    `insert into appointments (doctor_id, patient_id, booked_by, date, start_time, end_time, status)
     select $1, $2, $3, $5::date + n / 10, time '08:00' + (n % 10) * interval '30 min',
       time '08:30' + (n % 10) * interval '30 min', 'cancelled'
     from generate_series(0, $4::int - 1) n`,
    [visit.doctor, visit.patient, visit.booked_by, count, visit.from ?? '2026-06-01'],
  );
}

/** An entry of the waiting list that is offered a slot of that day until `expires_at`. */
export async function insertOffer(
  db: Db,
  {
    doctor,
    patient,
    date,
    expires_at = '2026-03-02T04:15:00Z',
  }: { doctor: number; patient: number; date: string; expires_at?: string },
): Promise<number> {
  const { rows } = await db.$client.query<{ id: number }>(
    `with slot as (
       insert into timeslots (doctor_id, date, start_time, end_time, is_waitlisted, held_by, held_until)
       values ($1, $3, '10:00', '10:30', true, $2, $4) returning id
     ), entry as (
       insert into waitlist_entries (patient_id, doctor_id, "from", "to", status) values ($2, $1, $3, $3, 'offered')
       returning id
     ), offer as (
       insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at)
       select entry.id, slot.id, $4::timestamptz - interval '15 minutes', $4 from entry, slot
     )
     select id from entry`,
    [doctor, patient, date, expires_at],
  );
  return rows[0]?.id ?? 0;
}

/** Sign-ins whose refresh tokens still serve, one a minute. */
export async function insertSessions(db: Db, user: number, count: number): Promise<void> {
  await db.$client.query(
    `with session as (
       insert into sessions (user_id, created_at, last_used_at)
       select $1, at, at from generate_series(1, $2::int) n,
         lateral (select timestamptz '2026-01-01' + n * interval '1 min' as at)
       returning id
     )
     insert into refresh_tokens (token_hash, session_id, expires_at)
     select sha256(id::text::bytea), id, '2100-01-01' from session`,
    [user, count],
  );
}

/** What somebody was told of a new password: unread in their inbox, and sent by SMS. */
export async function insertTold(db: Db, user: number, count: number): Promise<void> {
  for (const [table, columns, values] of [
    ['notifications', '', ''],
    ['messages', ', channel, status', ", 'sms', 'sent'"],
  ])
    await db.$client.query(
      `insert into ${table} (key, user_id, kind${columns})
       select 'bulk:' || n, $1, 'password_changed'${values} from generate_series(1, $2::int) n`,
      [user, count],
    );
}

/** Looks at somebody's record, as `bulk.read`, all at one instant. */
export async function insertAccesses(
  db: Db,
  { actor, subject }: { actor: number; subject: number },
  count: number,
): Promise<void> {
  await db.$client.query(
    `insert into audit_entries (at, actor_id, actor_role, action, subject_id)
     select '2026-01-01', $1, 'admin', 'bulk.read', $2 from generate_series(1, $3::int)`,
    [actor, subject, count],
  );
}

/** A child of somebody, who has then no other. */
export async function insertDependant(db: Db, guardian: number): Promise<number> {
  await db.$client.query('delete from guardianships where guardian_id = $1', [guardian]);
  const { rows } = await db.$client.query<{ id: number }>(
    `with child as (
      insert into users (username, role, first_name, last_name)
      values ('~' || gen_random_uuid(), 'patient', 'Madina', 'Karimova') returning id
    ), profile as (
      insert into patient_profiles (id, date_of_birth, gender, registered_by)
      select id, '2019-08-20', 'female', $1 from child
    )
    insert into guardianships (guardian_id, dependant_id, relationship, created_by)
    select $1, id, 'parent', $1 from child returning dependant_id as id`,
    [guardian],
  );
  return rows[0]?.id ?? 0;
}

/** Puts a specialization into the clinic's list, unless it is in it: doctors choose from it. */
export async function insertSpecialization(db: Db, name: string): Promise<void> {
  await db.$client.query(
    `insert into specializations (name) select $1
     where not exists (select from specialization_names where folded = search_fold($1))`,
    [name],
  );
}
