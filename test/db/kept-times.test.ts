import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClinic } from '../helpers/messages/clinic.ts';

/** The first two statements of the migration: what was told before messages kept their time is given it. */
const [notifications = '', messages = ''] = readFileSync(
  join(import.meta.dirname, '../../drizzle/0010_expiry.sql'),
  'utf8',
).split('--> statement-breakpoint');

test('what was told before is given the time it spoke of, as far as it can be known', async () => {
  const clinic = await createClinic();
  const [doctor, patient] = [await clinic.person('doctor'), await clinic.person('patient')];
  const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  clinic.clock.set(`${day(0)}T00:00:00Z`);
  const slot = (ahead: number) => clinic.slot(doctor, { date: day(ahead) });
  const moved = await clinic.book(patient, await slot(3));
  const still = await clinic.book(patient, await slot(4));
  await clinic.drain();
  clinic.clock.set(`${day(0)}T00:10:00Z`);
  await clinic
    .as(patient)
    .post(`/appointments/${moved}/reschedule/`, { timeslot: await slot(5) })
    .expect(200);
  clinic.clock.set(`${day(0)}T00:20:00Z`);
  await clinic.drain();
  await clinic.as(doctor).patch(`/appointments/${moved}/`, { status: 'confirmed' }).expect(200);
  await clinic.drain();
  const kept = () =>
    clinic.rows<{ appointment_id: number; kind: string; date: string | null; start_time: string | null }>(
      `select appointment_id, kind, params ->> 'date' as date, params ->> 'start_time' as start_time
       from notifications where user_id = $1 order by id`,
      [patient.id],
    );
  const before = await kept();
  expect(before.map(({ appointment_id, kind, date }) => [appointment_id, kind, date])).toEqual([
    [moved, 'booked', day(3)],
    [still, 'booked', day(4)],
    [moved, 'moved', day(5)],
    [moved, 'confirmed', day(5)],
  ]);
  await clinic.db.$client.query(
    `update notifications set params = params - 'date' - 'start_time' - 'version' where kind <> 'moved'`,
  );
  await clinic.db.$client.query(
    `insert into messages (key, user_id, channel, kind, appointment_id, created_at)
     select key, user_id, 'sms', kind, appointment_id, created_at from notifications where kind = 'booked' and user_id = $1`,
    [patient.id],
  );
  await clinic.db.$client.query(notifications);
  await clinic.db.$client.query(messages);
  expect(await kept()).toEqual(before);
  expect(
    await clinic.rows(`select params from messages where user_id = $1 order by id`, [patient.id]),
  ).toEqual([
    { params: { date: day(3), start_time: '10:00' } },
    { params: { date: day(4), start_time: '10:00' } },
  ]);
  await clinic.close();
});
