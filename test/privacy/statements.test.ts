import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { insertPeople } from '../helpers/rows.ts';
import { statementsOf } from '../helpers/statements.ts';

/** What the audit costs, counted: nothing on the ways that patients go, one statement where staff look at people. */

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
let appointment: number;
beforeAll(async () => {
  clinic = await testApp({ config: { answers_remembered: 0 } });
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
  appointment = await clinic.book(patient, await clinic.slot(doctor));
  const visits = Array.from({ length: 5 }, (_, hour) => ({
    start_time: `1${hour}:30`,
    end_time: `1${hour}:45`,
  }));
  for (const times of visits) {
    const other = await clinic.person('patient');
    await clinic.book(other, await clinic.slot(doctor, { date: '2026-03-11', ...times }));
  }
  await clinic.slot(doctor, { date: '2026-03-16' });
  await insertPeople(clinic.db, 'patient', 100);
});
afterAll(() => clinic.close());

/** The first words of what was asked of the database, twice over: what a first request prepares does not count. */
async function count(work: () => PromiseLike<unknown>): Promise<string[]> {
  await work();
  const statements = await statementsOf(async () => work());
  return statements.map((text) => /^\(?(\w+)/.exec(text)?.[1]?.toLowerCase() ?? text);
}

describe('a patient', () => {
  test.each([
    ['lists doctors', () => '/doctors/', 1],
    ['looks at a doctor', () => `/doctors/${doctor.id}/`, 1],
    ['sees free slots', () => `/doctors/${doctor.id}/timeslots/?from=2026-03-03`, 1],
    ['sees their appointments', () => '/appointments/me/', 1],
    ['looks at one of them', () => `/appointments/${appointment}/`, 1],
    ['sees who they are', () => '/auth/me/', 1],
    ['sees their profile', () => '/patient/profile/', 1],
  ])('%s', async (_, path, statements) => {
    expect(await count(() => clinic.as(patient).get(path()).expect(200))).toEqual(
      Array.from({ length: statements }, () => 'select'),
    );
  });

  test('searches doctors in one statement', async () => {
    expect(await count(() => clinic.as(patient).get('/doctors/?search=a').expect(200))).toEqual(['with']);
  });

  test('books in one statement', async () => {
    const slots = [
      await clinic.slot(doctor, { date: '2026-03-12' }),
      await clinic.slot(doctor, { date: '2026-03-13' }),
    ];
    const book = () => clinic.as(patient).post('/appointments/', { timeslot: slots.shift() }).expect(201);
    expect(await count(book)).toEqual(['with']);
  });
});

describe('staff', () => {
  test.each([
    ['a doctor’s appointments', () => doctor, () => '/appointments/me/?page_size=100'],
    ['all appointments', () => admin, () => '/appointments/?page_size=100'],
    ['a hundred users', () => admin, () => '/users/?page_size=100'],
    ['one user', () => admin, () => `/users/${patient.id}/`],
  ])('%s: the query, and one statement to note whom it showed', async (_, person, path) => {
    expect(await count(() => clinic.as(person()).get(path()).expect(200))).toEqual(['select', 'insert']);
  });

  test('a doctor publishes a slot in one statement', async () => {
    const dates = ['2026-03-14', '2026-03-15'];
    const publish = () =>
      clinic
        .as(doctor)
        .post('/timeslots/', { date: dates.shift(), start_time: '10:00', end_time: '10:30' })
        .expect(201);
    expect(await count(publish)).toEqual(['with']);
  });
});
