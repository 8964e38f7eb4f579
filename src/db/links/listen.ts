import pg from 'pg';
import { keepLink } from './link.ts';

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

interface ListenOptions {
  url: string;
  channels: readonly Channel[];
  /** Milliseconds between attempts while the database is away. */
  retry?: number;
  /** Milliseconds between questions whether the link still stands: one that is cut silently tells nobody. */
  heartbeat?: number;
}

/** Follows notification channels of the database on one connection of their own, and comes back by itself. */
export function listen({ url, channels, retry = 500, heartbeat = 5_000 }: ListenOptions): Listener {
  const link = keepLink({
    url,
    name: 'clinic-listen',
    retry,
    timeout: heartbeat,
    heartbeat,
    async onConnect(client) {
      client.on('notification', ({ channel, payload = '' }) =>
        channels.find(({ name }) => name === channel)?.onMessage(payload),
      );
      await client.query(channels.map(({ name }) => `listen ${pg.escapeIdentifier(name)}`).join(';'));
      await Promise.all(channels.map(({ onConnect }) => onConnect()));
    },
  });
  return {
    get connected() {
      return link.up;
    },
    close: link.close,
  };
}
