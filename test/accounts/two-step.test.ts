import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { dataKeysOf, readDataKeys } from '../../src/core/data-keys.ts';
import { createSealer } from '../../src/core/sealing.ts';
import { base32, stepOf, totp, totpUri } from '../../src/core/totp.ts';
import { reseal } from '../../src/db/reseal.ts';
import { sealed } from '../../src/modules.ts';
import { accountsApp, lastCode, pass, queuedFor, wrong } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { enrol, shown, ticketOf } from '../helpers/two-step.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  // All that is refused here comes from one address.
  clinic = await accountsApp({
    rate_limit: true,
    rate_limit_guest: 10_000,
    rate_limit_user: 10_000,
    rate_limit_auth: 10_000,
  });
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const nobody = () => clinic.as(undefined);
const login = ({ username }: Person) => nobody().post('/auth/login/', { username, password: PASSWORD });
const second = (ticket: string, code: string) => nobody().post('/auth/login/second-step/', { ticket, code });
/** Somebody whose sign-in asks for a code; the code that set it up is used. */
async function enrolled(role: Person['role'] = 'receptionist') {
  const person = await clinic.person(role);
  return { person, ...(await enrol(clinic, person)) };
}
const told = async ({ id }: Person) =>
  (
    await clinic.db.$client.query<{ params: { what: string; left?: string } }>(
      "select params from notifications where user_id = $1 and kind = 'two_step_changed' order by id",
      [id],
    )
  ).rows.map(({ params }) => [params.what, params.left].filter(Boolean).join(' '));
const audited = async (id: number) =>
  (
    await clinic.db.$client.query<{ action: string }>(
      "select action from audit_entries where subject_id = $1 and (action like 'two_step%' or action like 'second%') order by id",
      [id],
    )
  ).rows.map(({ action }) => action);

describe('a code of an app', () => {
  test('is that of RFC 6238, appendix B', () => {
    const secret = Buffer.from('12345678901234567890');
    for (const [seconds, code] of [
      [59, '94287082'],
      [1_111_111_109, '07081804'],
      [1_111_111_111, '14050471'],
      [1_234_567_890, '89005924'],
      [2_000_000_000, '69279037'],
      [20_000_000_000, '65353130'],
    ] as const)
      expect(totp(secret, Math.floor(seconds / 30))).toBe(code.slice(-6));
    expect(base32(Buffer.from('foobar'))).toBe('MZXW6YTBOI');
    expect(totpUri(secret, { issuer: 'A: b', account: 'a.k' })).toBe(
      'otpauth://totp/A%20%20b:a.k?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20%20b',
    );
    expect(stepOf(secret, '287082', new Date(59_000))).toBe(1);
    expect(stepOf(secret, '', new Date(59_000))).toBeUndefined();
  });

  test('serves 30 seconds early and late, and no more', async () => {
    for (const [steps, fits] of [
      [-2, false],
      [2, false],
      [-1, true],
      [1, true],
    ] as const) {
      const { person, secret } = await enrolled();
      pass(clinic.clock, 300);
      const answer = await second(await ticketOf(clinic, person), shown(clinic, secret, steps));
      if (fits) expect(answer.status).toBe(200);
      else expectProblem(answer, 'invalid_code');
    }
  });

  test('serves once, and none before it afterwards', async () => {
    const { person, secret } = await enrolled();
    // The one that confirmed it is used.
    expectProblem(await second(await ticketOf(clinic, person), shown(clinic, secret)), 'invalid_code');
    pass(clinic.clock, 60);
    const code = shown(clinic, secret);
    await second(await ticketOf(clinic, person), code).expect(200);
    expectProblem(await second(await ticketOf(clinic, person), code), 'invalid_code');
    expectProblem(await second(await ticketOf(clinic, person), shown(clinic, secret, -1)), 'invalid_code');
    await second(await ticketOf(clinic, person), shown(clinic, secret, 1)).expect(200);
  });

  test('of two uses at once lets one in, with one ticket or with two', async () => {
    const { person, secret } = await enrolled();
    for (const same of [true, false]) {
      pass(clinic.clock, 60);
      const code = shown(clinic, secret);
      const ticket = await ticketOf(clinic, person);
      const other = same ? ticket : await ticketOf(clinic, person);
      const answers = await Promise.all([second(ticket, code), second(other, code)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, same ? 401 : 400]);
    }
  });

  test('opens a session as a password does, and is asked for at each sign-in', async () => {
    const { person, secret } = await enrolled('patient');
    pass(clinic.clock, 60);
    const answer = await login(person);
    expectProblem(answer, 'second_step_required');
    expect(answer.body).toMatchObject({ next: 'code', expires_in: 300 });
    const { body } = await second(
      answer.body.ticket,
      ` ${shown(clinic, secret).replace(/^.../, '$& ')}`,
    ).expect(200);
    expect(body).toMatchObject({ token_type: 'Bearer', user: { id: person.id } });
    await clinic.as({ token: body.access }).get('/auth/me/').expect(200);
    await nobody().post('/auth/token/refresh/', { refresh: body.refresh }).expect(200);
    expectProblem(await login(person), 'second_step_required');
    expectProblem(
      await nobody().post('/auth/login/', { username: person.username, password: 'not-the-password' }),
      'invalid_credentials',
    );
  });
});

describe('a ticket', () => {
  test('serves five minutes, once, and for the second step alone', async () => {
    const { person, secret } = await enrolled();
    const late = await ticketOf(clinic, person);
    pass(clinic.clock, 301);
    expectProblem(await second(late, shown(clinic, secret)), 'invalid_ticket');
    const ticket = await ticketOf(clinic, person);
    expectProblem(await clinic.as({ token: ticket }).get('/auth/me/'), 'invalid_token');
    expectProblem(await nobody().post('/auth/token/refresh/', { refresh: ticket }), 'invalid_refresh_token');
    expectProblem(await nobody().post('/auth/two-step/enrol/', { ticket }), 'invalid_ticket');
    await second(ticket, shown(clinic, secret)).expect(200);
    expectProblem(await second(ticket, shown(clinic, secret, 1)), 'invalid_ticket');
    expectProblem(await second('x', '123456'), 'invalid_ticket');
  });

  test('survives a wrong code, and ends with a new password, a deactivation and an erasure', async () => {
    const { person, secret } = await enrolled('patient');
    pass(clinic.clock, 60);
    const ticket = await ticketOf(clinic, person);
    expectProblem(await second(ticket, wrong(shown(clinic, secret))), 'invalid_code');
    await second(ticket, shown(clinic, secret)).expect(200);
    const [a, b, c] = [await enrolled('patient'), await enrolled('patient'), await enrolled('patient')];
    pass(clinic.clock, 60);
    const held = await Promise.all([a, b, c].map((one) => ticketOf(clinic, one.person)));
    await clinic.as(admin).patch(`/users/${a.person.id}/`, { password: 'eleven-apricot-trees' }).expect(200);
    await clinic.as(admin).patch(`/users/${b.person.id}/`, { is_active: false }).expect(200);
    await clinic.as(c.person).delete('/auth/me/', { password: PASSWORD }).expect(204);
    for (const [index, one] of [a, b, c].entries())
      expectProblem(await second(held[index] ?? '', shown(clinic, one.secret)), 'invalid_ticket');
  });
});

describe('a recovery code', () => {
  test('serves once in place of the app, in any form, and its owner is told how many are left', async () => {
    const { person, recovery_codes } = await enrolled();
    const [code = '', other = ''] = recovery_codes;
    expect(new Set(recovery_codes).size).toBe(10);
    await second(await ticketOf(clinic, person), code.toUpperCase().replaceAll('-', ' ')).expect(200);
    expectProblem(await second(await ticketOf(clinic, person), code), 'invalid_code');
    const answers = await Promise.all([
      second(await ticketOf(clinic, person), other),
      second(await ticketOf(clinic, person), other),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    const state = await clinic
      .as({ token: answers.find(({ status }) => status === 200)?.body.access })
      .get('/auth/two-step/');
    expect(state.body).toMatchObject({ is_on: true, recovery_codes_left: 8 });
    expect(await told(person)).toEqual(['on', 'recovery 9', 'recovery 8']);
    expect(await audited(person.id)).toEqual(
      expect.arrayContaining(['two_step.recover', 'second_step.fail']),
    );
  });

  test('of somebody else does not serve', async () => {
    const [one, other] = [await enrolled(), await enrolled()];
    const code = other.recovery_codes[0] ?? '';
    expectProblem(await second(await ticketOf(clinic, one.person), code), 'invalid_code');
    await second(await ticketOf(clinic, other.person), code).expect(200);
  });
});

describe('guessing', () => {
  test('is slowed down for the account, from whatever address, also where the second step is removed', async () => {
    const { person, secret } = await enrolled();
    pass(clinic.clock, 60);
    const guess = async (n: number) => {
      const ticket = await ticketOf(clinic, person);
      const code = wrong(shown(clinic, secret, n % 2));
      return second(ticket, code).set('x-forwarded-for', `203.0.113.${n}`);
    };
    for (let n = 1; n <= 5; n += 1) expectProblem(await guess(n), 'invalid_code');
    expectProblem(await guess(6), 'too_many_requests');
    const right = shown(clinic, secret);
    expectProblem(await second(await ticketOf(clinic, person), right), 'too_many_requests');
    expectProblem(await clinic.as(person).delete('/auth/two-step/', { code: right }), 'too_many_requests');
    // It waits 1, 2, 4 … seconds, a quarter of an hour at last: some hundred codes of a million in a day.
    let tried = 0;
    for (let n = 7; n < 37; n += 1) {
      pass(clinic.clock, 240);
      if ((await guess(n)).status === 400) tried += 1;
    }
    expect(tried).toBeLessThan(20);
    pass(clinic.clock, 900);
    await second(await ticketOf(clinic, person), shown(clinic, secret)).expect(200);
  });

  test('needs the password first: whoever does not know it makes nobody wait', async () => {
    const limited = await ofOneAddress();
    const person = await limited.person('receptionist');
    const { secret } = await enrol(limited, person);
    pass(limited.clock, 60);
    const ticket = await ticketOf(limited, person);
    const show = (body: object) => limited.as(undefined).post('/auth/login/second-step/', body);
    for (let n = 0; n < 20; n += 1)
      expectProblem(await show({ ticket: `x${n}`, code: '000000' }), 'invalid_ticket');
    await show({ ticket, code: shown(limited, secret) }).expect(200);
  });

  test('is not what a whole clinic does that signs in with two steps from one address', async () => {
    const limited = await ofOneAddress();
    const person = await limited.person('receptionist');
    await enrol(limited, person);
    const { username } = person;
    for (let n = 0; n < 40; n += 1) {
      const answer = await limited.as(undefined).post('/auth/login/', { username, password: PASSWORD });
      expectProblem(answer, 'second_step_required');
    }
    // Whoever comes next from there registers.
    await limited.person('patient');
  });

  /** With the usual limit of refusals, of which none has been used up. */
  async function ofOneAddress() {
    const limited = await accountsApp({
      rate_limit: true,
      rate_limit_guest: 10_000,
      rate_limit_user: 10_000,
    });
    onTestFinished(() => limited.close());
    return limited;
  }
});

describe('setting it up', () => {
  test('asks for nothing until it is confirmed, and gives a new secret each time before', async () => {
    const person = await clinic.person('receptionist');
    const first = await clinic.as(person).post('/auth/two-step/enrol/', {}).expect(200);
    expect(first.body.uri).toContain(`secret=${first.body.secret}`);
    await login(person).expect(200);
    const next = await clinic.as(person).post('/auth/two-step/enrol/', {}).expect(200);
    const confirm = (code: string) => clinic.as(person).post('/auth/two-step/confirm/', { code });
    expectProblem(await confirm(shown(clinic, first.body.secret)), 'invalid_code');
    await confirm(shown(clinic, next.body.secret)).expect(200);
    expectProblem(await confirm(shown(clinic, next.body.secret, 1)), 'two_step_on');
    expectProblem(await clinic.as(person).post('/auth/two-step/enrol/', {}), 'two_step_on');
    expect(await told(person)).toEqual(['on']);
  });

  test('ends the sessions that were opened without it, but not that of whoever does it', async () => {
    const person = await clinic.person('receptionist');
    const other = (await login(person).expect(200)).body.access;
    await enrol(clinic, person);
    expectProblem(await clinic.as({ token: other }).get('/auth/me/'), 'session_ended');
    await clinic.as(person).get('/auth/me/').expect(200);
  });

  test('keeps the secret encrypted, and codes and tickets as hashes', async () => {
    const { person, secret, recovery_codes } = await enrolled();
    const ticket = await ticketOf(clinic, person);
    const { rows } = await clinic.db.$client.query(
      `select to_jsonb(t) as row from two_step t where user_id = $1
       union all select to_jsonb(r) from recovery_codes r where user_id = $1
       union all select to_jsonb(s) from sign_in_tickets s where user_id = $1`,
      [person.id],
    );
    expect(rows).toHaveLength(12);
    const text = JSON.stringify(rows);
    for (const hidden of [
      secret,
      ticket,
      ...recovery_codes,
      ...recovery_codes.map((code) => code.replaceAll('-', '')),
    ])
      expect(text).not.toContain(hidden);
  });

  test('outlives a rotation of the keys of data', async () => {
    const { person, secret } = await enrolled();
    const { file = '' } = testConfig.data_keys;
    const [old] = readDataKeys(file);
    const fresh = { name: 'fresh', key: Buffer.alloc(32, 7) };
    if (!old) throw new Error('no key was made');
    expect(await reseal(clinic.db, sealed, [fresh, old])).toMatchObject({ unreadable: 0 });
    const { rows } = await clinic.db.$client.query<{ secret: string }>('select secret from two_step');
    expect(rows.every((row) => row.secret.startsWith('fresh.'))).toBe(true);
    const at = { table: 'two_step', column: 'secret', id: 'user_id' };
    const found = await clinic.db.$client.query<{ secret: string }>(
      'select secret from two_step where user_id = $1',
      [person.id],
    );
    const read = createSealer(() => [fresh]).open(at, person.id, found.rows[0]?.secret ?? '');
    expect(base32(Buffer.from(read, 'base64url'))).toBe(secret);
    // Back, for whoever comes next.
    await reseal(clinic.db, sealed, [old, fresh]);
    expect(dataKeysOf(testConfig.data_keys, clinic.clock)(old.name)).toContainEqual(old);
  });
});

describe('taking it away', () => {
  test('needs a code, and is told', async () => {
    const { person, secret } = await enrolled();
    pass(clinic.clock, 60);
    const remove = (code: string) => clinic.as(person).delete('/auth/two-step/', { code });
    expectProblem(await remove(wrong(shown(clinic, secret))), 'invalid_code');
    await remove(shown(clinic, secret)).expect(204);
    expectProblem(await remove(shown(clinic, secret, 1)), 'two_step_off');
    await login(person).expect(200);
    expect(await told(person)).toEqual(['on', 'off']);
    expect(await audited(person.id)).toEqual(['two_step.enrol', 'second_step.fail', 'two_step.remove']);
  });

  test('is an admin’s for others, whose sessions end, and not for themself', async () => {
    const { person } = await enrolled('doctor');
    const reset = (by: Person, id: number) => clinic.as(by).delete(`/users/${id}/two-step/`);
    expectProblem(await reset(person, admin.id), 'forbidden');
    expectProblem(await reset(admin, admin.id), 'not_oneself');
    expectProblem(await reset(admin, 999_999), 'user_not_found');
    await reset(admin, person.id).expect(204);
    await reset(admin, person.id).expect(204);
    expectProblem(await clinic.as(person).get('/auth/me/'), 'session_ended');
    await login(person).expect(200);
    expect(await told(person)).toEqual(['on', 'reset']);
    expect(await audited(person.id)).toEqual(['two_step.enrol', 'two_step.reset']);
  });

  test('is not what a new password does, by a code or by an admin', async () => {
    const { person, secret } = await enrolled('patient');
    await clinic.db.$client.query(
      "update users set phone = '+998901110000', phone_verified_at = now() where id = $1",
      [person.id],
    );
    pass(clinic.clock, 60);
    await nobody().post('/auth/password/reset/', { username: person.username }).expect(202);
    await expect.poll(() => lastCode(clinic, person.id).catch(() => ''), { timeout: 60_000 }).not.toBe('');
    const reset = {
      username: person.username,
      code: await lastCode(clinic, person.id),
      password: 'eleven-apricot-trees',
    };
    await nobody().post('/auth/password/reset/confirm/', reset).expect(204);
    const next = await nobody().post('/auth/login/', { username: person.username, password: reset.password });
    expectProblem(next, 'second_step_required');
    await second(next.body.ticket, shown(clinic, secret)).expect(200);
  });

  test('is what an erasure does, and the person’s data tell of it', async () => {
    const { person } = await enrolled('patient');
    const { body } = await clinic.as(person).get('/auth/me/export/').expect(200);
    expect(body.two_step).toEqual([{ since: expect.any(String), recovery_codes_left: 10 }]);
    await clinic.as(person).delete('/auth/me/', { password: PASSWORD }).expect(204);
    const { rows } = await clinic.db.$client.query(
      'select 1 from two_step where user_id = $1 union all select 1 from recovery_codes where user_id = $1',
      [person.id],
    );
    expect(rows).toEqual([]);
  });
});

describe('where the staff cannot do without it', () => {
  test('a ticket lets them set it up, and nothing else', async () => {
    const strict = await accountsApp({ staff_two_step: 'required' }, { url: clinic.url });
    try {
      const person = await clinic.person('receptionist');
      const ask = (path: string, body: object) => strict.as(undefined).post(path, body);
      const { username } = person;
      const signIn = () => ask('/auth/login/', { username, password: PASSWORD });
      const answer = await signIn();
      expectProblem(answer, 'second_step_required');
      const { ticket, next } = answer.body;
      expect(next).toBe('enrol');
      expectProblem(await ask('/auth/login/second-step/', { ticket, code: '123456' }), 'invalid_ticket');
      expectProblem(await strict.as({ token: ticket }).get('/auth/me/'), 'invalid_token');
      expectProblem(await ask('/auth/two-step/confirm/', { ticket, code: '123456' }), 'two_step_off');
      expectProblem(await ask('/auth/two-step/enrol/', {}), 'authentication_required');
      const { secret } = (await ask('/auth/two-step/enrol/', { ticket }).expect(200)).body;
      const at = { clock: strict.clock };
      expectProblem(
        await ask('/auth/two-step/confirm/', { ticket, code: wrong(shown(at, secret)) }),
        'invalid_code',
      );
      const done = await ask('/auth/two-step/confirm/', { ticket, code: shown(at, secret) }).expect(200);
      expect(done.body.recovery_codes).toHaveLength(10);
      await strict.as({ token: done.body.sign_in.access }).get('/auth/me/').expect(200);
      expectProblem(await ask('/auth/two-step/enrol/', { ticket }), 'invalid_ticket');
      expect((await signIn()).body.next).toBe('code');
      // Patients and doctors may do without.
      for (const role of ['patient', 'doctor'] as const) {
        const free = await clinic.person(role);
        await ask('/auth/login/', { username: free.username, password: PASSWORD }).expect(200);
      }
    } finally {
      await strict.close();
    }
  });

  test('needs keys of data in production, else nobody of them gets in', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://clinic:x@db/clinic',
      JWT_SECRET: 'Jq1sN0w2hVbC8zXe5rTy7uIoP3aSdF6gH9jKlZ4x',
      STAFF_TWO_STEP: 'required',
    };
    expect(() => loadConfig(production)).toThrow('DATA_KEYS is required with STAFF_TWO_STEP=required');
    expect(loadConfig({ ...production, DATA_KEYS: '/keys.json' }).staff_two_step).toBe('required');
  });
});

test('an API key sets up no second step', async () => {
  const key = await clinic.as(admin).post('/api-keys/', { name: 'Till', role: 'admin' }).expect(201);
  for (const [method, path] of [
    ['post', '/auth/two-step/enrol/'],
    ['get', '/auth/two-step/'],
    ['delete', `/users/${admin.id}/two-step/`],
  ] as const)
    expectProblem(await clinic.as({ token: key.body.key })[method](path), 'insufficient_scope');
});

test('its owner is told by the channels of what concerns the account', async () => {
  const { person } = await enrolled('patient');
  const sent = await queuedFor(clinic, person.id);
  expect(sent.every(({ params }) => JSON.stringify(params).length < 60)).toBe(true);
  const inbox = await clinic.as(person).get('/notifications/').expect(200);
  expect(inbox.body.results[0]).toMatchObject({ kind: 'two_step_changed', title: 'Two-step sign-in is on' });
});
