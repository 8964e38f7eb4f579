import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closePast } from '../../src/modules/waitlist/claims.repository.ts';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { keepStatistics, planModes, ranDuring } from '../helpers/plans.ts';
import { insertPeople, insertSlots } from '../helpers/rows.ts';
import { makeService } from '../helpers/services.ts';

/**
 * What a search and a list read in a clinic that has just begun: the server has not looked through its tables yet, or found
 * all doctors alike. Its plans are poor then; none may read everybody again for each row.
 */
let clinic: TestApp;
let people: Record<'admin' | 'patient' | 'doctor', Person>;
beforeAll(async () => {
  clinic = await testApp({ pool_max: 1, unhurried: true });
  people = {
    admin: await clinic.person('admin'),
    patient: await clinic.person('patient'),
    doctor: await clinic.person('doctor'),
  };
  await keepStatistics(clinic.db.$client);
});
afterAll(() => clinic.close());

/** Doctors of one name and specialization, and as many specializations. */
async function add(count: number): Promise<void> {
  await clinic.db.$client.query(
    `insert into specializations (name) select 'Number ' || gen_random_uuid() from generate_series(1, $1::int) n`,
    [count],
  );
  await clinic.db.$client.query(
    `with doctor as (
       insert into users (username, password_hash, role, first_name, last_name)
       select 'doctor.' || gen_random_uuid(), 'x', 'doctor', 'Aziz', 'Oʻtkirov' from generate_series(1, $1::int) n
       returning id
     )
     insert into doctor_profiles (id, specialization) select id, 'Kardiolog' from doctor`,
    [count],
  );
}

const lists = [
  ['patient', '/doctors/?search=aziz&page_size=100'],
  ['patient', '/doctors/?search=aziz+otkirov+kardiolog&page_size=100&page=2'],
  ['patient', '/doctors/?search=nobody'],
  ['patient', '/doctors/?search=aziz&specialization=kardiolog&page_size=100'],
  ['patient', '/specializations/?page_size=100'],
  ['patient', '/specializations/?page_size=100&page=2'],
  ['patient', '/timeslots/search/?specialization=kardiolog'],
  ['admin', '/users/?search=aziz&page_size=100'],
  ['admin', '/patients/?search=aziz'],
] as const;

describe.each([
  { doctors: 200, knowing: 'nothing', learn: '' },
  // Of fewer the server reads the one page that they are in: that is no dearer than an index.
  { doctors: 1000, knowing: 'that they are all alike', learn: 'analyze' },
])('with $doctors doctors, the server knowing $knowing', ({ doctors, learn }) => {
  beforeAll(async () => {
    await add(doctors);
    await clinic.db.$client.query(learn);
  });

  test.each(lists)('as %s GET %s', async (as, path) => {
    let status = 0;
    const ran = await ranDuring(clinic.db, 'force_generic_plan', async () => {
      ({ status } = await clinic.as(people[as]).get(path));
    });
    expect(status).toBe(200);
    // All of them a few times over; once for each of a page would be a hundred times.
    expect(Math.max(...ran.map(({ rows }) => rows))).toBeLessThanOrEqual(20 * doctors);
  });
});

/** Which slots a service takes from a start on is asked once for each start, and not for each other slot beside it. */
describe('with an examination of two slots for which no room is open, the server having seen no slot yet', () => {
  const DAYS = 12;
  let service: number;
  let slot: number;
  beforeAll(async () => {
    service = await makeService(clinic, people.admin, [people.doctor], {
      duration_minutes: 60,
      room_kind: 'ultrasound',
    });
    await clinic.db.$client.query('truncate timeslots cascade');
    await clinic.db.$client.query('analyze');
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `insert into timeslots (doctor_id, branch_id, date, start_time, end_time, runs_on)
       select $1, 1, date '2026-03-03' + n / 16, time '08:00' + (n % 16) * interval '30 min',
         time '08:30' + (n % 16) * interval '30 min', n % 16 < 15
       from generate_series(0, $2 * 16 - 1) n returning id`,
      [people.doctor.id, DAYS],
    );
    slot = rows[DAYS * 8]?.id ?? 0;
  });

  const asks = {
    'a booking that is refused': () =>
      clinic.as(people.patient).post('/appointments/', { timeslot: slot, service }).expect(409),
    'a search': () => clinic.as(people.patient).get(`/timeslots/search/?service=${service}`).expect(200),
    'free slots': () =>
      clinic.as(people.patient).get(`/doctors/${people.doctor.id}/timeslots/?service=${service}`).expect(200),
  };
  test.each(Object.entries(asks).flatMap(([what, ask]) => planModes.map((mode) => ({ what, ask, mode }))))(
    '$what ($mode)',
    async ({ ask, mode }) => {
      const ran = await ranDuring(clinic.db, mode, ask);
      const asked = ran.filter(({ text }) => text.includes('RECURSIVE run')).length;
      // Those that are refused are judged by themselves before others are looked for.
      expect(asked).toBeGreaterThan(DAYS);
      expect(asked).toBeLessThanOrEqual(DAYS * 15 + 5);
    },
  );
});

/** Whom what is published or becomes free serves is found by going through those who wait once, and not once for each of them. */
describe('with many who wait for an examination of other doctors, the server having seen one of them', () => {
  const [WISHES, DAYS] = [150, 40];
  const nextDay = freshDays('2026-04-01');
  let patient: Person;
  const publish = async () => {
    const date = nextDay();
    const hours = { from: date, to: date, start_time: '08:00', end_time: '10:00', slot_minutes: 30 };
    await clinic.as(people.doctor).post('/timeslots/bulk/', hours).expect(201);
  };
  beforeAll(async () => {
    const { $client } = clinic.db;
    patient = await clinic.person('patient');
    await makeService(clinic, people.admin, [people.doctor], { duration_minutes: 90 });
    const wish = (count: number) =>
      $client.query(
        `insert into waitlist_entries (patient_id, doctor_id, service_id, "from", "to")
         select $1, doctor_id, service_id, '2026-12-01', '2026-12-31' from doctor_services
         order by md5(doctor_id || '.' || service_id) limit $2`,
        [people.patient.id, count],
      );
    await wish(1);
    await $client.query('vacuum analyze');
    await add(WISHES);
    await $client.query(
      `with service as (
         insert into services (name, duration_minutes)
         select '{"uz": "Koʻruv", "ru": "Приём", "en": "Visit"}', 30 + n % 3 * 30 from generate_series(1, 20) n returning id
       )
       insert into doctor_services (doctor_id, service_id)
       select d.id, s.id from doctor_profiles d, service s where d.id = $1 or (d.id + s.id) % 4 = 0`,
      [people.doctor.id],
    );
    await wish(WISHES);
    for (let days = 0; days < DAYS; days += 1) await publish();
  });

  const asks = {
    'slots are published': async () => publish,
    'a visit is cancelled': async () => {
      await publish();
      const { rows } = await clinic.db.$client.query<{ id: number }>('select max(id) as id from timeslots');
      const visit = await clinic.book(patient, rows[0]?.id ?? 0);
      return () => clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    },
  };
  test.each(
    Object.entries(asks).flatMap(([what, prepare]) => planModes.map((mode) => ({ what, prepare, mode }))),
  )('$what ($mode)', async ({ prepare, mode }) => {
    const ran = await ranDuring(clinic.db, mode, await prepare());
    expect(ran.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(200 * WISHES);
  });
});

/** A session keeps the plans of its triggers, made for the first rows that they met. Very many are not compared each with each. */
describe('in a session that has changed one slot, one visit and one wish', () => {
  const SLOTS = 400;
  const nextDay = freshDays('2026-09-01');
  let doctor: Person;
  const publish = () => {
    const [from, ...others] = Array.from({ length: SLOTS / 20 }, nextDay);
    const hours = { from, to: others.at(-1), start_time: '08:00', end_time: '18:00', slot_minutes: 30 };
    return clinic.as(doctor).post('/timeslots/bulk/', hours).expect(201);
  };
  const wish = (count: number, to: string) =>
    clinic.db.$client.query(
      `insert into waitlist_entries (patient_id, doctor_id, "from", "to")
       select $1, $2, '2026-03-03', $3 from generate_series(1, $4)`,
      [people.patient.id, doctor.id, to, count],
    );
  const close = (day: string) => closePast(clinic.db, day);
  const beAway = (from: string, to: string) => clinic.as(doctor).post('/absences/', { from, to }).expect(201);
  const book = () =>
    clinic.db.$client.query(
      `insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
       select doctor_id, $1, id, date, start_time, end_time, $1 from timeslots where doctor_id = $2 and not is_taken`,
      [people.patient.id, doctor.id],
    );
  beforeAll(async () => {
    doctor = await clinic.person('doctor');
    await wish(1, '2026-12-31');
    await wish(1, '2026-04-01');
    await close('2026-05-01');
    await clinic.slot(doctor, { date: nextDay() });
    await book();
    await beAway('2026-09-01', '2026-09-01');
  });

  const asks = {
    'very many slots are claimed for who waits': async () => publish,
    'very many visits are cancelled': async () => {
      await book();
      return () => beAway('2026-09-02', '2026-10-31');
    },
    'very many wishes are over': async () => {
      await wish(SLOTS, '2026-05-01');
      return () => close('2026-06-01');
    },
  };
  test.each(Object.entries(asks))('%s', async (_, prepare) => {
    const ran = await ranDuring(clinic.db, 'force_generic_plan', await prepare());
    const compared = ran.filter(({ text }) => /\bwas o\b/.test(text)).map(({ rows }) => rows);
    expect(compared).not.toEqual([]);
    // Each of them a few times over.
    expect(Math.max(...compared)).toBeLessThanOrEqual(20 * SLOTS);
  });
});

/** Each slot that waits to be offered is looked up by its id, and not among all that wait or are offered. */
describe('with many slots that wait to be offered after many that are, the server having seen none of them', () => {
  const [SLOTS, OFFERED] = [50, 1_500];
  beforeAll(async () => {
    const { $client } = clinic.db;
    const doctor = await clinic.person('doctor');
    const service = await makeService(clinic, people.admin, [doctor], { duration_minutes: 600 });
    const [busy, ...patients] = await insertPeople(clinic.db, 'patient', SLOTS + 2);
    await $client.query('truncate timeslots, waitlist_entries cascade');
    await insertSlots(clinic.db, doctor.id, OFFERED + SLOTS, '2026-04-01');
    // A visit that is too long for any day has whoever offers a slot go through its day.
    await $client.query(
      `insert into waitlist_entries (patient_id, doctor_id, service_id, "from", "to")
       select id, $2, case when nth = 1 then $3::int end, '2026-03-01', '2026-12-31'
       from unnest($1::int[]) with ordinality as person (id, nth)`,
      [patients, doctor.id, service],
    );
    await $client.query('vacuum analyze');
    await $client.query(
      `update timeslots set is_waitlisted = true, held_by = case when nth <= $1 then $2::integer end,
         held_until = case when nth <= $1 then timestamptz '2026-03-02T05:00:00Z' end
       from (select id, row_number() over (order by date, start_time) as nth from timeslots) place where place.id = timeslots.id`,
      [OFFERED, busy],
    );
  });

  test.each(planModes)('%s', async (mode) => {
    const { clock, db } = clinic;
    const { offer_waitlist } = createModules({ db, clock, config: testConfig }).housekeeping.tasks;
    const ran = await ranDuring(db, mode, () => offer_waitlist(undefined));
    const { rows: offers } = await db.$client.query(
      'delete from waitlist_offers returning timeslot_id as slot, entry_id as entry',
    );
    expect(offers).toHaveLength(SLOTS);
    const among = ran.filter(({ indexes }) => indexes.includes('timeslots_waitlisted'));
    expect(among.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(OFFERED + 20 * SLOTS);
    await db.$client.query("update waitlist_entries set status = 'waiting'");
    await db.$client.query(
      'update timeslots set held_by = null, held_until = null, freeing = freeing + 1 where id = any ($1)',
      [offers.map(({ slot }) => slot)],
    );
  });

  test.each(planModes)('of what is held, a hold that is given back is read alone (%s)', async (mode) => {
    const slot = await clinic.slot(await clinic.person('doctor'));
    const path = `/timeslots/${slot}/hold/`;
    await clinic.as(people.patient).post(path).expect(200);
    const ran = await ranDuring(clinic.db, mode, () => clinic.as(people.patient).delete(path).expect(204));
    expect(Math.max(...ran.map(({ rows }) => rows))).toBeLessThan(OFFERED / 2);
  });
});

/** What somebody has at a time is found by that time, and not among all that they ever had. */
describe('with a patient and a doctor who have had many visits, the server having seen none', () => {
  const [DOCTORS, DAYS, VISITS] = [15, 6, 500];
  const nextDay = freshDays('2026-09-01');
  let patient: Person;
  let doctor: Person;
  let service: number;
  let slot: number;
  beforeAll(async () => {
    const { $client } = clinic.db;
    [patient, doctor] = [await clinic.person('patient'), await clinic.person('doctor')];
    service = await makeService(clinic, people.admin, [], { duration_minutes: 60 });
    await $client.query('truncate timeslots, waitlist_entries, appointments cascade');
    await $client.query('analyze');
    await add(DOCTORS);
    await $client.query(
      `insert into doctor_services (doctor_id, service_id) select id, $1 from doctor_profiles order by id desc limit $2`,
      [service, DOCTORS],
    );
    const { rows } = await $client.query<{ id: number }>(
      `insert into timeslots (doctor_id, branch_id, date, start_time, end_time, runs_on)
       select g.doctor_id, 1, date '2026-03-03' + n / 16, time '08:00' + (n % 16) * interval '30 min',
         time '08:30' + (n % 16) * interval '30 min', n % 16 < 15
       from generate_series(0, $2 * 16 - 1) n, doctor_services g where g.service_id = $1 returning id`,
      [service, DAYS],
    );
    slot = rows[0]?.id ?? 0;
    // Years ago, and all day on the first days of these.
    await $client.query('set session_replication_role = replica');
    await $client.query(
      `insert into appointments (doctor_id, patient_id, timeslot_id, status, date, start_time, end_time, booked_by, branch_id)
       select $1, $2, -nth, 'confirmed', day, '08:00', '17:00', $2, 1
       from unnest(array(select date '2020-01-01' + n from generate_series(1, $3::integer) n)
         || array(select date '2026-03-02' + n from generate_series(1, $4::integer - 1) n)) with ordinality visit (day, nth)`,
      [doctor.id, patient.id, VISITS, DAYS],
    );
    await $client.query('set session_replication_role = origin');
  });

  const book = (wanted: object) => () =>
    clinic
      .as(patient)
      .post('/appointments/', { timeslot: slot, ...wanted })
      .expect(409);
  const publish = () => {
    const date = nextDay();
    const hours = { from: date, to: date, start_time: '08:00', end_time: '18:00', slot_minutes: 10 };
    return clinic.as(doctor).post('/timeslots/bulk/', hours).expect(201);
  };
  const SLOTS = DOCTORS * DAYS * 16;
  test.each(
    planModes.flatMap((mode) => [
      { what: 'a booking is refused', ask: () => book({}), rows: 20 * SLOTS, mode },
      { what: 'a booking of a service is refused', ask: () => book({ service }), rows: 20 * SLOTS, mode },
      { what: '60 slots are published', ask: () => publish, rows: 60 * 60, mode },
    ]),
  )('$what ($mode)', async ({ ask, rows: limit, mode }) => {
    const ran = await ranDuring(clinic.db, mode, ask());
    expect(ran.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(limit);
  });
});
