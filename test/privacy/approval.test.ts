import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertSpecialization } from '../helpers/rows.ts';

const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp({ config: { doctor_approval: 'required' } });
  admin = await clinic.person('admin');
  patient = await clinic.person('patient');
});
afterAll(() => clinic.close());

let serial = 0;
const day = () => new Date(Date.UTC(2026, 3, ++serial)).toISOString().slice(0, 10);
const approve = (id: number, by: Person = admin) => clinic.as(by).post(`/users/${id}/approve/`);
const book = (timeslot: number, by = patient, body = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const waiting = () => clinic.person('doctor', { first_name: 'Jasur', last_name: `Kutuvchi${++serial}` });
const idsOf = ({ body }: { body: { results: { id: number }[] } }) => body.results.map(({ id }) => id);

describe('a doctor who registers where doctors are approved', () => {
  test('signs in, sees that they wait, and fills in the profile', async () => {
    const doctor = await waiting();
    const { body } = await clinic.as(doctor).get('/auth/me/').expect(200);
    expect(body).toMatchObject({ is_active: true, profile: { approved_at: null } });
    await insertSpecialization(clinic.db, 'Kardiolog');
    const profile = await clinic
      .as(doctor)
      .patch('/doctor/profile/', { specialization: 'Kardiolog', experience_years: 3 })
      .expect(200);
    expect(profile.body).toMatchObject({ specialization: 'Kardiolog', approved_at: null });
    expect((await clinic.as(doctor).get('/doctor/profile/').expect(200)).body.approved_at).toBeNull();
  });

  test('cannot let themself in: not by the profile, not by registering, not by asking', async () => {
    const doctor = await waiting();
    const own = { approved_at: NOW, specialization: 'Terapevt' };
    expectProblem(await clinic.as(doctor).patch('/doctor/profile/', own), 'unknown_field', {
      fields: ['approved_at unknown_field'],
    });
    const account = { username: 'self.approved', password: PASSWORD, role: 'doctor' };
    const register = (more = {}) => clinic.as(undefined).post('/auth/register/', { ...account, ...more });
    expectProblem(await register({ approved_at: NOW, profile: { approved_at: NOW } }), 'unknown_field', {
      fields: ['approved_at unknown_field', 'profile.approved_at unknown_field'],
    });
    const registered = await register().expect(201);
    expect(registered.body.profile.approved_at).toBeNull();
    expectProblem(await approve(doctor.id, doctor), 'forbidden');
    expect((await clinic.as(doctor).get('/auth/me/').expect(200)).body.profile.approved_at).toBeNull();
  });

  test.each(['patient', 'admin'] as const)('is listed for no %s', async (role) => {
    const person = role === 'admin' ? admin : patient;
    const doctor = await waiting();
    await clinic.slot(doctor, { date: day() });
    const { body } = await clinic.as(person).get('/doctors/?search=kutuvchi').expect(200);
    expect(body).toMatchObject({ count: 0, results: [] });
    expect(idsOf(await clinic.as(person).get('/doctors/?page_size=100').expect(200))).not.toContain(
      doctor.id,
    );
    expectProblem(await clinic.as(person).get(`/doctors/${doctor.id}/`), 'doctor_not_found');
    expectProblem(await clinic.as(person).get(`/doctors/${doctor.id}/timeslots/`), 'doctor_not_found');
  });

  test('publishes slots that nobody can book yet, and is told of overlaps as any doctor is', async () => {
    const doctor = await waiting();
    const date = day();
    const timeslot = await clinic.slot(doctor, { date });
    const again = { date, start_time: '10:15', end_time: '10:45' };
    expectProblem(await clinic.as(doctor).post('/timeslots/', again), 'slot_overlap');
    expectProblem(
      await clinic.as(admin).post('/timeslots/', { ...again, doctor: doctor.id }),
      'slot_overlap',
    );
    expect(idsOf(await clinic.as(doctor).get('/timeslots/').expect(200))).toEqual([timeslot]);
    expectProblem(await book(timeslot), 'timeslot_not_found');
    expectProblem(await book(timeslot, admin, { patient: patient.id }), 'timeslot_not_found');
    await clinic.as(doctor).delete(`/timeslots/${timeslot}/`).expect(204);
  });
});

describe('POST /users/{id}/approve/', () => {
  test('lets the doctor in, with the slots they have', async () => {
    const doctor = await waiting();
    const timeslot = await clinic.slot(doctor, { date: day() });
    const { body } = await approve(doctor.id).expect(200);
    // By which way a code for a new password comes is shown to its owner only.
    expect({ ...body, recovery: 'none' }).toEqual((await clinic.as(doctor).get('/auth/me/')).body);
    expect(body.profile.approved_at).toBe(NOW);
    await clinic.as(patient).get(`/doctors/${doctor.id}/`).expect(200);
    expect(idsOf(await clinic.as(patient).get(`/doctors/${doctor.id}/timeslots/`).expect(200))).toEqual([
      timeslot,
    ]);
    expect(idsOf(await clinic.as(patient).get('/doctors/?page_size=100'))).toContain(doctor.id);
    await book(timeslot).expect(201);
  });

  test('repeated, it changes nothing: one entry of it, one message, the first time stays', async () => {
    const doctor = await waiting();
    const entries = await notedBy(clinic.db, async () => {
      await approve(doctor.id).expect(200);
      clinic.clock.set('2026-03-02T05:00:00Z');
      const { body } = await approve(doctor.id).expect(200);
      clinic.clock.set(NOW);
      expect(body.profile.approved_at).toBe(NOW);
    });
    // The second changed nothing, and showed the record.
    const about = { actor_id: admin.id, subject_id: doctor.id };
    expect(entries).toMatchObject([
      { ...about, action: 'user.approve' },
      { ...about, action: 'user.read' },
    ]);
    const { rows } = await clinic.db.$client.query('select kind from notifications where user_id = $1', [
      doctor.id,
    ]);
    expect(rows).toEqual([{ kind: 'doctor_approved' }]);
  });

  test('is for doctors: others are refused, and unknown or erased ones not found', async () => {
    expectProblem(await approve(patient.id), 'not_a_doctor');
    expectProblem(await approve(admin.id), 'not_a_doctor');
    expectProblem(await approve(999_999), 'user_not_found');
    const doctor = await waiting();
    await clinic.as(admin).delete(`/users/${doctor.id}/`, { password: PASSWORD }).expect(204);
    expectProblem(await approve(doctor.id), 'user_not_found');
  });
});

describe('an admin lets in whom they make a doctor', () => {
  test('by creating one', async () => {
    const account = { username: 'made.by.admin', password: PASSWORD, role: 'doctor' };
    const { body } = await clinic.as(admin).post('/users/', account).expect(201);
    expect(body.profile.approved_at).not.toBeNull();
    await clinic.as(patient).get(`/doctors/${body.id}/`).expect(200);
  });

  test('by giving a patient the role', async () => {
    const { id } = await clinic.person('patient');
    const { body } = await clinic.as(admin).patch(`/users/${id}/`, { role: 'doctor' }).expect(200);
    expect(body.profile.approved_at).not.toBeNull();
  });

  test('also one who waited before, left the role and came back', async () => {
    const doctor = await waiting();
    await clinic.as(admin).patch(`/users/${doctor.id}/`, { role: 'patient' }).expect(200);
    expectProblem(await approve(doctor.id), 'not_a_doctor');
    const { body } = await clinic.as(admin).patch(`/users/${doctor.id}/`, { role: 'doctor' }).expect(200);
    expect(body.profile.approved_at).toBe(NOW);
  });

  test('but not by changing anything else', async () => {
    const doctor = await waiting();
    const changes = { first_name: 'Olim', role: 'doctor', profile: { specialization: 'Terapevt' } };
    const { body } = await clinic.as(admin).patch(`/users/${doctor.id}/`, changes).expect(200);
    expect(body.profile).toMatchObject({ specialization: 'Terapevt', approved_at: null });
  });
});

test('?approved= lists who waits, or who is in; nobody but doctors', async () => {
  const [one, two] = [await waiting(), await waiting()];
  await approve(two.id).expect(200);
  const former = await waiting();
  await clinic.as(admin).patch(`/users/${former.id}/`, { role: 'patient' }).expect(200);
  const list = async (query: string) =>
    (await clinic.as(admin).get(`/users/?page_size=100&${query}`).expect(200)).body;
  const out = await list('approved=false');
  expect(out.results.map(({ id }: Person) => id)).toContain(one.id);
  for (const person of out.results)
    expect(person).toMatchObject({ role: 'doctor', profile: { approved_at: null } });
  expect(out.count).toBe(out.results.length);
  const inside = await list('approved=true');
  expect(inside.results.map(({ id }: Person) => id)).toContain(two.id);
  for (const person of inside.results)
    expect(person).toMatchObject({ role: 'doctor', profile: { approved_at: expect.any(String) } });
  expect((await list('approved=false&search=jasur&is_active=true')).results.length).toBeGreaterThan(0);
  expect(await list('approved=false&role=patient')).toMatchObject({ count: 0, results: [] });
  expectProblem(await clinic.as(admin).get('/users/?approved=maybe'), 'invalid_input', {
    fields: ['approved invalid_choice'],
  });
});

test('approved while somebody books, the booking is refused or stands, and the next one always stands', async () => {
  for (let round = 0; round < 40; round += 1) {
    const doctor = await waiting();
    const timeslot = await clinic.slot(doctor, { date: day() });
    // Either may come first; the odd round gives the booking a head start.
    const [first, second] =
      round % 2 === 0
        ? await Promise.all([approve(doctor.id), book(timeslot)])
        : (await Promise.all([book(timeslot), approve(doctor.id)])).reverse();
    expect(first?.status).toBe(200);
    expect([201, 404]).toContain(second?.status);
    if (second?.status === 404) {
      expectProblem(second, 'timeslot_not_found');
      await book(timeslot).expect(201);
    }
    const { rows } = await clinic.db.$client.query(
      "select count(*)::int as count from appointments where timeslot_id = $1 and status = 'pending'",
      [timeslot],
    );
    expect(rows).toEqual([{ count: 1 }]);
  }
});

test('until the approval is committed the booking statement refuses, without waiting for it', async () => {
  const doctor = await waiting();
  const timeslot = await clinic.slot(doctor, { date: day() });
  const client = await clinic.db.$client.connect();
  try {
    await client.query('begin');
    await client.query('update doctor_profiles set approved_at = now() where id = $1', [doctor.id]);
    expectProblem(await book(timeslot), 'timeslot_not_found');
    await client.query('commit');
  } finally {
    client.release();
  }
  await book(timeslot).expect(201);
});

test('where doctors are not approved, one is in at once', async () => {
  const open = await testApp();
  try {
    const doctor = await open.person('doctor');
    const me = await open.as(doctor).get('/auth/me/').expect(200);
    expect(me.body.profile.approved_at).toEqual(expect.any(String));
    await open.book(await open.person('patient'), await open.slot(doctor));
  } finally {
    await open.close();
  }
});
