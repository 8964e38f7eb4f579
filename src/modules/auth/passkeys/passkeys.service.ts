import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import { describeDevice, type Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import type { Message } from '../../../core/messages.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { LockedAccount, User } from '../../users/index.ts';
import type { Sessions } from '../sessions/sessions.service.ts';
import type { WaysIn } from '../sign-in/ways-in.service.ts';
import type { Ceremonies } from './ceremonies.service.ts';
import type { Challenges } from './challenges.service.ts';
import { attestation } from './credentials.schemas.ts';
import * as repository from './passkeys.repository.ts';
import { PASSKEYS_MAX } from './passkeys.rules.ts';
import type { NewPasskey } from './passkeys.schemas.ts';

export interface PasskeysDependencies {
  db: Db;
  clock: Clock;
  ceremonies: Ceremonies;
  challenges: Challenges;
  /** Who has just signed in: a token that was stolen must not serve to add a way in. */
  sessions: Pick<Sessions, 'isFresh'>;
  waysIn: WaysIn;
  users: {
    get: (user: number) => Promise<User>;
    mustLockOwn: (tx: Tx, user: number) => Promise<LockedAccount>;
  };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
  audit: Pick<Audit, 'record'>;
}

/** How long the name is by which devices know somebody, in bytes. */
const HANDLE_BYTES = 32;

export type Passkeys = ReturnType<typeof createPasskeys>;

/** Somebody's own passkeys. A passkey counts as both steps: its device has it, and asks who holds it. */
export function createPasskeys(dependencies: PasskeysDependencies) {
  const { db, clock, ceremonies, challenges, sessions, waysIn, users, messages, audit } = dependencies;

  return {
    list: async ({ id }: Caller): Promise<{ results: repository.PasskeyRow[] }> => ({
      results: await repository.listPasskeys(db, id),
    }),

    /** What a device is asked to make. @throws AppError passkeys_not_offered, sign_in_again, too_many_passkeys */
    async start(caller: Caller) {
      const here = challenges.site();
      if (!(await sessions.isFresh(db, caller))) throw new AppError('sign_in_again');
      const known = await repository.listCredentials(db, caller.id);
      if (known.length >= PASSKEYS_MAX) throw new AppError('too_many_passkeys');
      const user_handle = known[0]?.user_handle ?? randomBytes(HANDLE_BYTES);
      const { username: own, first_name, last_name } = await users.get(caller.id);
      const username = own ?? '';
      const challenge = await challenges.give({ user_id: caller.id, user_handle });
      const name = [first_name, last_name].filter(Boolean).join(' ') || username;
      const adding = { user_handle, username, name, known: known.map((one) => one.credential_id) };
      return { public_key: { ...(await ceremonies.toCreate(here, challenge, adding)) } };
    },

    /**
     * Keeps what the device has made. Its challenge is spent, whatever becomes of it.
     * @throws AppError passkeys_not_offered, invalid_passkey, too_many_passkeys
     */
    async add(caller: Caller, { credential, name }: NewPasskey, { device }: Origin) {
      const here = challenges.site();
      const { data: sent } = attestation.safeParse(credential);
      if (!sent) throw new AppError('invalid_passkey');
      const taken = await challenges.spend(sent, caller.id);
      if (!taken?.user_handle) throw new AppError('invalid_passkey');
      const made = await ceremonies.created(here, sent, taken.challenge);
      if (!made) throw new AppError('invalid_passkey');
      const passkey = {
        ...made,
        user_id: caller.id,
        user_handle: taken.user_handle,
        name: name ?? describeDevice(device),
      };
      return transaction(db, async (tx) => {
        await users.mustLockOwn(tx, caller.id);
        if ((await repository.countPasskeys(tx, caller.id)) >= PASSKEYS_MAX)
          throw new AppError('too_many_passkeys');
        const added = await repository.insertPasskey(tx, passkey, clock.now());
        if (!added) throw new AppError('invalid_passkey');
        const details = { passkey: added.id };
        await audit.record(tx, { actor: caller, action: 'passkey.add', subject: caller.id, details });
        await messages.enqueue(tx, {
          user_id: caller.id,
          kind: 'identity_linked',
          key: `user:${caller.id}:passkey:${added.id}`,
          params: { what: 'passkey' },
        });
        return added;
      });
    },

    /** @throws AppError passkey_not_found, last_way_in (nothing else would let its owner in) */
    async remove(caller: Caller, id: number): Promise<void> {
      await transaction(db, async (tx) => {
        await users.mustLockOwn(tx, caller.id);
        if (!(await repository.deletePasskey(tx, caller.id, id))) throw new AppError('passkey_not_found');
        await waysIn.mustRemain(tx, caller.id);
        const details = { passkey: id };
        await audit.record(tx, { actor: caller, action: 'passkey.remove', subject: caller.id, details });
      });
    },
  };
}
