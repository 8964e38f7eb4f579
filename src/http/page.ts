import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Page } from '../core/page.ts';
import { COUNT_LIMIT } from '../core/page.ts';
import { etagOfText } from './hooks/etag.ts';
import { documented, examplesOf } from './openapi/documented.ts';
import { wholeText } from './zod.ts';

const MAX_PAGE = 10_000;

/** `?page=` and `?page_size=` of every list. */
export const pageQuery = {
  page: wholeText(1, MAX_PAGE)
    .default(1)
    .meta({ description: 'Which page, from 1.', examples: [1] }),
  page_size: wholeText(1, 100)
    .default(20)
    .meta({ description: 'How many to a page, at most 100.', examples: [20] }),
};

const MAX_URL = 16_384;
const pageLink = (id: string, description: string, page: number) =>
  z
    .string()
    .nullable()
    .meta({
      id,
      description,
      format: 'uri',
      maxLength: MAX_URL,
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

/**
 * The envelope of every list.
 * @param id its name in the OpenAPI document
 * @param description what is listed
 * @param row a documented schema, whose first example stands in the page's own
 * @param limit where its count stops
 */
export function pageOf<Row extends z.ZodType>(
  id: string,
  description: string,
  row: Row,
  limit: number = COUNT_LIMIT,
) {
  const page = z.object({
    count: limit === COUNT_LIMIT ? count : z.int().min(0).max(limit).meta(countUpTo(limit)),
    next,
    previous,
    results: z.array(row).meta({ maxItems: 100 }),
  });
  const [first] = Object.values(examplesOf(row));
  const value = { count: 1, next: null, previous: null, results: [first?.value] } as z.input<typeof page>;
  return documented(page, { id, description, examples: { page: { summary: 'The only page', value } } });
}

/** The answer to a list request; the links keep every filter of the request. */
export function pageAnswer<Row>(request: FastifyRequest, page: number, { count, more, rows }: Page<Row>) {
  return {
    count,
    next: more && page < MAX_PAGE ? link(request, page + 1) : null,
    previous: page > 1 ? link(request, page - 1) : null,
    results: rows,
  };
}

const written = new WeakMap<Page<unknown>, { address: string; text: string; etag: string }>();

/**
 * As `pageAnswer`, of a page that may be remembered: it is written out once for all who ask in the same way. Where it has
 * neighbours, their links hold the address that was asked.
 */
export function rememberedPageAnswer<Row>(
  request: FastifyRequest,
  reply: FastifyReply,
  page: number,
  found: Page<Row>,
) {
  const isAlone = page === 1 && !found.more;
  const address = isAlone ? '' : `${request.site}${request.url}`;
  let answer = written.get(found);
  if (answer?.address !== address) {
    const text = reply.serialize(pageAnswer(request, page, found)) as string;
    answer = { address, text, etag: etagOfText(text) };
    written.set(found, answer);
  }
  reply.header('etag', answer.etag);
  return reply.type('application/json; charset=utf-8').send(answer.text);
}

/** The address that was asked for, with another page: its path as it came, below the site it was judged to be. */
function link({ site, url }: FastifyRequest, page: number): string {
  const [path = '', ...query] = url.split('?');
  const parameters = new URLSearchParams(query.join('?'));
  parameters.set('page', String(page));
  return `${site}${path}?${parameters}`;
}
