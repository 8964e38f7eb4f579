import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import helmet from 'helmet';

interface SecurityOptions {
  /** Origins whose pages may call the API; none by default. */
  cors_origins: readonly string[];
}

/** What protects data that no browser shows as a page (OWASP REST Security Cheat Sheet, "Security Headers"). */
const FOR_DATA: [name: string, value: string][] = [
  // Tokens and people's records: no cache keeps them, a browser's neither. A record with an ETag says more (http/etag).
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['strict-transport-security', 'max-age=31536000; includeSubDomains'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
];

/**
 * Secure headers, and CORS closed unless an origin is named. Pages, which no operation of the API is, get all that helmet
 * sets, as far as they work with it.
 */
export const security = fastifyPlugin(
  async (app: FastifyInstance, { cors_origins }: SecurityOptions) => {
    const for_pages = pageHeaders();
    app.addHook('onRequest', ({ routeOptions: { schema } }, reply, done) => {
      for (const [name, value] of schema?.hide ? for_pages : FOR_DATA) reply.header(name, value);
      done();
    });
    if (cors_origins.length > 0) {
      await app.register(cors, {
        origin: [...cors_origins],
        // OPTIONS that is no preflight is answered too, with `Allow`.
        strictPreflight: false,
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: [
          'authorization',
          'content-type',
          'accept-language',
          'idempotency-key',
          'if-match',
          'if-none-match',
          'last-event-id',
          // Clients of the Model Context Protocol send it with every request after the first.
          'mcp-protocol-version',
          'x-request-id',
        ],
        exposedHeaders: [
          'location',
          'etag',
          'link',
          'content-disposition',
          'idempotency-replayed',
          'retry-after',
          'x-request-id',
          'content-language',
          'ratelimit-limit',
          'ratelimit-remaining',
          'ratelimit-reset',
        ],
        maxAge: 600,
      });
    }
  },
  { name: 'security' },
);

/** What helmet sets, asked for once: it is the same for every answer, and composing it takes longer than sending it. */
function pageHeaders(): [name: string, value: string][] {
  const headers = new Map<string, string>();
  const answer = {
    setHeader: (name: string, value: string) => headers.set(name.toLowerCase(), value),
    removeHeader: (name: string) => headers.delete(name.toLowerCase()),
  } as unknown as ServerResponse;
  const set = helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        // Redoc sets its styles at run time and searches in a worker made from a blob.
        styleSrc: ["'self'", "'unsafe-inline'"],
        workerSrc: ["'self'", 'blob:'],
        frameAncestors: ["'none'"],
        // It would turn the pages' own http:// addresses into https:// where no TLS stands before the server.
        upgradeInsecureRequests: null,
      },
    },
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
  });
  set({} as IncomingMessage, answer, (error) => {
    if (error) throw error;
  });
  return [...headers];
}
