import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { empty } from '../helpers/database.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
let patient: Person;
let doctor: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());
beforeEach(async () => {
  await empty(clinic.db, 'holidays');
  await clinic.db.$client.query("update appointments set status = 'cancelled' where status <> 'cancelled'");
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
  const hours = { start_time: '08:00', end_time: '11:00', slot_minutes: 60 };
  const schedule = [1, 2].map((weekday) => ({ weekday, ...hours }));
  await clinic.as(doctor).put('/doctor/schedule/', { schedule }).expect(200);
});

const add = (body: object) => clinic.as(admin).post('/holidays/', body);
const slotsOn = async (date: string, person = doctor) =>
  (
    await clinic.db.$client.query<{ id: number; start_time: string }>(
      'select id, start_time from timeslots where doctor_id = $1 and date = $2 order by start_time',
      [person.id, date],
    )
  ).rows;
const timesOn = async (date: string) => (await slotsOn(date)).map(({ start_time }) => start_time);
const publishing = () => {
  const { db, clock } = clinic;
  return createModules({ db, clock, config: testConfig }).housekeeping.tasks.publish_schedules();
};
const queued = async () =>
  (
    await clinic.db.$client.query<{ count: number }>(
      "select count(*)::integer as count from graphile_worker.jobs where task_identifier = 'publish_schedules'",
    )
  ).rows[0]?.count;

const bookable = (date: string, by = patient, of = doctor) =>
  clinic.as(by).get(`/doctors/${of.id}/timeslots/?date=${date}`).expect(200);
const found = async (date: string) =>
  (await clinic.as(patient).get(`/timeslots/search/?from=${date}&to=${date}`).expect(200)).body.count;
const book = (timeslot: number, by = patient) => clinic.as(by).post('/appointments/', { timeslot });
const hold = (timeslot: number, by = patient) => clinic.as(by).post(`/timeslots/${timeslot}/hold/`);
const DAY = '2026-03-09';

describe('POST /holidays/', () => {
  test('removes every slot that nobody has, however it was published, and names the visits', async () => {
    const [first] = await slotsOn(DAY);
    const visit = await clinic.book(patient, first?.id ?? 0);
    const single = await clinic.slot(doctor, { date: DAY, start_time: '15:00', end_time: '15:30' });
    const held = await clinic.slot(doctor, { date: DAY, start_time: '15:30', end_time: '16:00' });
    await hold(held).expect(200);
    const bulk = { date: DAY, start_time: '16:00', end_time: '18:00', slot_minutes: 30 };
    await clinic.as(doctor).post('/timeslots/bulk/', bulk).expect(201);
    const other = await clinic.person('doctor', { first_name: 'Jasur' });
    const schedule = [{ weekday: 1, start_time: '09:00', end_time: '10:00', slot_minutes: 30 }];
    await clinic.as(other).put('/doctor/schedule/', { schedule }).expect(200);
    const elsewhere = await clinic.book(patient, await clinic.slot(doctor, { date: '2026-03-12' }));

    let added: { id: number } | undefined;
    const noted = await notedBy(clinic.db, async () => {
      const { body, headers } = await add({ date: DAY, name: 'Bayram' }).expect(201);
      expect(body).toEqual({
        id: expect.any(Number),
        date: DAY,
        name: 'Bayram',
        branch: null,
        preview: false,
        // Two of this week, two of the other, two by hand, four at once.
        removed: 10,
        appointments: 1,
        cancelled: 0,
        visits: [
          {
            id: visit,
            doctor: { id: doctor.id, first_name: null, last_name: null },
            date: DAY,
            start_time: '08:00',
            end_time: '09:00',
            patient: { id: patient.id, first_name: null, last_name: null, phone: null },
          },
        ],
      });
      expect(headers.location).toBe(`/api/holidays/${body.id}/`);
      added = body;
    });
    expect(noted).toMatchObject([
      {
        actor_id: admin.id,
        action: 'holiday.create',
        subject_id: null,
        details: { holiday: added?.id, date: DAY },
      },
      { actor_id: admin.id, action: 'appointment.list', subject_id: patient.id },
    ]);
    expect(await timesOn(DAY)).toEqual(['08:00']);
    expect(await slotsOn(DAY, other)).toEqual([]);
    expect(await timesOn('2026-03-16')).toEqual(['08:00', '09:00', '10:00']);
    expect((await bookable(DAY)).body.count).toBe(0);
    expect((await bookable(DAY, admin)).body.count).toBe(0);
    expect(await found(DAY)).toBe(0);

    // Whoever still has the page before them is told why.
    expectProblem(await book(single), 'clinic_closed');
    expectProblem(
      await clinic.as(admin).post('/appointments/', { timeslot: single, patient: patient.id }),
      'clinic_closed',
    );
    expectProblem(await hold(single), 'clinic_closed');
    // The hold is gone as well.
    expectProblem(await book(held), 'clinic_closed');
    const move = clinic.as(patient).post(`/appointments/${elsewhere}/reschedule/`, { timeslot: single });
    expectProblem(await move, 'clinic_closed');
    await publishing();
    expect(await timesOn(DAY)).toEqual(['08:00']);
    expectProblem(await add({ date: DAY }), 'holiday_exists');
    expectProblem(await add({ date: DAY, preview: true }), 'holiday_exists');
  });

  test('removes a slot that becomes free on the holiday later, by a cancellation or a move', async () => {
    const [first, second, third] = await slotsOn(DAY);
    const [one, two] = [
      await clinic.book(patient, first?.id ?? 0),
      await clinic.book(patient, second?.id ?? 0),
    ];
    const waiting = await clinic.person('patient');
    const wish = { doctor: doctor.id, from: DAY, to: DAY };
    await add({ date: DAY }).expect(201);
    const entry = (await clinic.as(waiting).post('/waitlist/', wish).expect(201)).body.id;
    const target = await clinic.slot(doctor, { date: '2026-03-11' });
    await clinic.as(patient).delete(`/appointments/${one}/`).expect(204);
    const moved = await clinic
      .as(patient)
      .post(`/appointments/${two}/reschedule/`, { timeslot: target })
      .expect(200);
    expect(moved.body).toMatchObject({ timeslot: target, date: '2026-03-11' });
    expect(await timesOn(DAY)).toEqual([]);
    expect((await bookable(DAY)).body.count + (await found(DAY))).toBe(0);
    for (const slot of [first, second, third]) expectProblem(await book(slot?.id ?? 0), 'clinic_closed');
    expect((await clinic.as(patient).get(`/appointments/${one}/`).expect(200)).body).toMatchObject({
      status: 'cancelled',
      timeslot: null,
      date: DAY,
    });
    expect((await clinic.as(waiting).get(`/waitlist/${entry}/`).expect(200)).body.status).toBe('waiting');
    await clinic.as(waiting).delete(`/waitlist/${entry}/`).expect(204);
  });

  test('ends an offer of a slot of that day, and whoever had the offer waits on', async () => {
    const waiting = await clinic.person('patient');
    const entry = (
      await clinic.as(waiting).post('/waitlist/', { doctor: doctor.id, from: DAY, to: DAY }).expect(201)
    ).body.id;
    const timeslot = await clinic.slot(doctor, { date: DAY, start_time: '15:00', end_time: '15:30' });
    const { db, clock } = clinic;
    await createModules({ db, clock, config: testConfig }).housekeeping.tasks.offer_waitlist({});
    const shown = async () => (await clinic.as(waiting).get(`/waitlist/${entry}/`).expect(200)).body;
    expect((await shown()).offer.timeslot.id).toBe(timeslot);
    await add({ date: DAY }).expect(201);
    expect(await shown()).toMatchObject({ status: 'waiting', offer: null });
    expectProblem(await clinic.as(waiting).post(`/waitlist/${entry}/accept/`), 'offer_lapsed');
    await clinic.as(waiting).delete(`/waitlist/${entry}/`).expect(204);
  });

  test('lets slots be published on that day only on purpose, and those can be booked', async () => {
    await add({ date: DAY }).expect(201);
    const slot = { date: DAY, start_time: '16:00', end_time: '16:30' };
    expectProblem(await clinic.as(doctor).post('/timeslots/', slot), 'clinic_closed');
    const bulk = { date: DAY, start_time: '17:00', end_time: '18:00', slot_minutes: 30 };
    const skipped = await clinic.as(doctor).post('/timeslots/bulk/', bulk).expect(201);
    expect(skipped.body).toMatchObject({
      created: 0,
      skipped: [{ reason: 'holiday' }, { reason: 'holiday' }],
    });

    const one = await clinic
      .as(doctor)
      .post('/timeslots/', { ...slot, despite_holiday: true })
      .expect(201);
    expect(one.body.is_available).toBe(true);
    const dry = { ...bulk, despite_holiday: true, dry_run: true };
    expect((await clinic.as(doctor).post('/timeslots/bulk/', dry).expect(200)).body.created).toBe(2);
    await clinic
      .as(admin)
      .post('/timeslots/bulk/', { ...bulk, doctor: doctor.id, despite_holiday: true })
      .expect(201);
    expect((await bookable(DAY)).body.count).toBe(3);
    const visit = (await book(one.body.id).expect(201)).body.id;
    // Given up, it is free again: it is there on purpose.
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    await book(one.body.id).expect(201);
    await publishing();
    expect(await timesOn(DAY)).toEqual(['16:00', '17:00', '17:30']);
  });

  test('removes slots that were published on purpose despite an earlier holiday of that day', async () => {
    const { id } = (await add({ date: DAY }).expect(201)).body;
    const publish = (start_time: string, end_time: string) =>
      clinic
        .as(doctor)
        .post('/timeslots/', { date: DAY, start_time, end_time, despite_holiday: true })
        .expect(201);
    const [kept, free] = [
      (await publish('16:00', '16:30')).body.id,
      (await publish('17:00', '17:30')).body.id,
    ];
    const visit = (await book(kept).expect(201)).body.id;
    await clinic.as(admin).delete(`/holidays/${id}/`).expect(204);
    expect((await add({ date: DAY }).expect(201)).body).toMatchObject({ removed: 1, appointments: 1 });
    expectProblem(await book(free), 'clinic_closed');
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    expectProblem(await book(kept), 'clinic_closed');
    expect(await timesOn(DAY)).toEqual([]);
  });

  test('cancels the visits in the same act with `visits: cancel`, and a preview writes nothing', async () => {
    const [first, second] = await slotsOn(DAY);
    const other = await clinic.person('patient');
    const [one, two] = [
      await clinic.book(patient, first?.id ?? 0),
      await clinic.book(other, second?.id ?? 0),
    ];
    await clinic.as(doctor).patch(`/appointments/${two}/`, { status: 'confirmed' }).expect(200);
    const told = async () =>
      (
        await clinic.db.$client.query(
          "select from events where appointment_id = any ($1) and type = 'appointment.cancelled'",
          [[one, two]],
        )
      ).rows.length;

    const asked = await notedBy(clinic.db, async () => {
      const { body } = await add({ date: DAY, visits: 'cancel', preview: true }).expect(200);
      expect(body).toMatchObject({ id: null, preview: true, removed: 1, appointments: 0, cancelled: 2 });
      expect(body.visits.map(({ id }: { id: number }) => id)).toEqual([one, two]);
    });
    expect(asked.map(({ action, subject_id }) => [action, subject_id])).toEqual([
      ['appointment.list', patient.id],
      ['appointment.list', other.id],
    ]);
    expect(await timesOn(DAY)).toEqual(['08:00', '09:00', '10:00']);
    expect((await clinic.as(admin).get('/holidays/').expect(200)).body.count).toBe(0);

    const noted = await notedBy(clinic.db, async () => {
      const { body } = await add({ date: DAY, visits: 'cancel' }).expect(201);
      expect(body).toMatchObject({ preview: false, removed: 1, appointments: 0, cancelled: 2 });
      expect(body.visits.map(({ id }: { id: number }) => id)).toEqual([one, two]);
    });
    expect(noted.map(({ action, subject_id }) => [action, subject_id])).toEqual([
      ['holiday.create', null],
      ['appointment.cancel', patient.id],
      ['appointment.cancel', other.id],
    ]);
    for (const visit of [one, two])
      expect((await clinic.as(admin).get(`/appointments/${visit}/`).expect(200)).body).toMatchObject({
        status: 'cancelled',
        cancelled_by: admin.id,
        cancel_reason: 'clinic_closed',
        cancelled_late: false,
      });
    expect(await timesOn(DAY)).toEqual([]);
    expect(await told()).toBe(2);
  });

  test('cancels today only what has not begun', async () => {
    expect((await add({ date: '2026-03-02' }).expect(201)).body).toMatchObject({ name: null });
    expect(await timesOn('2026-03-02')).toEqual([]);
    expectProblem(await add({ date: '2026-03-01' }), 'invalid_input', { fields: ['date in_past'] });
    expectProblem(await add({ name: ' ' }), 'invalid_input', { fields: ['date required', 'name too_short'] });
  });

  test('is not the only way: the database closes a day and keeps it closed, whoever writes the holiday', async () => {
    const [first] = await slotsOn(DAY);
    const visit = await clinic.book(patient, first?.id ?? 0);
    await clinic.db.$client.query('insert into holidays (date) values ($1)', [DAY]);
    expect(await timesOn(DAY)).toEqual(['08:00']);
    const insert = `insert into timeslots (doctor_id, date, start_time, end_time) values ($1, $2, '12:00', '12:30')`;
    await expect(clinic.db.$client.query(insert, [doctor.id, DAY])).rejects.toMatchObject({
      constraint: 'timeslots_not_on_holiday',
    });
    await clinic.db.$client.query(
      "update appointments set status = 'cancelled', cancelled_by = $2 where id = $1",
      [visit, patient.id],
    );
    expect(await timesOn(DAY)).toEqual([]);
  });
});

describe('DELETE /holidays/{id}/', () => {
  test('lets a job of the same act publish weeks on that day again', async () => {
    const { id } = (await add({ date: '2026-03-09' }).expect(201)).body;
    expect(await timesOn('2026-03-09')).toEqual([]);
    const before = (await queued()) ?? 0;
    const noted = await notedBy(clinic.db, () => clinic.as(admin).delete(`/holidays/${id}/`).expect(204));
    expect(noted).toMatchObject([
      { action: 'holiday.delete', subject_id: null, details: { holiday: id, date: '2026-03-09' } },
    ]);
    expect(await queued()).toBe(before + 1);
    // Neither what was published by hand nor the visits come back.
    await publishing();
    expect(await timesOn('2026-03-09')).toEqual(['08:00', '09:00', '10:00']);
    expectProblem(await clinic.as(admin).delete(`/holidays/${id}/`), 'holiday_not_found');
    expectProblem(await clinic.as(patient).get(`/holidays/${id}/`), 'holiday_not_found');
  });

  test('changes no calendar when the holiday is past', async () => {
    const { rows } = await clinic.db.$client.query(
      "insert into holidays (date) values ('2026-01-01') returning id",
    );
    const before = await queued();
    await clinic.as(admin).delete(`/holidays/${rows[0].id}/`).expect(204);
    expect(await queued()).toBe(before);
  });
});

test('GET /holidays/ shows everybody the holidays to come first, then the past ones, latest first', async () => {
  await clinic.db.$client.query(
    `insert into holidays (date, name) values
       ('2026-01-01', 'Yangi yil'), ('2026-03-21', 'Navroʻz'), ('2026-03-02', null), ('2026-02-01', null)`,
  );
  for (const who of [patient, doctor, admin]) {
    const { body } = await clinic.as(who).get('/holidays/').expect(200);
    expect(body.results.map(({ date }: { date: string }) => date)).toEqual([
      '2026-03-02',
      '2026-03-21',
      '2026-02-01',
      '2026-01-01',
    ]);
    expect(body).toMatchObject({ count: 4, next: null, previous: null });
    const { id } = body.results[1];
    expect((await clinic.as(who).get(`/holidays/${id}/`).expect(200)).body).toEqual({
      id,
      date: '2026-03-21',
      name: 'Navroʻz',
      branch: null,
    });
  }
  const { body } = await clinic.as(patient).get('/holidays/?from=2026-02-01&to=2026-03-02').expect(200);
  expect(body.count).toBe(2);
});

test('branches that share a day stand once each on the pages of a list', async () => {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    `with made as (insert into branches (name) select 'Branch ' || nth from generate_series(1, 7) nth returning id)
     select id from made order by id`,
  );
  const made: number[] = [];
  for (const { id: branch } of rows)
    made.push((await add({ date: '2026-05-01', branch }).expect(201)).body.id);
  const seen: number[] = [];
  for (const page of [1, 2, 3, 4]) {
    const { body } = await clinic.as(patient).get(`/holidays/?page_size=2&page=${page}`).expect(200);
    seen.push(...body.results.map(({ id }: { id: number }) => id));
  }
  expect(seen).toEqual(made);
  await clinic.db.$client.query('update branches set is_active = false where id <> 1');
});
