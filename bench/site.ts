import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createClock } from '../src/core/clock.ts';
import { openEmbedded } from '../src/db/embedded/embedded.ts';
import { migrateDatabase } from '../src/db/migrate.ts';
import { captureRoutes } from './capture.ts';
import { loadWorld } from './loader.ts';
import { type Server, startHelper, startServer } from './processes.ts';
import { progress } from './report.ts';
import type { Route } from './routes.ts';
import { type Stock, takeStock } from './scenarios.ts';
import { type Size, sizes, type World } from './world.ts';

/** A world with everything that answers for it: its PostgreSQL, the API, and the limits beside it. */

export const POOL_MAX = 10;
const TIMEZONE = 'Asia/Tashkent';

export interface Site {
  size: Size;
  world: World;
  database_url: string;
  postmaster: number;
  secret: string;
  /** The settings of the API. */
  env: Record<string, string>;
  log: string;
  api: Server;
  bare: Server;
  floor: Server;
  stock: Stock;
  routes: Record<string, Route>;
  /** What PostgreSQL says of itself: its version, and the settings that matter. */
  about: Record<string, string>;
  /** Undoes what was booked, cancelled and signed in. */
  reset: () => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * @param data where the databases of all sizes are kept
 * @param env further settings of the API
 */
export async function openSite(size_name: Size['name'], data: string, env = {}): Promise<Site> {
  const size = sizes[size_name];
  const dir = join(data, `bench-${size.name}`);
  mkdirSync(dir, { recursive: true });
  // Nothing is set but what every embedded server has: durable, as PostgreSQL comes.
  const embedded = await openEmbedded({ dir });
  const { url: database_url } = embedded;
  await migrateDatabase(database_url);
  const client = new pg.Client({ connectionString: database_url });
  client.on('error', () => {});
  await client.connect();

  const today = createClock(TIMEZONE).wall().date;
  const bar = progress(`${size.name} world`);
  const world = await loadWorld(database_url, size, today, bar.tell);
  bar.end();
  const reset = () => undo(client, world.appointments, world.people);
  // A run that was cut off has left what it did.
  await reset();
  const stock = await takeStock(world, today, client);
  const secret = randomBytes(48).toString('base64url');
  const routes = await captureRoutes(database_url, secret, stock.examples);
  await reset();
  const hashed = await client.query<{ hash: string }>('select password_hash as hash from users limit 1');
  const hash = hashed.rows[0]?.hash ?? '';
  routes.login = {
    method: 'POST',
    url: '/api/auth/login/',
    status: 200,
    answer: undefined,
    statements: [],
    hash,
  };

  const log = join(dir, 'server.log');
  // Jobs are done by processes of their own, as `npm run worker` is for, so that what is measured is the API.
  const settings = { DATABASE_URL: database_url, JWT_SECRET: secret, WORKER: 'external', ...env };
  const api = await startServer({ env: settings, log });
  // Two kinds of request that are sent to one route have the limits of the first: what a plain booking costs at least.
  const { examine: _like_book, ...limited } = routes;
  const limit = async (kind: 'bare' | 'floor'): Promise<Server> => {
    const helper = startHelper('limits.ts');
    const order = { kind, database_url, pool_max: POOL_MAX, routes: Object.values(limited) };
    const base = await helper.ask<string>(order);
    return { base, pid: helper.pid, stop: helper.stop, forgetLog: () => {} };
  };
  const [bare, floor] = [await limit('bare'), await limit('floor')];

  return {
    size,
    world,
    database_url,
    postmaster: await postmasterOf(client),
    secret,
    env: settings,
    log,
    api,
    bare,
    floor,
    stock,
    routes,
    about: await aboutOf(client),
    reset,
    async stop() {
      await Promise.all([api.stop(), bare.stop(), floor.stop()]);
      await client.end();
      await embedded.stop();
    },
  };
}

async function postmasterOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const status = readFileSync(`/proc/${rows[0]?.pid}/status`, 'utf8');
  return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
}

const SHOWN = [
  'server_version',
  'shared_buffers',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'max_connections',
];

async function aboutOf(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    'select name, current_setting(name) as setting from pg_settings where name = any ($1) order by array_position($1, name)',
    [SHOWN],
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

/**
 * Back to the world as it was loaded. Triggers stay out of it: nobody is to hear of this but who remembers answers. Then it
 * is tidied up, so that the next round finds no more dead rows than this one did.
 * @param visits how many appointments the world began with
 * @param people as many sessions as people
 */
async function undo(client: pg.Client, visits: number, people: number): Promise<void> {
  await client.query(`
    begin;
    set local session_replication_role = replica;
    update timeslots set is_taken = false
      where id in (select timeslot_id from appointments where id > ${visits} and timeslot_id is not null);
    delete from appointments where id > ${visits};
    with cancelled as (
      update appointments a set status = 'confirmed', cancelled_by = null, cancel_reason = null, cancelled_late = false
      from events e where e.appointment_id = a.id and e.type = 'appointment.cancelled' and a.status = 'cancelled'
      returning a.timeslot_id
    )
    update timeslots set is_taken = true where id in (select timeslot_id from cancelled);
    delete from room_uses where appointment_id > ${visits};
    truncate appointment_events, audit_entries, messages, graphile_worker._private_jobs;
    delete from refresh_tokens;
    delete from sessions where id > ${people};
    truncate events, event_troubles;
    insert into events (type) values ('doctor.changed');
    commit`);
  for (const table of ['appointments', 'timeslots', 'room_uses', 'sessions', 'refresh_tokens'])
    await client.query(`vacuum ${table}`);
  await client.query('checkpoint');
}
