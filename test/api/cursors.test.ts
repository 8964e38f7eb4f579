import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cursorText } from '../../src/http/cursor.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertAccesses, insertPeople, insertSlots, insertVisits } from '../helpers/rows.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'patient', Person>;

interface Body {
  next: string | null;
  results: { id: number }[];
}

const MANY = 130;
/** Rows of the test of paging while others book: `npm run test:long` takes as many as the promise says. */
const WHILE_BOOKING = Number(process.env.PAGED_ROWS ?? 3_000);

beforeAll(async () => {
  clinic = await testApp();
  const [admin, doctor, patient] = [
    await clinic.person('admin'),
    await clinic.person('doctor'),
    await clinic.person('patient'),
  ];
  people = { admin, doctor, patient };
  await insertPeople(clinic.db, 'patient', MANY);
  await insertSlots(clinic.db, doctor.id, MANY);
  await insertVisits(clinic.db, { doctor: doctor.id, patient: patient.id, booked_by: admin.id }, MANY);
  // Some of it is past: there the order turns round.
  await clinic.db.$client.query(`update appointments set date = date - 365 where id % 3 = 0`);
  await insertAccesses(clinic.db, { actor: admin.id, subject: doctor.id }, MANY);
  await clinic.db.$client.query('analyze');
});
afterAll(() => clinic.close());

/** Every list that is read by a cursor, as whom, a filter that leaves many rows, and the name of its cursors. */
const lists = [
  ['/appointments/', 'admin', 'status=cancelled', 'appointments'],
  ['/appointments/', 'admin', 'status=cancelled,pending,expired', 'appointments'],
  ['/appointments/me/', 'patient', '', 'appointments'],
  ['/appointments/me/', 'patient', 'status=cancelled,confirmed', 'appointments'],
  ['/appointments/me/', 'doctor', 'to=9999-12-31', 'appointments'],
  ['/timeslots/', 'doctor', 'is_available=true', 'slots'],
  ['/doctors/{doctor}/timeslots/', 'patient', '', 'free-slots'],
  ['/users/', 'admin', '', 'users'],
  ['/users/', 'admin', 'role=patient', 'users'],
  ['/users/', 'admin', 'role=patient,doctor', 'users'],
  ['/patients/', 'admin', 'search=bulk', 'patients'],
  ['/audit/', 'admin', 'action=bulk.read', 'audit'],
  ['/audit/', 'admin', 'subject={doctor}&action=bulk.read', 'audit'],
] as const;

const url = (path: string, ...query: string[]) =>
  `${path}?${query.filter(Boolean).join('&')}`.replaceAll('{doctor}', String(people.doctor.id));
const ask = (path: string, caller: keyof typeof people, ...query: string[]) =>
  clinic.as(people[caller]).get(url(path, ...query));

/** All of a list by its cursors: the ids, and each answer. */
async function readThrough(path: string, caller: keyof typeof people, ...query: string[]) {
  const seen: number[] = [];
  const answers = [];
  for (let next: string | null = `/api${url(path, ...query, 'cursor=')}`; next; ) {
    const { pathname, search } = new URL(next, 'http://any');
    const answer = await clinic
      .as(people[caller])
      .get(`${pathname.slice('/api'.length)}${search}`)
      .expect(200);
    answers.push(answer);
    seen.push(...answer.body.results.map(({ id }: { id: number }) => id));
    next = answer.body.next;
  }
  return { seen, answers };
}

async function readPages(path: string, caller: keyof typeof people, ...query: string[]) {
  const seen: number[] = [];
  for (let page = 1, more = true; more; page += 1) {
    const { body } = await ask(path, caller, ...query, `page=${page}&page_size=100`).expect(200);
    seen.push(...body.results.map(({ id }: { id: number }) => id));
    more = body.next !== null;
  }
  return seen;
}

describe.each(lists)('GET %s as %s ?%s by its cursors', (path, caller, filter, name) => {
  test('shows what its pages show, in the same order but for patients, who are by id', async () => {
    const paged = await readPages(path, caller, filter);
    const { seen, answers } = await readThrough(path, caller, filter, 'page_size=7');
    expect(seen.length).toBeGreaterThanOrEqual(60);
    expect(seen).toEqual(name === 'patients' ? paged.toSorted((a, b) => a - b) : paged);
    for (const { body, headers } of answers) {
      expect(body).toMatchObject({ count: null, previous: null });
      expect(headers.link).toBe(body.next === null ? undefined : `<${body.next}>; rel="next"`);
    }
    expect(answers.at(-1)?.body.next).toBeNull();
  });

  test('an altered cursor, one of another list and one beside a page are wrong fields', async () => {
    const { body } = await ask(path, caller, filter, 'page_size=7&cursor=').expect(200);
    const cursor = new URL(body.next).searchParams.get('cursor') ?? '';
    const altered = [
      cursor.slice(1),
      `${cursor}x`,
      cursor.replace(/^./, (first) => (first === 'W' ? 'X' : 'W')),
      cursor.split('.')[0] ?? '',
      cursor.replace('.', '..'),
      '.',
      'null',
      '%00',
      '%F0%9F%92%8A',
      'a'.repeat(250),
      // Well-formed, and of nothing that the list has: numbers and dates that are none.
      ...[
        [],
        [null],
        ['later'],
        [1, 2, 3],
        [{}],
        ['2026-02-30', '10:00'],
        [10 ** 30],
        ['later', 'x', 'y', 'z', 1],
      ].map((place) => cursorText(name, place as never)),
      ...['later', 'past'].map((half) => cursorText(name, [half, '2026-03-02', '2026-02-30', '25:00', 1])),
      cursorText('another', [1]),
    ];
    for (const one of altered) {
      const answer = await ask(
        path,
        caller,
        filter,
        `cursor=${one.startsWith('%') ? one : encodeURIComponent(one)}`,
      );
      expectProblem(answer, 'invalid_input', { fields: ['cursor invalid_cursor'] });
    }
    expectProblem(await ask(path, caller, filter, `cursor=${'a'.repeat(251)}`), 'invalid_input', {
      fields: ['cursor too_long'],
    });
    expectProblem(
      await ask(path, caller, filter, `cursor=${encodeURIComponent(cursor)}&page=2`),
      'invalid_input',
      {
        fields: ['page invalid_cursor'],
      },
    );
    expectProblem(await ask(path, caller, filter, 'cursor=&cursor='), 'invalid_input');
  });
});

test('pages say their neighbours in the header Link too', async () => {
  const { body, headers } = await ask('/users/', 'admin', 'page_size=5&page=2').expect(200);
  expect(headers.link).toBe(`<${body.next}>; rel="next", <${body.previous}>; rel="prev"`);
  expect((await ask('/branches/', 'patient').expect(200)).headers.link).toBeUndefined();
  const free = await ask('/doctors/{doctor}/timeslots/', 'patient', 'page_size=5').expect(200);
  expect(free.headers.link).toBe(`<${free.body.next}>; rel="next"`);
});

test('the day that divides what is past from what is to come stays that of the beginning', async () => {
  const before = await readThrough('/appointments/me/', 'doctor', 'page_size=60');
  const first = await ask('/appointments/me/', 'doctor', 'page_size=60&cursor=').expect(200);
  clinic.clock.set('2026-07-01T09:00:00+05:00');
  try {
    const rest: Body['results'] = [];
    for (let { next } = first.body as Body; next; ) {
      const { search } = new URL(next);
      const { body }: { body: Body } = await clinic
        .as(await signIn(people.doctor))
        .get(`/appointments/me/${search}`)
        .expect(200);
      rest.push(...body.results);
      next = body.next;
    }
    const seen = [...first.body.results, ...rest].map(({ id }: { id: number }) => id);
    expect(seen).toEqual(before.seen);
  } finally {
    clinic.clock.set('2026-03-02T09:00:00+05:00');
  }
});

test('statuses that no appointment can have are told, and one that is named twice counts once', async () => {
  for (const status of ['open', 'pending,open', 'pending,', '', 'pending, confirmed'])
    expectProblem(await ask('/appointments/', 'admin', `status=${status}`), 'invalid_input', {
      fields: ['status invalid_choice'],
    });
  const once = await ask('/appointments/', 'admin', 'status=cancelled').expect(200);
  const twice = await ask('/appointments/', 'admin', 'status=cancelled,cancelled').expect(200);
  expect(twice.body.results).toEqual(once.body.results);
  const all = 'pending,confirmed,cancelled,expired';
  const [every, unfiltered] = [
    await ask('/appointments/', 'admin', `status=${all}&page_size=100`).expect(200),
    await ask('/appointments/', 'admin', 'page_size=100').expect(200),
  ];
  expect({ ...every.body, next: '' }).toEqual({ ...unfiltered.body, next: '' });
});

test('while people book and cancel, nothing is seen twice or missed', { timeout: 0 }, async () => {
  const other = await testApp();
  try {
    const [admin, doctor, patient] = [
      await other.person('admin'),
      await other.person('doctor'),
      await other.person('patient'),
    ];
    const visit = { doctor: doctor.id, patient: patient.id, booked_by: admin.id };
    await insertVisits(other.db, visit, WHILE_BOOKING);
    await other.db.$client.query('analyze');
    const { rows } = await other.db.$client.query<{ id: number }>('select id from appointments');
    const there = new Set(rows.map(({ id }) => id));

    let isReading = true;
    let booked = 0;
    const booking = (async () => {
      for (let day = 0; isReading; day += 1) {
        const date = new Date(Date.UTC(2026, 2, 10 + (day % 40))).toISOString().slice(0, 10);
        const start = 8 * 60 + 5 * Math.floor(day / 40);
        if (start >= 23 * 60) return;
        const at = (minutes: number) =>
          `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
        const id = await other.book(
          patient,
          await other.slot(doctor, { date, start_time: at(start), end_time: at(start + 5) }),
        );
        booked += 1;
        if (booked % 3 === 0) await other.as(admin).delete(`/appointments/${id}/`).expect(204);
      }
    })();
    const seen: number[] = [];
    for (let next: string | null = '/?page_size=100&cursor='; next; ) {
      const { body }: { body: Body } = await other
        .as(admin)
        .get(`/appointments/${next.slice(next.indexOf('?'))}`)
        .expect(200);
      seen.push(...body.results.map(({ id }: { id: number }) => id));
      next = body.next;
    }
    isReading = false;
    await booking;
    expect(booked).toBeGreaterThan(0);
    const once = new Set(seen);
    expect(once.size).toBe(seen.length);
    expect([...there].filter((id) => !once.has(id)).length).toBe(0);
  } finally {
    await other.close();
  }
});

async function signIn({ username }: Person): Promise<{ token: string }> {
  const { body } = await clinic
    .as(undefined)
    .post('/auth/login/', { username, password: 'a-long-quiet-river' })
    .expect(200);
  return { token: body.access };
}
