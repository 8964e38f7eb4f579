import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { PASSWORD } from '../helpers/app.ts';
import { receptionist } from '../helpers/desk.ts';
import { placesOf } from '../helpers/places.ts';
import { expectProblem } from '../helpers/problem.ts';
import { type Arena, arena, type Member } from '../helpers/races.ts';

/** For how long the copies are kept beside mixed work: `npm run test:long` takes the ten minutes of the promise. */
const SECONDS = Number(process.env.COPY_SECONDS ?? 2);
/** Small pages find what is told between two of them; large ones keep up for long with four people who never rest. */
const PAGE = SECONDS > 60 ? 100 : 7;
/** Milliseconds between two acts of one of these. */
const BREATH = SECONDS > 60 ? 20 : 0;

let clinic: Arena;
let admin: Member;
let doctors: Member[];
let patients: Member[];
let second: number;
beforeAll(async () => {
  clinic = await arena({ pool_max: 12 });
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  doctors = await clinic.crowd('doctor', 3);
  patients = await clinic.crowd('patient', 20);
  second = await placesOf(clinic, admin).branch();
  // The log tells of what happened an hour ago, as that of a clinic which has begun long since.
  await clinic.db.$client.query("update event_epochs set began_at = now() - interval '1 day'");
});
afterAll(() => clinic.close());

type Row = { id: number };
interface Page {
  next: string | null;
  results: Row[];
  until: string;
  deleted: { id: number; deleted: true; updated_at: string }[];
}

/** A copy of a list, as a program keeps it. */
function copyOf(path: string, reader: Pick<Member, 'token'>) {
  const rows = new Map<number, Row>();
  let since = '';
  async function* pages(query: string) {
    for (let next: string | null = `/api${path}${query}`; next; ) {
      const { pathname, search } = new URL(next, 'http://any');
      const { body } = await clinic
        .as(reader)
        .get(`${pathname.slice(4)}${search}`)
        .expect(200);
      yield body as Page;
      next = body.next;
    }
  }
  const whole = async (query = '?cursor=&page_size=100') => {
    const all = new Map<number, Row>();
    for await (const { results } of pages(query)) for (const row of results) all.set(row.id, row);
    return all;
  };
  return {
    rows,
    whole,
    /** @param query with which the whole list is read, where it is not read without any */
    async begin(query?: string) {
      since = new Date(Date.now() - 60_000).toISOString();
      for (const [id, row] of await whole(query)) rows.set(id, row);
    },
    async refresh(page_size = PAGE) {
      let until = '';
      for await (const page of pages(
        `?updated_since=${encodeURIComponent(since)}&page_size=${page_size}&cursor=`,
      )) {
        for (const row of page.results) rows.set(row.id, row);
        for (const { id } of page.deleted) rows.delete(id);
        // Each page says what the first one said.
        expect(page.until).toBe(until || page.until);
        until = page.until;
      }
      expect(Date.parse(until)).toBeLessThan(Date.now());
      since = until;
    },
  };
}
/** By their ids, and people in them by theirs: a name that changes is a change of the person, and told as that. */
const sorted = (rows: Map<number, Row>) =>
  [...rows.values()]
    .toSorted((a, b) => a.id - b.id)
    .map((row) => JSON.parse(JSON.stringify(row, idsOfPeople)));
const idsOfPeople = (field: string, value: unknown) =>
  field === 'patient' || field === 'doctor' ? (value as Row | null)?.id : value;

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;
let days = 0;
const nextDay = () => new Date(Date.UTC(2026, 3, 1 + days++)).toISOString().slice(0, 10);

/** What people of a clinic do, one act at a time: whatever is refused is refused. */
function acts(free: number[], visits: number[]): (() => Promise<unknown>)[] {
  const visit = () => pick(visits) ?? 1;
  const book = async () => {
    const { body } = await clinic.ask(pick(patients), 'POST', '/appointments/', {
      timeslot: pick(free) ?? 1,
    });
    if (body.id) visits.push(body.id);
  };
  return [
    async () => {
      const [doctor, date] = [pick(doctors), nextDay()];
      const branch = pick([1, second]);
      for (const hour of ['09', '10', '11', '12']) {
        const times = { date, start_time: `${hour}:00`, end_time: `${hour}:30` };
        const { body } = await clinic.ask(doctor, 'POST', '/timeslots/', { ...times, branch });
        if (body.id) free.push(body.id);
      }
    },
    book,
    book,
    book,
    book,
    () => clinic.ask(pick(patients), 'POST', `/timeslots/${pick(free) ?? 1}/hold/`),
    () => clinic.ask(admin, 'PATCH', `/appointments/${visit()}/`, { status: 'confirmed' }),
    () => clinic.ask(admin, 'PATCH', `/appointments/${visit()}/`, { status: 'cancelled' }),
    () => clinic.ask(admin, 'POST', `/appointments/${visit()}/reschedule/`, { timeslot: pick(free) ?? 1 }),
    () => clinic.ask(admin, 'PATCH', `/appointments/${visit()}/`, { note: `seen ${Math.random()}` }),
    () => clinic.ask(pick(doctors), 'DELETE', `/timeslots/${pick(free) ?? 1}/`),
    () =>
      clinic.ask(admin, 'PATCH', `/patients/${pick(patients).id}/`, {
        last_name: pick(['Saidova', 'Aliyev']),
      }),
    () => clinic.ask(admin, 'PATCH', `/patients/${pick(patients).id}/`, { date_of_birth: '1990-05-17' }),
    () =>
      clinic.ask(admin, 'POST', '/patients/', {
        first_name: 'Lola',
        last_name: 'Nazarova',
        confirm_new: true,
      }),
    () => clinic.ask(pick(patients), 'PATCH', '/auth/me/', { locale: pick(['uz', 'ru', 'en']) }),
    () => clinic.ask(pick(doctors), 'PATCH', '/doctor/profile/', { experience_years: pick([1, 2, 3]) }),
  ];
}

test('copies that are fed by updated_since equal their originals, whatever goes on', async () => {
  const [doctor] = doctors as [Member];
  const desk = await receptionist(clinic, [second]);
  const copies = {
    visits: copyOf('/appointments/', admin),
    'visits of a branch': copyOf('/appointments/', desk),
    slots: copyOf('/timeslots/', doctor),
    users: copyOf('/users/', admin),
    patients: copyOf('/patients/', admin),
  };
  // Whoever was born in no year is found by nobody: a copy of patients begins with what has changed.
  const all = Object.values(copies);
  for (const copy of all) await copy.begin(copy === copies.patients ? '?phone=901112233&cursor=' : undefined);
  const [free, visits]: [number[], number[]] = [[], []];
  const doing = acts(free, visits);
  for (const act of doing.slice(0, 2)) await act();
  const end = performance.now() + SECONDS * 1_000;
  let working = true;
  const work = async () => {
    while (working) {
      await pick(doing)();
      await sleep(BREATH);
    }
  };
  const workers = Promise.all(Array.from({ length: 4 }, work));
  do for (const copy of all) await copy.refresh();
  while (performance.now() < end);
  working = false;
  await workers;
  // One account goes for good, while nobody else is looking.
  const gone = patients.pop() as Member;
  expect((await clinic.ask(gone, 'DELETE', '/auth/me/', { password: PASSWORD })).status).toBe(204);

  for (const [name, copy] of Object.entries(copies)) {
    await copy.refresh(100);
    if (copy === copies.patients) {
      expect(copy.rows.has(gone.id)).toBe(false);
      for (const row of copy.rows.values())
        expect((await clinic.as(admin).get(`/patients/${row.id}/`).expect(200)).body).toEqual(row);
      expect(copy.rows.size).toBeGreaterThan(patients.length / 4);
    } else expect(sorted(copy.rows), name).toEqual(sorted(await copy.whole()));
  }
  expect(copies.visits.rows.size).toBeGreaterThan(0);
});

test('what is written by a transaction that began before and ends after is told next time', async () => {
  const copy = copyOf('/users/', admin);
  await copy.begin();
  const client = new pg.Client({ connectionString: clinic.url });
  await client.connect();
  onTestFinished(() => client.end());
  const [patient] = patients as [Member];
  await client.query('begin');
  // It writes at the end only: until then it has no number, and holds nothing.
  await client.query('select now()');
  await copy.refresh();
  await client.query("update users set first_name = 'Late' where id = $1", [patient.id]);
  await copy.refresh();
  expect(copy.rows.get(patient.id)).not.toMatchObject({ first_name: 'Late' });
  // However long it takes: what its own moment is, stays.
  await client.query("select set_config('clinic.waited', pg_sleep(6)::text, true)");
  await copy.refresh();
  await client.query('commit');
  await copy.refresh();
  expect(copy.rows.get(patient.id)).toMatchObject({ first_name: 'Late' });
});

test('a visit that leaves the branches of a reader is told to them as gone, and no other’s ids are', async () => {
  const since = encodeURIComponent(new Date().toISOString());
  const desk = await receptionist(clinic, [second]);
  const [doctor, other] = doctors as [Member, Member];
  const [patient] = patients as [Member];
  const slot = async (branch: number, by: Member) => {
    const times = { date: nextDay(), start_time: '15:00', end_time: '15:30' };
    return (await clinic.ask(by, 'POST', '/timeslots/', { ...times, branch })).body.id as number;
  };
  const [there, here, elsewhere] = [await slot(second, doctor), await slot(1, doctor), await slot(1, other)];
  const visit = (await clinic.ask(patient, 'POST', '/appointments/', { timeslot: there })).body.id;
  const hidden = (await clinic.ask(patient, 'POST', '/appointments/', { timeslot: elsewhere })).body.id;
  const copy = copyOf('/appointments/', desk);
  await copy.begin();
  expect(copy.rows.has(visit as number)).toBe(true);
  const moved = await clinic.ask(admin, 'POST', `/appointments/${visit}/reschedule/`, { timeslot: here });
  expect(moved.status).toBe(200);
  await copy.refresh();
  expect(copy.rows.has(visit as number)).toBe(false);

  const { body } = await clinic
    .as(desk)
    .get(`/appointments/?updated_since=${since}&page_size=100`)
    .expect(200);
  expect(body.deleted).toContainEqual({ id: visit, deleted: true, updated_at: expect.any(String) });
  const told = [...body.results, ...body.deleted].map(({ id }) => id);
  expect(told).not.toContain(hidden);
});

test.each([
  ['is there still', async () => {}],
  [
    'was withdrawn since',
    (slot: number, doctor: Member) => clinic.ask(doctor, 'DELETE', `/timeslots/${slot}/`),
  ],
])(
  'a visit of before the log begins that leaves the branches of a reader is told to them as gone, where its slot %s',
  async (_, then) => {
    const desk = await receptionist(clinic, [second]);
    const [doctor] = doctors as [Member];
    const [patient] = patients as [Member];
    const slot = async (branch: number) => {
      const times = { date: nextDay(), start_time: '15:00', end_time: '15:30' };
      return (await clinic.ask(doctor, 'POST', '/timeslots/', { ...times, branch })).body.id as number;
    };
    const book = async (timeslot: number) =>
      (await clinic.ask(patient, 'POST', '/appointments/', { timeslot })).body.id as number;
    const [there, here, elsewhere, later] = [await slot(second), await slot(1), await slot(1), await slot(1)];
    const [visit, hidden] = [await book(there), await book(elsewhere)];
    const copy = copyOf('/appointments/', desk);
    await copy.begin();
    expect(copy.rows.has(visit)).toBe(true);
    // Both were booked longer ago than the log is kept.
    await clinic.db.$client.query('delete from events where appointment_id = any ($1)', [[visit, hidden]]);
    const since = encodeURIComponent(new Date(Date.now() - 60_000).toISOString());
    const move = async (id: number, timeslot: number) =>
      expect((await clinic.ask(admin, 'POST', `/appointments/${id}/reschedule/`, { timeslot })).status).toBe(
        200,
      );
    await move(visit, here);
    await move(hidden, later);
    await then(there, doctor);
    await copy.refresh();
    expect(copy.rows.has(visit)).toBe(false);
    const { body } = await clinic
      .as(desk)
      .get(`/appointments/?updated_since=${since}&page_size=100`)
      .expect(200);
    expect(body.deleted).toContainEqual({ id: visit, deleted: true, updated_at: expect.any(String) });
    const told = [...body.results, ...body.deleted].map(({ id }) => id);
    expect(told).not.toContain(hidden);
  },
);

test('a cancelled visit whose slot is withdrawn is told to copies, and to nobody else', async () => {
  const [doctor] = doctors as [Member];
  const [patient] = patients as [Member];
  const times = { date: nextDay(), start_time: '15:00', end_time: '15:30', branch: 1 };
  const timeslot = (await clinic.ask(doctor, 'POST', '/timeslots/', times)).body.id;
  const visit = (await clinic.ask(patient, 'POST', '/appointments/', { timeslot })).body.id as number;
  await clinic.ask(patient, 'DELETE', `/appointments/${visit}/`);
  const copy = copyOf('/appointments/', admin);
  await copy.begin();
  expect(copy.rows.get(visit)).toMatchObject({ timeslot });
  await clinic.ask(doctor, 'DELETE', `/timeslots/${timeslot}/`);
  await copy.refresh();
  const { body } = await clinic.as(admin).get(`/appointments/${visit}/`).expect(200);
  expect(body.timeslot).toBeNull();
  const { version, updated_at } = body;
  expect(copy.rows.get(visit)).toMatchObject({ timeslot: null, timeslots: [], version, updated_at });
  const { rows } = await clinic.db.$client.query(
    "select type, is_quiet from events where appointment_id = $1 and type = 'appointment.changed'",
    [visit],
  );
  expect(rows).toEqual([{ type: 'appointment.changed', is_quiet: true }]);
  const { body: history } = await clinic.as(admin).get(`/appointments/${visit}/history/`).expect(200);
  expect(history.map(({ kind }: { kind: string }) => kind)).toEqual(['booked', 'cancelled']);
});

test('a moment before the log begins, other filters and other cursors are refused', async () => {
  const since = '2020-01-01T00:00:00Z';
  for (const path of ['/appointments/', '/users/', '/patients/'])
    expectProblem(await clinic.as(admin).get(`${path}?updated_since=${since}`), 'too_old');
  expectProblem(await clinic.as(doctors[0]).get(`/timeslots/?updated_since=${since}`), 'too_old');

  const now = encodeURIComponent(new Date().toISOString());
  for (const beside of ['role=doctor', 'page=2', 'search=lola'])
    expectProblem(await clinic.as(admin).get(`/users/?updated_since=${now}&${beside}`), 'invalid_input', {
      fields: ['updated_since stands_alone'],
    });
  expectProblem(await clinic.as(admin).get('/users/?updated_since=yesterday'), 'invalid_input', {
    fields: ['updated_since invalid_format'],
  });
  const hour = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString());
  const { body: updates } = await clinic
    .as(admin)
    .get(`/users/?updated_since=${hour}&page_size=1`)
    .expect(200);
  const { body: list } = await clinic.as(admin).get('/users/?cursor=&page_size=1').expect(200);
  const cursorIn = (next: string) => encodeURIComponent(new URL(next).searchParams.get('cursor') ?? '');
  for (const query of [
    `cursor=${cursorIn(updates.next)}`,
    `updated_since=${hour}&cursor=${cursorIn(list.next)}`,
  ])
    expectProblem(await clinic.as(admin).get(`/users/?${query}`), 'invalid_input', {
      fields: ['cursor invalid_cursor'],
    });
});

test('the log is looked into from where a moment begins, whatever gaps and disorder it has', async () => {
  const { $client } = clinic.db;
  const client = await $client.connect();
  onTestFinished(() => client.release());
  await client.query('begin');
  await client.query('delete from event_troubles');
  await client.query('delete from events');
  expect((await client.query('select events_from(now()) as id')).rows).toEqual([{ id: 0 }]);
  // A second apart, each up to an hour earlier than its id says, and most of them gone.
  await client.query(`
    insert into events (type, noted_at)
    select 'doctor.changed', now() - (20000 - n) * interval '1 second' - random() * interval '59 minutes'
    from generate_series(1, 20000) n`);
  await client.query('delete from events where random() < 0.7');
  for (const seconds of [0, 1, 30, 3_000, 9_000, 19_990, 40_000]) {
    const { rows } = await client.query(
      `with since as (select now() - $1 * interval '1 second' as moment)
       select events_from(moment) as from,
         (select min(id) from events where noted_at >= moment) as first,
         (select count(*)::int from events where id < events_from(moment)) as skipped
       from since`,
      [seconds],
    );
    const [{ from, first, skipped }] = rows;
    if (first !== null) expect(from).toBeLessThanOrEqual(first);
    // Not more than two hours before: the rest of the log is not read.
    if (seconds < 9_000) expect(skipped).toBeGreaterThan(1_000);
  }
  await client.query('rollback');
});
