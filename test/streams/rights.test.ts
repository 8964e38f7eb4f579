import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { receptionist } from '../helpers/desk.ts';
import { placesOf } from '../helpers/places.ts';
import { insertDependant } from '../helpers/rows.ts';
import { read, told } from './reader.ts';

let clinic: TestApp;
let doctor: Person;
let patient: Person;
let admin: Person;
const freshDay = freshDays();
/** Of one doctor on a day of its own, in the first of several branches. */
const slotOf = (one: Person, fields: { date?: string; branch?: number } = {}) =>
  clinic.slot(one, { date: freshDay(), branch: 1, ...fields });
const freshSlot = () => slotOf(doctor);

beforeAll(async () => {
  clinic = await testApp();
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

test('a stream ends with its session and says so, and another session’s goes on', async () => {
  const somebody = await clinic.person('patient');
  const stream = await read(clinic, somebody.token);
  const others = await read(clinic, patient.token);
  await clinic.as(somebody).post('/auth/logout/', {}).expect(204);
  await expect.poll(() => stream.ended()).toBe('ended');
  expect(stream.heard.at(-1)).toMatchObject({ type: 'end', data: { reason: 'session_ended' } });
  expect(others.ended()).toBe('open');
  expect((await read(clinic, somebody.token)).status).toBe(401);
  others.leave();
});

test('a stream outlives the access token that opened it', async () => {
  const stream = await read(clinic, patient.token);
  clinic.clock.set('2026-03-02T08:00:00Z');
  const visit = await clinic.book(patient, await freshSlot());
  await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${visit}.1`]);
  clinic.clock.set('2026-03-02T04:00:00Z');
  stream.leave();
});

test('a doctor who is deactivated while it is open hears the end, by whatever way it was done', async () => {
  const one = await clinic.person('doctor');
  const two = await clinic.person('doctor');
  const streams = [await read(clinic, one.token), await read(clinic, two.token)];
  await clinic.as(admin).patch(`/users/${one.id}/`, { is_active: false }).expect(200);
  await clinic.db.$client.query('update users set is_active = false where id = $1', [two.id]);
  for (const stream of streams) await expect.poll(() => stream.ended()).toBe('ended');
  expect(streams.map(({ heard }) => heard.at(-1)?.data.reason)).toEqual([
    'session_ended',
    'account_inactive',
  ]);
});

test('a receptionist’s branch that is taken away is heard of no more, and a stream of it alone ends', async () => {
  const places = placesOf(clinic, admin);
  const branch = await places.branch();
  const desk = await receptionist(clinic, [1, branch]);
  const all = await read(clinic, desk.token);
  const only = await read(clinic, desk.token, { query: '?branch=1' });
  const before = await clinic.book(patient, await freshSlot());
  await expect.poll(() => told(all.heard)).toContain(`appointment.booked ${before}.1`);
  await expect.poll(() => told(only.heard)).toContain(`appointment.booked ${before}.1`);
  await clinic.db.$client.query('delete from receptionist_branches where user_id = $1 and branch_id = 1', [
    desk.id,
  ]);
  await expect.poll(() => only.ended()).toBe('ended');
  expect(only.heard.at(-1)?.data).toEqual({ reason: 'forbidden' });
  const count = all.heard.length;
  await clinic.book(patient, await freshSlot());
  const seen = await clinic.book(patient, await slotOf(doctor, { branch }));
  await expect.poll(() => told(all.heard).at(-1)).toBe(`appointment.booked ${seen}.1`);
  expect(all.heard.slice(count).map(({ data }) => data.data.branch)).toEqual(
    all.heard.slice(count).map(() => branch),
  );
  all.leave();
});

test('a guardian hears of a child’s visits for as long as they look after it', async () => {
  const guardian = await clinic.person('patient');
  const stream = await read(clinic, guardian.token);
  const child = await insertDependant(clinic.db, guardian.id);
  const book = async () =>
    (
      await clinic
        .as(admin)
        .post('/appointments/', { timeslot: await freshSlot(), patient: child })
        .expect(201)
    ).body.id as number;
  const heard = await book();
  await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${heard}.1`]);
  await clinic.db.$client.query('delete from guardianships where guardian_id = $1', [guardian.id]);
  await book();
  const own = await clinic.book(guardian, await freshSlot());
  await expect.poll(() => told(stream.heard)).toHaveLength(2);
  expect(told(stream.heard).at(-1)).toBe(`appointment.booked ${own}.1`);
  stream.leave();
});

test('a child who comes of age is heard of no more', async () => {
  const guardian = await clinic.person('patient');
  const child = await insertDependant(clinic.db, guardian.id);
  const stream = await read(clinic, guardian.token);
  await clinic.db.$client.query("update patient_profiles set date_of_birth = '2008-03-04' where id = $1", [
    child,
  ]);
  const slots = [await freshSlot(), await freshSlot(), await freshSlot()];
  clinic.clock.set('2026-03-04T04:00:00Z');
  await clinic.as(admin).post('/appointments/', { timeslot: slots[0], patient: child }).expect(201);
  const own = await clinic.book(guardian, slots[1] ?? 0);
  await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${own}.1`]);
  clinic.clock.set('2026-03-02T04:00:00Z');
  stream.leave();
});

test('a child whose day of birth is corrected is heard of for as long as it is one', async () => {
  const guardian = await clinic.person('patient');
  const child = await insertDependant(clinic.db, guardian.id);
  const stream = await read(clinic, guardian.token);
  const born = (date_of_birth: string) =>
    clinic.as(admin).patch(`/patients/${child}/`, { date_of_birth }).expect(200);
  const book = async (): Promise<number> =>
    (
      await clinic
        .as(admin)
        .post('/appointments/', { timeslot: await freshSlot(), patient: child })
        .expect(201)
    ).body.id;
  await born('1990-03-04');
  await book();
  const own = await clinic.book(guardian, await freshSlot());
  await expect.poll(() => told(stream.heard)).toContain(`appointment.booked ${own}.1`);
  expect(told(stream.heard)).toEqual([`appointment.booked ${own}.1`]);
  await born('2015-03-04');
  const childs = await book();
  await expect.poll(() => told(stream.heard).slice(1)).toEqual([`appointment.booked ${childs}.1`]);
  stream.leave();
});

test('a stream whose process has lost its connection to the log hears on once that is back', async () => {
  const stream = await read(clinic, patient.token);
  await clinic.db.$client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'clinic-streams' and datname = current_database()`,
  );
  const visit = await clinic.book(patient, await freshSlot());
  await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${visit}.1`]);
  stream.leave();
});
