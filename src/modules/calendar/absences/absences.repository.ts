import type { PageRequest } from '../../../core/page.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';
import { and, desc, eq, gte, lte, sql } from '../../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset } from '../../../db/page.ts';
import { absences } from '../../../db/schema/index.ts';
import { query, statement } from '../../../db/sql.ts';
import { type Branches, isDoctorReached } from '../../availability/reach.sql.ts';
import type { Span } from './absences.rules.ts';
import type { Absence } from './absences.schemas.ts';

const fields = {
  id: absences.id,
  doctor: absences.doctor_id,
  from: absences.from,
  to: absences.to,
  start_time: absences.start_time,
  end_time: absences.end_time,
  reason: absences.reason,
  created_by: absences.created_by,
  created_at: absences.created_at,
};

/** Whose absences are reached, on which day. */
interface Within {
  branches: Branches;
  today: string;
}

const isReached = sql`exists (
  select from (select ${sql.placeholder('branches')}::integer[] as branches, ${sql.placeholder('today')}::date as today) reader
  where ${sql.raw(isDoctorReached('absences.doctor_id', 'reader.branches', 'reader.today'))})`;

interface Filters extends Within {
  doctor?: number | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** One page of absences, those that begin last first. */
export async function listAbsences(db: Db, filters: Filters, page: PageRequest) {
  const { doctor, from, to, branches } = filters;
  const name = `absences.list:${doctor ? 'doctor' : ''}:${from ? 'from' : ''}:${to ? 'to' : ''}${branches ? ':branches' : ''}`;
  const list = statement(name, () => {
    const where = and(
      doctor ? eq(absences.doctor_id, sql.placeholder('doctor')) : undefined,
      from ? gte(absences.to, sql.placeholder('from')) : undefined,
      to ? lte(absences.from, sql.placeholder('to')) : undefined,
      branches ? isReached : undefined,
    );
    return query
      .select({
        ...fields,
        count: countUpToLimit(query.select({ one: sql`1` }).from(absences).where(where)),
      })
      .from(absences)
      .where(where)
      .orderBy(desc(absences.from), desc(absences.id))
      .limit(limit)
      .offset(offset);
  });
  return fetchPage<Absence & { count: number }>(page, (window) =>
    list(db, { ...filters, doctor, from, to, ...window }),
  );
}

export async function findAbsence(executor: Executor, absence: number): Promise<Absence | undefined> {
  const [row] = await executor.select(fields).from(absences).where(eq(absences.id, absence));
  return row;
}

/** Whose absence it is, where that doctor is reached. */
export async function findOwner(
  db: Db,
  absence: number,
  { branches, today }: Within,
): Promise<{ doctor: number } | undefined> {
  const { rows } = await db.$client.query<{ doctor: number }>({
    name: 'absences.owner',
    text: `select a.doctor_id as doctor from absences a where a.id = $1 and ${isDoctorReached('a.doctor_id', '$2', '$3')}`,
    values: [absence, branches, today],
  });
  return rows[0];
}

/** Whether there is such a doctor, also a deactivated one, and whether they are away at that time already. */
export async function judgeSpan(db: Db, { doctor, from, to, start_time, end_time }: Span) {
  const { rows } = await db.$client.query<{ exists: boolean; overlaps: boolean }>({
    name: 'absences.judge',
    text: `
      select
        exists (select from users where id = $1 and role = 'doctor' and deleted_at is null) as exists,
        exists (
          select from absences
          where doctor_id = $1
            and tsrange("from" + start_time, "to" + end_time) && tsrange($2::date + $4::time, $3::date + $5::time)
        ) as overlaps`,
    values: [doctor, from, to, start_time, end_time],
  });
  return rows[0];
}

/** @returns undefined when it would overlap another of the doctor's */
export async function insertAbsence(
  tx: Tx,
  { doctor, from, to, start_time, end_time }: Span,
  { reason, created_by, now }: { reason: string | null; created_by: number; now: Date },
): Promise<number | undefined> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'absences.insert',
    text: `
      insert into absences (doctor_id, "from", "to", start_time, end_time, reason, created_by, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8)
      on conflict do nothing
      returning id`,
    values: [doctor, from, to, start_time, end_time, reason, created_by, now],
  });
  return rows[0]?.id;
}

/** @returns whether it was still there */
export async function deleteAbsence(tx: Tx, absence: number): Promise<boolean> {
  const { rowCount } = await tx.delete(absences).where(eq(absences.id, absence));
  return rowCount === 1;
}
