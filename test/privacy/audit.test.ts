import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertSpecialization } from '../helpers/rows.ts';

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

describe('a change leaves one entry', () => {
  test('registering', async () => {
    const account = { username: 'newcomer', password: PASSWORD, role: 'patient', first_name: 'Nodira' };
    let id = 0;
    const entries = await noted(async () => {
      id = (await clinic.as(undefined).post('/auth/register/', account).expect(201)).body.id;
    });
    // Nobody was signed in yet: the person acts for themself, and the request has no caller to carry its name.
    expect(entries).toEqual([
      { ...entry({ ...patient, id }, 'user.register', id), actor_role: 'patient', request_id: null },
    ]);
  });

  test('an admin makes a person', async () => {
    const account = { username: 'made', password: PASSWORD, role: 'doctor', email: 'made@example.uz' };
    let id = 0;
    const entries = await noted(async () => {
      id = (await clinic.as(admin).post('/users/', account).expect(201)).body.id;
    });
    expect(entries).toEqual([entry(admin, 'user.create', id, { role: 'doctor' })]);
  });

  test('somebody at the command line makes an admin: nobody is the actor', async () => {
    const { db, clock } = clinic;
    const { users } = createModules({ db, clock, config: testConfig });
    const account = {
      username: 'from.the.shell',
      password: PASSWORD,
      role: 'admin',
      is_active: true,
    } as const;
    let id = 0;
    const entries = await noted(async () => {
      id = (await users.create(account)).id;
    });
    const nobody = { actor_id: null, actor_role: null, request_id: null };
    expect(entries).toEqual([{ ...entry(admin, 'user.create', id, { role: 'admin' }), ...nobody }]);
    const { body } = await clinic.as(admin).get(`/audit/?subject=${id}&action=user.create`).expect(200);
    expect(body.results).toEqual([expect.objectContaining({ actor: null, action: 'user.create' })]);
    await clinic.as(admin).delete(`/users/${id}/`, { password: PASSWORD }).expect(204);
  });

  test('an admin sends a failed message again; nothing that cannot be sent again', async () => {
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `insert into messages (key, user_id, channel, kind, status) values ('failed', $1, 'sms', 'booked', 'failed')
       returning id`,
      [patient.id],
    );
    const message = rows[0]?.id;
    const retry = () => clinic.as(admin).post(`/messages/${message}/retry/`);
    const entries = await noted(() => retry().expect(204));
    expect(entries).toEqual([entry(admin, 'message.retry', patient.id, { message })]);
    expect(await noted(() => retry().expect(409))).toEqual([]);
  });

  test('somebody accepts what is in force, once', async () => {
    const person = await clinic.person('patient');
    const accept = () => clinic.as(person).post('/auth/me/consents/', { accept_terms: true }).expect(200);
    const entries = await noted(() => Promise.all([accept(), accept(), accept()]));
    expect(entries).toEqual([entry(person, 'consent.accept', person.id, { fields: ['terms', 'privacy'] })]);
    expect(await noted(accept)).toEqual([]);
  });

  test('an admin changes a person: names of fields, never values', async () => {
    const { id } = await clinic.person('patient');
    const changes = { last_name: 'Umarova', phone: '+998901112233', profile: { gender: 'female' } };
    const entries = await noted(() => clinic.as(admin).patch(`/users/${id}/`, changes).expect(200));
    const fields = ['last_name', 'phone', 'profile.gender'];
    expect(entries).toEqual([entry(admin, 'user.update', id, { fields: expect.arrayContaining(fields) })]);
    expect(entries[0]?.details.fields).toHaveLength(3);
    expect(JSON.stringify(entries)).not.toMatch(/Umarova|998901112233|female/);
  });

  test('a new role, a password and a deactivation stand apart from the rest', async () => {
    const { id } = await clinic.person('patient');
    const changes = { role: 'doctor', password: 'another-quiet-river', is_active: false, first_name: 'X' };
    const entries = await noted(() => clinic.as(admin).patch(`/users/${id}/`, changes).expect(200));
    expect(entries).toEqual([
      entry(admin, 'user.update', id, { fields: ['first_name'] }),
      entry(admin, 'user.set_role', id, { from: 'patient', to: 'doctor' }),
      entry(admin, 'user.deactivate', id),
      entry(admin, 'user.set_password', id),
    ]);
    const back = await noted(() => clinic.as(admin).patch(`/users/${id}/`, { is_active: true }).expect(200));
    expect(back).toEqual([entry(admin, 'user.activate', id)]);
    const same = { role: 'doctor', is_active: true };
    // It changes nothing, and shows the record.
    const unchanged = await noted(() => clinic.as(admin).patch(`/users/${id}/`, same).expect(200));
    expect(unchanged).toEqual([entry(admin, 'user.read', id)]);
  });

  test('an admin erases a person, once', async () => {
    const { id } = await clinic.person('patient');
    const erase = () => clinic.as(admin).delete(`/users/${id}/`, { password: PASSWORD }).expect(204);
    expect(await noted(erase)).toEqual([entry(admin, 'user.erase', id)]);
    expect(await noted(erase)).toEqual([]);
  });

  test.each([
    ['patient', '/patient/profile/', { phone: '+998904445566', gender: 'female' }],
    ['doctor', '/doctor/profile/', { specialization: 'Terapevt', first_name: 'Olim' }],
  ] as const)('a %s changes their own profile', async (role, path, changes) => {
    await insertSpecialization(clinic.db, 'Terapevt');
    const person = await clinic.person(role);
    const entries = await noted(() => clinic.as(person).patch(path, changes).expect(200));
    expect(entries).toEqual([entry(person, 'profile.update', person.id, { fields: Object.keys(changes) })]);
  });

  test('an admin books for a patient', async () => {
    const timeslot = await slot();
    let id = 0;
    const entries = await noted(async () => {
      const body = { timeslot, patient: patient.id };
      const booked = await clinic.as(admin).post('/appointments/', body).expect(201);
      id = booked.body.id;
      // The same record as from the one statement by which patients book.
      const seen = (await clinic.as(patient).get(`/appointments/${id}/`)).body;
      expect(booked.body).toEqual({ ...seen, reachable: false });
    });
    expect(entries).toEqual([entry(admin, 'appointment.book', patient.id, { appointment: id })]);
  });

  test('a doctor confirms, an admin cancels, a patient cancels, each once', async () => {
    const [one, two] = [await visit(), await visit()];
    const confirm = () =>
      clinic.as(doctor).patch(`/appointments/${one}/`, { status: 'confirmed' }).expect(200);
    const reason = 'Aziza Karimova has called';
    const cancel = () =>
      clinic.as(admin).patch(`/appointments/${one}/`, { status: 'cancelled', reason }).expect(200);
    const withdraw = () => clinic.as(patient).delete(`/appointments/${two}/`).expect(204);
    expect(await noted(confirm)).toEqual([
      entry(doctor, 'appointment.confirm', patient.id, { appointment: one }),
    ]);
    expect(await noted(cancel)).toEqual([
      entry(admin, 'appointment.cancel', patient.id, { appointment: one }),
    ]);
    expect(await noted(withdraw)).toEqual([
      entry(patient, 'appointment.cancel', patient.id, { appointment: two }),
    ]);
    expect(await noted(withdraw)).toEqual([]);
  });

  test('an admin publishes and withdraws a slot for a doctor; a doctor’s own calendar is not noted', async () => {
    const body = { doctor: doctor.id, date: day(), start_time: '10:00', end_time: '10:30' };
    let id = 0;
    const published = await noted(async () => {
      id = (await clinic.as(admin).post('/timeslots/', body).expect(201)).body.id;
    });
    expect(published).toEqual([entry(admin, 'timeslot.publish', doctor.id, { timeslot: id })]);
    expect(await noted(() => clinic.as(admin).delete(`/timeslots/${id}/`).expect(204))).toEqual([
      entry(admin, 'timeslot.delete', doctor.id, { timeslot: id }),
    ]);
    const own = async () =>
      clinic
        .as(doctor)
        .delete(`/timeslots/${await slot()}/`)
        .expect(204);
    expect(await noted(own)).toEqual([]);
  });
});

describe('a refused change leaves none', () => {
  test('and changes nothing either', async () => {
    const [booked, timeslot] = [await visit(), await slot()];
    await clinic.as(patient).post('/appointments/', { timeslot }).expect(201);
    const [taken] = (await clinic.as(doctor).get('/timeslots/?is_available=false').expect(200)).body.results;
    await clinic.as(doctor).patch(`/appointments/${booked}/`, { status: 'confirmed' }).expect(200);
    const as = clinic.as(admin);
    const account = { username: patient.username, password: PASSWORD, role: 'patient' };
    const unborn = { profile: { date_of_birth: '2030-01-01' } };
    const free = { date: taken.date, start_time: '10:15', end_time: '10:45', doctor: doctor.id };
    const requests = {
      username_taken: () => as.patch(`/users/${doctor.id}/`, { username: patient.username }),
      role_in_use: () => as.patch(`/users/${doctor.id}/`, { role: 'patient' }),
      last_admin: () => as.patch(`/users/${admin.id}/`, { is_active: false, first_name: 'X' }),
      user_not_found: () => as.patch('/users/999999/', { first_name: 'X' }),
      not_a_doctor: () => as.post(`/users/${patient.id}/approve/`),
      already_yours: () => as.post('/appointments/', { timeslot: taken.id, patient: patient.id }),
      patient_not_found: () => as.post('/appointments/', { timeslot: taken.id, patient: admin.id }),
      slot_overlap: () => as.post('/timeslots/', free),
      slot_booked: () => as.delete(`/timeslots/${taken.id}/`),
      already_decided: () => clinic.as(doctor).patch(`/appointments/${booked}/`, { status: 'cancelled' }),
    } as const;
    for (const [code, request] of Object.entries(requests))
      expect(
        await noted(async () => expectProblem(await request(), code as keyof typeof requests)),
        code,
      ).toEqual([]);
    // That somebody was refused is all that is noted of it.
    const refused = await noted(async () =>
      expectProblem(await clinic.as(doctor).get(`/users/${patient.id}/`), 'forbidden'),
    );
    expect(refused.map(({ action }) => action)).toEqual(['access.refuse']);
    // So is that somebody tries numbers, whether they are somebody's or nobody's.
    for (const id of [booked, 999_999]) {
      const stranger = await clinic.person('patient');
      const tried = await noted(async () =>
        expectProblem(await clinic.as(stranger).get(`/appointments/${id}/`), 'appointment_not_found'),
      );
      expect(tried.map(({ action }) => action)).toEqual(['access.refuse']);
    }
    expect(
      await noted(async () => {
        expectProblem(await as.post('/users/', account), 'username_taken');
        expectProblem(await as.patch(`/users/${patient.id}/`, unborn), 'invalid_input');
        const stranger = { ...account, username: 'unborn', ...unborn };
        expectProblem(await clinic.as(undefined).post('/auth/register/', stranger), 'invalid_input');
      }),
    ).toEqual([]);
  });

  test('entry and change are one transaction: their rows bear the same number', async () => {
    const { id } = await clinic.person('patient');
    await clinic.as(admin).patch(`/users/${id}/`, { first_name: 'Zilola' }).expect(200);
    const { rows } = await clinic.db.$client.query(
      `select a.xmin = u.xmin as same from audit_entries a join users u on u.id = a.subject_id
       where u.id = $1 and action = 'user.update'`,
      [id],
    );
    expect(rows).toEqual([{ same: true }]);
  });

  test('a change that cannot be noted does not happen, a read that cannot be noted is not shown', async () => {
    const { id } = await clinic.person('patient', { first_name: 'Before' });
    const booked = await visit();
    await clinic.db.$client.query(`
      create function fail() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;
      create trigger fail before insert on audit_entries for each row execute function fail()`);
    try {
      for (const answer of [
        await clinic.as(admin).patch(`/users/${id}/`, { first_name: 'After' }),
        await clinic.as(admin).get(`/users/${id}/`),
        await clinic.as(admin).get('/users/'),
        await clinic.as(doctor).patch(`/appointments/${booked}/`, { status: 'confirmed' }),
        await clinic.as(doctor).get(`/appointments/${booked}/`),
        await clinic.as(patient).delete(`/appointments/${booked}/`),
        await clinic.as(admin).delete(`/users/${id}/`, { password: PASSWORD }),
      ])
        expectProblem(answer, 'internal_error');
      // What needs no entry goes on.
      expect((await clinic.as(patient).get(`/appointments/${booked}/`).expect(200)).body.status).toBe(
        'pending',
      );
    } finally {
      await clinic.db.$client.query('drop trigger fail on audit_entries; drop function fail');
    }
    expect((await clinic.as(admin).get(`/users/${id}/`).expect(200)).body.first_name).toBe('Before');
  });
});
