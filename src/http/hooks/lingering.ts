import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** What is read and thrown away after an answer that did not wait for the whole request: a photo as telephones take it. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_TIME = 5_000;

/**
 * Lets a client that is still writing see its answer, such as that its body is too large. Were the connection closed
 * at once, what arrives then would be answered with a reset, and most clients would find that instead of the answer
 * (RFC 9112, section 9.6).
 */
export const lingering = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onSend', ({ raw }, reply, _payload, done) => {
      // Node closes such a connection by this method, once the answer is on its way.
      if (!raw.complete && reply.getHeader('connection') === 'close')
        raw.socket.destroySoon = () => closeSlowly(raw.socket);
      done();
    });
  },
  { name: 'lingering' },
);

/** Says that nothing more will come, and reads on for a while. */
function closeSlowly(socket: Socket): void {
  const last = socket.bytesRead + MOST_BYTES;
  const timer = setTimeout(() => socket.destroy(), MOST_TIME);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  // Not the parser's any more: another request after this one must not be carried out unanswered.
  socket.removeAllListeners('data');
  socket.on('data', () => {
    if (socket.bytesRead > last) socket.destroy();
  });
  socket.resume();
  socket.end();
}
