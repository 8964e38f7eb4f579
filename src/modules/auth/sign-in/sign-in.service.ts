import { networkOf } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import type { CountryCode } from '../../../core/phone.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Account, User } from '../../users/index.ts';
import type { Passwords } from '../password/passwords.ts';
import type { Throttle, Turn } from '../throttle/throttle.service.ts';
import type { Entrance } from './entrance.service.ts';
import { type LoginName, loginName } from './names.rules.ts';
import type { Credentials, TokenPair } from './sign-in.schemas.ts';

export interface SignInDependencies {
  db: Db;
  clock: Clock;
  phone_country: CountryCode;
  passwords: Passwords;
  throttle: Throttle;
  entrance: Entrance;
  users: {
    get: (user: number) => Promise<User>;
    findAccount: (name: LoginName) => Promise<Account | undefined>;
    passwordHash: (user: number) => Promise<string | null | undefined>;
    replacePassword: (db: Db, user: number, from: string, to: string) => Promise<boolean>;
  };
  audit: Pick<Audit, 'watch'>;
}

export type SignIn = ReturnType<typeof createSignIn>;

export function createSignIn(dependencies: SignInDependencies) {
  const { db, passwords, throttle, entrance, users, audit } = dependencies;

  /** Lets in whoever knows the password that holds now, as far as their second step; undefined for anybody else. */
  async function enter(account: Account | undefined, password: string, origin: Origin, turn: Turn) {
    let password_hash = account?.password_hash;
    for (let look = 1; ; look += 1) {
      const fits = await passwords.matches(password, password_hash);
      if (!account || !password_hash || !fits) return undefined;
      const checked = { id: account.id, password_hash };
      const opened = await transaction(db, async (tx) => {
        const entered = await entrance.enter(tx, checked, origin);
        if (entered) await throttle.succeeded(tx, turn);
        return entered;
      });
      if (opened) return { opened, password_hash };
      // Another hash than the one that was checked. It may be the same password at another cost, which its owner's other
      // device has just brought up to date: it is looked at once more.
      if (look === 2) return undefined;
      password_hash = (await users.passwordHash(account.id)) ?? null;
    }
  }

  return {
    /**
     * Signs in by user name, confirmed phone or confirmed email. For a name that nobody has the same statements run and
     * the same hash is computed as for a wrong password.
     * @throws AppError invalid_credentials, account_inactive and second_step_required (only to who knows the password),
     * too_many_requests
     */
    async login({ username, password }: Credentials, origin: Origin): Promise<TokenPair & { user: User }> {
      const name = loginName(username, dependencies.phone_country);
      const account = await users.findAccount(name);
      const from = origin.address ?? 'nowhere';
      const { held } = origin;
      const turn = await throttle.admit({ at: 'sign_in', name: name.key, from, user: account?.id, held });
      const entered = await throttle.during(turn, () => enter(account, password, origin, turn));
      if (!account || !entered) {
        await throttle.failed(db, turn);
        const network = networkOf(origin.address);
        const subject = account && { subject: account.id };
        await audit.watch(db, { action: 'sign_in.fail', ...subject, network }, name.key);
        throw new AppError('invalid_credentials');
      }
      if (passwords.isOutdated(entered.password_hash))
        await users.replacePassword(db, account.id, entered.password_hash, await passwords.hash(password));
      return { ...entrance.pairOf(entered.opened), user: await users.get(account.id) };
    },
  };
}
