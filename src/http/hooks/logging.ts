import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import pino from 'pino';

/** Takes one JSON line at a time. */
export interface LogStream {
  write(line: string): void;
}

let output: ReturnType<typeof pino.destination> | undefined;

/**
 * Standard output by the block: a write for each request costs as much as the request itself (12,800 against 50,000
 * answers of /health/live a second). A process that ends by itself, even by an error, leaves nothing unwritten; one that
 * is killed may lose its last second.
 */
function standardOutput(): LogStream {
  if (output) return output;
  const opened = pino.destination({ dest: 1, sync: false, minLength: 16_000, periodicFlush: 1000 });
  process.on('exit', () => opened.flushSync());
  output = opened;
  return opened;
}

/**
 * The log's settings. A line never holds a person's data: no address, query, header or body, and ids only. `error`
 * comes already reduced (db/errors); what plugins log themselves under `err` loses its message here.
 */
export function loggerOptions(
  level: string,
  stream?: LogStream,
): Exclude<FastifyServerOptions['logger'], boolean | undefined> {
  return {
    level,
    stream: stream ?? standardOutput(),
    base: null,
    serializers: {
      req: (request) => ({ method: request.method, route: request.routeOptions?.url }),
      res: (reply) => ({ status: reply.statusCode }),
      err: (error) => ({
        type: error.name,
        message: '',
        code: 'code' in error ? error.code : undefined,
        stack: error.stack?.split('\n').slice(1).join('\n') ?? '',
      }),
    },
  };
}

/** The same log without an application. */
export function createLog(level: string, stream?: LogStream): FastifyBaseLogger {
  const { stream: output, ...options } = loggerOptions(level, stream);
  return pino(options, output as LogStream);
}

/** One line a request, after its answer. */
export const logging = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id);
      done();
    });
    app.addHook('onResponse', (request, reply, done) => {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          user: (request.user as { id?: number } | null)?.id,
          trace: request.span?.trace,
        },
        'request',
      );
      done();
    });
  },
  { name: 'logging' },
);
