import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { parseCsv } from '../helpers/csv.ts';
import { freshDays } from '../helpers/days.ts';
import { receptionist } from '../helpers/desk.ts';
import { expectProblem } from '../helpers/problem.ts';

/** What a patient says of a visit, and what the clinic notes of it. */

let clinic: TestApp;
let admin: Person;
let desk: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  desk = await receptionist(clinic);
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient', { profile: { date_of_birth: '1990-05-17' } });
});
afterAll(() => clinic.close());

const freshDay = freshDays();
const book = (by: Person, timeslot: number, more: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...more });
async function visit(reason = 'A cough') {
  const timeslot = await clinic.slot(doctor, { date: freshDay() });
  return (await book(patient, timeslot, { reason }).expect(201)).body.id as number;
}
const note = (by: Person, id: number, body: object) => clinic.as(by).patch(`/appointments/${id}/`, body);
const show = async (by: Person, id: number) =>
  (await clinic.as(by).get(`/appointments/${id}/`).expect(200)).body;

describe('a reason', () => {
  test('is said by the patient who books, and is read by them, the doctor and admins, not by the desk', async () => {
    const id = await visit('  A cough for two weeks ');
    for (const by of [patient, doctor, admin])
      expect((await show(by, id)).reason).toBe('A cough for two weeks');
    expect((await show(desk, id)).reason).toBeNull();
    const quiet = await book(patient, await clinic.slot(doctor, { date: freshDay() })).expect(201);
    expect(quiet.body.reason).toBeNull();
  });

  test('is nobody else’s to say', async () => {
    const timeslot = await clinic.slot(doctor, { date: freshDay() });
    const body = { patient: patient.id, reason: 'Cough' };
    expectProblem(await book(admin, timeslot, body), 'invalid_input', { fields: ['reason not_for_role'] });
    expectProblem(await book(doctor, timeslot, body), 'invalid_input', { fields: ['reason not_for_role'] });
  });

  test.each([
    ['x'.repeat(501), 'reason too_long'],
    ['', 'reason too_short'],
    ['a\u0000b', 'reason invalid_characters'],
    [5, 'reason invalid_type'],
  ])('is refused as %j', async (reason, field) => {
    const timeslot = await clinic.slot(doctor, { date: freshDay() });
    expectProblem(await book(patient, timeslot, { reason }), 'invalid_input', { fields: [field] });
  });
});

describe('a note', () => {
  test('is written by its doctor and admins, read by the desk too, and never by the patient', async () => {
    const id = await visit();
    const { version } = await show(admin, id);
    const { body } = await note(doctor, id, { note: ' Brings the X-ray ' }).expect(200);
    expect(body).toMatchObject({ note: 'Brings the X-ray', status: 'pending', version: version + 1 });
    for (const by of [doctor, admin, desk]) expect((await show(by, id)).note).toBe('Brings the X-ray');
    expect((await show(patient, id)).note).toBeNull();
    const own = await clinic.as(patient).get('/appointments/me/?page_size=100').expect(200);
    expect(JSON.stringify(own.body)).not.toContain('X-ray');
    await note(admin, id, { note: null }).expect(200);
    expect((await show(doctor, id)).note).toBeNull();
  });

  test('goes with a decision, and is kept whatever becomes of the visit', async () => {
    const id = await visit();
    const { body } = await note(doctor, id, { status: 'confirmed', note: 'Was here in May' }).expect(200);
    expect(body).toMatchObject({ status: 'confirmed', note: 'Was here in May' });
    await clinic.as(patient).delete(`/appointments/${id}/`, { reason: 'I am well again' }).expect(204);
    expect(await show(admin, id)).toMatchObject({ status: 'cancelled', note: 'Was here in May' });
    await note(admin, id, { note: 'Called back' }).expect(200);
    const seen = await show(desk, id);
    expect(seen).toMatchObject({ note: 'Called back', cancel_reason: null, reason: null });
    expect(await show(patient, id)).toMatchObject({ cancel_reason: 'I am well again', note: null });
  });

  test('is written at the desk too, which reads no reason in the answer, and only of its own branches', async () => {
    const id = await visit();
    const { body } = await note(desk, id, { note: 'Comes by taxi' }).expect(200);
    expect(body).toMatchObject({ note: 'Comes by taxi', reason: null });
    const called = await note(desk, id, { status: 'cancelled', reason: 'Ill', note: 'Rang' }).expect(200);
    expect(called.body).toMatchObject({ status: 'cancelled', note: 'Rang', cancel_reason: null });
    expect(await show(admin, id)).toMatchObject({ reason: 'A cough', cancel_reason: 'Ill', note: 'Rang' });
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      "insert into branches (name) values ('Elsewhere') returning id",
    );
    const elsewhere = await receptionist(
      clinic,
      rows.map((branch) => branch.id),
    );
    expectProblem(await note(elsewhere, id, { note: 'x' }), 'appointment_not_found');
  });

  test('once more changes nothing, and a stale version is refused', async () => {
    const id = await visit();
    const { body } = await note(doctor, id, { note: 'One' }).expect(200);
    const again = await note(doctor, id, { note: 'One' }).set('if-match', '"1"').expect(200);
    expect(again.body.version).toBe(body.version);
    expectProblem(await note(admin, id, { note: 'Two' }).set('if-match', '"1"'), 'version_mismatch');
    expect((await show(admin, id)).note).toBe('One');
  });

  test.each([
    [{ note: 'x'.repeat(2_001) }, 'note too_long'],
    [{ note: ' ' }, 'note too_short'],
    [{ note: 'a\u0000b' }, 'note invalid_characters'],
    [{ note: 5 }, 'note invalid_type'],
    [{ note: 'x', reason: 'why' }, 'reason reason_without_cancel'],
  ])('is refused as %j', async (body, field) => {
    expectProblem(await note(doctor, await visit(), body), 'invalid_input', { fields: [field] });
  });

  test('is not for the patient to write, nor for another doctor', async () => {
    const id = await visit();
    expectProblem(await note(patient, id, { note: 'x' }), 'forbidden');
    expectProblem(await note(await clinic.person('doctor'), id, { note: 'x' }), 'appointment_not_found');
    expectProblem(await note(admin, 999_999, { note: 'x' }), 'appointment_not_found');
  });

  test('is noted in the audit by its name only', async () => {
    const id = await visit();
    const entries = await notedBy(clinic.db, () => note(doctor, id, { note: 'A secret' }).expect(200));
    expect(entries).toMatchObject([
      {
        action: 'appointment.note',
        subject_id: patient.id,
        details: { appointment: id, fields: ['note'] },
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain('secret');
    const log = await clinic.as(patient).get('/auth/me/access-log/').expect(200);
    expect(log.body.results[0]).toMatchObject({ action: 'appointment.note', fields: ['note'] });
  });

  test('stands with the reason in what admins export, and in the export of one’s own data', async () => {
    const id = await visit('=1+1');
    await note(doctor, id, { note: 'Noted, "so"' }).expect(200);
    const csv = await clinic
      .as(admin)
      .get(`/appointments/export/?patient=${patient.id}`)
      .set('accept', 'text/csv')
      .set('accept-language', 'en')
      .expect(200);
    const [head = [], ...rows] = parseCsv(csv.text);
    const row = rows.find(([first]) => first === String(id)) ?? [];
    expect(row[head.indexOf('Reason')]).toBe("'=1+1");
    expect(row[head.indexOf('Note')]).toBe('Noted, "so"');
    const own = await clinic.as(patient).get('/auth/me/export/').expect(200);
    const mine = own.body.appointments_as_patient.find((one: { id: number }) => one.id === id);
    expect(mine).toMatchObject({ reason: '=1+1', note: 'Noted, "so"' });
    const theirs = await clinic.as(doctor).get('/auth/me/export/').expect(200);
    expect(JSON.stringify(theirs.body.appointments_as_doctor)).not.toMatch(/=1\+1|Noted/);
  });

  test('goes with the patient who is erased, and nothing is noted of them afterwards', async () => {
    const leaver = await clinic.person('patient');
    const timeslot = await clinic.slot(doctor, { date: freshDay() });
    const { body } = await book(leaver, timeslot, { reason: 'Private' }).expect(201);
    await note(doctor, body.id, { note: 'Also private' }).expect(200);
    await clinic.as(admin).delete(`/users/${leaver.id}/`, { password: PASSWORD }).expect(204);
    expect(await show(admin, body.id)).toMatchObject({ reason: null, note: null });
    expectProblem(await note(doctor, body.id, { note: 'Late' }), 'patient_not_found');
  });
});

test('the birth date of a patient is shown with one visit to its doctor and to staff, not in lists and not to the patient', async () => {
  const id = await visit();
  for (const by of [doctor, admin, desk])
    expect((await show(by, id)).patient.date_of_birth).toBe('1990-05-17');
  expect((await show(patient, id)).patient).not.toHaveProperty('date_of_birth');
  const list = await clinic.as(doctor).get('/appointments/me/').expect(200);
  expect(list.body.results[0].patient).not.toHaveProperty('date_of_birth');
});

test('every route that answers with a visit says what each role sees of it', () => {
  const answers = [...clinic.app.documentedRoutes].filter(([, { audited }]) =>
    ['appointment.read', 'appointment.list'].includes(audited ?? ''),
  );
  // Weeks and absences name visits by their times and patients, and nothing of what was said.
  const briefs = /absences|schedule/;
  const shown = answers.filter(([route]) => !briefs.test(route));
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.filter(([, { shows }]) => !shows).map(([route]) => route)).toEqual([]);
});
