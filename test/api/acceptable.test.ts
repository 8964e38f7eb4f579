import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
});
afterAll(() => clinic.close());

test.each(['application/pdf', 'text/html', 'image/*', 'application/json;q=0, */*;q=0', 'text/csv'])(
  'what cannot be answered as %s is refused, and nothing is done',
  async (accept) => {
    const holiday = { date: '2028-07-01', name: 'Nothing' };
    expectProblem(await clinic.as(admin).post('/holidays/', holiday).set('accept', accept), 'not_acceptable');
    const { body } = await clinic.as(admin).get('/holidays/?from=2028-07-01&to=2028-07-01').expect(200);
    expect(body.count).toBe(0);
  },
);

test.each([
  '*/*',
  'application/*',
  'application/json',
  'APPLICATION/JSON; charset=utf-8',
  'text/html, */*;q=0.1',
  'application/pdf, application/json;q=0.1',
  '',
])('whoever takes %j is answered', async (accept) => {
  await clinic.as(admin).get('/users/').set('accept', accept).expect(200);
});

describe('of several forms', () => {
  test('each can be had, and no other', async () => {
    const get = (path: string, accept: string) => clinic.as(admin).get(path).set('accept', accept);
    const type = async (path: string, accept: string) => (await get(path, accept)).headers['content-type'];
    expect(await type('/appointments/export/', 'text/csv')).toMatch(/^text\/csv/);
    expect(await type('/appointments/export/', '*/*')).toMatch(/^application\/x-ndjson/);
    expectProblem(await get('/appointments/export/', 'application/json'), 'not_acceptable');
    expect(await type('/statistics/?from=2026-03-01&to=2026-03-10&by=doctor', 'application/json')).toMatch(
      /^application\/json/,
    );
    expectProblem(
      await get('/statistics/?from=2026-03-01&to=2026-03-10&by=doctor', 'text/html'),
      'not_acceptable',
    );
  });

  test('a format that is named goes before the header', async () => {
    const answer = await clinic
      .as(doctor)
      .get('/appointments/day/?date=2026-03-10&format=csv')
      .set('accept', 'text/html');
    expect(answer.headers['content-type']).toMatch(/^text\/csv/);
  });
});

test('an answer without a body is acceptable to everybody, a refusal too', async () => {
  const person = await clinic.person('patient');
  await clinic.as(person).post('/auth/logout/').set('accept', 'text/html').expect(204);
  expectProblem(
    await clinic.as(undefined).get('/users/').set('accept', 'text/html'),
    'authentication_required',
  );
});
