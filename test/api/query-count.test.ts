import supertest from 'supertest';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { insertPeople, insertSlots, insertVisits } from '../helpers/rows.ts';
import { watchStatements } from '../helpers/statements.ts';

/**
 * How many statements each endpoint sends, as one would count them by hand: a list costs one, however long; checking a
 * token costs none; a change of several tables is a transaction, whose BEGIN and COMMIT count too.
 */
let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
const statements = watchStatements();
const freshDay = freshDays();

beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
  // Once the link that announces ended sessions stands, a token is checked without a statement.
  const me = () => clinic.as(people.patient).get('/auth/me/').expect(200);
  await vi.waitFor(async () => expect(await statements.during(me)).toHaveLength(1), 30_000);
});
afterAll(async () => {
  statements.restore();
  await clinic.close();
});

const as = (who: keyof typeof people) => clinic.as(people[who]);
const account = () => ({ username: `new-${freshDay()}`, password: PASSWORD, role: 'doctor' });
const slot = (date = freshDay()) => ({ date, start_time: '10:00', end_time: '10:30' });
const freshSlot = () => clinic.slot(people.doctor, { date: freshDay() });
const freshVisit = async () => clinic.book(people.patient, await freshSlot());
const freshPerson = () => clinic.person('patient');

/** Each prepares what it needs and gives the request to count, with the number of its statements. */
const cases: Record<string, [number, () => Promise<() => supertest.Test>]> = {
  // begin, user, profile, read back, commit
  'POST /api/auth/register/': [5, async () => () => clinic.as(undefined).post('/auth/register/', account())],
  // credentials, session with its token, user
  'POST /api/auth/login/': [
    3,
    async () => () =>
      clinic.as(undefined).post('/auth/login/', { username: people.patient.username, password: PASSWORD }),
  ],
  'POST /api/auth/token/refresh/': [
    1,
    async () => {
      const { refresh } = await freshPerson();
      return () => clinic.as(undefined).post('/auth/token/refresh/', { refresh });
    },
  ],
  'GET /api/auth/me/': [1, async () => () => as('patient').get('/auth/me/')],
  'GET /api/users/': [1, async () => () => as('admin').get('/users/')],
  'POST /api/users/': [5, async () => () => as('admin').post('/users/', account())],
  'GET /api/users/{id}/': [1, async () => () => as('admin').get(`/users/${people.patient.id}/`)],
  // begin, is it an admin?, lock, change, read back, commit
  'PATCH /api/users/{id}/': [
    6,
    async () => () => as('admin').patch(`/users/${people.patient.id}/`, { first_name: 'Aziza' }),
  ],
  // begin, is it an admin?, lock, forget, lock slots, cancel visits, remove slots, profile, sessions, commit
  'DELETE /api/users/{id}/': [
    10,
    async () => {
      const { id } = await freshPerson();
      return () => as('admin').delete(`/users/${id}/`);
    },
  ],
  'GET /api/doctors/': [1, async () => () => as('patient').get('/doctors/?search=bulk+terapevt')],
  'GET /api/doctors/{id}/': [1, async () => () => as('patient').get(`/doctors/${people.doctor.id}/`)],
  'GET /api/doctors/{id}/timeslots/': [
    1,
    async () => {
      await freshSlot();
      return () => as('patient').get(`/doctors/${people.doctor.id}/timeslots/`);
    },
  ],
  'GET /api/doctor/profile/': [1, async () => () => as('doctor').get('/doctor/profile/')],
  // begin, lock, names, profile, read back, commit
  'PATCH /api/doctor/profile/': [
    6,
    async () => () => as('doctor').patch('/doctor/profile/', { last_name: 'Aliyev', experience_years: 7 }),
  ],
  'GET /api/patient/profile/': [1, async () => () => as('patient').get('/patient/profile/')],
  'PATCH /api/patient/profile/': [
    6,
    async () => () => as('patient').patch('/patient/profile/', { last_name: 'Karimova', gender: 'female' }),
  ],
  'POST /api/timeslots/': [1, async () => () => as('doctor').post('/timeslots/', slot())],
  'GET /api/timeslots/': [1, async () => () => as('doctor').get('/timeslots/')],
  // whose it is, then the slot
  'GET /api/timeslots/{id}/': [
    2,
    async () => {
      const id = await freshSlot();
      return () => as('doctor').get(`/timeslots/${id}/`);
    },
  ],
  'DELETE /api/timeslots/{id}/': [
    2,
    async () => {
      const id = await freshSlot();
      return () => as('doctor').delete(`/timeslots/${id}/`);
    },
  ],
  'POST /api/appointments/': [
    1,
    async () => {
      const timeslot = await freshSlot();
      return () => as('patient').post('/appointments/', { timeslot });
    },
  ],
  'GET /api/appointments/me/': [1, async () => () => as('patient').get('/appointments/me/')],
  'GET /api/appointments/': [1, async () => () => as('admin').get('/appointments/?status=cancelled')],
  'GET /api/appointments/{id}/': [
    2,
    async () => {
      const id = await freshVisit();
      return () => as('patient').get(`/appointments/${id}/`);
    },
  ],
  // whose it is; begin, the move, the answer, commit
  'PATCH /api/appointments/{id}/': [
    5,
    async () => {
      const id = await freshVisit();
      return () => as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' });
    },
  ],
  'DELETE /api/appointments/{id}/': [
    2,
    async () => {
      const id = await freshVisit();
      return () => as('patient').delete(`/appointments/${id}/`);
    },
  ],
  'GET /health/live': [0, async () => () => supertest(clinic.app.server).get('/health/live')],
  'GET /health/ready': [1, async () => () => supertest(clinic.app.server).get('/health/ready')],
};

test.each(Object.keys(cases))('%s', async (route) => {
  const [expected, prepare] = cases[route] ?? [-1, undefined];
  const request = await prepare?.();
  const sent = await statements.during(async () => {
    const answer = await request?.();
    expect(answer?.status, answer?.text).toBeLessThan(300);
  });
  expect(sent, sent.join('\n')).toHaveLength(expected);
});

test('every endpoint is counted', () => {
  expect(Object.keys(cases).sort()).toEqual([...clinic.app.documentedRoutes.keys()].sort());
});

test('a list of 50 rows costs what a list of one row does: one statement', async () => {
  const { admin, doctor, patient } = people;
  await insertPeople(clinic.db, 'doctor', 60);
  await insertSlots(clinic.db, doctor.id, 60, '2027-01-01');
  await insertVisits(clinic.db, { doctor: doctor.id, patient: patient.id, booked_by: admin.id }, 60);
  const lists = [
    ['admin', '/users/'],
    ['patient', '/doctors/'],
    ['patient', `/doctors/${doctor.id}/timeslots/`],
    ['doctor', '/timeslots/'],
    ['admin', '/appointments/'],
    ['admin', '/appointments/me/'],
    ['doctor', '/appointments/me/'],
    ['patient', '/appointments/me/'],
  ] as const;
  for (const [who, path] of lists) {
    for (const size of [1, 50]) {
      let rows: unknown[] = [];
      const sent = await statements.during(async () => {
        rows = (await as(who).get(`${path}?page_size=${size}`).expect(200)).body.results;
      });
      expect({ path, rows: rows.length, statements: sent.length }).toEqual({
        path,
        rows: size,
        statements: 1,
      });
    }
  }
});
