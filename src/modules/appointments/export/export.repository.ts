import type { WallTime } from '../../../core/clock.ts';
import type { Db } from '../../../db/client.ts';
import { and, sql } from '../../../db/drizzle.ts';
import { appointments } from '../../../db/schema/index.ts';
import { statement } from '../../../db/sql.ts';
import { type AppointmentRow, columns, joinPeople, toAppointment } from '../appointments.repository.ts';
import type { Appointment } from '../appointments.schemas.ts';
import { conditionOf, type Filters } from '../reading/filters.repository.ts';

/** Where the last page ended: the next one begins after it. */
export type Cursor = Pick<Appointment, 'date' | 'start_time' | 'id'>;

/**
 * The next page of an export, by time. Each page starts in the index where the page before it ended, so the last page costs
 * as much as the first. The first day stands in the cursor alone: with a condition of its own (`date` or `from`) beside the
 * cursor, the server would start every page at that day.
 */
export async function readPage(
  db: Db,
  filters: Omit<Filters, 'date' | 'from'>,
  after: Cursor,
  wall: WallTime,
  size: number,
): Promise<Appointment[]> {
  const condition = conditionOf(filters);
  const name = `appointments.export:${condition.name}`;
  const read = statement<AppointmentRow>(name, () => {
    const { date, start_time, id } = appointments;
    const where = and(
      condition.walked,
      sql`(${date}, ${start_time}, ${id}) > (${sql.placeholder('after_date')}::date,
        ${sql.placeholder('after_time')}::time, ${sql.placeholder('after_id')}::integer)`,
    );
    const size = sql.placeholder('size');
    const rows = sql`(select ${id} as id, ${date} as date, ${start_time} as start_time from ${appointments} where ${where}
      order by ${date}, ${start_time}, ${id} limit ${size})`;
    const page = condition.of
      ? sql`(select each.id from ${condition.of} as each_of cross join lateral ${rows} as each
      order by each.date, each.start_time, each.id limit ${size}) as page`
      : sql`${rows} as page`;
    return sql`
      select ${columns} from ${page} join appointments on appointments.id = page.id ${joinPeople}
      order by ${date}, ${start_time}, ${id}`;
  });
  const rows = await read(db, {
    ...filters,
    ...condition.values,
    today: wall.date,
    time: wall.time,
    after_date: after.date,
    after_time: after.start_time,
    after_id: after.id,
    size,
  });
  return rows.map(toAppointment);
}
