import { type ClaimingDependencies, createClaiming } from './claiming/claiming.service.ts';
import { createCodes } from './codes/codes.service.ts';
import { type AccountDependencies, createAccount } from './contacts/account.service.ts';
import { type ContactsDependencies, createContacts } from './contacts/contacts.service.ts';
import { createProofs } from './contacts/proof.service.ts';
import { createUndo, type UndoDependencies } from './contacts/undo.service.ts';
import { createIntrospection } from './introspection/introspection.service.ts';
import { createCeremonies } from './passkeys/ceremonies.service.ts';
import { type ChallengesDependencies, createChallenges } from './passkeys/challenges.service.ts';
import { createPasskeyEntrance, type PasskeyEntranceDependencies } from './passkeys/entering.service.ts';
import { createPasskeys, type PasskeysDependencies } from './passkeys/passkeys.service.ts';
import { createPassword, type PasswordDependencies } from './password/password.service.ts';
import { createReset, type ResetDependencies } from './password/reset.service.ts';
import { createIdentities, type IdentitiesDependencies } from './providers/identities.service.ts';
import { createProviders, type ProvidersDependencies } from './providers/providers.service.ts';
import { createTokens, type TokensDependencies } from './sessions/tokens.service.ts';
import { createEntrance } from './sign-in/entrance.service.ts';
import { createSignIn, type SignInDependencies } from './sign-in/sign-in.service.ts';
import { createWaysIn, type WaysInDependencies } from './sign-in/ways-in.service.ts';
import { createThrottle, type ThrottleDependencies } from './throttle/throttle.service.ts';
import { createProving } from './two-step/proving.service.ts';
import { createTwoStep, type TwoStepDependencies } from './two-step/two-step.service.ts';

type Made =
  | 'throttle'
  | 'codes'
  | 'tokens'
  | 'entrance'
  | 'proving'
  | 'proofs'
  | 'contacts'
  | 'reset'
  | 'ceremonies'
  | 'challenges'
  | 'waysIn';

/** What the use cases need, but for what they share, which is made here. */
type AuthDependencies = Omit<SignInDependencies, Made> &
  Omit<ClaimingDependencies, Made> &
  Omit<AccountDependencies, Made> &
  Omit<ContactsDependencies, Made> &
  Omit<PasswordDependencies, Made> &
  Omit<ResetDependencies, Made> &
  Omit<UndoDependencies, Made> &
  Omit<TwoStepDependencies, Made> &
  Omit<ProvidersDependencies, Made> &
  Omit<IdentitiesDependencies, Made> &
  Omit<PasskeysDependencies, Made> &
  Omit<PasskeyEntranceDependencies, Made> &
  ChallengesDependencies &
  WaysInDependencies &
  TokensDependencies &
  Omit<ThrottleDependencies, 'secret'> &
  Parameters<typeof createIntrospection>[0] &
  Parameters<typeof createCodes>[0];

export type Auth = ReturnType<typeof createAuth>;

/** The use cases of accounts, over one throttle, one maker of codes and one of tokens. */
export function createAuth(dependencies: AuthDependencies) {
  const [secret = ''] = dependencies.secrets;
  const throttle = createThrottle({ ...dependencies, secret });
  const codes = createCodes(dependencies);
  const tokens = createTokens(dependencies);
  const entrance = createEntrance({ ...dependencies, tokens });
  const waysIn = createWaysIn(dependencies);
  const ceremonies = createCeremonies(dependencies.clinic_name ?? 'Clinic');
  const challenges = createChallenges(dependencies);
  const proving = createProving({ ...dependencies, throttle });
  const password = createPassword({ ...dependencies, throttle });
  const proofs = createProofs({ ...dependencies, codes, password });
  const contacts = createContacts({ ...dependencies, codes, proofs });
  const reset = createReset({ ...dependencies, throttle, codes });
  return {
    signIn: createSignIn({ ...dependencies, throttle, entrance }),
    providers: createProviders({ ...dependencies, entrance }),
    identities: createIdentities({ ...dependencies, waysIn }),
    passkeys: createPasskeys({ ...dependencies, ceremonies, challenges, waysIn }),
    passkeyEntrance: createPasskeyEntrance({ ...dependencies, ceremonies, challenges, throttle, entrance }),
    tokens,
    twoStep: createTwoStep({ ...dependencies, proving, entrance }),
    introspection: createIntrospection(dependencies),
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
