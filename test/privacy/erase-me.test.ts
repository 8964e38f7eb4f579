import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { somebody } from '../helpers/personal.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;
const me = (person: Pick<Person, 'token'>) => clinic.as(person).get('/auth/me/');
const eraseMe = (person: Person, password = PASSWORD) => clinic.as(person).delete('/auth/me/', { password });

let serial = 0;
const day = () => new Date(Date.UTC(2026, 3, ++serial)).toISOString().slice(0, 10);

describe('DELETE /auth/me/', () => {
  test('needs the password', async () => {
    const person = await clinic.person('patient');
    const entries = await notedBy(clinic.db, async () => {
      for (const [locale, wrong] of [
        ['en', 'not-the-password'],
        ['ru', `${PASSWORD} `],
        ['uz', 'x'.repeat(1_000)],
      ] as const)
        expectProblem(await eraseMe(person, wrong).set('accept-language', locale), 'invalid_input', {
          fields: ['password wrong_password'],
          locale,
        });
    });
    // A wrong password is noted once a minute, so that guessing can be traced.
    expect(entries.map(({ action }) => action)).toEqual(['password.fail']);
    const as = clinic.as(person);
    expectProblem(await as.delete('/auth/me/', {}), 'invalid_input', { fields: ['password required'] });
    expectProblem(await as.delete('/auth/me/', { password: '' }), 'invalid_input', {
      fields: ['password too_short'],
    });
    expectProblem(await as.delete('/auth/me/'), 'invalid_input');
    expectProblem(
      await clinic.as(undefined).delete('/auth/me/', { password: PASSWORD }),
      'authentication_required',
    );
    await me(person).expect(200);
  });

  test('erases whoever asks and nobody else, whatever the body names', async () => {
    const [person, other] = [await clinic.person('patient'), await clinic.person('patient')];
    const body = { password: PASSWORD, id: other.id, user: other.id };
    expectProblem(await clinic.as(person).delete('/auth/me/', body), 'unknown_field');
    await clinic.as(person).delete('/auth/me/', { password: PASSWORD }).expect(204);
    expectProblem(await me(person), 'session_ended');
    await me(other).expect(200);
  });

  test('is refused to the last active admin, and not to the one before', async () => {
    const small = await testApp();
    try {
      const [one, two] = [await small.person('admin'), await small.person('admin')];
      const erase = (person: Person) => small.as(person).delete('/auth/me/', { password: PASSWORD });
      await erase(one).expect(204);
      expectProblem(await erase(two), 'last_admin');
      await small.as(two).get('/auth/me/').expect(200);
      expectProblem(await small.as(two).delete(`/users/${two.id}/`, { password: PASSWORD }), 'not_oneself');
    } finally {
      await small.close();
    }
  });

  test('of two at once both are answered as done or as signed out', async () => {
    const person = await clinic.person('patient');
    const answers = await Promise.all([eraseMe(person), eraseMe(person), eraseMe(person)]);
    expect(answers.map(({ status }) => status)).toContain(204);
    for (const answer of answers) expect([204, 400, 401]).toContain(answer.status);
    const entries = await query(
      "select 1 from audit_entries where action = 'user.erase' and subject_id = $1",
      [person.id],
    );
    expect(entries).toHaveLength(1);
  });
});

test('erasing again is a 204 that changes nothing', async () => {
  const { person } = await somebody(clinic, 'patient', {});
  const erase = () => clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD }).expect(204);
  await erase();
  const row = () => query('select * from users where id = $1', [person.id]);
  const before = await row();
  clinic.clock.set('2026-03-03T04:00:00Z');
  expect(await notedBy(clinic.db, erase)).toEqual([]);
  expect(await row()).toEqual(before);
  clinic.clock.set('2026-03-02T04:00:00Z');
});

test('the reason that an erasure itself gives outlives the other side’s erasure', async () => {
  const [doctor, patient] = [await clinic.person('doctor'), await clinic.person('patient')];
  const visit = await clinic.book(patient, await clinic.slot(doctor, { date: day() }));
  await eraseMe(patient).expect(204);
  await clinic.as(admin).delete(`/users/${doctor.id}/`, { password: PASSWORD }).expect(204);
  const { body } = await clinic.as(admin).get(`/appointments/${visit}/`).expect(200);
  expect(body).toMatchObject({ status: 'cancelled', cancel_reason: 'account_deleted' });
});

test('a doctor who declines with a reason while the patient is erased leaves no reason behind', async () => {
  for (let round = 0; round < 30; round += 1) {
    const [doctor, patient] = [await clinic.person('doctor'), await clinic.person('patient')];
    const visit = await clinic.book(patient, await clinic.slot(doctor, { date: day() }));
    const reason = `a reason of round ${round}`;
    const decline = () => clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'cancelled', reason });
    const erase = () => clinic.as(admin).delete(`/users/${patient.id}/`, { password: PASSWORD }).expect(204);
    if (round % 2 === 0) await Promise.all([decline(), erase()]);
    else await Promise.all([erase(), decline()]);
    const [row] = await query<{ cancel_reason: string | null }>(
      'select cancel_reason from appointments where id = $1',
      [visit],
    );
    expect([null, 'account_deleted']).toContain(row?.cancel_reason);
  }
});
