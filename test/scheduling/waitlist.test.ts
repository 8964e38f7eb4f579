import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WISHES_MAX } from '../../src/modules/waitlist/waitlist.schemas.ts';
import { PASSWORD, type Person } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { expectProblem } from '../helpers/problem.ts';
import { insertSpecialization } from '../helpers/rows.ts';
import { makeRun } from '../helpers/services.ts';
import { START, type WaitingClinic, waitingClinic } from '../helpers/waitlist.ts';

let clinic: WaitingClinic;
let admin: Person;
/** Somebody who waits for nothing. */
let outsider: Person;
beforeAll(async () => {
  clinic = await waitingClinic();
  admin = await clinic.person('admin');
  outsider = await clinic.person('patient');
});
beforeEach(() => clinic.clock.set(START));
afterAll(() => clinic.close());

const patient = () => clinic.person('patient');
/** Nobody waits for them. */
const someDoctor = () => clinic.person('doctor');
const cardiologist = () => clinic.person('doctor', { profile: { specialization: 'Kardiolog' } });

/** A doctor with a visit that somebody else has, as often as asked for, half-hours from 10:00 on 2030-03-12. */
async function bookedDoctor(count = 1) {
  const doctor = await clinic.person('doctor', { first_name: 'Jasur', last_name: 'Yusupov' });
  const holder = await patient();
  const slots: number[] = [];
  const visits: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const times = { start_time: `${10 + index}:00`, end_time: `${10 + index}:30` };
    slots.push(await clinic.slot(doctor, { date: '2030-03-12', ...times }));
    visits.push(await clinic.book(holder, slots[index] ?? 0));
  }
  const cancel = (index = 0) => clinic.as(holder).delete(`/appointments/${visits[index]}/`).expect(204);
  return { doctor, holder, slots, slot: slots[0] ?? 0, visits, cancel };
}

const isAvailable = async (slot: number) =>
  (await clinic.as(admin).get(`/timeslots/${slot}/`).expect(200)).body.is_available;
const slotRow = async (slot: number) =>
  (
    await clinic.rows('select is_taken, is_waitlisted, held_by, held_until from timeslots where id = $1', [
      slot,
    ])
  )[0];
const offers = (entry: number) =>
  clinic.rows<{ outcome: string | null }>(
    'select outcome from waitlist_offers where entry_id = $1 order by id',
    [entry],
  );

describe('POST /waitlist/', () => {
  test('joins for a doctor, or for a specialization', async () => {
    const [doctor, person] = [await cardiologist(), await clinic.person('patient', { first_name: 'Aziza' })];
    const wish = { from: '2030-03-05', to: '2030-03-31', after: '09:00', before: '13:00' };
    const { body, headers } = await clinic
      .as(person)
      .post('/waitlist/', { doctor: doctor.id, ...wish })
      .expect(201);
    expect(body).toEqual({
      id: expect.any(Number),
      patient: { id: person.id, first_name: 'Aziza', last_name: null, phone: null },
      doctor: { id: doctor.id, first_name: null, last_name: null, specialization: 'Kardiolog' },
      specialization: null,
      ...wish,
      status: 'waiting',
      created_at: '2030-03-04T04:00:00.000Z',
      appointment: null,
      replaces: null,
      service: null,
      branch: null,
      offer: null,
      free_now: [],
    });
    expect(headers.location).toBe(`/api/waitlist/${body.id}/`);
    // Whatever its case, as the directory is searched.
    const other = await clinic
      .as(person)
      .post('/waitlist/', { specialization: 'kardiolog', from: '2030-03-05', to: '2030-03-05' })
      .expect(201);
    expect(other.body).toMatchObject({
      doctor: null,
      specialization: 'Kardiolog',
      after: null,
      before: null,
    });
  });

  test('an admin joins for a patient, and it is noted', async () => {
    const [doctor, person] = [await cardiologist(), await patient()];
    const wish = { doctor: doctor.id, from: '2030-03-05', to: '2030-03-05' };
    const join = (body: object) => clinic.as(admin).post('/waitlist/', body);
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await join({ ...wish, patient: person.id }).expect(201);
      expect(body.patient.id).toBe(person.id);
    });
    expect(noted).toEqual([
      expect.objectContaining({ action: 'waitlist.join', actor_id: admin.id, subject_id: person.id }),
    ]);
    expectProblem(await join(wish), 'invalid_input', { fields: ['patient required'] });
    expectProblem(await join({ ...wish, patient: doctor.id }), 'patient_not_found');
    expectProblem(
      await clinic.as(person).post('/waitlist/', { ...wish, patient: outsider.id }),
      'patient_not_found',
    );
  });

  test('refuses what can never be', async () => {
    const [doctor, person] = [await cardiologist(), await patient()];
    const join = (wish: object) => clinic.as(person).post('/waitlist/', wish);
    const days = { from: '2030-03-05', to: '2030-03-06' };
    const who = { doctor: doctor.id };
    const wrong = async (wish: object, field: string) =>
      expectProblem(await join(wish), 'invalid_input', { fields: [field] });
    await wrong(days, 'doctor doctor_or_specialization');
    await wrong({ ...days, ...who, specialization: 'Kardiolog' }, 'doctor doctor_or_specialization');
    await wrong({ ...who, from: '2030-03-06', to: '2030-03-05' }, 'to range_reversed');
    await wrong({ ...who, from: '2030-03-01', to: '2030-03-03' }, 'to in_past');
    await wrong({ ...who, ...days, after: '13:00', before: '13:00' }, 'before end_before_start');
    expectProblem(await join({ ...days, doctor: person.id }), 'doctor_not_found');
    expectProblem(await join({ ...days, specialization: 'Astrolog' }), 'doctor_not_found');
    await clinic.as(admin).patch(`/users/${doctor.id}/`, { is_active: false }).expect(200);
    expectProblem(await join({ ...days, ...who }), 'doctor_not_found');
    // Today is not over.
    const other = await cardiologist();
    await join({ doctor: other.id, from: '2030-03-01', to: '2030-03-04' }).expect(201);
  });

  test('the same wish once, at most ten at a time', async () => {
    const [doctor, person] = [await cardiologist(), await patient()];
    const join = (day: number, more = {}) => {
      const date = `2030-03-${10 + day}`;
      return clinic.as(person).post('/waitlist/', { doctor: doctor.id, from: date, to: date, ...more });
    };
    for (let day = 0; day < 9; day += 1) await join(day).expect(201);
    expectProblem(await join(0), 'already_waiting');
    const { body } = await join(0, { after: '10:00' }).expect(201);
    expectProblem(await join(9), 'too_many_waitlist_entries');
    await clinic.leave(person, body.id).expect(204);
    await join(9).expect(201);
    expectProblem(await join(0, { after: '10:00' }), 'too_many_waitlist_entries');
  });

  test('ten at once leave ten, and the same one once', async () => {
    const [doctor, person] = [await cardiologist(), await patient()];
    const join = (day: number) => {
      const date = `2030-03-${10 + day}`;
      return clinic.as(person).post('/waitlist/', { doctor: doctor.id, from: date, to: date });
    };
    const same = await Promise.all([1, 1, 1, 1, 1].map(join));
    expect(same.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const many = await Promise.all([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map(join));
    expect(many.filter(({ status }) => status === 201)).toHaveLength(9);
  });
});

describe('GET /waitlist/', () => {
  test('a patient sees their own, those who still wait first; an admin sees all, and it is noted', async () => {
    const [doctor, one, two] = [await cardiologist(), await patient(), await patient()];
    const first = await clinic.wait(one, doctor);
    const second = await clinic.wait(one, doctor, { to: '2030-03-30' });
    const third = await clinic.wait(two, doctor);
    await clinic.leave(one, first).expect(204);
    const ids = async (who: Person, query = '') =>
      (await clinic.as(who).get(`/waitlist/${query}`).expect(200)).body.results.map(
        ({ id }: { id: number }) => id,
      );
    expect(await ids(one)).toEqual([second, first]);
    expect(await ids(one, '?status=left')).toEqual([first]);
    expect(await ids(one, '?status=waiting')).toEqual([second]);
    expect(await ids(one, `?patient=${one.id}&doctor=${doctor.id}`)).toEqual([second, first]);
    expectProblem(await clinic.as(one).get(`/waitlist/?patient=${two.id}`), 'patient_not_found');
    expect(await ids(admin, `?doctor=${doctor.id}`)).toEqual([second, third, first]);
    expect(await ids(admin, `?doctor=${doctor.id}&patient=${two.id}`)).toEqual([third]);
    const noted = await notedBy(clinic.db, () => ids(admin, `?doctor=${doctor.id}`));
    expect(noted.map(({ action, subject_id }) => [action, subject_id])).toEqual(
      expect.arrayContaining([
        ['waitlist.list', one.id],
        ['waitlist.list', two.id],
      ]),
    );
    const page = (await clinic.as(admin).get(`/waitlist/?doctor=${doctor.id}&page_size=1&page=2`)).body;
    expect(page).toMatchObject({ count: 3, results: [{ id: third }] });
    expect(page.next).toContain('page=3');
  });

  test('nobody else’s', async () => {
    const [doctor, one] = [await cardiologist(), await patient()];
    const entry = await clinic.wait(one, doctor);
    for (const ask of [
      clinic.as(outsider).get(`/waitlist/${entry}/`),
      clinic.leave(outsider, entry),
      clinic.accept(outsider, entry),
      clinic.decline(outsider, entry),
    ])
      expectProblem(await ask, 'waitlist_entry_not_found');
    expectProblem(await clinic.as(doctor).get(`/waitlist/${entry}/`), 'forbidden');
    expectProblem(await clinic.as(one).get('/waitlist/2147483647/'), 'waitlist_entry_not_found');
    expectProblem(await clinic.as(admin).get('/waitlist/2147483647/'), 'waitlist_entry_not_found');
  });
});

describe('a slot that becomes free', () => {
  test('is offered to the first by time of joining, then to the next, until somebody takes it', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const [one, two, three] = [await patient(), await patient(), await patient()];
    const entries = [
      await clinic.wait(one, doctor),
      await clinic.wait(two, doctor),
      await clinic.wait(three, doctor),
    ] as const;
    await cancel();
    // In the moment it is free, and before any job ran, it is nobody's but the list's.
    expect(await isAvailable(slot)).toBe(false);
    await clinic.drain();
    expect(await clinic.show(one, entries[0])).toMatchObject({
      status: 'offered',
      offer: {
        timeslot: {
          id: slot,
          doctor: { id: doctor.id },
          date: '2030-03-12',
          start_time: '10:00',
          end_time: '10:30',
        },
        expires_at: '2030-03-04T04:15:00.000Z',
      },
    });
    expect(await clinic.show(two, entries[1])).toMatchObject({ status: 'waiting', offer: null });
    expectProblem(await clinic.as(outsider).post('/appointments/', { timeslot: slot }), 'slot_held');
    expectProblem(await clinic.as(two).post('/appointments/', { timeslot: slot }), 'slot_held');
    expectProblem(await clinic.accept(two, entries[1]), 'offer_lapsed');

    // It lapses.
    await clinic.pass(14);
    expect((await clinic.show(one, entries[0])).status).toBe('offered');
    await clinic.pass(1);
    expect(await clinic.show(one, entries[0])).toMatchObject({ status: 'waiting', offer: null });
    expectProblem(await clinic.accept(one, entries[0]), 'offer_lapsed');
    expect((await clinic.show(two, entries[1])).offer.expires_at).toBe('2030-03-04T04:30:00.000Z');

    // It is turned down.
    const declined = (await clinic.decline(two, entries[1]).expect(200)).body;
    expect(declined).toMatchObject({ id: entries[1], status: 'waiting', offer: null });
    expectProblem(await clinic.decline(two, entries[1]), 'offer_lapsed');
    expect((await clinic.show(three, entries[2])).status).toBe('offered');

    // It is taken.
    const { body, headers } = await clinic.accept(three, entries[2]).expect(201);
    expect(body).toMatchObject({
      timeslot: slot,
      patient: { id: three.id },
      booked_by: three.id,
      status: 'pending',
    });
    expect(headers.location).toBe(`/api/appointments/${body.id}/`);
    expect(await clinic.show(three, entries[2])).toMatchObject({
      status: 'booked',
      appointment: body.id,
      offer: null,
    });
    expect(await slotRow(slot)).toEqual({
      is_taken: true,
      is_waitlisted: false,
      held_by: null,
      held_until: null,
    });
    expect(await Promise.all(entries.map(offers))).toEqual([
      [{ outcome: 'lapsed' }],
      [{ outcome: 'declined' }],
      [{ outcome: 'accepted' }],
    ]);
    expectProblem(await clinic.accept(three, entries[2]), 'offer_lapsed');
    // Cancelled once more it is free anew, and the order of joining decides again.
    await clinic.as(three).delete(`/appointments/${body.id}/`).expect(204);
    expect(await isAvailable(slot)).toBe(false);
    await clinic.drain();
    expect((await clinic.show(one, entries[0])).status).toBe('offered');
    expect(await clinic.rows('select from waitlist_offers where timeslot_id = $1', [slot])).toHaveLength(4);
    await clinic.decline(one, entries[0]).expect(200);
    await clinic.decline(two, entries[1]).expect(200);
    // Both have had it while it is free: now it is anybody's.
    expect(await isAvailable(slot)).toBe(true);
    await clinic.book(await patient(), slot);
  });

  test('by a new slot, a move and a leaving patient too', async () => {
    const { doctor, holder, visits, slots, cancel } = await bookedDoctor(2);
    const one = await patient();
    const entry = await clinic.wait(one, doctor);
    const fresh = await clinic.slot(doctor, { date: '2030-03-20' });
    await clinic.drain();
    expect((await clinic.show(one, entry)).offer.timeslot.id).toBe(fresh);
    await clinic.decline(one, entry).expect(200);
    expect(await isAvailable(fresh)).toBe(true);
    // Moving a visit frees its slot.
    await clinic.as(holder).post(`/appointments/${visits[0]}/reschedule/`, { timeslot: fresh }).expect(200);
    await clinic.drain();
    expect((await clinic.show(one, entry)).offer.timeslot.id).toBe(slots[0]);
    await clinic.decline(one, entry).expect(200);
    await cancel(1);
    await clinic.drain();
    expect((await clinic.show(one, entry)).offer.timeslot.id).toBe(slots[1]);
    // Leaving passes it on, here to everybody; leaving again is fine.
    await clinic.leave(one, entry).expect(204);
    await clinic.leave(one, entry).expect(204);
    expect(await clinic.show(one, entry)).toMatchObject({ status: 'left', offer: null });
    expect(await isAvailable(slots[1] ?? 0)).toBe(true);
    expectProblem(await clinic.accept(one, entry), 'offer_lapsed');
  });

  test('is offered only where it fits the wish', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const other = await cardiologist();
    const misfits = [
      { from: '2030-03-13', to: '2030-03-31' },
      { from: '2030-03-05', to: '2030-03-11' },
      { after: '10:01' },
      { before: '10:29' },
      { doctor: other.id },
      { doctor: undefined, specialization: 'Kardiolog' },
    ];
    for (const wish of misfits) await clinic.wait(await patient(), doctor, wish);
    const one = await patient();
    const entry = await clinic.wait(one, doctor, {
      from: '2030-03-12',
      to: '2030-03-12',
      after: '10:00',
      before: '10:30',
    });
    await cancel();
    await clinic.drain();
    expect((await clinic.show(one, entry)).offer.timeslot.id).toBe(slot);
    await clinic.decline(one, entry).expect(200);
    expect(await slotRow(slot)).toMatchObject({ is_waitlisted: false, held_by: null });
  });

  test('is offered to nobody who could not come: a visit or another offer at that time, out, or full', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const second = await bookedDoctor();
    const [busy, offered, out, last] = [await patient(), await patient(), await patient(), await patient()];
    const third = await someDoctor();
    await clinic.book(
      busy,
      await clinic.slot(third, { date: '2030-03-12', start_time: '10:15', end_time: '10:45' }),
    );
    await clinic.wait(busy, doctor);
    const elsewhere = await clinic.wait(offered, second.doctor);
    await clinic.wait(offered, doctor);
    await clinic.wait(out, doctor);
    const entry = await clinic.wait(last, doctor);
    await clinic.as(admin).patch(`/users/${out.id}/`, { is_active: false }).expect(200);
    await second.cancel();
    await clinic.drain();
    expect((await clinic.show(offered, elsewhere)).status).toBe('offered');
    await cancel();
    await clinic.drain();
    expect((await clinic.show(last, entry)).offer.timeslot.id).toBe(slot);
    // What they have at another time keeps nobody from it.
    await clinic.decline(offered, elsewhere).expect(200);
    await clinic.decline(last, entry).expect(200);
    const [mine] = await clinic.rows<{ id: number }>(
      'select e.id from waitlist_entries e where e.patient_id = $1 and e.doctor_id = $2',
      [offered.id, doctor.id],
    );
    expect((await clinic.show(offered, mine?.id ?? 0)).status).toBe('offered');
  });

  test('with two wishes that fit is offered to a person once', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    await insertSpecialization(clinic.db, 'Nevrolog');
    await clinic.as(doctor).patch('/doctor/profile/', { specialization: 'Nevrolog' }).expect(200);
    const [one, two] = [await patient(), await patient()];
    const entry = await clinic.wait(one, doctor);
    await clinic.wait(one, doctor, { doctor: undefined, specialization: 'nevrolog' });
    const next = await clinic.wait(two, doctor, { doctor: undefined, specialization: 'Nevrolog' });
    await cancel();
    await clinic.drain();
    await clinic.decline(one, entry).expect(200);
    expect((await clinic.show(two, next)).offer.timeslot.id).toBe(slot);
  });

  test('an offer never outlasts the start of its slot, and what has begun is offered to nobody', async () => {
    const { doctor, slot, cancel } = await bookedDoctor(2);
    const [one, two] = [await patient(), await patient()];
    const entry = await clinic.wait(one, doctor);
    await clinic.wait(two, doctor);
    clinic.clock.set('2030-03-12T04:50:00Z');
    await cancel();
    await clinic.drain();
    expect((await clinic.show(one, entry)).offer.expires_at).toBe('2030-03-12T05:00:00.000Z');
    await clinic.pass(10);
    expect((await clinic.show(one, entry)).status).toBe('waiting');
    expect(await slotRow(slot)).toMatchObject({ is_waitlisted: false, held_by: null });
    expect(await clinic.rows('select from waitlist_offers where timeslot_id = $1', [slot])).toHaveLength(1);
    // Freed after its start.
    clinic.clock.set('2030-03-12T06:10:00Z');
    await clinic
      .as(admin)
      .delete(`/appointments/${(await bookedVisits(doctor))[0]}/`)
      .expect(204);
    await clinic.drain();
    expect(
      await clinic.rows('select from timeslots where doctor_id = $1 and is_waitlisted', [doctor.id]),
    ).toEqual([]);
  });

  const bookedVisits = async (doctor: Person) =>
    (
      await clinic.rows<{ id: number }>(
        "select id from appointments where doctor_id = $1 and status <> 'cancelled'",
        [doctor.id],
      )
    ).map(({ id }) => id);

  test('of a doctor who is out waits until they are there again', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const one = await patient();
    const entry = await clinic.wait(one, doctor);
    await clinic.rows('update doctor_profiles set approved_at = null where id = $1', [doctor.id]);
    await cancel();
    await clinic.drain();
    expect((await clinic.show(one, entry)).status).toBe('waiting');
    expect(await slotRow(slot)).toMatchObject({ is_waitlisted: true });
    await clinic.as(admin).post(`/users/${doctor.id}/approve/`).expect(200);
    await clinic.tasks.offer_waitlist({});
    expect((await clinic.show(one, entry)).status).toBe('offered');
    // An offer that lapses while the doctor is out is over all the same.
    await clinic.rows('update doctor_profiles set approved_at = null where id = $1', [doctor.id]);
    await clinic.pass(15);
    expect(await offers(entry)).toEqual([{ outcome: 'lapsed' }]);
    expect(await clinic.rows('select status from waitlist_entries where id = $1', [entry])).toEqual([
      { status: 'waiting' },
    ]);
  });
});

describe('taking an offer', () => {
  async function offered() {
    const { doctor, slot, cancel, holder } = await bookedDoctor();
    const one = await patient();
    const entry = await clinic.wait(one, doctor);
    await cancel();
    await clinic.drain();
    return { doctor, slot, one, entry, holder };
  }

  test('by booking the slot as any other comes to the same', async () => {
    const { slot, one, entry } = await offered();
    const visit = await clinic.book(one, slot);
    expect(await clinic.show(one, entry)).toMatchObject({ status: 'booked', appointment: visit });
    expect(await offers(entry)).toEqual([{ outcome: 'accepted' }]);
  });

  test('by moving another visit there comes to the same, and its old slot goes on', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const [one, two] = [await patient(), await patient()];
    const later = await clinic.slot(doctor, { date: '2030-03-28' });
    const visit = await clinic.book(one, later);
    const [entry, next] = [await clinic.wait(one, doctor), await clinic.wait(two, doctor)];
    await cancel();
    await clinic.drain();
    await clinic.as(one).post(`/appointments/${visit}/reschedule/`, { timeslot: slot }).expect(200);
    expect(await clinic.show(one, entry)).toMatchObject({ status: 'booked', appointment: visit });
    await clinic.drain();
    expect((await clinic.show(two, next)).offer.timeslot.id).toBe(later);
  });

  test('by an admin for the patient', async () => {
    const { slot, one, entry } = await offered();
    const noted = await notedBy(clinic.db, async () => {
      const { body } = await clinic.accept(admin, entry).expect(201);
      expect(body).toMatchObject({ timeslot: slot, patient: { id: one.id }, booked_by: admin.id });
    });
    expect(noted).toEqual([expect.objectContaining({ action: 'appointment.book', subject_id: one.id })]);
    expect((await clinic.show(one, entry)).status).toBe('booked');
  });

  test('is refused where the patient has got something else at that time, and the offer stays', async () => {
    const { one, entry } = await offered();
    const other = await someDoctor();
    await clinic.book(
      one,
      await clinic.slot(other, { date: '2030-03-12', start_time: '09:45', end_time: '10:15' }),
    );
    expectProblem(await clinic.accept(one, entry), 'patient_busy');
    expect((await clinic.show(one, entry)).status).toBe('offered');
  });

  test('is refused the moment it has lapsed, whether or not a job has seen it', async () => {
    const { one, entry, slot } = await offered();
    clinic.clock.set('2030-03-04T04:15:00Z');
    expectProblem(await clinic.accept(one, entry), 'offer_lapsed');
    expectProblem(await clinic.decline(one, entry), 'offer_lapsed');
    expect(await clinic.show(one, entry)).toMatchObject({ status: 'waiting', offer: null });
    expect((await clinic.as(one).get('/waitlist/?status=offered').expect(200)).body.results).toEqual([]);
    // Whoever wants it then has it passed on, and gets it, as nobody else waits.
    await clinic.book(await patient(), slot);
    expect(await offers(entry)).toEqual([{ outcome: 'lapsed' }]);
  });

  test('once with an Idempotency-Key, however often it is asked for', async () => {
    const { one, entry } = await offered();
    const accept = () => clinic.accept(one, entry).set('idempotency-key', 'take-it');
    const first = await accept().expect(201);
    const again = await accept().expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(again.headers.location).toBe(first.headers.location);
  });

  test('and turning one down, too', async () => {
    const { one, entry } = await offered();
    const decline = () => clinic.decline(one, entry).set('idempotency-key', 'no-thanks');
    const first = await decline().expect(200);
    const again = await decline().expect(200);
    expect([again.headers['idempotency-replayed'], again.body]).toEqual(['true', first.body]);
    expectProblem(await clinic.decline(one, entry), 'offer_lapsed');
  });

  test('does not ask for the clinic’s notice again', async () => {
    const { doctor, cancel } = await bookedDoctor();
    const one = await patient();
    const entry = await clinic.wait(one, doctor);
    await clinic.as(admin).patch('/settings/', { min_notice_minutes: 60 }).expect(200);
    clinic.clock.set('2030-03-12T03:55:00Z');
    await cancel();
    await clinic.drain();
    clinic.clock.set('2030-03-12T04:05:00Z');
    await clinic.accept(one, entry).expect(201);
    await clinic.as(admin).patch('/settings/', { min_notice_minutes: 0 }).expect(200);
  });
});

describe('the clinic’s policy', () => {
  const policy = (changes: object) => clinic.as(admin).patch('/settings/', changes).expect(200);

  test('says how long an offer lasts, and what nobody could book is offered to nobody', async () => {
    const { doctor, slots, cancel } = await bookedDoctor(2);
    const one = await patient();
    const entry = await clinic.wait(one, doctor);
    await policy({ offer_minutes: 45, min_notice_minutes: 60 });
    await cancel(0);
    await clinic.drain();
    expect((await clinic.show(one, entry)).offer.expires_at).toBe('2030-03-04T04:45:00.000Z');
    await clinic.decline(one, entry).expect(200);
    clinic.clock.set('2030-03-12T05:10:00Z');
    await cancel(1);
    await clinic.drain();
    expect(await slotRow(slots[1] ?? 0)).toMatchObject({ is_waitlisted: false });
    expect((await clinic.show(one, entry)).status).toBe('waiting');
    await policy({ offer_minutes: null, min_notice_minutes: 0 });
  });

  test('passes over those who have as many appointments as they may', async () => {
    const { doctor, cancel } = await bookedDoctor();
    const [full, next] = [await patient(), await patient()];
    const other = await someDoctor();
    await clinic.book(full, await clinic.slot(other, { date: '2030-03-25' }));
    const [first, second] = [await clinic.wait(full, doctor), await clinic.wait(next, doctor)];
    await policy({ active_appointments_max: 1 });
    await cancel();
    await clinic.drain();
    expect((await clinic.show(full, first)).status).toBe('waiting');
    expect((await clinic.show(next, second)).status).toBe('offered');
    await policy({ active_appointments_max: null });
  });
});

describe('a slot that goes', () => {
  test('takes its offer with it: whoever had it waits on, and is told', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const one = await patient();
    const entry = await clinic.wait(one, doctor);
    await cancel();
    await clinic.drain();
    expect((await clinic.show(one, entry)).status).toBe('offered');
    const away = { from: '2030-03-12', to: '2030-03-12' };
    await clinic.as(doctor).post('/absences/', away).expect(201);
    await clinic.drain();
    expect(await clinic.rows('select from timeslots where id = $1', [slot])).toEqual([]);
    expect(await clinic.show(one, entry)).toMatchObject({ status: 'waiting', offer: null });
    expect(await offers(entry)).toEqual([{ outcome: 'withdrawn' }]);
    expect((await clinic.told(one)).map(({ kind }) => kind)).toEqual(['waitlist_offer', 'waitlist_lapsed']);
    // Their place is kept: the next slot is theirs.
    const fresh = await clinic.slot(doctor, { date: '2030-03-13' });
    await clinic.drain();
    expect((await clinic.show(one, entry)).offer.timeslot.id).toBe(fresh);
  });

  test('booked past the list by whoever writes the tables, the offer is over and the entry waits on', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const one = await patient();
    const entry = await clinic.wait(one, doctor);
    await cancel();
    await clinic.drain();
    await clinic.rows(
      `insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
       select doctor_id, $2, id, date, start_time, end_time, $2 from timeslots where id = $1`,
      [slot, (await patient()).id],
    );
    expect(await clinic.show(one, entry)).toMatchObject({
      status: 'waiting',
      offer: null,
      appointment: null,
    });
    expect(await offers(entry)).toEqual([{ outcome: 'withdrawn' }]);
  });
});

describe('whoever leaves the clinic', () => {
  test.each([
    [
      'is deactivated',
      (person: Person) => clinic.as(admin).patch(`/users/${person.id}/`, { is_active: false }),
    ],
    [
      'becomes a doctor',
      (person: Person) => clinic.as(admin).patch(`/users/${person.id}/`, { role: 'doctor' }),
    ],
    [
      'is erased',
      (person: Person) => clinic.as(admin).delete(`/users/${person.id}/`, { password: PASSWORD }),
    ],
  ])('%s waits no longer, and what they had goes to the next', async (_, out) => {
    const { doctor, slot, cancel } = await bookedDoctor();
    const [one, two] = [await patient(), await patient()];
    const free = await clinic.slot(doctor, { date: '2030-03-21' });
    const entry = await clinic.wait(one, doctor);
    await clinic.wait(one, doctor, { to: '2030-03-29' });
    const next = await clinic.wait(two, doctor);
    await clinic.as(one).post(`/timeslots/${free}/hold/`).expect(200);
    await cancel();
    await clinic.drain();
    expect((await clinic.show(one, entry)).status).toBe('offered');
    expect((await out(one)).status).toBeLessThan(300);
    await clinic.drain();
    expect((await clinic.show(two, next)).offer.timeslot.id).toBe(slot);
    expect(await clinic.rows('select from timeslots where held_by = $1', [one.id])).toEqual([]);
    expect(
      await clinic.rows(
        "select from waitlist_entries where patient_id = $1 and status in ('waiting', 'offered')",
        [one.id],
      ),
    ).toEqual([]);
    expect((await clinic.told(two)).map(({ kind }) => kind)).toEqual(['waitlist_offer']);
  });
});

describe('background jobs', () => {
  test('the sweep makes up for a job that was lost, in the order of the slots', async () => {
    const { doctor, slots, cancel } = await bookedDoctor(3);
    const people = [await patient(), await patient(), await patient()];
    const entries: number[] = [];
    for (const person of people) entries.push(await clinic.wait(person, doctor));
    for (const index of [2, 0, 1]) await cancel(index);
    await clinic.rows('delete from graphile_worker._private_jobs where key is null');
    await clinic.tasks.offer_waitlist({ _cron: { ts: START } });
    for (const [index, person] of people.entries())
      expect((await clinic.show(person, entries[index] ?? 0)).offer.timeslot.id).toBe(slots[index]);
    // Once more there is nothing to do.
    await Promise.all([clinic.tasks.offer_waitlist({}), clinic.tasks.offer_waitlist({})]);
    expect(
      await clinic.rows('select from waitlist_offers where timeslot_id = any ($1)', [slots]),
    ).toHaveLength(3);
  });

  test('a job that comes before the offer is over looks again later', async () => {
    const { doctor, slot, cancel } = await bookedDoctor();
    await clinic.wait(await patient(), doctor);
    await cancel();
    await clinic.drain();
    await clinic.tasks.offer_waitlist({ timeslot: slot });
    const jobs = await clinic.rows<{ seconds: number }>(
      `select extract(epoch from run_at - now())::int as seconds from graphile_worker.jobs where key = $1`,
      [`offer_waitlist:${slot}`],
    );
    expect(jobs).toHaveLength(1);
    expect(jobs[0]?.seconds).toBeGreaterThan(890);
    expect(jobs[0]?.seconds).toBeLessThan(903);
  });

  test('wishes for days that have passed are closed', async () => {
    const doctor = await cardiologist();
    const one = await patient();
    const past = await clinic.wait(one, doctor, { to: '2030-03-10' });
    const today = await clinic.wait(one, doctor, { to: '2030-03-11' });
    clinic.clock.set('2030-03-11T04:00:00Z');
    await clinic.tasks.close_waitlist();
    expect((await clinic.show(one, past)).status).toBe('left');
    expect((await clinic.show(one, today)).status).toBe('waiting');
  });

  test('until then they do not count among those that one may have', async () => {
    const one = await patient();
    const [doctor, other] = [await cardiologist(), await cardiologist()];
    for (let nth = 0; nth < WISHES_MAX; nth += 1)
      await clinic.wait(one, doctor, { to: '2030-03-10', after: `0${nth}:00` });
    const wish = { doctor: other.id, from: '2030-03-01', to: '2030-03-31' };
    expectProblem(await clinic.as(one).post('/waitlist/', wish), 'too_many_waitlist_entries');
    clinic.clock.set('2030-03-10T20:00:00Z');
    await clinic.as(one).post('/waitlist/', wish).expect(201);
  });
});

test('loading data in bulk offers nothing', async () => {
  const { doctor, visits } = await bookedDoctor();
  await clinic.wait(await patient(), doctor);
  const client = await clinic.db.$client.connect();
  await client.query('begin');
  await client.query("select set_config('clinic.quiet', 'on', true)");
  await client.query("update appointments set status = 'cancelled', cancelled_by = $2 where id = $1", [
    visits[0],
    admin.id,
  ]);
  await client.query('commit');
  client.release();
  expect(
    await clinic.rows('select from timeslots where doctor_id = $1 and is_waitlisted', [doctor.id]),
  ).toEqual([]);
});

test('what is free already is shown behind however many slots at which the patient is elsewhere', async () => {
  const [person, doctor, elsewhere] = [await patient(), await someDoctor(), await someDoctor()];
  const times = Array.from({ length: 16 }, (_, nth) => new Date(nth * 300_000).toISOString().slice(14, 16));
  const starts = times.map((minutes, nth) => `${nth < 12 ? 10 : 11}:${minutes}`);
  const slots = await makeRun(clinic.db, doctor.id, '2030-03-13', starts, { minutes: 5 });
  const [at] = await makeRun(clinic.db, elsewhere.id, '2030-03-13', ['10:00'], { minutes: 70 });
  await clinic.book(person, at ?? 0);
  const wish = { doctor: doctor.id, from: '2030-03-13', to: '2030-03-13' };
  const { body } = await clinic.as(person).post('/waitlist/', wish).expect(201);
  expect(body.free_now.map(({ id }: { id: number }) => id)).toEqual(slots.slice(14));
});
