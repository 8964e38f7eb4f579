import type { AuditAction } from '../../core/audited.ts';
import { COUNT_LIMIT, type PageRequest } from '../../core/page.ts';
import type { Role } from '../../core/roles.ts';
import { watched } from '../../core/watched.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { alias, and, desc, eq, gte, inArray, lt, not, type SQL, sql } from '../../db/drizzle.ts';
import { countUpToLimit, fetchPage, isOnPage, pageOf, reach } from '../../db/page.ts';
import { auditEntries, users } from '../../db/schema/index.ts';
import { query, statement, UNNAMED } from '../../db/sql.ts';

export interface NewEntry {
  at: Date;
  actor_id: number | null;
  actor_role: Role | null;
  action: AuditAction;
  details: Record<string, unknown>;
  request_id: string | null;
  /** Where it came from, in CIDR; of sign-ins and refusals only. */
  network: string | null;
}

/** Notes the same of each of `subjects`, in one statement; null is nobody's record. */
export async function insertEntries(
  executor: Executor,
  entry: NewEntry,
  subjects: readonly (number | null)[],
): Promise<void> {
  await clientOf(executor).query({
    name: 'audit.insert',
    text: `
      insert into audit_entries (at, actor_id, actor_role, action, details, request_id, subject_id, network)
      select $1, $2, $3, $4, $5, $6, subject, $8 from unnest($7::integer[]) as subject`,
    values: [
      entry.at,
      entry.actor_id,
      entry.actor_role,
      entry.action,
      entry.details,
      entry.request_id,
      subjects,
      entry.network,
    ],
  });
}

/** Notes all these people in one entry. @param once what is noted no second time; undefined is noted each time */
export async function insertShown(
  executor: Executor,
  entry: NewEntry,
  people: readonly number[],
  once?: string,
): Promise<void> {
  const { at, actor_id, actor_role, action, details, request_id } = entry;
  await clientOf(executor).query({
    name: 'audit.insert-shown',
    text: `
      insert into audit_entries (at, actor_id, actor_role, action, details, request_id, people, once)
      values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (once) where once is not null do nothing`,
    values: [at, actor_id, actor_role, action, details, request_id, people, once],
  });
}

interface Filters {
  actor?: number | undefined;
  subject?: number | undefined;
  action?: string | undefined;
  /** In CIDR. */
  network?: string | undefined;
  /** What was done with records: without sign-ins and the like. */
  of_records?: true | undefined;
  /** From this instant on. */
  since?: string | undefined;
  /** Before this instant. */
  until?: string | undefined;
}

const conditions: { [Name in keyof Required<Omit<Filters, 'subject'>>]: SQL } = {
  actor: eq(auditEntries.actor_id, sql.placeholder('actor')),
  action: eq(auditEntries.action, sql.placeholder('action')),
  network: eq(auditEntries.network, sql.placeholder('network')),
  of_records: not(inArray(auditEntries.action, [...watched])),
  since: gte(auditEntries.at, sql.placeholder('since')),
  until: lt(auditEntries.at, sql.placeholder('until')),
};

/** About somebody alone, and about them among others: each has its own index. */
const ofSubject: readonly SQL[] = [
  eq(auditEntries.subject_id, sql.placeholder('subject')),
  sql`${auditEntries.people} @> array[${sql.placeholder('subject')}]::integer[]`,
];

/** The ids of the entries about somebody, of both kinds. @param end how far each is read */
function idsAbout(where: SQL | undefined, end: SQL): SQL {
  const [alone, among] = ofSubject.map(
    (one) => sql`(select ${auditEntries.id} from ${auditEntries} where ${and(one, where)} ${end})`,
  );
  return sql`${alone} union all ${among}`;
}

const actors = alias(users, 'actors');
const subjects = alias(users, 'subjects');

/**
 * Older than the entry after which a page begins. Entries never change, and where that one is gone by now, so is all that is
 * older.
 */
const isOlder = sql`(${auditEntries.at}, ${auditEntries.id}) < (
  select last.at, last.id from audit_entries as last where last.id = ${sql.placeholder('after_id')})`;

/** One page of entries, newest first, with the names that their people have now. */
export async function listEntries(db: Db, filters: Filters, page: PageRequest) {
  const given = (Object.keys(conditions) as (keyof typeof conditions)[]).filter(
    (name) => filters[name] !== undefined,
  );
  const hasSubject = filters.subject !== undefined;
  const { cursor } = page;
  const name = `audit.list:${given.join()}:${hasSubject}${cursor === undefined ? '' : `:after:${cursor !== null}`}`;
  const build = () => {
    const where = and(...given.map((filter) => conditions[filter]), cursor ? isOlder : undefined);
    // No further than the page reaches, and as far as rows are counted.
    const newest = [desc(auditEntries.at), desc(auditEntries.id)];
    const reached = sql`order by ${sql.join(newest, sql`, `)} limit ${reach}`;
    const most = sql`limit ${sql.raw(String(COUNT_LIMIT))}`;
    const counted = hasSubject
      ? idsAbout(where, most)
      : query.select({ one: sql`1` }).from(auditEntries).where(where);
    const isAsked = hasSubject ? sql`${auditEntries.id} in (${idsAbout(where, reached)})` : where;
    return query
      .select({
        id: auditEntries.id,
        at: auditEntries.at,
        action: auditEntries.action,
        details: auditEntries.details,
        request_id: auditEntries.request_id,
        people: auditEntries.people,
        network: auditEntries.network,
        actor_id: auditEntries.actor_id,
        actor_role: auditEntries.actor_role,
        actor_first_name: sql<string | null>`${actors.first_name}`.as('actor_first_name'),
        actor_last_name: sql<string | null>`${actors.last_name}`.as('actor_last_name'),
        subject_id: auditEntries.subject_id,
        subject_role: sql<Role | null>`${subjects.role}`.as('subject_role'),
        subject_first_name: sql<string | null>`${subjects.first_name}`.as('subject_first_name'),
        subject_last_name: sql<string | null>`${subjects.last_name}`.as('subject_last_name'),
        count: cursor === undefined ? countUpToLimit(counted) : sql<number>`0`.as('count'),
      })
      .from(pageOf(auditEntries, isAsked, newest))
      .innerJoin(auditEntries, isOnPage(auditEntries))
      .leftJoin(actors, eq(actors.id, auditEntries.actor_id))
      .leftJoin(subjects, eq(subjects.id, auditEntries.subject_id))
      .orderBy(...newest);
  };
  const list = statement(name, build, UNNAMED);
  const [after_id] = cursor ?? [];
  return fetchPage(
    page,
    (window) => list(db, { ...filters, after_id, ...window }),
    (row) => [row.id],
  );
}

export type EntryRow = Awaited<ReturnType<typeof listEntries>>['rows'][number];

/**
 * Lets the oldest entries from before an instant go. Only here is the trigger that keeps them told to look away, and
 * only until this transaction ends.
 * @returns how many went; fewer than `most` when no more are left
 */
export async function deleteBefore(tx: Tx, before: Date, most: number): Promise<number> {
  await tx.execute(sql`select set_config('clinic.audit_retention', 'on', true)`);
  const { rowCount } = await tx.execute(sql`
    delete from audit_entries where id in (
      select id from audit_entries where at < ${before.toISOString()} order by at, id limit ${most})`);
  return rowCount ?? 0;
}
