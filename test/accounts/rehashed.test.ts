import bcrypt from 'bcrypt';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { accountsApp, signIn } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

/** After a change of BCRYPT_COST the first sign-in hashes the password anew, while another may be under way. */

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ rate_limit: true, rate_limit_guest: 1_000_000, rate_limit_user: 1_000_000 });
});
afterAll(() => clinic.close());
afterEach(() => vi.restoreAllMocks());

const NEXT = 'eleven-apricot-trees';
const store = async ({ id }: Pick<Person, 'id'>, password: string, cost: number) =>
  clinic.db.$client.query('update users set password_hash = $2 where id = $1', [
    id,
    await bcrypt.hash(password, cost),
  ]);

/** Does something after the next password has been compared, and before anything comes of it. */
function afterComparing(work: () => Promise<unknown>): void {
  const compare = bcrypt.compare.bind(bcrypt) as (password: string, hash: string) => Promise<boolean>;
  vi.spyOn(bcrypt, 'compare').mockImplementationOnce((async (password: string, hash: string) => {
    const fits = await compare(password, hash);
    await work();
    return fits;
  }) as never);
}

describe('a right password, whose hash is made at another cost while it is checked,', () => {
  test('signs in, and counts as no failure', async () => {
    const person = await clinic.person('patient');
    await store(person, PASSWORD, 5);
    afterComparing(() => store(person, PASSWORD, 4));
    await signIn(clinic, person, PASSWORD).expect(200);
    const { rows } = await clinic.db.$client.query('select from login_throttles where failures > 0');
    expect(rows).toEqual([]);
  });

  test('serves to set another', async () => {
    const person = await clinic.person('patient');
    await store(person, PASSWORD, 5);
    afterComparing(() => store(person, PASSWORD, 4));
    const body = { old_password: PASSWORD, password: NEXT };
    await clinic.as(person).post('/auth/password/change/', body).expect(204);
    await signIn(clinic, person, NEXT).expect(200);
  });
});

describe('a password that is replaced by another while it is checked', () => {
  test('signs nobody in, which counts as a failure', async () => {
    const person = await clinic.person('patient');
    afterComparing(() => store(person, NEXT, 4));
    expectProblem(await signIn(clinic, person, PASSWORD), 'invalid_credentials');
    const { rows } = await clinic.db.$client.query('select from login_throttles where failures > 0');
    expect(rows.length).toBeGreaterThan(0);
  });

  test('sets no other', async () => {
    const person = await clinic.person('patient');
    afterComparing(() => store(person, NEXT, 4));
    const body = { old_password: PASSWORD, password: 'three-quiet-lanterns' };
    expectProblem(await clinic.as(person).post('/auth/password/change/', body), 'invalid_input', {
      fields: ['old_password wrong_password'],
    });
    await signIn(clinic, person, NEXT).expect(200);
  });
});
