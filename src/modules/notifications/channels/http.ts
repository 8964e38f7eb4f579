import { SendError } from './channel.ts';

export interface Answer {
  status: number;
  /** The body as JSON; undefined when it is no JSON. */
  body: unknown;
  retryAfter: number | undefined;
}

const LARGEST = 256 * 1024;

/**
 * One HTTP request to a provider, within a time limit. It is never repeated here: the queue does that.
 * @param timeout milliseconds for all of it, body included
 * @throws SendError `unreachable` when it was not even sent, `timeout` or `cut_off` when the provider may have it
 */
export async function request(url: string, init: RequestInit, timeout: number): Promise<Answer> {
  try {
    // No redirect takes our credentials elsewhere: where a provider moves, the settings change.
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeout) });
    const text = (await response.text()).slice(0, LARGEST);
    return {
      status: response.status,
      body: parse(text),
      retryAfter: seconds(response.headers.get('retry-after')),
    };
  } catch (error) {
    throw asSendError(error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 9110, section 10.2.3, in its usual form; a date counts as none. */
function seconds(header: string | null): number | undefined {
  const value = Number(header ?? Number.NaN);
  return Number.isFinite(value) && value >= 0 ? Math.min(value, 3_600) : undefined;
}

/** Failures before a byte was sent: the provider surely has nothing. */
const NOT_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT|SSL|TLS/;

function asSendError(error: unknown): SendError {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new SendError('timeout', { uncertain: true, outage: true });
  const code = networkCode(error);
  return NOT_SENT.test(code)
    ? new SendError('unreachable', { outage: true })
    : new SendError('cut_off', { uncertain: true, outage: true });
}

/** fetch hides the reason in `cause`. */
function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return networkCode(error.errors[0]);
  return networkCode(error.cause);
}

/** One member of an answer; undefined where the answer has no such member, or is no object. */
export function member(body: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
    body,
  );
}

export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
