import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
/** Oldest first. */
const people: Record<string, Person> = {};
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin', { username: 'chief' });
  const add = async (username: string, role: 'doctor' | 'patient', fields: object) => {
    people[username] = await clinic.person(role, { username, ...fields });
  };
  await add('aziza.k', 'patient', { first_name: 'Aziza', last_name: 'Karimova', email: 'aziza@example.uz' });
  await add('otkir', 'doctor', { first_name: 'Oʻtkir', last_name: 'Gʼaniyev', phone: '+998901112233' });
  await add('shahnoza', 'patient', { first_name: 'Шаҳноза', last_name: 'Юсупова' });
  await add('percent_er', 'patient', { first_name: '100%', last_name: 'a_b\\c' });
  await add('gone', 'patient', { first_name: 'Aziza', last_name: 'Erased' });
  await add('away', 'patient', { first_name: 'Aziza', last_name: 'Inactive' });
  await clinic.as(admin).delete(`/users/${people.gone?.id}/`, { password: PASSWORD }).expect(204);
  await clinic.as(admin).patch(`/users/${people.away?.id}/`, { is_active: false }).expect(200);
});
afterAll(() => clinic.close());

async function usernames(query: Record<string, string>): Promise<string[]> {
  const { body } = await clinic
    .as(admin)
    .get(`/users/?${new URLSearchParams(query)}`)
    .expect(200);
  expect(body.count).toBe(body.results.length);
  return body.results.map(({ username }: { username: string }) => username);
}

test('shows everybody who is not erased, newest first, each as GET /users/{id}/ does', async () => {
  expect(await usernames({})).toEqual(['away', 'percent_er', 'shahnoza', 'otkir', 'aziza.k', 'chief']);
  const { body } = await clinic.as(admin).get('/users/').expect(200);
  for (const user of body.results)
    expect((await clinic.as(admin).get(`/users/${user.id}/`).expect(200)).body).toEqual(user);
  expect(JSON.stringify(body)).not.toMatch(/password|deleted/);
});

describe('filters', () => {
  test.each([
    [{ role: 'admin' }, ['chief']],
    [{ role: 'doctor' }, ['otkir']],
    [{ is_active: 'false' }, ['away']],
    [{ is_active: 'true', role: 'patient' }, ['percent_er', 'shahnoza', 'aziza.k']],
    [{ is_active: 'false', role: 'doctor' }, []],
    [{ search: 'aziza', is_active: 'true' }, ['aziza.k']],
    [{ search: 'aziza', role: 'patient' }, ['away', 'aziza.k']],
  ] as [Record<string, string>, string[]][])('%j', async (query, expected) => {
    expect(await usernames(query)).toEqual(expected);
  });

  test.each([
    ['role=nurse', 'role invalid_choice'],
    ['is_active=1', 'is_active invalid_choice'],
    ['is_active=', 'is_active invalid_choice'],
    [`search=${'x'.repeat(101)}`, 'search too_long'],
    ['search=a+b+c+d+e+f+g', 'search too_many_words'],
    ['search=a%00b', 'search invalid_characters'],
  ])('?%s is refused', async (query, field) => {
    expectProblem(await clinic.as(admin).get(`/users/?${query}`), 'invalid_input', { fields: [field] });
  });
});

describe('search', () => {
  test.each([
    ['user name', 'AZIZA.K', ['aziza.k']],
    ['part of a name', 'arimo', ['aziza.k']],
    ['email', 'aziza@example', ['aziza.k']],
    ['phone', '99890111', ['otkir']],
    ['words in any order', 'karimova AZIZA', ['aziza.k']],
    ['every word must be found', 'karimova jasur', []],
    ['Cyrillic in any case', 'шАҲНОЗА юсуп', ['shahnoza']],
    ['another apostrophe', "o'tkir g‘aniyev", ['otkir']],
    ['no apostrophe', 'otkir ganiyev', ['otkir']],
    ['a percent sign is a letter', '%', ['percent_er']],
    ['an underscore is a letter', 'a_b', ['percent_er']],
    ['a backslash is a letter', 'b\\c', ['percent_er']],
    ['an erased name', 'Erased', []],
    ['nothing but blanks finds all', '   ', ['away', 'percent_er', 'shahnoza', 'otkir', 'aziza.k', 'chief']],
  ])('%s: %j', async (_, search, expected) => {
    expect(await usernames({ search })).toEqual(expected);
  });
});
