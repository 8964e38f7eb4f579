import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

/** What the clinic's policy says of bookings. Monday 2026-03-02, 09:00 in Tashkent. */
const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
});
beforeEach(() => clinic.clock.set(NOW));
afterAll(() => clinic.close());

const freshDay = freshDays('2026-03-03');
const freshSlot = (date = freshDay()) => clinic.slot(doctor, { date });
const book = (by: Person, timeslot: number, body: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });

/** What is done while the clinic asks for something. */
async function under(policy: object, work: () => Promise<void>): Promise<void> {
  const { body: before } = await clinic.as(admin).get('/settings/').expect(200);
  await clinic.as(admin).patch('/settings/', policy).expect(200);
  try {
    await work();
  } finally {
    const back = Object.fromEntries(Object.keys(policy).map((name) => [name, before[name]]));
    await clinic.as(admin).patch('/settings/', back).expect(200);
  }
}

test('the clinic’s notice and horizon bind patients, to the minute and to the day', () =>
  under({ min_notice_minutes: 90, horizon_days: 7 }, async () => {
    const patient = await clinic.person('patient');
    const at = (start_time: string, date = '2026-03-02') =>
      clinic.slot(doctor, { date, start_time, end_time: start_time.replace(/.$/, '9') });
    expectProblem(await book(patient, await at('10:20')), 'too_soon');
    await book(patient, await at('10:30')).expect(201);
    await book(patient, await at('23:50', '2026-03-09')).expect(201);
    expectProblem(await book(patient, await at('00:00', '2026-03-10')), 'too_far_ahead');
  }));

test('patients are shown what they may book, admins whatever lies ahead', () =>
  under({ min_notice_minutes: 90, horizon_days: 7 }, async () => {
    const own = await clinic.person('doctor');
    const patient = await clinic.person('patient');
    for (const [date, start_time, end_time] of [
      ['2026-03-02', '10:20', '10:29'],
      ['2026-03-02', '10:30', '10:39'],
      ['2026-03-09', '23:50', '23:59'],
      ['2026-03-10', '00:00', '00:09'],
    ] as const)
      await clinic.slot(own, { date, start_time, end_time });
    const shown = async (by: Person, query = '') => {
      const { body } = await clinic.as(by).get(`/doctors/${own.id}/timeslots/${query}`).expect(200);
      return body.results.map(
        (slot: { date: string; start_time: string }) => `${slot.date} ${slot.start_time}`,
      );
    };
    expect(await shown(patient)).toEqual(['2026-03-02 10:30', '2026-03-09 23:50']);
    expect(await shown(patient, '?from=2026-03-09&to=2026-03-31')).toEqual(['2026-03-09 23:50']);
    expect(await shown(patient, '?to=2026-03-02')).toEqual(['2026-03-02 10:30']);
    expect(await shown(admin)).toHaveLength(4);
  }));

test('bookings are confirmed at once where the clinic says so', () =>
  under({ auto_confirm: true }, async () => {
    const patient = await clinic.person('patient');
    expect((await book(patient, await freshSlot()).expect(201)).body.status).toBe('confirmed');
    const byAdmin = await book(admin, await freshSlot(), { patient: patient.id }).expect(201);
    expect(byAdmin.body.status).toBe('confirmed');
  }));

describe('how many appointments a patient may have ahead', () => {
  test('counts those that are active and lie ahead, and binds patients', () =>
    under({ active_appointments_max: 2 }, async () => {
      const patient = await clinic.person('patient');
      const today = await clinic.slot(doctor, { date: '2026-03-02', start_time: '12:00', end_time: '12:30' });
      await book(patient, today).expect(201);
      const second = (await book(patient, await freshSlot()).expect(201)).body.id;
      const third = await freshSlot();
      expectProblem(await book(patient, third), 'too_many_appointments');
      // Who may not book a slot anyhow is told the plainer reason.
      expectProblem(await book(patient, today), 'already_yours');
      await clinic.as(patient).delete(`/appointments/${second}/`).expect(204);
      await book(patient, third).expect(201);
      const fourth = await freshSlot();
      expectProblem(await book(patient, fourth), 'too_many_appointments');
      // Whoever has been there has one less.
      clinic.clock.set('2026-03-02T07:00:00Z');
      await book(patient, fourth).expect(201);
      // A move is no more appointments.
      const path = `/appointments/${(await book(admin, await freshSlot(), { patient: patient.id }).expect(201)).body.id}`;
      await clinic
        .as(patient)
        .post(`${path}/reschedule/`, { timeslot: await freshSlot() })
        .expect(200);
    }));

  test('holds when a patient books many at once', () =>
    under({ active_appointments_max: 2 }, async () => {
      const patient = await clinic.person('patient');
      const slots = await Promise.all(Array.from({ length: 8 }, () => freshSlot()));
      const answers = await Promise.all(slots.map((timeslot) => book(patient, timeslot)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
      for (const answer of answers.filter(({ status }) => status !== 201))
        expectProblem(answer, 'too_many_appointments');
    }));
});

test('what an admin books past the policy is noted with what it overrides', () =>
  under({ min_notice_minutes: 120, horizon_days: 7, active_appointments_max: 1 }, async () => {
    const patient = await clinic.person('patient');
    const soon = await clinic.slot(doctor, { date: '2026-03-02', start_time: '10:00', end_time: '10:10' });
    const late = await clinic.slot(doctor, { date: '2026-05-20', start_time: '10:00', end_time: '10:30' });
    const booked: number[] = [];
    const noted = await notedBy(clinic.db, async () => {
      for (const timeslot of [soon, late])
        booked.push((await book(admin, timeslot, { patient: patient.id }).expect(201)).body.id);
    });
    const note = (index: number, overridden: string[]) =>
      entry(admin, 'appointment.book', patient.id, { appointment: booked[index], overridden });
    expect(noted).toEqual([note(0, ['too_soon']), note(1, ['too_far_ahead', 'too_many_appointments'])]);
  }));

test('a waiting list that has nobody to offer a slot to lets it go', async () => {
  const timeslot = await freshSlot();
  await clinic.db.$client.query('update timeslots set is_waitlisted = true where id = $1', [timeslot]);
  const patient = await clinic.person('patient');
  await book(patient, timeslot).expect(201);
  const held = await freshSlot();
  await clinic.db.$client.query('update timeslots set is_waitlisted = true where id = $1', [held]);
  await clinic.as(patient).post(`/timeslots/${held}/hold/`).expect(200);
});
