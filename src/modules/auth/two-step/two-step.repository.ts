import type { SealedColumn } from '../../../core/sealing.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';

/** Where the secret of an app stands, encrypted. */
export const TWO_STEP_SECRET: SealedColumn = { table: 'two_step', column: 'secret', id: 'user_id' };

interface TwoStep {
  /** Encrypted. */
  secret: string;
  confirmed_at: string | null;
}

/** How somebody's second step stands; undefined where they have begun none. Call with their row locked to change it. */
export async function findTwoStep(executor: Executor, user: number): Promise<TwoStep | undefined> {
  const { rows } = await clientOf(executor).query<TwoStep>({
    name: 'two-step.find',
    text: 'select secret, confirmed_at from two_step where user_id = $1',
    values: [user],
  });
  return rows[0];
}

export async function countRecoveryCodes(executor: Executor, user: number): Promise<number> {
  const { rows } = await clientOf(executor).query<{ left: number }>({
    name: 'two-step.recovery-left',
    text: 'select count(*)::int as left from recovery_codes where user_id = $1 and used_at is null',
    values: [user],
  });
  return rows[0]?.left ?? 0;
}

/** Begins, or begins anew where nothing is confirmed. */
export async function beginTwoStep(tx: Tx, user: number, secret: string, now: Date): Promise<void> {
  await clientOf(tx).query({
    name: 'two-step.begin',
    text: `
      insert into two_step (user_id, secret, created_at) values ($1, $2, $3)
      on conflict (user_id) do update set secret = $2, created_at = $3, last_step = 0 where two_step.confirmed_at is null`,
    values: [user, secret, now],
  });
}

/** Asks for the second step from now on, with recovery codes in the place of any older ones. */
export async function confirmTwoStep(
  tx: Tx,
  user: number,
  { step, hashes }: { step: number; hashes: readonly Buffer[] },
  now: Date,
): Promise<void> {
  await clientOf(tx).query({
    name: 'two-step.confirm',
    text: `
      with old as (delete from recovery_codes where user_id = $1),
        fresh as (insert into recovery_codes (code_hash, user_id) select unnest($3::bytea[]), $1)
      update two_step set confirmed_at = $4, last_step = $2 where user_id = $1`,
    values: [user, step, hashes, now],
  });
}

/** Uses up the codes of the app up to that of a step. @returns false where it, or a later one, was used before */
export async function useStep(tx: Tx, user: number, step: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'two-step.use',
    text: 'update two_step set last_step = $2 where user_id = $1 and confirmed_at is not null and last_step < $2',
    values: [user, step],
  });
  return rowCount === 1;
}

/** Uses up a recovery code. @returns false where it is nobody's, another's, or was used before */
export async function useRecoveryCode(tx: Tx, user: number, hash: Buffer, now: Date): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'two-step.recover',
    text: `
      update recovery_codes r set used_at = $3
      where r.code_hash = $2 and r.user_id = $1 and r.used_at is null
        and exists (select from two_step where user_id = $1 and confirmed_at is not null)`,
    values: [user, hash, now],
  });
  return rowCount === 1;
}

/** Asks for it at another record from now on, where none is asked for so far. @param secret encrypted for that record */
export async function moveTwoStep(
  tx: Tx,
  { from, into }: { from: number; into: number },
  secret: string,
): Promise<void> {
  await clientOf(tx).query({
    name: 'two-step.move',
    text: `
      with codes as (update recovery_codes set user_id = $2 where user_id = $1)
      update two_step set user_id = $2, secret = $3 where user_id = $1`,
    values: [from, into, secret],
  });
}

/** Asks for no second step any more. @returns whether it was asked for */
export async function deleteTwoStep(tx: Tx, user: number): Promise<boolean> {
  const { rows } = await clientOf(tx).query<{ was_on: boolean }>({
    name: 'two-step.delete',
    text: `
      with codes as (delete from recovery_codes where user_id = $1),
        tickets as (delete from sign_in_tickets where user_id = $1)
      delete from two_step where user_id = $1 returning confirmed_at is not null as was_on`,
    values: [user],
  });
  return rows[0]?.was_on ?? false;
}

interface Ticket {
  user: number;
  /** Whether it serves to set the second step up, and not to pass it. */
  enrols: boolean;
}

/** Whose a ticket is that still serves; undefined for any other text. */
export async function findTicket(db: Db, hash: Buffer, now: Date): Promise<Ticket | undefined> {
  const { rows } = await clientOf(db).query<Ticket>({
    name: 'two-step.ticket',
    text: 'select user_id as "user", enrols from sign_in_tickets where token_hash = $1 and expires_at > $2',
    values: [hash, now],
  });
  return rows[0];
}

/** Locks a ticket that still serves. @returns false where another request has used it meanwhile, or it was ended */
export async function lockTicket(tx: Tx, hash: Buffer, now: Date): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'two-step.lock-ticket',
    text: 'select from sign_in_tickets where token_hash = $1 and expires_at > $2 for update',
    values: [hash, now],
  });
  return rowCount === 1;
}

export async function deleteTicket(tx: Tx, hash: Buffer): Promise<void> {
  await clientOf(tx).query({
    name: 'two-step.delete-ticket',
    text: 'delete from sign_in_tickets where token_hash = $1',
    values: [hash],
  });
}
