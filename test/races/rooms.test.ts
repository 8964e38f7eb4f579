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
  dayOf,
  drag,
  type Member,
  outcome,
  provesPlaces,
  provesRules,
  rounds,
} from '../helpers/races.ts';

const ROUNDS = rounds(25);

let clinic: Arena;
let admin: Member;
let doctors: [Member, Member];
let workers: Db[];
let room: number;
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db, 0.002);
  await clinic.db.$client.query(`
    create trigger "AA_drag_statement" before insert on room_uses for each statement execute function drag();
    create trigger "AA_drag_row" after insert on room_uses for each row execute function drag()`);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  doctors = (await clinic.crowd('doctor', 2)) as [Member, Member];
  workers = [1, 2].map(() => openDatabase({ url: clinic.url, pool_max: 5, limits: PATIENT_LIMITS }));
});
afterAll(async () => {
  for (const db of workers) await db.$client.end();
  await clinic.close();
});
let rooms = 0;
beforeEach(async () => {
  rooms += 1;
  const body = { branch: 1, name: `room ${rooms}`, kind: 'consulting' };
  room = (await clinic.ask(admin, 'POST', '/rooms/', body)).body.id ?? 0;
});
afterEach(async () => {
  await provesAll();
  await clear();
});
const clear = () => empty(clinic.db, 'timeslots', 'appointments', 'weekly_hours', 'withdrawn_timeslots');
async function provesAll() {
  await provesRules(clinic.db);
  await provesPlaces(clinic.db);
}
/** How many slots each of the two has in the room. */
async function shares(): Promise<number[]> {
  const { rows } = await clinic.db.$client.query<{ count: number }>(
    `select (select count(*)::int from timeslots where doctor_id = d.id and room_id = $2) as count
     from unnest($1::int[]) with ordinality d (id, place) order by place`,
    [doctors.map(({ id }) => id), room],
  );
  return rows.map(({ count }) => count);
}
const note = (seen: Record<string, number>, what: unknown) => {
  seen[String(what)] = (seen[String(what)] ?? 0) + 1;
};

test('of two doctors who publish a slot in one room at one time, exactly one gets it', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const publish = (by: Member, doctor: Member, start_time: string, end_time: string) => (at: number) =>
      clinic.ask(
        by,
        'POST',
        '/timeslots/',
        { doctor: doctor.id, date: dayOf(round), start_time, end_time, room },
        at,
      );
    const [one, two] = await atOnce(
      round,
      publish(doctors[0], doctors[0], '10:00', '10:30'),
      publish(admin, doctors[1], '10:15', '10:45'),
    );
    const ended = [outcome(one), outcome(two)];
    expect(ended.toSorted()).toEqual(['201', '409 room_taken']);
    note(seen, ended);
    await provesAll();
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('of two doctors who open the same days in one room, each time goes to one of them, and both are told the truth', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = (by: Member, doctor: Member, start_time: string) => (at: number) =>
      clinic.ask(
        by,
        'POST',
        '/timeslots/bulk/',
        {
          ...{ doctor: doctor.id, from: '2026-04-01', to: '2026-04-03', room },
          ...{ start_time, end_time: '12:00', slot_minutes: 30 },
        },
        at,
      );
    const answers = await atOnce(
      round,
      open(doctors[0], doctors[0], '09:00'),
      open(round % 2 === 0 ? doctors[1] : admin, doctors[1], '09:00'),
    );
    expect(answers.map(outcome)).toEqual(['201', '201']);
    const created = answers.map(({ body }) => (body as { created?: number }).created ?? -1);
    expect(created).toEqual(await shares());
    expect(created[0] ?? 0).toBe(18 - (created[1] ?? 0));
    note(seen, created[0] === 18 ? 'first' : created[1] === 18 ? 'second' : 'both');
    await provesAll();
    await clear();
  }
  expect(Object.keys(seen).length).toBeGreaterThan(1);
});

test('many openings askew in one room leave no time to two, and nobody waits in a circle', async () => {
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    const open = (doctor: Member, start_time: string, slot_minutes: number) => (at: number) =>
      clinic.ask(
        doctor,
        'POST',
        '/timeslots/bulk/',
        { from: '2026-04-01', to: '2026-04-05', room, start_time, end_time: '15:00', slot_minutes },
        at,
      );
    const answers = await atOnce(
      round,
      open(doctors[0], '09:00', 60),
      open(doctors[1], '09:00', 45),
      open(doctors[0], '08:40', 25),
      open(doctors[1], '10:10', 35),
    );
    expect(answers.map(outcome)).toEqual(['201', '201', '201', '201']);
    await provesAll();
    await clear();
  }
});

test('two weeks in one room, written at once beside publishing jobs, share it without a quarrel', async () => {
  const seen: Record<string, number> = {};
  const job = async (instance: number): Promise<Answer> => {
    const db = workers[instance] as Db;
    await createModules({
      db,
      clock: clinic.clock,
      config: testConfig,
    }).housekeeping.tasks.publish_schedules();
    return { status: 200 } as Answer;
  };
  const put = (doctor: Member, start_time: string) => (at: number) =>
    clinic.ask(
      doctor,
      'PUT',
      '/doctor/schedule/',
      { schedule: [{ weekday: 2, start_time, end_time: '12:00', slot_minutes: 60, room }] },
      at,
    );
  for (let round = 0; round < ROUNDS / 2; round += 1) {
    const [one, two] = await atOnce(round, put(doctors[0], '09:00'), put(doctors[1], '09:00'), job, job);
    expect([outcome(one), outcome(two)]).toEqual(['200', '200']);
    const [first = 0, second = 0] = await shares();
    // Four Tuesdays of three hours: each is somebody's.
    expect(first + second).toBe(12);
    note(seen, first === 12 ? 'first' : second === 12 ? 'second' : 'both');
    await provesAll();
    await clear();
  }
  expect(Object.keys(seen).length).toBeGreaterThan(1);
});

test('two weeks that change rooms with each other end with both published', async () => {
  const body = { branch: 1, name: `other ${rooms}`, kind: 'consulting' };
  const other = (await clinic.ask(admin, 'POST', '/rooms/', body)).body.id ?? 0;
  const put = (doctor: Member, wanted: number) => (at: number) =>
    clinic.ask(
      doctor,
      'PUT',
      '/doctor/schedule/',
      { schedule: [{ weekday: 2, start_time: '09:00', end_time: '12:00', slot_minutes: 60, room: wanted }] },
      at,
    );
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    await put(doctors[0], room)(0);
    await put(doctors[1], other)(0);
    const answers = await atOnce(round, put(doctors[0], other), put(doctors[1], room));
    expect(answers.map(outcome)).toEqual(['200', '200']);
    await provesAll();
    await clear();
  }
});
