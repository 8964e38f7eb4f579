import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { placesOf } from '../helpers/places.ts';
import { type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';

let clinic: WaitingClinic;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await waitingClinic();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient', { locale: 'en' });
});
afterAll(() => clinic.close());

/** What the patient’s inbox and calendar say of where the visit is. */
async function placeToldOf(
  visit: number,
): Promise<[message: string | undefined, calendar: string | undefined]> {
  await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
  await clinic.drain();
  const inbox = await clinic.as(patient).get('/notifications/').expect(200);
  const feed = await clinic.as(patient).post('/calendar/feeds/', { purpose: 'visits' }).expect(201);
  const file = await clinic.as(undefined).get(feed.body.url.slice(feed.body.url.indexOf('/calendar/')));
  const [newest] = inbox.body.results;
  expect(newest.appointment).toBe(visit);
  const place = (file.text as string).match(/^LOCATION:.*$/gm)?.at(-1);
  return [newest.text.split('\n').at(1), place?.trim()];
}

test('a visit that is kept in a branch that closes is told with the branch’s name: people go to the other one otherwise', async () => {
  const branch = await placesOf(clinic, admin).branch({ name: 'Chilonzor' });
  const slot = await clinic.slot(doctor, { date: '2030-03-12', branch });
  const kept = await clinic.book(patient, slot);
  await clinic.as(admin).patch(`/branches/${branch}/`, { is_active: false, upcoming: 'keep' }).expect(200);
  expect(await placeToldOf(kept)).toEqual(['Chilonzor', 'LOCATION:Chilonzor']);
  // In the only one that is left nobody goes wrong.
  const left = await clinic.book(patient, await clinic.slot(doctor, { date: '2030-03-13', branch: 1 }));
  expect(await placeToldOf(left)).toEqual([undefined, 'LOCATION:Chilonzor']);
});

test('a doctor is told that a time is free again, unless the clinic is closed then', async () => {
  const doctors = [
    await clinic.person('doctor', { locale: 'en' }),
    await clinic.person('doctor', { locale: 'ru' }),
    await clinic.person('doctor', { locale: 'uz' }),
  ];
  const given_up: number[] = [];
  for (const [nth, one] of doctors.entries()) {
    const hours = { start_time: `1${nth}:00`, end_time: `1${nth}:30`, branch: 1 };
    const book = async (date: string) => clinic.book(patient, await clinic.slot(one, { date, ...hours }));
    await book('2030-04-01');
    given_up.push(await book('2030-04-02'), await book('2030-04-03'));
  }
  const close = (date: string, visits: string) =>
    clinic.as(admin).post('/holidays/', { date, visits }).expect(201);
  await close('2030-04-01', 'cancel');
  await close('2030-04-02', 'keep');
  for (const visit of given_up) await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
  await clinic.drain();
  const free = [/free again/, /снова свободно/, /yana boʻsh/];
  const times = [/1 April/, /2 April/, /3 April/];
  for (const [nth, one] of doctors.entries()) {
    const inbox = await clinic.as(one).get('/notifications/').expect(200);
    const told = inbox.body.results.filter(({ kind }: { kind: string }) => kind === 'cancelled');
    expect(told.map(({ text }: { text: string }) => free[nth]?.test(text))).toEqual([true, false, false]);
    if (nth === 0)
      expect(told.map(({ text }: { text: string }) => times.findIndex((time) => time.test(text)))).toEqual([
        2, 1, 0,
      ]);
  }
});

test('a doctor whose visit goes to a colleague hears that its time is free again, unless it is gone', async () => {
  const profile = { specialization: 'Kardiolog' };
  const free = { en: /free again/, ru: /снова свободно/, uz: /yana boʻsh/ };
  const colleague = await clinic.person('doctor', { profile });
  for (const [nth, locale] of (['en', 'ru', 'uz'] as const).entries()) {
    const one = await clinic.person('doctor', { profile, locale });
    const hours = { start_time: `1${nth}:00`, end_time: `1${nth}:30`, branch: 1 };
    const book = async (date: string) => clinic.book(patient, await clinic.slot(one, { date, ...hours }));
    const handOver = async (visit: number, date: string) => {
      const timeslot = await clinic.slot(colleague, { date, ...hours });
      await clinic.as(admin).post(`/appointments/${visit}/reschedule/`, { timeslot }).expect(200);
    };
    const [open, closed] = [`2030-05-0${nth + 1}`, `2030-05-1${nth + 1}`];
    const visits = [await book(open), await book(closed)] as const;
    await clinic.as(admin).post('/holidays/', { date: closed, visits: 'keep' }).expect(201);
    await handOver(visits[0], `2030-05-2${nth + 1}`);
    await clinic.drain();
    await handOver(visits[1], `2030-05-2${nth + 5}`);
    await clinic.drain();
    const inbox = await clinic.as(one).get('/notifications/').expect(200);
    const told = inbox.body.results.filter(({ kind }: { kind: string }) => kind === 'handed_over');
    expect(told.map(({ text }: { text: string }) => free[locale].test(text))).toEqual([false, true]);
  }
});
