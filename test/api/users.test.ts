import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

let serial = 0;
const account = (fields: object = {}) => {
  serial += 1;
  return { username: `made.by.admin.${serial}`, password: PASSWORD, role: 'patient', ...fields };
};
const create = (fields: object = {}) => clinic.as(admin).post('/users/', account(fields));
const change = (id: number, changes: object) => clinic.as(admin).patch(`/users/${id}/`, changes);
const show = async (id: number) => (await clinic.as(admin).get(`/users/${id}/`).expect(200)).body;
const login = (username: string, password = PASSWORD) =>
  clinic.as(undefined).post('/auth/login/', { username, password });

describe('POST /users/', () => {
  test.each([
    ['admin', undefined, null],
    [
      'doctor',
      { specialization: 'Kardiolog', experience_years: 12, gender: 'male' },
      // Where nobody has to let doctors in, they are in at once.
      {
        id: 0,
        photo: null,
        specialization_id: expect.any(Number),
        approved_at: expect.stringMatching(/Z$/),
      },
    ],
    ['patient', { date_of_birth: '1990-05-17', gender: 'female' }, { id: 0, phone: '+998935554433' }],
  ])('creates a user who is a %s and can sign in', async (role, profile, more) => {
    const fields = account({ role, profile, phone: '935554433', first_name: 'Jasur' });
    const created = await clinic.as(admin).post('/users/', fields).expect(201);
    const { id } = created.body;
    expect(created.headers.location).toBe(`/api/users/${id}/`);
    expect(created.body).toEqual({
      id: expect.any(Number),
      username: fields.username,
      role,
      is_active: true,
      first_name: 'Jasur',
      last_name: null,
      email: null,
      email_verified_at: null,
      phone: '+998935554433',
      phone_verified_at: null,
      locale: null,
      created_at: expect.stringMatching(/Z$/),
      profile: more && { role, ...profile, ...more, id },
    });
    expect(await show(id)).toEqual(created.body);
    await login(fields.username).expect(200);
  });

  test('creates an inactive user, who cannot sign in yet', async () => {
    const { body } = await create({ is_active: false }).expect(201);
    expect(body.is_active).toBe(false);
    expectProblem(await login(body.username), 'account_inactive');
  });

  test('refuses a taken name and misfits, as registration does', async () => {
    expectProblem(await create({ username: admin.username.toUpperCase() }), 'username_taken');
    expectProblem(await create({ role: 'admin', profile: { gender: 'male' } }), 'invalid_input', {
      fields: ['profile.gender not_for_role'],
    });
    expectProblem(await create({ is_active: 'yes', role: undefined }), 'invalid_input', {
      fields: ['is_active invalid_type', 'role required'],
    });
  });
});

describe('PATCH /users/{id}/', () => {
  test('changes what is named and nothing else', async () => {
    const { body: before } = await create({ first_name: 'Aziza', email: 'a@example.uz' }).expect(201);
    const { body: after } = await change(before.id, { last_name: 'Karimova', locale: 'ru' }).expect(200);
    expect(after).toEqual({ ...before, last_name: 'Karimova', locale: 'ru' });
    expect(await show(before.id)).toEqual(after);
  });

  test('null empties a field, in the profile too', async () => {
    const { body } = await create({
      first_name: 'Aziza',
      email: 'a@example.uz',
      phone: '+998901234567',
      locale: 'uz',
      profile: { date_of_birth: '1990-05-17', gender: 'female' },
    }).expect(201);
    const empty = { first_name: null, email: null, phone: null, locale: null };
    const profile = { date_of_birth: null, gender: null };
    const { body: after } = await change(body.id, { ...empty, profile }).expect(200);
    expect(after).toMatchObject({ ...empty, profile });
  });

  test('changes one field of a profile and leaves the others', async () => {
    const { body } = await create({
      role: 'doctor',
      profile: { specialization: 'LOR', experience_years: 3 },
    });
    const { body: after } = await change(body.id, { profile: { experience_years: 4 } }).expect(200);
    expect(after.profile).toEqual({ ...body.profile, experience_years: 4 });
    expect(body.profile).toMatchObject({ specialization: 'LOR', experience_years: 3, gender: null });
  });

  test('a renamed user signs in by the new name only', async () => {
    const { body } = await create().expect(201);
    await change(body.id, { username: 'Renamed.One' }).expect(200);
    await login('renamed.one').expect(200);
    expectProblem(await login(body.username), 'invalid_credentials');
    expectProblem(await change(admin.id, { username: 'RENAMED.one' }), 'username_taken');
    // Another case of one's own name is one's own.
    await change(body.id, { username: 'RENAMED.one' }).expect(200);
  });

  test('refuses what does not fit who the person already is, all of it at once', async () => {
    const { body } = await create().expect(201);
    const changes = {
      password: body.username.toUpperCase(),
      profile: { specialization: 'x', experience_years: 1 },
    };
    expectProblem(await change(body.id, changes), 'invalid_input', {
      fields: [
        'password password_is_username',
        'profile.specialization not_for_role',
        'profile.experience_years not_for_role',
      ],
    });
    expectProblem(await change(body.id, { profile: { date_of_birth: '2026-03-03' } }), 'invalid_input', {
      fields: ['profile.date_of_birth birth_in_future'],
    });
    expect(await show(body.id)).toEqual(body);
  });

  test('an empty change is refused', async () => {
    expectProblem(await change(admin.id, {}), 'invalid_input', { fields: [' nothing_to_change'] });
  });

  test('never writes the columns of the server', async () => {
    const { body } = await create().expect(201);
    const columns = {
      id: 1,
      created_at: '2000-01-01T00:00:00Z',
      deleted_at: '2000-01-01T00:00:00Z',
      password_hash: 'x',
    };
    const profile = { id: 1, phone: '+998900000000' };
    expectProblem(await change(body.id, { first_name: 'Aziza', ...columns, profile }), 'unknown_field', {
      fields: [...Object.keys(columns), 'profile.id', 'profile.phone'].map((name) => `${name} unknown_field`),
    });
    expect(await show(body.id)).toEqual(body);
    await login(body.username).expect(200);
  });
});

describe('a new role', () => {
  test('brings its own empty profile, or the one that is given', async () => {
    const { body } = await create({ profile: { date_of_birth: '1990-05-17' } }).expect(201);
    const { body: doctor } = await change(body.id, { role: 'doctor', profile: { specialization: 'LOR' } });
    expect(doctor).toMatchObject({
      role: 'doctor',
      profile: { id: body.id, specialization: 'LOR', experience_years: null, gender: null },
    });
    expect((await change(body.id, { role: 'admin' })).body.profile).toBeNull();
    // Who was a patient once finds their old profile again.
    expect((await change(body.id, { role: 'patient' })).body.profile.date_of_birth).toBe('1990-05-17');
  });

  test('is refused with a profile of the old one', async () => {
    const { body } = await create().expect(201);
    expectProblem(
      await change(body.id, { role: 'doctor', profile: { date_of_birth: '1990-05-17' } }),
      'invalid_input',
      {
        fields: ['profile.date_of_birth not_for_role'],
      },
    );
  });

  test('is refused while visits lie ahead in the old one, for the patient and for the doctor', async () => {
    const [doctor, patient] = [await clinic.person('doctor'), await clinic.person('patient')];
    const visit = await clinic.book(patient, await clinic.slot(doctor));
    expectProblem(await change(patient.id, { role: 'doctor' }), 'role_in_use');
    expectProblem(await change(doctor.id, { role: 'admin' }), 'role_in_use');
    await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
    await change(patient.id, { role: 'doctor' }).expect(200);
    await change(doctor.id, { role: 'patient' }).expect(200);
  });

  test('takes a doctor’s free slots out of the calendar and keeps those of the past', async () => {
    const doctor = await clinic.person('doctor');
    const past = await clinic.slot(doctor, { date: '2026-03-02', start_time: '09:30', end_time: '09:45' });
    const ahead = await clinic.slot(doctor);
    clinic.clock.set('2026-03-02T05:00:00Z');
    await change(doctor.id, { role: 'patient' }).expect(200);
    clinic.clock.set('2026-03-02T04:00:00Z');
    await clinic.as(admin).get(`/timeslots/${past}/`).expect(200);
    expectProblem(await clinic.as(admin).get(`/timeslots/${ahead}/`), 'timeslot_not_found');
  });
});

describe('the last active admin', () => {
  test('can be neither demoted, nor deactivated, nor erased; with a second one they can', async () => {
    const lonely = await testApp();
    try {
      const only = await lonely.person('admin');
      const path = `/users/${only.id}/`;
      // Nobody erases themself among the others, so that this path never ends the last admin.
      expectProblem(await lonely.as(only).delete(path, { password: PASSWORD }), 'not_oneself');
      const eraseMe = () => lonely.as(only).delete('/auth/me/', { password: PASSWORD });
      expectProblem(await lonely.as(only).patch(path, { role: 'patient' }), 'last_admin');
      expectProblem(await lonely.as(only).patch(path, { is_active: false }), 'last_admin');
      expectProblem(await eraseMe(), 'last_admin');
      const inactive = await lonely.person('admin');
      await lonely.as(only).patch(`/users/${inactive.id}/`, { is_active: false }).expect(200);
      expectProblem(await eraseMe(), 'last_admin');
      // Everything else about them can change, even together with the role they have.
      await lonely.as(only).patch(path, { first_name: 'Aziza', role: 'admin', is_active: true }).expect(200);
      await lonely.as(only).patch(`/users/${inactive.id}/`, { is_active: true }).expect(200);
      await eraseMe().expect(204);
    } finally {
      await lonely.close();
    }
  });
});
