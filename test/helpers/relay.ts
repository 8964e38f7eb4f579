import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and the database, to cut what runs through it. */
export interface Relay {
  url: string;
  /** Ends every connection and takes no new one, until `mend`. */
  cut(): void;
  /** Lets nothing through in either direction without a word to anybody, until `mend`: a cable that is cut. */
  silence(): void;
  /** Ends the connections that were silent, as a host does that knows nothing of them. */
  mend(): void;
  /** Lets new connections through; those of before stay silent for ever, as behind a firewall that has forgotten them. */
  mendHalf(): void;
  close(): Promise<void>;
}

export async function relayTo(database_url: string): Promise<Relay> {
  const url = new URL(database_url);
  const target = { host: url.hostname, port: Number(url.port) };
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'silent' = 'open';
  /** How often connections were left behind. */
  let half_mended = 0;
  const server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client)).on('error', () => {});
    if (state === 'cut') return void client.destroy();
    const database = connect(target);
    sockets.add(database);
    database.on('close', () => sockets.delete(database)).on('error', () => client.destroy());
    client.on('close', () => database.destroy());
    database.on('close', () => client.destroy());
    const born = half_mended;
    const passes = () => state === 'open' && born === half_mended;
    client.on('data', (data) => passes() && database.write(data));
    database.on('data', (data) => passes() && client.write(data));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut() {
      state = 'cut';
      drop();
    },
    silence() {
      state = 'silent';
    },
    mend() {
      // What was lost in silence is not made up for: those connections are beyond help.
      if (state === 'silent') drop();
      state = 'open';
    },
    mendHalf() {
      half_mended += 1;
      state = 'open';
    },
    async close() {
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}
