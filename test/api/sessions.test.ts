import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const me = (token: string) => clinic.as({ token }).get('/auth/me/');
const refresh = (token: string) => clinic.as(undefined).post('/auth/token/refresh/', { refresh: token });
const login = (username: string, password = PASSWORD) =>
  clinic.as(undefined).post('/auth/login/', { username, password });

/** A second device of the same person. */
async function secondDevice({ username }: Person): Promise<{ token: string; refresh: string }> {
  const { body } = await login(username).expect(200);
  return { token: body.access, refresh: body.refresh };
}

async function expectOut(device: { token: string; refresh: string }): Promise<void> {
  expectProblem(await me(device.token), 'session_ended');
  expectProblem(await refresh(device.refresh), 'invalid_refresh_token');
}

describe('POST /auth/token/refresh/', () => {
  test('gives a new pair; the access token before it goes on to serve', async () => {
    const person = await clinic.person('patient');
    const { body } = await refresh(person.refresh).expect(200);
    expect(body).toEqual({
      access: expect.any(String),
      refresh: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 900,
    });
    expect(body.refresh).not.toBe(person.refresh);
    expect((await me(body.access).expect(200)).body.id).toBe(person.id);
    await me(person.token).expect(200);
    await refresh(body.refresh).expect(200);
  });

  test('a token used twice ends its session, access tokens included, and no other session', async () => {
    const person = await clinic.person('patient');
    const other = await secondDevice(person);
    const { body: first } = await refresh(person.refresh).expect(200);
    const { body } = await refresh(first.refresh).expect(200);
    expectProblem(await refresh(person.refresh), 'invalid_refresh_token');
    await expectOut({ token: body.access, refresh: body.refresh });
    expectProblem(await me(person.token), 'session_ended');
    await me(other.token).expect(200);
    await refresh(other.refresh).expect(200);
  });

  test('an unknown token is refused and ends nothing', async () => {
    const person = await clinic.person('patient');
    expectProblem(await refresh('A'.repeat(43)), 'invalid_refresh_token');
    expectProblem(await refresh(person.token), 'invalid_input', { fields: ['refresh too_long'] });
    await me(person.token).expect(200);
  });

  test('a token serves for its 30 days and not a moment longer', async () => {
    const issued = '2026-03-02T04:00:00Z';
    clinic.clock.set(issued);
    const [inTime, late] = [await clinic.person('patient'), await clinic.person('patient')];
    clinic.clock.set('2026-04-01T03:59:59Z');
    const renewed = await refresh(inTime.refresh).expect(200);
    clinic.clock.set('2026-04-01T04:00:00Z');
    expectProblem(await refresh(late.refresh), 'invalid_refresh_token');
    // An expired token is no theft: nobody is put out by it, and the renewed one has 30 days of its own.
    await me(late.token).expect(200);
    clinic.clock.set('2026-05-01T03:59:58Z');
    await refresh(renewed.body.refresh).expect(200);
    clinic.clock.set(issued);
  });

  test('only a hash of the token is stored', async () => {
    const person = await clinic.person('patient');
    const hash = createHash('sha256').update(person.refresh).digest();
    const { rows } = await clinic.db.$client.query(
      'select t.token_hash from refresh_tokens t join sessions s on s.id = t.session_id where s.user_id = $1',
      [person.id],
    );
    expect(rows).toEqual([{ token_hash: hash }]);
  });
});

describe('all sessions of a person end at once when an admin', () => {
  test.each([
    ['changes the role', { role: 'doctor' }],
    ['changes the password', { password: 'another-quiet-river' }],
    ['deactivates the account', { is_active: false }],
    ['changes more besides', { first_name: 'Aziza', password: 'another-quiet-river' }],
  ])('%s', async (_, changes) => {
    const person = await clinic.person('patient');
    const other = await secondDevice(person);
    await clinic.as(admin).patch(`/users/${person.id}/`, changes).expect(200);
    await expectOut(person);
    await expectOut(other);
  });

  test('erases the account', async () => {
    const person = await clinic.person('patient');
    await clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD }).expect(204);
    await expectOut(person);
  });
});

test('changes that are no reason to sign in again leave sessions alone', async () => {
  const person = await clinic.person('patient');
  const changes = {
    first_name: 'Aziza',
    phone: '+998901234567',
    locale: 'ru',
    role: 'patient',
    is_active: true,
  };
  await clinic.as(admin).patch(`/users/${person.id}/`, changes).expect(200);
  await me(person.token).expect(200);
  await refresh(person.refresh).expect(200);
});

test('a new password replaces the old one', async () => {
  const person = await clinic.person('patient');
  const password = 'another-quiet-river';
  await clinic.as(admin).patch(`/users/${person.id}/`, { password }).expect(200);
  expectProblem(await login(person.username), 'invalid_credentials');
  await login(person.username, password).expect(200);
});

test('whoever is activated again signs in again; what was put out stays out', async () => {
  const person = await clinic.person('patient');
  await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }).expect(200);
  await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: true }).expect(200);
  await expectOut(person);
  const { body } = await login(person.username).expect(200);
  await me(body.access).expect(200);
});

test('the new role holds from the next sign-in on', async () => {
  const person = await clinic.person('patient');
  await clinic.as(admin).patch(`/users/${person.id}/`, { role: 'doctor' }).expect(200);
  const again = await secondDevice(person);
  expect((await me(again.token).expect(200)).body.role).toBe('doctor');
  await clinic.as(again).get('/doctor/profile/').expect(200);
  await clinic.as(again).get('/patient/profile/').expect(403);
});

test('another process on the same database hears of it', async () => {
  const { db, clock, url } = clinic;
  const second = await buildApp({ db, clock, config: { ...testConfig, database_url: url } });
  const person = await clinic.person('patient');
  const ask = async () => {
    const headers = { authorization: `Bearer ${person.token}` };
    return (await second.inject({ url: '/api/auth/me/', headers })).statusCode;
  };
  try {
    expect(await ask()).toBe(200);
    await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }).expect(200);
    await vi.waitFor(async () => expect(await ask()).toBe(401), 30_000);
  } finally {
    await second.close();
  }
});
