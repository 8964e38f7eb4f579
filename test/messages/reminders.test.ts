import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smsSize } from '../../src/modules/notifications/texts/sms.ts';
import { plainPart, startEskiz, startSmtp, startTelegram } from '../helpers/messages/providers.ts';
import { createWorld, START, type World } from '../helpers/messages/world.ts';

let world: World;
let eskiz: Awaited<ReturnType<typeof startEskiz>>;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let smtp: Awaited<ReturnType<typeof startSmtp>>;
let doctor: number;
let patients: Record<'uz' | 'ru' | 'en', number>;

const NAMES = {
  uz: ['Aziza', 'Karimova', '+998901234501'],
  ru: ['Мадина', 'Умарова', '+998901234502'],
  en: ['Timur', 'Rashidov', '+998901234503'],
} as const;

beforeAll(async () => {
  [eskiz, telegram, smtp] = await Promise.all([startEskiz(), startTelegram(), startSmtp()]);
  world = await createWorld({
    channels: { eskiz: eskiz.settings, telegram: telegram.settings, email: smtp.settings, timeout: 30_000 },
  });
  doctor = await world.person('doctor', { first_name: 'Oʻtkir', last_name: 'Gʻulomov' });
  const make = async (locale: 'uz' | 'ru' | 'en') => {
    const [first_name, last_name, phone] = NAMES[locale];
    return world.person('patient', { first_name, last_name, phone, phone_verified: true, locale });
  };
  patients = { uz: await make('uz'), ru: await make('ru'), en: await make('en') };
});
afterAll(async () => {
  await world.close();
  await Promise.all([eskiz.close(), telegram.close(), smtp.close()]);
});

/** Booked and confirmed: who is reminded of it is asked to come. */
async function confirmed(patient: number, when: { date: string; time: string }): Promise<number> {
  const visit = await world.visit(doctor, patient, when);
  await world.change(visit, 'confirmed', doctor);
  return visit;
}

/** The clock goes on in steps of a quarter of an hour, and what is due runs; says when each SMS went out. */
async function goTo(local: string): Promise<string[]> {
  const end = Date.parse(`${local}:00+05:00`);
  const sent: string[] = [];
  while (world.clock.now().getTime() < end) {
    const next = Math.min(world.clock.now().getTime() + 15 * 60_000, end);
    world.clock.set(new Date(next).toISOString());
    const before = eskiz.taken.length;
    await world.drain();
    const { date, time } = world.clock.wall();
    for (const { to, text } of eskiz.taken.slice(before))
      sent.push(`${date} ${time.slice(0, 5)} ${to} ${text}`);
  }
  return sent;
}
const remindersIn = (lines: string[]) =>
  lines.filter((line) => /Eslatma|^.{17}\d+ Приём 12|Reminder/.test(line));
const LINK = /https:\/\/clinic\.uz\/api\/visits\/[\w-]{22}\//;

describe('reminders', () => {
  test('come 24 h and 2 h before the visit, once each, in Uzbek, Russian and English', async () => {
    world.clock.set(START);
    await confirmed(patients.uz, { date: '2030-03-12', time: '15:00' });
    await confirmed(patients.ru, { date: '2030-03-12', time: '15:30' });
    await confirmed(patients.en, { date: '2030-03-12', time: '16:00' });
    await world.drain();
    expect(remindersIn(eskiz.taken.map(({ to, text }) => `2030-03-04 09:00 ${to} ${text}`))).toEqual([]);

    const lines = remindersIn(await goTo('2030-03-12T17:00'));
    process.stdout.write(`${lines.join('\n')}\n`);
    expect(lines.map((line) => line.slice(0, 29))).toEqual([
      '2030-03-11 15:00 998901234501',
      '2030-03-11 15:30 998901234502',
      '2030-03-11 16:00 998901234503',
      '2030-03-12 13:00 998901234501',
      '2030-03-12 13:30 998901234502',
      '2030-03-12 14:00 998901234503',
    ]);
    const texts = lines.map((line) => line.slice(30).replace(LINK, '<link>'));
    expect(texts).toEqual([
      "Eslatma: 12-mart 15:00, shifokor O'. G'ulomov qabuli. Kelasizmi? <link>",
      "Приём 12 марта 15:30, врач O'. G'ulomov. Придёте? <link>",
      "Reminder: 12 March 16:00, Dr O'. G'ulomov. Coming? <link>",
      "Eslatma: 12-mart 15:00, shifokor O'. G'ulomov qabuli. Kelasizmi? <link>",
      "Приём 12 марта 15:30, врач O'. G'ulomov. Придёте? <link>",
      "Reminder: 12 March 16:00, Dr O'. G'ulomov. Coming? <link>",
    ]);
    for (const line of lines) expect(smsSize(line.slice(30)).segments).toBe(line.includes('Приём') ? 2 : 1);
    // Nothing is left that could still go out.
    expect(await goTo('2030-03-14T12:00')).toEqual([]);
    expect(await world.rows("select from graphile_worker.jobs where key like 'remind:%'")).toEqual([]);
  });

  test('that fall into quiet hours wait for the morning, or come before they begin where that is too late', async () => {
    world.clock.set('2030-04-01T04:00:00Z');
    // Two hours before 09:00 is 07:00, two hours before 08:00 is 06:00: both mornings would be too late.
    await confirmed(patients.uz, { date: '2030-04-03', time: '09:00' });
    await confirmed(patients.en, { date: '2030-04-03', time: '08:00' });
    await world.drain();
    const lines = remindersIn(await goTo('2030-04-03T12:00'));
    // Which of two that fall due together goes first is nobody's business.
    expect(
      lines.map((line) => `${line.slice(0, 16)} ${line.includes('Eslatma') ? 'uz' : 'en'}`).sort(),
    ).toEqual(['2030-04-02 08:00 en', '2030-04-02 09:00 uz', '2030-04-02 22:00 en', '2030-04-02 22:00 uz']);
    // The inbox has all four.
    const inbox = await world.rows<{ count: number }>(
      `select count(*)::int as count from notifications n join appointments a on a.id = n.appointment_id
       where n.kind = 'reminder' and a.date = '2030-04-03'`,
    );
    expect(inbox).toEqual([{ count: 4 }]);
  });

  test('do not come for a visit that was cancelled, also in the minute before, nor for one that moved into the past', async () => {
    world.clock.set('2030-05-01T04:00:00Z');
    const early = await confirmed(patients.uz, { date: '2030-05-10', time: '10:00' });
    const late = await confirmed(patients.en, { date: '2030-05-10', time: '11:00' });
    await world.drain();
    await world.change(early, 'cancelled', patients.uz);
    await world.drain();
    const day = remindersIn(await goTo('2030-05-10T08:45'));
    expect(day.map((line) => line.slice(0, 16))).toEqual(['2030-05-09 11:00']);
    // Its job is still there when the visit is cancelled in another transaction, whose event has not been handled.
    await world.db.$client.query(
      "update appointments set status = 'cancelled', cancelled_by = $2 where id = $1",
      [late, patients.en],
    );
    await world.db.$client.query('delete from graphile_worker._private_jobs where key is null');
    expect(
      await world.rows('select from graphile_worker.jobs where key = $1', [`remind:${late}:2h`]),
    ).toHaveLength(1);
    expect(remindersIn(await goTo('2030-05-10T12:00'))).toEqual([]);
  });

  test('are told once, also when their job runs again or late', async () => {
    world.clock.set('2030-06-01T04:00:00Z');
    const visit = await confirmed(patients.uz, { date: '2030-06-10', time: '10:00' });
    await goTo('2030-06-09T10:00');
    const before = eskiz.taken.length;
    for (let time = 0; time < 3; time += 1)
      await world.notifications.jobs.tasks.remind({ appointment: visit, lead: '24h' });
    await world.notifications.jobs.tasks.remind({ appointment: visit, lead: '48h' });
    await world.drain();
    expect(eskiz.taken).toHaveLength(before);
    world.clock.set('2030-06-10T05:00:00Z');
    await world.notifications.jobs.tasks.remind({ appointment: visit, lead: '2h' });
    await world.drain();
    expect(eskiz.taken).toHaveLength(before);
  });
});

test('have both links by Telegram and by email, and the email has the line on medical advice', async () => {
  world.clock.set('2030-07-01T04:00:00Z');
  const chat = await world.person('patient', { chat: '900', locale: 'ru' });
  const mail = await world.person('patient', {
    email: 'reader@example.uz',
    email_verified: true,
    locale: 'uz',
  });
  await confirmed(chat, { date: '2030-07-10', time: '10:00' });
  await confirmed(mail, { date: '2030-07-10', time: '11:00' });
  await world.drain();
  telegram.taken.length = 0;
  smtp.mails.length = 0;
  await goTo('2030-07-09T12:00');
  const shown = telegram.taken[0]?.text.replaceAll(new RegExp(LINK, 'g'), '<link>');
  process.stdout.write(`${shown}\n`);
  expect(telegram.taken).toHaveLength(1);
  expect(shown).toBe(
    'Напоминание о приёме\n\nНапоминаем: вы записаны к врачу: Oʻtkir Gʻulomov, среда, 10 июля, 10:00.\n\n' +
      'Подтвердить, что приду:\n<link>\n\nОтменить приём:\n<link>',
  );
  expect(smtp.mails).toHaveLength(1);
  const [email] = smtp.mails;
  const text = email ? plainPart(email).replaceAll(new RegExp(LINK, 'g'), '<link>') : '';
  process.stdout.write(`${email?.subject}\n${text}\n`);
  expect(text.match(/<link>/g)).toHaveLength(2);
  expect(text).toContain('tibbiy maslahat emas');
});
