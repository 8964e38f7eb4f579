import type { FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { PASSWORD, type Person, type TestApp, testApp, testConfig } from '../helpers/app.ts';
import { type Gateway, openGateway } from '../helpers/gateway.ts';
import { capturedLog } from '../helpers/log.ts';
import { expectProblem } from '../helpers/problem.ts';

/**
 * One outage after another, told in order. The clinic's people are made where the database never goes away; `app`
 * reaches the same one through a gateway.
 */
let clinic: TestApp;
let gateway: Gateway;
let app: FastifyInstance;
let db: Db;
let doctor: Person;
let patient: Person;
const log = capturedLog();
/** Longer than a busy machine needs. */
const PATIENCE = 30_000;

beforeAll(async () => {
  clinic = await testApp();
  doctor = await clinic.person('doctor', { last_name: 'Yusupov' });
  patient = await clinic.person('patient');
  gateway = await openGateway(clinic.url);
  db = openDatabase({ url: gateway.url, pool_max: 4 });
  const config = { ...testConfig, log_level: 'info', database_url: gateway.url };
  app = await buildApp({ db, clock: clinic.clock, config, log_stream: log.stream });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await db.$client.end();
  await gateway.shut();
  await clinic.close();
});

const ask = (method: 'get' | 'post', path: string, body?: object) =>
  supertest(app.server)[method](path).set('authorization', `Bearer ${patient.token}`).send(body);
const book = (timeslot: number) => ask('post', '/api/appointments/', { timeslot });

test('while the database is away every request that needs it is a 503 that says when to come back', async () => {
  await ask('get', '/api/doctors/?search=yusupov').expect(200);
  await gateway.shut();
  // The first of them meet connections that were cut, the later ones a port that refuses.
  for (let round = 0; round < 3; round += 1) {
    expectProblem(await ask('get', '/api/doctors/?search=yusupov'), 'database_unavailable');
    expectProblem(await book(1), 'database_unavailable');
    expectProblem(
      await supertest(app.server)
        .post('/api/auth/login/')
        .send({ username: patient.username, password: PASSWORD }),
      'database_unavailable',
    );
    const ready = await supertest(app.server).get('/health/ready');
    expectProblem(ready, 'database_unavailable');
    expect(ready.headers['retry-after']).toBe('2');
  }
});

test('what needs no database is answered as ever', async () => {
  await supertest(app.server).get('/health/live').expect(200, { status: 'ok' });
  await supertest(app.server).get('/api/schema/').expect(200);
  expectProblem(await supertest(app.server).get('/api/users/'), 'authentication_required');
  expectProblem(await supertest(app.server).get('/nowhere'), 'route_not_found');
});

test('the log says it once for the whole outage, and says no more than that', () => {
  const lines = log.lines.filter((line) => JSON.parse(line).msg !== 'request');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, error: { type: 'Unreachable' } });
  expect(log.lines.join('\n')).not.toMatch(
    new RegExp(`yusupov|${patient.username}|${PASSWORD}|postgres://`, 'i'),
  );
});

test('when the database comes back so does everything else, by itself', async () => {
  await gateway.open();
  await supertest(app.server).get('/health/ready').expect(200, { status: 'ok' });
  const timeslot = await clinic.slot(doctor);
  await book(timeslot).expect(201);
  await ask('get', '/api/appointments/me/').expect(200);
});

test('a session that ended during the outage is refused after it', async () => {
  const admin = await clinic.person('admin');
  await gateway.shut();
  await clinic.as(admin).patch(`/users/${patient.id}/`, { password: 'another-quiet-river' }).expect(200);
  await gateway.open();
  // Until the link that announces ended sessions stands again each request asks the database: never a moment's gap.
  for (let round = 0; round < 5; round += 1)
    expectProblem(await ask('get', '/api/auth/me/'), 'session_ended');
  await vi.waitFor(async () => {
    const { rows } = await clinic.db.$client.query(
      `select from pg_stat_activity where datname = current_database() and application_name = 'clinic-listen'`,
    );
    expect(rows).toHaveLength(2);
  }, PATIENCE);
  expectProblem(await ask('get', '/api/auth/me/'), 'session_ended');
});

test('a database without its tables is one that is not there yet', async () => {
  await clinic.db.$client.query('alter table timeslots rename to elsewhere');
  const path = `/api/doctors/${doctor.id}/timeslots/`;
  expectProblem(
    await supertest(clinic.app.server)
      .get(path)
      .set('authorization', `Bearer ${(await clinic.person('patient')).token}`),
    'database_unavailable',
  );
  await clinic.db.$client.query('alter table elsewhere rename to timeslots');
});
