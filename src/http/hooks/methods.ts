import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { AppError } from '../../core/errors.ts';

/** Which methods each path knows: for whoever asks with OPTIONS, and for whoever asks with another. */
export const methods = fastifyPlugin(
  async (app: FastifyInstance) => {
    const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();
    app.addHook('onRoute', (declared) => {
      const { url, method, onSend = [] } = declared;
      // @fastify/cors answers OPTIONS by a route for every path.
      if (url === '*') return;
      if (method === 'HEAD') declared.onSend = [...[onSend].flat(), withoutFalseLength];
      const route = routes.get(url) ?? { pattern: patternOf(url), methods: new Set() };
      for (const one of [method].flat()) route.methods.add(one);
      routes.set(url, route);
    });
    /** Of a path that fits several, the one without parameters is meant, as the router has it. */
    const methodsAt = (path: string) => {
      const fitting = [...routes].filter(([, { pattern }]) => pattern.test(path));
      const [, route] = fitting.find(([url]) => !/[:*]/.test(url)) ?? fitting[0] ?? [];
      return route && [...route.methods, 'OPTIONS'].join(', ');
    };
    // Before CORS, which ends a request that it takes for a preflight.
    app.addHook('onRequest', (request, reply, done) => {
      if (request.method === 'OPTIONS' || request.is404) {
        const allow = methodsAt(pathOf(request));
        if (allow !== undefined) reply.header('allow', allow);
      }
      done();
    });
  },
  { name: 'methods' },
);

/**
 * Where nothing was written for a HEAD, Fastify says that GET would send 0 bytes: of an export, and of what is not sent again
 * (304). Only the true length may be said (RFC 9110, section 8.6).
 */
function withoutFalseLength(
  _request: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: () => void,
) {
  if (reply.getHeader('content-length') === '0') reply.removeHeader('content-length');
  done();
}

/** Answers what no route will: before a body is read, and before anybody is asked to sign in. */
export const knownMethodsOnly = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onRequest', (request, reply, done) => {
      if (!request.is404) return done();
      if (!reply.hasHeader('allow')) return done(new AppError('route_not_found'));
      if (request.method !== 'OPTIONS') return done(new AppError('method_not_allowed'));
      reply.code(204).send();
    });
  },
  { name: 'known-methods-only', dependencies: ['methods'] },
);

/** Paths work without the slash at their end too. */
const patternOf = (url: string) =>
  new RegExp(
    `^${url
      .replace(/\/$/, '')
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll('.', '\\.')))
      .join('/')}/?$`,
  );

function pathOf({ url }: FastifyRequest): string {
  const [path = ''] = url.split('?', 1);
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
