import type { Tx } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { deletePasskeys } from '../passkeys/passkeys.repository.ts';
import { deleteIdentities } from './identities.repository.ts';

export type Unlinking = ReturnType<typeof createUnlinking>;

/** Puts out whoever may have added a way into somebody else's account, in the transaction of what gives that back. */
export function createUnlinking({ audit }: { audit: Pick<Audit, 'record'> }) {
  async function unlink(tx: Tx, user: number, all: boolean): Promise<void> {
    for (const provider of await deleteIdentities(tx, user, all))
      await audit.record(tx, { action: 'identity.unlink', subject: user, details: { provider } });
    for (const passkey of await deletePasskeys(tx, user))
      await audit.record(tx, { action: 'passkey.remove', subject: user, details: { passkey } });
  }
  return {
    /** What was added after the account was made, passkeys too: who made it with an identity keeps that. */
    later: (tx: Tx, user: number): Promise<void> => unlink(tx, user, false),
    all: (tx: Tx, user: number): Promise<void> => unlink(tx, user, true),
  };
}
