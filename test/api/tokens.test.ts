import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { claimsOf, forge } from '../helpers/tokens.ts';

let clinic: TestApp;
let patient: Person;
let claims: Record<string, unknown>;
beforeAll(async () => {
  clinic = await testApp();
  patient = await clinic.person('patient');
  claims = claimsOf(patient);
});
afterAll(() => clinic.close());

/** One guarded route of each kind: any role, one role, an owner's record. */
const guarded = ['/auth/me/', '/patient/profile/', '/users/', '/appointments/1/'];
const NOW = Math.floor(Date.now() / 1000);

async function expectRefused(
  authorization: string,
  code: 'invalid_token' | 'token_expired' = 'invalid_token',
) {
  for (const path of guarded) {
    const answer = await clinic.as(undefined).get(path).set('authorization', authorization);
    expectProblem(answer, code);
  }
}

test('the forger of these tests makes tokens as good as the server’s, when it wants to', async () => {
  await clinic
    .as({ token: forge(claims) })
    .get('/auth/me/')
    .expect(200);
  // The scheme's name is written in any case (RFC 9110, section 11.1).
  for (const scheme of ['bearer', 'BEARER'])
    await clinic
      .as(undefined)
      .get('/auth/me/')
      .set('authorization', `${scheme} ${patient.token}`)
      .expect(200);
});

describe('a token is refused', () => {
  test.each([
    ['without a signature (alg none)', () => forge(claims, { algorithm: 'none' })],
    [
      'with alg none and the signature of another',
      () => `${forge(claims, { algorithm: 'none' })}${signatureOf(patient.token)}`,
    ],
    ['signed with HS384 and the right secret', () => forge(claims, { algorithm: 'HS384' })],
    ['signed with HS512 and the right secret', () => forge(claims, { algorithm: 'HS512' })],
    ['signed with another secret', () => forge(claims, { secret: 'another-secret-of-the-same-length!!' })],
    ['signed with an empty secret', () => forge(claims, { secret: '' })],
    ['of another issuer', () => forge({ ...claims, iss: 'somebody-else' })],
    ['of no issuer', () => forge({ ...claims, iss: undefined })],
    ['that never expires', () => forge({ ...claims, exp: undefined })],
    ['that expires in no number', () => forge({ ...claims, exp: 'tomorrow' })],
    ['not valid yet', () => forge({ ...claims, nbf: NOW + 3600 })],
    ['of nobody', () => forge({ ...claims, sub: 'nobody' })],
    ['without its person', () => forge({ ...claims, sub: undefined })],
    ['of a role that is none', () => forge({ ...claims, role: 'root' })],
    ['of the prototype as role', () => forge({ ...claims, role: '__proto__' })],
    ['without its session', () => forge({ ...claims, sid: undefined })],
    ['with a session that is text', () => forge({ ...claims, sid: '1 or 1=1' })],
    ['whose claims are a list', () => forge([claims])],
    [
      'with the claims of another role under its signature',
      () => swapClaims(patient.token, { ...claims, role: 'admin' }),
    ],
    ['without its last character', () => patient.token.slice(0, -1)],
    ['of two parts', () => patient.token.split('.').slice(0, 2).join('.')],
    ['of four parts', () => `${patient.token}.x`],
    ['that is a refresh token', () => patient.refresh],
    ['of dots', () => '..'],
    ['of 8,000 characters', () => 'x'.repeat(8_000)],
    ['twice over', () => `${patient.token} ${patient.token}`],
  ])('%s', async (_, make) => {
    await expectRefused(`Bearer ${make()}`);
  });

  test.each(['Bearer', 'Bearer ', 'Basic YTpi', 'Token x', 'null', '', `Bearer: x`])(
    'when the header is %j',
    async (header) => {
      await expectRefused(header);
    },
  );

  test('once it has expired, with a code of its own that says: refresh', async () => {
    await expectRefused(`Bearer ${forge({ ...claims, exp: NOW - 1 })}`, 'token_expired');
    // Only whom we once let in is told so much.
    await expectRefused(`Bearer ${forge({ ...claims, exp: NOW - 1 }, { secret: 'another' })}`);
  });
});

test('a token anywhere else than in its header is none', async () => {
  for (const request of [
    clinic.as(undefined).get(`/auth/me/?access_token=${patient.token}`),
    clinic.as(undefined).get('/auth/me/').set('cookie', `access=${patient.token}; token=${patient.token}`),
    clinic.as(undefined).get('/auth/me/').set('x-access-token', patient.token),
  ])
    expectProblem(await request, 'authentication_required');
});

test('a bad token is no matter where none is needed, and is refused before anything else is read', async () => {
  const bad = clinic.as({ token: 'x' });
  await bad.post('/auth/login/', { username: patient.username, password: 'a-long-quiet-river' }).expect(200);
  expectProblem(await bad.post('/appointments/', { timeslot: 'not even a number' }), 'invalid_token');
  expectProblem(await bad.get('/users/abc/?page=0'), 'invalid_token');
  expectProblem(await bad.get('/nowhere/'), 'route_not_found');
});

test('a token names its session, not only its person', async () => {
  // Another session's number under a good signature ends with that session.
  const other = await clinic.person('patient');
  const admin = await clinic.person('admin');
  const mixed = forge({ ...claims, sid: claimsOf(other).sid });
  await clinic.as({ token: mixed }).get('/auth/me/').expect(200);
  await clinic.as(admin).patch(`/users/${other.id}/`, { is_active: false }).expect(200);
  expectProblem(await clinic.as({ token: mixed }).get('/auth/me/'), 'session_ended');
  expect((await clinic.as(patient).get('/auth/me/').expect(200)).body.id).toBe(patient.id);
});

const signatureOf = (token: string) => token.split('.')[2] ?? '';

function swapClaims(token: string, changed: object): string {
  const [header, , signature] = token.split('.');
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}
