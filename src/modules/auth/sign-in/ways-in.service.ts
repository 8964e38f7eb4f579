import { AppError } from '../../../core/errors.ts';
import type { Executor, Tx } from '../../../db/client.ts';
import { countPasskeys } from '../passkeys/passkeys.repository.ts';
import { siteOf } from '../passkeys/passkeys.rules.ts';
import { listIdentities } from '../providers/identities.repository.ts';
import type { Provider } from '../providers/kinds.rules.ts';

export interface WaysInDependencies {
  users: { hasPassword: (executor: Executor, user: number) => Promise<boolean> };
  sign_in_providers: readonly Provider[];
  public_url: string | undefined;
}

export type WaysIn = ReturnType<typeof createWaysIn>;

/** By what somebody gets into their account: a password, an account elsewhere, a passkey. What is not offered here lets nobody in. */
export function createWaysIn({ users, sign_in_providers, public_url }: WaysInDependencies) {
  const names = new Set(sign_in_providers.map(({ name }) => name));
  const takesPasskeys = siteOf(public_url) !== undefined;
  return {
    /** Call with the person's row locked, once one of them is taken away. @throws AppError last_way_in */
    async mustRemain(tx: Tx, user: number): Promise<void> {
      if (await users.hasPassword(tx, user)) return;
      const linked = await listIdentities(tx, user);
      if (linked.some(({ provider }) => names.has(provider))) return;
      if (takesPasskeys && (await countPasskeys(tx, user)) > 0) return;
      throw new AppError('last_way_in');
    },
  };
}
