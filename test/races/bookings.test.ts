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
  provesRules,
  rounds,
  tally,
} from '../helpers/races.ts';

const ROUNDS = rounds(25);

let clinic: Arena;
let admins: [Member, Member];
let doctors: [Member, Member, Member];
let patients: Member[];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  admins = (await clinic.crowd('admin', 2)) as [Member, Member];
  doctors = (await clinic.crowd('doctor', 3)) as [Member, Member, Member];
  patients = await clinic.crowd('patient', 4);
});
afterAll(() => clinic.close());
// Every race starts from an empty calendar.
afterEach(async () => {
  await provesRules(clinic.db);
  await empty(clinic.db, 'timeslots', 'appointments');
});

const stored = async (appointment: number) => {
  const { rows } = await clinic.db.$client.query<{ status: string; cancelled_by: number | null }>(
    'select status, cancelled_by from appointments where id = $1',
    [appointment],
  );
  return rows[0];
};

/** A pending appointment of the first patient with the first doctor. */
async function pending(round: number): Promise<number> {
  const timeslot = await clinic.publish(doctors[0], dayOf(round), '10:00', '10:30');
  const booked = await clinic.ask(patients[0], 'POST', '/appointments/', { timeslot });
  expect(outcome(booked)).toBe('201');
  return booked.body.id ?? 0;
}

test('of overlapping slots published at once by a doctor and two admins one stands', async () => {
  const [doctor] = doctors;
  for (let round = 0; round < ROUNDS; round += 1) {
    const date = dayOf(round);
    const answers = await atOnce(
      round,
      (at) => clinic.ask(doctor, 'POST', '/timeslots/', { date, start_time: '10:00', end_time: '10:30' }, at),
      ...admins.flatMap((admin) =>
        [
          ['10:00', '10:30'],
          ['10:15', '11:00'],
          ['09:00', '12:00'],
        ].map(
          ([start_time, end_time]) =>
            (at: number) =>
              clinic.ask(admin, 'POST', '/timeslots/', { doctor: doctor.id, date, start_time, end_time }, at),
        ),
      ),
    );
    expect(tally(answers)).toEqual({ '201': 1, '409 slot_overlap': 6 });
  }
  const { rows } = await clinic.db.$client.query('select count(*)::integer as count from timeslots');
  expect(rows).toEqual([{ count: ROUNDS }]);
});

test('of three slots in a chain the middle one stands, or both others do', async () => {
  const [doctor] = doctors;
  const times = [
    ['10:00', '11:00'],
    ['10:30', '11:30'],
    ['11:00', '12:00'],
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    const date = dayOf(round);
    const answers = await atOnce(
      round,
      ...times.map(
        ([start_time, end_time]) =>
          (at: number) =>
            clinic.ask(doctor, 'POST', '/timeslots/', { date, start_time, end_time }, at),
      ),
    );
    expect([
      ['201', '409 slot_overlap', '201'],
      ['409 slot_overlap', '201', '409 slot_overlap'],
    ]).toContainEqual(answers.map(outcome));
  }
});

test('a slot is booked or deleted, never both', async () => {
  const [doctor] = doctors;
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await clinic.publish(doctor, dayOf(round), '10:00', '10:30');
    const remove = round % 2 === 0 ? doctor : admins[0];
    const answers = await atOnce(
      round,
      (at) => clinic.ask(patients[0], 'POST', '/appointments/', { timeslot }, at),
      (at) => clinic.ask(remove, 'DELETE', `/timeslots/${timeslot}/`, undefined, at),
    );
    const [booked, deleted] = answers.map(outcome);
    const ended = `${booked}, ${deleted}`;
    expect(['201, 409 slot_booked', '404 timeslot_not_found, 204']).toContain(ended);
    seen[ended] = (seen[ended] ?? 0) + 1;
    const { rows } = await clinic.db.$client.query(
      'select (select count(*) from timeslots where id = $1) as slots, count(*) as active from appointments where timeslot_id = $1',
      [timeslot],
    );
    expect(rows).toEqual([booked === '201' ? { slots: 1, active: 1 } : { slots: 0, active: 0 }]);
  }
  // Else this raced nobody.
  expect(Object.keys(seen)).toHaveLength(2);
});

test('a patient who cancels while the doctor confirms is out, whatever the doctor was told', async () => {
  const confirm = { status: 'confirmed' };
  for (let round = 0; round < ROUNDS; round += 1) {
    const appointment = await pending(round);
    const path = `/appointments/${appointment}/`;
    const [cancelled, confirmed] = await atOnce(
      round,
      (at) => clinic.ask(patients[0], 'DELETE', path, undefined, at),
      (at) => clinic.ask(doctors[0], 'PATCH', path, confirm, at),
    );
    expect(outcome(cancelled)).toBe('204');
    expect(['200', '409 already_decided']).toContain(outcome(confirmed));
    if (confirmed.status === 200) expect(confirmed.body.status).toBe('confirmed');
    expect(await stored(appointment)).toEqual({ status: 'cancelled', cancelled_by: patients[0]?.id });
  }
});

test('a patient who cancels while the doctor declines hears 204, and the one who came first did it', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const appointment = await pending(round);
    const path = `/appointments/${appointment}/`;
    const [cancelled, declined] = await atOnce(
      round,
      (at) => clinic.ask(patients[0], 'DELETE', path, undefined, at),
      (at) => clinic.ask(doctors[0], 'PATCH', path, { status: 'cancelled' }, at),
    );
    expect(outcome(cancelled)).toBe('204');
    expect(['200', '409 already_decided']).toContain(outcome(declined));
    const by = declined.status === 200 ? doctors[0] : patients[0];
    expect(await stored(appointment)).toEqual({ status: 'cancelled', cancelled_by: by?.id });
  }
});

test('of four decisions at once one counts', async () => {
  const [doctor] = doctors;
  for (let round = 0; round < ROUNDS; round += 1) {
    const appointment = await pending(round);
    const path = `/appointments/${appointment}/`;
    const decisions = [
      { by: doctor, status: 'confirmed' },
      { by: doctor, status: 'cancelled' },
      { by: admins[0], status: 'confirmed' },
      { by: admins[1], status: 'confirmed' },
    ];
    const answers = await atOnce(
      round,
      ...decisions.map(
        ({ by, status }) =>
          (at: number) =>
            clinic.ask(by, 'PATCH', path, { status }, at),
      ),
    );
    expect(tally(answers)).toEqual({ '200': 1, '409 already_decided': 3 });
    const winner = decisions[answers.findIndex(({ status }) => status === 200)];
    expect(await stored(appointment)).toEqual({
      status: winner?.status,
      cancelled_by: winner?.status === 'cancelled' ? doctor.id : null,
    });
  }
});

test('a patient who books overlapping slots of three doctors at once gets one', async () => {
  const times = [
    ['10:00', '10:30'],
    ['10:00', '11:00'],
    ['09:30', '10:15'],
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    const slots = await Promise.all(
      doctors.map((doctor, index) =>
        clinic.publish(doctor, dayOf(round), times[index]?.[0] ?? '', times[index]?.[1] ?? ''),
      ),
    );
    const [patient] = patients;
    const answers = await atOnce(
      round,
      ...slots.map(
        (timeslot, index) => (at: number) =>
          index === 2
            ? clinic.ask(admins[0], 'POST', '/appointments/', { timeslot, patient: patient?.id }, at)
            : clinic.ask(patient, 'POST', '/appointments/', { timeslot }, at),
      ),
    );
    expect(tally(answers)).toEqual({ '201': 1, '409 patient_busy': 2 });
  }
});

test('a slot that is cancelled while others book it goes to one of them at most', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await clinic.publish(doctors[0], dayOf(round), '10:00', '10:30');
    const first = await clinic.ask(patients[0], 'POST', '/appointments/', { timeslot });
    const path = `/appointments/${first.body.id}/`;
    const [cancelled, ...booked] = await atOnce(
      round,
      (at) => clinic.ask(patients[0], 'DELETE', path, undefined, at),
      ...patients
        .slice(1)
        .map((patient) => (at: number) => clinic.ask(patient, 'POST', '/appointments/', { timeslot }, at)),
    );
    expect(outcome(cancelled)).toBe('204');
    const winners = booked.filter(({ status }) => status === 201).length;
    expect(winners).toBeLessThanOrEqual(1);
    expect(tally(booked.filter(({ status }) => status !== 201))).toEqual({ '409 slot_taken': 3 - winners });
    const slot = await clinic.ask(doctors[0], 'GET', `/timeslots/${timeslot}/`);
    expect(slot.body.is_available).toBe(winners === 0);
  }
});
