import { subscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import type { ErrorCode } from '../../src/core/errors.ts';

/** What the introduction of the document says that any operation may answer. */
const OF_ANY: readonly ErrorCode[] = [
  'host_not_allowed',
  'request_timeout',
  'uri_too_long',
  'headers_too_large',
];

/** And what it says of a body that an operation does not ask for. */
const OF_BODIES: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type'];

const undeclared = new Set<string>();

/** Watches every application that is built in this process, from before its first plugin on: all of it inherits this hook. */
subscribe('fastify.initialization', (message) => {
  const { fastify: app } = message as { fastify: FastifyInstance };
  app.addHook('onSend', (request, _reply, _payload, done) => {
    const { method, problem_code: code, routeOptions } = request;
    const path = routeOptions.url?.replaceAll(/:(\w+)/g, '{$1}');
    const route = `${method === 'HEAD' ? 'GET' : method} ${path}`;
    // Not there in an application of a test's own; what is hidden is in no document.
    const operation = app.documentedRoutes?.get(route);
    const saidOnce = operation?.input.body ? OF_ANY : [...OF_ANY, ...OF_BODIES];
    if (code && operation && ![...operation.errors, ...saidOnce].includes(code))
      undeclared.add(`${route}: ${code}`);
    done();
  });
});

/** What operations have answered since it was asked last, though they do not declare it. */
export function takeUndeclared(): string[] {
  const found = [...undeclared].sort();
  undeclared.clear();
  return found;
}
