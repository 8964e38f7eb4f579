import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { empty } from '../helpers/database.ts';
import { insertSlots } from '../helpers/rows.ts';

/** GET /timeslots/search/. What it costs stands in search-plan.test.ts. */
let clinic: TestApp;
let patient: Person;
let admin: Person;
let heart: Person;
let skin: Person;
const NOW = '2026-03-02T04:00:00Z';
beforeAll(async () => {
  clinic = await testApp();
  patient = await clinic.person('patient');
  admin = await clinic.person('admin');
  const profile = (specialization: string, gender: string) => ({ profile: { specialization, gender } });
  heart = await clinic.person('doctor', { first_name: 'Jasur', ...profile('Kardiolog', 'male') });
  skin = await clinic.person('doctor', { first_name: 'Nodira', ...profile('Dermatolog', 'female') });
});
afterAll(() => clinic.close());
beforeEach(async () => {
  clinic.clock.set(NOW);
  await empty(clinic.db, 'timeslots');
});

const run = (text: string) => clinic.db.$client.query(text);
const at = (doctor: Person, date: string, start_time: string, end_time: string) =>
  clinic.slot(doctor, { date, start_time, end_time });
const search = async (query = '', by = patient) =>
  (await clinic.as(by).get(`/timeslots/search/?${query}`).expect(200)).body;
const found = async (query = '', by = patient): Promise<number[]> =>
  (await search(query, by)).results.map(({ id }: { id: number }) => id);

test('finds what is free of all doctors by time, with the doctor', async () => {
  const tuesday = await at(heart, '2026-03-03', '10:00', '10:30');
  const sooner = await at(skin, '2026-03-03', '09:00', '09:30');
  const today = await at(heart, '2026-03-02', '23:30', '24:00');
  const same = await at(skin, '2026-03-03', '10:00', '10:30');
  const answer = await search();
  expect(answer).toMatchObject({ count: 4, next: null, previous: null });
  expect(answer.results.map(({ id }: { id: number }) => id)).toEqual([today, sooner, tuesday, same]);
  expect(answer.results[0]).toEqual({
    id: today,
    doctor: { id: heart.id, first_name: 'Jasur', last_name: null, specialization: 'Kardiolog' },
    date: '2026-03-02',
    start_time: '23:30',
    end_time: '24:00',
    branch: 1,
    room: null,
  });
  expect(await found('', admin)).toEqual([today, sooner, tuesday, same]);
});

describe('of what matches the filters', () => {
  let ids: Record<string, number>;
  beforeEach(async () => {
    ids = {
      heart1: await at(heart, '2026-03-03', '09:00', '09:30'),
      heart2: await at(heart, '2026-03-03', '11:30', '12:30'),
      heart3: await at(heart, '2026-03-09', '09:00', '09:30'),
      skin1: await at(skin, '2026-03-04', '08:30', '09:00'),
      skin2: await at(skin, '2026-03-04', '11:00', '12:00'),
      skin3: await at(skin, '2026-03-08', '15:00', '15:30'),
    };
  });

  test.each([
    ['', ['heart1', 'heart2', 'skin1', 'skin2', 'skin3', 'heart3']],
    ['specialization=KARDIOLOG', ['heart1', 'heart2', 'heart3']],
    ['specialization=', ['heart1', 'heart2', 'skin1', 'skin2', 'skin3', 'heart3']],
    ['specialization=Lor', []],
    ['gender=female', ['skin1', 'skin2', 'skin3']],
    ['gender=female&specialization=Kardiolog', []],
    ['doctor=HEART', ['heart1', 'heart2', 'heart3']],
    ['doctor=999999', []],
    ['from=2026-03-04&to=2026-03-08', ['skin1', 'skin2', 'skin3']],
    ['from=2020-01-01&to=2026-03-03', ['heart1', 'heart2']],
    ['to=2026-03-01', []],
    ['after=09:00&before=12:00', ['heart1', 'skin2', 'heart3']],
    ['after=11:00', ['heart2', 'skin2', 'skin3']],
    ['before=09:00', ['skin1']],
    // A Monday, and a Sunday.
    ['weekdays=1', ['heart3']],
    ['weekdays=7,1', ['skin3', 'heart3']],
    ['weekdays=2,4&specialization=Kardiolog', ['heart1', 'heart2']],
    ['per_doctor=1', ['heart1', 'skin1']],
    ['per_doctor=2', ['heart1', 'heart2', 'skin1', 'skin2']],
    ['per_doctor=1&after=11:00&weekdays=2,3', ['heart2', 'skin2']],
    ['page_size=2&page=2&per_doctor=2', ['skin1', 'skin2']],
  ])('%s', async (query, names) => {
    expect(await found(query.replace('HEART', String(heart.id)))).toEqual(names.map((name) => ids[name]));
  });

  test('page by page, with every filter kept', async () => {
    const first = await search('weekdays=2,3&page_size=3');
    expect(first).toMatchObject({ count: 4, previous: null });
    expect(new URL(first.next).search).toBe('?weekdays=2%2C3&page_size=3&page=2');
    const last = await search('weekdays=2,3&page_size=3&page=2');
    expect(last).toMatchObject({ count: 4, next: null, results: [{ id: ids.skin2 }] });
    expect(await search('weekdays=2,3&page_size=3&page=3')).toMatchObject({
      count: 4,
      next: null,
      results: [],
    });
    expect(await search('specialization=Kardiolog&page=9')).toMatchObject({
      count: 3,
      next: null,
      results: [],
    });
  });
});

describe('of what can be booked now', () => {
  const narrowings = ['', 'gender=male', 'per_doctor=5'];

  test.each(narrowings)('nothing taken, held or kept for the waiting list: %j', async (query) => {
    const free = await at(heart, '2026-03-03', '10:00', '10:30');
    await clinic.book(patient, await at(heart, '2026-03-03', '11:00', '11:30'));
    const held = await at(heart, '2026-03-03', '12:00', '12:30');
    const kept = await at(heart, '2026-03-03', '13:00', '13:30');
    await run(
      `update timeslots set held_by = ${patient.id}, held_until = '2026-03-02 04:05Z' where id = ${held}`,
    );
    await run(`update timeslots set is_waitlisted = true where id = ${kept}`);
    expect(await found(query, admin)).toEqual([free]);
    clinic.clock.set('2026-03-02T04:05:00Z');
    expect(await found(query, admin)).toEqual([free, held]);
  });

  test.each(narrowings)('nothing that has begun: %j', async (query) => {
    const [ten, half] = [
      await at(heart, '2026-03-03', '10:00', '10:30'),
      await at(heart, '2026-03-03', '10:30', '11:00'),
    ];
    clinic.clock.set('2026-03-03T04:59:59Z');
    expect(await found(query)).toEqual([ten, half]);
    clinic.clock.set('2026-03-03T05:00:00Z');
    expect(await found(query)).toEqual([half]);
  });

  test.each(narrowings)('of no doctor who is gone or not let in: %j', async (query) => {
    await at(skin, '2026-03-03', '10:00', '10:30');
    const other = await clinic.person('doctor', { profile: { gender: 'male' } });
    const slot = await at(other, '2026-03-03', '10:00', '10:30');
    expect(await found(query)).toContain(slot);
    await run(`update doctor_profiles set approved_at = null where id = ${other.id}`);
    expect(await found(query)).not.toContain(slot);
    await run(`update doctor_profiles set approved_at = now() where id = ${other.id}`);
    await run(`update users set is_active = false where id = ${other.id}`);
    expect(await found(query)).not.toContain(slot);
  });

  test('by patients only what the policy lets them book', async () => {
    const [soon, later, far] = [
      await at(heart, '2026-03-02', '10:00', '10:30'),
      await at(heart, '2026-03-02', '11:00', '11:30'),
      await at(heart, '2026-03-10', '11:00', '11:30'),
    ];
    await clinic.as(admin).patch('/settings/', { min_notice_minutes: 120, horizon_days: 7 }).expect(200);
    for (const query of narrowings) {
      expect(await found(query, admin)).toEqual([soon, later, far]);
      expect(await found(query)).toEqual([later]);
    }
    await clinic.as(admin).patch('/settings/', { min_notice_minutes: 0, horizon_days: null }).expect(200);
  });
});

test('counts to a thousand and goes no further', async () => {
  const { id: doctor } = await clinic.person('doctor');
  await insertSlots(clinic.db, doctor, 1_010);
  for (const query of ['', `doctor=${doctor}`, 'per_doctor=10']) {
    const { count, next } = await search(`${query}&page_size=100`);
    expect([count, next !== null]).toEqual(query.startsWith('per') ? [10, false] : [1_000, true]);
  }
  for (const query of ['', `doctor=${doctor}&`]) {
    const last = await search(`${query}page_size=100&page=10`);
    expect(last).toMatchObject({ count: 1_000, next: null });
    expect(last.results).toHaveLength(100);
    const past = await search(`${query}page_size=100&page=11`);
    expect(past).toMatchObject({ count: 1_000, next: null, results: [] });
  }
  expect((await search('page_size=100&from=2026-06-21')).count).toBe(10);
});

test('looks past any number of slots of doctors who cannot be booked', async () => {
  const absent = await clinic.person('doctor');
  await insertSlots(clinic.db, absent.id, 3_000, '2026-03-03');
  await run(`update doctor_profiles set approved_at = null where id = ${absent.id}`);
  const slot = await at(heart, '2026-12-01', '10:00', '10:30');
  expect(await search()).toMatchObject({ count: 1, results: [{ id: slot }] });
});
