import type { AppointmentStatus } from '../../../core/words.ts';
import { and, eq, gte, lte, type SQL, sql } from '../../../db/drizzle.ts';
import { appointments } from '../../../db/schema/index.ts';
import type { ExportFilters } from './filters.schemas.ts';

/** What clients can filter by, who booked, since a list of one's own may be the staff's, and where the reader reaches. */
export type Filters = ExportFilters & {
  booked_by?: number | undefined;
  branches?: readonly number[] | undefined;
};

/**
 * What each filter asks for. The list and the export read their conditions here: a filter of the schema that is missing
 * here does not compile.
 */
const conditions: Record<Exclude<keyof Filters, 'status'>, SQL> = {
  doctor: eq(appointments.doctor_id, sql.placeholder('doctor')),
  patient: eq(appointments.patient_id, sql.placeholder('patient')),
  booked_by: eq(appointments.booked_by, sql.placeholder('booked_by')),
  branches: sql`${appointments.branch_id} = any (${sql.placeholder('branches')}::integer[])`,
  branch: eq(appointments.branch_id, sql.placeholder('branch')),
  date: eq(appointments.date, sql.placeholder('date')),
  from: gte(appointments.date, sql.placeholder('from')),
  to: lte(appointments.date, sql.placeholder('to')),
};
const names = Object.keys(conditions) as (keyof typeof conditions)[];

/** Its slot is over: nobody can answer a request any more. */
const ended = sql`(${appointments.date}, ${appointments.end_time}) <=
  (${sql.placeholder('today')}::date, ${sql.placeholder('time')}::time)`;

/**
 * Statuses as they are to be read now, whether or not the job has marked what has lapsed: a request that is over counts as
 * expired.
 */
function readNow(statuses: readonly AppointmentStatus[]): SQL | undefined {
  const [pending, expired] = [statuses.includes('pending'), statuses.includes('expired')];
  if (pending === expired) return undefined;
  return sql`(${appointments.status} <> 'pending' or ${pending ? sql`not ${ended}` : ended})`;
}

const each_status = sql.placeholder('statuses');
/** What is asked of the statuses of which rows are read one after the other. */
const ofEach = sql`(select status from unnest(${each_status}::appointment_status[]) as status)`;

interface Condition {
  /** For the statement: it says which conditions it holds. */
  name: string;
  where: SQL | undefined;
  /**
   * Of which the rows are read in order, each by itself and then together: an index has them in the order of time for one
   * status only. `where` is then `walked`, and ties the rows to `each_of.status`.
   */
  of: SQL | undefined;
  walked: SQL | undefined;
  values: { statuses: readonly AppointmentStatus[] };
}

/** The condition of the filters that have a value. */
export function conditionOf(filters: Filters): Condition {
  const { status: wanted = [] } = filters;
  const isOver = wanted.includes('expired') && !wanted.includes('pending');
  const statuses: readonly AppointmentStatus[] = isOver ? [...wanted, 'pending'] : wanted;
  const chosen = names.filter((name) => filters[name] !== undefined);
  const others = and(...chosen.map((name) => conditions[name]));
  const read = readNow(wanted);
  const marks = [
    ...(statuses.length > 0 ? [`status${statuses.length > 1 ? '*' : ''}`] : []),
    ...(read ? [isOver ? '=expired' : '=pending'] : []),
  ];
  const name = [...chosen, ...marks].join();
  const values = { statuses };
  if (statuses.length < 2) {
    const one = statuses[0] && sql`${appointments.status} = (${each_status}::appointment_status[])[1]`;
    const where = and(others, one, read);
    return { name, where, of: undefined, walked: where, values };
  }
  return {
    name,
    where: and(others, sql`${appointments.status} = any (${each_status}::appointment_status[])`, read),
    of: ofEach,
    walked: and(others, sql`${appointments.status} = each_of.status`, read),
    values,
  };
}
