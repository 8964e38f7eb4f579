import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { freshDays } from '../helpers/days.ts';
import { expectProblem } from '../helpers/problem.ts';

type Status = 'pending' | 'confirmed' | 'cancelled';
type Role = 'patient' | 'doctor' | 'admin';

let clinic: TestApp;
let people: Record<Role, Person>;
beforeAll(async () => {
  clinic = await testApp();
  people = {
    patient: await clinic.person('patient'),
    doctor: await clinic.person('doctor'),
    admin: await clinic.person('admin'),
  };
});
afterAll(() => clinic.close());

const freshDay = freshDays();
/** An appointment that stands in `status`, on a day of its own. */
async function visitIn(status: Status): Promise<{ id: number; timeslot: number; date: string }> {
  const date = freshDay();
  const timeslot = await clinic.slot(people.doctor, { date });
  const id = await clinic.book(people.patient, timeslot);
  if (status !== 'pending') await decide(people.admin, id, { status }).expect(200);
  return { id, timeslot, date };
}

const decide = (by: Person, id: number, body: object) => clinic.as(by).patch(`/appointments/${id}/`, body);
const cancel = (by: Person, id: number) => clinic.as(by).delete(`/appointments/${id}/`);
const show = async (id: number) =>
  (await clinic.as(people.admin).get(`/appointments/${id}/`).expect(200)).body;

describe('PATCH /appointments/{id}/', () => {
  // Rule 9: who may move what to where. Everything else is refused, and nothing leaves `cancelled`.
  test.each([
    ['doctor', 'pending', 'confirmed', 200],
    ['doctor', 'pending', 'cancelled', 200],
    ['doctor', 'confirmed', 'confirmed', 'already_decided'],
    ['doctor', 'confirmed', 'cancelled', 'already_decided'],
    ['doctor', 'cancelled', 'confirmed', 'already_decided'],
    ['doctor', 'cancelled', 'cancelled', 'already_decided'],
    ['admin', 'pending', 'confirmed', 200],
    ['admin', 'pending', 'cancelled', 200],
    ['admin', 'confirmed', 'confirmed', 'already_decided'],
    ['admin', 'confirmed', 'cancelled', 200],
    ['admin', 'cancelled', 'confirmed', 'already_decided'],
    ['admin', 'cancelled', 'cancelled', 'already_decided'],
    ['patient', 'pending', 'confirmed', 'forbidden'],
    ['patient', 'pending', 'cancelled', 'forbidden'],
    ['patient', 'confirmed', 'cancelled', 'forbidden'],
  ] as [Role, Status, Status, 200 | ErrorCode][])('%s: %s to %s is %s', async (role, from, to, outcome) => {
    const { id } = await visitIn(from);
    await clinic.db.$client.query(
      "update appointments set updated_at = updated_at - interval '1 hour' where id = $1",
      [id],
    );
    const before = await show(id);
    const answer = await decide(people[role], id, { status: to });
    if (outcome !== 200) {
      expectProblem(answer, outcome);
      expect(await show(id)).toEqual(before);
      return;
    }
    expect(answer.status).toBe(200);
    const cancelled_by = to === 'cancelled' ? people[role].id : null;
    expect(answer.body).toEqual({
      ...before,
      status: to,
      updated_at: expect.any(String),
      cancelled_by,
      version: before.version + 1,
    });
    expect(answer.body.updated_at > before.updated_at).toBe(true);
    expect(await show(id)).toEqual(answer.body);
  });

  test('keeps the reason of a cancellation, trimmed', async () => {
    const { id } = await visitIn('pending');
    const { body } = await decide(people.doctor, id, { status: 'cancelled', reason: ' Ill that day ' });
    expect(body).toMatchObject({ status: 'cancelled', cancel_reason: 'Ill that day' });
  });

  test.each([
    [{}, ['status required']],
    [{ status: 'pending' }, ['status invalid_choice']],
    [{ status: 'CONFIRMED' }, ['status invalid_choice']],
    [{ status: null }, ['status invalid_choice']],
    [{ status: 'confirmed', reason: 'because' }, ['reason reason_without_cancel']],
    [{ status: 'cancelled', reason: '' }, ['reason too_short']],
    [{ status: 'cancelled', reason: 'x'.repeat(501) }, ['reason too_long']],
    [{ status: 'cancelled', reason: 'a\u0000b' }, ['reason invalid_characters']],
    [{ status: 'gone', reason: 5 }, ['status invalid_choice', 'reason invalid_type']],
  ])('refuses %j', async (body, fields) => {
    const { id } = await visitIn('pending');
    expectProblem(await decide(people.doctor, id, body), 'invalid_input', { fields });
    expect((await show(id)).status).toBe('pending');
  });

  test('writes the status and the reason only', async () => {
    const { id } = await visitIn('pending');
    const before = await show(id);
    const more = {
      id: 1,
      patient: 1,
      doctor: 1,
      timeslot: null,
      date: '2030-01-01',
      cancelled_by: 1,
      booked_by: 1,
    };
    expectProblem(await decide(people.doctor, id, { status: 'confirmed', ...more }), 'unknown_field', {
      fields: Object.keys(more).map((name) => `${name} unknown_field`),
    });
    expect(await show(id)).toEqual(before);
    const { body } = await decide(people.doctor, id, { status: 'confirmed' }).expect(200);
    const { updated_at } = body;
    expect(body).toEqual({ ...before, status: 'confirmed', updated_at, version: before.version + 1 });
  });

  test('another doctor decides nothing', async () => {
    const { id } = await visitIn('pending');
    expectProblem(
      await decide(await clinic.person('doctor'), id, { status: 'confirmed' }),
      'appointment_not_found',
    );
    expectProblem(await decide(people.doctor, 999_999, { status: 'confirmed' }), 'appointment_not_found');
    expectProblem(await decide(people.admin, 999_999, { status: 'confirmed' }), 'appointment_not_found');
  });
});

describe('DELETE /appointments/{id}/', () => {
  test.each(['pending', 'confirmed'] as const)(
    'cancels what is %s, for patient and admin',
    async (status) => {
      for (const by of [people.patient, people.admin]) {
        const { id, timeslot } = await visitIn(status);
        const before = await show(id);
        const answer = await cancel(by, id).expect(204);
        expect(answer.text).toBe('');
        expect(await show(id)).toEqual({
          ...before,
          status: 'cancelled',
          cancelled_by: by.id,
          updated_at: expect.any(String),
          version: before.version + 1,
        });
        // The slot is free again at once.
        await clinic.book(people.patient, timeslot);
      }
    },
  );

  test('may be repeated, which changes nothing, whoever cancelled', async () => {
    const { id } = await visitIn('pending');
    await decide(people.doctor, id, { status: 'cancelled', reason: 'Ill' }).expect(200);
    const before = await show(id);
    await cancel(people.patient, id).expect(204);
    await cancel(people.patient, id).expect(204);
    await cancel(people.admin, id).expect(204);
    expect(await show(id)).toEqual(before);
  });

  test('keeps why, for the other side to see, and asks nobody for it', async () => {
    const path = (id: number) => `/appointments/${id}/`;
    for (const by of [people.patient, people.admin]) {
      const { id } = await visitIn('confirmed');
      await clinic.as(by).delete(path(id), { reason: '  I have caught a cold ' }).expect(204);
      expect(await show(id)).toMatchObject({
        status: 'cancelled',
        cancelled_by: by.id,
        cancel_reason: 'I have caught a cold',
      });
      const seen = await clinic.as(people.doctor).get(path(id)).expect(200);
      expect(seen.body.cancel_reason).toBe('I have caught a cold');
      // What was said first stays.
      await clinic.as(by).delete(path(id), { reason: 'Another' }).expect(204);
      expect((await show(id)).cancel_reason).toBe('I have caught a cold');
    }
    for (const body of [undefined, {}]) {
      const { id } = await visitIn('pending');
      await clinic.as(people.patient).delete(path(id), body).expect(204);
      expect(await show(id)).toMatchObject({ status: 'cancelled', cancel_reason: null });
    }
    const { id } = await visitIn('pending');
    await clinic.as(people.patient).delete(path(id)).set('content-type', 'application/json').expect(204);
  });

  test.each([
    [{ reason: 5 }, 'reason invalid_type'],
    [{ reason: '' }, 'reason too_short'],
    [{ reason: 'x'.repeat(501) }, 'reason too_long'],
    [{ reason: 'a\u0000b' }, 'reason invalid_characters'],
    [[], ' invalid_type'],
  ])('refuses a reason that is none, and cancels nothing: %j', async (body, field) => {
    const { id } = await visitIn('pending');
    const answer = await clinic.as(people.patient).delete(`/appointments/${id}/`, body);
    expectProblem(answer, 'invalid_input', { fields: [field] });
    expect((await show(id)).status).toBe('pending');
  });

  test('is not for doctors, nor for another patient', async () => {
    const { id } = await visitIn('pending');
    expectProblem(await cancel(people.doctor, id), 'forbidden');
    expectProblem(await cancel(await clinic.person('patient'), id), 'appointment_not_found');
    expect((await show(id)).status).toBe('pending');
  });

  test.each(['pending', 'confirmed'] as const)(
    'once a %s visit has begun only an admin cancels it; a repeated cancellation is still fine',
    async (status) => {
      const [begun, before] = [await visitIn(status), await visitIn(status)];
      await cancel(people.patient, before.id).expect(204);
      clinic.clock.set(`${begun.date}T04:59:59Z`);
      const soon = await visitIn(status);
      clinic.clock.set(`${begun.date}T05:00:00Z`);
      expectProblem(await cancel(people.patient, begun.id), 'visit_begun');
      expect((await show(begun.id)).status).toBe(status);
      await cancel(people.patient, soon.id).expect(204);
      await cancel(people.patient, before.id).expect(204);
      await cancel(people.admin, begun.id).expect(204);
      await cancel(people.patient, begun.id).expect(204);
      clinic.clock.set('2026-03-02T04:00:00Z');
    },
  );

  test('up to its last second the patient can still cancel', async () => {
    const { id, date } = await visitIn('confirmed');
    clinic.clock.set(`${date}T04:59:59Z`);
    await cancel(people.patient, id).expect(204);
    clinic.clock.set('2026-03-02T04:00:00Z');
  });
});
