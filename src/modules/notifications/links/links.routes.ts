import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../../core/clock.ts';
import type { Locale } from '../../../core/words.ts';
import { Public } from '../../../http/guards.ts';
import { LARGEST_FORM, preparePages } from '../../../http/pages.ts';
import { failurePage, statusOf, visitPage } from './links.pages.ts';
import type { VisitLinks } from './links.service.ts';

interface LinksRoutesOptions {
  links: VisitLinks;
  clock: Clock;
  default_locale: Locale;
  /** What of an error may be logged. */
  loggable: (error: unknown) => object;
}

interface Address {
  Params: { token: string };
}

const PATH = '/visits/:token/';

/**
 * The pages behind the links of reminders. They are for people, and stand in no documentation of the API. GET asks and changes
 * nothing. POST does what was chosen and leads back to GET, so that a reload repeats nothing.
 */
export async function linksRoutes(app: FastifyInstance, options: LinksRoutesOptions) {
  const { links, clock, default_locale, loggable } = options;
  const { localeOf, page } = preparePages(app, { default_locale, loggable, failurePage });

  app.get<Address>(PATH, { preHandler: Public, schema: { hide: true } }, async (request, reply) => {
    const found = await links.read(request.params.token);
    const locale = localeOf(request, 'link' in found ? found.link.locale : null);
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
