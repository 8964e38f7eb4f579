import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { empty } from '../helpers/database.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertSlots } from '../helpers/rows.ts';
import { statementsOf } from '../helpers/statements.ts';

const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let colleague: Person;
let stranger: Person;
let patient: Person;
let other: Person;
beforeAll(async () => {
  // What a search found would be kept for whoever is refused next: test/races/stampede.test.ts.
  clinic = await testApp({ config: { answers_remembered: 0 } });
  admin = await clinic.person('admin');
  const work = { profile: { specialization: 'Kardiolog' } };
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov', ...work });
  // The same, however it is written.
  colleague = await clinic.person('doctor', { profile: { specialization: 'KARDIOLOG' } });
  stranger = await clinic.person('doctor', { profile: { specialization: 'LOR' } });
  patient = await clinic.person('patient');
  other = await clinic.person('patient');
});
beforeEach(async () => {
  clinic.clock.set(NOW);
  await empty(clinic.db, 'timeslots', 'appointments');
});
afterAll(() => clinic.close());

const freshDay = freshDays('2026-03-10');
const at = (date: string, start_time: string, by = doctor) =>
  clinic.slot(by, { date, start_time, end_time: start_time.replace(':00', ':30') });
const book = (by: Person, timeslot: number, body: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const policy = (changes: object) => clinic.as(admin).patch('/settings/', changes).expect(200);
/** The ids of what is offered instead. */
const ids = (answer: { body: { alternatives?: { id: number }[] } }) =>
  answer.body.alternatives?.map(({ id }) => id);

describe('what a refusal offers', () => {
  test('is the nearest of that doctor, three at most, then the nearest of the specialization', async () => {
    const date = freshDay();
    const [eight, nine, ten, eleven, twelve] = await Promise.all(
      ['08:00', '09:00', '10:00', '11:00', '13:00'].map((time) => at(date, time)),
    );
    const theirs = await Promise.all(
      ['07:00', '10:00', '12:00', '14:00'].map((time) => at(date, time, colleague)),
    );
    await at(date, '10:00', stranger);
    await book(other, ten ?? 0).expect(201);
    const refused = await book(patient, ten ?? 0);
    expectProblem(refused, 'slot_taken');
    // 10:00 is gone: 9 and 11 are an hour off, 8 two, 13 three; of the colleague 10, 12 (two hours), then 7 (three).
    expect(ids(refused)).toEqual([nine, eleven, eight, theirs[1], theirs[2], theirs[0]]);
    expect(twelve).toBeDefined();
    expect(refused.body.alternatives[0]).toEqual({
      id: nine,
      doctor: { id: doctor.id, first_name: 'Jasur', last_name: 'Yusupov', specialization: 'Kardiolog' },
      date,
      start_time: '09:00',
      end_time: '09:30',
      branch: 1,
      room: null,
    });
    // It can be booked as it stands.
    await book(patient, ids(refused)?.[0] ?? 0).expect(201);
  });

  test('is nothing where there is nothing', async () => {
    const timeslot = await at(freshDay(), '10:00');
    await book(other, timeslot).expect(201);
    const refused = await book(patient, timeslot);
    expectProblem(refused, 'slot_taken');
    expect(refused.body.alternatives).toEqual([]);
  });

  test('can be had: it lies ahead, is free, held for nobody, and its doctor works here', async () => {
    const today = '2026-03-02';
    const [begun, wanted, held, taken, free] = await Promise.all(
      ['10:00', '11:00', '12:00', '13:00', '14:00'].map((time) => at(today, time)),
    );
    const gone = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
    await at(today, '11:00', gone);
    await clinic.as(admin).patch(`/users/${gone.id}/`, { is_active: false }).expect(200);
    for (const timeslot of [wanted, taken]) await book(other, timeslot ?? 0).expect(201);
    await clinic.as(other).post(`/timeslots/${held}/hold/`).expect(200);
    expect(ids(await book(patient, wanted ?? 0))).toEqual([begun, free]);
    clinic.clock.set('2026-03-02T05:00:00Z');
    await clinic.as(other).post(`/timeslots/${held}/hold/`).expect(200);
    expect(ids(await book(patient, wanted ?? 0))).toEqual([free]);
  });

  test('is what the patient could attend, and the clinic’s policy lets them book', async () => {
    const date = freshDay();
    const [wanted, nine, eleven] = await Promise.all(
      ['10:00', '09:00', '11:00'].map((time) => at(date, time)),
    );
    const soon = await at('2026-03-02', '10:00');
    const late = await at('2026-04-20', '10:00');
    await book(other, wanted ?? 0).expect(201);
    await book(patient, await at(date, '09:00', stranger)).expect(201);
    expect(ids(await book(patient, wanted ?? 0))).toEqual([eleven, soon, late]);
    await policy({ min_notice_minutes: 24 * 60, horizon_days: 30 });
    expect(ids(await book(patient, wanted ?? 0))).toEqual([eleven]);
    // The reception may book it all, for whoever can come.
    expect(ids(await book(admin, wanted ?? 0, { patient: patient.id }))).toEqual([eleven, soon, late]);
    const somebody = await clinic.person('patient');
    expect(ids(await book(admin, wanted ?? 0, { patient: somebody.id }))).toEqual([nine, eleven, soon]);
    await policy({ min_notice_minutes: 0, horizon_days: null });
  });
});

describe('it comes with', () => {
  test('a slot that is held, a patient who is elsewhere, and the same of holds and moves', async () => {
    const date = freshDay();
    const [ten, eleven, noon] = await Promise.all(['10:00', '11:00', '12:00'].map((time) => at(date, time)));
    await clinic.as(other).post(`/timeslots/${ten}/hold/`).expect(200);
    const hold = (timeslot = 0) => clinic.as(patient).post(`/timeslots/${timeslot}/hold/`);
    for (const refused of [await book(patient, ten ?? 0), await hold(ten)]) {
      expectProblem(refused, 'slot_held');
      expect(ids(refused)).toEqual([eleven, noon]);
    }
    const visit = await clinic.book(patient, noon ?? 0);
    const move = (timeslot = 0) =>
      clinic.as(patient).post(`/appointments/${visit}/reschedule/`, { timeslot });
    expect(ids(await move(ten))).toEqual([eleven]);
    const elsewhere = await at(date, '11:00', stranger);
    await book(patient, elsewhere).expect(201);
    const free = await at(date, '15:00');
    for (const refused of [await book(patient, eleven ?? 0), await hold(eleven), await move(eleven)]) {
      expectProblem(refused, 'patient_busy');
      expect(ids(refused)).toEqual([free]);
    }
  });

  test('no other refusal', async () => {
    const timeslot = await at('2026-03-02', '10:00');
    await at('2026-03-02', '11:00');
    clinic.clock.set('2026-03-02T05:00:00Z');
    const refused = await book(patient, timeslot);
    expectProblem(refused, 'slot_in_past');
    expect(refused.body).not.toHaveProperty('alternatives');
    await clinic.as(patient).post(`/timeslots/${timeslot}/hold/`).expect(400);
  });
});

test('a move is offered what it can go to: slots of its doctor', async () => {
  const date = freshDay();
  const [ten, noon, two] = await Promise.all(['10:00', '12:00', '14:00'].map((time) => at(date, time)));
  const theirs = await at(date, '12:00', colleague);
  const visit = await clinic.book(patient, ten ?? 0);
  await book(other, noon ?? 0).expect(201);
  const refused = await clinic.as(patient).post(`/appointments/${visit}/reschedule/`, { timeslot: noon });
  expect(ids(refused)).toEqual([two]);
  expect(ids(await book(patient, noon ?? 0))).toEqual([two, theirs]);
});

test('the nearest of the specialization are found behind however many free slots of others', async () => {
  const wanted = await at('2026-06-10', '10:00');
  await book(other, wanted).expect(201);
  // 250 on either side.
  await insertSlots(clinic.db, stranger.id, 500, '2026-06-05');
  const far = await Promise.all(
    ['2026-04-01', '2026-06-20', '2026-07-01', '2026-09-01'].map((date) => at(date, '10:00', colleague)),
  );
  const sent = await statementsOf(async () => {
    expect(ids(await book(patient, wanted))).toEqual([far[1], far[2], far[0]]);
  });
  expect(sent).toHaveLength(5);
});

test('it is the nearest, whatever the calendar', async () => {
  const doctors = [doctor, colleague, stranger];
  await clinic.db.$client.query(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     select d, date '2026-03-02' + n / 20, time '08:00' + (n % 20) * interval '30 min',
       time '08:30' + (n % 20) * interval '30 min'
     from unnest($1::int[]) d, generate_series(0, 799) n where random() < (case d when $2 then 0.03 else 0.5 end)`,
    [doctors.map(({ id }) => id), colleague.id],
  );
  const { rows: all } = await clinic.db.$client.query<{ id: number; doctor_id: number; at: number }>(
    `select id, doctor_id, extract(epoch from date + start_time)::int as at from timeslots order by random()`,
  );
  const now = Date.parse('2026-03-02T09:00:00Z') / 1000;
  for (const wanted of all.filter(({ at: when }) => when > now).slice(0, 40)) {
    const nearest = (by: (id: number) => boolean) =>
      all
        .filter(({ id, doctor_id, at: when }) => by(doctor_id) && when > now && id !== wanted.id)
        .sort((a, b) => Math.abs(a.at - wanted.at) - Math.abs(b.at - wanted.at) || a.at - b.at || a.id - b.id)
        .slice(0, 3)
        .map(({ id }) => id);
    await clinic.as(other).post(`/timeslots/${wanted.id}/hold/`).expect(200);
    const answer = await book(patient, wanted.id);
    expectProblem(answer, 'slot_held');
    const kin = wanted.doctor_id === stranger.id ? [] : [doctor.id, colleague.id];
    expect(ids(answer)).toEqual([
      ...nearest((id) => id === wanted.doctor_id),
      ...nearest((id) => id !== wanted.doctor_id && kin.includes(id)),
    ]);
  }
});

test('a refusal costs four statements: the attempt, why, what else there is, and whether they can attend it', async () => {
  const date = freshDay();
  const timeslot = await at(date, '10:00');
  await book(other, timeslot).expect(201);
  await book(patient, timeslot);
  expect(await statementsOf(() => book(patient, timeslot))).toHaveLength(4);
});

test('those refused at once share their searches, and each is offered what they can attend', async () => {
  const date = freshDay();
  const [timeslot, eleven, noon] = await Promise.all(
    ['10:00', '11:00', '12:00'].map((time) => at(date, time)),
  );
  const elsewhere = await at(date, '11:00', stranger);
  const crowd = await Promise.all(Array.from({ length: 30 }, () => clinic.person('patient')));
  const [busy, ...free] = crowd as [Person, ...Person[]];
  await book(busy, elsewhere).expect(201);
  await book(other, timeslot ?? 0).expect(201);
  const sent = await statementsOf(async () => {
    const [theirs, ...others] = await Promise.all([busy, ...free].map((one) => book(one, timeslot ?? 0)));
    expect(theirs && ids(theirs)).toEqual([noon]);
    for (const refused of others) expect(ids(refused)).toEqual([eleven, noon]);
  });
  const searches = sent.filter((text) => text.includes('walked'));
  expect(searches.length).toBeLessThan(crowd.length);
});
