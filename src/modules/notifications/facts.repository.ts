import type { MessageKind } from '../../core/messages.ts';
import { COUNT_LIMIT, type Page, type PageRequest } from '../../core/page.ts';
import type { Role } from '../../core/roles.ts';
import type { Locale } from '../../core/words.ts';
import type { Db } from '../../db/client.ts';
import { fetchPage } from '../../db/page.ts';
import { PLACE } from '../../db/place-columns.ts';
import type { VisitFacts } from './texts/facts.ts';

/** What a text says of a visit, as columns of a statement that names its message or notification `m`. */
export const VISIT_COLUMNS = `
  a.date, a.start_time, a.cancel_reason, case when m.kind = 'handed_over' then not exists (
      select from timeslots s
      where s.doctor_id = m.user_id and s.date = (m.params ->> 'date')::date and s.start_time = (m.params ->> 'start_time')::time)
    else a.timeslot_id is null end as is_gone, d.first_name as doctor_first_name, d.last_name as doctor_last_name,
  p.first_name as patient_first_name, p.last_name as patient_last_name, (
    select ${PLACE} from branches b where b.id = a.branch_id) as place, (
    select jsonb_object_agg(named.id, jsonb_build_array(named.first_name, named.last_name)) from users named
    where named.id = any (string_to_array(m.params ->> 'doctors', ',')::integer[])) as doctors, (
    select jsonb_build_array(whose.first_name, whose.last_name)
    from users told join users whose on whose.id = coalesce(told.merged_into, told.id)
    where told.id = (m.params ->> 'for')::integer) as whose`;

export const VISIT_JOINS = `
  left join appointments a on a.id = m.appointment_id
  left join users d on d.id = a.doctor_id
  left join users p on p.id = a.patient_id`;

/** A row with VISIT_COLUMNS and the `params` of its message or notification. */
export interface VisitColumns extends Omit<VisitFacts, 'date' | 'start_time' | 'doctors'> {
  date: string | null;
  start_time: string | null;
  /** The doctors that `params` names, by id: first and last name. */
  doctors: Record<string, [first_name: string | null, last_name: string | null]> | null;
  /** First and last name of whom the reader looks after, where it is about them. */
  whose: [first_name: string | null, last_name: string | null] | null;
  params: Readonly<Record<string, string>>;
}

/**
 * The visit that a row is about; null where there is none. A message that speaks of a certain time keeps speaking of it,
 * wherever the visit has been moved since. A message about no appointment is about a slot of the doctor it names.
 */
export function visitOf<Row extends VisitColumns>(row: Row): VisitFacts | null {
  const { params, doctors } = row;
  const date = params.date ?? row.date;
  const start_time = params.start_time ?? row.start_time;
  if (date === null || start_time === null) return null;
  const isSlot = row.date === null;
  const [first, last] = Object.values(doctors ?? {})[0] ?? [null, null];
  const { patient_first_name, patient_last_name, cancel_reason, is_gone = false, place = null } = row;
  return {
    date,
    start_time: start_time.slice(0, 5),
    doctor_first_name: isSlot ? first : row.doctor_first_name,
    doctor_last_name: isSlot ? last : row.doctor_last_name,
    patient_first_name,
    patient_last_name,
    cancel_reason,
    is_gone,
    place,
    doctors,
  };
}

/** What the text of a listed message or notification is written from. */
interface FactsRow extends VisitColumns {
  kind: MessageKind;
  created_at: string;
  role: Role;
  locale: Locale | null;
}

interface NewestFirst {
  /** The statement's name on the server. Without it the server plans the statement for its values each time. */
  name?: string;
  table: 'messages' | 'notifications';
  /** Those beside the facts, such as `m.id`; the reader is `u`. */
  columns: string;
  /** Over the table's own columns, with $3 for the first value. */
  where: string;
  values: readonly unknown[];
}

/** One page of messages or notifications, newest first, each with what its text is written from. */
export function listNewestFirst<Columns extends object>(
  db: Db,
  { name, table, columns, where, values }: NewestFirst,
  page: PageRequest,
): Promise<Page<Columns & FactsRow>> {
  type Row = Columns & FactsRow & { count: number };
  const text = `
    select ${columns}, m.kind, m.params, m.created_at, u.role, u.locale, ${VISIT_COLUMNS}, (
      select count(*)::int from (select from ${table} where ${where} limit ${COUNT_LIMIT}) as counted) as count
    from (select id from ${table} where ${where} order by id desc limit $1 offset $2) as page
    join ${table} m on m.id = page.id
    join users u on u.id = m.user_id
    ${VISIT_JOINS}
    order by m.id desc`;
  return fetchPage(page, async ({ limit, offset }) => {
    const statement = { ...(name !== undefined && { name }), text, values: [limit, offset, ...values] };
    return (await db.$client.query<Row>(statement)).rows;
  }) as Promise<Page<Columns & FactsRow>>;
}
