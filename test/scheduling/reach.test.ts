import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertOffer } from '../helpers/rows.ts';
import { watchStatements } from '../helpers/statements.ts';

/**
 * A receptionist of one branch reaches what lies there. `here` works in the first branch, `there` in the second, `both` in
 * both; `all` has been given none. A doctor of each branch has slots.
 */
let clinic: TestApp;
let people: Record<'here' | 'there' | 'both' | 'all' | 'patient' | 'other' | 'admin', Person>;
let doctors: Record<'here' | 'there', Person>;
let second = 0;
const freshDay = freshDays();
const statements = watchStatements();

const query = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await clinic.db.$client.query<Row>(text, values)).rows;

beforeAll(async () => {
  clinic = await testApp({ config: { answers_remembered: 1_000 } });
  const [branch] = await query<{ id: number }>(
    "insert into branches (name) values ('Chilonzor') returning id",
  );
  second = branch?.id ?? 0;
  const receptionist = async (...branches: number[]) => {
    const person = await clinic.person('receptionist');
    for (const one of branches)
      await query('insert into receptionist_branches (user_id, branch_id) values ($1, $2)', [person.id, one]);
    return person;
  };
  people = {
    here: await receptionist(1),
    there: await receptionist(second),
    both: await receptionist(1, second),
    all: await receptionist(),
    patient: await clinic.person('patient'),
    other: await clinic.person('patient'),
    admin: await clinic.person('admin'),
  };
  const profile = { specialization: 'Kardiolog' };
  doctors = {
    here: await clinic.person('doctor', { profile }),
    there: await clinic.person('doctor', { profile }),
  };
});
afterAll(async () => {
  statements.restore();
  await clinic.close();
});

const as = (who: keyof typeof people) => clinic.as(people[who]);

/** A slot in one of the two branches. */
async function slotIn(
  branch: 'here' | 'there',
  date = freshDay(),
  doctor = doctors[branch],
): Promise<number> {
  const [row] = await query<{ id: number }>(
    `insert into timeslots (doctor_id, date, start_time, end_time, branch_id) values ($1, $2, '10:00', '10:30', $3)
     returning id`,
    [doctor.id, date, branch === 'here' ? 1 : second],
  );
  return row?.id ?? 0;
}
const visitIn = async (branch: 'here' | 'there', date?: string) =>
  clinic.book(people.patient, await slotIn(branch, date));

const idsOf = (body: { results: { id: number }[] }) => body.results.map(({ id }) => id);

describe('a visit', () => {
  test('elsewhere is none: it is neither shown nor touched, whoever asks for what', async () => {
    const id = await visitIn('there');
    const asks = [
      as('here').get(`/appointments/${id}/`),
      as('here').get(`/appointments/${id}/history/`),
      as('here').patch(`/appointments/${id}/`, { status: 'confirmed' }),
      as('here').delete(`/appointments/${id}/`),
      as('here').post(`/appointments/${id}/reschedule/`, { timeslot: await slotIn('here') }),
      as('here').post(`/appointments/${id}/arrive/`),
      as('here').post(`/appointments/${id}/no-show/`),
      as('here').delete(`/appointments/${id}/attendance/`),
    ];
    for (const ask of asks) expectProblem(await ask, 'appointment_not_found');
    const { body } = await as('admin').get(`/appointments/${id}/`).expect(200);
    expect(body).toMatchObject({ status: 'pending', version: 1, attendance: null });
  });

  test('is reached by whoever works in its branch, in both, or everywhere', async () => {
    const id = await visitIn('there');
    for (const who of ['there', 'both', 'all', 'admin'] as const)
      await as(who).get(`/appointments/${id}/`).expect(200);
  });

  test('stands in the lists of those who reach it, and in no other', async () => {
    const [here, there] = [await visitIn('here'), await visitIn('there')];
    const listed = async (who: keyof typeof people) => {
      const { body } = await as(who)
        .get(`/appointments/?patient=${people.patient.id}&page_size=100`)
        .expect(200);
      expect(body.count).toBe(body.results.length);
      return [here, there].filter((id) => idsOf(body).includes(id));
    };
    expect(await listed('here')).toEqual([here]);
    expect(await listed('there')).toEqual([there]);
    for (const who of ['both', 'all', 'admin'] as const) expect(await listed(who)).toEqual([here, there]);
  });

  test('that was booked here and moved elsewhere is in no list of one’s own any more', async () => {
    const timeslot = await slotIn('here');
    const { body } = await as('here')
      .post('/appointments/', { timeslot, patient: people.patient.id })
      .expect(201);
    expect(idsOf((await as('here').get('/appointments/me/').expect(200)).body)).toContain(body.id);
    const target = await slotIn('there', freshDay(), doctors.here);
    await as('admin').post(`/appointments/${body.id}/reschedule/`, { timeslot: target }).expect(200);
    expect(idsOf((await as('here').get('/appointments/me/').expect(200)).body)).not.toContain(body.id);
    expectProblem(await as('here').get(`/appointments/${body.id}/`), 'appointment_not_found');
  });
});

describe('a slot', () => {
  test('elsewhere is none: it is not shown, booked, held, moved to or withdrawn', async () => {
    const [id, mine] = [await slotIn('there'), await visitIn('here')];
    const patient = people.patient.id;
    for (const ask of [
      as('here').get(`/timeslots/${id}/`),
      as('here').delete(`/timeslots/${id}/`),
      as('here').post('/appointments/', { timeslot: id, patient }),
      as('here').post(`/timeslots/${id}/hold/`, { patient }),
      as('here').delete(`/timeslots/${id}/hold/`, { patient }),
      as('here').post(`/appointments/${mine}/reschedule/`, { timeslot: id }),
    ])
      expectProblem(await ask, 'timeslot_not_found');
    expect((await as('there').get(`/timeslots/${id}/`).expect(200)).body.is_available).toBe(true);
  });

  test('elsewhere stands neither in a doctor’s list nor in a search, remembered or not', async () => {
    const date = freshDay();
    const [here, there] = [await slotIn('here', date), await slotIn('there', date)];
    const searched = async (who: keyof typeof people, filters = '') =>
      idsOf((await as(who).get(`/timeslots/search/?from=${date}&to=${date}${filters}`).expect(200)).body);
    const free = async (who: keyof typeof people, doctor: Person) =>
      idsOf((await as(who).get(`/doctors/${doctor.id}/timeslots/?date=${date}`).expect(200)).body);
    // The second time it may come from what others were answered.
    for (const _ of [1, 2]) {
      for (const filters of ['', '&specialization=kardiolog', '&per_doctor=1', '&weekdays=1,2,3,4,5,6,7']) {
        expect(await searched('here', filters)).toEqual([here]);
        expect(await searched('there', filters)).toEqual([there]);
        for (const who of ['both', 'all', 'admin', 'patient'] as const)
          expect((await searched(who, filters)).sort()).toEqual([here, there].sort());
      }
      expect(await free('here', doctors.there)).toEqual([]);
      expect(await free('all', doctors.there)).toEqual([there]);
      expect(await free('there', doctors.there)).toEqual([there]);
      expect(await free('here', doctors.here)).toEqual([here]);
    }
  });

  test('elsewhere is no alternative to one that is taken', async () => {
    const date = freshDay();
    const taken = await slotIn('here', date);
    await slotIn('there', date);
    const next = await slotIn('here');
    await clinic.book(people.other, taken);
    const refused = await as('here').post('/appointments/', { timeslot: taken, patient: people.patient.id });
    expectProblem(refused, 'slot_taken');
    const offered: { id: number; doctor: { id: number } }[] = refused.body.alternatives;
    expect(offered.map(({ id }) => id)).toContain(next);
    expect(offered.every(({ doctor }) => doctor.id !== doctors.there.id)).toBe(true);
    const others = await as('all').post('/appointments/', { timeslot: taken, patient: people.patient.id });
    expect(
      others.body.alternatives.some(({ doctor }: (typeof offered)[number]) => doctor.id === doctors.there.id),
    ).toBe(true);
  });

  test('is published where one works, and a branch of elsewhere is refused', async () => {
    const times = {
      ...{ doctor: doctors.here.id, branch: 1 },
      ...{ date: freshDay(), start_time: '10:00', end_time: '10:30' },
    };
    const bulk = { ...times, date: freshDay(), end_time: '12:00', slot_minutes: 30 };
    expectProblem(await as('there').post('/timeslots/', times), 'forbidden');
    expectProblem(await as('there').post('/timeslots/bulk/', bulk), 'forbidden');
    expectProblem(await as('there').post('/timeslots/bulk/', { ...bulk, dry_run: true }), 'forbidden');
    await as('here').post('/timeslots/', times).expect(201);
    await as('both').post('/timeslots/bulk/', bulk).expect(201);
  });
});

describe('a week', () => {
  const hours = (weekday: number) => ({
    ...{ weekday, branch: 1 },
    ...{ start_time: '15:00', end_time: '16:00', slot_minutes: 30 },
  });

  test('is shown and replaced as far as one works there, and the rest stays', async () => {
    const doctor = await clinic.person('doctor');
    const path = `/doctors/${doctor.id}/schedule/`;
    await as('admin')
      .put(path, { schedule: [hours(1)] })
      .expect(200);
    await query(
      `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes, break_minutes, branch_id)
       values ($1, 3, '15:00', '16:00', 30, 0, $2)`,
      [doctor.id, second],
    );
    const daysOf = async (who: keyof typeof people) =>
      (await as(who).get(path).expect(200)).body.schedule.map(({ weekday }: { weekday: number }) => weekday);
    expect(await daysOf('here')).toEqual([1]);
    expect(await daysOf('there')).toEqual([3]);
    expect(await daysOf('all')).toEqual([1, 3]);
    const { body } = await as('here')
      .put(path, { schedule: [hours(2)] })
      .expect(200);
    expect(body.schedule.map(({ weekday }: { weekday: number }) => weekday)).toEqual([2]);
    expect(await daysOf('admin')).toEqual([2, 3]);
    expectProblem(await as('there').put(path, { schedule: [hours(4)] }), 'forbidden');
    await as('there').put(path, { schedule: [] }).expect(200);
    expect(await daysOf('admin')).toEqual([2]);
  });

  test('tells of its slots those of where one works, and publishes all of them', async () => {
    const doctor = await clinic.person('doctor');
    const path = `/doctors/${doctor.id}/schedule/`;
    await query(
      `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes, break_minutes, branch_id)
       values ($1, 3, '15:00', '16:00', 30, 0, $2)`,
      [doctor.id, second],
    );
    // Of the other branch, and in the week no more.
    await query(
      `insert into timeslots (doctor_id, date, start_time, end_time, is_scheduled, branch_id)
       values ($1, '2026-03-05', '15:00', '15:30', true, $2)`,
      [doctor.id, second],
    );
    const { body } = await as('here')
      .put(path, { schedule: [hours(2)] })
      .expect(200);
    const days = new Set(
      body.published_slots.map(({ date }: { date: string }) => new Date(date).getUTCDay()),
    );
    expect([...days]).toEqual([2]);
    expect([body.removed, body.removed_slots]).toEqual([0, []]);
    const [there] = await query<{ here: number; there: number; gone: boolean }>(
      `select count(*) filter (where branch_id = 1)::int as here, count(*) filter (where branch_id <> 1)::int as there,
         not bool_or(date = '2026-03-05') as gone
       from timeslots where doctor_id = $1`,
      [doctor.id],
    );
    expect(there).toEqual({ here: body.published, there: expect.any(Number), gone: true });
    expect(there?.there).toBeGreaterThan(0);
  });

  test('that is replaced here brings back no slot that was taken back elsewhere', async () => {
    const doctor = await clinic.person('doctor');
    const path = `/doctors/${doctor.id}/schedule/`;
    await query(
      `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes, break_minutes, branch_id)
       values ($1, 3, '15:00', '16:00', 30, 0, $2)`,
      [doctor.id, second],
    );
    await query(
      `insert into withdrawn_timeslots (doctor_id, date, start_time, end_time)
       values ($1, '2026-03-04', '15:00', '15:30'), ($1, '2026-03-03', '15:00', '15:30')`,
      [doctor.id],
    );
    await as('here')
      .put(path, { schedule: [hours(2)] })
      .expect(200);
    const left = await query<{ date: string }>('select date from withdrawn_timeslots where doctor_id = $1', [
      doctor.id,
    ]);
    expect(left).toEqual([{ date: '2026-03-04' }]);
  });
});

describe('an absence', () => {
  test('of a doctor of elsewhere is none, and cannot be written', async () => {
    const doctor = await clinic.person('doctor');
    await slotIn('there', freshDay(), doctor);
    const [date, next] = [freshDay(), freshDay()];
    const { body } = await as('admin')
      .post('/absences/', { doctor: doctor.id, from: date, to: date })
      .expect(201);
    expectProblem(await as('here').get(`/absences/${body.id}/`), 'absence_not_found');
    expectProblem(await as('here').delete(`/absences/${body.id}/`), 'absence_not_found');
    expect(idsOf((await as('here').get('/absences/').expect(200)).body)).not.toContain(body.id);
    expect(idsOf((await as('there').get('/absences/').expect(200)).body)).toContain(body.id);
    const another = { doctor: doctor.id, from: next, to: next };
    expectProblem(await as('here').post('/absences/', another), 'doctor_not_found');
    expectProblem(await as('here').post('/absences/', { ...another, preview: true }), 'doctor_not_found');
    await as('there').delete(`/absences/${body.id}/`).expect(204);
  });

  test('of a doctor who works in both is written where it takes nothing elsewhere', async () => {
    const doctor = await clinic.person('doctor');
    const [here, there] = [freshDay(), freshDay()];
    await slotIn('here', here, doctor);
    const timeslot = await slotIn('there', there, doctor);
    const id = await clinic.book(people.patient, timeslot);
    const away = (date: string) => ({ doctor: doctor.id, from: date, to: date });
    expectProblem(await as('here').post('/absences/', { ...away(there), preview: true }), 'forbidden');
    expectProblem(await as('here').post('/absences/', away(there)), 'forbidden');
    expect((await as('there').get(`/appointments/${id}/`).expect(200)).body.status).toBe('pending');
    expect((await as('here').post('/absences/', away(here)).expect(201)).body.slots_count).toBe(1);
    await as('both').post('/absences/', away(there)).expect(201);
  });

  test('is taken back only where the week then opens nothing elsewhere', async () => {
    const doctor = await clinic.person('doctor');
    const date = freshDay();
    await slotIn('here', freshDay(), doctor);
    await query(
      `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes, break_minutes, branch_id)
       values ($1, extract(isodow from $3::date), '15:00', '16:00', 30, 0, $2)`,
      [doctor.id, second, date],
    );
    const away = async (hours: object) => {
      const absence = { doctor: doctor.id, from: date, to: date, ...hours };
      return (await as('admin').post('/absences/', absence).expect(201)).body.id as number;
    };
    const before = await away({ end_time: '15:00' });
    await as('here').delete(`/absences/${before}/`).expect(204);
    const during = await away({ start_time: '15:30' });
    expectProblem(await as('here').delete(`/absences/${during}/`), 'forbidden');
    await as('there').delete(`/absences/${during}/`).expect(204);
    await as('both')
      .delete(`/absences/${await away({})}/`)
      .expect(204);
  });

  test('of a doctor whose hours here are over is none, and for every desk where they have no others', async () => {
    const doctor = await clinic.person('doctor');
    const date = freshDay();
    await query(
      `insert into weekly_hours (doctor_id, weekday, start_time, end_time, slot_minutes, branch_id, valid_until)
       values ($1, 1, '15:00', '16:00', 30, 1, '2026-03-01')`,
      [doctor.id],
    );
    const away = { doctor: doctor.id, from: date, to: date };
    await as('there')
      .post('/absences/', { ...away, preview: true })
      .expect(200);
    await slotIn('there', freshDay(), doctor);
    const { body } = await as('there').post('/absences/', away).expect(201);
    expectProblem(await as('here').get(`/absences/${body.id}/`), 'absence_not_found');
    expect(idsOf((await as('here').get('/absences/').expect(200)).body)).not.toContain(body.id);
    const day = freshDay();
    expectProblem(await as('here').post('/absences/', { ...away, from: day, to: day }), 'doctor_not_found');
  });

  test('of a doctor who has published nothing yet is for every desk', async () => {
    const doctor = await clinic.person('doctor');
    const date = freshDay();
    await as('here').post('/absences/', { doctor: doctor.id, from: date, to: date }).expect(201);
  });
});

describe('an entry of the waiting list', () => {
  const entryFor = async (branch: number | null) => {
    const date = freshDay();
    const wish = { patient: people.patient.id, doctor: doctors.here.id, from: date, to: date };
    const { body } = await as('admin').post('/waitlist/', wish).expect(201);
    await query('update waitlist_entries set branch_id = $2 where id = $1', [body.id, branch]);
    return body.id as number;
  };

  test('for another branch is none, and one for any branch is for every desk', async () => {
    const [here, there, any] = [await entryFor(1), await entryFor(second), await entryFor(null)];
    for (const ask of [
      as('here').get(`/waitlist/${there}/`),
      as('here').delete(`/waitlist/${there}/`),
      as('here').post(`/waitlist/${there}/accept/`),
      as('here').post(`/waitlist/${there}/decline/`),
    ])
      expectProblem(await ask, 'waitlist_entry_not_found');
    const listed = async (who: keyof typeof people) => {
      const { body } = await as(who).get(`/waitlist/?patient=${people.patient.id}&page_size=100`).expect(200);
      return [here, there, any].filter((id) => idsOf(body).includes(id));
    };
    expect(await listed('here')).toEqual([here, any]);
    expect(await listed('there')).toEqual([there, any]);
    expect(await listed('all')).toEqual([here, there, any]);
    for (const id of [here, there, any]) await as('all').delete(`/waitlist/${id}/`).expect(204);
  });

  test('is not answered with a slot elsewhere', async () => {
    const id = await insertOffer(clinic.db, {
      doctor: doctors.here.id,
      patient: people.other.id,
      date: freshDay(),
    });
    expectProblem(await as('there').post(`/waitlist/${id}/accept/`), 'timeslot_not_found');
    await as('here').post(`/waitlist/${id}/accept/`).expect(201);
  });

  test('replaces no visit elsewhere, when it joins and when it is accepted', async () => {
    const date = freshDay();
    const [visit, day] = [await visitIn('there'), freshDay()];
    const wish = {
      patient: people.patient.id,
      doctor: doctors.there.id,
      from: date,
      to: day,
      replaces: visit,
    };
    expectProblem(await as('here').post('/waitlist/', wish), 'appointment_not_found');
    const { body } = await as('there').post('/waitlist/', wish).expect(201);
    const offered = await slotIn('here', date, doctors.there);
    await query(
      `with slot as (
         update timeslots set is_waitlisted = true, held_by = $1, held_until = '2026-03-02T04:15:00Z' where id = $3
       ), entry as (update waitlist_entries set status = 'offered' where id = $2)
       insert into waitlist_offers (entry_id, timeslot_id, offered_at, expires_at)
       values ($2, $3, '2026-03-02T04:00:00Z', '2026-03-02T04:15:00Z')`,
      [people.patient.id, body.id, offered],
    );
    expectProblem(await as('here').post(`/waitlist/${body.id}/accept/`), 'appointment_not_found');
    await as('both').post(`/waitlist/${body.id}/accept/`).expect(201);
  });

  test('shows whoever joins for a patient what is free where they work', async () => {
    const date = freshDay();
    const [here, there] = [await slotIn('here', date), await slotIn('there', date)];
    const join = async (who: 'here' | 'all') => {
      const wish = { patient: people.other.id, specialization: 'Kardiolog', from: date, to: date };
      const { body } = await as(who).post('/waitlist/', wish).expect(201);
      await as('all').delete(`/waitlist/${body.id}/`).expect(204);
      return body.free_now.map(({ id }: { id: number }) => id).sort();
    };
    expect(await join('here')).toEqual([here]);
    expect(await join('all')).toEqual([here, there].sort());
  });
});

describe('the rule', () => {
  test('costs a receptionist one statement for a request, and nobody else any', async () => {
    const id = await visitIn('here');
    const timeslot = await slotIn('here');
    const body = { timeslot, patient: people.patient.id };
    const asked = async (work: () => PromiseLike<unknown>) =>
      (await statements.during(work)).filter((text) => /receptionist_branches where user_id/.test(text))
        .length;
    expect(await asked(() => as('here').get(`/appointments/${id}/`).expect(200))).toBe(1);
    expect(await asked(() => as('here').post('/appointments/', body).expect(201))).toBe(1);
    expect(await asked(() => as('here').post(`/appointments/${id}/reschedule/`, { timeslot }))).toBe(1);
    expect(await asked(() => as('here').get('/timeslots/search/').expect(200))).toBe(1);
    for (const who of ['admin', 'patient'] as const)
      for (const path of ['/appointments/me/', `/appointments/${id}/`, '/timeslots/search/', '/waitlist/'])
        expect(await asked(() => as(who).get(path).expect(200))).toBe(0);
  });

  test('follows what an admin changes at once', async () => {
    const id = await visitIn('there');
    expectProblem(await as('here').get(`/appointments/${id}/`), 'appointment_not_found');
    const give = (branches: number[]) =>
      as('admin').patch(`/users/${people.here.id}/`, { profile: { branches } }).expect(200);
    await give([1, second]);
    await as('here').get(`/appointments/${id}/`).expect(200);
    await give([1]);
    expectProblem(await as('here').get(`/appointments/${id}/`), 'appointment_not_found');
  });

  test('notes no look at what was not shown', async () => {
    const id = await visitIn('there');
    expect(await notedBy(clinic.db, () => as('here').get(`/appointments/${id}/`))).toEqual([]);
  });
});
