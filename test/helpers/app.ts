import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { type AppConfig, buildApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { type Role, sideOf } from '../../src/core/roles.ts';
import type { Db } from '../../src/db/client.ts';
import type { LogStream } from '../../src/http/hooks/logging.ts';
import { type TestClock, testClock } from './clock.ts';
import { testDatabase, unhurried } from './database.ts';
import { insertSpecialization } from './rows.ts';

export { type TestClock, testClock };

export const PASSWORD = 'a-long-quiet-river';

/** The defaults, and otherwise only what tests need to be otherwise. */
export const testConfig: AppConfig = {
  ...loadConfig({}),
  // What `testApp` opens for the test.
  database_url: '',
  jwt_secret: 'only-for-tests-0f8e7d6c5b4a39281706',
  // Off, so that no test is slowed down by what others did before it.
  rate_limit: false,
  bcrypt_cost: 4,
  // So long that nothing is refused for that, however busy the machine is with other tests.
  max_wait_seconds: 60,
  log_level: 'silent',
  public_url: 'https://clinic.example',
  demo_data: false,
  data_keys: { file: join(tmpdir(), `clinic-data-keys-${randomUUID()}.json`), make: true },
  /** No channel is set up, so that nothing leaves; tests of messages name what they need. */
  channels: { timeout: 5_000 },
};

export interface Person {
  id: number;
  username: string;
  role: Role;
  token: string;
  refresh: string;
}

export interface TestApp {
  app: FastifyInstance;
  db: Db;
  url: string;
  clock: TestClock;
  /** Where its photos are, unless its settings say otherwise. */
  photos: { folder: string };
  /** A request as `person`; paths are relative to /api, such as `/doctors/`. */
  as(person: Pick<Person, 'token'> | undefined): {
    get(path: string): supertest.Test;
    post(path: string, body?: object): supertest.Test;
    put(path: string, body?: object): supertest.Test;
    patch(path: string, body?: object): supertest.Test;
    delete(path: string, body?: object): supertest.Test;
  };
  /** Registers a person and signs them in; who is on no side of visits registers as a patient first. */
  person(role: Role, fields?: Record<string, unknown>): Promise<Person>;
  /** Publishes a slot; by default half an hour on 2026-03-10. */
  slot(
    doctor: Person,
    fields?: Partial<Record<'date' | 'start_time' | 'end_time', string>> & { branch?: number },
  ): Promise<number>;
  book(patient: Person, timeslot: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * The application on a database of its own. By its clock it is Monday 2026-03-02, 09:00 in Tashkent.
 * @param options.pool_max connections; one makes a forgotten transaction hang
 * @param options.unhurried its requests may take as long as they like, for tables of a million rows
 */
export async function testApp(
  options: {
    config?: Partial<typeof testConfig>;
    clock?: TestClock;
    pool_max?: number;
    /** A database of somebody else's, migrated; a fresh one by default. */
    url?: string;
    unhurried?: true;
    log_stream?: LogStream;
  } = {},
): Promise<TestApp> {
  const { db, url, close } = await testDatabase(options.pool_max, options.url);
  if (options.unhurried) unhurried(db);
  const clock = options.clock ?? testClock();
  const photos = { folder: join(tmpdir(), `clinic-photos-${randomUUID()}`) };
  const app = await buildApp({
    db,
    clock,
    config: { ...testConfig, photos, ...options.config, database_url: url },
    ...(options.log_stream && { log_stream: options.log_stream }),
  });
  await app.ready();
  let people = 0;

  const as: TestApp['as'] = (person) => {
    const send = (method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, body?: object) => {
      const request = supertest(app.server)[method](`/api${path}`);
      if (person) request.set('authorization', `Bearer ${person.token}`);
      return body === undefined ? request : request.send(body);
    };
    return {
      get: (path) => send('get', path),
      post: (path, body) => send('post', path, body),
      put: (path, body) => send('put', path, body),
      patch: (path, body) => send('patch', path, body),
      delete: (path, body) => send('delete', path, body),
    };
  };

  async function person(role: Role, fields: Record<string, unknown> = {}): Promise<Person> {
    people += 1;
    const registers = sideOf(role) !== null;
    const username = `${role}${people}`;
    const account = { username, password: PASSWORD, role: registers ? role : 'patient', ...fields };
    const { specialization } = (fields.profile ?? {}) as { specialization?: string | null };
    if (specialization) await insertSpecialization(db, specialization);
    const registered = await as(undefined).post('/auth/register/', account).expect(201);
    if (!registers)
      await db.$client.query('update users set role = $2 where id = $1', [registered.body.id, role]);
    const login = await as(undefined)
      .post('/auth/login/', { username: account.username, password: PASSWORD })
      .expect(200);
    return {
      id: registered.body.id,
      username: account.username,
      role,
      token: login.body.access,
      refresh: login.body.refresh,
    };
  }

  return {
    app,
    db,
    url,
    clock,
    photos,
    as,
    person,
    async slot(doctor, fields = {}) {
      const body = { date: '2026-03-10', start_time: '10:00', end_time: '10:30', ...fields };
      const published = await as(doctor).post('/timeslots/', body).expect(201);
      return published.body.id;
    },
    async book(patient, timeslot) {
      const booked = await as(patient).post('/appointments/', { timeslot }).expect(201);
      return booked.body.id;
    },
    async close() {
      await app.close();
      await close();
      rmSync(photos.folder, { recursive: true, force: true });
    },
  };
}
