import { setTimeout as pause } from 'node:timers/promises';
import bcrypt from 'bcrypt';
import { expect } from 'vitest';
import { buildApp } from '../../src/app.ts';
import type { Role } from '../../src/core/roles.ts';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { PASSWORD, type TestApp, testApp, testConfig } from './app.ts';
import { PATIENT_LIMITS } from './database.ts';

/** What the races read of an answer, whichever endpoint gave it. */
export interface Answer {
  status: number;
  retryAfter: string | null;
  type: string | null;
  body: {
    id?: number;
    code?: string;
    status?: string | number;
    count?: number;
    next?: string | null;
    previous?: string | null;
    results?: unknown[];
    is_available?: boolean;
    created?: number;
    is_active?: boolean;
    access?: string;
    refresh?: string;
    timeslot?: number | null;
    room?: number | null;
    candidates?: { id: number }[];
    expires_at?: string;
    version?: number;
  };
  /** Whether it is the answer to an earlier request with the same Idempotency-Key. */
  replayed: boolean;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request over a kept connection. @param path relative to /api, such as `/doctors/` */
export async function request(
  origin: string,
  method: Method,
  path: string,
  {
    token,
    body,
    key,
  }: { token?: string | undefined; body?: object | undefined; key?: string | undefined } = {},
): Promise<Answer> {
  const answer = await fetch(`${origin}/api${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    type: answer.headers.get('content-type'),
    body: text === '' ? {} : JSON.parse(text),
    replayed: answer.headers.get('idempotency-replayed') === 'true',
  };
}

/** Such as `201` or `409 slot_taken`. */
export const outcome = ({ status, body }: Answer): string =>
  status < 400 ? String(status) : `${status} ${body.code}`;

/** How often each outcome came, as `{ '201': 1, '409 slot_taken': 199 }`. */
export function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[outcome(answer)] = (counts[outcome(answer)] ?? 0) + 1;
  return counts;
}

/** A day ahead of the clock for each round, so that rounds do not meet. */
export const dayOf = (round: number) =>
  new Date(Date.parse('2026-03-10') + round * 86_400_000).toISOString().slice(0, 10);

/** How often a race is run: RACE_ROUNDS, or `usual`, which every change can afford. */
export const rounds = (usual: number): number => Number(process.env.RACE_ROUNDS ?? usual);

/**
 * Sends all at once, beginning with another one each round, over both instances in turn. In every other round the first
 * gets a head start of up to six milliseconds: else what takes more statements would hardly ever be done first. The
 * first two rounds send one after another, forwards and backwards, so that each order has been seen whatever the machine.
 */
export async function atOnce<const Requests extends ((instance: number) => Promise<Answer>)[]>(
  round: number,
  ...requests: Requests
): Promise<{ [Index in keyof Requests]: Answer }> {
  const turn = Math.floor(round / requests.length);
  const answers: Answer[] = [];
  const send = async (index: number, place: number) => {
    const request = requests[index];
    if (request) answers[index] = await request((turn + place) % 2);
  };
  const indexes = [...requests.keys()];
  if (round < 2) {
    const order = round === 0 ? indexes : indexes.reverse();
    for (const [place, index] of order.entries()) await send(index, place);
  } else {
    const order = indexes.map((index) => (index + round) % requests.length);
    const headStart = turn % 2 === 0 ? 0 : Math.random() * 6;
    await Promise.all(
      order.map(async (index, place) => {
        if (place > 0 && headStart > 0) await pause(headStart);
        await send(index, place);
      }),
    );
  }
  return answers as { [Index in keyof Requests]: Answer };
}

export interface Member {
  id: number;
  username: string;
  role: Role;
  token: string;
}

export interface Arena extends TestApp {
  /** Where each instance listens; all stand on one database. */
  origins: string[];
  /** A request as `person` to an instance, the first by default. Throws on a 5xx: no race may end in one. */
  ask(
    person: Pick<Member, 'token'> | undefined,
    method: Method,
    path: string,
    body?: object,
    instance?: number,
    key?: string,
  ): Promise<Answer>;
  /** Signed-in people made in one statement: registering hundreds would hash hundreds of passwords. */
  crowd(role: Role, count: number): Promise<Member[]>;
  /** One more session of somebody, for whom an earlier one was ended. */
  signIn<Person extends Omit<Member, 'token'>>(person: Person): Promise<Person & Member>;
  /** Publishes by SQL, to spare a race its preparations. */
  publish(doctor: Pick<Member, 'id'>, date: string, start_time: string, end_time: string): Promise<number>;
}

/**
 * Instances of the application that really listen, on one database.
 * @param options.pool_max connections of each instance: as many statements run truly at once
 */
export async function arena({ instances = 1, pool_max = 30 } = {}): Promise<Arena> {
  const clinic = await testApp({ pool_max });
  const { db, url, clock } = clinic;
  const others: { db: Db; close: () => Promise<void> }[] = [];
  const origins = [await clinic.app.listen({ host: '127.0.0.1', port: 0 })];
  while (origins.length < instances) {
    const own = openDatabase({ url, pool_max, limits: PATIENT_LIMITS });
    const app = await buildApp({ db: own, clock, config: { ...testConfig, database_url: url } });
    origins.push(await app.listen({ host: '127.0.0.1', port: 0 }));
    others.push({ db: own, close: () => app.close() });
  }
  const password_hash = await bcrypt.hash(PASSWORD, testConfig.bcrypt_cost);
  let crowds = 0;
  // Longer than any test takes.
  const sign = (id: number, role: Role, sid: number) =>
    clinic.app.jwt.sign({ sub: String(id), role, sid }, { expiresIn: '1d' });

  return {
    ...clinic,
    origins,
    async ask(person, method, path, body, instance = 0, key) {
      const answer = await request(origins[instance] ?? '', method, path, {
        token: person?.token,
        body,
        key,
      });
      if (answer.status >= 500)
        throw new Error(`${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    },
    async crowd(role, count) {
      crowds += 1;
      const { rows } = await db.$client.query<{ id: number; username: string; sid: number }>(
        `with people as (
          insert into users (username, first_name, password_hash, role)
          select $1 || n, $1 || n, $2, $3::user_role from generate_series(1, $4::integer) n
          returning id, username
        ), doctors as (
          insert into doctor_profiles (id) select id from people where $3::user_role = 'doctor'
        ), patients as (
          insert into patient_profiles (id) select id from people where $3::user_role = 'patient'
        ), opened as (
          insert into sessions (user_id) select id from people returning id, user_id
        )
        select people.id, username, opened.id as sid from people join opened on user_id = people.id
        order by people.id`,
        [`${role}_${crowds}_`, password_hash, role, count],
      );
      return rows.map(({ id, username, sid }) => ({ id, username, role, token: sign(id, role, sid) }));
    },
    async signIn(person) {
      const { rows } = await db.$client.query<{ id: number }>(
        'insert into sessions (user_id) values ($1) returning id',
        [person.id],
      );
      return { ...person, token: sign(person.id, person.role, rows[0]?.id ?? 0) };
    },
    async publish(doctor, date, start_time, end_time) {
      const { rows } = await db.$client.query<{ id: number }>(
        'insert into timeslots (doctor_id, date, start_time, end_time) values ($1, $2, $3, $4) returning id',
        [doctor.id, date, start_time, end_time],
      );
      return rows[0]?.id ?? 0;
    },
    async close() {
      for (const other of others) {
        await other.close();
        await other.db.$client.end();
      }
      await clinic.close();
    },
  };
}

/**
 * Makes half of all statements that write tarry for a random moment, up to `seconds`, between their snapshot and their
 * first row, and half of all rows before their foreign keys are checked. Without it the request with the fewest
 * statements wins nearly every time, and a race has one outcome only; with all of them slowed down, what happens in the
 * moment after a commit is never met. AA sorts before the RI_ triggers, which check the keys.
 */
export async function drag(db: Db, seconds = 0.004): Promise<void> {
  const tables = ['users', 'sessions', 'refresh_tokens', 'timeslots', 'appointments'];
  const triggers = tables.map(
    (table) => `
      create trigger "AA_drag_statement" before insert or update or delete on ${table}
        for each statement execute function drag();
      create trigger "AA_drag_row" after insert or update or delete on ${table}
        for each row execute function drag();`,
  );
  await db.$client.query(`
    create function drag() returns trigger language plpgsql as $$
    begin
      if random() < 0.5 then
        perform pg_sleep(random() * ${seconds});
      end if;
      return null;
    end $$; ${triggers.join('')}`);
}

/** Each rule of clinic.md, section 2, and of scheduling.md that can be read off the tables: a query for what breaks it. */
const BREAKS: Record<string, string> = {
  'slots of one doctor overlap': `
    select a.id, b.id as other from timeslots a
    join timeslots b on b.doctor_id = a.doctor_id and b.id > a.id and b.date = a.date
      and a.start_time < b.end_time and b.start_time < a.end_time`,
  'a slot has two active appointments': `
    select min(id) as id, max(id) as other from appointments cross join unnest(timeslot_id || further_timeslots) slot
    where status in ('pending', 'confirmed') group by slot having count(*) > 1`,
  'a patient has two active appointments at once': `
    select a.id, b.id as other from appointments a
    join appointments b on b.patient_id = a.patient_id and b.id > a.id and b.date = a.date
      and a.start_time < b.end_time and b.start_time < a.end_time
    where a.status in ('pending', 'confirmed') and b.status in ('pending', 'confirmed')`,
  'an active appointment differs from its slot, or has none': `
    select a.id, s.id as other from appointments a left join timeslots s on s.id = a.timeslot_id
    where a.status in ('pending', 'confirmed')
      and (a.doctor_id, a.date, a.start_time, a.end_time)
        is distinct from (s.doctor_id, s.date, s.start_time, (
          select max(l.end_time) from timeslots l where l.id = any (a.timeslot_id || a.further_timeslots)))`,
  'a visit takes slots that are not its doctor’s, or not one after another': `
    select a.id, s.id as other from appointments a cross join unnest(a.timeslot_id || a.further_timeslots) slot
    left join timeslots s on s.id = slot
    where a.status in ('pending', 'confirmed') and (s.id is null or s.doctor_id <> a.doctor_id or s.date <> a.date
      or s.branch_id <> a.branch_id or s.start_time < a.start_time or s.end_time > a.end_time)`,
  'a visit for a service got half of its time': `
    select a.id, a.service_id as other from appointments a join services v on v.id = a.service_id
    join doctor_services g on g.service_id = v.id and g.doctor_id = a.doctor_id
    where a.status in ('pending', 'confirmed')
      and a.end_time - a.start_time < make_interval(mins => coalesce(g.duration_minutes, v.duration_minutes))`,
  'a visit for a service has no room, or one that is not of its kind': `
    select a.id, a.room_id as other from appointments a join services v on v.id = a.service_id
    left join rooms r on r.id = a.room_id
    where a.status in ('pending', 'confirmed') and v.room_kind is not null
      and (r.kind, r.branch_id) is distinct from (v.room_kind, a.branch_id)`,
  'a room is used twice at a time': `
    select a.id, b.id as other from room_uses a join room_uses b on b.room_id = a.room_id and b.id > a.id and b.date = a.date
      and a.start_time < b.end_time and b.start_time < a.end_time`,
  'a visit does not use its room for its whole time': `
    select a.id, a.room_id as other from appointments a
    where a.status in ('pending', 'confirmed') and a.room_id is not null
      and tsmultirange(tsrange(a.date + a.start_time, a.date + a.end_time)) - coalesce((
        select range_agg(tsrange(u.date + u.start_time, u.date + u.end_time)) from room_uses u
        where u.room_id = a.room_id and not u.is_held
          and (u.appointment_id = a.id or u.timeslot_id = any (a.timeslot_id || a.further_timeslots))
      ), '{}') <> '{}'`,
  'a room is used by a visit that is over': `
    select u.id, a.id as other from room_uses u join appointments a on a.id = u.appointment_id
    where a.status not in ('pending', 'confirmed')`,
  'somebody is their own patient': `
    select id, doctor_id as other from appointments where doctor_id = patient_id`,
  'a slot has an impossible length': `
    select id, null::integer as other from timeslots
    where end_time - start_time < interval '5 minutes' or end_time - start_time > interval '12 hours'`,
  'a slot is marked as taken or as free, and is not': `
    select s.id, a.id as other from timeslots s
    left join appointments a on s.id = any (a.timeslot_id || a.further_timeslots) and a.doctor_id = s.doctor_id
      and a.date = s.date and a.status in ('pending', 'confirmed')
    where s.is_taken <> (a.id is not null)`,
  'a taken slot is held, or claimed by the waiting list': `
    select id, held_by as other from timeslots where is_taken and (held_by is not null or is_waitlisted)`,
  'a patient holds two slots': `
    select min(id) as id, max(id) as other from timeslots
    where held_by is not null and not is_waitlisted and held_with is null group by held_by having count(*) > 1`,
  'part of a hold is somebody else’s, or left over': `
    select s.id, f.id as other from timeslots s left join timeslots f on f.id = s.held_with
    where s.held_with is not null and s.held_by is null`,
};

const PROOF = Object.entries(BREAKS)
  .map(([rule, query]) => `select '${rule}' as broken, id, other from (${query}) as found`)
  .join(' union all ');

/** Re-reads the whole database and proves the rules that always hold. */
export async function provesRules(db: Db): Promise<void> {
  const { rows } = await db.$client.query(PROOF);
  expect(rows).toEqual([]);
}

/**
 * Re-reads what is held and offered at an instant, and proves that the room that is kept with it is kept for the whole time, to
 * the next slot of the visit: by a use of its own, of the slot's own room, or of a visit of the same patient.
 * Of a room that was deleted nothing is kept.
 */
export async function provesKeptRooms(db: Db, now: Date): Promise<void> {
  const { rows } = await db.$client.query(
    `select s.id, s.held_room_id as room from timeslots s
     cross join lateral (
       select coalesce(min(n.start_time), s.end_time) as ends from timeslots n
       where n.held_by = s.held_by and n.start_time > s.start_time and n.doctor_id = s.doctor_id and n.date = s.date
         and coalesce(n.held_with, n.id) = coalesce(s.held_with, s.id)) whole
     join rooms r on r.id = s.held_room_id
     where s.held_until > $1
       and tsmultirange(tsrange(s.date + s.start_time, s.date + whole.ends)) - coalesce((
         select range_agg(tsrange(u.date + u.start_time, u.date + u.end_time)) from room_uses u
         left join appointments a on a.id = u.appointment_id
         where u.room_id = s.held_room_id and (u.timeslot_id = s.id or a.patient_id = s.held_by)), '{}') <> '{}'`,
    [now],
  );
  expect(rows).toEqual([]);
}

/** Each rule of clinic-model.md, section 2, that can be read off the tables. */
const MISPLACED: Record<string, string> = {
  'a room is used twice at a time': `
    select a.id, b.id as other from room_uses a
    join room_uses b on b.room_id = a.room_id and b.id > a.id and b.date = a.date
      and a.start_time < b.end_time and b.start_time < a.end_time`,
  'a slot does not use its room, or uses another': `
    select s.id, u.room_id as other from timeslots s
    full join (select * from room_uses where not is_held) u on u.timeslot_id = s.id
    where u.appointment_id is null and (s.room_id, s.date, s.start_time, s.end_time)
      is distinct from (u.room_id, u.date, u.start_time, u.end_time) and (s.room_id is not null or u.id is not null)`,
  'a use is left of a room that was deleted': `
    select u.id, u.room_id as other from room_uses u where not exists (select from rooms r where r.id = u.room_id)`,
  'a slot lies in a room of another branch': `
    select s.id, r.id as other from timeslots s join rooms r on r.id = s.room_id where r.branch_id <> s.branch_id`,
  'a visit is in another branch than its slot': `
    select a.id, s.id as other from appointments a join timeslots s on s.id = a.timeslot_id
    where a.status in ('pending', 'confirmed') and a.branch_id <> s.branch_id`,
  'a slot is free where a branch or a room is closed': `
    select s.id, s.branch_id as other from timeslots s join branches b on b.id = s.branch_id
    left join rooms r on r.id = s.room_id where not s.is_taken and not (b.is_active and coalesce(r.is_active, true))`,
  'a slot is free on a holiday of its branch': `
    select s.id, h.id as other from timeslots s
    join holidays h on h.date = s.date and coalesce(h.branch_id, s.branch_id) = s.branch_id
    where not s.is_taken and not s.despite_holiday`,
};

/** Re-reads where everything is, and proves the rules of branches, rooms and holidays. */
export async function provesPlaces(db: Db): Promise<void> {
  const { rows } = await db.$client.query(
    Object.entries(MISPLACED)
      .map(([rule, query]) => `select '${rule}' as broken, id, other from (${query}) as found`)
      .join(' union all '),
  );
  expect(rows).toEqual([]);
}

/** Proves that nothing lies ahead of anybody who was erased: no active appointment, no slot. */
export async function provesErasedAreGone(clinic: Pick<TestApp, 'db' | 'clock'>): Promise<void> {
  const { date, time } = clinic.clock.wall();
  const { rows } = await clinic.db.$client.query(
    `select 'appointment' as left, a.id from appointments a
     join users u on u.deleted_at is not null and u.id in (a.doctor_id, a.patient_id)
     where a.status in ('pending', 'confirmed') and (a.date, a.start_time) > ($1::date, $2::time)
     union all
     select 'slot', s.id from timeslots s join users u on u.deleted_at is not null and u.id = s.doctor_id
     where (s.date, s.start_time) > ($1::date, $2::time)`,
    [date, time],
  );
  expect(rows).toEqual([]);
}
