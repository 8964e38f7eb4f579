import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { beginRequest, type RequestSpan } from '../../core/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Its span, where traces are told. */
    span: RequestSpan | undefined;
  }
}

/** As the W3C writes it, with room for what a later version adds; more is not looked at. */
const LONGEST = 100;

/**
 * A span for each request, by its method and the pattern of its route: no address, query, header, body or caller. Health
 * and metrics, which are asked for every few seconds, have none.
 */
export const tracing = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.decorateRequest('span', undefined);
    app.addHook('onRequest', (request, reply, done) => {
      const { url: route, config } = request.routeOptions;
      if (config.rate === 'none') return done();
      const { traceparent: header } = request.headers;
      const from = typeof header === 'string' && header.length <= LONGEST ? header : undefined;
      const span = beginRequest(request.method, route, from);
      request.span = span;
      // Nobody waits for its answer any more.
      reply.raw.once('close', () => span?.end({ error: 'hung_up' }));
      if (span) span.within(done);
      else done();
    });
    app.addHook('onResponse', (request, reply, done) => {
      const { problem_code: error } = request;
      request.span?.end({ status: reply.statusCode, ...(error && { error }) });
      done();
    });
  },
  { name: 'tracing' },
);

/** Goes on within the span once the request is read and has its turn: both come from elsewhere. */
export const resumeTracing = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('preValidation', (request, _reply, done) => {
      if (request.span) request.span.within(done);
      else done();
    });
  },
  { name: 'resume-tracing', dependencies: ['tracing'] },
);
