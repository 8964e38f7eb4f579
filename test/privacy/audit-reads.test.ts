import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entriesAfter, entry, lastEntry, notedBy } from '../helpers/audit.ts';
import { insertPeople } from '../helpers/rows.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin', { first_name: 'Malika', last_name: 'Rashidova' });
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov' });
  patient = await clinic.person('patient', { first_name: 'Aziza', last_name: 'Karimova' });
});
afterAll(() => clinic.close());

let serial = 0;
const day = () => new Date(Date.UTC(2026, 3, ++serial)).toISOString().slice(0, 10);
const slot = () => clinic.slot(doctor, { date: day() });
const visit = async () => clinic.book(patient, await slot());
const noted = (work: () => PromiseLike<unknown>) => notedBy(clinic.db, work);

describe('reading', () => {
  test('an admin reads an account', async () => {
    const entries = await noted(() => clinic.as(admin).get(`/users/${patient.id}/`).expect(200));
    expect(entries).toEqual([entry(admin, 'user.read', patient.id)]);
    expect(await noted(() => clinic.as(admin).get(`/users/${admin.id}/`).expect(200))).toEqual([]);
  });

  test('a list notes each other person on it, with the filters’ names and the number of rows', async () => {
    const path = '/users/?search=aziza+karimova&role=patient&page_size=5&page=1';
    const entries = await noted(() => clinic.as(admin).get(path).expect(200));
    expect(entries).toEqual([entry(admin, 'user.list', patient.id, { filters: expect.any(Array), rows: 1 })]);
    expect(entries[0]?.details.filters).toEqual(expect.arrayContaining(['search', 'role']));
    expect(JSON.stringify(entries)).not.toMatch(/aziza/i);
    await insertPeople(clinic.db, 'patient', 10);
    const all = await noted(async () => {
      const { body } = await clinic.as(admin).get('/users/?page_size=100').expect(200);
      expect(body.results.length).toBeGreaterThan(10);
    });
    const { body } = await clinic.as(admin).get('/users/?page_size=100').expect(200);
    const others = body.results.map(({ id }: { id: number }) => id).filter((id: number) => id !== admin.id);
    expect(all.map(({ subject_id }) => subject_id).sort()).toEqual(others.sort());
    expect(all.every(({ details }) => details.rows === body.results.length)).toBe(true);
    expect(await noted(() => clinic.as(admin).get('/users/?search=nobody').expect(200))).toEqual([]);
  });

  test('its doctor and an admin read an appointment, each noted; its patient is not', async () => {
    const id = await visit();
    const read = (person: Person) => () => clinic.as(person).get(`/appointments/${id}/`).expect(200);
    const about = { appointment: id };
    expect(await noted(read(doctor))).toEqual([entry(doctor, 'appointment.read', patient.id, about)]);
    expect(await noted(read(admin))).toEqual([entry(admin, 'appointment.read', patient.id, about)]);
    expect(await noted(read(patient))).toEqual([]);
  });

  test('lists of appointments note each patient once, however many visits they have', async () => {
    const other = await clinic.person('patient');
    await clinic.book(other, await slot());
    await visit();
    await visit();
    const mine = await noted(() => clinic.as(doctor).get('/appointments/me/?status=pending').expect(200));
    expect(mine.map(({ subject_id }) => subject_id).sort()).toEqual([patient.id, other.id].sort());
    expect(mine[0]).toMatchObject({ action: 'appointment.list', details: { filters: ['status'] } });
    const all = await noted(() => clinic.as(admin).get(`/appointments/?patient=${other.id}`).expect(200));
    expect(all).toEqual([entry(admin, 'appointment.list', other.id, { filters: ['patient'], rows: 1 })]);
    expect(await noted(() => clinic.as(patient).get('/appointments/me/').expect(200))).toEqual([]);
  });

  test('what everybody may see is not noted', async () => {
    const free = await slot();
    const entries = await noted(async () => {
      await clinic.as(admin).get('/doctors/').expect(200);
      await clinic.as(admin).get(`/doctors/${doctor.id}/`).expect(200);
      await clinic.as(admin).get(`/doctors/${doctor.id}/timeslots/`).expect(200);
      await clinic.as(admin).get(`/timeslots/${free}/`).expect(200);
      await clinic.as(patient).get('/doctors/?search=yusupov').expect(200);
      await clinic.as(patient).get('/patient/profile/').expect(200);
      await clinic.as(doctor).get('/timeslots/').expect(200);
    });
    expect(entries).toEqual([]);
  });

  test('what was refused was not shown, and is not noted', async () => {
    const entries = await noted(async () => {
      await clinic.as(admin).get('/users/999999/').expect(404);
    });
    expect(entries).toEqual([]);
    // That somebody was refused for who they are is noted, and says nothing of whose record it was.
    const refused = await noted(async () => {
      await clinic.as(patient).get(`/users/${doctor.id}/`).expect(403);
    });
    // What is not there looks like somebody else's to them: a series of them is somebody who tries numbers.
    const guessed = await noted(async () => {
      await clinic.as(doctor).get('/appointments/999999/').expect(404);
    });
    for (const entries of [refused, guessed])
      expect(entries.map(({ action, subject_id }) => [action, subject_id])).toEqual([
        ['access.refuse', null],
      ]);
  });
});

test('an entry bears the name that the request has in its answer', async () => {
  const last = await lastEntry(clinic.db);
  const { headers } = await clinic.as(admin).get(`/users/${patient.id}/`).expect(200);
  await clinic.as(admin).patch(`/users/${patient.id}/`, { locale: 'uz' }).expect(200);
  const [read, update] = await entriesAfter(clinic.db, last);
  expect(read?.request_id).toBe(headers['x-request-id']);
  expect(update?.request_id).not.toBe(read?.request_id);
});

describe('entries stay as they are', () => {
  const refused = { code: '23514', constraint: 'audit_entries_append_only' };

  test.each([
    ["update audit_entries set action = 'nothing'"],
    ['update audit_entries set subject_id = null where id = 1'],
    ['delete from audit_entries'],
    ['truncate audit_entries'],
    ['truncate users cascade'],
  ])('%s is refused', async (statement) => {
    const before = await entriesAfter(clinic.db, 0);
    expect(before.length).toBeGreaterThan(10);
    await expect(clinic.db.$client.query(statement)).rejects.toMatchObject(refused);
    expect(await entriesAfter(clinic.db, 0)).toEqual(before);
  });
});
