import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.ts';
import type { Locale } from '../core/words.ts';
import { chooseLocale } from '../i18n/index.ts';

interface PagesOptions {
  default_locale: Locale;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
  /** The page for an error, as HTML. */
  failurePage: (locale: Locale) => string;
}

/** The largest form that these pages take, in bytes. */
export const LARGEST_FORM = 1_024;

/**
 * Prepares a context for the few pages that people read: it takes small forms, answers errors with a page too, and lets no
 * page be stored or indexed.
 * @returns what its routes answer with: the reader's language, and a page
 */
export function preparePages(app: FastifyInstance, { default_locale, loggable, failurePage }: PagesOptions) {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: LARGEST_FORM },
    (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );

  /** @param own the language that the reader chose, where it is known */
  const localeOf = (request: FastifyRequest, own: Locale | null = null): Locale =>
    own ?? chooseLocale(request.headers['accept-language'], default_locale);

  const page = (reply: FastifyReply, status: number, locale: Locale, html: string) =>
    reply
      .code(status)
      .type('text/html; charset=utf-8')
      .header('content-language', locale)
      .header('cache-control', 'no-store')
      .header('x-robots-tag', 'noindex, nofollow')
      .send(html);

  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error instanceof AppError ? error.status : (error.statusCode ?? 500);
    if (status >= 500) request.log.warn({ error: loggable(error) }, 'a page of a link failed');
    const wait = error instanceof AppError ? error.retryAfter : undefined;
    if (status >= 500 || status === 429) reply.header('retry-after', wait ?? 5);
    const locale = localeOf(request);
    return page(reply, status >= 500 ? 503 : status, locale, failurePage(locale));
  });

  return { localeOf, page };
}
