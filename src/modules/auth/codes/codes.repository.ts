import { TRIES_MAX } from '../../../core/codes.ts';
import type { CodePurpose } from '../../../core/words.ts';
import { clientOf, type Tx } from '../../../db/client.ts';
import type { Sent } from './codes.rules.ts';

/** One at a time for this person and purpose, this destination, this address: limits are counted, not guessed. */
export async function lockSending(tx: Tx, of: readonly string[]): Promise<void> {
  await clientOf(tx).query({
    name: 'codes.lock',
    // In one order, whoever asks.
    text: `
      select pg_advisory_xact_lock(key) from (
        select distinct hashtextextended('codes:' || lower(name), 0) as key from unnest($1::text[]) as name order by key
      ) as keys`,
    values: [of],
  });
}

interface Sending {
  user: number;
  purpose: CodePurpose;
  destination: string;
  address: string | null;
}

/**
 * What was sent since then, also to people who have been erased meanwhile: else erasing oneself would lift the limits.
 * @param key by which erased destinations and addresses are known
 */
export async function findSent(
  tx: Tx,
  { user, purpose, destination, address }: Sending,
  limits: { codes_per_hour: number; codes_per_hour_address: number },
  since: Date,
  key: string,
): Promise<Sent> {
  const { rows } = await clientOf(tx).query<Sent>({
    name: 'codes.sent',
    text: `
      select
        (select max(created_at) from codes
          where (user_id = $1 and purpose = $2 or lower(destination) in (lower($3), disguise($3, $8))) and created_at > $5) as last,
        (select created_at from codes where lower(destination) in (lower($3), disguise($3, $8)) and created_at > $5
          order by created_at desc offset $6::int - 1 limit 1) as full_destination,
        (select created_at from codes where user_id = $1 and purpose = $2 and created_at > $5
          order by created_at desc offset $6::int - 1 limit 1) as full_account,
        (select created_at from codes where address in ($4, disguise($4, $8)) and created_at > $5
          order by created_at desc offset $7::int - 1 limit 1) as full_address`,
    values: [
      user,
      purpose,
      destination,
      address,
      since,
      limits.codes_per_hour,
      limits.codes_per_hour_address,
      key,
    ],
  });
  return rows[0] ?? { last: null, full_destination: null, full_account: null, full_address: null };
}

/** Makes this the only live code of its purpose. @returns its id */
export async function replaceCode(
  tx: Tx,
  { user, purpose, destination, address }: Sending,
  code_hash: Buffer,
  now: Date,
  expires_at: Date,
): Promise<number> {
  const client = clientOf(tx);
  await client.query({
    name: 'codes.end',
    text: 'update codes set ended_at = $3 where user_id = $1 and purpose = $2 and ended_at is null',
    values: [user, purpose, now],
  });
  const { rows } = await client.query<{ id: number }>({
    name: 'codes.insert',
    text: `
      insert into codes (user_id, purpose, destination, address, code_hash, created_at, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    values: [user, purpose, destination, address, code_hash, now, expires_at],
  });
  if (!rows[0]) throw new Error('insert returned no row');
  return rows[0].id;
}

/**
 * Tries a code, in one statement: of tries at once each is counted, and a right one serves once.
 * @returns where the code had been sent, undefined when it does not fit or there is none
 */
export async function tryCode(
  tx: Tx,
  user: number,
  purpose: CodePurpose,
  hashes: readonly Buffer[],
  now: Date,
): Promise<string | undefined> {
  const { rows } = await clientOf(tx).query<{ fits: boolean; destination: string }>({
    name: 'codes.try',
    text: `
      update codes set
        tries = tries + 1,
        ended_at = case when code_hash = any ($3::bytea[]) or tries + 1 >= $5 then $4::timestamptz end
      where user_id = $1 and purpose = $2 and ended_at is null and expires_at > $4 and tries < $5
      returning code_hash = any ($3::bytea[]) as fits, destination`,
    values: [user, purpose, hashes, now, TRIES_MAX],
  });
  return rows[0]?.fits ? rows[0].destination : undefined;
}

/** Where the live code of a purpose was sent, as long as it can be tried. */
export async function findDestination(
  tx: Tx,
  user: number,
  purpose: CodePurpose,
  now: Date,
): Promise<string | undefined> {
  const { rows } = await clientOf(tx).query<{ destination: string }>({
    name: 'codes.destination',
    text: `
      select destination from codes
      where user_id = $1 and purpose = $2 and ended_at is null and expires_at > $3 and tries < $4`,
    values: [user, purpose, now, TRIES_MAX],
  });
  return rows[0]?.destination;
}

/** Takes back that a code was used at `at`, unless its tries are used up. */
export async function reopenCode(tx: Tx, user: number, purpose: CodePurpose, at: Date): Promise<void> {
  await clientOf(tx).query({
    name: 'codes.reopen',
    text: `
      update codes set ended_at = null where id = (
        select id from codes where user_id = $1 and purpose = $2 and ended_at = $3 and tries < $4
        order by id desc limit 1)`,
    values: [user, purpose, at, TRIES_MAX],
  });
}

export async function endCodes(tx: Tx, user: number, now: Date): Promise<void> {
  await clientOf(tx).query({
    name: 'codes.end-all',
    text: 'update codes set ended_at = $2 where user_id = $1 and ended_at is null',
    values: [user, now],
  });
}

/** How many codes were sent by SMS since then; a phone is known by its plus. */
export async function countBySms(tx: Tx, since: Date): Promise<number> {
  const { rows } = await clientOf(tx).query<{ sent: number }>({
    name: 'codes.by-sms',
    text: `
      select count(*)::int as sent from codes
      where created_at >= $1 and (purpose in ('verify_phone', 'prove_phone') or destination like '+%')`,
    values: [since],
  });
  return rows[0]?.sent ?? 0;
}
