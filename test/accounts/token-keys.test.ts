import { createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jwksRsa from 'jwks-rsa';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import {
  makeSigningKeys,
  newSigningKey,
  openSigningKeys,
  readSigningKeys,
  servingOf,
  signerOf,
  writeSigningKeys,
} from '../../src/core/signing-keys.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { receptionist } from '../helpers/desk.ts';
import { expectProblem } from '../helpers/problem.ts';
import { startProcess } from '../helpers/process.ts';
import { hasPython, python } from '../helpers/python.ts';
import { listening } from '../helpers/raw.ts';
import { claimsOf, forge } from '../helpers/tokens.ts';

const ISSUER = 'https://clinic.example';
const AUDIENCE = 'https://records.example';
const file = join(tmpdir(), `clinic-token-keys-${process.pid}.json`);
const minute = 60_000;
const ago = (minutes: number) => Date.now() - minutes * minute;
const signing = { jwt_private_keys: file, site_url: ISSUER, token_audience: AUDIENCE };

let clinic: TestApp;
let patient: Person;
beforeAll(async () => {
  makeSigningKeys(file, Date.now());
  clinic = await testApp({ config: signing });
  patient = await clinic.person('patient');
});
afterAll(async () => {
  await clinic.close();
  rmSync(file, { force: true });
});

const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const get = async (path: string) => clinic.app.inject({ url: path });
const me = (token: string) => clinic.as({ token }).get('/auth/me/');
const present = () => signerOf(readSigningKeys(file), Date.now());
/** The file is looked at again after a second. */
const seen = async (kid: string | undefined) => {
  for (;;) {
    const { keys } = (await get('/.well-known/jwks.json')).json();
    if (keys.some((key: { kid: string }) => key.kid === kid)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
/** A token signed by hand with a private key in JWK. */
function signed(header: object, claims: object, key = present()): string {
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: key?.kid, ...header })}.${encode(claims)}`;
  const privateKey = createPrivateKey({ key: key as never, format: 'jwk' });
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

describe('an access token that others verify', () => {
  test('has the header and the claims of RFC 9068', async () => {
    expect(headerOf(patient.token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: present()?.kid });
    const claims = claimsOf(patient) as Record<'iat' | 'exp', number>;
    expect(claims).toMatchObject({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: String(patient.id),
      client_id: 'clinic',
      role: 'patient',
      profile: patient.id,
      sid: expect.any(Number),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(claims).not.toHaveProperty('branches');
    // Issued some seconds back, for verifiers whose clock is behind; it serves for as long as the answer says.
    expect(claims.exp - claims.iat).toBe(905);
    await me(patient.token).expect(200);
  });

  test('says to which branches somebody at the desk is bound', async () => {
    const { username } = await receptionist(clinic, [1]);
    const login = await clinic
      .as(undefined)
      .post('/auth/login/', { username, password: PASSWORD })
      .expect(200);
    expect(claimsOf({ token: login.body.access })).toMatchObject({ role: 'receptionist', branches: [1] });
  });

  test('is refused with another type, issuer, audience, algorithm or key, or changed', async () => {
    const claims = claimsOf(patient);
    const publicPem = createPublicKey(createPrivateKey({ key: present() as never, format: 'jwk' })).export({
      type: 'spki',
      format: 'pem',
    });
    const confused = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: present()?.kid })}.${encode(claims)}`;
    const bad: Record<string, string> = {
      type: signed({ typ: 'JWT' }, claims),
      'no type': signed({ typ: undefined }, claims),
      issuer: signed({}, { ...claims, iss: 'https://evil.example' }),
      'issuer of the old kind': signed({}, { ...claims, iss: 'clinic-booking-api' }),
      audience: signed({}, { ...claims, aud: 'https://other.example' }),
      'no audience': signed({}, { ...claims, aud: undefined }),
      'no expiry': signed({}, { ...claims, exp: undefined }),
      key: signed({}, claims, newSigningKey(Date.now())),
      'a key that names ours': signed({ kid: present()?.kid }, claims, newSigningKey(Date.now())),
      'a key that it brings along': signed(
        { kid: 'own', jwk: newSigningKey(0), jku: 'https://evil.example/jwks.json' },
        claims,
        newSigningKey(Date.now()),
      ),
      'public key as secret': `${confused}.${createHmac('sha256', publicPem).update(confused).digest('base64url')}`,
      none: `${encode({ alg: 'none', typ: 'at+jwt', kid: present()?.kid })}.${encode(claims)}.`,
      critical: signed({ crit: ['exp'] }, claims),
      changed: patient.token.replace(/\.[^.]+\./, `.${encode({ ...claims, role: 'admin' })}.`),
    };
    for (const [what, token] of Object.entries(bad)) {
      const answer = await me(token);
      expect(answer.body.code, what).toBe('invalid_token');
      expectProblem(answer, 'invalid_token');
    }
    expectProblem(await me(signed({}, { ...claims, exp: Math.floor(ago(1) / 1000) })), 'token_expired');
    await me(signed({ typ: 'application/AT+JWT' }, { ...claims, aud: ['x', AUDIENCE] })).expect(200);
  });

  test('of the shared secret lives out its time if it is from before, and is refused otherwise', async () => {
    const { rows } = await clinic.db.$client.query<{ since: string }>('select since from token_algorithms');
    const since = Math.floor(Date.parse(rows[0]?.since ?? '') / 1000);
    const { sub, role, sid } = claimsOf(patient);
    const old = { sub, role, sid, iss: 'clinic-booking-api' };
    await me(forge({ ...old, iat: since - 1, exp: since + 899 })).expect(200);
    for (const claims of [
      { iat: since + 1, exp: since + 901 },
      { iat: since - 1, exp: since + 3600 },
      { exp: since + 600 },
    ])
      expectProblem(await me(forge({ ...old, ...claims })), 'invalid_token');
    // Another process that starts later has the same beginning.
    const app = await buildApp({
      db: clinic.db,
      clock: clinic.clock,
      config: { ...testConfig, ...signing, database_url: clinic.url },
    });
    onTestFinished(() => app.close());
    await app.ready();
    const { rows: again } = await clinic.db.$client.query('select since from token_algorithms');
    expect(again).toEqual(rows);
  });
});

describe('what others need', () => {
  test('are the public keys, which caches keep for ten minutes', async () => {
    const answer = await get('/.well-known/jwks.json');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'cache-control': 'public, max-age=600',
      'content-type': 'application/jwk-set+json; charset=utf-8',
      'access-control-allow-origin': '*',
    });
    const { d, signs_from, ...published } = present() ?? newSigningKey(0);
    expect(d).toBeTruthy();
    expect(signs_from).toBeTruthy();
    expect(answer.json()).toEqual({ keys: [published] });
  });

  test('is found by the issuer’s name', async () => {
    const answer = await get('/.well-known/oauth-authorization-server');
    expect(answer.json()).toMatchObject({ issuer: ISSUER, jwks_uri: `${ISSUER}/.well-known/jwks.json` });
  });

  test('is not there without keys', async () => {
    const plain = await testApp();
    onTestFinished(() => plain.close());
    for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server'])
      expect((await plain.app.inject({ url: path })).statusCode).toBe(404);
  });
});

describe('a rotation', () => {
  const VERIFY = `
import sys, jwt
client = jwt.PyJWKClient(sys.argv[1])
for token in sys.stdin.read().split():
    try:
        key = client.get_signing_key_from_jwt(token).key
        claims = jwt.decode(token, key, algorithms=['ES256'], issuer=sys.argv[2], audience=sys.argv[3])
        print('ok', claims['sub'])
    except Exception as error:
        print(type(error).__name__)
`;
  const has_python = hasPython('jwt', 'verification of tokens by python3-jwt');
  let jwks_url: string;
  beforeAll(async () => {
    const { port } = await listening(clinic.app);
    jwks_url = `http://127.0.0.1:${port}/.well-known/jwks.json`;
  });

  /** Verifiers as services would set them up, each with a cache of its own. */
  function verifiers() {
    const set = createRemoteJWKSet(new URL(jwks_url), { cooldownDuration: 0 });
    const client = jwksRsa({ jwksUri: jwks_url, cache: true, rateLimit: false });
    return {
      jose: (token: string) =>
        jwtVerify(token, set, {
          issuer: ISSUER,
          audience: AUDIENCE,
          algorithms: ['ES256'],
          typ: 'at+jwt',
        }).then(({ payload }) => payload.sub),
      'jwks-rsa': async (token: string) => {
        const key = (await client.getSigningKey(headerOf(token).kid)).getPublicKey();
        const [header, claims, signature = ''] = token.split('.');
        const input = Buffer.from(`${header}.${claims}`);
        const good = verify(
          'sha256',
          input,
          { key, dsaEncoding: 'ieee-p1363' },
          Buffer.from(signature, 'base64url'),
        );
        if (!good) throw new Error('a bad signature');
        return claimsOf({ token }).sub;
      },
    };
  }

  let refresh: string;
  /** A fresh token from a client that goes on working. */
  async function next(): Promise<string> {
    const answer = await clinic.as(undefined).post('/auth/token/refresh/', { refresh }).expect(200);
    refresh = answer.body.refresh;
    return answer.body.access;
  }
  beforeEach(() => {
    writeSigningKeys(file, [newSigningKey(ago(30))]);
  });

  test('under load: nobody refuses a token, here, in jose, in jwks-rsa or in python3-jwt', async () => {
    await seen(present()?.kid);
    const login = await clinic
      .as(undefined)
      .post('/auth/login/', { username: patient.username, password: PASSWORD });
    refresh = login.body.refresh;
    const { jose, 'jwks-rsa': rsa } = verifiers();
    const before = present()?.kid;
    const tokens: string[] = [];
    let after = 0;
    const rotated = newSigningKey(Date.now() + 3_000);
    for (let round = 0; after < 20; round += 1) {
      // Published while verifiers are at work, and their caches are full.
      if (round === 10) writeSigningKeys(file, [rotated, ...readSigningKeys(file)]);
      const token = await next();
      tokens.push(token);
      if (headerOf(token).kid === rotated.kid) after += 1;
      // The first of all is verified again beside the newest: a token in somebody's hand outlives the change of keys.
      for (const one of [token, tokens[0] ?? '']) {
        await me(one).expect(200);
        expect(await jose(one)).toBe(String(patient.id));
        expect(await rsa(one)).toBe(String(patient.id));
      }
    }
    expect(new Set(tokens.map((token) => headerOf(token).kid))).toEqual(new Set([before, rotated.kid]));
    if (!has_python) return;
    const said = await python(VERIFY, [jwks_url, ISSUER, AUDIENCE], tokens.join('\n'));
    expect(said).toEqual(tokens.map(() => `ok ${patient.id}`));
  });

  test('ends with the old key: once its last token has expired, none of it is accepted', async () => {
    const old = present();
    await seen(old?.kid);
    const login = await clinic
      .as(undefined)
      .post('/auth/login/', { username: patient.username, password: PASSWORD });
    const token: string = login.body.access;
    expect(headerOf(token).kid).toBe(old?.kid);
    await me(token).expect(200);
    // As if the new key had signed for seventeen minutes already: the token would still have some to live.
    const fresh = newSigningKey(ago(17));
    writeSigningKeys(file, [
      fresh,
      { ...newSigningKey(0), ...old, signs_from: new Date(ago(40)).toISOString() },
    ]);
    await seen(fresh.kid);
    expect((await get('/.well-known/jwks.json')).json().keys).toHaveLength(1);
    expectProblem(await me(token), 'invalid_token');
    const { jose, 'jwks-rsa': rsa } = verifiers();
    await expect(jose(token)).rejects.toThrow();
    await expect(rsa(token)).rejects.toThrow();
    if (has_python)
      expect(await python(VERIFY, [jwks_url, ISSUER, AUDIENCE], token)).toEqual(['PyJWKClientError']);
    // Nobody is signed out: the refresh token serves.
    await clinic.as(undefined).post('/auth/token/refresh/', { refresh: login.body.refresh }).expect(200);
  });
});

describe('the file of keys', () => {
  test('says which key signs and which serve, by the clock', () => {
    const [first, second] = [newSigningKey(0), newSigningKey(100 * minute)];
    const keys = [second, first];
    const kids = (now: number) => servingOf(keys, now * minute, 15 * minute).map(({ kid }) => kid);
    expect(signerOf(keys, 99 * minute)).toBe(first);
    expect(kids(90)).toEqual([second.kid, first.kid]);
    expect(signerOf(keys, 100 * minute)).toBe(second);
    expect(kids(115.9)).toEqual([second.kid, first.kid]);
    expect(kids(116)).toEqual([second.kid]);
    expect(signerOf([second], 0)).toBe(second);
  });

  test('that breaks or goes away leaves a process with what it read', () => {
    const own = join(tmpdir(), `clinic-broken-keys-${process.pid}.json`);
    onTestFinished(() => rmSync(own, { force: true }));
    let now = Date.now();
    makeSigningKeys(own, now);
    const keys = openSigningKeys(own, 15 * minute, () => now);
    const { kid } = keys.signer();
    rmSync(own);
    now += 5_000;
    expect(keys.signer().kid).toBe(kid);
    expect(() => openSigningKeys(own, minute, Date.now)).toThrow(
      /^JWT_PRIVATE_KEYS cannot be used \(ENOENT\)[^\n]*$/,
    );
  });

  test('is made, rotated and replaced by a command', async () => {
    const own = join(tmpdir(), `clinic-command-keys-${process.pid}.json`);
    onTestFinished(() => rmSync(own, { force: true }));
    const run = async (...flags: string[]) => {
      const started = startProcess(['src/cli/keys-rotate.ts', ...flags], {
        JWT_PRIVATE_KEYS: own,
        PUBLIC_URL: ISSUER,
      });
      return { code: await started.exited, said: started.output() };
    };
    expect(await run('--new')).toMatchObject({ code: 0 });
    const [first] = readSigningKeys(own);
    expect(await run('--new')).toMatchObject({
      code: 1,
      said: expect.stringContaining('nothing was changed'),
    });
    expect(await run()).toMatchObject({ code: 0, said: expect.stringContaining('is published now') });
    const [second, ...others] = readSigningKeys(own);
    expect(others).toEqual([first]);
    expect(Date.parse(second?.signs_from ?? '') - Date.now()).toBeGreaterThan(10 * minute);
    expect(await run()).toMatchObject({ code: 1, said: expect.stringContaining('under way') });
    expect(await run('--now')).toMatchObject({ code: 0 });
    const kids = readSigningKeys(own).map(({ kid }) => kid);
    expect(kids).toHaveLength(1);
    expect([first?.kid, second?.kid]).not.toContain(kids[0]);
    expect(readFileSync(own, 'utf8')).not.toContain(first?.d);
  });
});
