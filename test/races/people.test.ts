import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { PASSWORD } from '../helpers/app.ts';
import {
  type Arena,
  arena,
  atOnce,
  dayOf,
  drag,
  type Member,
  outcome,
  provesErasedAreGone,
  provesRules,
  rounds,
  tally,
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
afterEach(async () => {
  await provesRules(clinic.db);
  await provesErasedAreGone(clinic);
});

const people = async <Count extends number>(role: Member['role'], count: Count) =>
  (await clinic.crowd(role, count)) as Count extends 1 ? [Member] : [Member, Member, ...Member[]];

const login = (person: Pick<Member, 'username'>, at: number) =>
  clinic.ask(undefined, 'POST', '/auth/login/', { username: person.username, password: PASSWORD }, at);
const refresh = (token: string | undefined, at: number) =>
  clinic.ask(undefined, 'POST', '/auth/token/refresh/', { refresh: token }, at);
const me = (token: string | undefined, at: number) =>
  clinic.ask({ token: token ?? '' }, 'GET', '/auth/me/', undefined, at);

const SHUT = '401 session_ended';

/** The instance that was not asked hears of an ended session from the database. */
const hears = (token: string | undefined, at: number) =>
  vi.waitFor(async () => expect(outcome(await me(token, at))).toBe(SHUT), { timeout: 30_000, interval: 5 });

test('once a deactivation is answered, no token of that person serves on either instance', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [patient] = await people('patient', 1);
    const [doctor] = await people('doctor', 1);
    const timeslot = await clinic.publish(doctor, dayOf(round), '10:00', '10:30');
    const { body: first } = await login(patient, 0);
    const asked = round % 2;
    const [deactivated, signedIn, refreshed, read, booked] = await Promise.all([
      clinic
        .ask(admins[0], 'PATCH', `/users/${patient.id}/`, { is_active: false, upcoming: 'cancel' }, asked)
        .then(async (answer) => {
          // On the instance that answered there is not a moment's delay.
          expect(outcome(await me(first.access, asked))).toBe(SHUT);
          return answer;
        }),
      login(patient, round % 3 === 0 ? 0 : 1),
      refresh(first.refresh, round % 5 === 0 ? 0 : 1),
      me(first.access, 1 - asked),
      clinic.ask({ token: first.access ?? '' }, 'POST', '/appointments/', { timeslot }, 1),
    ]);
    expect(outcome(deactivated)).toBe('200');
    expect(['200', '403 account_inactive']).toContain(outcome(signedIn));
    expect(['200', '401 invalid_refresh_token']).toContain(outcome(refreshed));
    expect(['200', SHUT]).toContain(outcome(read));
    expect(['201', SHUT, '404 patient_not_found']).toContain(outcome(booked));

    const tokens = [patient.token, first.access, signedIn.body.access, refreshed.body.access];
    for (const token of tokens.filter((given) => given !== undefined)) {
      expect(outcome(await me(token, asked))).toBe(SHUT);
      await hears(token, 1 - asked);
    }
    for (const { body } of [{ body: first }, signedIn, refreshed])
      if (body.refresh !== undefined)
        expect(outcome(await refresh(body.refresh, 1 - asked))).toBe('401 invalid_refresh_token');
    expect(outcome(await login(patient, 1 - asked))).toBe('403 account_inactive');
  }
  const { rows } = await clinic.db.$client.query(
    'select s.id from sessions s join users u on u.id = s.user_id and not u.is_active where s.ended_at is null',
  );
  expect(rows).toEqual([]);
});

test('of two uses of one refresh token at once both get the same one, until it is used', async () => {
  const [patient] = await people('patient', 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    const { body } = await login(patient, 0);
    const answers = await atOnce(
      round,
      (at) => refresh(body.refresh, at),
      (at) => refresh(body.refresh, at),
    );
    // Two tabs of one client, or an answer that was lost: nobody can tell yet.
    expect(tally(answers)).toEqual({ '200': 2 });
    const next = answers[0].body.refresh;
    expect(answers[1].body.refresh).toBe(next);
    const [used, repeated] = await atOnce(
      round,
      (at) => refresh(next, at),
      (at) => refresh(body.refresh, at),
    );
    expect(outcome(used)).toBe('200');
    expect(['200', '401 invalid_refresh_token']).toContain(outcome(repeated));
    if (repeated.status === 200) expect(repeated.body.refresh).toBe(next);
    // What was given is in use: the first token is in a second hand. Nobody knows whose it is, so both are out.
    expect(outcome(await refresh(body.refresh, 1))).toBe('401 invalid_refresh_token');
    expect(outcome(await refresh(used.body.refresh, 0))).toBe('401 invalid_refresh_token');
    for (const access of [used.body.access, ...answers.map(({ body: given }) => given.access)]) {
      await hears(access, 0);
      await hears(access, 1);
    }
  }
});

test('a patient who is erased while booking keeps no visit ahead', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [patient] = await people('patient', 1);
    const [doctor, other] = await people('doctor', 2);
    const slots = [
      await clinic.publish(doctor, dayOf(round), '10:00', '10:30'),
      await clinic.publish(other, dayOf(round), '11:00', '11:30'),
    ];
    const [erased, ...booked] = await atOnce(
      round,
      (at) => clinic.ask(admins[0], 'DELETE', `/users/${patient.id}/`, { password: PASSWORD }, at),
      (at) => clinic.ask(patient, 'POST', '/appointments/', { timeslot: slots[0] }, at),
      (at) =>
        clinic.ask(admins[1], 'POST', '/appointments/', { timeslot: slots[1], patient: patient.id }, at),
    );
    expect(outcome(erased)).toBe('204');
    for (const answer of booked) {
      expect(['201', '404 patient_not_found', SHUT]).toContain(outcome(answer));
      seen.add(String(answer.status));
    }
    await provesErasedAreGone(clinic);
    for (const timeslot of slots) {
      const slot = await clinic.ask(admins[0], 'GET', `/timeslots/${timeslot}/`);
      expect(slot.body.is_available).toBe(true);
    }
  }
  expect(seen).toContain('201');
  expect(seen).toContain('404');
});

test('a doctor who is erased while others book and publish keeps neither visit nor slot ahead', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [doctor] = await people('doctor', 1);
    const [patient, other] = await people('patient', 2);
    const date = dayOf(round);
    const slots = [
      await clinic.publish(doctor, date, '10:00', '10:30'),
      await clinic.publish(doctor, date, '10:30', '11:00'),
    ];
    const late = { date, start_time: '12:00', end_time: '12:30' };
    const [erased, published, byAdmin, ...booked] = await atOnce(
      round,
      (at) => clinic.ask(admins[0], 'DELETE', `/users/${doctor.id}/`, { password: PASSWORD }, at),
      (at) => clinic.ask(doctor, 'POST', '/timeslots/', late, at),
      (at) =>
        clinic.ask(
          admins[1],
          'POST',
          '/timeslots/',
          { ...late, start_time: '13:00', end_time: '13:30', doctor: doctor.id },
          at,
        ),
      (at) => clinic.ask(patient, 'POST', '/appointments/', { timeslot: slots[0] }, at),
      (at) => clinic.ask(other, 'POST', '/appointments/', { timeslot: slots[1] }, at),
    );
    expect(outcome(erased)).toBe('204');
    expect(['201', '404 doctor_not_found', SHUT]).toContain(outcome(published));
    expect(['201', '404 doctor_not_found']).toContain(outcome(byAdmin));
    for (const answer of booked) {
      expect(['201', '404 timeslot_not_found']).toContain(outcome(answer));
      seen.add(String(answer.status));
    }
    await provesErasedAreGone(clinic);
  }
  expect(seen).toContain('201');
  expect(seen).toContain('404');
});

test('patients and their doctors who are erased all at once are all erased', async () => {
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    const doctors = await people('doctor', 3);
    const patients = await people('patient', 3);
    for (const [row, doctor] of doctors.entries())
      for (const [column, patient] of patients.entries()) {
        const hour = 8 + ((row + column) % 3);
        const timeslot = await clinic.publish(doctor, dayOf(round), `${hour}:00`, `${hour}:30`);
        expect(outcome(await clinic.ask(patient, 'POST', '/appointments/', { timeslot }))).toBe('201');
      }
    const answers = await atOnce(
      round,
      ...[...doctors, ...patients].map(
        ({ id }, index) =>
          (at: number) =>
            clinic.ask(admins[index % 2], 'DELETE', `/users/${id}/`, { password: PASSWORD }, at),
      ),
    );
    expect(tally(answers)).toEqual({ '204': 6 });
    await provesErasedAreGone(clinic);
  }
});

test('a doctor becomes a patient or is booked, never both', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [doctor] = await people('doctor', 1);
    const [patient] = await people('patient', 1);
    const date = dayOf(round);
    const timeslot = await clinic.publish(doctor, date, '10:00', '10:30');
    const [changed, booked, published] = await atOnce(
      round,
      (at) => clinic.ask(admins[0], 'PATCH', `/users/${doctor.id}/`, { role: 'patient' }, at),
      (at) => clinic.ask(patient, 'POST', '/appointments/', { timeslot }, at),
      (at) => clinic.ask(doctor, 'POST', '/timeslots/', { date, start_time: '11:00', end_time: '11:30' }, at),
    );
    const ended = `${outcome(changed)}, ${outcome(booked)}`;
    expect(['200, 404 timeslot_not_found', '409 role_in_use, 201']).toContain(ended);
    expect(['201', '404 doctor_not_found', SHUT]).toContain(outcome(published));
    seen.add(ended);
    const { rows } = await clinic.db.$client.query('select 1 from timeslots where doctor_id = $1', [
      doctor.id,
    ]);
    if (changed.status === 200) expect(rows).toEqual([]);
  }
  expect(seen.size).toBe(2);
});

test('of 20 registrations of one name in different cases one succeeds', async () => {
  for (let round = 0; round < 20; round += 1) {
    const name = `Name.${round}.Of.Many`;
    const answers = await atOnce(
      round,
      ...Array.from({ length: 20 }, (_, index) => (at: number) => {
        const username = [...name]
          .map((letter, place) => (place % (index + 2) === 0 ? letter.toUpperCase() : letter.toLowerCase()))
          .join('');
        return clinic.ask(
          undefined,
          'POST',
          '/auth/register/',
          { username, password: PASSWORD, role: 'patient' },
          at,
        );
      }),
    );
    expect(tally(answers)).toEqual({ '201': 1, '409 username_taken': 19 });
  }
});
