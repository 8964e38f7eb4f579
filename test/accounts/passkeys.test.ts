import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { siteOf } from '../../src/modules/auth/passkeys/passkeys.rules.ts';
import { accountsApp, pass } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import {
  addPasskey,
  challenged,
  comeByPasskey,
  type Device,
  device,
  type Oddities,
} from '../helpers/passkeys.ts';
import { expectProblem } from '../helpers/problem.ts';
import { actionsOf } from '../helpers/providers.ts';
import { enrol } from '../helpers/two-step.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await accountsApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const nobody = () => clinic.as(undefined);
const signIn = (credential: object) => nobody().post('/auth/passkeys/sign-in/', { credential });
const list = async (person: Pick<Person, 'token'>) =>
  (await clinic.as(person).get('/auth/passkeys/').expect(200)).body.results;
const start = async (person: Pick<Person, 'token'>) =>
  (await clinic.as(person).post('/auth/passkeys/start/').expect(200)).body.public_key;

/** All that a sign-in, or an addition, could change. */
async function counts() {
  const { rows } = await clinic.db.$client.query(
    `select (select count(*)::int from sessions) as sessions, (select count(*)::int from passkeys) as passkeys,
       (select coalesce(sum(counter), 0)::int from passkeys) as counted`,
  );
  return rows[0];
}

describe('a passkey', () => {
  test('is added, listed, signs in, and is removed', async () => {
    const person = await clinic.person('patient');
    const options = await start(person);
    expect(options).toMatchObject({
      rp: { id: 'clinic.example' },
      user: { name: person.username },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [],
    });
    expect(Buffer.from(options.user.id, 'base64url')).toHaveLength(32);
    // Whichever algorithms this version of Node knows.
    expect(options.pubKeyCredParams.map(({ alg }: { alg: number }) => alg)).toEqual([-8, -7, -257]);
    const phone = device();
    const credential = phone.create(options);
    const added = await clinic.as(person).post('/auth/passkeys/', { credential }).expect(201);
    expect(added.body).toMatchObject({ last_used_at: null, is_backed_up: false });
    expect(added.body.name).not.toBe('');

    const signed = await comeByPasskey(clinic, phone);
    expect(signed.status).toBe(200);
    expect(signed.body.user.id).toBe(person.id);
    await clinic.as({ token: signed.body.access }).get('/auth/me/').expect(200);
    await nobody().post('/auth/token/refresh/', { refresh: signed.body.refresh }).expect(200);
    expect(await list(person)).toMatchObject([{ id: added.body.id, last_used_at: expect.any(String) }]);

    await clinic.as(person).delete(`/auth/passkeys/${added.body.id}/`).expect(204);
    expect(await list(person)).toEqual([]);
    expectProblem(await comeByPasskey(clinic, phone), 'invalid_passkey');
    expectProblem(await clinic.as(person).delete(`/auth/passkeys/${added.body.id}/`), 'passkey_not_found');
    expect(await actionsOf(clinic, person.id)).toEqual(
      expect.arrayContaining(['passkey.add', 'sign_in', 'passkey.remove']),
    );
  });

  test('is told to its owner, and asks for no second one of the same device', async () => {
    const person = await clinic.person('doctor');
    const { device: phone } = await addPasskey(clinic, person);
    const inbox = await clinic.as(person).get('/notifications/').expect(200);
    expect(inbox.body.results[0]).toMatchObject({ kind: 'identity_linked', title: 'A passkey was added' });
    const again = await start(person);
    expect(again.excludeCredentials).toEqual([{ id: phone.id, type: 'public-key' }]);
    await addPasskey(clinic, person);
    const { rows } = await clinic.db.$client.query<{ handles: number }>(
      'select count(distinct user_handle)::int as handles from passkeys where user_id = $1',
      [person.id],
    );
    expect(rows[0]?.handles).toBe(1);
  });

  test('counts as both steps, also where the staff cannot do without', async () => {
    const strict = await accountsApp({ staff_two_step: 'required' }, { url: clinic.url });
    onTestFinished(() => strict.close());
    const person = await clinic.person('receptionist');
    const { device: phone } = await addPasskey(clinic, person);
    const login = await strict
      .as(undefined)
      .post('/auth/login/', { username: person.username, password: PASSWORD });
    expectProblem(login, 'second_step_required');
    expect(login.body.next).toBe('enrol');
    expect((await comeByPasskey(strict, phone)).status).toBe(200);

    const careful = await clinic.person('patient');
    const { device: key } = await addPasskey(clinic, careful);
    await enrol(clinic, careful);
    expect((await comeByPasskey(clinic, key)).body.user.id).toBe(careful.id);
  });

  test('takes a sign-in within five minutes to be added, and none to be used', async () => {
    const person = await clinic.person('patient');
    const { device: phone } = await addPasskey(clinic, person);
    pass(clinic.clock, 301);
    expectProblem(await clinic.as(person).post('/auth/passkeys/start/'), 'sign_in_again');
    const { body } = await comeByPasskey(clinic, phone);
    await addPasskey(clinic, { token: body.access });
    expect(await list(person)).toHaveLength(2);
  });

  test('lets nobody in whose account is deactivated or erased', async () => {
    const person = await clinic.person('patient');
    const { device: phone } = await addPasskey(clinic, person);
    await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }).expect(200);
    expectProblem(await comeByPasskey(clinic, phone), 'account_inactive');
    await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: true }).expect(200);
    const { body } = await comeByPasskey(clinic, phone);
    const exported = await clinic.as({ token: body.access }).get('/auth/me/export/').expect(200);
    expect(exported.body.passkeys).toMatchObject([{ name: 'Phone', last_used_at: expect.any(String) }]);
    await start({ token: body.access });
    await clinic.as({ token: body.access }).delete('/auth/me/', { password: PASSWORD }).expect(204);
    expectProblem(await comeByPasskey(clinic, phone), 'invalid_passkey');
    const { rows } = await clinic.db.$client.query(
      `select 1 from passkeys where user_id = $1 union all select 1 from passkey_challenges where user_id = $1`,
      [person.id],
    );
    expect(rows).toEqual([]);
  });

  test('goes with a new password that an admin has given: somebody else may have added it', async () => {
    const person = await clinic.person('patient');
    const { device: phone } = await addPasskey(clinic, person);
    await clinic.as(admin).patch(`/users/${person.id}/`, { password: 'eleven-apricot-trees' }).expect(200);
    expectProblem(await comeByPasskey(clinic, phone), 'invalid_passkey');
    expect(await actionsOf(clinic, person.id)).toContain('passkey.remove');
  });

  test('is one of twenty at most', async () => {
    const person = await clinic.person('patient');
    const options = await start(person);
    for (let n = 0; n < 20; n += 1) await addPasskey(clinic, person);
    expectProblem(await clinic.as(person).post('/auth/passkeys/start/'), 'too_many_passkeys');
    const late = { credential: device().create(options) };
    expectProblem(await clinic.as(person).post('/auth/passkeys/', late), 'too_many_passkeys');
  });

  test('of an API key there is none', async () => {
    const key = await clinic.as(admin).post('/api-keys/', { name: 'Till', role: 'admin' }).expect(201);
    for (const [method, path] of [
      ['get', '/auth/passkeys/'],
      ['post', '/auth/passkeys/start/'],
      ['post', '/auth/passkeys/'],
      ['delete', '/auth/passkeys/1/'],
    ] as const)
      expectProblem(await clinic.as({ token: key.body.key })[method](path), 'insufficient_scope');
  });
});

describe('the last way in', () => {
  test('stays, be it a passkey or an account elsewhere', async () => {
    const person = await clinic.person('patient');
    const [first, second] = [await addPasskey(clinic, person), await addPasskey(clinic, person)];
    await clinic.db.$client.query('update users set password_hash = null where id = $1', [person.id]);
    const remove = (id: number) => clinic.as(person).delete(`/auth/passkeys/${id}/`);
    await remove(first.id).expect(204);
    expectProblem(await remove(second.id), 'last_way_in');
    expect((await comeByPasskey(clinic, second.device)).status).toBe(200);
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `insert into identities (user_id, provider, issuer, subject) values ($1, 'gone', 'https://gone.example', 'x')
       returning id`,
      [person.id],
    );
    // A provider that is set up no longer lets nobody in.
    expectProblem(await remove(second.id), 'last_way_in');
    await clinic.as(person).delete(`/auth/identities/${rows[0]?.id}/`).expect(204);
  });

  test('is refused to two at once', async () => {
    const person = await clinic.person('patient');
    const passkeys = [await addPasskey(clinic, person), await addPasskey(clinic, person)];
    await clinic.db.$client.query('update users set password_hash = null where id = $1', [person.id]);
    const answers = await Promise.all(
      passkeys.map(({ id }) => clinic.as(person).delete(`/auth/passkeys/${id}/`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
  });
});

describe('a sign-in is refused, and nothing changes,', () => {
  let owner: Person;
  let phone: Device;
  beforeAll(async () => {
    owner = await clinic.person('patient');
    phone = (await addPasskey(clinic, owner)).device;
    await comeByPasskey(clinic, phone);
  });

  /** The same attack does what it should once it is none. */
  async function refused(attack: (options: { challenge: string }) => object | Promise<object>) {
    const options = await challenged(clinic);
    const before = await counts();
    expectProblem(await signIn(await attack(options)), 'invalid_passkey');
    expect(await counts()).toEqual(before);
    expect((await comeByPasskey(clinic, phone)).status).toBe(200);
  }

  test.each<[string, Oddities]>([
    ['from another site’s page', { origin: 'https://evil.example' }],
    ['from another port of this site', { origin: 'https://clinic.example:8443' }],
    ['from this site without TLS', { origin: 'http://clinic.example' }],
    ['from within another site’s page', { crossOrigin: true }],
    ['for another site’s name', { rp: 'evil.example' }],
    ['without that its holder was verified', { uv: false }],
    ['without that anybody was there', { up: false }],
    ['as if it were an addition', { type: 'webauthn.create' }],
    ['for a challenge that nobody was given', { challenge: randomBytes(32).toString('base64url') }],
    ['for an empty challenge', { challenge: '' }],
    ['for somebody else’s account', { userHandle: randomBytes(32).toString('base64url') }],
    ['for nobody’s account', { userHandle: '' }],
    ['by the id of a passkey that nobody has', { id: randomBytes(16).toString('base64url') }],
    ['by a device that has counted backwards: it was cloned', { counter: 1 }],
    ['by a device that counts no more', { counter: 0 }],
  ])('%s', async (_name, oddities) => {
    await refused((options) => phone.get(options, oddities));
  });

  test('with another one’s key under its id', async () => {
    const foreign = device();
    const { user } = await start(owner);
    await refused((options) => {
      foreign.create({ ...options, user });
      return foreign.get(options, { id: phone.id });
    });
  });

  test('with another person’s passkey under one’s own handle', async () => {
    const other = await clinic.person('patient');
    const { device: theirs } = await addPasskey(clinic, other);
    const { user } = await start(owner);
    await refused((options) => theirs.get(options, { userHandle: user.id }));
  });

  test('a second time with the same answer, or for the same challenge', async () => {
    const options = await challenged(clinic);
    const credential = phone.get(options);
    await signIn(credential).expect(200);
    const before = await counts();
    expectProblem(await signIn(credential), 'invalid_passkey');
    expectProblem(await signIn(phone.get(options)), 'invalid_passkey');
    expect(await counts()).toEqual(before);
  });

  test('of two at once with the same answer one', async () => {
    const credential = phone.get(await challenged(clinic));
    const answers = await Promise.all([signIn(credential), signIn(credential)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  test('after a try that failed with the same challenge', async () => {
    await refused(async (options) => {
      expectProblem(await signIn(phone.get(options, { uv: false })), 'invalid_passkey');
      return phone.get(options);
    });
  });

  test('with the challenge of an addition', async () => {
    await refused(async () => phone.get(await start(owner)));
  });

  test('after five minutes', async () => {
    const options = await challenged(clinic);
    pass(clinic.clock, 301);
    expectProblem(await signIn(phone.get(options)), 'invalid_passkey');
  });

  test('with a signature that was changed, or of nonsense', async () => {
    await refused((options) => {
      const credential = phone.get(options);
      credential.response.signature = Buffer.alloc(70, 1).toString('base64url');
      return credential;
    });
    for (const credential of [
      {},
      { id: 'x' },
      { ...phone.get(await challenged(clinic)), type: 'password' },
      { ...phone.get(await challenged(clinic)), response: {} },
      { ...phone.get(await challenged(clinic)), id: 'ü'.repeat(10) },
      { ...phone.get(await challenged(clinic)), id: 'a'.repeat(2_000) },
    ])
      expectProblem(await signIn(credential), 'invalid_passkey');
    const nonsense = phone.get(await challenged(clinic));
    nonsense.response.authenticatorData = 'AAAA';
    expectProblem(await signIn(nonsense), 'invalid_passkey');
    nonsense.response.clientDataJSON = 'AAAA';
    expectProblem(await signIn(nonsense), 'invalid_passkey');
  });
});

describe('an addition is refused, and nothing changes,', () => {
  let owner: Person;
  beforeAll(async () => {
    owner = await clinic.person('patient');
  });
  const add = (by: Pick<Person, 'token'>, credential: object) =>
    clinic.as(by).post('/auth/passkeys/', { credential });

  test.each<[string, Oddities]>([
    ['from another site’s page', { origin: 'https://evil.example' }],
    ['from within another site’s page', { crossOrigin: true }],
    ['for another site’s name', { rp: 'evil.example' }],
    ['without that its holder was verified', { uv: false }],
    ['without that anybody was there', { up: false }],
    ['as if it were a sign-in', { type: 'webauthn.get' }],
    ['for a challenge that nobody was given', { challenge: randomBytes(32).toString('base64url') }],
    ['under another id than the device’s', { id: randomBytes(16).toString('base64url') }],
    [
      'with a certificate, which nobody has asked for',
      {
        attestation: {
          fmt: 'packed',
          attStmt: new Map<string, unknown>([
            ['alg', -7],
            ['sig', new Uint8Array(8)],
            ['x5c', [new Uint8Array(8)]],
          ]),
        },
      },
    ],
    ['with an attestation of Android’s', { attestation: { fmt: 'android-key', attStmt: new Map() } }],
  ])('%s', async (_name, oddities) => {
    const before = await counts();
    expectProblem(await add(owner, device().create(await start(owner), oddities)), 'invalid_passkey');
    expect(await counts()).toEqual(before);
  });

  test('a second time, to somebody else, after five minutes, and for the challenge of a sign-in', async () => {
    const options = await start(owner);
    const credential = device().create(options);
    await add(owner, credential).expect(201);
    expectProblem(await add(owner, credential), 'invalid_passkey');
    const other = await clinic.person('patient');
    expectProblem(await add(other, device().create(await start(owner))), 'invalid_passkey');
    const late = await start(owner);
    pass(clinic.clock, 301);
    expectProblem(await add(owner, device().create(late)), 'invalid_passkey');
    expectProblem(await add(owner, device().create(await challenged(clinic))), 'invalid_passkey');
  });

  test('of what is somebody else’s already', async () => {
    const other = await clinic.person('patient');
    const { device: theirs } = await addPasskey(clinic, other);
    const mine = await clinic.person('patient');
    expectProblem(await add(mine, theirs.create(await start(mine))), 'invalid_passkey');
    const copy = device(Buffer.from(theirs.id, 'base64url'));
    expectProblem(await add(mine, copy.create(await start(mine))), 'invalid_passkey');
    expect(await list(mine)).toEqual([]);
  });
});

describe('where passkeys are offered', () => {
  test.each([
    ['https://clinic.uz', { id: 'clinic.uz', origin: 'https://clinic.uz' }],
    ['https://clinic.uz:8443/app', { id: 'clinic.uz', origin: 'https://clinic.uz:8443' }],
    ['http://localhost:3000', { id: 'localhost', origin: 'http://localhost:3000' }],
    ['http://clinic.uz', undefined],
    ['http://127.0.0.1:3000', undefined],
    ['https://203.0.113.7', undefined],
    ['https://[2001:db8::1]', undefined],
    [undefined, undefined],
  ])('with PUBLIC_URL %s', (url, site) => {
    expect(siteOf(url)).toEqual(site);
  });

  test('elsewhere nobody is asked for any, and none is a way in', async () => {
    const person = await clinic.person('patient');
    const { id, device: phone } = await addPasskey(clinic, person);
    const bare = await accountsApp({ public_url: 'http://127.0.0.1:3000' }, { url: clinic.url });
    onTestFinished(() => bare.close());
    const guest = bare.as(undefined);
    expect((await guest.get('/auth/providers/').expect(200)).body).toEqual({ results: [], passkeys: false });
    expect((await nobody().get('/auth/providers/').expect(200)).body).toEqual({
      results: [],
      passkeys: true,
    });
    const credential = phone.get(await challenged(clinic));
    for (const answer of [
      await guest.post('/auth/passkeys/sign-in/start/'),
      await guest.post('/auth/passkeys/sign-in/', { credential }),
      await bare.as(person).post('/auth/passkeys/start/'),
      await bare.as(person).post('/auth/passkeys/', { credential }),
    ])
      expectProblem(answer, 'passkeys_not_offered');
    expect((await bare.as(person).get('/auth/passkeys/').expect(200)).body.results).toHaveLength(1);
    await bare.as(person).delete(`/auth/passkeys/${id}/`).expect(204);
  });
});

test('guessing at passkeys is slowed down, and only whoever guesses', async () => {
  const limited = await accountsApp({ rate_limit: true, rate_limit_guest: 10_000, rate_limit_user: 10_000 });
  onTestFinished(() => limited.close());
  const person = await limited.person('patient');
  const { device: phone } = await addPasskey(limited, person);
  expect((await comeByPasskey(limited, phone)).status).toBe(200);
  const from = async (address: string, oddities: Oddities) => {
    const credential = phone.get(await challenged(limited), oddities);
    return limited
      .as(undefined)
      .post('/auth/passkeys/sign-in/', { credential })
      .set('x-forwarded-for', address);
  };
  for (let n = 0; n < 5; n += 1) expectProblem(await from('203.0.113.9', { uv: false }), 'invalid_passkey');
  expectProblem(await from('203.0.113.9', { uv: false }), 'too_many_requests');
  expect((await comeByPasskey(limited, phone)).status).toBe(200);
});
