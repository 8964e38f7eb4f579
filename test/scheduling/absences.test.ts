import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';

/** By the clock it is Monday 2 March 2026, 09:00. */
const NOW = '2026-03-02T04:00:00Z';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patients: Person[];
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  patients = await Promise.all([1, 2, 3].map(() => clinic.person('patient', { first_name: 'Aziza' })));
});
afterAll(() => clinic.close());
beforeEach(async () => {
  clinic.clock.set(NOW);
  doctor = await clinic.person('doctor');
});

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;
const away = (body: object, by = doctor) => clinic.as(by).post('/absences/', body);
const slotAt = (date: string, start_time: string, end_time: string) =>
  clinic.slot(doctor, { date, start_time, end_time });
const patient = (index: number) => patients[index] as Person;
const leftOf = (person = doctor) =>
  query<{ id: number }>('select id from timeslots where doctor_id = $1 order by id', [person.id]);
const visit = async (id: number) =>
  (
    await query<Record<string, unknown>>(
      `select status, cancelled_by, cancel_reason, updated_by, updated_at, timeslot_id, attendance, cancelled_late
       from appointments where id = $1`,
      [id],
    )
  )[0];
const cancelled = {
  status: 'cancelled',
  cancel_reason: 'doctor_absent',
  updated_at: new Date(NOW).toISOString(),
  timeslot_id: null,
  attendance: null,
  cancelled_late: false,
};
describe('POST /absences/', () => {
  test('shows what would be removed and cancelled, then does exactly that', async () => {
    const free = await slotAt('2026-03-10', '09:00', '09:30');
    const [pending, confirmed] = [
      await slotAt('2026-03-10', '10:00', '10:30'),
      await slotAt('2026-03-12', '10:00', '10:30'),
    ];
    const [before, after] = [
      await slotAt('2026-03-09', '10:00', '10:30'),
      await slotAt('2026-03-13', '10:00', '10:30'),
    ];
    const kept = await clinic.book(patient(0), before);
    const first = await clinic.book(patient(1), pending);
    const second = await clinic.book(patient(2), confirmed);
    const over = await clinic.book(patient(1), free);
    await clinic.as(doctor).patch(`/appointments/${second}/`, { status: 'confirmed' }).expect(200);
    await clinic.as(patient(1)).delete(`/appointments/${over}/`).expect(204);

    const span = { from: '2026-03-10', to: '2026-03-12', reason: 'Kongress' };
    const effects = {
      doctor: doctor.id,
      ...span,
      start_time: '00:00',
      end_time: '24:00',
      slots_count: 1,
      slots: [{ id: free, date: '2026-03-10', start_time: '09:00', end_time: '09:30' }],
      appointments_count: 2,
      appointments: [
        { id: first, date: '2026-03-10', patient: patient(1) },
        { id: second, date: '2026-03-12', patient: patient(2) },
      ].map(({ patient: { id }, ...one }) => ({
        ...one,
        start_time: '10:00',
        end_time: '10:30',
        patient: { id, first_name: 'Aziza', last_name: null, phone: null },
      })),
    };
    const shown = await notedBy(clinic.db, async () => {
      const { body } = await away({ ...span, preview: true }).expect(200);
      expect(body).toEqual({ id: null, preview: true, ...effects });
    });
    // Whose appointments a doctor is shown, is noted.
    expect(shown.map(({ action, subject_id }) => [action, subject_id])).toEqual([
      ['appointment.list', patient(1).id],
      ['appointment.list', patient(2).id],
    ]);
    expect(await query('select from absences where doctor_id = $1', [doctor.id])).toEqual([]);
    expect(await visit(first)).toMatchObject({ status: 'pending' });
    expect(await leftOf()).toHaveLength(5);

    let absence = 0;
    const noted = await notedBy(clinic.db, async () => {
      const { body, headers } = await away(span).expect(201);
      absence = body.id;
      expect(body).toEqual({ id: expect.any(Number), preview: false, ...effects });
      expect(headers.location).toBe(`/api/absences/${absence}/`);
    });
    expect(noted).toMatchObject(
      [1, 2].map((index) => ({
        actor_id: doctor.id,
        action: 'appointment.cancel',
        subject_id: patient(index).id,
        details: { absence },
      })),
    );
    for (const id of [first, second])
      expect(await visit(id)).toEqual({ ...cancelled, cancelled_by: doctor.id, updated_by: doctor.id });
    expect(await visit(kept)).toMatchObject({ status: 'pending' });
    expect((await leftOf()).map(({ id }) => id)).toEqual([before, after]);
    // Noted in the log, in the same transaction.
    const told = await query("select appointment_id from events where type = 'appointment.cancelled'");
    for (const appointment_id of [first, second]) expect(told).toContainEqual({ appointment_id });
    expect(
      await query('select kind, by from appointment_happened where appointment_id = $1', [first]),
    ).toEqual([{ kind: 'cancelled', by: doctor.id }]);
  });

  test('acts from a time of the first day to a time of the last, on every slot and visit that touches it', async () => {
    const inside = [
      await slotAt('2026-03-10', '13:30', '14:30'),
      await slotAt('2026-03-10', '23:30', '24:00'),
      await slotAt('2026-03-11', '00:00', '00:30'),
      await slotAt('2026-03-12', '09:30', '10:30'),
    ];
    const outside = [
      await slotAt('2026-03-10', '13:00', '13:30'),
      await slotAt('2026-03-12', '10:30', '11:00'),
    ];
    const span = { from: '2026-03-10', to: '2026-03-12', start_time: '14:00', end_time: '10:00' };
    const { body } = await away(span).expect(201);
    expect(body.slots.map(({ id }: { id: number }) => id)).toEqual(inside);
    expect((await leftOf()).map(({ id }) => id)).toEqual(outside);

    // While it stands nothing is published into it.
    const slot = { date: '2026-03-11', start_time: '12:00', end_time: '12:30' };
    expectProblem(await clinic.as(doctor).post('/timeslots/', slot), 'doctor_absent');
    const bulk = { ...slot, slot_minutes: 30 };
    const skipped = (await clinic.as(doctor).post('/timeslots/bulk/', bulk).expect(201)).body;
    expect(skipped).toMatchObject({ created: 0, skipped: [{ reason: 'absence' }] });
    await slotAt('2026-03-12', '10:00', '10:30');
    // Two may touch, and not overlap.
    const next = { from: '2026-03-12', to: '2026-03-12', start_time: '10:00', end_time: '10:30' };
    await away(next).expect(201);
    for (const preview of [true, false])
      expectProblem(
        await away({ ...next, start_time: '09:59', end_time: '24:00', preview }),
        'absence_overlap',
      );
  });

  test('acts on what lies ahead if the absence has begun, and is refused if it is over', async () => {
    const [began, ahead] = [
      await slotAt('2026-03-02', '10:00', '10:30'),
      await slotAt('2026-03-02', '12:00', '12:30'),
    ];
    const [past, next] = [await clinic.book(patient(0), began), await clinic.book(patient(1), ahead)];
    // 10:00 in Tashkent: what begins now has begun.
    clinic.clock.set('2026-03-02T05:00:00Z');
    const { body } = await away({ from: '2026-03-01', to: '2026-03-03' }).expect(201);
    expect(body).toMatchObject({ slots_count: 0, appointments_count: 1 });
    expect(await visit(past)).toMatchObject({ status: 'pending', timeslot_id: began });
    expect(await visit(next)).toMatchObject({ status: 'cancelled' });
    expect((await leftOf()).map(({ id }) => id)).toEqual([began]);

    const other = await clinic.person('doctor');
    for (const preview of [true, false])
      for (const over of [
        { from: '2026-02-01', to: '2026-03-01' },
        { from: '2026-03-02', to: '2026-03-02', end_time: '10:00' },
      ])
        expectProblem(await away({ ...over, preview }, other), 'invalid_input', { fields: ['to in_past'] });
    await away({ from: '2026-03-02', to: '2026-03-02', end_time: '10:01' }, other).expect(201);
  });

  test('cancels the visit of a patient who has arrived, and keeps a visit that was completed early', async () => {
    const [soon, done] = [
      await slotAt('2026-03-02', '13:00', '13:30'),
      await slotAt('2026-03-02', '14:00', '14:30'),
    ];
    const [arrived, completed] = [await clinic.book(patient(0), soon), await clinic.book(patient(1), done)];
    for (const [id, mark] of [
      [arrived, 'arrived'],
      [completed, 'completed'],
    ])
      await query(
        "update appointments set status = 'confirmed', attendance = $2, attendance_marked_at = $3 where id = $1",
        [id, mark, NOW],
      );
    const day = { from: '2026-03-02', to: '2026-03-02' };
    const asked = await away({ ...day, preview: true }).expect(200);
    const { body } = await away(day).expect(201);
    for (const answer of [asked.body, body])
      expect(answer).toMatchObject({
        slots_count: 0,
        appointments_count: 1,
        appointments: [{ id: arrived }],
      });
    expect(await visit(arrived)).toMatchObject({ status: 'cancelled', attendance: null });
    expect(await visit(completed)).toMatchObject({ status: 'confirmed', timeslot_id: done });
    expect((await leftOf()).map(({ id }) => id)).toEqual([done]);
  });

  test('removes holds and offers with the slots, and offers nobody a slot that it frees', async () => {
    const [held, taken, offered] = [
      await slotAt('2026-03-10', '09:00', '09:30'),
      await slotAt('2026-03-10', '10:00', '10:30'),
      await slotAt('2026-03-10', '11:00', '11:30'),
    ];
    const [holder, booker, waiter] = await Promise.all([1, 2, 3].map(() => clinic.person('patient')));
    await query('update timeslots set held_by = $2, held_until = $3 where id = $1', [
      held,
      holder?.id,
      '2026-03-02T04:05:00Z',
    ]);
    await clinic.book(booker as Person, taken);
    const entry = (
      await query<{ id: number }>(
        `insert into waitlist_entries (patient_id, doctor_id, "from", "to", status)
         values ($1, $2, '2026-03-01', '2026-03-31', 'offered') returning id`,
        [waiter?.id, doctor.id],
      )
    )[0]?.id;
    await query('update timeslots set is_waitlisted = true, held_by = $2, held_until = $3 where id = $1', [
      offered,
      waiter?.id,
      '2026-03-02T04:15:00Z',
    ]);
    await query(
      `insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at)
       values ($1, $2, $3, $3::timestamptz + interval '15 minutes')`,
      [entry, offered, NOW],
    );
    // Somebody else waits for just what is freed.
    await query(
      `insert into waitlist_entries (patient_id, doctor_id, "from", "to") values ($1, $2, '2026-03-01', '2026-03-31')`,
      [patient(0).id, doctor.id],
    );
    const { body } = await away({ from: '2026-03-10', to: '2026-03-10' }).expect(201);
    expect(body).toMatchObject({ slots_count: 2, appointments_count: 1 });
    expect(await leftOf()).toEqual([]);
    const offers = () =>
      query(
        'select o.timeslot_id, o.outcome, e.status from waitlist_offers o join waitlist_entries e on e.id = o.entry_id where e.doctor_id = $1',
        [doctor.id],
      );
    expect(await offers()).toEqual([{ timeslot_id: null, outcome: 'withdrawn', status: 'waiting' }]);
    const { db, clock } = clinic;
    await createModules({ db, clock, config: testConfig }).housekeeping.tasks.offer_waitlist({});
    expect(await offers()).toHaveLength(1);
    expect(await query("select from waitlist_entries where status = 'offered'")).toEqual([]);
    expectProblem(await clinic.as(holder).post('/appointments/', { timeslot: held }), 'timeslot_not_found');
  });

  test('lets an admin name the doctor, which is noted', async () => {
    const appointment = await clinic.book(patient(0), await slotAt('2026-03-10', '09:00', '09:30'));
    const day = { from: '2026-03-10', to: '2026-03-10' };
    expectProblem(await away(day, admin), 'invalid_input', { fields: ['doctor required'] });
    for (const preview of [true, false])
      expectProblem(await away({ ...day, doctor: 999_999, preview }, admin), 'doctor_not_found');
    expectProblem(await away({ ...day, doctor: admin.id }), 'forbidden');
    expectProblem(await away(day, patient(0)), 'forbidden');
    let absence = 0;
    const noted = await notedBy(clinic.db, async () => {
      absence = (await away({ ...day, doctor: doctor.id }, admin).expect(201)).body.id;
    });
    expect(noted.map(({ action, subject_id, details }) => ({ action, subject_id, details }))).toEqual([
      { action: 'appointment.cancel', subject_id: patient(0).id, details: { absence } },
      { action: 'absence.create', subject_id: doctor.id, details: { absence } },
    ]);
    expect(await visit(appointment)).toMatchObject({ cancelled_by: admin.id });
  });

  test.each<[object, string]>([
    [{ from: '2026-03-10' }, 'to required'],
    [{ from: '2026-03-10', to: '2026-03-09' }, 'to range_reversed'],
    [
      { from: '2026-03-10', to: '2026-03-10', start_time: '10:00', end_time: '10:00' },
      'end_time end_before_start',
    ],
    [{ from: '2026-03-10', to: '2026-03-10', start_time: '24:00' }, 'end_time end_before_start'],
    [
      { from: '2026-03-10', to: '2026-03-11', start_time: '24:00', end_time: '00:00' },
      'end_time end_before_start',
    ],
    [{ from: '2026-03-10', to: '2026-03-10', reason: '' }, 'reason too_short'],
  ])('refuses %j', async (body, field) => {
    expectProblem(await away(body), 'invalid_input', { fields: [field] });
  });

  test('lists at most 500 slots and 500 visits, and counts them all', async () => {
    await clinic
      .as(doctor)
      .post('/timeslots/bulk/', {
        ...{ from: '2026-04-01', to: '2026-04-06', start_time: '08:00', end_time: '18:00', slot_minutes: 6 },
      })
      .expect(201);
    const span = { from: '2026-04-01', to: '2026-04-30' };
    for (const preview of [true, false]) {
      const { body } = await away({ ...span, preview });
      expect(body).toMatchObject({ slots_count: 600, appointments_count: 0 });
      expect(body.slots).toHaveLength(500);
      expect(body.slots[499]).toMatchObject({ date: '2026-04-05', start_time: '17:54' });
    }
  });
});

describe('absences that stand', () => {
  test('can be seen and taken back by their doctor and by admins only', async () => {
    const other = await clinic.person('doctor');
    const days = ['2026-05-01', '2026-05-10', '2026-05-20'];
    const ids: number[] = [];
    for (const from of days)
      ids.push((await away({ from, to: from, reason: 'Shifokorda' }).expect(201)).body.id);
    await away({ from: '2026-05-01', to: '2026-05-31' }, other).expect(201);

    const list = async (by: Person, filters = '') =>
      (await clinic.as(by).get(`/absences/${filters}`).expect(200)).body;
    const own = await list(doctor);
    expect(own.results.map(({ id }: { id: number }) => id)).toEqual(ids.toReversed());
    expect(own.results[0]).toEqual({
      id: ids[2],
      doctor: doctor.id,
      from: '2026-05-20',
      to: '2026-05-20',
      start_time: '00:00',
      end_time: '24:00',
      reason: 'Shifokorda',
      created_by: doctor.id,
      created_at: new Date(NOW).toISOString(),
    });
    // A doctor’s filter finds nobody else’s.
    expect((await list(doctor, `?doctor=${other.id}`)).count).toBe(3);
    expect((await list(admin, `?doctor=${other.id}`)).count).toBe(1);
    expect((await list(doctor, '?from=2026-05-10&to=2026-05-19')).results).toMatchObject([{ id: ids[1] }]);
    expect((await list(admin, '?from=2026-05-11&to=2026-05-19')).count).toBe(1);

    const path = `/absences/${ids[0]}/`;
    const noted = await notedBy(clinic.db, () => clinic.as(admin).get(path).expect(200));
    expect(noted).toMatchObject([
      { action: 'absence.read', subject_id: doctor.id, details: { absence: ids[0] } },
    ]);
    for (const [by, code] of [
      [other, 'absence_not_found'],
      [patient(0), 'forbidden'],
    ] as const) {
      expectProblem(await clinic.as(by).get(path), code);
      expectProblem(await clinic.as(by).delete(path), code);
    }
    expectProblem(await clinic.as(patient(0)).get('/absences/'), 'forbidden');
    expect(await notedBy(clinic.db, () => clinic.as(doctor).delete(path).expect(204))).toEqual([]);
    expectProblem(await clinic.as(doctor).delete(path), 'absence_not_found');
    expectProblem(await clinic.as(admin).get(path), 'absence_not_found');
    const by = await notedBy(clinic.db, () => clinic.as(admin).delete(`/absences/${ids[1]}/`).expect(204));
    expect(by).toMatchObject([
      { action: 'absence.delete', subject_id: doctor.id, details: { absence: ids[1] } },
    ]);
    expectProblem(await clinic.as(admin).delete(`/absences/${ids[1]}/`), 'absence_not_found');
  });

  test('let the slots of the week in again when they are taken back, and nothing else', async () => {
    const schedule = [{ weekday: 2, start_time: '09:00', end_time: '11:00', slot_minutes: 60 }];
    await clinic.as(doctor).put('/doctor/schedule/', { schedule }).expect(200);
    await slotAt('2026-03-10', '15:00', '15:30');
    const before = (await query('select date, start_time from timeslots where doctor_id = $1 order by 1, 2', [
      doctor.id,
    ])) as { date: string; start_time: string }[];
    const [nine] = await query<{ id: number }>(
      "select id from timeslots where doctor_id = $1 and date = '2026-03-10' and start_time = '09:00'",
      [doctor.id],
    );
    const appointment = await clinic.book(patient(0), nine?.id ?? 0);
    const { id } = (await away({ from: '2026-03-10', to: '2026-03-17' }).expect(201)).body;
    // The publishing job leaves it out too.
    const { db, clock } = clinic;
    await createModules({ db, clock, config: testConfig }).housekeeping.tasks.publish_schedules();
    expect(await leftOf()).toHaveLength(before.length - 5);
    await clinic.as(doctor).delete(`/absences/${id}/`).expect(204);
    expect(
      await query('select date, start_time from timeslots where doctor_id = $1 order by 1, 2', [doctor.id]),
    ).toEqual(before.filter(({ start_time }) => start_time !== '15:00'));
    expect(await visit(appointment)).toMatchObject({ status: 'cancelled' });
  });

  test('can be taken back by an admin when their doctor is deactivated', async () => {
    const { id } = (await away({ from: '2026-06-01', to: '2026-06-02' }).expect(201)).body;
    await clinic.as(admin).patch(`/users/${doctor.id}/`, { is_active: false }).expect(200);
    await clinic.as(admin).delete(`/absences/${id}/`).expect(204);
  });
});
