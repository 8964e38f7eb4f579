import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isCommonPassword } from '../../src/core/common-passwords.ts';
import { accountsApp, signIn } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp();
});
afterAll(() => clinic.close());

const NEXT = 'eleven-apricot-trees';
const change = (person: Pick<Person, 'token'>, old_password: string, password: string) =>
  clinic.as(person).post('/auth/password/change/', { old_password, password });

describe('POST /auth/password/change/', () => {
  test('sets the new password; this session goes on, the others end', async () => {
    const person = await clinic.person('patient');
    const other = (await signIn(clinic, person, PASSWORD).expect(200)).body;
    await change(person, PASSWORD, NEXT).expect(204);
    await clinic.as(person).get('/auth/me/').expect(200);
    await clinic.as(undefined).post('/auth/token/refresh/', { refresh: person.refresh }).expect(200);
    expectProblem(await clinic.as({ token: other.access }).get('/auth/me/'), 'session_ended');
    expectProblem(
      await clinic.as(undefined).post('/auth/token/refresh/', { refresh: other.refresh }),
      'invalid_refresh_token',
    );
    expectProblem(await signIn(clinic, person, PASSWORD), 'invalid_credentials');
    await signIn(clinic, person, NEXT).expect(200);
  });

  test('needs the old one', async () => {
    const person = await clinic.person('patient');
    expectProblem(await change(person, 'not-the-password', NEXT), 'invalid_input', {
      fields: ['old_password wrong_password'],
    });
    await signIn(clinic, person, PASSWORD).expect(200);
  });

  test('takes neither the user name nor a common one nor one of a wrong length', async () => {
    const person = await clinic.person('patient', { username: 'Long.Enough.Name' });
    expectProblem(await change(person, PASSWORD, 'lONG.eNOUGH.nAME'), 'invalid_input', {
      fields: ['password password_is_username'],
    });
    expectProblem(await change(person, PASSWORD, 'Password123'), 'invalid_input', {
      fields: ['password password_common'],
    });
    expectProblem(await change(person, PASSWORD, 'short'), 'invalid_input', {
      fields: ['password password_length'],
    });
    await change(person, PASSWORD, NEXT).expect(204);
  });

  test('of two at once one is made', async () => {
    const person = await clinic.person('patient');
    const answers = await Promise.all([
      change(person, PASSWORD, NEXT),
      change(person, PASSWORD, 'another-quiet-river'),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
  });

  test('is told to its owner and noted, without the password', async () => {
    const person = await clinic.person('patient');
    await change(person, PASSWORD, NEXT).expect(204);
    const { rows: inbox } = await clinic.db.$client.query(
      'select kind, params from notifications where user_id = $1',
      [person.id],
    );
    expect(inbox).toEqual([{ kind: 'password_changed', params: {} }]);
    const { rows } = await clinic.db.$client.query(
      "select actor_id, subject_id, details from audit_entries where action = 'password.change' and actor_id = $1",
      [person.id],
    );
    expect(rows).toEqual([{ actor_id: person.id, subject_id: person.id, details: {} }]);
  });

  test('does not serve to guess the old one with a stolen token', async () => {
    const guarded = await accountsApp({ rate_limit: true, rate_limit_auth: 1_000 });
    try {
      const person = await guarded.person('patient');
      const guess = () =>
        guarded
          .as(person)
          .post('/auth/password/change/', { old_password: 'not-the-password', password: NEXT });
      for (let tries = 0; tries < 5; tries += 1) expect((await guess()).status).toBe(400);
      expectProblem(await guess(), 'too_many_requests');
      // Who signs in is not held up by it.
      await signIn(guarded, person, PASSWORD).expect(200);
    } finally {
      await guarded.close();
    }
  });
});

describe('common passwords', () => {
  const list = readFileSync(new URL('../../src/core/common-passwords.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n');

  test('are those of 10 to 72 bytes among the commonest, in lower case, each once', () => {
    // ASVS 5, 6.2.4.
    expect(list.length).toBeGreaterThanOrEqual(3_000);
    expect(new Set(list).size).toBe(list.length);
    for (const password of list) {
      expect(Buffer.byteLength(password)).toBeGreaterThanOrEqual(10);
      expect(Buffer.byteLength(password)).toBeLessThanOrEqual(72);
      expect(password).toBe(password.toLowerCase());
    }
  });

  test.each([
    ['qwertyuiop', true],
    ['QwertyUIOP', true],
    ['1234567890', true],
    ['heartbreak', true],
    ['Пароль', true],
    ['a-long-quiet-river', false],
    ['clinic-demo-2026', false],
    ['', false],
  ])('%j: %s', (password, common) => {
    expect(isCommonPassword(password)).toBe(common);
  });

  test('are refused wherever a password is set, beside other wrong fields', async () => {
    const admin = await clinic.person('admin');
    const person = await clinic.person('patient');
    const account = { username: 'somebody.new', password: 'Qwertyuiop', role: 'patient' };
    const fields = ['password password_common'];
    expectProblem(await clinic.as(undefined).post('/auth/register/', account), 'invalid_input', { fields });
    expectProblem(await clinic.as(admin).post('/users/', account), 'invalid_input', { fields });
    expectProblem(
      await clinic.as(admin).patch(`/users/${person.id}/`, { password: 'qwertyuiop' }),
      'invalid_input',
      { fields },
    );
    expectProblem(
      await clinic.as(undefined).post('/auth/register/', { ...account, username: '1' }),
      'invalid_input',
      {
        fields: [...fields, 'username invalid_username'],
      },
    );
  });
});
