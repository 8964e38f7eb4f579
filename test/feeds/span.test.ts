import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { readers } from '../helpers/calendars.ts';

let clinic: TestApp;
let doctor: Person;
beforeAll(async () => {
  clinic = await testApp();
  doctor = await clinic.person('doctor');
});
afterAll(() => clinic.close());

const read = (url: string) => clinic.as(undefined).get(url.slice(url.indexOf('/calendar/')));
const eventsOf = (file: string) => readers[0]?.[1](file).events ?? [];

/** A visit by SQL: nobody books in the past, or more than the horizon ahead. */
async function visitOn(patient: Person, date: string): Promise<void> {
  await clinic.db.$client.query(
    `with slot as (
       insert into timeslots (doctor_id, date, start_time, end_time) values ($1, $3, '10:00', '10:30') returning *)
     insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
     select doctor_id, $2, id, date, start_time, end_time, $2 from slot`,
    [doctor.id, patient.id, date],
  );
}

test('a feed shows 30 days back and a year ahead, of the patient and of the doctor, and moves on with the day', async () => {
  const patient = await clinic.person('patient');
  // Today is 2026-03-02.
  for (const date of ['2026-01-30', '2026-01-31', '2026-03-02', '2027-03-02', '2027-03-03'])
    await visitOn(patient, date);
  const feeds = [
    await clinic.as(patient).post('/calendar/feeds/', { purpose: 'visits' }).expect(201),
    await clinic.as(doctor).post('/calendar/feeds/', { purpose: 'day' }).expect(201),
  ];
  const days = async (url: string) =>
    eventsOf((await read(url).expect(200)).text).map(({ start }) => start.slice(0, 10));
  for (const { body } of feeds)
    expect(await days(body.url)).toEqual(['2026-01-31', '2026-03-02', '2027-03-02']);
  clinic.clock.set('2026-03-03T04:00:00Z');
  for (const { body } of feeds)
    expect(await days(body.url)).toEqual(['2026-03-02', '2027-03-02', '2027-03-03']);
  clinic.clock.set('2026-03-02T04:00:00Z');
});

test('a feed is told as webcal:// too, and outlives its session and its owner’s password', async () => {
  const patient = await clinic.person('patient');
  const { body } = await clinic.as(patient).post('/calendar/feeds/', { purpose: 'visits' }).expect(201);
  expect(body.url).toMatch(/^http:\/\/[^/]+\/api\/calendar\/[\w-]{43}\.ics$/);
  expect(body.webcal_url).toBe(body.url.replace('http:', 'webcal:'));
  await clinic
    .as(patient)
    .post('/auth/password/change/', { old_password: PASSWORD, password: 'eleven-apricot-trees' })
    .expect(204);
  await clinic.db.$client.query('update sessions set ended_at = now() where user_id = $1', [patient.id]);
  await read(body.url).expect(200);
});
