import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createWorld, START, type World } from '../helpers/messages/world.ts';

let world: World;
let doctor: number;
let patient: number;
let admin: number;
let day = 0;

beforeAll(async () => {
  world = await createWorld();
  doctor = await world.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov' });
  patient = await world.person('patient', { first_name: 'Aziza', last_name: 'Karimova' });
  admin = await world.person('admin');
});
beforeEach(() => world.clock.set(START));
afterAll(() => world.close());

/** A day on which nobody has anything yet. */
function freshDay(): string {
  day += 1;
  return new Date(Date.UTC(2030, 3, day)).toISOString().slice(0, 10);
}
const book = (booked_by = patient) => world.visit(doctor, patient, { date: freshDay(), booked_by });

/** Who was told what about a visit, as `kind person`. */
async function told(visit: number): Promise<string[]> {
  const who = new Map([
    [doctor, 'doctor'],
    [patient, 'patient'],
    [admin, 'admin'],
  ]);
  const rows = await world.rows<{ kind: string; user_id: number }>(
    'select kind, user_id from notifications where appointment_id = $1 order by id',
    [visit],
  );
  return rows.map(({ kind, user_id }) => `${kind} ${who.get(user_id)}`).sort();
}

describe('an event is told', () => {
  test('to the doctor and to the patient when a visit is booked, whoever booked it', async () => {
    for (const booker of [patient, admin]) {
      const visit = await book(booker);
      await world.drain();
      expect(await told(visit)).toEqual(['booked doctor', 'booked patient']);
    }
  });

  test('to the patient when the doctor confirms the visit', async () => {
    const visit = await book();
    await world.change(visit, 'confirmed');
    await world.drain();
    expect(await told(visit)).toEqual(['booked doctor', 'booked patient', 'confirmed patient']);
  });

  test.each([
    ['the patient', () => patient, ['cancelled doctor']],
    ['the doctor', () => doctor, ['declined patient']],
    ['an admin', () => admin, ['cancelled doctor', 'cancelled patient']],
  ] as const)('cancelled by %s: the others', async (_, by, expected) => {
    const visit = await book();
    await world.drain();
    await world.change(visit, 'cancelled', by(), 'Kongress');
    await world.drain();
    expect((await told(visit)).filter((line) => !line.startsWith('booked'))).toEqual(expected);
  });

  test('to the patient as a cancellation, and not as a declined booking, when the doctor leaves the clinic', async () => {
    const leaving = await world.person('doctor');
    const visit = await world.visit(leaving, patient, { date: freshDay() });
    await world.change(visit, 'confirmed');
    await world.change(visit, 'cancelled', leaving, 'account_deleted');
    await world.db.$client.query('update users set deleted_at = now(), is_active = false where id = $1', [
      leaving,
    ]);
    await world.drain();
    expect(await told(visit)).toEqual(['booked patient', 'cancelled patient', 'confirmed patient']);
  });

  test('to the other side when one side is erased, and not to the erased person', async () => {
    const leaving = await world.person('patient');
    const visit = await world.visit(doctor, leaving, { date: freshDay() });
    await world.drain();
    await world.change(visit, 'cancelled', admin, 'account_deleted');
    await world.db.$client.query(
      'update users set deleted_at = now(), is_active = false, first_name = null where id = $1',
      [leaving],
    );
    await world.drain();
    const rows = await world.rows(
      'select kind, user_id from notifications where appointment_id = $1 order by id',
      [visit],
    );
    expect(rows.slice(2)).toEqual([{ kind: 'cancelled', user_id: doctor }]);
  });
});

test('once, also when the event comes again', async () => {
  const visit = await book();
  await world.drain();
  const before = await world.rows('select count(*) from notifications');
  for (let time = 0; time < 3; time += 1)
    await world.notifications.jobs.tasks.appointment_event({ appointment: visit, event: 'booked' });
  expect(await world.rows('select count(*) from notifications')).toEqual(before);
});

test('to nobody when its appointment does not exist', async () => {
  await world.notifications.jobs.tasks.appointment_event({ appointment: 2_000_000_000, event: 'booked' });
  await world.notifications.jobs.tasks.remind({ appointment: 2_000_000_000, lead: '24h' });
  await expect(
    world.notifications.jobs.tasks.appointment_event({ appointment: 'x', event: 'booked' }),
  ).rejects.toThrow();
});

describe('a message of a transaction', () => {
  const jobs = (task: string) =>
    world.rows<{ count: number }>(
      'select count(*)::int as count from graphile_worker.jobs where task_identifier = $1 and locked_at is null',
      [task],
    );

  test('is sent for each of 100 bookings that commit, and for none of 100 that roll back', async () => {
    const ids: number[] = [];
    const client = await world.db.$client.connect();
    for (let index = 0; index < 200; index += 1) {
      const date = freshDay();
      await client.query('begin');
      const { rows } = await client.query(
        `with slot as (
           insert into timeslots (doctor_id, date, start_time, end_time) values ($1, $2, '10:00', '10:30') returning *
         )
         insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
         select doctor_id, $3, id, date, start_time, end_time, $3 from slot returning id`,
        [doctor, date, patient],
      );
      await client.query(index % 2 === 0 ? 'commit' : 'rollback');
      if (index % 2 === 0) ids.push(rows[0].id);
    }
    client.release();
    const [before] = await world.rows<{ count: number }>('select count(*)::int as count from notifications');
    await world.drain();
    const [after] = await world.rows<{ count: number }>('select count(*)::int as count from notifications');
    expect(after?.count).toBe((before?.count ?? 0) + 200);
    for (const id of ids) expect(await told(id)).toEqual(['booked doctor', 'booked patient']);
  });

  test('leaves nothing behind when the transaction rolls back', async () => {
    const message = { user_id: patient, kind: 'password_changed', key: 'rolled-back' } as const;
    await expect(
      world.db.transaction(async (tx) => {
        await world.notifications.telling.enqueue(tx, message);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await world.rows('select from notifications where key like $1', ['rolled-back%'])).toEqual([]);
    expect(await jobs('send_message')).toEqual([{ count: 0 }]);
  });

  test('data can be loaded in bulk without telling anybody', async () => {
    const client = await world.db.$client.connect();
    await client.query('begin');
    await client.query("select set_config('clinic.quiet', 'on', true)");
    await client.query(
      `with slot as (
         insert into timeslots (doctor_id, date, start_time, end_time) values ($1, $2, '10:00', '10:30') returning *
       )
       insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
       select doctor_id, $3, id, date, start_time, end_time, $3 from slot`,
      [doctor, freshDay(), patient],
    );
    await client.query('commit');
    client.release();
    const [before] = await world.rows('select count(*)::int from notifications');
    await world.drain();
    expect(await world.rows('select count(*)::int from notifications')).toEqual([before]);
  });
});

describe('planned reminders', () => {
  const planned = (visit: number) =>
    world.rows<{ key: string; run_at: string }>(
      `select key, run_at from graphile_worker.jobs where key like 'remind:' || $1::int || ':%' order by run_at`,
      [visit],
    );

  test('stand 24 h and 2 h before the visit, and are taken back when it is cancelled', async () => {
    const visit = await world.visit(doctor, patient, { date: '2030-03-12', time: '10:00' });
    await world.drain();
    expect(await planned(visit)).toEqual([
      { key: `remind:${visit}:24h`, run_at: '2030-03-11T05:00:00.000Z' },
      { key: `remind:${visit}:2h`, run_at: '2030-03-12T03:00:00.000Z' },
    ]);
    await world.change(visit, 'cancelled', patient);
    await world.drain();
    expect(await planned(visit)).toEqual([]);
  });

  test('are left out where their moment has passed', async () => {
    world.clock.set('2030-03-13T00:00:00Z');
    const visit = await world.visit(doctor, patient, { date: '2030-03-13', time: '10:00' });
    await world.drain();
    expect((await planned(visit)).map(({ key }) => key)).toEqual([`remind:${visit}:2h`]);
    world.clock.set('2030-03-14T04:30:00Z');
    const soon = await world.visit(doctor, patient, { date: '2030-03-14', time: '10:00' });
    await world.drain();
    expect(await planned(soon)).toEqual([]);
  });
});
