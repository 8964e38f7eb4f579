import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { empty } from '../helpers/database.ts';
import {
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
import { makeRun, makeService } from '../helpers/services.ts';

const ROUNDS = rounds(25);

let clinic: Arena;
let admin: Member;
let doctor: Member;
let patients: Member[];
let room: number;
let service: number;
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db, 0.002);
  await clinic.db.$client.query(`
    create trigger "AA_drag_statement" before update on rooms for each statement execute function drag();
    create trigger "AA_drag_row" after insert on room_uses for each row execute function drag()`);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
  patients = await clinic.crowd('patient', 4);
  service = await makeService(clinic, admin, [doctor], { room_kind: 'ultrasound' });
  const body = { branch: 1, name: 'Ultrasound', kind: 'ultrasound' };
  room = (await clinic.ask(admin, 'POST', '/rooms/', body)).body.id ?? 0;
});
afterAll(() => clinic.close());
afterEach(async () => {
  await provesAll();
  await clear();
});
const clear = () => empty(clinic.db, 'timeslots', 'appointments', 'withdrawn_timeslots');
async function provesAll() {
  await provesRules(clinic.db);
  await provesPlaces(clinic.db);
}

const book = (by: number, timeslot: number | undefined, service?: number) => (at: number) =>
  clinic.ask(patients[by], 'POST', '/appointments/', { timeslot, service }, at);

test.each(['cancel', 'keep', undefined] as const)(
  'a room that closes (%s) beside examinations, visits and publishing in it leaves nothing to be had there',
  async (upcoming) => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const date = dayOf(round);
      await clinic.ask(admin, 'PATCH', `/rooms/${room}/`, { is_active: true });
      const [wanted, decided, from, to] = await makeRun(clinic.db, doctor.id, date, [
        '09:00',
        '09:30',
        '10:00',
        '10:30',
      ]);
      const [own] = await makeRun(clinic.db, doctor.id, date, ['11:00'], { room });
      // Without the one that is about to close nobody has a room for these two.
      const waiting = (await book(1, decided, service)(0)).body.id;
      const moving = (await book(2, from, service)(0)).body.id;
      const [closed, examined, plain, confirmed, moved, published] = await atOnce(
        round,
        (at) => {
          const body = { is_active: false, ...(upcoming && { upcoming }) };
          return clinic.ask(admin, 'PATCH', `/rooms/${room}/`, body, at);
        },
        book(0, wanted, service),
        book(3, own),
        (at) => clinic.ask(doctor, 'PATCH', `/appointments/${waiting}/`, { status: 'confirmed' }, at),
        (at) => clinic.ask(patients[2], 'POST', `/appointments/${moving}/reschedule/`, { timeslot: to }, at),
        (at) => {
          const slot = { date, start_time: '12:00', end_time: '12:30', room };
          return clinic.ask(doctor, 'POST', '/timeslots/', slot, at);
        },
      );
      expect(['201', '409 no_room_free']).toContain(outcome(examined));
      expect(['201', '404 timeslot_not_found']).toContain(outcome(plain));
      expect(['200', '409 already_decided']).toContain(outcome(confirmed));
      expect(['200', '409 no_room_free', '409 already_decided']).toContain(outcome(moved));
      expect(['201', '409 room_closed']).toContain(outcome(published));
      const { rows } = await clinic.db.$client.query<{ active: number; free: number }>(
        `select
           (select count(*)::int from appointments where room_id = $1 and status in ('pending', 'confirmed')) as active,
           (select count(*)::int from timeslots where room_id = $1 and not is_taken) as free`,
        [room],
      );
      const there = rows[0];
      // Those who were there before, and who got in.
      const had = 2 + [examined, plain].filter(({ status }) => status === 201).length;
      if (closed.status === 200) {
        expect(there).toEqual({ active: upcoming === 'keep' ? had : 0, free: 0 });
        expect(upcoming).toBeDefined();
      } else {
        expect([outcome(closed), upcoming]).toEqual(['409 has_upcoming', undefined]);
        expect(there?.active).toBe(had);
      }
      note(seen, [closed, examined, plain, confirmed, moved, published].map(outcome).join());
      await provesAll();
      await clear();
    }
    // Those who are there already keep it open, whoever comes.
    if (upcoming) expect(Object.keys(seen).length).toBeGreaterThan(1);
  },
);

test('of an examination and the closing of an empty room one comes first, and the other is judged by it', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const date = dayOf(round);
    await clinic.ask(admin, 'PATCH', `/rooms/${room}/`, { is_active: true });
    const [wanted] = await makeRun(clinic.db, doctor.id, date, ['09:00']);
    const answers = await atOnce(
      round,
      (at) => clinic.ask(admin, 'PATCH', `/rooms/${room}/`, { is_active: false }, at),
      book(0, wanted, service),
    );
    const ended = answers.map(outcome).join();
    expect(['200,409 no_room_free', '409 has_upcoming,201']).toContain(ended);
    note(seen, ended);
    await provesAll();
    await clear();
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test('what is published into a room that opens at that moment is published or refused as closed', async () => {
  const codes = new Set<string | undefined>();
  for (let round = 0; round < ROUNDS; round += 1) {
    await clinic.ask(admin, 'PATCH', `/rooms/${room}/`, { is_active: false });
    const hours = { date: dayOf(round), start_time: '14:00', end_time: '16:00', slot_minutes: 30 };
    const [, many] = await atOnce(
      round,
      (at) => clinic.ask(admin, 'PATCH', `/rooms/${room}/`, { is_active: true }, at),
      (at) => clinic.ask(doctor, 'POST', '/timeslots/bulk/', { ...hours, branch: 1, room }, at),
    );
    codes.add(many.status === 201 ? 'published' : many.body.code);
    await clear();
  }
  expect([...codes].filter((code) => code !== 'published' && code !== 'room_closed')).toEqual([]);
});

test('of an examination and the deletion of its room one is refused', async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS / 2; round += 1) {
    await clinic.ask(admin, 'PATCH', `/rooms/${room}/`, { is_active: false });
    const body = { branch: 1, name: `Ultrasound ${round}`, kind: 'ultrasound' };
    const fleeting = (await clinic.ask(admin, 'POST', '/rooms/', body)).body.id;
    const [wanted] = await makeRun(clinic.db, doctor.id, dayOf(round), ['09:00']);
    const answers = await atOnce(
      round,
      (at) => clinic.ask(admin, 'DELETE', `/rooms/${fleeting}/`, undefined, at),
      book(0, wanted, service),
    );
    const ended = answers.map(outcome).join();
    expect(['204,409 no_room_free', '409 room_in_use,201']).toContain(ended);
    note(seen, ended);
    await provesAll();
    await clear();
    await clinic.db.$client.query('delete from rooms where id = $1', [fleeting]);
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

test.each(['closing', 'deletion'])(
  'of holds beside the %s of their room each is had or told that no room is free, and nothing of it is left',
  async (how) => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < ROUNDS / 2; round += 1) {
      await clinic.ask(admin, 'PATCH', `/rooms/${room}/`, { is_active: false });
      const body = { branch: 1, name: `Kept ${how} ${round}`, kind: 'ultrasound' };
      const fleeting = (await clinic.ask(admin, 'POST', '/rooms/', body)).body.id;
      const [first, later] = await makeRun(clinic.db, doctor.id, dayOf(round), ['09:00', '09:30']);
      const hold = (by: number, slot?: number) => (at: number) =>
        clinic.ask(patients[by], 'POST', `/timeslots/${slot}/hold/`, { service }, at);
      const answers = await atOnce(
        round,
        (at) =>
          how === 'closing'
            ? clinic.ask(admin, 'PATCH', `/rooms/${fleeting}/`, { is_active: false }, at)
            : clinic.ask(admin, 'DELETE', `/rooms/${fleeting}/`, undefined, at),
        hold(0, first),
        hold(1, later),
      );
      const [gone, ...holds] = answers.map(outcome);
      expect(gone).toBe(how === 'closing' ? '200' : '204');
      for (const held of holds) expect(['200', '409 no_room_free']).toContain(held);
      note(seen, holds.join());
      const booked = await book(0, first, service)(0);
      expect(outcome(booked)).toBe('409 no_room_free');
      await provesAll();
      await clear();
      await clinic.db.$client.query('delete from rooms where id = $1', [fleeting]);
    }
    expect(Object.keys(seen).length).toBeGreaterThan(1);
  },
);

function note(seen: Record<string, number>, what: string): void {
  seen[what] = (seen[what] ?? 0) + 1;
}
