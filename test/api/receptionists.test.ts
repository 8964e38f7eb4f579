import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';

/** Who makes receptionists, where they work, and what becomes of that when they leave. */
let clinic: TestApp;
let admin: Person;
let second = 0;

beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    "insert into branches (name) values ('Chilonzor') returning id",
  );
  second = rows[0]?.id ?? 0;
});
afterAll(() => clinic.close());

let serial = 0;
const account = (more: object = {}) => {
  serial += 1;
  return { username: `desk${serial}`, password: PASSWORD, role: 'receptionist', ...more };
};
const make = (more: object = {}) => clinic.as(admin).post('/users/', account(more));
const change = (id: number, body: object) => clinic.as(admin).patch(`/users/${id}/`, body);
const stored = async (id: number) =>
  (
    await clinic.db.$client.query<{ branch_id: number }>(
      'select branch_id from receptionist_branches where user_id = $1 order by branch_id',
      [id],
    )
  ).rows.map(({ branch_id }) => branch_id);
const signIn = async (username: string) =>
  (await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD }).expect(200)).body;

describe('a receptionist', () => {
  test('is made by an admin, and works everywhere where no branch is named', async () => {
    const { body } = await make().expect(201);
    expect(body).toMatchObject({ role: 'receptionist', profile: { branches: [] } });
    expect(await stored(body.id)).toEqual([]);
    const { access: token, user } = await signIn(body.username);
    expect(user).toMatchObject({ role: 'receptionist', profile: { branches: [] } });
    await clinic.as({ token }).get('/appointments/').expect(200);
  });

  test('is given branches, which stand in their profile wherever it is shown', async () => {
    const { body } = await make({ profile: { branches: [second, 1, second] } }).expect(201);
    expect(body.profile).toEqual({ role: 'receptionist', branches: [1, second] });
    const shown = await clinic.as(admin).get(`/users/${body.id}/`).expect(200);
    expect(shown.body.profile).toEqual({ role: 'receptionist', branches: [1, second] });
    const { results } = (await clinic.as(admin).get('/users/?role=receptionist').expect(200)).body;
    expect(results.find(({ id }: { id: number }) => id === body.id).profile).toEqual({
      role: 'receptionist',
      branches: [1, second],
    });
    const { access: token } = await signIn(body.username);
    expect((await clinic.as({ token }).get('/auth/me/').expect(200)).body.profile).toEqual({
      role: 'receptionist',
      branches: [1, second],
    });
  });

  test('is given other branches, or all of them, and what is left out stays', async () => {
    const { body } = await make({ profile: { branches: [1] } }).expect(201);
    const give = async (profile: object | undefined, more: object = {}) =>
      (await change(body.id, { ...more, ...(profile && { profile }) }).expect(200)).body.profile;
    expect(await give(undefined, { first_name: 'Nilufar' })).toEqual({ role: 'receptionist', branches: [1] });
    expect(await give({}, { last_name: 'Azimova' })).toEqual({ role: 'receptionist', branches: [1] });
    expect(await give({ branches: [second] })).toEqual({ role: 'receptionist', branches: [second] });
    expect(await give({ branches: [1, second] })).toEqual({ role: 'receptionist', branches: [1, second] });
    const noted = await notedBy(clinic.db, async () =>
      expect(await give({ branches: [] })).toEqual({ role: 'receptionist', branches: [] }),
    );
    expect(noted).toEqual([entry(admin, 'user.update', body.id, { fields: ['profile.branches'] })]);
  });

  test('is given no branch that does not exist, and nothing is changed then', async () => {
    expectProblem(await make({ profile: { branches: [1, 999_999] } }), 'branch_not_found');
    const { body } = await make({ profile: { branches: [1] } }).expect(201);
    expectProblem(
      await change(body.id, { first_name: 'X', profile: { branches: [999_999] } }),
      'branch_not_found',
    );
    expect(await stored(body.id)).toEqual([1]);
    expect((await clinic.as(admin).get(`/users/${body.id}/`)).body.first_name).toBeNull();
  });

  test.each([
    ['a branch that is no id', { branches: [0] }, 'profile.branches.0 too_small'],
    ['branches that are no list', { branches: 1 }, 'profile.branches invalid_type'],
    [
      'more than anybody has',
      { branches: Array.from({ length: 1_001 }, (_, n) => n + 1) },
      'profile.branches too_big',
    ],
    ['what a doctor has', { specialization: 'Kardiolog' }, 'profile.specialization not_for_role'],
  ])('is refused %s', async (_, profile, field) => {
    expectProblem(await make({ profile }), 'invalid_input', { fields: [field] });
  });

  test('is nobody’s own doing: neither by registering nor by a change of oneself', async () => {
    const register = (body: object) => clinic.as(undefined).post('/auth/register/', body);
    expectProblem(await register(account()), 'invalid_input', { fields: ['role invalid_choice'] });
    expectProblem(await register(account({ role: 'patient', profile: { branches: [1] } })), 'unknown_field');
    const patient = await clinic.person('patient');
    expectProblem(await clinic.as(patient).patch('/auth/me/', { role: 'receptionist' }), 'unknown_field');
  });

  test('makes no one, changes no one and reads no account', async () => {
    const { body } = await make().expect(201);
    const { access: token } = await signIn(body.username);
    const desk = clinic.as({ token });
    expectProblem(await desk.post('/users/', account()), 'forbidden');
    expectProblem(await desk.patch(`/users/${body.id}/`, { role: 'admin' }), 'forbidden');
    expectProblem(await desk.get('/users/'), 'forbidden');
  });
});

describe('branches of somebody', () => {
  test('who is no patient or doctor are refused with any other role', async () => {
    for (const role of ['patient', 'doctor', 'admin'])
      expectProblem(await make({ role, profile: { branches: [1] } }), 'invalid_input', {
        fields: ['profile.branches not_for_role'],
      });
  });

  test('who becomes a receptionist are those that come with it', async () => {
    const person = await clinic.person('patient');
    const { body } = await change(person.id, {
      role: 'receptionist',
      profile: { branches: [second] },
    }).expect(200);
    expect(body).toMatchObject({ role: 'receptionist', profile: { branches: [second] } });
    expectProblem(await clinic.as(person).get('/auth/me/'), 'session_ended');
  });

  test('who is given another role are gone, and do not come back with the old one', async () => {
    const { body } = await make({ profile: { branches: [1] } }).expect(201);
    expect((await change(body.id, { role: 'admin' }).expect(200)).body.profile).toBeNull();
    expect(await stored(body.id)).toEqual([]);
    expect((await change(body.id, { role: 'receptionist' }).expect(200)).body.profile).toEqual({
      role: 'receptionist',
      branches: [],
    });
  });

  test('who is put out stay, so that they reach no more once they are let in again', async () => {
    const { body } = await make({ profile: { branches: [second] } }).expect(201);
    const { access: token } = await signIn(body.username);
    await change(body.id, { is_active: false }).expect(200);
    expectProblem(await clinic.as({ token }).get('/appointments/'), 'session_ended');
    expect((await change(body.id, { is_active: true }).expect(200)).body.profile).toEqual({
      role: 'receptionist',
      branches: [second],
    });
  });

  test('who is erased are gone', async () => {
    const { body } = await make({ profile: { branches: [1, second] } }).expect(201);
    await clinic.as(admin).delete(`/users/${body.id}/`, { password: PASSWORD }).expect(204);
    expect(await stored(body.id)).toEqual([]);
  });

  test('stand in the export of whoever was given them, by name', async () => {
    const { body } = await make({ profile: { branches: [second] } }).expect(201);
    const { access: token } = await signIn(body.username);
    const { body: data } = await clinic.as({ token }).get('/auth/me/export/').expect(200);
    expect(data.branches).toEqual([{ id: second, name: 'Chilonzor' }]);
  });

  test('keep the branch from being deleted, since without one they would be everywhere', async () => {
    await make({ profile: { branches: [second] } }).expect(201);
    await expect(clinic.db.$client.query('delete from branches where id = $1', [second])).rejects.toThrow(
      'receptionist_branches',
    );
  });
});
