import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { varyBy } from '../accept.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For how many seconds anybody may keep what a guest is shown. What a token shows is nobody else's. */
    guests_keep?: number;
  }
}

/** Says of what everybody may read that caches may keep it, a proxy's and a browser's, for a moment. */
export const keeping = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onSend', (request, reply, _payload, done) => {
      const { guests_keep: seconds } = request.routeOptions.config;
      if (seconds === undefined || reply.statusCode >= 400) return done();
      varyBy(reply, 'authorization');
      if (request.headers.authorization === undefined)
        reply.header('cache-control', `public, max-age=${seconds}`);
      done();
    });
  },
  { name: 'keeping' },
);
