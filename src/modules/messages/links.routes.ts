import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Locale } from '../../core/words.ts';
import { Public } from '../../http/guards.ts';
import { chooseLocale } from '../../i18n/index.ts';
import { failurePage, statusOf, visitPage } from './links.pages.ts';
import type { LinkState, VisitLinksService } from './links.service.ts';

export interface LinksRoutesOptions {
  links: VisitLinksService;
  clock: Clock;
  default_locale: Locale;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
}

interface Address {
  Params: { token: string };
}

const PATH = '/visits/:token/';
const LARGEST_FORM = 1_024;

/**
 * The pages behind the links of reminders, for people and in no documentation of the API. GET asks and changes nothing;
 * POST does it and leads back to GET, so that a reload repeats nothing.
 */
export async function linksRoutes(app: FastifyInstance, options: LinksRoutesOptions) {
  const { links, clock, default_locale, loggable } = options;
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: LARGEST_FORM },
    (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );

  const localeOf = (request: FastifyRequest, found?: LinkState): Locale =>
    (found && 'link' in found ? found.link.locale : null) ??
    chooseLocale(request.headers['accept-language'], default_locale);

  const page = (reply: FastifyReply, status: number, locale: Locale, html: string) =>
    reply
      .code(status)
      .type('text/html; charset=utf-8')
      .header('content-language', locale)
      .header('cache-control', 'no-store')
      .header('x-robots-tag', 'noindex, nofollow')
      .send(html);

  // A person reads this: an error is a page too.
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error instanceof AppError ? error.status : (error.statusCode ?? 500);
    if (status >= 500) request.log.warn({ error: loggable(error) }, 'a page of a link failed');
    const wait = error instanceof AppError ? error.retryAfter : undefined;
    if (status >= 500 || status === 429) reply.header('retry-after', wait ?? 5);
    const locale = localeOf(request);
    return page(reply, status >= 500 ? 503 : status, locale, failurePage(locale));
  });

  app.get<Address>(PATH, { preHandler: Public, schema: { hide: true } }, async (request, reply) => {
    const found = await links.read(request.params.token);
    const locale = localeOf(request, found);
    return page(reply, statusOf(found), locale, visitPage(found, locale, clock.wall().date));
  });

  app.post<Address & { Body: { answer?: unknown; seen?: unknown } | undefined }>(
    PATH,
    { preHandler: Public, schema: { hide: true }, bodyLimit: LARGEST_FORM },
    async (request, reply) => {
      const { token } = request.params;
      const { answer, seen } = request.body ?? {};
      await links.answer(
        token,
        answer === 'cancel' ? 'cancel' : 'coming',
        typeof seen === 'string' ? seen : undefined,
      );
      // A path of our own, never one that the client sent.
      return reply
        .header('cache-control', 'no-store')
        .redirect(`/api/visits/${encodeURIComponent(token)}/`, 303);
    },
  );
}
