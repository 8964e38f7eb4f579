import { type ClaimingDependencies, createClaiming } from './claiming/claiming.service.ts';
import { createCodes } from './codes/codes.service.ts';
import { type AccountDependencies, createAccount } from './contacts/account.service.ts';
import { type ContactsDependencies, createContacts } from './contacts/contacts.service.ts';
import { createProofs } from './contacts/proof.service.ts';
import { createUndo, type UndoDependencies } from './contacts/undo.service.ts';
import { createPassword, type PasswordDependencies } from './password/password.service.ts';
import { createReset, type ResetDependencies } from './password/reset.service.ts';
import { createTokens, type TokensDependencies } from './sessions/tokens.service.ts';
import { createSignIn, type SignInDependencies } from './sign-in/sign-in.service.ts';
import { createThrottle, type ThrottleDependencies } from './throttle/throttle.service.ts';

type Made = 'throttle' | 'codes' | 'tokens' | 'proofs' | 'contacts' | 'reset';

/** What the use cases need, but for what they share, which is made here. */
type AuthDependencies = Omit<SignInDependencies, Made> &
  Omit<ClaimingDependencies, Made> &
  Omit<AccountDependencies, Made> &
  Omit<ContactsDependencies, Made> &
  Omit<PasswordDependencies, Made> &
  Omit<ResetDependencies, Made> &
  Omit<UndoDependencies, Made> &
  TokensDependencies &
  Omit<ThrottleDependencies, 'secret'> &
  Parameters<typeof createCodes>[0];

export type Auth = ReturnType<typeof createAuth>;

/** The use cases of accounts, over one throttle, one maker of codes and one of tokens. */
export function createAuth(dependencies: AuthDependencies) {
  const [secret = ''] = dependencies.secrets;
  const throttle = createThrottle({ ...dependencies, secret });
  const codes = createCodes(dependencies);
  const tokens = createTokens(dependencies);
  const password = createPassword({ ...dependencies, throttle });
  const proofs = createProofs({ ...dependencies, codes, confirmPassword: password.confirm });
  const contacts = createContacts({ ...dependencies, codes, proofs });
  const reset = createReset({ ...dependencies, throttle, codes });
  return {
    signIn: createSignIn({ ...dependencies, throttle, tokens }),
    tokens,
    password,
    reset,
    /** For the desk, which makes sure that a phone reaches a patient. */
    codes,
    claiming: createClaiming({ ...dependencies, throttle, codes }),
    proofs,
    contacts,
    account: createAccount({ ...dependencies, contacts, reset }),
    undo: createUndo({ ...dependencies, codes }),
    /** Slows down whatever else is guessed by those who are signed in. */
    throttle,
  };
}
