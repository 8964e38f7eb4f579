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
let other: number;
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db, 0.002);
  await clinic.db.$client.query(`
    create trigger "AA_drag_statement" before update on branches for each statement execute function drag();
    create trigger "AA_drag_row" after insert on holidays for each row execute function drag()`);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
  patients = await clinic.crowd('patient', 3);
  other = (await clinic.ask(admin, 'POST', '/branches/', { name: 'Chilonzor' })).body.id ?? 0;
});
afterAll(() => clinic.close());
afterEach(async () => {
  await provesAll();
  await empty(
    clinic.db,
    'timeslots',
    'appointments',
    'holidays',
    'closed_timeslots',
    'weekly_hours',
    'withdrawn_timeslots',
  );
});
async function provesAll() {
  await provesRules(clinic.db);
  await provesPlaces(clinic.db);
}
const note = (seen: Record<string, number>, what: string) => {
  seen[what] = (seen[what] ?? 0) + 1;
};
const slotIn = async (branch: number, date: string, start_time: string, end_time: string) =>
  (await clinic.ask(doctor, 'POST', '/timeslots/', { date, start_time, end_time, branch })).body.id ?? 0;
const book = (patient: Member | undefined, timeslot: number) => (at: number) =>
  clinic.ask(patient, 'POST', '/appointments/', { timeslot }, at);

test.each(['cancel', 'keep', undefined] as const)(
  'a branch that closes (%s) beside publishing, booking and moving there leaves nothing to be had in it',
  async (upcoming) => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const date = dayOf(round);
      await clinic.ask(admin, 'PATCH', `/branches/${other}/`, { is_active: true });
      const [wanted, target, from] = [
        await slotIn(other, date, '09:00', '09:30'),
        await slotIn(other, date, '10:00', '10:30'),
        await slotIn(1, date, '11:00', '11:30'),
      ];
      const moving = (await book(patients[1], from)(0)).body.id ?? 0;
      const [closed, booked, moved, published, opened, week] = await atOnce(
        round,
        (at) =>
          clinic.ask(
            admin,
            'PATCH',
            `/branches/${other}/`,
            { is_active: false, ...(upcoming && { upcoming }) },
            at,
          ),
        book(patients[0], wanted),
        (at) =>
          clinic.ask(patients[1], 'POST', `/appointments/${moving}/reschedule/`, { timeslot: target }, at),
        (at) => {
          const slot = { date, start_time: '12:00', end_time: '12:30', branch: other };
          return clinic.ask(doctor, 'POST', '/timeslots/', slot, at);
        },
        (at) => {
          const day = { date, start_time: '14:00', end_time: '16:00', slot_minutes: 30, branch: other };
          return clinic.ask(doctor, 'POST', '/timeslots/bulk/', day, at);
        },
        (at) => {
          const hours = { weekday: 2, start_time: '18:00', end_time: '20:00', slot_minutes: 60 };
          return clinic.ask(
            doctor,
            'PUT',
            '/doctor/schedule/',
            { schedule: [{ ...hours, branch: other }] },
            at,
          );
        },
      );
      expect(['201', '409 clinic_closed']).toContain(outcome(booked));
      expect(['200', '409 clinic_closed']).toContain(outcome(moved));
      expect(['201', '409 branch_closed']).toContain(outcome(published));
      expect(['201', '409 branch_closed']).toContain(outcome(opened));
      expect(['200', '409 branch_closed']).toContain(outcome(week));
      const { rows } = await clinic.db.$client.query<{ active: number; free: number }>(
        `select
           (select count(*)::int from appointments where branch_id = $1 and status in ('pending', 'confirmed')) as active,
           (select count(*)::int from timeslots where branch_id = $1 and not is_taken) as free`,
        [other],
      );
      const [there] = rows;
      const had = [booked.status === 201, moved.status === 200].filter(Boolean).length;
      if (closed.status === 200) {
        expect(there).toEqual({ active: upcoming === 'keep' ? had : 0, free: 0 });
        if (upcoming === undefined) expect(had).toBe(0);
      } else {
        expect(outcome(closed)).toBe('409 has_upcoming');
        expect([upcoming, there?.active]).toEqual([undefined, had]);
        // How many it counted were there by then.
        expect(closed.body.count).toBeLessThanOrEqual(had);
      }
      note(seen, [closed, booked, moved, published].map(({ status }) => status < 300).join());
      await provesAll();
      await empty(clinic.db, 'timeslots', 'appointments', 'weekly_hours', 'withdrawn_timeslots');
    }
    expect(Object.keys(seen).length).toBeGreaterThan(1);
  },
);

test.each(['keep', 'cancel'] as const)(
  'a holiday of one branch (%s) decides over a booking there and lets one elsewhere be',
  async (visits) => {
    const seen: Record<string, number> = {};
    await clinic.ask(admin, 'PATCH', `/branches/${other}/`, { is_active: true });
    for (let round = 0; round < ROUNDS; round += 1) {
      const date = dayOf(round);
      const [there, here] = [
        await slotIn(other, date, '09:00', '09:30'),
        await slotIn(1, date, '10:00', '10:30'),
      ];
      const [holiday, booked, elsewhere, published] = await atOnce(
        round,
        (at) => clinic.ask(admin, 'POST', '/holidays/', { date, branch: other, visits }, at),
        book(patients[0], there),
        book(patients[1], here),
        (at) => {
          const slot = { date, start_time: '12:00', end_time: '12:30', branch: 1 };
          return clinic.ask(doctor, 'POST', '/timeslots/', slot, at);
        },
      );
      expect(outcome(holiday)).toBe('201');
      expect(['201', '409 clinic_closed']).toContain(outcome(booked));
      expect([outcome(elsewhere), outcome(published)]).toEqual(['201', '201']);
      const named = (holiday.body as { visits?: { id: number }[] }).visits?.map(({ id }) => id);
      expect(named).toEqual(booked.status === 201 ? [booked.body.id] : []);
      note(seen, outcome(booked));
      await provesAll();
    }
    expect(Object.keys(seen)).toHaveLength(2);
  },
);

test('a holiday of a branch beside the closing of it neither waits for the other in a circle', async () => {
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    const date = dayOf(round);
    await clinic.ask(admin, 'PATCH', `/branches/${other}/`, { is_active: true });
    const booked = await book(patients[0], await slotIn(other, date, '09:00', '09:30'))(0);
    const [holiday, closed] = await atOnce(
      round,
      (at) => clinic.ask(admin, 'POST', '/holidays/', { date, branch: other, visits: 'cancel' }, at),
      (at) => clinic.ask(admin, 'PATCH', `/branches/${other}/`, { is_active: false, upcoming: 'cancel' }, at),
      (at) => clinic.ask(patients[0], 'DELETE', `/appointments/${booked.body.id}/`, undefined, at),
    );
    expect([outcome(holiday), outcome(closed)]).toEqual(['201', '200']);
    await provesAll();
  }
});

test.each(['branch', 'room'] as const)(
  'a service of several slots beside the closing of its %s is had or refused, and waits for nobody in a circle',
  async (kind) => {
    const seen: Record<string, number> = {};
    const service = await makeService(clinic, admin, [doctor], { duration_minutes: 60 });
    await clinic.ask(admin, 'PATCH', `/branches/${other}/`, { is_active: true });
    const made = await clinic.ask(admin, 'POST', '/rooms/', {
      branch: other,
      name: `Beside ${kind}`,
      kind: 'consulting',
    });
    const room = made.body.id ?? 0;
    const path = kind === 'branch' ? `/branches/${other}/` : `/rooms/${room}/`;
    for (let round = 0; round < ROUNDS; round += 1) {
      await clinic.ask(admin, 'PATCH', path, { is_active: true });
      const starts = ['09:00', '09:30', '11:00', '11:30', '13:00', '13:30'];
      const slots = await makeRun(clinic.db, doctor.id, dayOf(round), starts, { branch: other, room });
      const long = (who: number) => (at: number) =>
        clinic.ask(patients[who], 'POST', '/appointments/', { timeslot: slots[2 * who], service }, at);
      const [closed, ...booked] = await atOnce(
        round,
        (at) => clinic.ask(admin, 'PATCH', path, { is_active: false, upcoming: 'cancel' }, at),
        long(0),
        long(1),
        long(2),
      );
      expect(outcome(closed)).toBe('200');
      for (const one of booked)
        expect(['201', '404 timeslot_not_found', '409 clinic_closed']).toContain(outcome(one));
      note(seen, booked.map(outcome).join());
      await provesAll();
    }
    expect(Object.keys(seen).length).toBeGreaterThan(1);
  },
);
