import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { smsSize } from '../../src/modules/notifications/texts/sms.ts';
import { confirm, freshPhone } from '../helpers/accounts.ts';
import type { Person } from '../helpers/app.ts';
import { drainJobs } from '../helpers/messages/world.ts';
import { START, type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';

/** SMS are set up; what is queued stays queued, as a test runs no job that sends. */
const channels = { timeout: 1_000, file: '/nonexistent/messages.log' };

let clinic: WaitingClinic;
let admin: Person;
beforeAll(async () => {
  clinic = await waitingClinic({ config: { channels } });
  admin = await clinic.person('admin');
});
beforeEach(() => clinic.clock.set(START));
afterAll(() => clinic.close());

/** Does all but sending. */
const tell = () => {
  const { send_message, ...tasks } = clinic.tasks;
  const { readers } = clinic;
  return drainJobs(clinic.db, clinic.clock, { ...tasks, send_message: async () => {} }, { readers });
};
const inbox = async (person: Person) =>
  (await clinic.as(person).get('/notifications/?page_size=100').expect(200)).body.results as {
    kind: string;
    title: string;
    text: string;
    appointment: number | null;
  }[];
const texts = async (person: Person, kind: string) =>
  (await inbox(person)).filter((one) => one.kind === kind).map(({ text }) => text);
const queued = (person: Person) =>
  clinic.rows<{ id: number; kind: string; due_at: string }>(
    'select id, kind, due_at from messages where user_id = $1 order by id',
    [person.id],
  );

async function reachable(locale: 'uz' | 'ru' | 'en' = 'en') {
  const person = await clinic.person('patient', { locale, first_name: 'Aziza', last_name: 'Karimova' });
  await confirm(clinic, person.id, { phone: freshPhone() });
  return person;
}
const doctorOf = (first_name = 'Jasur', last_name = 'Yusupov', specialization = 'Terapevt') =>
  clinic.person('doctor', { first_name, last_name, locale: 'en', profile: { specialization } });
const slot = (doctor: Person, date: string, start_time = '10:00', end_time = '10:30') =>
  clinic.slot(doctor, { date, start_time, end_time });

describe('an offer', () => {
  test('is told in the inbox and by SMS, in each language, with nothing personal kept', async () => {
    for (const [locale, said, sms] of [
      [
        'uz',
        'Siz kutgan vaqt boʻshadi: 12-mart, seshanba, soat 10:00, shifokor Jasur Yusupov. U siz uchun 09:15 gacha saqlanadi. Taklifni ilovada qabul qiling yoki rad eting, shunda u keyingi bemorga oʻtadi.',
        "Vaqt bo'shadi: 12-mart 10:00, shifokor J. Yusupov. Ilovada 09:15 gacha qabul qiling.",
      ],
      [
        'ru',
        'Освободилось время, которого вы ждёте: вторник, 12 марта, 10:00, врач Jasur Yusupov. Оно закреплено за вами до 09:15. Примите предложение в приложении или откажитесь, и его получит следующий.',
        'Есть 12 марта 10:00, J. Yusupov. Ответьте в приложении до 09:15.',
      ],
      [
        'en',
        'What you are waiting for is free: Tuesday 12 March, 10:00, Dr Jasur Yusupov. It is kept for you until 09:15. Accept it in the app, or decline it, and it goes to the next.',
        'A time is free: 12 March 10:00, Dr J. Yusupov. Accept it in the app by 09:15.',
      ],
    ] as const) {
      const [doctor, person] = [await doctorOf(), await reachable(locale)];
      await clinic.wait(person, doctor);
      const timeslot = await slot(doctor, '2030-03-12');
      await tell();
      expect(await texts(person, 'waitlist_offer')).toEqual([said]);
      const [message] = (await clinic.as(admin).get(`/messages/?user=${person.id}`).expect(200)).body.results;
      expect(message).toMatchObject({ kind: 'waitlist_offer', channel: 'sms', text: sms, appointment: null });
      expect(smsSize(sms).segments).toBe(1);
      const [kept] = await clinic.rows<{ params: Record<string, string> }>(
        'select params from messages where user_id = $1',
        [person.id],
      );
      expect(kept?.params).toEqual({
        doctors: String(doctor.id),
        date: '2030-03-12',
        start_time: '10:00',
        until: '2030-03-04 09:15',
        expires_at: '2030-03-04T04:15:00+00:00',
      });
      // The slot is gone; the message still says what it was about.
      await clinic.rows('delete from timeslots where id = $1', [timeslot]);
      expect(await texts(person, 'waitlist_offer')).toEqual([said]);
    }
  });

  test('that lapses is told once, and its patient keeps their place', async () => {
    const [doctor, person] = [await doctorOf(), await reachable()];
    const entry = await clinic.wait(person, doctor);
    await slot(doctor, '2030-03-12');
    await tell();
    clinic.clock.set('2030-03-04T04:15:00Z');
    await tell();
    await tell();
    expect(await texts(person, 'waitlist_lapsed')).toEqual([
      'This offer is over: Tuesday 12 March, 10:00, Dr Jasur Yusupov. You keep your place on the waiting list.',
    ]);
    expect((await clinic.show(person, entry)).status).toBe('waiting');
  });

  test('that is declined or accepted is told no further', async () => {
    const [doctor, one, two] = [await doctorOf(), await reachable(), await reachable()];
    const entries = [await clinic.wait(one, doctor), await clinic.wait(two, doctor)] as const;
    await slot(doctor, '2030-03-12');
    await tell();
    await clinic.decline(one, entries[0]).expect(200);
    await tell();
    await clinic.accept(two, entries[1]).expect(201);
    await tell();
    expect((await inbox(one)).map(({ kind }) => kind)).toEqual(['waitlist_offer']);
    expect((await inbox(two)).map(({ kind }) => kind)).toEqual(['booked', 'waitlist_offer']);
  });

  test('passes the quiet hours where the morning would be too late, while its lapse waits, and an expired one is not sent', async () => {
    const [doctor, person] = [await doctorOf(), await reachable()];
    await clinic.wait(person, doctor);
    // 23:30 in Tashkent.
    clinic.clock.set('2030-03-04T18:30:00Z');
    await slot(doctor, '2030-03-12');
    await tell();
    expect(await queued(person)).toEqual([]);
    await slot(doctor, '2030-03-05', '08:10', '08:40');
    await tell();
    clinic.clock.set('2030-03-04T18:45:00Z');
    await tell();
    const [offer, lapse] = await queued(person);
    expect([offer?.kind, offer?.due_at]).toEqual(['waitlist_offer', '2030-03-04T18:30:00.000Z']);
    expect([lapse?.kind, lapse?.due_at]).toEqual(['waitlist_lapsed', '2030-03-05T03:00:00.000Z']);
    await clinic.tasks.send_message({ message: offer?.id });
    expect(await clinic.rows('select status, error from messages where id = $1', [offer?.id])).toEqual([
      { status: 'dropped', error: 'expired' },
    ]);
  });

  test('that lasts until after midnight names the day', async () => {
    await clinic.as(admin).patch('/settings/', { offer_minutes: 1_440 }).expect(200);
    const [doctor, person] = [await doctorOf(), await reachable()];
    await clinic.wait(person, doctor);
    await slot(doctor, '2030-03-12');
    await tell();
    expect((await texts(person, 'waitlist_offer'))[0]).toContain('until 5 March 09:00.');
    await clinic.as(admin).patch('/settings/', { offer_minutes: null }).expect(200);
  });
});

describe('a visit that is moved', () => {
  async function moved(by: 'patient' | 'admin', from = '2030-03-20', to = '2030-03-25') {
    const [doctor, person] = [await doctorOf(), await reachable()];
    const visit = await clinic.book(person, await slot(doctor, from));
    await tell();
    const timeslot = await slot(doctor, to, '15:00', '15:30');
    const move = (target: number) =>
      clinic
        .as(by === 'admin' ? admin : person)
        .post(`/appointments/${visit}/reschedule/`, { timeslot: target })
        .expect(200);
    await move(timeslot);
    return { doctor, person, visit, move };
  }
  const reminders = (visit: number) =>
    clinic.rows<{ key: string; run_at: string }>(
      `select key, run_at from graphile_worker.jobs where key like 'remind:' || $1::int || ':%' order by run_at`,
      [visit],
    );

  test('is told to both sides once for each move, with the old time and the new', async () => {
    const { doctor, person, visit, move } = await moved('patient');
    await tell();
    expect(await texts(person, 'moved')).toEqual([
      'Your appointment with Dr Jasur Yusupov has been moved: Monday 25 March, 15:00, instead of Wednesday 20 March, 10:00. We will tell you when the doctor confirms it.',
    ]);
    expect(await texts(doctor, 'moved')).toEqual([
      'An appointment has been moved: Aziza Karimova, Monday 25 March, 15:00, instead of Wednesday 20 March, 10:00. Please confirm or decline it.',
    ]);
    const again = { appointment: visit, event: 'moved', version: 2, status: 'pending' };
    const when = {
      from: { date: '2030-03-20', start_time: '10:00' },
      to: { date: '2030-03-25', start_time: '15:00' },
    };
    await clinic.tasks.appointment_event({ ...again, ...when });
    expect(await texts(person, 'moved')).toHaveLength(1);
    // The next move is told too, and what was said of the first stays true.
    await move(await slot(doctor, '2030-03-26'));
    await tell();
    const said = await texts(person, 'moved');
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('Tuesday 26 March, 10:00, instead of Monday 25 March, 15:00');
    expect(said[1]).toContain('Monday 25 March, 15:00, instead of Wednesday 20 March, 10:00');
    // Confirmed before and after a move, it is told both times.
    for (const expected of [1, 2]) {
      await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
      await tell();
      expect(await texts(person, 'confirmed')).toHaveLength(expected);
      if (expected === 1) await move(await slot(doctor, '2030-03-27'));
    }
  });

  test('by an admin stays confirmed, and asks nobody for an answer', async () => {
    const { person } = await moved('admin');
    const [said] = (await tell().then(() => texts(person, 'moved'))) as [string];
    // It was pending before.
    expect(said).toContain('We will tell you when the doctor confirms it.');
  });

  test('is reminded of at its new time, and not at the old one', async () => {
    const { visit } = await moved('patient');
    await tell();
    expect(await reminders(visit)).toEqual([
      { key: `remind:${visit}:24h`, run_at: '2030-03-24T10:00:00.000Z' },
      { key: `remind:${visit}:2h`, run_at: '2030-03-25T08:00:00.000Z' },
    ]);
  });

  test('to a time too near for a reminder loses the reminder of the old time', async () => {
    clinic.clock.set('2030-03-18T06:00:00Z');
    const { visit, person } = await moved('patient', '2030-03-20', '2030-03-19');
    await tell();
    expect(await reminders(visit)).toEqual([
      { key: `remind:${visit}:24h`, run_at: '2030-03-18T10:00:00.000Z' },
      { key: `remind:${visit}:2h`, run_at: '2030-03-19T08:00:00.000Z' },
    ]);
    clinic.clock.set('2030-03-18T11:00:00Z');
    await tell();
    expect(await texts(person, 'reminder')).toHaveLength(1);
    const other = await moved('patient', '2030-03-25', '2030-03-19');
    await tell();
    expect((await reminders(other.visit)).map(({ key }) => key)).toEqual([`remind:${other.visit}:2h`]);
  });

  test('after its reminder is reminded of anew, and a late reminder of the old time says nothing', async () => {
    const [doctor, person] = [await doctorOf(), await reachable()];
    const visit = await clinic.book(person, await slot(doctor, '2030-03-06'));
    await tell();
    clinic.clock.set('2030-03-05T05:00:00Z');
    await tell();
    expect(await texts(person, 'reminder')).toHaveLength(1);
    await clinic
      .as(person)
      .post(`/appointments/${visit}/reschedule/`, { timeslot: await slot(doctor, '2030-03-09') })
      .expect(200);
    await tell();
    await clinic.tasks.remind({ appointment: visit, lead: '2h', date: '2030-03-06', start_time: '10:00' });
    expect(await texts(person, 'reminder')).toHaveLength(1);
    clinic.clock.set('2030-03-08T05:00:00Z');
    await tell();
    const said = await texts(person, 'reminder');
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('Saturday 9 March');
    expect(said[1]).toContain('Wednesday 6 March');
  });

  test('in the night is told in the morning, unless it is about that day', async () => {
    // 23:00 in Tashkent.
    const night = async (from: string, to: string) => {
      clinic.clock.set(START);
      const { person, move, doctor } = await moved('patient', from, from.replace('2030-03', '2030-04'));
      await tell();
      clinic.clock.set('2030-03-04T18:00:00Z');
      await move(await slot(doctor, to, '18:00', '18:30'));
      await tell();
      return (await queued(person)).at(-1)?.due_at;
    };
    expect(await night('2030-03-20', '2030-03-21')).toBe('2030-03-05T03:00:00.000Z');
    clinic.clock.set(START);
    const { person, move, doctor } = await moved('patient', '2030-03-28', '2030-03-05');
    await tell();
    // 02:00: the visit of that day is off.
    clinic.clock.set('2030-03-04T21:00:00Z');
    await move(await slot(doctor, '2030-03-29'));
    await tell();
    expect((await queued(person)).at(-1)).toMatchObject({
      kind: 'moved',
      due_at: '2030-03-04T21:00:00.000Z',
    });
  });

  test('again before its message was sent is told as it is now', async () => {
    const { person, move, doctor } = await moved('patient');
    await tell();
    const [first] = (await queued(person)).filter(({ kind }) => kind === 'moved');
    await move(await slot(doctor, '2030-03-26'));
    await tell();
    await clinic.tasks.send_message({ message: first?.id });
    expect(await clinic.rows('select status, error from messages where id = $1', [first?.id])).toEqual([
      { status: 'dropped', error: 'visit_moved' },
    ]);
  });
});

describe('a doctor who is away', () => {
  test('is told to the patient, with the nearest free times, and to nobody else', async () => {
    const [doctor, other, person] = [
      await doctorOf('Jasur', 'Yusupov', 'Jarroh'),
      await doctorOf('Dilnoza', 'Rahimova', 'Jarroh'),
      await reachable(),
    ];
    const visit = await clinic.book(person, await slot(doctor, '2030-05-14'));
    await slot(doctor, '2030-05-20', '09:00', '09:30');
    await slot(other, '2030-05-14', '11:00', '11:30');
    await tell();
    const before = (await inbox(doctor)).length;
    await clinic.as(doctor).post('/absences/', { from: '2030-05-14', to: '2030-05-15' }).expect(201);
    await tell();
    expect(await texts(person, 'absence')).toEqual([
      'Dr Jasur Yusupov is away, and your appointment is cancelled: Tuesday 14 May, 10:00. We are sorry. ' +
        'You could come instead: 20 May 09:00 (J. Yusupov); 14 May 11:00 (D. Rahimova). ' +
        'You are welcome to choose another time.',
    ]);
    expect(await inbox(doctor)).toHaveLength(before);
    const messages = (await clinic.as(admin).get(`/messages/?user=${person.id}`).expect(200)).body.results;
    expect(messages[0]).toMatchObject({
      kind: 'absence',
      appointment: visit,
      text: 'Dr J. Yusupov is away: your appointment 14 May 10:00 is cancelled. Free: 20 May 09:00.',
    });
    const [kept] = await clinic.rows<{ params: Record<string, string> }>(
      "select params from messages where user_id = $1 and kind = 'absence'",
      [person.id],
    );
    expect(JSON.stringify(kept?.params)).not.toMatch(/Yusupov|Rahimova|Karimova/);
  });

  test('is told to the patient without other times, where nothing else is free', async () => {
    const doctor = await clinic.person('doctor', { first_name: 'Timur', last_name: 'Rashidov' });
    const person = await reachable('ru');
    await clinic.book(person, await slot(doctor, '2030-06-14'));
    await clinic.as(doctor).post('/absences/', { from: '2030-06-14', to: '2030-06-15' }).expect(201);
    await tell();
    expect(await texts(person, 'absence')).toEqual([
      'Врача Timur Rashidov не будет, ваш приём отменён: пятница, 14 июня, 10:00. Приносим извинения. Вы можете выбрать другое время.',
    ]);
  });
});

test('a booking that is confirmed at once is told as confirmed, to both', async () => {
  await clinic.as(admin).patch('/settings/', { auto_confirm: true }).expect(200);
  const [doctor, person] = [await doctorOf(), await reachable()];
  await clinic.book(person, await slot(doctor, '2030-07-14'));
  await clinic.as(admin).patch('/settings/', { auto_confirm: false }).expect(200);
  await tell();
  expect((await inbox(person)).map(({ kind, title }) => [kind, title])).toEqual([
    ['confirmed', 'Your appointment is confirmed'],
  ]);
  expect((await inbox(doctor)).map(({ kind, text }) => [kind, text])).toEqual([
    [
      'confirmed',
      'A patient has booked an appointment with you, and it is confirmed: Aziza Karimova, Sunday 14 July, 10:00.',
    ],
  ]);
});

test('a reason that is a code is told in words', async () => {
  const person = await reachable('uz');
  const doctor = await doctorOf();
  const visit = await clinic.book(person, await slot(doctor, '2030-07-20'));
  await tell();
  await clinic.rows(
    "insert into notifications (key, user_id, kind, appointment_id) values ('by-hand', $1, 'cancelled', $2)",
    [person.id, visit],
  );
  await clinic.rows(
    "update appointments set status = 'cancelled', cancelled_by = $2, cancel_reason = 'doctor_absent' where id = $1",
    [visit, admin.id],
  );
  expect((await texts(person, 'cancelled'))[0]).toContain('Sababi: shifokor ishda boʻlmaydi.');
});
