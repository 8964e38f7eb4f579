import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADDRESS_DELAYS,
  newcomersWait,
  PAIR_DELAYS,
} from '../../src/modules/auth/throttle/throttle.rules.ts';
import {
  accountsApp,
  codesSent,
  confirm,
  freshPhone,
  lastCode,
  pass,
  signIn,
  wrong,
} from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { insertClaimCode } from '../helpers/codes.ts';
import { expectProblem, withoutItsRequest } from '../helpers/problem.ts';
import { addChild } from '../patients/family.ts';

const LIMITS = {
  rate_limit: true,
  rate_limit_guest: 1_000_000,
  rate_limit_user: 1_000_000,
  rate_limit_auth: 1_000_000,
};

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ ...LIMITS, codes_per_hour_address: 1_000 });
});
afterAll(() => clinic.close());

let networks = 0;
/** An address that nothing has come from before. */
function freshAddress(): string {
  networks += 1;
  return `10.${Math.floor(networks / 65_536)}.${Math.floor(networks / 256) % 256}.${networks % 256}`;
}

const guess = (person: Pick<Person, 'username'>, address: string) =>
  signIn(clinic, person, 'not-the-password', { address });
const enter = (person: Pick<Person, 'username'>, address: string) =>
  signIn(clinic, person, PASSWORD, { address });

/** What so many guesses in a row are answered with, such as `401 401 429:1`. */
async function guesses(
  count: number,
  person: Pick<Person, 'username'>,
  address: () => string,
): Promise<string> {
  const answers: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const { status, headers } = await guess(person, address());
    answers.push(status === 429 ? `429:${headers['retry-after']}` : String(status));
  }
  return answers.join(' ');
}

describe('the delays', () => {
  test('grow', () => {
    expect(PAIR_DELAYS).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
    expect(ADDRESS_DELAYS).toEqual([...Array(99).fill(0), 1, 2, 4, 8, 16, 32, 60]);
    expect([0, 9, 10, 11, 12, 13, 14, 15, 1_000_000].map(newcomersWait)).toEqual([
      0, 0, 1, 2, 4, 8, 16, 30, 30,
    ]);
  });
});

describe('guessing at one account from one address', () => {
  test('is free five times, then costs 1 s, 2 s, 4 s …, and what is refused costs nothing more', async () => {
    const person = await clinic.person('patient');
    const address = freshAddress();
    expect(await guesses(7, person, () => address)).toBe('401 401 401 401 401 429:1 429:1');
    for (const delay of [1, 2, 4]) {
      pass(clinic.clock, delay);
      expect(await guesses(2, person, () => address)).toBe(`401 429:${delay * 2}`);
    }
  });

  test('never costs more than 15 minutes, and is forgotten after an hour', async () => {
    const person = await clinic.person('patient');
    const address = freshAddress();
    await guesses(5, person, () => address);
    let longest = 0;
    for (let made = 0; made < 12; made += 1) {
      const { headers } = await guess(person, address);
      longest = Number(headers['retry-after']);
      pass(clinic.clock, longest);
      expectProblem(await guess(person, address), 'invalid_credentials');
    }
    expect(longest).toBe(900);
    pass(clinic.clock, 3_600);
    expect(await guesses(6, person, () => address)).toBe('401 401 401 401 401 429:1');
  });

  test('refuses the right password too while one has to wait, and then lets it in', async () => {
    const person = await clinic.person('patient');
    const address = freshAddress();
    await guesses(5, person, () => address);
    const refused = await enter(person, address);
    expectProblem(refused, 'too_many_requests');
    expect(refused.headers['retry-after']).toBe('1');
    pass(clinic.clock, 1);
    await enter(person, address).expect(200);
    // What was right is forgotten: mistyping is free again.
    expect(await guesses(6, person, () => address)).toBe('401 401 401 401 401 429:1');
  });

  test('by other ways of writing the name is no new account', async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    const [first, second] = [freshAddress(), freshAddress()];
    const names = [person.username, person.username.toUpperCase(), ` ${person.username} `];
    for (const username of [...names, ...names.slice(0, 2)]) await guess({ username }, first);
    expectProblem(await guess({ username: person.username }, first), 'too_many_requests');
    // Nor by another name of theirs.
    expectProblem(await guess({ username: phone }, first), 'too_many_requests');
    for (const username of [
      phone,
      phone.slice(1),
      phone.slice(4),
      `${phone.slice(4, 6)} ${phone.slice(6)}`,
      phone,
    ])
      expectProblem(await guess({ username }, second), 'invalid_credentials');
    expectProblem(await guess({ username: phone }, second), 'too_many_requests');
    expectProblem(await guess({ username: person.username }, second), 'too_many_requests');
  });

  test('by letters that are no ASCII meets no account at all', async () => {
    const person = await clinic.person('patient', { username: 'patient.with.an.i' });
    const email = 'somebody.with.an.i@example.uz';
    await confirm(clinic, person.id, { email });
    for (const name of [person.username, email]) {
      await enter({ username: name.toUpperCase() }, freshAddress()).expect(200);
      for (const i of ['İ', 'ı', 'ｉ'])
        expectProblem(await enter({ username: name.replace('i', i) }, freshAddress()), 'invalid_credentials');
    }
  });

  test('at once gets no more guesses than one after the other', async () => {
    const person = await clinic.person('patient');
    const address = freshAddress();
    const answers = await Promise.all(Array.from({ length: 60 }, () => guess(person, address)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(55);
  });

  test('of a /64 is from one address', async () => {
    const person = await clinic.person('patient');
    let host = 0;
    expect(
      await guesses(6, person, () => {
        host += 1;
        return `2001:db8:aa:1::${host}`;
      }),
    ).toBe('401 401 401 401 401 429:1');
  });
});

describe('guessing at one account from many addresses', () => {
  test('makes newcomers wait, each for themself, no more than 30 s', async () => {
    const person = await clinic.person('patient');
    expect(await guesses(10, person, freshAddress)).toBe(Array(10).fill('401').join(' '));
    const [early, late] = [freshAddress(), freshAddress()];
    // Their own wait begins when they first come.
    expect(await guesses(2, person, () => early)).toBe('429:1 429:1');
    pass(clinic.clock, 1);
    expect(await guesses(1, person, () => late)).toBe('429:1');
    expect(await guesses(2, person, () => early)).toBe('401 429:1');
    for (let more = 0; more < 40; more += 1) {
      const address = freshAddress();
      const { headers } = await guess(person, address);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(30);
      pass(clinic.clock, Number(headers['retry-after'] ?? 0));
      expectProblem(await guess(person, address), 'invalid_credentials');
    }
    expect(await guesses(1, person, freshAddress)).toBe('429:30');
  });

  test('does not touch its owner at an address they have signed in from', async () => {
    const person = await clinic.person('patient');
    const [home, abroad] = [freshAddress(), freshAddress()];
    await enter(person, home).expect(200);
    for (let made = 0; made < 30; made += 1) {
      const address = freshAddress();
      await guess(person, address);
      pass(clinic.clock, 30);
      await guess(person, address);
      if (made % 5 === 0) await enter(person, home).expect(200);
    }
    // Their own mistyping counts for them, as always.
    expect(await guesses(6, person, () => home)).toBe('401 401 401 401 401 429:1');
    // Elsewhere they wait once, and are at home there from then on.
    const wait = await enter(person, abroad);
    expectProblem(wait, 'too_many_requests');
    pass(clinic.clock, Number(wait.headers['retry-after']));
    await enter(person, abroad).expect(200);
    expect(await guesses(1, person, freshAddress)).toMatch(/^429/);
    await enter(person, abroad).expect(200);
  });

  test('does not touch other accounts', async () => {
    const [person, other] = [await clinic.person('patient'), await clinic.person('patient')];
    for (let made = 0; made < 30; made += 1) await guess(person, freshAddress());
    await enter(other, freshAddress()).expect(200);
  });
});

describe('one address that tries many accounts', () => {
  test('is free a hundred times, then waits more and more; those at home there do not', async () => {
    const address = freshAddress();
    const [atHome, stranger] = [await clinic.person('patient'), await clinic.person('patient')];
    await enter(atHome, address).expect(200);
    for (let made = 0; made < 100; made += 1)
      expectProblem(await guess({ username: `nobody.${address}.${made}` }, address), 'invalid_credentials');
    const refused = await enter(stranger, address);
    expectProblem(refused, 'too_many_requests');
    expect(refused.headers['retry-after']).toBe('1');
    await enter(atHome, address).expect(200);
    pass(clinic.clock, 1);
    await enter(stranger, address).expect(200);
    let longest = 1;
    for (let made = 0; made < 12; made += 1) {
      pass(clinic.clock, longest);
      const name = `nobody.else.${address}.${made}`;
      expectProblem(await guess({ username: name }, address), 'invalid_credentials');
      longest = Number((await guess({ username: 'one.more' }, address)).headers['retry-after']);
    }
    expect(longest).toBe(60);
    await enter(atHome, address).expect(200);
  });

  test('at a pace of less than a hundred an hour is never held up: somebody always mistypes there', async () => {
    const address = freshAddress();
    for (let made = 0; made < 150; made += 1) {
      pass(clinic.clock, 40);
      expectProblem(await guess({ username: `typo.${address}.${made}` }, address), 'invalid_credentials');
    }
    const newcomer = await clinic.person('patient');
    await enter(newcomer, address).expect(200);
  });
});

describe('a stranger learns nothing of whether a name exists', () => {
  test('step by step, status, headers and body are the same', async () => {
    const [person, other] = [await clinic.person('patient'), await clinic.person('patient')];
    const phone = freshPhone();
    // Of another account: names of one account share one count.
    await confirm(clinic, other.id, { phone });
    const attempts = async (username: string, network: number) => {
      const seen: unknown[] = [];
      const start = clinic.clock.now().toISOString();
      for (let step = 0; step < 120; step += 1) {
        const address = `172.${network}.${step % 7}.${step % 3 === 0 ? 1 : step}`;
        const { status, headers, body } = await guess({ username }, address);
        const { date, 'x-request-id': id, 'ratelimit-reset': reset, ...others } = headers;
        // Told by the wall clock, in whole seconds: how fast this machine is, and nothing of the account.
        expect(Number(reset)).toBeGreaterThanOrEqual(0);
        expect(Number(reset)).toBeLessThanOrEqual(60);
        expect(body.request_id).toBe(id);
        seen.push({ status, others, said: withoutItsRequest(body) });
        if (step % 10 === 9) pass(clinic.clock, 7);
      }
      clinic.clock.set(start);
      return seen;
    };
    const known = await attempts(person.username, 16);
    expect(await attempts('nobody.has.this.name', 17)).toEqual(known);
    expect(await attempts(phone, 18)).toEqual(known);
    expect(await attempts('+998909999999', 19)).toEqual(known);
    const statuses = new Set(known.map((one) => (one as { status: number }).status));
    expect(statuses).toEqual(new Set([401, 429]));
  });
});

describe('codes for a new password', () => {
  test('are guessed at as slowly, apart from signing in', async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    await clinic.as(undefined).post('/auth/password/reset/', { username: phone }).expect(202);
    await codesSent(clinic, person.id, 1);
    const code = await lastCode(clinic, person.id);
    const address = freshAddress();
    const answer = (typed: string, username = phone) =>
      clinic
        .as(undefined)
        .post('/auth/password/reset/confirm/', { username, code: typed, password: 'eleven-apricot-trees' })
        .set('x-forwarded-for', address);
    for (let tries = 0; tries < 5; tries += 1) expectProblem(await answer(wrong(code)), 'invalid_code');
    expectProblem(await answer(wrong(code)), 'too_many_requests');
    await enter(person, address).expect(200);
  });

  test('whoever sets a new password is no longer held up for having guessed at the old', async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    const address = freshAddress();
    await guesses(6, person, () => address);
    await clinic.as(undefined).post('/auth/password/reset/', { username: phone }).expect(202);
    await codesSent(clinic, person.id, 1);
    const password = 'eleven-apricot-trees';
    await clinic
      .as(undefined)
      .post('/auth/password/reset/confirm/', {
        username: phone,
        code: await lastCode(clinic, person.id),
        password,
      })
      .set('x-forwarded-for', address)
      .expect(204);
    await signIn(clinic, person, password, { address }).expect(200);
  });
});

describe('what is right counts as no wrong try, however often it is refused for another reason:', () => {
  const guest = () => clinic.as(undefined);
  /** More than one may guess at once. @returns how each was answered */
  async function answers(send: () => PromiseLike<{ body: { code?: string } }>): Promise<Set<unknown>> {
    const codes = new Set<unknown>();
    for (let sent = 0; sent < 7; sent += 1) codes.add((await send()).body.code);
    return codes;
  }

  test('the password of an account that is out', async () => {
    const person = await clinic.person('patient');
    const admin = await clinic.person('admin');
    await clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }).expect(200);
    const address = freshAddress();
    expect(await answers(() => enter(person, address))).toEqual(new Set(['account_inactive']));
  });

  test('a code for a new password, with the user name as the password', async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    const password = `quite.a.long.name.${person.id}`;
    await clinic.db.$client.query('update users set username = $2 where id = $1', [person.id, password]);
    await guest().post('/auth/password/reset/', { username: phone }).expect(202);
    await codesSent(clinic, person.id, 1);
    const code = await lastCode(clinic, person.id);
    const address = freshAddress();
    const reset = () =>
      guest()
        .post('/auth/password/reset/confirm/', { username: phone, code, password })
        .set('x-forwarded-for', address);
    expect(await answers(reset)).toEqual(new Set(['invalid_input']));
  });

  test('a code to claim a record, with a user name that is taken', async () => {
    const clerk = await clinic.person('receptionist');
    const born = { date_of_birth: '1971-08-09' };
    const patient = { first_name: 'Gulchehra', last_name: 'Saidova', phone: freshPhone(), ...born };
    const { body } = await clinic.as(clerk).post('/patients/', patient).expect(201);
    const claim = { record: body.id, phone: body.phone, code: '402915' };
    await insertClaimCode(clinic, claim);
    const address = freshAddress();
    const wanted = { ...claim, ...born, username: clerk.username, password: PASSWORD, accept_terms: true };
    const { record: _, ...confirmation } = wanted;
    const confirmed = () =>
      guest().post('/auth/claim/confirm/', confirmation).set('x-forwarded-for', address);
    expect(await answers(confirmed)).toEqual(new Set(['username_taken']));
  });

  test('a code of an app, where none is asked for any more', async () => {
    const person = await clinic.person('patient');
    const remove = () => clinic.as(person).delete('/auth/two-step/', { code: '402915' });
    expect(await answers(remove)).toEqual(new Set(['two_step_off']));
  });

  test('a code for a family, of somebody who looks after as many as one may', async () => {
    const [parent, other] = [await clinic.person('patient'), await clinic.person('patient')];
    const child = await addChild(clinic, parent);
    for (let count = 0; count < 10; count += 1) await addChild(clinic, other);
    const invited = await clinic.as(parent).post(`/patient/dependants/${child}/invite/`).expect(201);
    const join = (code: string) => clinic.as(other).post('/patient/dependants/join/', { code });
    expect(await answers(() => join(invited.body.code))).toEqual(new Set(['too_many_dependants']));
    // What was wrong before it is not forgotten.
    for (let tries = 0; tries < 4; tries += 1) expectProblem(await join('K7RM2QXW4T'), 'invalid_code');
    expectProblem(await join(invited.body.code), 'too_many_dependants');
    expectProblem(await join('K7RM2QXW4T'), 'invalid_code');
    expectProblem(await join('K7RM2QXW4T'), 'too_many_requests');
  });
});

test('the table names nobody', async () => {
  const person = await clinic.person('patient');
  await guess(person, '198.51.100.200');
  const { rows } = await clinic.db.$client.query<{ key: string }>('select key from login_throttles');
  expect(rows.length).toBeGreaterThan(2);
  for (const { key } of rows) expect(key).toMatch(/^(account|address|pair):[\w-]{22}$/);
});
