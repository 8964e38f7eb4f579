import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;
const freshDay = freshDays('2026-03-03');

beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin', { first_name: 'Malika', last_name: 'Rashidova' }),
    doctor: await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov' }),
    patient: await clinic.person('patient', { first_name: 'Aziza' }),
  };
});
afterAll(() => clinic.close());
beforeEach(() => clinic.clock.set('2026-03-02T04:00:00Z'));

const as = (who: keyof typeof people) => clinic.as(people[who]);
const history = async (id: number, who: keyof typeof people = 'patient') =>
  (await as(who).get(`/appointments/${id}/history/`).expect(200)).body;
const by = (who: keyof typeof people) =>
  ({
    admin: { id: people.admin.id, role: 'admin', first_name: 'Malika', last_name: 'Rashidova' },
    doctor: { id: people.doctor.id, role: 'doctor', first_name: 'Jasur', last_name: 'Yusupov' },
    patient: { id: people.patient.id, role: 'patient', first_name: 'Aziza', last_name: null },
  })[who];
const ten = (date: string) => ({ date, start_time: '10:00', end_time: '10:30' });

test('a history tells what happened, when and by whom, oldest first, with the slot that was booked first', async () => {
  const [first, second, third] = [freshDay(), freshDay(), freshDay()];
  const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: first }));
  const booked = (await as('patient').get(`/appointments/${id}/`)).body.created_at;
  const step = (minute: number) => clinic.clock.set(`2026-03-02T05:${String(minute).padStart(2, '0')}:00Z`);
  const last = { date: third, start_time: '23:30', end_time: '24:00' };
  step(1);
  await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  step(2);
  const to = async (slot: object) => ({ timeslot: await clinic.slot(people.doctor, slot) });
  await as('patient')
    .post(`/appointments/${id}/reschedule/`, await to({ date: second }))
    .expect(200);
  step(3);
  await as('admin')
    .post(`/appointments/${id}/reschedule/`, await to(last))
    .expect(200);
  step(4);
  await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  clinic.clock.set(`${third}T18:35:00Z`);
  await as('doctor').post(`/appointments/${id}/no-show/`).expect(200);
  await as('admin').delete(`/appointments/${id}/attendance/`).expect(204);
  await as('doctor').post(`/appointments/${id}/arrive/`).expect(200);
  await as('doctor').post(`/appointments/${id}/complete/`).expect(200);

  const at = (minute: number) => `2026-03-02T05:0${minute}:00.000Z`;
  const evening = `${third}T18:35:00.000Z`;
  const expected = [
    { at: booked, kind: 'booked', by: by('patient'), details: { to: ten(first) } },
    { at: at(1), kind: 'confirmed', by: by('doctor'), details: {} },
    { at: at(2), kind: 'moved', by: by('patient'), details: { from: ten(first), to: ten(second) } },
    { at: at(3), kind: 'moved', by: by('admin'), details: { from: ten(second), to: last } },
    { at: at(4), kind: 'confirmed', by: by('doctor'), details: {} },
    { at: evening, kind: 'no_show', by: by('doctor'), details: {} },
    { at: evening, kind: 'mark_taken_back', by: by('admin'), details: {} },
    { at: evening, kind: 'arrived', by: by('doctor'), details: {} },
    { at: evening, kind: 'completed', by: by('doctor'), details: {} },
  ];
  for (const who of ['patient', 'doctor', 'admin'] as const) expect(await history(id, who)).toEqual(expected);
});

test('the history of a visit that was only booked is the booking, by whoever booked', async () => {
  const date = freshDay();
  const timeslot = await clinic.slot(people.doctor, { date, start_time: '23:30', end_time: '24:00' });
  const body = { timeslot, patient: people.patient.id };
  const { id, created_at } = (await as('admin').post('/appointments/', body).expect(201)).body;
  const to = { date, start_time: '23:30', end_time: '24:00' };
  expect(await history(id)).toEqual([{ at: created_at, kind: 'booked', by: by('admin'), details: { to } }]);
});

test('a history says whether a cancellation was late, not why, and names nobody where the system acted', async () => {
  await as('admin').patch('/settings/', { cancel_deadline_minutes: 43_200 }).expect(200);
  const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
  await as('patient').delete(`/appointments/${id}/`).expect(204);
  expect((await history(id)).at(-1)).toMatchObject({
    kind: 'cancelled',
    by: by('patient'),
    details: { late: true },
  });
  const another = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
  const reason = 'a private matter';
  await as('admin').patch(`/appointments/${another}/`, { status: 'cancelled', reason }).expect(200);
  const told = await history(another);
  expect(told.at(-1)).toMatchObject({ kind: 'cancelled', by: by('admin'), details: {} });
  expect(JSON.stringify(told)).not.toContain(reason);
  const third = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
  await clinic.db.$client.query("update appointments set status = 'cancelled' where id = $1", [third]);
  expect((await history(third)).at(-1)).toMatchObject({ kind: 'cancelled', by: null });
});

test('a history is for the people of the visit and admins, and is noted when somebody other than the patient reads it', async () => {
  const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
  for (const role of ['patient', 'doctor'] as const)
    expectProblem(
      await clinic.as(await clinic.person(role)).get(`/appointments/${id}/history/`),
      'appointment_not_found',
    );
  for (const who of ['patient', 'doctor', 'admin'] as const)
    expectProblem(await as(who).get('/appointments/999999/history/'), 'appointment_not_found');
  const read = (who: keyof typeof people) => notedBy(clinic.db, () => history(id, who));
  expect(await read('patient')).toEqual([]);
  for (const who of ['doctor', 'admin'] as const)
    expect(await read(who)).toEqual([
      expect.objectContaining({
        actor_id: people[who].id,
        action: 'appointment.history',
        subject_id: people.patient.id,
        details: { appointment: id },
      }),
    ]);
});

test('a very long history shows the booking and the last 499 events', async () => {
  const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
  await clinic.db.$client.query(
    `insert into appointment_events (appointment_id, at, kind, details)
     select $1, timestamptz '2026-03-02 06:00Z' + n * interval '1 second', 'arrived', '{}' from generate_series(1, 600) n`,
    [id],
  );
  const told = await history(id);
  expect(told).toHaveLength(500);
  expect(told[0].kind).toBe('booked');
  expect(told[1].at).toBe('2026-03-02T06:01:42.000Z');
  expect(told.at(-1).at).toBe('2026-03-02T06:10:00.000Z');
});

test('of a visit that was found to be theirs a patient is told nothing of before, however much has happened since', async () => {
  const wrong = await clinic.person('patient', { first_name: 'Begona' });
  const id = await clinic.book(wrong, await clinic.slot(people.doctor, { date: freshDay() }));
  await as('admin').post(`/appointments/${id}/patient/`, { patient: people.patient.id }).expect(200);
  const kinds = async (who: keyof typeof people) =>
    (await history(id, who)).map(({ kind }: { kind: string }) => kind);
  expect(await kinds('patient')).toEqual(['patient_changed']);
  await clinic.db.$client.query(
    `insert into appointment_events (appointment_id, at, kind, details)
     select $1, timestamptz '2026-03-02 06:00Z' + n * interval '1 second', 'arrived', '{}' from generate_series(1, 600) n`,
    [id],
  );
  expect(await kinds('patient')).toEqual(Array(499).fill('arrived'));
  expect(JSON.stringify(await history(id))).not.toContain('Begona');
  // Those who work here see who booked it.
  for (const who of ['doctor', 'admin'] as const) {
    expect((await kinds(who))[0]).toBe('booked');
    expect(JSON.stringify(await history(id, who))).toContain('Begona');
  }
});

test('nobody can change what happened', async () => {
  for (const statement of [
    "update appointment_events set kind = 'arrived'",
    'delete from appointment_events',
  ])
    await expect(clinic.db.$client.query(statement)).rejects.toThrow('never changed');
});
