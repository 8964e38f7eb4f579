import type { Response as Answer } from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confirm, freshPhone, pass } from '../helpers/accounts.ts';
import { PASSWORD, testApp } from '../helpers/app.ts';
import { browserOf } from '../helpers/oidc.ts';
import { expectProblem } from '../helpers/problem.ts';
import {
  APP,
  actionsOf,
  comeBy,
  countsOf,
  journey,
  type ProvidersClinic,
  pkce,
  providersClinic,
} from '../helpers/providers.ts';

let clinic: ProvidersClinic;
beforeAll(async () => {
  clinic = await providersClinic();
});
afterAll(() => clinic.close());

let number = 0;
/** Somebody whom no provider has named before. */
const sub = () => {
  number += 1;
  return `person-${number}`;
};
const guest = () => clinic.as(undefined);
const identitiesOf = async (person: { token: string }) =>
  (await clinic.as(person).get('/auth/identities/').expect(200)).body.results;

describe('the providers that are set up', () => {
  test('are listed with what a button needs', async () => {
    const { body } = await guest().get('/auth/providers/').expect(200);
    expect(body.results).toEqual([
      { name: 'google', label: 'Google', icon: 'google' },
      { name: 'microsoft', label: 'Microsoft', icon: 'microsoft' },
      { name: 'telegram', label: 'Telegram', icon: 'telegram' },
      { name: 'oneid', label: 'OneID', icon: 'openid' },
    ]);
  });

  test('are none without settings, and every name is unknown then', async () => {
    const bare = await testApp();
    expect((await bare.as(undefined).get('/auth/providers/').expect(200)).body).toEqual({
      results: [],
      passkeys: true,
    });
    const body = { redirect_uri: APP, code_challenge: pkce().challenge };
    expectProblem(await bare.as(undefined).post('/auth/providers/google/start/', body), 'provider_not_found');
    expectProblem(
      await bare.as(undefined).post('/auth/providers/google/id-token/', { id_token: 'x.y.z', nonce: 'n' }),
      'provider_not_found',
    );
    expectProblem(
      await bare.as(undefined).post('/auth/telegram/', { init_data: 'x=1' }),
      'provider_not_found',
    );
    await bare.close();
  });
});

describe('whoever comes for the first time', () => {
  test('gets a patient’s account without a password, and a pair of tokens', async () => {
    clinic.google.becomes({ sub: sub(), given_name: 'Aziza', family_name: 'Karimova', locale: 'uz-Latn' });
    const { back, spend } = await journey(clinic, 'google', { accept_terms: true });
    expect(back.href.startsWith(`${APP}?`)).toBe(true);
    expect([...back.searchParams.keys()].sort()).toEqual(['code', 'state']);
    expect(back.searchParams.get('state')).toBe('the client-s');
    const { body } = await spend();
    expect(body).toMatchObject({
      token_type: 'Bearer',
      user: {
        role: 'patient',
        first_name: 'Aziza',
        last_name: 'Karimova',
        locale: 'uz',
        email: null,
        phone: null,
        username: expect.stringMatching(/^patient-[0-9a-f]{12}$/),
      },
    });
    const person = { token: body.access };
    const me = await clinic.as(person).get('/auth/me/').expect(200);
    expect(me.body.id).toBe(body.user.id);
    const consents = await clinic.as(person).get('/auth/me/consents/').expect(200);
    expect(consents.body.is_current).toBe(true);
    expect(await identitiesOf(person)).toMatchObject([
      { provider: 'google', label: 'Google', is_offered: true },
    ]);
    expect(await actionsOf(clinic, body.user.id)).toEqual(
      expect.arrayContaining(['user.register', 'sign_in']),
    );
    await guest().post('/auth/token/refresh/', { refresh: body.refresh }).expect(200);
    // A sign-in by password is none of theirs.
    expectProblem(
      await guest().post('/auth/login/', { username: body.user.username, password: PASSWORD }),
      'invalid_credentials',
    );
  });

  test('keeps an email that is surely theirs, as confirmed, and no other', async () => {
    const emails: [provider: 'google' | 'oneid' | 'microsoft', claims: object, kept: string | null][] = [
      ['google', { email: 'aziza.k@gmail.com', email_verified: true }, 'aziza.k@gmail.com'],
      ['google', { email: 'a@firm.uz', email_verified: true, hd: 'firm.uz' }, 'a@firm.uz'],
      ['google', { email: 'a@elsewhere.uz', email_verified: true }, null],
      ['google', { email: 'b.k@gmail.com', email_verified: false }, null],
      ['oneid', { email: 'one@id.uz', email_verified: true }, 'one@id.uz'],
      ['oneid', { email: 'two@id.uz' }, null],
      [
        'microsoft',
        { email: 'm@firm.uz', email_verified: true, tid: '11111111-2222-4333-8444-555555555555' },
        null,
      ],
    ];
    for (const [provider, claims, kept] of emails) {
      clinic[provider].becomes({ sub: sub(), ...claims });
      const person = await comeBy(clinic, provider);
      const { body } = await clinic.as(person).get('/auth/me/').expect(200);
      expect([claims, body.email, body.email_verified_at !== null]).toEqual([claims, kept, kept !== null]);
    }
  });

  test('keeps the phone of Telegram, which is trusted with it, as confirmed', async () => {
    const phone = freshPhone();
    clinic.telegram.becomes({
      sub: sub(),
      id: 4001,
      name: 'Jasur Anvar Yusupov',
      phone_number: phone.slice(1),
    });
    const person = await comeBy(clinic, 'telegram');
    const { body } = await clinic.as(person).get('/auth/me/').expect(200);
    expect(body).toMatchObject({ phone, first_name: 'Jasur Anvar', last_name: 'Yusupov', recovery: 'sms' });
    expect(body.phone_verified_at).not.toBeNull();
  });

  test('is told in every journey that consent is missing, where the clinic asks for it', async () => {
    const strict = await providersClinic({ require_consent: true });
    strict.google.becomes({ sub: sub() });
    const { spend } = await journey(strict, 'google');
    const refused = await spend();
    expectProblem(refused, 'invalid_input');
    expect(refused.body.errors).toMatchObject([{ path: 'accept_terms', code: 'consent_required' }]);
    const person = await comeBy(strict, 'google', { accept_terms: true });
    // Whoever has an account is not asked again.
    expect((await comeBy(strict, 'google')).id).toBe(person.id);
    await strict.close();
  });
});

test('whoever comes again is the same person by each provider, whatever else the token says', async () => {
  const people = {
    google: { sub: sub(), email: 'again@gmail.com', email_verified: true },
    microsoft: { sub: sub(), tid: '11111111-2222-4333-8444-555555555555', name: 'Dilnoza' },
    telegram: { sub: sub(), id: 4002, name: 'Dilnoza' },
    oneid: { sub: sub() },
  };
  for (const [provider, claims] of Object.entries(people) as [keyof typeof people, { sub: string }][]) {
    clinic[provider].becomes(claims);
    const first = await comeBy(clinic, provider);
    clinic[provider].becomes({ ...claims, name: 'Another', email: 'other@gmail.com', email_verified: true });
    const second = await comeBy(clinic, provider);
    expect(second.id).toBe(first.id);
    const { body } = await clinic.as(second).get('/auth/me/').expect(200);
    expect(body.email).toBe(provider === 'google' ? 'again@gmail.com' : null);
  }
});

test('Telegram is known by its own number, which another bot’s token names too', async () => {
  clinic.telegram.becomes({ sub: 'of-one-bot', id: 4003 });
  const first = await comeBy(clinic, 'telegram');
  clinic.telegram.becomes({ sub: 'of-another-bot', id: 4003 });
  expect((await comeBy(clinic, 'telegram')).id).toBe(first.id);
  clinic.telegram.becomes({ sub: '4003' });
  const { back } = await journey(clinic, 'telegram');
  expect(back.searchParams.get('error')).toBe('invalid_identity');
});

describe('linking', () => {
  test('lets one in by password and by provider, and is told to the owner', async () => {
    const owner = await clinic.person('doctor');
    const id = sub();
    clinic.google.becomes({ sub: id });
    const linked = await comeBy(clinic, 'google', {}, owner);
    expect(linked.id).toBe(owner.id);
    const inbox = await clinic.as(owner).get('/notifications/').expect(200);
    expect(inbox.body.results.map(({ kind }: { kind: string }) => kind)).toContain('identity_linked');
    expect(await actionsOf(clinic, owner.id)).toContain('identity.link');
    // From then on without a token, and with the role that the account has.
    const back = await comeBy(clinic, 'google');
    expect(back).toMatchObject({ id: owner.id, role: 'doctor' });
    // Once more changes nothing.
    const before = await identitiesOf(owner);
    await comeBy(clinic, 'google', {}, back);
    expect((await identitiesOf(owner)).length).toBe(before.length);
  });

  test('is refused where the identity is another’s, or one of the same provider is linked', async () => {
    const [one, two] = [await clinic.person('patient'), await clinic.person('patient')];
    const id = sub();
    clinic.google.becomes({ sub: id });
    await comeBy(clinic, 'google', {}, one);
    const taken = await journey(clinic, 'google', {}, two);
    expectProblem(await taken.spend(), 'identity_taken');
    clinic.google.becomes({ sub: sub() });
    const second = await journey(clinic, 'google', {}, one);
    expectProblem(await second.spend(), 'provider_linked');
    expect(await identitiesOf(two)).toEqual([]);
  });

  test('takes a sign-in within the last five minutes', async () => {
    const owner = await clinic.person('patient');
    pass(clinic.clock, 301);
    const body = { redirect_uri: APP, code_challenge: pkce().challenge };
    expectProblem(await clinic.as(owner).post('/auth/providers/google/start/', body), 'sign_in_again');
    const login = await guest().post('/auth/login/', { username: owner.username, password: PASSWORD });
    await clinic.as({ token: login.body.access }).post('/auth/providers/google/start/', body).expect(200);
    pass(clinic.clock, -301);
  });

  test('ends with the session in which it began', async () => {
    const owner = await clinic.person('patient');
    clinic.google.becomes({ sub: sub() });
    const { spend } = await journey(clinic, 'google', {}, owner);
    await clinic.as(owner).post('/auth/logout/').expect(204);
    expectProblem(await spend(), 'session_ended');
  });

  test('of one identity by two at once: one wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const two = [await clinic.person('patient'), await clinic.person('patient')];
      clinic.oneid.becomes({ sub: sub() });
      const journeys = [];
      for (const person of two) journeys.push(await journey(clinic, 'oneid', {}, person));
      const answers = await Promise.all(journeys.map(({ spend }) => spend()));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const lost = answers.find(({ status }) => status === 409);
      if (lost) expectProblem(lost, 'identity_taken');
      const linked = await Promise.all(two.map(identitiesOf));
      expect(linked.flat()).toHaveLength(1);
    }
  });

  test('by the same new person twice at once makes one account', async () => {
    for (let round = 0; round < 5; round += 1) {
      clinic.oneid.becomes({ sub: sub() });
      const journeys = [await journey(clinic, 'oneid'), await journey(clinic, 'oneid')];
      const before = await countsOf(clinic);
      const answers = await Promise.all(journeys.map(({ spend }) => spend()));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]?.body.user.id).toBe(answers[1]?.body.user.id);
      expect((await countsOf(clinic)).users).toBe((before.users ?? 0) + 1);
    }
  });
});

describe('unlinking', () => {
  test('ends the way in, and makes a new person of whoever comes by it', async () => {
    const owner = await clinic.person('patient');
    clinic.google.becomes({ sub: sub() });
    await comeBy(clinic, 'google', {}, owner);
    const [identity] = await identitiesOf(owner);
    await clinic.as(owner).delete(`/auth/identities/${identity.id}/`).expect(204);
    expect(await actionsOf(clinic, owner.id)).toContain('identity.unlink');
    expectProblem(await clinic.as(owner).delete(`/auth/identities/${identity.id}/`), 'identity_not_found');
    expect((await comeBy(clinic, 'google')).id).not.toBe(owner.id);
  });

  test('of somebody else’s is not there', async () => {
    clinic.google.becomes({ sub: sub() });
    const [identity] = await identitiesOf(await comeBy(clinic, 'google'));
    const other = await clinic.person('patient');
    expectProblem(await clinic.as(other).delete(`/auth/identities/${identity.id}/`), 'identity_not_found');
  });

  test('of the last way in is refused, until there is another', async () => {
    clinic.google.becomes({ sub: sub() });
    const person = await comeBy(clinic, 'google');
    const [first] = await identitiesOf(person);
    expectProblem(await clinic.as(person).delete(`/auth/identities/${first.id}/`), 'last_way_in');
    expect(await identitiesOf(person)).toHaveLength(1);
    clinic.oneid.becomes({ sub: sub() });
    await comeBy(clinic, 'oneid', {}, person);
    await clinic.as(person).delete(`/auth/identities/${first.id}/`).expect(204);
    // Of two at once one stays.
    clinic.google.becomes({ sub: sub() });
    await comeBy(clinic, 'google', {}, person);
    const both = await identitiesOf(person);
    const answers = await Promise.all(
      both.map(({ id }: { id: number }) => clinic.as(person).delete(`/auth/identities/${id}/`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
  });
});

describe('an account without a password', () => {
  let person: Awaited<ReturnType<typeof comeBy>>;
  beforeEach(async () => {
    clinic.google.becomes({ sub: sub() });
    person = await comeBy(clinic, 'google');
  });

  test('sets the first one shortly after it came by its provider', async () => {
    const next = { password: 'eleven-apricot-trees' };
    pass(clinic.clock, 301);
    expectProblem(await clinic.as(person).post('/auth/password/change/', next), 'sign_in_again');
    const again = await comeBy(clinic, 'google');
    await clinic.as(again).post('/auth/password/change/', next).expect(204);
    await guest()
      .post('/auth/login/', { username: person.username, ...next })
      .expect(200);
    // From now on it is asked for.
    const missing = await clinic
      .as(again)
      .post('/auth/password/change/', { password: 'twelve-quince-trees' });
    expectProblem(missing, 'invalid_input');
    pass(clinic.clock, -301);
  });

  test('is erased shortly after it came by its provider, with what is linked to it', async () => {
    pass(clinic.clock, 301);
    for (const body of [{}, { password: PASSWORD }])
      expectProblem(await clinic.as(person).delete('/auth/me/', body), 'sign_in_again');
    const again = await comeBy(clinic, 'google');
    await clinic.as(again).delete('/auth/me/', {}).expect(204);
    const { rows } = await clinic.db.$client.query('select from identities where user_id = $1', [person.id]);
    expect(rows).toEqual([]);
    expect((await comeBy(clinic, 'google')).id).not.toBe(person.id);
    pass(clinic.clock, -301);
  });

  test('replaces a confirmed contact shortly after it came by its provider', async () => {
    await confirm(clinic, person.id, { phone: freshPhone() });
    const change = { phone: freshPhone() };
    pass(clinic.clock, 301);
    const again = await comeBy(clinic, 'google');
    await clinic.as(again).patch('/auth/me/', change).expect(200);
    pass(clinic.clock, -301);
  });

  describe('is told to sign in again, and asked for no password, where it', () => {
    const email = () => `${sub()}@example.test`;
    const chat = (user: number) =>
      clinic.db.$client.query(
        'insert into telegram_chats (user_id, chat_id, linked_at) values ($1, $2, now())',
        [user, String(900_000 + user)],
      );
    const link = '/notifications/telegram/link/';
    const acts: [string, (person: { token: string }) => PromiseLike<Answer>][] = [
      ['replaces a contact', (one) => clinic.as(one).patch('/auth/me/', { phone: freshPhone() })],
      [
        'replaces both, with a code of one of them',
        (one) =>
          clinic.as(one).patch('/auth/me/', { phone: freshPhone(), email: email(), proof_code: '123456' }),
      ],
      ['empties its phone', (one) => clinic.as(one).patch('/patient/profile/', { phone: null })],
      ['replaces its chat', (one) => clinic.as(one).post(link, {})],
      ['unlinks its chat', (one) => clinic.as(one).delete(link, {})],
    ];

    test.each(acts)('%s', async (_, act) => {
      await confirm(clinic, person.id, { phone: freshPhone(), email: email() });
      await chat(person.id);
      pass(clinic.clock, 301);
      expectProblem(await act(person), 'sign_in_again');
      // To replace a chat its bot is asked for its name next, which is nowhere here.
      const { body } = await act(await comeBy(clinic, 'google'));
      expect(String(body.code)).not.toMatch(/sign_in_again|invalid_input/);
      pass(clinic.clock, -301);
    });
  });

  test('gets another role with a password only, and is told that it is missing', async () => {
    const admin = await clinic.person('admin');
    const change = (fields: object) => clinic.as(admin).patch(`/users/${person.id}/`, fields);
    const missing = { fields: ['password required'] };
    for (const role of ['doctor', 'receptionist', 'admin'])
      expectProblem(await change({ role }), 'invalid_input', missing);
    await change({ role: 'receptionist', is_active: false }).expect(200);
    expectProblem(await change({ is_active: true }), 'invalid_input', missing);
    const password = 'eleven-apricot-trees';
    await change({ is_active: true, password }).expect(200);
    const { body } = await guest().post('/auth/login/', { username: person.username, password }).expect(200);
    expect(body.user).toMatchObject({ id: person.id, role: 'receptionist' });
  });

  test('is nobody’s to claim, though its phone is', async () => {
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    await guest().post('/auth/claim/', { phone }).expect(202);
    const { rows } = await clinic.db.$client.query('select from codes where user_id = $1', [person.id]);
    expect(rows).toEqual([]);
  });

  test('has what is linked in the document that a person takes away', async () => {
    const { body } = await clinic.as(person).get('/auth/me/export/').expect(200);
    expect(body.identities).toMatchObject([{ provider: 'google', issuer: clinic.google.issuer }]);
  });

  test('is shown at the desk as one with a sign-in', async () => {
    const admin = await clinic.person('admin');
    const { body } = await clinic.as(admin).get(`/patients/${person.id}/`).expect(200);
    expect(body.has_sign_in).toBe(true);
  });
});

describe('what was linked later is put out', () => {
  test('when an admin sets a new password; what the account was made with stays', async () => {
    const admin = await clinic.person('admin');
    const owner = await clinic.person('patient');
    clinic.google.becomes({ sub: sub() });
    await comeBy(clinic, 'google', {}, owner);
    clinic.oneid.becomes({ sub: sub() });
    const other = await comeBy(clinic, 'oneid');
    for (const { id } of [owner, other])
      await clinic.as(admin).patch(`/users/${id}/`, { password: 'twelve-quince-trees' }).expect(200);
    const { rows } = await clinic.db.$client.query<{ user_id: number }>(
      'select user_id from identities where user_id = any ($1)',
      [[owner.id, other.id]],
    );
    expect(rows).toEqual([{ user_id: other.id }]);
  });
});

describe('a verified contact that is somebody’s confirmed one', () => {
  test('lets nobody in: the owner signs in and links', async () => {
    const owner = await clinic.person('patient');
    await confirm(clinic, owner.id, { email: 'Owner.Of@gmail.com', phone: freshPhone() });
    clinic.google.becomes({ sub: sub(), email: 'owner.of@gmail.com', email_verified: true });
    const { spend } = await journey(clinic, 'google');
    const before = await countsOf(clinic);
    expectProblem(await spend(), 'account_exists');
    expect(await countsOf(clinic)).toEqual(before);
    const linked = await comeBy(clinic, 'google', {}, owner);
    expect(linked.id).toBe(owner.id);
    expect((await comeBy(clinic, 'google')).id).toBe(owner.id);
  });
});

describe('by a token of the provider’s own SDK', () => {
  const send = (provider: string, fields: object, by?: { token: string }) =>
    clinic.as(by).post(`/auth/providers/${provider}/id-token/`, fields);

  test('one comes, comes again and links', async () => {
    const id = sub();
    const token = (nonce: string) =>
      clinic.google.token({ sub: id, nonce, aud: 'clinic-ios', azp: 'clinic-ios', name: 'Aziza' });
    const first = await send('google', {
      id_token: await token('n1'),
      nonce: 'n1',
      accept_terms: true,
    }).expect(200);
    expect(first.body.user).toMatchObject({ role: 'patient', first_name: 'Aziza' });
    const second = await send('google', { id_token: await token('n2'), nonce: 'n2' }).expect(200);
    expect(second.body.user.id).toBe(first.body.user.id);
    const owner = await clinic.person('patient');
    const other = await clinic.google.token({ sub: sub(), nonce: 'n3' });
    const linked = await send('google', { id_token: other, nonce: 'n3' }, owner).expect(200);
    expect(linked.body.user.id).toBe(owner.id);
  });

  test('one is the same person as in a browser', async () => {
    clinic.telegram.becomes({ sub: 'x', id: 4100 });
    const person = await comeBy(clinic, 'telegram');
    // Telegram names its client by a number.
    const id_token = await clinic.telegram.token({ sub: 'x', id: 4100, nonce: 'n4', aud: ['clinic-client'] });
    const { body } = await send('telegram', { id_token, nonce: 'n4' }).expect(200);
    expect(body.user.id).toBe(person.id);
  });
});

describe('a way that ends early', () => {
  test('somebody says no at the provider, and is told so with an error', async () => {
    clinic.google.becomes({ sub: sub() });
    clinic.google.asks = true;
    const { verifier, challenge } = pkce();
    expect(verifier).toHaveLength(43);
    const started = await guest()
      .post('/auth/providers/google/start/', { redirect_uri: APP, code_challenge: challenge, state: 's' })
      .expect(200);
    const browser = browserOf();
    let asked = await browser.go(started.body.authorization_url);
    const page = new URL(asked.headers.get('location') ?? '', clinic.google.issuer).href;
    asked = await browser.go(page);
    expect(await asked.text()).toContain('Cancel');
    const answered = await browser.go(page, { answer: 'no' });
    const back = await browser.follow(new URL(answered.headers.get('location') ?? '', page).href, APP);
    expect(Object.fromEntries(back.searchParams)).toEqual({ error: 'access_denied', state: 's' });
    clinic.google.asks = false;
  });

  test('takes longer than ten minutes', async () => {
    clinic.google.becomes({ sub: sub() });
    const { challenge } = pkce();
    const started = await guest()
      .post('/auth/providers/google/start/', { redirect_uri: APP, code_challenge: challenge })
      .expect(200);
    pass(clinic.clock, 601);
    const back = await browserOf().follow(started.body.authorization_url, APP);
    expect(Object.fromEntries(back.searchParams)).toEqual({ error: 'invalid_state' });
    pass(clinic.clock, -601);
  });

  test('the code is brought after a minute', async () => {
    clinic.google.becomes({ sub: sub() });
    const { spend } = await journey(clinic, 'google');
    pass(clinic.clock, 61);
    expectProblem(await spend(), 'invalid_code');
    pass(clinic.clock, -61);
  });

  test('the account has been deactivated', async () => {
    clinic.google.becomes({ sub: sub() });
    const person = await comeBy(clinic, 'google');
    const admin = await clinic.person('admin');
    await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }).expect(200);
    const { spend } = await journey(clinic, 'google');
    expectProblem(await spend(), 'account_inactive');
  });

  test.each(['down', 'slow', 'broken'] as const)('the provider is %s: the rest goes on', async (trouble) => {
    const alone = await providersClinic();
    const body = { redirect_uri: APP, code_challenge: pkce().challenge };
    alone.google.trouble = trouble;
    const refused = alone.as(undefined).post('/auth/providers/google/start/', body);
    const others = alone.as(undefined).get('/auth/providers/').expect(200);
    const answer = await refused;
    expectProblem(answer, 'provider_unavailable');
    expect(answer.headers['retry-after']).toBe('10');
    await others;
    // It is asked anew once it is back, and another is as good as ever.
    alone.google.trouble = undefined;
    alone.google.becomes({ sub: sub() });
    await comeBy(alone, 'google');
    alone.oneid.becomes({ sub: sub() });
    // It goes away between the two: the client hears of it.
    const started = await alone.as(undefined).post('/auth/providers/oneid/start/', body).expect(200);
    const callback = `${alone.origin}/api/auth/providers/callback/`;
    const browser = browserOf();
    const back = await browser.follow(started.body.authorization_url, callback);
    alone.oneid.trouble = trouble;
    const led = await browser.follow(back.href, APP);
    expect(led.searchParams.get('error')).toBe('provider_unavailable');
    await alone.close();
  });
});
