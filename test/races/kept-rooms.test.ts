import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
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
  provesKeptRooms,
  provesRules,
  rounds,
} from '../helpers/races.ts';
import { makeRoom, makeRun } from '../helpers/services.ts';

/** A room that is kept with what is held or offered, against all who want it at once. */

const ROUNDS = rounds(25);
const START = '2026-03-02T04:00:00.000Z';

let clinic: Arena;
let doctors: [Member, Member, Member, Member];
let patients: Member[];
let rooms: [number, number];
let scan: number;
let worker: Db;
let offer: () => Promise<Answer>;

beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  await clinic.db.$client.query(
    'create trigger "AA_drag_row" after insert or delete on room_uses for each row execute function drag()',
  );
  doctors = (await clinic.crowd('doctor', 4)) as typeof doctors;
  patients = await clinic.crowd('patient', 8);
  rooms = [await makeRoom(clinic.db, 'U1', 'ultrasound'), await makeRoom(clinic.db, 'U2', 'ultrasound')];
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    `with made as (
       insert into services (name, duration_minutes, room_kind) values ('{"uz":"a","ru":"a","en":"a"}', 60, 'ultrasound')
       returning id
     ), given as (insert into doctor_services (doctor_id, service_id) select d, id from made, unnest($1::int[]) d)
     select id from made`,
    [doctors.map(({ id }) => id)],
  );
  scan = rows[0]?.id ?? 0;
  worker = openDatabase({ url: clinic.url, pool_max: 5, limits: PATIENT_LIMITS });
  const { tasks } = createModules({ db: worker, clock: clinic.clock, config: testConfig }).housekeeping;
  offer = async () => {
    await tasks.offer_waitlist(undefined);
    return { status: 200 } as Answer;
  };
});
afterEach(async () => {
  await proves();
  await empty(clinic.db, 'timeslots', 'appointments', 'room_uses', 'waitlist_entries');
  clinic.clock.set(START);
});
afterAll(async () => {
  await worker.$client.end();
  await clinic.close();
});

async function proves() {
  await provesRules(clinic.db);
  await provesKeptRooms(clinic.db, clinic.clock.now());
}
const HOURS = ['10:00', '10:30'];
const run = async (round: number, by: number, starts = HOURS) =>
  (await makeRun(clinic.db, (doctors[by] as Member).id, dayOf(round), starts))[0] ?? 0;
const runs = (round: number) => Promise.all([0, 1, 2].map((by) => run(round, by)));
const person = (index: number) => patients[index] as Member;
const book = (by: Member, timeslot: number, at: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot, service: scan }, at);
const hold = (by: Member, timeslot: number, at: number) =>
  clinic.ask(by, 'POST', `/timeslots/${timeslot}/hold/`, { service: scan }, at);
const release = (by: Member, timeslot: number, at: number) =>
  clinic.ask(by, 'DELETE', `/timeslots/${timeslot}/hold/`, undefined, at);
/** The other room of the kind is in use already: there is one left. */
const oneLeft = (round: number, starts = HOURS) =>
  makeRun(clinic.db, doctors[3].id, dayOf(round), starts, { room: rooms[1] });
const hours = (round: number) => (at: number) =>
  clinic.ask(
    doctors[2],
    'POST',
    '/timeslots/',
    { date: dayOf(round), start_time: '11:30', end_time: '12:00', room: rooms[0] },
    at,
  );
const won = (answer: Answer) => answer.status < 300;
const note = (seen: Record<string, number>, what: unknown) => {
  seen[String(what)] = (seen[String(what)] ?? 0) + 1;
};

test('of a hold, a booking and hours that want the last room one gets it, and the holder’s booking succeeds', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const late = ['11:00', '11:30'];
    const [first, second] = [await run(round, 0, late), await run(round, 1, late)];
    await oneLeft(round, late);
    const answers = await atOnce(
      round,
      (at) => hold(person(0), first, at),
      (at) => book(person(1), second, at),
      hours(round),
    );
    expect(answers.filter(won)).toHaveLength(1);
    for (const answer of answers)
      expect(['200', '201', '409 no_room_free', '409 room_taken']).toContain(outcome(answer));
    await proves();
    if (won(answers[0])) {
      const then = await atOnce(
        round,
        (at) => book(person(0), first, at),
        (at) => book(person(2), second, at),
        hours(round),
      );
      expect(then.map(outcome)).toEqual(['201', '409 no_room_free', '409 room_taken']);
    }
    note(seen, answers.map(outcome));
    await proves();
  }
  expect(Object.keys(seen).length).toBeGreaterThan(1);
});

test('two holders book beside others who want their rooms, and both succeed', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first = 0, second = 0, third = 0] = await runs(round);
    for (const [index, slot] of [first, second].entries())
      expect(outcome(await hold(person(index), slot, index))).toBe('200');
    const [one, other, late, held] = await atOnce(
      round,
      (at) => book(person(0), first, at),
      (at) => book(person(1), second, at),
      (at) => book(person(2), third, at),
      (at) => hold(person(3), third, at),
    );
    expect([one, other].map(outcome)).toEqual(['201', '201']);
    expect([late, held].map(outcome)).toEqual(['409 no_room_free', '409 no_room_free']);
    await proves();
  }
});

test('of three who hold at once two get a room each, and what they give back others have', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = (await runs(round)) as [number, number, number];
    const held = await atOnce(
      round,
      ...slots.map((slot, index) => (at: number) => hold(person(index), slot, at)),
    );
    expect(held.filter(won)).toHaveLength(2);
    await proves();
    const left = held.findIndex((answer) => !won(answer));
    const [giver = 0, keeper = 0] = [0, 1, 2].filter((index) => index !== left);
    const [, taken, kept] = await atOnce(
      round,
      (at) => release(person(giver), slots[giver] ?? 0, at),
      (at) => book(person(left), slots[left] ?? 0, at),
      (at) => book(person(keeper), slots[keeper] ?? 0, at),
    );
    expect(outcome(kept)).toBe('201');
    expect(['201', '409 no_room_free']).toContain(outcome(taken));
    note(seen, outcome(taken));
    await proves();
  }
  expect(Object.keys(seen).length).toBeGreaterThan(1);
});

test('holders who change rooms and times with each other after their holds have ended never wait for each other', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    clinic.clock.set(new Date(Date.parse(START) + round * 20 * 60_000).toISOString());
    const day = round + 5;
    const slots = [0, 1, 2].map(() => 0) as [number, number, number];
    for (const by of [0, 1, 2]) slots[by] = await run(day, by, ['10:00', '10:30', '11:00', '11:30']);
    const [first, second, third] = slots;
    await hold(person(0), first, 0);
    await hold(person(1), second, 1);
    // Ended, and nobody has swept: whoever comes next takes the rooms away from them, each in their own order.
    clinic.clock.set(new Date(Date.parse(START) + (round * 20 + 12) * 60_000).toISOString());
    const answers = await atOnce(
      round,
      (at) => hold(person(0), second, at),
      (at) => hold(person(1), first, at),
      (at) => book(person(2), third, at),
      (at) => hold(person(4), third, at),
      (at) => book(person(5), first, at),
    );
    for (const answer of answers)
      expect([
        '200',
        '201',
        '409 no_room_free',
        '409 not_enough_time',
        '409 slot_held',
        '409 slot_taken',
      ]).toContain(outcome(answer));
    expect(answers.filter(won).length).toBeGreaterThan(0);
    await proves();
  }
});

test('two holders who want each other’s start and a third one have it with their own room, and what they held again after', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first = 0, second = 0, third = 0] = await runs(round);
    expect(outcome(await hold(person(0), first, 0))).toBe('200');
    expect(outcome(await hold(person(1), second, 1))).toBe('200');
    const [one, other, ...exchanged] = await atOnce(
      round,
      (at) => book(person(0), third, at),
      (at) => book(person(1), third, at),
      (at) => book(person(0), second, at),
      (at) => book(person(1), first, at),
      (at) => hold(person(2), third, at),
    );
    const winner = won(one) ? 0 : 1;
    for (const answer of exchanged)
      expect(['409 slot_held', '409 slot_taken', '409 patient_busy', '409 no_room_free']).toContain(
        outcome(answer),
      );
    expect([one, other].map(outcome).toSorted()).toEqual(['201', '409 slot_taken']);
    await proves();
    const visit = [one, other][winner]?.body.id ?? 0;
    const [left, late, held] = await atOnce(
      round,
      (at) => clinic.ask(person(winner), 'DELETE', `/appointments/${visit}/`, undefined, at),
      (at) => book(person(3), third, at),
      (at) => hold(person(4), third, at),
      (at) => book(person(1 - winner), winner === 0 ? second : first, at),
    );
    expect(outcome(left)).toBe('204');
    for (const answer of [late, held])
      expect(['409 slot_taken', '409 no_room_free']).toContain(outcome(answer));
    await proves();
    expect(outcome(await book(person(winner), winner === 0 ? first : second, 0))).toBe('201');
    note(seen, winner);
    await proves();
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('an offer beside bookings that want its room keeps it or is not made, and what is offered is accepted', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first, second] = [await run(round, 0), await run(round, 1)];
    await oneLeft(round);
    const visit = (await book(person(0), first, 0)).body.id ?? 0;
    const day = dayOf(round);
    const wish = { doctor: doctors[0].id, from: day, to: day, service: scan };
    const entry = (await clinic.ask(person(1), 'POST', '/waitlist/', wish)).body.id ?? 0;
    expect(entry).toBeGreaterThan(0);
    await clinic.ask(person(0), 'DELETE', `/appointments/${visit}/`);
    const [, booked] = await atOnce(round, offer, (at) => book(person(2), second, at));
    await proves();
    const [accepted, late] = await atOnce(
      round,
      (at) => clinic.ask(person(1), 'POST', `/waitlist/${entry}/accept/`, undefined, at),
      (at) => book(person(3), second, at),
    );
    if (won(booked)) expect(outcome(accepted)).toBe('409 offer_lapsed');
    else expect([accepted, late].map(outcome)).toEqual(['201', '409 no_room_free']);
    note(seen, won(booked));
    await proves();
    // Nobody waits for any number of things.
    if (won(booked)) await clinic.ask(person(1), 'DELETE', `/waitlist/${entry}/`);
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('no two transactions ever waited for each other until one was ended', async () => {
  const { rows } = await clinic.db.$client.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
});
