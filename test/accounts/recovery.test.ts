import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { accountsApp, confirm, freshPhone, lastCode, pass, queuedFor } from '../helpers/accounts.ts';
import { type Person, type TestApp, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
beforeAll(async () => {
  clinic = await accountsApp({ sms_codes_per_day: 5 });
});
afterAll(() => clinic.close());

const recovery = async (person: Person) =>
  (await clinic.as(person).get('/auth/me/').expect(200)).body.recovery;
const inbox = async (user: number) =>
  (
    await clinic.db.$client.query<{ kind: string; params: object }>(
      'select kind, params from notifications where user_id = $1 order by id',
      [user],
    )
  ).rows;

test('everybody is told by which way they would get a new password', async () => {
  const person = await clinic.person('patient', { phone: freshPhone() });
  expect(await recovery(person)).toBe('none');
  await clinic.as(person).post('/auth/phone/verify/', {}).expect(202);
  const code = await lastCode(clinic, person.id);
  const { body } = await clinic.as(person).post('/auth/phone/verify/confirm/', { code }).expect(200);
  expect(body.recovery).toBe('sms');
  expect(await recovery(person)).toBe('sms');
  const other = await clinic.person('doctor');
  await confirm(clinic, other.id, { email: 'recovery@example.uz' });
  expect(await recovery(other)).toBe('email');
});

test('whoever has confirmed nothing is reminded once, a day after they came', async () => {
  const { db, clock } = clinic;
  const modules = createModules({ db, clock, config: testConfig });
  const remind = () => modules.housekeeping.tasks.remind_unconfirmed();
  const [person, confirmed] = [await clinic.person('patient'), await clinic.person('patient')];
  await confirm(clinic, confirmed.id, { phone: freshPhone() });
  const made = (hours: number) =>
    db.$client.query('update users set created_at = $2 where id = any ($1)', [
      [person.id, confirmed.id],
      new Date(clock.now().getTime() - hours * 3_600_000),
    ]);
  await made(23);
  await remind();
  expect(await inbox(person.id)).toEqual([]);
  await made(25);
  await remind();
  await remind();
  expect(await inbox(person.id)).toEqual([{ kind: 'nothing_confirmed', params: {} }]);
  expect(await inbox(confirmed.id)).toEqual([]);
  expect(await queuedFor(clinic, person.id)).toEqual([]);
});

test('whoever has confirmed nothing is reminded once where messages are kept for the shortest time', async () => {
  const { db, clock } = clinic;
  const config = { ...testConfig, message_retention_days: 1 };
  const { tasks } = createModules({ db, clock, config }).housekeeping;
  const person = await clinic.person('patient');
  await db.$client.query('update users set created_at = $2 where id = $1', [person.id, clock.now()]);
  const began = clock.now().getTime();
  let reminders = 0;
  for (let hours = 0; hours <= 96; hours += 1) {
    clock.set(new Date(began + hours * 3_600_000).toISOString());
    const before = (await inbox(person.id)).length;
    await tasks.remind_unconfirmed();
    reminders += (await inbox(person.id)).length - before;
    await tasks.sweep();
  }
  clock.set(new Date(began).toISOString());
  expect(reminders).toBe(1);
});

describe('codes by SMS', () => {
  test('have a ceiling a day of the clinic, of which admins are told in time', async () => {
    const admin = await clinic.person('admin');
    pass(clinic.clock, 24 * 3_600);
    const ask = async () =>
      clinic.as(await clinic.person('patient', { phone: freshPhone() })).post('/auth/phone/verify/', {});
    for (let sent = 0; sent < 3; sent += 1) expect((await ask()).status).toBe(202);
    expect(await inbox(admin.id)).toEqual([]);
    expect((await ask()).status).toBe(202);
    expect(await inbox(admin.id)).toEqual([{ kind: 'code_ceiling', params: { full: 'false' } }]);
    expect((await ask()).status).toBe(202);
    for (let more = 0; more < 2; more += 1) {
      const refused = await ask();
      expectProblem(refused, 'too_many_requests');
      // 09:00 in Tashkent: until midnight.
      expect(Number(refused.headers['retry-after'])).toBe(15 * 3_600);
    }
    expect(await inbox(admin.id)).toMatchObject([
      { params: { full: 'false' } },
      { params: { full: 'true' } },
    ]);
    // An email costs nothing.
    const mailed = await clinic.person('patient', { email: 'ceiling@example.uz' });
    await clinic.as(mailed).post('/auth/email/verify/', {}).expect(202);
    pass(clinic.clock, 15 * 3_600);
    expect((await ask()).status).toBe(202);
  });

  test('go five times an hour for one account, to whatever destinations', async () => {
    const own = await accountsApp();
    try {
      const person = await own.person('patient');
      for (let sent = 0; sent < 5; sent += 1) {
        await own.as(person).post('/auth/phone/verify/', { phone: freshPhone() }).expect(202);
        pass(own.clock, 61);
      }
      expectProblem(
        await own.as(person).post('/auth/phone/verify/', { phone: freshPhone() }),
        'too_many_requests',
      );
    } finally {
      await own.close();
    }
  });
});
