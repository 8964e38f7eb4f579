import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import type { Page } from '../core/page.ts';
import { COUNT_LIMIT } from '../core/page.ts';

const MAX_PAGE = 10_000;

/** `?page=` and `?page_size=` of every list. */
export const pageQuery = {
  page: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE)
    .default(1)
    .meta({ description: 'From 1.', examples: [1] }),
  page_size: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .meta({ examples: [20] }),
};

/** The envelope of every list. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.object({
    count: z
      .int()
      .min(0)
      .max(COUNT_LIMIT)
      .meta({
        description: `All that match, exact up to ${COUNT_LIMIT}.`,
        examples: [1],
      }),
    next: z
      .string()
      .nullable()
      .meta({ description: 'URL of the next page.', examples: [null] }),
    previous: z
      .string()
      .nullable()
      .meta({ description: 'URL of the page before.', examples: [null] }),
    results: z.array(row),
  });

/** The answer to a list request; the links keep every filter of the request. */
export function pageAnswer<Row>(request: FastifyRequest, page: number, { count, more, rows }: Page<Row>) {
  return {
    count,
    next: more && page < MAX_PAGE ? link(request, page + 1) : null,
    previous: page > 1 ? link(request, page - 1) : null,
    results: rows,
  };
}

/** @throws AppError malformed_request when the Host header is none (RFC 9112, section 3.2) */
function link(request: FastifyRequest, page: number): string {
  const url = URL.parse(request.url, `${request.protocol}://${request.host}`);
  if (!url) throw new AppError('malformed_request');
  url.searchParams.set('page', String(page));
  return url.href;
}
