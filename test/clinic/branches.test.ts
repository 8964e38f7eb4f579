import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { placesOf } from '../helpers/places.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
let places: ReturnType<typeof placesOf>;
beforeEach(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
  patient = await clinic.person('patient');
  places = placesOf(clinic, admin);
});
afterEach(() => clinic.close());

const as = (person: Person) => clinic.as(person);
const DAY = '2026-03-10';
const slotIn = async (branch: number, fields: object = {}) =>
  (
    await as(doctor)
      .post('/timeslots/', { date: DAY, start_time: '10:00', end_time: '10:30', branch, ...fields })
      .expect(201)
  ).body.id as number;
const close = (branch: number, upcoming?: string) =>
  as(admin).patch(`/branches/${branch}/`, { is_active: false, ...(upcoming && { upcoming }) });
const statusOf = async (visit: number) =>
  (await as(admin).get(`/appointments/${visit}/`).expect(200)).body.status as string;

test('the migration makes one branch, and whatever is published without saying where is in it', async () => {
  const { body } = await as(patient).get('/branches/').expect(200);
  expect(body).toMatchObject({ count: 1, next: null, previous: null });
  expect(body.results).toEqual([{ id: 1, name: 'Clinic', address: null, phone: null, is_active: true }]);
  const id = await clinic.slot(doctor);
  expect((await as(doctor).get(`/timeslots/${id}/`).expect(200)).body).toMatchObject({
    branch: 1,
    room: null,
  });
});

test('an admin adds, changes and deletes a branch, and each of it is noted', async () => {
  let id = 0;
  const noted = await notedBy(clinic.db, async () => {
    const added = await as(admin)
      .post('/branches/', { name: ' Chilonzor ', address: 'Bunyodkor, 7', phone: '71 200-00-00' })
      .expect(201);
    id = added.body.id;
    expect(added.headers.location).toBe(`/api/branches/${id}/`);
    expect(added.body).toEqual({
      id,
      name: 'Chilonzor',
      address: 'Bunyodkor, 7',
      phone: '+998712000000',
      is_active: true,
    });
    const changed = await as(admin)
      .patch(`/branches/${id}/`, { address: null, name: 'Yunusobod' })
      .expect(200);
    expect(changed.body).toEqual({ ...added.body, name: 'Yunusobod', address: null });
    expect((await as(patient).get(`/branches/${id}/`).expect(200)).body).toEqual(changed.body);
    await as(admin).delete(`/branches/${id}/`).expect(204);
  });
  expect(noted).toMatchObject([
    { action: 'branch.create', actor_id: admin.id, details: { branch: id } },
    { action: 'branch.update', details: { branch: id, fields: ['name', 'address'] } },
    { action: 'branch.delete', details: { branch: id } },
  ]);
  expectProblem(await as(patient).get(`/branches/${id}/`), 'branch_not_found');
  expectProblem(await as(admin).delete(`/branches/${id}/`), 'branch_not_found');
  expectProblem(await as(admin).patch(`/branches/${id}/`, { name: 'x' }), 'branch_not_found');
});

test('two branches never have one name, in whatever case', async () => {
  await as(admin).post('/branches/', { name: 'Chilonzor' }).expect(201);
  expectProblem(await as(admin).post('/branches/', { name: 'CHILONZOR' }), 'name_taken');
  expectProblem(await as(admin).patch('/branches/1/', { name: 'chilonzor' }), 'name_taken');
});

test('nobody but an admin writes branches', async () => {
  for (const who of [doctor, patient]) {
    expectProblem(await as(who).post('/branches/', { name: 'x' }), 'forbidden');
    expectProblem(await as(who).patch('/branches/1/', { name: 'x' }), 'forbidden');
    expectProblem(await as(who).delete('/branches/1/'), 'forbidden');
  }
});

test('a change says something, and what becomes of visits only where it closes', async () => {
  expectProblem(await as(admin).patch('/branches/1/', {}), 'invalid_input', {
    fields: [' nothing_to_change'],
  });
  for (const body of [
    { upcoming: 'keep', name: 'x' },
    { upcoming: 'keep', is_active: true },
  ])
    expectProblem(await as(admin).patch('/branches/1/', body), 'invalid_input', {
      fields: ['upcoming upcoming_without_leaving'],
    });
});

describe('a branch on which something hangs is not deleted', () => {
  test.each<[string, (branch: number) => Promise<unknown>]>([
    ['a room', (branch) => places.room(branch)],
    ['a slot', (branch) => slotIn(branch)],
    [
      'a week',
      (branch) =>
        as(doctor)
          .put('/doctor/schedule/', {
            schedule: [{ weekday: 7, start_time: '09:00', end_time: '10:00', slot_minutes: 60, branch }],
          })
          .expect(200),
    ],
    ['a holiday', (branch) => as(admin).post('/holidays/', { date: DAY, branch }).expect(201)],
    [
      'a visit whose slot is gone',
      async (branch) => {
        const slot = await slotIn(branch);
        const visit = await clinic.book(patient, slot);
        await as(patient).delete(`/appointments/${visit}/`).expect(204);
        await as(doctor).delete(`/timeslots/${slot}/`).expect(204);
      },
    ],
  ])('%s', async (_, hang) => {
    const branch = await places.branch();
    await hang(branch);
    expectProblem(await as(admin).delete(`/branches/${branch}/`), 'branch_in_use');
    expect((await as(admin).get(`/branches/${branch}/`).expect(200)).body.id).toBe(branch);
  });
});

describe('where a slot is, if nobody says so', () => {
  const publish = (fields: object = {}, who = doctor) =>
    as(who).post('/timeslots/', { date: DAY, start_time: '12:00', end_time: '12:30', ...fields });

  test('in the only active branch', async () => {
    const branch = await places.branch();
    await close(1).expect(200);
    expect((await publish().expect(201)).body.branch).toBe(branch);
  });

  test('with several, it has to be said', async () => {
    await places.branch();
    expectProblem(await publish(), 'invalid_input', { fields: ['branch required'] });
    const days = { date: DAY, start_time: '12:00', end_time: '13:00', slot_minutes: 30 };
    for (const dry_run of [true, false])
      expectProblem(await as(doctor).post('/timeslots/bulk/', { ...days, dry_run }), 'invalid_input', {
        fields: ['branch required'],
      });
    const hours = { weekday: 1, start_time: '09:00', end_time: '10:00', slot_minutes: 30 };
    const schedule = [
      { ...hours, branch: 1 },
      { ...hours, weekday: 2 },
      { ...hours, weekday: 3 },
    ];
    expectProblem(await as(doctor).put('/doctor/schedule/', { schedule }), 'invalid_input', {
      fields: ['schedule.1.branch required', 'schedule.2.branch required'],
    });
    expectProblem(await publish({ doctor: doctor.id }, admin), 'invalid_input', {
      fields: ['branch required'],
    });
  });

  test('in the only one in which the doctor has slots ahead', async () => {
    const branch = await places.branch();
    await slotIn(branch);
    expect((await publish().expect(201)).body.branch).toBe(branch);
    const days = { date: '2026-03-11', start_time: '12:00', end_time: '13:00', slot_minutes: 30 };
    await as(doctor).post('/timeslots/bulk/', days).expect(201);
    const { body } = await as(doctor).get(`/timeslots/?branch=${branch}`).expect(200);
    expect(body.count).toBe(4);
    // Another doctor has none.
    const other = await clinic.person('doctor');
    expectProblem(await publish({}, other), 'invalid_input', { fields: ['branch required'] });
  });

  test('in the only one in which the doctor has a week that is not over', async () => {
    const branch = await places.branch();
    const hours = { weekday: 7, start_time: '09:00', end_time: '10:00', slot_minutes: 60 };
    const schedule = [
      { ...hours, branch: 1, valid_until: '2026-02-28' },
      { ...hours, branch, valid_from: '2026-12-01' },
    ];
    await as(doctor).put('/doctor/schedule/', { schedule }).expect(200);
    expect((await publish().expect(201)).body.branch).toBe(branch);
    // The next week is where the one before was.
    const { body } = await as(doctor)
      .put('/doctor/schedule/', { schedule: [hours] })
      .expect(200);
    expect(body.schedule[0].branch).toBe(branch);
  });

  test('a doctor who works in two has to say it', async () => {
    const branch = await places.branch();
    await slotIn(branch);
    await slotIn(1, { start_time: '15:00', end_time: '15:30' });
    expectProblem(await publish(), 'invalid_input', { fields: ['branch required'] });
    expect((await publish({ branch }).expect(201)).body.branch).toBe(branch);
  });
});

test('nothing is published in a branch that is not there, or is closed', async () => {
  const branch = await places.branch({ is_active: false });
  const slot = { date: DAY, start_time: '10:00', end_time: '10:30' };
  const days = { date: DAY, start_time: '10:00', end_time: '11:00', slot_minutes: 30 };
  const hours = { weekday: 1, start_time: '09:00', end_time: '10:00', slot_minutes: 30 };
  for (const [place, code] of [
    [{ branch: 999_999 }, 'branch_not_found'],
    [{ branch }, 'branch_closed'],
  ] as const) {
    expectProblem(await as(doctor).post('/timeslots/', { ...slot, ...place }), code);
    expectProblem(await as(doctor).post('/timeslots/bulk/', { ...days, ...place }), code);
    expectProblem(await as(admin).post('/timeslots/bulk/', { ...days, ...place, doctor: doctor.id }), code);
    const schedule = [{ ...hours, ...place }];
    expectProblem(await as(doctor).put('/doctor/schedule/', { schedule }), code);
  }
  expect((await as(doctor).get('/timeslots/').expect(200)).body.count).toBe(0);
});

describe('?branch=', () => {
  test('filters slots, free slots, the search, appointments and their export', async () => {
    const branch = await places.branch();
    const here = await slotIn(1);
    const there = await slotIn(branch, { start_time: '11:00', end_time: '11:30' });
    const free = await slotIn(branch, { start_time: '12:00', end_time: '12:30' });
    const visits = [await clinic.book(patient, here), await clinic.book(patient, there)];
    const ids = async (who: Person, path: string) =>
      (await as(who).get(path).expect(200)).body.results.map(({ id }: { id: number }) => id);
    expect(await ids(doctor, `/timeslots/?branch=${branch}`)).toEqual([there, free]);
    expect(await ids(doctor, '/timeslots/?branch=1')).toEqual([here]);
    expect(await ids(patient, `/doctors/${doctor.id}/timeslots/?branch=${branch}`)).toEqual([free]);
    expect(await ids(patient, `/doctors/${doctor.id}/timeslots/?branch=1`)).toEqual([]);
    for (const filter of [
      '',
      `&doctor=${doctor.id}`,
      '&weekdays=2',
      '&specialization=kardiolog&per_doctor=1',
    ]) {
      expect(await ids(patient, `/timeslots/search/?branch=${branch}${filter}`)).toEqual([free]);
      expect(await ids(patient, `/timeslots/search/?branch=1${filter}`)).toEqual([]);
    }
    expect(await ids(admin, `/appointments/?branch=${branch}`)).toEqual([visits[1]]);
    expect(await ids(patient, '/appointments/me/?branch=1')).toEqual([visits[0]]);
    const exported = await as(admin).get(`/appointments/export/?branch=${branch}`).expect(200);
    expect(
      exported.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([visits[1]]);
    // What nobody has made finds nothing.
    expect(await ids(patient, '/timeslots/search/?branch=999999')).toEqual([]);
  });

  test('what is remembered of one branch is not shown of another', async () => {
    const branch = await places.branch();
    const [here, there] = [await slotIn(1), await slotIn(branch, { start_time: '11:00', end_time: '11:30' })];
    const free = async (query: string) =>
      (await as(patient).get(`/doctors/${doctor.id}/timeslots/${query}`).expect(200)).body.results.map(
        ({ id }: { id: number }) => id,
      );
    for (let round = 0; round < 2; round += 1) {
      expect(await free('')).toEqual([here, there]);
      expect(await free(`?branch=${branch}`)).toEqual([there]);
      expect(await free('?branch=1')).toEqual([here]);
    }
  });

  test('narrows statistics, which also count by branch', async () => {
    const branch = await places.branch({ name: 'Chilonzor' });
    await clinic.book(patient, await slotIn(branch));
    await slotIn(1, { start_time: '11:00', end_time: '11:30' });
    const range = 'from=2026-03-01&to=2026-03-31';
    const count = async (query: string) =>
      (await as(admin).get(`/statistics/?${range}&${query}`).expect(200)).body;
    expect((await count(`branch=${branch}`)).total).toMatchObject({ published: 1, booked: 1 });
    expect((await count('branch=1')).total).toMatchObject({ published: 1, booked: 0 });
    const { rows, total } = await count('by=branch');
    expect(rows).toMatchObject([
      { branch: { id: 1, name: 'Clinic' }, published: 1, booked: 0 },
      { branch: { id: branch, name: 'Chilonzor' }, published: 1, booked: 1 },
    ]);
    expect(total).toMatchObject({ published: 2, booked: 1 });
    const csv = await as(admin)
      .get(`/statistics/?${range}&by=branch`)
      .set('accept', 'text/csv')
      .set('accept-language', 'en')
      .expect(200);
    expect(csv.text.split('\r\n').slice(0, 3)).toMatchObject([
      expect.stringMatching(/^\uFEFFBranch: No\.,Branch,Published,/),
      expect.stringMatching(/^1,Clinic,1,0,/),
      expect.stringMatching(new RegExp(`^${branch},Chilonzor,1,1,`)),
    ]);
    // A doctor's own, in one branch.
    const own = await as(doctor).get(`/statistics/?${range}&branch=${branch}`).expect(200);
    expect(own.body.total.published).toBe(1);
  });
});

test('alternatives and offers say where they are', async () => {
  const branch = await places.branch();
  const taken = await slotIn(branch);
  const free = await slotIn(branch, { start_time: '11:00', end_time: '11:30' });
  await clinic.book(patient, taken);
  const refused = await as(await clinic.person('patient')).post('/appointments/', { timeslot: taken });
  expectProblem(refused, 'slot_taken');
  expect(refused.body.alternatives).toMatchObject([{ id: free, branch, room: null }]);
});

describe('a wish for one branch', () => {
  const join = (fields: object) =>
    as(patient).post('/waitlist/', { doctor: doctor.id, from: DAY, to: DAY, ...fields });

  test('is shown what is free there, and nothing of elsewhere', async () => {
    const branch = await places.branch();
    await slotIn(1);
    const there = await slotIn(branch, { start_time: '11:00', end_time: '11:30' });
    expect((await join({ branch }).expect(201)).body).toMatchObject({ branch, free_now: [{ id: there }] });
    const anyone = { doctor: undefined, specialization: 'Kardiolog', branch };
    expect((await join(anyone).expect(201)).body).toMatchObject({ branch, free_now: [{ id: there }] });
  });

  test('is refused where it is closed, also where nothing is open', async () => {
    await close(1).expect(200);
    for (const branch of [1, 999_999])
      expectProblem(await join({ branch }), 'invalid_input', { fields: ['branch not_listed'] });
    const open = await places.branch();
    expectProblem(await join({ branch: 1 }), 'invalid_input', { fields: ['branch invalid_choice'] });
    await join({ branch: open }).expect(201);
  });
});

describe('closing a branch', () => {
  let branch: number;
  let visit: number;
  let booked: number;
  let free: number;
  beforeEach(async () => {
    branch = await places.branch();
    booked = await slotIn(branch);
    free = await slotIn(branch, { start_time: '11:00', end_time: '11:30' });
    visit = await clinic.book(patient, booked);
  });

  test('with visits ahead is refused until it is said what becomes of them', async () => {
    const answer = await close(branch);
    expectProblem(answer, 'has_upcoming');
    expect(answer.body.count).toBe(1);
    expect((await as(patient).get(`/branches/${branch}/`).expect(200)).body.is_active).toBe(true);
    await as(doctor).get(`/timeslots/${free}/`).expect(200);
  });

  test('cancels them, tells their people, and takes every slot back', async () => {
    const elsewhere = await clinic.book(patient, await slotIn(1, { start_time: '15:00', end_time: '15:30' }));
    const noted = await notedBy(clinic.db, () => close(branch, 'cancel').expect(200));
    expect((await as(admin).get(`/appointments/${visit}/`).expect(200)).body).toMatchObject({
      status: 'cancelled',
      cancelled_by: admin.id,
      cancel_reason: 'clinic_closed',
      timeslot: null,
    });
    expect(await statusOf(elsewhere)).toBe('pending');
    expect(noted).toMatchObject([
      { action: 'appointment.cancel', subject_id: patient.id, details: { branch } },
      { action: 'branch.update', details: { branch, fields: ['is_active'], upcoming: 'cancel' } },
    ]);
    expect((await as(doctor).get(`/timeslots/?branch=${branch}`).expect(200)).body.count).toBe(0);
    for (const timeslot of [booked, free])
      expectProblem(await as(patient).post('/appointments/', { timeslot }), 'clinic_closed');
    expectProblem(await as(patient).post(`/timeslots/${free}/hold/`), 'clinic_closed');
  });

  test('keeps them, and no slot becomes free there any more', async () => {
    await close(branch, 'keep').expect(200);
    expect(await statusOf(visit)).toBe('pending');
    expectProblem(await as(patient).post('/appointments/', { timeslot: free }), 'clinic_closed');
    await as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    await as(patient).delete(`/appointments/${visit}/`).expect(204);
    expectProblem(await as(patient).post('/appointments/', { timeslot: booked }), 'clinic_closed');
    expect((await as(doctor).get(`/timeslots/?branch=${branch}`).expect(200)).body.count).toBe(0);
  });

  test('asks no more once it is closed, and can cancel then what it kept', async () => {
    await close(branch, 'keep').expect(200);
    await close(branch).expect(200);
    expect(await statusOf(visit)).toBe('pending');
    await close(branch, 'cancel').expect(200);
    expect(await statusOf(visit)).toBe('cancelled');
  });

  test('leaves past visits and slots as they are', async () => {
    clinic.clock.set('2026-03-10T05:15:00Z');
    await close(branch).expect(200);
    expect(await statusOf(visit)).toBe('pending');
    await as(doctor).get(`/timeslots/${booked}/`).expect(200);
    expectProblem(await as(doctor).get(`/timeslots/${free}/`), 'timeslot_not_found');
  });

  test('takes what runs and nobody has, so that the desk books nobody there any more', async () => {
    const running = await slotIn(branch, { start_time: '10:30', end_time: '11:00' });
    clinic.clock.set('2026-03-10T05:35:00Z');
    await close(branch).expect(200);
    const walkIn = { timeslot: running, patient: patient.id };
    expectProblem(await as(admin).post('/appointments/', walkIn), 'clinic_closed');
    expectProblem(
      await as(admin).post(`/timeslots/${running}/hold/`, { patient: patient.id }),
      'clinic_closed',
    );
  });

  test('leaves what stood in a doctor’s week there as it is, and lets them change the rest', async () => {
    const hours = { weekday: 7, start_time: '09:00', end_time: '10:00', slot_minutes: 60 };
    const room = await places.room();
    const other = { ...hours, weekday: 6, branch: 1 };
    const put = (...schedule: object[]) => as(doctor).put('/doctor/schedule/', { schedule });
    const { body } = await put({ ...hours, branch }, { ...hours, weekday: 5, branch: 1, room }, other).expect(
      200,
    );
    const [friday, saturday, sunday] = body.schedule;
    await close(branch, 'cancel').expect(200);
    await as(admin).patch(`/rooms/${room}/`, { is_active: false }).expect(200);
    const changed = await put(sunday, friday, { ...saturday, end_time: '11:00' }).expect(200);
    expect(changed.body).toMatchObject({
      schedule: [friday, { ...saturday, end_time: '11:00' }, sunday],
      published: 4,
      removed: 0,
    });
    // What is new there is refused, and so is what is changed.
    for (const hour of ['08:00', '10:00']) {
      const moved = { start_time: hour, end_time: `${hour.slice(0, 2)}:30`, slot_minutes: 30 };
      expectProblem(await put({ ...sunday, ...moved }, friday, saturday), 'branch_closed');
      expectProblem(await put(sunday, { ...friday, ...moved }, saturday), 'room_closed');
    }
    await put(saturday).expect(200);
    expectProblem(await put(saturday, sunday), 'branch_closed');
  });

  test('ends the doctors’ weeks there until it opens again', async () => {
    const hours = { weekday: 7, start_time: '09:00', end_time: '10:00', slot_minutes: 60, branch };
    await as(doctor)
      .put('/doctor/schedule/', { schedule: [hours, { ...hours, weekday: 6, branch: 1 }] })
      .expect(200);
    const sundays = async () =>
      (await clinic.db.$client.query('select from timeslots where branch_id = $1 and is_scheduled', [branch]))
        .rowCount;
    expect(await sundays()).toBe(4);
    await close(branch, 'cancel').expect(200);
    expect(await sundays()).toBe(0);
    const { createModules } = await import('../../src/modules.ts');
    const { testConfig } = await import('../helpers/app.ts');
    const { db, clock } = clinic;
    const publish = () =>
      createModules({ db, clock, config: testConfig }).housekeeping.tasks.publish_schedules();
    await publish();
    expect(await sundays()).toBe(0);
    await as(admin).patch(`/branches/${branch}/`, { is_active: true }).expect(200);
    const queued = await db.$client.query(
      "select from graphile_worker.jobs where task_identifier = 'publish_schedules'",
    );
    expect(queued.rowCount).toBe(1);
    await publish();
    expect(await sundays()).toBe(4);
  });
});

describe('a holiday of one branch', () => {
  const close_day = (fields: object) => as(admin).post('/holidays/', { date: DAY, ...fields });

  test('takes the free slots of that branch, names its visits, and leaves the others', async () => {
    const branch = await places.branch();
    const [here, there, free] = [
      await slotIn(1),
      await slotIn(branch, { start_time: '11:00', end_time: '11:30' }),
      await slotIn(branch, { start_time: '12:00', end_time: '12:30' }),
    ];
    const visit = await clinic.book(patient, there);
    const preview = await close_day({ branch, preview: true }).expect(200);
    expect(preview.body).toMatchObject({
      id: null,
      branch,
      removed: 1,
      appointments: 1,
      visits: [{ id: visit }],
    });
    const { body } = await close_day({ branch, name: 'Taʼmir' }).expect(201);
    expect(body).toMatchObject({
      branch,
      preview: false,
      removed: 1,
      appointments: 1,
      visits: [{ id: visit }],
    });
    expect((await as(patient).get(`/holidays/${body.id}/`).expect(200)).body).toMatchObject({ branch });
    const other = await clinic.person('patient');
    expectProblem(await as(other).post('/appointments/', { timeslot: free }), 'clinic_closed');
    await clinic.book(other, here);
    // Nothing is published there, elsewhere it is.
    const slot = { date: DAY, start_time: '16:00', end_time: '16:30' };
    expectProblem(await as(doctor).post('/timeslots/', { ...slot, branch }), 'clinic_closed');
    await as(doctor)
      .post('/timeslots/', { ...slot, branch, despite_holiday: true })
      .expect(201);
    await as(doctor)
      .post('/timeslots/', { ...slot, start_time: '17:00', end_time: '17:30', branch: 1 })
      .expect(201);
    const days = { date: DAY, start_time: '18:00', end_time: '19:00', slot_minutes: 30 };
    const opened = await as(doctor)
      .post('/timeslots/bulk/', { ...days, branch })
      .expect(201);
    expect(opened.body).toMatchObject({
      created: 0,
      skipped: [{ reason: 'holiday' }, { reason: 'holiday' }],
    });
    expect(
      (
        await as(doctor)
          .post('/timeslots/bulk/', { ...days, branch: 1 })
          .expect(201)
      ).body.created,
    ).toBe(2);
    // What becomes free there goes.
    await as(patient).delete(`/appointments/${visit}/`).expect(204);
    expectProblem(await as(other).post('/appointments/', { timeslot: there }), 'clinic_closed');
  });

  test('cancels the visits of that branch only', async () => {
    const branch = await places.branch();
    const [here, there] = [
      await clinic.book(patient, await slotIn(1)),
      await clinic.book(patient, await slotIn(branch, { start_time: '11:00', end_time: '11:30' })),
    ];
    const { body } = await close_day({ branch, visits: 'cancel' }).expect(201);
    expect(body).toMatchObject({ appointments: 0, cancelled: 1, visits: [{ id: there }] });
    expect([await statusOf(here), await statusOf(there)]).toEqual(['pending', 'cancelled']);
  });

  test('stands once for a day and a branch, beside one of the whole clinic', async () => {
    const branch = await places.branch();
    await slotIn(branch);
    await slotIn(1, { start_time: '11:00', end_time: '11:30' });
    expect((await close_day({ branch }).expect(201)).body.removed).toBe(1);
    expectProblem(await close_day({ branch }), 'holiday_exists');
    expectProblem(await close_day({ branch, preview: true }), 'holiday_exists');
    expect((await close_day({ branch: 1, preview: true }).expect(200)).body.removed).toBe(1);
    // It counts what it removes itself.
    expect((await close_day({}).expect(201)).body.removed).toBe(1);
    expectProblem(await close_day({ branch: null }), 'holiday_exists');
    expect((await as(patient).get('/holidays/').expect(200)).body.count).toBe(2);
  });

  test('taken back, it leaves a slot closed that another holiday closes too', async () => {
    const branch = await places.branch();
    const timeslot = await slotIn(branch);
    const own = (await close_day({ branch }).expect(201)).body.id;
    const whole = (await close_day({}).expect(201)).body.id;
    const book = () => as(patient).post('/appointments/', { timeslot });
    await as(admin).delete(`/holidays/${own}/`).expect(204);
    expectProblem(await book(), 'clinic_closed');
    await as(admin).delete(`/holidays/${whole}/`).expect(204);
    expectProblem(await book(), 'timeslot_not_found');
  });

  test('needs a branch that is there', async () => {
    for (const preview of [true, false])
      expectProblem(await close_day({ branch: 999_999, preview }), 'branch_not_found');
  });

  test('keeps the weeks of other branches going', async () => {
    const branch = await places.branch();
    await close_day({ branch }).expect(201);
    const hours = { weekday: 2, start_time: '09:00', end_time: '10:00', slot_minutes: 60 };
    const schedule = [
      { ...hours, branch },
      { ...hours, branch: 1, start_time: '14:00', end_time: '15:00' },
    ];
    await as(doctor).put('/doctor/schedule/', { schedule }).expect(200);
    const { body } = await as(doctor).get(`/timeslots/?date=${DAY}`).expect(200);
    expect(body.results.map(({ start_time }: { start_time: string }) => start_time)).toEqual(['14:00']);
  });
});
