import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startTelegram } from '../helpers/messages/providers.ts';
import { expectProblem } from '../helpers/problem.ts';
import { temporaryFolder } from '../helpers/process.ts';

let clinic: Clinic;
let doctor: Person;
let patient: Person;
let admin: Person;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
const folder = temporaryFolder();
const file = join(folder.dir, 'deep', 'messages.log');
const written = () => readFileSync(file, 'utf8');

beforeAll(async () => {
  telegram = await startTelegram();
  clinic = await createClinic({ channels: { file, telegram: telegram.settings, timeout: 30_000 } });
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', locale: 'uz' });
  patient = await clinic.person('patient', { first_name: 'Aziza', last_name: 'Karimova', locale: 'uz' });
  admin = await clinic.person('admin');
  await clinic.verify(patient, '+998901234567');
});
afterAll(async () => {
  await clinic.close();
  await telegram.close();
  folder.remove();
});

const book = async (date: string, time = '10:00') =>
  clinic.book(
    patient,
    await clinic.slot(doctor, { date, start_time: time, end_time: `${time.slice(0, 3)}30` }),
  );

describe('the inbox', () => {
  test('tells each side in its language, newest first, and marks what was read', async () => {
    const visit = await book('2030-03-12');
    await clinic.drain();
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    await clinic.drain();
    const inbox = await clinic.as(patient).get('/notifications/?unread=true').expect(200);
    expect(inbox.body).toMatchObject({
      count: 2,
      results: [
        {
          kind: 'confirmed',
          title: 'Qabul tasdiqlandi',
          text: 'Qabulingiz tasdiqlandi: 12-mart, seshanba, soat 10:00, shifokor Jasur Yusupov. Sizni kutamiz.',
          appointment: visit,
          read_at: null,
        },
        { kind: 'booked', title: 'Qabulga yozildingiz', appointment: visit },
      ],
    });
    const of = await clinic.as(doctor).get('/notifications/').expect(200);
    expect(of.body.results).toMatchObject([
      { kind: 'booked', text: expect.stringContaining('bemor Aziza Karimova') },
    ]);

    const [newest] = inbox.body.results;
    await clinic.as(patient).post(`/notifications/${newest.id}/read/`).expect(204);
    await clinic.as(patient).post(`/notifications/${newest.id}/read/`).expect(204);
    expectProblem(
      await clinic.as(doctor).post(`/notifications/${newest.id}/read/`),
      'notification_not_found',
    );
    const unread = await clinic.as(patient).get('/notifications/?unread=true').expect(200);
    expect(unread.body.results).toMatchObject([{ kind: 'booked' }]);
    await clinic.as(patient).post('/notifications/read-all/').expect(204);
    expect((await clinic.as(patient).get('/notifications/?unread=true')).body.count).toBe(0);
    expect((await clinic.as(patient).get('/notifications/?unread=false')).body.count).toBe(2);
    expect((await clinic.as(doctor).get('/notifications/?unread=true')).body.count).toBe(1);
  });

  test('follows the language of the profile, or that of the request where the profile has none', async () => {
    const text = async (language: string) =>
      (await clinic.as(patient).get('/notifications/').set('accept-language', language)).body.results.at(-1)
        .title;
    expect(await text('en')).toBe('Qabulga yozildingiz');
    await clinic.db.$client.query('update users set locale = null where id = $1', [patient.id]);
    expect(await text('en')).toBe('Your appointment is booked');
    expect(await text('ru-RU')).toBe('Вы записаны на приём');
    await clinic.db.$client.query("update users set locale = 'uz' where id = $1", [patient.id]);
  });

  test('is read with one statement, however long it is', async () => {
    await clinic.db.$client.query(
      `insert into notifications (key, user_id, kind) select 'many:' || n, $1, 'password_changed' from generate_series(1, 60) n`,
      [patient.id],
    );
    const { $client } = clinic.db;
    const { query } = $client;
    const texts: string[] = [];
    $client.query = ((...args: [{ text: string }]) => {
      texts.push(args[0].text);
      return query.apply($client, args as never);
    }) as never;
    const page = await clinic.as(patient).get('/notifications/?page_size=50');
    const messages = await clinic.as(admin).get('/messages/?page_size=50');
    $client.query = query as never;
    expect(page.body.results).toHaveLength(50);
    expect(messages.status).toBe(200);
    expect(texts.filter((text) => /from "?notifications\b/.test(text))).toHaveLength(1);
    expect(texts.filter((text) => /from "?messages\b/.test(text))).toHaveLength(1);
  });
});

describe('without settings of providers', () => {
  test('messages are written to a readable file that only its owner can read', () => {
    expect(written()).toContain('sms to +998901234567, in uz');
    expect(written()).toContain(
      'Qabulga yozildingiz: 12-mart 10:00, shifokor J. Yusupov. Tasdiqlansa, xabar beramiz.',
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('the file shows codes', async () => {
    await clinic.db.transaction((tx) =>
      clinic.notifications.telling.enqueue(tx, {
        user_id: patient.id,
        kind: 'code',
        key: 'code:1',
        params: { purpose: 'verify_email' },
        secret: '428113',
        channel: 'email',
        destination: 'new@example.uz',
      }),
    );
    await clinic.drain();
    expect(written()).toMatch(
      /email to new@example\.uz, in uz\n\n[\s\S]*Elektron pochtangizni tasdiqlash kodi: 428113/,
    );
  });
});

describe('the messages that admins see', () => {
  test('say for whom, what, when and why not, can be filtered, and never show a code', async () => {
    const all = await clinic.as(admin).get('/messages/?page_size=100').expect(200);
    expect(all.body.results.at(-1)).toMatchObject({
      user: { id: patient.id, first_name: 'Aziza', last_name: 'Karimova' },
      channel: 'sms',
      kind: 'booked',
      status: 'sent',
      attempts: 1,
      provider_id: 'file',
      error: null,
    });
    const code = all.body.results.find(({ kind }: { kind: string }) => kind === 'code');
    expect(code).toMatchObject({ text: null, status: 'sent', channel: 'email' });
    expect(JSON.stringify(all.body)).not.toContain('428113');
    expect(JSON.stringify(all.body)).not.toMatch(/secret|params/);
    const sms = all.body.results.find(({ kind }: { kind: string }) => kind === 'confirmed');
    expect(sms.text).toBe('Qabulingiz tasdiqlandi: 12-mart 10:00, shifokor J. Yusupov. Sizni kutamiz.');
    for (const filter of [
      'channel=email',
      `user=${patient.id}`,
      'status=dropped',
      'status=failed',
      `user=${doctor.id}`,
    ]) {
      const [name = '', value = ''] = filter.split('=');
      const { body } = await clinic.as(admin).get(`/messages/?${filter}`).expect(200);
      const expected = all.body.results.filter((row: Record<string, unknown>) =>
        name === 'user' ? (row.user as { id: number }).id === Number(value) : row[name] === value,
      );
      expect(body.count, filter).toBe(expected.length);
    }
    expectProblem(await clinic.as(admin).get('/messages/?status=lost'), 'invalid_input');
  });

  test('can be sent again where they failed', async () => {
    await clinic
      .as(patient)
      .patch('/notifications/preferences/', { channels: { confirmed: ['telegram'] } })
      .expect(200);
    await clinic.db.$client.query("insert into telegram_chats (user_id, chat_id) values ($1, '77')", [
      patient.id,
    ]);
    telegram.troubles.push(telegram.refusal(400, 'Bad Request: message is too long'));
    const visit = await book('2030-03-26');
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' });
    clinic.clock.set('2030-03-16T05:00:00Z');
    await clinic.drain();
    const failed = (await clinic.as(admin).get('/messages/?status=failed')).body.results;
    expect(failed).toMatchObject([
      { kind: expect.any(String), error: 'telegram_400', attempts: 1, sent_at: null },
    ]);
    await clinic.as(admin).post(`/messages/${failed[0].id}/retry/`).expect(204);
    await clinic.drain();
    expect((await clinic.as(admin).get('/messages/?status=failed')).body.count).toBe(0);
    expectProblem(await clinic.as(admin).post(`/messages/${failed[0].id}/retry/`), 'message_not_failed');
    expectProblem(await clinic.as(admin).post('/messages/2000000000/retry/'), 'message_not_found');
    await clinic.as(patient).delete('/notifications/telegram/link/', { password: PASSWORD }).expect(204);
    expect(await clinic.rows('select from telegram_chats')).toEqual([]);
  });
});

describe('linking Telegram', () => {
  test('answers with a deep link to the bot, whose token is stored hashed', async () => {
    const { body } = await clinic.as(patient).post('/notifications/telegram/link/').expect(200);
    expect(body.url).toMatch(/^https:\/\/t\.me\/clinic_test_bot\?start=[\w-]{22}$/);
    expect(body.expires_at).toBe('2030-03-16T05:15:00.000Z');
    const token = body.url.split('=')[1];
    expect(JSON.stringify(await clinic.rows('select * from one_use_links'))).not.toContain(token);
  });

  test('is a 503 while Telegram is away, and works once it is back', async () => {
    const away = await createClinic({
      channels: { telegram: { ...telegram.settings, token: '1:wrong' }, timeout: 30_000 },
    });
    const person = await away.person('patient');
    expectProblem(await away.as(person).post('/notifications/telegram/link/'), 'provider_unavailable');
    await away.close();
  });

  test('is a 409 where no bot is set up', async () => {
    const none = await createClinic({ channels: { timeout: 500 } });
    const person = await none.person('patient');
    expectProblem(await none.as(person).post('/notifications/telegram/link/'), 'channel_not_offered');
    const { body } = await none.as(person).get('/notifications/preferences/');
    expect(body.channels.telegram).toEqual({ offered: false, usable: false });
    await none.close();
  });
});
