import { afterEach, describe, expect, test } from 'vitest';
import { accountsApp, signIn } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let open: TestApp[] = [];
afterEach(async () => {
  for (const clinic of open) await clinic.close();
  open = [];
});

async function limited(config: Parameters<typeof accountsApp>[0] = {}): Promise<TestApp> {
  const clinic = await accountsApp({
    rate_limit: true,
    rate_limit_guest: 1_000,
    rate_limit_user: 1_000,
    rate_limit_auth: 1_000,
    ...config,
  });
  open.push(clinic);
  return clinic;
}

const me = (clinic: TestApp, person: Pick<Person, 'token'> | undefined, address = '203.0.113.1') =>
  clinic.as(person).get('/auth/me/').set('x-forwarded-for', address);
const schema = (clinic: TestApp, address: string) =>
  clinic.as(undefined).get('/schema/').set('x-forwarded-for', address);

describe('a user', () => {
  test('has their own limit, from wherever, and is told what is left of it', async () => {
    const clinic = await limited({ rate_limit_user: 5 });
    const [person, other] = [await clinic.person('patient'), await clinic.person('patient')];
    for (let left = 4; left >= 0; left -= 1) {
      const { headers } = await me(clinic, person, `203.0.113.${left}`).expect(200);
      expect(headers).toMatchObject({ 'ratelimit-limit': '5', 'ratelimit-remaining': String(left) });
      expect(Number(headers['ratelimit-reset'])).toBeGreaterThan(0);
      expect(Number(headers['ratelimit-reset'])).toBeLessThanOrEqual(60);
    }
    const refused = await me(clinic, person);
    expectProblem(refused, 'too_many_requests');
    expect(refused.headers).toMatchObject({ 'ratelimit-limit': '5', 'ratelimit-remaining': '0' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    // Whoever shares the address is not held up by it.
    await me(clinic, other).expect(200);
    const inUzbek = await me(clinic, person).set('accept-language', 'uz');
    expectProblem(inUzbek, 'too_many_requests', { locale: 'uz' });
  });
});

describe('a guest', () => {
  test('is an address, or the /64 of one', async () => {
    const clinic = await limited({ rate_limit_guest: 3 });
    for (let sent = 0; sent < 3; sent += 1) await schema(clinic, '203.0.113.1').expect(200);
    expectProblem(await schema(clinic, '203.0.113.1'), 'too_many_requests');
    await schema(clinic, '203.0.113.2').expect(200);
    for (let sent = 0; sent < 3; sent += 1) await schema(clinic, `2001:db8:1:1::${sent}`).expect(200);
    expectProblem(await schema(clinic, '2001:db8:1:1:ffff::'), 'too_many_requests');
    await schema(clinic, '2001:db8:1:2::1').expect(200);
  });

  test('is also who guesses at tokens, at addresses and at nothing', async () => {
    const clinic = await limited({ rate_limit_guest: 3 });
    const guess = () => me(clinic, { token: 'nonsense' });
    for (let sent = 0; sent < 2; sent += 1) expectProblem(await guess(), 'invalid_token');
    expectProblem(
      await clinic.as(undefined).get('/nowhere/').set('x-forwarded-for', '203.0.113.1'),
      'route_not_found',
    );
    expectProblem(await guess(), 'too_many_requests');
    // The limit of guests is not that of users.
    await me(clinic, await clinic.person('patient')).expect(200);
  });
});

describe('routes that check passwords and send codes', () => {
  test('have a stricter limit of their own of what fails, together', async () => {
    const clinic = await limited({ rate_limit_auth: 6 });
    const person = await clinic.person('patient');
    const from = '203.0.113.1';
    const send = (path: string, body: object) =>
      clinic.as(undefined).post(path, body).set('x-forwarded-for', from);
    await send('/auth/register/', { username: 'x' }).expect(400);
    await send('/auth/login/', { username: 'nobody', password: 'x' }).expect(401);
    const reset = { username: 'nobody', code: '123456', password: 'eleven-apricot-trees' };
    await send('/auth/password/reset/confirm/', reset).expect(400);
    await send('/auth/login/', { username: 'nobody', password: 'x' }).expect(401);
    await send('/auth/login/', { username: person.username, password: PASSWORD }).expect(200);
    const last = await send('/auth/login/', { username: 'nobody', password: 'x' }).expect(401);
    expect(last.headers).toMatchObject({ 'ratelimit-limit': '6', 'ratelimit-remaining': '1' });
    await send('/auth/register/', { username: 'y' }).expect(400);
    expectProblem(await send('/auth/login/', { username: 'nobody', password: 'x' }), 'too_many_requests');
    expectProblem(await send('/auth/register/', { username: 'x' }), 'too_many_requests');
    expectProblem(await send('/auth/password/reset/confirm/', reset), 'too_many_requests');
    // The rest goes on, refreshing and asking for a code too; and whoever is signed in is counted for themself.
    await send('/auth/token/refresh/', { refresh: person.refresh }).expect(200);
    await send('/auth/password/reset/', { username: 'nobody' }).expect(202);
    for (let sent = 0; sent < 6; sent += 1)
      await clinic.as(person).post('/auth/phone/verify/confirm/', { code: '123456' }).expect(400);
    expectProblem(
      await clinic.as(person).post('/auth/email/verify/confirm/', { code: '123456' }),
      'too_many_requests',
    );
  });

  test.each([
    'POST /api/auth/register/',
    'POST /api/auth/login/',
    'POST /api/auth/password/change/',
    'POST /api/auth/password/reset/confirm/',
    'POST /api/auth/claim/confirm/',
    'POST /api/auth/phone/verify/',
    'POST /api/auth/phone/verify/confirm/',
    'POST /api/auth/email/verify/',
    'POST /api/auth/email/verify/confirm/',
    'DELETE /api/auth/me/',
  ])('%s is one of them', async (route) => {
    const clinic = await limited({ rate_limit_auth: 77 });
    const person = await clinic.person('patient');
    const [method, path = ''] = route.split(' ');
    const { headers } = await clinic
      .as(person)
      [method === 'DELETE' ? 'delete' : 'post'](path.replace('/api', ''), {});
    expect(headers).toMatchObject({ 'ratelimit-limit': '77', 'ratelimit-remaining': '76' });
  });

  test('let a whole clinic in by one address within a minute', async () => {
    const clinic = await limited({ rate_limit_guest: 300, rate_limit_auth: 30 });
    const people = await Promise.all(Array.from({ length: 40 }, () => clinic.person('patient')));
    const answers = await Promise.all(
      people.map((person) => signIn(clinic, person, PASSWORD, { address: '203.0.113.77' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
  });

  test('hold up those who have been there before by their own failures only', async () => {
    const clinic = await limited({ rate_limit_auth: 30 });
    const [known, newcomer] = [await clinic.person('patient'), await clinic.person('patient')];
    const address = '203.0.113.78';
    const guess = (username: string) => signIn(clinic, { username }, 'not-the-password', { address });
    await signIn(clinic, known, PASSWORD, { address }).expect(200);
    for (let made = 0; made < 30; made += 1)
      expectProblem(await guess(`nobody.${made}`), 'invalid_credentials');
    for (const refused of [
      await guess('nobody.else'),
      await signIn(clinic, newcomer, PASSWORD, { address }),
    ]) {
      expectProblem(refused, 'too_many_requests');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    }
    await signIn(clinic, known, PASSWORD, { address }).expect(200);
    for (let made = 0; made < 5; made += 1) expectProblem(await guess(known.username), 'invalid_credentials');
    expectProblem(await signIn(clinic, known, PASSWORD, { address }), 'too_many_requests');
  });
});

test('monitors are not counted, and off counts nobody', async () => {
  const clinic = await limited({ rate_limit_guest: 1 });
  for (let sent = 0; sent < 5; sent += 1) {
    const answer = await clinic.app.inject({ url: '/health/live' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty('ratelimit-limit');
  }
  const off = await limited({ rate_limit: false, rate_limit_guest: 1 });
  for (let sent = 0; sent < 5; sent += 1) {
    const { headers } = await schema(off, '203.0.113.1').expect(200);
    expect(headers).not.toHaveProperty('ratelimit-limit');
  }
});

test('a page of another origin may read the headers', async () => {
  const clinic = await limited({ cors_origins: ['https://clinic.uz'] });
  const { headers } = await schema(clinic, '203.0.113.1').set('origin', 'https://clinic.uz').expect(200);
  expect(headers['access-control-expose-headers']).toContain('ratelimit-remaining');
});
