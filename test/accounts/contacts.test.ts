import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  accountsApp,
  confirm,
  freshPhone,
  lastCode,
  pass,
  queuedFor,
  signIn,
  wrong,
} from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ codes_per_hour_address: 1_000 });
});
afterAll(() => clinic.close());

let emails = 0;
function freshEmail(): string {
  emails += 1;
  return `Person.${emails}@example.uz`;
}

const kinds = [
  { contact: 'phone', fresh: freshPhone, channel: 'sms', purpose: 'verify_phone' },
  { contact: 'email', fresh: freshEmail, channel: 'email', purpose: 'verify_email' },
] as const;

describe.each(kinds)('confirming a $contact', ({ contact, fresh, channel, purpose }) => {
  const ask = (person: Person, value?: string) =>
    clinic.as(person).post(`/auth/${contact}/verify/`, value === undefined ? {} : { [contact]: value });
  const answer = (person: Person, code: string) =>
    clinic.as(person).post(`/auth/${contact}/verify/confirm/`, { code });

  test('sends a code to the one the person has, and confirms it', async () => {
    const value = fresh();
    const person = await clinic.person('patient', { [contact]: value });
    const { body } = await ask(person).expect(202);
    expect(body).toEqual({ expires_in: 300, resend_in: 60 });
    const [queued] = await queuedFor(clinic, person.id);
    expect(queued).toMatchObject({ kind: 'code', channel, params: { purpose }, destination: value });
    expect(JSON.stringify(body)).not.toContain(String(queued?.code));
    const confirmed = await answer(person, String(queued?.code)).expect(200);
    expect(confirmed.body).toMatchObject({
      id: person.id,
      [contact]: value,
      [`${contact}_verified_at`]: clinic.clock.now().toISOString(),
    });
    expect((await clinic.as(person).get('/auth/me/').expect(200)).body).toEqual(confirmed.body);
    // It serves to sign in from now on.
    await signIn(clinic, { username: value }, PASSWORD).expect(200);
    expectProblem(await answer(person, String(queued?.code)), 'invalid_code');
    expectProblem(await ask(person), 'already_verified');
  });

  test('sends a code to a new one, which takes the place of the old with the code and not before', async () => {
    const [old, next] = [fresh(), fresh()];
    const person = await clinic.person('patient');
    await confirm(clinic, person.id, { [contact]: old });
    await ask(person, next).expect(202);
    expect((await clinic.as(person).get('/auth/me/').expect(200)).body[contact]).toBe(old);
    const proved = { code: await lastCode(clinic, person.id), password: PASSWORD };
    const { body } = await clinic.as(person).post(`/auth/${contact}/verify/confirm/`, proved).expect(200);
    expect(body[contact]).toBe(next);
    expect(body[`${contact}_verified_at`]).not.toBeNull();
    await signIn(clinic, { username: next }, PASSWORD).expect(200);
    expectProblem(await signIn(clinic, { username: old }, PASSWORD), 'invalid_credentials');
  });

  test('sends no more to one destination because whoever asked has erased themself', async () => {
    const value = fresh();
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const person = await clinic.person('patient');
      statuses.push((await ask(person, value)).status);
      await clinic.as(person).delete('/auth/me/', { password: PASSWORD }).expect(204);
      pass(clinic.clock, 61);
    }
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
    const left = await clinic.db.$client.query('select destination from codes where destination = $1', [
      value,
    ]);
    expect(left.rows).toEqual([]);
  });

  test('needs one to be confirmed', async () => {
    const person = await clinic.person('patient');
    expectProblem(await ask(person), 'invalid_input', { fields: [`${contact} required`] });
    expectProblem(await ask(person, 'x'), 'invalid_input', { fields: [`${contact} invalid_${contact}`] });
    expectProblem(await answer(person, 'abcdef'), 'invalid_input', { fields: ['code invalid_format'] });
  });

  test('refuses a wrong code, the sixth try, one after five minutes, and one for somebody else', async () => {
    const [person, other] = [
      await clinic.person('patient', { [contact]: fresh() }),
      await clinic.person('patient', { [contact]: fresh() }),
    ];
    await ask(person).expect(202);
    await ask(other).expect(202);
    const code = await lastCode(clinic, person.id);
    const others = await lastCode(clinic, other.id);
    for (let tries = 0; tries < 5; tries += 1)
      expectProblem(await answer(person, wrong(code)), 'invalid_code');
    expectProblem(await answer(person, code), 'invalid_code');
    if (others !== code) expectProblem(await answer(person, others), 'invalid_code');
    pass(clinic.clock, 300);
    expectProblem(await answer(other, others), 'invalid_code');
  });

  test('a code serves to the last moment', async () => {
    const person = await clinic.person('patient', { [contact]: fresh() });
    await ask(person).expect(202);
    pass(clinic.clock, 299);
    await answer(person, await lastCode(clinic, person.id)).expect(200);
  });

  test('one that another account has confirmed stays with that one', async () => {
    const value = fresh();
    const [first, second] = [
      await clinic.person('patient'),
      await clinic.person('patient', { [contact]: value }),
    ];
    await confirm(clinic, first.id, { [contact]: value });
    // Nobody is told before they hold the code, that is, the phone or the mailbox.
    await ask(second).expect(202);
    const code = await lastCode(clinic, second.id);
    expectProblem(await answer(second, code), `${contact}_taken`);
    expectProblem(await answer(second, code), `${contact}_taken`);
    expect(
      (await clinic.as(first).get('/auth/me/').expect(200)).body[`${contact}_verified_at`],
    ).not.toBeNull();
  });

  test('the next code after a minute; five an hour to one destination, whoever asks', async () => {
    const value = fresh();
    const people = await Promise.all([1, 2].map(() => clinic.person('patient', { [contact]: value })));
    const [person, other] = people as [Person, Person];
    await ask(person).expect(202);
    const refused = await ask(person);
    expectProblem(refused, 'too_many_requests');
    expect(refused.headers['retry-after']).toBe('60');
    // To the same destination for another person, and to another destination for the same: a minute as well.
    expectProblem(await ask(other), 'too_many_requests');
    expectProblem(await ask(person, fresh()), 'too_many_requests');
    pass(clinic.clock, 59);
    expect((await ask(person)).headers['retry-after']).toBe('1');
    for (let sent = 2; sent <= 5; sent += 1) {
      pass(clinic.clock, 61);
      await ask(sent % 2 ? person : other).expect(202);
    }
    pass(clinic.clock, 61);
    const full = await ask(person);
    expectProblem(full, 'too_many_requests');
    expect(Number(full.headers['retry-after'])).toBe(3_600 - 59 - 5 * 61);
    pass(clinic.clock, Number(full.headers['retry-after']));
    await ask(person).expect(202);
  });
});

test('sixty codes an hour are asked for from one address, whoever asks; a /64 is one address', async () => {
  const own = await accountsApp();
  try {
    const ask = async (address: string) =>
      own
        .as(await own.person('patient', { phone: freshPhone() }))
        .post('/auth/phone/verify/', {})
        .set('x-forwarded-for', address);
    for (let sent = 0; sent < 60; sent += 1) expect((await ask(`2001:db8:7:7::${sent}`)).status).toBe(202);
    expectProblem(await ask('2001:db8:7:7:ffff::1'), 'too_many_requests');
    expect((await ask('2001:db8:7:8::1')).status).toBe(202);
    pass(own.clock, 3_600);
    expect((await ask('2001:db8:7:7::9')).status).toBe(202);
  } finally {
    await own.close();
  }
});

test('where no SMS can be sent, nobody waits for one', async () => {
  const without = await testApp();
  try {
    const person = await without.person('patient', { phone: freshPhone() });
    expectProblem(await without.as(person).post('/auth/phone/verify/', {}), 'channel_not_offered');
  } finally {
    await without.close();
  }
});

test('a confirmed contact is noted in the audit', async () => {
  const person = await clinic.person('patient', { phone: freshPhone() });
  await clinic.as(person).post('/auth/phone/verify/', {}).expect(202);
  const code = await lastCode(clinic, person.id);
  await clinic.as(person).post('/auth/phone/verify/confirm/', { code }).expect(200);
  const { rows } = await clinic.db.$client.query(
    "select details from audit_entries where action = 'profile.update' and subject_id = $1",
    [person.id],
  );
  expect(rows).toEqual([{ details: { fields: ['phone', 'phone_verified_at'] } }]);
});

describe('at once', () => {
  const prepared = async () => {
    const person = await clinic.person('patient', { phone: freshPhone() });
    await clinic.as(person).post('/auth/phone/verify/', {}).expect(202);
    return { person, code: await lastCode(clinic, person.id) };
  };
  const answer = (person: Person, code: string) =>
    clinic.as(person).post('/auth/phone/verify/confirm/', { code });

  test('of 20 wrong tries five count, and the right code comes too late', async () => {
    const { person, code } = await prepared();
    const answers = await Promise.all(Array.from({ length: 20 }, () => answer(person, wrong(code))));
    for (const one of answers) expectProblem(one, 'invalid_code');
    const { rows } = await clinic.db.$client.query('select tries, ended_at from codes where user_id = $1', [
      person.id,
    ]);
    expect(rows).toEqual([{ tries: 5, ended_at: clinic.clock.now().toISOString() }]);
    expectProblem(await answer(person, code), 'invalid_code');
  });

  test('of 20 tries of all sorts of codes five count at most', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { person, code } = await prepared();
      const guesses = Array.from({ length: 20 }, (_, index) => (index === 10 ? code : wrong(code)));
      const answers = await Promise.all(guesses.map((guess) => answer(person, guess)));
      const { rows } = await clinic.db.$client.query('select tries from codes where user_id = $1', [
        person.id,
      ]);
      expect(rows[0].tries).toBeLessThanOrEqual(5);
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    }
  });

  test('of two confirmations of one code one is made', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { person, code } = await prepared();
      const answers = await Promise.all([answer(person, code), answer(person, code)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    }
  });

  test('of 20 requests for a code one is sent, for one purpose, one destination, one address', async () => {
    const person = await clinic.person('patient', { phone: freshPhone() });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => clinic.as(person).post('/auth/phone/verify/', {})),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(19).fill(429)]);

    const phone = freshPhone();
    const people = await Promise.all(Array.from({ length: 10 }, () => clinic.person('patient')));
    const shared = await Promise.all(
      people.map((one) => clinic.as(one).post('/auth/phone/verify/', { phone })),
    );
    expect(shared.map(({ status }) => status).sort()).toEqual([202, ...Array(9).fill(429)]);

    const own = await accountsApp({ codes_per_hour_address: 5 });
    try {
      const others = await Promise.all(
        Array.from({ length: 12 }, () => own.person('patient', { phone: freshPhone() })),
      );
      const limited = await Promise.all(others.map((one) => own.as(one).post('/auth/phone/verify/', {})));
      expect(limited.filter(({ status }) => status === 202)).toHaveLength(5);
    } finally {
      await own.close();
    }
  });

  test('of two accounts that confirm one phone one has it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const phone = freshPhone();
      const people = await Promise.all([clinic.person('patient'), clinic.person('patient')]);
      const codes: string[] = [];
      for (const person of people) {
        await clinic.as(person).post('/auth/phone/verify/', { phone }).expect(202);
        codes.push(await lastCode(clinic, person.id));
        pass(clinic.clock, 60);
      }
      const answers = await Promise.all(people.map((person, index) => answer(person, codes[index] ?? '')));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    }
  });
});

describe('a phone that no operator has', () => {
  test.each(['+998961234567', 'call me on 90 123-45-67', '901234567;drop', '90 123-45-67 ext. 5'])(
    '%s is refused wherever one is given',
    async (phone) => {
      const fields = { fields: ['phone invalid_phone'] };
      const person = await clinic.person('patient');
      const admin = await clinic.person('admin');
      expectProblem(await clinic.as(person).post('/auth/phone/verify/', { phone }), 'invalid_input', fields);
      expectProblem(await clinic.as(person).patch('/auth/me/', { phone }), 'invalid_input', fields);
      expectProblem(await clinic.as(person).patch('/patient/profile/', { phone }), 'invalid_input', fields);
      expectProblem(await clinic.as(admin).patch(`/users/${person.id}/`, { phone }), 'invalid_input', fields);
      const account = { username: 'never.made', password: PASSWORD, role: 'patient', phone };
      expectProblem(await clinic.as(undefined).post('/auth/register/', account), 'invalid_input', fields);
      expect(await queuedFor(clinic, person.id)).toEqual([]);
    },
  );

  test('stays where it is stored, and no SMS to it is paid', async () => {
    const person = await clinic.person('patient');
    const store = (column: string) =>
      clinic.db.$client.query(`update users set phone = '+998961234567', ${column} where id = $1`, [
        person.id,
      ]);
    await store('phone_verified_at = null');
    expectProblem(await clinic.as(person).post('/auth/phone/verify/', {}), 'invalid_input', {
      fields: ['phone invalid_phone'],
    });
    expect(await queuedFor(clinic, person.id)).toEqual([]);
    await clinic.as(person).patch('/auth/me/', { first_name: 'Aziza' }).expect(200);
    // Whoever confirmed it once goes on signing in by it.
    await clinic.db.$client.query('update users set phone_verified_at = now() where id = $1', [person.id]);
    await signIn(clinic, { username: '96 123-45-67' }, PASSWORD).expect(200);
  });
});
