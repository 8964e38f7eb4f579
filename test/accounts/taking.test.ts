import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
import { expectProblem } from '../helpers/problem.ts';

/** Whoever has a stolen access token for a minute must not have the account for ever. */

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await accountsApp({ codes_per_hour_address: 1_000 });
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());
beforeEach(() => pass(clinic.clock, 100));

const NEXT = 'eleven-apricot-trees';
const HOURS = 3_600;
let emails = 0;
function freshEmail(): string {
  emails += 1;
  return `taking.${emails}@example.uz`;
}

const kinds = [
  { contact: 'phone', fresh: freshPhone, channel: 'sms' },
  { contact: 'email', fresh: freshEmail, channel: 'email' },
] as const;

const me = async (person: Person) => (await clinic.as(person).get('/auth/me/').expect(200)).body;
/** Whether somebody gets a code for a new password by this name, and what setting one with it is answered with. */
async function resets(username: string, user: number): Promise<number | 'no code'> {
  pass(clinic.clock, 100);
  const before = (await queuedFor(clinic, user)).length;
  await clinic.as(undefined).post('/auth/password/reset/', { username }).expect(202);
  // What is asked for is dealt with one after the other: once this one has a code, that one has been dealt with.
  const last = await clinic.person('patient');
  await confirm(clinic, last.id, { phone: freshPhone() });
  await clinic.as(undefined).post('/auth/password/reset/', { username: last.username }).expect(202);
  await codesSent(clinic, last.id, 1);
  const code = (await queuedFor(clinic, user))
    .slice(before)
    .find(({ params }) => params.purpose === 'reset_password')?.code;
  if (code === undefined) return 'no code';
  const body = { username, code, password: NEXT };
  return (await clinic.as(undefined).post('/auth/password/reset/confirm/', body)).status;
}
const toldOf = async (user: number) =>
  (await queuedFor(clinic, user)).filter(({ kind }) => kind === 'contact_changed');
const page = (path: string | undefined, method: 'GET' | 'POST' = 'GET') =>
  clinic.app.inject({
    method,
    url: path ?? '',
    ...(method === 'POST' && { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  });

describe.each(kinds)('a confirmed $contact', ({ contact, fresh, channel }) => {
  const verify = (person: Person, value: string) =>
    clinic
      .as(person)
      .post(`/auth/${contact}/verify/`, { [contact]: value })
      .expect(202);
  const answer = (person: Person, body: object) =>
    clinic.as(person).post(`/auth/${contact}/verify/confirm/`, body);
  const prove = async (person: Person) => {
    await clinic.as(person).post(`/auth/${contact}/prove/`).expect(202);
    return lastCode(clinic, person.id);
  };

  async function owner() {
    const person = await clinic.person('patient');
    const old = fresh();
    await confirm(clinic, person.id, { [contact]: old });
    return { person, old };
  }

  test('is not replaced with nothing but an access token, by whatever door', async () => {
    const { person, old } = await owner();
    const next = fresh();
    const refused = { fields: ['password proof_required'] };
    await verify(person, next);
    const code = await lastCode(clinic, person.id);
    expectProblem(await answer(person, { code }), 'invalid_input', refused);
    for (const value of [next, null]) {
      expectProblem(
        await clinic.as(person).patch('/auth/me/', { [contact]: value }),
        'invalid_input',
        refused,
      );
      if (contact === 'phone')
        expectProblem(
          await clinic.as(person).patch('/patient/profile/', { phone: value }),
          'invalid_input',
          refused,
        );
    }
    expectProblem(await answer(person, { code, password: 'not-the-password' }), 'invalid_input', {
      fields: ['password wrong_password'],
    });
    expect(await me(person)).toMatchObject({
      [contact]: old,
      [`${contact}_verified_at`]: expect.any(String),
    });
    expect(await toldOf(person.id)).toEqual([]);
    // What was refused for that cost the code nothing.
    await answer(person, { code, password: PASSWORD }).expect(200);
  });

  test('that is replaced is told so, with a link that gives it back and puts everybody out', async () => {
    const { person, old } = await owner();
    const next = fresh();
    await verify(person, next);
    const code = await lastCode(clinic, person.id);
    await answer(person, { code, password: PASSWORD }).expect(200);
    expect(await me(person)).toMatchObject({ [contact]: next });
    const [told] = await toldOf(person.id);
    expect(told).toMatchObject({ channel, destination: old, params: { contact, added: 'false' } });
    const stop = told?.stop;

    // Looking changes nothing.
    const asked = await page(stop);
    expect(asked.statusCode).toBe(200);
    expect(asked.headers['content-type']).toContain('text/html');
    expect(asked.body).toContain('<form method="post">');
    expect(await me(person)).toMatchObject({ [contact]: next });

    const done = await page(stop, 'POST');
    expect(done.statusCode).toBe(200);
    expect(done.body).not.toContain('<form');
    expectProblem(await clinic.as(person).get('/auth/me/'), 'session_ended');
    expectProblem(await signIn(clinic, person, PASSWORD), 'invalid_credentials');
    expect(await resets(next, person.id)).toBe('no code');
    // The owner has the way back, and nobody else.
    expect(await resets(old, person.id)).toBe(204);
    const { body } = await signIn(clinic, { username: old }, NEXT).expect(200);
    expect(body.user).toMatchObject({ [contact]: old, [`${contact}_verified_at`]: expect.any(String) });
    // The link has served.
    expect((await page(stop)).statusCode).toBe(410);
    expect((await page(stop, 'POST')).statusCode).toBe(410);
    await signIn(clinic, { username: old }, NEXT).expect(200);
  });

  test('that is replaced by the password leaves a new one that sets no password for 72 hours', async () => {
    const { person } = await owner();
    const next = fresh();
    await clinic
      .as(person)
      .patch('/auth/me/', { [contact]: next, password: PASSWORD })
      .expect(200);
    expect(await toldOf(person.id)).toHaveLength(1);
    // That it stood there unconfirmed in between makes it no first one.
    await verify(person, next);
    await answer(person, { code: await lastCode(clinic, person.id) }).expect(200);
    expect(await resets(next, person.id)).toBe('no code');
    pass(clinic.clock, 72 * HOURS);
    expect(await resets(person.username, person.id)).toBe(204);
    const stop = (await toldOf(person.id))[0]?.stop;
    expect((await page(stop, 'POST')).statusCode).toBe(410);
    expect(await signIn(clinic, { username: next }, NEXT).then(({ status }) => status)).toBe(200);
  });

  test('agrees to another by a code that was sent to it: that one sets a password at once', async () => {
    const { person, old } = await owner();
    const next = fresh();
    await verify(person, next);
    const code = await lastCode(clinic, person.id);
    const proof_code = await prove(person);
    expect((await queuedFor(clinic, person.id)).at(-1)).toMatchObject({ destination: old });
    expectProblem(await answer(person, { code, proof_code: wrong(proof_code) }), 'invalid_code');
    // A wrong code for the new one leaves the other good.
    expectProblem(await answer(person, { code: wrong(code), proof_code }), 'invalid_code');
    await answer(person, { code, proof_code }).expect(200);
    expect(await toldOf(person.id)).toMatchObject([{ destination: old }]);
    expect(await resets(next, person.id)).toBe(204);
  });

  test('that stands in another’s place without its word cannot give that word for a third', async () => {
    const { person } = await owner();
    const [second, third] = [fresh(), fresh()];
    await verify(person, second);
    await answer(person, { code: await lastCode(clinic, person.id), password: PASSWORD }).expect(200);
    pass(clinic.clock, 100);
    await verify(person, third);
    const code = await lastCode(clinic, person.id);
    await answer(person, { code, proof_code: await prove(person) }).expect(200);
    expect(await resets(third, person.id)).toBe('no code');
  });

  test('that staff replace is told so, and the new one is not confirmed', async () => {
    const { person, old } = await owner();
    const { body } = await clinic
      .as(admin)
      .patch(`/users/${person.id}/`, { [contact]: fresh() })
      .expect(200);
    expect(body[`${contact}_verified_at`]).toBeNull();
    const [told] = await toldOf(person.id);
    expect(told).toMatchObject({ channel, destination: old });
    const stop = told?.stop;
    expect((await page(stop, 'POST')).statusCode).toBe(200);
    await clinic.as(admin).get(`/users/${person.id}/`).expect(200);
    expect(await resets(old, person.id)).toBe(204);
  });

  test('cannot be given back once another account has confirmed it', async () => {
    const { person, old } = await owner();
    await clinic
      .as(person)
      .patch('/auth/me/', { [contact]: fresh(), password: PASSWORD })
      .expect(200);
    const other = await clinic.person('patient');
    await confirm(clinic, other.id, { [contact]: old });
    const stop = (await toldOf(person.id))[0]?.stop;
    expect((await page(stop, 'POST')).statusCode).toBe(409);
    await clinic.as(person).get('/auth/me/').expect(200);
  });

  test('can be proved only once it is confirmed', async () => {
    const person = await clinic.person('patient', { [contact]: fresh() });
    expectProblem(await clinic.as(person).post(`/auth/${contact}/prove/`), 'not_verified');
  });
});

describe('a first contact', () => {
  test('is confirmed with its code alone, told to nobody, and sets a password at once', async () => {
    const phone = freshPhone();
    const person = await clinic.person('patient', { phone });
    await clinic.as(person).post('/auth/phone/verify/', {}).expect(202);
    const code = await lastCode(clinic, person.id);
    await clinic.as(person).post('/auth/phone/verify/confirm/', { code }).expect(200);
    expect(await toldOf(person.id)).toEqual([]);
    expect(await resets(phone, person.id)).toBe(204);
  });

  test('beside another one is told to that one, and sets no password for 72 hours', async () => {
    const [phone, email] = [freshPhone(), freshEmail()];
    const person = await clinic.person('patient');
    await confirm(clinic, person.id, { phone });
    await clinic.as(person).post('/auth/email/verify/', { email }).expect(202);
    const code = await lastCode(clinic, person.id);
    await clinic.as(person).post('/auth/email/verify/confirm/', { code }).expect(200);
    const [told] = await toldOf(person.id);
    expect(told).toMatchObject({
      channel: 'sms',
      destination: phone,
      params: { contact: 'email', added: 'true' },
    });
    // By the email that was named nothing is sent there: the code goes to the phone.
    pass(clinic.clock, 100);
    await clinic.as(undefined).post('/auth/password/reset/', { username: email }).expect(202);
    await codesSent(clinic, person.id, 2);
    expect((await queuedFor(clinic, person.id)).at(-1)).toMatchObject({ channel: 'sms', destination: phone });
    const stop = told?.stop;
    expect((await page(stop, 'POST')).statusCode).toBe(200);
    const { rows } = await clinic.db.$client.query('select email, phone from users where id = $1', [
      person.id,
    ]);
    expect(rows).toEqual([{ email: null, phone }]);
  });

  test('beside another one that was confirmed as lately, taken back by that one, leaves it the way to a new password', async () => {
    const [phone, email] = [freshPhone(), freshEmail()];
    const person = await clinic.person('patient', { phone });
    for (const [contact, value] of [
      ['phone', phone],
      ['email', email],
    ] as const) {
      await clinic
        .as(person)
        .post(`/auth/${contact}/verify/`, { [contact]: value })
        .expect(202);
      const code = await lastCode(clinic, person.id);
      await clinic.as(person).post(`/auth/${contact}/verify/confirm/`, { code }).expect(200);
      pass(clinic.clock, 100);
    }
    const [told] = await toldOf(person.id);
    expect(told).toMatchObject({ channel: 'sms', destination: phone, params: { added: 'true' } });
    expect((await page(told?.stop, 'POST')).statusCode).toBe(200);
    // The page says that a new password is set with “Forgot password” now.
    expect(await resets(phone, person.id)).toBe(204);
    const { body } = await signIn(clinic, { username: phone }, NEXT).expect(200);
    expect(body.user).toMatchObject({ phone, phone_verified_at: expect.any(String), email: null });
  });

  test('that was confirmed as lately as one that is taken back is doubted with it', async () => {
    const [phone, email] = [freshPhone(), freshEmail()];
    const person = await clinic.person('patient');
    await confirm(clinic, person.id, { phone });
    await clinic.as(person).post('/auth/email/verify/', { email }).expect(202);
    await clinic
      .as(person)
      .post('/auth/email/verify/confirm/', { code: await lastCode(clinic, person.id) })
      .expect(200);
    await clinic.as(person).patch('/auth/me/', { phone: freshPhone(), password: PASSWORD }).expect(200);
    const told = await toldOf(person.id);
    const taken = told.find(({ params }) => params.contact === 'phone');
    expect((await page(taken?.stop, 'POST')).statusCode).toBe(200);
    const { rows } = await clinic.db.$client.query(
      'select phone, phone_verified_at is not null as phone_ok, email, email_verified_at from users where id = $1',
      [person.id],
    );
    expect(rows).toEqual([{ phone, phone_ok: true, email, email_verified_at: null }]);
  });
});

test('a link that nobody has leads nowhere, and a page says so', async () => {
  for (const method of ['GET', 'POST'] as const) {
    const { statusCode, headers } = await page('/api/contact-changes/nobody-has-this-token/', method);
    expect(statusCode).toBe(410);
    expect(headers['content-type']).toContain('text/html');
  }
});
