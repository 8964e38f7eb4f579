import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Local servers that answer as the providers' documentation says theirs do, and remember what they were sent. */

export interface Received {
  to: string;
  text: string;
  /** What we called it, where the provider lets us. */
  key?: string;
}

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  fields: Record<string, string>;
}

/** How the next requests are answered instead; `hang` never answers. */
export type Trouble = { status: number; body?: unknown; headers?: Record<string, string> } | 'hang' | 'drop';

export async function serve(handle: (asked: Asked, response: ServerResponse) => unknown) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://provider');
      const type = String(request.headers['content-type'] ?? '');
      const finish = (fields: Record<string, string>) =>
        handle(
          {
            method: request.method ?? '',
            path: url.pathname,
            query: url.searchParams,
            headers: request.headers,
            fields,
          },
          response,
        );
      const body = Buffer.concat(chunks);
      if (type.startsWith('multipart/form-data'))
        void new Response(body, { headers: { 'content-type': type } }).formData().then((data) => {
          finish(Object.fromEntries([...data].map(([name, value]) => [name, String(value)])));
        });
      else if (type.startsWith('application/json')) finish(JSON.parse(body.toString('utf8') || '{}'));
      else finish(Object.fromEntries(new URLSearchParams(body.toString('utf8'))));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

export function give(trouble: Trouble, response: ServerResponse) {
  if (trouble === 'hang') return;
  if (trouble === 'drop') return void response.socket?.destroy();
  json(response, trouble.status, trouble.body ?? {}, trouble.headers);
}

/** What a provider does between taking a message and saying so, for tests that end a process in the middle. */
export type AfterTaking = (count: number) => Promise<void> | void;

export interface Behaviour {
  taken: Received[];
  /** Used up one by one, before anything is taken. */
  troubles: Trouble[];
  /** Used up one by one, after a message was taken: the answer is lost or wrong. */
  after: Trouble[];
  requests: Asked[];
  onTaken: AfterTaking;
}

export const behaviour = (): Behaviour => ({
  taken: [],
  troubles: [],
  after: [],
  requests: [],
  onTaken: () => {},
});
