import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { type Happened, happenedColumns } from '../../src/events/log.ts';
import { toldOf } from '../../src/modules/notifications/occasions/happened.service.ts';
import { testDatabase } from '../helpers/database.ts';

/**
 * What the triggers do by themselves, whatever path a change takes: here none but SQL. What they refuse stands in
 * constraints.test.ts.
 */
let db: Db;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, url, close } = await testDatabase());
  await run(`
    insert into users (username, password_hash, role)
    values ('doctor', 'x', 'doctor'), ('other', 'x', 'doctor'), ('patient', 'x', 'patient'), ('admin', 'x', 'admin')`);
  await run("insert into doctor_profiles (id, specialization) values (1, 'Kardiolog'), (2, 'Oʻrinbosar')");
  await run('insert into patient_profiles (id) values (3)');
});
afterAll(() => close());
beforeEach(async () => {
  await run('truncate timeslots, absences, waitlist_entries, events restart identity cascade');
  await run('delete from graphile_worker._private_jobs');
});

const run = (text: string) => db.$client.query(text);
const rows = async (text: string) => (await run(text)).rows;

const publish = (times = "'10:00', '10:30'", doctor = 1) =>
  run(
    `insert into timeslots (doctor_id, date, start_time, end_time) values (${doctor}, '2026-03-10', ${times})`,
  );
/** Slot 1 at 10:00 and slot 2 at 11:00. */
const publishTwo = async () => {
  await publish();
  await publish("'11:00', '11:30'");
};
const book = (slot: number, status = 'pending') =>
  run(`
    insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, status, booked_by)
    select doctor_id, 3, id, date, start_time, end_time, '${status}', 3 from timeslots where id = ${slot}`);
const change = (set: string) => run(`update appointments set ${set} where id = 1`);
const moveTo = (slot: number, set = '') =>
  change(`${set} (timeslot_id, start_time, end_time) =
    (select id, start_time, end_time from timeslots where id = ${slot})`);
const wait = (wish = 'doctor_id', value = '1', times = "'09:00', '18:00'") =>
  run(`insert into waitlist_entries (patient_id, ${wish}, "from", "to", after, before)
    values (3, ${value}, '2026-03-10', '2026-03-10', ${times})`);

/** Which slots are taken and which waitlisted, as `1 taken`. */
const slots = async () =>
  (await rows('select * from timeslots order by id')).map((slot) =>
    [slot.id, slot.is_taken && 'taken', slot.is_waitlisted && 'waitlisted', slot.held_by && 'held']
      .filter(Boolean)
      .join(' '),
  );
const jobs = async (task: string) =>
  (
    await rows(`select payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id
      where identifier = '${task}' order by j.id`)
  ).map(({ payload }) => payload);
/** What people are told of appointments. */
const told = async () =>
  (await db.$client.query<Happened>(`select ${happenedColumns} from events e order by e.id`)).rows.flatMap(
    (event) => toldOf(event) ?? [],
  );

describe('a slot is taken', () => {
  test.each(['pending', 'confirmed'])('while a %s appointment holds it', async (status) => {
    await publish();
    await book(1, status);
    expect(await slots()).toEqual(['1 taken']);
    await change("status = 'cancelled'");
    expect(await slots()).toEqual(['1']);
    await book(1, status);
    expect(await slots()).toEqual(['1 taken']);
  });

  test('by no cancelled one, and by no change of another field', async () => {
    await publish();
    await book(1, 'cancelled');
    expect(await slots()).toEqual(['1']);
    await book(1);
    await run("update appointments set cancel_reason = 'late' where status = 'cancelled'");
    await run("update appointments set status = 'confirmed' where status = 'pending'");
    expect(await slots()).toEqual(['1 taken']);
  });

  test('no more once its appointment has moved, whose new slot is', async () => {
    await publishTwo();
    await book(1, 'confirmed');
    await moveTo(2, "status = 'pending',");
    expect(await slots()).toEqual(['1', '2 taken']);
    // And into one that is taken nobody moves.
    await run(`insert into patient_profiles (id) values (2) on conflict do nothing`);
    await run(`insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
      select doctor_id, 2, id, date, start_time, end_time, 2 from timeslots where id = 1`);
    await expect(moveTo(1)).rejects.toMatchObject({ constraint: 'appointments_one_active_per_slot' });
    expect(await slots()).toEqual(['1 taken', '2 taken']);
  });

  test('and held no longer, once it is booked', async () => {
    await publish();
    await run('update timeslots set held_by = 3, held_until = now()');
    await book(1);
    expect(await slots()).toEqual(['1 taken']);
  });
});

describe('timeslot_is_open_to', () => {
  test.each([
    ['free', 'null', 'null', 'false', true],
    ['waitlisted and not offered yet', 'null', 'null', 'true', false],
    ['held by them', '3', "'2026-03-10 10:00:01Z'", 'false', true],
    ['held by another', '5', "'2026-03-10 10:00:01Z'", 'false', false],
    ['held by another until this moment', '5', "'2026-03-10 10:00:00Z'", 'false', true],
    ['offered to them', '3', "'2026-03-10 10:00:01Z'", 'true', true],
    ['offered to another', '5', "'2026-03-10 10:00:01Z'", 'true', false],
    ['offered to them until this moment', '3', "'2026-03-10 10:00:00Z'", 'true', false],
  ])('what is %s', async (_, by, until, waitlisted, expected) => {
    const [row] = await rows(
      `select timeslot_is_open_to(${by}, ${until}, ${waitlisted}, 3, '2026-03-10 10:00:00Z') as open`,
    );
    expect(row.open).toBe(expected);
  });
});

describe('what the waiting list wants', () => {
  test.each([
    ['its doctor', ['doctor_id', '1'], true],
    ['another doctor', ['doctor_id', '2'], false],
    ['the specialization, however it is written', ['specialization', "'KARDIOLOG'"], true],
    ['another specialization', ['specialization', "'Lor'"], false],
    ['times around it', ['doctor_id', '1', "'10:00', '10:30'"], true],
    ['any time', ['doctor_id', '1', 'null, null'], true],
    ['later times', ['doctor_id', '1', "'10:01', null"], false],
    ['earlier times', ['doctor_id', '1', "null, '10:29'"], false],
  ] as [string, [string, string, string?], boolean][])('%s: %j', async (_, wish, wanted) => {
    await wait(...wish);
    await publish();
    expect(await slots()).toEqual([wanted ? '1 waitlisted' : '1']);
    expect(await jobs('offer_waitlist')).toEqual(wanted ? [{}] : []);
  });

  test('is kept for it when it is freed: cancelled, or moved away from', async () => {
    await publishTwo();
    await book(1);
    await wait();
    await moveTo(2);
    expect(await slots()).toEqual(['1 waitlisted', '2 taken']);
    await change("status = 'cancelled'");
    expect(await slots()).toEqual(['1 waitlisted', '2 waitlisted']);
    expect(await jobs('offer_waitlist')).toEqual([{}, {}]);
  });

  test('only while somebody waits, and not while data is loaded quietly', async () => {
    await wait();
    await run("update waitlist_entries set status = 'left'");
    await publish();
    await run("update waitlist_entries set status = 'waiting'");
    await run(
      `set clinic.quiet = 'on'; ${`insert into timeslots (doctor_id, date, start_time, end_time)
      values (1, '2026-03-10', '12:00', '12:30')`}; reset clinic.quiet`,
    );
    expect(await slots()).toEqual(['1', '2']);
    expect(await jobs('offer_waitlist')).toEqual([]);
  });

  test('is theirs by booking it in whichever way', async () => {
    await wait();
    await publish();
    await run("update timeslots set held_by = 3, held_until = now() + interval '1 hour'");
    await run("update waitlist_entries set status = 'offered'");
    await run(
      'insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at) values (1, 1, now(), now())',
    );
    await book(1);
    expect(await slots()).toEqual(['1 taken']);
    expect(await rows('select status, appointment_id from waitlist_entries')).toEqual([
      { status: 'booked', appointment_id: 1 },
    ]);
    expect(await rows('select outcome from waitlist_offers')).toEqual([{ outcome: 'accepted' }]);
  });
});

describe('an offer of the waiting list', () => {
  const offered = async () => {
    await wait();
    await publish();
    await run("update timeslots set held_by = 3, held_until = '2026-03-01 10:00Z'");
    await run("update waitlist_entries set status = 'offered'");
    await run(`insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at)
      values (1, 1, '2026-03-01 09:45Z', '2026-03-01 10:00Z')`);
  };
  const told = async () => (await jobs('waitlist_event')).map(({ offer, event }) => [offer, event]);

  test('goes with its slot, and whoever had it waits on', async () => {
    await offered();
    await run('delete from timeslots');
    expect(await rows('select status from waitlist_entries')).toEqual([{ status: 'waiting' }]);
    expect(await rows('select outcome, timeslot_id from waitlist_offers')).toEqual([
      { outcome: 'withdrawn', timeslot_id: null },
    ]);
    expect(await told()).toEqual([
      [1, 'offered'],
      [1, 'withdrawn'],
    ]);
  });

  test.each([
    ['lapsed', [1, 'lapsed']],
    ['declined', undefined],
  ])('that is %s is told once, if at all', async (outcome, event) => {
    await offered();
    await run(`update waitlist_offers set outcome = '${outcome}'`);
    await run('update waitlist_offers set expires_at = now()');
    expect(await told()).toEqual([[1, 'offered'], ...(event ? [event] : [])]);
  });
});

describe('an appointment', () => {
  const history = async () =>
    (await rows('select kind, by, details from appointment_happened order by id')).map(
      ({ kind, by, details }) => [kind, by, details],
    );

  test('counts every change, and writes down what happened and by whom', async () => {
    await publishTwo();
    await book(1);
    expect(await history()).toEqual([]);
    await change("status = 'confirmed', updated_by = 1");
    await change("updated_by = 4, attendance = 'arrived', attendance_marked_at = now()");
    await change('attendance = null, attendance_marked_at = null, updated_by = 1');
    await moveTo(2, "status = 'pending', updated_by = 3,");
    await change('cancel_reason = null');
    await change("status = 'cancelled', cancelled_by = 4, updated_by = 3");
    const times = (start_time: string, end_time: string) => ({ date: '2026-03-10', start_time, end_time });
    expect(await history()).toEqual([
      ['confirmed', 1, {}],
      ['arrived', 4, {}],
      ['mark_taken_back', 1, {}],
      ['moved', 3, { from: times('10:00', '10:30'), to: times('11:00', '11:30') }],
      ['cancelled', 4, {}],
    ]);
    expect(await rows('select version from appointments')).toEqual([{ version: 7 }]);
  });

  test.each([
    ['the day', "date = '2026-03-11'"],
    ['the start', "start_time = '10:30'"],
    ['the end', "end_time = '12:00'"],
    ['the doctor', 'doctor_id = 2'],
  ])('moves to nothing that differs from its new slot in %s', async (_, differing) => {
    await publishTwo();
    await book(1);
    const times = { "date = '2026-03-11'": '', 'doctor_id = 2': '' };
    const rest = differing in times ? "start_time = '11:00', end_time = '11:30'," : '';
    await expect(change(`timeslot_id = 2, ${rest} ${differing}`)).rejects.toMatchObject({
      constraint: 'appointments_move_whole',
    });
  });

  test('moves to a slot of another doctor with that doctor, and nowhere once it is cancelled', async () => {
    await publishTwo();
    await publish("'11:00', '11:30'", 2);
    await book(1);
    await expect(moveTo(3)).rejects.toMatchObject({ constraint: 'appointments_move_whole' });
    await moveTo(3, 'doctor_id = 2,');
    await change("status = 'cancelled'");
    await expect(moveTo(2)).rejects.toMatchObject({ constraint: 'appointments_move_whole' });
  });

  test('goes back to pending with a move and with nothing else', async () => {
    await publishTwo();
    await book(1, 'confirmed');
    await expect(change("status = 'pending'")).rejects.toMatchObject({
      constraint: 'appointments_status_moves',
    });
    await moveTo(2, "status = 'pending',");
    expect(await rows('select status from appointments')).toEqual([{ status: 'pending' }]);
  });

  test('tells of a move where it was, and of a slot that is withdrawn nothing', async () => {
    await publishTwo();
    await book(1);
    await moveTo(2);
    await change("status = 'cancelled'");
    await run('delete from timeslots');
    expect(await told()).toEqual([
      {
        appointment: 1,
        event: 'booked',
        status: 'pending',
        version: 1,
        by: 3,
        to: { date: '2026-03-10', start_time: '10:00' },
      },
      {
        appointment: 1,
        event: 'moved',
        status: 'pending',
        version: 2,
        by: null,
        from: { date: '2026-03-10', start_time: '10:00' },
        to: { date: '2026-03-10', start_time: '11:00' },
      },
      {
        appointment: 1,
        event: 'cancelled',
        by: null,
        version: 3,
        was: 'pending',
        to: { date: '2026-03-10', start_time: '11:00' },
      },
    ]);
  });

  test('expires by the system only, gives its slot back, and can lose it; nothing leaves it', async () => {
    await publishTwo();
    await book(1);
    for (const other of ["status = 'expired', updated_by = 3", "status = 'expired', cancelled_by = 3"])
      await expect(change(other), other).rejects.toMatchObject({
        constraint: other.includes('cancelled_by')
          ? 'appointments_cancelled_by_somebody'
          : 'appointments_status_moves',
      });
    await change("status = 'expired', updated_by = null");
    expect(await rows('select is_taken, is_waitlisted from timeslots where id = 1')).toEqual([
      { is_taken: false, is_waitlisted: false },
    ]);
    expect((await rows('select kind, by from appointment_happened order by id')).at(-1)).toEqual({
      kind: 'expired',
      by: null,
    });
    for (const status of ['pending', 'confirmed', 'cancelled'])
      await expect(change(`status = '${status}'`)).rejects.toMatchObject({
        constraint: 'appointments_status_moves',
      });
    await expect(moveTo(2)).rejects.toMatchObject({ constraint: 'appointments_move_whole' });
    await run('delete from timeslots where id = 1');
    expect(await rows('select timeslot_id from appointments')).toEqual([{ timeslot_id: null }]);
    // Booked, expired: of the slot that went nothing is told.
    expect((await told()).map(({ event }) => event)).toEqual(['booked', 'expired']);
  });

  test('that its patient’s arrival confirms is told to nobody', async () => {
    await publish();
    await book(1);
    await change("status = 'confirmed', attendance = 'arrived', attendance_marked_at = now()");
    expect((await told()).map(({ event }) => event)).toEqual(['booked']);
    expect(await rows('select kind from appointment_happened order by id')).toEqual([
      { kind: 'confirmed' },
      { kind: 'arrived' },
    ]);
  });

  test('has a history that nobody changes', async () => {
    await publish();
    await book(1);
    await run("insert into appointment_events (appointment_id, kind) values (1, 'confirmed')");
    await expect(run('update appointment_events set by = 3')).rejects.toMatchObject({
      constraint: 'appointment_events_append_only',
    });
  });
});

test('a changed policy is announced when it commits', async () => {
  const listener = new pg.Client({ connectionString: url });
  await listener.connect();
  const heard: string[] = [];
  listener.on('notification', ({ channel }) => heard.push(channel));
  await listener.query('listen settings_changed');
  await run('update clinic_settings set min_notice_minutes = 30');
  await vi.waitFor(() => expect(heard).toEqual(['settings_changed']), 30_000);
  await listener.end();
});
