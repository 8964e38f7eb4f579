import { createHmac } from 'node:crypto';
import { keyId } from '../src/core/keys.ts';

/** Requests as they go over the wire: written out beforehand, so that sending one costs the load next to nothing. */

export interface Ask {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** Whose token it carries; none when absent. The limits, which read no token, are told by a header. */
  person?: number;
  body?: object;
}

export interface Part {
  /** Its share of all requests. */
  weight: number;
  /** Each of its requests is sent once only; otherwise they go round. */
  once: boolean;
  asks: readonly Ask[];
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** An access token as the server signs them, for a patient whose session has their own number. */
export function tokenFor(person: number, secret: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    sub: String(person),
    role: 'patient',
    sid: person,
    profile: person,
    iat: now,
    exp: now + 86_400,
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid: keyId(secret) })}.${encode({ ...claims, iss: 'clinic-booking-api' })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/**
 * Writes out all requests of some parts.
 * @returns the next one to send, at random by weight; undefined once a part that is sent once only has run out
 */
export function writeOut(parts: readonly Part[], host: string, secret: string): () => Buffer | undefined {
  const tokens = new Map<number, string>();
  const tokenOf = (person: number) => {
    const token = tokens.get(person) ?? tokenFor(person, secret);
    tokens.set(person, token);
    return token;
  };
  const write = ({ method, path, person, body }: Ask): Buffer => {
    const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, 'connection: keep-alive'];
    if (person !== undefined) lines.push(`authorization: Bearer ${tokenOf(person)}`, `x-person: ${person}`);
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
