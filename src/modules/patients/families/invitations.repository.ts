import { clientOf, type Tx } from '../../../db/client.ts';
import { guardiansOf } from './guardians.sql.ts';

interface NewInvitation {
  dependant: number;
  invited_by: number;
  code_hash: Buffer;
  expires_at: Date;
  now: Date;
}

/** One live code for each guardian of each dependant: a new one ends the one before. */
export async function replaceInvitation(
  tx: Tx,
  { dependant, invited_by, code_hash, expires_at, now }: NewInvitation,
): Promise<void> {
  await clientOf(tx).query({
    name: 'families.end-invitations',
    text: 'delete from guardian_invitations where dependant_id = $1 and invited_by = $2 and used_at is null',
    values: [dependant, invited_by],
  });
  await clientOf(tx).query({
    name: 'families.invite',
    text: `
      insert into guardian_invitations (dependant_id, invited_by, code_hash, created_at, expires_at)
      values ($1, $2, $3, $4, $5)`,
    values: [dependant, invited_by, code_hash, now, expires_at],
  });
}

/** For whom a code is, used or not. */
export async function findInvited(tx: Tx, code_hash: Buffer): Promise<number | undefined> {
  const { rows } = await clientOf(tx).query<{ dependant: number }>({
    name: 'families.invited',
    text: 'select dependant_id as dependant from guardian_invitations where code_hash = $1',
    values: [code_hash],
  });
  return rows[0]?.dependant;
}

/**
 * Uses a code up. Of two at once one does.
 * @param adult the latest day of birth of adults: whoever invited must look after them still
 * @returns false when it is used, has expired, or whoever made it no longer looks after the dependant, or is out
 */
export async function useInvitation(
  tx: Tx,
  code_hash: Buffer,
  by: number,
  now: Date,
  adult: string,
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'families.use-invitation',
    text: `
      update guardian_invitations i set used_by = $2, used_at = $3
      where code_hash = $1 and used_at is null and expires_at > $3
        and invited_by in (${guardiansOf('i.dependant_id', '$4')})`,
    values: [code_hash, by, now, adult],
  });
  return rowCount === 1;
}
