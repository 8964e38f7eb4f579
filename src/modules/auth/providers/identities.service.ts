import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { LockedAccount } from '../../users/index.ts';
import type { WaysIn } from '../sign-in/ways-in.service.ts';
import * as repository from './identities.repository.ts';
import type { Provider } from './kinds.rules.ts';
import type { Identity } from './providers.schemas.ts';

export interface IdentitiesDependencies {
  db: Db;
  users: { mustLockOwn: (tx: Tx, user: number) => Promise<LockedAccount> };
  waysIn: WaysIn;
  audit: Pick<Audit, 'record'>;
  sign_in_providers: readonly Provider[];
}

export type Identities = ReturnType<typeof createIdentities>;

/** By which accounts elsewhere somebody signs in. */
export function createIdentities({ db, users, waysIn, audit, sign_in_providers }: IdentitiesDependencies) {
  /** Undefined where it is set up no longer. */
  const find = (name: string) => sign_in_providers.find((provider) => provider.name === name);

  return {
    async list({ id }: Caller): Promise<{ results: Identity[] }> {
      const rows = await repository.listIdentities(db, id);
      return {
        results: rows.map((row) => {
          const provider = find(row.provider);
          return { ...row, label: provider?.label ?? row.provider, is_offered: provider !== undefined };
        }),
      };
    },

    /** @throws AppError identity_not_found, last_way_in (nothing else would let its owner in) */
    async unlink(caller: Caller, id: number): Promise<void> {
      await transaction(db, async (tx) => {
        await users.mustLockOwn(tx, caller.id);
        const provider = await repository.deleteIdentity(tx, caller.id, id);
        if (provider === undefined) throw new AppError('identity_not_found');
        await waysIn.mustRemain(tx, caller.id);
        const details = { provider };
        await audit.record(tx, { actor: caller, action: 'identity.unlink', subject: caller.id, details });
      });
    },
  };
}
