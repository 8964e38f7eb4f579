import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const asked = (id: string) => clinic.as(admin).get('/users/999999/').set('x-request-id', id);

test.each([
  '0b8f6a5e-6c1f-4a55-9a0e-6f8a3c1d2e47',
  'Root=1-67891233-abcdef012345678912345678',
  '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  'a',
  'x'.repeat(100),
])('a request is named as whoever sent it named it: %s', async (id) => {
  const { headers, body, status } = await asked(id);
  expect([status, headers['x-request-id'], body.request_id]).toEqual([404, id, id]);
});

test.each(['', 'x'.repeat(101), 'two words', '<b>', 'a"b', 'a,b', 'naïve', '{{x}}', "a'b"])(
  'what could harm a log or a page is no name: %j',
  async (id) => {
    const answer = await asked(Buffer.from(id, 'utf8').toString('latin1'));
    expectProblem(answer, 'user_not_found');
    expect(answer.body.request_id).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test('the audit knows it by that name', async () => {
  const person = await clinic.person('patient');
  await clinic.as(admin).get(`/users/${person.id}/`).set('x-request-id', 'till-7:42').expect(200);
  const { body } = await clinic.as(admin).get(`/audit/?subject=${person.id}&action=user.read`).expect(200);
  expect(body.results[0].request_id).toBe('till-7:42');
});
