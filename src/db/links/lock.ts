import type pg from 'pg';
import { DatabaseClient } from '../connection.ts';
import { LIMITS } from '../limits.ts';

/** Connections whose end the server must notice soon, also when the machine at the other end is gone. */
const KEEPALIVE = '-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3';

export interface LinkOptions {
  url: string;
  name: string;
  /** Runs on each new connection; the link stands once it has resolved. */
  onConnect: (client: pg.Client) => Promise<void>;
  onLost?: () => void;
  /** Milliseconds between attempts. */
  retry?: number;
  /** Milliseconds between questions whether the link still stands: one that is cut silently tells nobody. */
  heartbeat?: number;
}

/** One connection that is kept, for what lives only as long as its session: advisory locks. */
export function keepLink({
  url,
  name,
  onConnect,
  onLost = () => {},
  retry = 1_000,
  heartbeat = 5_000,
}: LinkOptions) {
  let client: pg.Client | undefined;
  /** The session of the link that is up, or was last. */
  let session: Session | undefined;
  let up = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let beat: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next: pg.Client = new DatabaseClient({
      connectionString: url,
      connectionTimeoutMillis: LIMITS.connect,
      query_timeout: heartbeat,
      application_name: name,
      options: KEEPALIVE,
    });
    client = next;
    const lost = () => {
      if (client !== next) return;
      client = undefined;
      clearInterval(beat);
      next.end().catch(() => {});
      if (up) onLost();
      up = false;
      if (!closed) timer = setTimeout(() => void connect(), retry).unref();
    };
    next.on('error', lost);
    next.on('end', lost);
    try {
      await next.connect();
      session = await replaceSession(next, session);
      await onConnect(next);
      up = client === next;
      // An answer that fails to come ends the connection, which is heard above.
      if (up) beat = setInterval(() => next.query('select').catch(() => {}), heartbeat).unref();
    } catch {
      lost();
    }
  }
  void connect();

  return {
    /** The connection, while it stands. */
    get client(): pg.Client | undefined {
      return client;
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      clearInterval(beat);
      const open = client;
      client = undefined;
      await open?.end().catch(() => {});
    },
  };
}

interface Session {
  pid: number;
  began: string;
}

/**
 * Ends the session of the link before this one, if the server still takes it for alive: a link that was cut silently
 * would keep its locks for a minute. A number alone may have become somebody else's.
 */
async function replaceSession(client: pg.Client, before: Session | undefined): Promise<Session | undefined> {
  const { rows } = await client.query<Session>({
    text: `
      select pg_backend_pid() as pid, (select backend_start::text from pg_stat_activity where pid = pg_backend_pid()) as began,
        (select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start::text = $2)`,
    values: [before?.pid ?? null, before?.began ?? null],
  });
  return rows[0];
}

export interface ExclusiveOptions {
  url: string;
  /** Any number, the same wherever the same thing must be done by one process only. */
  key: number;
  name: string;
  onHeld: () => void;
  /** The connection broke: somebody else may hold it now. */
  onLost: () => void;
  /** Milliseconds between attempts to get it. */
  retry?: number;
}

/** Does something in one process of all on this database, and in another once that one is gone. */
export function exclusive({ url, key, name, onHeld, onLost, retry = 5_000 }: ExclusiveOptions) {
  let held = false;
  let closed = false;
  const link = keepLink({
    url,
    name,
    async onConnect(client) {
      held = false;
      while (!closed && !held) {
        const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
          key,
        ]);
        held = rows[0]?.held === true;
        if (!held) await new Promise((resolve) => setTimeout(resolve, retry).unref());
      }
      if (held && !closed) onHeld();
    },
    onLost() {
      held = false;
      onLost();
    },
  });
  return {
    async close(): Promise<void> {
      closed = true;
      await link.close();
    },
  };
}
