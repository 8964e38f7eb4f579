import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';
import { provesRules } from '../helpers/races.ts';
import { give, makeRoom, makeRun, makeService } from '../helpers/services.ts';

const NOW = '2026-03-02T04:00:00.000Z';

let clinic: TestApp;
let admin: Person;
let doctor: Person;
let patient: Person;
let other: Person;
/** Of one slot, of two and of three. */
let short: number;
let long: number;
let longest: number;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  doctor = await clinic.person('doctor');
  patient = await clinic.person('patient');
  other = await clinic.person('patient');
  short = await makeService(clinic, admin, [doctor]);
  long = await makeService(clinic, admin, [doctor], { duration_minutes: 60, price: 20_000_000 });
  longest = await makeService(clinic, admin, [doctor], { duration_minutes: 90 });
});
beforeEach(() => clinic.clock.set(NOW));
afterAll(async () => {
  await provesRules(clinic.db);
  await clinic.close();
});

const freshDay = freshDays();
const HALF_HOURS = ['10:00', '10:30', '11:00', '11:30'];
const run = (date = freshDay(), starts: readonly string[] = HALF_HOURS, options = {}) =>
  makeRun(clinic.db, doctor.id, date, starts, options) as Promise<[number, number, number, number]>;
const book = (by: Person, timeslot: number, body: object = {}) =>
  clinic.as(by).post('/appointments/', { timeslot, ...body });
const move = (by: Person, visit: number, timeslot: number) =>
  clinic.as(by).post(`/appointments/${visit}/reschedule/`, { timeslot });
const hold = (by: Person, timeslot: number, body?: object) =>
  clinic.as(by).post(`/timeslots/${timeslot}/hold/`, body);
const free = async (ids: readonly number[]) => {
  const { rows } = await clinic.db.$client.query<{ id: number }>(
    `select id from timeslots where id = any ($1) and not is_taken and (held_until is null or held_until <= $2)
       and not is_waitlisted order by id`,
    [ids, clinic.clock.now()],
  );
  return rows.map(({ id }) => id);
};
const cancel = (by: Person, visit: number) => clinic.as(by).delete(`/appointments/${visit}/`);

describe('booking', () => {
  test('a service that is longer than its slot takes the slots that follow, and says so', async () => {
    const [first, second, third] = await run();
    const { body } = await book(patient, first, { service: long }).expect(201);
    expect(body).toMatchObject({
      timeslot: first,
      timeslots: [first, second],
      start_time: '10:00',
      end_time: '11:00',
      branch: 1,
      room: null,
      service: { id: long, name: { en: 'Consultation' }, price: 20_000_000, currency: 'UZS' },
    });
    expectProblem(await book(other, second), 'slot_taken');
    await book(other, third).expect(201);
    expect((await clinic.as(patient).get(`/appointments/${body.id}/`)).body).toEqual(body);
  });

  test('a service that fits into its slot takes that one alone', async () => {
    const [first, second] = await run();
    const { body } = await book(patient, first, { service: short }).expect(201);
    expect(body).toMatchObject({
      timeslots: [first],
      end_time: '10:30',
      service: { id: short, price: null },
    });
    await book(other, second).expect(201);
  });

  test('a visit without a service is as it ever was, and names its one slot', async () => {
    const [first] = await run();
    const { body } = await book(patient, first).expect(201);
    expect(body).toMatchObject({ timeslots: [first], service: null, branch: 1, room: null });
  });

  test('a gap that was published as a break counts as adjacent, and within the time; a longer one does not', async () => {
    const date = freshDay();
    const [first, second] = await run(date, ['10:00', '10:40', '12:00'], { break_minutes: 10 });
    // 10:00 to 11:10 are 70 minutes by the clock.
    const { body } = await book(patient, first, { service: long }).expect(201);
    expect(body).toMatchObject({ timeslots: [first, second], start_time: '10:00', end_time: '11:10' });
    await cancel(patient, body.id).expect(204);
    expectProblem(await book(patient, second, { service: long }), 'not_enough_time');
  });

  test('slots of another room do not follow', async () => {
    const date = freshDay();
    const room = await makeRoom(clinic.db, 'Elsewhere', 'office');
    const [first] = await run(date, ['10:00']);
    await run(date, ['10:30'], { room });
    expectProblem(await book(patient, first, { service: long }), 'not_enough_time');
  });

  test('a service that no longer fits is refused as a whole, with starts from which it does', async () => {
    const [first, second, third, fourth] = await run();
    await book(other, second).expect(201);
    const refused = await book(patient, first, { service: long });
    expectProblem(refused, 'not_enough_time');
    expect(refused.body.alternatives.map(({ id }: { id: number }) => id)[0]).toBe(third);
    expect(refused.body.alternatives.map(({ id }: { id: number }) => id)).not.toContain(fourth);
    expect(await free([first, second, third, fourth])).toEqual([first, third, fourth]);
    expectProblem(await book(patient, fourth, { service: long }), 'not_enough_time');
    expectProblem(await book(patient, second, { service: long }), 'slot_taken');
  });

  test('what a refusal offers of a long service the patient can attend to its end', async () => {
    const date = freshDay();
    const [first, , third] = await run(date);
    const elsewhere = await clinic.person('doctor');
    const [at] = await makeRun(clinic.db, elsewhere.id, date, ['11:30']);
    const visit = await clinic.book(patient, at ?? 0);
    await book(other, first, { service: long }).expect(201);
    const offered = async () => {
      const refused = await book(patient, first, { service: long });
      expectProblem(refused, 'slot_taken');
      return refused.body.alternatives.map(({ id }: { id: number }) => id);
    };
    expect(await offered()).not.toContain(third);
    await cancel(patient, visit).expect(204);
    expect(await offered()).toContain(third);
  });

  test('slots that somebody else holds are not enough time', async () => {
    const [first, second] = await run();
    await hold(other, second).expect(200);
    expectProblem(await book(patient, first, { service: long }), 'not_enough_time');
    clinic.clock.set('2026-03-02T04:05:00.000Z');
    await book(patient, first, { service: long }).expect(201);
  });

  test('a patient who is busy at the end of a long service is refused', async () => {
    const date = freshDay();
    const [first] = await run(date);
    const elsewhere = await clinic.person('doctor');
    const [at] = await makeRun(clinic.db, elsewhere.id, date, ['10:30']);
    await book(patient, at ?? 0).expect(201);
    expectProblem(await book(patient, first, { service: long }), 'patient_busy');
  });

  test('an admin books a service for a patient, and one of another doctor is refused', async () => {
    const [first] = await run();
    const stranger = await makeService(clinic, admin, []);
    expectProblem(await book(admin, first, { patient: patient.id, service: stranger }), 'service_not_given');
    expectProblem(await book(patient, first, { service: 999_999 }), 'service_not_given');
    await book(admin, first, { patient: patient.id, service: long }).expect(201);
  });

  test('an inactive service is given by nobody', async () => {
    const [first] = await run();
    const gone = await makeService(clinic, admin, [doctor]);
    await clinic.as(admin).patch(`/services/${gone}/`, { is_active: false }).expect(200);
    expectProblem(await book(patient, first, { service: gone }), 'service_not_given');
  });

  test('a service is asked for only where the setting says so and the doctor gives any', async () => {
    const [first] = await run();
    const none = await clinic.person('doctor');
    const plain = await clinic.slot(none, { date: freshDay() });
    await clinic.as(admin).patch('/settings/', { service_required: true }).expect(200);
    const refused = await book(patient, first);
    expectProblem(refused, 'invalid_input', { fields: ['service service_required'] });
    expectProblem(await hold(patient, first), 'invalid_input');
    expectProblem(await book(admin, first, { patient: patient.id }), 'invalid_input');
    await book(patient, plain).expect(201);
    await book(patient, first, { service: short }).expect(201);
    await clinic.as(admin).patch('/settings/', { service_required: null }).expect(200);
    expect((await clinic.as(admin).get('/settings/')).body).toMatchObject({
      service_required: false,
      move_between_doctors: false,
    });
  });
});

describe('what was agreed', () => {
  test('a doctor’s own time and price count, and none is a price of its own', async () => {
    const quick = await clinic.person('doctor');
    await give(clinic, admin, quick.id, { service: long, duration_minutes: 30, price: 5 });
    const [first, second] = (await makeRun(clinic.db, quick.id, freshDay(), HALF_HOURS)) as [number, number];
    const dear = await book(patient, first, { service: long }).expect(201);
    expect(dear.body).toMatchObject({ timeslots: [first], service: { price: 5, currency: 'UZS' } });
    await give(clinic, admin, quick.id, { service: long, duration_minutes: 30, price: null });
    const without = await book(patient, second, { service: long }).expect(201);
    expect(without.body.service).toMatchObject({ price: null, currency: null });
  });

  test('a visit keeps the name and the price that were agreed, also when it moves', async () => {
    const service = await makeService(clinic, admin, [doctor], { price: 100 });
    const [first, second] = await run();
    const { body } = await book(patient, first, { service }).expect(201);
    await clinic
      .as(admin)
      .patch(`/services/${service}/`, { price: 200, name: { uz: 'b', ru: 'b', en: 'b' } })
      .expect(200);
    const moved = await move(patient, body.id, second).expect(200);
    expect(moved.body.service).toEqual(body.service);
  });
});

describe('for whom it is', () => {
  test('ages are judged on the day of the visit, the last year counts whole, and staff are bound too', async () => {
    const service = await makeService(clinic, admin, [doctor], { min_age: 18, max_age: 20 });
    const [at] = await run('2026-06-10');
    const born = (date_of_birth: string | null) =>
      clinic.as(other).patch('/patient/profile/', { date_of_birth }).expect(200);
    const tried = async (by = other) => book(by, at, { service, ...(by === admin && { patient: other.id }) });
    await born(null);
    expectProblem(await tried(), 'not_for_this_patient');
    await born('2008-06-11');
    expectProblem(await tried(), 'not_for_this_patient');
    expectProblem(await tried(admin), 'not_for_this_patient');
    await born('2005-06-10');
    expectProblem(await tried(), 'not_for_this_patient');
    for (const birthday of ['2008-06-10', '2005-06-11']) {
      await born(birthday);
      const booked = await tried();
      expect(booked.status).toBe(201);
      await cancel(other, booked.body.id).expect(204);
    }
  });

  test('a move to a day when the patient is too old is refused', async () => {
    const service = await makeService(clinic, admin, [doctor], { max_age: 17 });
    const child = await clinic.person('patient');
    await clinic.as(child).patch('/patient/profile/', { date_of_birth: '2008-07-01' }).expect(200);
    const [before] = await run('2026-06-30');
    const [after] = await run('2026-07-01');
    const { body } = await book(child, before, { service }).expect(201);
    expectProblem(await move(child, body.id, after), 'not_for_this_patient');
  });

  test('a service for new patients is for those without a completed visit, and one for known patients for the others', async () => {
    const forNew = await makeService(clinic, admin, [doctor], { new_patients: true });
    const forKnown = await makeService(clinic, admin, [doctor], { new_patients: false });
    const person = await clinic.person('patient');
    const [today] = await makeRun(clinic.db, doctor.id, '2026-03-02', ['10:00']);
    const [first, second] = await run();
    expectProblem(await book(person, first, { service: forKnown }), 'not_for_this_patient');
    const visit = await book(person, today ?? 0, { service: forNew }).expect(201);
    await clinic.as(doctor).patch(`/appointments/${visit.body.id}/`, { status: 'confirmed' }).expect(200);
    await clinic.as(doctor).post(`/appointments/${visit.body.id}/complete/`).expect(200);
    expectProblem(await book(person, first, { service: forNew }), 'not_for_this_patient');
    await book(person, second, { service: forKnown }).expect(201);
  });
});

describe('rooms', () => {
  test('a service that needs a room takes one of its kind for its whole time, and gives it back', async () => {
    const [one, two] = [
      await makeRoom(clinic.db, 'U1', 'ultrasound'),
      await makeRoom(clinic.db, 'U2', 'ultrasound'),
    ];
    const colleague = await clinic.person('doctor');
    const third = await clinic.person('doctor');
    const service = await makeService(clinic, admin, [doctor, colleague, third], {
      duration_minutes: 60,
      room_kind: 'ultrasound',
    });
    const date = freshDay();
    const [first] = await run(date);
    const [theirs] = await makeRun(clinic.db, colleague.id, date, ['10:30', '11:00']);
    const [last] = await makeRun(clinic.db, third.id, date, ['10:00', '10:30']);
    const visit = await book(patient, first, { service }).expect(201);
    const second = await book(other, theirs ?? 0, { service }).expect(201);
    expect([visit.body.room, second.body.room].toSorted()).toEqual([one, two]);
    const someone = await clinic.person('patient');
    expectProblem(await book(someone, last ?? 0, { service }), 'no_room_free');
    await cancel(other, second.body.id).expect(204);
    const got = await book(someone, last ?? 0, { service }).expect(201);
    expect(got.body.room).toBe(second.body.room);
  });

  test('a slot’s own room serves a service if it is of its kind, else another one', async () => {
    const own = await makeRoom(clinic.db, 'Own', 'laser');
    const spare = await makeRoom(clinic.db, 'Spare', 'x-ray');
    const laser = await makeService(clinic, admin, [doctor], { duration_minutes: 60, room_kind: 'laser' });
    const xray = await makeService(clinic, admin, [doctor], { duration_minutes: 60, room_kind: 'x-ray' });
    const [first, , third] = await run(freshDay(), HALF_HOURS, { room: own });
    expect((await book(patient, first, { service: laser }).expect(201)).body.room).toBe(own);
    expect((await book(patient, third, { service: xray }).expect(201)).body.room).toBe(spare);
    const [plain] = await run(freshDay(), HALF_HOURS, { room: own });
    expect((await book(patient, plain).expect(201)).body.room).toBe(own);
  });

  test('a move keeps the room if it is free then, else takes another, else is refused', async () => {
    const [one, two] = [await makeRoom(clinic.db, 'M1', 'mri'), await makeRoom(clinic.db, 'M2', 'mri')];
    const service = await makeService(clinic, admin, [doctor], { room_kind: 'mri' });
    const [first, second, third] = await run();
    const { body } = await book(patient, first, { service }).expect(201);
    const spare = body.room === one ? two : one;
    expect((await move(patient, body.id, second).expect(200)).body.room).toBe(body.room);
    const block = async (room: number, hour: string) => {
      const { id } = await clinic.person('doctor');
      await makeRun(clinic.db, id, body.date, [hour], { room });
    };
    await block(body.room, '11:00');
    expect((await move(patient, body.id, third).expect(200)).body.room).toBe(spare);
    await block(spare, '10:00');
    await block(body.room, '10:00');
    expectProblem(await move(patient, body.id, first), 'no_room_free');
    expect((await clinic.as(patient).get(`/appointments/${body.id}/`)).body).toMatchObject({
      timeslot: third,
      room: spare,
    });
  });

  test('an inactive room is taken by nobody', async () => {
    const room = await makeRoom(clinic.db, 'Gone', 'sauna');
    await clinic.db.$client.query('update rooms set is_active = false where id = $1', [room]);
    const service = await makeService(clinic, admin, [doctor], { room_kind: 'sauna' });
    const [first] = await run();
    expectProblem(await book(patient, first, { service }), 'no_room_free');
  });
});

describe('moving and cancelling', () => {
  test('a long visit moves as a whole, also within its own slots, and its slots are free at once', async () => {
    const slots = await run();
    const [first, second, third, fourth] = slots;
    const { body } = await book(patient, first, { service: long }).expect(201);
    const moved = await move(patient, body.id, second).expect(200);
    expect(moved.body).toMatchObject({ timeslots: [second, third], start_time: '10:30', end_time: '11:30' });
    expect(await free(slots)).toEqual([first, fourth]);
    expectProblem(await move(patient, body.id, fourth), 'not_enough_time');
    await book(other, first).expect(201);
    expectProblem(await move(patient, body.id, first), 'slot_taken');
    const history = await clinic.as(patient).get(`/appointments/${body.id}/history/`).expect(200);
    expect(history.body.at(-1)).toMatchObject({
      kind: 'moved',
      details: {
        from: { start_time: '10:00', end_time: '11:00' },
        to: { start_time: '10:30', end_time: '11:30' },
      },
    });
    await cancel(patient, body.id).expect(204);
    expect(await free(slots)).toEqual([second, third, fourth]);
  });

  test('none of the slots that a visit takes can be withdrawn', async () => {
    const [first, second, third] = await run();
    await book(patient, first, { service: longest }).expect(201);
    for (const slot of [first, second, third])
      expectProblem(await clinic.as(doctor).delete(`/timeslots/${slot}/`), 'slot_booked');
  });

  test('nobody publishes into the break of a long visit', async () => {
    const date = freshDay();
    const [first] = await run(date, ['10:00', '10:40'], { break_minutes: 10 });
    await book(patient, first, { service: long }).expect(201);
    const into = { date, start_time: '10:30', end_time: '10:40' };
    expectProblem(await clinic.as(doctor).post('/timeslots/', into), 'slot_overlap');
    // A preview says so as well.
    const many = { ...into, slot_minutes: 5 };
    const tried = await clinic
      .as(doctor)
      .post('/timeslots/bulk/', { ...many, dry_run: true })
      .expect(200);
    const done = await clinic.as(doctor).post('/timeslots/bulk/', many).expect(201);
    expect(done.body).toMatchObject({ created: 0, skipped_count: 2 });
    expect(tried.body).toEqual({ ...done.body, dry_run: true });
  });

  test('an absence that touches a long visit cancels it, and the slots outside of it stay', async () => {
    const date = freshDay();
    const slots = await run(date);
    const [first, second, third, fourth] = slots;
    const { body } = await book(patient, first, { service: longest }).expect(201);
    const absence = { from: date, to: date, start_time: '11:00', end_time: '11:30' };
    const done = await clinic.as(doctor).post('/absences/', absence).expect(201);
    expect(done.body).toMatchObject({ appointments_count: 1, slots_count: 0 });
    expect((await clinic.as(patient).get(`/appointments/${body.id}/`)).body.status).toBe('cancelled');
    expect(await free(slots)).toEqual([first, second, fourth]);
    expect(third).not.toBe(fourth);
  });

  test('a request for a long visit that nobody answers gives all of its slots back', async () => {
    const slots = await makeRun(clinic.db, doctor.id, '2026-03-02', ['12:00', '12:30']);
    await book(patient, slots[0] ?? 0, { service: long }).expect(201);
    clinic.clock.set('2026-03-02T09:00:00.000Z');
    const { createExpiry } = await import('../../src/modules/appointments/cancelling/expiry.service.ts');
    await createExpiry(clinic).expire();
    expect(await free(slots)).toEqual(slots);
  });
});

describe('holds', () => {
  test('a hold for a service keeps all of its slots, and books them', async () => {
    const slots = await run();
    const [first, second, third, fourth] = slots;
    await hold(patient, first, { service: long }).expect(200);
    expect(await free(slots)).toEqual([third, fourth]);
    for (const slot of [first, second]) expectProblem(await book(other, slot), 'slot_held');
    const { body } = await book(patient, first, { service: long }).expect(201);
    expect(body.timeslots).toEqual([first, second]);
  });

  test('giving one of them back gives all back', async () => {
    const slots = await run();
    const [first, second] = slots;
    await hold(patient, first, { service: long }).expect(200);
    await clinic.as(patient).delete(`/timeslots/${second}/hold/`).expect(204);
    expect(await free(slots)).toEqual(slots);
  });

  test('whoever holds another service gives all of the earlier one back, and holds as long as at first', async () => {
    const slots = await run();
    const [first, second, third, fourth] = slots;
    const held = await hold(patient, first, { service: longest }).expect(200);
    expect(await free(slots)).toEqual([fourth]);
    clinic.clock.set('2026-03-02T04:02:00.000Z');
    const again = await hold(patient, second, { service: longest }).expect(200);
    expect(again.body.expires_at).toBe(held.body.expires_at);
    expect(await free(slots)).toEqual([first]);
    const repeated = await hold(patient, second, { service: longest }).expect(200);
    expect(repeated.body).toEqual(again.body);
    expect([third, fourth]).toHaveLength(2);
  });

  test('a hold of one slot grows into one of a service without lasting longer', async () => {
    const slots = await run();
    const [first, second, third, fourth] = slots;
    const held = await hold(patient, second).expect(200);
    clinic.clock.set('2026-03-02T04:01:00.000Z');
    const grown = await hold(patient, first, { service: long }).expect(200);
    expect(grown.body).toEqual({ timeslot: first, expires_at: held.body.expires_at });
    expect(await free(slots)).toEqual([third, fourth]);
  });

  test('what cannot be had as a whole is not held at all', async () => {
    const slots = await run();
    const [first, second] = slots;
    await hold(other, second).expect(200);
    expectProblem(await hold(patient, first, { service: long }), 'not_enough_time');
    expect(await free([first])).toEqual([first]);
  });

  test('what somebody could not attend to its end is not held, nor the break within', async () => {
    const date = freshDay();
    const [first, second] = await run(date, ['10:00', '10:40'], { break_minutes: 10 });
    const elsewhere = await clinic.person('doctor');
    const [between] = (await makeRun(clinic.db, elsewhere.id, date, ['10:30'], { minutes: 10 })) as [number];
    await book(patient, between).expect(201);
    expectProblem(await hold(patient, first, { service: long }), 'patient_busy');
    expect(await free([first, second])).toEqual([first, second]);
    await hold(patient, first).expect(200);
  });

  test('a service for which no room is free is not held', async () => {
    await makeRoom(clinic.db, 'Only one', 'endoscopy');
    const service = await makeService(clinic, admin, [doctor], {
      duration_minutes: 60,
      room_kind: 'endoscopy',
    });
    const [first, , , fourth] = await run();
    const { body } = await book(other, first, { service }).expect(201);
    const surgeon = await clinic.person('doctor');
    await give(clinic, admin, surgeon.id, { service });
    const [same] = (await makeRun(clinic.db, surgeon.id, body.date, HALF_HOURS)) as [number];
    expectProblem(await hold(patient, same, { service }), 'no_room_free');
    expect(await free([same, fourth])).toEqual([same, fourth].toSorted((one, two) => one - two));
    await cancel(other, body.id).expect(204);
    await hold(patient, same, { service }).expect(200);
    await book(patient, same, { service }).expect(201);
  });

  test('nobody keeps slots by holding a service again and again', async () => {
    const [first, second] = await run();
    await hold(patient, first, { service: long }).expect(200);
    clinic.clock.set('2026-03-02T04:06:00.000Z');
    expectProblem(await hold(patient, second, { service: short }), 'held_recently');
  });
});
