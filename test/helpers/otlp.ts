import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** A collector of a test's own: it keeps every byte that it is sent, and reads the spans (opentelemetry-proto, trace/v1). */

export interface Span {
  trace: string;
  id: string;
  parent: string;
  name: string;
  attributes: string[];
  links: string[];
}

export async function startCollector(
  answer: (response: ServerResponse) => void = (response) => void response.writeHead(200).end(),
) {
  const received: { path: string; headers: string; bytes: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url: path = '', headers } = request;
    received.push({ path, headers: JSON.stringify(headers), bytes: Buffer.concat(chunks) });
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    spans: (): Span[] => received.flatMap(({ bytes }) => spansOf(bytes)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

type Field = { nth: number; bytes: Buffer };

/** The fields of a message of protobuf that have a length: texts, bytes and messages. */
function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const length = varint();
      fields.push({ nth: tag >> 3, bytes: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

const all = (bytes: Buffer, nth: number): Buffer[] =>
  fieldsOf(bytes).flatMap((field) => (field.nth === nth ? field.bytes : []));
const first = (bytes: Buffer, nth: number): Buffer => all(bytes, nth)[0] ?? Buffer.alloc(0);

/** Resource spans, their scopes, and the spans of each. */
function spansOf(bytes: Buffer): Span[] {
  return all(bytes, 1)
    .flatMap((resource) => all(resource, 2))
    .flatMap((scope) => all(scope, 2))
    .map((span) => ({
      trace: first(span, 1).toString('hex'),
      id: first(span, 2).toString('hex'),
      parent: first(span, 4).toString('hex'),
      name: first(span, 5).toString(),
      attributes: all(span, 9).map((pair) => `${first(pair, 1)}=${first(first(pair, 2), 1)}`),
      links: all(span, 13).map((link) => first(link, 2).toString('hex')),
    }));
}

/** The spans of one trace as a tree: each with two blanks more than the one it belongs to. */
export function treeOf(spans: readonly Span[], parent: string, depth = 0): string[] {
  return spans
    .filter((span) => span.parent === parent)
    .flatMap((span) => [`${'  '.repeat(depth)}${span.name}`, ...treeOf(spans, span.id, depth + 1)]);
}
