import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confirm, freshPhone } from '../helpers/accounts.ts';
import type { Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startEskiz } from '../helpers/messages/providers.ts';
import { START } from '../helpers/messages/world.ts';

/** What is told of a visit that its doctor has still to confirm. */
let clinic: Clinic;
let eskiz: Awaited<ReturnType<typeof startEskiz>>;
let doctor: Person;
let patient: Person;
const phone = freshPhone();
let day = 0;
beforeAll(async () => {
  eskiz = await startEskiz();
  clinic = await createClinic({ channels: { eskiz: eskiz.settings, timeout: 5_000 } });
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', locale: 'en' });
  patient = await clinic.person('patient', { first_name: 'Aziza', last_name: 'Karimova', locale: 'en' });
  await confirm(clinic, patient.id, { phone });
});
beforeEach(() => {
  clinic.clock.set(START);
  eskiz.taken.length = 0;
});
afterAll(async () => {
  await clinic.close();
  await eskiz.close();
});

const sms = () => eskiz.taken.filter(({ to }) => `+${to}` === phone).map(({ text }) => text);
const LINK = /https:\/\/clinic\.example(\/api\/visits\/[\w-]{22}\/)/;
async function requested(start_time = '15:00') {
  day += 2;
  const of = (n: number) => new Date(Date.UTC(2030, 3, n)).toISOString().slice(0, 10);
  const slot = (date: string, time: string) =>
    clinic.slot(doctor, { date, start_time: time, end_time: `${time.slice(0, 3)}30` });
  const visit = await clinic.book(patient, await slot(of(day), start_time));
  await clinic.drain();
  eskiz.taken.length = 0;
  return { visit, slot, date: of(day), before: of(day - 1) };
}
const at = async (instant: string) => {
  clinic.clock.set(instant);
  await clinic.drain();
};
const told = async (who: Person, visit: number, kind: string) =>
  (
    (await clinic.as(who).get('/notifications/?page_size=100').expect(200)).body.results as {
      appointment: number;
      kind: string;
      text: string;
    }[]
  )
    .filter((one) => one.appointment === visit && one.kind === kind)
    .map(({ text }) => text);
const planned = (visit: number) =>
  clinic.rows<{ run_at: string }>('select run_at from graphile_worker.jobs where key = $1', [
    `remind_doctor:${visit}`,
  ]);

describe('the doctor of an unanswered request', () => {
  test('is reminded a day before the visit, while there is no answer', async () => {
    const { visit, before } = await requested();
    expect(await planned(visit)).toEqual([{ run_at: `${before}T10:00:00.000Z` }]);
    await at(`${before}T10:00:00Z`);
    expect(await told(doctor, visit, 'unanswered')).toEqual([
      expect.stringMatching(
        /still waits for your answer: Aziza Karimova, .*15:00\. Please confirm or decline/,
      ),
    ]);
  });

  test('is not reminded where it was answered or cancelled', async () => {
    for (const status of ['confirmed', 'cancelled']) {
      const { visit, before } = await requested();
      await clinic.as(doctor).patch(`/appointments/${visit}/`, { status }).expect(200);
      await at(`${before}T10:00:00Z`);
      expect(await told(doctor, visit, 'unanswered')).toEqual([]);
    }
  });

  test('is reminded by the new time only, where the visit was moved', async () => {
    const { visit, slot, before, date } = await requested();
    await clinic
      .as(patient)
      .post(`/appointments/${visit}/reschedule/`, { timeslot: await slot(date, '18:00') })
      .expect(200);
    await at(`${before}T10:00:00Z`);
    expect(await told(doctor, visit, 'unanswered')).toEqual([]);
    await at(`${before}T13:00:00Z`);
    expect(await told(doctor, visit, 'unanswered')).toEqual([expect.stringContaining('18:00')]);
  });

  test('is left alone where the clinic says so', async () => {
    const quiet = await createClinic({ remind_doctor_hours: 0 });
    const [surgeon, person] = [await quiet.person('doctor'), await quiet.person('patient')];
    await quiet.book(person, await quiet.slot(surgeon, { date: '2030-03-12' }));
    await quiet.drain();
    expect(await quiet.rows(`select from graphile_worker.jobs where key like 'remind_doctor:%'`)).toEqual([]);
    await quiet.close();
  });
});

describe('the patient of an unanswered request', () => {
  test('is reminded that the visit is not confirmed, and the page says so too', async () => {
    const { visit, before } = await requested();
    await at(`${before}T10:00:00Z`);
    const [text = ''] = sms();
    expect(text.replace(LINK, '<link>')).toMatch(
      /^Not confirmed yet: \d+ April 15:00, Dr J\. Yusupov\. Still wanted\? <link>$/,
    );
    const page = async () =>
      (await clinic.app.inject({ method: 'GET', url: LINK.exec(text)?.[1] ?? '' })).body;
    expect(await page()).toContain('The doctor has not confirmed this appointment yet.');
    expect(await page()).not.toMatch(/Will you come|Yes, I will come/);
    await clinic.app.inject({ method: 'POST', url: LINK.exec(text)?.[1] ?? '' });
    expect(await page()).not.toMatch(/See you then/);
    expect(await told(doctor, visit, 'confirmed_coming')).toHaveLength(1);
    // Confirmed, it asks as ever.
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    expect(await page()).toContain('See you then.');
  });

  test('gets a reminder that says how things stand when it leaves', async () => {
    const { visit, date } = await requested('11:00');
    await clinic
      .as(patient)
      .patch('/notifications/preferences/', { quiet_hours: { from: '07:00', until: '08:15' } })
      .expect(200);
    await at(`${date}T02:30:00Z`);
    await clinic.notifications.jobs.tasks.remind({
      appointment: visit,
      lead: '2h',
      date,
      start_time: '11:00',
    });
    await clinic.drain();
    expect(sms()).toEqual([]);
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    await clinic.drain();
    clinic.clock.set(`${date}T03:15:00Z`);
    await clinic.drain({ retries: true });
    await clinic.drain({ retries: true });
    expect(sms().map((text) => text.replace(LINK, '<link>'))).toContainEqual(
      expect.stringMatching(/^Reminder: .* Coming\? <link>$/),
    );
    expect(sms().join()).not.toContain('Not confirmed');
    await clinic
      .as(patient)
      .patch('/notifications/preferences/', { quiet_hours: { from: '22:00', until: '08:00' } });
  });

  test('is reminded by their new quiet hours when they change them', async () => {
    const { visit } = await requested('08:00');
    const runs = async () =>
      (
        await clinic.rows<{ run_at: string }>(`select run_at from graphile_worker.jobs where key = $1`, [
          `remind:${visit}:2h`,
        ])
      ).map(({ run_at }) => run_at.slice(11, 16));
    expect(await runs()).toEqual(['16:55']);
    await clinic
      .as(patient)
      .patch('/notifications/preferences/', { quiet_hours: { enabled: false } })
      .expect(200);
    await clinic.drain();
    expect(await runs()).toEqual(['01:00']);
    await clinic
      .as(patient)
      .patch('/notifications/preferences/', { quiet_hours: { enabled: true } })
      .expect(200);
    await clinic.drain();
    expect(await runs()).toEqual(['16:55']);
  });
});

describe('“I am coming”', () => {
  test('is told anew after a move, each time with its own time; an older link says nothing of the new time', async () => {
    const { visit, slot, before, date } = await requested();
    await at(`${before}T10:00:00Z`);
    const link = LINK.exec(sms()[0] ?? '')?.[1] ?? '';
    const post = (url: string, payload = '') =>
      clinic.app.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload,
      });
    // Somebody looked at another time than that of now: they are asked again.
    await post(link, `answer=coming&seen=${date}T14:00`);
    expect(await told(doctor, visit, 'confirmed_coming')).toEqual([]);
    await post(link, `answer=coming&seen=${date}T15:00`);
    expect(await told(doctor, visit, 'confirmed_coming')).toEqual([expect.stringContaining('15:00')]);
    await clinic
      .as(patient)
      .post(`/appointments/${visit}/reschedule/`, { timeslot: await slot(date, '17:00') })
      .expect(200);
    expect((await clinic.app.inject({ method: 'GET', url: link })).statusCode).toBe(410);
    await clinic.drain();
    eskiz.taken.length = 0;
    await at(`${before}T12:00:00Z`);
    const second = LINK.exec(sms().find((text) => LINK.test(text)) ?? '')?.[1] ?? '';
    await post(second);
    expect(await told(doctor, visit, 'confirmed_coming')).toEqual([
      expect.stringContaining('17:00'),
      expect.stringContaining('15:00'),
    ]);
  });
});

test('a visit that the desk books after it began asks nobody to come, and its doctor is told', async () => {
  const { slot, date } = await requested('18:00');
  const timeslot = await slot(date, '10:00');
  await confirm(clinic, doctor.id, { phone: freshPhone() });
  clinic.clock.set(`${date}T05:10:00Z`);
  const [made] = await clinic.rows<{ id: number }>(
    `insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, status)
     select doctor_id, $2, id, date, start_time, end_time, $2, 'confirmed' from timeslots where id = $1 returning id`,
    [timeslot, patient.id],
  );
  await clinic.drain();
  const of = await clinic.rows(
    `select user_id, kind, status, error from messages where appointment_id = $1 order by id`,
    [made?.id],
  );
  expect(of).toEqual([
    { user_id: patient.id, kind: 'confirmed', status: 'dropped', error: 'visit_begun' },
    { user_id: doctor.id, kind: 'confirmed', status: 'sent', error: null },
  ]);
  expect(await told(patient, made?.id ?? 0, 'confirmed')).toEqual([]);
  expect(await told(doctor, made?.id ?? 0, 'confirmed')).toHaveLength(1);
});
