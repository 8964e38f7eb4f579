import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { KEPT_HOURS, type Keyed, type Once } from '../core/idempotency.ts';
import { issue } from './zod.ts';

/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a request whose answer was lost on the way can be
 * repeated, and is answered as it was the first time.
 */

const KEY_MAX = 255;
const HEADER = 'idempotency-key';
/** Of an answer that was given before. */
export const REPLAYED = 'idempotency-replayed';

/** RFC 8941, 3.3.3: a string in quotes, in which quotes and backslashes are escaped. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

const key = z
  .string()
  .meta({
    description:
      'Any text of your own, new for each new request, in quotes or without. The same key with the same body is ' +
      `answered as the first time for ${KEPT_HOURS} hours, with \`Idempotency-Replayed: true\`; neither a refusal nor a preview is kept.`,
    minLength: 1,
    maxLength: KEY_MAX,
    pattern: '^[ -~]+$',
    examples: ['8e03978e-40d5-43e8-bc93-6894a57f9324'],
  })
  .transform((text, context) => {
    if (!text.startsWith('"')) return text;
    const inner = QUOTED.exec(text)?.[1];
    if (inner === undefined) context.issues.push({ code: 'custom', input: text, ...issue('invalid_format') });
    return inner?.replaceAll(/\\(.)/g, '$1') ?? z.NEVER;
  })
  .pipe(
    z
      .string()
      .min(1)
      .max(KEY_MAX)
      .refine((text) => /^[ -~]*$/.test(text), issue('invalid_characters')),
  );

/** What a route that may be repeated takes among its headers. */
export const idempotencyKey = { [HEADER]: key.optional() };

/** The headers of a route that takes no others. */
export const keyedHeaders = z.object(idempotencyKey);

/** Whether a route's headers are those of one that may be repeated. */
export const isKeyed = (headers: z.ZodType | undefined): boolean =>
  headers instanceof z.ZodObject && HEADER in headers.shape;

/** What is to be done once only; undefined when the client did not ask for that. */
export function keyed(request: FastifyRequest): Keyed | undefined {
  const given = request.headers[HEADER] as string | undefined;
  if (given === undefined) return undefined;
  const params = request.params as Record<string, unknown>;
  const path = (request.routeOptions.url ?? '').replaceAll(/:(\w+)/g, (_, name) => String(params[name]));
  return { key: given, route: `${request.method} ${path}`, body: request.body ?? null };
}

/** Says so where an answer is that of an earlier request. @returns the answer */
export function onceAnswer<Answer>(reply: FastifyReply, { answer, replayed }: Once<Answer>): Answer {
  if (replayed) reply.header(REPLAYED, 'true');
  return answer;
}
