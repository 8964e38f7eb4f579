import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { capturedLog } from '../helpers/log.ts';
import { needlesOf, somebody } from '../helpers/personal.ts';
import { expectProblem } from '../helpers/problem.ts';
import { searchDatabase } from '../helpers/search.ts';

const log = capturedLog();

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp({ config: { log_level: 'trace' }, log_stream: log.stream });
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;
const me = (person: Pick<Person, 'token'>) => clinic.as(person).get('/auth/me/');
const eraseMe = (person: Person, password = PASSWORD) => clinic.as(person).delete('/auth/me/', { password });

let serial = 0;
const day = () => new Date(Date.UTC(2026, 3, ++serial)).toISOString().slice(0, 10);

/** What the log tells of a visit when it is over: its readers tell whoever is concerned. */
const eventsOf = async (appointment: number) =>
  (
    await query<{ type: string }>(
      'select type from events where appointment_id = $1 and not is_quiet order by id',
      [appointment],
    )
  ).map(({ type }) => type.replace('appointment.', ''));

const BIRTHDAY = '1987-11-23';

describe.each([
  ['DELETE /auth/me/', (person: Person) => eraseMe(person).expect(204)],
  [
    'DELETE /users/{id}/',
    (person: Person) => clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD }).expect(204),
  ],
])('%s', (_, erase) => {
  test('of a patient leaves no trace, and to the doctor the same history', async () => {
    const patient = await somebody(clinic, 'patient', { date_of_birth: BIRTHDAY, gender: 'female' });
    const { person, data } = patient;
    const doctor = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
    const book = async (start: string, end: string, date = day()) =>
      clinic.book(person, await clinic.slot(doctor, { date, start_time: start, end_time: end }));
    const past = await book('09:30', '10:00', '2026-03-02');
    const [ahead, confirmed, declined] = [
      await book('11:00', '11:30'),
      await book('12:00', '12:30'),
      await book('13:00', '13:30'),
    ];
    const decide = (id: number, body: object) =>
      clinic.as(doctor).patch(`/appointments/${id}/`, body).expect(200);
    await decide(past, { status: 'confirmed' });
    await decide(confirmed, { status: 'confirmed' });
    await decide(declined, { status: 'cancelled', reason: `${data.first_name} is ${data.reason}` });
    await clinic.as(doctor).get('/appointments/me/').expect(200);
    await clinic.as(admin).get(`/users/?search=${data.last_name}`).expect(200);
    clinic.clock.set('2026-03-02T05:00:00Z');

    const list = async () =>
      (await clinic.as(doctor).get('/appointments/me/?page_size=100').expect(200)).body;
    const before = await list();
    const needles = await needlesOf(clinic, patient, BIRTHDAY);
    // A search that finds nothing afterwards proves something only if it finds everything before.
    const found = await searchDatabase(clinic.db, needles);
    for (const needle of needles)
      expect(
        found.some((place) => place.endsWith(`: ${needle}`)),
        needle,
      ).toBe(true);
    for (const table of [
      'users',
      'sessions',
      'codes',
      'one_use_links',
      'telegram_chats',
      'notifications',
      'messages',
      'appointments',
      'patient_profiles',
      'idempotency_keys',
      'waitlist_entries',
    ])
      expect(
        found.some((place) => place.startsWith(`public.${table}:`)),
        table,
      ).toBe(true);

    await erase(person);

    expect(await searchDatabase(clinic.db, needles)).toEqual([]);
    expect(log.lines.length).toBeGreaterThan(20);
    const logged = log.lines.join('\n').toLowerCase();
    expect(needles.filter((needle) => logged.includes(needle.toLowerCase()))).toEqual([]);
    clinic.clock.set('2026-03-02T04:00:00Z');

    const after = await list();
    expect(after.count).toBe(before.count);
    const nobody = { id: person.id, first_name: null, last_name: null, phone: null };
    const cancelled = {
      status: 'cancelled',
      cancel_reason: 'account_deleted',
      updated_at: expect.any(String),
      version: expect.any(Number),
    };
    expect(after.results).toEqual(
      before.results.map((visit: { id: number }) => ({
        ...visit,
        patient: nobody,
        ...([ahead, confirmed].includes(visit.id) && { ...cancelled, cancelled_by: expect.any(Number) }),
        ...(visit.id === declined && { cancel_reason: null, version: expect.any(Number) }),
      })),
    );
    expect(await eventsOf(ahead)).toEqual(['booked', 'cancelled']);
    expect(await eventsOf(confirmed)).toEqual(['booked', 'confirmed', 'cancelled']);
    expect(await eventsOf(past)).toEqual(['booked', 'confirmed']);
    // The slots are free again.
    const { body } = await clinic
      .as(await clinic.person('patient'))
      .get(`/doctors/${doctor.id}/timeslots/`)
      .expect(200);
    expect(body.count).toBe(3);
  });

  test('of a doctor leaves no trace, and to the patients the same history', async () => {
    const profile = { specialization: 'Nevrolog', experience_years: 21, gender: 'male' };
    const doctor = await somebody(clinic, 'doctor', profile);
    const { person, data } = doctor;
    const patient = await clinic.person('patient');
    const book = async (start: string, end: string, date = day()) =>
      clinic.book(patient, await clinic.slot(person, { date, start_time: start, end_time: end }));
    const past = await book('09:30', '10:00', '2026-03-02');
    await clinic.as(person).patch(`/appointments/${past}/`, { status: 'confirmed' }).expect(200);
    const [ahead, declined, byAdmin] = [
      await book('11:00', '11:30'),
      await book('12:00', '12:30'),
      await book('13:00', '13:30'),
    ];
    await clinic.slot(person, { date: day() });
    const cancel = (by: Person, id: number, reason: string) =>
      clinic.as(by).patch(`/appointments/${id}/`, { status: 'cancelled', reason }).expect(200);
    await cancel(person, declined, `call ${data.phone}, ${data.reason}`);
    await cancel(admin, byAdmin, `Dr ${data.last_name} is ill`);
    clinic.clock.set('2026-03-02T05:00:00Z');

    const list = async () => (await clinic.as(patient).get('/appointments/me/').expect(200)).body;
    const before = await list();
    const needles = await needlesOf(clinic, doctor);
    const found = await searchDatabase(clinic.db, needles);
    for (const needle of needles)
      expect(
        found.some((place) => place.endsWith(`: ${needle}`)),
        needle,
      ).toBe(true);

    await erase(person);

    expect(await searchDatabase(clinic.db, needles)).toEqual([]);
    const logged = log.lines.join('\n').toLowerCase();
    expect(needles.filter((needle) => logged.includes(needle.toLowerCase()))).toEqual([]);
    clinic.clock.set('2026-03-02T04:00:00Z');

    const after = await list();
    expect(after.count).toBe(before.count);
    const nobody = { id: person.id, first_name: null, last_name: null, specialization: 'Nevrolog' };
    expect(after.results).toEqual(
      before.results.map((visit: { id: number; timeslot: number | null; cancel_reason: string | null }) => ({
        ...visit,
        doctor: nobody,
        cancel_reason: null,
        ...(visit.id !== past && { timeslot: null, timeslots: [], version: expect.any(Number) }),
        ...(visit.id === ahead && {
          status: 'cancelled',
          cancel_reason: 'account_deleted',
          cancelled_by: expect.any(Number),
          updated_at: expect.any(String),
        }),
      })),
    );
    expect(await eventsOf(ahead)).toEqual(['booked', 'cancelled']);
    const [left] = await query('select experience_years, gender, photo from doctor_profiles where id = $1', [
      person.id,
    ]);
    expect(left).toEqual({ experience_years: null, gender: null, photo: null });
    const slots = await query('select id from timeslots where doctor_id = $1 and date > $2', [
      person.id,
      '2026-03-02',
    ]);
    expect(slots).toEqual([]);
    expectProblem(await clinic.as(patient).get(`/doctors/${person.id}/`), 'doctor_not_found');
  });

  test('of a doctor takes their week and why they were away, and of answers what others were told of them', async () => {
    const doctor = await somebody(clinic, 'doctor', {});
    const { person, data } = doctor;
    await query(
      `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes)
       values ($1, 1, '09:00', '12:00', 30)`,
      [person.id],
    );
    await query(
      `insert into withdrawn_timeslots (doctor_id, date, start_time, end_time)
       values ($1, '2026-03-09', '09:00', '09:30')`,
      [person.id],
    );
    const patient = await clinic.person('patient');
    const timeslot = await clinic.slot(person, { date: day() });
    const keyed = clinic
      .as(patient)
      .post('/appointments/', { timeslot })
      .set('idempotency-key', data.username);
    expect((await keyed.expect(201)).body.doctor.first_name).toBe(data.first_name);
    const left = () =>
      query(
        `select (select count(*)::int from weekly_hours where doctor_id = $1) as hours,
           (select count(*)::int from withdrawn_timeslots where doctor_id = $1) as withdrawn,
           (select count(*)::int from absences where doctor_id = $1) as absences,
           (select count(*)::int from idempotency_keys where user_id = $2) as answers`,
        [person.id, patient.id],
      );
    expect(await left()).toEqual([{ hours: 1, withdrawn: 1, absences: 1, answers: 1 }]);
    const needles = [data.reason, data.first_name];
    expect((await searchDatabase(clinic.db, needles)).length).toBeGreaterThan(1);
    await erase(person);
    expect(await searchDatabase(clinic.db, needles)).toEqual([]);
    expect(await left()).toEqual([{ hours: 0, withdrawn: 0, absences: 1, answers: 0 }]);
  });

  test('takes the answers of absences and holidays that show their visits, and leaves those of others', async () => {
    const [patient, doctor] = [await somebody(clinic, 'patient', {}), await somebody(clinic, 'doctor', {})];
    const other = await clinic.person('patient');
    const days = [day(), day(), day()] as const;
    const visit = async (by: Person, date: string) =>
      clinic.book(by, await clinic.slot(doctor.person, { date }));
    await visit(patient.person, days[0]);
    await visit(patient.person, days[1]);
    await visit(other, days[2]);
    const send = (key: string, path: string, body: object) =>
      clinic.as(admin).post(path, body).set('idempotency-key', key).expect(201);
    const absence = { doctor: doctor.person.id, from: days[0], to: days[0] };
    const shown = [
      await send('shows a patient', '/absences/', absence),
      await send('shows both', '/holidays/', { date: days[1], visits: 'cancel' }),
      await send('shows a doctor', '/holidays/', { date: days[2] }),
    ];
    for (const { text } of shown.slice(0, 2)) expect(text).toContain(patient.data.first_name);
    for (const { text } of shown.slice(1)) expect(text).toContain(doctor.data.first_name);
    const left = async () =>
      (
        await query<{ key: string }>(
          `select key from idempotency_keys where user_id = $1 and key like 'shows %' order by key`,
          [admin.id],
        )
      ).map(({ key }) => key);
    expect(await left()).toEqual(['shows a doctor', 'shows a patient', 'shows both']);
    await erase(patient.person);
    expect(await left()).toEqual(['shows a doctor']);
    expect(await searchDatabase(clinic.db, await needlesOf(clinic, patient))).toEqual([]);
    await erase(doctor.person);
    expect(await left()).toEqual([]);
  });

  test('keeps what is proof and no personal data, and stops what was about to be sent', async () => {
    const { person } = await somebody(clinic, 'patient', {});
    const counts = () =>
      query(
        `select (select count(*) from messages where user_id = $1) as messages,
           (select count(*) from notifications where user_id = $1) as notifications,
           (select count(*) from sessions where user_id = $1) as sessions,
           (select count(*) from consents where user_id = $1) as consents`,
        [person.id],
      );
    const consents = () => query('select * from consents where user_id = $1 order by document', [person.id]);
    const [counted, accepted] = [await counts(), await consents()];
    const [entry, ...others] = await notedBy(clinic.db, () => erase(person));
    expect(await counts()).toEqual(counted);
    expect(await consents()).toEqual(accepted);
    expect(accepted).toHaveLength(2);
    expect(
      await query('select status, secret, error from messages where user_id = $1 order by id', [person.id]),
    ).toEqual([
      { status: 'dropped', secret: null, error: null },
      { status: 'sent', secret: null, error: null },
      { status: 'dropped', secret: null, error: 'refused' },
    ]);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ action: 'user.erase', subject_id: person.id, details: {} });
  });

  test('ends every session at once, and frees the user name, the phone and the email', async () => {
    const { person, data } = await somebody(clinic, 'patient', {});
    const login = () =>
      clinic.as(undefined).post('/auth/login/', { username: person.username, password: PASSWORD });
    const second = (await login().expect(200)).body;
    await erase(person);
    for (const token of [person.token, second.access]) expectProblem(await me({ token }), 'session_ended');
    for (const refresh of [person.refresh, second.refresh])
      expectProblem(
        await clinic.as(undefined).post('/auth/token/refresh/', { refresh }),
        'invalid_refresh_token',
      );
    expectProblem(await login(), 'invalid_credentials');
    const { username, phone, email } = data;
    const again = await clinic.person('patient', { username, phone, email });
    expect(again.id).not.toBe(person.id);
    await query('update users set phone_verified_at = now(), email_verified_at = now() where id = $1', [
      again.id,
    ]);
  });
});
