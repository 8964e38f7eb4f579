import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startEskiz, startTelegram } from '../helpers/messages/providers.ts';
import { addChild } from '../patients/family.ts';

let clinic: Clinic;
let eskiz: Awaited<ReturnType<typeof startEskiz>>;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let doctor: Person;
let patient: Person;
let day = 0;

beforeAll(async () => {
  [eskiz, telegram] = await Promise.all([startEskiz(), startTelegram()]);
  clinic = await createClinic({
    channels: { eskiz: eskiz.settings, telegram: telegram.settings, timeout: 30_000 },
  });
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: '<b>Yusupov</b>', locale: 'uz' });
  patient = await clinic.person('patient', { first_name: 'Aziza', locale: 'ru' });
  await clinic.db.$client.query("insert into telegram_chats (user_id, chat_id) values ($1, '55')", [
    patient.id,
  ]);
});
afterAll(async () => {
  await clinic.close();
  await Promise.all([eskiz.close(), telegram.close()]);
});

const LINKS = /https:\/\/clinic\.example(\/api\/visits\/[\w-]{22}\/)/g;

/** A visit at ten on a day of its own, and the two links of the reminder of the day before. */
async function reminded(status: 'pending' | 'confirmed' = 'pending', child?: number) {
  day += 2;
  const date = new Date(Date.UTC(2030, 3, day)).toISOString().slice(0, 10);
  clinic.clock.set(`${new Date(Date.UTC(2030, 3, day - 2)).toISOString().slice(0, 10)}T05:00:00Z`);
  const timeslot = await clinic.slot(doctor, { date });
  const wanted = { timeslot, ...(child !== undefined && { patient: child }) };
  const visit: number = (await clinic.as(patient).post('/appointments/', wanted).expect(201)).body.id;
  if (status === 'confirmed')
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status }).expect(200);
  await clinic.drain();
  clinic.clock.set(`${new Date(Date.UTC(2030, 3, day - 1)).toISOString().slice(0, 10)}T05:00:00Z`);
  await clinic.drain();
  const text = telegram.taken.at(-1)?.text ?? '';
  const [coming, cancel] = [...text.matchAll(LINKS)].map(([, path]) => path);
  if (!coming || !cancel) throw new Error(`no links in: ${text}`);
  return { visit, coming, cancel, date };
}

const get = (url: string, headers = {}) => clinic.app.inject({ method: 'GET', url, headers });
const post = (url: string, form = '') =>
  clinic.app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: form,
  });
const status = async (visit: number) =>
  (await clinic.as(patient).get(`/appointments/${visit}/`)).body.status as string;
const state = async () => ({
  links: await clinic.rows('select * from one_use_links order by token_hash'),
  visits: await clinic.rows('select * from appointments order by id'),
  told: await clinic.rows('select * from notifications order by id'),
});
const toldDoctor = (visit: number) =>
  clinic.rows("select from notifications where appointment_id = $1 and kind = 'confirmed_coming'", [visit]);

describe('the page behind a link', () => {
  test('asks in the person’s language, and reading it changes nothing, however often', async () => {
    const { coming, cancel } = await reminded('confirmed');
    const before = await state();
    for (const url of [coming, cancel, coming.replace(/\/$/, '')])
      for (const method of ['GET', 'HEAD'] as const) {
        const answer = await clinic.app.inject({ method, url, headers: { 'accept-language': 'en' } });
        expect(answer.statusCode).toBe(200);
        expect(answer.headers['content-language']).toBe('ru');
      }
    expect(await state()).toEqual(before);
    const page = (await get(coming)).body;
    expect(page).toContain('<html lang="ru">');
    expect(page).toContain('Вы придёте на приём?');
    expect(page.match(/<button/g)).toHaveLength(2);
    expect(page).toContain('Jasur &lt;b&gt;Yusupov&lt;/b&gt;');
    expect(page).toContain('медицинских консультаций он не даёт');
    expect((await get(cancel)).body.match(/<button/g)).toHaveLength(1);
  });

  test('needs no script, is not stored, framed or indexed, and posts to this host only', async () => {
    const { coming } = await reminded();
    const { headers, body } = await get(coming);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-robots-tag']).toContain('noindex');
    expect(headers['referrer-policy']).toBe('no-referrer');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("form-action 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(body).not.toMatch(/<script|https?:\/\/|\son\w+=|src=/);
    expect(body).toContain('<form method="post">');
  });

  test('confirms once by POST, and the doctor is told that the patient is coming', async () => {
    const { visit, coming } = await reminded('confirmed');
    const done = await post(coming, 'answer=coming');
    expect(done.statusCode).toBe(303);
    expect(done.headers.location).toBe(coming);
    expect((await get(coming)).body).toContain('Вы подтвердили, что придёте');
    for (let time = 0; time < 3; time += 1)
      expect((await post(coming, 'answer=coming')).statusCode).toBe(303);
    await Promise.all([post(coming), post(coming)]);
    expect(await toldDoctor(visit)).toHaveLength(1);
    expect(await status(visit)).toBe('confirmed');
    await clinic.drain();
  });

  test('counts one of two answers at the same moment', async () => {
    const { visit, coming } = await reminded();
    await Promise.all(Array.from({ length: 8 }, () => post(coming, 'answer=coming')));
    expect(await toldDoctor(visit)).toHaveLength(1);
  });

  test('cancels by the same rules as the patient, and the doctor is told', async () => {
    const { visit, cancel } = await reminded();
    expect((await post(cancel)).statusCode).toBe(303);
    expect(await status(visit)).toBe('cancelled');
    const [row] = await clinic.rows('select cancelled_by from appointments where id = $1', [visit]);
    expect(row).toEqual({ cancelled_by: patient.id });
    expect((await get(cancel)).body).toContain('Приём отменён');
    await post(cancel);
    await clinic.drain();
    const told = await clinic.rows(
      "select user_id from notifications where appointment_id = $1 and kind = 'cancelled'",
      [visit],
    );
    expect(told).toEqual([{ user_id: doctor.id }]);
  });

  test('cancels a child’s visit for who looks after them, behind either link', async () => {
    const child = await addChild(clinic, patient, { date_of_birth: '2024-08-20' });
    for (const which of ['coming', 'cancel'] as const) {
      const links = await reminded('confirmed', child);
      expect((await get(links[which])).body).toContain('Madina Karimova');
      expect((await post(links[which], 'answer=cancel')).statusCode).toBe(303);
      expect(await status(links.visit)).toBe('cancelled');
      const [row] = await clinic.rows('select cancelled_by from appointments where id = $1', [links.visit]);
      expect(row).toEqual({ cancelled_by: patient.id });
      expect((await get(links[which])).body).toContain('Приём отменён');
    }
  });

  test('offers cancelling behind the link to confirm too, as an SMS has room for one link', async () => {
    const { visit, coming } = await reminded();
    await post(coming, 'answer=cancel');
    expect(await status(visit)).toBe('cancelled');
    expect((await get(coming)).body).toContain('Приём отменён');
  });

  test('cancels behind the link to cancel, whatever the form says', async () => {
    const { visit, cancel } = await reminded();
    await post(cancel, 'answer=coming');
    expect(await status(visit)).toBe('cancelled');
    expect(await toldDoctor(visit)).toEqual([]);
  });

  test('lets a patient who has confirmed cancel by the other link', async () => {
    const { visit, coming, cancel } = await reminded();
    await post(coming, 'answer=coming');
    await post(cancel);
    expect(await status(visit)).toBe('cancelled');
  });

  test('is over when the visit begins', async () => {
    const { visit, coming, cancel, date } = await reminded();
    clinic.clock.set(`${date}T05:00:00Z`);
    for (const url of [coming, cancel]) {
      const answer = await get(url);
      expect(answer.statusCode).toBe(410);
      expect(answer.body).toContain('Срок действия этой ссылки истёк');
      expect((await post(url, 'answer=cancel')).statusCode).toBe(303);
    }
    expect(await status(visit)).toBe('pending');
    expect(await toldDoctor(visit)).toEqual([]);
  });

  test('is over when the visit begins at the earlier time to which it was moved', async () => {
    const { visit, coming, cancel, date } = await reminded('confirmed');
    const admin = await clinic.person('admin');
    const timeslot = await clinic.slot(doctor, { date, start_time: '08:00', end_time: '08:30' });
    await clinic.as(admin).post(`/appointments/${visit}/reschedule/`, { timeslot }).expect(200);
    clinic.clock.set(`${date}T02:59:59Z`);
    expect((await get(coming)).statusCode).toBe(200);
    clinic.clock.set(`${date}T03:00:00Z`);
    for (const url of [coming, cancel]) {
      expect((await get(url)).statusCode).toBe(410);
      for (const answer of ['coming', 'cancel'])
        expect((await post(url, `answer=${answer}`)).statusCode).toBe(303);
    }
    expect(await toldDoctor(visit)).toEqual([]);
  });

  test('says in the language of the request that an unknown link is not found', async () => {
    for (const token of ['AAAAAAAAAAAAAAAAAAAAAA', 'zzz', '%3Cscript%3E', "' or 1=1 --"]) {
      const answer = await get(`/api/visits/${encodeURIComponent(token)}/`, { 'accept-language': 'uz' });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.body).toContain('Bunday havola yoʻq');
      expect(answer.body).not.toContain(token);
      expect((await post(`/api/visits/${encodeURIComponent(token)}/`)).statusCode).toBe(303);
    }
  });

  test('refuses a huge form, and every other kind of body', async () => {
    const { visit, cancel } = await reminded();
    expect((await post(cancel, `answer=${'x'.repeat(5_000)}`)).statusCode).toBe(413);
    const multipart = await clinic.app.inject({
      method: 'POST',
      url: cancel,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      payload: '--x--',
    });
    expect(multipart.statusCode).toBe(415);
    expect(await status(visit)).toBe('pending');
  });

  test('stands in no documentation', () => {
    expect([...clinic.app.documentedRoutes.keys()].filter((route) => route.includes('visits'))).toEqual([]);
  });
});

test('carries the same links when a reminder is written again', async () => {
  const before = telegram.taken.length;
  day += 2;
  const date = new Date(Date.UTC(2030, 3, day)).toISOString().slice(0, 10);
  clinic.clock.set(`${new Date(Date.UTC(2030, 3, day - 2)).toISOString().slice(0, 10)}T05:00:00Z`);
  await clinic.book(patient, await clinic.slot(doctor, { date }));
  await clinic.drain();
  telegram.after.push('drop');
  clinic.clock.set(`${new Date(Date.UTC(2030, 3, day - 1)).toISOString().slice(0, 10)}T05:00:00Z`);
  await clinic.drain({ retries: true });
  await clinic.drain({ retries: true });
  const reminders = telegram.taken.slice(before).filter(({ text }) => text.includes('/api/visits/'));
  expect(reminders).toHaveLength(2);
  expect(reminders[0]).toEqual(reminders[1]);
});

test('without a public address there are no links rather than wrong ones', async () => {
  const none = await createClinic({
    public_url: undefined,
    channels: { eskiz: eskiz.settings, timeout: 30_000 },
  });
  const [surgeon, person] = [await none.person('doctor'), await none.person('patient', { locale: 'en' })];
  await none.verify(person, '+998901112233');
  await none.book(person, await none.slot(surgeon, { date: '2030-03-12' }));
  await none.drain();
  none.clock.set('2030-03-11T05:00:00Z');
  await none.drain();
  expect(eskiz.taken.at(-1)?.text).toBe('Not confirmed yet: 12 March 10:00, Dr (no name given).');
  await none.close();
});
