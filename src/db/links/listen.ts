import pg from 'pg';
import { DatabaseClient } from '../connection.ts';
import { LIMITS } from '../limits.ts';

export interface Listener {
  /** Whether the link stands: while it is down nothing is heard. */
  readonly connected: boolean;
  close(): Promise<void>;
}

/** What is announced under one name. */
export interface Channel {
  name: string;
  /** Runs after LISTEN stands and before `connected` is true, to catch up with what was missed. */
  onConnect: () => Promise<void>;
  onMessage: (payload: string) => void;
}

export interface ListenOptions {
  url: string;
  channels: readonly Channel[];
  /** Milliseconds between attempts while the database is away. */
  retry?: number;
  /** Milliseconds between questions whether the link still stands: one that is cut silently tells nobody. */
  heartbeat?: number;
}

/** Follows notification channels of the database on one connection of their own, and comes back by itself. */
export function listen({ url, channels, retry = 500, heartbeat = 5_000 }: ListenOptions): Listener {
  let connected = false;
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let beat: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next: pg.Client = new DatabaseClient({
      connectionString: url,
      connectionTimeoutMillis: LIMITS.connect,
      application_name: 'clinic-listen',
      query_timeout: heartbeat,
    });
    client = next;
    const lost = () => {
      if (client !== next) return;
      client = undefined;
      connected = false;
      clearInterval(beat);
      next.end().catch(() => {});
      if (!closed) timer = setTimeout(() => void connect(), retry).unref();
    };
    next.on('error', lost);
    next.on('end', lost);
    next.on('notification', ({ channel, payload = '' }) =>
      channels.find(({ name }) => name === channel)?.onMessage(payload),
    );
    try {
      await next.connect();
      await next.query(channels.map(({ name }) => `listen ${pg.escapeIdentifier(name)}`).join(';'));
      await Promise.all(channels.map(({ onConnect }) => onConnect()));
      connected = client === next;
      if (connected) beat = setInterval(() => next.query('select').catch(lost), heartbeat).unref();
    } catch {
      lost();
    }
  }
  void connect();

  return {
    get connected() {
      return connected;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(beat);
      const open = client;
      client = undefined;
      connected = false;
      await open?.end().catch(() => {});
    },
  };
}
