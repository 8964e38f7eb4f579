import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { provesRules } from '../helpers/races.ts';
import { makeRoom, makeRun, makeService } from '../helpers/services.ts';

const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let people: [Person, Person, Person];
let long: number;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  people = [await clinic.person('patient'), await clinic.person('patient'), await clinic.person('patient')];
  long = await makeService(clinic, admin, [doctor], { duration_minutes: 60 });
  const { db, clock } = clinic;
  const { tasks } = createModules({ db, clock, config: testConfig }).housekeeping;
  pass = () => tasks.offer_waitlist(undefined);
});
beforeEach(() => clinic.clock.set(NOW));
afterAll(async () => {
  await provesRules(clinic.db);
  await clinic.close();
});

const freshDay = freshDays();
const run = (date: string, starts = ['10:00', '10:30', '11:00']) =>
  makeRun(clinic.db, doctor.id, date, starts) as Promise<[number, number, number]>;
const book = (by: Person, timeslot: number, body: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const cancel = (by: Person, visit: number) => clinic.as(by).delete(`/appointments/${visit}/`).expect(204);
const wish = (by: Person, date: string, body: object = {}) =>
  clinic.as(by).post('/waitlist/', { doctor: doctor.id, from: date, to: date, ...body });
const offered = async (entry: number) =>
  (await clinic.as(admin).get(`/waitlist/${entry}/`).expect(200)).body.offer?.timeslot.id ?? null;
let pass: () => Promise<void>;
const kept = async (ids: readonly number[]) => {
  const { rows } = await clinic.db.$client.query<{ id: number; by: number | null }>(
    'select id, held_by as by from timeslots where id = any ($1) order by start_time',
    [ids],
  );
  return rows.map(({ by }) => by);
};

test('whoever waits for a long service is offered the whole as soon as its last part is free, and accepts the whole', async () => {
  const [waiting, other, third] = people;
  const date = freshDay();
  const slots = await run(date);
  const [first, second, last] = slots;
  const visits = [];
  for (const [index, by] of [other, third, other].entries())
    visits.push((await book(by, slots[index] ?? 0).expect(201)).body.id);
  const { body: entry } = await wish(waiting, date, { service: long }).expect(201);
  expect(entry).toMatchObject({ service: long, branch: null, free_now: [] });
  await cancel(other, visits[0]);
  await pass();
  expect(await offered(entry.id)).toBeNull();
  // Nobody waits for that one alone: it is open again.
  await book(other, first)
    .expect(201)
    .then(({ body }) => cancel(other, body.id));
  await cancel(third, visits[1]);
  await pass();
  expect(await offered(entry.id)).toBe(first);
  expect(await kept(slots)).toEqual([waiting.id, waiting.id, null]);
  for (const slot of [first, second]) expectProblem(await book(third, slot), 'slot_held');
  const accepted = await clinic.as(waiting).post(`/waitlist/${entry.id}/accept/`).expect(201);
  expect(accepted.body).toMatchObject({ timeslots: [first, second], service: { id: long } });
  expect(last).toBe(slots[2]);
  expect((await clinic.as(waiting).get(`/waitlist/${entry.id}/`)).body).toMatchObject({ status: 'booked' });
});

test('a whole is offered whose slots were published with different breaks', async () => {
  const [waiting, other] = people;
  const date = freshDay();
  const [first] = await makeRun(clinic.db, doctor.id, date, ['10:00'], { minutes: 60 });
  await makeRun(clinic.db, doctor.id, date, ['11:00'], { minutes: 10, break_minutes: 20 });
  const [last] = await makeRun(clinic.db, doctor.id, date, ['11:30'], { minutes: 10 });
  const service = await makeService(clinic, admin, [doctor], { duration_minutes: 75 });
  const { body: visit } = await book(other, last as number).expect(201);
  const { body: entry } = await wish(waiting, date, { service }).expect(201);
  expect(entry.free_now).toEqual([]);
  await cancel(other, visit.id);
  await pass();
  expect(await offered(entry.id)).toBe(first);
});

test('a new slot is not available that completes what somebody waits for', async () => {
  const [waiting] = people;
  const date = freshDay();
  const publish = (start_time: string, end_time: string) =>
    clinic.as(doctor).post('/timeslots/', { date, start_time, end_time }).expect(201);
  await wish(waiting, date, { service: long }).expect(201);
  expect((await publish('10:00', '10:30')).body).toMatchObject({ is_available: true });
  const { body } = await publish('10:30', '11:00');
  expect(body).toMatchObject({ is_available: false });
  expect((await clinic.as(doctor).get(`/timeslots/${body.id}/`)).body).toMatchObject({ is_available: false });
  expect((await publish('12:00', '12:30')).body).toMatchObject({ is_available: true });
});

test('an offer of a long service that is turned down gives all of it to the next', async () => {
  const [one, two, third] = people;
  const date = freshDay();
  const slots = await run(date, ['10:00', '10:30']);
  const { body: visit } = await book(third, slots[0], { service: long }).expect(201);
  const first = (await wish(one, date, { service: long }).expect(201)).body.id;
  const next = (await wish(two, date, { service: long }).expect(201)).body.id;
  await cancel(third, visit.id);
  await pass();
  expect(await kept(slots.slice(0, 2))).toEqual([one.id, one.id]);
  await clinic.as(one).post(`/waitlist/${first}/decline/`).expect(200);
  await pass();
  expect(await kept(slots.slice(0, 2))).toEqual([two.id, two.id]);
  // It lapses, and nobody is left: anybody can have it.
  clinic.clock.set('2026-03-02T04:20:00.000Z');
  await pass();
  expect(await offered(next)).toBeNull();
  await book(third, slots[0], { service: long }).expect(201);
});

test('whoever joined first is offered first, whether they wait for one slot or for a long service', async () => {
  const [one, two, third] = people;
  const date = freshDay();
  const slots = await run(date, ['10:00', '10:30']);
  const { body: visit } = await book(third, slots[0], { service: long }).expect(201);
  const service = (await wish(one, date, { service: long }).expect(201)).body.id;
  const single = (await wish(two, date).expect(201)).body.id;
  await cancel(third, visit.id);
  await pass();
  expect([await offered(service), await offered(single)]).toEqual([slots[0], null]);
  await clinic.as(one).delete(`/waitlist/${service}/`).expect(204);
  await pass();
  expect(await offered(single)).toBe(slots[0]);
  await book(third, slots[1]).expect(201);
});

test('a whole is offered over an offer that lapsed before anybody wrote so down', async () => {
  const [, , third] = people;
  const single = await clinic.person('patient');
  const waiting = await clinic.person('patient');
  const date = freshDay();
  const slots = await run(date, ['10:00', '10:30']);
  const [first, second] = slots;
  const visits = [];
  for (const slot of [first, second]) visits.push((await book(third, slot).expect(201)).body.id);
  const alone = (await wish(single, date, { before: '10:30' }).expect(201)).body.id;
  const whole = (await wish(waiting, date, { service: long }).expect(201)).body.id;
  await cancel(third, visits[0]);
  await pass();
  expect(await offered(alone)).toBe(first);
  await cancel(third, visits[1]);
  clinic.clock.set('2026-03-02T04:20:00.000Z');
  // Whoever asks for the second one has it passed on, and the first with it.
  expectProblem(await book(third, second), 'slot_held');
  expect([await offered(alone), await offered(whole)]).toEqual([null, first]);
  expect(await kept(slots.slice(0, 2))).toEqual([waiting.id, waiting.id]);
  await clinic.as(waiting).post(`/waitlist/${whole}/accept/`).expect(201);
  expect((await clinic.as(single).get(`/waitlist/${alone}/`)).body).toMatchObject({ status: 'waiting' });
});

test.each([
  [
    'an absence',
    (date: string) =>
      clinic
        .as(doctor)
        .post('/absences/', { from: date, to: date, start_time: '09:00', end_time: '12:00' })
        .expect(201)
        .then(({ body }) => clinic.as(doctor).delete(`/absences/${body.id}/`)),
  ],
  [
    'a holiday',
    (date: string) =>
      clinic
        .as(admin)
        .post('/holidays/', { date })
        .expect(201)
        .then(({ body }) => clinic.as(admin).delete(`/holidays/${body.id}/`)),
  ],
])(
  '%s takes all of what is offered for a long service, and whoever had the offer waits on',
  async (_, takes) => {
    const [, , third] = people;
    const waiting = await clinic.person('patient');
    const date = freshDay();
    const slots = await run(date, ['10:00', '10:30', '11:00']);
    const { body: visit } = await book(third, slots[0], { service: long }).expect(201);
    const entry = (await wish(waiting, date, { service: long }).expect(201)).body.id;
    await cancel(third, visit.id);
    await pass();
    expect(await offered(entry)).toBe(slots[0]);
    await takes(date).then(({ status }) => expect(status).toBe(204));
    expect(await kept(slots)).toEqual([]);
    expect((await clinic.as(waiting).get(`/waitlist/${entry}/`)).body).toMatchObject({
      status: 'waiting',
      offer: null,
    });
  },
);

test('what is left of an offer for a long service is given back where a part of it goes', async () => {
  const [, , third] = people;
  const waiting = await clinic.person('patient');
  const date = freshDay();
  const slots = await run(date, ['10:00', '10:30', '11:00']);
  const { body: visit } = await book(third, slots[0], { service: long }).expect(201);
  const entry = (await wish(waiting, date, { service: long }).expect(201)).body.id;
  await cancel(third, visit.id);
  await pass();
  const absence = { from: date, to: date, start_time: '10:30', end_time: '11:00' };
  await clinic.as(doctor).post('/absences/', absence).expect(201);
  expect(await offered(entry)).toBeNull();
  expect(await kept(slots)).toEqual([null, null]);
  await pass();
  await book(third, slots[0]).expect(201);
});

test('leaving the clinic gives the whole of an offer back', async () => {
  const [, , third] = people;
  const goes = await clinic.person('patient');
  const date = freshDay();
  const slots = await run(date, ['10:00', '10:30']);
  const { body: visit } = await book(third, slots[0], { service: long }).expect(201);
  await wish(goes, date, { service: long }).expect(201);
  await cancel(third, visit.id);
  await pass();
  expect(await kept(slots.slice(0, 2))).toEqual([goes.id, goes.id]);
  await clinic.as(admin).patch(`/users/${goes.id}/`, { is_active: false }).expect(200);
  await pass();
  expect(await kept(slots.slice(0, 2))).toEqual([null, null]);
  await book(third, slots[0], { service: long }).expect(201);
});

test('a wish for a service is for who gives it, once, and in a branch that there is', async () => {
  const [one] = people;
  const date = freshDay();
  const nobodys = await makeService(clinic, admin, []);
  expectProblem(await wish(one, date, { service: nobodys }), 'service_not_given');
  expectProblem(await wish(one, date, { service: long, branch: 99 }), 'invalid_input', {
    fields: ['branch invalid_choice'],
  });
  await wish(one, date, { service: long, branch: 1 }).expect(201);
  expectProblem(await wish(one, date, { service: long, branch: 1 }), 'already_waiting');
  await wish(one, date).expect(201);
  await clinic.as(admin).patch('/settings/', { service_required: true }).expect(200);
  expectProblem(await wish(one, freshDay()), 'invalid_input', { fields: ['service service_required'] });
  await clinic.as(admin).patch('/settings/', { service_required: null }).expect(200);
});

test('what is free already is shown only where the service fits', async () => {
  const [one] = people;
  const date = freshDay();
  const [first] = await run(date, ['10:00', '10:30']);
  const { body } = await wish(one, date, { service: long }).expect(201);
  expect(body.free_now.map(({ id }: { id: number }) => id)).toEqual([first]);
});

test('what is free already is shown only where the patient can attend all of it', async () => {
  const [one] = people;
  const date = freshDay();
  await run(date, ['10:00', '10:30']);
  const elsewhere = await clinic.person('doctor');
  const [at] = await makeRun(clinic.db, elsewhere.id, date, ['10:30']);
  await book(one, at ?? 0).expect(201);
  const { body } = await wish(one, date, { service: long }).expect(201);
  expect(body.free_now).toEqual([]);
});

test('nobody is offered a service for which no room is free, or for which they are too young', async () => {
  const [one, , third] = people;
  const room = await makeRoom(clinic.db, 'D1', 'dexa');
  const service = await makeService(clinic, admin, [doctor], { duration_minutes: 60, room_kind: 'dexa' });
  const grown = await makeService(clinic, admin, [doctor], { duration_minutes: 60, min_age: 18 });
  const date = freshDay();
  const slots = await run(date, ['10:00', '10:30']);
  const { body: visit } = await book(third, slots[0], { service: long }).expect(201);
  const entries = [
    (await wish(one, date, { service }).expect(201)).body.id,
    (await wish(one, date, { service: grown }).expect(201)).body.id,
  ];
  const busy = await clinic.person('doctor');
  await makeRun(clinic.db, busy.id, date, ['10:00', '10:30'], { room });
  await cancel(third, visit.id);
  await pass();
  for (const entry of entries) expect(await offered(entry)).toBeNull();
  await book(third, slots[0], { service: long }).expect(201);
});

test('a better time of a long visit is for its own service, and takes its place', async () => {
  const [one, , third] = people;
  const date = freshDay();
  const slots = await run(date, ['10:00', '10:30', '14:00', '14:30'] as string[]);
  const blocked = (await book(third, slots[0], { service: long }).expect(201)).body.id;
  const { body: visit } = await book(one, slots[2], { service: long }).expect(201);
  const another = await makeService(clinic, admin, [doctor]);
  const before = { before: '12:00', replaces: visit.id };
  expectProblem(await wish(one, date, { ...before, service: another }), 'invalid_input', {
    fields: ['service invalid_choice'],
  });
  const { body: entry } = await wish(one, date, before).expect(201);
  expect(entry.service).toBe(long);
  await cancel(third, blocked);
  await pass();
  const accepted = await clinic.as(one).post(`/waitlist/${entry.id}/accept/`).expect(201);
  expect(accepted.body).toMatchObject({ id: visit.id, timeslots: [slots[0], slots[1]] });
});
