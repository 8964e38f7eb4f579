import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  accountsApp,
  codesSent,
  confirm,
  freshPhone,
  lastCode,
  pass,
  queuedFor,
  signIn,
  wrong,
} from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { capturedLog } from '../helpers/log.ts';
import { expectProblem, withoutItsRequest } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ codes_per_hour_address: 1_000 });
});
afterAll(() => clinic.close());

const NEXT = 'eleven-apricot-trees';
const ask = (username: string, at = clinic) => at.as(undefined).post('/auth/password/reset/', { username });
const answer = (username: string, code: string, password = NEXT) =>
  clinic.as(undefined).post('/auth/password/reset/confirm/', { username, code, password });

/** Somebody with a confirmed phone and email. */
async function reachable(): Promise<Person & { phone: string; email: string }> {
  const person = await clinic.person('patient');
  const contacts = { phone: freshPhone(), email: `${person.username}@example.uz` };
  await confirm(clinic, person.id, contacts);
  return { ...person, ...contacts };
}

/** Waits until all that was asked for before has been dealt with: it is, one after the other. */
async function dealtWith(): Promise<void> {
  const last = await reachable();
  await ask(last.phone).expect(202);
  await codesSent(clinic, last.id, 1);
}

const codesOf = async ({ id }: Pick<Person, 'id'>) =>
  (await queuedFor(clinic, id)).filter(({ kind }) => kind === 'code');

describe('POST /auth/password/reset/', () => {
  test('always answers the same', async () => {
    const person = await reachable();
    for (const typed of [
      person.username,
      person.phone,
      'nobody.has.this',
      '+998909999999',
      'nobody@example.uz',
    ]) {
      const { body, status } = await ask(typed);
      expect({ status, body }).toEqual({
        status: 202,
        body: { expires_in: 300, resend_in: 60, otherwise: 'desk' },
      });
    }
  });

  test.each([
    ['the user name', (person: Person) => person.username.toUpperCase(), 'sms'],
    ['the phone', (person: { phone: string }) => person.phone.replace('+998', ''), 'sms'],
    ['the email', (person: { email: string }) => person.email.toUpperCase(), 'email'],
  ] as const)('by %s sends a code', async (_, typed, channel) => {
    const person = await reachable();
    await ask(typed(person)).expect(202);
    await codesSent(clinic, person.id, 1);
    expect(await codesOf(person)).toEqual([
      {
        id: expect.any(Number),
        kind: 'code',
        channel,
        params: { purpose: 'reset_password' },
        code: expect.stringMatching(/^\d{6}$/),
        destination: channel === 'sms' ? person.phone : person.email,
      },
    ]);
  });

  test('sends nothing to a contact that is not confirmed, to nobody, nor to who is deactivated', async () => {
    const phone = freshPhone();
    const unconfirmed = await clinic.person('patient', { phone, email: 'unconfirmed@example.uz' });
    const admin = await clinic.person('admin');
    const out = await reachable();
    await clinic.as(admin).patch(`/users/${out.id}/`, { is_active: false }).expect(200);
    for (const typed of [unconfirmed.username, phone, 'unconfirmed@example.uz', 'nobody.has.this', out.phone])
      await ask(typed).expect(202);
    await dealtWith();
    expect(await codesOf(unconfirmed)).toEqual([]);
    expect(await codesOf(out)).toEqual([]);
  });

  test('sends the next after a minute, five an hour, and says no word of it', async () => {
    const person = await reachable();
    await ask(person.phone).expect(202);
    await codesSent(clinic, person.id, 1);
    await ask(person.phone).expect(202);
    await dealtWith();
    await codesSent(clinic, person.id, 1);
    for (let sent = 2; sent <= 5; sent += 1) {
      pass(clinic.clock, 60);
      await ask(person.phone).expect(202);
      await codesSent(clinic, person.id, sent);
    }
    pass(clinic.clock, 60);
    await ask(person.phone).expect(202);
    await dealtWith();
    await codesSent(clinic, person.id, 5);
    pass(clinic.clock, 3_600);
    await ask(person.phone).expect(202);
    await codesSent(clinic, person.id, 6);
  });

  test('what fails after the answer is logged without a word of whom, and the next is done', async () => {
    const log = capturedLog();
    const other = await accountsApp({ log_level: 'error' }, { log_stream: log.stream });
    try {
      const person = await other.person('patient');
      const phone = freshPhone();
      await confirm(other, person.id, { phone });
      await other.db.$client.query('alter table codes rename to codes_away');
      await ask(phone, other).expect(202);
      await vi.waitFor(() => expect(log.errors()).toHaveLength(1), { timeout: 30_000 });
      expect(JSON.parse(log.lines[0] ?? '')).toMatchObject({
        msg: 'what was to be done after an answer failed',
      });
      expect(log.lines[0]).not.toContain(phone.slice(-7));
      await other.db.$client.query('alter table codes_away rename to codes');
      await ask(phone, other).expect(202);
      await codesSent(other, person.id, 1);
    } finally {
      await other.close();
    }
  });

  test('what was asked for is done before the process goes', async () => {
    const other = await accountsApp();
    const person = await other.person('patient');
    const phone = freshPhone();
    await confirm(other, person.id, { phone });
    await ask(phone, other).expect(202);
    await other.app.close();
    await codesSent(other, person.id, 1);
    await other.close();
  });
});

describe('POST /auth/password/reset/confirm/', () => {
  async function asked(): Promise<Awaited<ReturnType<typeof reachable>> & { code: string }> {
    const person = await reachable();
    await ask(person.phone).expect(202);
    await codesSent(clinic, person.id, 1);
    return { ...person, code: await lastCode(clinic, person.id) };
  }

  test('sets the password, ends every session, tells the owner, and the code is used up', async () => {
    const person = await asked();
    await answer(person.phone, person.code).expect(204);
    expectProblem(await clinic.as(person).get('/auth/me/'), 'session_ended');
    expectProblem(
      await clinic.as(undefined).post('/auth/token/refresh/', { refresh: person.refresh }),
      'invalid_refresh_token',
    );
    expectProblem(await signIn(clinic, person, PASSWORD), 'invalid_credentials');
    await signIn(clinic, person, NEXT).expect(200);
    expectProblem(await answer(person.phone, person.code), 'invalid_code');
    const { rows } = await clinic.db.$client.query(
      "select kind from notifications where user_id = $1 and kind = 'password_changed'",
      [person.id],
    );
    expect(rows).toHaveLength(1);
  });

  test('by another name of the same account', async () => {
    const person = await asked();
    await answer(person.username, person.code).expect(204);
    await signIn(clinic, person, NEXT).expect(200);
  });

  test('a wrong code, an expired one, no code and nobody are told apart in nothing', async () => {
    const person = await asked();
    const late = await asked();
    const never = await reachable();
    const refused = [
      await answer(person.phone, wrong(person.code)),
      await answer(never.phone, '123456'),
      await answer('nobody.has.this', '123456'),
    ];
    pass(clinic.clock, 301);
    refused.push(await answer(late.phone, late.code));
    for (const one of refused) {
      expectProblem(one, 'invalid_code');
      expect(withoutItsRequest(one.body)).toEqual(withoutItsRequest(refused[0]?.body));
      expect(Object.keys(one.headers).sort()).toEqual(Object.keys(refused[0]?.headers ?? {}).sort());
    }
    await signIn(clinic, person, PASSWORD).expect(200);
  });

  test('the fifth wrong try is the last', async () => {
    const person = await asked();
    for (let tries = 0; tries < 5; tries += 1)
      expectProblem(await answer(person.phone, wrong(person.code)), 'invalid_code');
    expectProblem(await answer(person.phone, person.code), 'invalid_code');
  });

  test('the fifth try may be right', async () => {
    const person = await asked();
    for (let tries = 0; tries < 4; tries += 1)
      expectProblem(await answer(person.phone, wrong(person.code)), 'invalid_code');
    await answer(person.phone, person.code).expect(204);
  });

  test('the code before the last is over', async () => {
    const person = await asked();
    pass(clinic.clock, 60);
    await ask(person.phone).expect(202);
    await codesSent(clinic, person.id, 2);
    const next = await lastCode(clinic, person.id);
    if (next !== person.code) expectProblem(await answer(person.phone, person.code), 'invalid_code');
    await answer(person.phone, next).expect(204);
  });

  test('a code to confirm a phone sets no password', async () => {
    const person = await clinic.person('patient', { phone: freshPhone() });
    await clinic.as(person).post('/auth/phone/verify/', {}).expect(202);
    expectProblem(await answer(person.username, await lastCode(clinic, person.id)), 'invalid_code');
  });

  test('takes no password that is not one, and leaves the code good', async () => {
    const person = await asked();
    expectProblem(await answer(person.phone, person.code, 'Qwertyuiop'), 'invalid_input', {
      fields: ['password password_common'],
    });
    const { rows } = await clinic.db.$client.query(
      "update users set username = 'Quite.Long.Name' where id = $1",
      [person.id],
    );
    expect(rows).toEqual([]);
    expectProblem(await answer(person.phone, person.code, 'quite.long.name'), 'invalid_input', {
      fields: ['password password_is_username'],
    });
    await answer(person.phone, person.code).expect(204);
  });

  test('names every wrong field', async () => {
    expectProblem(
      await clinic.as(undefined).post('/auth/password/reset/confirm/', { code: '12 34' }),
      'invalid_input',
      {
        fields: ['username required', 'code invalid_format', 'password required'],
      },
    );
  });
});

test('codes are random, and kept as nothing that could be tried', async () => {
  const person = await reachable();
  await ask(person.phone).expect(202);
  await codesSent(clinic, person.id, 1);
  const code = await lastCode(clinic, person.id);
  const { rows } = await clinic.db.$client.query('select * from codes where user_id = $1', [person.id]);
  expect(rows[0].code_hash).toHaveLength(32);
  expect(rows[0].code_hash.equals(createHash('sha256').update(code).digest())).toBe(false);
  // Nowhere in the database as text, in whatever table.
  const { rows: tables } = await clinic.db.$client.query(
    "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  for (const { table_name } of tables) {
    const { rows: found } = await clinic.db.$client.query(
      `select 1 from ${table_name} t where to_jsonb(t)::text ~ '(?<![0-9.])${code}(?![0-9])'`,
    );
    expect(found, table_name).toEqual([]);
  }
});
