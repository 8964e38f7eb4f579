import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import { createClock } from '../../src/core/clock.ts';
import type { TestClock } from './clock.ts';

/** Real providers of OpenID Connect on this machine (oidc-provider), each with the oddities of the one that it plays. */

export interface Played {
  /** As it stands in SIGN_IN_<NAME>_ISSUER. */
  issuer: string;
  /** Whose tokens bear this name, of several tenants the first. */
  signs_as: string;
  /** Who signs in at it from now on. */
  becomes(claims: { sub: string } & Record<string, unknown>): void;
  /** It asks nobody: whoever comes has said yes before. */
  asks: boolean;
  /** What becomes of the token before it goes out by the token endpoint. */
  tamper: ((claims: Record<string, unknown>) => Promise<string> | string) | undefined;
  /** It answers no more, or only after so many milliseconds. */
  trouble: 'down' | 'slow' | 'broken' | undefined;
  /** A token as it would sign one, with other claims, or another algorithm or key. */
  token(
    claims: Record<string, unknown>,
    options?: { alg?: string; key?: 'own' | 'foreign' },
  ): Promise<string>;
  /** By which clock its own tokens are dated, in epoch milliseconds. */
  now: () => number;
  /** How often it was asked for tokens by code. */
  exchanges: number;
  close(): Promise<void>;
}

export const CLIENT_ID = 'clinic-client';
export const CLIENT_SECRET = 'clinic-client-secret-0f8e7d6c5b4a39281706';

interface Oddities {
  /** Its tokens are of one of these tenants, and its own description names none (Microsoft Entra). */
  tenant?: string;
  /** Claims beside the standard's, which it puts into every token. */
  claims?: readonly string[];
}

const KID = 'the-present-key';

async function newKey(alg: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    privateKey,
    publicKey,
    jwk: { ...(await exportJWK(privateKey)), kid: KID, alg, use: 'sig' } as JWK,
  };
}

/** @param callback where it may lead back to */
export async function playProvider(
  callback: string,
  { tenant, claims = [] }: Oddities = {},
): Promise<Played> {
  const own = await newKey('RS256');
  const foreign = await newKey('RS256');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const path = tenant === undefined ? '' : `/${tenant}/v2.0`;
  const signs_as = `${origin}${path}`;
  const accounts = new Map<string, Record<string, unknown>>();
  let present = '';

  const provider = new Provider(signs_as, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [callback],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [own.jwk as never] },
    cookies: { keys: ['only-for-tests'] },
    claims: {
      openid: ['sub', ...claims],
      profile: ['name', 'given_name', 'family_name', 'locale', 'picture', 'preferred_username'],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
    },
    // As the great ones do: what a scope asks for stands in the token.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_ctx, { uid }) => `${path}/interaction/${uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts.get(id) }) }),
    async loadExistingGrant(ctx) {
      const { client, session, provider: of } = ctx.oidc;
      const grant = new of.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
      grant.addOIDCScope('openid profile email phone');
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();

  /** The page on which somebody says yes or no. */
  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = new URLSearchParams(Buffer.concat(chunks).toString()).get('answer');
    if (answer === null && played.asks) {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(
        `<title>Provider</title><form method="post"><button name="answer" value="yes">Continue</button>
         <button name="answer" value="no">Cancel</button></form>`,
      );
      return;
    }
    const result =
      answer === 'no'
        ? { error: 'access_denied', error_description: 'the person said no' }
        : { login: { accountId: present } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  async function describe(response: ServerResponse): Promise<void> {
    const own = await fetch(`${signs_as}/.well-known/openid-configuration`);
    const known = (await own.json()) as object;
    const template = {
      issuer: `${origin}/{tenantid}/v2.0`,
      authorization_response_iss_parameter_supported: false,
    };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...known, ...template }));
  }

  /** What the token endpoint answers, with another token in it. */
  function tampering(response: ServerResponse): void {
    const end = response.end.bind(response);
    response.end = ((body: Buffer | string) => {
      const sent = JSON.parse(String(body ?? '{}'));
      if (typeof sent.id_token !== 'string' || !played.tamper) return end(body);
      const claims = JSON.parse(Buffer.from(sent.id_token.split('.')[1], 'base64url').toString());
      void Promise.resolve(played.tamper(claims)).then((id_token) => {
        const changed = JSON.stringify({ ...sent, id_token });
        response.setHeader('content-length', Buffer.byteLength(changed));
        end(changed);
      });
      return response;
    }) as typeof response.end;
  }

  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url ?? '/', origin);
    if (played.trouble === 'down') return void request.socket.destroy();
    if (played.trouble === 'slow') return;
    if (played.trouble === 'broken') return void response.writeHead(500).end('<h1>broken</h1>');
    if (tenant !== undefined && pathname === '/common/v2.0/.well-known/openid-configuration')
      return void describe(response);
    if (pathname.startsWith(`${path}/interaction/`)) return void interact(request, response);
    if (pathname === `${path}/token`) {
      played.exchanges += 1;
      tampering(response);
    }
    // Below a path, as Express mounts it.
    Object.assign(request, { originalUrl: request.url });
    request.url = (request.url ?? '/').slice(path.length) || '/';
    void handle(request, response);
  });

  const played: Played = {
    issuer: tenant === undefined ? origin : `${origin}/common/v2.0`,
    signs_as,
    asks: false,
    tamper: undefined,
    trouble: undefined,
    exchanges: 0,
    now: Date.now,
    becomes({ sub, ...others }) {
      present = sub;
      accounts.set(sub, others);
    },
    token(given, { alg = 'RS256', key = 'own' } = {}) {
      const now = Math.floor(played.now() / 1000);
      const all = { iss: signs_as, aud: CLIENT_ID, iat: now, exp: now + 3600, ...given };
      const signing = new SignJWT(all).setProtectedHeader({ alg, kid: KID });
      if (alg.startsWith('HS')) return signing.sign(new TextEncoder().encode(CLIENT_SECRET));
      return signing.sign((key === 'own' ? own : foreign).privateKey);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return played;
}

/** A clock that goes with the system's, as tokens of others do, and can be set ahead. */
export function movingClock(): TestClock {
  let ahead = 0;
  const clock = createClock('Asia/Tashkent', () => new Date(Date.now() + ahead));
  return Object.assign(clock, {
    set(instant: string) {
      ahead = Date.parse(instant) - Date.now();
    },
  });
}

/** Goes where it is led, as a browser does: with cookies, and through redirects within the machine. */
export function browserOf() {
  const jars = new Map<string, Map<string, string>>();

  async function go(address: string, form?: Record<string, string>): Promise<Response> {
    const { origin } = new URL(address);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const [name = '', ...value] = pair.split('=');
      jar.set(name, value.join('='));
    }
    return response;
  }

  return {
    go,
    /** Follows redirects until they lead to an address that begins so, which is not asked. */
    async follow(address: string, until: string): Promise<URL> {
      let next = address;
      for (let step = 0; step < 20; step += 1) {
        if (next.startsWith(until)) return new URL(next);
        const response = await go(next);
        const location = response.headers.get('location');
        if (location === null)
          throw new Error(`${response.status} at ${next}: ${(await response.text()).slice(0, 300)}`);
        next = new URL(location, next).href;
      }
      throw new Error('led in circles');
    },
  };
}
