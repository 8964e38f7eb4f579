import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Unchanged } from '../../core/unchanged.ts';
import { issue } from '../zod.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The version of the one record that it is answered with. */
    version: number | null;
  }
  interface FastifyContextConfig {
    /**
     * Its answer has an `ETag`, by which a reader asks whether what they have still holds. Of a record it names the state,
     * which a change can be bound to; of a list (`page`) only what was sent.
     */
    etag?: true | 'page';
  }
}

/**
 * The versions of a record with which a change may go ahead; undefined stands for any. A statement asks for them itself
 * (`version = any(…)`), so that nothing can come between the question and the change.
 */
type Expected = readonly number[] | undefined;

/** RFC 9110, section 8.8.3. */
const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;
/** Tags between commas, with each tag read as an arrow, which no header can hold; elements may be empty (section 5.6.1). */
const LIST = /^[ \t,]*→(?:[ \t]*,[ \t,]*→)*[ \t,]*$/;

const isCondition = (header: string) => header.trim() === '*' || LIST.test(header.replaceAll(TAG, '→'));

/** Without quotes. Weak ones never match, as section 13.1.1 demands. */
function tagsIn(header: string): string[] | undefined {
  if (header.trim() === '*') return undefined;
  return [...header.matchAll(TAG)].filter(([, weak]) => weak === undefined).map(([, , tag = '']) => tag);
}

/** Of tags with a version it counts alone: what else an answer shows, such as a patient's name, is changed elsewhere. */
function versionsIn(header: string): Expected {
  return tagsIn(header)?.flatMap((tag) => {
    const [, version] = /^([1-9]\d{0,8})(?:-[\w-]{1,30})?$/.exec(tag) ?? [];
    return version === undefined ? [] : [Number(version)];
  });
}

const condition = z
  .string()
  .max(1_000)
  .refine(isCondition, issue('invalid_etag'))
  .meta({
    description:
      'The `ETag` of the state that the change is meant for; a record that has changed since is left alone (412). ' +
      '`*`, like no header, goes for any state.',
    maxLength: 1_000,
    // Whoever sends the example as it stands means any state.
    examples: ['*'],
  });

/** For a route's `schema.headers`, of a record with a version; its service hands `request.headers['if-match']` to the statement. */
export const ifMatch = z.object({ 'if-match': condition.transform(versionsIn).optional() });

/** For a route's `schema.headers`, of a record without one: see `unchanged`. */
export const ifMatchTag = z.object({ 'if-match': condition.transform(tagsIn).optional() });

/** What a service asks, in its transaction, of the state that it is about to change, as the record's GET would show it. */
export function unchanged({ headers }: Pick<FastifyRequest, 'headers'>): Unchanged {
  const tags = headers['if-match'] as unknown as string[] | undefined;
  if (tags === undefined) return undefined;
  return (state) => {
    if (!tags.includes(tagOf(state))) throw new AppError('version_mismatch');
  };
}

const bare = (tag: string) => tag.replace(/^W\//, '');
const fingerprint = (text: string) => createHash('sha1').update(text).digest('base64url');

/** What names the state of a record that has no version, as its GET shows it before it is written out. */
const tagOf = (state: object): string => fingerprint(JSON.stringify(state));

/** The `ETag` of a text that is sent: of a record with a version that and, since names in it change without it, the text. */
export const etagOfText = (text: string, version?: number | null): string =>
  version ? `"${version}-${fingerprint(text)}"` : `"${fingerprint(text)}"`;

/** Whether a reader who asks has this already (RFC 9110, section 13.1.2: weak tags match too). */
export function isKnown({ method, headers }: FastifyRequest, etag: string): boolean {
  const known = headers['if-none-match'];
  if (known === undefined || (method !== 'GET' && method !== 'HEAD')) return false;
  return known.trim() === '*' || known.split(',').some((one) => bare(one.trim()) === bare(etag));
}

/** Names the state of what is answered by the routes that say so, and spares whoever has it already. */
export const etags = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.decorateRequest('version', null);
    app.addHook('onRoute', (route) => {
      const { etag } = route.config ?? {};
      if (etag === undefined) return;
      if (etag === true)
        route.preSerialization = [
          ...[route.preSerialization ?? []].flat(),
          (request, reply, answer, done) => {
            const state = answer as { version?: number };
            if (reply.statusCode < 300 && state.version) request.version = state.version;
            else if (reply.statusCode < 300) reply.header('etag', `"${tagOf(state)}"`);
            done(null, answer);
          },
        ];
      route.onSend = [
        // Before what Fastify does for HEAD, which takes the text away.
        (request, reply, payload, done) => {
          if (reply.statusCode >= 300) return done(null, payload);
          if (typeof payload === 'string' && !reply.hasHeader('etag'))
            reply.header('etag', etagOfText(payload, request.version));
          // Whoever has it may keep it for themselves, and asks each time whether it still is so; guests may for a moment.
          if (reply.getHeader('cache-control') === 'no-store')
            reply.header('cache-control', 'private, no-cache');
          if (!isKnown(request, String(reply.getHeader('etag')))) return done(null, payload);
          reply.code(304).removeHeader('content-type').removeHeader('content-length');
          // Of HEAD Fastify takes the text away itself, and breaks off where there is none.
          done(null, request.method === 'HEAD' ? payload : null);
        },
        ...[route.onSend ?? []].flat(),
      ];
    });
  },
  { name: 'etags' },
);
