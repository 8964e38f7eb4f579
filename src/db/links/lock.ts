import type pg from 'pg';
import { keepLink, type Link, type LinkOptions } from './link.ts';

/** Connections whose end the server must notice soon, also when the machine at the other end is gone. */
const KEEPALIVE = '-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3';

/** Milliseconds between questions whether the link still stands. */
const HEARTBEAT = 5_000;

/** A link for what lives only as long as its session: advisory locks. */
export function keepLocks({
  onConnect,
  ...options
}: Pick<LinkOptions, 'url' | 'name' | 'onConnect' | 'onLost'>): Link {
  /** The session of the link that is up, or was last. */
  let session: Session | undefined;
  return keepLink({
    ...options,
    retry: 1_000,
    timeout: HEARTBEAT,
    heartbeat: HEARTBEAT,
    session: KEEPALIVE,
    async onConnect(client) {
      session = await replaceSession(client, session);
      await onConnect(client);
    },
  });
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

interface ExclusiveOptions {
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
  const link = keepLocks({
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
