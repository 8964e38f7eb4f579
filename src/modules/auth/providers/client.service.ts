import type * as Jose from 'jose';
import type * as OpenidClient from 'openid-client';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import type { CountryCode } from '../../../core/phone.ts';
import { claims as claimsSchema } from './claims.schemas.ts';
import { faultOf } from './faults.rules.ts';
import {
  isFor,
  isNamed,
  isOfMany,
  issuersOf,
  isTenantOf,
  type Person,
  type Provider,
  personOf,
} from './kinds.rules.ts';

/** Milliseconds for one request to a provider, and for all of one step. */
const ONE_REQUEST = 3_500;
const ONE_STEP = 4_500;
/** For so long the description of a provider is believed, in milliseconds. */
const DESCRIBED = 3_600_000;
/** Seconds for which a token is new enough to sign in with, and by which clocks may differ. */
const NEW = 600;
const SKEW = 30;

/** Public keys alone: with a shared secret, or without a key, anybody could sign who knows it, or nobody needed one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
  'Ed25519',
];

interface Libraries {
  oidc: typeof OpenidClient;
  jose: typeof Jose;
}

/** What was found out about a provider. */
interface Described extends Libraries {
  metadata: OpenidClient.ServerMetadata;
  keys: Jose.JWTVerifyGetKey;
}

/** Somebody whom a provider has named, and until when its token serves (epoch seconds). */
export interface Named {
  person: Person;
  expires: number;
}

interface ClientDependencies {
  provider: Provider;
  /** Where it leads back to. */
  callback: string;
  clock: Pick<Clock, 'now'>;
  log: Log;
  phone_country: CountryCode;
}

export type Client = ReturnType<typeof createClient>;

/** Somebody said no at the provider: no fault of anybody. */
export class Denied extends Error {}

let libraries: Promise<Libraries> | undefined;

/** Nothing of them is loaded before somebody comes from a provider. */
const load = (): Promise<Libraries> => {
  libraries ??= Promise.all([import('openid-client'), import('jose')]).then(([oidc, jose]) => ({
    oidc,
    jose,
  }));
  return libraries;
};

/** Talks to one provider (OpenID Connect Core and Discovery), whatever it is worth: it may be away, slow, or wrong. */
export function createClient({ provider, callback, clock, log, phone_country }: ClientDependencies) {
  const { client_id, client_secret } = provider;
  const isLocal = provider.issuer.startsWith('http:');
  let described: Promise<Described> | undefined;
  let until = 0;

  async function describe(): Promise<Described> {
    const { oidc, jose } = await load();
    const about = new URL(`${provider.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const execute = isLocal ? [oidc.allowInsecureRequests] : [];
    const found = await oidc.discovery(about, client_id, undefined, undefined, {
      timeout: ONE_REQUEST / 1_000,
      execute,
    });
    const metadata = found.serverMetadata();
    const { issuer, jwks_uri = '' } = metadata;
    // Of many tenants only those serve that are on the list.
    if (issuer !== provider.issuer && !(isOfMany(issuer) && provider.tenants.length > 0))
      throw new Error('the provider describes itself as another');
    const keys = jose.createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: ONE_REQUEST });
    return { oidc, jose, metadata, keys };
  }

  /** It is asked again after an hour, and after a failure. */
  function description(): Promise<Described> {
    const now = performance.now();
    if (described === undefined || now > until) {
      until = now + DESCRIBED;
      described = describe().catch((cause) => {
        described = undefined;
        throw new Error('the provider is not described', { cause });
      });
    }
    return described;
  }

  /**
   * The tokens of a provider are judged in one place, however they come here: openid-client compares them with one name of
   * an issuer, or with Microsoft's at one host, and not with a list of tenants.
   */
  function configure({ oidc, metadata }: Described, onToken?: (token: string) => void) {
    const config = new oidc.Configuration(metadata, client_id, undefined, authentication(oidc, metadata));
    config.timeout = ONE_REQUEST / 1_000;
    if (isLocal) oidc.allowInsecureRequests(config);
    if (onToken)
      config[oidc.customFetch] = async (url, options) => {
        const response = await fetch(url, options as RequestInit);
        const body: unknown = await response
          .clone()
          .json()
          .catch(() => undefined);
        if (typeof body !== 'object' || body === null || !('id_token' in body)) return response;
        const { id_token, ...rest } = body;
        if (typeof id_token === 'string') onToken(id_token);
        return Response.json(rest, { status: response.status });
      };
    return config;
  }

  /** The secret goes into the header, and into the body where the provider takes it only there. */
  function authentication(oidc: typeof OpenidClient, metadata: OpenidClient.ServerMetadata) {
    if (client_secret === undefined) return oidc.None();
    const takes = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return takes.includes('client_secret_basic')
      ? oidc.ClientSecretBasic(client_secret)
      : oidc.ClientSecretPost(client_secret);
  }

  /** @throws an error of jose where the token is not to be trusted */
  async function verify({ jose, metadata, keys }: Described, token: string, nonce: string): Promise<Named> {
    const { payload } = await jose.jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce'],
      maxTokenAge: NEW,
      clockTolerance: SKEW,
      currentDate: clock.now(),
    });
    const refuse = (claim: string): never => {
      throw new jose.errors.JWTClaimValidationFailed('not the one that it must be', payload, claim);
    };
    const claims = claimsSchema.safeParse(payload).data ?? refuse('shape');
    if (!isTenantOf(provider, claims.tid)) refuse('tid');
    if (!issuersOf(metadata.issuer, claims.tid).includes(claims.iss)) refuse('iss');
    if (!isFor(provider, claims)) refuse('aud');
    if (claims.nonce !== nonce) refuse('nonce');
    const person = personOf(provider, claims.iss, claims, phone_country) ?? refuse('sub');
    return { person, expires: claims.exp };
  }

  /** One step with the provider. @throws AppError provider_unavailable, invalid_identity; Denied */
  async function step<Result>(work: (described: Described) => Promise<Result>): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('late')), ONE_STEP);
    });
    const done = description().then(work);
    try {
      return await Promise.race([done, late]);
    } catch (error) {
      const { code, reason } = faultOf(error);
      if (code === 'access_denied') throw new Denied();
      log.warn({ provider: provider.name, reason }, 'a sign-in by a provider failed');
      throw new AppError(code, code === 'provider_unavailable' ? { retryAfter: 10 } : {});
    } finally {
      clearTimeout(timer);
      done.catch(() => {});
    }
  }

  return {
    /** Where somebody signs in. @throws AppError provider_unavailable */
    authorizationUrl: (parameters: Record<string, string>): Promise<string> =>
      step(
        async (known) =>
          known.oidc.buildAuthorizationUrl(configure(known), { ...parameters, redirect_uri: callback }).href,
      ),

    /**
     * Takes the provider's answer: the state, the issuer that it names (RFC 9207), and the token that it gives for the code.
     * @param query of the request that came with it
     */
    answered: (query: string, checks: { state: string; nonce: string; verifier: string }): Promise<Named> =>
      step(async (known) => {
        let token: string | undefined;
        const config = configure(known, (one) => {
          token = one;
        });
        const url = new URL(`${callback}?${query}`);
        const named = url.searchParams.get('iss');
        const { issuer } = known.metadata;
        if (named !== null && isOfMany(issuer) && isNamed(issuer, provider, named))
          url.searchParams.delete('iss');
        await known.oidc.authorizationCodeGrant(config, url, {
          expectedState: checks.state,
          pkceCodeVerifier: checks.verifier,
        });
        if (token === undefined) throw new known.jose.errors.JWTInvalid('no token came');
        return verify(known, token, checks.nonce);
      }),

    /** Judges a token that an app got by itself. */
    judged: (token: string, nonce: string): Promise<Named> => step((known) => verify(known, token, nonce)),
  };
}
