import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { startTelegram } from '../helpers/messages/providers.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: Clinic;
let telegram: Awaited<ReturnType<typeof startTelegram>>;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
const freshDay = freshDays('2030-04-02');

beforeAll(async () => {
  telegram = await startTelegram();
  clinic = await createClinic({ channels: { telegram: telegram.settings, timeout: 30_000 } });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor', { first_name: 'Jasur' }),
    patient: await clinic.person('patient', { first_name: 'Aziza', locale: 'ru' }),
  };
  await clinic.db.$client.query("insert into telegram_chats (user_id, chat_id) values ($1, '55')", [
    people.patient.id,
  ]);
});
afterAll(async () => {
  await clinic.close();
  await telegram.close();
});
beforeEach(() => clinic.clock.set('2030-04-01T04:00:00Z'));
afterEach(() => policy({ cancel_deadline_minutes: 0, late_cancellation: 'record' }));

const as = (who: keyof typeof people) => clinic.as(people[who]);
const policy = (changes: object) => as('admin').patch('/settings/', changes).expect(200);
const read = async (id: number) => (await as('admin').get(`/appointments/${id}/`).expect(200)).body;
const cancel = (id: number) => as('patient').delete(`/appointments/${id}/`);
/** Sets the clinic's wall clock. */
const at = (date: string, time: string) => clinic.clock.set(`${date}T${time}+05:00`);

/** A visit at ten. */
async function visit() {
  const date = freshDay();
  return { date, id: await clinic.book(people.patient, await clinic.slot(people.doctor, { date })) };
}

describe('a patient’s cancellation after the deadline', () => {
  test('is never late while the clinic has no deadline', async () => {
    const { id, date } = await visit();
    at(date, '09:59:59');
    await cancel(id).expect(204);
    expect(await read(id)).toMatchObject({ status: 'cancelled', cancelled_late: false });
  });

  test('is recorded as late, and in time up to the very second of the deadline', async () => {
    await policy({ cancel_deadline_minutes: 120 });
    for (const [time, late] of [
      ['07:59:59', false],
      ['08:00:00', false],
      ['08:00:01', true],
      ['09:59:59', true],
    ] as const) {
      const { id, date } = await visit();
      at(date, time);
      await cancel(id).expect(204);
      expect(await read(id), time).toMatchObject({
        status: 'cancelled',
        cancelled_by: people.patient.id,
        cancelled_late: late,
      });
      await cancel(id).expect(204);
    }
  });

  test('is refused where the clinic refuses late cancellations', async () => {
    await policy({ cancel_deadline_minutes: 120, late_cancellation: 'refuse' });
    const early = await visit();
    at(early.date, '08:00:00');
    await cancel(early.id).expect(204);
    expect((await read(early.id)).cancelled_late).toBe(false);
    const { id, date } = await visit();
    at(date, '08:00:01');
    expectProblem(await cancel(id), 'too_late_to_cancel');
    at(date, '10:00:00');
    expectProblem(await cancel(id), 'visit_begun');
    expect(await read(id)).toMatchObject({ status: 'pending', version: 1 });
  });

  test('has a deadline that is counted back from the visit over midnight and over days', async () => {
    await policy({ cancel_deadline_minutes: 43_200, late_cancellation: 'refuse' });
    freshDay();
    const days = Array.from({ length: 31 }, freshDay);
    const date = days.at(-1) ?? '';
    const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date }));
    const month = new Date(Date.parse(`${date}T10:00:00+05:00`) - 43_200 * 60_000);
    clinic.clock.set(new Date(month.getTime() + 1_000).toISOString());
    expectProblem(await cancel(id), 'too_late_to_cancel');
    clinic.clock.set(month.toISOString());
    await cancel(id).expect(204);
  });

  test('stays in time when one that was in time is repeated after the deadline', async () => {
    await policy({ cancel_deadline_minutes: 120, late_cancellation: 'refuse' });
    const { id, date } = await visit();
    await cancel(id).expect(204);
    at(date, '09:00:00');
    await cancel(id).expect(204);
    expect(await read(id)).toMatchObject({ cancelled_late: false, version: 2 });
  });
});

test('staff cancel after the deadline without being late, and what an admin overrides is noted', async () => {
  await policy({ cancel_deadline_minutes: 120, late_cancellation: 'refuse' });
  const overridden = ['too_late_to_cancel'];
  const ways = [
    ['admin', (id: number) => as('admin').delete(`/appointments/${id}/`).expect(204), { overridden }],
    [
      'admin',
      (id: number) => as('admin').patch(`/appointments/${id}/`, { status: 'cancelled' }).expect(200),
      { overridden },
    ],
    [
      'doctor',
      (id: number) => as('doctor').patch(`/appointments/${id}/`, { status: 'cancelled' }).expect(200),
      {},
    ],
  ] as const;
  for (const [who, way, more] of ways) {
    const { id, date } = await visit();
    at(date, '09:00:00');
    const entries = await notedBy(clinic.db, () => way(id));
    expect(entries).toMatchObject([{ actor_id: people[who].id, action: 'appointment.cancel' }]);
    expect(entries[0]?.details).toEqual({ appointment: id, ...more });
    expect(await read(id)).toMatchObject({ status: 'cancelled', cancelled_late: false });
  }
  const early = await visit();
  const entries = await notedBy(clinic.db, () =>
    as('admin').delete(`/appointments/${early.id}/`).expect(204),
  );
  expect(entries[0]?.details).toEqual({ appointment: early.id });
  // What is recorded only binds nobody, so that there is nothing to override.
  await policy({ late_cancellation: 'record' });
  const { id, date } = await visit();
  at(date, '09:00:00');
  const noted = await notedBy(clinic.db, () => as('admin').delete(`/appointments/${id}/`).expect(204));
  expect(noted[0]?.details).toEqual({ appointment: id });
});

describe('the links of a reminder', () => {
  const LINKS = /https:\/\/clinic\.example(\/api\/visits\/[\w-]{22}\/)/g;
  const get = (url: string) => clinic.app.inject({ method: 'GET', url });
  const post = (url: string, payload: string) =>
    clinic.app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload,
    });
  const TOO_LATE = 'Отменить приём здесь уже поздно';

  /** A visit at ten with the links of the reminder of the day before. */
  async function reminded() {
    freshDay();
    const found = await visit();
    await clinic.drain();
    at(new Date(Date.parse(found.date) - 86_400_000).toISOString().slice(0, 10), '10:00:00');
    await clinic.drain();
    const [coming, leaving] = [...(telegram.taken.at(-1)?.text ?? '').matchAll(LINKS)].map(
      ([, path]) => path,
    );
    if (!coming || !leaving) throw new Error('no links');
    return { ...found, coming, leaving };
  }

  test('cancel a visit after the deadline as the patient does', async () => {
    await policy({ cancel_deadline_minutes: 120 });
    const { id, date, leaving } = await reminded();
    at(date, '09:00:00');
    expect((await get(leaving)).body).toContain('<button');
    expect((await post(leaving, 'answer=cancel')).statusCode).toBe(303);
    expect(await read(id)).toMatchObject({ status: 'cancelled', cancelled_late: true });
  });

  test('say that it is too late to cancel where the clinic refuses, and still let the patient say that they come', async () => {
    await policy({ cancel_deadline_minutes: 120, late_cancellation: 'refuse' });
    const { id, date, coming, leaving } = await reminded();
    expect((await get(leaving)).body).not.toContain(TOO_LATE);
    at(date, '09:00:00');
    const page = await get(leaving);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain(TOO_LATE);
    expect(page.body).not.toContain('<button');
    for (const url of [leaving, coming]) expect((await post(url, 'answer=cancel')).statusCode).toBe(303);
    expect(await read(id)).toMatchObject({ status: 'pending', version: 1 });
    const ask = (await get(coming)).body;
    expect(ask.match(/<button/g)).toHaveLength(1);
    expect(ask).toContain(TOO_LATE);
    await post(coming, 'answer=coming');
    const thanks = (await get(coming)).body;
    // The doctor has not confirmed it yet, so that nobody is waited for.
    expect(thanks).toContain('Мы знаем, что вы можете прийти в это время');
    expect(thanks).not.toContain('Ждём вас');
  });

  test('change nothing when the page was opened in time and sent too late, and say so', async () => {
    const { id, date, leaving } = await reminded();
    at(date, '09:00:00');
    expect((await get(leaving)).body).toContain('<button');
    await policy({ cancel_deadline_minutes: 120, late_cancellation: 'refuse' });
    expect((await post(leaving, 'answer=cancel')).statusCode).toBe(303);
    expect((await get(leaving)).body).toContain(TOO_LATE);
    expect((await read(id)).status).toBe('pending');
  });

  test('work no longer once somebody has marked the visit', async () => {
    const { id, date, coming, leaving } = await reminded();
    await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
    at(date, '09:30:00');
    await as('doctor').post(`/appointments/${id}/arrive/`).expect(200);
    for (const url of [coming, leaving]) {
      expect((await get(url)).statusCode).toBe(410);
      expect((await post(url, 'answer=cancel')).statusCode).toBe(303);
    }
    expect(await read(id)).toMatchObject({ status: 'confirmed', attendance: 'arrived' });
  });
});
