import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { z } from 'zod';
import { issue } from '../zod.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer is one record with a `version`, which the header `ETag` names. */
    etag?: true;
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

/** Weak tags never match, as section 13.1.1 demands, nor do tags that this API has given to nothing. */
function versionsIn(header: string): Expected {
  if (header.trim() === '*') return undefined;
  return [...header.matchAll(TAG)]
    .filter(([, weak, tag = '']) => weak === undefined && /^[1-9]\d{0,8}$/.test(tag))
    .map(([, , tag]) => Number(tag));
}

/** For a route's `schema.headers`; its service hands `request.headers['if-match']` to the statement. */
export const ifMatch = z.object({
  'if-match': z
    .string()
    .max(1_000)
    .refine(isCondition, issue('invalid_etag'))
    .meta({
      description:
        'The `ETag` of the state that the change is meant for; a record that has changed since is left alone (412). ' +
        '`*`, like no header, goes for any state.',
      maxLength: 1_000,
      examples: ['"3"'],
    })
    .transform(versionsIn)
    .optional(),
});

/** The strong validator of a record's state. */
const etagOf = ({ version }: { version: number }): string => `"${version}"`;

/** Names the version of the record in the answers of the routes that say so. */
export const etags = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.addHook('onRoute', (route) => {
      if (!route.config?.etag) return;
      const hooks = [route.preSerialization ?? []].flat();
      route.preSerialization = [
        ...hooks,
        async (_request, reply, answer) => {
          if (reply.statusCode < 300) {
            reply.header('etag', etagOf(answer as { version: number }));
            // Whoever has it may keep it for themselves, and asks each time whether it still is so.
            reply.header('cache-control', 'private, no-cache');
          }
          return answer;
        },
      ];
    });
  },
  { name: 'etags' },
);
