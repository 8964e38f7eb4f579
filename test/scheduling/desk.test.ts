import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';

/** The slot that runs is the desk's: whoever walks in is seen in it. */

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
/** Monday 2026-03-02 in Tashkent: the slot runs from 10:00 to 10:30. */
beforeEach(async () => {
  at('09:00');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());

const DAY = '2026-03-02';
const at = (time: string) => clinic.clock.set(new Date(`${DAY}T${time}:00+05:00`).toISOString());
const SLOT = { date: DAY, start_time: '10:00', end_time: '10:30' };
const book = (by: Person, timeslot: number) =>
  clinic.as(by).post('/appointments/', { timeslot, ...(by === admin && { patient: patient.id }) });
const free = async (by: Person) =>
  (await clinic.as(by).get(`/doctors/${doctor.id}/timeslots/`).expect(200)).body.results.map(
    ({ id }: { id: number }) => id,
  );

describe('a slot that has begun', () => {
  test('can be booked by an admin until its end, by a patient never', async () => {
    const slot = await clinic.slot(doctor, SLOT);
    at('10:10');
    expectProblem(await book(patient, slot), 'slot_in_past');
    expectProblem(await clinic.as(patient).post(`/timeslots/${slot}/hold/`), 'slot_in_past');
    expect(await free(patient)).toEqual([]);
    expect(await free(admin)).toEqual([slot]);
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await book(admin, slot).expect(201);
      // The patient stands there: nobody has to confirm it.
      expect(body).toMatchObject({
        status: 'confirmed',
        booked_by: admin.id,
        date: DAY,
        start_time: '10:00',
      });
    });
    expect(noted).toMatchObject([{ action: 'appointment.book', details: { overridden: ['slot_in_past'] } }]);
    expect(await free(admin)).toEqual([]);
  });

  test('to the second of its end', async () => {
    const slot = await clinic.slot(doctor, SLOT);
    clinic.clock.set('2026-03-02T05:29:59Z');
    expect(await free(admin)).toEqual([slot]);
    clinic.clock.set('2026-03-02T05:30:00Z');
    expect(await free(admin)).toEqual([]);
    expectProblem(await book(admin, slot), 'slot_in_past');
    clinic.clock.set('2026-03-02T05:29:59Z');
    await book(admin, slot).expect(201);
  });

  test('ends at midnight as well', async () => {
    const slot = await clinic.slot(doctor, { date: DAY, start_time: '23:30', end_time: '24:00' });
    clinic.clock.set('2026-03-02T18:59:59Z');
    await book(admin, slot).expect(201);
  });

  test('what lies ahead an admin books as before', async () => {
    const slot = await clinic.slot(doctor, SLOT);
    expect((await book(admin, slot).expect(201)).body.status).toBe('pending');
  });

  test('an admin moves a visit into it, which is confirmed with that', async () => {
    const [now, later] = [
      await clinic.slot(doctor, SLOT),
      await clinic.slot(doctor, { ...SLOT, start_time: '16:00', end_time: '16:30' }),
    ];
    const visit = await clinic.book(patient, later);
    at('10:10');
    const move = (by: Person) => clinic.as(by).post(`/appointments/${visit}/reschedule/`, { timeslot: now });
    expectProblem(await move(patient), 'slot_in_past');
    expect((await move(admin).expect(200)).body).toMatchObject({ status: 'confirmed', start_time: '10:00' });
  });

  test('is published by its doctor and by an admin until its end, one or many', async () => {
    at('10:10');
    const { body } = await clinic.as(doctor).post('/timeslots/', SLOT).expect(201);
    // No patient can have it.
    expect(body.is_available).toBe(false);
    await book(admin, body.id).expect(201);
    const of = { doctor: doctor.id };
    await clinic.as(admin).post('/timeslots/', { ...SLOT, ...of, start_time: '09:45', end_time: '10:00' });
    const over = { date: DAY, start_time: '09:00', end_time: '09:30' };
    expectProblem(await clinic.as(doctor).post('/timeslots/', over), 'slot_in_past');
    expectProblem(await clinic.as(admin).post('/timeslots/', { ...over, ...of }), 'slot_in_past');
    const other = await clinic.person('doctor');
    const many = { date: DAY, start_time: '09:00', end_time: '11:00', slot_minutes: 30 };
    const opened = await clinic.as(other).post('/timeslots/bulk/', many).expect(201);
    expect(opened.body).toMatchObject({
      created: 2,
      skipped: [
        { start_time: '09:00', reason: 'past' },
        { start_time: '09:30', reason: 'past' },
      ],
    });
    at('10:30');
    expectProblem(
      await clinic.as(doctor).post('/timeslots/', { ...SLOT, start_time: '10:10' }),
      'slot_in_past',
    );
  });

  test('that somebody waits for is the desk’s all the same', async () => {
    const waiting = await clinic.person('patient');
    const wish = { doctor: doctor.id, from: DAY, to: DAY };
    const entry = (await clinic.as(waiting).post('/waitlist/', wish).expect(201)).body.id;
    at('10:10');
    const { body } = await clinic
      .as(admin)
      .post('/timeslots/', { ...SLOT, doctor: doctor.id })
      .expect(201);
    await book(admin, body.id).expect(201);
    expect((await clinic.as(waiting).get(`/waitlist/${entry}/`).expect(200)).body.status).toBe('waiting');
  });
});
