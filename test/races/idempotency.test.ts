import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
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

const ROUNDS = rounds(25);

let clinic: Arena;
let doctor: Member;
let patients: Member[];
beforeAll(async () => {
  clinic = await arena({ instances: 2 });
  await drag(clinic.db);
  [doctor] = (await clinic.crowd('doctor', 1)) as [Member];
  patients = await clinic.crowd('patient', 3);
});
afterEach(async () => {
  await provesRules(clinic.db);
  // An appointment and its key: both or neither.
  expect(await unmatched()).toEqual([]);
  await empty(clinic.db, 'timeslots', 'appointments', 'idempotency_keys');
});
afterAll(() => clinic.close());

const publish = (round: number, hour = '10') =>
  clinic.publish(doctor, dayOf(round), `${hour}:00`, `${hour}:30`);
const book = (by: Member | undefined, key: string, timeslot: number, at?: number) =>
  clinic.ask(by, 'POST', '/appointments/', { timeslot }, at, key);

/** Appointments without the key that each of them came with, and keys without their appointment. */
async function unmatched() {
  const { rows } = await clinic.db.$client.query(
    `select a.id, k.key from appointments a
     full join (select * from idempotency_keys where route = 'POST /api/appointments/') k
       on (k.answer->>'id')::int = a.id and k.user_id = a.patient_id
     where a.id is null or k.key is null`,
  );
  return rows;
}
const appointmentsOn = async (timeslot: number) => {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    'select id from appointments where timeslot_id = $1',
    [timeslot],
  );
  return rows.map(({ id }) => id);
};
/** Asks until it is no longer under way. */
async function settled(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (outcome(answer) !== '409 request_in_progress') return answer;
    await pause(2);
  }
}

test('of the same request sent three times at once one is carried out; the others hear the same, or to ask again', async () => {
  const [patient] = patients;
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await publish(round);
    const send = (at: number) => book(patient, `round-${round}`, timeslot, at);
    const answers = await atOnce(round, send, send, send);
    const done = answers.filter(({ status, replayed }) => status === 201 && !replayed);
    const replayed = answers.filter((answer) => answer.status === 201 && answer.replayed);
    expect(done).toHaveLength(1);
    for (const answer of replayed) expect(answer.body).toEqual(done[0]?.body);
    const others = tally(answers.filter(({ status }) => status !== 201));
    expect([{}, { '409 request_in_progress': 1 }, { '409 request_in_progress': 2 }]).toContainEqual(others);
    expect(await appointmentsOn(timeslot)).toEqual([done[0]?.body.id]);
    const again = await book(patient, `round-${round}`, timeslot);
    expect([again.replayed, again.body]).toEqual([true, done[0]?.body]);
    const ended = `${replayed.length} replayed`;
    seen[ended] = (seen[ended] ?? 0) + 1;
  }
  // Else this raced nobody.
  expect(Object.keys(seen).length).toBeGreaterThan(1);
});

test('one key for two bodies at once does one of them', async () => {
  const [patient] = patients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [ten, noon] = [await publish(round, '10'), await publish(round, '12')];
    const key = `round-${round}`;
    const answers = await atOnce(
      round,
      (at) => book(patient, key, ten, at),
      (at) => book(patient, key, noon, at),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const [lost] = answers.filter(({ status }) => status !== 201);
    expect(['409 request_in_progress', '422 idempotency_key_reused']).toContain(lost && outcome(lost));
    const [first, second] = await Promise.all([ten, noon].map(appointmentsOn));
    expect([...(first ?? []), ...(second ?? [])]).toHaveLength(1);
  }
});

test('whoever books one slot with keys at once, and again after losing the answer, knows who has it', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await publish(round);
    const answers = await atOnce(
      round,
      ...patients.flatMap((patient) => [
        (at: number) => book(patient, `round-${round}`, timeslot, at),
        (at: number) => book(patient, `round-${round}`, timeslot, 1 - at),
      ]),
    );
    for (const answer of answers)
      expect(['201', '409 slot_taken', '409 request_in_progress']).toContain(outcome(answer));
    const last = await Promise.all(
      patients.map((patient) => settled(() => book(patient, `round-${round}`, timeslot))),
    );
    expect(tally(last)).toEqual({ '201': 1, '409 slot_taken': 2 });
    const [winner] = last.filter(({ status }) => status === 201);
    expect(winner?.replayed).toBe(true);
    expect(await appointmentsOn(timeslot)).toEqual([winner?.body.id]);
  }
});

test('a connection that is cut at any moment: with the same key there is one appointment and one answer', async () => {
  const [patient] = patients;
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const timeslot = await publish(round);
    const key = `round-${round}`;
    await cutOff(round, patient, key, timeslot);
    const answer = await settled(() => book(patient, key, timeslot, round % 2));
    expect(outcome(answer)).toBe('201');
    const repeated = await settled(() => book(patient, key, timeslot, (round + 1) % 2));
    expect([repeated.replayed, repeated.body]).toEqual([true, answer.body]);
    expect(await appointmentsOn(timeslot)).toEqual([answer.body.id]);
    const ended = answer.replayed ? 'had been done' : 'had not been done';
    seen[ended] = (seen[ended] ?? 0) + 1;
  }
  expect(Object.keys(seen)).toHaveLength(2);
});

/** Sends a booking and hangs up within some milliseconds, in every third round before it is whole. */
async function cutOff(round: number, by: Member | undefined, key: string, timeslot: number): Promise<void> {
  const { hostname, port } = new URL(clinic.origins[round % 2] ?? '');
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const body = JSON.stringify({ timeslot });
  const request =
    `POST /api/appointments/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${by?.token}\r\nidempotency-key: ${key}\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  socket.write(round % 3 === 0 ? request.slice(0, -3) : request);
  await pause(Math.random() * 12);
  socket.destroy();
}
