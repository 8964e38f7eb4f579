import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());

const freshDay = freshDays();
const publish = (slot: object, by = doctor) => clinic.as(by).post('/timeslots/', slot);
const times = (start_time: string, end_time: string) => ({ start_time, end_time });

describe('POST /timeslots/', () => {
  test('publishes a slot and says where it is', async () => {
    const slot = { date: freshDay(), ...times('10:00', '10:30') };
    const { body, headers } = await publish(slot).expect(201);
    expect(body).toEqual({
      id: expect.any(Number),
      doctor: doctor.id,
      ...slot,
      branch: 1,
      room: null,
      is_available: true,
    });
    expect(headers.location).toBe(`/api/timeslots/${body.id}/`);
    expect((await clinic.as(doctor).get(`/timeslots/${body.id}/`).expect(200)).body).toEqual(body);
  });

  test.each([
    ['5 minutes', '10:00', '10:05', undefined],
    ['4 minutes', '10:00', '10:04', 'end_time slot_length'],
    ['12 hours', '08:00', '20:00', undefined],
    ['12 hours and a minute', '08:00', '20:01', 'end_time slot_length'],
    ['no time at all', '10:00', '10:00', 'end_time end_before_start'],
    ['time backwards', '10:00', '09:30', 'end_time end_before_start'],
    ['the first minutes of a day', '00:00', '00:05', undefined],
    ['the last minutes of a day', '23:55', '24:00', undefined],
    ['past midnight', '23:30', '00:30', 'end_time end_before_start'],
    ['from midnight’s end', '24:00', '24:00', 'end_time end_before_start'],
  ])('a slot of %s, %s to %s', async (_, start_time, end_time, field) => {
    const answer = await publish({ date: freshDay(), start_time, end_time });
    if (field) expectProblem(answer, 'invalid_input', { fields: [field] });
    else expect(answer.body).toMatchObject({ start_time, end_time });
  });

  test('takes seconds of zero and answers without them', async () => {
    const { body } = await publish({
      date: freshDay(),
      ...times('10:00:00', '24:00:00'),
      start_time: '13:00:00',
    });
    expect(body).toMatchObject({ start_time: '13:00', end_time: '24:00' });
  });

  test.each([
    '10:00:30',
    '1:00',
    '10',
    '24:01',
    '25:00',
    '10:60',
    '10:00 ',
    '10:00Z',
    '10.00',
    '',
    '10:00:00.0',
  ])('refuses the time %j', async (start_time) => {
    const answer = await publish({ date: freshDay(), start_time, end_time: '23:00' });
    expectProblem(answer, 'invalid_input');
    expect(answer.body.errors).toContainEqual(
      expect.objectContaining({ path: 'start_time', code: 'invalid_time' }),
    );
  });

  test('names every wrong field at once', async () => {
    expectProblem(
      await publish({ date: '2026-02-30', ...times('10:00', '09:00'), doctor: 0 }),
      'invalid_input',
      {
        fields: ['date invalid_date', 'end_time end_before_start', 'doctor too_small'],
      },
    );
    expectProblem(await publish({}), 'invalid_input', {
      fields: ['date required', 'start_time required', 'end_time required'],
    });
  });

  test('refuses what has ended by the clinic’s clock, to the minute', async () => {
    clinic.clock.set('2026-03-02T04:00:00Z');
    for (const [date, start_time, end_time] of [
      ['2026-03-02', '08:30', '09:00'],
      ['2026-03-02', '08:30', '08:59'],
      ['2026-03-01', '23:00', '24:00'],
    ])
      expectProblem(await publish({ date, start_time, end_time }), 'slot_in_past');
    // What has begun can be published until it ends: somebody may come in now.
    await publish({ date: '2026-03-02', ...times('08:30', '09:01') }).expect(201);
    await publish({ date: '2026-03-02', ...times('09:01', '09:10') }).expect(201);
  });

  test.each([
    ['the same time', '10:00', '11:00'],
    ['its beginning', '09:30', '10:05'],
    ['its end', '10:55', '11:30'],
    ['within it', '10:20', '10:40'],
    ['around it', '09:00', '12:00'],
  ])('refuses a slot that overlaps another: %s', async (_, start_time, end_time) => {
    const date = freshDay();
    await publish({ date, ...times('10:00', '11:00') }).expect(201);
    expectProblem(await publish({ date, start_time, end_time }), 'slot_overlap');
  });

  test('lets slots touch, also across midnight, and other doctors have the same time', async () => {
    const [date, next] = [freshDay(), freshDay()];
    await publish({ date, ...times('10:00', '11:00') }).expect(201);
    await publish({ date, ...times('11:00', '11:30') }).expect(201);
    await publish({ date, ...times('09:30', '10:00') }).expect(201);
    await publish({ date, ...times('23:00', '24:00') }).expect(201);
    await publish({ date: next, ...times('00:00', '01:00') }).expect(201);
    await publish({ date, ...times('10:00', '11:00') }, await clinic.person('doctor')).expect(201);
  });

  test('an admin publishes for a doctor, and must name one', async () => {
    const slot = { date: freshDay(), ...times('10:00', '10:30') };
    const { body } = await publish({ ...slot, doctor: doctor.id }, admin).expect(201);
    expect(body.doctor).toBe(doctor.id);
    expectProblem(await publish({ ...slot, doctor: doctor.id }, admin), 'slot_overlap');
    expectProblem(await publish(slot, admin), 'invalid_input', { fields: ['doctor required'] });
    for (const nobody of [patient.id, admin.id, 999_999])
      expectProblem(await publish({ ...slot, doctor: nobody }, admin), 'doctor_not_found');
  });

  test('a doctor may name themself, and nobody else', async () => {
    const slot = { date: freshDay(), ...times('10:00', '10:30') };
    expectProblem(await publish({ ...slot, doctor: admin.id }), 'forbidden');
    await publish({ ...slot, doctor: doctor.id }).expect(201);
  });

  test('writes no field that follows from others', async () => {
    const slot = { date: freshDay(), ...times('10:00', '10:30') };
    const more = {
      id: 999_999,
      doctor_id: admin.id,
      is_available: false,
      created_at: '2000-01-01T00:00:00Z',
    };
    expectProblem(await publish({ ...slot, ...more }), 'unknown_field', {
      fields: Object.keys(more).map((name) => `${name} unknown_field`),
    });
    // Nothing was published by it.
    const { body } = await publish(slot).expect(201);
    expect(body).toMatchObject({ doctor: doctor.id, is_available: true });
  });
});

describe('is_available', () => {
  const availability = async (id: number) =>
    (await clinic.as(doctor).get(`/timeslots/${id}/`).expect(200)).body.is_available;

  test('follows bookings and cancellations', async () => {
    const id = await clinic.slot(doctor, { date: freshDay() });
    expect(await availability(id)).toBe(true);
    const visit = await clinic.book(patient, id);
    expect(await availability(id)).toBe(false);
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    expect(await availability(id)).toBe(false);
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    expect(await availability(id)).toBe(true);
  });

  test('ends in the minute in which the slot begins', async () => {
    const id = await clinic.slot(doctor, { date: '2026-03-12', start_time: '10:00' });
    const free = async () => {
      const { body } = await clinic.as(patient).get(`/doctors/${doctor.id}/timeslots/?date=2026-03-12`);
      return body.count;
    };
    clinic.clock.set('2026-03-12T04:59:59Z');
    expect([await availability(id), await free()]).toEqual([true, 1]);
    clinic.clock.set('2026-03-12T05:00:00Z');
    expect([await availability(id), await free()]).toEqual([false, 0]);
    expectProblem(await clinic.as(patient).post('/appointments/', { timeslot: id }), 'slot_in_past');
    clinic.clock.set('2026-03-02T04:00:00Z');
  });
});

describe('DELETE /timeslots/{id}/', () => {
  const remove = (id: number, by = doctor) => clinic.as(by).delete(`/timeslots/${id}/`);

  test('withdraws a free slot, after which its time is free again', async () => {
    const slot = { date: freshDay(), ...times('10:00', '10:30') };
    const { body } = await publish(slot).expect(201);
    await remove(body.id).expect(204);
    expectProblem(await clinic.as(doctor).get(`/timeslots/${body.id}/`), 'timeslot_not_found');
    expectProblem(await remove(body.id), 'timeslot_not_found');
    expectProblem(
      await clinic.as(patient).post('/appointments/', { timeslot: body.id }),
      'timeslot_not_found',
    );
    await publish(slot).expect(201);
  });

  test('a booked slot stays, for admins too; a past one can go', async () => {
    const id = await clinic.slot(doctor, { date: freshDay() });
    const visit = await clinic.book(patient, id);
    expectProblem(await remove(id), 'slot_booked');
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    expectProblem(await remove(id, admin), 'slot_booked');
    const past = await clinic.slot(doctor, { date: '2026-03-02', ...times('10:00', '10:30') });
    clinic.clock.set('2026-03-03T04:00:00Z');
    await remove(past).expect(204);
    clinic.clock.set('2026-03-02T04:00:00Z');
  });

  test('a slot with cancelled visits goes; their history stays', async () => {
    const id = await clinic.slot(doctor, { date: freshDay() });
    const visit = await clinic.book(patient, id);
    await clinic.as(patient).delete(`/appointments/${visit}/`).expect(204);
    const before = (await clinic.as(patient).get(`/appointments/${visit}/`).expect(200)).body;
    await remove(id, admin).expect(204);
    const after = (await clinic.as(patient).get(`/appointments/${visit}/`).expect(200)).body;
    // It is shown otherwise than before, so a copy of it is stale: the version says so.
    expect(after).toEqual({ ...before, timeslot: null, timeslots: [], version: before.version + 1 });
  });
});
