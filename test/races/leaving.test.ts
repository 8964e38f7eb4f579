import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { untilBlocked } from '../helpers/blocked.ts';
import {
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
let admins: [Member, Member];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  admins = (await clinic.crowd('admin', 2)) as [Member, Member];
});
afterAll(() => clinic.close());
afterEach(() => provesRules(clinic.db));

const one = async (role: Member['role']) => (await clinic.crowd(role, 1))[0] as Member;
const publish = (doctor: Member, round: number, hour: string) =>
  clinic.publish(doctor, dayOf(round), `${hour}:00`, `${hour}:30`);
const book = (by: Member, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot }, at);
const move = (by: Member, appointment: number, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', `/appointments/${appointment}/reschedule/`, { timeslot }, at);
const putOut = (person: Member, upcoming: 'cancel' | 'keep' | undefined, at?: number, by = admins[0]) =>
  clinic.ask(by, 'PATCH', `/users/${person.id}/`, { is_active: false, ...(upcoming && { upcoming }) }, at);

/** The active visits ahead of somebody, as patient or as doctor. */
async function ahead(person: Member): Promise<number> {
  const { rows } = await clinic.db.$client.query(
    "select from appointments where $1 in (doctor_id, patient_id) and status in ('pending', 'confirmed')",
    [person.id],
  );
  return rows.length;
}
const specialize = (doctors: readonly Member[]) =>
  clinic.db.$client.query("update doctor_profiles set specialization = 'Lor' where id = any ($1)", [
    doctors.map(({ id }) => id),
  ]);

/**
 * Does something in a transaction of its own that has a slot locked, lets `meanwhile` begin and wait for it, and commits.
 */
async function holding<Done>(
  timeslot: number,
  work: string,
  values: unknown[],
  meanwhile: () => Promise<Done>,
): Promise<Done> {
  const client = await clinic.db.$client.connect();
  try {
    await client.query('begin');
    await client.query('select from timeslots where id = $1 for update', [timeslot]);
    const done = meanwhile();
    await untilBlocked(clinic.db.$client);
    await client.query(work, values);
    await client.query('commit');
    return await done;
  } finally {
    client.release();
  }
}

/** What a booking or a move meets whose doctor is put out, or its patient, at the same time. */
const MET = [
  '200',
  '201',
  '404 timeslot_not_found',
  '404 patient_not_found',
  '401 session_ended',
  '409 already_decided',
];

test('no visit survives the deactivation of its doctor with `cancel`, not even one that is booked, moved or confirmed meanwhile', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const doctor = await one('doctor');
    const [booker, mover, waiter] = [await one('patient'), await one('patient'), await one('patient')];
    const [free, from, to, asked] = await Promise.all(
      ['10', '11', '12', '13'].map((hour) => publish(doctor, round, hour)),
    );
    const visit = (await book(mover, from ?? 0)).body.id ?? 0;
    const pending = (await book(waiter, asked ?? 0)).body.id ?? 0;
    const [out, booked, moved, confirmed] = await atOnce(
      round,
      (at) => putOut(doctor, 'cancel', at),
      (at) => book(booker, free ?? 0, at),
      (at) => move(mover, visit, to ?? 0, at),
      (at) => clinic.ask(admins[1], 'PATCH', `/appointments/${pending}/`, { status: 'confirmed' }, at),
    );
    expect(outcome(out)).toBe('200');
    for (const answer of [booked, moved, confirmed]) expect(MET).toContain(outcome(answer));
    expect(await ahead(doctor)).toBe(0);
  }
});

test('a doctor is either deactivated or booked: nobody is deactivated over a visit that the admin was not told of', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [doctor, patient] = [await one('doctor'), await one('patient')];
    const timeslot = await publish(doctor, round, '10');
    const [out, booked] = await atOnce(
      round,
      (at) => putOut(doctor, undefined, at),
      (at) => book(patient, timeslot, at),
    );
    const ended = `${outcome(out)}, ${outcome(booked)}`;
    expect(['200, 404 timeslot_not_found', '409 has_upcoming, 201']).toContain(ended);
    expect(await ahead(doctor)).toBe(out.status === 200 ? 0 : 1);
  }
});

test('a visit that moves to a colleague who is being deactivated is cancelled with theirs, or stays', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [left, colleague, patient] = [await one('doctor'), await one('doctor'), await one('patient')];
    await specialize([left, colleague]);
    const [from, to] = [await publish(left, round, '10'), await publish(colleague, round, '12')];
    const visit = (await book(patient, from)).body.id ?? 0;
    expect(outcome(await putOut(left, 'keep'))).toBe('200');
    const [out, moved] = await atOnce(
      round,
      (at) => putOut(colleague, 'cancel', at, admins[1]),
      (at) => move(patient, visit, to, at),
    );
    expect(outcome(out)).toBe('200');
    expect(['200', '404 timeslot_not_found']).toContain(outcome(moved));
    expect(await ahead(colleague)).toBe(0);
    expect(await ahead(left)).toBe(moved.status === 200 ? 0 : 1);
  }
});

test('no visit survives the deactivation of its patient with `cancel`, while its doctor is deactivated as well', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [doctor, patient] = [await one('doctor'), await one('patient')];
    const hours = ['10', '11', '12', '13'];
    const slots = await Promise.all(hours.map((hour) => publish(doctor, round, hour)));
    for (const timeslot of slots.slice(0, 2)) await book(patient, timeslot);
    const answers = await atOnce(
      round,
      (at) => putOut(patient, 'cancel', at),
      (at) => putOut(doctor, 'cancel', at, admins[1]),
      (at) => book(patient, slots[2] ?? 0, at),
      (at) =>
        clinic.ask(admins[1], 'POST', '/appointments/', { timeslot: slots[3], patient: patient.id }, at),
    );
    expect(answers.slice(0, 2).map(outcome)).toEqual(['200', '200']);
    for (const answer of answers.slice(2)) expect(MET).toContain(outcome(answer));
    expect([await ahead(patient), await ahead(doctor)]).toEqual([0, 0]);
  }
});

describe('whoever waited for the slot', () => {
  const OUT = 'update users set is_active = false where id = $1';

  test('books nothing of a doctor who was put out meanwhile', async () => {
    const [doctor, patient] = [await one('doctor'), await one('patient')];
    const timeslot = await publish(doctor, 400, '10');
    const booked = await holding(timeslot, OUT, [doctor.id], () => book(patient, timeslot));
    expect(outcome(booked)).toBe('404 timeslot_not_found');
    expect(await ahead(doctor)).toBe(0);
  });

  test('moves nothing to them', async () => {
    const [doctor, patient] = [await one('doctor'), await one('patient')];
    const [from, to] = [await publish(doctor, 401, '10'), await publish(doctor, 401, '12')];
    const visit = (await book(patient, from)).body.id ?? 0;
    const moved = await holding(to, OUT, [doctor.id], () => move(patient, visit, to));
    expect(outcome(moved)).toBe('404 timeslot_not_found');
    const { body } = await clinic.ask(patient, 'GET', `/appointments/${visit}/`);
    expect(body.timeslot).toBe(from);
  });

  test.each([
    ['cancel', '200', 0],
    ['keep', '200', 1],
    [undefined, '409 has_upcoming', 1],
  ] as const)('puts a doctor out with what was booked meanwhile: %s', async (upcoming, ended, left) => {
    const [doctor, patient] = [await one('doctor'), await one('patient')];
    const timeslot = await publish(doctor, 402, '10');
    const insert = `insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
      select doctor_id, $2, id, date, start_time, end_time, $2 from timeslots where id = $1`;
    const out = await holding(timeslot, insert, [timeslot, patient.id], () => putOut(doctor, upcoming));
    expect(outcome(out)).toBe(ended);
    expect(await ahead(doctor)).toBe(left);
  });
});
