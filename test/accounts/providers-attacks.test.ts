import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confirm, freshPhone, pass } from '../helpers/accounts.ts';
import { capturedLog } from '../helpers/log.ts';
import { browserOf, CLIENT_ID, type Played } from '../helpers/oidc.ts';
import { expectProblem } from '../helpers/problem.ts';
import {
  APP,
  BOT_TOKEN,
  comeBy,
  countsOf,
  initData,
  journey,
  type ProvidersClinic,
  pkce,
  providersClinic,
  TENANT,
} from '../helpers/providers.ts';

/** What somebody might try who wants into another's account: each is refused with its code, and changes nothing. */
let clinic: ProvidersClinic;
const log = capturedLog();
beforeAll(async () => {
  clinic = await providersClinic({ log_level: 'trace' }, { log_stream: log.stream });
});
afterAll(() => clinic.close());

let number = 0;
const sub = () => {
  number += 1;
  return `somebody-${number}`;
};
const guest = () => clinic.as(undefined);
const CALLBACK = '/api/auth/providers/callback/';
const OTHER_TENANT = '99999999-8888-4777-8666-555555555555';

/** Does what an attacker does, and sees that nothing came of it. */
async function unchanged<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = await countsOf(clinic);
  const result = await work();
  expect(await countsOf(clinic)).toEqual(before);
  return result;
}

const start = (fields: object = {}, provider = 'google') =>
  guest().post(`/auth/providers/${provider}/start/`, {
    redirect_uri: APP,
    code_challenge: pkce().challenge,
    ...fields,
  });
/** As far as the provider's answer, which the browser would bring. */
async function answerOf(provider: 'google' | 'microsoft' | 'telegram' | 'oneid'): Promise<URL> {
  const { body } = await start({}, provider).expect(200);
  return browserOf().follow(body.authorization_url, `${clinic.origin}${CALLBACK}`);
}
const bring = (address: URL) => fetch(address, { redirect: 'manual' });
/** What the client is told. */
const told = async (address: URL) => {
  const led = await bring(address);
  return new URL(led.headers.get('location') ?? 'x:/').searchParams.get('error') ?? led.status;
};

const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;

const seconds = (ago = 0) => Math.floor(Date.now() / 1000) - ago;

/** What a token may not be, whichever way it comes. */
const BAD: [
  what: string,
  provider: 'google' | 'microsoft' | 'oneid' | 'telegram',
  claims: object,
  options?: Parameters<Played['token']>[1],
][] = [
  ['for another audience', 'google', { aud: 'another-clinic' }],
  [
    'for several, of which none of ours asked for it',
    'google',
    { aud: [CLIENT_ID, 'another'], azp: 'another' },
  ],
  ['for several, without a word of who asked', 'google', { aud: [CLIENT_ID, 'another'] }],
  ['of another issuer', 'google', { iss: 'https://accounts.google.example' }],
  ['of another provider that is set up', 'google', { iss: 'ONEID' }],
  ['signed with the secret that both know', 'google', {}, { alg: 'HS256' }],
  ['signed with another key of the same name', 'google', {}, { key: 'foreign' }],
  ['of yesterday', 'google', { iat: seconds(86_400), exp: seconds(82_800) }],
  ['of yesterday that says it lasts', 'google', { iat: seconds(86_400), exp: seconds(-86_400) }],
  ['of tomorrow', 'google', { iat: seconds(-86_400), exp: seconds(-90_000) }],
  ['expired', 'google', { exp: seconds(60) }],
  ['with another nonce', 'google', { nonce: 'of-another-sign-in' }],
  ['without a nonce', 'google', { nonce: undefined }],
  ['without a subject', 'google', { sub: undefined }],
  ['of a second tenant', 'microsoft', { tid: OTHER_TENANT }],
  [
    'of a second tenant that names the first',
    'microsoft',
    { iss: `TENANTS/${OTHER_TENANT}/v2.0`, tid: TENANT },
  ],
  ['without a tenant', 'microsoft', { tid: undefined }],
  ['of Telegram without its own number', 'telegram', { id: undefined }],
  ['of Telegram with a number that is none', 'telegram', { id: 'admin' }],
];

describe('a token that is', () => {
  const claimsOf = (claims: object) =>
    Object.fromEntries(
      Object.entries(claims).map(([name, value]) => [
        name,
        value === 'ONEID'
          ? clinic.oneid.signs_as
          : String(value).startsWith('TENANTS/')
            ? String(value).replace('TENANTS', new URL(clinic.microsoft.issuer).origin)
            : value,
      ]),
    );
  const whole = { tid: TENANT, id: 5001 };

  test.each(BAD)('%s is refused from an app', async (_what, provider, claims, options) => {
    const nonce = sub();
    const good = { ...whole, sub: sub(), nonce };
    const id_token = await clinic[provider].token({ ...good, ...claimsOf(claims) }, options);
    const answer = await unchanged(async () =>
      guest().post(`/auth/providers/${provider}/id-token/`, { id_token, nonce }),
    );
    expectProblem(answer, 'invalid_identity');
    // The same without that is good: nothing else was wrong with it.
    const right = await clinic[provider].token(good);
    await guest().post(`/auth/providers/${provider}/id-token/`, { id_token: right, nonce }).expect(200);
  });

  test.each(BAD)(
    '%s is refused where the provider gives it for a code',
    async (_what, provider, claims, options) => {
      const played = clinic[provider];
      played.becomes({ sub: sub(), ...whole });
      played.tamper = (own) => played.token({ ...own, ...claimsOf(claims) }, options);
      const answer = await answerOf(provider);
      expect(await unchanged(() => told(answer))).toBe('invalid_identity');
      played.tamper = undefined;
    },
  );

  test('unsigned, or changed, is refused', async () => {
    const token = await clinic.google.token({ sub: sub(), nonce: 'n' });
    const [header = '', claims = '', signature = ''] = token.split('.');
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString());
    for (const id_token of [
      `${encoded({ alg: 'none' })}.${claims}.`,
      `${header}.${encoded({ ...read, sub: 'admin' })}.${signature}`,
      `${header}.${claims}.`,
      'no.token.at-all',
      'x',
    ]) {
      const answer = await unchanged(async () =>
        guest().post('/auth/providers/google/id-token/', { id_token, nonce: 'n' }),
      );
      expectProblem(answer, 'invalid_identity');
    }
  });

  test('used a second time is refused, at once and later', async () => {
    const fields = { id_token: await clinic.google.token({ sub: sub(), nonce: 'n' }), nonce: 'n' };
    const send = () => guest().post('/auth/providers/google/id-token/', fields);
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expectProblem(await unchanged(async () => send()), 'invalid_identity');
    const { rows } = await clinic.db.$client.query('select from spent_id_tokens where token_hash = $1', [
      createHash('sha256').update(fields.id_token).digest(),
    ]);
    expect(rows).toHaveLength(1);
  });
});

describe('an answer that', () => {
  test('is brought a second time is refused, and the provider is not asked again', async () => {
    clinic.google.becomes({ sub: sub() });
    const answer = await answerOf('google');
    expect((await bring(answer)).status).toBe(302);
    const { exchanges } = clinic.google;
    const again = await unchanged(() => bring(answer));
    expect([again.status, await codeOf(again)]).toEqual([400, 'invalid_state']);
    expect(clinic.google.exchanges).toBe(exchanges);
  });

  test('is brought twice at once leads to one code', async () => {
    clinic.google.becomes({ sub: sub() });
    const answer = await answerOf('google');
    const both = await Promise.all([bring(answer), bring(answer)]);
    expect(both.map(({ status }) => status).sort()).toEqual([302, 400]);
  });

  test('bears a state that nobody began, or none, is refused', async () => {
    clinic.google.becomes({ sub: sub() });
    const answer = await answerOf('google');
    const own = answer.searchParams.get('state') ?? '';
    for (const state of ['x', `${own}x`, own.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')), '', null]) {
      const forged = new URL(answer);
      if (state === null) forged.searchParams.delete('state');
      else forged.searchParams.set('state', state);
      const refused = await unchanged(() => bring(forged));
      expect([refused.status, await codeOf(refused)]).toEqual([400, 'invalid_state']);
    }
    const twice = new URL(answer);
    twice.searchParams.append('state', own);
    expect((await bring(twice)).status).toBe(400);
  });

  test('names another provider than the one where it began is refused (RFC 9207)', async () => {
    clinic.google.becomes({ sub: sub() });
    for (const iss of [clinic.oneid.issuer, 'https://evil.example', null]) {
      const answer = await answerOf('google');
      expect(answer.searchParams.get('iss')).toBe(clinic.google.issuer);
      if (iss === null) answer.searchParams.delete('iss');
      else answer.searchParams.set('iss', iss);
      const { exchanges } = clinic.google;
      expect(await unchanged(() => told(answer))).toBe('invalid_identity');
      // The code was shown to nobody.
      expect(clinic.google.exchanges).toBe(exchanges);
    }
    clinic.microsoft.becomes({ sub: sub(), tid: TENANT });
    const answer = await answerOf('microsoft');
    answer.searchParams.set('iss', clinic.google.issuer);
    expect(await unchanged(() => told(answer))).toBe('invalid_identity');
  });

  test('brings the code of another sign-in is refused: its verifier is another', async () => {
    clinic.google.becomes({ sub: sub() });
    const [one, two] = [await answerOf('google'), await answerOf('google')];
    one.searchParams.set('code', two.searchParams.get('code') ?? '');
    expect(await unchanged(() => told(one))).toBe('invalid_identity');
  });

  test('brings a code that the provider has taken already is refused', async () => {
    clinic.google.becomes({ sub: sub() });
    const first = await answerOf('google');
    await bring(first);
    const second = await answerOf('google');
    second.searchParams.set('code', first.searchParams.get('code') ?? '');
    expect(await unchanged(() => told(second))).toBe('invalid_identity');
  });
});

describe('a code of ours', () => {
  test('serves once, and only with the secret of whoever began', async () => {
    clinic.google.becomes({ sub: sub() });
    const { spend } = await journey(clinic, 'google');
    expectProblem(await unchanged(() => spend(pkce().verifier)), 'invalid_code');
    // Whoever guessed has used it up.
    expectProblem(await unchanged(() => spend()), 'invalid_code');
    const next = await journey(clinic, 'google');
    const answers = await Promise.all([next.spend(), next.spend(), next.spend()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expectProblem(await unchanged(() => next.spend()), 'invalid_code');
  });

  test('is worth nothing to whoever sent somebody else to the provider', async () => {
    // An attacker begins to link, and gives the address to a victim, who signs in there.
    const attacker = await clinic.person('patient');
    clinic.google.becomes({ sub: sub() });
    const { back } = await unchanged(() => journey(clinic, 'google', {}, attacker));
    // The code stands in the victim's browser, whose app has another secret, and nothing has been linked.
    const { verifier } = pkce();
    const answer = await unchanged(async () =>
      guest().post('/auth/providers/token/', {
        code: back.searchParams.get('code'),
        code_verifier: verifier,
      }),
    );
    expectProblem(answer, 'invalid_code');
    expect((await clinic.as(attacker).get('/auth/identities/')).body.results).toEqual([]);
  });

  test('and what waits for it stand in the database encrypted and hashed', async () => {
    clinic.google.becomes({
      sub: 'a-subject-to-look-for',
      name: 'Zulfiya',
      email: 'zulfiya.z@gmail.com',
      email_verified: true,
    });
    const { back } = await journey(clinic, 'google', { state: 'x' });
    const { rows } = await clinic.db.$client.query('select s::text as row from sign_in_starts s');
    const all = rows.map(({ row }) => row).join('\n');
    expect(rows.length).toBeGreaterThan(0);
    expect(all).not.toMatch(/a-subject-to-look-for|ulfiya/);
    expect(all).not.toContain(back.searchParams.get('code'));
  });
});

describe('an address to come back to', () => {
  test.each([
    ['http://app.clinic.example/signed-in'],
    ['https://app.clinic.example/signed-in/'],
    ['https://app.clinic.example/signed-in?x=1'],
    ['https://app.clinic.example/signed-in#x'],
    ['https://APP.clinic.example/signed-in'],
    ['https://app.clinic.example:443/signed-in'],
    ['https://app.clinic.example/./signed-in'],
    ['https://app.clinic.example/signed-i%6e'],
    ['https://app.clinic.example/signed-in/../evil'],
    ['https://app.clinic.example@evil.example/signed-in'],
    ['https://app.clinic.example.evil.example/signed-in'],
    ['https://evil.example/?https://app.clinic.example/signed-in'],
    ['uz.clinic.app:/signed-in/'],
    ['javascript:alert(1)'],
    [' https://app.clinic.example/signed-in'],
  ])('is refused where it almost is on the list: %s', async (redirect_uri) => {
    const refused = await start({ redirect_uri });
    expectProblem(refused, 'invalid_input');
    expect(refused.body.errors).toMatchObject([{ path: 'redirect_uri', code: 'not_listed' }]);
  });

  test('may be an app’s own, and the pages of this server', async () => {
    clinic.google.becomes({ sub: sub() });
    for (const redirect_uri of [
      'uz.clinic.app:/signed-in',
      `${clinic.origin}/book/`,
      `${clinic.origin}/desk/`,
    ]) {
      const { back, spend } = await journey(clinic, 'google', { redirect_uri });
      expect(back.href.startsWith(`${redirect_uri}?code=`)).toBe(true);
      expect((await spend()).status).toBe(200);
    }
  });
});

describe('what a token says of a person', () => {
  test('an email that anybody can write equals somebody’s: no word of it, and another account', async () => {
    const owner = await clinic.person('patient');
    await confirm(clinic, owner.id, { email: 'the.owner@firm.uz', phone: freshPhone() });
    const editable: ['google' | 'microsoft' | 'oneid', object][] = [
      ['microsoft', { email: 'the.owner@firm.uz', email_verified: true, tid: TENANT }],
      ['google', { email: 'the.owner@firm.uz', email_verified: true }],
      ['oneid', { email: 'the.owner@firm.uz', email_verified: false }],
      ['oneid', { email: 'the.owner@firm.uz' }],
    ];
    for (const [provider, claims] of editable) {
      clinic[provider].becomes({ sub: sub(), ...claims });
      const person = await comeBy(clinic, provider);
      expect(person.id).not.toBe(owner.id);
      expect((await clinic.as(person).get('/auth/me/')).body).toMatchObject({ email: null, phone: null });
    }
  });

  test('a phone of a provider that is not trusted with it is dropped, whatever it says', async () => {
    const owner = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, owner.id, { phone });
    clinic.oneid.becomes({ sub: sub(), phone_number: phone, phone_number_verified: true });
    const stranger = await comeBy(clinic, 'oneid');
    expect(stranger.id).not.toBe(owner.id);
    expect((await clinic.as(stranger).get('/auth/me/')).body.phone).toBeNull();
    // Of one that is trusted it says that there is an account, and lets nobody into it.
    clinic.telegram.becomes({ sub: sub(), id: 5002, phone_number: phone });
    const { spend } = await journey(clinic, 'telegram');
    expectProblem(await unchanged(() => spend()), 'account_exists');
  });
});

describe('what a Mini App was handed', () => {
  const send = (init_data: string, by?: { token: string }) =>
    clinic.as(by).post('/auth/telegram/', { init_data });
  const user = { id: 6001, first_name: 'Aziza', last_name: 'Karimova', language_code: 'uz' };
  const now = () => clinic.clock.now();
  const ago = (age: number) => new Date(now().getTime() - age * 1_000);

  test('signs in the person whom Telegram names, who is the same by OpenID Connect', async () => {
    const first = await send(initData(BOT_TOKEN, now(), user)).expect(200);
    expect(first.body.user).toMatchObject({
      role: 'patient',
      first_name: 'Aziza',
      locale: 'uz',
      phone: null,
    });
    clinic.telegram.becomes({ sub: 'another', id: 6001 });
    expect((await comeBy(clinic, 'telegram')).id).toBe(first.body.user.id);
    // Well within its five minutes: the clock goes on while this is asked.
    await send(initData(BOT_TOKEN, ago(120), user)).expect(200);
  });

  test('is refused where it is of another bot, too old, changed or not whole', async () => {
    const good = initData(BOT_TOKEN, now(), user);
    const bad = {
      'another bot': initData('1:another', now(), user),
      'too old': initData(BOT_TOKEN, ago(301), user),
      'of the future': initData(BOT_TOKEN, ago(-120), user),
      changed: good.replace('6001', '6002'),
      added: `${good}&start_param=x`,
      'a field twice': `${good}&user=${encodeURIComponent('{"id":1}')}`,
      'no hash': good.replace(/&hash=.*/, ''),
      'a short hash': good.replace(/hash=\w{10}/, 'hash='),
      'a bot': initData(BOT_TOKEN, now(), { ...user, is_bot: true }),
      nobody: initData(BOT_TOKEN, now(), {}),
      'no number': initData(BOT_TOKEN, now(), { id: '6001' }),
      'no JSON': initData(BOT_TOKEN, now(), user, { user: '{' }),
      'no time': initData(BOT_TOKEN, now(), user, { auth_date: 'x' }),
    };
    for (const [what, init_data] of Object.entries(bad)) {
      const answer = await unchanged(async () => send(init_data));
      expect(answer.body.code, what).toBe('invalid_identity');
      expectProblem(answer, 'invalid_identity');
    }
  });

  test('links where somebody is signed in', async () => {
    const owner = await clinic.person('patient');
    const linked = await send(initData(BOT_TOKEN, now(), { id: 6003 }), owner).expect(200);
    expect(linked.body.user.id).toBe(owner.id);
    pass(clinic.clock, 301);
    expectProblem(await send(initData(BOT_TOKEN, now(), { id: 6004 }), owner), 'sign_in_again');
    pass(clinic.clock, -301);
  });
});

test('no token, code, state or claim stands in the log', () => {
  const all = log.lines.join('\n');
  expect(log.lines.length).toBeGreaterThan(100);
  expect(all).not.toMatch(/eyJ|somebody-\d|ulfiya|the\.owner|code=|state=|id_token|init_data=|\+99890/);
});
