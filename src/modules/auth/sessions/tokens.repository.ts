import type { Role } from '../../../core/roles.ts';
import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { BRANCHES } from './sessions.repository.ts';

interface NewToken {
  token_hash: Buffer;
  expires_at: Date;
}

/** Where a request comes from. */
interface Place {
  device: string | null;
  address: string | null;
  /** The address's network in CIDR. */
  network: string | null;
}

/** What still has to be shown: a code of the app, or that one is set up. */
export type NextStep = 'code' | 'enrol';

interface Opened {
  /** Null when none was opened. */
  session: number | null;
  /** Null when nothing more is asked, or the password does not hold any more. */
  next: NextStep | null;
  role: Role;
  /** Those to which they are bound; null is none. */
  branches: number[] | null;
  is_active: boolean;
  /** They have signed in before, but never with this device from this network. */
  is_new: boolean;
}

/** Whose session is opened. */
export interface Entering {
  id: number;
  /** The password that was checked, if one was. */
  password_hash?: string | null;
  /** They have shown both steps. */
  both_steps?: true;
}

/**
 * Opens a session with its first refresh token, if the person is active and the password that was checked, if one was, is still
 * theirs: checking it takes long enough for an admin to put somebody out meanwhile. Their row is locked against that. Where a
 * second step is asked for and has not been shown, a ticket for it is kept instead.
 * @param required the roles of which the second step is asked whether or not they have set it up
 * @returns undefined when there is no such person
 */
export async function openSession(
  executor: Executor,
  user: Entering,
  { device, address, network }: Place,
  { token_hash, expires_at }: NewToken,
  { ticket, required }: { ticket: NewToken; required: readonly Role[] },
  now: Date,
): Promise<Opened | undefined> {
  const { rows } = await clientOf(executor).query<Opened>({
    name: 'sessions.open',
    text: `
      with person as (
        select id, role, is_active, password_hash from users where id = $1 for share
      ), entering as (
        select id, case
            when $9 then null
            when exists (select from two_step where user_id = $1 and confirmed_at is not null) then 'code'
            when role = any ($10::user_role[]) then 'enrol'
          end as next
        from person where is_active and ($8::text is null or password_hash = $8)
      ), past as (
        select count(*) > 0 as any, coalesce(bool_or(
          device is not distinct from $2 and ($4::inet is null or address::inet <<= $4::inet)), false) as same
        from sessions where user_id = $1
      ), opened as (
        insert into sessions (user_id, device, address, created_at, last_used_at)
        select id, $2, $3, $5, $5 from entering where next is null
        returning id
      ), token as (
        insert into refresh_tokens (token_hash, session_id, expires_at) select $6, id, $7 from opened
      ), over as (
        delete from sign_in_tickets where user_id = $1 and expires_at <= $5
      ), ticket as (
        insert into sign_in_tickets (token_hash, user_id, enrols, expires_at)
        select $11, id, next = 'enrol', $12 from entering where next is not null
      )
      select (select id from opened) as session, (select next from entering) as next, role, ${BRANCHES('person.id')} as branches, is_active,
        past.any and not past.same as is_new
      from person, past`,
    values: [
      user.id,
      device,
      address,
      network,
      now,
      token_hash,
      expires_at,
      user.password_hash ?? null,
      user.both_steps ?? false,
      required,
      ticket.token_hash,
      ticket.expires_at,
    ],
  });
  return rows[0];
}

export interface Holder {
  session: number;
  id: number;
  role: Role;
  branches: number[] | null;
}

/**
 * Finds whose a refresh token is, and locks their session: whatever becomes of the tokens of a session happens one
 * after the other, and each statement after this one sees what the one before it left. The user is locked before the
 * session, as everywhere: no deadlock.
 * @returns undefined when the token is unknown, its session over or its holder out
 */
export async function lockHolder(tx: Tx, token: Buffer): Promise<Holder | undefined> {
  const { rows } = await clientOf(tx).query<Holder>({
    name: 'tokens.lock-holder',
    text: `
      select s.id as session, u.id, u.role, ${BRANCHES('u.id')} as branches
      from refresh_tokens t
      join sessions s on s.id = t.session_id and s.ended_at is null
      join users u on u.id = s.user_id and u.is_active
      where t.token_hash = $1
      for share of u for no key update of s`,
    values: [token],
  });
  return rows[0];
}

/**
 * Spends a token for the next one. Other successors of its parent, which there are only where a key was replaced between
 * two repeats, are spent with it: who holds one of those is not who holds this one. Tokens of the session that have
 * expired go.
 * @returns false when it is spent or has expired
 */
export async function spend(
  tx: Tx,
  token: Buffer,
  next: NewToken,
  address: string | null,
  now: Date,
): Promise<boolean> {
  const { rows } = await clientOf(tx).query({
    name: 'tokens.spend',
    text: `
      with spent as (
        update refresh_tokens set spent_at = $4
        where token_hash = $1 and spent_at is null and expires_at > $4
        returning session_id, parent_hash
      ), siblings as (
        update refresh_tokens t set spent_at = $4
        from spent
        where t.parent_hash = spent.parent_hash and t.token_hash <> $1 and t.spent_at is null
      ), fresh as (
        insert into refresh_tokens (token_hash, session_id, expires_at, parent_hash)
        select $2, session_id, $3, $1 from spent
      ), used as (
        update sessions s set last_used_at = $4, address = coalesce($5, s.address)
        from spent where s.id = spent.session_id
      ), stale as (
        delete from refresh_tokens t using spent
        where t.session_id = spent.session_id and t.expires_at <= $4
          and t.parent_hash is distinct from spent.parent_hash
      )
      select from spent`,
    values: [token, next.token_hash, next.expires_at, now, address],
  });
  return rows.length > 0;
}

export interface SpentToken {
  /** Null for one that has expired unused. */
  spent_at: string | null;
  /** Hashes of the tokens that were given for it: one, unless a key was replaced between two repeats. */
  successors: Buffer[];
  /** Whether one of the tokens that were given for it has been used. */
  successor_used: boolean;
}

/** What stands of a token that could not be spent. */
export async function findSpent(tx: Tx, token: Buffer): Promise<SpentToken | undefined> {
  const { rows } = await clientOf(tx).query<SpentToken>({
    name: 'tokens.spent',
    text: `
      select t.spent_at, coalesce(array_agg(n.token_hash) filter (where n.token_hash is not null), '{}') as successors,
        coalesce(bool_or(n.spent_at is not null), false) as successor_used
      from refresh_tokens t left join refresh_tokens n on n.parent_hash = t.token_hash
      where t.token_hash = $1
      group by t.token_hash`,
    values: [token],
  });
  return rows[0];
}

/** Gives another successor for a token that is spent already. */
export async function addSuccessor(
  tx: Tx,
  session: number,
  parent: Buffer,
  { token_hash, expires_at }: NewToken,
): Promise<void> {
  await clientOf(tx).query({
    name: 'tokens.add-successor',
    text: 'insert into refresh_tokens (token_hash, session_id, expires_at, parent_hash) values ($1, $2, $3, $4)',
    values: [token_hash, session, expires_at, parent],
  });
}
