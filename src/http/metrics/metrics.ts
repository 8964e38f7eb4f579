import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../../core/errors.ts';
import { Public } from '../guards.ts';
import { REPLAYED } from '../idempotency.ts';
import type { Metrics } from './registry.ts';

/** What of each operation that books is counted as a visit, and by whom it is booked. */
const BOOKS: Readonly<Record<string, string>> = { bookAppointment: 'booking', acceptOffer: 'waitlist' };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer goes on for as long as somebody reads it: how long that is says nothing of how fast it is. */
    lasts?: true;
  }
}

/** Counts every request: by its route's pattern, so that no id becomes a label. */
export const counting = fastifyPlugin(
  async (app: FastifyInstance, { metrics }: { metrics: Metrics }) => {
    app.addHook('onResponse', (request, reply, done) => {
      const { url: route = 'none', schema, config } = request.routeOptions;
      if (config.lasts && reply.statusCode < 300) return done();
      metrics.answered({
        method: request.method,
        route,
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1_000,
      });
      if (request.problem_code) metrics.refused(request.problem_code);
      const by = BOOKS[(schema as { operationId?: string } | undefined)?.operationId ?? ''];
      // A repeated request is answered as the first time, and books nothing.
      if (by && reply.statusCode === 201 && !reply.hasHeader(REPLAYED)) metrics.booked(by);
      done();
    });
  },
  { name: 'metrics' },
);

const digest = (text: string) => createHash('sha256').update(text).digest();

/** `/metrics` beside the API, for whoever knows the token. */
export async function metricsRoute(
  app: FastifyInstance,
  { metrics, token }: { metrics: Metrics; token: string },
): Promise<void> {
  const expected = digest(`Bearer ${token}`);
  app.get(
    '/metrics',
    { preHandler: Public, schema: { hide: true }, logLevel: 'warn', config: { rate: 'none' } },
    async (request, reply) => {
      if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected))
        throw new AppError('authentication_required');
      const { type, body } = await metrics.text();
      return reply.type(type).send(body);
    },
  );
}

/** `/metrics` on a port of its own, which only monitors should reach. */
export function listenForMetrics(
  metrics: Metrics,
  { host, port, onRefused }: { host: string; port: number; onRefused: (code: string) => void },
): Server {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  // Two processes on one machine may have been given the same port: the API goes on without.
  server.on('error', (error: NodeJS.ErrnoException) => onRefused(error.code ?? 'unknown'));
  server.listen(port, host);
  return server;
}
