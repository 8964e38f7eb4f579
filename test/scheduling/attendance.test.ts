import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PASSWORD, type Person, type TestApp, testApp } from '../helpers/app.ts';
import { entry, notedBy } from '../helpers/audit.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

let clinic: TestApp;
let people: Record<'admin' | 'doctor' | 'other' | 'patient', Person>;
const freshDay = freshDays('2026-03-03');
const NOW = '2026-03-02T04:00:00Z';

beforeAll(async () => {
  clinic = await testApp();
  people = {
    admin: await clinic.person('admin'),
    doctor: await clinic.person('doctor'),
    other: await clinic.person('doctor'),
    patient: await clinic.person('patient'),
  };
});
afterAll(() => clinic.close());
beforeEach(() => clinic.clock.set(NOW));

const as = (who: keyof typeof people) => clinic.as(people[who]);
const marks = { arrive: 'arrived', complete: 'completed', 'no-show': 'no_show' } as const;
type Path = keyof typeof marks;
const mark = (id: number, path: Path, who: keyof typeof people = 'doctor') =>
  as(who).post(`/appointments/${id}/${path}/`);
const takeBack = (id: number, who: keyof typeof people = 'doctor') =>
  as(who).delete(`/appointments/${id}/attendance/`);
const read = async (id: number) => (await as('admin').get(`/appointments/${id}/`).expect(200)).body;
/** Sets the clinic's wall clock. */
const at = (date: string, time: string) => clinic.clock.set(`${date}T${time}:00+05:00`);
const dayAfter = (date: string) => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);

/** A visit at ten, confirmed unless said otherwise, and the clock on its day at nine. */
async function visit({ confirmed = true } = {}) {
  const date = freshDay();
  const id = await clinic.book(people.patient, await clinic.slot(people.doctor, { date }));
  if (confirmed) await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
  at(date, '09:00');
  return { id, date };
}

describe.each(Object.entries(marks) as [Path, string][])('%s', (path, attendance) => {
  test('marks a confirmed visit on its day, before and after it begins, and on later days', async () => {
    for (const [days, time] of [
      [0, '00:00'],
      [0, '09:59'],
      [0, '10:00'],
      [0, '23:59'],
      [40, '12:00'],
    ] as const) {
      const { id, date } = await visit();
      at(new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10), time);
      const { body } = await mark(id, path).expect(200);
      expect(body).toMatchObject({ id, status: 'confirmed', attendance, version: 3 });
      expect(body.updated_at).toBe(clinic.clock.now().toISOString());
      expect(await read(id)).toEqual(body);
    }
  });

  test('marks no visit on the day before, by the clinic’s wall clock', async () => {
    const { id, date } = await visit();
    // Midnight in Tashkent is 19:00 of the day before in UTC.
    clinic.clock.set(new Date(Date.parse(`${date}T00:00:00+05:00`) - 1_000).toISOString());
    expectProblem(await mark(id, path), 'visit_ahead');
    expect((await read(id)).attendance).toBeNull();
  });

  test('marks only what is confirmed, except that `arrive` confirms a request', async () => {
    const { id } = await visit({ confirmed: false });
    if (path === 'arrive')
      expect((await mark(id, path).expect(200)).body).toMatchObject({
        status: 'confirmed',
        attendance: 'arrived',
      });
    else expectProblem(await mark(id, path), 'not_confirmed');
    const { id: off } = await visit({ confirmed: false });
    await as('patient').delete(`/appointments/${off}/`).expect(204);
    expectProblem(await mark(off, path), 'not_confirmed');
    expect((await read(off)).attendance).toBeNull();
  });

  test('changes nothing when it is repeated, on later days too', async () => {
    const { id, date } = await visit();
    const { body } = await mark(id, path).expect(200);
    expect((await mark(id, path).expect(200)).body).toEqual(body);
    at(dayAfter(date), '09:00');
    const entries = await notedBy(clinic.db, async () =>
      expect((await mark(id, path, 'admin').expect(200)).body).toEqual(body),
    );
    // It changed nothing, and showed the patient.
    const about = { action: 'appointment.read', subject_id: people.patient.id };
    expect(entries).toMatchObject([{ ...about, actor_id: people.admin.id, details: { appointment: id } }]);
  });

  test('is for the visit’s doctor and admins only', async () => {
    const { id } = await visit();
    for (const [who, code] of [
      ['other', 'appointment_not_found'],
      ['patient', 'forbidden'],
    ] as const) {
      expectProblem(await mark(id, path, who), code);
      expectProblem(await takeBack(id, who), code);
    }
    await mark(id, path, 'admin').expect(200);
    expectProblem(await as('admin').post(`/appointments/999999/${path}/`), 'appointment_not_found');
    expectProblem(await as('doctor').post(`/appointments/999999/${path}/`), 'appointment_not_found');
  });
});

describe('a wrong mark', () => {
  test('can be changed for another on the day on which it was made', async () => {
    const { id, date } = await visit();
    await mark(id, 'no-show').expect(200);
    at(date, '23:59');
    expect((await mark(id, 'complete').expect(200)).body.attendance).toBe('completed');
    expect((await mark(id, 'arrive').expect(200)).body.attendance).toBe('arrived');
  });

  test('counts by the day of the mark, not of the visit', async () => {
    const { id, date } = await visit();
    const later = dayAfter(dayAfter(date));
    at(later, '08:00');
    await mark(id, 'no-show').expect(200);
    at(later, '23:59');
    await mark(id, 'complete').expect(200);
    at(dayAfter(later), '00:00');
    expectProblem(await mark(id, 'no-show'), 'attendance_final');
    expect((await read(id)).attendance).toBe('completed');
  });

  test('is final from midnight on', async () => {
    for (const [first, second] of [
      ['no-show', 'complete'],
      ['no-show', 'arrive'],
      ['complete', 'arrive'],
      ['arrive', 'no-show'],
    ] as const) {
      const { id, date } = await visit();
      await mark(id, first).expect(200);
      at(dayAfter(date), '00:00');
      for (const who of ['doctor', 'admin'] as const) {
        expectProblem(await mark(id, second, who), 'attendance_final');
        expectProblem(await takeBack(id, who), 'attendance_final');
      }
      expect((await read(id)).attendance).toBe(marks[first]);
    }
  });

  test('does not keep a patient who arrived before midnight from being marked as seen after it', async () => {
    const { id, date } = await visit();
    await mark(id, 'arrive').expect(200);
    at(dayAfter(date), '00:20');
    expect((await mark(id, 'complete').expect(200)).body.attendance).toBe('completed');
  });

  test('can be taken back on the day on which it was made, and then the visit can be cancelled again', async () => {
    const { id } = await visit();
    await mark(id, 'no-show').expect(200);
    await takeBack(id).expect(204);
    expect(await read(id)).toMatchObject({ attendance: null, status: 'confirmed', version: 4 });
    await takeBack(id).expect(204);
    expect((await read(id)).version).toBe(4);
    await as('patient').delete(`/appointments/${id}/`).expect(204);
  });
});

describe('a visit that is marked', () => {
  test.each(Object.keys(marks) as Path[])('by %s can’t be cancelled', async (path) => {
    const { id } = await visit();
    await mark(id, path).expect(200);
    expectProblem(await as('patient').delete(`/appointments/${id}/`), 'already_attended');
    expectProblem(await as('admin').delete(`/appointments/${id}/`), 'already_attended');
    expectProblem(
      await as('admin').patch(`/appointments/${id}/`, { status: 'cancelled' }),
      'already_attended',
    );
    expect(await read(id)).toMatchObject({ status: 'confirmed', attendance: marks[path], version: 3 });
  });

  test('either is marked or is cancelled when both happen at once', async () => {
    for (let round = 0; round < 30; round += 1) {
      const { id } = await visit();
      const [marked, cancelled] = await Promise.all([
        mark(id, 'arrive'),
        as('patient').delete(`/appointments/${id}/`),
      ]);
      const now = await read(id);
      if (now.status === 'cancelled') {
        expect(now.attendance).toBeNull();
        expectProblem(marked, 'not_confirmed');
        expect(cancelled.status).toBe(204);
      } else {
        expect(now.attendance).toBe('arrived');
        expect(marked.status).toBe(200);
        expectProblem(cancelled, 'already_attended');
      }
    }
  });

  test('is cancelled with its patient’s account, which can be erased all the same', async () => {
    const leaver = await clinic.person('patient');
    const date = freshDay();
    const id = await clinic.book(leaver, await clinic.slot(people.doctor, { date }));
    await as('doctor').patch(`/appointments/${id}/`, { status: 'confirmed' }).expect(200);
    at(date, '09:00');
    await mark(id, 'arrive').expect(200);
    await as('admin').delete(`/users/${leaver.id}/`, { password: PASSWORD }).expect(204);
    expect(await read(id)).toMatchObject({ status: 'cancelled', attendance: null });
  });
});

test('each mark leaves one entry in the audit, by whomever', async () => {
  const { id } = await visit();
  const noted = {
    ...entry(people.doctor, '', people.patient.id, { appointment: id }),
    at: clinic.clock.now().toISOString(),
  };
  for (const [path, action] of [
    ['arrive', 'appointment.arrive'],
    ['complete', 'appointment.complete'],
    ['no-show', 'appointment.no_show'],
  ] as const)
    expect(await notedBy(clinic.db, () => mark(id, path).expect(200))).toEqual([{ ...noted, action }]);
  const byAdmin = { actor_id: people.admin.id, actor_role: 'admin' };
  expect(await notedBy(clinic.db, () => takeBack(id, 'admin').expect(204))).toEqual([
    { ...noted, ...byAdmin, action: 'appointment.take_back' },
  ]);
  expect(await notedBy(clinic.db, () => takeBack(id, 'admin').expect(204))).toEqual([]);
});

test('of two marks at once the later counts, and the history knows both', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { id } = await visit();
    const answers = await Promise.all([
      mark(id, 'arrive'),
      mark(id, 'no-show'),
      mark(id, 'complete', 'admin'),
    ]);
    for (const { status } of answers) expect(status).toBe(200);
    const now = await read(id);
    expect(now.version).toBe(5);
    const { body } = await as('admin').get(`/appointments/${id}/history/`).expect(200);
    expect(body).toHaveLength(5);
    expect(body.at(-1).kind).toBe(now.attendance);
  }
});
