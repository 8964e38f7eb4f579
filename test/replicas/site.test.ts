import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, type TestContext, test, vi } from 'vitest';
import { missingPrograms, type Site, startSite } from '../../deploy/local.ts';
import type { Role } from '../../src/core/roles.ts';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { openReplica } from '../../src/db/links/replica.ts';
import { PASSWORD } from '../helpers/app.ts';
import { PATIENT_LIMITS } from '../helpers/database.ts';
import { jpeg } from '../helpers/pictures.ts';
import { type Answer, type Method, provesRules, tally } from '../helpers/races.ts';
import { relayTo } from '../helpers/relay.ts';
import { read, told } from '../streams/reader.ts';

/**
 * Several processes as in production: nginx, two of the API, PgBouncer with few connections, a streaming replica, Redis.
 * PGBOUNCER names another program than the one of this machine.
 */

const GUESTS = 60;
const POOL = 4;
const DAY = `${new Date().getUTCFullYear() + 1}-03-10`;

const missing = missingPrograms();
let site: Site;
let db: Db;
let doctor: Member;
let patients: Member[];

beforeAll(async () => {
  if (missing.length > 0) return;
  site = await startSite({
    pool_size: POOL,
    pgbouncer: process.env.PGBOUNCER ?? 'pgbouncer',
    // A time zone that nobody asked for, so that the one which was asked for is seen to hold.
    settings: ['timezone=Asia/Tokyo', 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
    env: {
      DEMO_DATA: 'false',
      BCRYPT_COST: '4',
      RATE_LIMIT_GUEST: String(GUESTS),
      RATE_LIMIT_USER: '1000000',
      RATE_LIMIT_AUTH: '1000000',
    },
  });
  db = openDatabase({ url: site.primary.url, pool_max: 2, limits: PATIENT_LIMITS });
  doctor = await member('doctor');
  patients = await Promise.all(Array.from({ length: 16 }, () => member('patient')));
  await bothReadTheReplica();
});
afterAll(async () => {
  await db?.$client.end();
  await site?.stop();
});

/** Says loudly that nothing was shown where there is nothing to show it with. */
function needsPrograms(context: TestContext): void {
  if (missing.length === 0) return;
  process.stderr.write(
    `\n*** NOT RUN: not here: ${missing.join(', ')} (apt-get install ${missing.join(' ')}). ***\n\n`,
  );
  context.skip(`no ${missing.join(', ')}`);
}

interface Member {
  id: number;
  username: string;
  token: string;
}

interface Asked {
  as?: Pick<Member, 'token'> | undefined;
  body?: object;
  key?: string;
  /** An API process asked past nginx. */
  at?: number;
  /** Where a guest comes from; everybody from elsewhere by default, so that no limit is met. */
  from?: string;
}

let addresses = 0;
const freshAddress = () => `198.51.${Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`;

async function ask(
  method: Method,
  path: string,
  { as, body, key, at, from = freshAddress() }: Asked = {},
): Promise<Answer & { request: string | null }> {
  const origin = at === undefined ? site.origin : `http://127.0.0.1:${site.apis[at]?.port}`;
  const answer = await fetch(`${origin}/api${path}`, {
    method,
    headers: {
      'x-forwarded-for': from,
      ...(as && { authorization: `Bearer ${as.token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json');
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    type: answer.headers.get('content-type'),
    body: isJson && !path.includes('export') ? JSON.parse(text) : {},
    replayed: answer.headers.get('idempotency-replayed') === 'true',
    request: answer.headers.get('x-request-id'),
  };
}

let people = 0;
async function member(role: Role): Promise<Member> {
  people += 1;
  const username = `${role}${people}`;
  const account = { username, password: PASSWORD, role };
  const { body } = await ask('POST', '/auth/register/', { body: account });
  return { id: body.id ?? 0, username, token: await signIn(username) };
}

async function signIn(username: string, at?: number): Promise<string> {
  const { body } = await ask('POST', '/auth/login/', {
    body: { username, password: PASSWORD },
    ...(at !== undefined && { at }),
  });
  return body.access ?? '';
}

let slots = 0;
/** Slots of the doctor after one another. */
async function publish(count: number): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>(
    `insert into timeslots (doctor_id, date, start_time, end_time)
     select $1, $2::date + n / 100, time '00:00' + n % 100 * interval '10 minutes',
       time '00:10' + n % 100 * interval '10 minutes'
     from generate_series($3::integer, $3 + $4 - 1) n returning id`,
    [doctor.id, DAY, slots, count],
  );
  slots += count;
  return rows.map(({ id }) => id);
}

const printed = (api: number, text: string) => site.apis[api]?.output().split(text).length ?? 0;
const READS = 'are read from the replica';
const bothReadTheReplica = (times = [1, 1]) =>
  vi.waitFor(
    () => expect([0, 1].map((api) => printed(api, READS) > (times[api] ?? 0))).toEqual([true, true]),
    {
      timeout: 60_000,
      interval: 50,
    },
  );

/** One statement on the replica itself. */
async function onReplica<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: site.replica.url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const SEARCH = `/timeslots/search/?from=${DAY}&page_size=100`;
const found = async (slot: number, at: number) => {
  const { status, body } = await ask('GET', `${SEARCH}&doctor=${doctor.id}`, { as: patients[0], at });
  expect(status).toBe(200);
  return body.results?.some((row) => (row as { id: number }).id === slot);
};
const foundAtBoth = (slot: number) => Promise.all([found(slot, 0), found(slot, 1)]);

/** Asks on and on, several at a time, while `work` runs. */
async function askedDuring(work: (answered: () => number) => Promise<void>): Promise<Answer[]> {
  const answers: Answer[] = [];
  let over = false;
  const paths = [`${SEARCH}&doctor=${doctor.id}`, '/doctors/?search=doctor', '/appointments/me/', SEARCH];
  const asking = paths.map(async (path, index) => {
    while (!over) answers.push(await ask('GET', path, { as: patients[index] }));
  });
  await work(() => answers.length).finally(() => {
    over = true;
  });
  await Promise.all(asking);
  return answers;
}

test('a journey goes through all of them, and both processes take part', async (context) => {
  needsPrograms(context);
  const [patient] = patients;
  const answers = [
    await ask('POST', '/timeslots/', {
      as: doctor,
      body: { date: `${DAY.slice(0, 8)}09`, start_time: '10:00', end_time: '10:30' },
    }),
  ];
  const timeslot = answers[0]?.body.id;
  answers.push(await ask('POST', '/appointments/', { as: patient, body: { timeslot } }));
  const path = `/appointments/${answers[1]?.body.id}/`;
  answers.push(await ask('PATCH', path, { as: doctor, body: { status: 'confirmed' } }));
  answers.push(await ask('GET', path, { as: patient }));
  answers.push(await ask('GET', '/statistics/?by=day', { as: doctor }));
  answers.push(await ask('GET', '/doctors/?search=doctor', { as: patient }));
  answers.push(await ask('DELETE', path, { as: patient }));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 200, 200, 200, 200, 204]);
  await vi.waitFor(
    () => {
      const by = [0, 1].map(
        (api) => answers.filter(({ request }) => printed(api, request ?? '-') > 1).length,
      );
      expect(by[0]).toBeGreaterThan(0);
      expect(by[1]).toBeGreaterThan(0);
      expect((by[0] ?? 0) + (by[1] ?? 0)).toBe(answers.length);
    },
    { timeout: 30_000, interval: 50 },
  );
});

describe('through PgBouncer', () => {
  test('many connections share few, and every hot path is answered', async (context) => {
    needsPrograms(context);
    await publish(30);
    const paths = [
      SEARCH,
      `${SEARCH}&doctor=${doctor.id}&per_doctor=1`,
      `/doctors/${doctor.id}/timeslots/`,
      `/doctors/${doctor.id}/`,
      '/doctors/',
      '/doctors/?search=doctor',
      '/appointments/me/',
      '/auth/me/',
      '/notifications/',
      '/waitlist/',
    ];
    const answers: Answer[] = [];
    for (let round = 0; round < 3; round += 1)
      answers.push(
        ...(await Promise.all(patients.flatMap((as) => paths.map((path) => ask('GET', path, { as }))))),
      );
    expect(tally(answers)).toEqual({ 200: 3 * patients.length * paths.length });

    const { rows } = await db.$client.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
       where application_name = 'clinic-api' and pid <> pg_backend_pid()`,
    );
    expect(rows[0]?.count).toBeLessThanOrEqual(POOL);
    expect(connectionsTo(Number(new URL(site.pooled.primary).port))).toBeGreaterThan(2 * POOL + 2);
  });

  test('sessions are set up as without it', async (context) => {
    needsPrograms(context);
    for (const url of [site.pooled.primary, site.pooled.replica]) {
      const pooled = openDatabase({ url, pool_max: 1, prepared: false, limits: PATIENT_LIMITS });
      const setting = async (name: string) =>
        (await pooled.$client.query(`select current_setting('${name}') as value`)).rows[0]?.value;
      expect(await setting('TimeZone')).toBe('UTC');
      expect(await setting('lock_timeout')).toBe('2s');
      expect(await setting('statement_timeout')).toBe('4500ms');
      expect(await setting('idle_in_transaction_session_timeout')).toBe('5s');
      await pooled.$client.end();
    }
  });

  test('prepared statements work, or say clearly that DATABASE_PREPARED must be false', async (context) => {
    needsPrograms(context);
    const statement = { name: 'numbered', text: 'select $1::int as number, pg_sleep(0.01)' };
    const outcomes = async (prepared: boolean) => {
      const pooled = openDatabase({
        url: site.pooled.primary,
        pool_max: 3 * POOL,
        prepared,
        limits: PATIENT_LIMITS,
      });
      const all = await Promise.all(
        Array.from({ length: 100 }, (_, number) =>
          pooled.$client.query({ ...statement, values: [number] }).then(
            ({ rows }) => String(rows[0].number === number),
            (error) => String(error.code),
          ),
        ),
      );
      await pooled.$client.end();
      return new Set(all);
    };
    expect(await outcomes(false)).toEqual(new Set(['true']));
    const named = await outcomes(true);
    // What an older PgBouncer makes of names: one that exists already, or does not exist.
    if (site.prepared) expect(named).toEqual(new Set(['true']));
    else expect([...named].filter((outcome) => ['42P05', '26000'].includes(outcome))).not.toEqual([]);
  });
});

test('one slot has one winner, over both processes', async (context) => {
  needsPrograms(context);
  for (const timeslot of await publish(5)) {
    const answers = await Promise.all(
      patients.map((as, index) => ask('POST', '/appointments/', { as, body: { timeslot }, at: index % 2 })),
    );
    const counts = tally(answers);
    expect(counts[201]).toBe(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(patients.length - 1);
  }
  await provesRules(db);
});

test('requests are counted together', async (context) => {
  needsPrograms(context);
  const from = freshAddress();
  const answers: Answer[] = [];
  for (let asked = 0; asked < GUESTS + 10; asked += 1) answers.push(await ask('GET', '/auth/me/', { from }));
  expect(tally(answers)).toEqual({ '401 authentication_required': GUESTS, '429 too_many_requests': 10 });
});

test('whoever signs out at one process is out at the other', async (context) => {
  needsPrograms(context);
  const { username } = patients[0] ?? doctor;
  const as = { token: await signIn(username, 0) };
  expect((await ask('GET', '/auth/me/', { as, at: 1 })).status).toBe(200);
  expect((await ask('POST', '/auth/logout/', { as, at: 0 })).status).toBeLessThan(300);
  await vi.waitFor(async () => expect((await ask('GET', '/auth/me/', { as, at: 1 })).status).toBe(401), {
    timeout: 10_000,
    interval: 5,
  });
});

describe('the replica', () => {
  test('answers searches, which may lag, and what is one’s own does not', async (context) => {
    needsPrograms(context);
    await onReplica('select pg_wal_replay_pause()');
    await vi.waitFor(async () => {
      const [row] = await onReplica<{ state: string }>('select pg_get_wal_replay_pause_state() as state');
      expect(row?.state).toBe('paused');
    });
    const before = [0, 1].map((api) => printed(api, READS));
    const [slot = 0] = await publish(1);
    expect(await foundAtBoth(slot)).toEqual([false, false]);
    const own = await ask('GET', `/doctors/${doctor.id}/timeslots/?date=${DAY}&page_size=100`, {
      as: patients[0],
    });
    expect(own.body.results).toContainEqual(expect.objectContaining({ id: slot }));
    // It stands still for longer than a read may lag: then the primary is asked.
    await vi.waitFor(async () => expect(await foundAtBoth(slot)).toEqual([true, true]), {
      timeout: 30_000,
      interval: 100,
    });
    await onReplica('select pg_wal_replay_resume()');
    await bothReadTheReplica(before);
  });

  test('is not missed when it dies, and is used again when it is back', async (context) => {
    needsPrograms(context);
    const answers = await askedDuring(async (answered) => {
      // It is started again each time, as by an init system.
      for (let killed = 0; killed < 25 || answered() < 50; killed += 1) {
        killServer(site.replica.dir);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    expect(tally(answers)).toEqual({ 200: answers.length });
    // What a process has said of the replica may be from before the last kill.
    for (const at of [0, 1])
      await vi.waitFor(
        async () => {
          const [{ asked } = { asked: '' }] = await onReplica<{ asked: string }>(
            'select clock_timestamp()::text as asked',
          );
          await found(0, at);
          const read = await onReplica(
            `select from pg_stat_activity where application_name = 'clinic-api' and query like '%from timeslots s%'
               and query_start > '${asked}'`,
          );
          expect(read).toHaveLength(1);
        },
        { timeout: 60_000, interval: 100 },
      );
  });
});

describe('a read that may lag', () => {
  /** A replica behind a relay, looked at ten times a second. */
  async function followed() {
    const relay = await relayTo(site.replica.url);
    const replica = openReplica({ url: relay.url, primary: db, beat: 100, max_lag: 1_000 });
    onTestFinished(async () => {
      await relay.close();
      await replica.close();
    });
    const isUsed = () =>
      vi.waitFor(() => expect(replica.usable).toBe(true), { timeout: 30_000, interval: 20 });
    await isUsed();
    return { relay, replica, isUsed };
  }
  const where = async (from: Db): Promise<string> =>
    (await from.$client.query('select pg_is_in_recovery() as replica')).rows[0]?.replica
      ? 'replica'
      : 'primary';

  test('goes to the primary while the replica is cut off, or silent, at once or from the middle', async (context) => {
    needsPrograms(context);
    const { relay, replica, isUsed } = await followed();
    expect(await replica.mayLag(where)).toBe('replica');
    for (const fall of [relay.cut, relay.silence]) {
      fall();
      expect(await Promise.all([replica.mayLag(where), replica.mayLag(where)])).toEqual([
        'primary',
        'primary',
      ]);
      expect(replica.usable).toBe(false);
      relay.mend();
      await isUsed();
      expect(await replica.mayLag(where)).toBe('replica');
    }
  });

  test('fails with what is its own fault, and is tried elsewhere for what is not', async (context) => {
    needsPrograms(context);
    const { replica } = await followed();
    const asked: string[] = [];
    const wrong = replica.mayLag(async (from) => {
      asked.push(await where(from));
      await from.$client.query('select 1 / 0');
    });
    await expect(wrong).rejects.toMatchObject({ code: '22012' });
    expect(asked).toEqual(['replica']);
    const conflicting = replica.mayLag(async (from) => {
      await from.$client.query(`do $$ begin
        if pg_is_in_recovery() then raise exception using errcode = '40001'; end if; end $$`);
      return where(from);
    });
    expect(await conflicting).toBe('primary');
    expect(await replica.mayLag(where)).toBe('replica');
  });

  test('is not made where there is no replica but another primary', async (context) => {
    needsPrograms(context);
    const seen: boolean[] = [];
    const replica = openReplica({
      url: site.primary.url,
      primary: db,
      beat: 20,
      onChange: (usable) => seen.push(usable),
    });
    await vi.waitFor(() => expect(seen).toEqual([false]), { timeout: 30_000, interval: 5 });
    await replica.close();
  });
});

test('a process that dies loses no GET, and no booking or doubles it', async (context) => {
  needsPrograms(context);
  const timeslots = await publish(3 * patients.length);
  /** Books as a client on a bad network does: again with the same key, until there is an answer. */
  const book = async (as: Member, timeslot: number): Promise<Answer> => {
    for (;;) {
      const answer = await ask('POST', '/appointments/', { as, body: { timeslot }, key: `k${timeslot}` });
      if (answer.status < 500 && answer.body.code !== 'request_in_progress') return answer;
    }
  };
  const bookings: Answer[] = [];
  const answers = await askedDuring(async () => {
    const booking = patients.map(async (as, index) => {
      for (let round = 0; round < 3; round += 1)
        bookings.push(await book(as, timeslots[3 * index + round] ?? 0));
    });
    while (bookings.length < 5) await new Promise((resolve) => setTimeout(resolve, 2));
    await site.apis[0].kill();
    await Promise.all(booking);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await site.apis[0].start();
  });
  expect(tally(answers)).toEqual({ 200: answers.length });
  expect(tally(bookings)).toEqual({ 201: timeslots.length });
  const { rows } = await db.$client.query<{ count: number }>(
    'select count(*)::int as count from appointments where timeslot_id = any ($1)',
    [timeslots],
  );
  expect(rows[0]?.count).toBe(timeslots.length);
  await provesRules(db);
  expect((await ask('GET', '/auth/me/', { as: patients[1], at: 0 })).status).toBe(200);
});

test('a photo of up to 5 MiB comes through nginx, and no other body of its size', async (context) => {
  needsPrograms(context);
  const send = async (method: Method, path: string, bytes: Uint8Array<ArrayBuffer>) => {
    const answer = await fetch(`${site.origin}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${doctor.token}`,
        'content-type': 'image/jpeg',
        'x-forwarded-for': freshAddress(),
      },
      body: bytes,
    });
    return { status: answer.status, body: (await answer.json()) as { code?: string; small?: string } };
  };
  const MIB = 1_048_576;
  const picture = await jpeg();
  // What lies behind a picture's end is no part of it.
  const sized = (bytes: number) =>
    new Uint8Array(Buffer.concat([picture, Buffer.alloc(bytes)]).subarray(0, bytes));
  const put = await send('PUT', '/doctor/photo/', sized(5 * MIB));
  expect(put.status).toBe(200);
  const shown = await fetch(new URL(put.body.small ?? '', site.origin));
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/webp']);
  const tooLarge = { status: 413, body: { code: 'payload_too_large' } };
  expect(await send('PUT', '/doctor/photo/', sized(5 * MIB + 1))).toMatchObject(tooLarge);
  expect(await send('POST', '/appointments/', sized(MIB))).toMatchObject(tooLarge);
  const removed = await ask('DELETE', '/doctor/photo/', { as: doctor });
  expect(removed.status).toBe(204);
});

test('a live stream passes nginx as it comes, and resumes through it when its process is gone', async (context) => {
  needsPrograms(context);
  const [patient] = patients;
  const slots = await publish(2);
  const book = async (timeslot: number | undefined) =>
    (await ask('POST', '/appointments/', { as: patient, body: { timeslot } })).body.id;
  // Two, so that both processes have one.
  const streams = await Promise.all([read(site.origin, patient?.token), read(site.origin, patient?.token)]);
  for (const stream of streams)
    await expect.poll(() => stream.heard.map(({ type }) => type)).toEqual(['ready']);
  const first = await book(slots[0]);
  for (const stream of streams)
    await expect.poll(() => told(stream.heard)).toEqual([`appointment.booked ${first}.1`]);
  const last = streams[0]?.heard.at(-1)?.id ?? '';
  await site.apis[0].kill();
  for (const stream of streams) stream.leave();
  const second = await book(slots[1]);
  const again = await read(site.origin, patient?.token, { last });
  await expect.poll(() => told(again.heard)).toEqual([`appointment.booked ${second}.1`]);
  again.leave();
  await site.apis[0].start();
});

test('what nginx does not pass on, it answers as the API would', async (context) => {
  needsPrograms(context);
  const body = { username: 'x'.repeat(1_000_000) };
  const refused = await ask('POST', '/auth/login/', { body });
  expect(refused).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
  await Promise.all(site.apis.map((api) => api.kill()));
  const nobody = await ask('GET', '/auth/me/', { as: patients[0] });
  expect(nobody).toMatchObject({ status: 502, retryAfter: '2', type: 'application/problem+json' });
  await Promise.all(site.apis.map((api) => api.start()));
  await vi.waitFor(
    async () => expect((await ask('GET', '/auth/me/', { as: patients[0] })).status).toBe(200),
    {
      timeout: 30_000,
      interval: 50,
    },
  );
});

/** kill -9 of a PostgreSQL by its folder, if it runs. */
function killServer(dir: string): void {
  try {
    process.kill(Number.parseInt(readFileSync(join(dir, 'postmaster.pid'), 'utf8'), 10), 'SIGKILL');
  } catch {}
}

/** How many TCP connections of this machine lead to a port: Linux, as what this needs is. */
function connectionsTo(port: number): number {
  const ESTABLISHED = '01';
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[2] === remote && fields[3] === ESTABLISHED).length;
}
