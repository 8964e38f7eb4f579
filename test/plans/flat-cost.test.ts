import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COUNT_LIMIT } from '../../src/core/page.ts';
import { insertAppointments } from '../../src/modules/appointments/booking/booking.repository.ts';
import {
  insertServiceVisits,
  type ServiceBooking,
} from '../../src/modules/appointments/booking/service-booking.repository.ts';
import { expireLapsed } from '../../src/modules/appointments/cancelling/expiry.repository.ts';
import { boundsFor, OPEN_POLICY } from '../../src/modules/availability/policy.rules.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { planModes, type Ran, ranDuring } from '../helpers/plans.ts';
import { insertOffer } from '../helpers/rows.ts';
import { makeRun, makeService } from '../helpers/services.ts';
import { operationsOf, writtenOut } from '../openapi/documented.ts';
import { listsOf, queriesOf } from './lists.ts';
import { DOCTORS, fillWorld, isHoliday, type Known } from './world.ts';

/**
 * What every list, every search and every step of booking costs in a clinic of a million slots: rows and pages touched, as
 * the server itself tells of the very statements that a request sends, those inside of triggers too. None of the bounds
 * depends on how large the clinic is.
 */
let clinic: TestApp;
let people: Known;

// Only their ids are needed before the clinic is there: people are registered in this order.
const ids = { admin: { id: 1 }, doctor: { id: 2 }, patient: { id: 3 } } as Known;
const lists = listsOf(ids).map(([path, as, choices, crowd]) => ({ path, as, choices, crowd }));

beforeAll(async () => {
  clinic = await testApp({ pool_max: 1, unhurried: true });
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor', { last_name: 'Yusupov', profile: { specialization: 'Terapevt' } }),
    patient: await clinic.person('patient'),
  };
  await fillWorld(clinic.url, people);
});
afterAll(() => clinic.close());

test('the people are who the lists take them for', () => {
  const { admin, doctor, patient } = people;
  expect([admin.id, doctor.id, patient.id]).toEqual([ids.admin.id, ids.doctor.id, ids.patient.id]);
});

interface Cost {
  rows: number;
  buffers: number;
  status: number;
}

async function costOf(
  mode: (typeof planModes)[number],
  request: () => PromiseLike<{ status: number }>,
): Promise<Cost & { ran: Ran[] }> {
  let status = 0;
  const ran = await ranDuring(clinic.db, mode, async () => {
    ({ status } = await request());
  });
  const sum = (of: 'rows' | 'buffers') => ran.reduce((total, plan) => total + plan[of], 0);
  return { rows: sum('rows'), buffers: sum('buffers'), status, ran };
}

const get = (as: keyof Known, path: string) => () =>
  clinic
    .as(people[as])
    .get(
      path
        .replace('{doctor}', String(people.doctor.id))
        .replace('{patient}', String(people.patient.id))
        .replace('{webhook}', '1'),
    );
const countOf = async (rows: string): Promise<number> =>
  (await clinic.db.$client.query(`select count(*) from ${rows}`)).rows[0].count;

test('no list is missing here', async () => {
  const { body } = await clinic.as(undefined).get('/schema/').expect(200);
  const paged = operationsOf(writtenOut(body))
    .filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'page'))
    .map(({ path }) =>
      path
        .slice('/api'.length)
        .replace('patients/{id}', 'patients/{patient}')
        .replace('webhooks/{id}', 'webhooks/{webhook}')
        .replace('{id}', '{doctor}'),
    );
  // The desk's search has plans of its own: test/desk/search-plan.test.ts.
  const others = ['/patients/'];
  expect([...new Set([...lists.map(({ path }) => path), ...others])].sort()).toEqual(paged.sort());
});

/** What a list may touch beside the rows that its page skips: it counts up to a limit, and shows its page. */
const LIST = { rows: 2.6 * COUNT_LIMIT, buffers: 2.6 * COUNT_LIMIT };

describe.each(lists)('GET $path as $as', ({ path, as, choices, crowd }) => {
  test.each(planModes)('with every combination of its filters (%s)', async (mode) => {
    const looked = crowd ? 3 * (await countOf(crowd)) : 0;
    const dear: unknown[] = [];
    for (const query of queriesOf(choices)) {
      const { rows, buffers, status } = await costOf(mode, get(as, `${path}?${query}`));
      const allowed = LIST.rows + (query.split('&').length > 1 ? looked : 0);
      if (rows > allowed || buffers > LIST.buffers || status !== 200)
        dear.push({ query, rows, buffers, status });
    }
    expect(dear).toEqual([]);
  });

  // A page is found by counting up to it: what it skips is read, and nothing beyond it.
  test.each([
    ['page=100&page_size=100', 10_000],
    ['page=10000&page_size=20', 200_000],
  ])('?%s reads no more than up to it', async (page, reach) => {
    const { rows, status } = await costOf('force_custom_plan', get(as, `${path}?${page}`));
    expect(status).toBe(200);
    // Each row with the people it shows, and once more where a page past the end asks for the count alone.
    expect(rows).toBeLessThanOrEqual(2 * LIST.rows + 6 * reach);
  });
});

const nextDay = freshDays();
/** A day of its own for each step, on which the clinic is open. */
function freshDay(): string {
  const day = nextDay();
  return isHoliday(day) ? freshDay() : day;
}
const pick = async (text: string): Promise<number> =>
  (await clinic.db.$client.query<{ id: number }>(text)).rows[0]?.id ?? 0;
const freeSlot = (nth: number) =>
  pick(`select t.id from timeslots t join doctor_profiles d on d.id = t.doctor_id join users u on u.id = d.id
    where not is_taken and not is_waitlisted and date > '2026-03-04' and approved_at is not null and u.is_active
    order by date, start_time, t.id offset ${nth * 37} limit 1`);
const visit = (nth: number) =>
  pick(`select id from appointments where status = 'confirmed' and date > '2026-03-10'
    and patient_id > 10000 order by date, start_time, id offset ${nth} limit 1`);
const begun = () =>
  pick(`select id from appointments where doctor_id = ${people.doctor.id} and date = '2026-03-02' and status = 'confirmed'
    order by start_time limit 1`);

/** Each prepares what it needs and gives the request. */
const commands: Record<string, () => Promise<() => PromiseLike<{ status: number }>>> = {
  'publish a slot': async () => () =>
    clinic
      .as(people.doctor)
      .post('/timeslots/', { date: freshDay(), start_time: '10:00', end_time: '10:30', branch: 1 }),
  'publish a slot where the doctor works': async () => () =>
    clinic
      .as(people.doctor)
      .post('/timeslots/', { date: freshDay(), start_time: '10:00', end_time: '10:30' }),
  'take a slot back': async () => {
    const id = await clinic.slot(people.doctor, { date: freshDay() });
    return () => clinic.as(people.doctor).delete(`/timeslots/${id}/`);
  },
  'look at a slot': async () => {
    const id = await clinic.slot(people.doctor, { date: freshDay() });
    return () => clinic.as(people.doctor).get(`/timeslots/${id}/`);
  },
  'book as a patient': async () => {
    const timeslot = await freeSlot(1);
    return () => clinic.as(people.patient).post('/appointments/', { timeslot });
  },
  'book for a patient': async () => {
    const timeslot = await freeSlot(30);
    return () => clinic.as(people.admin).post('/appointments/', { timeslot, patient: people.patient.id });
  },
  'book what is taken, and hear of others': async () => {
    const timeslot = await pick(`select id from timeslots where is_taken and date = '2026-03-12' limit 1`);
    return () => clinic.as(people.patient).post('/appointments/', { timeslot });
  },
  'hold a slot': async () => {
    const id = await freeSlot(60);
    return () => clinic.as(people.patient).post(`/timeslots/${id}/hold/`);
  },
  'look at a visit': async () => {
    const id = await visit(2);
    return () => clinic.as(people.admin).get(`/appointments/${id}/`);
  },
  'look at its history': async () => {
    const id = await visit(2);
    return () => clinic.as(people.admin).get(`/appointments/${id}/history/`);
  },
  'decide on a visit': async () => {
    const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
    return () => clinic.as(people.doctor).patch(`/appointments/${id}/`, { status: 'confirmed' });
  },
  'cancel a visit': async () => {
    const id = await visit(3);
    return () => clinic.as(people.admin).delete(`/appointments/${id}/`);
  },
  'move a visit': async () => {
    const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date: freshDay() }));
    const timeslot = await clinic.slot(people.doctor, { date: freshDay() });
    return () => clinic.as(people.patient).post(`/appointments/${id}/reschedule/`, { timeslot });
  },
  'mark that a patient came': async () => {
    const id = await begun();
    return () => clinic.as(people.doctor).post(`/appointments/${id}/arrive/`);
  },
  'join the waiting list': async () => {
    const day = freshDay();
    return () =>
      clinic.as(people.patient).post('/waitlist/', { specialization: 'Kardiolog', from: day, to: day });
  },
  'accept an offer': async () => {
    const { doctor, patient } = people;
    const id = await insertOffer(clinic.db, { doctor: doctor.id, patient: patient.id, date: freshDay() });
    return () => clinic.as(patient).post(`/waitlist/${id}/accept/`);
  },
  'decline an offer': async () => {
    const { doctor, patient } = people;
    const id = await insertOffer(clinic.db, { doctor: doctor.id, patient: patient.id, date: freshDay() });
    return () => clinic.as(patient).post(`/waitlist/${id}/decline/`);
  },
  'leave the waiting list': async () => {
    const day = freshDay();
    const wish = { doctor: people.doctor.id, from: day, to: day };
    const { body } = await clinic.as(people.patient).post('/waitlist/', wish).expect(201);
    return () => clinic.as(people.patient).delete(`/waitlist/${body.id}/`);
  },
  'be absent for a day': async () => {
    const date = freshDay();
    await clinic.book(people.patient, await clinic.slot(people.doctor, { date }));
    return () => clinic.as(people.doctor).post('/absences/', { from: date, to: date });
  },
  'read a notification': async () => {
    const id = await pick(`select id from notifications where user_id = ${people.patient.id} limit 1`);
    return () => clinic.as(people.patient).post(`/notifications/${id}/read/`);
  },
  'change a person': async () => () =>
    clinic.as(people.admin).patch(`/users/${people.patient.id}/`, { first_name: 'Aziza' }),
  'see a person': async () => () => clinic.as(people.admin).get(`/users/${people.patient.id}/`),
  'book a service with a room': async () => {
    const wanted = await examination();
    return () => clinic.as(people.patient).post('/appointments/', wanted);
  },
  'book slots together': async () => {
    const { doctor, crowd } = await examiner();
    const slots = await makeRun(clinic.db, doctor, freshDay(), ['10:00', '10:30', '11:00', '11:30']);
    return () => together(slots.map((timeslot, nth) => ({ timeslot, patient: crowd[nth] ?? 0 })));
  },
  'book services with a room together': async () => {
    const { doctor, service, crowd } = await examiner();
    const slots = await makeRun(clinic.db, doctor, freshDay(), HALF_HOURS);
    const firsts = slots.filter((_, nth) => nth % 2 === 0);
    return () => together(firsts.map((timeslot, nth) => ({ timeslot, patient: crowd[nth] ?? 0, service })));
  },
  'hold a service with a room': async () => {
    const { timeslot, service } = await examination();
    return () => clinic.as(people.patient).post(`/timeslots/${timeslot}/hold/`, { service });
  },
  'move a visit with a room': async () => {
    const visit = await clinic
      .as(people.patient)
      .post('/appointments/', await examination())
      .expect(201);
    const { timeslot } = await examination();
    return () => clinic.as(people.patient).post(`/appointments/${visit.body.id}/reschedule/`, { timeslot });
  },
};

const HALF_HOURS = ['10:00', '10:30', '11:00', '11:30', '12:00', '12:30', '13:00', '13:30'];
let made: Promise<{ doctor: number; service: number; crowd: number[] }> | undefined;
/** A doctor of their own who gives a service of an hour in a room, and patients who come to them. */
function examiner() {
  made ??= (async () => {
    const doctor = await clinic.person('doctor', { profile: { specialization: 'Rentgenolog' } });
    const fields = { duration_minutes: 60, room_kind: 'kind 1' };
    const crowd: number[] = [];
    while (crowd.length < 4) crowd.push((await clinic.person('patient')).id);
    return { doctor: doctor.id, service: await makeService(clinic, people.admin, [doctor], fields), crowd };
  })();
  return made;
}
/** What several patients ask for while another booking is under way, in one statement. */
async function together(
  wanted: readonly { timeslot: number; patient: number; service?: number }[],
): Promise<{ status: number }> {
  const bounds = boundsFor('patient', OPEN_POLICY, clinic.clock);
  const bookings = wanted.map((each) => ({ ...each, booked_by: each.patient, status: 'pending' as const }));
  const booked = await (wanted[0]?.service === undefined
    ? insertAppointments(clinic.db, bookings, bounds)
    : insertServiceVisits(clinic.db, bookings as ServiceBooking[], bounds));
  return { status: booked.includes(undefined) ? 409 : 201 };
}
/** What books the hour on a day, of which the first of two slots is the beginning. */
async function examination() {
  const { doctor, service } = await examiner();
  const [timeslot] = await makeRun(clinic.db, doctor, freshDay(), ['10:00', '10:30']);
  return { timeslot, service };
}

/**
 * What a step touches, whatever it writes, locks, checks and notes. Where doctors registered before their patients, the
 * planner may go through the doctors in order until it has the one of a slot: never more than there are.
 */
const STEP = { rows: 300 + DOCTORS, buffers: 2_500 };
/** Four bookings at once. */
const TOGETHER = { rows: 4 * STEP.rows, buffers: STEP.buffers };
/** With several branches, whether the doctor works in one only is read off their slots ahead. */
const GUESSED = { rows: STEP.rows, buffers: 4_000 };
/** Who is refused is shown others: the doctor's next, and those of each doctor of the specialization. */
const REFUSED = { rows: 20_000, buffers: 70_000 };
function limitOf(step: string): { rows: number; buffers: number } {
  if (step.startsWith('book what is taken')) return REFUSED;
  if (step.endsWith('where the doctor works')) return GUESSED;
  return step.endsWith('together') ? TOGETHER : STEP;
}

test.each(Object.keys(commands).flatMap((name) => planModes.map((mode) => [name, mode] as const)))(
  'to %s costs what it cost on the first day (%s)',
  async (name, mode) => {
    const request = await commands[name]?.();
    if (!request) throw new Error('no such step');
    const { ran, rows, buffers, status } = await costOf(mode, request);
    const refused = name.startsWith('book what is taken');
    expect(refused ? status === 409 : status < 300, String(status)).toBe(true);
    const limit = limitOf(name);
    const dear = ran
      .filter((plan) => plan.rows > 50)
      .map(({ text, rows: read }) => [read, text.trim().replaceAll(/\s+/g, ' ').slice(0, 60)]);
    expect(rows <= limit.rows && buffers <= limit.buffers, JSON.stringify({ rows, buffers, dear })).toBe(
      true,
    );
  },
);

test.each(planModes)(
  'ending what has lapsed reads that alone, and nothing where nothing has (%s)',
  async (mode) => {
    const moment = { now: clinic.clock.now(), wall: clinic.clock.wall() };
    const end = () => expireLapsed(clinic.db, moment, 100);
    while ((await end()) > 0);
    const ahead = await countOf("appointments where status = 'pending'");
    expect(Number(ahead)).toBeGreaterThan(1_000);
    const ran = await ranDuring(clinic.db, mode, end);
    // Not by pages: what was ended just now lies in the index for as long as anybody else looks at the database.
    expect(ran.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(50);
  },
);

describe('what is asked for in bulk costs no more than its size', () => {
  test('publishing: each slot the same, few or many', async () => {
    const publish = (from: string, to: string) =>
      costOf('force_custom_plan', () =>
        clinic.as(people.doctor).post('/timeslots/bulk/', {
          from,
          to,
          start_time: '08:00',
          end_time: '12:00',
          slot_minutes: 30,
          break_minutes: 0,
        }),
      );
    const [week, quarter] = [
      await publish('2026-08-03', '2026-08-09'),
      await publish('2026-09-01', '2026-11-29'),
    ];
    expect([week.status, quarter.status]).toEqual([201, 201]);
    expect(week.rows).toBeLessThanOrEqual(56 * 40);
    expect(quarter.rows).toBeLessThanOrEqual(720 * 40);
  });

  test.each(['', '&doctor=2', '&status=pending', '&branch=2', '&branch=1'])(
    'export?%s: a week of ten years ago as one of this year, and all of it row by row',
    async (filter) => {
      const exported = async (from: string, to: string) => {
        let lines = 0;
        const cost = await costOf('force_custom_plan', async () => {
          const answer = await clinic
            .as(people.admin)
            .get(`/appointments/export/?from=${from}&to=${to}${filter}`);
          lines = answer.text.split(/\r?\n/).length;
          return answer;
        });
        return { ...cost, lines };
      };
      for (const [from, to] of [
        ['2019-05-01', '2019-05-10'],
        ['2026-03-10', '2026-03-11'],
      ] as const) {
        const { rows, lines, status } = await exported(from, to);
        expect(status).toBe(200);
        // Each row with its doctor, profile and patient, and one page more than there is.
        expect(rows).toBeLessThanOrEqual(3_000 + 12 * lines);
      }
    },
  );

  test.each(['day', 'doctor', 'specialization'])('statistics by %s: each row once', async (by) => {
    const range = ['2026-02-01', '2026-02-28'];
    const { rows, status } = await costOf('force_custom_plan', () =>
      clinic.as(people.admin).get(`/statistics/?from=${range[0]}&to=${range[1]}&by=${by}`),
    );
    const within = `where date between '${range[0]}' and '${range[1]}'`;
    const counted = (await countOf(`timeslots ${within}`)) + (await countOf(`appointments ${within}`));
    const [all, doctors] = [await countOf('timeslots'), await countOf('doctor_profiles')];
    expect(status).toBe(200);
    // Slots have no index by day alone: a month of them is found by reading them all once.
    expect(rows).toBeLessThanOrEqual(all + counted + 4 * doctors + 100);
  });
});

/** The server knows by now whether one plan for all values costs more than one for each. */
const OFTEN = 6;

test.each(Object.keys(commands))('to %s is planned once for all values', async (name) => {
  const plans = async () => {
    const { rows } = await clinic.db.$client.query<{ name: string; count: number }>(
      'select name, custom_plans::integer as count from pg_prepared_statements',
    );
    return new Map(rows.map((row) => [row.name, row.count]));
  };
  const run = async () => {
    // Nobody may wish for so much at once.
    await clinic.db.$client.query(`update waitlist_entries set status = 'left'
      where patient_id = ${people.patient.id} and status = 'waiting'`);
    const answer = await (await commands[name]?.())?.();
    expect(answer?.status === 409).toBe(name.startsWith('book what is taken'));
  };
  for (let nth = 0; nth < OFTEN; nth += 1) await run();
  const before = await plans();
  await run();
  const anew = [...(await plans())].filter(([statement, count]) => count > (before.get(statement) ?? count));
  expect(anew).toEqual([]);
});
