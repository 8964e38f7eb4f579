import type pg from 'pg';
import { type Db, databaseError, isEnded, openDatabase } from '../client.ts';
import { DatabaseClient } from '../connection.ts';
import { isPassing } from '../errors.ts';

/**
 * Runs a read that may show what was true some seconds ago. Wherever it runs, it runs at least once and at most twice,
 * so it must only read.
 */
export type MayLag = <T>(read: (db: Db) => Promise<T>) => Promise<T>;

/** Where there is no replica. */
export const primaryOnly =
  (db: Db): MayLag =>
  (read) =>
    read(db);

interface ReplicaOptions {
  url: string;
  pool_max?: number | undefined;
  prepared?: boolean | undefined;
  primary: Db;
  /** Told when the replica can be read, or can no longer; of one that never could, once. */
  onChange?: (usable: boolean) => void;
  /** Milliseconds that a read may lag behind. */
  max_lag?: number;
  /** Milliseconds between two looks at how far the replica is. */
  beat?: number;
}

interface Replica {
  mayLag: MayLag;
  readonly usable: boolean;
  close(): Promise<void>;
}

/**
 * A streaming replica for reads that may lag. A look at it each second, on a connection of its own, decides whether it
 * is used: no request waits for one that is away, and one that hangs is left by whoever waits for it. How far it lags is
 * measured against positions that the primary itself gave: a replica that hears nothing any more believes to be up to date.
 */
export function openReplica({
  url,
  pool_max = 10,
  prepared = true,
  primary,
  onChange = () => {},
  max_lag = 5_000,
  beat = 1_000,
}: ReplicaOptions): Replica {
  const db = openDatabase({ url, pool_max, prepared });
  /** What the primary had written, when; until the replica has replayed it. */
  let ahead: { position: number; at: number }[] = [];
  /** As of when what the replica shows is true; never while there is none. */
  let shows = Number.NEGATIVE_INFINITY;
  let usable: boolean | undefined;
  /** Who waits for it, to be told when it is lost; not one promise for them all, which would remember each of them. */
  const waiting = new Set<(reason: Error) => void>();
  let probe: pg.Client | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  function set(next: boolean): void {
    if (usable === next || closed) return;
    usable = next;
    if (!next) for (const lose of waiting) lose(GONE);
    onChange(next);
  }

  function unlessLost<T>(reading: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      void reading.then(resolve, reject).finally(() => waiting.delete(reject));
    });
  }

  async function look(): Promise<void> {
    const at = performance.now();
    const written = await primary.$client.query<{ position: number }>(WRITTEN);
    ahead.push({ position: written.rows[0]?.position ?? 0, at });
    probe ??= await connect(url, 2 * beat);
    const { rows } = await probe.query<{ position: number | null }>(REPLAYED);
    const replayed = rows[0]?.position ?? -1;
    shows = ahead.findLast(({ position }) => position <= replayed)?.at ?? shows;
    ahead = ahead.filter(({ position, at }) => position > replayed && performance.now() - at < max_lag);
    set(performance.now() - shows <= max_lag);
  }

  async function lookAgain(): Promise<void> {
    try {
      await look();
    } catch {
      leave();
    }
    if (!closed) timer = setTimeout(() => void lookAgain(), beat).unref();
  }

  /** Until a look has found it well again. */
  function leave(): void {
    const broken = probe;
    probe = undefined;
    broken?.end().catch(() => {});
    ahead = [];
    shows = Number.NEGATIVE_INFINITY;
    set(false);
  }
  void lookAgain();

  return {
    get usable() {
      return usable === true;
    },
    async mayLag(read) {
      if (!usable) return read(primary);
      try {
        return await unlessLost(read(db));
      } catch (error) {
        if (error !== GONE) {
          if (!isTrouble(error)) throw error;
          // What it ended stood in the way of what it replays; it is none the worse for it.
          if (!isEnded(error)) leave();
        }
        return read(primary);
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all([db.$client.end(), probe?.end().catch(() => {})]);
    },
  };
}

const WRITTEN = "select (pg_current_wal_lsn() - '0/0')::float8 as position";
/** Null of a server that is no replica, or no longer: what it holds is another history. */
const REPLAYED = `
  select case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0')::float8 end as position`;
const GONE = new Error('the replica is away');

async function connect(url: string, timeout: number): Promise<pg.Client> {
  const client: pg.Client = new DatabaseClient({
    connectionString: url,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    application_name: 'clinic-replica',
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The server's, not the statement's: a statement that took too long here would there too. */
const isTrouble = (error: unknown): boolean => databaseError(error)?.code !== '57014' && isPassing(error);
