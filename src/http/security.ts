import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

export interface SecurityOptions {
  /** Origins whose pages may call the API; none by default. */
  cors_origins: readonly string[];
}

/** Secure headers that let the documentation pages work, and CORS closed unless an origin is named. */
export const security = fastifyPlugin(
  async (app: FastifyInstance, { cors_origins }: SecurityOptions) => {
    await app.register(helmet, {
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
    if (cors_origins.length > 0) {
      await app.register(cors, {
        origin: [...cors_origins],
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: ['authorization', 'content-type', 'accept-language'],
        exposedHeaders: [
          'location',
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
