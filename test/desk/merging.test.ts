import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  accountsApp,
  codesSent,
  confirm,
  freshPhone,
  lastCode,
  pass,
  queuedFor,
} from '../helpers/accounts.ts';
import { PASSWORD, type Person, type TestApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertDependant, insertOffer } from '../helpers/rows.ts';
import { enrol, shown, ticketOf } from '../helpers/two-step.ts';

let clinic: TestApp;
let admin: Person;
let clerk: Person;
let doctor: Person;
beforeAll(async () => {
  clinic = await accountsApp({ codes_per_hour_address: 1_000 });
  admin = await clinic.person('admin');
  clerk = await clinic.person('receptionist');
  doctor = await clinic.person('doctor');
});
afterAll(() => clinic.close());

const freshDay = freshDays();
let names = 0;
/** A record that the desk made. */
async function record(fields: object = {}): Promise<{ id: number; phone: string }> {
  names += 1;
  const patient = {
    first_name: `Bemor${names}`,
    last_name: 'Egamnazarova',
    phone: freshPhone(),
    confirm_new: true,
  };
  return (
    await clinic
      .as(clerk)
      .post('/patients/', { ...patient, ...fields })
      .expect(201)
  ).body;
}
const merge = (from: { id: number }, into: { id: number }, by = admin) =>
  clinic.as(by).post(`/patients/${from.id}/merge/`, { into: into.id });
const bookFor = async (patient: { id: number }, date = freshDay(), by = admin) => {
  const timeslot = await clinic.slot(doctor, { date });
  return (await clinic.as(by).post('/appointments/', { timeslot, patient: patient.id }).expect(201)).body
    .id as number;
};
const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;
const stored = async ({ id }: { id: number }) => (await query('select * from users where id = $1', [id]))[0];

test('a duplicate registered at the desk, claimed by its owner with a code, and merged by an admin: nothing lost, told in the history', async () => {
  // Their own account, made long ago, with a visit; and a record that the desk made once more, with one of its own.
  const own = await clinic.person('patient', { first_name: 'Zebiniso', last_name: 'Egamnazarova' });
  const first = await clinic.book(own, await clinic.slot(doctor, { date: freshDay() }));
  const born = '1966-06-06';
  const duplicate = await record({ first_name: 'Зебинисо', last_name: 'Эгамназарова', date_of_birth: born });
  const second = await bookFor(duplicate);
  await clinic.as(doctor).patch(`/appointments/${second}/`, { status: 'confirmed' }).expect(200);
  // They claim it.
  await clinic.as(undefined).post('/auth/claim/', { phone: duplicate.phone }).expect(202);
  await codesSent(clinic, duplicate.id, 1);
  const claim = {
    phone: duplicate.phone,
    code: await lastCode(clinic, duplicate.id),
    date_of_birth: born,
    username: 'zebiniso.again',
    password: 'eleven-apricot-trees',
    accept_terms: true,
  };
  await clinic.as(undefined).post('/auth/claim/confirm/', claim).expect(204);
  const { body: session } = await clinic
    .as(undefined)
    .post('/auth/login/', { username: claim.username, password: claim.password })
    .expect(200);
  const third = await clinic.book(
    { token: session.access } as Person,
    await clinic.slot(doctor, { date: freshDay() }),
  );

  const { body } = await merge(duplicate, own).expect(200);
  expect(body).toMatchObject({ id: own.id, first_name: 'Zebiniso', date_of_birth: born, has_sign_in: true });

  // All visits are theirs, seen with their own sign-in.
  const mine = await clinic.as(own).get('/appointments/me/').expect(200);
  expect(mine.body.results.map(({ id }: { id: number }) => id).sort()).toEqual([first, second, third].sort());
  expect(mine.body.results.every(({ patient }: { patient: { id: number } }) => patient.id === own.id)).toBe(
    true,
  );
  // The history says so, and what had happened before is still there.
  const { body: history } = await clinic.as(own).get(`/appointments/${second}/history/`).expect(200);
  expect(history.map(({ kind }: { kind: string }) => kind)).toEqual([
    'booked',
    'confirmed',
    'patient_changed',
  ]);
  const { body: seen } = await clinic.as(admin).get(`/appointments/${second}/history/`).expect(200);
  expect(seen.at(-1)).toMatchObject({
    by: { id: admin.id },
    details: { from_patient: duplicate.id, to_patient: own.id },
  });
  // What they accepted, they accepted; and they were told.
  expect((await clinic.as(own).get('/auth/me/consents/').expect(200)).body.is_current).toBe(true);
  const inbox = (await clinic.as(own).get('/notifications/').expect(200)).body.results;
  expect(inbox.map(({ kind }: { kind: string }) => kind)).toEqual(expect.arrayContaining(['record_merged']));
  // The duplicate is nobody any more: neither its id nor its sign-in serves, and the session has ended.
  const gone = await clinic.as(clerk).get(`/patients/${duplicate.id}/`).expect(404);
  expect(gone.body).toMatchObject({ code: 'patient_not_found', merged_into: own.id });
  expectProblem(await clinic.as({ token: session.access }).get('/auth/me/'), 'session_ended');
  expectProblem(
    await clinic.as(undefined).post('/auth/login/', { username: claim.username, password: claim.password }),
    'invalid_credentials',
  );
  expect(await stored(duplicate)).toMatchObject({
    first_name: null,
    last_name: null,
    phone: null,
    deleted_at: expect.anything(),
    merged_into: own.id,
  });
  const noted = await query(
    "select action, subject_id, details from audit_entries where actor_id = $1 and action in ('patient.merge', 'user.erase') order by id",
    [admin.id],
  );
  expect(noted).toEqual([
    { action: 'user.erase', subject_id: duplicate.id, details: {} },
    { action: 'patient.merge', subject_id: own.id, details: { merged: duplicate.id } },
  ]);
});

describe('what moves', () => {
  test('visits that are past and cancelled, with who booked and cancelled them', async () => {
    const [from, into] = [await clinic.person('patient'), await record()];
    const visit = await clinic.book(from, await clinic.slot(doctor, { date: freshDay() }));
    await clinic.as(from).patch(`/appointments/${visit}/`, { status: 'cancelled', reason: 'I am ill' });
    await clinic.as(from).delete(`/appointments/${visit}/`);
    await merge(from, into).expect(200);
    expect(
      await query('select patient_id, booked_by, cancelled_by, status from appointments where id = $1', [
        visit,
      ]),
    ).toEqual([{ patient_id: into.id, booked_by: into.id, cancelled_by: into.id, status: 'cancelled' }]);
  });

  test('what was booked and cancelled for a child', async () => {
    const [from, into] = [await clinic.person('patient'), await record()];
    const child = await insertDependant(clinic.db, from.id);
    const byParent = await bookFor({ id: child }, freshDay(), from);
    const byDesk = await bookFor({ id: child });
    for (const visit of [byParent, byDesk])
      await clinic.as(from).delete(`/appointments/${visit}/`).expect(204);
    await merge(from, into).expect(200);
    for (const [visit, booked_by] of [
      [byParent, into.id],
      [byDesk, admin.id],
    ])
      expect((await clinic.as(admin).get(`/appointments/${visit}/`).expect(200)).body).toMatchObject({
        status: 'cancelled',
        patient: { id: child },
        booked_by,
        cancelled_by: into.id,
      });
  });

  test('the waiting list with its offers, which stay theirs; a hold ends', async () => {
    const [from, into] = [await clinic.person('patient'), await clinic.person('patient')];
    const date = freshDay();
    const wish = { doctor: doctor.id, from: date, to: date };
    await clinic.as(from).post('/waitlist/', wish).expect(201);
    const offered = await insertOffer(clinic.db, {
      doctor: doctor.id,
      patient: from.id,
      date: freshDay(),
      expires_at: '2026-03-02T05:00:00Z',
    });
    const held = await clinic.slot(doctor, { date: freshDay() });
    await clinic.as(from).post(`/timeslots/${held}/hold/`).expect(200);
    await merge(from, into).expect(200);
    const { body } = await clinic.as(into).get('/waitlist/').expect(200);
    expect(body.results.map(({ status }: { status: string }) => status).sort()).toEqual([
      'offered',
      'waiting',
    ]);
    await clinic.as(into).post(`/waitlist/${offered}/accept/`).expect(201);
    expect(await query('select held_by, held_until from timeslots where id = $1', [held])).toEqual([
      { held_by: null, held_until: null },
    ]);
    expect(await query('select from timeslots where held_by = $1', [from.id])).toEqual([]);
  });

  test('family ties on either side, once each, and nobody becomes their own guardian', async () => {
    const child = async () => record({ phone: null, date_of_birth: '2019-05-05' });
    const [from, into] = [await record(), await record()];
    const [shared, only, both] = [await child(), await child(), await child()];
    const tie = (dependant: { id: number }, guardian: { id: number }) =>
      clinic
        .as(clerk)
        .post(`/patients/${dependant.id}/guardians/`, { guardian: guardian.id, relationship: 'parent' })
        .expect(200);
    for (const [dependant, guardian] of [
      [shared, from],
      [shared, into],
      [only, from],
      [both, from],
    ] as const)
      await tie(dependant, guardian);
    await merge(from, into).expect(200);
    const ties = () =>
      query<{ guardian_id: number; dependant_id: number }>(
        'select guardian_id, dependant_id from guardianships where guardian_id = any ($1) order by dependant_id',
        [[from.id, into.id]],
      );
    expect(await ties()).toEqual(
      [shared, only, both].map(({ id }) => ({ guardian_id: into.id, dependant_id: id })),
    );
    // A child that was registered twice.
    await merge(both, only).expect(200);
    expect((await ties()).map(({ dependant_id }) => dependant_id)).toEqual([shared.id, only.id]);
    // A guardian who turns out to be the child.
    await merge(only, into).expect(200);
    expect((await ties()).map(({ dependant_id }) => dependant_id)).toEqual([shared.id]);
  });

  test('what a guardian has cancelled of a child’s visits is by the record that stays', async () => {
    const [from, into] = [await clinic.person('patient'), await clinic.person('patient')];
    const child = await record({ phone: null, date_of_birth: '2019-05-05' });
    await query(
      "insert into guardianships (guardian_id, dependant_id, relationship, created_by) values ($1, $2, 'parent', $1)",
      [from.id, child.id],
    );
    const visit = await bookFor(child, freshDay(), from);
    await clinic.as(from).delete(`/appointments/${visit}/`).expect(204);
    await merge(from, into).expect(200);
    const { body } = await clinic.as(into).get(`/appointments/${visit}/`).expect(200);
    expect(body).toMatchObject({ booked_by: into.id, cancelled_by: into.id });
  });

  test('what somebody did with their visits by the other record is theirs in the history', async () => {
    const from = await clinic.person('patient', { first_name: 'Sanobar' });
    const into = await clinic.person('patient', { first_name: 'Sanobar' });
    const visit = await bookFor(from, freshDay(), from);
    const timeslot = await clinic.slot(doctor, { date: freshDay() });
    await clinic.as(from).post(`/appointments/${visit}/reschedule/`, { timeslot }).expect(200);
    await merge(from, into).expect(200);
    const { body } = await clinic.as(into).get(`/appointments/${visit}/history/`).expect(200);
    const theirs = { id: into.id, role: 'patient', first_name: 'Sanobar', last_name: null };
    expect(body.slice(0, 2)).toMatchObject([
      { kind: 'booked', by: theirs },
      { kind: 'moved', by: theirs },
    ]);
    const { body: data } = await clinic.as(into).get('/auth/me/export/').expect(200);
    expect(data.appointment_history).toMatchObject([
      { kind: 'moved', by: into.id },
      { kind: 'patient_changed', by: admin.id },
    ]);
  });

  test('no more children than one may have, nor more guardians: then nothing is merged, and nothing lost', async () => {
    const child = () => record({ phone: null, date_of_birth: '2019-05-05' });
    const tie = (dependant: { id: number }, guardian: { id: number }) =>
      query(
        "insert into guardianships (guardian_id, dependant_id, relationship, created_by) values ($1, $2, 'parent', $1)",
        [guardian.id, dependant.id],
      );
    const [from, into] = [await record(), await record()];
    for (let count = 0; count < 6; count += 1) {
      await tie(await child(), from);
      await tie(await child(), into);
    }
    expectProblem(await merge(from, into), 'too_many_dependants');
    const [one, twice] = [await child(), await child()];
    for (let count = 0; count < 6; count += 1) {
      await tie(one, await record());
      await tie(twice, await record());
    }
    expectProblem(await merge(one, twice), 'too_many_guardians');
    const ties = await query<{ guardian_id: number }>(
      'select guardian_id from guardianships where guardian_id = any ($1) or dependant_id = any ($1)',
      [[from.id, into.id, one.id, twice.id]],
    );
    expect(ties).toHaveLength(24);
    expect([await stored(from), await stored(one)]).toEqual(
      Array(2).fill(expect.objectContaining({ deleted_at: null })),
    );
  });

  test('what was told and is still to be told; codes are dropped', async () => {
    const [from, into] = [await clinic.person('patient'), await clinic.person('patient')];
    const phone = freshPhone();
    await confirm(clinic, from.id, { phone });
    await query("insert into notifications (key, user_id, kind) values ($1, $2, 'booked')", [
      `m${from.id}`,
      from.id,
    ]);
    await query(
      `insert into messages (key, user_id, channel, kind, status) values
        ($1 || ':1', $2, 'sms', 'reminder', 'queued'), ($1 || ':2', $2, 'sms', 'code', 'queued')`,
      [`m${from.id}`, from.id],
    );
    await merge(from, into).expect(200);
    expect(
      await query('select from notifications where key = $1 and user_id = $2', [`m${from.id}`, into.id]),
    ).toHaveLength(1);
    expect(
      await query('select kind, user_id, status from messages where key like $1 order by id', [
        `m${from.id}:%`,
      ]),
    ).toEqual([
      { kind: 'reminder', user_id: into.id, status: 'queued' },
      { kind: 'code', user_id: from.id, status: 'dropped' },
    ]);
  });

  test('what the record does not say itself; what it says stays', async () => {
    const from = await record({ date_of_birth: '1955-05-05', gender: 'male', locale: 'ru' });
    const into = await record({ phone: null, first_name: 'Alisher', locale: 'uz' });
    await clinic.as(clerk).post(`/patients/${from.id}/phone/vouch/`).expect(200);
    const { body } = await merge(from, into).expect(200);
    expect(body).toMatchObject({
      first_name: 'Alisher',
      locale: 'uz',
      phone: from.phone,
      phone_reached_at: expect.any(String),
      phone_verified_at: null,
      date_of_birth: '1955-05-05',
      gender: 'male',
      has_sign_in: false,
      reachable: true,
    });
  });
});

describe('the sign-in', () => {
  const signsIn = async (username: string) =>
    (await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD })).body.user?.id;

  test('is the other’s where the record has none, with the contacts that are confirmed there', async () => {
    const [from, into] = [await clinic.person('patient'), await record()];
    const phone = freshPhone();
    await confirm(clinic, from.id, { phone, email: 'takes@example.uz' });
    await query('insert into telegram_chats (user_id, chat_id) values ($1, $2)', [from.id, `chat${from.id}`]);
    const { body } = await merge(from, into).expect(200);
    expect(body).toMatchObject({
      id: into.id,
      has_sign_in: true,
      phone,
      phone_verified_at: expect.any(String),
      email: 'takes@example.uz',
      email_verified_at: expect.any(String),
    });
    for (const name of [from.username, phone, 'takes@example.uz']) expect(await signsIn(name)).toBe(into.id);
    expect(await query('select user_id from telegram_chats where chat_id = $1', [`chat${from.id}`])).toEqual([
      { user_id: into.id },
    ]);
    expectProblem(await clinic.as(from).get('/auth/me/'), 'session_ended');
  });

  test('goes on asking for the second step, with the app and the recovery codes of before', async () => {
    const [from, into] = [await clinic.person('patient'), await record()];
    const { secret, recovery_codes } = await enrol(clinic, from);
    await merge(from, into).expect(200);
    pass(clinic.clock, 300);
    for (const code of [shown(clinic, secret), recovery_codes[0]]) {
      const body = { ticket: await ticketOf(clinic, from), code };
      const { body: entered } = await clinic.as(undefined).post('/auth/login/second-step/', body).expect(200);
      expect(entered.user.id).toBe(into.id);
    }
  });

  test('can be taken back for as long as before by who had its phone', async () => {
    const [from, into] = [await clinic.person('patient'), await record()];
    const [phone, next] = [freshPhone(), freshPhone()];
    await confirm(clinic, from.id, { phone });
    await clinic.as(from).patch('/auth/me/', { phone: next, password: PASSWORD }).expect(200);
    const told = (await queuedFor(clinic, from.id)).find(({ kind }) => kind === 'contact_changed');
    await merge(from, into).expect(200);
    const { statusCode } = await clinic.app.inject({
      method: 'POST',
      url: told?.stop ?? '',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(statusCode).toBe(200);
    expect(await stored(into)).toMatchObject({ phone, phone_verified_at: expect.anything() });
  });

  test('stays its own where both have one, and nothing of the other’s serves to sign in or to set a password', async () => {
    const [from, into] = [await clinic.person('patient'), await clinic.person('patient')];
    const phone = freshPhone();
    await confirm(clinic, from.id, { phone });
    await query('insert into telegram_chats (user_id, chat_id) values ($1, $2)', [from.id, `chat${from.id}`]);
    const { body } = await merge(from, into).expect(200);
    // The phone is known as theirs, and reaches them; they have never signed in by it.
    expect(body).toMatchObject({ phone, phone_verified_at: null, phone_reached_at: expect.any(String) });
    expect(await signsIn(into.username)).toBe(into.id);
    expect(await signsIn(from.username)).toBe(undefined);
    expect(await signsIn(phone)).toBe(undefined);
    expect(await query('select from telegram_chats where chat_id = $1', [`chat${from.id}`])).toEqual([]);
    expect((await clinic.as(into).get('/auth/me/')).status).toBe(200);
  });
});

describe('is refused', () => {
  test('where both have an active visit at one time, and nothing has changed', async () => {
    const [from, into] = [await record(), await record()];
    const date = freshDay();
    const colleague = await clinic.person('doctor');
    await bookFor(from, date);
    const timeslot = await clinic.slot(colleague, { date, start_time: '10:15', end_time: '10:45' });
    const other = (await clinic.as(admin).post('/appointments/', { timeslot, patient: into.id }).expect(201))
      .body.id;
    expectProblem(await merge(from, into), 'visits_overlap');
    expectProblem(await merge(into, from), 'visits_overlap');
    expect((await clinic.as(clerk).get(`/patients/${from.id}/`)).status).toBe(200);
    // One that is off is in nobody's way.
    await clinic.as(admin).delete(`/appointments/${other}/`).expect(204);
    await merge(from, into).expect(200);
  });

  test('into itself, into nobody, and for who is no patient; and a merged record merges no more', async () => {
    const [from, into, last] = [await record(), await record(), await record()];
    const { body } = await merge(from, from).expect(400);
    expect(body.errors).toEqual([expect.objectContaining({ path: 'into', code: 'same_person' })]);
    expectProblem(await merge(from, { id: 999_999 }), 'patient_not_found');
    expectProblem(await merge({ id: 999_999 }, into), 'patient_not_found');
    expectProblem(await merge(from, doctor), 'patient_not_found');
    expectProblem(await merge(admin, into), 'patient_not_found');
    await merge(from, into).expect(200);
    expect((await merge(from, into).expect(404)).body.merged_into).toBe(into.id);
    // Whoever has an old id is led to where it has gone in the end.
    await merge(into, last).expect(200);
    expect((await clinic.as(clerk).get(`/patients/${from.id}/`).expect(404)).body.merged_into).toBe(last.id);
    expect(
      (await clinic.as(clerk).patch(`/patients/${from.id}/`, { first_name: 'X' }).expect(404)).body
        .merged_into,
    ).toBe(last.id);
  });

  test('of a record whose visit is with the other, who was a doctor then', async () => {
    const [from, into] = [await record(), await clinic.person('doctor')];
    const visit = await bookFor(from);
    await query('insert into patient_profiles (id) values ($1)', [into.id]);
    await query("update appointments set status = 'cancelled', cancelled_by = $2 where id = $1", [
      visit,
      admin.id,
    ]);
    await query("update users set role = 'patient' where id = $1", [into.id]);
    await query('alter table appointments disable trigger user');
    await query('update appointments set doctor_id = $2 where id = $1', [visit, into.id]);
    await query('alter table appointments enable trigger user');
    expectProblem(await merge(from, into), 'not_with_oneself');
  });
});

test('what queues for the erased duplicate goes nowhere, and its data is gone wherever it stood', async () => {
  const from = await clinic.person('patient', {
    first_name: 'Needlefirst',
    last_name: 'Needlelast',
    email: 'needle@example.uz',
  });
  const into = await record();
  await clinic.as(clerk).patch(`/patients/${into.id}/`, { email: 'own@example.uz' }).expect(200);
  await merge(from, into).expect(200);
  expect(await stored(from)).toMatchObject({
    username: `erased#${from.id}`,
    email: null,
    password_hash: null,
  });
  expect(
    await query("select from users where first_name = 'Needlefirst' or email = 'needle@example.uz'"),
  ).toEqual([]);
  expect((await queuedFor(clinic, from.id)).filter(({ kind }) => kind !== 'code')).toEqual([]);
});

test('whoever is erased later is noted beside the backups by all of their records: a backup from before the merge has those', async () => {
  const backup_dir = mkdtempSync(join(tmpdir(), 'clinic-ledger-'));
  const ledger = join(backup_dir, 'erasures');
  mkdirSync(ledger);
  const marker = { format: 1, system_identifier: '1', key_check: null };
  writeFileSync(join(backup_dir, 'clinic-backups.json'), JSON.stringify(marker));
  const kept = await accountsApp({ backup_dir });
  const [chief, first, second, last] = [
    await kept.person('admin'),
    await kept.person('patient'),
    await kept.person('patient'),
    await kept.person('patient'),
  ];
  const into = (from: Person, id: number) =>
    kept.as(chief).post(`/patients/${from.id}/merge/`, { into: id }).expect(200);
  await into(first, second.id);
  await into(second, last.id);
  // Nobody is erased so far: the person goes on.
  expect(readdirSync(ledger)).toEqual([]);
  await kept.as(chief).delete(`/users/${last.id}/`, { password: PASSWORD }).expect(204);
  const [noted = '', ...more] = readdirSync(ledger);
  expect(more).toEqual([]);
  const { people } = JSON.parse(readFileSync(join(ledger, noted), 'utf8'));
  expect(people.map(({ id }: { id: number }) => id)).toEqual([first.id, second.id, last.id]);
  await kept.close();
  rmSync(backup_dir, { recursive: true });
});
