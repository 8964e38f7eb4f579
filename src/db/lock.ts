import pg from 'pg';

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
}

/** One connection that is kept, for what lives only as long as its session: advisory locks. */
export function keepLink({ url, name, onConnect, onLost = () => {}, retry = 1_000 }: LinkOptions) {
  let client: pg.Client | undefined;
  let up = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      application_name: name,
      options: KEEPALIVE,
      keepAlive: true,
    });
    client = next;
    const lost = () => {
      if (client !== next) return;
      client = undefined;
      next.end().catch(() => {});
      if (up) onLost();
      up = false;
      if (!closed) timer = setTimeout(() => void connect(), retry).unref();
    };
    next.on('error', lost);
    next.on('end', lost);
    try {
      await next.connect();
      await onConnect(next);
      up = client === next;
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
      const open = client;
      client = undefined;
      await open?.end().catch(() => {});
    },
  };
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
