import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const erase = (person: Person) => clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD });
const appointment = async (id: number) =>
  (await clinic.as(admin).get(`/appointments/${id}/`).expect(200)).body;

/** Every value of every table, to look for what must be gone. */
async function everything(): Promise<string> {
  const tables = await clinic.db.$client.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  const contents = await Promise.all(
    tables.rows.map(({ name }) => clinic.db.$client.query(`select t::text as row from ${name} t`)),
  );
  return contents.flatMap(({ rows }) => rows.map(({ row }) => row)).join('\n');
}

const personal = {
  username: 'to.be.forgotten',
  first_name: 'Feruza',
  last_name: 'Unutilgan',
  email: 'feruza@example.uz',
  phone: '+998907654321',
  locale: 'ru',
};

describe('an erased patient', () => {
  let patient: Person;
  let doctor: Person;
  let past: number;
  let future: number;
  let futureSlot: number;
  beforeAll(async () => {
    patient = await clinic.person('patient', {
      ...personal,
      profile: { date_of_birth: '1987-06-05', gender: 'female' },
    });
    doctor = await clinic.person('doctor', { first_name: 'Jasur' });
    past = await clinic.book(
      patient,
      await clinic.slot(doctor, { date: '2026-03-02', start_time: '09:30', end_time: '10:00' }),
    );
    futureSlot = await clinic.slot(doctor);
    future = await clinic.book(patient, futureSlot);
    await clinic.as(doctor).patch(`/appointments/${past}/`, { status: 'confirmed' }).expect(200);
    clinic.clock.set('2026-03-02T04:45:00Z');
    expect(await everything()).toMatch(/Feruza.*feruza@example\.uz.*998907654321/);
    await erase(patient).expect(204);
  });

  test('is named nowhere in the database any more', async () => {
    expect(await everything()).not.toMatch(/to\.be\.forgotten|Feruza|Unutilgan|feruza@|7654321|1987-06-05/i);
    const { rows } = await clinic.db.$client.query('select * from users where id = $1', [patient.id]);
    expect(rows).toEqual([
      {
        id: patient.id,
        username: `erased#${patient.id}`,
        password_hash: null,
        role: 'patient',
        is_active: false,
        first_name: null,
        last_name: null,
        email: null,
        email_verified_at: null,
        phone: null,
        phone_verified_at: null,
        phone_reached_at: null,
        phone_resets_from: null,
        merged_into: null,
        email_resets_from: null,
        searched: expect.any(String),
        locale: null,
        created_at: expect.any(String),
        deleted_at: '2026-03-02T04:45:00.000Z',
      },
    ]);
  });

  test('is no user any more, for admins neither', async () => {
    const path = `/users/${patient.id}/`;
    expectProblem(await clinic.as(admin).get(path), 'user_not_found');
    expectProblem(await clinic.as(admin).patch(path, { is_active: true }), 'user_not_found');
    expectProblem(await clinic.as(patient).get('/auth/me/'), 'session_ended');
    for (const username of [personal.username, `erased#${patient.id}`])
      expectProblem(
        await clinic.as(undefined).post('/auth/login/', { username, password: PASSWORD }),
        'invalid_credentials',
      );
  });

  test('is still counted where the doctor looks back, without a name', async () => {
    const visit = await appointment(past);
    expect(visit).toMatchObject({
      status: 'confirmed',
      doctor: { id: doctor.id, first_name: 'Jasur' },
      patient: { id: patient.id, first_name: null, last_name: null, phone: null },
    });
    const { body } = await clinic.as(doctor).get('/appointments/me/?date=2026-03-02').expect(200);
    const { date_of_birth, ...nameless } = visit.patient;
    expect(body.results).toEqual([{ ...visit, patient: nameless }]);
  });

  test('has left what lay ahead, and the slot is free for others', async () => {
    expect(await appointment(future)).toMatchObject({
      status: 'cancelled',
      cancelled_by: admin.id,
      cancel_reason: 'account_deleted',
      timeslot: futureSlot,
    });
    await clinic.book(await clinic.person('patient'), futureSlot);
  });

  test('cannot be booked for', async () => {
    const timeslot = await clinic.slot(doctor, { start_time: '15:00', end_time: '15:30' });
    expectProblem(
      await clinic.as(admin).post('/appointments/', { timeslot, patient: patient.id }),
      'patient_not_found',
    );
  });

  test('has freed the user name, and erasing again changes nothing', async () => {
    const namesake = await clinic.person('patient', { username: personal.username });
    await erase(patient).expect(204);
    await clinic.as(namesake).get('/auth/me/').expect(200);
    expect((await appointment(past)).status).toBe('confirmed');
  });
});

describe('an erased doctor', () => {
  test('leaves no name, no contacts, no slot ahead and no visit ahead; the past stays', async () => {
    clinic.clock.set('2026-03-02T04:00:00Z');
    const doctor = await clinic.person('doctor', {
      first_name: 'Botir',
      last_name: 'Ketgan',
      phone: '+998933332211',
      profile: { specialization: 'Nevrolog' },
    });
    const patient = await clinic.person('patient');
    const pastSlot = await clinic.slot(doctor, {
      date: '2026-03-02',
      start_time: '09:30',
      end_time: '10:00',
    });
    const past = await clinic.book(patient, pastSlot);
    const future = await clinic.book(patient, await clinic.slot(doctor));
    const free = await clinic.slot(doctor, { start_time: '11:00', end_time: '11:30' });
    clinic.clock.set('2026-03-02T04:45:00Z');
    await erase(doctor).expect(204);

    expect(await everything()).not.toMatch(/Botir|Ketgan|3332211/);
    expect(await appointment(past)).toMatchObject({
      status: 'pending',
      timeslot: pastSlot,
      doctor: { id: doctor.id, first_name: null, last_name: null, specialization: 'Nevrolog' },
    });
    expect(await appointment(future)).toMatchObject({ status: 'cancelled', timeslot: null });
    expectProblem(await clinic.as(admin).get(`/timeslots/${free}/`), 'timeslot_not_found');
    expectProblem(await clinic.as(patient).get(`/doctors/${doctor.id}/`), 'doctor_not_found');
    expectProblem(await clinic.as(patient).get(`/doctors/${doctor.id}/timeslots/`), 'doctor_not_found');
  });
});

test('an admin erases themself as everybody does, and not in passing among the others', async () => {
  const second = await clinic.person('admin');
  expectProblem(
    await clinic.as(second).delete(`/users/${second.id}/`, { password: PASSWORD }),
    'not_oneself',
  );
  await clinic.as(second).get('/users/').expect(200);
  await clinic.as(second).delete('/auth/me/', { password: PASSWORD }).expect(204);
  expectProblem(await clinic.as(second).get('/users/'), 'session_ended');
});

test('an admin erases somebody with their own password only, and guessing it is slowed down', async () => {
  const counting = await testApp({ config: { rate_limit: true, rate_limit_auth: 10_000 } });
  onTestFinished(() => counting.close());
  const [careless, colleague, leaver] = [
    await counting.person('admin'),
    await counting.person('admin'),
    await counting.person('patient'),
  ];
  const as = counting.as(careless);
  for (const { id } of [leaver, colleague]) {
    expectProblem(await as.delete(`/users/${id}/`, {}), 'invalid_input', {
      fields: ['password required'],
    });
    expectProblem(await as.delete(`/users/${id}/`, { password: 'not-my-password' }), 'invalid_input', {
      fields: ['password wrong_password'],
    });
  }
  await counting.as(colleague).get('/auth/me/').expect(200);
  await counting.as(leaver).get('/auth/me/').expect(200);
  let refused = await as.delete(`/users/${leaver.id}/`, { password: 'not-my-password' });
  for (let guesses = 3; refused.status === 400 && guesses < 20; guesses += 1)
    refused = await as.delete(`/users/${leaver.id}/`, { password: 'not-my-password' });
  expectProblem(refused, 'too_many_requests');
  // Only whoever guesses is held up.
  await counting.as(colleague).delete(`/users/${leaver.id}/`, { password: PASSWORD }).expect(204);
});
