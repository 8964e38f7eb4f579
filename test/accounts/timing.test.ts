import bcrypt from 'bcrypt';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createReset, type ResetDependencies } from '../../src/modules/auth/password/reset.service.ts';
import { accountsApp, codesSent, confirm, freshPhone, lastCode, pass, wrong } from '../helpers/accounts.ts';
import type { TestApp } from '../helpers/app.ts';
import { statementsOf } from '../helpers/statements.ts';
import { sized } from '../size.ts';

/**
 * Time tells nobody which names exist. What is asserted is the work that is done, statement by statement and hash by
 * hash; the times are printed, as they depend on the machine.
 */
const SAMPLES = sized(150);

let clinic: TestApp;
beforeAll(async () => {
  const many = 1_000_000;
  clinic = await accountsApp({
    bcrypt_cost: 8,
    rate_limit: true,
    rate_limit_auth: many,
    rate_limit_guest: many,
    codes_per_hour_address: many,
  });
});
afterAll(() => clinic.close());

let addresses = 0;
async function post(path: string, payload: object): Promise<number> {
  addresses += 1;
  const answer = await clinic.app.inject({
    method: 'POST',
    url: `/api${path}`,
    headers: {
      'x-forwarded-for': `10.${Math.floor(addresses / 65_536)}.${Math.floor(addresses / 256) % 256}.${addresses % 256}`,
    },
    payload,
  });
  return answer.statusCode;
}

const login = (username: string) => post('/auth/login/', { username, password: 'not-the-password' });
const answer = (username: string, code: string) =>
  post('/auth/password/reset/confirm/', { username, code, password: 'eleven-apricot-trees' });

/** The statements and the hashes of one request. */
async function workOf(send: () => Promise<number>) {
  const spies = [vi.spyOn(bcrypt, 'compare'), vi.spyOn(bcrypt, 'hash')] as const;
  let status = 0;
  const statements = await statementsOf(async () => {
    status = await send();
  });
  const [compares, hashes] = spies.map((spy) => spy.mock.calls.length);
  for (const spy of spies) spy.mockRestore();
  return { status, statements, compares, hashes };
}

const quantile = (sorted: readonly number[], part: number) =>
  (sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN).toFixed(2);

/**
 * Times two requests in turn, one first and then the other, so that whatever else the machine does meets both, and
 * prints how they are spread.
 * @param before what has to be done before each pair of them
 */
async function spread(
  what: string,
  kinds: Record<string, () => Promise<number>>,
  before: () => Promise<unknown> = async () => {},
): Promise<void> {
  const times = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
  const pairs = Object.entries(kinds);
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await before();
    for (const [kind, send] of sample % 2 ? pairs : pairs.toReversed()) {
      const start = performance.now();
      await send();
      times[kind]?.push(performance.now() - start);
    }
  }
  for (const [kind, all] of Object.entries(times)) {
    const sorted = all.toSorted((a, b) => a - b);
    process.stdout.write(
      `timing: ${what}, ${kind}: median ${quantile(sorted, 0.5)} ms, quartiles ${quantile(sorted, 0.25)} and ${quantile(sorted, 0.75)}\n`,
    );
  }
}

/** What failed before is forgotten, and swept away by somebody else's requests. */
async function anHourLater(): Promise<void> {
  pass(clinic.clock, 3_600);
  for (let sweep = 0; sweep < 2; sweep += 1)
    await post('/auth/login/', { username: 'sweeper', password: 'x' });
}

describe('signing in', () => {
  test('an unknown name costs what a wrong password does: one compare, the same statements', async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    await login(person.username);
    const known = await workOf(() => login(person.username));
    expect(known).toMatchObject({ status: 401, compares: 1, hashes: 0 });
    // The last notes the failure: each request has another address, and the first failure from each is noted.
    expect(known.statements).toHaveLength(5);
    for (const typed of ['nobody.has.this', phone, '+998909999999', 'nobody@example.uz'])
      expect(await workOf(() => login(typed))).toEqual(known);
    await spread(
      'signing in (bcrypt cost 8)',
      {
        'wrong password': () => login(person.username),
        'unknown name': () => login('nobody.has.this.either'),
      },
      anHourLater,
    );
  });

  test('a refused try costs no hash, whether or not there is such a name', async () => {
    const person = await clinic.person('patient');
    for (const typed of [person.username, 'nobody.is.called.so'])
      for (let tries = 0; tries < 12; tries += 1) await login(typed);
    const known = await workOf(() => login(person.username));
    expect(known).toMatchObject({ status: 429, compares: 0, hashes: 0 });
    expect(await workOf(() => login('nobody.is.called.so'))).toEqual(known);
  });
});

describe('a new password', () => {
  test('is asked for without any work before the answer', () => {
    const touched: string[] = [];
    const watched = (name: string): unknown =>
      new Proxy(() => {}, {
        get: (_, member) => watched(`${name}.${String(member)}`),
        apply() {
          touched.push(name);
        },
      });
    const work: (() => Promise<void>)[] = [];
    const names = ['db', 'clock', 'passwords', 'throttle', 'codes', 'sessions', 'users', 'messages', 'audit'];
    const dependencies = {
      ...Object.fromEntries(names.map((name) => [name, watched(name)])),
      phone_country: 'UZ',
      afterwards: { run: (later: () => Promise<void>) => work.push(later) },
    } as unknown as ResetDependencies;
    const origin = { address: '203.0.113.7', device: undefined };
    createReset(dependencies).requestReset('aziza.karimova', origin);
    expect(work).toHaveLength(1);
    expect(touched).toEqual([]);
    // It is what comes after the answer that looks for somebody.
    void work[0]?.();
    expect(touched).toEqual(['users.findAccount']);
  });

  test('is asked for in the same time', async () => {
    const person = await clinic.person('patient');
    await confirm(clinic, person.id, { phone: freshPhone() });
    await spread('asking for a new password', {
      'known name': () => post('/auth/password/reset/', { username: person.username }),
      'unknown name': () => post('/auth/password/reset/', { username: 'nobody.has.this' }),
    });
    await codesSent(clinic, person.id, 1);
  });

  test('a wrong code costs the same, whether there is such a code, no code, or nobody', async () => {
    const withCode = async () => {
      const person = await clinic.person('patient');
      const phone = freshPhone();
      await confirm(clinic, person.id, { phone });
      await post('/auth/password/reset/', { username: phone });
      await codesSent(clinic, person.id, 1);
      return { phone, code: wrong(await lastCode(clinic, person.id)) };
    };
    const { phone, code } = await withCode();
    const without = await clinic.person('patient');
    const known = await workOf(() => answer(phone, code));
    expect(known).toMatchObject({ status: 400, compares: 0, hashes: 1 });
    expect(await workOf(() => answer(without.username, code))).toEqual(known);
    expect(await workOf(() => answer('nobody.has.this', code))).toEqual(known);
    await spread(
      'answering with a code (bcrypt cost 8)',
      {
        'known name': () => answer(phone, code),
        'unknown name': () => answer('nobody.has.this.either', code),
      },
      anHourLater,
    );
  });
});
