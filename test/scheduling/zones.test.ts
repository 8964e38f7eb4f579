import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp, testClock } from '../helpers/app.ts';
import { empty } from '../helpers/database.ts';

/**
 * Node and PostgreSQL each have a table of time zones, and they are of different age: in some of these places they disagree
 * today, by whichever server is asked. The clinic goes by one of them, the clock's, everywhere.
 */
const places = [
  ['Africa/Casablanca', '2026-12-07T09:00:00Z'],
  ['America/Edmonton', '2026-12-07T15:00:00Z'],
  ['America/Winnipeg', '2026-12-07T15:00:00Z'],
  ['Asia/Tashkent', '2026-12-07T04:00:00Z'],
  ['America/New_York', '2026-12-07T14:00:00Z'],
] as const;

describe.each(places)('in %s', (timezone, instant) => {
  let clinic: TestApp;
  let doctor: Person;
  let patient: Person;
  let other: Person;
  beforeAll(async () => {
    clinic = await testApp({ clock: testClock(instant, timezone) });
    doctor = await clinic.person('doctor');
    patient = await clinic.person('patient');
    other = await clinic.person('patient');
  });
  afterAll(() => clinic.close());
  beforeEach(() => clinic.clock.set(instant));

  /** A slot that begins so many minutes from now. */
  async function slotIn(minutes: number): Promise<number> {
    const at = (ahead: number) =>
      clinic.clock.wallOf(new Date(clinic.clock.now().getTime() + ahead * 60_000));
    const [start, end] = [at(minutes), at(minutes + 10)];
    return clinic.slot(doctor, {
      date: start.date,
      start_time: start.time.slice(0, 5),
      end_time: end.time.slice(0, 5),
    });
  }

  test('a hold of what begins in half an hour lasts its minutes, and is its holder’s to book', async () => {
    const timeslot = await slotIn(30);
    const { body } = await clinic.as(patient).post(`/timeslots/${timeslot}/hold/`).expect(200);
    expect(body.expires_at).toBe(new Date(Date.parse(instant) + 5 * 60_000).toISOString());
    await clinic.as(other).post('/appointments/', { timeslot }).expect(409);
    await clinic.book(patient, timeslot);
  });

  test('no hold outlasts the start of its slot', async () => {
    const timeslot = await slotIn(60);
    clinic.clock.set(new Date(Date.parse(instant) + 57 * 60_000).toISOString());
    const { body } = await clinic.as(patient).post(`/timeslots/${timeslot}/hold/`).expect(200);
    expect(body.expires_at).toBe(new Date(Date.parse(instant) + 60 * 60_000).toISOString());
  });

  test('the lead time is from the booking to the visit', async () => {
    await empty(clinic.db, 'appointments', 'appointment_events');
    await clinic.book(other, await slotIn(150));
    await clinic.db.$client.query('update appointments set created_at = $1', [instant]);
    const { date } = clinic.clock.wall();
    const { body } = await clinic.as(doctor).get(`/statistics/?from=${date}&to=${date}`).expect(200);
    expect(body.total.median_lead_time_hours).toBe(2.5);
  });
});
