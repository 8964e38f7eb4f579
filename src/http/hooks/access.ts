import type { FastifyInstance, RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { z } from 'zod';
import type { ErrorCode } from '../../core/errors.ts';
import { isBoundByBranches, pluralOf, type Role, reachesAll, roles, sideOf } from '../../core/roles.ts';
import { type Access, declaredAccess, hasRole, isOptional, isRoles } from '../guards.ts';
import { isKeyed } from '../idempotency.ts';
import { offersOf } from './acceptable.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What else the route can answer than its guards and its schema imply. */
    errors?: readonly ErrorCode[];
    /** Which of its schema's named examples an answer can be, by status; all by default. */
    examples?: Readonly<Record<number, readonly string[]>>;
    /** Where what it creates is to be found, when that is not below its own path. */
    location?: string;
    /** Its answer is for a file, though its type does not say so. */
    attached?: true;
    /** It refuses a slot with others that can be had instead, each of this schema. */
    alternatives?: z.ZodType;
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
  /** The roles that may call it. */
  roles: readonly Role[];
  /** A token is no must. */
  isOptional: boolean;
  /** Whether limits of requests hold for it; only then can it be refused for being too many. */
  isCounted: boolean;
  errors: ErrorCode[];
  examples: Readonly<Record<number, readonly string[]>>;
  location?: string;
  /** Its answer is for a file. */
  isAttached: boolean;
  /** What the audit calls reading through it, when it shows people's records. */
  audited?: string;
  /** What its refusals of a slot offer instead. */
  alternatives?: z.ZodType;
  /** It says what of its answer each role sees. */
  shows: boolean;
  /** Its answer carries an ETag. */
  etag: boolean;
  /** What it takes. */
  input: RouteInput;
}

export interface RouteInput {
  params?: z.ZodType;
  querystring?: z.ZodType;
  body?: z.ZodType;
  headers?: z.ZodType;
}

/**
 * Reads who may call a route from its guards, once, when it is declared: the token check, the documentation and the
 * list of errors follow from it. With a route that forgot its guard the server does not start, hidden or not.
 */
export const accessControl = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.decorate('documentedRoutes', new Map());
    const unguarded: RouteOptions[] = [];
    app.addHook('onReady', async () => {
      const open = unguarded.find(({ preHandler }) => declaredAccess(preHandler) === undefined);
      if (open) throw new Error(`${open.method} ${open.url} is hidden and does not say who may call it`);
    });
    app.addHook('onRoute', (route) => {
      const { schema } = route;
      const declared = declaredAccess(route.preHandler);
      // What a library adds is hidden, and may get its guard from the plugin that registers the library.
      if (!declared && schema?.hide) return void unguarded.push(route);
      if (!declared) throw new Error(`${route.method} ${route.url} does not say who may call it`);
      const { access, owner } = declared;
      route.config = { ...route.config, access };
      // Whose role may not call it at all is told nothing of what a body should be.
      if (isRoles(access)) route.preValidation = [hasRole(...access), ...[route.preValidation ?? []].flat()];
      // Fastify makes a HEAD route beside each GET, with the same guards. Hidden routes are in no documentation.
      if (route.method === 'HEAD' || schema?.hide) return;
      const isPublic = access === 'public';
      const isCounted = route.config.rate !== 'none';
      const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
      app.documentedRoutes.set(`${route.method} ${path}`, {
        who: inWords(access, owner),
        isPublic,
        roles: isRoles(access) ? access : roles,
        isOptional: isOptional(access),
        isCounted,
        errors: errorsOf((schema ?? {}) as RouteInput, access, owner, isCounted, ownErrorsOf(path, route)),
        examples: route.config.examples ?? {},
        ...(route.config.location !== undefined && { location: route.config.location }),
        isAttached: route.config.attached === true,
        ...(route.config.audit && { audited: route.config.audit.action }),
        ...(route.config.alternatives && { alternatives: route.config.alternatives }),
        shows: route.config.shows !== undefined,
        etag: route.config.etag !== undefined,
        input: (schema ?? {}) as RouteInput,
      });
    });
  },
  { name: 'access-control' },
);

/** What a route says itself, and what all of the API refuses, though not to monitors: unknown names, and forms it does not have. */
function ownErrorsOf(path: string, { config, schema }: RouteOptions): ErrorCode[] {
  const own = config?.errors ?? [];
  if (!path.startsWith('/api/') || config?.secret_path) return [...own];
  return ['unknown_field', ...(offersOf(schema).length > 0 ? (['not_acceptable'] as const) : []), ...own];
}

function inWords(access: Access, owner: boolean): string {
  if (access === 'public') return 'everybody, without a token';
  if (access === 'ticket') return 'whoever is signed in, or holds a ticket';
  if (isOptional(access)) return 'everybody, with a token or without one';
  const allowed = isRoles(access) ? access : roles.toReversed();
  if (!owner) return access === 'signed_in' ? 'whoever is signed in' : allowed.map(pluralOf).join(', ');
  return allowed
    .filter((role) => reachesAll(role) || sideOf(role) !== null)
    .map((role) => `${pluralOf(role)}${whichOnes(role)}`)
    .join(', ');
}

function whichOnes(role: Role): string {
  if (sideOf(role)) return ' (only their own)';
  return isBoundByBranches(role) ? ' (only of their branches)' : '';
}

function errorsOf(
  schema: RouteInput,
  access: Access,
  owner: boolean,
  isCounted: boolean,
  own: readonly ErrorCode[],
): ErrorCode[] {
  const errors = new Set<ErrorCode>();
  if (schema.params || schema.querystring || schema.body || schema.headers) errors.add('invalid_input');
  // An address that is badly encoded is refused wherever it leads.
  errors.add('malformed_request');
  if (access !== 'public') {
    // With neither a token nor a ticket nobody is let in.
    if (!isOptional(access) || access === 'ticket') errors.add('authentication_required');
    if (access !== 'directory') errors.add('insufficient_scope');
    for (const code of ['invalid_token', 'token_expired', 'session_ended'] as const) errors.add(code);
    if (owner || isRoles(access)) errors.add('forbidden');
  }
  for (const code of own) errors.add(code);
  if (isKeyed(schema.headers)) errors.add('request_in_progress').add('idempotency_key_reused');
  if (schema.params) errors.add('uri_too_long');
  if (schema.body) errors.add('payload_too_large').add('unsupported_media_type');
  if (isCounted) errors.add('too_many_requests').add('overloaded').add('record_busy');
  errors.add('internal_error').add('database_unavailable');
  return [...errors];
}
