import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { empty } from '../helpers/database.ts';
import { receptionist } from '../helpers/desk.ts';
import { makeRoom, makeRun, makeService } from '../helpers/services.ts';

let clinic: TestApp;
let admin: Person;
let doctors: [Person, Person];
let patient: Person;
let long: number;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctors = [await clinic.person('doctor'), await clinic.person('doctor')];
  patient = await clinic.person('patient');
  long = await makeService(clinic, admin, doctors, { duration_minutes: 90 });
});
beforeEach(() => empty(clinic.db, 'timeslots', 'appointments', 'room_uses'));
afterAll(() => clinic.close());

const DAY = '2026-05-05';
const run = (index: 0 | 1, starts: readonly string[], options = {}) =>
  makeRun(clinic.db, doctors[index].id, DAY, starts, options);
const ids = ({ body }: { body: { results: { id: number }[] } }) => body.results.map(({ id }) => id);
const search = async (query = '', service = long) =>
  ids(await clinic.as(patient).get(`/timeslots/search/?service=${service}${query}`).expect(200));
const free = async (index: 0 | 1, query = '', service = long) =>
  ids(
    await clinic
      .as(patient)
      .get(`/doctors/${doctors[index].id}/timeslots/?service=${service}${query}`)
      .expect(200),
  );
const book = (timeslot = 0, body: object = {}) =>
  clinic
    .as(patient)
    .post('/appointments/', { timeslot, ...body })
    .expect(201);

test('the search and the free slots show only starts from which a service fits', async () => {
  const mine = await run(0, ['10:00', '10:30', '11:00', '11:30', '13:00']);
  const theirs = await run(1, ['09:30', '10:00', '10:30']);
  expect(await search()).toEqual([theirs[0], mine[0], mine[1]]);
  expect(await free(0)).toEqual([mine[0], mine[1]]);
  await book(mine[3]);
  expect(await search()).toEqual([theirs[0], mine[0]]);
  await book(mine[2]);
  expect(await search()).toEqual([theirs[0]]);
  expect(await free(0)).toEqual([]);
});

test('what becomes free again is found again, and what is held is not', async () => {
  const slots = await run(0, ['10:00', '10:30', '11:00']);
  const { body } = await book(slots[0], { service: long });
  expect(await search()).toEqual([]);
  await clinic.as(patient).delete(`/appointments/${body.id}/`).expect(204);
  expect(await search()).toEqual([slots[0]]);
  const other = await clinic.person('patient');
  await clinic.as(other).post(`/timeslots/${slots[2]}/hold/`).expect(200);
  expect([await search(), await free(0)]).toEqual([[], []]);
});

test('times, doctors and the number of each doctor narrow the search for a service too', async () => {
  const mine = await run(0, ['10:00', '10:30', '11:00', '11:30']);
  const theirs = await run(1, ['10:00', '10:30', '11:00']);
  expect(await search('&before=11:30')).toEqual([mine[0], theirs[0]].toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  expect(await search(`&doctor=${doctors[1].id}`)).toEqual([theirs[0]]);
  expect((await search('&per_doctor=1')).length).toBe(2);
  expect(await search('&after=10:30')).toEqual([mine[1]]);
  expect(await search(`&from=2026-05-06`)).toEqual([]);
  const paged = await clinic
    .as(patient)
    .get(`/timeslots/search/?service=${long}&page_size=2&page=2`)
    .expect(200);
  expect(paged.body).toMatchObject({ count: 3, next: null });
  expect(ids(paged)).toEqual([mine[1]]);
});

test('a doctor who does not give a service is shown nowhere for it', async () => {
  const only = await makeService(clinic, admin, [doctors[1]]);
  const theirs = await run(1, ['10:00']);
  await run(0, ['09:00']);
  expect(await search('', only)).toEqual(theirs);
  expect(await free(0, '', only)).toEqual([]);
  expect(await search('', 999_999)).toEqual([]);
});

test('where no room is free that a service needs, it fits nowhere', async () => {
  const room = await makeRoom(clinic.db, 'S1', 'scanner');
  const service = await makeService(clinic, admin, doctors, { duration_minutes: 60, room_kind: 'scanner' });
  const mine = await run(0, ['10:00', '10:30', '11:00', '11:30']);
  await run(1, ['10:30'], { room });
  expect(await search('', service)).toEqual([mine[2]]);
  expect(await free(0, '', service)).toEqual([mine[2]]);
});

test('slots that stood before a doctor gave services are found as soon as they give one', async () => {
  const late = await clinic.person('doctor');
  const slots = await makeRun(clinic.db, late.id, DAY, ['10:00', '10:30', '11:00']);
  const service = await makeService(clinic, admin, [late], { duration_minutes: 60 });
  expect(await search('', service)).toEqual([slots[0], slots[1]]);
  const { rows } = await clinic.db.$client.query(
    "select count(*)::int as count from graphile_worker.jobs where task_identifier = 'link_timeslots'",
  );
  expect(rows[0].count).toBeGreaterThan(0);
});

test('the job writes what the triggers could not, and what is right it leaves', async () => {
  const slots = await run(0, ['10:00', '10:30', '11:00']);
  await clinic.db.$client.query('update timeslots set runs_on = not runs_on where id = any ($1)', [slots]);
  const { createLinking } = await import('../../src/modules/timeslots/linking.service.ts');
  await createLinking(clinic).link({ doctor: doctors[0].id, date: DAY });
  const { rows } = await clinic.db.$client.query(
    'select runs_on from timeslots where id = any ($1) order by start_time',
    [slots],
  );
  expect(rows.map(({ runs_on }) => runs_on)).toEqual([true, true, false]);
});

test('searches that are told apart at the end of a long list of filters do not meet on one connection', async () => {
  const alone = await testApp({ pool_max: 1 });
  try {
    const boss = await alone.person('admin');
    const doctor = await alone.person('doctor', {
      profile: { specialization: 'Kardiolog', gender: 'female' },
    });
    const service = await makeService(alone, boss, [doctor], { duration_minutes: 90 });
    const [first] = await makeRun(alone.db, doctor.id, DAY, ['10:00', '10:30', '11:00']);
    const filters = `service=${service}&specialization=kardiolog&gender=female`;
    const found = async (by: Person, more = '') =>
      ids(await alone.as(by).get(`/timeslots/search/?${filters}${more}`).expect(200));
    expect(await found(boss, '&branch=1')).toEqual([first]);
    expect(await found(await receptionist(alone, [1]))).toEqual([first]);
    expect(await found(await receptionist(alone, [1]), '&branch=1')).toEqual([first]);
  } finally {
    await alone.close();
  }
});
