import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Locale } from '../../../core/words.ts';
import { Public } from '../../../http/guards.ts';
import { LARGEST_FORM, preparePages } from '../../../http/pages.ts';
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

/**
 * The page behind the link in a message about a changed contact, for people and in no documentation of the API. GET asks
 * and changes nothing; POST takes the change back and says what became of it.
 */
export async function undoRoutes(
  app: FastifyInstance,
  { undo, default_locale, loggable }: UndoRoutesOptions,
) {
  const { localeOf, page } = preparePages(app, { default_locale, loggable, failurePage });

  const show = (request: FastifyRequest, reply: FastifyReply, found: UndoState) => {
    const locale = localeOf(request, 'change' in found ? found.change.locale : null);
    return page(reply, statusOf(found), locale, undoPage(found, locale));
  };

  app.get<Address>(PATH, { preHandler: Public, schema: { hide: true } }, async (request, reply) =>
    show(request, reply, await undo.read(request.params.token)),
  );

  app.post<Address>(
    PATH,
    { preHandler: Public, schema: { hide: true }, bodyLimit: LARGEST_FORM },
    async (request, reply) => show(request, reply, await undo.undo(request.params.token)),
  );
}
