import { createHmac } from 'node:crypto';
import { type Person, testConfig } from './app.ts';

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** The claims of a person's real access token. */
export function claimsOf({ token }: Pick<Person, 'token'>): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/**
 * A token signed by hand, to be as wrong as a test wants it.
 * @param algorithm `none` leaves the signature empty
 */
export function forge(
  claims: object,
  {
    algorithm = 'HS256',
    secret = testConfig.jwt_secret,
  }: { algorithm?: 'HS256' | 'HS384' | 'HS512' | 'none'; secret?: string } = {},
): string {
  const signed = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode(claims)}`;
  if (algorithm === 'none') return `${signed}.`;
  const hash = `sha${algorithm.slice(2)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}
