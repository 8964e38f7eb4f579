import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { ErrorCode } from '../core/errors.ts';
import { declaredAccess } from './guards.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What else the route can answer than its guards and its schema imply. */
    errors?: readonly ErrorCode[];
  }
  interface FastifyInstance {
    /** Every documented route, as `GET /api/doctors/{id}/`. */
    documentedRoutes: Map<string, DocumentedRoute>;
  }
}

export interface DocumentedRoute {
  /** Who may call, in words. */
  who: string;
  isPublic: boolean;
  errors: ErrorCode[];
}

/**
 * Reads who may call a route from its guards, once, when it is declared: the token check, the documentation and the
 * list of errors follow from it. A route that forgot its guard does not start.
 */
export const accessControl = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.decorate('documentedRoutes', new Map());
    app.addHook('onRoute', (route) => {
      const { schema } = route;
      // HEAD routes are made by Fastify beside each GET, whose guards they share.
      if (schema?.hide) return;
      const declared = declaredAccess(route.preHandler);
      if (!declared) throw new Error(`${route.method} ${route.url} does not say who may call it`);
      const { access, owner } = declared;
      route.config = { ...route.config, access };
      if (route.method === 'HEAD') return;
      const isPublic = access === 'public';
      const everyone = isPublic ? 'everybody' : 'whoever is signed in';
      const who = typeof access === 'string' ? everyone : access.join(', ');
      app.documentedRoutes.set(`${route.method} ${route.url.replaceAll(/:(\w+)/g, '{$1}')}`, {
        who: owner ? `${who}; doctors and patients only their own` : who,
        isPublic,
        errors: errorsOf(schema ?? {}, access, owner, route.config.errors ?? []),
      });
    });
  },
  { name: 'access-control' },
);

function errorsOf(
  schema: { params?: unknown; querystring?: unknown; body?: unknown },
  access: string | readonly string[],
  owner: boolean,
  own: readonly ErrorCode[],
): ErrorCode[] {
  const errors = new Set<ErrorCode>();
  if (schema.params || schema.querystring || schema.body) errors.add('invalid_input');
  if (schema.body) errors.add('malformed_request');
  if (access !== 'public') {
    for (const code of [
      'authentication_required',
      'invalid_token',
      'token_expired',
      'session_ended',
    ] as const)
      errors.add(code);
    if (owner || Array.isArray(access)) errors.add('forbidden');
  }
  for (const code of own) errors.add(code);
  if (schema.body) errors.add('payload_too_large').add('unsupported_media_type');
  errors.add('too_many_requests').add('internal_error').add('database_unavailable');
  return [...errors];
}
