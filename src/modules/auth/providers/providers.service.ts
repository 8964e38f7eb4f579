import type { Origin } from '../../../core/device.ts';
import { AppError } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import type { Caller } from '../../../core/roles.ts';
import { hashOf } from '../../../core/secrets.ts';
import { siteOf } from '../passkeys/passkeys.rules.ts';
import type { Sessions } from '../sessions/sessions.service.ts';
import { type Client, createClient } from './client.service.ts';
import { type Coming, createEntering, type EnteringDependencies } from './entering.service.ts';
import { kindOf, type Person, type Provider } from './kinds.rules.ts';
import { personOfMiniApp } from './mini-app.rules.ts';
import type { NewStart } from './providers.schemas.ts';
import { spendIdToken } from './starts.repository.ts';
import { createStarts } from './starts.service.ts';

export interface ProvidersDependencies extends EnteringDependencies {
  log: Log;
  secrets: readonly string[];
  public_url: string | undefined;
  sign_in_providers: readonly Provider[];
  sign_in_redirects: readonly string[];
  /** Who has just signed in: a token that was stolen must not serve to link. */
  sessions: Pick<Sessions, 'isFresh'>;
  /** The bot whose Mini App people open. */
  channels: { telegram?: { token: string } | undefined };
}

export type Providers = ReturnType<typeof createProviders>;

/** Where providers lead back to. */
const CALLBACK = '/api/auth/providers/callback/';

/** A Mini App is opened at Telegram, whose accounts have this name in the settings. */
const TELEGRAM = 'telegram';

/** Seconds for which a token that has served is remembered after it has expired: clocks differ. */
const REMEMBERED = 60;

/** Signing in with accounts elsewhere. Where no provider is set up nothing of it is loaded, and every name is unknown. */
export function createProviders(dependencies: ProvidersDependencies) {
  const { db, clock, sessions, public_url, channels, sign_in_providers } = dependencies;
  const entering = createEntering(dependencies);
  const known = new Map<string, { provider: Provider; client: Client }>(
    sign_in_providers.map((provider) => [
      provider.name,
      {
        provider,
        client: createClient({ ...dependencies, provider, callback: `${public_url ?? ''}${CALLBACK}` }),
      },
    ]),
  );

  function mustFind(name: string) {
    const found = known.get(name);
    if (!found) throw new AppError('provider_not_found');
    return found;
  }

  const starts = createStarts({ ...dependencies, mustFind });

  /** @throws AppError sign_in_again */
  async function mustHaveEntered(caller: Caller | undefined): Promise<void> {
    if (caller && !(await sessions.isFresh(db, caller))) throw new AppError('sign_in_again');
  }

  const comingOf = (
    provider: Provider,
    person: Person,
    accept_terms: boolean | undefined,
    caller: Caller | undefined,
  ): Coming => ({
    provider,
    person,
    accept_terms: accept_terms ?? false,
    link: caller && { user: caller.id, session: caller.session },
  });

  return {
    list: () => ({
      results: sign_in_providers.map((provider) => ({
        name: provider.name,
        label: provider.label,
        icon: kindOf(provider).icon,
      })),
      passkeys: siteOf(public_url) !== undefined,
    }),

    async start(name: string, fields: NewStart, caller: Caller | undefined) {
      await mustHaveEntered(caller);
      return starts.start(name, fields, caller);
    },
    answer: starts.answer,

    /** @throws AppError invalid_code, and what `enter` throws */
    spend: async (code: string, code_verifier: string, origin: Origin) =>
      entering.enter(await starts.spend(code, code_verifier), origin),

    /**
     * Signs in with a token that an app got by itself; whoever is signed in links.
     * @throws AppError provider_not_found, provider_unavailable, invalid_identity, and what `enter` throws
     */
    async byIdToken(
      name: string,
      {
        id_token,
        nonce,
        accept_terms,
      }: { id_token: string; nonce: string; accept_terms?: boolean | undefined },
      caller: Caller | undefined,
      origin: Origin,
    ) {
      const { provider, client } = mustFind(name);
      await mustHaveEntered(caller);
      const { person, expires } = await client.judged(id_token, nonce);
      const until = new Date((expires + REMEMBERED) * 1_000);
      if (!(await spendIdToken(db, hashOf(id_token), until))) throw new AppError('invalid_identity');
      return entering.enter(comingOf(provider, person, accept_terms, caller), origin);
    },

    /**
     * Signs in whoever opened the clinic's Mini App; whoever is signed in links.
     * @throws AppError provider_not_found, invalid_identity, and what `enter` throws
     */
    async byMiniApp(
      { init_data, accept_terms }: { init_data: string; accept_terms?: boolean | undefined },
      caller: Caller | undefined,
      origin: Origin,
    ) {
      const { provider } = mustFind(TELEGRAM);
      if (!channels.telegram) throw new AppError('provider_not_found');
      await mustHaveEntered(caller);
      const person = personOfMiniApp(init_data, channels.telegram.token, provider.issuer, clock.now());
      if (!person) throw new AppError('invalid_identity');
      return entering.enter(comingOf(provider, person, accept_terms, caller), origin);
    },
  };
}
