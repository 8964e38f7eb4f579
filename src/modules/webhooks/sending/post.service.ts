import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { AddressRefused, addressOf, parseUrl, type Resolve } from './address.service.ts';

/** What became of a try. */
export interface Outcome {
  /** The answer's status; undefined where none came. */
  status?: number;
  /** Why none came. */
  error?: string;
  /** Seconds for which it asks to be left alone. */
  retry_after?: number;
}

interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
  allow_private: boolean;
  resolve: Resolve;
  /** Milliseconds that the try may take in all. */
  timeout: number;
}

/** An answer is read no further. */
const ANSWER_BYTES = 4_096;
const LONGEST_WAIT = 86_400;

/** Sends one POST, to the address that was judged. Redirects are answers like others. It never throws. */
export async function post({
  url: text,
  headers,
  body,
  allow_private,
  resolve,
  timeout,
}: Post): Promise<Outcome> {
  const signal = AbortSignal.timeout(timeout);
  try {
    const url = parseUrl(text, allow_private);
    const { address, family } = await orTimeout(addressOf(url, allow_private, resolve), signal);
    const { request } = url.protocol === 'https:' ? https : http;
    const answer = await new Promise<IncomingMessage>((done, fail) => {
      const sent = request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal,
        // A connection of its own: one that is kept would lead to an address that was judged some time ago.
        agent: false,
        lookup: (_name, options, answered) =>
          options.all
            ? (answered as (error: null, all: object[]) => void)(null, [{ address, family }])
            : answered(null, address, family),
      });
      sent.on('response', done).on('error', fail).end(body);
    });
    await readSome(answer);
    const retry_after = secondsOf(answer.headers);
    return { status: answer.statusCode ?? 0, ...(retry_after !== undefined && { retry_after }) };
  } catch (error) {
    if (signal.aborted) return { error: 'timeout' };
    if (error instanceof AddressRefused) return { error: error.code };
    return { error: codeOf(error) };
  }
}

/** The work goes on behind it; nobody waits any longer. */
const orTimeout = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  Promise.race([
    work,
    new Promise<never>((_, fail) => signal.addEventListener('abort', () => fail(new Error('timeout')))),
  ]);

/** Its status says all; who sends more than a little is hung up on. */
async function readSome(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (bytes > ANSWER_BYTES) break;
  }
  answer.destroy();
}

/** RFC 9110, section 10.2.3: seconds, or a moment, which is seen from the answer's own `Date`: clocks differ. */
function secondsOf({ 'retry-after': header, date }: IncomingMessage['headers']): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(header.trim())
    ? Number(header)
    : (Date.parse(header) - Date.parse(date ?? '')) / 1_000;
  return seconds >= 0 ? Math.min(seconds, LONGEST_WAIT) : undefined;
}

/** Node's own code, such as `ECONNREFUSED`; never its text, which may name others. */
const codeOf = (error: unknown): string =>
  (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed')
    .toLowerCase()
    .slice(0, 50);
