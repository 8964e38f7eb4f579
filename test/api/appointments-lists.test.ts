import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

type Who = 'admin' | 'otherAdmin' | 'jasur' | 'botir' | 'aziza' | 'dilnoza';

/** Seen on Tuesday 2026-03-10, 12:00 in Tashkent: doctor, patient, booked by, day, hour, status. */
const visits = {
  longAgo: ['jasur', 'aziza', 'aziza', '2026-03-04', '10', 'confirmed'],
  yesterday: ['jasur', 'dilnoza', 'admin', '2026-03-09', '10', 'pending'],
  yesterdayLater: ['botir', 'aziza', 'aziza', '2026-03-09', '15', 'cancelled'],
  thisMorning: ['jasur', 'aziza', 'aziza', '2026-03-10', '09', 'confirmed'],
  sameHour: ['botir', 'dilnoza', 'dilnoza', '2026-03-10', '09', 'pending'],
  tonight: ['jasur', 'aziza', 'otherAdmin', '2026-03-10', '22', 'pending'],
  tomorrow: ['botir', 'aziza', 'admin', '2026-03-11', '08', 'pending'],
  nextMonth: ['jasur', 'dilnoza', 'dilnoza', '2026-04-01', '08', 'cancelled'],
} as const satisfies Record<string, [Who, Who, Who, string, string, string]>;
type Name = keyof typeof visits;

let clinic: TestApp;
const people = {} as Record<Who, Person>;
const ids = new Map<number, Name>();

beforeAll(async () => {
  clinic = await testApp();
  for (const admin of ['admin', 'otherAdmin'] as const) people[admin] = await clinic.person('admin');
  for (const doctor of ['jasur', 'botir'] as const) people[doctor] = await clinic.person('doctor');
  for (const patient of ['aziza', 'dilnoza'] as const) people[patient] = await clinic.person('patient');
  // Not in their order in time, so that no list can owe its order to that of booking.
  for (const name of (Object.keys(visits) as Name[]).toSorted()) {
    const [doctor, patient, by, date, hour, status] = visits[name];
    const start = { date, start_time: `${hour}:00`, end_time: `${hour}:30` };
    const timeslot = await clinic.slot(people[doctor], start);
    const body = { timeslot, patient: people[patient].id };
    const { body: booked } = await clinic.as(people[by]).post('/appointments/', body).expect(201);
    ids.set(booked.id, name);
    if (status !== 'pending')
      await clinic.as(people.admin).patch(`/appointments/${booked.id}/`, { status }).expect(200);
  }
  clinic.clock.set('2026-03-10T07:00:00Z');
});
afterAll(() => clinic.close());

async function names(path: string, by: Who): Promise<(Name | undefined)[]> {
  const { body } = await clinic.as(people[by]).get(`/appointments/${path}`).expect(200);
  expect(body.count).toBe(body.results.length);
  return body.results.map(({ id }: { id: number }) => ids.get(id));
}

const upcoming = ['sameHour', 'thisMorning', 'tonight', 'tomorrow', 'nextMonth'] as const;
const past = ['yesterdayLater', 'yesterday', 'longAgo'] as const;

/** The same list, one row to a page. */
async function pageByPage(path: string, by: Who): Promise<(Name | undefined)[]> {
  const rows: (Name | undefined)[] = [];
  for (let page = 1; ; page += 1) {
    const query = `${path}${path.includes('?') ? '&' : '?'}page_size=1&page=${page}`;
    const { body } = await clinic.as(people[by]).get(`/appointments/${query}`).expect(200);
    rows.push(...body.results.map(({ id }: { id: number }) => ids.get(id)));
    if (!body.next) return rows;
  }
}

describe('GET /appointments/', () => {
  test('shows today’s and later by time, then what is past, latest first', async () => {
    expect(await names('', 'admin')).toEqual([...upcoming, ...past]);
  });

  test.each([
    ['date=2026-03-10', ['sameHour', 'thisMorning', 'tonight']],
    ['from=2026-03-11', ['tomorrow', 'nextMonth']],
    ['to=2026-03-09', past],
    ['from=2026-03-09&to=2026-03-10', ['sameHour', 'thisMorning', 'tonight', 'yesterdayLater', 'yesterday']],
    // What nobody has answered by the end of its slot is no longer pending.
    ['status=pending', ['tonight', 'tomorrow']],
    ['status=expired', ['sameHour', 'yesterday']],
    ['status=confirmed', ['thisMorning', 'longAgo']],
    ['status=cancelled', ['nextMonth', 'yesterdayLater']],
    ['doctor={botir}', ['sameHour', 'tomorrow', 'yesterdayLater']],
    ['patient={dilnoza}', ['sameHour', 'nextMonth', 'yesterday']],
    ['doctor={jasur}&patient={aziza}', ['thisMorning', 'tonight', 'longAgo']],
    [
      'doctor={jasur}&patient={aziza}&status=pending&date=2026-03-10&from=2026-03-01&to=2026-03-31',
      ['tonight'],
    ],
    ['doctor={aziza}', []],
    ['doctor=999999', []],
  ] as [string, Name[]][])('?%s', async (query, expected) => {
    const filled = query.replaceAll(/\{(\w+)\}/g, (_, who: Who) => String(people[who].id));
    expect(await names(`?${filled}`, 'admin')).toEqual(expected);
  });

  test('each row is what GET /appointments/{id}/ shows, without the birth date', async () => {
    const { body } = await clinic.as(people.admin).get('/appointments/').expect(200);
    for (const visit of body.results) {
      const shown = await clinic.as(people.admin).get(`/appointments/${visit.id}/`).expect(200);
      const { date_of_birth, ...patient } = shown.body.patient;
      expect(visit).toEqual({ ...shown.body, patient });
    }
  });
});

describe('GET /appointments/me/', () => {
  // One's own as patient or doctor; for an admin those they booked.
  test.each([
    ['aziza', '', ['thisMorning', 'tonight', 'tomorrow', 'yesterdayLater', 'longAgo']],
    ['dilnoza', '', ['sameHour', 'nextMonth', 'yesterday']],
    ['jasur', '', ['thisMorning', 'tonight', 'nextMonth', 'yesterday', 'longAgo']],
    ['botir', '', ['sameHour', 'tomorrow', 'yesterdayLater']],
    ['admin', '', ['tomorrow', 'yesterday']],
    ['otherAdmin', '', ['tonight']],
    ['aziza', '?status=pending', ['tonight', 'tomorrow']],
    ['aziza', '?date=2026-03-10', ['thisMorning', 'tonight']],
    ['jasur', '?from=2026-03-09&to=2026-03-10', ['thisMorning', 'tonight', 'yesterday']],
    ['botir', '?status=cancelled', ['yesterdayLater']],
    ['admin', '?status=pending&from=2026-03-10', ['tomorrow']],
  ] as [Who, string, Name[]][])('as %s%s', async (who, query, expected) => {
    expect(await names(`me/${query}`, who)).toEqual(expected);
  });

  test('nobody sees more by naming somebody else', async () => {
    const query = `?doctor=${people.botir.id}&booked_by=${people.admin.id}`;
    for (const who of ['aziza', 'jasur', 'otherAdmin'] as const)
      expectProblem(await clinic.as(people[who]).get(`/appointments/me/${query}`), 'unknown_field', {
        fields: ['doctor unknown_field', 'booked_by unknown_field'],
      });
    const stranger = await clinic.as(people.aziza).get(`/appointments/me/?patient=${people.dilnoza.id}`);
    expectProblem(stranger, 'patient_not_found');
  });
});

// A page reads no further into the past, nor into what comes, than it must: that must not change the order.
test.each([
  ['admin', ''],
  ['admin', '?to=2026-03-09'],
  ['admin', '?from=2026-03-11'],
  ['aziza', 'me/'],
  ['jasur', 'me/?to=2026-03-09'],
] as [Who, string][])('the order is the same page by page: as %s, /appointments/%s', async (who, path) => {
  const pages = await pageByPage(path, who);
  expect(pages).toEqual(await names(path, who));
  expect(pages.length).toBeGreaterThan(1);
});

test('who has changed roles finds no appointments of the old one among their own', async () => {
  const before = await clinic.person('patient');
  const timeslot = await clinic.slot(people.jasur, { date: '2026-05-01' });
  const visit = await clinic.book(before, timeslot);
  await clinic.as(before).delete(`/appointments/${visit}/`).expect(204);
  await clinic.as(people.admin).patch(`/users/${before.id}/`, { role: 'doctor' }).expect(200);
  const { username } = before;
  const { body } = await clinic
    .as(undefined)
    .post('/auth/login/', { username, password: 'a-long-quiet-river' });
  const now = { token: body.access };
  expect((await clinic.as(now).get('/appointments/me/').expect(200)).body.count).toBe(0);
  expectProblem(await clinic.as(now).get(`/appointments/${visit}/`), 'appointment_not_found');
});

test.each([
  ['status=done', 'status invalid_choice'],
  ['status=', 'status invalid_choice'],
  ['status=pending&status=confirmed', 'status invalid_type'],
  ['date=2026-02-30', 'date invalid_date'],
  ['from=2026-03-11&to=2026-03-10', 'to range_reversed'],
  ['from=x&to=2026-3-1', 'from invalid_date,to invalid_date'],
])('both lists refuse ?%s', async (query, fields) => {
  for (const path of ['', 'me/'])
    expectProblem(await clinic.as(people.admin).get(`/appointments/${path}?${query}`), 'invalid_input', {
      fields: fields.split(','),
    });
});

test.each([
  ['0', 'too_small'],
  ['-1', 'too_small'],
  ['2147483648', 'too_big'],
  ['9007199254740993', 'too_big'],
  ['1.5', 'invalid_type'],
  ['abc', 'invalid_type'],
])('the filters doctor and patient are ids, not %s', async (value, code) => {
  const answer = await clinic.as(people.admin).get(`/appointments/?doctor=${value}&patient=${value}`);
  expectProblem(answer, 'invalid_input', { fields: [`doctor ${code}`, `patient ${code}`] });
});
