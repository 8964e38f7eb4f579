import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { empty } from '../helpers/database.ts';
import {
  type Answer,
  type Arena,
  arena,
  atOnce,
  dayOf,
  drag,
  type Member,
  outcome,
  provesRules,
  rounds,
  tally,
} from '../helpers/races.ts';
import { makeRoom, makeRun } from '../helpers/services.ts';

const ROUNDS = rounds(25);
const HALF_HOURS = ['10:00', '10:30', '11:00', '11:30', '12:00'];

let clinic: Arena;
let admin: Member;
let doctors: [Member, Member, Member];
let patients: Member[];
/** Of two slots and of three, without a room; of two slots in one of two rooms. */
let two: number;
let three: number;
let examination: number;
let rooms: [number, number];

async function service(duration_minutes: number, room_kind: string | null = null): Promise<number> {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    `with made as (
       insert into services (name, duration_minutes, room_kind) values ('{"uz":"a","ru":"a","en":"a"}', $1, $2) returning id
     ), given as (insert into doctor_services (doctor_id, service_id) select d, id from made, unnest($3::int[]) d)
     select id from made`,
    [duration_minutes, room_kind, doctors.map(({ id }) => id)],
  );
  return rows[0]?.id ?? 0;
}

beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  doctors = (await clinic.crowd('doctor', 3)) as typeof doctors;
  patients = await clinic.crowd('patient', 6);
  two = await service(60);
  three = await service(90);
  examination = await service(60, 'ultrasound');
  rooms = [await makeRoom(clinic.db, 'U1', 'ultrasound'), await makeRoom(clinic.db, 'U2', 'ultrasound')];
});
afterEach(async () => {
  await provesRules(clinic.db);
  await empty(clinic.db, 'timeslots', 'appointments', 'room_uses');
});
afterAll(() => clinic.close());

const run = (round: number, by = doctors[0], starts: readonly string[] = HALF_HOURS) =>
  makeRun(clinic.db, by.id, dayOf(round), starts) as Promise<[number, number, number, number, number]>;
const person = (index: number) => patients[index] as Member;
const book = (by: Member, timeslot: number, at: number, wanted?: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot, ...(wanted && { service: wanted }) }, at);
const move = (by: Member, visit: number, timeslot: number, at: number) =>
  clinic.ask(by, 'POST', `/appointments/${visit}/reschedule/`, { timeslot }, at);
const free = async (ids: readonly number[]) => {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    'select id from timeslots where id = any ($1) and not is_taken order by start_time',
    [ids],
  );
  return rows.map(({ id }) => id);
};
const won = (answer: Answer) => answer.status < 300;
const REFUSED = ['409 slot_taken', '409 not_enough_time'];

test('a long service against single bookings of its parts, from both ends, gets the whole or nothing', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await run(round);
    const [first, second, third] = slots;
    const answers = await atOnce(
      round,
      (at) => book(person(0), first, at, three),
      (at) => book(person(1), third, at),
      (at) => book(person(2), second, at),
      (at) => book(person(3), first, at),
    );
    const [whole, ...parts] = answers;
    for (const answer of answers) expect(['201', ...REFUSED]).toContain(outcome(answer));
    // Somebody gets something, and whoever lost has nothing of it.
    if (won(whole)) expect(parts.some(won)).toBe(false);
    else expect(parts.some(won)).toBe(true);
    const taken = won(whole) ? 3 : parts.filter(won).length;
    expect((await free(slots)).length).toBe(slots.length - taken);
    seen[won(whole) ? 'whole' : 'parts'] = (seen[won(whole) ? 'whole' : 'parts'] ?? 0) + 1;
    await provesRules(clinic.db);
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('of two long services that overlap by one slot exactly one is booked', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await run(round);
    const [first, , third] = slots;
    const answers = await atOnce(
      round,
      (at) => book(person(0), first, at, three),
      (at) => book(person(1), third, at, three),
    );
    expect(answers.filter(won)).toHaveLength(1);
    for (const answer of answers) expect(['201', ...REFUSED]).toContain(outcome(answer));
    expect((await free(slots)).length).toBe(2);
    const winner = won(answers[0]) ? 'earlier' : 'later';
    seen[winner] = (seen[winner] ?? 0) + 1;
    await provesRules(clinic.db);
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('a move of a long visit against bookings of its target and of what it leaves loses nothing and shares nothing', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await run(round);
    const [first, second, third, fourth] = slots;
    const visit = (await book(person(0), first, 0, two)).body.id ?? 0;
    const by = round % 2 === 0 ? person(0) : admin;
    // Within its own slots: it keeps one of them.
    const [moved, onTarget, onOld, elsewhere] = await atOnce(
      round,
      (at) => move(by, visit, second, at),
      (at) => book(person(1), third, at),
      (at) => book(person(2), first, at),
      (at) => book(person(3), fourth, at, two),
    );
    for (const answer of [moved, onTarget, onOld, elsewhere])
      expect(['200', '201', ...REFUSED]).toContain(outcome(answer));
    const { rows } = await clinic.db.$client.query(
      'select timeslot_id as timeslot, further_timeslots as further from appointments where id = $1',
      [visit],
    );
    expect(rows).toEqual([
      won(moved) ? { timeslot: second, further: [third] } : { timeslot: first, further: [second] },
    ]);
    if (won(moved)) expect(won(onTarget)).toBe(false);
    else expect(won(onTarget)).toBe(true);
    const ended = [moved, onTarget, onOld].map(outcome).join();
    seen[ended] = (seen[ended] ?? 0) + 1;
    await provesRules(clinic.db);
  }
  expect(Object.keys(seen).length).toBeGreaterThan(1);
});

test('long visits that change places by moving in both directions never wait for each other for ever', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    // Not in the order of time: whoever locks by time would lock the other way round.
    const late = await run(round, doctors[0], ['11:00', '11:30']);
    const early = await run(round, doctors[0], ['10:00', '10:30']);
    const [first, second] = [early[0], late[0]];
    const visits = [
      (await book(person(0), first, 0, two)).body.id ?? 0,
      (await book(person(1), second, 0, two)).body.id ?? 0,
    ] as const;
    const answers = await atOnce(
      round,
      (at) => move(person(0), visits[0], second, at),
      (at) => move(person(1), visits[1], first, at),
      (at) => clinic.ask(person(0), 'DELETE', `/appointments/${visits[0]}/`, undefined, at),
      (at) => book(person(2), early[1], at, two),
    );
    for (const answer of answers)
      expect(['200', '201', '204', ...REFUSED, '409 already_decided']).toContain(outcome(answer));
    await provesRules(clinic.db);
  }
});

test('a room that is given to hours against an examination that needs it is used once', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first] = await run(round);
    // The other room of the kind is in use already.
    await makeRun(clinic.db, doctors[2].id, dayOf(round), ['10:30'], { room: rooms[1] });
    const hours = (at: number) => {
      const slot = { date: dayOf(round), start_time: '10:30', end_time: '11:00', room: rooms[0] };
      return clinic.ask(doctors[1], 'POST', '/timeslots/', slot, at);
    };
    const answers = await atOnce(round, hours, (at) => book(person(0), first, at, examination));
    expect(answers.filter(won)).toHaveLength(1);
    const ended = answers.map(outcome).join();
    expect(['201,409 no_room_free', '409 room_taken,201']).toContain(ended);
    seen[ended] = (seen[ended] ?? 0) + 1;
    await provesRules(clinic.db);
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('of three examinations at one time in two rooms two are booked, whoever snatched which room', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const starts = await Promise.all(doctors.map(async (doctor) => (await run(round, doctor))[0]));
    const answers = await atOnce(
      round,
      ...starts.map((start, index) => (at: number) => book(person(index), start, at, examination)),
    );
    expect(tally(answers)).toEqual({ '201': 2, '409 no_room_free': 1 });
    await provesRules(clinic.db);
  }
});

test('a hold for a long service against a booking and another hold of its parts keeps the whole or nothing', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await run(round);
    const [first, second, third] = slots;
    const hold = (by: Member, timeslot: number, at: number, wanted?: number) =>
      clinic.ask(by, 'POST', `/timeslots/${timeslot}/hold/`, wanted ? { service: wanted } : undefined, at);
    const [whole, booked, part] = await atOnce(
      round,
      (at) => hold(person(0), first, at, three),
      (at) => book(person(1), third, at),
      (at) => hold(person(2), second, at),
    );
    for (const answer of [whole, booked, part])
      expect(['200', '201', ...REFUSED, '409 slot_held']).toContain(outcome(answer));
    expect(won(whole) && (won(booked) || won(part))).toBe(false);
    expect(won(whole) || won(booked) || won(part)).toBe(true);
    const { rows } = await clinic.db.$client.query<{ count: number }>(
      'select count(*)::int as count from timeslots where held_by = $1',
      [person(0).id],
    );
    expect(rows[0]?.count).toBe(won(whole) ? 3 : 0);
    await provesRules(clinic.db);
    await clinic.db.$client.query(
      'update timeslots set held_by = null, held_until = null, held_with = null where held_by is not null',
    );
  }
});

test('no two transactions ever waited for each other until one was ended', async () => {
  const { rows } = await clinic.db.$client.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
});
