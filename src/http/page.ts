import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Page } from '../core/page.ts';
import { COUNT_LIMIT } from '../core/page.ts';
import { cursorText } from './cursor.ts';
import { etagOfText } from './hooks/etag.ts';
import { documented, examplesOf } from './openapi/documented.ts';
import { updatesOutput } from './updates.ts';
import { wholeText } from './zod.ts';

const PAGE_MAX = 10_000;

/** `?page=` and `?page_size=` of every list. */
export const pageQuery = {
  page: wholeText(1, PAGE_MAX)
    .default(1)
    .meta({ description: 'Which page, from 1.', examples: [1] }),
  page_size: wholeText(1, 100)
    .default(20)
    .meta({ description: 'How many to a page, at most 100.', examples: [20] }),
};

const URL_MAX = 16_384;
const pageLink = (id: string, description: string, page: number) =>
  z
    .string()
    .nullable()
    .meta({
      id,
      description,
      format: 'uri',
      maxLength: URL_MAX,
      examples: [`https://clinic.example/api/doctors/?page=${page}`],
    });
const next = pageLink('NextPage', 'URL of the next page, with every filter kept; null on the last.', 3);
const previous = pageLink('PreviousPage', 'URL of the page before; null on the first.', 1);

const countUpTo = (limit: number) => ({
  description: `All that match, on whatever page; exact up to ${limit}, which stands for any more.`,
  examples: [1],
});
const count = z
  .int()
  .min(0)
  .max(COUNT_LIMIT)
  .meta({ id: 'Count', ...countUpTo(COUNT_LIMIT) });

/** What a list may say beside its pages. */
interface PageOptions {
  /** Where its count stops. */
  limit?: number;
  /** It is also read by a cursor, and counts nothing then. */
  cursor?: true;
  /** It also tells what has changed since a moment (http/updates.ts). */
  updates?: true;
}

function countOf({ limit = COUNT_LIMIT, cursor }: PageOptions) {
  const counted = limit === COUNT_LIMIT ? count : z.int().min(0).max(limit).meta(countUpTo(limit));
  if (!cursor) return counted;
  return z
    .int()
    .min(0)
    .max(limit)
    .nullable()
    .meta({
      description: `${countUpTo(limit).description} Null with \`cursor\`.`,
      examples: [1],
    });
}

/**
 * The envelope of every list.
 * @param id its name in the OpenAPI document
 * @param description what is listed
 * @param row a documented schema, whose first example stands in the page's own
 */
export function pageOf<Row extends z.ZodType>(
  id: string,
  description: string,
  row: Row,
  options: PageOptions = {},
) {
  const page = z.object({
    count: countOf(options),
    next,
    previous,
    results: z.array(row).meta({ maxItems: 100 }),
    ...(options.updates && updatesOutput),
  });
  const [first] = Object.values(examplesOf(row));
  const value = { count: 1, next: null, previous: null, results: [first?.value] } as z.input<typeof page>;
  return documented(page, { id, description, examples: { page: { summary: 'The only page', value } } });
}

/**
 * The answer to a list request; the links keep every filter of the request.
 * @param list by which name the list's filters read a cursor back, where it takes one
 */
export function pageAnswer<Row>(request: FastifyRequest, page: number, found: Page<Row>, list = '') {
  const { count, more, rows, next: place } = found;
  if (place !== undefined) {
    const following = place && link(request, 'cursor', cursorText(list, place));
    return { count, next: following, previous: null, results: rows, ...found.updates };
  }
  return {
    count,
    next: more && page < PAGE_MAX ? link(request, 'page', page + 1) : null,
    previous: page > 1 ? link(request, 'page', page - 1) : null,
    results: rows,
  };
}

/** The header that says the same as a page's links (RFC 8288); undefined where it has no neighbours. */
export function linksOf(answer: object): string | undefined {
  const { next: after, previous: before } = answer as { next?: string | null; previous?: string | null };
  const links = [after && `<${after}>; rel="next"`, before && `<${before}>; rel="prev"`].filter(Boolean);
  return links.length > 0 ? links.join(', ') : undefined;
}

const written = new WeakMap<
  Page<unknown>,
  { address: string; text: string; etag: string; links: string | undefined }
>();

/**
 * As `pageAnswer`, of a page that may be remembered: it is written out once for all who ask in the same way. Where it has
 * neighbours, their links hold the address that was asked.
 */
export function rememberedPageAnswer<Row>(
  request: FastifyRequest,
  reply: FastifyReply,
  page: number,
  found: Page<Row>,
  list?: string,
) {
  const isAlone = page === 1 && !found.more;
  const address = isAlone ? '' : `${request.site}${request.url}`;
  let answer = written.get(found);
  if (answer?.address !== address) {
    const whole = pageAnswer(request, page, found, list);
    const text = reply.serialize(whole) as string;
    answer = { address, text, etag: etagOfText(text), links: linksOf(whole) };
    written.set(found, answer);
  }
  reply.header('etag', answer.etag);
  if (answer.links !== undefined) reply.header('link', answer.links);
  return reply.type('application/json; charset=utf-8').send(answer.text);
}

/** The address that was asked for, at another place: its path as it came, below the site it was judged to be. */
function link({ site, url }: FastifyRequest, name: 'page' | 'cursor', place: number | string): string {
  const [path = '', ...query] = url.split('?');
  const parameters = new URLSearchParams(query.join('?'));
  parameters.set(name, String(place));
  return `${site}${path}?${parameters}`;
}
