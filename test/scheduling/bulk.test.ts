import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slotsWithin, stretchesOf } from '../../src/modules/timeslots/bulk.rules.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { makeService } from '../helpers/services.ts';
import { statementsOf } from '../helpers/statements.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const freshDoctor = () => clinic.person('doctor');
const open = (doctor: Person, body: object) => clinic.as(doctor).post('/timeslots/bulk/', body);
const day = { date: '2026-03-10', start_time: '09:00', end_time: '12:00', slot_minutes: 30 };

const slotsOf = async (doctor: Person) =>
  (
    await clinic.db.$client.query<{ date: string; start_time: string; end_time: string }>(
      'select date, start_time, end_time from timeslots where doctor_id = $1 order by date, start_time',
      [doctor.id],
    )
  ).rows;
const timesOf = async (doctor: Person) =>
  (await slotsOf(doctor)).map(({ start_time, end_time }) => `${start_time}-${end_time}`);

describe('the hours of a day', () => {
  const pause = (start_time: string, end_time: string) => ({ start_time, end_time });
  test.each([
    ['none', [], ['09:00-18:00']],
    ['lunch', [pause('13:00', '14:00')], ['09:00-13:00', '14:00-18:00']],
    [
      'two, the later named first',
      [pause('16:00', '16:30'), pause('13:00', '14:00')],
      ['09:00-13:00', '14:00-16:00', '16:30-18:00'],
    ],
    ['two that overlap', [pause('12:00', '13:00'), pause('12:30', '14:00')], ['09:00-12:00', '14:00-18:00']],
    [
      'one within another',
      [pause('12:00', '14:00'), pause('12:30', '13:00')],
      ['09:00-12:00', '14:00-18:00'],
    ],
    ['before and after', [pause('07:00', '09:30'), pause('17:00', '20:00')], ['09:30-17:00']],
    ['outside', [pause('07:00', '08:00'), pause('18:00', '20:00')], ['09:00-18:00']],
    ['all day', [pause('08:00', '24:00')], []],
  ])('pauses: %s', (_, pauses, expected) => {
    const stretches = stretchesOf({ ...pause('09:00', '18:00'), pauses });
    expect(stretches.map(({ start_time, end_time }) => `${start_time}-${end_time}`)).toEqual(expected);
  });

  test('are counted as the database makes slots of them', async () => {
    for (const [start_time, end_time, slot_minutes, break_minutes] of [
      ['09:00', '12:00', 30, 0],
      ['09:00', '12:00', 50, 10],
      ['09:00', '11:50', 50, 10],
      ['09:00', '11:49', 50, 10],
      ['23:00', '24:00', 7, 3],
      ['00:00', '24:00', 5, 0],
      ['00:00', '24:00', 720, 0],
      ['10:00', '10:29', 30, 5],
    ] as const) {
      const { rows } = await clinic.db.$client.query('select * from slots_between($1, $2, $3, $4)', [
        start_time,
        end_time,
        slot_minutes,
        break_minutes,
      ]);
      expect(rows).toHaveLength(slotsWithin({ start_time, end_time }, slot_minutes, break_minutes));
    }
  });
});

describe('POST /timeslots/bulk/', () => {
  test('opens a day', async () => {
    const doctor = await freshDoctor();
    const { body, headers } = await open(doctor, day).expect(201);
    expect(body).toEqual({ created: 6, skipped_count: 0, skipped: [], dry_run: false });
    expect(headers.location).toBe('/api/timeslots/?from=2026-03-10&to=2026-03-10');
    const list = await clinic.as(doctor).get(String(headers.location).slice('/api'.length)).expect(200);
    expect(list.body).toMatchObject({ count: 6 });
    expect(await timesOf(doctor)).toEqual([
      '09:00-09:30',
      '09:30-10:00',
      '10:00-10:30',
      '10:30-11:00',
      '11:00-11:30',
      '11:30-12:00',
    ]);
    const { rows } = await clinic.db.$client.query(
      'select distinct is_scheduled from timeslots where doctor_id = $1',
      [doctor.id],
    );
    expect(rows).toEqual([{ is_scheduled: false }]);
  });

  test('leaves breaks, and shifts to after a pause what would run into it', async () => {
    const doctor = await freshDoctor();
    const pauses = [{ start_time: '10:30', end_time: '11:10' }];
    await open(doctor, { ...day, end_time: '13:00', slot_minutes: 40, break_minutes: 5, pauses }).expect(201);
    expect(await timesOf(doctor)).toEqual(['09:00-09:40', '09:45-10:25', '11:10-11:50', '11:55-12:35']);
  });

  test('lets no visit of several slots go on over a pause, however short that is', async () => {
    const doctor = await freshDoctor();
    const service = await makeService(clinic, admin, [doctor], { duration_minutes: 60 });
    const pauses = [{ start_time: '10:50', end_time: '11:00' }];
    await open(doctor, { ...day, slot_minutes: 30, break_minutes: 10, pauses }).expect(201);
    const slots = await clinic
      .as(admin)
      .get(`/doctors/${doctor.id}/timeslots/?date=${day.date}&service=${service}`)
      .expect(200);
    const starts = (slots.body.results as { id: number; start_time: string }[]).map(
      ({ start_time }) => start_time,
    );
    expect(starts).toEqual(['09:00', '09:40']);
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      "select id from timeslots where doctor_id = $1 and start_time = '10:20'",
      [doctor.id],
    );
    const patient = await clinic.person('patient');
    expectProblem(
      await clinic.as(patient).post('/appointments/', { timeslot: rows[0]?.id, service }),
      'not_enough_time',
    );
  });

  test('goes on to 24:00', async () => {
    const doctor = await freshDoctor();
    await open(doctor, { ...day, start_time: '22:30', end_time: '24:00' }).expect(201);
    expect(await timesOf(doctor)).toEqual(['22:30-23:00', '23:00-23:30', '23:30-24:00']);
  });

  test('opens the named weekdays of a range, both ends included', async () => {
    const doctor = await freshDoctor();
    const range = { from: '2026-03-09', to: '2026-03-22', weekdays: [1, 7], start_time: '09:00' };
    await open(doctor, { ...range, end_time: '10:00', slot_minutes: 60 }).expect(201);
    // 9 March 2026 is a Monday.
    expect((await slotsOf(doctor)).map(({ date }) => date)).toEqual([
      '2026-03-09',
      '2026-03-15',
      '2026-03-16',
      '2026-03-22',
    ]);
  });

  test('tells what it skips and why, does the same once more and adds nothing', async () => {
    const doctor = await freshDoctor();
    await clinic.db.$client.query("insert into holidays (date) values ('2026-03-03') on conflict do nothing");
    await clinic.db.$client.query(
      `insert into absences (doctor_id, "from", "to", end_time, created_by)
       values ($1, '2026-03-04', '2026-03-04', '10:30', $1)`,
      [doctor.id],
    );
    await clinic.slot(doctor, { date: '2026-03-05', start_time: '10:15', end_time: '10:45' });
    const opening = {
      from: '2026-03-01',
      to: '2026-03-05',
      start_time: '08:00',
      end_time: '11:00',
      slot_minutes: 60,
    };
    const skip = (date: string, hour: number, reason: string) => ({
      date,
      start_time: `${String(hour).padStart(2, '0')}:00`,
      end_time: `${String(hour + 1).padStart(2, '0')}:00`,
      reason,
    });
    // It is 2 March, 09:00: what is over is skipped, what runs until 10:00 is not.
    const skipped = [
      skip('2026-03-01', 8, 'past'),
      skip('2026-03-01', 9, 'past'),
      skip('2026-03-01', 10, 'past'),
      skip('2026-03-02', 8, 'past'),
      skip('2026-03-03', 8, 'holiday'),
      skip('2026-03-03', 9, 'holiday'),
      skip('2026-03-03', 10, 'holiday'),
      skip('2026-03-04', 8, 'absence'),
      skip('2026-03-04', 9, 'absence'),
      skip('2026-03-04', 10, 'absence'),
      skip('2026-03-05', 10, 'overlap'),
    ];
    const before = await slotsOf(doctor);
    const dry = await open(doctor, { ...opening, dry_run: true }).expect(200);
    expect(dry.body).toEqual({ created: 4, skipped_count: 11, skipped, dry_run: true });
    expect(await slotsOf(doctor)).toEqual(before);

    const done = await open(doctor, opening).expect(201);
    expect(done.body).toEqual({ created: 4, skipped_count: 11, skipped, dry_run: false });
    expect((await slotsOf(doctor)).map(({ date, start_time }) => `${date} ${start_time}`)).toEqual([
      '2026-03-02 09:00',
      '2026-03-02 10:00',
      '2026-03-05 08:00',
      '2026-03-05 09:00',
      '2026-03-05 10:15',
    ]);
    for (const dry_run of [true, false]) {
      const again = await open(doctor, { ...opening, dry_run });
      expect(again.body).toMatchObject({ created: 0, skipped_count: 15 });
      expect(again.body.skipped[3]).toEqual(skip('2026-03-02', 8, 'past'));
      expect(again.body.skipped[4]).toEqual(skip('2026-03-02', 9, 'overlap'));
    }
    expect(await slotsOf(doctor)).toHaveLength(5);
  });

  test('lists at most 500 of the skipped, and counts them all', async () => {
    const doctor = await freshDoctor();
    const year = { from: '2025-03-01', to: '2026-03-01', start_time: '09:00', end_time: '11:00' };
    const { body } = await open(doctor, { ...year, slot_minutes: 60 }).expect(201);
    expect(body).toMatchObject({ created: 0, skipped_count: 732 });
    expect(body.skipped).toHaveLength(500);
    expect(body.skipped[499]).toMatchObject({ date: '2025-11-05', start_time: '10:00' });
  });

  test('three months, about 1,000 slots, are one statement', async () => {
    const doctor = await freshDoctor();
    const months = {
      from: '2026-04-01',
      to: '2026-06-30',
      weekdays: [1, 2, 3, 4, 5],
      start_time: '09:00',
      end_time: '18:00',
      slot_minutes: 30,
      pauses: [{ start_time: '13:00', end_time: '14:00' }],
    };
    let created = 0;
    const statements = await statementsOf(async () => {
      created = (await open(doctor, months).expect(201)).body.created;
    });
    expect(created).toBe(65 * 16);
    expect(statements).toHaveLength(1);
  });

  test('an admin names the doctor, which is noted', async () => {
    const doctor = await freshDoctor();
    const noted = await notedBy(clinic.db, () => open(admin, { ...day, doctor: doctor.id }).expect(201));
    expect(noted).toMatchObject([
      {
        actor_id: admin.id,
        action: 'timeslot.publish',
        subject_id: doctor.id,
        details: { created: 6, from: '2026-03-10', to: '2026-03-10' },
      },
    ]);
    expect(
      await notedBy(clinic.db, () => open(admin, { ...day, doctor: doctor.id, dry_run: true }).expect(200)),
    ).toEqual([]);
    const { headers } = await open(admin, { ...day, doctor: doctor.id }).expect(201);
    expect(headers.location).toBe(`/api/doctors/${doctor.id}/timeslots/?from=2026-03-10&to=2026-03-10`);
    expectProblem(await open(admin, day), 'invalid_input', { fields: ['doctor required'] });
    expectProblem(await open(admin, { ...day, doctor: admin.id }), 'doctor_not_found');
    expectProblem(await open(doctor, { ...day, doctor: admin.id }), 'forbidden');
    await clinic.as(admin).patch(`/users/${doctor.id}/`, { is_active: false }).expect(200);
    for (const dry_run of [true, false])
      expectProblem(await open(admin, { ...day, doctor: doctor.id, dry_run }), 'doctor_not_found');
  });

  test.each<[object, string]>([
    [{ date: undefined }, 'date date_or_range'],
    [{ from: '2026-03-10', to: '2026-03-11' }, 'date date_or_range'],
    [{ date: undefined, from: '2026-03-10' }, 'date date_or_range'],
    [{ date: undefined, from: '2026-03-10', to: '2026-03-09' }, 'to range_reversed'],
    [{ date: undefined, from: '2026-03-10', to: '2027-03-11' }, 'to range_too_long'],
    [{ end_time: '09:00' }, 'end_time end_before_start'],
    [{ slot_minutes: 4 }, 'slot_minutes too_small'],
    [{ slot_minutes: 721 }, 'slot_minutes too_big'],
    [{ slot_minutes: 200 }, 'slot_minutes no_slot_fits'],
    [{ pauses: [{ start_time: '08:00', end_time: '13:00' }] }, 'slot_minutes no_slot_fits'],
    [{ pauses: [{ start_time: '11:00', end_time: '10:00' }] }, 'pauses.0.end_time end_before_start'],
    [{ weekdays: [] }, 'weekdays too_small'],
    [{ weekdays: [0] }, 'weekdays.0 too_small'],
    [
      { date: undefined, from: '2026-03-10', to: '2027-03-10', end_time: '24:00' },
      'slot_minutes too_many_slots',
    ],
  ])('refuses %j', async (wrong, field) => {
    const doctor = await freshDoctor();
    expectProblem(await open(doctor, { ...day, ...wrong }), 'invalid_input', { fields: [field] });
  });

  test('takes 366 days, and 5,000 slots', async () => {
    const doctor = await freshDoctor();
    const year = { ...day, date: undefined, from: '2026-03-10', to: '2027-03-10', slot_minutes: 180 };
    expect((await open(doctor, year).expect(201)).body.created).toBe(366);
    const most = { ...day, date: undefined, from: '2028-01-01', to: '2028-04-09', start_time: '15:40' };
    const full = { ...most, end_time: '24:00', slot_minutes: 10 };
    expect((await open(doctor, { ...full, dry_run: true }).expect(200)).body.created).toBe(5_000);
  });
});
