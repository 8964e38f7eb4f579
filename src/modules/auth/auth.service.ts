import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import type { Tx } from '../../db/client.ts';
import type { Registration, ResetsFrom, User } from '../users/index.ts';
import type { Me } from './contacts/account.schemas.ts';
import { CODE_SECONDS, SECONDS_BETWEEN } from './codes/codes.rules.ts';
import { type Codes, createCodes } from './codes/codes.service.ts';
import { type ContactsDependencies, createContacts } from './contacts/contacts.service.ts';
import { createPassword, type PasswordDependencies } from './password/password.service.ts';
import { createProofs } from './contacts/proof.service.ts';
import { createReset, type ResetDependencies } from './password/reset.service.ts';
import { createSignIn, type SignInDependencies } from './sign-in/sign-in.service.ts';
import { createThrottle, type ThrottleDependencies } from './throttle/throttle.service.ts';
import { createTokens, type TokensDependencies } from './sessions/tokens.service.ts';
import { createUndo, type UndoDependencies } from './contacts/undo.service.ts';

type Made = 'throttle' | 'codes' | 'tokens' | 'proofs';

/** What the use cases need, but for what they share, which is made here. */
export type AuthDependencies = Omit<SignInDependencies, Made> &
  Omit<ContactsDependencies, Made> &
  Omit<PasswordDependencies, Made> &
  Omit<ResetDependencies, Made> &
  Omit<UndoDependencies, Made> &
  TokensDependencies &
  Omit<ThrottleDependencies, 'secret'> & {
    /** The present signing secret, then those it replaced. */
    secrets: readonly string[];
    codes_per_hour: number;
    codes_per_hour_address: number;
    sms_codes_per_day: number;
    users: {
      register: (account: Registration) => Promise<User>;
      find: (user: number) => Promise<User | undefined>;
      activeAdmins: (tx: Tx) => Promise<number[]>;
      resetsFrom: (user: number) => Promise<ResetsFrom>;
    };
  };

export type Auth = ReturnType<typeof createAuth>;

/** The use cases of accounts, over one throttle, one maker of codes and one of tokens. */
export function createAuth(dependencies: AuthDependencies) {
  const { users, secrets } = dependencies;
  const [secret = ''] = secrets;
  const throttle = createThrottle({ ...dependencies, secret });
  const codes: Codes = createCodes(dependencies);
  const tokens = createTokens(dependencies);
  const password = createPassword({ ...dependencies, throttle });
  const proofs = createProofs({ ...dependencies, codes, confirmPassword: password.confirmPassword });
  const shared = { ...dependencies, throttle, codes, tokens, proofs };

  /** By which way somebody who forgets their password gets a code, by user name. */
  async function recoveryOf(user: User): Promise<Me['recovery']> {
    if (!user.phone_verified_at && !user.email_verified_at) return 'none';
    const account = { ...user, ...(await users.resetsFrom(user.id)) };
    return wayOf(account)?.channel ?? 'none';
  }
  const { wayOf, ...reset } = createReset(shared);

  return {
    ...createSignIn(shared),
    ...password,
    ...reset,
    ...createContacts(shared),
    undo: createUndo(shared),
    proofs,
    requestProof: proofs.request,
    refresh: tokens.refresh,
    register: (account: Registration): Promise<User> => users.register(account),
    /** @throws AppError session_ended when they are erased in this very moment */
    async me(caller: Caller): Promise<Me> {
      const user = await users.find(caller.id);
      if (!user) throw new AppError('session_ended');
      return { ...user, recovery: await recoveryOf(user) };
    },
    code_sent: { expires_in: CODE_SECONDS, resend_in: SECONDS_BETWEEN },
  };
}
