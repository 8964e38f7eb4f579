import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPosition, writePosition } from '../../src/events/positions.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { receptionist } from '../helpers/desk.ts';
import { placesOf } from '../helpers/places.ts';
import { listen, read, told } from './reader.ts';

let clinic: TestApp;
let doctor: Person;
let patient: Person;
let other: Person;
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
  other = await clinic.person('patient');
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

test('a patient hears of their own visits and of nobody else’s, with ids and times and no name', async () => {
  const stream = await read(clinic, patient.token);
  expect(stream.status).toBe(200);
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  await clinic.book(other, await freshSlot());
  const day = freshDay();
  const visit = await clinic.book(patient, await slotOf(doctor, { date: day }));
  await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
  await expect.poll(() => told(stream.heard)).toHaveLength(2);
  expect(told(stream.heard)).toEqual([`appointment.booked ${visit}.1`, `appointment.confirmed ${visit}.2`]);
  const booked = stream.heard.find(({ type }) => type === 'appointment.booked');
  expect(booked?.data).toEqual({
    type: 'appointment.booked',
    timestamp: expect.any(String),
    data: {
      object: 'appointment',
      id: visit,
      version: 1,
      status: 'pending',
      doctor: doctor.id,
      patient: patient.id,
      branch: 1,
      starts_at: `${day}T05:00:00.000Z`,
      ends_at: `${day}T05:30:00.000Z`,
    },
  });
  expect(stream.text()).toMatch(/^retry: \d{4}\n/);
  stream.leave();
});

test('a doctor hears of all their visits and slots, or of a day’s, and the desk of a branch, a doctor or a day', async () => {
  const one = await clinic.person('doctor');
  const [day, next] = [freshDay(), freshDay()];
  const first = await slotOf(one, { date: day });
  const second = await slotOf(one, { date: next });
  const all = await read(clinic, one.token);
  const narrow = await read(clinic, one.token, { query: `?date=${day}` });
  const desk = await read(clinic, admin.token, { query: `?branch=1&doctor=${one.id}&date=${next}` });
  const elsewhere = await read(clinic, admin.token, { query: '?branch=999' });
  const foreign = await read(clinic, doctor.token);
  const [today, tomorrow] = [await clinic.book(patient, first), await clinic.book(other, second)];
  await expect.poll(() => told(all.heard)).toHaveLength(2);
  await expect.poll(() => told(narrow.heard)).toEqual([`appointment.booked ${today}.1`]);
  await expect.poll(() => told(desk.heard)).toEqual([`appointment.booked ${tomorrow}.1`]);
  // A visit that moves away from the day is told to whom it was on.
  await clinic.as(admin).patch(`/appointments/${today}/`, { status: 'confirmed' }).expect(200);
  const later = await slotOf(one);
  await clinic.as(admin).post(`/appointments/${today}/reschedule/`, { timeslot: later }).expect(200);
  await expect.poll(() => told(narrow.heard).at(-1)).toBe(`appointment.moved ${today}.3`);
  expect(told(elsewhere.heard)).toEqual([]);
  expect(foreign.heard.filter(({ type }) => type.startsWith('appointment.'))).toEqual([]);
  for (const stream of [all, narrow, desk, elsewhere, foreign]) stream.leave();
});

test('a filter that is not for somebody’s role is refused, and so is a branch of elsewhere', async () => {
  const places = placesOf(clinic, admin);
  const branch = await places.branch();
  const desk = await receptionist(clinic, [branch]);
  for (const [who, query, status] of [
    [patient, '?branch=1', 400],
    [patient, '?doctor=1', 400],
    [patient, '?date=2026-03-02', 400],
    [doctor, '?branch=1', 400],
    [doctor, `?doctor=${doctor.id}`, 400],
    [desk, '?branch=1', 403],
    [admin, '?date=2026-02-30', 400],
    [admin, '?room=1', 400],
  ] as const)
    expect((await read(clinic, who.token, { query })).status, query).toBe(status);
  const mine = await read(clinic, desk.token, { query: `?branch=${branch}` });
  expect(mine.status).toBe(200);
  mine.leave();
});

test('whoever had a visit that goes to another doctor hears that it has gone, and not where it is', async () => {
  const one = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  const two = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  const visit = await clinic.book(patient, await slotOf(one));
  const timeslot = await slotOf(two);
  const had = await read(clinic, one.token);
  const has = await read(clinic, two.token);
  await clinic.as(admin).post(`/appointments/${visit}/reschedule/`, { timeslot }).expect(200);
  await expect.poll(() => told(has.heard)).toContain(`appointment.moved ${visit}.2`);
  await expect.poll(() => told(had.heard)).toContain(`appointment.moved ${visit}.2`);
  const nothing = { status: null, doctor: null, patient: null, branch: null, starts_at: null, ends_at: null };
  expect(had.heard.find(({ type }) => type === 'appointment.moved')?.data.data).toEqual({
    object: 'appointment',
    id: visit,
    version: 2,
    ...nothing,
  });
  expect(has.heard.find(({ type }) => type === 'appointment.moved')?.data.data.doctor).toBe(two.id);
  had.leave();
  has.leave();
});

test('the desk of a branch that has closed hears of a visit that leaves it for another', async () => {
  const branch = await placesOf(clinic, admin).branch({ name: 'The old house' });
  const visit = await clinic.book(patient, await slotOf(doctor, { branch }));
  const timeslot = await freshSlot();
  await clinic.as(admin).patch(`/branches/${branch}/`, { is_active: false, upcoming: 'keep' }).expect(200);
  const desk = await receptionist(clinic, [branch]);
  const theirs = await read(clinic, desk.token);
  const narrow = await read(clinic, admin.token, { query: `?branch=${branch}` });
  await expect.poll(() => theirs.heard.map(({ type }) => type)).toEqual(['ready']);
  const last = theirs.heard[0]?.id ?? '';
  await clinic.as(admin).post(`/appointments/${visit}/reschedule/`, { timeslot }).expect(200);
  await expect.poll(() => told(narrow.heard)).toContain(`appointment.moved ${visit}.2`);
  await expect.poll(() => told(theirs.heard)).toContain(`appointment.moved ${visit}.2`);
  const left = theirs.heard.find(({ type }) => type === 'appointment.moved');
  expect(left?.data.data).toMatchObject({ id: visit, branch: null, starts_at: null });
  theirs.leave();
  narrow.leave();
  // Also who was away meanwhile.
  const again = await read(clinic, desk.token, { last });
  await expect.poll(() => told(again.heard)).toContain(`appointment.moved ${visit}.2`);
  again.leave();
});

test('who holds a slot is told to nobody', async () => {
  const slot = await freshSlot();
  const stream = await read(clinic, admin.token, { query: `?doctor=${doctor.id}` });
  await clinic.as(patient).post(`/timeslots/${slot}/hold/`, {}).expect(200);
  await expect.poll(() => stream.heard.map(({ type }) => type)).toContain('timeslot.held');
  expect(stream.heard.find(({ type }) => type === 'timeslot.held')?.data.data).toMatchObject({
    id: slot,
    patient: null,
  });
  stream.leave();
});

test('what was missed comes first to whoever resumes, a transaction that was open then and commits later too', async () => {
  const [one, two, three] = [await freshSlot(), await freshSlot(), await freshSlot()];
  const late = await clinic.db.$client.connect();
  const stream = await read(clinic, patient.token);
  await late.query('begin');
  const { rows } = await late.query(
    `insert into appointments (timeslot_id, doctor_id, patient_id, branch_id, date, start_time, end_time, status, booked_by)
     select id, doctor_id, $2, branch_id, date, start_time, end_time, 'pending', $2 from timeslots where id = $1 returning id`,
    [one, patient.id],
  );
  // Its id is smaller than that of what is seen before it.
  const seen = await clinic.book(patient, two);
  await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${seen}.1`]);
  const last = stream.heard.at(-1)?.id ?? '';
  stream.leave();
  await late.query('commit');
  late.release();
  const missed = await clinic.book(patient, three);
  const again = await read(clinic, patient.token, { last });
  await expect.poll(() => again.heard.at(-1)?.type).toBe('ready');
  expect(told(again.heard).sort()).toEqual(
    [`appointment.booked ${rows[0].id}.1`, `appointment.booked ${missed}.1`].sort(),
  );
  // Each event is a place to resume from, also one of several that came together.
  const first = again.heard[0]?.id ?? '';
  again.leave();
  const rest = await read(clinic, patient.token, { query: `?last_event_id=${first}` });
  await expect.poll(() => rest.heard.at(-1)?.type).toBe('ready');
  expect(told(rest.heard)).toEqual(told(again.heard).slice(1));
  const now = rest.heard.at(-1)?.id ?? '';
  rest.leave();
  const nothing = await read(clinic, patient.token, { last: now });
  await expect.poll(() => nothing.heard.map(({ type }) => type)).toEqual(['ready']);
  nothing.leave();
});

test('a place that is unknown, too old or of another log is answered with reset, and the stream goes on', async () => {
  const stream = await read(clinic, patient.token);
  await expect.poll(() => stream.heard.length).toBeGreaterThan(0);
  const position = readPosition(stream.heard[0]?.id ?? '');
  if (!position) throw new Error('no position');
  stream.leave();
  const old = { ...position, at: position.at - 31 * 86_400 };
  for (const [last, reason] of [
    ['nonsense', 'unknown'],
    [writePosition({ ...position, epoch: 'abc' }), 'unknown'],
    [writePosition({ ...position, place: '9:3:' }), 'unknown'],
    [writePosition(old), 'too_old'],
  ] as const) {
    const again = await read(clinic, patient.token, { last });
    await expect.poll(() => again.heard.map(({ type }) => type)).toEqual(['reset', 'ready']);
    expect(again.heard[0]?.data).toEqual({ reason });
    const visit = await clinic.book(patient, await freshSlot());
    await expect.poll(() => told(again.heard)).toEqual([`appointment.booked ${visit}.1`]);
    again.leave();
  }
  // A restore begins another log while streams are open.
  const open = await read(clinic, patient.token);
  await expect.poll(() => open.heard.length).toBe(1);
  await clinic.db.$client.query("update event_epochs set epoch = 'fedcba'");
  await expect.poll(() => open.heard.map(({ type }) => type)).toEqual(['ready', 'reset']);
  open.leave();
});

test('whoever is cut off in the midst of what they missed is no further than it was, and told so once that is too old', async () => {
  const stream = await read(clinic, patient.token);
  await expect.poll(() => stream.heard.length).toBeGreaterThan(0);
  const position = readPosition(stream.heard[0]?.id ?? '');
  if (!position) throw new Error('no position');
  stream.leave();
  const visits = [
    await clinic.book(patient, await freshSlot()),
    await clinic.book(patient, await freshSlot()),
  ];
  const days = (count: number) => count * 86_400;
  const again = await read(clinic, patient.token, {
    last: writePosition({ ...position, at: position.at - days(29) }),
  });
  await expect.poll(() => again.heard.at(-1)?.type).toBe('ready');
  expect(told(again.heard)).toEqual(visits.map((id) => `appointment.booked ${id}.1`));
  const first = readPosition(again.heard[0]?.id ?? '');
  again.leave();
  if (!first) throw new Error('no position');
  // Two days later what happened before the place may be gone from the log, and what came after it.
  const late = await read(clinic, patient.token, {
    last: writePosition({ ...first, at: first.at - days(2) }),
  });
  await expect.poll(() => late.heard.map(({ type }) => type)).toEqual(['reset', 'ready']);
  late.leave();
});

test('the package eventsource comes back by itself and has nothing missed or twice', async () => {
  const { source, heard } = await listen(clinic, patient.token, ['appointment.booked']);
  await expect.poll(() => heard.length).toBe(1);
  const visits: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    visits.push(await clinic.book(patient, await freshSlot()));
    clinic.app.server.closeAllConnections();
    visits.push(await clinic.book(patient, await freshSlot()));
  }
  await expect.poll(() => told(heard).length).toBe(visits.length);
  expect(told(heard)).toEqual(visits.map((id) => `appointment.booked ${id}.1`));
  source.close();
});

test('a silent stream gives a sign of life, which moves its place on', async () => {
  const stream = await read(clinic, doctor.token, { query: '?date=2027-01-01' });
  await expect.poll(() => stream.text()).toMatch(/\n\n:\nid: \S+\n\n$/);
  stream.leave();
});
