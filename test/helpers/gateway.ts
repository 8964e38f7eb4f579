import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../src/db/embedded/embedded.ts';

export interface Gateway {
  /** Reaches the same database, as long as the gateway is open. */
  url: string;
  /** Cuts every connection and refuses new ones, as a database that went away does. */
  shut(): Promise<void>;
  /** Lets connections through again, on the same port. */
  open(): Promise<void>;
}

/** Stands between an application and its database, so that a test can take the database away and bring it back. */
export async function openGateway(database_url: string): Promise<Gateway> {
  const target = new URL(database_url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  // Of those that the system gives to nobody's connection: while the gateway is shut the port stays its own.
  const port = await freePort();
  await listen(port);
  const url = new URL(database_url);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: () => listen(port),
  };
}
