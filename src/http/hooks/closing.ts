import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

const LOOKS_EVERY = 50;
/** So long after it was opened a connection that has sent nothing is not about to. */
const UNUSED = 1_000;

/**
 * Closing waits for each connection, and no longer than for its request: the server lets go of those that idle in between, and of
 * those that were never used, as browsers open them ahead. Node itself keeps the first for the time of keep-alive and the
 * others for a minute.
 */
export const closing = fastifyPlugin(
  async (app: FastifyInstance) => {
    const opened = new Map<Socket, number>();
    app.server.on('connection', (socket) => {
      opened.set(socket, performance.now());
      socket.once('close', () => opened.delete(socket));
    });
    function letGo() {
      app.server.closeIdleConnections();
      const before = performance.now() - UNUSED;
      for (const [socket, at] of opened) if (socket.bytesRead === 0 && at < before) socket.destroy();
    }
    app.addHook('preClose', async () => {
      if (!app.server.listening) return;
      const looking = setInterval(letGo, LOOKS_EVERY).unref();
      app.server.once('close', () => clearInterval(looking));
    });
  },
  { name: 'closing' },
);
