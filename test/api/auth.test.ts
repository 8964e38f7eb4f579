import bcrypt from 'bcrypt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem, withoutItsRequest } from '../helpers/problem.ts';
import { claimsOf } from '../helpers/tokens.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await testApp();
});
afterAll(() => clinic.close());

let serial = 0;
/** An account nobody has yet. */
function account(fields: Record<string, unknown> = {}): Record<string, unknown> {
  serial += 1;
  return { username: `somebody.${serial}`, password: PASSWORD, role: 'patient', ...fields };
}
const register = (body: object) => clinic.as(undefined).post('/auth/register/', body);
const login = (username: unknown, password: unknown = PASSWORD) =>
  clinic.as(undefined).post('/auth/login/', { username, password } as object);

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('POST /auth/register/', () => {
  test('answers with the whole user, and with where to find them', async () => {
    const registered = await register({
      username: 'aziza.karimova',
      password: PASSWORD,
      role: 'patient',
      first_name: ' Aziza ',
      last_name: 'Karimova',
      email: 'aziza@example.uz',
      phone: '90 123-45-67',
      locale: 'uz',
      profile: { date_of_birth: '1990-05-17', gender: 'female' },
    }).expect(201);
    expect(registered.headers.location).toBe('/api/auth/me/');
    const { id } = registered.body;
    expect(registered.body).toEqual({
      id: expect.any(Number),
      username: 'aziza.karimova',
      role: 'patient',
      is_active: true,
      first_name: 'Aziza',
      last_name: 'Karimova',
      email: 'aziza@example.uz',
      email_verified_at: null,
      phone: '+998901234567',
      phone_verified_at: null,
      locale: 'uz',
      created_at: expect.stringMatching(INSTANT),
      profile: { role: 'patient', id, phone: '+998901234567', date_of_birth: '1990-05-17', gender: 'female' },
    });
  });

  test('leaves empty what was not given', async () => {
    const { body } = await register(account({ role: 'doctor' })).expect(201);
    expect(body).toEqual({
      id: expect.any(Number),
      username: expect.any(String),
      role: 'doctor',
      is_active: true,
      first_name: null,
      last_name: null,
      email: null,
      email_verified_at: null,
      phone: null,
      phone_verified_at: null,
      locale: null,
      created_at: expect.stringMatching(INSTANT),
      profile: {
        role: 'doctor',
        id: body.id,
        specialization: null,
        specialization_id: null,
        experience_years: null,
        gender: null,
        photo: null,
        approved_at: expect.stringMatching(INSTANT),
      },
    });
  });

  test('keeps the password as a bcrypt hash and gives it to nobody', async () => {
    const { body } = await register(account()).expect(201);
    const { rows } = await clinic.db.$client.query('select password_hash from users where id = $1', [
      body.id,
    ]);
    expect(rows[0].password_hash).toMatch(/^\$2b\$04\$.{53}$/);
    expect(await bcrypt.compare(PASSWORD, rows[0].password_hash)).toBe(true);
    expect(JSON.stringify(body)).not.toMatch(/password|hash|\$2b/);
  });

  test('refuses admins, and a user name that somebody has in any case', async () => {
    expectProblem(await register(account({ role: 'admin' })), 'invalid_input', {
      fields: ['role invalid_choice'],
    });
    await register(account({ username: 'Taken.Name' })).expect(201);
    expectProblem(await register(account({ username: 'tAKEN.nAME' })), 'username_taken');
  });

  test.each([
    'ab',
    '1aziza',
    'a ziza',
    'азиза',
    'aziza@example.uz',
    '+998901234567',
    `a${'b'.repeat(50)}`,
    '',
  ])('refuses the user name %j', async (username) => {
    expectProblem(await register(account({ username })), 'invalid_input', {
      fields: ['username invalid_username'],
    });
  });

  test('takes a user name of 3 and of 50 characters, and trims it', async () => {
    expect((await register(account({ username: 'abc' })).expect(201)).body.username).toBe('abc');
    const longest = `a${'_'.repeat(49)}`;
    expect((await register(account({ username: ` ${longest} ` })).expect(201)).body.username).toBe(longest);
  });

  // Cyrillic letters take two bytes, so that bytes and characters differ.
  test.each([
    ['9 bytes', 'a'.repeat(9), false],
    ['10 bytes', 'quietriver', true],
    ['72 bytes', 'a'.repeat(72), true],
    ['73 bytes', 'a'.repeat(73), false],
    ['5 letters of 10 bytes', 'ж'.repeat(5), true],
    ['36 letters of 72 bytes', 'ж'.repeat(36), true],
    ['37 letters of 74 bytes', 'ж'.repeat(37), false],
  ])('a password of %s', async (_, password, accepted) => {
    const answer = await register(account({ password }));
    if (!accepted) {
      expectProblem(answer, 'invalid_input');
      expect(answer.body.errors).toContainEqual({
        path: 'password',
        code: 'password_length',
        message: 'Must be 10 to 72 bytes long.',
      });
      return;
    }
    expect(answer.status).toBe(201);
    await login(answer.body.username, password).expect(200);
    // bcrypt would take the first 72 bytes of anything longer for the password.
    expectProblem(await login(answer.body.username, `${password}ж`), 'invalid_credentials');
  });

  test('refuses the user name as password, in any case', async () => {
    const answer = await register(account({ username: 'Long.Enough', password: 'lONG.eNOUGH' }));
    expectProblem(answer, 'invalid_input', { fields: ['password password_is_username'] });
  });

  test('names every wrong field at once, of the profile too', async () => {
    const answer = await register({
      username: '1',
      role: 'nurse',
      first_name: '   ',
      last_name: 'x'.repeat(101),
      email: 'nowhere',
      phone: '123',
      locale: 'kz',
      profile: { date_of_birth: '2026-02-30', gender: 'x', experience_years: 81 },
    });
    expectProblem(answer, 'invalid_input', {
      fields: [
        'username invalid_username',
        'password required',
        'role invalid_choice',
        'first_name too_short',
        'last_name too_long',
        'email invalid_email',
        'phone invalid_phone',
        'locale invalid_choice',
        'profile.date_of_birth invalid_date',
        'profile.gender invalid_choice',
        'profile.experience_years too_big',
      ],
    });
  });

  test('names rules across fields beside a wrong field', async () => {
    const answer = await register(
      account({
        username: 'same.as.this',
        password: 'same.as.this',
        phone: '1',
        profile: { specialization: 'x' },
      }),
    );
    expectProblem(answer, 'invalid_input', {
      fields: ['phone invalid_phone', 'password password_is_username', 'profile.specialization not_for_role'],
    });
  });

  test.each([
    ['patient', { specialization: 'Kardiolog' }, 'profile.specialization not_for_role'],
    ['patient', { experience_years: 1 }, 'profile.experience_years not_for_role'],
    ['doctor', { date_of_birth: '1990-05-17' }, 'profile.date_of_birth not_for_role'],
    ['patient', { date_of_birth: '2026-03-03' }, 'profile.date_of_birth birth_in_future'],
  ])('refuses a %s with %j', async (role, profile, field) => {
    expectProblem(await register(account({ role, profile })), 'invalid_input', { fields: [field] });
  });

  test('somebody can be born today by the clinic’s calendar', async () => {
    await register(account({ profile: { date_of_birth: '2026-03-02' } })).expect(201);
  });

  test('nothing is left behind by a registration that failed late', async () => {
    const username = 'half.way.there';
    await register(account({ username, profile: { date_of_birth: '2030-01-01' } })).expect(400);
    await register(account({ username })).expect(201);
  });

  test('writes no field that a stranger must not choose', async () => {
    const fine = account();
    const more = {
      id: 999,
      is_active: false,
      is_admin: true,
      created_at: '2000-01-01T00:00:00Z',
      deleted_at: '2000-01-01T00:00:00Z',
      password_hash: 'x',
    };
    const profile = { id: 999, user: 999, phone: '+998909999999' };
    expectProblem(await register({ ...fine, ...more, profile }), 'unknown_field', {
      fields: [
        ...Object.keys(more).map((name) => `${name} unknown_field`),
        ...Object.keys(profile).map((name) => `profile.${name} unknown_field`),
      ],
    });
    // Nobody was registered by it.
    const { body } = await register(fine).expect(201);
    expect(body).toMatchObject({ role: 'patient', is_active: true, phone: null });
    await login(body.username).expect(200);
  });
});

describe('POST /auth/login/', () => {
  test('gives a pair of tokens and the user', async () => {
    const registered = await register(account({ username: 'Dilnoza' })).expect(201);
    const signedIn = await login(' dILNOZA ').expect(200);
    expect(signedIn.body).toEqual({
      access: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refresh: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 900,
      user: registered.body,
    });
    const claims = claimsOf({ token: signedIn.body.access });
    expect(claims).toEqual({
      sub: String(registered.body.id),
      role: 'patient',
      sid: expect.any(Number),
      profile: registered.body.id,
      iss: 'clinic-booking-api',
      iat: expect.any(Number),
      exp: Number(claims.iat) + 900,
    });
  });

  test('tells a wrong password and an unknown name apart in nothing', async () => {
    const { username } = await clinic.person('patient');
    const wrong = await login(username, 'not-the-password');
    const unknown = await login('nobody.has.this', 'not-the-password');
    expectProblem(wrong, 'invalid_credentials');
    expect(unknown.status).toBe(wrong.status);
    expect(withoutItsRequest(unknown.body)).toEqual(withoutItsRequest(wrong.body));
    const names = (headers: Record<string, string>) => Object.keys(headers).sort();
    expect(names(unknown.headers)).toEqual(names(wrong.headers));
  });

  test('says that an account is deactivated only to whoever knows its password', async () => {
    const admin = await clinic.person('admin');
    const { id, username } = await clinic.person('patient');
    await clinic.as(admin).patch(`/users/${id}/`, { is_active: false }).expect(200);
    expectProblem(await login(username), 'account_inactive');
    expectProblem(await login(username, 'not-the-password'), 'invalid_credentials');
  });
});

describe('GET /auth/me/', () => {
  test.each(['patient', 'doctor', 'admin'] as const)('shows a %s who they are', async (role) => {
    const person = await clinic.person(role, { first_name: 'Aziza' });
    const { body } = await clinic.as(person).get('/auth/me/').expect(200);
    expect(body).toMatchObject({ id: person.id, username: person.username, role, first_name: 'Aziza' });
    expect(Object.keys(body.profile ?? {})).toEqual(
      {
        admin: [],
        doctor: [
          'role',
          'id',
          'specialization',
          'specialization_id',
          'experience_years',
          'gender',
          'photo',
          'approved_at',
        ],
        patient: ['role', 'id', 'phone', 'date_of_birth', 'gender'],
      }[role],
    );
  });
});
