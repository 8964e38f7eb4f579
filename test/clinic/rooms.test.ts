import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { placesOf } from '../helpers/places.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let other: Person;
let patient: Person;
let places: ReturnType<typeof placesOf>;
beforeEach(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  other = await clinic.person('doctor');
  patient = await clinic.person('patient');
  places = placesOf(clinic, admin);
});
afterEach(() => clinic.close());

const as = (person: Person) => clinic.as(person);
const DAY = '2026-03-10';
const slot = (room: number | null, start_time = '10:00', end_time = '10:30') => ({
  date: DAY,
  start_time,
  end_time,
  room,
});
const publish = (by: Person, body: object) => as(by).post('/timeslots/', body);
const day = (room: number, fields: object = {}) => ({
  date: DAY,
  start_time: '09:00',
  end_time: '12:00',
  slot_minutes: 30,
  room,
  ...fields,
});
const bulk = (by: Person, body: object) => as(by).post('/timeslots/bulk/', body);
const put = (by: Person, schedule: object[]) => as(by).put('/doctor/schedule/', { schedule });
const tuesday = (room: number | null, fields: object = {}) => ({
  weekday: 2,
  start_time: '09:00',
  end_time: '11:00',
  slot_minutes: 60,
  room,
  ...fields,
});
const job = () =>
  createModules({
    db: clinic.db,
    clock: clinic.clock,
    config: testConfig,
  }).housekeeping.tasks.publish_schedules();
/** A doctor's slots as `03-10 09:00 in 2`. */
const slotsOf = async (person: Person) =>
  (
    await clinic.db.$client.query<{ slot: string }>(
      `select to_char(date, 'MM-DD') || ' ' || left(start_time::text, 5) || ' in ' || coalesce(room_id::text, '-') as slot
       from timeslots where doctor_id = $1 order by date, start_time`,
      [person.id],
    )
  ).rows.map((row) => row.slot);
const inUse = async (room: number) =>
  (await clinic.db.$client.query('select from room_uses where room_id = $1', [room])).rowCount;

test('an admin adds, changes and deletes a room, and each of it is noted', async () => {
  let id = 0;
  const noted = await notedBy(clinic.db, async () => {
    const added = await as(admin)
      .post('/rooms/', { branch: 1, name: ' 101 ', kind: 'UltraSound' })
      .expect(201);
    id = added.body.id;
    expect(added.headers.location).toBe(`/api/rooms/${id}/`);
    expect(added.body).toEqual({ id, branch: 1, name: '101', kind: 'ultrasound', is_active: true });
    const changed = await as(admin).patch(`/rooms/${id}/`, { name: '102' }).expect(200);
    expect(changed.body).toEqual({ ...added.body, name: '102' });
    expect((await as(doctor).get(`/rooms/${id}/`).expect(200)).body).toEqual(changed.body);
    await as(admin).delete(`/rooms/${id}/`).expect(204);
  });
  expect(noted).toMatchObject([
    { action: 'room.create', actor_id: admin.id, details: { room: id } },
    { action: 'room.update', details: { room: id, fields: ['name'] } },
    { action: 'room.delete', details: { room: id } },
  ]);
  expectProblem(await as(doctor).get(`/rooms/${id}/`), 'room_not_found');
  expectProblem(await as(admin).patch(`/rooms/${id}/`, { name: 'x' }), 'room_not_found');
  expectProblem(await as(admin).delete(`/rooms/${id}/`), 'room_not_found');
});

test('rooms are found by branch and kind', async () => {
  const branch = await places.branch({ is_active: false });
  const [here, device, there] = [
    await places.room(),
    await places.room(1, { kind: 'Ultrasound' }),
    await places.room(branch),
  ];
  const ids = async (query: string) =>
    (await as(doctor).get(`/rooms/?${query}`).expect(200)).body.results.map(({ id }: { id: number }) => id);
  expect(await ids('')).toEqual([here, device, there]);
  expect(await ids('branch=1')).toEqual([here, device]);
  expect(await ids('kind=ULTRASOUND')).toEqual([device]);
  expect(await ids(`branch=${branch}&kind=ultrasound`)).toEqual([]);
});

test('two rooms of a branch never have one name, those of two branches may', async () => {
  const branch = await places.branch({ is_active: false });
  await places.room(1, { name: 'a1' });
  expectProblem(await as(admin).post('/rooms/', { branch: 1, name: 'A1', kind: 'x' }), 'name_taken');
  await places.room(branch, { name: 'A1' });
  expectProblem(
    await as(admin).post('/rooms/', { branch: 999_999, name: 'x', kind: 'x' }),
    'branch_not_found',
  );
});

test('doctors and admins see rooms, patients do not, and only admins write them', async () => {
  const room = await places.room();
  for (const path of ['/rooms/', `/rooms/${room}/`]) expectProblem(await as(patient).get(path), 'forbidden');
  for (const who of [doctor, patient]) {
    expectProblem(await as(who).post('/rooms/', { branch: 1, name: 'x', kind: 'x' }), 'forbidden');
    expectProblem(await as(who).patch(`/rooms/${room}/`, { name: 'x' }), 'forbidden');
    expectProblem(await as(who).delete(`/rooms/${room}/`), 'forbidden');
  }
});

describe('a room on which something hangs is not deleted', () => {
  test.each<[string, (room: number) => Promise<unknown>]>([
    ['a slot', (room) => publish(doctor, slot(room)).expect(201)],
    ['a week', (room) => put(doctor, [tuesday(room)]).expect(200)],
    [
      'a visit whose slot is gone',
      async (room) => {
        const { id } = (await publish(doctor, slot(room)).expect(201)).body;
        const visit = await clinic.book(patient, id);
        await as(patient).delete(`/appointments/${visit}/`).expect(204);
        await as(doctor).delete(`/timeslots/${id}/`).expect(204);
      },
    ],
  ])('%s', async (_, hang) => {
    const room = await places.room();
    await hang(room);
    expectProblem(await as(admin).delete(`/rooms/${room}/`), 'room_in_use');
  });
});

test('nothing is published in a room that is not there, is in another branch, or is closed', async () => {
  const branch = await places.branch();
  const [elsewhere, closed] = [await places.room(branch), await places.room(1, { is_active: false })];
  for (const [room, code] of [
    [999_999, 'room_not_found'],
    [elsewhere, 'room_not_found'],
    [closed, 'room_closed'],
  ] as const) {
    expectProblem(await publish(doctor, { ...slot(room), branch: 1 }), code);
    expectProblem(await bulk(doctor, day(room, { branch: 1 })), code);
    expectProblem(await put(doctor, [tuesday(room, { branch: 1 })]), code);
  }
});

describe('a room is used by one doctor at a time', () => {
  test('a single slot is refused, with the next free room of its kind in the branch', async () => {
    const branch = await places.branch({ is_active: false });
    const [one, closed, device, away, two, three] = [
      await places.room(),
      await places.room(1, { is_active: false }),
      await places.room(1, { kind: 'ultrasound' }),
      await places.room(branch),
      await places.room(),
      await places.room(),
    ];
    await publish(doctor, slot(one)).expect(201);
    const refused = async (room: number) => {
      const answer = await publish(other, slot(room, '10:15', '10:45'));
      expectProblem(answer, 'room_taken');
      return answer.body.room;
    };
    expect(await refused(one)).toBe(two);
    await publish(await clinic.person('doctor'), slot(two)).expect(201);
    expect(await refused(one)).toBe(three);
    expect(await refused(two)).toBe(three);
    await publish(await clinic.person('doctor'), slot(three)).expect(201);
    expect(await refused(one)).toBeNull();
    expect([closed, device, away]).not.toContain(await refused(two));
    // Touching is no overlap, and what was refused left nothing.
    expect((await publish(other, slot(one, '10:30', '11:00')).expect(201)).body).toMatchObject({
      branch: 1,
      room: one,
    });
    expect(await slotsOf(other)).toEqual([`03-10 10:30 in ${one}`]);
  });

  test('an admin is refused in the same way', async () => {
    const [one, two] = [await places.room(), await places.room()];
    await publish(doctor, slot(one)).expect(201);
    const answer = await publish(admin, { ...slot(one), doctor: other.id });
    expectProblem(answer, 'room_taken');
    expect(answer.body.room).toBe(two);
  });

  test('a slot keeps its room until it is withdrawn, booked or free', async () => {
    const room = await places.room();
    const { id } = (await publish(doctor, slot(room)).expect(201)).body;
    const visit = await clinic.book(patient, id);
    expectProblem(await publish(other, slot(room)), 'room_taken');
    await as(patient).delete(`/appointments/${visit}/`).expect(204);
    expectProblem(await publish(other, slot(room)), 'room_taken');
    await as(doctor).delete(`/timeslots/${id}/`).expect(204);
    await publish(other, slot(room)).expect(201);
  });

  test('many slots skip what the room cannot take, and say why', async () => {
    const room = await places.room();
    await publish(doctor, slot(room, '09:45', '10:15')).expect(201);
    const skipped = ['09:30', '10:00'].map((start_time) => ({
      date: DAY,
      start_time,
      end_time: start_time === '09:30' ? '10:00' : '10:30',
      reason: 'room_taken',
    }));
    for (const dry_run of [true, false])
      expect((await bulk(other, day(room, { dry_run }))).body).toEqual({
        created: 4,
        skipped_count: 2,
        skipped,
        dry_run,
      });
    expect(await slotsOf(other)).toEqual(
      ['09:00', '10:30', '11:00', '11:30'].map((time) => `03-10 ${time} in ${room}`),
    );
    // Repeated, the doctor's own are named as that.
    const again = (await bulk(other, day(room)).expect(201)).body;
    expect(again.skipped.map(({ reason }: { reason: string }) => reason)).toEqual([
      'overlap',
      'room_taken',
      'room_taken',
      ...Array(3).fill('overlap'),
    ]);
  });

  test('a week skips what the room cannot take, says why, and publishes it once the room is free', async () => {
    const room = await places.room();
    const { id } = (await publish(doctor, slot(room, '09:30', '10:00')).expect(201)).body;
    const { body } = await put(other, [tuesday(room)]).expect(200);
    expect(body).toMatchObject({
      published: 7,
      removed: 0,
      skipped_count: 1,
      skipped: [{ date: DAY, start_time: '09:00', end_time: '10:00', reason: 'room_taken' }],
    });
    expect(await slotsOf(other)).not.toContain(`03-10 09:00 in ${room}`);
    await as(doctor).delete(`/timeslots/${id}/`).expect(204);
    await job();
    expect(await slotsOf(other)).toContain(`03-10 09:00 in ${room}`);
  });

  test('two weeks share a room as the first comes', async () => {
    const room = await places.room();
    expect((await put(doctor, [tuesday(room)]).expect(200)).body.published).toBe(8);
    expect((await put(other, [tuesday(room)]).expect(200)).body).toMatchObject({
      published: 0,
      skipped_count: 8,
    });
    await put(doctor, []).expect(200);
    await job();
    expect(await slotsOf(other)).toHaveLength(8);
  });
});

describe('a week', () => {
  test('shows where each stretch is', async () => {
    const room = await places.room();
    const schedule = [tuesday(room), tuesday(null, { weekday: 3 })];
    await put(doctor, schedule).expect(200);
    const { body } = await as(doctor).get('/doctor/schedule/').expect(200);
    expect(body.schedule).toMatchObject([
      { weekday: 2, branch: 1, room },
      { weekday: 3, branch: 1, room: null },
    ]);
    // As it was shown, it can be written again.
    expect((await put(doctor, body.schedule).expect(200)).body).toMatchObject({ published: 0, removed: 0 });
  });

  test('that moves to another room takes its free slots with it', async () => {
    const [one, two] = [await places.room(), await places.room()];
    await put(doctor, [tuesday(one)]).expect(200);
    const free = (await as(doctor).get(`/timeslots/?date=${DAY}`).expect(200)).body.results;
    await clinic.book(patient, free[0].id);
    expect((await put(doctor, [tuesday(two)]).expect(200)).body).toMatchObject({ published: 7, removed: 7 });
    const slots = await slotsOf(doctor);
    expect(slots.filter((one_slot) => one_slot.startsWith('03-10'))).toEqual([
      `03-10 09:00 in ${one}`,
      `03-10 10:00 in ${two}`,
    ]);
    expect([await inUse(one), await inUse(two)]).toEqual([1, 7]);
  });

  test('that moves to another branch takes its free slots with it', async () => {
    const branch = await places.branch();
    await put(doctor, [tuesday(null, { branch: 1 })]).expect(200);
    const { body } = await put(doctor, [tuesday(null, { branch })]).expect(200);
    expect(body).toMatchObject({ published: 8, removed: 8 });
    expect((await as(doctor).get('/timeslots/?branch=1').expect(200)).body.count).toBe(0);
  });

  test('publishes slots that know how long a break may follow, and so does bulk', async () => {
    const breaks = async () =>
      (
        await clinic.db.$client.query<{ break_minutes: number }>(
          'select distinct break_minutes from timeslots where doctor_id = $1',
          [doctor.id],
        )
      ).rows.map(({ break_minutes }) => break_minutes);
    await put(doctor, [tuesday(null, { break_minutes: 0, slot_minutes: 50 })]).expect(200);
    expect(await breaks()).toEqual([0]);
    // Also those that would stay where they are.
    await put(doctor, [tuesday(null, { break_minutes: 10, slot_minutes: 50 })]).expect(200);
    expect(await breaks()).toEqual([10]);
    await put(doctor, []).expect(200);
    await bulk(doctor, { ...day(0), room: null, break_minutes: 15 }).expect(201);
    expect(await breaks()).toEqual([15]);
  });
});

describe('closing a room', () => {
  let room: number;
  let visit: number;
  let free: number;
  beforeEach(async () => {
    room = await places.room();
    visit = await clinic.book(patient, (await publish(doctor, slot(room)).expect(201)).body.id);
    free = (await publish(doctor, slot(room, '11:00', '11:30')).expect(201)).body.id;
    await publish(doctor, slot(null, '12:00', '12:30')).expect(201);
  });
  const close = (upcoming?: string) =>
    as(admin).patch(`/rooms/${room}/`, { is_active: false, ...(upcoming && { upcoming }) });
  const statusOf = async () =>
    (await as(admin).get(`/appointments/${visit}/`).expect(200)).body.status as string;

  test('with visits ahead is refused until it is said what becomes of them', async () => {
    const answer = await close();
    expectProblem(answer, 'has_upcoming');
    expect(answer.body.count).toBe(1);
    expect(await slotsOf(doctor)).toHaveLength(3);
  });

  test('cancels them and takes its slots back, and no others', async () => {
    await close('cancel').expect(200);
    expect(await statusOf()).toBe('cancelled');
    expect(await slotsOf(doctor)).toEqual(['03-10 12:00 in -']);
    expect(await inUse(room)).toBe(0);
    expectProblem(await as(patient).post('/appointments/', { timeslot: free }), 'timeslot_not_found');
  });

  test('keeps them, and no slot becomes free in it any more', async () => {
    await close('keep').expect(200);
    expect(await statusOf()).toBe('pending');
    expect(await slotsOf(doctor)).toEqual([`03-10 10:00 in ${room}`, '03-10 12:00 in -']);
    await as(patient).delete(`/appointments/${visit}/`).expect(204);
    expect(await slotsOf(doctor)).toEqual(['03-10 12:00 in -']);
    expectProblem(await publish(other, slot(room)), 'room_closed');
  });

  test('takes what runs in it and nobody has', async () => {
    clinic.clock.set('2026-03-10T06:05:00Z');
    await close().expect(200);
    expectProblem(
      await as(admin).post('/appointments/', { timeslot: free, patient: patient.id }),
      'timeslot_not_found',
    );
  });

  test('ends the weeks in it until it opens again', async () => {
    await put(other, [tuesday(room, { start_time: '15:00', end_time: '16:00' })]).expect(200);
    expect(await slotsOf(other)).toHaveLength(4);
    await close('keep').expect(200);
    await job();
    expect(await slotsOf(other)).toEqual([]);
    await as(admin).patch(`/rooms/${room}/`, { is_active: true }).expect(200);
    await job();
    expect(await slotsOf(other)).toHaveLength(4);
  });
});
