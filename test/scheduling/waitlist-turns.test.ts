import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModules } from '../../src/modules.ts';
import { type Person, testConfig } from '../helpers/app.ts';
import { expectProblem } from '../helpers/problem.ts';
import { START, type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';

/** When a claim on a slot becomes an offer: within the clinic's horizon, while people are awake, and each time anew. */

let clinic: WaitingClinic;
let admin: Person;
let outsider: Person;
beforeAll(async () => {
  clinic = await waitingClinic();
  admin = await clinic.person('admin');
  outsider = await clinic.person('patient');
});
/** Monday 2030-03-04, 09:00 in Tashkent. */
beforeEach(async () => {
  clinic.clock.set(START);
  await clinic.rows('delete from job_runs');
  await policy({ horizon_days: null, offer_minutes: null, active_appointments_max: null });
});
afterAll(() => clinic.close());

const policy = (changes: object) => clinic.as(admin).patch('/settings/', changes).expect(200);
const book = (by: Person, timeslot: number, more: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...more });
const people = async (count: number) => {
  const all: Person[] = [];
  while (all.length < count) all.push(await clinic.person('patient'));
  return all as [Person, Person, Person];
};
const statusOf = async (person: Person, entry: number) => (await clinic.show(person, entry)).status;
const rowOf = async (slot: number) =>
  (
    await clinic.rows<{ is_waitlisted: boolean; offer_after: string | null }>(
      'select is_waitlisted, offer_after from timeslots where id = $1',
      [slot],
    )
  )[0];
/** What runs every five minutes. */
const periodic = () => clinic.tasks.offer_waitlist({ _cron: { ts: START } });
const freeOn = async (doctor: Person, date: string, by = outsider) =>
  (await clinic.as(by).get(`/doctors/${doctor.id}/timeslots/?date=${date}`).expect(200)).body.count;

describe('beyond the horizon', () => {
  test('a slot keeps its claim, unseen, and is offered when it comes within reach', async () => {
    await policy({ horizon_days: 7 });
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    const slot = await clinic.slot(doctor, { date: '2030-03-13' });
    await clinic.drain();
    await periodic();
    expect(await rowOf(slot)).toEqual({ is_waitlisted: true, offer_after: null });
    expect(await statusOf(one, entry)).toBe('waiting');
    // Two days later it is within reach, and nobody else can have it before any job ran.
    clinic.clock.set('2030-03-06T04:00:00Z');
    expect(await freeOn(doctor, '2030-03-13')).toBe(0);
    expectProblem(await book(outsider, slot), 'slot_held');
    // Their own attempt was what offered it.
    expect(await statusOf(one, entry)).toBe('offered');
    await clinic.accept(one, entry).expect(201);
  });

  test('the staff, whom the horizon does not bind, holds and books it all the same', async () => {
    await policy({ horizon_days: 7 });
    const doctor = await clinic.person('doctor');
    const [one, other] = await people(2);
    await clinic.wait(one, doctor);
    const slots = [await clinic.slot(doctor, { date: '2030-03-13' })];
    slots.push(await clinic.slot(doctor, { date: '2030-03-13', start_time: '14:00', end_time: '14:30' }));
    await clinic.drain();
    const [held, booked] = slots as [number, number];
    expect(await rowOf(held)).toMatchObject({ is_waitlisted: true });
    const hold = () => clinic.as(admin).post(`/timeslots/${held}/hold/`, { patient: other.id });
    expect((await hold().expect(200)).body.timeslot).toBe(held);
    await book(admin, booked, { patient: other.id }).expect(201);
    // Once it is over, those who wait have their claim again before anybody else could have it.
    clinic.clock.set('2030-03-05T04:00:00Z');
    await periodic();
    expect(await rowOf(held)).toMatchObject({ is_waitlisted: true });
    await book(admin, held, { patient: other.id }).expect(201);
  });

  test('what the staff holds there is given back like any hold, and one is held at a time', async () => {
    await policy({ horizon_days: 7 });
    const doctor = await clinic.person('doctor');
    const [one, other] = await people(2);
    await clinic.wait(one, doctor);
    const slots = [await clinic.slot(doctor, { date: '2030-03-13' })];
    slots.push(await clinic.slot(doctor, { date: '2030-03-13', start_time: '14:00', end_time: '14:30' }));
    await clinic.drain();
    const holders = () =>
      clinic.rows('select held_by, is_waitlisted from timeslots where id = any ($1) order by id', [slots]);
    const path = (nth: number) => `/timeslots/${slots[nth]}/hold/`;
    await clinic.as(admin).post(path(0), { patient: other.id }).expect(200);
    await clinic.as(admin).delete(path(0), { patient: other.id }).expect(204);
    expect(await holders()).toMatchObject([{ held_by: null }, { held_by: null }]);
    await clinic.as(admin).post(path(1), { patient: other.id }).expect(200);
    await clinic.as(admin).post(path(0), { patient: other.id }).expect(200);
    expect(await holders()).toMatchObject([{ held_by: other.id }, { held_by: null }]);
    await clinic.as(admin).delete(path(0), { patient: other.id }).expect(204);
    clinic.clock.set('2030-03-05T04:00:00Z');
    await periodic();
    expect(await holders()).toMatchObject([{ is_waitlisted: true }, { is_waitlisted: true }]);
  });

  test('the periodic job finds it by its date, and nothing before', async () => {
    await policy({ horizon_days: 7 });
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    const slot = await clinic.slot(doctor, { date: '2030-03-13' });
    await clinic.drain();
    clinic.clock.set('2030-03-05T04:00:00Z');
    await periodic();
    expect(await statusOf(one, entry)).toBe('waiting');
    clinic.clock.set('2030-03-06T04:00:00Z');
    await periodic();
    expect((await clinic.show(one, entry)).offer.timeslot.id).toBe(slot);
  });

  test('whoever joined after it was published has their offer as well, before anybody can book it', async () => {
    await policy({ horizon_days: 7 });
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const slots = [
      await clinic.slot(doctor, { date: '2030-03-13', start_time: '10:00', end_time: '10:30' }),
      await clinic.slot(doctor, { date: '2030-03-13', start_time: '15:00', end_time: '15:30' }),
    ];
    const entry = await clinic.wait(one, doctor, { before: '12:00' });
    await periodic();
    expect(await rowOf(slots[0] ?? 0)).toMatchObject({ is_waitlisted: false });
    // The day before it comes within reach.
    clinic.clock.set('2030-03-05T04:00:00Z');
    await periodic();
    clinic.clock.set('2030-03-06T04:00:00Z');
    expectProblem(await book(outsider, slots[0] ?? 0), 'slot_held');
    expect(await statusOf(one, entry)).toBe('offered');
    // What nobody waits for is anybody's.
    await book(outsider, slots[1] ?? 0).expect(201);
  });

  describe('where nothing ran for days', () => {
    const joinedLate = async (...days: string[]) => {
      const doctor = await clinic.person('doctor');
      const slots: number[] = [];
      for (const date of days) slots.push(await clinic.slot(doctor, { date }));
      await periodic();
      const one = await clinic.person('patient');
      return { one, slots, entry: await clinic.wait(one, doctor) };
    };

    test('who joined before what came within reach meanwhile has their offer when it goes on', async () => {
      await policy({ horizon_days: 7 });
      const { one, slots, entry } = await joinedLate('2030-03-13', '2030-03-20');
      clinic.clock.set('2030-03-08T04:00:00Z');
      await periodic();
      expect((await clinic.show(one, entry)).offer?.timeslot.id).toBe(slots[0]);
      expect(await rowOf(slots[1] ?? 0)).toMatchObject({ is_waitlisted: false });
    });

    test('a wider horizon makes up for it too', async () => {
      await policy({ horizon_days: 2 });
      const { one, slots, entry } = await joinedLate('2030-03-08');
      clinic.clock.set('2030-03-07T04:00:00Z');
      await policy({ horizon_days: 10 });
      await periodic();
      expect((await clinic.show(one, entry)).offer?.timeslot.id).toBe(slots[0]);
    });

    test('what is past is left alone', async () => {
      await policy({ horizon_days: 2 });
      const { slots } = await joinedLate('2030-03-08');
      clinic.clock.set('2030-03-10T04:00:00Z');
      await periodic();
      expect(await rowOf(slots[0] ?? 0)).toMatchObject({ is_waitlisted: false });
    });
  });

  test('staff can see it and book it: to nobody it could be offered yet', async () => {
    await policy({ horizon_days: 7 });
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    const slot = await clinic.slot(doctor, { date: '2030-03-20' });
    await clinic.drain();
    expect(await freeOn(doctor, '2030-03-20', admin)).toBe(1);
    const search = `/timeslots/search/?doctor=${doctor.id}&from=2030-03-20&to=2030-03-20`;
    expect((await clinic.as(admin).get(search).expect(200)).body.count).toBe(1);
    const day = `/appointments/day/?doctor=${doctor.id}&date=2030-03-20`;
    const { body } = await clinic.as(admin).get(day).expect(200);
    expect(body.entries).toMatchObject([{ timeslots: [slot], is_available: true }]);
    expectProblem(await book(outsider, slot), 'too_far_ahead');
    await book(admin, slot, { patient: outsider.id }).expect(201);
    expect(await statusOf(one, entry)).toBe('waiting');
    expect(await freeOn(doctor, '2030-03-20', admin)).toBe(0);
  });

  test('a wider horizon lets it be offered at once', async () => {
    await policy({ horizon_days: 2 });
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    await clinic.slot(doctor, { date: '2030-03-13' });
    await clinic.drain();
    await policy({ horizon_days: null });
    await periodic();
    expect(await statusOf(one, entry)).toBe('offered');
  });

  test('whoever joined after it was published has their offer where a wider horizon reaches it', async () => {
    await policy({ horizon_days: 2 });
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const slots = [
      await clinic.slot(doctor, { date: '2030-03-13', start_time: '10:00', end_time: '10:30' }),
      await clinic.slot(doctor, { date: '2030-03-13', start_time: '16:00', end_time: '16:30' }),
      await clinic.slot(doctor, { date: '2030-04-10', start_time: '10:00', end_time: '10:30' }),
    ] as const;
    const entry = await clinic.wait(one, doctor, { before: '12:00' });
    await clinic.drain();
    await policy({ horizon_days: 30 });
    expectProblem(await book(outsider, slots[0]), 'slot_held');
    expect(await statusOf(one, entry)).toBe('offered');
    // What nobody waits for is anybody's, and what is still too far ahead waits for its time.
    await book(outsider, slots[1]).expect(201);
    expect(await rowOf(slots[2])).toMatchObject({ is_waitlisted: false });
    // Nor does a horizon that comes closer claim anything.
    await policy({ horizon_days: 20 });
    expect(await rowOf(slots[2])).toMatchObject({ is_waitlisted: false });
  });

  test('what begins too soon is let go for good', async () => {
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    await policy({ min_notice_minutes: 120 });
    await clinic.wait(one, doctor);
    const slot = await clinic.slot(doctor, { date: '2030-03-04', start_time: '10:00', end_time: '10:30' });
    await clinic.drain();
    expect(await rowOf(slot)).toMatchObject({ is_waitlisted: false });
    await policy({ min_notice_minutes: 0 });
  });
});

describe('passed over', () => {
  test('for the time that a slot is free, however that ended, and no longer', async () => {
    const doctor = await clinic.person('doctor');
    const [one, two, three] = await people(3);
    const slot = await clinic.slot(doctor, { date: '2030-03-12' });
    let visit = (await book(outsider, slot).expect(201)).body.id;
    const entries = [await clinic.wait(one, doctor), await clinic.wait(two, doctor)] as const;
    const third = await clinic.wait(three, doctor);
    const free = async () => {
      await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
      await clinic.drain();
    };
    await free();
    // It lapses for the first, and the second turns it down: the third takes it.
    await clinic.pass(15);
    expect(await statusOf(one, entries[0])).toBe('waiting');
    await clinic.decline(two, entries[1]).expect(200);
    visit = (await clinic.accept(three, third).expect(201)).body.id;
    // Free anew, it goes by the order of joining again.
    await free();
    expect(await statusOf(one, entries[0])).toBe('offered');
    await clinic.decline(one, entries[0]).expect(200);
    expect(await statusOf(two, entries[1])).toBe('offered');
    // Then it is anybody's; somebody has it, it is free once more, and they are asked once more.
    await clinic.decline(two, entries[1]).expect(200);
    visit = (await book(outsider, slot).expect(201)).body.id;
    await free();
    expect(await statusOf(one, entries[0])).toBe('offered');
    expect(
      await clinic.rows(
        'select entry_id as entry, freeing, outcome from waitlist_offers where timeslot_id = $1 order by id',
        [slot],
      ),
    ).toEqual([
      { entry: entries[0], freeing: 1, outcome: 'lapsed' },
      { entry: entries[1], freeing: 1, outcome: 'declined' },
      { entry: third, freeing: 1, outcome: 'accepted' },
      { entry: entries[0], freeing: 2, outcome: 'declined' },
      { entry: entries[1], freeing: 2, outcome: 'declined' },
      { entry: entries[0], freeing: 3, outcome: null },
    ]);
  });
});

describe('in quiet hours', () => {
  /** 03:28 in Tashkent; by default it is quiet from 22:00 to 08:00. */
  const NIGHT = '2030-03-04T22:28:00Z';
  const MORNING = '2030-03-05T03:00:00Z';
  const quiet = (person: Person, hours: object) =>
    clinic.as(person).patch('/notifications/preferences/', { quiet_hours: hours }).expect(200);

  test('a slot of another day is offered in the morning, and is nobody’s until then', async () => {
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    clinic.clock.set(NIGHT);
    const slot = await clinic.slot(doctor, { date: '2030-03-12' });
    await clinic.drain();
    expect(await statusOf(one, entry)).toBe('waiting');
    expect(await clinic.told(one)).toEqual([]);
    expect(await rowOf(slot)).toEqual({ is_waitlisted: true, offer_after: '2030-03-05T03:00:00.000Z' });
    expectProblem(await book(outsider, slot), 'slot_held');
    expectProblem(await clinic.as(outsider).post(`/timeslots/${slot}/hold/`), 'slot_held');
    expect(await freeOn(doctor, '2030-03-12')).toBe(0);
    clinic.clock.set('2030-03-05T02:59:00Z');
    await periodic();
    await clinic.drain();
    expect(await clinic.told(one)).toEqual([]);
    clinic.clock.set(MORNING);
    await clinic.drain();
    expect(await clinic.show(one, entry)).toMatchObject({
      status: 'offered',
      offer: { timeslot: { id: slot }, expires_at: '2030-03-05T03:15:00.000Z' },
    });
    expect((await clinic.told(one)).map(({ kind }) => kind)).toEqual(['waitlist_offer']);
    expect(await rowOf(slot)).toMatchObject({ offer_after: null });
  });

  test('the periodic job makes the offer where the slot’s own job was lost', async () => {
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    clinic.clock.set(NIGHT);
    await clinic.slot(doctor, { date: '2030-03-12' });
    await clinic.drain();
    await clinic.rows('delete from graphile_worker._private_jobs');
    await periodic();
    expect(await statusOf(one, entry)).toBe('waiting');
    clinic.clock.set(MORNING);
    await periodic();
    expect(await statusOf(one, entry)).toBe('offered');
  });

  test('a slot that begins before somebody could be asked in the morning is offered at once', async () => {
    const doctor = await clinic.person('doctor');
    const [one, two] = await people(2);
    const entries = [await clinic.wait(one, doctor), await clinic.wait(two, doctor)];
    clinic.clock.set(NIGHT);
    // 08:15 is not later than 08:00 and the offer's quarter of an hour; 08:46 is.
    const [soon, later] = [
      await clinic.slot(doctor, { date: '2030-03-05', start_time: '08:15', end_time: '08:45' }),
      await clinic.slot(doctor, { date: '2030-03-05', start_time: '08:46', end_time: '09:00' }),
    ];
    await clinic.drain();
    expect((await clinic.show(one, entries[0] ?? 0)).offer.timeslot.id).toBe(soon);
    expect(await rowOf(later)).toMatchObject({ offer_after: '2030-03-05T03:00:00.000Z' });
    // The chain after the first as well: it lapses, and the next is asked at night too.
    clinic.clock.set('2030-03-04T22:43:00Z');
    await clinic.drain();
    expect((await clinic.show(two, entries[1] ?? 0)).offer.timeslot.id).toBe(soon);
  });

  test('an offer that lapses in the evening goes to the next in the morning', async () => {
    const doctor = await clinic.person('doctor');
    const [one, two] = await people(2);
    const entries = [await clinic.wait(one, doctor), await clinic.wait(two, doctor)];
    // 21:50: the first is awake.
    clinic.clock.set('2030-03-04T16:50:00Z');
    const slot = await clinic.slot(doctor, { date: '2030-03-12' });
    await clinic.drain();
    expect(await statusOf(one, entries[0] ?? 0)).toBe('offered');
    await clinic.pass(15);
    expect(await statusOf(one, entries[0] ?? 0)).toBe('waiting');
    expect(await statusOf(two, entries[1] ?? 0)).toBe('waiting');
    expectProblem(await book(outsider, slot), 'slot_held');
    clinic.clock.set(MORNING);
    await clinic.drain();
    expect(await statusOf(two, entries[1] ?? 0)).toBe('offered');
  });

  test('the hours are the person’s own: their end, or none', async () => {
    const doctor = await clinic.person('doctor');
    const [late, awake] = await people(2);
    await quiet(late, { from: '23:00', until: '10:30' });
    await quiet(awake, { enabled: false });
    const first = await clinic.wait(late, doctor, { before: '12:00' });
    const second = await clinic.wait(awake, doctor, { after: '12:00' });
    clinic.clock.set(NIGHT);
    const morning = await clinic.slot(doctor, { date: '2030-03-12', start_time: '10:00', end_time: '10:30' });
    await clinic.slot(doctor, { date: '2030-03-12', start_time: '15:00', end_time: '15:30' });
    await clinic.drain();
    expect(await statusOf(awake, second)).toBe('offered');
    expect(await statusOf(late, first)).toBe('waiting');
    expect(await rowOf(morning)).toMatchObject({ offer_after: '2030-03-05T05:30:00.000Z' });
  });

  test('the first one, awake after all, gets it by asking for it', async () => {
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    clinic.clock.set(NIGHT);
    const slot = await clinic.slot(doctor, { date: '2030-03-12' });
    await clinic.drain();
    const booked = (await book(one, slot).expect(201)).body.id;
    expect(await clinic.show(one, entry)).toMatchObject({ status: 'booked', appointment: booked });
    expect(await rowOf(slot)).toEqual({ is_waitlisted: false, offer_after: null });
  });

  test('who leaves in the night does not have it kept from the next in the morning', async () => {
    const doctor = await clinic.person('doctor');
    const [one, two] = await people(2);
    const entries = [await clinic.wait(one, doctor), await clinic.wait(two, doctor)];
    clinic.clock.set(NIGHT);
    const slot = await clinic.slot(doctor, { date: '2030-03-12' });
    await clinic.drain();
    await clinic.leave(one, entries[0] ?? 0).expect(204);
    clinic.clock.set(MORNING);
    await clinic.drain();
    expect((await clinic.show(two, entries[1] ?? 0)).offer.timeslot.id).toBe(slot);
  });

  test('a week that changes takes back what is kept for somebody who sleeps', async () => {
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    await clinic.wait(one, doctor);
    clinic.clock.set(NIGHT);
    const hours = { start_time: '10:00', end_time: '11:00', slot_minutes: 60 };
    await clinic
      .as(doctor)
      .put('/doctor/schedule/', { schedule: [{ weekday: 2, ...hours }] })
      .expect(200);
    await clinic.drain();
    await clinic.as(doctor).put('/doctor/schedule/', { schedule: [] }).expect(200);
    expect(await clinic.rows('select id from timeslots where doctor_id = $1', [doctor.id])).toEqual([]);
  });
});

describe('weeks', () => {
  test('of the job are offered by day', async () => {
    const [doctor, one] = [await clinic.person('doctor'), await clinic.person('patient')];
    const entry = await clinic.wait(one, doctor);
    const { db } = clinic;
    clinic.clock.set('2030-03-04T19:07:00Z');
    const hours = { weekday: 3, start_time: '10:00', end_time: '11:00', slot_minutes: 60 };
    await clinic
      .as(doctor)
      .put('/doctor/schedule/', { schedule: [hours] })
      .expect(200);
    const { housekeeping } = createModules({ db, clock: clinic.clock, config: testConfig });
    await housekeeping.tasks.publish_schedules();
    await clinic.drain();
    expect(await clinic.told(one)).toEqual([]);
    clinic.clock.set('2030-03-05T03:00:00Z');
    await clinic.drain();
    expect(await statusOf(one, entry)).toBe('offered');
  });
});
