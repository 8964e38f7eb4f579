import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { openWith, sealWith } from '../../../core/sealing.ts';
import { hashOf, newSecret } from '../../../core/secrets.ts';
import type { Db } from '../../../db/client.ts';
import { type Client, Denied, type Named } from './client.service.ts';
import type { Coming } from './entering.service.ts';
import { type Person, type Provider, scopeOf } from './kinds.rules.ts';
import type { NewStart } from './providers.schemas.ts';
import * as repository from './starts.repository.ts';
import * as rules from './starts.rules.ts';

interface StartsDependencies {
  db: Db;
  clock: Clock;
  /** The present signing secret, then those it replaced. */
  secrets: readonly string[];
  public_url: string | undefined;
  sign_in_redirects: readonly string[];
  /** @throws AppError provider_not_found */
  mustFind: (name: string) => { provider: Provider; client: Client };
}

const SEALED = { table: 'sign_in_starts', column: 'claims', id: 'code_hash' };

/**
 * The way through a browser: to the provider with a state, back with its answer, and on to the client with a code, which only
 * serves whoever began (RFC 7636). Nothing of an account changes before that code is spent: whoever sends somebody else to a
 * provider gets nothing of what they do there.
 */
export function createStarts(dependencies: StartsDependencies) {
  const { db, clock, secrets, public_url, mustFind } = dependencies;
  const inTime = (milliseconds: number) => new Date(clock.now().getTime() + milliseconds);
  const isOver = ({ expires_at }: repository.Start) => Date.parse(expires_at) <= clock.now().getTime();

  /** Seals what was learned with a key that only the code gives, and makes that code. */
  async function keep(state: string, { person }: Named): Promise<string> {
    const code = newSecret();
    const claims = sealWith(rules.codeKey(code), SEALED, '', JSON.stringify(person));
    const kept = { code_hash: hashOf(code), claims, expires_at: inTime(rules.CODE_WITHIN) };
    await repository.keepClaims(db, hashOf(state), kept);
    return code;
  }

  /** What a client is told instead of a code. */
  async function learn(start: repository.Start, checks: rules.Checks, query: string) {
    if (isOver(start)) return { error: 'invalid_state' };
    try {
      const named = await mustFind(start.provider).client.answered(query, checks);
      return { code: await keep(checks.state, named) };
    } catch (error) {
      if (error instanceof Denied) return { error: 'access_denied' };
      if (error instanceof AppError) return { error: error.code };
      throw error;
    }
  }

  return {
    /**
     * @param caller who links; undefined for a sign-in
     * @returns where the browser goes
     * @throws AppError provider_not_found, provider_unavailable, invalid_input (redirect_uri that is not on the list)
     */
    async start(
      name: string,
      fields: NewStart,
      caller: Caller | undefined,
    ): Promise<{ authorization_url: string }> {
      const { provider, client } = mustFind(name);
      const { redirect_uri, code_challenge, state: client_state = null, accept_terms = false } = fields;
      if (!rules.isRedirect(redirect_uri, dependencies.sign_in_redirects, public_url))
        throw invalidField('redirect_uri', 'not_listed');
      const state = rules.newState(secrets);
      const checks = rules.checksOf(state, secrets);
      if (!checks) throw new Error('a state is not known by who made it');
      const authorization_url = await client.authorizationUrl({
        scope: scopeOf(provider),
        state,
        nonce: checks.nonce,
        code_challenge: rules.challengeOf(checks.verifier),
        code_challenge_method: 'S256',
      });
      await repository.insertStart(db, {
        state_hash: hashOf(state),
        provider: name,
        redirect_uri,
        client_state,
        code_challenge,
        accept_terms,
        user_id: caller?.id ?? null,
        session_id: caller?.session ?? null,
        expires_at: inTime(rules.ANSWER_WITHIN),
      });
      return { authorization_url };
    },

    /**
     * Takes the provider's answer.
     * @returns where the browser goes: back to the client, with a code or an error
     * @throws AppError invalid_state where nobody waits for it, or it came before
     */
    async answer(state: string, query: string): Promise<string> {
      const checks = rules.checksOf(state, secrets);
      const start = checks && (await repository.takeAnswer(db, hashOf(checks.state), clock.now()));
      if (!start) throw new AppError('invalid_state');
      const learned = await learn(start, checks, query);
      return rules.withQuery(start.redirect_uri, { ...learned, state: start.client_state });
    },

    /**
     * Spends a code, whatever becomes of it.
     * @throws AppError invalid_code, whether it is unknown, spent, late, or another began
     */
    async spend(code: string, code_verifier: string): Promise<Coming> {
      const start = await repository.takeCode(db, hashOf(code));
      if (!start || isOver(start) || rules.challengeOf(code_verifier) !== start.code_challenge)
        throw new AppError('invalid_code');
      const { user_id, session_id, accept_terms } = start;
      return {
        provider: mustFind(start.provider).provider,
        person: JSON.parse(openWith(rules.codeKey(code), SEALED, '', start.claims)) as Person,
        accept_terms,
        link: user_id === null || session_id === null ? undefined : { user: user_id, session: session_id },
      };
    },
  };
}
