import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let admin: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
});
afterAll(() => clinic.close());

const freshDay = freshDays();
const doctorOf = (specialization: string) => clinic.person('doctor', { profile: { specialization } });
const change = (person: Person, body: object) => clinic.as(admin).patch(`/users/${person.id}/`, body);
const putOut = (person: Person, upcoming?: 'cancel' | 'keep') =>
  change(person, { is_active: false, ...(upcoming && { upcoming }) });
const visitOf = async (id: number) => (await clinic.as(admin).get(`/appointments/${id}/`).expect(200)).body;
const move = (by: Person, appointment: number, timeslot: number) =>
  clinic.as(by).post(`/appointments/${appointment}/reschedule/`, { timeslot });
const isFree = async (timeslot: number) =>
  (await clinic.as(admin).get(`/timeslots/${timeslot}/`).expect(200)).body.is_available;

/** A doctor with a confirmed visit, a pending one, and a free slot. */
async function practice(specialization = 'Kardiolog') {
  const [doctor, patient, other] = [
    await doctorOf(specialization),
    await clinic.person('patient', { first_name: 'Aziza', phone: '+998901234567' }),
    await clinic.person('patient'),
  ];
  const date = freshDay();
  const slots = [
    await clinic.slot(doctor, { date }),
    await clinic.slot(doctor, { date, start_time: '11:00', end_time: '11:30' }),
    await clinic.slot(doctor, { date, start_time: '12:00', end_time: '12:30' }),
  ] as const;
  const confirmed = await clinic.book(patient, slots[0]);
  const pending = await clinic.book(other, slots[1]);
  await clinic.as(doctor).patch(`/appointments/${confirmed}/`, { status: 'confirmed' }).expect(200);
  return { doctor, patient, other, date, slots, confirmed, pending };
}

describe('a doctor who is put out', () => {
  test('is kept while visits are ahead: the refusal gives their number, and nothing has changed', async () => {
    const { doctor, confirmed, pending } = await practice();
    const answer = await putOut(doctor);
    expectProblem(answer, 'has_upcoming');
    expect(answer.body.count).toBe(2);
    await clinic.as(doctor).get('/auth/me/').expect(200);
    expect([(await visitOf(confirmed)).status, (await visitOf(pending)).status]).toEqual([
      'confirmed',
      'pending',
    ]);
  });

  test('leaves no visits behind with `cancel`, in one act that is noted for each patient', async () => {
    const { doctor, patient, other, slots, confirmed, pending } = await practice();
    const entries = await notedBy(clinic.db, () => putOut(doctor, 'cancel').expect(200));
    for (const id of [confirmed, pending])
      expect(await visitOf(id)).toMatchObject({
        status: 'cancelled',
        cancelled_by: admin.id,
        cancel_reason: 'doctor_absent',
      });
    const about = { left_by: doctor.id };
    expect(entries).toHaveLength(3);
    expect(entries).toEqual(
      expect.arrayContaining([
        entry(admin, 'appointment.cancel', patient.id, about),
        entry(admin, 'appointment.cancel', other.id, about),
        entry(admin, 'user.deactivate', doctor.id, { upcoming: 'cancel' }),
      ]),
    );
    for (const timeslot of slots)
      expectProblem(await clinic.as(patient).post('/appointments/', { timeslot }), 'timeslot_not_found');
    // They stay, for when the doctor is let in again.
    await change(doctor, { is_active: true }).expect(200);
    expect(await Promise.all(slots.map(isFree))).toEqual([true, true, true]);
  });

  test('still has visits with `keep`, and the desk can do with them what it always could', async () => {
    const { doctor, patient, other, slots, date, confirmed, pending } = await practice();
    const entries = await notedBy(clinic.db, () => putOut(doctor, 'keep').expect(200));
    expect(entries).toEqual([entry(admin, 'user.deactivate', doctor.id, { upcoming: 'keep' })]);
    expect((await visitOf(confirmed)).status).toBe('confirmed');
    expect((await clinic.as(patient).get('/appointments/me/').expect(200)).body.count).toBe(1);
    // Free slots are nobody's while their doctor is out.
    expectProblem(
      await clinic.as(other).post('/appointments/', { timeslot: slots[2] }),
      'timeslot_not_found',
    );
    expectProblem(await move(patient, confirmed, slots[2]), 'timeslot_not_found');
    await clinic.as(admin).patch(`/appointments/${pending}/`, { status: 'confirmed' }).expect(200);
    await clinic.as(other).delete(`/appointments/${pending}/`).expect(204);
    clinic.clock.set(`${date}T04:00:00.000Z`);
    try {
      await clinic.as(admin).post(`/appointments/${confirmed}/no-show/`).expect(200);
      await clinic.as(admin).post(`/appointments/${confirmed}/arrive/`).expect(200);
      await clinic.as(admin).post(`/appointments/${confirmed}/complete/`).expect(200);
    } finally {
      clinic.clock.set('2026-03-02T04:00:00.000Z');
    }
  });

  test('can lose the kept visits afterwards, and a repeated deactivation asks nothing', async () => {
    const { doctor, confirmed } = await practice();
    await putOut(doctor, 'keep').expect(200);
    await putOut(doctor).expect(200);
    expect((await visitOf(confirmed)).status).toBe('confirmed');
    await putOut(doctor, 'cancel').expect(200);
    expect((await visitOf(confirmed)).status).toBe('cancelled');
  });

  test('needs no word about visits when there are none', async () => {
    const doctor = await doctorOf('Kardiolog');
    await clinic.slot(doctor, { date: freshDay() });
    await putOut(doctor).expect(200);
    const kept = await doctorOf('Kardiolog');
    await putOut(kept, 'cancel').expect(200);
  });

  test('can be absent: an admin previews what is cancelled, and cancels it', async () => {
    const { doctor, date, confirmed, pending } = await practice();
    await putOut(doctor, 'keep').expect(200);
    const away = (more: object = {}) =>
      clinic.as(admin).post('/absences/', { doctor: doctor.id, from: date, to: date, ...more });
    const { body } = await away({ preview: true }).expect(200);
    expect(body).toMatchObject({ slots_count: 1, appointments_count: 2 });
    await away().expect(201);
    for (const id of [confirmed, pending])
      expect(await visitOf(id)).toMatchObject({ status: 'cancelled', cancel_reason: 'doctor_absent' });
    const erased = await doctorOf('Kardiolog');
    await clinic.as(admin).delete(`/users/${erased.id}/`, { password: PASSWORD }).expect(204);
    const gone = { doctor: erased.id, from: date, to: date };
    for (const preview of [true, false])
      expectProblem(await clinic.as(admin).post('/absences/', { ...gone, preview }), 'doctor_not_found');
  });
});

describe('a visit whose doctor is out', () => {
  test.each([
    ['patient', 'pending'],
    ['admin', 'confirmed'],
  ] as const)('goes to a colleague by a move of the %s, and stays the same visit', async (by, status) => {
    const { doctor, patient, slots, confirmed } = await practice('Nevrolog');
    const colleague = await doctorOf('NEVROLOG');
    const to = await clinic.slot(colleague, { date: freshDay() });
    const mover = by === 'admin' ? admin : patient;
    // As long as its doctor is here it is theirs, to the patient.
    expectProblem(await move(patient, confirmed, to), 'not_same_doctor');
    await putOut(doctor, 'keep').expect(200);
    const entries = await notedBy(clinic.db, () => move(mover, confirmed, to).expect(200));
    expect(entries).toEqual([
      entry(mover, 'appointment.move', patient.id, {
        appointment: confirmed,
        from_doctor: doctor.id,
        to_doctor: colleague.id,
      }),
    ]);
    expect(await visitOf(confirmed)).toMatchObject({
      id: confirmed,
      doctor: { id: colleague.id },
      patient: { id: patient.id },
      timeslot: to,
      status,
    });
    const { body: history } = await clinic.as(patient).get(`/appointments/${confirmed}/history/`).expect(200);
    expect(history.slice(-2)).toMatchObject([
      { kind: 'moved', by: { id: mover.id } },
      { kind: 'doctor_changed', details: { from_doctor: doctor.id, to_doctor: colleague.id } },
    ]);
    expect((await clinic.as(colleague).get('/appointments/me/').expect(200)).body.count).toBe(1);
    await change(doctor, { is_active: true }).expect(200);
    expect(await isFree(slots[0])).toBe(true);
  });

  test('does not go to another specialization, nor to a doctor who is deactivated or not approved', async () => {
    const { doctor, patient, confirmed } = await practice('Urolog');
    const [stranger, blank, gone] = [
      await doctorOf('Okulist'),
      await clinic.person('doctor'),
      await doctorOf('Urolog'),
    ];
    const slots = await Promise.all(
      [stranger, blank, gone].map((by) => clinic.slot(by, { date: freshDay() })),
    );
    await putOut(doctor, 'keep').expect(200);
    await putOut(gone).expect(200);
    for (const by of [patient, admin]) {
      for (const timeslot of slots.slice(0, 2))
        expectProblem(await move(by, confirmed, timeslot), 'not_same_doctor');
      expectProblem(await move(by, confirmed, slots[2] ?? 0), 'timeslot_not_found');
    }
    expect(await visitOf(confirmed)).toMatchObject({ doctor: { id: doctor.id }, status: 'confirmed' });
  });

  test('is refused a taken slot with the slots of colleagues that can be had', async () => {
    const { doctor, patient, other, confirmed } = await practice('Lor');
    const colleague = await doctorOf('Lor');
    const third = await doctorOf('Lor');
    const date = freshDay();
    const taken = await clinic.slot(colleague, { date });
    const own = await clinic.slot(colleague, { date, start_time: '11:00', end_time: '11:30' });
    const others = await clinic.slot(third, { date, start_time: '11:30', end_time: '12:00' });
    await clinic.book(other, taken);
    await putOut(doctor, 'keep').expect(200);
    const answer = await move(patient, confirmed, taken);
    expectProblem(answer, 'slot_taken');
    expect(answer.body.alternatives.map(({ id }: { id: number }) => id)).toEqual([own, others]);
  });

  test('cannot be given to another doctor except by a move: the database refuses it', async () => {
    const { doctor, confirmed, slots } = await practice('Lor');
    const colleague = await doctorOf('Lor');
    const run = (text: string, values: unknown[]) => clinic.db.$client.query(text, values);
    const whole = { code: '23514', constraint: 'appointments_move_whole' };
    await expect(
      run('update appointments set doctor_id = $2 where id = $1', [confirmed, colleague.id]),
    ).rejects.toMatchObject(whole);
    await putOut(doctor, 'keep').expect(200);
    await expect(
      run('update appointments set doctor_id = $2 where id = $1', [confirmed, colleague.id]),
    ).rejects.toMatchObject(whole);
    await expect(
      run(
        `insert into appointments (doctor_id, patient_id, timeslot_id, date, start_time, end_time, booked_by)
         select doctor_id, $2, id, date, start_time, end_time, $2 from timeslots where id = $1`,
        [slots[2], (await clinic.person('patient')).id],
      ),
    ).rejects.toMatchObject({ code: '23514', constraint: 'appointments_doctor_works' });
  });
});

describe('a patient who is put out', () => {
  test('is kept while visits are ahead: the refusal gives their number', async () => {
    const { patient, confirmed } = await practice();
    const answer = await putOut(patient);
    expectProblem(answer, 'has_upcoming');
    expect(answer.body.count).toBe(1);
    await clinic.as(patient).get(`/appointments/${confirmed}/`).expect(200);
  });

  test('gives the slots back with `cancel`, and with `keep` the visit takes place', async () => {
    const { patient, other, slots, confirmed, pending } = await practice();
    await putOut(patient, 'cancel').expect(200);
    expect(await visitOf(confirmed)).toMatchObject({
      status: 'cancelled',
      cancelled_by: admin.id,
      cancel_reason: 'account_closed',
    });
    expect(await isFree(slots[0])).toBe(true);
    await putOut(other, 'keep').expect(200);
    expect((await visitOf(pending)).status).toBe('pending');
    expect(await isFree(slots[1])).toBe(false);
  });
});

describe('another role', () => {
  test('is refused with the number of visits, also with `keep`: nobody can see patients as a patient', async () => {
    const { doctor, patient } = await practice();
    for (const [person, role, count] of [
      [doctor, 'patient', 2],
      [patient, 'doctor', 1],
    ] as const)
      for (const upcoming of [undefined, 'keep'] as const) {
        const answer = await change(person, { role, ...(upcoming && { upcoming }) });
        expectProblem(answer, 'role_in_use');
        expect(answer.body.count).toBe(count);
      }
  });

  test('cancels the visits with `cancel`, and removes a doctor’s free slots', async () => {
    const { doctor, other, confirmed, pending, slots } = await practice();
    await change(other, { role: 'admin', upcoming: 'cancel' }).expect(200);
    expect(await visitOf(pending)).toMatchObject({ status: 'cancelled', cancel_reason: null });
    await change(doctor, { role: 'patient', upcoming: 'cancel' }).expect(200);
    expect(await visitOf(confirmed)).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'doctor_absent',
      timeslot: null,
    });
    const { rows } = await clinic.db.$client.query('select id from timeslots where id = any ($1)', [slots]);
    expect(rows).toEqual([]);
  });
});

describe('what is still to come', () => {
  /** A visit of today at 11:00 by the clinic's clock, that was over at half past nine. */
  async function seenEarly(mark: 'complete' | 'no-show') {
    const { doctor, patient, date, slots, confirmed, pending } = await practice();
    await clinic.as(admin).patch(`/appointments/${pending}/`, { status: 'cancelled' }).expect(200);
    clinic.clock.set(`${date}T04:30:00.000Z`);
    // Tokens live by the system's clock; the test's moves nobody out.
    await clinic.as(doctor).post(`/appointments/${confirmed}/${mark}/`).expect(200);
    return { doctor, patient, slots, confirmed, back: () => clinic.clock.set('2026-03-02T04:00:00.000Z') };
  }
  const attendances = { complete: 'completed', 'no-show': 'no_show' } as const;

  test.each(['complete', 'no-show'] as const)(
    'is not a visit marked %s before it began: whoever leaves leaves it as it was',
    async (mark) => {
      const ways: Record<string, (one: { doctor: Person; patient: Person }) => PromiseLike<unknown>> = {
        'the patient erases themself': ({ patient }) =>
          clinic.as(patient).delete('/auth/me/', { password: 'a-long-quiet-river' }).expect(204),
        'an admin erases the patient': ({ patient }) =>
          clinic.as(admin).delete(`/users/${patient.id}/`, { password: 'a-long-quiet-river' }).expect(204),
        'an admin erases the doctor': ({ doctor }) =>
          clinic.as(admin).delete(`/users/${doctor.id}/`, { password: 'a-long-quiet-river' }).expect(204),
        'the patient is put out': ({ patient }) => putOut(patient).expect(200),
        'the doctor is put out with all that is ahead': ({ doctor }) => putOut(doctor, 'cancel').expect(200),
        'the doctor becomes a patient': ({ doctor }) => change(doctor, { role: 'patient' }).expect(200),
        'the patient becomes a doctor': ({ patient }) => change(patient, { role: 'doctor' }).expect(200),
      };
      for (const [way, leave] of Object.entries(ways)) {
        const early = await seenEarly(mark);
        await leave(early);
        expect(await visitOf(early.confirmed), way).toMatchObject({
          status: 'confirmed',
          attendance: attendances[mark],
          timeslot: early.slots[0],
        });
        early.back();
      }
    },
  );

  test('does not count a visit that was seen early among those a patient may have', async () => {
    await clinic.as(admin).patch('/settings/', { active_appointments_max: 1 }).expect(200);
    const early = await seenEarly('complete');
    try {
      const next = await clinic.slot(await doctorOf('Lor'), { date: freshDay() });
      await clinic.book(early.patient, next);
    } finally {
      early.back();
      await clinic.as(admin).patch('/settings/', { active_appointments_max: null }).expect(200);
    }
  });

  test('is a visit whose patient came early and waits', async () => {
    const { doctor, patient, date, confirmed } = await practice();
    clinic.clock.set(`${date}T04:30:00.000Z`);
    try {
      await clinic.as(doctor).post(`/appointments/${confirmed}/arrive/`).expect(200);
      expectProblem(await putOut(patient), 'has_upcoming');
      await putOut(patient, 'cancel').expect(200);
      expect(await visitOf(confirmed)).toMatchObject({ status: 'cancelled', attendance: null });
    } finally {
      clinic.clock.set('2026-03-02T04:00:00.000Z');
    }
  });
});
