import type { Redis } from 'ioredis';

/** A Redis that replicas share, used while it answers. */
export interface SharedCounter {
  redis: Redis;
  /** False for a while after a failure: a request must not wait for a Redis that just did not answer. */
  isThere(): boolean;
  answered(): void;
  failed(error: unknown): void;
  close(): Promise<void>;
}

interface SharedCounterOptions {
  url: string;
  /** Told once when it goes away and once when it is back. */
  onChange: (there: boolean, code: string) => void;
}

/** A command takes well under a millisecond; a Redis that needs longer than this is as good as away. */
const ANSWER_WITHIN = 250;
const TRY_AGAIN_AFTER = 2_000;

/**
 * Opens a connection that never keeps a request waiting: commands fail at once while it is down, and it comes back by
 * itself. The library is loaded only where it is used.
 */
export async function openSharedCounter({ url, onChange }: SharedCounterOptions): Promise<SharedCounter> {
  const { Redis } = await import('ioredis');
  let there = true;
  let restUntil = 0;
  const change = (now: boolean, error?: unknown) => {
    if (now === there) return;
    there = now;
    onChange(now, codeOf(error));
  };
  const redis = new Redis(url, {
    connectionName: 'clinic-api',
    connectTimeout: 2_000,
    commandTimeout: ANSWER_WITHIN,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, TRY_AGAIN_AFTER),
  });
  redis.on('error', (error) => change(false, error));
  redis.on('ready', () => {
    restUntil = 0;
    change(true);
  });
  return {
    redis,
    isThere: () => redis.status === 'ready' && performance.now() >= restUntil,
    answered: () => change(true),
    failed(error) {
      restUntil = performance.now() + TRY_AGAIN_AFTER;
      change(false, error);
    },
    async close() {
      redis.removeAllListeners('error');
      redis.on('error', () => {});
      redis.disconnect();
    },
  };
}

/** Such as ECONNREFUSED; a message could hold the URL and its password. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error) return String(error.code);
  return error.name === 'Error' && /timed out/i.test(error.message) ? 'timeout' : error.name;
}
