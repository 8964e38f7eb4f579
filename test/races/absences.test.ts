import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { createModules } from '../../src/modules.ts';
import { PASSWORD, testConfig } from '../helpers/app.ts';
import { createDatabase, empty, PATIENT_LIMITS } from '../helpers/database.ts';
import { startServer } from '../helpers/process.ts';
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
  request,
  rounds,
} from '../helpers/races.ts';

const ROUNDS = rounds(25);

/** Nothing of a doctor who is away: no slot, no active appointment. */
async function provesAbsence(db: Db): Promise<void> {
  const { rows } = await db.$client.query(
    `select 'slot' as left, s.id from timeslots s join absences a on a.doctor_id = s.doctor_id
       and tsrange(a."from" + a.start_time, a."to" + a.end_time) && tsrange(s.date + s.start_time, s.date + s.end_time)
     union all
     select 'appointment', v.id from appointments v join absences a on a.doctor_id = v.doctor_id
       and tsrange(a."from" + a.start_time, a."to" + a.end_time) && tsrange(v.date + v.start_time, v.date + v.end_time)
     where v.status <> 'cancelled'`,
  );
  expect(rows).toEqual([]);
}

describe('at once', () => {
  let clinic: Arena;
  let admin: Member;
  let doctor: Member;
  let patients: Member[];
  let worker: Db;
  beforeAll(async () => {
    clinic = await arena({ instances: 2 });
    await drag(clinic.db, 0.003);
    [admin] = (await clinic.crowd('admin', 1)) as [Member];
    [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
    patients = await clinic.crowd('patient', 4);
    worker = openDatabase({ url: clinic.url, pool_max: 5, limits: PATIENT_LIMITS });
  });
  afterAll(async () => {
    await worker.$client.end();
    await clinic.close();
  });
  afterEach(async () => {
    await provesRules(clinic.db);
    await provesAbsence(clinic.db);
    await empty(clinic.db, 'timeslots', 'appointments', 'absences', 'weekly_hours');
  });

  const away =
    (date: string, by = doctor) =>
    (instance: number) =>
      clinic.ask(by, 'POST', '/absences/', { doctor: doctor.id, from: date, to: date }, instance);
  const book = (patient: Member | undefined, timeslot: number) => (instance: number) =>
    clinic.ask(patient, 'POST', '/appointments/', { timeslot }, instance);
  const job = async (): Promise<Answer> => {
    const { housekeeping } = createModules({ db: worker, clock: clinic.clock, config: testConfig });
    await housekeeping.tasks.publish_schedules();
    return { status: 200 } as Answer;
  };
  const seenTwice = (seen: Record<string, number>) => expect(Object.keys(seen).length).toBeGreaterThan(1);
  const statuses = async (ids: (number | undefined)[]) =>
    (
      await clinic.db.$client.query<{ ended: string }>(
        `select status || coalesce(' ' || cancel_reason, '') as ended from appointments
         where id = any($1) order by array_position($1, id)`,
        [ids],
      )
    ).rows.map(({ ended }) => ended);

  test('booking, moving and publishing beside an absence leave nothing in it', async () => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const [date, elsewhere] = [dayOf(round), dayOf(round + 1_000)];
      const [wanted, target, from] = [
        await clinic.publish(doctor, date, '09:00', '09:30'),
        await clinic.publish(doctor, date, '10:00', '10:30'),
        await clinic.publish(doctor, elsewhere, '10:00', '10:30'),
      ];
      const moving = (await book(patients[1], from)(0)).body.id;
      const [absence, booked, moved, published, opened] = await atOnce(
        round,
        away(date, round % 2 === 0 ? doctor : admin),
        book(patients[0], wanted),
        (at) =>
          clinic.ask(patients[1], 'POST', `/appointments/${moving}/reschedule/`, { timeslot: target }, at),
        (at) => {
          const slot = { date, start_time: '12:00', end_time: '12:30' };
          return clinic.ask(doctor, 'POST', '/timeslots/', slot, at);
        },
        (at) => {
          const day = { date, start_time: '14:00', end_time: '18:00', slot_minutes: 30 };
          return clinic.ask(doctor, 'POST', '/timeslots/bulk/', day, at);
        },
      );
      expect(outcome(absence)).toBe('201');
      expect(['201', '404 timeslot_not_found']).toContain(outcome(booked));
      expect(['200', '404 timeslot_not_found']).toContain(outcome(moved));
      expect(['201', '409 doctor_absent']).toContain(outcome(published));
      expect(outcome(opened)).toBe('201');
      const { created = -1 } = opened.body as { created?: number };
      expect([0, 8]).toContain(created);
      if (booked.status === 201)
        expect(await statuses([booked.body.id])).toEqual(['cancelled doctor_absent']);
      // Moved into it, it is cancelled; else it stands where it was.
      expect(await statuses([moving])).toEqual([
        moved.status === 200 ? 'cancelled doctor_absent' : 'pending',
      ]);
      const done = absence.body as { appointments_count?: number };
      expect(done.appointments_count).toBe(Number(booked.status === 201) + Number(moved.status === 200));
      const ended = [booked, moved, published].map(({ status }) => status < 300).join();
      seen[ended] = (seen[ended] ?? 0) + 1;
      await provesAbsence(clinic.db);
      // The patients are free again for the next round.
      await clinic.db.$client.query(
        `update appointments set status = 'cancelled' where status <> 'cancelled' and id = $1`,
        [moving],
      );
    }
    seenTwice(seen);
  });

  test('an appointment is cancelled once: by its patient, by its doctor’s answer, or by the absence', async () => {
    const seen: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const date = dayOf(round);
      const ids: number[] = [];
      for (const [index, time] of ['09', '10', '11'].entries()) {
        const slot = await clinic.publish(doctor, date, `${time}:00`, `${time}:30`);
        ids.push((await book(patients[index], slot)(0)).body.id ?? 0);
      }
      const [absence, cancelled, confirmed, removed] = await atOnce(
        round,
        away(date),
        (at) => clinic.ask(patients[0], 'DELETE', `/appointments/${ids[0]}/`, undefined, at),
        (at) => clinic.ask(admin, 'PATCH', `/appointments/${ids[1]}/`, { status: 'confirmed' }, at),
        (at) => clinic.ask(admin, 'DELETE', `/appointments/${ids[2]}/`, undefined, at),
      );
      expect(outcome(absence)).toBe('201');
      expect([outcome(cancelled), outcome(removed)]).toEqual(['204', '204']);
      expect(['200', '409 already_decided']).toContain(outcome(confirmed));
      const ended = await statuses(ids);
      expect(ended[1]).toBe('cancelled doctor_absent');
      for (const one of ended) expect(['cancelled', 'cancelled doctor_absent']).toContain(one);
      const { rows } = await clinic.db.$client.query(
        `select count(*)::integer as count from appointment_happened where appointment_id = any($1) and kind = 'cancelled'`,
        [ids],
      );
      expect(rows).toEqual([{ count: 3 }]);
      const key = ended.join();
      seen[key] = (seen[key] ?? 0) + 1;
      await provesAbsence(clinic.db);
    }
    seenTwice(seen);
  });

  test('of absences that overlap one is written, and the job publishes around it', async () => {
    const schedule = [{ weekday: 2, start_time: '09:00', end_time: '12:00', slot_minutes: 60 }];
    const wide = (from: string, to: string, by: Member) => (instance: number) =>
      clinic.ask(by, 'POST', '/absences/', { doctor: doctor.id, from, to }, instance);
    for (let round = 0; round < ROUNDS; round += 1) {
      await clinic.ask(doctor, 'PUT', '/doctor/schedule/', { schedule });
      await clinic.db.$client.query("delete from timeslots where date > '2026-03-15'");
      const [one, , other] = await atOnce(
        round,
        wide('2026-03-08', '2026-03-18', doctor),
        job,
        wide('2026-03-17', '2026-03-24', admin),
        job,
      );
      expect([outcome(one), outcome(other)].sort()).toEqual(['201', '409 absence_overlap']);
      await job();
      await provesAbsence(clinic.db);
      const days = async () =>
        (
          await clinic.db.$client.query<{ date: string; count: number }>(
            'select date, count(*)::integer as count from timeslots group by date order by date',
          )
        ).rows.map(({ date, count }) => `${date}: ${count}`);
      const left = one.status === 201 ? ['2026-03-03', '2026-03-24'] : ['2026-03-03', '2026-03-10'];
      expect(await days()).toEqual(left.map((date) => `${date}: 3`));
      // Taken back twice at once beside a job, the week is whole again.
      const id = one.body.id ?? other.body.id;
      const back = (instance: number) =>
        clinic.ask(doctor, 'DELETE', `/absences/${id}/`, undefined, instance);
      const [first, , second] = await atOnce(round, back, job, back);
      expect([outcome(first), outcome(second)].sort()).toEqual(['204', '404 absence_not_found']);
      expect(await days()).toHaveLength(4);
    }
  });
});

/** How a doctor's three weeks with 40 appointments stand. */
interface State {
  absences: number;
  slots: number;
  active: number;
  absent: number;
  told: number;
  events: number;
  noted: number;
}
const UNTOUCHED: State = { absences: 0, slots: 60, active: 40, absent: 0, told: 0, events: 0, noted: 0 };
const DONE: State = { absences: 1, slots: 0, active: 0, absent: 40, told: 40, events: 40, noted: 40 };

async function stateOf(db: Db, doctor: number): Promise<State> {
  const { rows } = await db.$client.query<State>(
    `select
       (select count(*)::integer from absences where doctor_id = $1) as absences,
       (select count(*)::integer from timeslots where doctor_id = $1) as slots,
       (select count(*)::integer from appointments where doctor_id = $1 and status <> 'cancelled') as active,
       (select count(*)::integer from appointments
        where doctor_id = $1 and status = 'cancelled' and cancel_reason = 'doctor_absent') as absent,
       (select count(*)::integer from events where type = 'appointment.cancelled' and doctor_id = $1) as told,
       (select count(*)::integer from appointment_happened
        where kind = 'cancelled' and appointment_id in (select id from appointments where doctor_id = $1)) as events,
       (select count(*)::integer from audit_entries
        where action = 'appointment.cancel' and actor_id = $1) as noted`,
    [doctor],
  );
  return rows[0] as State;
}

/** 60 slots over three weeks, 40 of them booked, each by somebody else, half of them confirmed. */
async function fill(db: Db, doctor: number, from: string): Promise<void> {
  await db.$client.query(
    `with people as (
       insert into users (username, password_hash, role)
       select 'away.' || $1::integer || '.' || n, 'x', 'patient' from generate_series(1, 40) n returning id
     )
     insert into patient_profiles (id) select id from people`,
    [doctor],
  );
  await db.$client.query(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     select $1, $2::date + day, make_time(hour, 0, 0), make_time(hour, 30, 0)
     from generate_series(0, 19) day, generate_series(9, 11) hour`,
    [doctor, from],
  );
  await db.$client.query(
    `with booked as (
       select s.*, row_number() over (order by date, start_time) as n from timeslots s where doctor_id = $1
       order by date, start_time limit 40
     ), people as (
       select id, row_number() over (order by id) as n from users where username like 'away.' || $1::integer || '.%'
     )
     insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by, status)
     select $1, p.id, b.id, b.date, b.start_time, b.end_time, p.id,
       (case when b.n % 2 = 0 then 'confirmed' else 'pending' end)::appointment_status
     from booked b join people p on p.n = b.n`,
    [doctor],
  );
}

const weeksFrom = (from: string) => {
  const to = new Date(Date.parse(from) + 20 * 86_400_000).toISOString().slice(0, 10);
  return { from, to };
};

/** It is wholly done or wholly not, and done where that was promised. @returns both, to be counted */
async function judge(db: Db, doctor: number, ended: string): Promise<string> {
  const state = await stateOf(db, doctor);
  const done = state.absences === 1;
  expect(state, ended).toEqual(done ? DONE : UNTOUCHED);
  if (ended === '201') expect(done).toBe(true);
  return `${ended}: ${done ? 'done' : 'not done'}`;
}

/** The connections of a process that was killed end once the database has noticed that nobody is there. */
async function abandoned(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await db.$client.query(
      `select from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and application_name = 'clinic-api'
         and (state <> 'idle' or backend_xid is not null)`,
    );
    if (rows.length === 0) return;
    await pause(20);
  }
}

describe('cut off in the middle', () => {
  /** What one absence does, in its order: where each row of it may be the last. */
  const STAGES: [table: string, operation: string, rows: number][] = [
    ['absences', 'insert', 1],
    ['appointments', 'update', 40],
    ['events', 'insert', 40],
    ['timeslots', 'update', 40],
    ['timeslots', 'delete', 60],
    ['audit_entries', 'insert', 40],
  ];

  test('by the end of its connection at any row, an absence is wholly undone, and the next try does it wholly', async () => {
    const clinic = await arena({ pool_max: 5 });
    onTestFinished(() => clinic.close());
    const [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
    await fill(clinic.db, doctor.id, '2026-03-10');
    await clinic.db.$client.query(
      `create sequence cut;
       create function cut() returns trigger language plpgsql as $$
       begin
         if nextval('cut') = tg_argv[0]::bigint then
           perform pg_terminate_backend(pg_backend_pid());
         end if;
         return null;
       end $$`,
    );
    const act = (preview = false) =>
      request(clinic.origins[0] ?? '', 'POST', '/absences/', {
        token: doctor.token,
        body: { ...weeksFrom('2026-03-10'), preview },
      });
    const effects = (answer: Answer) => {
      const { slots_count, appointments_count } = answer.body as Record<string, unknown>;
      return { status: answer.status, slots_count, appointments_count };
    };
    expect(effects(await act(true))).toEqual({ status: 200, slots_count: 20, appointments_count: 40 });

    for (const [table, operation, rows] of STAGES)
      for (const row of new Set([1, Math.ceil(rows / 2), rows])) {
        await clinic.db.$client.query(
          `alter sequence cut restart;
           create trigger cut after ${operation} on ${table} for each row execute function cut(${row})`,
        );
        expect(outcome(await act()), `${operation} ${table} ${row}`).toBe('503 database_unavailable');
        await clinic.db.$client.query(`drop trigger cut on ${table}`);
        expect(await stateOf(clinic.db, doctor.id), `${operation} ${table} ${row}`).toEqual(UNTOUCHED);
        await provesRules(clinic.db);
      }
    expect(effects(await act())).toEqual({ status: 201, slots_count: 20, appointments_count: 40 });
    expect(await stateOf(clinic.db, doctor.id)).toEqual(DONE);
    await provesRules(clinic.db);
    await provesAbsence(clinic.db);
  });

  test('by somebody who ends connections at any moment, an absence is wholly done or wholly not done', async () => {
    const clinic = await arena({ pool_max: 5 });
    onTestFinished(() => clinic.close());
    const killer = openDatabase({ url: clinic.url, pool_max: 1, limits: PATIENT_LIMITS });
    onTestFinished(() => killer.$client.end());
    await killer.$client.query("set application_name = 'killer'");
    const seen: Record<string, number> = {};
    let whole = 0;
    const doctors = await clinic.crowd('doctor', Math.max(20, ROUNDS));
    for (const [round, doctor] of doctors.entries()) {
      await fill(killer, doctor.id, '2026-03-10');
      const started = performance.now();
      const acting = request(clinic.origins[0] ?? '', 'POST', '/absences/', {
        token: doctor.token,
        body: weeksFrom('2026-03-10'),
      });
      // The first is let through, to know how long it takes.
      if (round === 0) await acting;
      whole ||= performance.now() - started;
      if (round > 0) await pause(Math.random() * 1.3 * whole);
      await killer.$client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'clinic-api' and state <> 'idle'`,
      );
      const ended = outcome(await acting);
      expect(['201', '503 database_unavailable']).toContain(ended);
      const key = await judge(killer, doctor.id, ended);
      seen[key] = (seen[key] ?? 0) + 1;
    }
    await provesRules(killer);
    await provesAbsence(killer);
    // Else nothing was cut off, or nothing was ever done.
    expect(Object.keys(seen).length, JSON.stringify(seen)).toBeGreaterThan(1);
  });

  test('by a kill -9 of the server, an absence is wholly done or wholly not done', async () => {
    const url = await createDatabase();
    const db = openDatabase({ url, pool_max: 3, limits: PATIENT_LIMITS });
    onTestFinished(() => db.$client.end());
    // So slow that there is a middle to be hit.
    await drag(db, 0.004);
    const env = {
      NODE_ENV: 'test',
      DATABASE_URL: url,
      MIGRATE_ON_START: 'false',
      WORKER: 'off',
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'silent',
      JWT_SECRET: testConfig.jwt_secret,
    };
    const from = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const seen: Record<string, number> = {};
    let whole = 0;
    const servers = Math.min(12, Math.max(5, ROUNDS / 8));
    for (let round = 0; round < servers; round += 1) {
      const server = await startServer(env);
      onTestFinished(() => void server.child.kill('SIGKILL'));
      const account = { username: `away${round}`, password: PASSWORD, role: 'doctor' };
      const registered = await request(server.base, 'POST', '/auth/register/', { body: account });
      expect(outcome(registered)).toBe('201');
      const signedIn = await request(server.base, 'POST', '/auth/login/', {
        body: { username: account.username, password: PASSWORD },
      });
      expect(outcome(signedIn)).toBe('200');
      const doctor = registered.body.id ?? 0;
      await fill(db, doctor, from);
      const started = performance.now();
      const acting = request(server.base, 'POST', '/absences/', {
        token: signedIn.body.access,
        body: weeksFrom(from),
      }).then(outcome, () => 'no answer');
      if (round === 0) await acting;
      whole ||= performance.now() - started;
      if (round > 0) await pause((round / (servers - 2)) * whole);
      server.child.kill('SIGKILL');
      await server.exited;
      const ended = await acting;
      await abandoned(db);
      const key = await judge(db, doctor, ended);
      seen[key] = (seen[key] ?? 0) + 1;
    }
    await provesRules(db);
    await provesAbsence(db);
    expect(Object.keys(seen).length, JSON.stringify(seen)).toBeGreaterThan(1);
  });
});
