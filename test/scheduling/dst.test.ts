import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { createModules } from '../../src/modules.ts';
import { type Person, type TestApp, testApp, testClock, testConfig } from '../helpers/app.ts';
import { drainJobs } from '../helpers/messages/world.ts';
import { expectProblem } from '../helpers/problem.ts';

/**
 * A day on which clocks change, by the clinic's wall and by the instants in which people wait. Clocks are put back: the
 * hour from `hour` on comes twice, and whatever begins in it has begun the first time. Clocks are put forward: that hour
 * never comes, and whatever begins in it has begun as soon as it would have.
 */
const changes = [
  { timezone: 'America/New_York', day: '2030-11-03', instant: '2030-11-03T06:00:00Z', hour: 1, back: true },
  { timezone: 'America/New_York', day: '2030-03-10', instant: '2030-03-10T07:00:00Z', hour: 2, back: false },
  { timezone: 'Europe/Berlin', day: '2030-10-27', instant: '2030-10-27T01:00:00Z', hour: 2, back: true },
  { timezone: 'Europe/Berlin', day: '2030-03-31', instant: '2030-03-31T01:00:00Z', hour: 2, back: false },
] as const;

describe.each(changes)('in $timezone on $day', ({ timezone, day, instant, hour, back }) => {
  let clinic: TestApp;
  let admin: Person;
  let doctor: Person;
  let patient: Person;
  let other: Person;
  const tomorrow = addDays(day, 1);
  const yesterday = addDays(day, -1);

  beforeAll(async () => {
    clinic = await testApp({ clock: testClock(instant, timezone) });
    admin = await clinic.person('admin');
  });
  afterAll(() => clinic.close());
  beforeEach(async () => {
    from(-48 * 60);
    await run('delete from clinic_settings; insert into clinic_settings default values');
    doctor = await clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });
    patient = await clinic.person('patient');
    other = await clinic.person('patient');
  });

  const run = (text: string) => clinic.db.$client.query(text);
  const instantAt = (minutes: number, seconds = 0) =>
    new Date(Date.parse(instant) + minutes * 60_000 + seconds * 1000).toISOString();
  /** Sets the clock to so long after the change. */
  const from = (minutes: number, seconds = 0) => clinic.clock.set(instantAt(minutes, seconds));
  /** `+0:30` is half an hour into the hour that comes twice, or never. */
  const wall = (minutes: number) => {
    const at = hour * 60 + minutes;
    return `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
  };
  const slot = (minutes: number, date: string = day) =>
    clinic.slot(doctor, { date, start_time: wall(minutes), end_time: wall(minutes + 10) });
  const book = (timeslot: number, by = patient) => clinic.as(by).post('/appointments/', { timeslot });
  const hold = (timeslot: number, by = patient) => clinic.as(by).post(`/timeslots/${timeslot}/hold/`);
  const cancel = (id: number, by = patient) => clinic.as(by).delete(`/appointments/${id}/`);
  const policy = (fields: object) => clinic.as(admin).patch('/settings/', fields).expect(200);
  const idsOf = ({ body }: { body: { results: { id: number }[] } }) => body.results.map(({ id }) => id);
  const found = async () =>
    idsOf(await clinic.as(patient).get(`/timeslots/search/?doctor=${doctor.id}&page_size=100`).expect(200));
  /** What a patient sees as free, in either list. */
  const seen = async (): Promise<number[]> => {
    const free = await clinic.as(patient).get(`/doctors/${doctor.id}/timeslots/?page_size=100`).expect(200);
    expect(await found()).toEqual(idsOf(free));
    return idsOf(free);
  };

  /** When, in minutes after the change, what starts at `wall(minutes)` has begun: the first hour comes before the change. */
  const begins = (minutes: number) => {
    if (back) return minutes < 60 ? minutes - 60 : minutes;
    return minutes < 0 ? minutes : Math.max(0, minutes - 60);
  };

  test.each([-30, 0, 30, 60, 90])(
    'what starts %i minutes after the hour can be booked until it begins',
    async (start) => {
      const timeslot = await slot(start);
      const begun = begins(start);
      from(begun, -1);
      expect(await seen()).toEqual([timeslot]);
      await cancel((await book(timeslot).expect(201)).body.id).expect(204);
      // And never again, not even while the wall shows an earlier time.
      for (const minutes of [begun, begun + 1, begun + 15, begun + 31, begun + 59, begun + 61]) {
        from(minutes);
        expect(await seen()).toEqual([]);
        expectProblem(await book(timeslot), 'slot_in_past');
        expectProblem(await hold(timeslot), 'slot_in_past');
        // Its doctor may publish until the end: there it would only overlap with itself.
        expectProblem(
          await clinic
            .as(doctor)
            .post('/timeslots/', { date: day, start_time: wall(start), end_time: wall(start + 10) }),
          minutes < begins(start + 10) ? 'slot_overlap' : 'slot_in_past',
        );
      }
    },
  );

  test.each([-30, 0, 30, 60, 90])(
    'what starts %i minutes after the hour can be booked by the desk until it ends, and is confirmed then',
    async (start) => {
      const timeslot = await slot(start);
      const atDesk = () => clinic.as(admin).post('/appointments/', { timeslot, patient: patient.id });
      const [begun, over] = [begins(start), begins(start + 10)];
      for (const [minutes, seconds] of begun < over ? [[begun, 1] as const, [over, -1] as const] : []) {
        from(minutes, seconds);
        const { body } = await atDesk().expect(201);
        expect(body.status).toBe('confirmed');
        await clinic.as(admin).patch(`/appointments/${body.id}/`, { status: 'cancelled' }).expect(200);
      }
      for (const minutes of [over, over + 15, over + 31, over + 59]) {
        from(minutes);
        expectProblem(await atDesk(), 'slot_in_past');
      }
    },
  );

  test.each([
    [45, 30],
    [45, 90],
    [120, 90],
    [1440, 1440 + 30],
  ])(
    '%i minutes of notice are minutes, before what starts %i minutes after the hour',
    async (notice, start) => {
      const timeslot = start < 1440 ? await slot(start) : await slot(start - 1440, tomorrow);
      const begun = start < 1440 ? begins(start) : start - (back ? 0 : 60);
      await policy({ min_notice_minutes: notice });
      from(begun - notice, 1);
      expectProblem(await book(timeslot), 'too_soon');
      expect(await found()).toEqual([]);
      from(begun - notice);
      expect(await found()).toEqual([timeslot]);
      await book(timeslot).expect(201);
    },
  );

  test('no notice grows shorter while an hour is repeated', async () => {
    const timeslot = await slot(90);
    await policy({ min_notice_minutes: 75 });
    const refused: boolean[] = [];
    for (let minutes = begins(90) - 150; minutes < begins(90); minutes += 5) {
      from(minutes);
      const answer = await book(timeslot);
      refused.push(answer.status !== 201);
      // No hold: one that is given back and taken again lasts no longer for it.
      if (answer.status === 201) await cancel(answer.body.id).expect(204);
      else expectProblem(answer, 'too_soon');
    }
    expect(refused.lastIndexOf(false)).toBe(refused.indexOf(true) - 1);
    expect(refused.indexOf(true)).toBe(16);
  });

  test('the horizon is of days, however long they are', async () => {
    const [near, far] = [await slot(30, day), await slot(30, tomorrow)];
    await policy({ horizon_days: 1 });
    clinic.clock.set(clinic.clock.at(yesterday, '23:59').toISOString());
    expect(await found()).toEqual([near]);
    expectProblem(await book(far), 'too_far_ahead');
    await book(near).expect(201);
    clinic.clock.set(clinic.clock.at(day, '00:00').toISOString());
    await book(far, other).expect(201);
  });

  test.each([30, 90])(
    'a deadline for cancelling what starts %i minutes after the hour is of minutes',
    async (start) => {
      await policy({ cancel_deadline_minutes: 45, late_cancellation: 'refuse' });
      const visit = (await book(await slot(start)).expect(201)).body.id;
      from(begins(start) - 45, 1);
      expectProblem(await cancel(visit), 'too_late_to_cancel');
      from(begins(start) - 45);
      await cancel(visit).expect(204);
      // And late ones are told from those in time by the same minute.
      await policy({ late_cancellation: 'record' });
      const late: boolean[] = [];
      for (const seconds of [0, 1]) {
        const again = (await book(await slot(start + 20 + seconds * 10)).expect(201)).body.id;
        from(begins(start + 20 + seconds * 10) - 45, seconds);
        await cancel(again).expect(204);
        late.push((await clinic.as(patient).get(`/appointments/${again}/`)).body.cancelled_late);
      }
      expect(late).toEqual([false, true]);
    },
  );

  test('a hold lasts its minutes, and never beyond the start', async () => {
    await policy({ hold_minutes: 30 });
    const timeslot = await slot(600);
    from(-10);
    const { body } = await hold(timeslot).expect(200);
    expect(body.expires_at).toBe(instantAt(20));
    from(20, -1);
    expectProblem(await book(timeslot, other), 'slot_held');
    from(20);
    await book(timeslot, other).expect(201);
    const soon = await slot(90);
    from(begins(90) - 5);
    expect((await hold(soon).expect(200)).body.expires_at).toBe(instantAt(begins(90)));
  });

  const modules = () => {
    const { db, clock } = clinic;
    return createModules({ db, clock, log: silentLog, config: testConfig });
  };

  /** Is told at any hour of the night. */
  const staysAwake = (by: Person) =>
    clinic
      .as(by)
      .patch('/notifications/preferences/', { quiet_hours: { enabled: false } })
      .expect(200);

  test('an offer of the waiting list lasts its minutes', async () => {
    const visit = (await book(await slot(600)).expect(201)).body.id;
    const join = async (by: Person) => {
      await staysAwake(by);
      return clinic.as(by).post('/waitlist/', { doctor: doctor.id, from: day, to: day }).expect(201);
    };
    const [first, second] = [
      (await join(other)).body.id,
      (await join(await clinic.person('patient'))).body.id,
    ];
    from(-10);
    await cancel(visit).expect(204);
    await modules().housekeeping.tasks.offer_waitlist({});
    const entry = async (id: number) =>
      (await clinic.as(admin).get(`/waitlist/?doctor=${doctor.id}`)).body.results.find(
        (one: { id: number }) => one.id === id,
      );
    expect((await entry(first)).offer.expires_at).toBe(instantAt(5));
    from(5, -1);
    await modules().housekeeping.tasks.offer_waitlist({});
    expect((await entry(second)).offer).toBeNull();
    from(5);
    await modules().housekeeping.tasks.offer_waitlist({});
    expectProblem(await clinic.as(other).post(`/waitlist/${first}/accept/`), 'offer_lapsed');
    expect((await entry(second)).offer.expires_at).toBe(instantAt(20));
  });

  test.each([
    ['as long before a visit as they say', false],
    ['before the night, where they would come in it and the morning is too late', true],
  ])('reminders come %s', async (_when, sleeps) => {
    if (!sleeps) await staysAwake(patient);
    const visit = (await book(await slot(30)).expect(201)).body.id;
    const noon = (
      await book(await clinic.slot(doctor, { date: day, start_time: '12:00', end_time: '24:00' })).expect(201)
    ).body.id;
    const { notifications, housekeeping, events: readers } = modules();
    const tasks = { ...notifications.jobs.tasks, ...housekeeping.tasks };
    await drainJobs(clinic.db, clinic.clock, tasks, { readers });
    notifications.close();
    const { rows } = await clinic.db.$client.query<{ appointment: number; lead: string; run_at: string }>(
      `select (payload->>'appointment')::int as appointment, payload->>'lead' as lead, run_at
       from graphile_worker._private_jobs where (payload->>'appointment')::int in ($1, $2) and payload->>'lead' is not null
       order by 1, 2`,
      [visit, noon],
    );
    // By our clock a visit that never comes is as much later as clocks skip.
    const at = back ? begins(30) : 30;
    const midday = 720 - hour * 60 - (back ? 0 : 60);
    const bedtime = clinic.clock.at(yesterday, '21:55').toISOString();
    expect(rows).toEqual([
      { appointment: visit, lead: '24h', run_at: instantAt(at - 1440) },
      { appointment: visit, lead: '2h', run_at: sleeps ? bedtime : instantAt(at - 120) },
      { appointment: noon, lead: '24h', run_at: instantAt(midday - 1440) },
      { appointment: noon, lead: '2h', run_at: instantAt(midday - 120) },
    ]);
  });

  test('whole days are opened at once, up to 24:00, and none of what is over', async () => {
    const open = (more: object) =>
      clinic
        .as(doctor)
        .post('/timeslots/bulk/', { start_time: '00:00', end_time: '24:00', slot_minutes: 60, ...more });
    const three = { from: yesterday, to: tomorrow };
    expect((await open({ ...three, dry_run: true }).expect(200)).body).toMatchObject({
      created: 72,
      skipped_count: 0,
    });
    from(begins(30));
    const { body } = await open(three).expect(201);
    // The hour that has begun can still be worked; after the change forward the one that never came is over.
    const past = 24 + hour + (back ? 0 : 1);
    expect(body).toMatchObject({ created: 72 - past, skipped_count: past });
    from(begins(30) + 45);
    expect((await open(three).expect(201)).body).toMatchObject({ created: 0, skipped_count: 72 });
    const ids = await seen();
    const { rows } = await clinic.db.$client.query(
      'select date, start_time, end_time from timeslots where id = any($1) order by date, start_time',
      [ids],
    );
    expect(rows.at(-1)).toEqual({ date: tomorrow, start_time: '23:00', end_time: '24:00' });
    await book(ids.at(-1) ?? 0).expect(201);
  });

  test('a week publishes the day of the change as any other', async () => {
    const weekday = new Date(day).getUTCDay() || 7;
    const schedule = [
      { weekday, start_time: '00:00', end_time: '24:00', slot_minutes: 30 },
      { weekday: (weekday % 7) + 1, start_time: '22:00', end_time: '24:00', slot_minutes: 60 },
    ];
    await clinic.as(doctor).put('/doctor/schedule/', { schedule }).expect(200);
    const published = async () => {
      const { rows } = await clinic.db.$client.query<{ count: number }>(
        'select count(*)::int as count from timeslots where doctor_id = $1 and date between $2 and $3',
        [doctor.id, day, tomorrow],
      );
      return rows[0]?.count;
    };
    expect(await published()).toBe(50);
    from(30);
    await modules().housekeeping.tasks.publish_schedules();
    expect(await published()).toBe(50);
  });

  test('a visit is marked from its day on, and the mark taken back until that day ends', async () => {
    const visit = (await book(await slot(30)).expect(201)).body.id;
    await clinic.as(doctor).patch(`/appointments/${visit}/`, { status: 'confirmed' }).expect(200);
    const arrive = () => clinic.as(doctor).post(`/appointments/${visit}/arrive/`);
    const takeBack = () => clinic.as(doctor).delete(`/appointments/${visit}/attendance/`);
    const start = clinic.clock.at(day, '00:00').getTime();
    const end = clinic.clock.at(day, '24:00').getTime();
    expect((end - start) / 3_600_000).toBe(back ? 25 : 23);
    const goTo = (ms: number) => clinic.clock.set(new Date(ms).toISOString());
    goTo(start - 1000);
    expectProblem(await arrive(), 'visit_ahead');
    goTo(start);
    await arrive().expect(200);
    goTo(end - 1000);
    await takeBack().expect(204);
    await arrive().expect(200);
    goTo(end);
    expectProblem(await takeBack(), 'attendance_final');
  });

  test('an absence of that day takes what lies ahead, and statistics count each visit on its day', async () => {
    const ids = [await slot(30, yesterday), await slot(30), await slot(120), await slot(30, tomorrow)];
    for (const id of ids) await book(id).expect(201);
    from(begins(30));
    const away = await clinic.as(doctor).post('/absences/', { from: day, to: day }).expect(201);
    expect(away.body).toMatchObject({ appointments_count: 1, appointments: [{ start_time: wall(120) }] });
    const { body } = await clinic
      .as(doctor)
      .get(`/statistics/?from=${yesterday}&to=${tomorrow}&by=day`)
      .expect(200);
    const rows = body.rows ?? body.results;
    expect(
      rows.map(({ period, booked, cancelled }: Record<string, unknown>) => [period, booked, cancelled]),
    ).toEqual([
      [yesterday, 1, 0],
      [day, 2, 1],
      [tomorrow, 1, 0],
    ]);
  });

  test('a move goes by the same clock', async () => {
    const visit = (await book(await slot(300)).expect(201)).body.id;
    const target = await slot(30);
    const move = () => clinic.as(patient).post(`/appointments/${visit}/reschedule/`, { timeslot: target });
    from(begins(30) + 1);
    expectProblem(await move(), 'slot_in_past');
    from(begins(30) + 59);
    expectProblem(await move(), 'slot_in_past');
    from(begins(30), -1);
    await move().expect(200);
  });
});
