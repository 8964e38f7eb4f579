import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { capturedLog } from '../helpers/log.ts';
import { type Answer, expectProblem } from '../helpers/problem.ts';
import { sendRaw } from '../helpers/raw.ts';

/** What belongs to people, as it is typed and as it is stored; none of it may stand in any line of the log. */
const personal = {
  username: 'feruza.toshpulatova',
  first_name: 'Feruza',
  last_name: 'Toʻshpoʻlatova',
  email: 'feruza@example.uz',
  phone: '90 765-43-21',
  date_of_birth: '1987-06-05',
  reason: 'Kasalligi tufayli',
  search: 'nevropatolog',
};
const stored = ['+998907654321', '907654321'];

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
const log = capturedLog();
const secrets = new Set<string>([PASSWORD, ...Object.values(personal), ...stored]);

beforeAll(async () => {
  // The lowest level there is: whatever anybody could switch on.
  clinic = await testApp({ config: { log_level: 'trace' }, log_stream: log.stream });
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor', { first_name: 'Jasurbek' });
  const { date_of_birth, reason, search, ...account } = personal;
  patient = await clinic.person('patient', { ...account, profile: { date_of_birth } });
  for (const person of [admin, doctor, patient]) {
    for (const secret of [person.token, person.refresh, person.username]) secrets.add(secret);
  }
  secrets.add('Jasurbek');
});
afterAll(() => clinic.close());

function expectNothingPersonal(): void {
  expect(log.lines.length).toBeGreaterThan(0);
  const text = log.lines.join('').toLowerCase();
  for (const secret of secrets) expect(text, `the log holds ${secret}`).not.toContain(secret.toLowerCase());
  expect(text).not.toMatch(/\b(select|insert into|update|delete from|values)\b.*\$1|failing row|\$2b\$/);
}

/** Every line of one request. */
const linesOf = (answer: Answer) =>
  log.lines.map((line) => JSON.parse(line)).filter(({ reqId }) => reqId === answer.headers['x-request-id']);

/** The same once the answer has been counted, which happens right after it is sent. */
async function countedLinesOf(answer: Answer) {
  await vi.waitFor(() => expect(linesOf(answer)).not.toEqual([]), 30_000);
  return linesOf(answer);
}

test('a whole journey leaves its outcomes in the log and its people out of it', async () => {
  const { search, reason } = personal;
  await clinic.as(patient).get(`/doctors/?search=${search}&specialization=${search}`).expect(200);
  const timeslot = await clinic.slot(doctor);
  const visit = await clinic.book(patient, timeslot);
  await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'cancelled', reason }).expect(200);
  await clinic.as(doctor).get('/appointments/me/').expect(200);
  await clinic.as(patient).patch('/patient/profile/', { last_name: personal.last_name }).expect(200);
  await clinic
    .as(admin)
    .get(`/users/?search=${encodeURIComponent(personal.email)}`)
    .expect(200);
  const { body } = await clinic.as(undefined).post('/auth/token/refresh/', { refresh: patient.refresh });
  secrets.add(body.access).add(body.refresh);
  await clinic.as(admin).delete(`/users/${patient.id}/`, { password: PASSWORD }).expect(204);
  expectNothingPersonal();
});

describe('refused requests leave nothing personal either', () => {
  test.each([
    [
      'a wrong password',
      'invalid_credentials',
      () => post('/auth/login/', { password: 'my-other-password' }),
    ],
    [
      'a taken name',
      'username_taken',
      () => post('/users/', { username: admin.username, role: 'patient' }, admin),
    ],
    ['wrong fields', 'invalid_input', () => post('/auth/register/', { phone: '907654321x', role: 'nobody' })],
    ['a bad token', 'invalid_token', () => clinic.as({ token: `${doctor.token}x` }).get('/auth/me/')],
    [
      'an unknown address',
      'route_not_found',
      () => clinic.as(undefined).get(`/${personal.username}/?phone=907654321`),
    ],
    [
      'a broken address',
      'malformed_request',
      () => clinic.as(admin).get(`/users/${personal.first_name}%zz/`),
    ],
    [
      'an endless address',
      'uri_too_long',
      () => clinic.as(admin).get(`/users/${personal.first_name.repeat(20)}/`),
    ],
    ['what is no JSON', 'malformed_request', () => broken(`{"username":"${personal.username}",}`)],
  ] as const)('%s', async (_, code, provoke) => {
    secrets.add('my-other-password');
    expectProblem(await provoke(), code);
    expectNothingPersonal();
  });

  test('what Node’s own parser refuses', async () => {
    const answer = await sendRaw(
      clinic.app,
      `GET /${personal.first_name} HTTP/9.9\r\nx: ${personal.email}\r\n\r\n`,
    );
    expectProblem(answer, 'malformed_request', { unread: true });
    expectNothingPersonal();
  });
});

function post(path: string, fields: object, by?: Person) {
  return clinic.as(by).post(path, { username: personal.username, password: PASSWORD, ...fields });
}
const broken = (body: string) =>
  clinic.as(undefined).post('/auth/login/').set('content-type', 'application/json').send(body);

describe('statements that fail leave their SQLSTATE and their place', () => {
  const fail = (body: object) => clinic.as(doctor).patch('/doctor/profile/', body);

  test('a row that an unknown constraint refuses', async () => {
    await clinic.db.$client.query(
      `alter table users add constraint unforeseen check (last_name <> '${personal.last_name}')`,
    );
    const answer = await fail({ last_name: personal.last_name });
    expectProblem(answer, 'internal_error');
    const failure = linesOf(answer).find(({ level }) => level === 50);
    expect(failure.error).toMatchObject({
      type: 'DatabaseError',
      sqlstate: '23514',
      constraint: 'unforeseen',
    });
    expectNothingPersonal();
  });

  test('a function that is gone', async () => {
    await clinic.db.$client.query('alter function search_pattern(text) rename to elsewhere');
    const answer = await clinic.as(admin).get(`/users/?search=${personal.first_name}`);
    expectProblem(answer, 'internal_error');
    expect(linesOf(answer).find(({ level }) => level === 50).error).toMatchObject({ sqlstate: '42883' });
    await clinic.db.$client.query('alter function elsewhere(text) rename to search_pattern');
    expectNothingPersonal();
  });

  test('a trigger that fails with the person’s data in its message', async () => {
    await clinic.db.$client.query(`
      create function tell() returns trigger language plpgsql as
        $$ begin raise exception 'no place for %', new.last_name using detail = new.last_name, hint = new.username; end $$;
      create trigger tell before update of last_name on users for each row execute function tell()`);
    expectProblem(await fail({ last_name: personal.last_name }), 'internal_error');
    await clinic.db.$client.query('drop trigger tell on users');
    expectNothingPersonal();
  });
});

describe('a request', () => {
  test('has one line, with its route instead of its address, and the id that its answer carries', async () => {
    const answer = await clinic.as(doctor).get('/timeslots/?date=2026-03-10').expect(200);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await countedLinesOf(answer)).toEqual([
      {
        level: 30,
        time: expect.any(Number),
        reqId: answer.headers['x-request-id'],
        method: 'GET',
        route: '/api/timeslots/',
        status: 200,
        ms: expect.any(Number),
        user: doctor.id,
        msg: 'request',
      },
    ]);
  });

  test('is counted when it is refused, too', async () => {
    const answer = await clinic.as(undefined).get('/timeslots/7/');
    const lines = await countedLinesOf(answer);
    expect(lines).toMatchObject([{ route: '/api/timeslots/:id/', status: 401 }]);
    expect(lines[0]).not.toHaveProperty('user');
  });

  test('has the name that it brings, and one of ours where that could do harm in a log', async () => {
    const said = async (name: string) => {
      const { headers } = await clinic.as(doctor).get('/auth/me/').set('x-request-id', name).expect(200);
      return headers['x-request-id'];
    };
    expect(await said('brought-by-the-client')).toBe('brought-by-the-client');
    const ours = await said('two lines "} {');
    expect(ours).toMatch(/^[0-9a-f-]{36}$/);
    expect(log.lines.join('')).not.toContain('two lines');
    for (const name of ['brought-by-the-client', ours])
      expect(log.lines.filter((line) => line.includes(`"reqId":"${name}"`))).not.toEqual([]);
  });
});
