import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  patient = await clinic.person('patient', { first_name: 'Aziza' });
});
afterAll(() => clinic.close());

const own = async (person = patient) => (await clinic.as(person).get('/patient/profile/').expect(200)).body;
const change = (changes: object, person = patient) => clinic.as(person).patch('/patient/profile/', changes);

test('one’s own profile is shown and changed field by field', async () => {
  const before = {
    id: patient.id,
    user: patient.id,
    first_name: 'Aziza',
    last_name: null,
    phone: null,
    date_of_birth: null,
    gender: null,
  };
  expect(await own()).toEqual(before);
  const changes = { last_name: ' Karimova ', date_of_birth: '1990-05-17', gender: 'female' };
  const { body } = await change(changes).expect(200);
  expect(body).toEqual({ ...before, ...changes, last_name: 'Karimova' });
  expect(await own()).toEqual(body);
  await change({ last_name: null, date_of_birth: null, gender: null }).expect(200);
  expect(await own()).toEqual(before);
});

test.each([
  ['90 123-45-67', '+998901234567'],
  ['(90) 123 45 67', '+998901234567'],
  ['998901234567', '+998901234567'],
  ['+998 90 123 45 67', '+998901234567'],
  ['+7 701 234 56 78', '+77012345678'],
  [null, null],
])('the phone %j is kept as %j, and is the user’s own', async (typed, kept) => {
  const { body } = await change({ phone: typed }).expect(200);
  expect(body.phone).toBe(kept);
  const me = await clinic.as(patient).get('/auth/me/').expect(200);
  expect([me.body.phone, me.body.profile.phone]).toEqual([kept, kept]);
});

describe('refuses', () => {
  test.each([
    [{}, [' nothing_to_change']],
    [
      { id: 5, specialization: 'LOR', gender: 1 },
      ['id unknown_field', 'specialization unknown_field', 'gender invalid_choice'],
    ],
    [{ phone: '12' }, ['phone invalid_phone']],
    [{ phone: '' }, ['phone invalid_phone']],
    [{ phone: 998901234567 }, ['phone invalid_type']],
    [{ date_of_birth: '2026-03-03' }, ['date_of_birth birth_in_future']],
    [{ date_of_birth: '2025-02-29' }, ['date_of_birth invalid_date']],
    [{ date_of_birth: '1899-12-31' }, ['date_of_birth invalid_date']],
    [{ date_of_birth: '' }, ['date_of_birth invalid_date']],
    [{ date_of_birth: '17.05.1990' }, ['date_of_birth invalid_date']],
    [
      { gender: '', first_name: '\t', last_name: 'x'.repeat(101) },
      ['gender invalid_choice', 'first_name too_short', 'last_name too_long'],
    ],
    [
      { first_name: 'a\u0007b', last_name: '\ud800' },
      ['first_name invalid_characters', 'last_name invalid_characters'],
    ],
  ])('%j', async (changes, fields) => {
    const before = await own();
    expectProblem(await change(changes), 'invalid_input', { fields });
    expect(await own()).toEqual(before);
  });
});

test('"today" is the clinic’s: east of Greenwich one is born a day earlier', async () => {
  // 01:00 on the 3rd in Tashkent, still the 2nd in UTC.
  clinic.clock.set('2026-03-02T20:00:00Z');
  await change({ date_of_birth: '2026-03-03' }).expect(200);
  expectProblem(await change({ date_of_birth: '2026-03-04' }), 'invalid_input');
  clinic.clock.set('2026-03-02T04:00:00Z');
});

test('raises nobody’s role and touches nobody else’s record', async () => {
  const other = await clinic.person('patient');
  const before = await own(other);
  const changes = {
    gender: 'other',
    id: other.id,
    user: other.id,
    role: 'admin',
    is_active: false,
    username: 'x',
  };
  const mine = await own();
  expectProblem(await change(changes), 'unknown_field', {
    fields: ['id', 'user', 'role', 'is_active', 'username'].map((name) => `${name} unknown_field`),
  });
  expect(await own()).toEqual(mine);
  expect(await own(other)).toEqual(before);
  const me = await clinic.as(patient).get('/auth/me/').expect(200);
  expect(me.body).toMatchObject({ role: 'patient', is_active: true, username: patient.username });
});

test('names of every script are kept to the letter', async () => {
  for (const first_name of [
    'Oʻgʻiloy',
    'Шаҳноза',
    '李小龍',
    'Ñandú Œuvre',
    '👩‍⚕️',
    "O'Brien; drop table users --",
  ]) {
    expect((await change({ first_name }).expect(200)).body.first_name).toBe(first_name);
    expect((await own()).first_name).toBe(first_name);
  }
});
