import bcrypt from 'bcrypt';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { accountsApp, confirm, freshPhone, queuedFor, signIn } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp();
});
afterAll(() => clinic.close());

const login = (username: string, password = PASSWORD) =>
  clinic.as(undefined).post('/auth/login/', { username, password });

describe('signing in by', () => {
  test.each([
    ['the user name', 'Aziza.Karimova'],
    ['the user name in another case', 'aZIZA.kARIMOVA'],
    ['the phone in E.164', '+998901112233'],
    ['the phone without its plus', '998901112233'],
    ['the phone as people write it', '90 111-22-33'],
    ['the phone with brackets', '(90) 111 22 33'],
    ['the email', 'Aziza@Example.uz'],
    ['the email in another case', 'aziza@example.UZ'],
    ['the email with spaces around', '  aziza@example.uz '],
  ])('%s', async (_, typed) => {
    const { rows } = await clinic.db.$client.query(
      "select id from users where lower(username) = 'aziza.karimova'",
    );
    let id = rows[0]?.id;
    if (id === undefined) {
      ({ id } = await clinic.person('patient', { username: 'Aziza.Karimova' }));
      await confirm(clinic, id, { phone: '+998901112233', email: 'Aziza@Example.uz' });
    }
    const { body } = await login(typed).expect(200);
    expect(body.user.id).toBe(id);
    expectProblem(await login(typed, 'not-the-password'), 'invalid_credentials');
  });

  test('a phone or email that is not confirmed is signing in by nothing', async () => {
    const phone = freshPhone();
    await clinic.person('patient', { phone, email: 'not.confirmed@example.uz' });
    for (const typed of [phone, 'not.confirmed@example.uz'])
      expectProblem(await login(typed), 'invalid_credentials');
  });

  test('of those who gave one phone, the one who confirmed it', async () => {
    const phone = freshPhone();
    const [first, second] = [
      await clinic.person('patient', { phone }),
      await clinic.person('patient', { phone }),
    ];
    await confirm(clinic, second.id, { phone });
    expect((await login(phone).expect(200)).body.user.id).toBe(second.id);
    expect(first.id).not.toBe(second.id);
  });

  test('an erased person’s contacts is signing in by nothing', async () => {
    const admin = await clinic.person('admin');
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone, email: 'erased@example.uz' });
    await clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD }).expect(204);
    for (const typed of [phone, 'erased@example.uz', person.username, `erased#${person.id}`])
      expectProblem(await login(typed), 'invalid_credentials');
  });
});

describe('a session', () => {
  test('knows device and address, without control characters and cut', async () => {
    const person = await clinic.person('patient');
    const device = `Phone\t${'x'.repeat(300)}`;
    const { body } = await signIn(clinic, person, PASSWORD, { address: '203.0.113.7', device }).expect(200);
    const { rows } = await clinic.db.$client.query(
      'select device, address from sessions where user_id = $1 order by id desc limit 1',
      [person.id],
    );
    expect(rows).toEqual([{ device: `Phone ${'x'.repeat(194)}`, address: '203.0.113.7' }]);
    expect(body.user.id).toBe(person.id);
  });

  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['unknown', null],
  ])('from %s', async (sent, stored) => {
    const person = await clinic.person('patient');
    await signIn(clinic, person, PASSWORD, { address: sent }).expect(200);
    const { rows } = await clinic.db.$client.query(
      'select address from sessions where user_id = $1 order by id desc limit 1',
      [person.id],
    );
    expect(rows).toEqual([{ address: stored }]);
  });
});

describe('a sign-in from a device not seen before is told', () => {
  const told = async ({ id }: Person) => {
    const { rows } = await clinic.db.$client.query(
      "select params from notifications where user_id = $1 and kind = 'new_sign_in' order by id",
      [id],
    );
    return rows.map(({ params }) => params);
  };
  const CHROME = 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36';

  test('not the first, not one that was seen, but another device, and another address', async () => {
    // The helper registers and signs in once, from 127.0.0.1.
    const person = await clinic.person('patient');
    expect(await told(person)).toEqual([]);
    const from = (address: string, device: string) =>
      signIn(clinic, person, PASSWORD, { address, device }).expect(200);
    await from('203.0.113.7', CHROME);
    expect(await told(person)).toEqual([{ device: 'Chrome, Android' }]);
    await from('203.0.113.7', CHROME);
    expect(await told(person)).toHaveLength(1);
    await from('203.0.113.7', 'okhttp/5.1.0');
    await from('198.51.100.4', CHROME);
    expect(await told(person)).toEqual([
      { device: 'Chrome, Android' },
      { device: 'okhttp' },
      { device: 'Chrome, Android' },
    ]);
    // Another address of the same network is no other place.
    await from('2001:db8:1:2::1', CHROME);
    await from('2001:db8:1:2::99', CHROME);
    expect(await told(person)).toHaveLength(4);
  });

  test('by the channel the person has confirmed', async () => {
    const person = await clinic.person('patient');
    await confirm(clinic, person.id, { email: 'told@example.uz' });
    await signIn(clinic, person, PASSWORD, { address: '203.0.113.8', device: CHROME }).expect(200);
    const queued = await queuedFor(clinic, person.id);
    expect(queued).toEqual([
      {
        id: expect.any(Number),
        kind: 'new_sign_in',
        channel: 'email',
        params: { device: 'Chrome, Android' },
      },
    ]);
  });
});

test('a hash made at another cost is made anew when its owner signs in', async () => {
  const person = await clinic.person('patient');
  const old = await bcrypt.hash(PASSWORD, 5);
  await clinic.db.$client.query('update users set password_hash = $2 where id = $1', [person.id, old]);
  await login(person.username, 'not-the-password');
  const hashOf = async () =>
    (await clinic.db.$client.query('select password_hash from users where id = $1', [person.id])).rows[0]
      .password_hash;
  expect(await hashOf()).toBe(old);
  await login(person.username).expect(200);
  expect(await hashOf()).toMatch(/^\$2b\$04\$/);
  await login(person.username).expect(200);
});

describe('whoever is put out while their password is being checked does not get in', () => {
  /** Holds the check of the next password until `meanwhile` is done. */
  async function during(meanwhile: () => Promise<unknown>, person: Person) {
    const compare = bcrypt.compare.bind(bcrypt);
    const spy = vi.spyOn(bcrypt, 'compare').mockImplementationOnce((async (
      password: string,
      hash: string,
    ) => {
      const fits = await compare(password, hash);
      await meanwhile();
      return fits;
    }) as typeof bcrypt.compare);
    try {
      return await login(person.username);
    } finally {
      spy.mockRestore();
    }
  }

  test('by a new password', async () => {
    const admin = await clinic.person('admin');
    const person = await clinic.person('patient');
    const change = () =>
      clinic.as(admin).patch(`/users/${person.id}/`, { password: 'eleven-apricot-trees' }).expect(200);
    expectProblem(await during(change, person), 'invalid_credentials');
  });

  test('by deactivation', async () => {
    const admin = await clinic.person('admin');
    const person = await clinic.person('patient');
    const change = () => clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }).expect(200);
    expectProblem(await during(change, person), 'account_inactive');
  });

  test('nor with the role they had', async () => {
    const admin = await clinic.person('admin');
    const person = await clinic.person('admin');
    const change = () => clinic.as(admin).patch(`/users/${person.id}/`, { role: 'patient' }).expect(200);
    const { body } = await during(change, person);
    expect(body.user.role).toBe('patient');
    await clinic.as({ token: body.access }).get('/users/').expect(403);
  });
});
