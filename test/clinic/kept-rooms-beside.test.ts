import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { empty } from '../helpers/database.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { provesKeptRooms, provesPlaces, provesRules } from '../helpers/races.ts';
import { makeRoom, makeRun, makeService } from '../helpers/services.ts';

/** What else happens while a room is kept with what is held or offered: it closes, people change, visits move. */

const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let doctors: [Person, Person];
let third: Person;
let people: [Person, Person, Person];
let room: number;
let scan: number;
let short: number;
let pass: () => Promise<void>;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  const profile = { specialization: 'Cardiology' };
  doctors = [await clinic.person('doctor', { profile }), await clinic.person('doctor', { profile })];
  third = await clinic.person('doctor');
  people = [await clinic.person('patient'), await clinic.person('patient'), await clinic.person('patient')];
  scan = await makeService(clinic, admin, doctors, { duration_minutes: 60, room_kind: 'lab' });
  short = await makeService(clinic, admin, doctors, { duration_minutes: 30, room_kind: 'lab' });
  const { db, clock } = clinic;
  const { tasks } = createModules({ db, clock, config: testConfig }).housekeeping;
  pass = () => tasks.offer_waitlist(undefined);
});
beforeEach(async () => {
  clinic.clock.set(NOW);
  room = await makeRoom(clinic.db, 'Lab', 'lab');
});
afterEach(async () => {
  try {
    await provesRules(clinic.db);
    await provesPlaces(clinic.db);
    await provesKeptRooms(clinic.db, clinic.clock.now());
  } finally {
    // What has ended would last again when the clock is put back.
    await empty(clinic.db, 'timeslots', 'appointments', 'room_uses', 'waitlist_entries');
    await clinic.db.$client.query('delete from rooms');
  }
});
afterAll(() => clinic.close());

const freshDay = freshDays();
const STARTS = ['10:00', '10:30', '11:00', '11:30'];
type Run = [number, number, number, number];
/** The same hours of both doctors. */
const bothRuns = async (date: string) =>
  (await Promise.all(doctors.map(({ id }) => makeRun(clinic.db, id, date, STARTS)))) as [Run, Run];
const hold = (by: Person, timeslot: number, body: object = { service: scan }) =>
  clinic.as(by).post(`/timeslots/${timeslot}/hold/`, body);
const book = (by: Person, timeslot: number, body: object = { service: scan }) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const move = (by: Person, visit: number, timeslot: number) =>
  clinic.as(by).post(`/appointments/${visit}/reschedule/`, { timeslot });
const cancel = (by: Person, visit: number) => clinic.as(by).delete(`/appointments/${visit}/`);
const change = (id: number, body: object) => clinic.as(admin).patch(`/rooms/${id}/`, body);
const remove = (id: number) => clinic.as(admin).delete(`/rooms/${id}/`);
const publish = (by: Person, date: string, start_time = '10:45', end_time = '11:15') =>
  clinic.as(by).post('/timeslots/', { date, start_time, end_time, room });
const wish = (by: Person, date: string, body: object = {}) =>
  clinic.as(by).post('/waitlist/', { doctor: doctors[0].id, from: date, to: date, service: scan, ...body });
const accept = (by: Person, entry: number) => clinic.as(by).post(`/waitlist/${entry}/accept/`);
const offered = async (entry: number) =>
  (await clinic.as(admin).get(`/waitlist/${entry}/`).expect(200)).body.offer?.timeslot.id ?? null;
const later = (minutes: number) =>
  clinic.clock.set(new Date(Date.parse(NOW) + minutes * 60_000).toISOString());
/** The first doctor's hours are full, and then one visit goes: who waits is offered its hour. */
async function offer(waiting: Person, date: string, own: Run, body: object = {}): Promise<number> {
  const other = people[1];
  const visit = (await book(other, own[0]).expect(201)).body.id;
  await clinic.db.$client.query('delete from timeslots where id = any ($1)', [own.slice(2)]);
  const { id } = (await wish(waiting, date, body).expect(201)).body;
  await cancel(other, visit).expect(204);
  await pass();
  expect(await offered(id)).toBe(own[0]);
  return id;
}

describe('a room that is closed while it is kept', () => {
  test('is no longer kept: the holder is told that no room is free, and gets another when there is one', async () => {
    const [holder] = people;
    const [own] = await bothRuns(freshDay());
    await hold(holder, own[0]).expect(200);
    await change(room, { is_active: false }).expect(200);
    const refused = await book(holder, own[0]);
    expectProblem(refused, 'no_room_free');
    expectProblem(await hold(holder, own[0]), 'no_room_free');
    const another = await makeRoom(clinic.db, 'Lab 2', 'lab');
    expect((await hold(holder, own[0]).expect(200)).body.expires_at).toBe('2026-03-02T04:05:00.000Z');
    expect((await book(holder, own[0]).expect(201)).body.room).toBe(another);
  });

  test('leaves its offer, whose answer says that no room is free, until another is', async () => {
    const [waiting] = people;
    const date = freshDay();
    const [own] = await bothRuns(date);
    const entry = await offer(waiting, date, own);
    await change(room, { is_active: false }).expect(200);
    expectProblem(await accept(waiting, entry), 'no_room_free');
    const another = await makeRoom(clinic.db, 'Lab 2', 'lab');
    expect((await accept(waiting, entry).expect(201)).body.room).toBe(another);
  });

  test('goes with a slot that is in it, and the holder is told that the slot is gone', async () => {
    const [holder] = people;
    const [first = 0] = await makeRun(clinic.db, doctors[0].id, freshDay(), ['10:00', '10:30'], { room });
    await hold(holder, first).expect(200);
    await change(room, { is_active: false }).expect(200);
    expectProblem(await book(holder, first), 'timeslot_not_found');
  });

  test('with its branch tells the holder so', async () => {
    const branch = (
      await clinic
        .as(admin)
        .post('/branches/', { name: `B ${room}` })
        .expect(201)
    ).body.id;
    const [holder] = people;
    const there = (await clinic.as(admin).post('/rooms/', { branch, name: 'Lab', kind: 'lab' }).expect(201))
      .body.id;
    const [first = 0] = await makeRun(clinic.db, doctors[0].id, freshDay(), ['10:00', '10:30'], { branch });
    await hold(holder, first).expect(200);
    expectProblem(
      await remove(0).then(() => clinic.as(admin).delete(`/branches/${branch}/`)),
      'branch_in_use',
    );
    await clinic.as(admin).patch(`/branches/${branch}/`, { is_active: false }).expect(200);
    expectProblem(await book(holder, first), 'clinic_closed');
    const { rows } = await clinic.db.$client.query('select id from room_uses where room_id = $1', [there]);
    expect(rows).toEqual([]);
    await remove(there).expect(204);
  });

  test('or deleted leaves nothing of itself', async () => {
    const [holder] = people;
    const [own] = await bothRuns(freshDay());
    await hold(holder, own[0]).expect(200);
    await remove(room).expect(204);
    expectProblem(await book(holder, own[0]), 'no_room_free');
  });

  test('as one of another kind is kept for nobody who needs the first', async () => {
    const [holder] = people;
    const [own] = await bothRuns(freshDay());
    await hold(holder, own[0]).expect(200);
    await change(room, { kind: 'store' }).expect(200);
    expectProblem(await book(holder, own[0]), 'no_room_free');
  });
});

describe('whoever has a room kept', () => {
  test('books another start at that time with the same room, and has it again when that is cancelled', async () => {
    const [holder, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    await hold(holder, own[0]).expect(200);
    expectProblem(await book(other, others[1]), 'no_room_free');
    const visit = (await book(holder, others[1]).expect(201)).body;
    expect(visit).toMatchObject({ room, start_time: '10:30', end_time: '11:30' });
    // What the visit leaves of the room is kept on.
    expectProblem(await publish(third, date, '10:00', '10:30'), 'room_taken');
    expectProblem(await book(holder, own[0]), 'patient_busy');
    await cancel(holder, visit.id).expect(204);
    expectProblem(await publish(third, date, '10:30', '11:00'), 'room_taken');
    await publish(third, date, '11:00', '11:30').expect(201);
    expect((await book(holder, own[0]).expect(201)).body.room).toBe(room);
  });

  test('gives it to no visit of a child whom they look after', async () => {
    const [holder] = people;
    const [own, others] = await bothRuns(freshDay());
    const child = { first_name: 'Ali', last_name: 'Yusupov', date_of_birth: '2020-01-01', gender: 'male' };
    const made = await clinic
      .as(holder)
      .post('/patient/dependants/', { ...child, relationship: 'parent' })
      .expect(201);
    await hold(holder, own[0]).expect(200);
    expectProblem(await book(holder, others[0], { service: scan, patient: made.body.id }), 'no_room_free');
    await book(holder, own[0]).expect(201);
  });

  test('moves a visit to that time with the same room', async () => {
    const [holder] = people;
    const [own, others] = await bothRuns(freshDay());
    const visit = (await book(holder, others[3], { service: short }).expect(201)).body.id;
    await hold(holder, own[0]).expect(200);
    expect((await move(holder, visit, others[1]).expect(200)).body).toMatchObject({
      room,
      start_time: '10:30',
    });
    expect((await move(holder, visit, others[2]).expect(200)).body).toMatchObject({ start_time: '11:00' });
    expect((await book(holder, own[0]).expect(201)).body.room).toBe(room);
  });

  test('moves a visit across the edge of what they hold with the same room', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    const visit = (await book(holder, own[2]).expect(201)).body.id;
    await hold(holder, own[0]).expect(200);
    expect((await move(holder, visit, own[1]).expect(200)).body).toMatchObject({ room, start_time: '10:30' });
    expectProblem(await book(other, others[1]), 'no_room_free');
  });

  test('books what they were offered for, elsewhere at that time', async () => {
    const [waiting, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const entry = await offer(waiting, date, own);
    const visit = (await book(waiting, others[0]).expect(201)).body;
    expect(visit.room).toBe(room);
    expectProblem(await accept(waiting, entry), 'patient_busy');
    await cancel(waiting, visit.id).expect(204);
    expectProblem(await book(other, others[0]), 'no_room_free');
    expect((await accept(waiting, entry).expect(201)).body.room).toBe(room);
  });

  test('is merged into another record: what was held ends, what was offered passes on with its room', async () => {
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const [into, other] = people;
    const twice = await clinic.person('patient');
    const entry = await offer(twice, date, own);
    await clinic.as(admin).post(`/patients/${twice.id}/merge/`, { into: into.id }).expect(200);
    expectProblem(await book(other, others[0]), 'no_room_free');
    expect((await accept(into, entry).expect(201)).body.room).toBe(room);
    const again = await clinic.person('patient');
    const [next, beside] = await bothRuns(freshDay());
    await hold(again, next[0]).expect(200);
    await clinic.as(admin).post(`/patients/${again.id}/merge/`, { into: into.id }).expect(200);
    await book(other, beside[0]).expect(201);
    await book(people[2], next[2]).expect(201);
  });

  test.each(['erased', 'deactivated'])('is %s, and the room is free', async (how) => {
    const [own, others] = await bothRuns(freshDay());
    const leaving = await clinic.person('patient');
    await hold(leaving, own[0]).expect(200);
    if (how === 'erased')
      await clinic.as(admin).delete(`/users/${leaving.id}/`, { password: PASSWORD }).expect(204);
    else
      await clinic
        .as(admin)
        .patch(`/users/${leaving.id}/`, { is_active: false, password: PASSWORD, upcoming: 'cancel' })
        .expect(200);
    await book(people[1], others[0]).expect(201);
  });
});

describe('a slot with a kept room', () => {
  test('that is withdrawn takes it along', async () => {
    const [holder, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    await hold(holder, own[0]).expect(200);
    // What is held is withdrawn by an absence, or when the hold has ended.
    for (const slot of own.slice(0, 2))
      expectProblem(await clinic.as(doctors[0]).delete(`/timeslots/${slot}/`), 'slot_held');
    expectProblem(await book(other, others[0]), 'no_room_free');
    later(5);
    await clinic.as(doctors[0]).delete(`/timeslots/${own[0]}/`).expect(204);
    const { rows } = await clinic.db.$client.query('select from room_uses where timeslot_id = $1', [own[0]]);
    expect(rows).toEqual([]);
    await book(other, others[0]).expect(201);
  });

  test('goes with a holiday', async () => {
    const [holder] = people;
    const date = freshDay();
    const [own] = await bothRuns(date);
    await hold(holder, own[0]).expect(200);
    await clinic.as(admin).post('/holidays/', { date, name: 'Navruz' }).expect(201);
    expectProblem(await book(holder, own[0]), 'clinic_closed');
    const { rows } = await clinic.db.$client.query('select id from room_uses');
    expect(rows).toEqual([]);
    await clinic.db.$client.query('delete from holidays');
  });
});

describe('an offer with a room', () => {
  test('that is accepted uses the room that is kept, of several', async () => {
    const [waiting] = people;
    await makeRoom(clinic.db, 'Lab 2', 'lab');
    await makeRoom(clinic.db, 'Lab 3', 'lab');
    const date = freshDay();
    const [own] = await bothRuns(date);
    const entry = await offer(waiting, date, own);
    const { rows } = await clinic.db.$client.query(
      'select held_room_id as room from timeslots where id = $1',
      [own[0]],
    );
    expect((await accept(waiting, entry).expect(201)).body.room).toBe(rows[0].room);
  });

  test('frees it for others when the entry is left', async () => {
    const [waiting, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const entry = await offer(waiting, date, own);
    await clinic.as(waiting).delete(`/waitlist/${entry}/`).expect(204);
    await book(other, others[0]).expect(201);
  });

  /** Somebody has a visit in the room, and is offered an earlier time beside it that overlaps. */
  async function offeredInPlace() {
    const [waiting, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const visit = (await book(waiting, others[1]).expect(201)).body.id;
    const taken = (await book(other, own[0], {}).expect(201)).body.id;
    const wanted = { doctor: undefined, specialization: 'Cardiology', before: '11:00', replaces: visit };
    const entry = (await wish(waiting, date, wanted).expect(201)).body.id;
    await cancel(other, taken).expect(204);
    await pass();
    return { waiting, date, own, others, visit, entry };
  }

  test.each(['is cancelled', 'moves'])(
    'of another time for a visit keeps all of it when that visit %s meanwhile',
    async (how) => {
      const { waiting, date, own, others, visit, entry } = await offeredInPlace();
      expect(await offered(entry)).toBe(own[0]);
      if (how === 'moves') await move(waiting, visit, others[2]).expect(200);
      else await cancel(waiting, visit).expect(204);
      expectProblem(await publish(third, date, '10:30', '11:00'), 'room_taken');
      expect((await accept(waiting, entry).expect(201)).body).toMatchObject({ room, start_time: '10:00' });
    },
  );

  test('of another time for a visit is left where the visit’s room closes, and the visit goes', async () => {
    const { waiting, entry } = await offeredInPlace();
    await change(room, { is_active: false, upcoming: 'cancel' }).expect(200);
    expectProblem(await accept(waiting, entry), 'no_room_free');
    await change(room, { is_active: true }).expect(200);
    await accept(waiting, entry).expect(201);
  });
});

test('what is named instead of a start whose room is kept can be had', async () => {
  const [holder, other, reader] = people;
  const [own, others] = await bothRuns(freshDay());
  await hold(holder, own[0]).expect(200);
  const { alternatives } = (await book(other, others[0])).body;
  expect(alternatives).not.toEqual([]);
  for (const { id } of alternatives) await hold(reader, id).expect(200);
});
