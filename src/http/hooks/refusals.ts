import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { networkOf } from '../../core/address.ts';
import type { Caller } from '../../core/roles.ts';

/** That somebody signed in asked for what is not theirs. */
interface Refused {
  caller: Caller;
  /** Its path as it is declared, without what was asked for in it. */
  route: string;
  network: string | undefined;
}

interface RefusalsOptions {
  note: (refused: Refused) => Promise<void>;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
}

/**
 * Notes each 403 of somebody signed in, and each 404 of a number that is not theirs, before it leaves: a series of them is
 * somebody who tries what they can reach.
 */
export const refusals = fastifyPlugin(
  async (app: FastifyInstance, { note, loggable }: RefusalsOptions) => {
    app.addHook('onSend', (request, reply, _payload, done) => {
      const { user: caller, refusal, ip, method, routeOptions, not_theirs } = request;
      // The type says there always is a user; on a route that needs none there is none.
      if ((reply.statusCode !== 403 && !not_theirs) || !(caller as unknown) || refusal !== null)
        return done();
      note({ caller, route: `${method} ${routeOptions.url}`, network: networkOf(ip) })
        // What is refused stays refused, noted or not.
        .catch((error) => request.log.warn({ error: loggable(error) }, 'a refusal could not be noted'))
        .finally(done);
    });
  },
  { name: 'refusals', dependencies: ['authentication'] },
);
