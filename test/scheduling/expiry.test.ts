import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../helpers/app.ts';
import { type Clinic, createClinic } from '../helpers/messages/clinic.ts';
import { START } from '../helpers/messages/world.ts';
import { expectProblem } from '../helpers/problem.ts';

/** Requests that nobody answers: they end with their slots, whether or not the job has come to them. */
let clinic: Clinic;
let doctor: Person;
let patient: Person;
let admin: Person;
let day = 0;
beforeAll(async () => {
  clinic = await createClinic();
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', locale: 'en' });
  patient = await clinic.person('patient', { first_name: 'Aziza', last_name: 'Karimova', locale: 'en' });
  admin = await clinic.person('admin');
});
beforeEach(() => clinic.clock.set(START));
afterAll(() => clinic.close());

/** A request for ten o'clock (05:00 by UTC) on a day of its own. */
async function requested() {
  day += 1;
  const date = new Date(Date.UTC(2030, 3, day)).toISOString().slice(0, 10);
  const slot = await clinic.slot(doctor, { date, start_time: '10:00', end_time: '10:30' });
  const visit = await clinic.book(patient, slot);
  await clinic.drain();
  return { visit, slot, date, at: (time: string) => clinic.clock.set(`${date}T${time}Z`) };
}
const show = async (visit: number, who = patient) =>
  (await clinic.as(who).get(`/appointments/${visit}/`).expect(200)).body;
const history = async (visit: number) =>
  (
    (await clinic.as(patient).get(`/appointments/${visit}/history/`)).body as { kind: string; by: unknown }[]
  ).map(({ kind, by }) => `${kind}${by === null ? ' by the system' : ''}`);
const decide = (visit: number, status: string, who = doctor) =>
  clinic.as(who).patch(`/appointments/${visit}/`, { status });
const listed = async (filter: string) =>
  (
    (await clinic.as(admin).get(`/appointments/?page_size=100&${filter}`).expect(200)).body.results as {
      id: number;
      status: string;
    }[]
  ).map(({ id, status }) => `${id} ${status}`);

describe('a request that nobody answers', () => {
  test('is ended by the system when its slot is over, and the slot is free', async () => {
    const { visit, slot, at } = await requested();
    at('05:29:59');
    await clinic.drain();
    await clinic.appointments.expiry.expire();
    expect(await show(visit)).toMatchObject({ status: 'pending', version: 1 });
    at('05:30:00');
    await clinic.appointments.expiry.expire();
    expect(await show(visit)).toMatchObject({
      status: 'expired',
      version: 2,
      timeslot: slot,
      cancelled_by: null,
      cancel_reason: null,
      updated_at: clinic.clock.now().toISOString(),
    });
    expect(await history(visit)).toEqual(['booked', 'expired by the system']);
    expect(await clinic.rows('select is_taken, is_waitlisted from timeslots where id = $1', [slot])).toEqual([
      { is_taken: false, is_waitlisted: false },
    ]);
    // Repeated, it does nothing more.
    await clinic.appointments.expiry.expire();
    expect((await show(visit)).version).toBe(2);
  });

  test('is expired by the clock, however late the job is: it is read so, and nobody can act on it', async () => {
    const { visit, date, at } = await requested();
    at('05:30:00');
    expect((await show(visit)).status).toBe('expired');
    expect(await listed(`date=${date}`)).toEqual([`${visit} expired`]);
    expect(await listed(`date=${date}&status=pending`)).toEqual([]);
    const mine = (await clinic.as(patient).get(`/appointments/me/?date=${date}`)).body.results;
    expect(mine).toMatchObject([{ status: 'expired' }]);
    for (const [who, status] of [
      [doctor, 'confirmed'],
      [doctor, 'cancelled'],
      [admin, 'confirmed'],
      [admin, 'cancelled'],
    ] as const)
      expectProblem(await decide(visit, status, who), 'already_decided');
    expectProblem(await clinic.as(admin).delete(`/appointments/${visit}/`), 'already_decided');
    expect(clinic.app.documentedRoutes.get('DELETE /api/appointments/{id}/')?.errors).toContain(
      'already_decided',
    );
    expectProblem(await clinic.as(patient).delete(`/appointments/${visit}/`), 'visit_begun');
    for (const mark of ['arrive', 'complete', 'no-show'])
      expectProblem(await clinic.as(doctor).post(`/appointments/${visit}/${mark}/`), 'not_confirmed');
    const [row] = await clinic.rows('select status, version from appointments where id = $1', [visit]);
    expect(row).toEqual({ status: 'pending', version: 1 });
    // And the same once the job has come.
    await clinic.appointments.expiry.expire();
    expectProblem(await decide(visit, 'confirmed'), 'already_decided');
    const other = await clinic.slot(doctor, { date, start_time: '15:00', end_time: '15:30' });
    expectProblem(
      await clinic.as(patient).post(`/appointments/${visit}/reschedule/`, { timeslot: other }),
      'already_decided',
    );
    expect(await listed(`date=${date}&status=expired`)).toEqual([`${visit} expired`]);
  });

  test('stays answered when somebody answered it in the last moment', async () => {
    const { visit, at } = await requested();
    at('05:29:59');
    await decide(visit, 'confirmed').expect(200);
    at('05:30:00');
    await clinic.appointments.expiry.expire();
    expect((await show(visit)).status).toBe('confirmed');
  });

  test('lasts until midnight when its slot does', async () => {
    day += 1;
    const date = new Date(Date.UTC(2030, 3, day)).toISOString().slice(0, 10);
    const visit = await clinic.book(
      patient,
      await clinic.slot(doctor, { date, start_time: '23:30', end_time: '24:00' }),
    );
    clinic.clock.set(`${date}T18:59:59Z`);
    await clinic.appointments.expiry.expire();
    expect((await show(visit)).status).toBe('pending');
    clinic.clock.set(`${date}T19:00:00Z`);
    await clinic.appointments.expiry.expire();
    expect((await show(visit)).status).toBe('expired');
  });

  test('is told once to the patient and to the doctor, and nobody is told that it was confirmed', async () => {
    const { visit, at } = await requested();
    at('05:31:00');
    await clinic.appointments.expiry.expire();
    await clinic.drain();
    await clinic.drain();
    const told = async (who: Person) =>
      (
        (await clinic.as(who).get('/notifications/?page_size=100')).body.results as {
          appointment: number;
          text: string;
          kind: string;
        }[]
      )
        .filter(
          ({ appointment, kind }) =>
            appointment === visit && kind !== 'booked' && kind !== 'reminder' && kind !== 'unanswered',
        )
        .map(({ text }) => text);
    expect(await told(patient)).toEqual([
      expect.stringMatching(
        /^We are sorry: your request .* has ended: .*10:00, Dr Jasur Yusupov\. Please choose another time/,
      ),
    ]);
    expect(await told(doctor)).toEqual([expect.stringContaining('neither confirmed nor declined')]);
  });

  test('ends without a message when it is of long ago', async () => {
    const { visit, date } = await requested();
    clinic.clock.set(new Date(Date.parse(`${date}T05:30:00Z`) + 86_400_001).toISOString());
    await clinic.appointments.expiry.expire();
    await clinic.drain();
    expect((await show(visit)).status).toBe('expired');
    expect(
      await clinic.rows(`select from notifications where appointment_id = $1 and kind = 'expired'`, [visit]),
    ).toEqual([]);
  });

  test('counts as expired in the figures, in the export and in the person’s own file', async () => {
    const { visit, date, at } = await requested();
    at('05:30:00');
    await clinic.appointments.expiry.expire();
    const { total } = (await clinic.as(admin).get(`/statistics/?from=${date}&to=${date}`).expect(200)).body;
    expect(total).toMatchObject({ published: 1, booked: 1, cancelled: 0, expired: 1, fill_rate: 0 });
    const csv = await clinic
      .as(admin)
      .get(`/statistics/?from=${date}&to=${date}`)
      .set('accept', 'text/csv')
      .set('accept-language', 'en');
    expect(csv.text.split('\r\n')[0]).toMatch(/,Unanswered$/);
    const exported = await clinic
      .as(admin)
      .get(`/appointments/export/?date=${date}&status=expired`)
      .expect(200);
    expect(JSON.parse(exported.text)).toMatchObject({ id: visit, status: 'expired' });
    const own = (await clinic.as(patient).get('/auth/me/export/').expect(200)).body;
    expect(own.appointments_as_patient.find(({ id }: { id: number }) => id === visit).status).toBe('expired');
  });

  test('is ended in batches when there are many', async () => {
    day += 1;
    const date = new Date(Date.UTC(2030, 3, day)).toISOString().slice(0, 10);
    await clinic.db.$client.query(
      `with slot as (
         insert into timeslots (doctor_id, date, start_time, end_time)
         select $1, $2, time '00:00' + n * interval '5 min', time '00:05' + n * interval '5 min'
         from generate_series(0, 229) n returning *
       )
       insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
       select doctor_id, $3, id, date, start_time, end_time, $3 from slot`,
      [doctor.id, date, patient.id],
    );
    clinic.clock.set(`${date}T15:00:00Z`);
    await clinic.appointments.expiry.expire();
    expect(
      await clinic.rows(
        'select status, count(*)::int as count from appointments where date = $1 group by 1',
        [date],
      ),
    ).toEqual([{ status: 'expired', count: 230 }]);
  });
});

describe('whoever comes to a visit that is not confirmed yet', () => {
  test.each([
    ['its doctor', () => doctor],
    ['an admin', () => admin],
  ] as const)('%s lets them in: it is confirmed, and nobody is told', async (_, who) => {
    const { visit, at } = await requested();
    at('05:10:00');
    const { body } = await clinic.as(who()).post(`/appointments/${visit}/arrive/`).expect(200);
    expect(body).toMatchObject({ status: 'confirmed', attendance: 'arrived', version: 2 });
    await clinic.drain();
    expect(await history(visit)).toEqual(['booked', 'confirmed', 'arrived']);
    expect(
      await clinic.rows(`select from notifications where appointment_id = $1 and kind = 'confirmed'`, [
        visit,
      ]),
    ).toEqual([]);
    at('05:30:00');
    await clinic.appointments.expiry.expire();
    await clinic.as(doctor).post(`/appointments/${visit}/complete/`).expect(200);
    expect((await show(visit)).status).toBe('confirmed');
  });

  test('not before the day, and nobody else; nor are they marked as seen or as missing', async () => {
    const { visit, date, at } = await requested();
    clinic.clock.set(new Date(Date.parse(`${date}T05:00:00Z`) - 86_400_000).toISOString());
    expectProblem(await clinic.as(doctor).post(`/appointments/${visit}/arrive/`), 'visit_ahead');
    at('05:10:00');
    expectProblem(await clinic.as(patient).post(`/appointments/${visit}/arrive/`), 'forbidden');
    for (const mark of ['complete', 'no-show'])
      expectProblem(await clinic.as(doctor).post(`/appointments/${visit}/${mark}/`), 'not_confirmed');
    expect((await show(visit)).status).toBe('pending');
  });

  test('the mark is taken back: it stays confirmed', async () => {
    const { visit, at } = await requested();
    at('05:10:00');
    await clinic.as(doctor).post(`/appointments/${visit}/arrive/`).expect(200);
    await clinic.as(doctor).delete(`/appointments/${visit}/attendance/`).expect(204);
    expect(await show(visit)).toMatchObject({ status: 'confirmed', attendance: null });
  });
});
