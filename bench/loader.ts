import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import bcrypt from 'bcrypt';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createWorld, PER_DAY, type Size, STAFF, type World } from './world.ts';

/** Fills a migrated database with a world, by COPY, in steps that are each done once however often it is interrupted. */

/** Everybody's: what costs the server its bcrypt is one comparison, whoever's hash it is. */
export const PASSWORD = 'a-long-quiet-river';
const BCRYPT_COST = 12;

const STEP_ROWS = 400_000;
const TABLES = ['users', 'doctor_profiles', 'patient_profiles', 'sessions', 'timeslots', 'appointments'];

const FIRST_NAMES = [
  'Aziza',
  'Bobur',
  'Dilnoza',
  'Jasur',
  'Kamola',
  'Laziz',
  'Malika',
  'Nodir',
  'Oʻtkir',
  'Ra’no',
];
const LAST_NAMES = [
  'Karimova',
  'Yusupov',
  'Rashidov',
  'Toʻxtayeva',
  'Saidov',
  'Nazarova',
  'Ergashev',
  'Aliyeva',
];
const FIELDS = ['Kardiolog', 'Pediatr', 'Nevrolog', 'Stomatolog', 'Terapevt', 'Dermatolog', 'Okulist'];
const pick = (list: readonly string[], index: number) => list[index % list.length] ?? '';

interface Step {
  table: string;
  columns: string;
  rows: Iterable<string>;
  size: number;
}

/**
 * @param tell hears how much of the work is done, from 0 to 1, and what is being done
 * @throws Error when the world that is there is so old that too few of its days lie ahead
 */
export async function loadWorld(
  url: string,
  size: Size,
  today: string,
  tell: (done: number, what: string) => void,
): Promise<World> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const world = createWorld(size, await firstDay(client, size, today));
    const ahead = world.days - world.firstDayAfter(today);
    if (world.firstDayAfter(today) < 0 || ahead < 20)
      throw new Error(
        `the ${size.name} world has grown old: delete .data/bench-${size.name} and start again`,
      );
    await once(client, 'services', () => addServices(client, size.doctors));
    await once(client, 'staff', () => addStaff(client, world));
    if (!(await isDone(client, 'finished'))) await fill(client, world, tell);
    await once(client, 'rooms', () => useRooms(client, today));
    return world;
  } finally {
    await client.end();
  }
}

async function fill(
  client: pg.Client,
  world: World,
  tell: (done: number, what: string) => void,
): Promise<void> {
  // No trigger fires and no reference is checked while it loads; indexes are made when the rows are there.
  await client.query("set session_replication_role = replica; set maintenance_work_mem = '1GB'");
  await once(client, 'indexes put aside', () => putIndexesAside(client));
  const steps = [...stepsOf(world, await bcrypt.hash(PASSWORD, BCRYPT_COST))];
  const total = steps.reduce((sum, step) => sum + step.size, 0);
  let done = 0;
  for (const [index, step] of steps.entries()) {
    tell((0.7 * done) / total, step.table);
    await once(client, `${step.table} ${index}`, () => copy(client, step));
    done += step.size;
  }
  await putIndexesBack(client, (part, name) => tell(0.7 + 0.25 * part, name));
  await once(client, 'finished', () => setSequences(client));
  tell(0.96, 'vacuum, analyze');
  await client.query(`vacuum (analyze) ${TABLES.join(', ')}`);
  await client.query('checkpoint');
  tell(1, 'done');
}

/**
 * Who gives an examination has done so in a room of the eight: a quarter of a year of it, and all that is ahead. A server that
 * finds the table empty plans as for an empty one, for as long as a measurement takes. What a run that was cut off has left
 * stands there already.
 */
async function useRooms(client: pg.Client, today: string): Promise<void> {
  await client.query(
    `insert into room_uses (room_id, date, start_time, end_time, appointment_id)
     select r.id, a.date, a.start_time, a.end_time, a.id
     from appointments a
     join doctor_services g on g.doctor_id = a.doctor_id join services s on s.id = g.service_id
     join rooms r on r.name = s.room_kind || '.' || 1 + (a.doctor_id / 4 - 1) % 8
     where a.date > $1::date - 90 and a.status in ('pending', 'confirmed')
     on conflict do nothing`,
    [today],
  );
  await client.query('analyze room_uses');
}

/**
 * Every fourth doctor gives an examination of one slot, in one of the eight rooms that eight of them share. It is written
 * beside triggers, since slots that are one after another are of no use here.
 */
const addServices = (client: pg.Client, doctors: number) =>
  client
    .query(`
      set session_replication_role = replica;
      insert into services (id, name, duration_minutes, price, currency, room_kind) overriding system value
        select n, '{"uz": "Tekshiruv", "ru": "Обследование", "en": "Examination"}', 30, 15000000, 'UZS', 'device ' || n
        from generate_series(1, ${Math.ceil(doctors / 32)}) n;
      insert into rooms (branch_id, name, kind)
        select 1, s.room_kind || '.' || room, s.room_kind from services s cross join generate_series(1, 8) room;
      insert into doctor_services (doctor_id, service_id)
        select id, 1 + (id - 1) / 32 from generate_series(4, ${doctors}, 4) id;
      set session_replication_role = origin;
      analyze services, rooms, doctor_services`)
    .then(() => {});

/** Beside a world that may have been there before they were, and whose last run may have left sessions by their ids. */
async function addStaff(client: pg.Client, { staffId }: World): Promise<void> {
  const [first, last] = [staffId(0), staffId(STAFF - 1)];
  const hash = await bcrypt.hash(PASSWORD, BCRYPT_COST);
  await client.query(`
    set session_replication_role = replica;
    delete from refresh_tokens;
    delete from sessions where id >= ${first};
    insert into users (id, username, password_hash, role) overriding system value
      select n, 'bench-' || n, '${hash}', 'receptionist' from generate_series(${first}, ${last}) n;
    insert into sessions (id, user_id) overriding system value select n, n from generate_series(${first}, ${last}) n;
    select setval(pg_get_serial_sequence(name, 'id'), ${last}) from unnest(array['users', 'sessions']) name;
    set session_replication_role = origin;
    analyze users, sessions`);
}

/** The first day of the world that is there, or of one that begins as many days before today as it has a past. */
async function firstDay(client: pg.Client, size: Size, today: string): Promise<string> {
  await client.query(`
    create table if not exists bench_steps (name text primary key);
    create table if not exists bench_indexes (name text primary key, make text not null);
    create table if not exists bench_world (first_day text primary key)`);
  const { rows } = await client.query<{ first_day: string }>('select first_day from bench_world');
  if (rows[0]) return rows[0].first_day;
  // Tomorrow is the first day ahead.
  const first = Date.parse(today) + (1 - size.past_days) * 86_400_000;
  const first_day = new Date(first).toISOString().slice(0, 10);
  await client.query('insert into bench_world values ($1)', [first_day]);
  return first_day;
}

async function isDone(client: pg.Client, name: string): Promise<boolean> {
  return ((await client.query('select from bench_steps where name = $1', [name])).rowCount ?? 0) > 0;
}

/** Does a step and notes it, both or neither. */
async function once(client: pg.Client, name: string, work: () => Promise<void>): Promise<void> {
  if (await isDone(client, name)) return;
  await client.query('begin');
  try {
    await work();
    await client.query('insert into bench_steps values ($1)', [name]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function copy(client: pg.Client, { table, columns, rows }: Step): Promise<void> {
  await pipeline(Readable.from(rows), client.query(copyFrom(`copy ${table} (${columns}) from stdin`)));
}

function* stepsOf(world: World, hash: string): Generator<Step> {
  const { doctors, patients } = world.size;
  const people = doctors + patients;
  yield* inSteps(0, people, 1, (from, to) => [
    step(
      'users',
      'id, username, password_hash, role, first_name, last_name, phone, phone_verified_at',
      to - from,
      function* () {
        for (let id = from + 1; id <= to; id += 1) {
          const role = id <= doctors ? 'doctor' : 'patient';
          const phone = `+99890${String(id).padStart(7, '0')}`;
          yield `${id}\tbench-${id}\t${hash}\t${role}\t${pick(FIRST_NAMES, id)}\t${pick(LAST_NAMES, id * 7 + Math.floor(id / 80))}\t${phone}\tnow\n`;
        }
      },
    ),
    step('sessions', 'id, user_id', to - from, function* () {
      for (let id = from + 1; id <= to; id += 1) yield `${id}\t${id}\n`;
    }),
  ]);
  yield step('doctor_profiles', 'id, specialization, experience_years, gender', doctors, function* () {
    for (let id = 1; id <= doctors; id += 1)
      yield `${id}\t${pick(FIELDS, id)}\t${id % 40}\t${id % 2 ? 'male' : 'female'}\n`;
  });
  yield* inSteps(doctors, people, 1, (from, to) => [
    step('patient_profiles', 'id', to - from, function* () {
      for (let id = from + 1; id <= to; id += 1) yield `${id}\n`;
    }),
  ]);
  yield* inSteps(0, world.days, doctors * PER_DAY, (from, to) => [
    step(
      'timeslots',
      'id, doctor_id, date, start_time, end_time, is_taken',
      (to - from) * doctors * PER_DAY,
      () => slotRows(world, from, to),
    ),
    step(
      'appointments',
      'id, doctor_id, patient_id, timeslot_id, status, date, start_time, end_time, booked_by, created_at, updated_at, branch_id',
      Math.ceil(((to - from) * world.appointments) / world.days),
      () => visitRows(world, from, to),
    ),
  ]);
}

/** Steps over `from` … `to`, each of so many that it makes some STEP_ROWS rows. */
function* inSteps(
  from: number,
  to: number,
  rows_each: number,
  make: (from: number, to: number) => Step[],
): Generator<Step> {
  const width = Math.max(1, Math.floor(STEP_ROWS / rows_each));
  for (let start = from; start < to; start += width) yield* make(start, Math.min(to, start + width));
}

/** Rows are handed on by the thousand: one at a time they cost more in the stream than in the database. */
function step(table: string, columns: string, size: number, rows: () => Iterable<string>): Step {
  function* batches() {
    let batch: string[] = [];
    for (const row of rows()) {
      batch.push(row);
      if (batch.length < 1_000) continue;
      yield batch.join('');
      batch = [];
    }
    yield batch.join('');
  }
  return { table, columns, size, rows: { [Symbol.iterator]: batches } };
}

function* places(world: World, from: number, to: number) {
  for (let day = from; day < to; day += 1)
    for (let doctor = 0; doctor < world.size.doctors; doctor += 1)
      for (let slot = 0; slot < PER_DAY; slot += 1) yield { day, doctor, slot };
}

function* slotRows(world: World, from: number, to: number): Generator<string> {
  for (const place of places(world, from, to)) {
    const { start, end } = world.timesOf(place.slot);
    const taken = world.visitOn(place) === undefined ? 'f' : 't';
    yield `${world.slotId(place)}\t${world.doctorId(place.doctor)}\t${world.dateOf(place.day)}\t${start}\t${end}\t${taken}\n`;
  }
}

function* visitRows(world: World, from: number, to: number): Generator<string> {
  for (const place of places(world, from, to)) {
    const id = world.visitOn(place);
    if (id === undefined) continue;
    const { start, end } = world.timesOf(place.slot);
    const [patient, date] = [world.patientOf(place), world.dateOf(place.day)];
    const status = place.day < world.size.past_days || id % 2 === 0 ? 'confirmed' : 'pending';
    const written = place.day < world.size.past_days ? date : world.dateOf(0);
    yield `${id}\t${world.doctorId(place.doctor)}\t${patient}\t${world.slotId(place)}\t${status}\t${date}\t${start}\t${end}\t${patient}\t${written}\t${written}\t1\n`;
  }
}

/** Every index and exclusion constraint of the large tables but the primary keys, kept by its own definition. */
async function putIndexesAside(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; make: string; remove: string }>(
    `
    select conname as name,
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as make,
      format('alter table %s drop constraint %I', conrelid::regclass, conname) as remove
    from pg_constraint where contype = 'x' and conrelid = any ($1::text[]::regclass[])
    union all
    select indexrelid::regclass::text, pg_get_indexdef(indexrelid), format('drop index %s', indexrelid::regclass)
    from pg_index i
    where indrelid = any ($1::text[]::regclass[]) and not indisprimary
      and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`,
    [TABLES],
  );
  for (const { name, make, remove } of rows) {
    await client.query('insert into bench_indexes values ($1, $2)', [name, make]);
    await client.query(remove);
  }
}

async function putIndexesBack(client: pg.Client, tell: (part: number, name: string) => void): Promise<void> {
  const { rows } = await client.query<{ name: string; make: string }>(
    'select * from bench_indexes order by name',
  );
  for (const [index, { name, make }] of rows.entries()) {
    tell(index / rows.length, name);
    await once(client, `index ${name}`, async () => void (await client.query(make)));
  }
}

async function setSequences(client: pg.Client): Promise<void> {
  for (const table of ['users', 'sessions', 'timeslots', 'appointments'])
    await client.query(`select setval(pg_get_serial_sequence('${table}', 'id'), max(id)) from ${table}`);
}
