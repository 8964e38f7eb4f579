import { afterAll, beforeAll, expect, test } from 'vitest';
import { csvWords } from '../../src/i18n/csv.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { receptionist } from '../helpers/desk.ts';

/** A doctor's day, for a reader of another language and after its doctor is gone. */

let clinic: TestApp;
let admin: Person;
let doctor: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin', { locale: 'uz' });
  doctor = await clinic.person('doctor', { first_name: 'Otabek' });
});
afterAll(() => clinic.close());

test('is CSV in the language that is asked for, as every table, and a page in the reader’s own', async () => {
  const day = (format: string) =>
    clinic
      .as(admin)
      .get(`/appointments/day/?doctor=${doctor.id}&format=${format}`)
      .set('accept-language', 'ru')
      .expect(200);
  const table = await day('csv');
  expect(table.headers['content-language']).toBe('ru');
  expect(table.text).toContain(csvWords.ru.headings.status);
  expect((await day('html')).headers['content-language']).toBe('uz');
});

test('of a doctor who was erased has the visits that they had, and no name', async () => {
  const patient = await clinic.person('patient');
  const desk = await receptionist(clinic);
  const insert = async (text: string, values: unknown[]) =>
    (await clinic.db.$client.query<{ id: number }>(text, values)).rows[0]?.id;
  const slot = await insert(
    `insert into timeslots (doctor_id, date, start_time, end_time) values ($1, '2026-03-01', '10:00', '10:30') returning id`,
    [doctor.id],
  );
  const visit = await insert(
    `insert into appointments (doctor_id, patient_id, booked_by, timeslot_id, date, start_time, end_time, status)
     values ($1, $2, $2, $3, '2026-03-01', '10:00', '10:30', 'confirmed') returning id`,
    [doctor.id, patient.id, slot],
  );
  await clinic.as(admin).delete(`/users/${doctor.id}/`, { password: PASSWORD }).expect(204);
  const path = `/appointments/day/?date=2026-03-01&doctor=${doctor.id}`;
  const { body } = await clinic.as(desk).get(path).expect(200);
  expect(body).toMatchObject({
    doctor: { id: doctor.id, first_name: null, last_name: null },
    entries: [{ appointment: { id: visit, patient: { id: patient.id } } }],
  });
});
