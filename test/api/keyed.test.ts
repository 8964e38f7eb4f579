import type supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { statementsOf } from '../helpers/statements.ts';

/** Monday 2026-03-02, 09:00 in Tashkent. */
const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let people: Record<'admin' | 'receptionist' | 'doctor' | 'patient', Person>;
let colleague: Person;
beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    receptionist: await clinic.person('receptionist'),
    doctor: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
  colleague = await clinic.person('doctor');
});
beforeEach(() => clinic.clock.set(NOW));
afterAll(() => clinic.close());

type Who = keyof typeof people;
const freshDay = freshDays();
const freshKey = () => `key of ${freshDay()}`;
const slot = (fields: object = {}) => ({
  date: freshDay(),
  start_time: '10:00',
  end_time: '10:30',
  ...fields,
});
const two = (fields: object = {}) => ({
  date: freshDay(),
  start_time: '10:00',
  end_time: '11:00',
  slot_minutes: 30,
  ...fields,
});
const away = (fields: object = {}) => {
  const day = freshDay();
  return { from: day, to: day, ...fields };
};
const named = (en: string) => ({ uz: `${en} uz`, ru: `${en} ru`, en });
const PAST = '2026-02-01';

interface Case {
  by: Who;
  path: string;
  /** What it adds rows to, and how many. */
  adds: [table: string, rows: number];
  /** Something else each time. */
  body: () => object;
  refused: () => object;
  because: ErrorCode;
  /** What of a body makes it a rehearsal. */
  rehearsal?: object;
}

const cases: Record<string, Case> = {
  'a slot of one’s own': {
    by: 'doctor',
    path: '/timeslots/',
    adds: ['timeslots', 1],
    body: slot,
    refused: () => slot({ date: PAST }),
    because: 'slot_in_past',
  },
  'a slot that reception publishes': {
    by: 'receptionist',
    path: '/timeslots/',
    adds: ['timeslots', 1],
    body: () => slot({ doctor: people.doctor.id }),
    refused: () => slot({ doctor: people.patient.id }),
    because: 'doctor_not_found',
  },
  'slots of one’s own': {
    by: 'doctor',
    path: '/timeslots/bulk/',
    adds: ['timeslots', 2],
    body: two,
    refused: () => two({ branch: 999_999 }),
    because: 'branch_not_found',
    rehearsal: { dry_run: true },
  },
  'slots that an admin publishes': {
    by: 'admin',
    path: '/timeslots/bulk/',
    adds: ['timeslots', 2],
    body: () => two({ doctor: people.doctor.id }),
    refused: () => two({ doctor: people.patient.id }),
    because: 'doctor_not_found',
    rehearsal: { dry_run: true },
  },
  'an absence of one’s own': {
    by: 'doctor',
    path: '/absences/',
    adds: ['absences', 1],
    body: () => away({ reason: 'A congress' }),
    refused: () => away({ from: PAST, to: PAST }),
    because: 'invalid_input',
    rehearsal: { preview: true },
  },
  'an absence that reception writes': {
    by: 'receptionist',
    path: '/absences/',
    adds: ['absences', 1],
    body: () => away({ doctor: people.doctor.id }),
    refused: () => away({ doctor: people.patient.id }),
    because: 'doctor_not_found',
    rehearsal: { preview: true },
  },
  'a holiday': {
    by: 'admin',
    path: '/holidays/',
    adds: ['holidays', 1],
    body: () => ({ date: freshDay(), name: 'Navroʻz', visits: 'cancel' }),
    refused: () => ({ date: freshDay(), branch: 999_999 }),
    because: 'branch_not_found',
    rehearsal: { preview: true },
  },
  'a service': {
    by: 'admin',
    path: '/services/',
    adds: ['services', 1],
    body: () => ({ name: named(freshDay()), duration_minutes: 30, price: 25_000_000 }),
    refused: () => ({ name: named(freshDay()), duration_minutes: 30, min_age: 40, max_age: 20 }),
    because: 'invalid_input',
  },
  'a room': {
    by: 'admin',
    path: '/rooms/',
    adds: ['rooms', 1],
    body: () => ({ branch: 1, name: freshDay(), kind: 'Ultrasound' }),
    refused: () => ({ branch: 999_999, name: freshDay(), kind: 'ultrasound' }),
    because: 'branch_not_found',
  },
  'a branch': {
    by: 'admin',
    path: '/branches/',
    adds: ['branches', 1],
    // Closed, so that nobody has to say in which branch they publish.
    body: () => ({ name: freshDay(), phone: '71 200-00-00', is_active: false }),
    refused: () => ({ name: 'CLINIC' }),
    because: 'name_taken',
  },
};

const send = ({ by, path }: Pick<Case, 'by' | 'path'>, key: string, body: object) =>
  clinic.as(people[by]).post(path, body).set('idempotency-key', key);
const count = async (from: string) =>
  (await clinic.db.$client.query(`select count(*)::int as count from ${from}`)).rows[0].count as number;
const kept = () => count('idempotency_keys');
const isReplay = ({ headers }: supertest.Response) => headers['idempotency-replayed'] === 'true';

describe.each(Object.entries(cases))('%s', (_, one) => {
  const { by, path, adds, body: fresh, refused, because, rehearsal } = one;
  const [table, rows] = adds;

  test('is added once with a key, however often it is sent, and answered as the first time', async () => {
    const [key, body, before] = [freshKey(), fresh(), await count(table)];
    const first = await send(one, key, body).expect(201);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    const noted = await notedBy(clinic.db, async () => {
      // Whatever the order of its fields.
      for (const sent of [body, Object.fromEntries(Object.entries(body).reverse())]) {
        const again = await send(one, key, sent).expect(201);
        expect(isReplay(again)).toBe(true);
        expect([again.text, again.headers.location]).toEqual([first.text, first.headers.location]);
      }
    });
    expect(noted).toEqual([]);
    expect(first.headers.location).toMatch(/^\/api\//);
    expect(await count(table)).toBe(before + rows);
  });

  test('with the key of another is refused, and not added', async () => {
    const key = freshKey();
    await send(one, key, fresh()).expect(201);
    const before = await count(table);
    expectProblem(await send(one, key, fresh()), 'idempotency_key_reused');
    expect(await count(table)).toBe(before);
  });

  test('sent twice at once is added once: the other hears the same, or to ask again', async () => {
    const [key, body, before] = [freshKey(), fresh(), await count(table)];
    const answers = await Promise.all([send(one, key, body), send(one, key, body)]);
    const [done, ...more] = answers.filter((answer) => answer.status === 201 && !isReplay(answer));
    expect(more).toEqual([]);
    for (const answer of answers.filter((answer) => answer !== done))
      if (answer.status === 201) expect([isReplay(answer), answer.text]).toEqual([true, done?.text]);
      else expectProblem(answer, 'request_in_progress');
    expect(await count(table)).toBe(before + rows);
    expect((await send(one, key, body).expect(201)).text).toBe(done?.text);
  });

  test('while it is being added, in whichever process, the same request is told to ask again', async () => {
    const [key, body, before] = [freshKey(), fresh(), await count(table)];
    const elsewhere = await clinic.db.$client.connect();
    try {
      await elsewhere.query('begin');
      await elsewhere.query('select pg_advisory_xact_lock(hashtextextended($1, $2))', [
        `POST /api${path} ${key}`,
        people[by].id,
      ]);
      expectProblem(await send(one, key, body), 'request_in_progress');
      expect(await count(table)).toBe(before);
      await elsewhere.query('rollback');
    } finally {
      elsewhere.release();
    }
    await send(one, key, body).expect(201);
  });

  test('that is refused keeps no key', async () => {
    const [key, before] = [freshKey(), await kept()];
    expectProblem(await send(one, key, refused()), because);
    expectProblem(await send(one, key, {}), 'invalid_input');
    expectProblem(await send({ by: 'patient', path }, key, fresh()), 'forbidden');
    expect(await kept()).toBe(before);
    expect(isReplay(await send(one, key, fresh()).expect(201))).toBe(false);
    expect(await kept()).toBe(before + 1);
  });

  test('refuses what is no key', async () => {
    const [body, before] = [fresh(), await count(table)];
    expectProblem(await send(one, '"half', body), 'invalid_input', {
      fields: ['idempotency-key invalid_format'],
    });
    expect(await count(table)).toBe(before);
  });

  if (rehearsal)
    test('that is only tried keeps no key', async () => {
      const [key, body, before] = [freshKey(), fresh(), await kept()];
      for (let again = 0; again < 2; again += 1)
        expect(isReplay(await send(one, key, { ...body, ...rehearsal }).expect(200))).toBe(false);
      expect(await kept()).toBe(before);
      expect(isReplay(await send(one, key, body).expect(201))).toBe(false);
      // Nor is it mistaken for what came with the key.
      await send(one, key, { ...fresh(), ...rehearsal }).expect(200);
    });
});

test('what is over by the time it is repeated was done all the same', async () => {
  const day = freshDay();
  const earlier: [Case, object][] = [
    [cases['a slot of one’s own'] as Case, slot({ date: day })],
    [cases['an absence of one’s own'] as Case, away({ from: day, to: day, start_time: '15:00' })],
    [cases['a holiday'] as Case, { date: day }],
  ];
  clinic.clock.set(`${day}T04:00:00.000Z`);
  const key = freshKey();
  const done: supertest.Response[] = [];
  for (const [one, body] of earlier) done.push(await send(one, key, body).expect(201));
  clinic.clock.set(`${day}T19:30:00.000Z`);
  for (const [index, [one, body]] of earlier.entries()) {
    const again = await send(one, key, body).expect(201);
    expect([isReplay(again), again.text]).toEqual([true, done[index]?.text]);
  }
});

test('an absence that took the last slots of a doctor in one’s branch is answered again', async () => {
  const { admin, receptionist } = people;
  const add = (name: string) => clinic.as(admin).post('/branches/', { name }).expect(201);
  const [here, there] = [(await add('Here')).body.id, (await add('There')).body.id];
  await clinic.db.$client.query('insert into receptionist_branches (user_id, branch_id) values ($1, $2)', [
    receptionist.id,
    here,
  ]);
  const [day, later] = [freshDay(), freshDay()];
  await clinic
    .as(colleague)
    .post('/timeslots/', slot({ date: day, branch: here }))
    .expect(201);
  await clinic
    .as(colleague)
    .post('/timeslots/', slot({ date: later, branch: there }))
    .expect(201);
  const one = { by: 'receptionist', path: '/absences/' } as const;
  const [key, body] = [freshKey(), { doctor: colleague.id, from: day, to: day }];
  const first = await send(one, key, body).expect(201);
  expect(first.body.slots_count).toBe(1);
  // By now they are a doctor of another branch.
  expectProblem(await send(one, freshKey(), body), 'doctor_not_found');
  const again = await send(one, key, body).expect(201);
  expect([isReplay(again), again.text]).toEqual([true, first.text]);
  await clinic.db.$client.query('delete from receptionist_branches');
  await clinic.db.$client.query('update branches set is_active = false where id = any ($1)', [[here, there]]);
});

test('whose visits an answer shows is noted each time it is given', async () => {
  const { admin, doctor, patient } = people;
  const visitOn = async (date: string) => clinic.book(patient, await clinic.slot(doctor, { date }));
  const days = [freshDay(), freshDay(), freshDay()] as const;
  for (const day of days) await visitOn(day);
  const asked: [Pick<Case, 'by' | 'path'>, object][] = [
    [
      { by: 'admin', path: '/absences/' },
      { doctor: doctor.id, from: days[0], to: days[0] },
    ],
    [{ by: 'admin', path: '/holidays/' }, { date: days[1] }],
    [
      { by: 'admin', path: '/holidays/' },
      { date: days[2], visits: 'cancel' },
    ],
  ];
  for (const [one, body] of asked) {
    const key = freshKey();
    const first = await send(one, key, body).expect(201);
    expect(first.text).toContain(`"id":${patient.id}`);
    const noted = await notedBy(clinic.db, () => send(one, key, body).expect(201));
    expect(noted).toMatchObject([
      { action: 'appointment.list', actor_id: admin.id, subject_id: patient.id, details: { rows: 1 } },
    ]);
    expect(noted).toHaveLength(1);
  }
});

test('without a key a slot of one’s own is one statement; with one begin, lock, look, publish, keep, commit', async () => {
  const one = cases['a slot of one’s own'] as Case;
  expect(
    await statementsOf(() => clinic.as(people.doctor).post(one.path, one.body()).expect(201)),
  ).toHaveLength(1);
  const [key, body] = [freshKey(), one.body()];
  expect(await statementsOf(() => send(one, key, body).expect(201))).toHaveLength(6);
  expect(await statementsOf(() => send(one, key, body).expect(201))).toHaveLength(4);
});
