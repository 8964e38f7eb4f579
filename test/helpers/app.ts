import type { FastifyInstance } from 'fastify';
import supertest from 'supertest';
import { buildApp } from '../../src/app.ts';
import type { Role } from '../../src/core/roles.ts';
import type { Db } from '../../src/db/client.ts';
import type { LogStream } from '../../src/http/hooks/logging.ts';
import type { ChannelSettings } from '../../src/modules/notifications/index.ts';
import { type TestClock, testClock } from './clock.ts';
import { testDatabase, unhurried } from './database.ts';

export { type TestClock, testClock };

export const PASSWORD = 'a-long-quiet-river';

export const testConfig = {
  jwt_secret: 'only-for-tests-0f8e7d6c5b4a39281706',
  access_token_minutes: 15,
  jwt_previous_secrets: [] as string[],
  refresh_token_days: 30,
  refresh_grace_seconds: 60,
  // Off, so that no test is slowed down by what others did before it.
  rate_limit: false,
  rate_limit_guest: 300,
  rate_limit_user: 600,
  rate_limit_auth: 30,
  codes_per_hour: 5,
  codes_per_hour_address: 60,
  sms_codes_per_day: 1_000,
  bcrypt_cost: 4,
  phone_country: 'UZ' as const,
  doctor_approval: 'automatic' as 'automatic' | 'required',
  terms_version: '1',
  privacy_version: '1',
  require_consent: false,
  audit_retention_days: 1_825,
  publish_horizon_days: 28,
  hold_minutes: 5,
  offer_minutes: 15,
  message_retention_days: 180,
  default_locale: 'en' as const,
  cors_origins: [] as string[],
  trust_proxy: [] as string[],
  allowed_hosts: [] as string[],
  redis_url: undefined as string | undefined,
  // So long that nothing is refused for that, however busy the machine is with other tests.
  max_wait_seconds: 60,
  body_limit: 64 * 1024,
  answers_remembered: 20_000,
  log_level: 'silent',
  public_url: 'https://clinic.example' as string | undefined,
  site_url: undefined as string | undefined,
  demo_data: false,
  reminders: [
    { name: '24h', minutes: 24 * 60 },
    { name: '2h', minutes: 2 * 60 },
  ],
  remind_doctor_hours: 24,
  message_attempts: 10,
  /** No channel is set up, so that nothing leaves; tests of messages name what they need. */
  channels: { timeout: 5_000 } as ChannelSettings,
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
  /** A request as `person`; paths are relative to /api, such as `/doctors/`. */
  as(person: Pick<Person, 'token'> | undefined): {
    get(path: string): supertest.Test;
    post(path: string, body?: object): supertest.Test;
    put(path: string, body?: object): supertest.Test;
    patch(path: string, body?: object): supertest.Test;
    delete(path: string, body?: object): supertest.Test;
  };
  /** Registers (admins: inserts) a person and signs them in. */
  person(role: Role, fields?: Record<string, unknown>): Promise<Person>;
  /** Publishes a slot; by default half an hour on 2026-03-10. */
  slot(doctor: Person, fields?: Partial<Record<'date' | 'start_time' | 'end_time', string>>): Promise<number>;
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
  const app = await buildApp({
    db,
    clock,
    config: { ...testConfig, ...options.config, database_url: url },
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
    const username = `${role}${people}`;
    const account = { username, password: PASSWORD, role: role === 'admin' ? 'patient' : role, ...fields };
    const registered = await as(undefined).post('/auth/register/', account).expect(201);
    if (role === 'admin')
      await db.$client.query("update users set role = 'admin' where id = $1", [registered.body.id]);
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
    },
  };
}
