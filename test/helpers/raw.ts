import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Answer } from './problem.ts';

/** Sends bytes as they stand, which no HTTP client would, and reads the answer until the server hangs up. */
export async function sendRaw(app: FastifyInstance, request: string | Buffer): Promise<Answer> {
  const { port } = await listening(app);
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  return readAnswer(socket);
}

/** All that the server says on a connection until it ends it. */
export async function readAnswer(socket: Socket): Promise<Answer> {
  const chunks: Buffer[] = [];
  // A connection cut right after the answer still gave the answer.
  socket.on('error', () => {});
  socket.on('data', (chunk) => chunks.push(chunk));
  await new Promise((resolve) => socket.on('close', resolve));
  return parse(Buffer.concat(chunks).toString('utf8'));
}

/** Starts to listen if it does not yet, which the app's own close ends. */
export async function listening(app: FastifyInstance): Promise<{ port: number }> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening on a port');
  return { port: address.port };
}

function parse(text: string): Answer {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: body === '' ? undefined : JSON.parse(body),
  };
}
