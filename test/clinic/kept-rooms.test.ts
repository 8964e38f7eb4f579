import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { empty } from '../helpers/database.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { provesKeptRooms, provesPlaces, provesRules } from '../helpers/races.ts';
import { makeRoom, makeRun, makeService } from '../helpers/services.ts';

/** What is held or offered for a service that needs a room keeps one of its kind. Here there is one, and two doctors want it. */

const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let doctors: [Person, Person];
let people: [Person, Person, Person];
let room: number;
let scan: number;
let pass: () => Promise<void>;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  const profile = { specialization: 'Cardiology' };
  doctors = [await clinic.person('doctor', { profile }), await clinic.person('doctor', { profile })];
  people = [await clinic.person('patient'), await clinic.person('patient'), await clinic.person('patient')];
  room = await makeRoom(clinic.db, 'Lab', 'lab');
  scan = await makeService(clinic, admin, doctors, { duration_minutes: 60, room_kind: 'lab' });
  const { db, clock } = clinic;
  const { tasks } = createModules({ db, clock, config: testConfig }).housekeeping;
  pass = () => tasks.offer_waitlist(undefined);
});
beforeEach(() => clinic.clock.set(NOW));
afterEach(async () => {
  await provesRules(clinic.db);
  await provesPlaces(clinic.db);
  await provesKeptRooms(clinic.db, clinic.clock.now());
  // What has ended would last again when the clock is put back.
  await empty(clinic.db, 'timeslots', 'appointments', 'room_uses', 'waitlist_entries');
});
afterAll(() => clinic.close());

const heldBy = async ({ id }: Person) =>
  (
    await clinic.db.$client.query<{ timeslot: number }>(
      'select id as timeslot from timeslots where held_by = $1 and not is_waitlisted and held_with is null',
      [id],
    )
  ).rows;
const freshDay = freshDays();
const STARTS = ['10:00', '10:30', '11:00', '11:30'];
type Run = [number, number, number, number];
/** The same hours of both doctors, with a break between a slot and the next. */
const bothRuns = async (date: string) =>
  (await Promise.all(doctors.map(({ id }) => makeRun(clinic.db, id, date, STARTS)))) as [Run, Run];
const hold = (by: Person, timeslot: number, body: object = { service: scan }) =>
  clinic.as(by).post(`/timeslots/${timeslot}/hold/`, body);
const release = (by: Person, timeslot: number) => clinic.as(by).delete(`/timeslots/${timeslot}/hold/`);
const book = (by: Person, timeslot: number, body: object = { service: scan }) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const publish = (by: Person, date: string, start_time = '10:45', end_time = '11:15') =>
  clinic.as(by).post('/timeslots/', { date, start_time, end_time, room });
const wish = (by: Person, date: string, body: object = {}) =>
  clinic.as(by).post('/waitlist/', { doctor: doctors[0].id, from: date, to: date, service: scan, ...body });
const offered = async (entry: number) =>
  (await clinic.as(admin).get(`/waitlist/${entry}/`).expect(200)).body.offer?.timeslot.id ?? null;
const later = (minutes: number) =>
  clinic.clock.set(new Date(Date.parse(NOW) + minutes * 60_000).toISOString());
const freeFor = async (doctor: Person, date: string) =>
  (
    await clinic
      .as(people[2])
      .get(`/doctors/${doctor.id}/timeslots/?date=${date}&service=${scan}`)
      .expect(200)
  ).body.results.map(({ id }: { id: number }) => id);

describe('a hold for a service with a room', () => {
  test('keeps the last room of the kind: others are refused and offered other times, and the holder books', async () => {
    const [holder, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    await hold(holder, own[0]).expect(200);
    const refused = await book(other, others[1]);
    expectProblem(refused, 'no_room_free');
    expect(refused.body.alternatives.map(({ id }: { id: number }) => id)).toContain(others[2]);
    expectProblem(await hold(other, others[0]), 'no_room_free');
    const booked = await book(holder, own[0]).expect(201);
    expect(booked.body).toMatchObject({ room, start_time: '10:00', end_time: '11:00' });
    await book(other, others[2]).expect(201);
  });

  test('is seen by the search and by the lists of free slots', async () => {
    const [holder] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    expect(await freeFor(doctors[1], date)).toEqual(others.slice(0, 3));
    await hold(holder, own[0]).expect(200);
    expect(await freeFor(doctors[1], date)).toEqual([others[2]]);
    const found = await clinic
      .as(people[2])
      .get(`/timeslots/search/?service=${scan}&doctor=${doctors[1].id}&from=${date}&to=${date}&per_doctor=9`)
      .expect(200);
    expect(found.body.results.map(({ id }: { id: number }) => id)).toEqual([others[2]]);
    later(5);
    expect(await freeFor(doctors[1], date)).toEqual(others.slice(0, 3));
  });

  test('gives the room back in the moment in which it ends, without anybody sweeping', async () => {
    const [holder, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    await hold(holder, own[0]).expect(200);
    later(4.99);
    expectProblem(await book(other, others[0]), 'no_room_free');
    later(5);
    await book(other, others[0]).expect(201);
    expectProblem(await book(holder, own[0]), 'no_room_free');
  });

  test('gives the room back when it is given back', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    await hold(holder, own[0]).expect(200);
    await release(holder, own[0]).expect(204);
    await book(other, others[0]).expect(201);
  });

  test('gives the room back when another hold takes its place, and may take the same room itself', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    await hold(holder, own[0]).expect(200);
    await hold(holder, others[1]).expect(200);
    expectProblem(await book(other, own[0]), 'no_room_free');
    await hold(holder, others[3], {}).expect(200);
    await book(other, own[0]).expect(201);
  });

  test('held anew without a service, or for another part, keeps no more than it says', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    await hold(holder, own[0]).expect(200);
    await release(holder, own[0]).expect(204);
    await hold(holder, own[0], {}).expect(200);
    await book(other, others[0]).expect(201);
    expectProblem(await hold(holder, own[0]), 'no_room_free');
    // What was held stays held.
    expect(await heldBy(holder)).toEqual([{ timeslot: own[0] }]);
  });

  test('of a slot that was held alone takes the room, and does not last longer', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    const short = await makeService(clinic, admin, doctors, { duration_minutes: 30, room_kind: 'lab' });
    const alone = await hold(holder, own[0], {}).expect(200);
    later(1);
    const grown = await hold(holder, own[0], { service: short }).expect(200);
    expect(grown.body).toEqual(alone.body);
    expectProblem(await book(other, others[0], { service: short }), 'no_room_free');
    await book(other, others[1], { service: short }).expect(201);
    expect((await book(holder, own[0], { service: short }).expect(201)).body.room).toBe(room);
  });

  test('refuses hours in the room as a visit does, and many of them are skipped', async () => {
    const [holder] = people;
    const date = freshDay();
    const [own] = await bothRuns(date);
    const third = await clinic.person('doctor');
    await hold(holder, own[0]).expect(200);
    expectProblem(await publish(third, date), 'room_taken');
    const day = { date, start_time: '10:30', end_time: '11:30', slot_minutes: 30, room };
    const many = await clinic.as(third).post('/timeslots/bulk/', day).expect(201);
    expect(many.body).toMatchObject({
      created: 1,
      skipped: [{ start_time: '10:30', reason: 'room_taken' }],
    });
    later(5);
    const again = await clinic.as(third).post('/timeslots/bulk/', day).expect(201);
    expect(again.body).toMatchObject({ created: 1 });
    expectProblem(await book(holder, own[0]), 'no_room_free');
  });

  test('whose end has come gives the room to a single slot', async () => {
    const [holder] = people;
    const date = freshDay();
    const [own] = await bothRuns(date);
    await hold(holder, own[0]).expect(200);
    const third = await clinic.person('doctor');
    later(5);
    await publish(third, date).expect(201);
  });

  test('lets the holder move a visit there, and the room that it had is free', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    const visit = (await book(holder, own[2]).expect(201)).body.id;
    await hold(holder, own[0]).expect(200);
    expectProblem(await book(other, others[0]), 'no_room_free');
    const moved = await clinic.as(holder).post(`/appointments/${visit}/reschedule/`, { timeslot: own[0] });
    expect(moved.body).toMatchObject({ start_time: '10:00', room });
    await book(other, others[2]).expect(201);
  });

  test('is not in the way of its holder’s move elsewhere, nor does a move of somebody else get its room', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    const visit = (await book(other, others[2]).expect(201)).body.id;
    await hold(holder, own[0]).expect(200);
    const move = (timeslot: number) =>
      clinic.as(other).post(`/appointments/${visit}/reschedule/`, { timeslot });
    expectProblem(await move(others[1]), 'no_room_free');
    await release(holder, own[0]).expect(204);
    expect((await move(others[1])).body.room).toBe(room);
  });

  test('is taken over by the desk’s booking for its patient', async () => {
    const [holder, other] = people;
    const [own, others] = await bothRuns(freshDay());
    await clinic
      .as(admin)
      .post(`/timeslots/${own[0]}/hold/`, { patient: holder.id, service: scan })
      .expect(200);
    expectProblem(
      await clinic
        .as(admin)
        .post('/appointments/', { timeslot: others[0], patient: other.id, service: scan }),
      'no_room_free',
    );
    await clinic
      .as(admin)
      .post('/appointments/', { timeslot: own[0], patient: holder.id, service: scan })
      .expect(201);
  });

  test('of slots that are withdrawn leaves the room', async () => {
    const [holder, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    await hold(holder, own[0]).expect(200);
    const away = { doctor: doctors[0].id, from: date, to: date, start_time: '09:00', end_time: '12:00' };
    await clinic.as(doctors[0]).post('/absences/', away).expect(201);
    await book(other, others[0]).expect(201);
  });

  test('keeps the room of its own slots with the breaks between them', async () => {
    const [holder, other] = people;
    const date = freshDay();
    const [, others] = await bothRuns(date);
    const third = await clinic.person('doctor');
    await makeService(clinic, admin, [third], { duration_minutes: 5 });
    await clinic
      .as(admin)
      .put(`/doctors/${third.id}/services/`, { services: [{ service: scan }] })
      .expect(200);
    const [first = 0] = await makeRun(clinic.db, third.id, date, ['10:00', '10:40'], {
      break_minutes: 10,
      room,
    });
    await hold(holder, first).expect(200);
    const { rows } = await clinic.db.$client.query(
      'select left(start_time::text, 5) as start, left(end_time::text, 5) as end from room_uses where is_held and timeslot_id = $1',
      [first],
    );
    expect(rows).toEqual([{ start: '10:30', end: '10:40' }]);
    expectProblem(await book(other, others[0]), 'no_room_free');
    expect((await book(holder, first).expect(201)).body).toMatchObject({ room, end_time: '11:10' });
  });
});

describe('an offer of a service with a room', () => {
  /** The first doctor's hours are full, and then one visit goes: who waits is offered its hour. */
  async function offer(date: string, own: Run, body: object = {}) {
    const [waiting, other] = people;
    const visit = (await book(other, own[0]).expect(201)).body.id;
    await clinic.db.$client.query('delete from timeslots where id = any ($1)', [own.slice(2)]);
    const { id } = (await wish(waiting, date, body).expect(201)).body;
    await clinic.as(other).delete(`/appointments/${visit}/`).expect(204);
    await pass();
    expect(await offered(id)).toBe(own[0]);
    return id as number;
  }

  test('keeps the last room of the kind until it is accepted', async () => {
    const [waiting, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const entry = await offer(date, own);
    expectProblem(await book(other, others[0]), 'no_room_free');
    expectProblem(await book(other, others[1]), 'no_room_free');
    const third = await clinic.person('doctor');
    expectProblem(await publish(third, date), 'room_taken');
    const accepted = await clinic.as(waiting).post(`/waitlist/${entry}/accept/`).expect(201);
    expect(accepted.body).toMatchObject({ room, start_time: '10:00' });
  });

  test('gives the room back when it is declined', async () => {
    const [waiting, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const entry = await offer(date, own);
    await clinic.as(waiting).post(`/waitlist/${entry}/decline/`).expect(200);
    await book(other, others[0]).expect(201);
  });

  test('gives the room back in the moment in which it lapses', async () => {
    const [waiting, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const entry = await offer(date, own);
    later(15);
    await book(other, others[0]).expect(201);
    expectProblem(await clinic.as(waiting).post(`/waitlist/${entry}/accept/`), 'offer_lapsed');
  });

  test('gives the room back when whoever has it leaves, and to who is erased', async () => {
    const date = freshDay();
    const [, other] = people;
    const [own, others] = await bothRuns(date);
    const leaving = await clinic.person('patient');
    const before = people[0];
    people[0] = leaving;
    try {
      await offer(date, own);
    } finally {
      people[0] = before;
    }
    expectProblem(await book(other, others[0]), 'no_room_free');
    await clinic.as(admin).delete(`/users/${leaving.id}/`, { password: PASSWORD }).expect(204);
    await book(other, others[0]).expect(201);
  });

  test('of another time for a visit overlaps with what that visit has of the room itself', async () => {
    const [waiting, other] = people;
    const date = freshDay();
    const [own, others] = await bothRuns(date);
    const third = await clinic.person('doctor');
    const visit = (await book(waiting, others[1]).expect(201)).body.id;
    const taken = (await book(other, own[0], {}).expect(201)).body.id;
    const wanted = { doctor: undefined, specialization: 'Cardiology', before: '11:00', replaces: visit };
    const { id } = (await wish(waiting, date, wanted).expect(201)).body;
    await clinic.as(other).delete(`/appointments/${taken}/`).expect(204);
    await pass();
    expect(await offered(id)).toBe(own[0]);
    expectProblem(await publish(third, date, '10:00', '10:30'), 'room_taken');
    expectProblem(await publish(third, date, '10:30', '11:00'), 'room_taken');
    const accepted = await clinic.as(waiting).post(`/waitlist/${id}/accept/`).expect(201);
    expect(accepted.body).toMatchObject({ room, start_time: '10:00', end_time: '11:00' });
    await publish(third, date, '11:00', '11:30').expect(201);
  });
});
