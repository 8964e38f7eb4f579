import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { makeService } from '../helpers/services.ts';

/** By the clock it is Monday 2 March 2026, 09:00. */
const NOW = '2026-03-02T04:00:00Z';

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
  clinic.clock.set(NOW);
  doctor = await clinic.person('doctor');
});

const put = (schedule: object[], by = doctor) => clinic.as(by).put('/doctor/schedule/', { schedule });
const hours = (weekday: number, start_time: string, end_time: string, more: object = {}) => ({
  weekday,
  start_time,
  end_time,
  slot_minutes: 60,
  ...more,
});
const stored = (weekday: number, start_time: string, end_time: string, more: object = {}) => ({
  ...hours(weekday, start_time, end_time),
  break_minutes: 0,
  valid_from: null,
  valid_until: null,
  branch: 1,
  room: null,
  ...more,
});
const nothingSkipped = { skipped_count: 0, skipped: [] };
/** Slots as `2026-03-09 09:00`, with a star where they come from the week. */
async function slotsOf(person = doctor): Promise<string[]> {
  const { rows } = await clinic.db.$client.query<{ slot: string }>(
    `select date || ' ' || left(start_time::text, 5) || case when is_scheduled then '*' else '' end as slot
     from timeslots where doctor_id = $1 order by date, start_time`,
    [person.id],
  );
  return rows.map(({ slot }) => slot);
}
async function slotAt(date: string, start_time: string): Promise<number> {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    'select id from timeslots where doctor_id = $1 and date = $2 and start_time = $3',
    [doctor.id, date, start_time],
  );
  return rows[0]?.id ?? 0;
}
const job = (config: Partial<typeof testConfig> = {}) => {
  const { db, clock } = clinic;
  const { housekeeping } = createModules({ db, clock, log: silentLog, config: { ...testConfig, ...config } });
  return housekeeping.tasks.publish_schedules();
};
const MONDAYS = ['2026-03-02', '2026-03-09', '2026-03-16', '2026-03-23', '2026-03-30'];
const at = (days: string[], ...times: string[]) =>
  days.flatMap((day) => times.map((time) => `${day} ${time}*`));

describe('PUT /doctor/schedule/', () => {
  test('publishes the week up to the horizon, and shows it', async () => {
    expect((await clinic.as(doctor).get('/doctor/schedule/').expect(200)).body).toEqual({ schedule: [] });
    const { body } = await put([
      hours(3, '22:00', '24:00', { break_minutes: 0 }),
      hours(1, '09:00', '11:00'),
    ]);
    const schedule = [stored(1, '09:00', '11:00'), stored(3, '22:00', '24:00')];
    // Today at 9:00 has begun; the last Monday is the 28th day.
    expect(body).toMatchObject({ schedule, published: 17, removed: 0, ...nothingSkipped });
    expect((await clinic.as(doctor).get('/doctor/schedule/').expect(200)).body).toEqual({ schedule });
    const wednesdays = ['2026-03-04', '2026-03-11', '2026-03-18', '2026-03-25'];
    expect(await slotsOf()).toEqual(
      [...at(MONDAYS, '09:00', '10:00').slice(1), ...at(wednesdays, '22:00', '23:00')].sort(),
    );
    const { rows } = await clinic.db.$client.query(
      "select max(end_time)::text as last from timeslots where doctor_id = $1 and date = '2026-03-04'",
      [doctor.id],
    );
    expect(rows).toEqual([{ last: '24:00:00' }]);
  });

  test('keeps to the days on which hours are valid, and to the breaks', async () => {
    await put([
      hours(1, '09:00', '11:00', { valid_until: '2026-03-15' }),
      hours(1, '09:30', '12:00', { valid_from: '2026-03-16', slot_minutes: 40, break_minutes: 20 }),
    ]).expect(200);
    expect(await slotsOf()).toEqual([
      ...at(MONDAYS.slice(0, 2), '09:00', '10:00').slice(1),
      ...at(MONDAYS.slice(2), '09:30', '10:30'),
    ]);
  });

  test('changes nothing when the same week is written once more', async () => {
    const first = await put([hours(1, '09:00', '11:00')]).expect(200);
    const before = await slotsOf();
    const again = await put([hours(1, '09:00', '11:00')]).expect(200);
    expect(again.body).toEqual({ ...first.body, published: 0, published_slots: [], removed: 0 });
    expect(await slotsOf()).toEqual(before);
  });

  test('changes free slots of the week only: what somebody has stays, and so does what was published by hand', async () => {
    await put([hours(1, '09:00', '12:00')]).expect(200);
    const [taken, held, waitlisted, lapsed] = await Promise.all([
      slotAt('2026-03-09', '09:00'),
      slotAt('2026-03-16', '09:00'),
      slotAt('2026-03-23', '09:00'),
      slotAt('2026-03-30', '09:00'),
    ]);
    await clinic.book(patient, taken);
    const other = await clinic.person('patient');
    const mark = (slot: number, by: Person | undefined, until: string | null, is_waitlisted = false) =>
      clinic.db.$client.query(
        'update timeslots set held_by = $2, held_until = $3, is_waitlisted = $4 where id = $1',
        [slot, by?.id, until, is_waitlisted],
      );
    await mark(held, patient, '2026-03-02T04:05:00Z');
    await mark(waitlisted, undefined, null, true);
    await mark(lapsed, other, NOW);
    await clinic.slot(doctor, { date: '2026-03-09', start_time: '17:00', end_time: '18:00' });
    await clinic.db.$client.query('update timeslots set held_by = null, held_until = null where id = $1', [
      lapsed,
    ]);

    const { body } = await put([hours(1, '08:30', '10:30'), hours(2, '09:00', '10:00')]).expect(200);
    expect(body).toMatchObject({ removed: 12, published: 9 });
    expect(await slotsOf()).toEqual(
      [
        ...at(['2026-03-09', '2026-03-16'], '09:00'),
        '2026-03-09 17:00',
        ...at(['2026-03-02'], '09:30'),
        // What the waiting list has a claim on, and is offered to nobody, goes: the doctor is not there then.
        ...at(['2026-03-23', '2026-03-30'], '08:30', '09:30'),
        ...at(['2026-03-03', '2026-03-10', '2026-03-17', '2026-03-24'], '09:00'),
      ].sort(),
    );
  });

  test('removes every slot of the week that nobody has when the week is empty', async () => {
    await put([hours(1, '09:00', '11:00')]).expect(200);
    await clinic.book(patient, await slotAt('2026-03-09', '10:00'));
    const { body } = await put([]).expect(200);
    expect(body).toMatchObject({ schedule: [], published: 0, removed: 8, ...nothingSkipped });
    expect(await slotsOf()).toEqual(['2026-03-09 10:00*']);
    // Freed, it goes with the next job: the doctor does not work then any more.
    const booked = await clinic
      .as(patient)
      .get('/appointments/me/?date=2026-03-09&status=pending')
      .expect(200);
    for (const { id } of booked.body.results)
      await clinic.as(patient).delete(`/appointments/${id}/`).expect(204);
    await job();
    expect(await slotsOf()).toEqual([]);
  });

  test('publishes nothing on holidays, in absences or over a slot that is there', async () => {
    await clinic.db.$client.query("insert into holidays (date) values ('2026-03-09')");
    await clinic.db.$client.query(
      `insert into absences (doctor_id, "from", "to", start_time, created_by)
       values ($1, '2026-03-16', '2026-03-16', '10:30', $1)`,
      [doctor.id],
    );
    await clinic.slot(doctor, { date: '2026-03-23', start_time: '09:30', end_time: '10:00' });
    await put([hours(1, '09:00', '11:00')]).expect(200);
    expect(await slotsOf()).toEqual([
      '2026-03-02 10:00*',
      '2026-03-16 09:00*',
      '2026-03-23 09:30',
      '2026-03-23 10:00*',
      ...at(['2026-03-30'], '09:00', '10:00'),
    ]);
    await clinic.db.$client.query('delete from holidays');
  });

  test('names every stretch that is wrong', async () => {
    expectProblem(
      await put([
        hours(1, '09:00', '12:00'),
        hours(1, '12:00', '13:00'),
        hours(1, '11:30', '12:30'),
        hours(2, '11:30', '12:30', { valid_until: '2026-03-31' }),
        hours(2, '11:00', '12:00', { valid_from: '2026-04-01' }),
        hours(2, '11:00', '12:00', { valid_from: '2026-03-31', valid_until: '2026-03-31' }),
      ]),
      'invalid_input',
      { fields: ['schedule.2 hours_overlap', 'schedule.5 hours_overlap'] },
    );
    expectProblem(
      await put([
        hours(0, '09:00', '12:00'),
        hours(8, '09:00', '12:00'),
        hours(1, '09:00', '09:00'),
        hours(2, '09:00', '09:50'),
        hours(3, '09:00', '12:00', { valid_from: '2026-03-02', valid_until: '2026-03-01' }),
        hours(4, '09:00', '12:00', { slot_minutes: 4, break_minutes: -1 }),
        { weekday: 5 },
      ]),
      'invalid_input',
    );
    const { body } = await put([hours(0, '09:00', '12:00'), hours(2, '09:00', '09:50')]);
    expect(body.errors.map(({ path, code }: Record<string, string>) => `${path} ${code}`)).toEqual([
      'schedule.0.weekday too_small',
      'schedule.1.slot_minutes no_slot_fits',
    ]);
    expectProblem(await put(Array.from({ length: 101 }, () => hours(1, '09:00', '10:00'))), 'invalid_input');
    expect(await slotsOf()).toEqual([]);
  });

  test('lets an admin write another doctor’s week, and notes it', async () => {
    const path = `/doctors/${doctor.id}/schedule/`;
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await clinic.as(admin).put(path, { schedule: [hours(1, '09:00', '11:00')] });
      const schedule = [stored(1, '09:00', '11:00')];
      expect(body).toMatchObject({ schedule, published: 9, removed: 0, ...nothingSkipped });
    });
    expect(noted).toMatchObject([
      { actor_id: admin.id, action: 'schedule.update', subject_id: doctor.id, details: {} },
    ]);
    expect(await notedBy(clinic.db, () => put([]).expect(200))).toEqual([]);
    expect((await clinic.as(admin).get(path).expect(200)).body).toEqual({ schedule: [] });
    for (const id of [patient.id, 999_999]) {
      expectProblem(await clinic.as(admin).get(`/doctors/${id}/schedule/`), 'doctor_not_found');
      expectProblem(
        await clinic.as(admin).put(`/doctors/${id}/schedule/`, { schedule: [] }),
        'doctor_not_found',
      );
    }
    expectProblem(await clinic.as(doctor).get(path), 'forbidden');
  });
});

describe('the job publish_schedules', () => {
  test('adds exactly what is missing: on the next day, after a missed week, and twice at once', async () => {
    await put([hours(1, '09:00', '10:00'), hours(2, '09:00', '10:00')]).expect(200);
    const first = await slotsOf();
    expect(first.at(-1)).toBe('2026-03-30 09:00*');
    await job();
    expect(await slotsOf()).toEqual(first);
    clinic.clock.set('2026-03-03T04:00:00Z');
    await Promise.all([job(), job()]);
    expect(await slotsOf()).toEqual([...first, '2026-03-31 09:00*']);
    clinic.clock.set('2026-03-12T04:00:00Z');
    await Promise.all([job(), job(), job()]);
    expect(await slotsOf()).toEqual([
      ...first,
      '2026-03-31 09:00*',
      ...at(['2026-04-06', '2026-04-07'], '09:00'),
    ]);
  });

  test('uses up no ids when nothing is missing', async () => {
    const lastId = async () =>
      (
        await clinic.db.$client.query(
          "select last_value from pg_sequences where sequencename = 'timeslots_id_seq'",
        )
      ).rows;
    await put([hours(1, '09:00', '10:00')]).expect(200);
    const before = await lastId();
    await job();
    expect(await lastId()).toEqual(before);
  });

  test('publishes as far ahead as PUBLISH_HORIZON_DAYS says', async () => {
    await put([hours(1, '09:00', '10:00')]).expect(200);
    await job({ publish_horizon_days: 35 });
    expect((await slotsOf()).at(-1)).toBe('2026-04-06 09:00*');
    // A shorter one takes nothing back.
    await job({ publish_horizon_days: 1 });
    expect((await slotsOf()).at(-1)).toBe('2026-04-06 09:00*');
  });

  test('publishes for doctors who wait for approval, and not for deactivated ones', async () => {
    await put([hours(1, '09:00', '10:00')]).expect(200);
    const inactive = doctor;
    const waiting = await clinic.person('doctor');
    await put([hours(1, '09:00', '10:00')], waiting).expect(200);
    await clinic.db.$client.query('update doctor_profiles set approved_at = null where id = $1', [
      waiting.id,
    ]);
    await clinic.as(admin).patch(`/users/${inactive.id}/`, { is_active: false }).expect(200);
    const before = await slotsOf(inactive);
    clinic.clock.set('2026-03-09T04:00:00Z');
    await job();
    expect(await slotsOf(inactive)).toEqual(before);
    expect((await slotsOf(waiting)).at(-1)).toBe('2026-04-06 09:00*');
    await clinic.as(admin).patch(`/users/${inactive.id}/`, { is_active: true }).expect(200);
    await job();
    expect((await slotsOf(inactive)).at(-1)).toBe('2026-04-06 09:00*');
  });

  test('goes on with the other doctors when it fails with one, and fails in the end', async () => {
    await put([hours(1, '09:00', '10:00')]).expect(200);
    const next = await clinic.person('doctor');
    await put([hours(1, '09:00', '10:00')], next).expect(200);
    await clinic.db.$client.query(
      `alter table timeslots add constraint failing check (doctor_id <> ${doctor.id} or date < '2026-04-01')`,
    );
    clinic.clock.set('2026-03-09T04:00:00Z');
    await expect(job()).rejects.toThrow();
    await clinic.db.$client.query('alter table timeslots drop constraint failing');
    expect((await slotsOf()).at(-1)).toBe('2026-03-30 09:00*');
    expect((await slotsOf(next)).at(-1)).toBe('2026-04-06 09:00*');
  });

  test('is among the jobs that run by themselves', () => {
    const { db, clock } = clinic;
    const { housekeeping } = createModules({ db, clock, config: testConfig });
    expect(housekeeping.repeated.map(({ task }) => task)).toContain('publish_due');
  });
});

describe('what was taken back by hand', () => {
  const take = async (date: string, time: string) =>
    clinic
      .as(doctor)
      .delete(`/timeslots/${await slotAt(date, time)}/`)
      .expect(204);

  test('stays away until the week is written anew', async () => {
    await put([hours(1, '09:00', '10:00')]).expect(200);
    await take('2026-03-09', '09:00');
    await job();
    expect(await slotsOf()).toEqual(at(['2026-03-16', '2026-03-23', '2026-03-30'], '09:00'));
    expect((await put([hours(1, '09:00', '10:00')]).expect(200)).body).toMatchObject({ published: 1 });
    expect(await slotsOf()).toEqual(at(MONDAYS.slice(1), '09:00'));
  });

  test.each([
    ['one', '/timeslots/', { date: '2026-03-09', start_time: '09:15', end_time: '09:45' }],
    [
      'many',
      '/timeslots/bulk/',
      { date: '2026-03-09', start_time: '09:15', end_time: '09:45', slot_minutes: 30 },
    ],
  ])('or until that time is published by hand: %s', async (_, path, body) => {
    await put([hours(1, '09:00', '10:00')]).expect(200);
    await take('2026-03-09', '09:00');
    await clinic.as(doctor).post(path, body).expect(201);
    await job();
    expect(await slotsOf()).toContain('2026-03-09 09:15');
    // Taken back in turn, it makes room for the week.
    await take('2026-03-09', '09:15');
    await job();
    expect(await slotsOf()).toEqual(at(MONDAYS.slice(1), '09:00'));
  });

  test('is remembered in the statement that takes it back, and only of the week', async () => {
    await put([hours(1, '09:00', '10:00')]).expect(200);
    await clinic.slot(doctor, { date: '2026-03-10' });
    await take('2026-03-09', '09:00');
    await take('2026-03-10', '10:00');
    const { rows } = await clinic.db.$client.query(
      'select date, start_time, end_time from withdrawn_timeslots where doctor_id = $1',
      [doctor.id],
    );
    expect(rows).toEqual([{ date: '2026-03-09', start_time: '09:00', end_time: '10:00' }]);
    const booked = await slotAt('2026-03-16', '09:00');
    const appointment = await clinic.book(patient, booked);
    expectProblem(await clinic.as(doctor).delete(`/timeslots/${booked}/`), 'slot_booked');
    await clinic.as(patient).delete(`/appointments/${appointment}/`).expect(204);
    const { rows: still } = await clinic.db.$client.query(
      'select count(*)::integer as count from withdrawn_timeslots where doctor_id = $1',
      [doctor.id],
    );
    expect(still).toEqual([{ count: 1 }]);
  });
});

test('a long visit in two stretches that touch lies in the week, and outside once one of them is gone', async () => {
  const service = await makeService(clinic, admin, [doctor], { duration_minutes: 120 });
  const early = hours(1, '09:00', '11:00');
  const late = hours(1, '11:00', '13:00');
  await put([early, late]).expect(200);
  const timeslot = await slotAt('2026-03-09', '10:00');
  const booked = await clinic.as(patient).post('/appointments/', { timeslot, service }).expect(201);
  expect((await put([early, late]).expect(200)).body).toMatchObject({ outside_count: 0, outside: [] });
  const { body } = await put([early]).expect(200);
  expect(body).toMatchObject({ outside_count: 1, outside: [{ id: booked.body.id }] });
});
