import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { addChild, joins } from './family.ts';

/** What guardians do for a dependant, and who may not. */
let clinic: TestApp;
let doctor: Person;
let parent: Person;
let other: Person;
let stranger: Person;
let child: number;
let modules: ReturnType<typeof createModules>;
beforeAll(async () => {
  clinic = await testApp();
  modules = createModules({ db: clinic.db, clock: clinic.clock, config: testConfig });
  doctor = await clinic.person('doctor', { profile: { specialization: 'Pediatr' } });
});
afterAll(() => clinic.close());
beforeEach(async () => {
  parent = await clinic.person('patient');
  other = await clinic.person('patient');
  stranger = await clinic.person('patient');
  child = await addChild(clinic, parent);
  await joins(clinic, parent, child, other);
});

const freshDay = freshDays();
const as = (person: Person) => clinic.as(person);
const query = async (text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query(text, values)).rows;
const slot = (times: Partial<Record<'date' | 'start_time' | 'end_time', string>> = {}) =>
  clinic.slot(doctor, { date: freshDay(), ...times });
const book = (person: Person, timeslot: number, patient = child) =>
  as(person).post('/appointments/', { timeslot, patient });
async function booked(person = parent): Promise<number> {
  return (await book(person, await slot()).expect(201)).body.id;
}
async function waiting(person = parent): Promise<number> {
  const date = freshDay();
  const wish = { doctor: doctor.id, patient: child, from: date, to: date };
  return (await as(person).post('/waitlist/', wish).expect(201)).body.id;
}
async function offered(): Promise<number> {
  const date = freshDay();
  const wish = { doctor: doctor.id, patient: child, from: date, to: date };
  const { body } = await as(parent).post('/waitlist/', wish).expect(201);
  await slot({ date });
  await modules.housekeeping.tasks.offer_waitlist({});
  return body.id;
}

/** Every operation that names a patient or stands on one’s record, as somebody does it for the child. */
const operations: Record<
  string,
  [
    done: number,
    refused: string,
    (person: Person) => PromiseLike<{ status: number; body: { code?: string } }>,
  ]
> = {
  'POST /appointments/': [201, '404 patient_not_found', async (person) => book(person, await slot())],
  'POST /timeslots/{id}/hold/': [
    200,
    '404 patient_not_found',
    async (person) => as(person).post(`/timeslots/${await slot()}/hold/`, { patient: child }),
  ],
  'POST /waitlist/': [
    201,
    '404 patient_not_found',
    async (person) => {
      const date = freshDay();
      return as(person).post('/waitlist/', { doctor: doctor.id, patient: child, from: date, to: date });
    },
  ],
  'GET /appointments/me/?patient=': [
    200,
    '404 patient_not_found',
    (person) => as(person).get(`/appointments/me/?patient=${child}`),
  ],
  'GET /waitlist/?patient=': [
    200,
    '404 patient_not_found',
    (person) => as(person).get(`/waitlist/?patient=${child}`),
  ],
  'GET /appointments/{id}/': [
    200,
    '404 appointment_not_found',
    async (person) => as(person).get(`/appointments/${await booked()}/`),
  ],
  'GET /appointments/{id}/history/': [
    200,
    '404 appointment_not_found',
    async (person) => as(person).get(`/appointments/${await booked()}/history/`),
  ],
  'DELETE /appointments/{id}/': [
    204,
    '404 appointment_not_found',
    async (person) => as(person).delete(`/appointments/${await booked()}/`),
  ],
  'POST /appointments/{id}/reschedule/': [
    200,
    '404 appointment_not_found',
    async (person) =>
      as(person).post(`/appointments/${await booked()}/reschedule/`, { timeslot: await slot() }),
  ],
  'GET /waitlist/{id}/': [
    200,
    '404 waitlist_entry_not_found',
    async (person) => as(person).get(`/waitlist/${await waiting()}/`),
  ],
  'DELETE /waitlist/{id}/': [
    204,
    '404 waitlist_entry_not_found',
    async (person) => as(person).delete(`/waitlist/${await waiting()}/`),
  ],
  'POST /waitlist/{id}/accept/': [
    201,
    '404 waitlist_entry_not_found',
    async (person) => as(person).post(`/waitlist/${await offered()}/accept/`),
  ],
  'POST /waitlist/{id}/decline/': [
    200,
    '404 waitlist_entry_not_found',
    async (person) => as(person).post(`/waitlist/${await offered()}/decline/`),
  ],
};

describe.each(Object.entries(operations))('%s', (_, [done, refused, run]) => {
  test('is a guardian’s and the other guardian’s, and no stranger’s', async () => {
    expect((await run(parent)).status).toBe(done);
    expect((await run(other)).status).toBe(done);
    const { status, body } = await run(stranger);
    expect(`${status} ${body.code}`).toBe(refused);
  });

  test('is no longer a guardian’s whose tie is taken away', async () => {
    await as(other).delete(`/patient/dependants/${child}/`).expect(204);
    const { status, body } = await run(other);
    expect(`${status} ${body.code}`).toBe(refused);
  });
});

describe('a visit for a child', () => {
  test('is the child’s, booked by the guardian, and noted with whom it is for', async () => {
    const { body } = await book(parent, await slot()).expect(201);
    expect(body).toMatchObject({ patient: { id: child, first_name: 'Madina' }, booked_by: parent.id });
    const entries = await query(
      `select action, details -> 'appointment' as appointment from audit_entries
       where actor_id = $1 and subject_id = $2 and action like 'appointment.%' order by id`,
      [parent.id, child],
    );
    expect(entries).toEqual([{ action: 'appointment.book', appointment: body.id }]);
  });

  test('may lie at the time of one’s own, and not at that of another of the child', async () => {
    const date = freshDay();
    const colleague = await clinic.person('doctor');
    const third = await clinic.person('doctor');
    await clinic.book(parent, await slot({ date }));
    await book(parent, await clinic.slot(colleague, { date })).expect(201);
    expectProblem(await book(other, await clinic.slot(third, { date })), 'patient_busy');
  });

  test('counts for the child, not for the guardian', async () => {
    const limited = await testApp();
    try {
      const admin = await limited.person('admin');
      await limited.as(admin).patch('/settings/', { active_appointments_max: 1 }).expect(200);
      const pediatrician = await limited.person('doctor');
      const guardian = await limited.person('patient');
      const theirs = await addChild(limited, guardian);
      const nth = (start: number) =>
        limited.slot(pediatrician, { start_time: `${start}:00`, end_time: `${start}:30` });
      await limited.book(guardian, await nth(10));
      const second = { timeslot: await nth(11), patient: theirs };
      await limited.as(guardian).post('/appointments/', second).expect(201);
      const third = { timeslot: await nth(12), patient: theirs };
      expectProblem(await limited.as(guardian).post('/appointments/', third), 'too_many_appointments');
    } finally {
      await limited.close();
    }
  });

  test('is booked once for each key, and the answer is given again', async () => {
    const body = { timeslot: await slot(), patient: child };
    const send = () =>
      as(parent).post('/appointments/', body).set('idempotency-key', `"key-${body.timeslot}"`);
    const first = await send().expect(201);
    const again = await send().expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
  });

  test('is made once more by the guardian who named themself: that is booking for oneself', async () => {
    const { body } = await book(parent, await slot(), parent.id).expect(201);
    expect(body.patient.id).toBe(parent.id);
  });
});

describe('lists', () => {
  test('hold one’s own and the dependants’, by time, with pages', async () => {
    const [early, late] = [freshDay(), freshDay()];
    const own = await clinic.book(parent, await slot({ date: late }));
    const theirs = (await book(parent, await slot({ date: early })).expect(201)).body.id;
    const ids = async (path: string) =>
      (await as(parent).get(path).expect(200)).body.results.map(({ id }: { id: number }) => id);
    expect(await ids('/appointments/me/')).toEqual([theirs, own]);
    expect(await ids(`/appointments/me/?patient=${child}`)).toEqual([theirs]);
    expect(await ids(`/appointments/me/?patient=${parent.id}`)).toEqual([own]);
    expect(await ids('/appointments/me/?page_size=1&page=2')).toEqual([own]);
    expect(await ids(`/appointments/me/?date=${late}`)).toEqual([own]);
    expect(await ids('/appointments/me/?status=pending')).toEqual([theirs, own]);
    expect((await as(parent).get('/appointments/me/?page_size=1').expect(200)).body).toMatchObject({
      count: 2,
    });
    const wish = await waiting();
    const mine = (
      await as(parent).post('/waitlist/', { doctor: doctor.id, from: late, to: late }).expect(201)
    ).body.id;
    expect(await ids('/waitlist/')).toEqual([wish, mine]);
    expect(await ids(`/waitlist/?patient=${child}`)).toEqual([wish]);
    expect((await as(parent).get('/waitlist/?page_size=1&page=2').expect(200)).body).toMatchObject({
      count: 2,
    });
  });

  test('note that a guardian has read the child’s record', async () => {
    await booked();
    await as(other).get('/appointments/me/').expect(200);
    const rows = await query(
      "select action from audit_entries where actor_id = $1 and subject_id = $2 and action like '%.list'",
      [other.id, child],
    );
    expect(rows).toEqual([{ action: 'appointment.list' }]);
  });

  test('are a doctor’s or an admin’s as before, and of one patient where they name one', async () => {
    const id = await booked();
    const { body } = await as(doctor).get(`/appointments/me/?patient=${child}`).expect(200);
    expect(body.results.map((row: { id: number }) => row.id)).toEqual([id]);
  });
});

describe('a hold', () => {
  const hold = (person: Person, timeslot: number, patient?: number) =>
    as(person).post(`/timeslots/${timeslot}/hold/`, patient === undefined ? {} : { patient });
  const held = async () => {
    const rows = await query(
      'select id, held_by, last_held_by from timeslots where held_by is not null order by id',
    );
    return rows.filter(({ held_by }) => [parent.id, other.id, child].includes(held_by));
  };

  test('is one for an account, whoever it is for: another one gives it back', async () => {
    const [first, second, third] = [await slot(), await slot(), await slot()];
    await hold(parent, first).expect(200);
    await hold(parent, second, child).expect(200);
    expect(await held()).toEqual([{ id: second, held_by: child, last_held_by: parent.id }]);
    const sister = await addChild(clinic, parent);
    await hold(parent, third, sister).expect(200);
    expect(await held()).toEqual([]);
    expect(await query('select held_by from timeslots where id = $1', [third])).toEqual([
      { held_by: sister },
    ]);
  });

  test('of one guardian for the child stays when the other holds something for themself', async () => {
    const [first, second] = [await slot(), await slot()];
    await hold(parent, first, child).expect(200);
    await hold(other, second).expect(200);
    expect(await held()).toHaveLength(2);
    // The child has one hold, too.
    const third = await slot();
    await hold(other, third, child).expect(200);
    expect(await held()).toEqual([{ id: third, held_by: child, last_held_by: other.id }]);
  });

  test('keeps the slot for the child’s booking, by either guardian, and for nobody else', async () => {
    const timeslot = await slot();
    await hold(parent, timeslot, child).expect(200);
    expectProblem(await book(stranger, timeslot, stranger.id), 'slot_held');
    await book(other, timeslot).expect(201);
  });

  test('that was taken for oneself is passed on within the family, and does not become longer', async () => {
    const timeslot = await slot();
    const { body } = await hold(parent, timeslot).expect(200);
    clinic.clock.set('2026-03-02T04:02:00Z');
    const passed = await hold(parent, timeslot, child).expect(200);
    clinic.clock.set('2026-03-02T04:00:00Z');
    expect(passed.body).toEqual(body);
    expect(await held()).toEqual([{ id: timeslot, held_by: child, last_held_by: parent.id }]);
  });

  test('that was taken for oneself is booked for the child, or the child’s visit moves there', async () => {
    const [timeslot, target] = [await slot(), await slot()];
    await hold(parent, timeslot).expect(200);
    // Whom it is not for, and who did not take it.
    expectProblem(await book(other, timeslot), 'slot_held');
    await book(parent, timeslot).expect(201);
    await hold(parent, target).expect(200);
    const visit = await booked(other);
    const move = (by: Person) => as(by).post(`/appointments/${visit}/reschedule/`, { timeslot: target });
    expectProblem(await move(other), 'slot_held');
    await move(parent).expect(200);
    expect(await held()).toEqual([]);
  });

  test('that was taken for the child is booked for oneself, or for another child', async () => {
    const [one, two] = [await slot(), await slot()];
    const sister = await addChild(clinic, parent);
    await hold(parent, one, child).expect(200);
    await book(parent, one, parent.id).expect(201);
    await hold(parent, two, child).expect(200);
    await book(parent, two, sister).expect(201);
    expect(await held()).toEqual([]);
  });

  test('for a child is given back by who took it', async () => {
    const timeslot = await slot();
    await hold(parent, timeslot, child).expect(200);
    await as(other).delete(`/timeslots/${timeslot}/hold/`).expect(204);
    expect(await held()).toHaveLength(1);
    await as(parent).delete(`/timeslots/${timeslot}/hold/`).expect(204);
    expect(await held()).toEqual([]);
  });
});

test('an offer is the child’s, and either guardian takes it or turns it down', async () => {
  const entry = await offered();
  const { body } = await as(other).get(`/waitlist/${entry}/`).expect(200);
  expect(body).toMatchObject({ status: 'offered', patient: { id: child } });
  await as(other).post(`/waitlist/${entry}/decline/`).expect(200);
  const next = await offered();
  const accepted = await as(other).post(`/waitlist/${next}/accept/`).expect(201);
  expect(accepted.body).toMatchObject({ patient: { id: child }, booked_by: other.id });
});
