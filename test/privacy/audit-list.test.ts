import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp, testClock } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { statementsOf } from '../helpers/statements.ts';

/** Midnights in Tashkent, five hours ahead of UTC. */
const MONDAY = '2026-03-01T19:00:00.000Z';
const TUESDAY = '2026-03-02T19:00:00.000Z';
/** When this test looks: that is noted too, and stays out of what it looks for. */
const LATER = '2026-03-20T04:00:00.000Z';
const BEFORE = 'to=2026-03-19';

let clinic: TestApp;
let admin: Person;
let second: Person;
let doctor: Person;
let patient: Person;
let appointment: number;
beforeAll(async () => {
  clinic = await testApp({ clock: testClock('2026-02-20T04:00:00Z') });
  admin = await clinic.person('admin', { first_name: 'Malika', last_name: 'Rashidova' });
  second = await clinic.person('admin');
  doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov' });
  patient = await clinic.person('patient', { first_name: 'Aziza', last_name: 'Karimova' });
  appointment = await clinic.book(patient, await clinic.slot(doctor));
  const reads: [string, Person, string][] = [
    ['2026-03-01T18:59:59.999Z', doctor, `/appointments/${appointment}/`],
    [MONDAY, doctor, `/appointments/${appointment}/`],
    ['2026-03-02T18:59:59.999Z', second, `/users/${patient.id}/`],
    [TUESDAY, second, `/users/${doctor.id}/`],
  ];
  for (const [instant, person, path] of reads) {
    clinic.clock.set(instant);
    await clinic.as(person).get(path).expect(200);
  }
  await clinic.as(second).patch(`/users/${patient.id}/`, { phone: '90 123-45-67' }).expect(200);
  clinic.clock.set(LATER);
});
afterAll(() => clinic.close());

const list = async (query = '', person = admin) =>
  (await clinic.as(person).get(`/audit/?${query}`).expect(200)).body;
const accessLog = async (person: Person, query = '') =>
  (await clinic.as(person).get(`/auth/me/access-log/?${query}`).expect(200)).body;
const actions = (body: { results: { action: string }[] }) => body.results.map(({ action }) => action);

const people = () => ({
  doctor: { id: doctor.id, role: 'doctor', first_name: 'Jasur', last_name: 'Yusupov' },
  patient: { id: patient.id, role: 'patient', first_name: 'Aziza', last_name: 'Karimova' },
  second: { id: second.id, role: 'admin', first_name: null, last_name: null },
});

describe('GET /audit/', () => {
  test('shows who, what, whose and when, newest first', async () => {
    const { results } = await list(`subject=${patient.id}&page_size=3&${BEFORE}`);
    expect(results).toEqual([
      {
        id: expect.any(Number),
        at: TUESDAY,
        actor: people().second,
        action: 'user.update',
        subject: people().patient,
        details: { fields: ['phone'] },
        request_id: expect.any(String),
        network: null,
      },
      expect.objectContaining({ action: 'user.read', actor: people().second, details: {} }),
      {
        id: expect.any(Number),
        at: MONDAY,
        actor: people().doctor,
        action: 'appointment.read',
        subject: people().patient,
        details: { appointment },
        request_id: expect.any(String),
        network: null,
      },
    ]);
  });

  test.each([
    [
      'actor',
      () => `actor=${doctor.id}`,
      ['appointment.read', 'appointment.read', 'sign_in', 'user.register'],
    ],
    ['subject', () => `subject=${doctor.id}`, ['user.read', 'sign_in', 'user.register']],
    ['action', () => 'action=appointment.read', ['appointment.read', 'appointment.read']],
    ['several', () => `actor=${second.id}&subject=${patient.id}&action=user.read`, ['user.read']],
    [
      'a day of the clinic',
      () => 'from=2026-03-02&to=2026-03-02&action=appointment.read',
      ['appointment.read'],
    ],
    ['the day before', () => 'from=2026-03-01&to=2026-03-01', ['appointment.read']],
    ['the day after', () => `from=2026-03-03&subject=${doctor.id}`, ['user.read']],
    ['nobody', () => 'actor=999999', []],
  ])('filters by %s', async (_, query, expected) => {
    const body = await list(query().includes('to=') ? query() : `${query()}&${BEFORE}`);
    expect(actions(body)).toEqual(expected);
    expect(body.count).toBe(expected.length);
  });

  test('pages as other lists do', async () => {
    const first = await list(`subject=${patient.id}&${BEFORE}&page_size=1`);
    expect(first).toMatchObject({ count: 6, previous: null });
    expect(first.next).toContain(`/api/audit/?subject=${patient.id}&${BEFORE}&page_size=1&page=2`);
    const next = await list(`subject=${patient.id}&${BEFORE}&page_size=1&page=2`);
    expect(next.results[0].id).toBeLessThan(first.results[0].id);
    expect(await list(`subject=${patient.id}&${BEFORE}&page=9`)).toMatchObject({ count: 6, results: [] });
  });

  test.each([
    ['actor=x', 'actor invalid_type'],
    ['subject=0', 'subject too_small'],
    ['action=Drop%20table', 'action invalid_format'],
    ['from=2026-03-03&to=2026-03-02', 'to range_reversed'],
    ['from=yesterday', 'from invalid_date'],
    ['page_size=101', 'page_size too_big'],
  ])('refuses ?%s', async (query, field) => {
    expectProblem(await clinic.as(admin).get(`/audit/?${query}`), 'invalid_input', { fields: [field] });
  });

  test('looking is noted once, with whom it was about', async () => {
    const [entry, ...others] = await notedBy(clinic.db, () =>
      list(`subject=${patient.id}&from=2026-03-02&${BEFORE}`, second),
    );
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ actor_id: second.id, action: 'audit.list', subject_id: patient.id });
    expect(entry?.details).toEqual({ filters: expect.arrayContaining(['subject', 'from', 'to']), rows: 3 });
    const [nobody] = await notedBy(clinic.db, () => list('subject=999999', second));
    expect(nobody).toMatchObject({ subject_id: null, details: { filters: ['subject'], rows: 0 } });
  });

  test('takes one query, and one statement to note it', async () => {
    const statements = await statementsOf(() => list('page_size=100'));
    expect(statements.map((text) => text.split(' ', 1)[0])).toEqual(['select', 'insert']);
  });
});

describe('GET /auth/me/access-log/', () => {
  test('tells a patient who looked at their record and who changed what, by name', async () => {
    const person = await clinic.person('patient');
    await clinic.as(second).get(`/users/${person.id}/`).expect(200);
    await clinic.as(person).patch('/patient/profile/', { gender: 'female' }).expect(200);
    const timeslot = await clinic.slot(doctor, { date: '2026-03-22' });
    const visit = await clinic.book(person, timeslot);
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    const { results, count } = await accessLog(person);
    const about = { id: expect.any(Number), at: LATER, appointment: null, fields: [] };
    const self = { id: person.id, role: 'patient', first_name: null, last_name: null };
    expect(results).toEqual([
      { ...about, by: people().doctor, action: 'appointment.confirm', appointment: visit },
      { ...about, by: self, action: 'profile.update', fields: ['gender'] },
      { ...about, by: people().second, action: 'user.read' },
      { ...about, by: self, action: 'user.register' },
    ]);
    expect(count).toBe(4);
    // It says nothing of how the clinic looked, nor of requests.
    expect(Object.keys(results[0]).sort()).toEqual(['action', 'appointment', 'at', 'by', 'fields', 'id']);
  });

  test('shows nobody anything of another’s record', async () => {
    const others = await accessLog(await clinic.person('patient'));
    expect(actions(others)).toEqual(['user.register']);
    const mine = await accessLog(doctor, 'page_size=100');
    expect(mine.results.every(({ action }: { action: string }) => !action.startsWith('appointment.'))).toBe(
      true,
    );
  });

  test('pages, and takes one query', async () => {
    const body = await accessLog(patient, 'page_size=2&page=2');
    expect(body.results).toHaveLength(2);
    expect(body.previous).toContain('/api/auth/me/access-log/?page_size=2&page=1');
    const statements = await statementsOf(() => accessLog(patient, 'page_size=100'));
    expect(statements).toHaveLength(1);
  });

  test('names go with their owner', async () => {
    const leaving = await clinic.person('admin', { first_name: 'Botir', last_name: 'Sobirov' });
    const person = await clinic.person('patient');
    await clinic.as(leaving).get(`/users/${person.id}/`).expect(200);
    await clinic.as(admin).delete(`/users/${leaving.id}/`, { password: PASSWORD }).expect(204);
    const [entry] = (await accessLog(person)).results;
    expect(entry.by).toEqual({ id: leaving.id, role: 'admin', first_name: null, last_name: null });
  });
});

test('a hundred thousand entries later both lists still read only what they show', async () => {
  await clinic.db.$client.query(
    `insert into audit_entries (at, actor_id, actor_role, action, subject_id)
     select timestamptz '2025-06-01' + n * interval '1 minute', $1, 'admin', 'user.list', $2
     from generate_series(1, 100000) n`,
    [admin.id, second.id],
  );
  await clinic.db.$client.query('analyze audit_entries');
  expect((await list('action=user.list')).count).toBe(10_000);
  const reads = async (text: string) => {
    const { rows } = await clinic.db.$client.query<{ 'QUERY PLAN': string }>(`explain ${text}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  const [all, subject, actor, action] = await Promise.all(
    ['true', `subject_id = ${patient.id}`, `actor_id = ${admin.id}`, "action = 'user.list'"].map((where) =>
      reads(`select * from audit_entries where ${where} order by at desc, id desc limit 20`),
    ),
  );
  for (const [plan, index] of [
    [all, 'audit_entries_at'],
    [subject, 'audit_entries_subject'],
    [actor, /audit_entries_(actor|at)/],
    [action, /audit_entries_(action|at)/],
  ] as const) {
    expect(plan).toMatch(index);
    expect(plan).not.toMatch(/Seq Scan|Sort/);
  }
});
