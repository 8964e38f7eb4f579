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
const conditions: Record<keyof Filters, SQL> = {
  doctor: eq(appointments.doctor_id, sql.placeholder('doctor')),
  patient: eq(appointments.patient_id, sql.placeholder('patient')),
  booked_by: eq(appointments.booked_by, sql.placeholder('booked_by')),
  branches: sql`${appointments.branch_id} = any (${sql.placeholder('branches')}::integer[])`,
  branch: eq(appointments.branch_id, sql.placeholder('branch')),
  date: eq(appointments.date, sql.placeholder('date')),
  from: gte(appointments.date, sql.placeholder('from')),
  to: lte(appointments.date, sql.placeholder('to')),
  status: eq(appointments.status, sql.placeholder('status')),
};
const names = Object.keys(conditions) as (keyof Filters)[];

/** Its slot is over: nobody can answer a request any more. */
const ended = sql`(${appointments.date}, ${appointments.end_time}) <=
  (${sql.placeholder('today')}::date, ${sql.placeholder('time')}::time)`;

/**
 * A status as it is to be read now, whether or not the job has marked what has lapsed. A statement's name says which of
 * these it holds.
 */
const readAs: Partial<Record<AppointmentStatus, SQL>> = {
  pending: sql`(${appointments.status} = 'pending' and not ${ended})`,
  expired: sql`(${appointments.status} in ('pending', 'expired') and (${appointments.status} = 'expired' or ${ended}))`,
};

/** The condition of the filters that have a value, and a name for it. */
export function conditionOf(filters: Filters): { name: string; where: SQL | undefined } {
  const { status } = filters;
  const chosen = names.filter((name) => filters[name] !== undefined);
  const read = status && readAs[status];
  return {
    name: `${chosen.join()}${read ? `=${status}` : ''}`,
    where: and(...chosen.map((name) => (name === 'status' && read ? read : conditions[name]))),
  };
}
