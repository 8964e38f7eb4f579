import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { keyId } from '../../src/core/keys.ts';
import { accountsApp, CHANNELS, freshPhone, lastCode } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { claimsOf, forge } from '../helpers/tokens.ts';

const OLD = testConfig.jwt_secret;
const NEW = 'the-secret-after-it-6b2d9f4c1a8e7053';

let clinic: TestApp;
let person: Person;
beforeAll(async () => {
  clinic = await accountsApp();
  person = await clinic.person('patient');
});
afterAll(() => clinic.close());

const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

/** The same clinic in a process with other secrets. */
async function restarted(config: Partial<typeof testConfig>) {
  const { db, clock, url } = clinic;
  const app = await buildApp({
    db,
    clock,
    config: { ...testConfig, channels: CHANNELS, ...config, database_url: url },
  });
  const send = (method: 'GET' | 'POST', path: string, token?: string, payload?: object) =>
    app
      .inject({
        method,
        url: `/api${path}`,
        ...(token && { headers: { authorization: `Bearer ${token}` } }),
        ...(payload && { payload }),
      })
      .then((answer) => ({
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.body && JSON.parse(answer.body),
      }));
  return { send, close: () => app.close() };
}

describe('an access token', () => {
  test('says who, in which role, with which profile and in which session, and which key signed it', async () => {
    expect(claimsOf(person)).toMatchObject({ sub: String(person.id), role: 'patient', profile: person.id });
    expect(claimsOf(person).sid).toEqual(expect.any(Number));
    expect(headerOf(person.token)).toEqual({ alg: 'HS256', typ: 'JWT', kid: keyId(OLD) });
    expect(claimsOf(await clinic.person('admin')).profile).toBeNull();
  });

  test('without a key id is one of the present key', async () => {
    const { sub, role, sid, iss, exp } = claimsOf(person);
    await clinic
      .as({ token: forge({ sub, role, sid, iss, exp }) })
      .get('/auth/me/')
      .expect(200);
  });

  test('that names a key of nobody, or of somebody else, is refused', async () => {
    const [header = '', claims = ''] = person.token.split('.');
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    for (const kid of ['other', '', '__proto__', keyId(NEW)]) {
      const renamed = [encode({ alg: 'HS256', typ: 'JWT', kid }), claims, person.token.split('.')[2]].join(
        '.',
      );
      expectProblem(await clinic.as({ token: renamed }).get('/auth/me/'), 'invalid_token');
    }
    expect(header).toBeTruthy();
  });
});

describe('a new signing secret', () => {
  test('with the old one as the previous signs nobody out, and signs with the new one', async () => {
    const next = await restarted({
      jwt_secret: NEW,
      jwt_previous_secrets: ['one-before-both-0a1b2c3d4e5f6071', OLD],
    });
    try {
      expect((await next.send('GET', '/auth/me/', person.token)).status).toBe(200);
      const signedIn = await next.send('POST', '/auth/login/', undefined, {
        username: person.username,
        password: PASSWORD,
      });
      expect(headerOf(signedIn.body.access).kid).toBe(keyId(NEW));
      // A process that has not been restarted yet does not know the new key; it knows its own.
      expectProblem(await clinic.as({ token: signedIn.body.access }).get('/auth/me/'), 'invalid_token');
      await clinic.as(person).get('/auth/me/').expect(200);
    } finally {
      await next.close();
    }
  });

  test('without the old one signs everybody out of access, and leaves them their refresh token', async () => {
    const next = await restarted({ jwt_secret: NEW });
    try {
      expectProblem(await next.send('GET', '/auth/me/', person.token), 'invalid_token');
      const { status } = await next.send('POST', '/auth/token/refresh/', undefined, {
        refresh: person.refresh,
      });
      expect(status).toBe(200);
    } finally {
      await next.close();
    }
  });

  test('leaves codes good that were sent before', async () => {
    const other = await clinic.person('patient', { phone: freshPhone() });
    await clinic.as(other).post('/auth/phone/verify/', {}).expect(202);
    const code = await lastCode(clinic, other.id);
    const next = await restarted({ jwt_secret: NEW, jwt_previous_secrets: [OLD] });
    try {
      const { status } = await next.send('POST', '/auth/phone/verify/confirm/', other.token, { code });
      expect(status).toBe(200);
    } finally {
      await next.close();
    }
  });
});
