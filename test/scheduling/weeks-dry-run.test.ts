import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type TestApp, testApp } from '../helpers/app.ts';
import { notedBy } from '../helpers/audit.ts';
import { receptionist } from '../helpers/desk.ts';

/** What would come of a changed week is shown before. By the clock it is Monday 2026-03-02, 09:00. */

let clinic: TestApp;
let admin: Person;
let patient: Person;
beforeAll(async () => {
  clinic = await testApp();
  admin = await clinic.person('admin');
  patient = await clinic.person('patient', { first_name: 'Aziza' });
});
afterAll(() => clinic.close());

const tuesdays = (start_time: string, end_time: string, slot_minutes = 30) => [
  { weekday: 2, start_time, end_time, slot_minutes },
];
const put = async (by: Person, schedule: object[], dry_run = false) =>
  (await clinic.as(by).put('/doctor/schedule/', { schedule, dry_run }).expect(200)).body;
const tables = async () => {
  const { rows } = await clinic.db.$client.query(
    `select (select json_agg(t order by t.id) from timeslots t)::text as slots,
       (select json_agg(w order by w.id) from weekly_hours w)::text as hours,
       (select count(*) from graphile_worker.jobs)::text as jobs,
       (select count(*) from audit_entries)::text as audit`,
  );
  return rows[0];
};

/** A doctor whose Tuesdays are 09:00 to 11:00, with a visit at 10:30 on the first. */
async function practice() {
  const doctor = await clinic.person('doctor');
  await put(doctor, tuesdays('09:00', '11:00'));
  const free = await clinic.as(patient).get(`/doctors/${doctor.id}/timeslots/?date=2026-03-03`).expect(200);
  const slot = free.body.results.find(({ start_time }: { start_time: string }) => start_time === '10:30');
  const visit = await clinic.book(patient, slot.id);
  return { doctor, visit };
}

describe('a dry run of a week', () => {
  test('answers what the week would do, and changes nothing', async () => {
    const { doctor, visit } = await practice();
    const before = await tables();
    const tried = await put(doctor, tuesdays('08:00', '10:00'), true);
    expect(await tables()).toEqual({ ...before, audit: expect.any(String) });
    const done = await put(doctor, tuesdays('08:00', '10:00'));
    expect(tried).toEqual({ ...done, dry_run: true });
    expect(done).toMatchObject({
      dry_run: false,
      published: 8,
      removed: 7,
      outside_count: 1,
      outside: [
        {
          id: visit,
          date: '2026-03-03',
          start_time: '10:30',
          end_time: '11:00',
          patient: { id: patient.id },
        },
      ],
    });
    expect(done.published_slots[0]).toEqual({ date: '2026-03-03', start_time: '08:00', end_time: '08:30' });
    expect(done.removed_slots[0]).toEqual({ date: '2026-03-03', start_time: '10:00', end_time: '10:30' });
    await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
  });

  test('counts a visit as within the week where other slots of the same hours come', async () => {
    const { doctor, visit } = await practice();
    const tried = await put(doctor, tuesdays('09:00', '11:00', 20), true);
    expect(tried).toMatchObject({ outside_count: 0, outside: [] });
    expect((await put(doctor, [], true)).outside).toMatchObject([{ id: visit }]);
    await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
  });

  test('does not name a visit in a slot that was published by hand', async () => {
    const { doctor, visit } = await practice();
    const slot = await clinic.slot(doctor, { date: '2026-03-04', start_time: '15:00', end_time: '15:30' });
    await clinic.book(patient, slot);
    expect((await put(doctor, [], true)).outside.map(({ id }: { id: number }) => id)).toEqual([visit]);
    await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
  });

  test('names to a receptionist the visits of their branches only', async () => {
    const { doctor, visit } = await practice();
    await put(doctor, []);
    const { rows } = await clinic.db.$client.query<{ id: number }>(
      "insert into branches (name) values ('Elsewhere') returning id",
    );
    const there = await receptionist(
      clinic,
      rows.map(({ id }) => id),
    );
    const here = await receptionist(clinic, [1]);
    for (const [by, outside] of [
      [there, []],
      [here, [{ id: visit }]],
    ] as const) {
      const path = `/doctors/${doctor.id}/schedule/`;
      const { body } = await clinic.as(by).put(path, { schedule: [], dry_run: true }).expect(200);
      expect(body).toMatchObject({ outside, outside_count: outside.length });
    }
    await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
    // One branch again, so that nobody has to say where they work.
    await clinic.db.$client.query('update branches set is_active = false where id > 1');
  });

  test('leaves a look at the patients whom it names in the audit, and no change', async () => {
    const { doctor, visit } = await practice();
    const entries = await notedBy(clinic.db, () =>
      clinic.as(admin).put(`/doctors/${doctor.id}/schedule/`, { schedule: [], dry_run: true }).expect(200),
    );
    expect(entries).toMatchObject([{ action: 'appointment.list', subject_id: patient.id }]);
    await clinic.as(admin).delete(`/appointments/${visit}/`).expect(204);
  });
});
