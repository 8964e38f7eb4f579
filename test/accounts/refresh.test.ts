import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountsApp, pass } from '../helpers/accounts.ts';
import type { Person, TestApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ refresh_grace_seconds: 10 });
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
  test('may repeat the refresh within the grace, and goes on with what it gets', async () => {
    const person = await clinic.person('patient');
    const lost = await refreshed(person.refresh);
    pass(clinic.clock, 9);
    const found = await refreshed(person.refresh);
    expect(found.refresh).not.toBe(lost.refresh);
    await me(found.access).expect(200);
    await refreshed(found.refresh);
    await me(person.token).expect(200);
  });

  test('may repeat it several times', async () => {
    const person = await clinic.person('patient');
    let last = await refreshed(person.refresh);
    for (let again = 0; again < 3; again += 1) last = await refreshed(person.refresh);
    await refreshed(last.refresh);
  });

  test('may not once the grace is over: the session ends, tokens and all', async () => {
    const person = await clinic.person('patient');
    const next = await refreshed(person.refresh);
    pass(clinic.clock, 10);
    expectProblem(await refresh(person.refresh), 'invalid_refresh_token');
    await expectOver(person, next.refresh);
    expectProblem(await me(next.access), 'session_ended');
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

  test('used within the grace beside its owner gives two successors, of which the second to be used ends the session', async () => {
    for (const thiefGoesFirst of [true, false]) {
      const person = await clinic.person('patient');
      const owners = await refreshed(person.refresh);
      const thiefs = await refreshed(person.refresh);
      const [first, second] = thiefGoesFirst ? [thiefs, owners] : [owners, thiefs];
      const went = await refreshed(first.refresh);
      expectProblem(await refresh(second.refresh), 'invalid_refresh_token');
      await expectOver(person, went.refresh);
    }
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
  test('20 repeats of one refresh all get pairs, of which one serves', async () => {
    for (let round = 0; round < 10; round += 1) {
      const person = await clinic.person('patient');
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(person.refresh)));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      const used = await Promise.all(answers.map(({ body }) => refresh(body.refresh)));
      expect(used.filter(({ status }) => status === 200)).toHaveLength(1);
      await expectOver(person);
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
      // The successor was used: what the repeat got must not serve beside it.
      if (repeated?.status === 200)
        expectProblem(await refresh(repeated.body.refresh), 'invalid_refresh_token');
      await expectOver(person);
    }
    for (const outcome of seen) expect(['200 200', '401 200', '401 401']).toContain(outcome);
    expect(seen).toContain('200 200');
  });
});
