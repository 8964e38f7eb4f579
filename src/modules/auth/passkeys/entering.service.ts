import { networkOf } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import { hashOf } from '../../../core/secrets.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { User } from '../../users/index.ts';
import type { Opening } from '../sessions/tokens.service.ts';
import type { Entrance } from '../sign-in/entrance.service.ts';
import type { TokenPair } from '../sign-in/sign-in.schemas.ts';
import type { Throttle, Turn } from '../throttle/throttle.service.ts';
import type { Ceremonies } from './ceremonies.service.ts';
import type { Challenges } from './challenges.service.ts';
import { type Assertion, assertion } from './credentials.schemas.ts';
import * as repository from './passkeys.repository.ts';

export interface PasskeyEntranceDependencies {
  db: Db;
  clock: Clock;
  ceremonies: Ceremonies;
  challenges: Challenges;
  throttle: Throttle;
  entrance: Entrance;
  users: { get: (user: number) => Promise<User> };
  audit: Pick<Audit, 'watch'>;
}

export type PasskeyEntrance = ReturnType<typeof createPasskeyEntrance>;

/** Signing in with a passkey, and with nothing else: who it is, the device says. */
export function createPasskeyEntrance(dependencies: PasskeyEntranceDependencies) {
  const { db, clock, ceremonies, challenges, throttle, entrance, users, audit } = dependencies;

  /** Judges what a device has signed; its challenge is spent, whatever becomes of it. */
  async function judge(sent: Assertion, passkey: repository.KnownPasskey | undefined) {
    const taken = await challenges.spend(sent, null);
    if (!taken || !passkey?.user_handle.equals(sent.response.userHandle)) return undefined;
    return ceremonies.signed(challenges.site(), sent, taken.challenge, passkey.public_key);
  }

  /** @returns undefined where the device is not the one that it was */
  async function enter(
    passkey: repository.KnownPasskey,
    signed: NonNullable<Awaited<ReturnType<typeof judge>>>,
    origin: Origin,
    turn: Turn,
  ): Promise<Opening | undefined> {
    return transaction(db, async (tx) => {
      if (!(await repository.noteUse(tx, passkey, signed, clock.now()))) return undefined;
      const user = { id: passkey.user_id, both_steps: true } as const;
      const opened = await entrance.enter(tx, user, origin, { passkey: passkey.id });
      await throttle.succeeded(tx, turn);
      return opened;
    });
  }

  return {
    /** What a device is asked to sign. @throws AppError passkeys_not_offered */
    async start() {
      const here = challenges.site();
      const challenge = await challenges.give(null);
      return { public_key: { ...(await ceremonies.toSign(here, challenge)) } };
    },

    /** @throws AppError passkeys_not_offered, invalid_passkey, account_inactive, too_many_requests */
    async signIn(credential: Record<string, unknown>, origin: Origin): Promise<TokenPair & { user: User }> {
      challenges.site();
      const { data: sent } = assertion.safeParse(credential);
      if (!sent) throw new AppError('invalid_passkey');
      const passkey = await repository.findPasskey(db, sent.id);
      const name = hashOf(sent.id.toString('base64url')).toString('base64url');
      const { address, held } = origin;
      const turn = await throttle.admit({
        at: 'sign_in',
        name,
        from: address ?? 'nowhere',
        user: passkey?.user_id,
        held,
      });
      const signed = await judge(sent, passkey);
      const opened =
        passkey && signed && (await throttle.during(turn, () => enter(passkey, signed, origin, turn)));
      if (!opened) {
        await throttle.failed(db, turn);
        const network = networkOf(address);
        const subject = passkey && { subject: passkey.user_id, details: { passkey: passkey.id } };
        await audit.watch(db, { action: 'sign_in.fail', ...subject, network }, name);
        throw new AppError('invalid_passkey');
      }
      return { ...entrance.pairOf(opened), user: await users.get(passkey.user_id) };
    },
  };
}
