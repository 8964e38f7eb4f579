import bcrypt from 'bcrypt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { accountsApp, pass } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { sized } from '../size.ts';

/**
 * 10,000 wrong passwords at one account, from 5,000 addresses, over four hours: each address comes, is told to wait,
 * waits as long as it is told and tries. What the owner sees of it, and what is left behind. A fifth of it in `npm test`.
 */
const ROUNDS = 10;
const ADDRESSES = sized(500);
const MINUTES_BETWEEN = 24;

let clinic: TestApp;
let owner: Person;
const HOME = '203.0.113.7';
beforeAll(async () => {
  const many = 1_000_000;
  clinic = await accountsApp({
    rate_limit: true,
    rate_limit_auth: many,
    rate_limit_guest: many,
    rate_limit_user: many,
  });
  owner = await clinic.person('patient');
});
afterAll(() => clinic.close());

async function signIn(address: string, password: string): Promise<{ status: number; wait: number }> {
  const answer = await clinic.app.inject({
    method: 'POST',
    url: '/api/auth/login/',
    headers: { 'x-forwarded-for': address },
    payload: { username: owner.username, password },
  });
  return { status: answer.statusCode, wait: Number(answer.headers['retry-after'] ?? 0) };
}

/** A wrong password from each address, 25 at a time. */
async function attack(addresses: readonly string[]): Promise<Record<number, number>> {
  const seen: Record<number, number> = {};
  const left = [...addresses];
  const one = async () => {
    for (let address = left.pop(); address !== undefined; address = left.pop()) {
      const { status, wait } = await signIn(address, 'not-the-password');
      expect(wait).toBeLessThanOrEqual(30);
      seen[status] = (seen[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 25 }, one));
  return seen;
}

async function rows(): Promise<number> {
  const { rows: counted } = await clinic.db.$client.query(
    'select count(*)::int as count from login_throttles',
  );
  return counted[0].count;
}

test('thousands of wrong passwords from many addresses: the owner gets in, and the table keeps what is recent', async () => {
  expect((await signIn(HOME, PASSWORD)).status).toBe(200);
  const compare = vi.spyOn(bcrypt, 'compare');
  const total: Record<number, number> = {};
  const sizes: number[] = [];
  const waits: number[] = [];
  let sent = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const addresses = Array.from(
      { length: ADDRESSES },
      (_, index) => `10.${round}.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    );
    const add = (seen: Record<number, number>) => {
      for (const [status, count] of Object.entries(seen)) {
        total[Number(status)] = (total[Number(status)] ?? 0) + count;
        sent += count;
      }
    };
    add(await attack(addresses));
    // From home the owner gets in at the first try, in the middle of it.
    expect((await signIn(HOME, PASSWORD)).status).toBe(200);
    // From somewhere new they are told to wait, like everybody; the attack goes on, and they get in when they were told.
    const abroad = `198.51.100.${round + 1}`;
    const first = await signIn(abroad, PASSWORD);
    expect(first.status).toBe(429);
    waits.push(first.wait);
    pass(clinic.clock, first.wait);
    add(await attack(addresses));
    expect((await signIn(abroad, PASSWORD)).status).toBe(200);
    sizes.push(await rows());
    pass(clinic.clock, MINUTES_BETWEEN * 60);
  }
  const compared = compare.mock.calls.length;
  compare.mockRestore();
  process.stdout.write(
    `attack: ${sent} wrong passwords from ${ROUNDS * ADDRESSES} addresses: ${JSON.stringify(total)}; ` +
      `${compared} bcrypt compares; the owner abroad waited ${waits.join(', ')} s; rows after each round ${sizes.join(', ')}\n`,
  );
  expect(sent).toBe(sized(10_000));
  expect(Object.keys(total).sort()).toEqual(['401', '429']);
  // Every guess that was not refused was checked, once, and each sign-in of the owner.
  expect(compared).toBe((total[401] ?? 0) + 2 * ROUNDS);
  expect(Math.max(...waits)).toBeLessThanOrEqual(30);

  // A pair and an address for each address of the last hour, and the account; not for each of all four hours.
  const perRound = 2 * ADDRESSES + 2;
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * perRound);
  expect(ROUNDS).toBeGreaterThan(2 * 4);
  // An hour after the last one it takes a few sign-ins, of whomever, until nothing is left of it.
  pass(clinic.clock, 3_600);
  const before = await rows();
  for (let more = 0; more < before / 10 + 1; more += 1) await signIn(HOME, PASSWORD);
  expect(await rows()).toBeLessThanOrEqual(2);
});
