import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import type { Locale } from '../../../core/words.ts';
import { chooseLocale } from '../../../i18n/index.ts';
import { failurePage, statusOf, undoPage } from './undo.pages.ts';
import type { Undo, UndoState } from './undo.service.ts';

interface UndoRoutesOptions {
  undo: Undo;
  default_locale: Locale;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
}

interface Address {
  Params: { token: string };
}

const PATH = '/contact-changes/:token/';
const LARGEST_FORM = 1_024;

/**
 * The page behind the link in a message about a changed contact, for people and in no documentation of the API. GET asks
 * and changes nothing; POST takes the change back and says what became of it.
 */
export async function undoRoutes(
  app: FastifyInstance,
  { undo, default_locale, loggable }: UndoRoutesOptions,
) {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: LARGEST_FORM },
    (_, _body, done) => done(null, {}),
  );

  const localeOf = (request: FastifyRequest, found?: UndoState): Locale =>
    (found && 'change' in found ? found.change.locale : null) ??
    chooseLocale(request.headers['accept-language'], default_locale);

  const page = (reply: FastifyReply, status: number, locale: Locale, html: string) =>
    reply
      .code(status)
      .type('text/html; charset=utf-8')
      .header('content-language', locale)
      .header('cache-control', 'no-store')
      .header('x-robots-tag', 'noindex, nofollow')
      .send(html);

  const show = (request: FastifyRequest, reply: FastifyReply, found: UndoState) => {
    const locale = localeOf(request, found);
    return page(reply, statusOf(found), locale, undoPage(found, locale));
  };

  // A person reads this: an error is a page too.
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error instanceof AppError ? error.status : (error.statusCode ?? 500);
    if (status >= 500) request.log.warn({ error: loggable(error) }, 'a page of a link failed');
    const wait = error instanceof AppError ? error.retryAfter : undefined;
    if (status >= 500 || status === 429) reply.header('retry-after', wait ?? 5);
    const locale = localeOf(request);
    return page(reply, status >= 500 ? 503 : status, locale, failurePage(locale));
  });

  app.get<Address>(PATH, { schema: { hide: true } }, async (request, reply) =>
    show(request, reply, await undo.read(request.params.token)),
  );

  app.post<Address>(PATH, { schema: { hide: true }, bodyLimit: LARGEST_FORM }, async (request, reply) =>
    show(request, reply, await undo.undo(request.params.token)),
  );
}
