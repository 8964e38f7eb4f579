import type { WallTime } from '../../core/clock.ts';
import type { Db } from '../../db/client.ts';
import { and, sql } from '../../db/drizzle.ts';
import { appointments } from '../../db/schema/index.ts';
import { statement } from '../../db/sql.ts';
import {
  type AppointmentRow,
  askedFor,
  columns,
  type Filters,
  joinPeople,
  toAppointment,
} from './appointments.repository.ts';
import type { Appointment } from './appointments.schemas.ts';

/** Where the last page ended: the next one begins after it. */
export type Cursor = Pick<Appointment, 'date' | 'start_time' | 'id'>;

const filters = ['doctor', 'patient', 'status', 'to'] as const;

/**
 * The next page of an export, by time. Each begins in its index where the one before it ended, so that the last costs
 * what the first does. Where the days begin is in the cursor alone: beside it, a condition of its own would let the
 * server begin every page there.
 */
export async function readPage(
  db: Db,
  chosen: Pick<Filters, (typeof filters)[number]>,
  after: Cursor,
  wall: WallTime,
  size: number,
): Promise<Appointment[]> {
  const given = filters.filter((name) => chosen[name] !== undefined);
  const asked = askedFor(given, chosen);
  const name = `appointments.export:${asked.name}`;
  const read = statement<AppointmentRow>(name, () => {
    const { date, start_time, id } = appointments;
    const where = and(
      asked.where,
      sql`(${date}, ${start_time}, ${id}) > (${sql.placeholder('after_date')}::date,
        ${sql.placeholder('after_time')}::time, ${sql.placeholder('after_id')}::integer)`,
    );
    const page = sql`(select ${id} as id from ${appointments} where ${where}
      order by ${date}, ${start_time}, ${id} limit ${sql.placeholder('size')}) as page`;
    return sql`
      select ${columns} from ${page} join appointments on appointments.id = page.id ${joinPeople}
      order by ${date}, ${start_time}, ${id}`;
  });
  const rows = await read(db, {
    ...chosen,
    today: wall.date,
    time: wall.time,
    after_date: after.date,
    after_time: after.start_time,
    after_id: after.id,
    size,
  });
  return rows.map(toAppointment);
}
