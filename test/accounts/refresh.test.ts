import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { accountsApp, pass } from '../helpers/accounts.ts';
import { type Person, type TestApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ refresh_grace_seconds: 60 });
});
afterAll(() => clinic.close());

const me = (token: string) => clinic.as({ token }).get('/auth/me/');
const refresh = (token: string, at = clinic) =>
  at.as(undefined).post('/auth/token/refresh/', { refresh: token });

async function refreshed(token: string): Promise<{ access: string; refresh: string }> {
  const { body } = await refresh(token).expect(200);
  return body;
}

async function expectOver(person: Pick<Person, 'token'>, ...tokens: string[]): Promise<void> {
  expectProblem(await me(person.token), 'session_ended');
  for (const token of tokens) expectProblem(await refresh(token), 'invalid_refresh_token');
}

describe('a client that lost the answer', () => {
  test('may repeat the refresh for a minute, and is given the same refresh token as the first time', async () => {
    const person = await clinic.person('patient');
    const lost = await refreshed(person.refresh);
    pass(clinic.clock, 59);
    const found = await refreshed(person.refresh);
    expect(found.refresh).toBe(lost.refresh);
    await me(lost.access).expect(200);
    await me(found.access).expect(200);
    await refreshed(found.refresh);
    await me(person.token).expect(200);
  });

  test('may not once the grace is over: the session ends, tokens and all', async () => {
    const person = await clinic.person('patient');
    const next = await refreshed(person.refresh);
    pass(clinic.clock, 60);
    expectProblem(await refresh(person.refresh), 'invalid_refresh_token');
    await expectOver(person, next.refresh);
    expectProblem(await me(next.access), 'session_ended');
  });

  test('is given the same one by another process, also after the signing secret was replaced', async () => {
    const secrets = {
      jwt_secret: 'b1c2a3d4e5f60718293a4b5c6d7e8f90',
      jwt_previous_secrets: [testConfig.jwt_secret],
    };
    const { db, clock, url } = clinic;
    const base = { ...testConfig, log_level: 'silent', database_url: url };
    const [same, replaced] = await Promise.all([
      buildApp({ db, clock, config: base }),
      buildApp({ db, clock, config: { ...base, ...secrets } }),
    ]);
    const at = async (app: typeof same, token: string) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/auth/token/refresh/',
        payload: { refresh: token },
      });
      return { status: answer.statusCode, refresh: answer.json().refresh as string };
    };
    try {
      const person = await clinic.person('patient');
      const { refresh: next } = await refreshed(person.refresh);
      expect(await at(same, person.refresh)).toEqual({ status: 200, refresh: next });
      expect(await at(replaced, person.refresh)).toEqual({ status: 200, refresh: next });
      // What the new secret gave out, the process that knows only the old one takes for no theft either.
      const other = await clinic.person('patient');
      const given = await at(replaced, other.refresh);
      expect(given.status).toBe(200);
      const repeated = await refreshed(other.refresh);
      await refreshed(repeated.refresh);
      await me(other.token).expect(200);
    } finally {
      await Promise.all([same.close(), replaced.close()]);
    }
  });
});

describe('six tabs that refresh at once', () => {
  test('get one refresh token, and each goes on with it later', async () => {
    const person = await clinic.person('patient');
    const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(person.refresh)));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(new Set(answers.map(({ body }) => body.refresh)).size).toBe(1);
    pass(clinic.clock, 840);
    const later: string[] = [];
    for (const { body } of answers) {
      later.push((await refreshed(body.refresh)).refresh);
      pass(clinic.clock, 5);
    }
    expect(new Set(later).size).toBe(1);
    await me(person.token).expect(200);
  });
});

describe('a stolen refresh token', () => {
  test('used after its owner went on ends the session, also within the grace', async () => {
    const person = await clinic.person('patient');
    const next = await refreshed(person.refresh);
    const after = await refreshed(next.refresh);
    expectProblem(await refresh(person.refresh), 'invalid_refresh_token');
    await expectOver(person, next.refresh, after.refresh);
  });

  test('used within the grace beside its owner gives both the same, whose second use after the grace ends the session', async () => {
    const person = await clinic.person('patient');
    const owners = await refreshed(person.refresh);
    const thiefs = await refreshed(person.refresh);
    expect(thiefs.refresh).toBe(owners.refresh);
    const went = await refreshed(owners.refresh);
    pass(clinic.clock, 60);
    expectProblem(await refresh(thiefs.refresh), 'invalid_refresh_token');
    await expectOver(person, went.refresh);
  });

  test('that has a successor that expired unused is no theft', async () => {
    const person = await clinic.person('patient');
    const next = await refreshed(person.refresh);
    pass(clinic.clock, 31 * 86_400);
    expectProblem(await refresh(next.refresh), 'invalid_refresh_token');
    await me(person.token).expect(200);
  });
});

test('without a grace no token serves twice', async () => {
  const strict = await accountsApp({ refresh_grace_seconds: 0 });
  try {
    const person = await strict.person('patient');
    const { body } = await refresh(person.refresh, strict).expect(200);
    expectProblem(await refresh(person.refresh, strict), 'invalid_refresh_token');
    expectProblem(await refresh(body.refresh, strict), 'invalid_refresh_token');
    expectProblem(await strict.as(person).get('/auth/me/'), 'session_ended');
  } finally {
    await strict.close();
  }
});

test('a refresh notes when and from where', async () => {
  const person = await clinic.person('patient');
  const before = clinic.clock.now().toISOString();
  pass(clinic.clock, 600);
  await refresh(person.refresh).set('x-forwarded-for', '198.51.100.77').expect(200);
  const { rows } = await clinic.db.$client.query(
    'select address, created_at, last_used_at from sessions where user_id = $1',
    [person.id],
  );
  expect(rows).toEqual([
    { address: '198.51.100.77', created_at: before, last_used_at: clinic.clock.now().toISOString() },
  ]);
});

test('nobody who is put out refreshes', async () => {
  const admin = await clinic.person('admin');
  const person = await clinic.person('patient');
  await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }).expect(200);
  expectProblem(await refresh(person.refresh), 'invalid_refresh_token');
});

describe('at once', () => {
  test('20 repeats of one refresh all get the same token, and so do 20 uses of that', async () => {
    for (let round = 0; round < 10; round += 1) {
      const person = await clinic.person('patient');
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(person.refresh)));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      const used = await Promise.all(answers.map(({ body }) => refresh(body.refresh)));
      expect(used.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect(new Set(used.map(({ body }) => body.refresh)).size).toBe(1);
      await me(person.token).expect(200);
    }
  });

  test('a repeat and the use of the successor: either the repeat comes first, or the session ends', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      const person = await clinic.person('patient');
      const next = await refreshed(person.refresh);
      const requests = [() => refresh(person.refresh), () => refresh(next.refresh)];
      const [first, second] = await Promise.all(
        (round % 2 ? requests : requests.reverse()).map((send) => send()),
      );
      const [repeated, used] = round % 2 ? [first, second] : [second, first];
      seen.add(`${repeated?.status} ${used?.status}`);
      if (repeated?.status === 200) {
        expect(repeated.body.refresh).toBe(next.refresh);
        await me(person.token).expect(200);
      } else await expectOver(person);
    }
    for (const outcome of seen) expect(['200 200', '401 200', '401 401']).toContain(outcome);
    expect(seen).toContain('200 200');
  });
});
