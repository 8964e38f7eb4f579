import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { deriveKey, keyId } from '../../../core/keys.ts';
import { newSecret } from '../../../core/secrets.ts';

/** How long a provider may take to answer, and a client to come with the code, in milliseconds. */
export const ANSWER_WITHIN = 600_000;
export const CODE_WITHIN = 60_000;

/** Such as a client makes of its verifier (RFC 7636, 4.2). */
export const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

/** What belongs to one sign-in at a provider. */
export interface Checks {
  state: string;
  nonce: string;
  /** Ours, for the provider (RFC 7636). */
  verifier: string;
}

/**
 * Nonce and verifier are made of the state with the signing secret. The database holds no secret of a sign-in on its way.
 * @returns undefined where the state was made with a secret that serves no longer, or is none of ours
 */
export function checksOf(state: string, secrets: readonly string[]): Checks | undefined {
  const [kid] = state.split('.');
  const secret = secrets.find((one) => keyId(one) === kid);
  if (secret === undefined) return undefined;
  const key = deriveKey(secret, 'sign_in_starts');
  const part = (name: string) => createHmac('sha256', key).update(`${name}:${state}`).digest('base64url');
  return { state, nonce: part('nonce'), verifier: part('verifier') };
}

/** The state names the secret of which the rest is made. */
export function newState([secret = '']: readonly string[]): string {
  return `${keyId(secret)}.${newSecret()}`;
}

/** The key of what waits for a code: nothing but the code leads to it. */
export const codeKey = (code: string): { name: string; key: Buffer } => ({
  name: 'code',
  key: Buffer.from(hkdfSync('sha256', code, 'clinic-booking-api', 'sign_in_claims', 32)),
});

/** Whether somebody may be led back to an address: it is on the list, or a page of this server's own, letter by letter. */
export function isRedirect(
  address: string,
  listed: readonly string[],
  public_url: string | undefined,
): boolean {
  if (listed.includes(address)) return true;
  return public_url !== undefined && OWN_PAGES.some((page) => address === `${public_url}${page}`);
}

const OWN_PAGES = ['/book/', '/desk/', '/api/docs/'];

/** An address with more of a query. */
export function withQuery(address: string, query: Record<string, string | null>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, value);
  return url.href;
}
