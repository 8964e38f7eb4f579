import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADULT, bornBy } from '../../src/core/age.ts';
import { claimed } from '../../src/modules/auth/claiming/claiming.rules.ts';
import {
  accountsApp,
  codesSent,
  confirm,
  freshPhone,
  lastCode,
  pass,
  queuedFor,
  wrong,
} from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { statementsOf } from '../helpers/statements.ts';

let clinic: TestApp;
let clerk: Person;
beforeAll(async () => {
  clinic = await accountsApp({ codes_per_hour_address: 1_000 });
  clerk = await clinic.person('receptionist');
});
afterAll(() => clinic.close());

const BORN = '1971-08-09';
let names = 0;
const freshName = () => {
  names += 1;
  return `claimed.by.owner${names}`;
};
/** A record that the desk made. */
async function record(fields: object = {}): Promise<{ id: number; phone: string }> {
  names += 1;
  const patient = {
    first_name: `Bemor${names}`,
    last_name: 'Xolmurodova',
    phone: freshPhone(),
    date_of_birth: BORN,
  };
  const { body } = await clinic
    .as(clerk)
    .post('/patients/', { ...patient, confirm_new: true, ...fields })
    .expect(201);
  return body;
}
const ask = (phone: string, at = clinic) => at.as(undefined).post('/auth/claim/', { phone });
const answer = (phone: string, code: string, fields: object = {}, at = clinic) =>
  at.as(undefined).post('/auth/claim/confirm/', {
    phone,
    code,
    date_of_birth: BORN,
    username: freshName(),
    password: PASSWORD,
    accept_terms: true,
    ...fields,
  });
/** A code that was sent to a record. @param holder whose record keeps it */
async function codeFor(phone: string, holder: number, count = 1): Promise<string> {
  await ask(phone).expect(202);
  await codesSent(clinic, holder, count);
  return lastCode(clinic, holder);
}
/** Waits until all that was asked for before has been dealt with: it is, one after the other. */
async function dealtWith(): Promise<void> {
  const last = await record();
  await codeFor(last.phone, last.id);
}
const codesOf = async (id: number) => (await queuedFor(clinic, id)).filter(({ kind }) => kind === 'code');
const stored = async (id: number) =>
  (await clinic.db.$client.query('select * from users where id = $1', [id])).rows[0];

describe('POST /auth/claim/', () => {
  test('always answers the same, and sends a code to a record without a sign-in only', async () => {
    const { id, phone } = await record();
    const [own, verified] = [freshPhone(), freshPhone()];
    const person = await clinic.person('patient', { phone: own });
    const known = await clinic.person('patient');
    await confirm(clinic, known.id, { phone: verified });
    for (const typed of [phone, phone.replace('+998', ''), own, verified, freshPhone()]) {
      const { status, body } = await ask(typed);
      expect([status, body]).toEqual([202, { expires_in: 300, resend_in: 60 }]);
    }
    await dealtWith();
    expect(await codesOf(id)).toEqual([
      expect.objectContaining({ channel: 'sms', destination: phone, params: { purpose: 'claim_record' } }),
    ]);
    expect(await codesOf(person.id)).toEqual([]);
    expect(await codesOf(known.id)).toEqual([]);
  });

  test('sends none to a child, to who is put out, or beyond what may go to one phone in an hour', async () => {
    const child = await record({ date_of_birth: '2008-03-03' });
    const out = await record();
    await clinic.db.$client.query('update users set is_active = false where id = $1', [out.id]);
    await ask(child.phone).expect(202);
    await ask(out.phone).expect(202);
    const { id, phone } = await record();
    for (let sent = 1; sent <= 5; sent += 1) {
      await codeFor(phone, id, sent);
      pass(clinic.clock, 60);
    }
    await ask(phone).expect(202);
    await dealtWith();
    await codesSent(clinic, id, 5);
    expect(await codesOf(child.id)).toEqual([]);
    expect(await codesOf(out.id)).toEqual([]);
  });

  test('takes a phone, and nothing else', async () => {
    expectProblem(await ask('none'), 'invalid_input');
    expectProblem(await clinic.as(undefined).post('/auth/claim/', {}), 'invalid_input');
  });
});

describe('POST /auth/claim/confirm/', () => {
  test('gives the record its sign-in: the same id, the same visits, by its phone too', async () => {
    const { id, phone } = await record();
    const doctor = await clinic.person('doctor');
    const admin = await clinic.person('admin');
    const timeslot = await clinic.slot(doctor);
    const visit = (await clinic.as(admin).post('/appointments/', { timeslot, patient: id }).expect(201)).body
      .id;
    const code = await codeFor(phone, id);
    const username = freshName();
    const noted = await notedBy(clinic.db, () => answer(phone, code, { username }).expect(204));
    expect(noted).toEqual([
      expect.objectContaining({
        action: 'patient.claim',
        actor_id: id,
        actor_role: 'patient',
        subject_id: id,
      }),
    ]);
    for (const name of [username, phone]) {
      const { body } = await clinic
        .as(undefined)
        .post('/auth/login/', { username: name, password: PASSWORD })
        .expect(200);
      expect(body.user).toMatchObject({ id, username, phone, phone_verified_at: expect.any(String) });
      const mine = await clinic.as({ token: body.access }).get('/appointments/me/').expect(200);
      expect(mine.body.results.map((row: { id: number }) => row.id)).toEqual([visit]);
    }
    const { rows } = await clinic.db.$client.query('select document from consents where user_id = $1', [id]);
    expect(rows.map(({ document }) => document).sort()).toEqual(['privacy', 'terms']);
    expect(await stored(id)).toMatchObject({ role: 'patient', phone_reached_at: expect.anything() });
    // It has a sign-in now: no code any more.
    pass(clinic.clock, 60);
    await ask(phone).expect(202);
    await dealtWith();
    await codesSent(clinic, id, 1);
  });

  test.each([
    ['a wrong code', (code: string) => ({ code: wrong(code) })],
    ['another birthday', () => ({ date_of_birth: '1971-08-10' })],
    ['no birthday', () => ({ date_of_birth: undefined })],
    ['another phone', () => ({ phone: freshPhone() })],
  ] as const)('refuses %s as `invalid_code`', async (_, change) => {
    const { id, phone } = await record();
    const code = await codeFor(phone, id);
    expectProblem(await answer(phone, code, change(code)), 'invalid_code');
    expect(await stored(id)).toMatchObject({ password_hash: null });
  });

  test('a code that was right serves once, whatever birthday was said with it', async () => {
    const { id, phone } = await record();
    const code = await codeFor(phone, id);
    expectProblem(await answer(phone, code, { date_of_birth: '1971-08-10' }), 'invalid_code');
    expectProblem(await answer(phone, code), 'invalid_code');
  });

  test('five wrong tries use a code up, and one that is five minutes old is over', async () => {
    const one = await record();
    const code = await codeFor(one.phone, one.id);
    for (let tries = 0; tries < 5; tries += 1)
      expectProblem(await answer(one.phone, wrong(code)), 'invalid_code');
    expectProblem(await answer(one.phone, code), 'invalid_code');
    const other = await record();
    const late = await codeFor(other.phone, other.id);
    pass(clinic.clock, 301);
    expectProblem(await answer(other.phone, late), 'invalid_code');
  });

  test('refuses whoever is not 18, a record that has a sign-in, and a phone that nobody has, all as `invalid_code`', async () => {
    const child = await record({ date_of_birth: '2008-03-03' });
    const has = await record();
    const code = await codeFor(has.phone, has.id);
    await answer(has.phone, code).expect(204);
    for (const [phone, born] of [
      [child.phone, '2008-03-03'],
      [has.phone, BORN],
      [freshPhone(), BORN],
    ] as const)
      expectProblem(await answer(phone, code, { date_of_birth: born }), 'invalid_code');
  });

  test('whoever is 18 today claims', async () => {
    const { id, phone } = await record({ date_of_birth: '2008-03-02' });
    await answer(phone, await codeFor(phone, id), { date_of_birth: '2008-03-02' }).expect(204);
  });

  test('of a family with one phone, the birthday decides; only the first signs in by the phone', async () => {
    const phone = freshPhone();
    const mother = await record({ phone });
    const child = await record({ phone, date_of_birth: '2015-01-01' });
    const son = await record({ phone, date_of_birth: '2000-01-01' });
    const code = await codeFor(phone, mother.id);
    // One SMS for all of them, and nothing of it says how many there are.
    expect(await codesOf(son.id)).toEqual([]);
    await answer(phone, code, { date_of_birth: '2000-01-01' }).expect(204);
    expect(await stored(son.id)).toMatchObject({
      password_hash: expect.any(String),
      phone_verified_at: expect.anything(),
    });
    pass(clinic.clock, 60);
    expectProblem(
      await answer(phone, await codeFor(phone, mother.id, 2), { date_of_birth: '2015-01-01' }),
      'invalid_code',
    );
    pass(clinic.clock, 60);
    await answer(phone, await codeFor(phone, mother.id, 3)).expect(204);
    expect(await stored(mother.id)).toMatchObject({
      password_hash: expect.any(String),
      phone_verified_at: null,
      phone_reached_at: expect.anything(),
    });
    expect(await stored(child.id)).toMatchObject({ password_hash: null });
  });

  test('a birthday that nobody knew is taken from its owner', async () => {
    const { id, phone } = await record({ date_of_birth: null });
    await answer(phone, await codeFor(phone, id), { date_of_birth: '1990-10-10' }).expect(204);
    const { rows } = await clinic.db.$client.query(
      'select date_of_birth from patient_profiles where id = $1',
      [id],
    );
    expect(rows).toEqual([{ date_of_birth: '1990-10-10' }]);
    const other = await record({ date_of_birth: null });
    await answer(other.phone, await codeFor(other.phone, other.id), { date_of_birth: undefined }).expect(204);
    const child = await record({ date_of_birth: null });
    const code = await codeFor(child.phone, child.id);
    expectProblem(await answer(child.phone, code, { date_of_birth: '2015-01-01' }), 'invalid_code');
  });

  test('a user name that is taken is said to who had the right code, which serves again', async () => {
    const { id, phone } = await record();
    const code = await codeFor(phone, id);
    expectProblem(await answer(phone, wrong(code), { username: clerk.username }), 'invalid_code');
    expectProblem(await answer(phone, code, { username: clerk.username }), 'username_taken');
    await answer(phone, code).expect(204);
  });

  test('asks of a user name and a password what registering asks', async () => {
    const { id, phone } = await record();
    const code = await codeFor(phone, id);
    for (const fields of [
      { username: '~mine' },
      { password: 'short' },
      { username: 'samesamesame', password: 'samesamesame' },
    ])
      expectProblem(await answer(phone, code, fields), 'invalid_input');
    await answer(phone, code).expect(204);
  });

  test('where the clinic requires consent, nobody claims without it; where it does not, none is kept', async () => {
    const { id, phone } = await record();
    const strict = await accountsApp({ require_consent: true }, { url: clinic.url });
    const code = await codeFor(phone, id);
    const refused = await answer(phone, code, { accept_terms: false }, strict);
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ path: 'accept_terms', code: 'consent_required' }),
    ]);
    await strict.app.close();
    await answer(phone, code, { accept_terms: undefined }).expect(204);
    const { rows } = await clinic.db.$client.query('select from consents where user_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test('what the clinic cannot send is said to nobody', async () => {
    const mute = await accountsApp({ channels: { timeout: 1_000 } });
    const { status, body } = await ask(freshPhone(), mute);
    expect([status, body]).toEqual([202, { expires_in: 300, resend_in: 60 }]);
    await mute.close();
  });
});

describe('time tells nothing', () => {
  test('a wrong code costs the same, whether there is such a code, no code, a child, or nobody', async () => {
    const work = async (phone: string, code: string) => {
      let status = 0;
      const statements = await statementsOf(async () => {
        ({ status } = await answer(phone, code));
      });
      return { status, statements };
    };
    const { id, phone } = await record();
    const code = wrong(await codeFor(phone, id));
    const [silent, child] = [await record(), await record({ date_of_birth: '2015-01-01' })];
    const known = await work(phone, code);
    expect(known.status).toBe(400);
    for (const other of [silent.phone, child.phone, freshPhone()])
      expect((await work(other, code)).statements).toEqual(known.statements);
  });

  test('guessing from one address is slowed down, whether or not there is a record', async () => {
    const slow = await accountsApp({ rate_limit: true, codes_per_hour_address: 1_000 });
    for (const phone of [freshPhone(), freshPhone()]) {
      const statuses: number[] = [];
      for (let tries = 0; tries < 8; tries += 1)
        statuses.push((await answer(phone, '000000', {}, slow)).status);
      expect(statuses.slice(0, 5)).toEqual([400, 400, 400, 400, 400]);
      expect(statuses).toContain(429);
    }
    await slow.close();
  });
});

describe('of age', () => {
  test.each([
    ['2026-03-02', '2008-03-02'],
    ['2026-02-28', '2008-02-28'],
    ['2026-03-01', '2008-03-01'],
    ['2028-02-29', '2010-02-28'],
    ['2024-02-29', '2006-02-28'],
    ['2044-02-29', '2026-02-28'],
  ])('on %s are those born until %s', (today, born) => {
    expect(bornBy(today, ADULT)).toBe(born);
  });

  test('who was born on 29 February is so from 1 March on', () => {
    expect('2008-02-29' <= bornBy('2026-02-28', ADULT)).toBe(false);
    expect('2008-02-29' <= bornBy('2026-03-01', ADULT)).toBe(true);
  });
});

describe('whose record it is', () => {
  const [one, other, unknown] = [
    { id: 1, date_of_birth: '1971-08-09' },
    { id: 2, date_of_birth: '1980-01-01' },
    { id: 3, date_of_birth: null },
  ];
  test.each([
    ['the one of that birthday', [one, other, unknown], '1980-01-01', 2],
    ['nobody’s of another', [one, other], '1980-01-02', undefined],
    ['nobody’s without one', [one], undefined, undefined],
    ['nobody’s where two fit', [one, { ...other, date_of_birth: '1971-08-09' }], '1971-08-09', undefined],
    ['the only one, of which no birthday is known', [unknown], '1999-01-01', 3],
    ['nobody’s where that is one of several', [unknown, one], '1999-01-01', undefined],
    ['nobody’s for a child', [unknown], '2015-01-01', undefined],
    ['nobody’s where there is none', [], '1980-01-01', undefined],
  ] as const)('%s', (_, records, born, id) => {
    expect(claimed(records, born, '2008-03-02')?.id).toBe(id);
  });
});
