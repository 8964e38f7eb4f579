import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Response as Answer } from 'supertest';
import { freePort } from '../../src/db/embedded/embedded.ts';
import type { LogStream } from '../../src/http/hooks/logging.ts';
import { CHANNELS } from './accounts.ts';
import { type Person, type TestApp, testApp, type testConfig } from './app.ts';
import type { TestClock } from './clock.ts';
import { browserOf, CLIENT_ID, CLIENT_SECRET, movingClock, type Played, playProvider } from './oidc.ts';
import { listening } from './raw.ts';

/** A clinic with providers, each a real one on this machine, and whoever comes through them. */

export const APP = 'https://app.clinic.example/signed-in';
export const TENANT = '11111111-2222-4333-8444-555555555555';
export const BOT_TOKEN = '7654321:only-for-tests';

export interface ProvidersClinic extends Omit<TestApp, 'clock'> {
  clock: TestClock;
  origin: string;
  google: Played;
  microsoft: Played;
  telegram: Played;
  /** By the standard, and nobody's. */
  oneid: Played;
}

const setUp = (name: string, label: string, { issuer }: Played) => ({
  name,
  label,
  issuer,
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
  audiences: ['clinic-ios'],
  tenants: [] as string[],
  trust_phone: false,
});

/** @param config beside the providers */
export async function providersClinic(
  config: Partial<typeof testConfig> = {},
  options: { log_stream?: LogStream } = {},
): Promise<ProvidersClinic> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const callback = `${origin}${CALLBACK}`;
  const google = await playProvider(callback, { claims: ['hd'] });
  const microsoft = await playProvider(callback, { tenant: TENANT, claims: ['tid', 'email'] });
  const telegram = await playProvider(callback, { claims: ['id'] });
  const oneid = await playProvider(callback);
  const clock = movingClock();
  const clinic = await testApp({
    ...options,
    clock,
    config: {
      public_url: origin,
      sign_in_redirects: [APP, 'uz.clinic.app:/signed-in'],
      channels: { ...CHANNELS, telegram: { token: BOT_TOKEN, api_url: 'http://127.0.0.1:1' } },
      sign_in_providers: [
        setUp('google', 'Google', google),
        { ...setUp('microsoft', 'Microsoft', microsoft), tenants: [TENANT] },
        { ...setUp('telegram', 'Telegram', telegram), trust_phone: true },
        setUp('oneid', 'OneID', oneid),
      ],
      ...config,
    },
  });
  await clinic.app.listen({ host: '127.0.0.1', port });
  await listening(clinic.app);
  return {
    ...clinic,
    clock,
    origin,
    google,
    microsoft,
    telegram,
    oneid,
    async close() {
      await clinic.close();
      await Promise.all([google, microsoft, telegram, oneid].map((provider) => provider.close()));
    },
  };
}

const CALLBACK = '/api/auth/providers/callback/';

/**
 * A provider for a clinic whose clock stands still: its tokens are dated by that clock, once it is `set`. The clinic listens
 * nowhere; it is asked within this process.
 */
export async function providerAside() {
  const played = await playProvider(`https://clinic.example${CALLBACK}`);
  return {
    played,
    settings: {
      sign_in_providers: [
        setUp('google', 'Google', played),
        { ...setUp('telegram', 'Telegram', played), issuer: 'https://oauth.telegram.org' },
      ],
      sign_in_redirects: [APP, 'https://app.clinic.uz/signed-in'],
    },
    set(clock: TestClock): void {
      played.now = () => clock.now().getTime();
      played.tamper = (claims) => {
        const iat = Math.floor(played.now() / 1000);
        return played.token({ ...claims, iat, exp: iat + 3600 });
      };
    },
    /** Goes from the provider's page back to the client. @returns the code */
    async codeOf(clinic: Pick<TestApp, 'app'>, authorization_url: string): Promise<string> {
      const answered = await browserOf().follow(authorization_url, 'https://clinic.example/');
      const led = await clinic.app.inject({ url: `${CALLBACK}${answered.search}` });
      return new URL(String(led.headers.location)).searchParams.get('code') ?? String(led.headers.location);
    },
  };
}

/** What Telegram hands a Mini App of a bot, signed at a moment. */
export function initData(token: string, at: Date, user: object, others: Record<string, string> = {}): string {
  const auth_date = String(Math.floor(at.getTime() / 1000));
  const fields = { query_id: 'AAF9tyU', user: JSON.stringify(user), auth_date, signature: 'c2ln', ...others };
  const lines = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const key = createHmac('sha256', 'WebAppData').update(token).digest();
  const hash = createHmac('sha256', key).update(lines.sort().join('\n')).digest('hex');
  return new URLSearchParams({ ...fields, hash }).toString();
}

/** A client's secret, and what it sends of it. */
export function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

interface Journey {
  /** Where the client is led back to, with what stands in the query. */
  back: URL;
  verifier: string;
  /** Spends the code. */
  spend: (verifier?: string) => Promise<Answer>;
}

/** Goes through a provider as far as the client's own address. */
export async function journey(
  clinic: ProvidersClinic,
  provider: string,
  fields: Record<string, unknown> = {},
  by?: Pick<Person, 'token'>,
): Promise<Journey> {
  const { verifier, challenge } = pkce();
  const body = { redirect_uri: APP, code_challenge: challenge, state: 'the client-s', ...fields };
  const started = await clinic.as(by).post(`/auth/providers/${provider}/start/`, body).expect(200);
  const back = await browserOf().follow(started.body.authorization_url, String(body.redirect_uri));
  return { back, verifier, spend: (other = verifier) => spend(clinic, back, other) };
}

export const spend = async (clinic: ProvidersClinic, back: URL, code_verifier: string): Promise<Answer> =>
  clinic
    .as(undefined)
    .post('/auth/providers/token/', { code: back.searchParams.get('code') ?? 'none', code_verifier });

/** Goes all the way. @returns who came, signed in */
export async function comeBy(
  clinic: ProvidersClinic,
  provider: string,
  fields: Record<string, unknown> = {},
  by?: Pick<Person, 'token'>,
): Promise<Person & { username: string }> {
  const { spend: spendCode } = await journey(clinic, provider, fields, by);
  const answer = await spendCode();
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  const { user, access, refresh } = answer.body;
  return { id: user.id, username: user.username, role: user.role, token: access, refresh };
}

/** All that a sign-in could change. */
export async function countsOf({ db }: Pick<TestApp, 'db'>): Promise<Record<string, number>> {
  const { rows } = await db.$client.query<Record<string, number>>(`
    select (select count(*)::int from users) as users, (select count(*)::int from identities) as identities,
      (select count(*)::int from sessions) as sessions, (select count(*)::int from consents) as consents`);
  return rows[0] ?? {};
}

/** What the audit says of somebody. */
export async function actionsOf({ db }: Pick<TestApp, 'db'>, subject: number): Promise<string[]> {
  const { rows } = await db.$client.query<{ action: string }>(
    'select action from audit_entries where subject_id = $1 order by id',
    [subject],
  );
  return rows.map(({ action }) => action);
}
