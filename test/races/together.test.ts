import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { timeFor, unhurried, within } from '../../src/db/deadline.ts';
import { together } from '../../src/db/together.ts';
import { insertAppointments } from '../../src/modules/appointments/booking/booking.repository.ts';
import { insertServiceVisits } from '../../src/modules/appointments/booking/service-booking.repository.ts';
import { boundsFor, OPEN_POLICY } from '../../src/modules/availability/policy.rules.ts';
import { untilBlocked } from '../helpers/blocked.ts';
import {
  type Answer,
  type Arena,
  arena,
  type Member,
  outcome,
  provesRules,
  tally,
} from '../helpers/races.ts';
import { makeRoom, makeRun, makeService } from '../helpers/services.ts';

/** Groups wait for what a test keeps from them, however long the machine takes until everybody has come. */
vi.mock('../../src/db/limits.ts', async (original) => ({
  ...(await original<object>()),
  LOCK_TOGETHER: 600_000,
  REQUEST: 600_000,
}));

/** What comes while one of its kind is under way goes together, and each has its own answer. */

describe('what comes together', () => {
  /** Every group waits for the test to let it go. */
  function watched({ fails = () => false }: { fails?: (item: number) => boolean } = {}) {
    const groups: number[][] = [];
    const held: (() => void)[] = [];
    const pass = () => new Promise<void>((resolve) => held.push(resolve));
    const add = together<number, string>({
      async alone(item) {
        groups.push([item]);
        await pass();
        if (fails(item)) throw new Error(`not ${item}`);
        return `alone ${item}`;
      },
      async together(items) {
        groups.push([...items]);
        await pass();
        if (items.some(fails)) throw new Error('not all of these');
        return items.map((item) => `together ${item}`);
      },
      most: 5,
    });
    const letGo = async () => {
      for (const go of held.splice(0)) go();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { add, groups, letGo };
  }

  test('goes at once where nothing is under way, and otherwise with all that wait', async () => {
    const { add, groups, letGo } = watched();
    const answers = [1, 2, 3].map(add);
    expect(groups).toEqual([[1]]);
    await letGo();
    expect(groups).toEqual([[1], [2, 3]]);
    await letGo();
    expect(await Promise.all(answers)).toEqual(['alone 1', 'together 2', 'together 3']);
    const next = add(4);
    expect(groups.at(-1)).toEqual([4]);
    await letGo();
    expect(await next).toBe('alone 4');
  });

  test('waits for no more than two groups before its own, however many come', async () => {
    const { add, groups, letGo } = watched();
    /** When each came, and when it was under way, in how often groups had been let go by then. */
    const came = new Map<number, number>();
    const began = new Map<number, number>();
    let passed = 0;
    const look = () => {
      for (const item of groups.flat()) if (!began.has(item)) began.set(item, passed);
    };
    const pass = async () => {
      await letGo();
      passed += 1;
      look();
    };
    for (let item = 0; item < 100; item += 1) {
      came.set(item, passed);
      void add(item);
      look();
      if (item % 7 === 0) await pass();
    }
    for (let rounds = 0; rounds < 3; rounds += 1) await pass();
    const waited = [...came].map(([item, at]) => (began.get(item) ?? Number.POSITIVE_INFINITY) - at);
    expect(Math.max(...waited)).toBeLessThanOrEqual(2);
    expect(groups.flat().toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 100 }, (_, n) => n),
    );
    expect(Math.max(...groups.map(({ length }) => length))).toBeLessThanOrEqual(5);
    // Of 7 that wait at a time, five go in one group and the rest in another, both at once.
    expect(groups.length).toBeLessThan(50);
  });

  test('fails nobody but whoever is at fault: each is done alone then', async () => {
    const { add, groups, letGo } = watched({ fails: (item) => item === 3 });
    const answers = Promise.allSettled([1, 2, 3, 4].map(add));
    for (let rounds = 0; rounds < 4; rounds += 1) await letGo();
    expect((await answers).map((one) => (one.status === 'fulfilled' ? one.value : 'refused'))).toEqual([
      'alone 1',
      'alone 2',
      'refused',
      'alone 4',
    ]);
    expect(groups).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
  });
});

test('one that goes alone has the time of whoever asked for it, and not of whoever lets it go', async () => {
  const limits: number[] = [];
  let letGo = () => {};
  const add = together<number, void>({
    async together() {
      limits.push(timeFor(60_000));
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return [undefined];
    },
  });
  const late = within(performance.now() - 1, () => add(1));
  const other = unhurried(() => add(2));
  letGo();
  await late;
  await new Promise((resolve) => setImmediate(resolve));
  letGo();
  await other;
  expect(limits).toEqual([500, 60_000]);
});

const DAY = '2026-03-10';
let clinic: Arena;
let patients: Member[];
let doctors: Member[];
let admin: Member;
let client: pg.PoolClient;
beforeAll(async () => {
  // So many that none of these requests waits for its turn: four for each connection.
  clinic = await arena({ pool_max: 30 });
  patients = await clinic.crowd('patient', 90);
  doctors = await clinic.crowd('doctor', 12);
  [admin] = (await clinic.crowd('admin', 1)) as [Member];
  client = await clinic.db.$client.connect();
});
afterAll(async () => {
  client.release();
  await clinic.close();
});

let hour = 0;
/** A slot of its own each time. */
async function slot(date = DAY): Promise<number> {
  const doctor = doctors[hour % doctors.length] as Member;
  const at = 8 * 60 + 20 * Math.floor(hour / doctors.length);
  hour += 1;
  const time = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return clinic.publish(doctor, date, time(at), time(at + 20));
}
const book = (patient: Member, timeslot: unknown, key?: string) =>
  clinic.ask(patient, 'POST', '/appointments/', { timeslot } as object, 0, key);
const hold = (patient: Member, timeslot: number, key?: string) =>
  clinic.ask(patient, 'POST', `/timeslots/${timeslot}/hold/`, undefined, 0, key);

/**
 * Has these go in one group: whoever goes before them, by `stop`, waits for slots that the test holds, one in each lane.
 * @param cut those of which nobody waits for an answer: cut off once all have come
 */
async function inOneGroup(
  send: () => Promise<Answer>[],
  {
    cut = [],
    stop = book,
    lanes = 2,
  }: {
    cut?: readonly ((signal: AbortSignal) => Promise<unknown>)[];
    stop?: (patient: Member, timeslot: number) => Promise<Answer>;
    lanes?: number;
  } = {},
): Promise<Answer[]> {
  const stopped = await Promise.all(Array.from({ length: lanes }, () => slot()));
  await client.query('begin');
  await client.query('select from timeslots where id = any ($1) for update', [stopped]);
  const before = stopped.map((timeslot, nth) => stop(patients[88 + nth] as Member, timeslot));
  await untilBlocked(clinic.db.$client, lanes);
  let came = 0;
  const count = () => {
    came += 1;
  };
  clinic.app.server.on('request', count);
  const abort = new AbortController();
  const answers = [...send(), ...cut.map((one) => one(abort.signal).catch(() => {}))];
  try {
    await vi.waitFor(() => expect(came).toBe(answers.length), { timeout: 600_000 });
    // Nobody reads a token or a body for longer than this takes.
    for (let times = 0; times < 20; times += 1) await clinic.ask(patients[0], 'GET', '/doctors/');
    abort.abort();
  } finally {
    clinic.app.server.off('request', count);
    await client.query('commit');
  }
  await Promise.all(before);
  return (await Promise.all(answers)).slice(0, answers.length - cut.length) as Answer[];
}

test('63 bookings in one group all succeed beside one of each kind that is refused, malformed or cut off', async () => {
  const free = await Promise.all(Array.from({ length: 56 }, () => slot()));
  const [taken, held, gone, twice, never] = await Promise.all(Array.from({ length: 5 }, () => slot()));
  const [first, second] = patients as [Member, Member];
  expect((await book(first, taken)).status).toBe(201);
  expect((await clinic.ask(second, 'POST', `/timeslots/${held}/hold/`)).status).toBe(200);
  await clinic.db.$client.query('delete from timeslots where id = $1', [gone]);
  // At the same time as a visit that they have: with another doctor.
  const busy = await clinic.publish(doctors[0] as Member, '2026-03-11', '10:00', '10:20');
  const overlapping = await clinic.publish(doctors[1] as Member, '2026-03-11', '10:00', '10:20');
  const [, , third, fourth, fifth] = patients as Member[];
  expect((await book(third as Member, busy)).status).toBe(201);
  const past = await clinic.publish(doctors[0] as Member, '2026-03-01', '10:00', '10:30');
  const stillFree = free.filter((id) => id !== gone);

  const answers = await inOneGroup(
    () => [
      book(patients[5] as Member, taken),
      book(patients[6] as Member, held),
      book(patients[7] as Member, gone),
      book(patients[8] as Member, past),
      book(third as Member, overlapping),
      book(fourth as Member, twice),
      book(fourth as Member, twice),
      book(patients[9] as Member, 'x'),
      book(patients[9] as Member, 2_000_000_000),
      ...stillFree.map((timeslot, nth) => book(patients[10 + nth] as Member, timeslot)),
    ],
    {
      cut: [
        (signal) =>
          fetch(`${clinic.origins[0]}/api/appointments/`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${(fifth as Member).token}`,
              'content-type': 'application/json',
            },
            body: JSON.stringify({ timeslot: never }),
            signal,
          }),
      ],
    },
  );
  expect(answers.slice(0, 9).map(outcome).toSorted()).toEqual(
    [
      '409 slot_taken',
      '409 slot_held',
      '404 timeslot_not_found',
      '400 slot_in_past',
      '409 patient_busy',
      '201',
      '409 already_yours',
      '400 invalid_input',
      '404 timeslot_not_found',
    ].toSorted(),
  );
  const { rows: booked } = await clinic.db.$client.query<{ id: number; xid: string }>(
    `select a.timeslot_id as id, e.xid::text from appointments a join events e on e.appointment_id = a.id
     where e.type = 'appointment.booked' and a.timeslot_id = any ($1)`,
    [stillFree],
  );
  const succeeded = answers.slice(9);
  expect(tally(succeeded)).toEqual({ '201': stillFree.length });
  expect(booked).toHaveLength(stillFree.length);
  // They did travel together.
  expect(new Set(booked.map(({ xid }) => xid)).size).toBeLessThan(10);
  // Each was answered with its own.
  for (const [nth, { body }] of succeeded.entries()) expect(body.timeslot).toBe(stillFree[nth]);
  await provesRules(clinic.db);
});

test('an error of the database in a group is that of one request: the others are done all the same', async () => {
  const free = await Promise.all(Array.from({ length: 10 }, () => slot()));
  const poisoned = free[4] as number;
  await clinic.db.$client.query(`
    create function poison() returns trigger language plpgsql as $$
    begin
      if new.timeslot_id = ${poisoned} then raise exception 'poisoned'; end if;
      return new;
    end $$;
    create trigger poison before insert on appointments for each row execute function poison()`);
  const ask = (patient: Member, timeslot: number) =>
    fetch(`${clinic.origins[0]}/api/appointments/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${patient.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ timeslot }),
    }).then((answer) => ({ status: answer.status }) as Answer);
  const answers = await inOneGroup(() => free.map((timeslot, nth) => ask(patients[nth] as Member, timeslot)));
  await clinic.db.$client.query('drop trigger poison on appointments; drop function poison');
  expect(answers.map(({ status }) => status)).toEqual(free.map((id) => (id === poisoned ? 500 : 201)));
});

test('cancellations that come together are each noted in the audit, once, and answered alike when repeated', async () => {
  const free = await Promise.all(Array.from({ length: 12 }, () => slot('2026-03-20')));
  const booked = await Promise.all(free.map((timeslot, nth) => book(patients[20 + nth] as Member, timeslot)));
  const ids = booked.map(({ body }) => body.id as number);
  const cancel = (nth: number, by = nth) =>
    clinic.ask(patients[20 + by] as Member, 'DELETE', `/appointments/${ids[nth]}/`);
  const answers = await Promise.all([
    ...ids.map((_, nth) => cancel(nth)),
    cancel(0),
    // Somebody else's.
    cancel(1, 2),
  ]);
  expect(answers.slice(0, 13).map(({ status }) => status)).toEqual(Array(13).fill(204));
  expect(answers[13]?.status).toBe(404);
  const { rows } = await clinic.db.$client.query(
    `select subject_id, count(*)::int from audit_entries where action = 'appointment.cancel' group by subject_id order by 1`,
  );
  expect(rows).toEqual(ids.map((_, nth) => ({ subject_id: patients[20 + nth]?.id, count: 1 })));
  const { rows: freed } = await clinic.db.$client.query(
    'select count(*)::int from timeslots where id = any ($1) and not is_taken and freeing = 1',
    [free],
  );
  expect(freed).toEqual([{ count: 12 }]);
  await provesRules(clinic.db);
});

test('bookings with a key travel together too: each is answered by its own key, and kept under it once', async () => {
  const day = '2026-03-21';
  const [again, reused, taken] = (await Promise.all([slot(day), slot(day), slot(day)])) as [
    number,
    number,
    number,
  ];
  const free = await Promise.all(Array.from({ length: 20 }, () => slot(day)));
  const [first, second, third, fourth] = patients as [Member, Member, Member, Member];
  const before = await book(first, again, 'the answer was lost');
  expect((await book(second, reused, 'for another slot')).status).toBe(201);
  expect((await book(third, taken)).status).toBe(201);
  const answers = await inOneGroup(() => [
    book(first, again, 'the answer was lost'),
    book(second, again, 'for another slot'),
    book(fourth, taken, 'refused'),
    ...free.map((timeslot, nth) =>
      book(patients[30 + nth] as Member, timeslot, nth % 2 ? `key ${nth}` : undefined),
    ),
    // The same request once more while it is under way.
    book(patients[31] as Member, free[1], 'key 1'),
  ]);
  expect(answers.slice(0, 3).map(outcome)).toEqual(['201', '422 idempotency_key_reused', '409 slot_taken']);
  expect(answers[0]?.body).toEqual(before.body);
  expect(tally(answers.slice(3, 23))).toEqual({ '201': 20 });
  for (const [nth, { body }] of answers.slice(3, 23).entries()) expect(body.timeslot).toBe(free[nth]);
  expect(['409 request_in_progress', '201']).toContain(outcome(answers[23] as Answer));
  const { rows } = await clinic.db.$client.query<{ key: string; xid: string }>(
    `select k.key, e.xid::text from idempotency_keys k
       join events e on e.appointment_id = (k.answer ->> 'id')::integer and e.type = 'appointment.booked'
     where k.answer ->> 'date' = $1 and k.user_id = k.subject_id order by k.created_at, k.key`,
    [day],
  );
  expect(rows.map(({ key }) => key).toSorted()).toEqual(
    [
      'the answer was lost',
      'for another slot',
      ...free.flatMap((_, nth) => (nth % 2 ? [`key ${nth}`] : [])),
    ].toSorted(),
  );
  expect(new Set(rows.slice(2).map(({ xid }) => xid)).size).toBeLessThan(6);
  await provesRules(clinic.db);
});

test('holds travel together: whoever is refused changes nothing for the others, and gives nothing back', async () => {
  const day = '2026-03-22';
  const free = await Promise.all(Array.from({ length: 20 }, () => slot(day)));
  const [taken, held, wanted, own] = (await Promise.all([1, 2, 3, 4].map(() => slot(day)))) as number[];
  const [first, second, third, fourth, fifth] = patients as [Member, Member, Member, Member, Member];
  expect((await book(first, taken)).status).toBe(201);
  expect((await hold(second, held as number)).status).toBe(200);
  const mine = await hold(fifth, own as number);
  expect(mine.status).toBe(200);
  const answers = await inOneGroup(
    () => [
      hold(third, taken as number),
      hold(third, held as number),
      hold(third, wanted as number, 'first of three'),
      hold(fourth, wanted as number),
      hold(fifth, own as number),
      hold(patients[5] as Member, 2_000_000_000),
      ...free.map((timeslot, nth) =>
        hold(patients[30 + nth] as Member, timeslot, nth % 2 ? `hold ${nth}` : undefined),
      ),
    ],
    { stop: hold },
  );
  expect(answers.slice(0, 6).map(outcome)).toEqual([
    '409 slot_taken',
    '409 slot_held',
    expect.stringMatching(/^(200|409 slot_held)$/),
    expect.stringMatching(/^(200|409 slot_held)$/),
    '200',
    '404 timeslot_not_found',
  ]);
  expect(answers.slice(2, 4).filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers[4]?.body).toEqual(mine.body);
  expect(tally(answers.slice(6))).toEqual({ '200': 20 });
  const { rows } = await clinic.db.$client.query(
    'select id, held_by, xmin::text from timeslots where id = any ($1) order by array_position($1, id)',
    [free],
  );
  expect(rows.map(({ held_by }) => held_by)).toEqual(free.map((_, nth) => patients[30 + nth]?.id));
  expect(new Set(rows.map(({ xmin }) => xmin)).size).toBeLessThan(6);
  await provesRules(clinic.db);
});

/** A service of so many minutes, which all doctors give but the last; a shorter one than half an hour, he too. */
const service = (duration_minutes: number, fields: { room_kind?: string; min_age?: number } = {}) =>
  makeService(clinic, admin, doctors.slice(0, duration_minutes < 30 ? 12 : 11), {
    duration_minutes,
    ...fields,
  });

test('services travel together: a room goes to one at a time, and whoever is refused changes nothing for the others', async () => {
  const day = '2026-03-23';
  const kind = 'ultrasound';
  const rooms = await Promise.all(['U1', 'U2', 'U3'].map((name) => makeRoom(clinic.db, name, kind)));
  const examination = await service(60, { room_kind: kind });
  const consultation = await service(30);
  const forAdults = await service(30, { min_age: 18 });
  // As long as the slots that the test holds, and given by everybody.
  const brief = await service(20);
  const runs: number[][] = [];
  for (const { id } of doctors)
    runs.push(await makeRun(clinic.db, id, day, ['10:00', '10:30', '11:00', '11:30', '12:00']));
  const from = (doctor: number, nth: number) => runs[doctor]?.[nth] as number;
  const book = (patient: number, timeslot: number | undefined, wanted: number, key?: string) =>
    clinic.ask(patients[patient] as Member, 'POST', '/appointments/', { timeslot, service: wanted }, 0, key);
  const taken = from(9, 2);
  expect((await book(0, taken, consultation)).status).toBe(201);

  const answers = await inOneGroup(
    () => [
      // Five want three rooms from ten to eleven, and three want them again from eleven on.
      ...[0, 1, 2, 3, 4].map((doctor) => book(10 + doctor, from(doctor, 0), examination)),
      ...[0, 1, 2].map((doctor) => book(20 + doctor, from(doctor, 2), examination, `exam ${doctor}`)),
      // One slot of two, of three people.
      ...[0, 1, 0].map((nth, who) => book(30 + who, from(5, nth), nth === 1 ? consultation : examination)),
      ...[6, 7, 8].map((doctor) => book(40 + doctor, from(doctor, 4), consultation)),
      book(50, taken, consultation),
      book(51, from(9, 1), examination),
      book(52, from(9, 3), forAdults),
      book(53, from(11, 0), consultation),
      book(54, from(10, 4), examination),
      book(55, 2_000_000_000, consultation),
      // At the same time twice: with two doctors.
      book(56, from(7, 0), consultation),
      book(56, from(8, 0), consultation),
    ],
    {
      stop: (patient, timeslot) =>
        clinic.ask(patient, 'POST', '/appointments/', { timeslot, service: brief }),
      lanes: 1,
    },
  );
  expect(tally(answers.slice(0, 5))).toEqual({ '201': 3, '409 no_room_free': 2 });
  expect(tally(answers.slice(5, 8))).toEqual({ '201': 3 });
  expect(answers.slice(8, 11).filter(({ status }) => status === 201)).toHaveLength(1);
  expect(tally(answers.slice(11, 14))).toEqual({ '201': 3 });
  expect(answers.slice(14, 20).map(outcome)).toEqual([
    '409 slot_taken',
    '409 not_enough_time',
    '409 not_for_this_patient',
    '409 service_not_given',
    '409 not_enough_time',
    '404 timeslot_not_found',
  ]);
  expect(tally(answers.slice(20))).toEqual({ '201': 1, '409 patient_busy': 1 });
  const { rows } = await clinic.db.$client.query<{ xid: string }>(
    `select e.xid::text from appointments a join events e on e.appointment_id = a.id and e.type = 'appointment.booked'
     where a.id = any ($1)`,
    [answers.map(({ body }) => body.id ?? 0)],
  );
  const won = answers.filter(({ status }) => status === 201);
  expect(rows).toHaveLength(won.length);
  // All but those for whom another try was worth it.
  expect(new Set(rows.map(({ xid }) => xid)).size).toBeLessThan(6);
  for (const group of [answers.slice(0, 5), answers.slice(5, 8)])
    expect(
      group
        .filter(({ status }) => status === 201)
        .map(({ body }) => body.room)
        .toSorted(),
    ).toEqual(rooms.toSorted());
  await provesRules(clinic.db);
});

test('of services that share a slot with the next, in one group, every other one is booked', async () => {
  const lengthy = await service(60);
  const doctor = doctors[10] as Member;
  const starts = Array.from(
    { length: 10 },
    (_, nth) => `${10 + Math.floor(nth / 2)}:${nth % 2 ? '30' : '00'}`,
  );
  const run = await makeRun(clinic.db, doctor.id, '2026-03-24', starts);
  const booked = await insertServiceVisits(
    clinic.db,
    run.slice(0, -1).map((timeslot, nth) => {
      const patient = (patients[nth] as Member).id;
      return { timeslot, patient, booked_by: patient, service: lengthy, status: 'pending' as const };
    }),
    boundsFor('patient', OPEN_POLICY, clinic.clock),
  );
  expect(booked.map((one) => one?.timeslot)).toEqual(
    run.slice(0, -1).map((timeslot, nth) => (nth % 2 === 0 ? timeslot : undefined)),
  );
  await provesRules(clinic.db);
});

const ownBooking = (who: number, timeslot: number, reason: string) => {
  const patient = (patients[who] as Member).id;
  return { timeslot, patient, booked_by: patient, status: 'pending' as const, reason };
};

test('who asks twice for one slot is answered what each of the two came to', async () => {
  const day = '2026-03-25';
  const forAdults = await service(30, { min_age: 18 });
  const consultation = await service(30);
  const [first, second] = (await makeRun(clinic.db, (doctors[0] as Member).id, day, ['10:00', '11:00'])) as [
    number,
    number,
  ];
  const bounds = boundsFor('patient', OPEN_POLICY, clinic.clock);
  // Whose birth date nobody knows is no adult.
  const services = await insertServiceVisits(
    clinic.db,
    [
      { ...ownBooking(0, first, 'for adults'), service: forAdults },
      { ...ownBooking(0, first, 'for all'), service: consultation },
    ],
    bounds,
  );
  expect(services.map((one) => one && [one.service?.id, one.reason])).toEqual([
    undefined,
    [consultation, 'for all'],
  ]);
  const slots = await insertAppointments(
    clinic.db,
    [ownBooking(1, second, 'once'), ownBooking(1, second, 'twice')],
    bounds,
  );
  expect(slots.map((one) => one?.reason)).toEqual(['once', undefined]);
});

test('visits that follow on one another in one room are written in one order, whoever they are for', async () => {
  const day = '2026-03-26';
  const kind = 'one of its kind';
  await makeRoom(clinic.db, 'Only', kind);
  const examination = await service(30, { room_kind: kind });
  const starts = ['10:00', '10:30', '11:00', '11:30'];
  const runs: number[][] = [];
  for (const { id } of doctors.slice(0, 4)) runs.push(await makeRun(clinic.db, id, day, starts));
  await insertServiceVisits(
    clinic.db,
    // The later the visit, the lower the patient's id.
    starts.map((_, nth) => ({
      ...ownBooking(4 - nth, runs[nth]?.[nth] as number, 'x'),
      service: examination,
    })),
    boundsFor('patient', OPEN_POLICY, clinic.clock),
  );
  const { rows } = await clinic.db.$client.query(
    `select u.start_time::text as start from room_uses u join appointments a on a.id = u.appointment_id
     where a.date = $1 order by u.id`,
    [day],
  );
  expect(rows.map(({ start }) => start.slice(0, 5))).toEqual(starts);
});

test.each([
  ['book', book],
  ['hold', hold],
])('staff who name themselves lend nobody what they may: to %s beside patients', async (_, ask) => {
  expect((await clinic.ask(admin, 'PATCH', '/settings/', { horizon_days: 30 })).status).toBe(200);
  const far = await Promise.all(Array.from({ length: 6 }, () => slot('2026-08-10')));
  const path = (timeslot: number) => (ask === book ? '/appointments/' : `/timeslots/${timeslot}/hold/`);
  const named = (timeslot: number) =>
    clinic.ask(admin, 'POST', path(timeslot), { ...(ask === book && { timeslot }), patient: admin.id });
  const answers = await inOneGroup(
    () => [ask(patients[0] as Member, far[0] as number), ...far.slice(1).map(named)],
    { stop: ask },
  );
  expect((await clinic.ask(admin, 'PATCH', '/settings/', { horizon_days: null })).status).toBe(200);
  expect(outcome(answers[0] as Answer)).toBe('409 too_far_ahead');
  expect(tally(answers.slice(1))).toEqual({ '404 patient_not_found': 5 });
});
