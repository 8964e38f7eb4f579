import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';

export interface Received {
  id: string;
  body: string;
  headers: Record<string, string>;
}
export type Answering = (response: ServerResponse, nth: number, request: IncomingMessage) => unknown;

/** A receiver of webhooks that keeps what it is sent. @param answer as 204 by default */
export async function startReceiver(answer: Answering = (response) => response.writeHead(204).end()) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    received.push({ id: headers['webhook-id'] ?? '', body: Buffer.concat(chunks).toString('utf8'), headers });
    await answer(response, received.length, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/hooks`,
    received,
    /** Throws at what this secret did not sign. */
    verify: (secret: string) => {
      for (const { body, headers } of received) new Webhook(secret).verify(body, headers);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
