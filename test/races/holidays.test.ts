import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { createModules } from '../../src/modules.ts';
import { testConfig } from '../helpers/app.ts';
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
} from '../helpers/races.ts';

const ROUNDS = rounds(25);

let clinic: Arena;
let admin: Member;
let doctor: Member;
let patients: Member[];
let worker: Db;
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db, 0.003);
  await clinic.db.$client.query(`
    create trigger "AA_drag_statement" before insert on holidays for each statement execute function drag();
    create trigger "AA_drag_row" after insert on holidays for each row execute function drag()`);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
  patients = await clinic.crowd('patient', 4);
  worker = openDatabase({ url: clinic.url, pool_max: 5 });
});
afterAll(async () => {
  await worker.$client.end();
  await clinic.close();
});
afterEach(async () => {
  await provesRules(clinic.db);
  await provesClosed();
  await empty(
    clinic.db,
    'timeslots',
    'appointments',
    'holidays',
    'closed_timeslots',
    'weekly_hours',
    'waitlist_entries',
  );
});

/** Nothing on a holiday is free but what was published on purpose. */
async function provesClosed(): Promise<void> {
  const { rows } = await clinic.db.$client.query(
    `select s.id from timeslots s join holidays h on h.date = s.date where not s.is_taken and not s.despite_holiday`,
  );
  expect(rows).toEqual([]);
}

const close = (date: string, visits: 'keep' | 'cancel') => (at: number) =>
  clinic.ask(admin, 'POST', '/holidays/', { date, visits }, at);
const book = (patient: Member | undefined, timeslot: number) => (at: number) =>
  clinic.ask(patient, 'POST', '/appointments/', { timeslot }, at);
const visitsOf = ({ body }: Answer) =>
  (body as { visits?: { id: number }[] }).visits?.map(({ id }) => id) ?? [];
const activeOn = async (date: string) =>
  (
    await clinic.db.$client.query<{ id: number }>(
      "select id from appointments where date = $1 and status <> 'cancelled' order by start_time",
      [date],
    )
  ).rows.map(({ id }) => id);
const CLOSED = ['409 clinic_closed'];
const count = (seen: Record<string, number>, what: string) => {
  seen[what] = (seen[what] ?? 0) + 1;
};

test.each(['keep', 'cancel'] as const)(
  'beside a booking, a hold, a move and publishing, a holiday names what is booked, and nothing else can be (%s)',
  async (visits) => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const [date, elsewhere] = [dayOf(round), dayOf(round + 1_000)];
      const [wanted, target, held, from] = [
        await clinic.publish(doctor, date, '09:00', '09:30'),
        await clinic.publish(doctor, date, '10:00', '10:30'),
        await clinic.publish(doctor, date, '11:00', '11:30'),
        await clinic.publish(doctor, elsewhere, '10:00', '10:30'),
      ];
      const moving = (await book(patients[1], from)(0)).body.id ?? 0;
      const [holiday, booked, moved, hold, published, opened] = await atOnce(
        round,
        close(date, visits),
        book(patients[0], wanted),
        (at) =>
          clinic.ask(patients[1], 'POST', `/appointments/${moving}/reschedule/`, { timeslot: target }, at),
        (at) => clinic.ask(patients[2], 'POST', `/timeslots/${held}/hold/`, undefined, at),
        (at) => {
          const slot = { date, start_time: '12:00', end_time: '12:30' };
          return clinic.ask(doctor, 'POST', '/timeslots/', slot, at);
        },
        (at) => {
          const day = { date, start_time: '14:00', end_time: '18:00', slot_minutes: 30 };
          return clinic.ask(doctor, 'POST', '/timeslots/bulk/', day, at);
        },
      );
      expect(outcome(holiday)).toBe('201');
      expect(['201', ...CLOSED]).toContain(outcome(booked));
      expect(['200', ...CLOSED]).toContain(outcome(moved));
      expect(['200', ...CLOSED]).toContain(outcome(hold));
      expect(['201', ...CLOSED]).toContain(outcome(published));
      expect(outcome(opened)).toBe('201');
      // What was booked or moved there is named by the holiday, and what it does not name is not there.
      const there = [booked.status === 201 ? booked.body.id : 0, moved.status === 200 ? moving : 0].filter(
        Boolean,
      );
      expect(visitsOf(holiday)).toEqual(there);
      expect(await activeOn(date)).toEqual(visits === 'keep' ? there : []);
      await provesClosed();
      // A hold that was taken before went with the day.
      expect(outcome(await book(patients[2], held)(0))).toBe('409 clinic_closed');
      count(seen, [booked, moved, published].map(({ status }) => status < 300).join());
    }
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    expect(Object.keys(seen).length).toBeGreaterThan(1);
  },
);

test.each(['keep', 'cancel'] as const)(
  'beside cancellations and moves away, a holiday removes every slot that becomes free (%s)',
  async (visits) => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const [date, elsewhere] = [dayOf(round), dayOf(round + 1_000)];
      const [one, two, target] = [
        await clinic.publish(doctor, date, '09:00', '09:30'),
        await clinic.publish(doctor, date, '10:00', '10:30'),
        await clinic.publish(doctor, elsewhere, '10:00', '10:30'),
      ];
      const first = (await book(patients[0], one)(0)).body.id;
      const second = (await book(patients[1], two)(0)).body.id;
      const [holiday, cancelled, moved, snatched] = await atOnce(
        round,
        close(date, visits),
        (at) => clinic.ask(patients[0], 'DELETE', `/appointments/${first}/`, undefined, at),
        (at) =>
          clinic.ask(patients[1], 'POST', `/appointments/${second}/reschedule/`, { timeslot: target }, at),
        book(patients[2], one),
      );
      expect(outcome(holiday)).toBe('201');
      expect(outcome(cancelled)).toBe('204');
      expect(['200', '409 already_decided']).toContain(outcome(moved));
      if (visits === 'keep') expect(outcome(moved)).toBe('200');
      expect(['201', '409 slot_taken', ...CLOSED]).toContain(outcome(snatched));
      const kept = visits === 'keep' && snatched.status === 201 ? [snatched.body.id] : [];
      expect(await activeOn(date)).toEqual(kept);
      await provesClosed();
      count(
        seen,
        [holiday, snatched, moved].map((answer) => outcome(answer)).join() + visitsOf(holiday).length,
      );
    }
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    expect(Object.keys(seen).length).toBeGreaterThan(1);
  },
);

test('beside the waiting list and the weeks, a holiday leaves no slot of the day that is offered or published', async () => {
  const seen: Record<string, number> = {};
  const { housekeeping } = createModules({ db: worker, clock: clinic.clock, config: testConfig });
  await clinic.db.$client.query(
    `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes)
     select $1, weekday, '08:00', '09:00', 30 from generate_series(1, 7) weekday`,
    [doctor.id],
  );
  const done = async (task: Promise<unknown>): Promise<Answer> => {
    await task;
    return { status: 200 } as Answer;
  };
  // As far as weeks are published.
  for (let round = 0; round < Math.min(ROUNDS, 20); round += 1) {
    const date = dayOf(round);
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      `insert into waitlist_entries (patient_id, doctor_id, "from", "to") values ($1, $2, $3, $3) returning id`,
      [patients[3]?.id, doctor.id, date],
    );
    await clinic.publish(doctor, date, '10:00', '10:30');
    // In every other round it is offered already.
    if (round % 2 === 0) await housekeeping.tasks.offer_waitlist({});
    const [holiday, , , accepted] = await atOnce(
      round,
      close(date, 'keep'),
      () => done(housekeeping.tasks.offer_waitlist({})),
      () => done(housekeeping.tasks.publish_schedules()),
      async (at) => {
        if (round % 2 === 1) await housekeeping.tasks.offer_waitlist({});
        return clinic.ask(patients[3], 'POST', `/waitlist/${rows[0]?.id}/accept/`, undefined, at);
      },
    );
    expect(outcome(holiday)).toBe('201');
    expect(['201', '409 offer_lapsed']).toContain(outcome(accepted));
    expect(visitsOf(holiday)).toEqual(accepted.status === 201 ? [accepted.body.id] : []);
    expect(await activeOn(date)).toEqual(visitsOf(holiday));
    await provesClosed();
    count(seen, outcome(accepted));
  }
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  expect(Object.keys(seen).length).toBeGreaterThan(1);
});

test('of two admins who close a day at once one does', async () => {
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    const date = dayOf(round);
    const slot = await clinic.publish(doctor, date, '09:00', '09:30');
    const visit = (await book(patients[0], slot)(0)).body.id;
    const answers = await atOnce(round, close(date, 'cancel'), close(date, 'cancel'));
    expect(answers.map(outcome).sort()).toEqual(['201', '409 holiday_exists']);
    expect(answers.flatMap((answer) => (answer.status === 201 ? visitsOf(answer) : []))).toEqual([visit]);
  }
});
