import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Role } from '../../core/roles.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What of a record in this route's answer its reader's role may see. */
    shows?: (row: never, role: Role) => unknown;
  }
}

/** Shows each reader only what is for their role, of a single record and of each row of a page. */
export const showing = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('preSerialization', (request, reply, answer, done) => {
      const { shows } = request.routeOptions.config;
      if (shows === undefined || reply.statusCode >= 300) return done(null, answer);
      const { role } = request.user;
      const show = (row: unknown) => shows(row as never, role);
      const { results } = answer as { results?: unknown };
      done(
        null,
        Array.isArray(results) ? { ...(answer as object), results: results.map(show) } : show(answer),
      );
    });
  },
  { name: 'showing' },
);
