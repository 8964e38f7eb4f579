import { addDays, type Clock } from '../../core/clock.ts';
import { demo } from '../../core/demo.ts';
import type { Sealer } from '../../core/sealing.ts';
import { newSecret } from '../../core/webhooks.ts';
import type { Tx } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';
import { SECRET } from '../../modules/webhooks/index.ts';

/** The records that the documentation's examples name, with the numbers that stand there. */
export async function addExampleRecords(tx: Tx, clock: Clock, sealer: Pick<Sealer, 'seal'>): Promise<void> {
  await addPlaces(tx);
  await addServices(tx);
  await addSlotsAndVisits(tx, clock);
  await addWaitingList(tx);
  await addCalendar(tx, clock);
  await addTraces(tx, clock, sealer);
  await addApiKey(tx);
  // Records that are made later, by the demo data itself or by people, must not get these ids.
  for (const [table, from] of [
    ['branches', demo.emptyBranch.id],
    ['rooms', Math.max(demo.emptyRoom.id, demo.ultrasound.room)],
    ['services', demo.services.unused.id],
    ['timeslots', 1_000],
    ['waitlist_entries', demo.wishes.toDecline.id],
    ['absences', demo.absence.id],
    ['holidays', demo.holiday.id],
    ['sessions', demo.session.id],
    ['notifications', demo.notification.id],
    ['messages', demo.message.id],
    ['api_keys', demo.apiKey.id],
    ['calendar_feeds', demo.feed.id],
    ['webhook_endpoints', demo.webhook.id],
    ['webhook_deliveries', demo.delivery.id],
  ] as const)
    await tx.execute(sql`select setval(pg_get_serial_sequence(${table}, 'id'), ${from})`);
  await addOthersWaiting(tx, clock);
}

/** The branch that the migration made gets its address; another is not open yet. */
async function addPlaces(tx: Tx): Promise<void> {
  const { branch, emptyBranch, room, otherRoom, emptyRoom } = demo;
  await tx.execute(sql`
    update branches set name = ${branch.name}, address = ${branch.address}, phone = ${branch.phone}
    where id = ${branch.id}`);
  await tx.execute(sql`
    insert into branches (id, name, address, is_active) overriding system value
    values (${emptyBranch.id}, ${emptyBranch.name}, ${emptyBranch.address}, false)`);
  await tx.execute(sql`
    insert into rooms (id, branch_id, name, kind) overriding system value
    select id, ${branch.id}, name, kind
    from jsonb_to_recordset(${JSON.stringify([room, otherRoom, emptyRoom])}::jsonb) as r (id int, name text, kind text)`);
}

/** The demo doctor and a colleague give an examination of two slots, in a room of its kind, and a consultation of one. */
async function addServices(tx: Tx): Promise<void> {
  const { services, ultrasound, doctor, colleague } = demo;
  await tx.execute(sql`
    insert into rooms (id, branch_id, name, kind) overriding system value
    values (${ultrasound.room}, 1, 'Ultratovush', ${ultrasound.kind})`);
  const rows = [
    {
      id: services.examination.id,
      name: { uz: 'Exokardiografiya', ru: 'Эхокардиография', en: 'Echocardiography' },
      duration_minutes: 60,
      price: 25_000_000,
      room_kind: ultrasound.kind,
    },
    {
      id: services.consultation.id,
      name: { uz: 'Konsultatsiya', ru: 'Консультация', en: 'Consultation' },
      duration_minutes: 30,
      price: 15_000_000,
    },
    {
      id: services.unused.id,
      name: { uz: 'Velosiped testi', ru: 'Велоэргометрия', en: 'Exercise test' },
      duration_minutes: 45,
      price: 30_000_000,
    },
  ];
  await tx.execute(sql`
    insert into services (id, name, duration_minutes, price, currency, specialization, room_kind) overriding system value
    select id, name, duration_minutes, price, 'UZS', ${doctor.specialization}, room_kind
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as s (id int, name jsonb, duration_minutes int, price bigint, room_kind text)`);
  await tx.execute(sql`
    insert into doctor_services (doctor_id, service_id)
    select d, s from unnest(array[${doctor.id}::int, ${colleague.id}::int]) d,
      unnest(array[${services.examination.id}::int, ${services.consultation.id}::int]) s`);
}

async function addSlotsAndVisits(tx: Tx, clock: Clock): Promise<void> {
  const { doctor, patient, visit, pastVisit } = demo;
  const yesterday = addDays(clock.wall().date, -1);
  const slots = [
    ...Object.values(demo.slots).map((slot) => ({ ...slot, date: demo.day })),
    {
      id: pastVisit.timeslot,
      date: yesterday,
      start_time: pastVisit.start_time,
      end_time: pastVisit.end_time,
    },
  ];
  await tx.execute(sql`
    insert into timeslots (id, doctor_id, date, start_time, end_time) overriding system value
    select id, ${doctor.id}, date, start_time, end_time
    from jsonb_to_recordset(${JSON.stringify(slots)}::jsonb) as s (id int, date date, start_time time, end_time time)`);
  const visits = [
    { id: visit.id, timeslot: demo.slots.booked.id },
    { id: pastVisit.id, timeslot: pastVisit.timeslot },
  ];
  await tx.execute(sql`
    insert into appointments (id, doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, created_at, updated_at)
      overriding system value
    select v.id, s.doctor_id, ${patient.id}, s.id, s.date, s.start_time, s.end_time, ${patient.id},
      now() - interval '3 days', now() - interval '3 days'
    from jsonb_to_recordset(${JSON.stringify(visits)}::jsonb) as v (id int, timeslot int)
    join timeslots s on s.id = v.timeslot`);
}

/** The offers last until the evening before and not for minutes, so that they can be tried at any time. */
async function addWaitingList(tx: Tx): Promise<void> {
  const { wishes, slots, patient, colleague, doctor } = demo;
  await tx.execute(sql`
    insert into waitlist_entries (id, patient_id, doctor_id, "from", "to") overriding system value
    values (${wishes.waiting.id}, ${patient.id}, ${colleague.id}, ${demo.day}, ${addDays(demo.day, 17)})`);
  const until = `${addDays(demo.day, -1)}T12:00:00Z`;
  for (const [entry, slot] of [
    [wishes.toAccept, slots.toAccept],
    [wishes.toDecline, slots.toDecline],
  ] as const) {
    await tx.execute(sql`
      update timeslots set is_waitlisted = true, held_by = ${patient.id}, held_until = ${until} where id = ${slot.id}`);
    await tx.execute(sql`
      insert into waitlist_entries (id, patient_id, doctor_id, "from", "to", after, status) overriding system value
      values (${entry.id}, ${patient.id}, ${doctor.id}, ${demo.day}, ${demo.day}, ${slot.start_time}, 'offered')`);
    await tx.execute(sql`
      insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at)
      values (${entry.id}, ${slot.id}, now(), ${until})`);
  }
}

/** How many others wait, each for another doctor. */
const WAITING = 4;

/** Others who wait for the next days, of whom the desk sees who could have a free slot. */
async function addOthersWaiting(tx: Tx, clock: Clock): Promise<void> {
  const { date: today } = clock.wall();
  await tx.execute(sql`
    insert into waitlist_entries (patient_id, doctor_id, "from", "to", after, before, created_at)
    select p.id, ${demo.doctor.id} + 2 * p.nth, ${today}::date, ${today}::date + 9,
      case when p.nth % 2 = 0 then time '09:00' end, case when p.nth % 2 = 0 then time '13:00' end,
      now() - interval '7 hours' * p.nth
    from (
      select id, row_number() over (order by id)::int as nth from patient_profiles
      where id > ${demo.newcomer.id} and id not in (${demo.deskPatient.name.id}, ${demo.duplicate.id}, ${demo.deskChild.id})
      limit ${WAITING}
    ) p`);
}

/** From when on somebody is away next week, and for how many days. */
const AWAY = { doctor: demo.doctor.id + 4, after: 6, days: 3 };

async function addCalendar(tx: Tx, clock: Clock): Promise<void> {
  const { absence, holiday, doctor, admin } = demo;
  const { date: today } = clock.wall();
  await tx.execute(sql`
    insert into holidays (id, date, name) overriding system value
    values (${holiday.id}, ${holiday.date}, ${holiday.name})`);
  await tx.execute(sql`
    insert into absences (id, doctor_id, "from", "to", start_time, end_time, reason, created_by)
      overriding system value
    values (${absence.id}, ${doctor.id}, ${absence.from}, ${absence.to}, '00:00', '24:00', 'Taʼtil', ${admin.name.id}),
      (${absence.id - 1}, ${AWAY.doctor}, ${addDays(today, AWAY.after)}, ${addDays(today, AWAY.after + AWAY.days - 1)},
        '00:00', '24:00', 'Malaka oshirish', ${AWAY.doctor})`);
}

/** A second sign-in of the demo patient, an unread notification of theirs, and a message that could not be sent. */
async function addTraces(tx: Tx, clock: Clock, sealer: Pick<Sealer, 'seal'>): Promise<void> {
  const { session, notification, message, patient, visit, feed, webhook, delivery, admin } = demo;
  const expires = new Date(clock.now().getTime() + 365 * 86_400_000).toISOString();
  await tx.execute(sql`
    with made as (
      insert into sessions (id, user_id, device, address) overriding system value
      values (${session.id}, ${patient.id}, 'ClinicApp/2.1 (Android 16)', '203.0.113.7')
      returning id
    )
    -- Nobody has a token with this hash.
    insert into refresh_tokens (token_hash, session_id, expires_at)
    select sha256(gen_random_uuid()::text::bytea), id, ${expires} from made`);
  await tx.execute(sql`
    insert into notifications (id, key, user_id, kind, appointment_id) overriding system value
    values (${notification.id}, 'demo:booked', ${patient.id}, 'booked', ${visit.id})`);
  await tx.execute(sql`
    insert into messages (id, key, user_id, channel, kind, appointment_id, status, attempts, error)
      overriding system value
    values (${message.id}, 'demo:booked:sms', ${patient.id}, 'sms', 'booked', ${visit.id}, 'failed', 10, 'http_503')`);
  // Nobody knows an address with this hash.
  await tx.execute(sql`
    insert into calendar_feeds (id, user_id, purpose, token_hash) overriding system value
    values (${feed.id}, ${patient.id}, 'visits', sha256(gen_random_uuid()::text::bytea))`);
  // A name that leads nowhere; nobody is told the secret.
  const secret = sealer.seal(SECRET, webhook.id, newSecret());
  await tx.execute(sql`
    with endpoint as (
      insert into webhook_endpoints (id, url, description, types, secret, created_by) overriding system value
      values (${webhook.id}, 'https://crm.invalid/hooks/clinic', 'CRM', '{appointment.booked}', ${secret}, ${admin.name.id})
      returning id
    )
    insert into webhook_deliveries (id, endpoint_id, message_id, type, body, status, attempts, error) overriding system value
    select ${delivery.id}, id, 'evt_demo_1', 'appointment.booked', '{}', 'failed', 10, 'name_not_found' from endpoint`);
}

/** One that nobody has: only a hash is kept, and this is of nothing. */
async function addApiKey(tx: Tx): Promise<void> {
  const { id, user, name } = demo.apiKey;
  await tx.execute(sql`
    with service as (
      insert into users (id, username, role, first_name, is_active) overriding system value
      values (${user}, '~key-' || gen_random_uuid(), 'receptionist', ${name}, false) returning id
    )
    insert into api_keys (id, name, user_id, key_hash, key_end, scopes, created_by) overriding system value
    select ${id}, ${name}, id, sha256(uuid_send(gen_random_uuid())), 'x7Qd', array['slots:read', 'appointments:read'],
      ${demo.admin.name.id}
    from service`);
  await tx.execute(sql`select setval(pg_get_serial_sequence('users', 'id'), (select max(id) from users))`);
}
