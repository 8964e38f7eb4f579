import { randomUUID } from 'node:crypto';

/**
 * Errors that are ours, for a service that speaks Sentry's protocol (envelopes, develop.sentry.dev/sdk). What is sent is the
 * list below and nothing else: no text of an error, which may hold a value, no address, header, query, body, user or
 * name of a machine. A library would send all of that until it is told not to.
 */
export interface Failure {
  /** `request` or `job`. */
  kind: 'request' | 'job';
  /** The pattern of the route, or the name of the task. */
  where: string;
  method?: string;
  status?: number;
  error: unknown;
}

export interface Reporter {
  report(failure: Failure): void;
  /** Resolves when what was reported has been sent, or given up. */
  settled(): Promise<void>;
}

interface ReporterOptions {
  /** `https://KEY@HOST/PROJECT`. */
  dsn: string;
  release: string;
  environment: string;
  /** Told once when the service does not take what is sent. */
  onRefused: (code: string) => void;
}

/** The same error once in a while: an outage must not become a flood. */
const SAME_EVERY = 60_000;
const AT_ONCE = 10;
const TIMEOUT = 5_000;

export function createReporter({ dsn, release, environment, onRefused }: ReporterOptions): Reporter {
  const { protocol, username: key, host, pathname } = new URL(dsn);
  const at = pathname.lastIndexOf('/');
  const url = `${protocol}//${host}${pathname.slice(0, at)}/api/${pathname.slice(at + 1)}/envelope/`;
  const auth = `Sentry sentry_version=7, sentry_client=clinic-booking-api/${release}, sentry_key=${key}`;
  const sent = new Map<string, number>();
  const sending = new Set<Promise<void>>();
  let said = false;

  async function send(event: object & { event_id: string }): Promise<void> {
    const lines = [{ event_id: event.event_id, sent_at: stamp() }, { type: 'event' }, event];
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': auth },
        body: lines.map((line) => JSON.stringify(line)).join('\n'),
        signal: AbortSignal.timeout(TIMEOUT),
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(String(answer.status));
    } catch (error) {
      if (!said) onRefused(error instanceof Error ? error.name : 'unknown');
      said = true;
    }
  }

  return {
    report({ kind, where, method, status, error }) {
      const type = error instanceof Error ? error.name : typeof error;
      const frames = framesOf(error);
      const now = performance.now();
      const same = [kind, where, type, frames.at(-1)?.lineno].join(' ');
      if (now - (sent.get(same) ?? Number.NEGATIVE_INFINITY) < SAME_EVERY || sending.size >= AT_ONCE) return;
      sent.set(same, now);
      const event = {
        event_id: randomUUID().replaceAll('-', ''),
        timestamp: stamp(),
        platform: 'node',
        level: 'error',
        release,
        environment,
        transaction: method ? `${method} ${where}` : where,
        tags: { kind, ...(status && { status: String(status) }), ...sqlstateOf(error) },
        exception: { values: [{ type, value: '', stacktrace: { frames } }] },
      };
      const done = send(event).finally(() => sending.delete(done));
      sending.add(done);
    },
    settled: async () => void (await Promise.all(sending)),
  };
}

/** By the process's own clock: nothing of the clinic is judged by it. */
const stamp = () => new Date(performance.timeOrigin + performance.now()).toISOString();

/** The database's or the system's code, which names no value. */
function sqlstateOf(error: unknown): { code?: string } {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string' && /^[A-Z0-9_]{3,40}$/.test(cause.code))
      return { code: cause.code };
  return {};
}

/** Where it arose, innermost last as Sentry wants it: files below this project by their place in it, of others the name. */
function framesOf(error: unknown) {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines
    .flatMap((line) => {
      const [, named = '?', file, lineno] =
        /^\s+at (?:(.*?) \()?(?:file:\/\/)?([^\s()]+):(\d+):\d+\)?$/.exec(line) ?? [];
      if (file === undefined) return [];
      const filename = /\/((?:src|node_modules)\/.*)$/.exec(file)?.[1] ?? file.split('/').at(-1);
      return [
        { function: named, filename, lineno: Number(lineno), in_app: filename?.startsWith('src/') ?? false },
      ];
    })
    .reverse();
}
