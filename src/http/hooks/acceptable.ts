import type { FastifyInstance, FastifySchema } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { acceptsAny } from '../accept.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The media types of its successes. */
    offers?: readonly string[];
  }
}

const JSON_TYPE = 'application/json';

/** The media types of a route's successes, from the answers that it documents; none for one that answers without a body. */
export function offersOf(schema: FastifySchema | undefined): string[] {
  const responses = Object.entries((schema?.response ?? {}) as Record<string, object>);
  return responses.flatMap(([status, answer]) => {
    if (Number(status) >= 300 || answer instanceof z.ZodUndefined) return [];
    return 'content' in answer ? Object.keys(answer.content as object) : [JSON_TYPE];
  });
}

/**
 * Refuses with 406 whoever takes nothing of what a route of the API can answer, before anything is done. A refusal itself is
 * always a problem, whatever is accepted (RFC 9110, section 15.5.7). A query's `format` goes before the header.
 */
export const acceptable = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onRoute', (route) => {
      if (!route.url.startsWith('/api/') || route.schema?.hide || route.config?.secret_path) return;
      route.config = { ...route.config, offers: offersOf(route.schema) };
    });
    app.addHook('onRequest', (request, _reply, done) => {
      const { accept } = request.headers;
      const { offers = [] } = request.routeOptions.config;
      if (accept === undefined || accept === '*/*' || offers.includes(accept) || offers.length === 0)
        return done();
      const isNamed = (request.query as { format?: unknown }).format !== undefined;
      done(isNamed || acceptsAny(accept, offers) ? undefined : new AppError('not_acceptable'));
    });
  },
  { name: 'acceptable' },
);
