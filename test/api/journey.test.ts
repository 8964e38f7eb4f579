import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

test('a visit is published, found, booked, confirmed, cancelled and booked again', async () => {
  const doctor = await clinic.person('doctor', {
    first_name: 'Jasur',
    last_name: 'Yusupov',
    profile: { specialization: 'Kardiolog', experience_years: 12 },
  });
  const patient = await clinic.person('patient', { first_name: 'Aziza', phone: '90 123-45-67' });
  const timeslot = await clinic.slot(doctor);

  const found = await clinic.as(patient).get('/doctors/?search=kardio').expect(200);
  expect(found.body.results).toMatchObject([{ id: doctor.id, first_name: 'Jasur' }]);
  const free = await clinic.as(patient).get(`/doctors/${doctor.id}/timeslots/?date=2026-03-10`).expect(200);
  expect(free.body.results).toEqual([
    {
      id: timeslot,
      doctor: doctor.id,
      date: '2026-03-10',
      start_time: '10:00',
      end_time: '10:30',
      is_available: true,
      branch: 1,
      room: null,
    },
  ]);

  const booked = await clinic.as(patient).post('/appointments/', { timeslot }).expect(201);
  expect(booked.headers.location).toBe(`/api/appointments/${booked.body.id}/`);
  expect(booked.body).toMatchObject({
    status: 'pending',
    timeslot,
    doctor: { id: doctor.id, specialization: 'Kardiolog' },
    patient: { id: patient.id, phone: '+998901234567' },
    date: '2026-03-10',
    start_time: '10:00',
  });
  const read = await clinic.as(patient).get(`/appointments/${booked.body.id}/`).expect(200);
  expect(read.body).toEqual(booked.body);

  const path = `/appointments/${booked.body.id}/`;
  const confirmed = await clinic.as(doctor).patch(path, { status: 'confirmed' }).expect(200);
  expect(confirmed.body.status).toBe('confirmed');
  await clinic.as(patient).delete(path).expect(204);
  await clinic.as(patient).delete(path).expect(204);
  const cancelled = await clinic.as(doctor).get('/appointments/me/?status=cancelled').expect(200);
  expect(cancelled.body).toMatchObject({
    count: 1,
    results: [{ id: booked.body.id, cancelled_by: patient.id }],
  });
  await clinic.book(patient, timeslot);
});
