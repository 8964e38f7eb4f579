import type pg from 'pg';
import { DatabaseClient } from '../connection.ts';
import { LIMITS } from '../limits.ts';

export interface LinkOptions {
  url: string;
  /** How the server lists it (application_name). */
  name: string;
  /** Runs on each new connection; the link stands once it has resolved. */
  onConnect: (client: pg.Client) => Promise<void>;
  /** Runs when a link that stood is lost. */
  onLost?: () => void;
  /** Milliseconds between attempts to connect. */
  retry: number;
  /** Milliseconds in which a question of the link must be answered. */
  timeout: number;
  /** Milliseconds between questions whether the link still stands; without it whoever uses the link asks by itself. */
  heartbeat?: number;
  /** Further options of the session, as PostgreSQL's command line has them. */
  session?: string;
}

export interface Link {
  /** The connection, from when it is made until it is lost. */
  readonly client: pg.Client | undefined;
  /** Whether the link stands. */
  readonly up: boolean;
  close(): Promise<void>;
}

/**
 * One connection of its own that is kept: whenever it is lost it is made again. A link that is cut silently tells nobody,
 * which is why somebody has to ask by it now and then. A question that gets no answer ends the connection
 * (DatabaseClient).
 */
export function keepLink({
  url,
  name,
  onConnect,
  onLost = () => {},
  retry,
  timeout,
  heartbeat,
  session,
}: LinkOptions): Link {
  let client: pg.Client | undefined;
  let up = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let beat: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next: pg.Client = new DatabaseClient({
      connectionString: url,
      connectionTimeoutMillis: LIMITS.connect,
      query_timeout: timeout,
      application_name: name,
      ...(session !== undefined && { options: session }),
    });
    client = next;
    const lost = () => {
      if (client !== next) return;
      client = undefined;
      clearInterval(beat);
      next.end().catch(() => {});
      const stood = up;
      up = false;
      if (stood) onLost();
      if (!closed) timer = setTimeout(() => void connect(), retry).unref();
    };
    next.on('error', lost);
    next.on('end', lost);
    try {
      await next.connect();
      await onConnect(next);
      up = client === next;
      if (up && heartbeat !== undefined)
        beat = setInterval(() => next.query('select').catch(lost), heartbeat).unref();
    } catch {
      lost();
    }
  }
  void connect();

  return {
    get client() {
      return client;
    },
    get up() {
      return up;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(beat);
      const open = client;
      client = undefined;
      up = false;
      await open?.end().catch(() => {});
    },
  };
}
