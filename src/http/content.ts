import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { varyBy } from './accept.ts';
import { isKnown } from './hooks/etag.ts';

type Encoding = 'br' | 'gzip';

/** A text that is served as it is, and its compressed forms once somebody has asked for them. */
export interface Content {
  etag: string;
  plain: Buffer;
  compressed: Partial<Record<Encoding, Promise<Buffer>>>;
}

/** The last steps take ten times as long and save one byte in fifty. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
const compress: Record<Encoding, (plain: Buffer) => Promise<Buffer>> = {
  br: (plain) => promisify(brotliCompress)(plain, BROTLI),
  gzip: (plain) => promisify(gzip)(plain),
};

export function contentOf(text: string): Content {
  const plain = Buffer.from(text);
  const hash = createHash('sha256').update(plain).digest('base64url');
  return { etag: `W/"${hash}"`, plain, compressed: {} };
}

/** Told apart from "gzip;q=0", which nobody sends but RFC 9110 allows. */
const takes = (encoding: string, { headers }: FastifyRequest) =>
  new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:\\.0+)?\\s*(?:,|$))`, 'i').test(
    String(headers['accept-encoding']),
  );

/**
 * Sends a text compressed to whoever takes it, and as a 304 to whoever has it already.
 * @param caching how long it may be kept; by default it is asked for each time, so that an upgrade is seen at once
 */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  content: Content,
  caching = 'no-cache',
) {
  varyBy(reply, 'accept-encoding').header('cache-control', caching).header('etag', content.etag);
  if (isKnown(request, content.etag)) return reply.code(304).send();
  const encoding = (['br', 'gzip'] as const).find((name) => takes(name, request));
  if (!encoding) return reply.send(content.plain);
  content.compressed[encoding] ??= compress[encoding](content.plain);
  return reply.header('content-encoding', encoding).send(await content.compressed[encoding]);
}
