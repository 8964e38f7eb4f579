import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller, Role } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import type { NewUser, User } from '../users/index.ts';
import type { TokenPair } from './auth.schemas.ts';
import type { Passwords } from './passwords.ts';
import * as repository from './sessions.repository.ts';
import type { Sessions } from './sessions.service.ts';

export interface AuthDependencies {
  db: Db;
  clock: Clock;
  passwords: Passwords;
  sessions: Pick<Sessions, 'announce'>;
  users: {
    create: (user: NewUser) => Promise<User>;
    find: (user: number) => Promise<User | undefined>;
    findCredentials: (
      username: string,
    ) => Promise<{ id: number; role: Role; is_active: boolean; password_hash: string | null } | undefined>;
  };
  signAccess: (caller: Caller) => string;
  access_token_minutes: number;
  refresh_token_days: number;
}

export type Auth = ReturnType<typeof createAuth>;

export function createAuth(dependencies: AuthDependencies) {
  const { db, clock, passwords, sessions, users, signAccess } = dependencies;

  /** 256 random bits; only their hash is stored, which needs no salt. */
  function newRefreshToken() {
    const refresh = randomBytes(32).toString('base64url');
    const expires_at = new Date(clock.now().getTime() + dependencies.refresh_token_days * 86_400_000);
    return { refresh, stored: { token_hash: hashOf(refresh), expires_at } };
  }

  const pair = (caller: Caller, refresh: string): TokenPair => ({
    access: signAccess(caller),
    refresh,
    token_type: 'Bearer',
    expires_in: dependencies.access_token_minutes * 60,
  });

  return {
    register: (user: Omit<NewUser, 'is_active'>): Promise<User> => users.create({ ...user, is_active: true }),

    /** @throws AppError session_ended when they are erased in this very moment */
    async me(caller: Caller): Promise<User> {
      const user = await users.find(caller.id);
      if (!user) throw new AppError('session_ended');
      return user;
    },

    /** @throws AppError invalid_credentials (for an unknown name too, in the same time), account_inactive */
    async login(username: string, password: string): Promise<TokenPair & { user: User }> {
      const known = await users.findCredentials(username);
      if (!(await passwords.matches(password, known?.password_hash)) || !known)
        throw new AppError('invalid_credentials');
      const { refresh, stored } = newRefreshToken();
      const session = known.is_active ? await repository.openSession(db, known.id, stored) : undefined;
      if (session === undefined) throw new AppError('account_inactive');
      const user = await users.find(known.id);
      if (!user) throw new AppError('account_inactive');
      return { ...pair({ id: known.id, role: known.role, session }, refresh), user };
    },

    /**
     * Gives a new pair for a refresh token, which is spent by it. Spending one twice ends its whole session: one of
     * the two holders stole it.
     * @throws AppError invalid_refresh_token
     */
    async refresh(token: string): Promise<TokenPair> {
      const { refresh, stored } = newRefreshToken();
      const holder = await repository.rotate(db, hashOf(token), stored, clock.now());
      if (holder) return pair(holder, refresh);
      sessions.announce(await repository.endSessionOfSpent(db, hashOf(token), clock.now()));
      throw new AppError('invalid_refresh_token');
    },
  };
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();
