import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountsApp, confirm, freshPhone, lastCode } from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp();
});
afterAll(() => clinic.close());

const change = (person: Person, body: object) => clinic.as(person).patch('/auth/me/', body);

describe('PATCH /auth/me/', () => {
  test.each(['patient', 'doctor', 'admin'] as const)(
    'changes names, contacts and language of a %s',
    async (role) => {
      const person = await clinic.person(role);
      const before = (await clinic.as(person).get('/auth/me/').expect(200)).body;
      const { body } = await change(person, {
        first_name: ' Dilnoza ',
        last_name: 'Rahimova',
        email: 'dilnoza@example.uz',
        phone: '90 765-43-21',
        locale: 'ru',
      }).expect(200);
      expect(body).toMatchObject({
        ...before,
        first_name: 'Dilnoza',
        last_name: 'Rahimova',
        email: 'dilnoza@example.uz',
        phone: '+998907654321',
        locale: 'ru',
        profile: role === 'patient' ? { phone: '+998907654321' } : before.profile,
      });
      expect((await clinic.as(person).get('/auth/me/').expect(200)).body).toEqual(body);
    },
  );

  test('leaves alone what is left out, and null empties', async () => {
    const person = await clinic.person('patient', {
      first_name: 'Aziza',
      phone: '90 123-45-67',
      locale: 'uz',
    });
    const { body } = await change(person, { phone: null }).expect(200);
    expect(body).toMatchObject({ first_name: 'Aziza', phone: null, locale: 'uz' });
    expectProblem(await change(person, {}), 'invalid_input', { fields: [' nothing_to_change'] });
  });

  test('names every wrong field', async () => {
    const person = await clinic.person('patient');
    const answer = await change(person, { first_name: '', email: 'nowhere', phone: '12', locale: 'kz' });
    expectProblem(answer, 'invalid_input', {
      fields: ['first_name too_short', 'email invalid_email', 'phone invalid_phone', 'locale invalid_choice'],
    });
  });

  test('writes nothing that people must not choose', async () => {
    const person = await clinic.person('patient');
    const before = (await clinic.as(person).get('/auth/me/').expect(200)).body;
    const more = {
      id: 1,
      role: 'admin',
      is_active: false,
      username: 'admin',
      password_hash: 'x',
      phone_verified_at: '2020-01-01T00:00:00Z',
      email_verified_at: '2020-01-01T00:00:00Z',
      profile: { id: 1, phone: '+998901234567' },
    };
    expectProblem(await change(person, { first_name: 'Aziza', ...more }), 'unknown_field', {
      fields: Object.keys(more).map((name) => `${name} unknown_field`),
    });
    expect((await clinic.as(person).get('/auth/me/').expect(200)).body).toEqual(before);
    await clinic
      .as(undefined)
      .post('/auth/login/', { username: person.username, password: 'a-long-quiet-river' })
      .expect(200);
  });

  test('is noted in the audit by the names of the fields', async () => {
    const person = await clinic.person('patient');
    await change(person, { first_name: 'Aziza', phone: '90 123-45-67' }).expect(200);
    const { rows } = await clinic.db.$client.query(
      "select actor_id, subject_id, details from audit_entries where action = 'profile.update' and actor_id = $1",
      [person.id],
    );
    expect(rows).toEqual([
      { actor_id: person.id, subject_id: person.id, details: { fields: ['first_name', 'phone'] } },
    ]);
  });
});

describe('a changed contact is no longer confirmed', () => {
  const confirmed = async () => {
    const person = await clinic.person('patient');
    const phone = freshPhone();
    await confirm(clinic, person.id, { phone, email: `${person.username}@example.uz` });
    return { person, phone };
  };
  const proofs = async (person: Person) => {
    const { body } = await clinic.as(person).get('/auth/me/').expect(200);
    return [body.phone_verified_at !== null, body.email_verified_at !== null];
  };

  test.each([
    ['another phone', () => ({ phone: freshPhone() }), [false, true]],
    ['no phone', () => ({ phone: null }), [false, true]],
    ['another email', () => ({ email: 'another@example.uz' }), [true, false]],
    ['no email', () => ({ email: null }), [true, false]],
    ['a name', () => ({ first_name: 'Aziza' }), [true, true]],
  ])('%s', async (_, changes, left) => {
    const { person } = await confirmed();
    expect(await proofs(person)).toEqual([true, true]);
    await change(person, { ...changes(), password: PASSWORD }).expect(200);
    expect(await proofs(person)).toEqual(left);
  });

  test('but the same one in another form stays confirmed', async () => {
    const { person, phone } = await confirmed();
    await change(person, { phone: phone.slice(4), email: `${person.username}@EXAMPLE.uz` }).expect(200);
    expect(await proofs(person)).toEqual([true, true]);
  });

  test('whoever changes it: the patient’s profile, an admin', async () => {
    const admin = await clinic.person('admin');
    const { person } = await confirmed();
    await clinic
      .as(person)
      .patch('/patient/profile/', { phone: freshPhone(), password: PASSWORD })
      .expect(200);
    expect(await proofs(person)).toEqual([false, true]);
    await clinic.as(admin).patch(`/users/${person.id}/`, { email: 'by.admin@example.uz' }).expect(200);
    expect(await proofs(person)).toEqual([false, false]);
  });

  test('and codes that were on their way to it, or for it, are over', async () => {
    const person = await clinic.person('patient', { phone: freshPhone() });
    await clinic.as(person).post('/auth/phone/verify/', {}).expect(202);
    const code = await lastCode(clinic, person.id);
    await change(person, { phone: freshPhone() }).expect(200);
    expectProblem(await clinic.as(person).post('/auth/phone/verify/confirm/', { code }), 'invalid_code');
  });
});
