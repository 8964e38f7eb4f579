import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
let patient: Person;
let doctor: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());
beforeEach(async () => {
  await clinic.db.$client.query('truncate holidays');
  doctor = await clinic.person('doctor');
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

describe('POST /holidays/', () => {
  test('takes the free slots of weeks on that day, and says what remains', async () => {
    const [first, second] = await slotsOn('2026-03-09');
    await clinic.book(patient, first?.id ?? 0);
    await clinic.slot(doctor, { date: '2026-03-09', start_time: '15:00', end_time: '15:30' });
    await clinic.db.$client.query('update timeslots set is_waitlisted = true where id = $1', [second?.id]);
    const other = await clinic.person('doctor');
    const schedule = [{ weekday: 1, start_time: '09:00', end_time: '10:00', slot_minutes: 30 }];
    await clinic.as(other).put('/doctor/schedule/', { schedule }).expect(200);

    let added: { id: number } | undefined;
    const noted = await notedBy(clinic.db, async () => {
      const { body, headers } = await add({ date: '2026-03-09', name: 'Bayram' }).expect(201);
      expect(body).toEqual({
        id: expect.any(Number),
        date: '2026-03-09',
        name: 'Bayram',
        removed: 3,
        appointments: 1,
      });
      expect(headers.location).toBe(`/api/holidays/${body.id}/`);
      added = body;
    });
    expect(noted).toMatchObject([
      {
        actor_id: admin.id,
        action: 'holiday.create',
        subject_id: null,
        details: { holiday: added?.id, date: '2026-03-09' },
      },
    ]);
    expect(await timesOn('2026-03-09')).toEqual(['08:00', '09:00', '15:00']);
    expect(await slotsOn('2026-03-09', other)).toEqual([]);
    expect(await timesOn('2026-03-16')).toEqual(['08:00', '09:00', '10:00']);

    // What the list is done with goes by the next job, and the booked one once it is free.
    await clinic.db.$client.query('update timeslots set is_waitlisted = false where id = $1', [second?.id]);
    await publishing();
    expect(await timesOn('2026-03-09')).toEqual(['08:00', '15:00']);
    // On purpose, one by hand can be published all the same.
    await clinic.slot(doctor, { date: '2026-03-09', start_time: '16:00', end_time: '16:30' });
    expectProblem(await add({ date: '2026-03-09' }), 'holiday_exists');
  });

  test('today it takes what has not begun', async () => {
    expect((await add({ date: '2026-03-02' }).expect(201)).body).toMatchObject({ name: null });
    expect(await timesOn('2026-03-02')).toEqual([]);
    expectProblem(await add({ date: '2026-03-01' }), 'invalid_input', { fields: ['date in_past'] });
    expectProblem(await add({ name: ' ' }), 'invalid_input', { fields: ['date required', 'name too_short'] });
  });
});

describe('DELETE /holidays/{id}/', () => {
  test('lets weeks into that day again, by a job of the same act', async () => {
    const { id } = (await add({ date: '2026-03-09' }).expect(201)).body;
    expect(await timesOn('2026-03-09')).toEqual([]);
    const before = (await queued()) ?? 0;
    const noted = await notedBy(clinic.db, () => clinic.as(admin).delete(`/holidays/${id}/`).expect(204));
    expect(noted).toMatchObject([
      { action: 'holiday.delete', subject_id: null, details: { holiday: id, date: '2026-03-09' } },
    ]);
    expect(await queued()).toBe(before + 1);
    await publishing();
    expect(await timesOn('2026-03-09')).toEqual(['08:00', '09:00', '10:00']);
    expectProblem(await clinic.as(admin).delete(`/holidays/${id}/`), 'holiday_not_found');
    expectProblem(await clinic.as(patient).get(`/holidays/${id}/`), 'holiday_not_found');
  });

  test('of one that is over changes no calendar', async () => {
    const { rows } = await clinic.db.$client.query(
      "insert into holidays (date) values ('2026-01-01') returning id",
    );
    const before = await queued();
    await clinic.as(admin).delete(`/holidays/${rows[0].id}/`).expect(204);
    expect(await queued()).toBe(before);
  });
});

test('GET /holidays/ shows everybody what is to come first, then what is past, latest first', async () => {
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
    });
  }
  const { body } = await clinic.as(patient).get('/holidays/?from=2026-02-01&to=2026-03-02').expect(200);
  expect(body.count).toBe(2);
});
