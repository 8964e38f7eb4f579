import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import helmet from 'helmet';

export interface SecurityOptions {
  /** Origins whose pages may call the API; none by default. */
  cors_origins: readonly string[];
}

/** Secure headers that let the documentation pages work, and CORS closed unless an origin is named. */
export const security = fastifyPlugin(
  async (app: FastifyInstance, { cors_origins }: SecurityOptions) => {
    const headers = secureHeaders();
    app.addHook('onRequest', (_request, reply, done) => {
      for (const [name, value] of headers) reply.header(name, value);
      done();
    });
    if (cors_origins.length > 0) {
      await app.register(cors, {
        origin: [...cors_origins],
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: ['authorization', 'content-type', 'accept-language', 'idempotency-key', 'if-match'],
        exposedHeaders: [
          'location',
          'etag',
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
function secureHeaders(): [name: string, value: string][] {
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
