import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { createModules } from '../../src/modules.ts';
import { testConfig } from '../helpers/app.ts';
import { empty, PATIENT_LIMITS } from '../helpers/database.ts';
import {
  type Answer,
  type Arena,
  arena,
  atOnce,
  drag,
  type Member,
  outcome,
  provesRules,
  rounds,
} from '../helpers/races.ts';

const ROUNDS = rounds(25);
/** By the clock it is Monday 2 March 2026, 09:00; the horizon's last day is Monday 30 March. */
const LAST = '2026-03-30';

let clinic: Arena;
let admin: Member;
let doctor: Member;
let patients: Member[];
let workers: Db[];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db, 0.002);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  patients = await clinic.crowd('patient', 2);
  workers = [1, 2].map(() => openDatabase({ url: clinic.url, pool_max: 5, limits: PATIENT_LIMITS }));
});
afterAll(async () => {
  for (const db of workers) await db.$client.end();
  await clinic.close();
});
beforeEach(async () => {
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
});
afterEach(async () => {
  await provesRules(clinic.db);
  await clear();
});

const hours = (weekday: number, start_time: string, end_time: string, slot_minutes = 60) => ({
  weekday,
  start_time,
  end_time,
  slot_minutes,
});
const put = (schedule: object[]) => (instance: number) =>
  clinic.ask(doctor, 'PUT', '/doctor/schedule/', { schedule }, instance);
/** What a worker of either process does; it must not fail. */
const job = async (instance: number): Promise<Answer> => {
  const db = workers[instance] as Db;
  const { housekeeping } = createModules({ db, clock: clinic.clock, config: testConfig });
  await housekeeping.tasks.publish_schedules();
  return { status: 200 } as Answer;
};
const slots = async () =>
  (
    await clinic.db.$client.query<{ id: number; slot: string; is_scheduled: boolean; is_taken: boolean }>(
      `select id, date || ' ' || left(start_time::text, 5) || '-' || left(end_time::text, 5) as slot, is_scheduled, is_taken
       from timeslots where doctor_id = $1 order by date, start_time`,
      [doctor.id],
    )
  ).rows;
const times = async () => (await slots()).map(({ slot }) => slot);
const clear = () =>
  empty(clinic.db, 'timeslots', 'appointments', 'weekly_hours', 'withdrawn_timeslots', 'holidays');
const TUESDAYS = ['2026-03-03', '2026-03-10', '2026-03-17', '2026-03-24'];
const on = (days: string[], ...hoursOfDay: string[]) =>
  days.flatMap((day) => hoursOfDay.map((span) => `${day} ${span}`));
test('two who write the same week at once, and publishing jobs beside them, publish each slot once', async () => {
  const week = [hours(2, '09:00', '12:00'), hours(1, '22:00', '24:00')];
  const mondays = ['2026-03-02', '2026-03-09', '2026-03-16', '2026-03-23', LAST];
  const whole = [
    ...on(TUESDAYS, '09:00-10:00', '10:00-11:00', '11:00-12:00'),
    ...on(mondays, '22:00-23:00', '23:00-24:00'),
  ].sort();
  for (let round = 0; round < ROUNDS; round += 1) {
    const answers = await atOnce(round, put(week), job, put(week), job);
    expect(answers.map(outcome)).toEqual(['200', '200', '200', '200']);
    const published = [answers[0], answers[2]].map(({ body }) => (body as { published?: number }).published);
    expect(published.sort((a = 0, b = 0) => a - b)).toEqual([0, whole.length]);
    expect(await times()).toEqual(whole);
    await clear();
  }
});

test('a job beside a new week leaves the new week and nothing of the old one', async () => {
  const [old, next] = [
    [hours(2, '09:00', '12:00')],
    [hours(2, '09:30', '11:30'), hours(2, '14:00', '15:00')],
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    await put(old)(0);
    // Something to publish for whoever is first.
    await clinic.db.$client.query("delete from timeslots where doctor_id = $1 and date > '2026-03-10'", [
      doctor.id,
    ]);
    await atOnce(round, job, put(next), job);
    expect(await times()).toEqual(on(TUESDAYS, '09:30-10:30', '10:30-11:30', '14:00-15:00'));
    await clear();
  }
});

test('a slot that is taken back while jobs publish stays away', async () => {
  await put([hours(2, '09:00', '10:00')])(0);
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first] = await slots();
    const remove = (instance: number) =>
      clinic.ask(doctor, 'DELETE', `/timeslots/${first?.id}/`, undefined, instance);
    const [, removed] = await atOnce(round, job, remove, job);
    expect(outcome(removed)).toBe('204');
    await job(0);
    expect(await times()).toEqual(on(TUESDAYS.slice(1), '09:00-10:00'));
    const { body } = await put([hours(2, '09:00', '10:00')])(0);
    expect((body as { published?: number }).published).toBe(1);
  }
});

test('no slot of a week lies on a holiday, whoever publishes while it is written', async () => {
  const [day = '', ...others] = TUESDAYS;
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const [added] = await atOnce(
      round,
      (instance) => clinic.ask(admin, 'POST', '/holidays/', { date: day }, instance),
      put([hours(2, '09:00', '11:00')]),
      job,
    );
    expect(outcome(added)).toBe('201');
    const { removed = -1 } = added.body as { removed?: number };
    seen[removed] = (seen[removed] ?? 0) + 1;
    expect(await times()).toEqual(on(others, '09:00-10:00', '10:00-11:00'));
    // Opened again while jobs run, the day fills with the next job at the latest.
    const { body } = added;
    await atOnce(
      round,
      (instance) => clinic.ask(admin, 'DELETE', `/holidays/${body.id}/`, undefined, instance),
      job,
    );
    await job(1);
    expect(await times()).toEqual(on(TUESDAYS, '09:00-10:00', '10:00-11:00'));
    await clear();
  }
  // Else this raced nobody.
  expect(Object.keys(seen).sort()).toEqual(['0', '2']);
});

test('of many openings at once, equal and askew, no two slots overlap, and the counts add up', async () => {
  const range = { from: '2026-04-01', to: '2026-04-10' };
  const openings = [
    { ...range, start_time: '09:00', end_time: '12:00', slot_minutes: 30 },
    { ...range, start_time: '09:00', end_time: '12:00', slot_minutes: 30 },
    { ...range, start_time: '08:45', end_time: '12:15', slot_minutes: 45 },
    { ...range, start_time: '10:05', end_time: '11:35', slot_minutes: 10, break_minutes: 5 },
  ];
  for (let round = 0; round < ROUNDS / 2; round += 1) {
    const answers = await atOnce(
      round,
      ...openings.map(
        (opening, index) => (instance: number) =>
          clinic.ask(
            index % 2 === 0 ? doctor : admin,
            'POST',
            '/timeslots/bulk/',
            { ...opening, doctor: doctor.id },
            instance,
          ),
      ),
    );
    expect(answers.map(outcome)).toEqual(['201', '201', '201', '201']);
    const bodies = answers.map(({ body }) => body as { created?: number; skipped_count?: number });
    const sum = (numbers: (number | undefined)[]) => numbers.reduce<number>((all, one = 0) => all + one, 0);
    expect(sum(bodies.map(({ created }) => created))).toBe((await slots()).length);
    expect(bodies.map(({ created = 0, skipped_count = 0 }) => created + skipped_count)).toEqual([
      60, 60, 40, 60,
    ]);
    await provesRules(clinic.db);
    await clear();
  }
});

test('a slot that is booked while its week changes is taken or gone, never both', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    await put([hours(2, '09:00', '10:00')])(0);
    const [first] = await slots();
    const book = (patient: Member | undefined) => (instance: number) =>
      clinic.ask(patient, 'POST', '/appointments/', { timeslot: first?.id }, instance);
    const [changed, one, two] = await atOnce(
      round,
      put([hours(2, '09:30', '10:30')]),
      book(patients[0]),
      book(patients[1]),
    );
    expect(outcome(changed)).toBe('200');
    const ended = [outcome(one), outcome(two)].sort().join(', ');
    expect(['201, 409 slot_taken', '404 timeslot_not_found, 404 timeslot_not_found']).toContain(ended);
    seen[ended] = (seen[ended] ?? 0) + 1;
    const [day = '', ...others] = TUESDAYS;
    expect(await times()).toEqual([
      ...on([day], ended.startsWith('201') ? '09:00-10:00' : '09:30-10:30'),
      ...on(others, '09:30-10:30'),
    ]);
    await provesRules(clinic.db);
    await clear();
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('an hour whose branch follows from another that is published at once is never called an overlap', async () => {
  const { body } = await clinic.ask(admin, 'POST', '/branches/', { name: 'Second', address: 'Amir Temur 1' });
  const second = (body as { id: number }).id;
  const publish = (start_time: string, end_time: string, branch?: number) => (instance: number) =>
    clinic.ask(
      doctor,
      'POST',
      '/timeslots/',
      { date: TUESDAYS[0], start_time, end_time, ...(branch && { branch }) },
      instance,
    );
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [named, following] = await atOnce(
      round,
      publish('09:00', '10:00', second),
      publish('11:00', '12:00'),
    );
    expect(outcome(named)).toBe('201');
    seen.add(outcome(following));
    await clear();
  }
  // Where they don't meet, the branch has to be said, or it is known.
  expect(['201', '400 invalid_input']).toEqual(expect.arrayContaining([...seen]));
  expect(outcome(await clinic.ask(admin, 'DELETE', `/branches/${second}/`))).toBe('204');
});
