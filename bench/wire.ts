import { createHmac, sign } from 'node:crypto';
import { keyId } from '../src/core/keys.ts';
import { type Role, sideOf } from '../src/core/roles.ts';
import { openSigningKeys } from '../src/core/signing-keys.ts';

/** Requests as they go over the wire: written out beforehand, so that sending one costs the load next to nothing. */

export interface Ask {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** Whose token it carries; none when absent. The limits, which read no token, are told by a header. */
  person?: number;
  body?: object;
  /** The `ETag` of the answer that whoever asks has already. */
  known?: string;
}

export interface Part {
  /** Its share of all requests. */
  weight: number;
  /** Each of its requests is sent once only; otherwise they go round. */
  once: boolean;
  asks: readonly Ask[];
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** An access token as the server signs them, for somebody whose session has their own number. */
export function tokenFor(person: number, secret: string, role: Role = 'patient'): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    sub: String(person),
    role,
    sid: person,
    profile: sideOf(role) ? person : null,
    iat: now,
    exp: now + 86_400,
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid: keyId(secret) })}.${encode({ ...claims, iss: 'clinic-booking-api' })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** By whose keys tokens are signed that others verify too: a file of them, and the issuer's name. */
export interface TokenKeys {
  file: string;
  issuer: string;
}

/** The same with keys of an elliptic curve (RFC 9068). @returns what signs for one person after the other */
function signerBy({ file, issuer }: TokenKeys): (person: number) => string {
  const { kid, private_pem: key } = openSigningKeys(file, 900_000, Date.now).signer();
  const iat = Math.floor(Date.now() / 1_000);
  const header = encode({ alg: 'ES256', typ: 'at+jwt', kid });
  return (person) => {
    const who = { sub: String(person), role: 'patient', sid: person, profile: person, client_id: 'clinic' };
    const signed = `${header}.${encode({ ...who, iat, exp: iat + 86_400, iss: issuer, aud: issuer, jti: `${person}-of-the-bench` })}`;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  };
}

/**
 * Writes out all requests of some parts.
 * @returns the next one to send, at random by weight; undefined once a part that is sent once only has run out
 */
export function writeOut(
  parts: readonly Part[],
  host: string,
  secret: string,
  token_keys?: TokenKeys,
): () => Buffer | undefined {
  const tokens = new Map<number, string>();
  const signs = token_keys ? signerBy(token_keys) : (person: number) => tokenFor(person, secret);
  const tokenOf = (person: number) => {
    const token = tokens.get(person) ?? signs(person);
    tokens.set(person, token);
    return token;
  };
  const write = ({ method, path, person, body, known }: Ask): Buffer => {
    const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, 'connection: keep-alive'];
    if (person !== undefined) lines.push(`authorization: Bearer ${tokenOf(person)}`, `x-person: ${person}`);
    if (known !== undefined) lines.push(`if-none-match: ${known}`);
    const text = body === undefined ? '' : JSON.stringify(body);
    if (text) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(text)}`);
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
  };
  const queues = parts.map(({ weight, once, asks }) => ({ weight, once, buffers: asks.map(write), next: 0 }));
  const whole = parts.reduce((sum, { weight }) => sum + weight, 0);

  return () => {
    let left = queues.length === 1 ? 0 : Math.random() * whole;
    const queue = queues.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    if (!queue) return undefined;
    if (queue.next === queue.buffers.length && !queue.once) queue.next = 0;
    const buffer = queue.buffers[queue.next];
    queue.next += 1;
    return buffer;
  };
}
