import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import Fastify from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { overload } from '../../src/http/hooks/overload.ts';

test('a streamed answer keeps its turn until it ends or its reader leaves, and holds up streams only', async () => {
  const app = Fastify();
  // Of four connections streams take one at a time.
  await app.register(overload, { pool_max: 4, max_wait_seconds: 600 });
  const streams: PassThrough[] = [];
  app.get('/stream', { config: { turn: 'stream' } }, async () => {
    const stream = new PassThrough();
    streams.push(stream);
    stream.write('row');
    return stream;
  });
  app.get('/other', async () => 'answered');
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const ask = async (path: string): Promise<IncomingMessage> => {
    const [answer] = await once(get({ port, path, host: '127.0.0.1', agent: false }), 'response');
    return answer;
  };

  const first = await ask('/stream');
  const second = ask('/stream');
  for (let nth = 0; nth < 20; nth += 1) expect((await ask('/other')).statusCode).toBe(200);
  expect(streams.length).toBe(1);

  streams[0]?.end();
  await first.toArray();
  const reader = await second;
  expect(streams.length).toBe(2);

  const third = ask('/stream');
  for (let nth = 0; nth < 20; nth += 1) await (await ask('/other')).toArray();
  expect(streams.length).toBe(2);
  reader.destroy();
  await vi.waitFor(() => expect(streams.length).toBe(3), { timeout: 120_000 });
  const last = await third;
  streams[2]?.end();
  await last.toArray();
});
