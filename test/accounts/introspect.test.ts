import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '../../src/core/scopes.ts';
import { makeSigningKeys } from '../../src/core/signing-keys.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { receptionist } from '../helpers/desk.ts';
import { expectProblem } from '../helpers/problem.ts';
import { claimsOf, forge } from '../helpers/tokens.ts';

const ISSUER = 'https://clinic.example';
const file = join(tmpdir(), `clinic-introspection-keys-${process.pid}.json`);
const FORM = 'application/x-www-form-urlencoded';

let clinic: TestApp;
let other: TestApp;
let admin: Person;
let key: string;
beforeAll(async () => {
  makeSigningKeys(file, Date.now());
  clinic = await testApp({ config: { jwt_private_keys: file, site_url: ISSUER } });
  // Another process of the same clinic, and its connections are its own.
  other = await testApp({ config: { jwt_private_keys: file, site_url: ISSUER }, url: clinic.url });
  admin = await clinic.person('admin');
  key = await makeKey(['tokens:introspect']);
});
afterAll(async () => {
  await other.close();
  await clinic.close();
  rmSync(file, { force: true });
});

const makeKey = async (scopes: Scope[]): Promise<string> =>
  (await clinic.as(admin).post('/api-keys/', { name: 'Records', scopes }).expect(201)).body.key;
const ask = (token: string, { by = key, at = clinic }: { by?: string; at?: TestApp } = {}) =>
  at.as({ token: by }).post('/auth/introspect/', { token });
const isActive = async (token: string, at?: TestApp) =>
  (await ask(token, at && { at }).expect(200)).body.active;

describe('a service that asks about a token', () => {
  test('hears whose it is, with the claims that it carries', async () => {
    const patient = await clinic.person('patient');
    const answer = await ask(patient.token).expect(200);
    const { sub, role, profile, sid, client_id, iss, aud, jti, iat, exp } = claimsOf(patient);
    expect(answer.body).toEqual({
      active: true,
      token_type: 'Bearer',
      ...{ sub, role, profile, sid, client_id, iss, aud, jti, iat, exp },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('hears to which branches somebody at the desk is bound', async () => {
    const { username } = await receptionist(clinic, [1]);
    const login = await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD });
    expect((await ask(login.body.access)).body).toMatchObject({ role: 'receptionist', branches: [1] });
  });

  test('hears of other branches at once, whatever the token says', async () => {
    const { id, username } = await receptionist(clinic);
    const login = await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD });
    const { access } = login.body;
    expect((await ask(access)).body).not.toHaveProperty('branches');
    await clinic
      .as(admin)
      .patch(`/users/${id}/`, { profile: { branches: [1] } })
      .expect(200);
    expect((await ask(access, { at: other })).body).toMatchObject({ active: true, branches: [1] });
    await clinic
      .as(admin)
      .patch(`/users/${id}/`, { profile: { branches: [] } })
      .expect(200);
    expect((await ask(access)).body).not.toHaveProperty('branches');
  });

  test('asks with a form, as RFC 7662 has it', async () => {
    const { token } = await clinic.person('patient');
    const post = (body: string, type = FORM) =>
      supertest(clinic.app.server)
        .post('/api/auth/introspect/')
        .set('authorization', `Bearer ${key}`)
        .set('content-type', type)
        .send(body);
    expect((await post(`token=${token}&token_type_hint=access_token`).expect(200)).body.active).toBe(true);
    expect((await post('token=a%20b').expect(200)).body).toEqual({ active: false });
    expectProblem(await post(`token=${token}&token=${token}`), 'malformed_request');
    expectProblem(await post('token_type_hint=access_token'), 'invalid_input', {
      fields: ['token required'],
    });
    expectProblem(await post(`token=${token}&__proto__=1`), 'unknown_field');
    expectProblem(await post(`token=${token}`, 'text/plain'), 'unsupported_media_type');
  });

  test('hears of a sign-out at once, in every process', async () => {
    const patient = await clinic.person('patient');
    expect([await isActive(patient.token), await isActive(patient.token, other)]).toEqual([true, true]);
    await clinic.as(patient).post('/auth/logout/').expect(204);
    // Nothing is waited for: the database is asked.
    expect([await isActive(patient.token, other), await isActive(patient.token)]).toEqual([false, false]);
  });

  test('hears of a deactivation, a new password and an erasure at once', async () => {
    const people = await Promise.all([1, 2, 3].map(() => clinic.person('patient')));
    const [out, changed, erased] = people as [Person, Person, Person];
    for (const { token } of people) expect(await isActive(token, other)).toBe(true);
    await clinic.as(admin).patch(`/users/${out.id}/`, { is_active: false }).expect(200);
    await clinic.as(admin).patch(`/users/${changed.id}/`, { password: 'eleven-apricot-trees' }).expect(200);
    await clinic.as(erased).delete('/auth/me/', { password: PASSWORD }).expect(204);
    for (const { token } of people) expect((await ask(token, { at: other })).body).toEqual({ active: false });
  });

  test('hears nothing of a token that does not serve but that', async () => {
    const patient = await clinic.person('patient');
    const claims = claimsOf(patient);
    const past = Math.floor(Date.now() / 1000) - 60;
    for (const token of [
      'x',
      'a.b.c',
      '....',
      '{}',
      '\u0000',
      patient.refresh,
      key,
      `${patient.token}x`,
      patient.token.slice(0, -3),
      patient.token.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"1"}').toString('base64url')}.`),
      forge(claims),
      forge({ ...claims, iss: 'clinic-booking-api', exp: past }),
      forge({ sub: '1', role: 'admin', sid: 1, iss: 'clinic-booking-api', exp: past + 600 }),
    ])
      expect((await ask(token).expect(200)).body, token).toEqual({ active: false });
    expectProblem(await ask('x'.repeat(2_001)), 'invalid_input', { fields: ['token too_long'] });
    expectProblem(await ask(''), 'invalid_input', { fields: ['token too_short'] });
  });
});

describe('who may ask', () => {
  test('is a key of that scope, or an admin; nobody else, and no other key', async () => {
    const patient = await clinic.person('patient');
    const doctor = await clinic.person('doctor');
    expectProblem(
      await clinic.as(undefined).post('/auth/introspect/', { token: patient.token }),
      'authentication_required',
    );
    for (const by of [patient.token, doctor.token, (await receptionist(clinic, [1])).token])
      expectProblem(await ask(patient.token, { by }), 'forbidden');
    const wrong = await makeKey(['users:read', 'slots:read']);
    expectProblem(await ask(patient.token, { by: wrong }), 'insufficient_scope');
    expect((await ask(patient.token, { by: admin.token }).expect(200)).body.active).toBe(true);
    const narrow = await clinic.as({ token: key }).get('/users/');
    expectProblem(narrow, 'insufficient_scope');
  });
});

test('without keys of its own the clinic knows the tokens of its secret', async () => {
  const plain = await testApp();
  try {
    const boss = await plain.person('admin');
    const patient = await plain.person('patient');
    const asked = () => plain.as(boss).post('/auth/introspect/', { token: patient.token }).expect(200);
    const { sub, role, sid, iss } = claimsOf(patient);
    expect((await asked()).body).toMatchObject({ active: true, sub, role, sid, iss });
    await plain.as(patient).post('/auth/logout/').expect(204);
    expect((await asked()).body).toEqual({ active: false });
  } finally {
    await plain.close();
  }
});
