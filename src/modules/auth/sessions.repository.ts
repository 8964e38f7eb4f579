import type { Role } from '../../core/roles.ts';
import type { Db, Executor } from '../../db/client.ts';
import { and, eq, gt, isNull, sql } from '../../db/drizzle.ts';
import { prepared } from '../../db/prepared.ts';
import { sessions } from '../../db/schema/index.ts';

interface NewToken {
  token_hash: Buffer;
  expires_at: Date;
}

/**
 * Opens a session with its first refresh token. The user's row is locked, so that nobody signs in while being put out.
 * @returns undefined when the user is no longer active
 */
export async function openSession(
  db: Db,
  user: number,
  { token_hash, expires_at }: NewToken,
): Promise<number | undefined> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'sessions.open',
    text: `
      with person as (
        select id from users where id = $1 and is_active for share
      ), opened as (
        insert into sessions (user_id) select id from person returning id
      ), token as (
        insert into refresh_tokens (token_hash, session_id, expires_at) select $2, id, $3 from opened
      )
      select id from opened`,
    values: [user, token_hash, expires_at],
  });
  return rows[0]?.id;
}

export interface Holder {
  session: number;
  id: number;
  role: Role;
}

/**
 * Spends a refresh token for the next one, in one statement: of two that come at once one wins. Tokens of the same
 * session that have expired go with it. The user is locked before the session, as by whoever puts them out: the other
 * way round the two deadlock.
 * @returns undefined when it is unknown, spent, expired, or its holder is out
 */
export async function rotate(
  db: Db,
  spent: Buffer,
  { token_hash, expires_at }: NewToken,
  now: Date,
): Promise<Holder | undefined> {
  const { rows } = await db.$client.query<Holder>({
    name: 'sessions.rotate',
    text: `
      with spent as (
        update refresh_tokens set spent_at = $4
        where token_hash = $1 and spent_at is null and expires_at > $4
        returning session_id
      ), holder as (
        select s.id as session, u.id, u.role
        from spent join sessions s on s.id = spent.session_id and s.ended_at is null
        join users u on u.id = s.user_id and u.is_active
        for share of u, s
      ), fresh as (
        insert into refresh_tokens (token_hash, session_id, expires_at) select $2, session, $3 from holder
      ), stale as (
        delete from refresh_tokens t using holder where t.session_id = holder.session and t.expires_at <= $4
      )
      select * from holder`,
    values: [spent, token_hash, expires_at, now],
  });
  return rows[0];
}

/** Ends the session of a refresh token that was spent before: somebody else holds a copy of it. */
export async function endSessionOfSpent(db: Db, token_hash: Buffer, now: Date): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'sessions.end-of-spent',
    text: `
      update sessions s set ended_at = $2
      from refresh_tokens t
      where t.token_hash = $1 and t.spent_at is not null and s.id = t.session_id and s.ended_at is null
      returning s.id`,
    values: [token_hash, now],
  });
  return rows.map((row) => row.id);
}

export async function endSessions(executor: Executor, user: number, now: Date): Promise<number[]> {
  const ended = await executor
    .update(sessions)
    .set({ ended_at: now.toISOString() })
    .where(and(eq(sessions.user_id, user), isNull(sessions.ended_at)))
    .returning({ id: sessions.id });
  return ended.map((row) => row.id);
}

/** Sessions that ended since an instant. */
export async function endedSince(db: Db, since: Date): Promise<number[]> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(gt(sessions.ended_at, since.toISOString()));
  return rows.map((row) => row.id);
}

export async function isLive(db: Db, session: number): Promise<boolean> {
  const statement = prepared(db, 'sessions.live', () =>
    db
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.id, sql.placeholder('id')), isNull(sessions.ended_at)))
      .prepare('sessions.live'),
  );
  const rows = await statement.execute({ id: session });
  return rows.length > 0;
}
