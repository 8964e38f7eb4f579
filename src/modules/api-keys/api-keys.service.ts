import { endOfApiKey, makeApiKey } from '../../core/api-keys.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Page } from '../../core/page.ts';
import { type Caller, isBoundByBranches, type Role } from '../../core/roles.ts';
import { type KeyRole, roleFor, type Scope, scopes } from '../../core/scopes.ts';
import { hashOf } from '../../core/secrets.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { loggable } from '../../db/errors.ts';
import type { Audit } from '../audit/index.ts';
import * as repository from './api-keys.repository.ts';
import type { ApiKey, ApiKeyFilters, NewApiKey } from './api-keys.schemas.ts';

interface ApiKeysDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  audit: Pick<Audit, 'record'>;
  users: {
    /** Makes who stands behind a key: an account that nobody signs in to. */
    insertService: (tx: Tx, name: string, role: Role, branches: readonly number[]) => Promise<number>;
  };
}

export type ApiKeys = ReturnType<typeof createApiKeys>;

/** Milliseconds for which a key is not looked up anew: a revoked one is refused everywhere within a second. */
const FRESH = 500;
/** Keys that one process remembers. */
const REMEMBERED = 1_000;
const MINUTE = 60_000;

interface Remembered {
  found: repository.KnownKey;
  /** By performance.now(). */
  read_at: number;
  noted_at: number;
}

/** Keys by which programs call the API, with the rights of an admin or a receptionist narrowed by scopes. */
export function createApiKeys({ db, clock, log, audit, users }: ApiKeysDependencies) {
  const remembered = new Map<string, Remembered>();
  const nameOf = (key: string) => hashOf(key).toString('base64');
  const callerOf = ({ id, user, role, scopes: own }: repository.KnownKey): Caller => ({
    id: user,
    role,
    session: 0,
    key: { id, scopes: own },
  });

  async function lookUp(key: string): Promise<Remembered | undefined> {
    const name = nameOf(key);
    const known = remembered.get(name);
    const read_at = performance.now();
    if (known && read_at - known.read_at < FRESH) return known;
    const found = await repository.findByHash(db, hashOf(key));
    if (!found) return void remembered.delete(name);
    const noted_at = known?.noted_at ?? Number.NEGATIVE_INFINITY;
    const read = { found, read_at, noted_at };
    remembered.set(name, read);
    if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value as string);
    return read;
  }

  /** Nobody waits for it, and a request is none the worse for a use that is not noted. */
  function noteUse(used: Remembered): void {
    const now = clock.now();
    if (now.getTime() - used.noted_at < MINUTE) return;
    used.noted_at = now.getTime();
    repository
      .noteUse(db, used.found.id, now)
      .catch((error) => log.warn({ error: loggable(error) }, 'the use of a key could not be noted'));
  }

  const hasRunOut = ({ expires_at }: { expires_at: string | null }) =>
    expires_at !== null && new Date(expires_at) <= clock.now();

  async function mustFind(id: number): Promise<ApiKey> {
    const found = await repository.findKey(db, id);
    if (!found) throw new AppError('api_key_not_found');
    return found;
  }

  return {
    /** What the API needs of whoever comes with a key (http/hooks/api-keys). */
    bearers: {
      recall: (key: string): Caller | undefined => {
        const known = remembered.get(nameOf(key));
        return known && callerOf(known.found);
      },

      async find(key: string): Promise<Caller | 'invalid_token' | 'token_expired'> {
        const known = await lookUp(key);
        if (!known) return 'invalid_token';
        if (hasRunOut(known.found)) return 'token_expired';
        noteUse(known);
        return callerOf(known.found);
      },
    },

    list: ({ page, page_size, revoked }: ApiKeyFilters): Promise<Page<ApiKey>> =>
      repository.listKeys(db, revoked, { page, page_size }),

    get: mustFind,

    /** Whether a key has been revoked, or has run out. */
    async isOver(id: number): Promise<boolean> {
      const found = await repository.findKey(db, id);
      return !found || found.revoked_at !== null || hasRunOut(found);
    },

    /** @throws AppError invalid_input (expires_at in the past), branch_not_found, by the foreign key */
    async make(
      { name, role, scopes: named, branches, expires_at }: NewApiKey,
      caller: Caller,
    ): Promise<ApiKey & { key: string }> {
      if (expires_at !== null && new Date(expires_at) <= clock.now())
        throw invalidField('expires_at', 'in_past');
      const key = makeApiKey();
      const rights = role ?? roleFor(named ?? []);
      const id = await transaction(db, async (tx) => {
        const user_id = await users.insertService(tx, name, rights, branches);
        const made = await repository.insertKey(tx, {
          name,
          user_id,
          key_hash: hashOf(key),
          key_end: endOfApiKey(key),
          scopes: named ? [...new Set(named)] : allOf(rights),
          created_by: caller.id,
          created_at: clock.now().toISOString(),
          expires_at: expires_at && new Date(expires_at).toISOString(),
        });
        const details = { key: made, role: rights };
        await audit.record(tx, { actor: caller, action: 'api_key.create', subject: user_id, details });
        return made;
      });
      return { ...(await mustFind(id)), key };
    },

    /**
     * Puts a key out of use, here at once and everywhere within a second. One that is revoked already stays so.
     * @throws AppError api_key_not_found
     */
    async revoke(id: number, caller: Caller): Promise<void> {
      await transaction(db, async (tx) => {
        const served = await repository.revokeKey(tx, id, caller.id, clock.now());
        if (served === undefined) throw new AppError('api_key_not_found');
        if (served) await audit.record(tx, { actor: caller, action: 'api_key.revoke', details: { key: id } });
      });
      for (const [name, { found }] of remembered) if (found.id === id) remembered.delete(name);
    },
  };
}

const allOf = (role: KeyRole): Scope[] =>
  scopes.filter((scope) => !isBoundByBranches(role) || isBoundByBranches(roleFor([scope])));
