import type { PageRequest } from '../../../core/page.ts';
import { clientOf, type Db, type Executor } from '../../../db/client.ts';
import { and, desc, eq, gt, isNotNull, isNull, or, sql } from '../../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset } from '../../../db/page.ts';
import { sessions } from '../../../db/schema/index.ts';
import { query, statement } from '../../../db/sql.ts';

const list = statement('sessions.list', () => {
  const where = and(
    eq(sessions.user_id, sql.placeholder('user')),
    isNull(sessions.ended_at),
    sql`exists (select from refresh_tokens t
        where t.session_id = ${sessions.id} and t.spent_at is null and t.expires_at > ${sql.placeholder('now')})`,
  );
  return query
    .select({
      id: sessions.id,
      device: sessions.device,
      address: sessions.address,
      created_at: sessions.created_at,
      last_used_at: sessions.last_used_at,
      count: countUpToLimit(query.select({ one: sql`1` }).from(sessions).where(where)),
    })
    .from(sessions)
    .where(where)
    .orderBy(desc(sessions.last_used_at), desc(sessions.id))
    .limit(limit)
    .offset(offset);
});

/** One page of somebody's sessions that still serve, the latest used first. */
export function listSessions(db: Db, user: number, now: Date, page: PageRequest) {
  return fetchPage(page, (window) => list(db, { user, now: now.toISOString(), ...window }));
}

/** Whose sessions end: all of a person's, all but one, or one. */
export interface Ending {
  except?: number | undefined;
  only?: number | undefined;
}

/** Ends sessions of a person, and what else was to become one, in the order of their ids: two of these at once do not wait for each other in a ring. */
export async function endSessions(
  executor: Executor,
  user: number,
  { except, only }: Ending,
  now: Date,
): Promise<number[]> {
  const { rows } = await clientOf(executor).query<{ id: number }>({
    name: 'sessions.end',
    text: `
      with ending as (
        select id from sessions
        where user_id = $1 and ended_at is null and ($2::int is null or id <> $2) and ($3::int is null or id = $3)
        order by id for no key update
      ), tickets as (
        delete from sign_in_tickets where user_id = $1 and $3::int is null
      )
      update sessions s set ended_at = $4 from ending where s.id = ending.id returning s.id`,
    values: [user, except ?? null, only ?? null, now],
  });
  return rows.map((row) => row.id);
}

/** Whether a session is, or was, this person's. */
export async function isOwn(db: Db, user: number, session: number): Promise<boolean> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.id, session), eq(sessions.user_id, user)));
  return rows.length > 0;
}

/**
 * Sessions that ended and of which an access token may still be about: those that ended since an instant, and those used
 * since then. When one ended is told by the clock of the process that ended it, which may be wrong; when one was used is
 * told by the clock of the process that gave out its token, which the token's own end is counted by as well.
 */
export async function endedSince(db: Db, since: Date): Promise<number[]> {
  const at = since.toISOString();
  const used = and(isNotNull(sessions.ended_at), gt(sessions.last_used_at, at));
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(or(gt(sessions.ended_at, at), used));
  return rows.map((row) => row.id);
}

/** When a session that goes on began. */
export async function began(executor: Executor, user: number, session: number): Promise<string | undefined> {
  const { rows } = await clientOf(executor).query<{ created_at: string }>({
    name: 'sessions.began',
    text: 'select created_at from sessions where id = $1 and user_id = $2 and ended_at is null',
    values: [session, user],
  });
  return rows[0]?.created_at;
}

const live = statement('sessions.live', () =>
  query
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.id, sql.placeholder('id')), isNull(sessions.ended_at))),
);

export async function isLive(db: Db, session: number): Promise<boolean> {
  const rows = await live(db, { id: session });
  return rows.length > 0;
}

/** The branches to which somebody is bound, as SQL; null is none. */
export const BRANCHES = (user: string): string =>
  `(select array_agg(branch_id order by branch_id) from receptionist_branches where user_id = ${user})`;

/** A session that has not ended, with the branches to which its owner is bound now. */
export async function findLive(db: Db, session: number): Promise<{ branches: number[] | null } | undefined> {
  const { rows } = await db.$client.query<{ branches: number[] | null }>({
    name: 'sessions.find-live',
    text: `select ${BRANCHES('s.user_id')} as branches from sessions s where s.id = $1 and s.ended_at is null`,
    values: [session],
  });
  return rows[0];
}

/** Those of these sessions that have not ended. */
export async function listLive(db: Db, ids: readonly number[]): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'sessions.list-live',
    text: 'select id from sessions where id = any ($1) and ended_at is null',
    values: [ids],
  });
  return rows.map(({ id }) => id);
}

/** When tokens were first signed with an algorithm, by the database's clock: the first who asks begins. */
export async function signedSince(db: Db, algorithm: string): Promise<Date> {
  await db.$client.query('insert into token_algorithms (algorithm) values ($1) on conflict do nothing', [
    algorithm,
  ]);
  const { rows } = await db.$client.query<{ since: string }>(
    'select since from token_algorithms where algorithm = $1',
    [algorithm],
  );
  return new Date(rows[0]?.since ?? Number.NaN);
}
