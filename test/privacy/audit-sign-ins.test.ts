import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';

/** An attack on accounts can be traced, and fills no table. */

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await accountsApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());
beforeEach(() => pass(clinic.clock, 120));

let networks = 0;
const freshAddress = () => {
  networks += 1;
  return `198.51.100.${networks}`;
};
const networksOf = async (action: string, subject: number | null) =>
  (
    await clinic.db.$client.query<{ network: string; actor_id: number | null }>(
      'select network, actor_id from audit_entries where action = $1 and subject_id is not distinct from $2 order by id',
      [action, subject],
    )
  ).rows;

describe('noted with account and network', () => {
  test('a sign-in', async () => {
    const person = await clinic.person('patient');
    const address = freshAddress();
    const noted = await notedBy(clinic.db, () => signIn(clinic, person, PASSWORD, { address }).expect(200));
    expect(noted).toMatchObject([{ action: 'sign_in', actor_id: person.id, subject_id: person.id }]);
    expect((await networksOf('sign_in', person.id)).at(-1)?.network).toBe(`${address}/32`);
  });

  test('a failed one, by whichever of their names', async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone });
    const [one, other] = [freshAddress(), '2001:db8:1:2::7'];
    await signIn(clinic, person, 'not-the-password', { address: one });
    await signIn(clinic, { username: phone }, 'not-the-password', { address: other });
    expect(await networksOf('sign_in.fail', person.id)).toEqual([
      { network: `${one}/32`, actor_id: null },
      { network: '2001:db8:1:2::/64', actor_id: null },
    ]);
  });

  test('a name that nobody has, without what was typed, which may be a password', async () => {
    const typed = 'my-secret-password-typed-into-the-wrong-field';
    const address = freshAddress();
    const noted = await notedBy(clinic.db, () =>
      signIn(clinic, { username: typed }, 'not-the-password', { address }),
    );
    expect(noted).toMatchObject([{ action: 'sign_in.fail', actor_id: null, subject_id: null, details: {} }]);
    expect(JSON.stringify(noted)).not.toContain(typed);
    expect((await networksOf('sign_in.fail', null)).at(-1)?.network).toBe(`${address}/32`);
  });

  test('a refresh token that is used again', async () => {
    const person = await clinic.person('patient');
    const refresh = (token: string) =>
      clinic
        .as(undefined)
        .post('/auth/token/refresh/', { refresh: token })
        .set('x-forwarded-for', '198.51.100.250');
    const { body } = await refresh(person.refresh).expect(200);
    await refresh(body.refresh).expect(200);
    expectProblem(await refresh(person.refresh), 'invalid_refresh_token');
    expect(await networksOf('token.reuse', person.id)).toEqual([
      { network: '198.51.100.250/32', actor_id: null },
    ]);
  });

  test('a wrong code for a new password, and a wrong password of somebody signed in', async () => {
    const person = await clinic.person('patient');
    await confirm(clinic, person.id, { phone: freshPhone() });
    const { username } = person;
    await clinic.as(undefined).post('/auth/password/reset/', { username }).expect(202);
    await codesSent(clinic, person.id, 1);
    const body = {
      username,
      code: wrong(await lastCode(clinic, person.id)),
      password: 'eleven-apricot-trees',
    };
    const address = freshAddress();
    await clinic
      .as(undefined)
      .post('/auth/password/reset/confirm/', body)
      .set('x-forwarded-for', address)
      .expect(400);
    expect(await networksOf('password.reset_fail', person.id)).toEqual([
      { network: `${address}/32`, actor_id: null },
    ]);
    await clinic.as(person).delete('/auth/me/', { password: 'not-the-password' }).expect(400);
    expect(await networksOf('password.fail', person.id)).toMatchObject([{ actor_id: person.id }]);
  });

  test('what somebody signed in is refused, with its route', async () => {
    const person = await clinic.person('patient');
    const address = freshAddress();
    const get = (path: string) => clinic.as(person).get(path).set('x-forwarded-for', address).expect(403);
    const noted = await notedBy(clinic.db, async () => {
      await get('/users/');
      await get(`/users/${admin.id}/`);
      await get('/users/');
    });
    expect(noted).toMatchObject(
      ['GET /api/users/', 'GET /api/users/:id/'].map((route) => ({
        action: 'access.refuse',
        actor_id: person.id,
        subject_id: null,
        details: { route },
      })),
    );
  });
});

test('of thousands of failures a minute few are noted', async () => {
  const person = await clinic.person('patient');
  const address = freshAddress();
  const noted = await notedBy(clinic.db, async () => {
    for (let made = 0; made < 20; made += 1) await signIn(clinic, person, 'not-the-password', { address });
    pass(clinic.clock, 60);
    await signIn(clinic, person, 'not-the-password', { address });
  });
  expect(noted.map(({ action }) => action)).toEqual(['sign_in.fail', 'sign_in.fail']);

  pass(clinic.clock, 60);
  // From ever other networks at ever other names: as many as may be noted in a minute, and that there were more.
  const many = await notedBy(clinic.db, async () => {
    const send = (index: number) =>
      signIn(clinic, { username: `nobody.${index}` }, 'x', {
        address: `10.1.${Math.floor(index / 250)}.${index % 250}`,
      });
    for (let index = 0; index < 1_050; index += 25)
      await Promise.all(Array.from({ length: 25 }, (_, more) => send(index + more)));
  });
  expect(many).toHaveLength(1_001);
  expect(many.filter(({ details }) => details.more === true)).toHaveLength(1);
});

test('an admin finds what came from a network; the person finds none of it in their access log, and all in their export', async () => {
  const person = await clinic.person('patient');
  const address = freshAddress();
  await signIn(clinic, person, 'not-the-password', { address });
  await signIn(clinic, person, PASSWORD, { address }).expect(200);
  const found = async (query: string) =>
    (await clinic.as(admin).get(`/audit/?${query}`).expect(200)).body.results as {
      action: string;
      network: string;
    }[];
  for (const network of [address, `${address}/32`])
    expect(await found(`network=${network}`)).toMatchObject([
      { action: 'sign_in', network: `${address}/32`, subject: { id: person.id } },
      { action: 'sign_in.fail', network: `${address}/32`, subject: { id: person.id } },
    ]);
  expect(await found(`action=sign_in.fail&subject=${person.id}`)).toHaveLength(1);
  expectProblem(await clinic.as(admin).get('/audit/?network=home'), 'invalid_input', {
    fields: ['network invalid_format'],
  });
  const log = (await clinic.as(person).get('/auth/me/access-log/').expect(200)).body;
  expect(log.results.map(({ action }: { action: string }) => action)).toEqual([
    'audit.list',
    'user.register',
  ]);
  expect(log.count).toBe(2);
  const { body } = await clinic.as(person).get('/auth/me/export/').expect(200);
  const actions = (section: string) => body[section].map(({ action }: { action: string }) => action);
  expect(actions('sign_ins')).toEqual(['sign_in', 'sign_in.fail', 'sign_in']);
  expect(actions('access_log')).toEqual(['user.register', 'audit.list', 'user.export']);
});

test('what somebody was refused, and from which network, is in their export too', async () => {
  const person = await clinic.person('patient');
  const address = freshAddress();
  await clinic.as(person).get('/users/').set('x-forwarded-for', address).expect(403);
  const { body } = await clinic.as(person).get('/auth/me/export/').expect(200);
  expect(body.sign_ins).toMatchObject([
    { action: 'sign_in' },
    { action: 'access.refuse', network: `${address}/32` },
  ]);
});

test('networks are forgotten with their person; nothing else of an entry ever changes', async () => {
  const person = await clinic.person('patient');
  const address = freshAddress();
  await signIn(clinic, person, PASSWORD, { address }).expect(200);
  await clinic.as(person).delete('/auth/me/', { password: PASSWORD }).expect(204);
  const rows = await networksOf('sign_in', person.id);
  expect(rows).toHaveLength(2);
  for (const { network } of rows) expect(network).toBeNull();
  await expect(clinic.db.$client.query('update audit_entries set network = null')).rejects.toThrow(
    'never changed',
  );
});
