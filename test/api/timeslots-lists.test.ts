import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

/**
 * One doctor's calendar around Tuesday 2026-03-10, 12:00 in Tashkent, published a week before. `busy` is booked,
 * `again` was booked and cancelled.
 */
const calendar = {
  longAgo: ['2026-03-04', '10:00'],
  yesterday: ['2026-03-09', '10:00'],
  yesterdayLater: ['2026-03-09', '15:00'],
  thisMorning: ['2026-03-10', '09:00'],
  now: ['2026-03-10', '12:00'],
  busy: ['2026-03-10', '14:00'],
  tonight: ['2026-03-10', '23:30'],
  again: ['2026-03-11', '08:00'],
  nextMonth: ['2026-04-01', '08:00'],
} as const;
type Name = keyof typeof calendar;

let clinic: TestApp;
let doctor: Person;
let patient: Person;
const ids = new Map<number, Name>();

beforeAll(async () => {
  clinic = await testApp();
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
  const published = Object.entries(calendar) as [Name, readonly [string, string]][];
  // Backwards, so that no order of the lists can come from the order of publishing.
  for (const [name, [date, start_time]] of published.toReversed()) {
    const end_time = start_time === '23:30' ? '24:00' : `${start_time.slice(0, 2)}:30`;
    const id = await clinic.slot(doctor, { date, start_time, end_time });
    ids.set(id, name);
    if (name === 'busy') await clinic.book(patient, id);
    if (name === 'again') {
      const visit = await clinic.book(patient, id);
      await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    }
  }
  await clinic.slot(await clinic.person('doctor'), {
    date: '2026-03-10',
    start_time: '14:00',
    end_time: '15:00',
  });
  clinic.clock.set('2026-03-10T07:00:00Z');
});
afterAll(() => clinic.close());

async function names(path: string, by: Person): Promise<(Name | undefined)[]> {
  const { body } = await clinic.as(by).get(path).expect(200);
  expect(body.count).toBe(body.results.length);
  return body.results.map(({ id }: { id: number }) => ids.get(id));
}

describe('GET /doctors/{id}/timeslots/', () => {
  test.each([
    ['', ['tonight', 'again', 'nextMonth']],
    ['date=2026-03-10', ['tonight']],
    ['date=2026-03-09', []],
    ['from=2026-03-11', ['again', 'nextMonth']],
    ['to=2026-03-11', ['tonight', 'again']],
    ['from=2026-03-11&to=2026-03-11', ['again']],
    ['from=2026-03-01&to=2026-03-09', []],
    ['date=2026-03-11&from=2026-03-12', []],
  ])('?%s shows what can be booked, soonest first', async (query, expected) => {
    expect(await names(`/doctors/${doctor.id}/timeslots/?${query}`, patient)).toEqual(expected);
  });

  test('a slot looks as it does to its doctor', async () => {
    const path = `/doctors/${doctor.id}/timeslots/?date=2026-03-10`;
    const { body } = await clinic.as(patient).get(path).expect(200);
    expect(body.results).toEqual([
      {
        id: expect.any(Number),
        doctor: doctor.id,
        date: '2026-03-10',
        start_time: '23:30',
        end_time: '24:00',
        is_available: true,
        branch: 1,
        room: null,
      },
    ]);
    const [{ id }] = body.results;
    expect((await clinic.as(doctor).get(`/timeslots/${id}/`).expect(200)).body).toEqual(body.results[0]);
  });
});

describe('GET /timeslots/', () => {
  const today = ['thisMorning', 'now', 'busy', 'tonight'];
  const past = ['yesterdayLater', 'yesterday', 'longAgo'];

  test('shows today’s and later by time, then what is past, latest first', async () => {
    expect(await names('/timeslots/', doctor)).toEqual([...today, 'again', 'nextMonth', ...past]);
  });

  test.each([
    ['date=2026-03-10', today],
    ['date=2026-03-09', ['yesterdayLater', 'yesterday']],
    ['to=2026-03-09', past],
    ['from=2026-03-09&to=2026-03-10', [...today, 'yesterdayLater', 'yesterday']],
    ['is_available=true', ['tonight', 'again', 'nextMonth']],
    ['is_available=false', ['thisMorning', 'now', 'busy', ...past]],
    ['is_available=false&date=2026-03-10', ['thisMorning', 'now', 'busy']],
  ])('?%s', async (query, expected) => {
    expect(await names(`/timeslots/?${query}`, doctor)).toEqual(expected);
  });

  // A page reads no further into the past, nor into what comes, than it must: that must not change the order.
  test.each([
    ['', [...today, 'again', 'nextMonth', ...past]],
    ['to=2026-03-09', past],
    ['from=2026-03-11', ['again', 'nextMonth']],
  ])('one row to a page, ?%s is in the same order', async (query, expected) => {
    for (const [index, name] of expected.entries()) {
      const page = `/timeslots/?${query}&page_size=1&page=${index + 1}`;
      const { body } = await clinic.as(doctor).get(page).expect(200);
      expect(body.results.map(({ id }: { id: number }) => ids.get(id))).toEqual([name]);
    }
  });

  test('the rest of the calendar is somebody else’s', async () => {
    expect(await names('/timeslots/?date=2026-03-10', await clinic.person('doctor'))).toEqual([]);
  });
});

test.each([
  ['date=2026-02-30', 'date invalid_date'],
  ['date=', 'date invalid_date'],
  ['date=10.03.2026', 'date invalid_date'],
  ['date=2026-03-10T00:00', 'date invalid_date'],
  ['from=1899-12-31', 'from invalid_date'],
  ['from=2026-03-11&to=2026-03-10', 'to range_reversed'],
  ['date=2026-03-10&date=2026-03-11', 'date invalid_type'],
])('both lists refuse ?%s', async (query, field) => {
  for (const [path, by] of [
    [`/doctors/${doctor.id}/timeslots/`, patient],
    ['/timeslots/', doctor],
  ] as const)
    expectProblem(await clinic.as(by).get(`${path}?${query}`), 'invalid_input', { fields: [field] });
});

test('is_available is true or false', async () => {
  for (const value of ['yes', '1', '', 'TRUE'])
    expectProblem(await clinic.as(doctor).get(`/timeslots/?is_available=${value}`), 'invalid_input', {
      fields: ['is_available invalid_choice'],
    });
});
