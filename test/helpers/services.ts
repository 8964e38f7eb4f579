import type { Db } from '../../src/db/client.ts';
import type { Person, TestApp } from './app.ts';

const names = (en: string) => ({ uz: `${en} uz`, ru: `${en} ru`, en });

/** Makes a service, for half an hour by default, and lets doctors give it beside what they gave before. */
export async function makeService(
  clinic: Pick<TestApp, 'as'>,
  admin: Pick<Person, 'token'>,
  doctors: readonly { id: number }[],
  fields: Record<string, unknown> = {},
): Promise<number> {
  const made = await clinic
    .as(admin)
    .post('/services/', { name: names('Consultation'), duration_minutes: 30, ...fields })
    .expect(201);
  for (const { id } of doctors) await give(clinic, admin, id, { service: made.body.id });
  return made.body.id;
}

/** Lets a doctor give one more service. */
export async function give(
  clinic: Pick<TestApp, 'as'>,
  admin: Pick<Person, 'token'>,
  doctor: number,
  given: { service: number; duration_minutes?: number; price?: number | null },
): Promise<void> {
  const before = await clinic.as(admin).get(`/doctors/${doctor}/services/`).expect(200);
  const kept = before.body
    .filter(({ service }: { service: number }) => service !== given.service)
    .map((row: Record<string, unknown>) => ({
      service: row.service,
      ...(row.has_own_duration === true && { duration_minutes: row.duration_minutes }),
      ...(row.has_own_price === true && { price: row.price }),
    }));
  await clinic
    .as(admin)
    .put(`/doctors/${doctor}/services/`, { services: [...kept, given] })
    .expect(200);
}

/** A room of a kind in the first branch. */
export async function makeRoom(db: Db, name: string, kind: string): Promise<number> {
  const { rows } = await db.$client.query<{ id: number }>(
    'insert into rooms (branch_id, name, kind) values (1, $1, $2) returning id',
    [name, kind],
  );
  return rows[0]?.id ?? 0;
}

/** Slots one after another on a day, with breaks between them if so said. */
export async function makeRun(
  db: Db,
  doctor: number,
  date: string,
  starts: readonly string[],
  {
    minutes = 30,
    break_minutes = 0,
    branch = 1,
    room,
  }: { minutes?: number; break_minutes?: number; branch?: number; room?: number } = {},
): Promise<number[]> {
  const ids: number[] = [];
  for (const start of starts) {
    const { rows } = await db.$client.query<{ id: number }>(
      `insert into timeslots (doctor_id, date, start_time, end_time, break_minutes, branch_id, room_id)
       values ($1, $2, $3, $3::time + make_interval(mins => $4), $5, $6, $7) returning id`,
      [doctor, date, start, minutes, break_minutes, branch, room],
    );
    ids.push(rows[0]?.id ?? 0);
  }
  return ids;
}
