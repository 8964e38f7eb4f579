import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import type { Locale } from '../../../core/words.ts';
import { idParams } from '../../../http/fields.ts';
import { IsSignedIn } from '../../../http/guards.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { chooseLocale } from '../../../i18n/index.ts';
import { notificationFilters, notificationPage } from './inbox.schemas.ts';
import type { Inbox } from './inbox.service.ts';

const tags = ['notifications'];

export async function inboxRoutes(
  instance: FastifyInstance,
  { inbox, default_locale }: { inbox: Inbox; default_locale: Locale },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'notifications',
    description: 'The inbox, and how and when one is told things.',
    order: 100,
  });

  app.get(
    '/notifications/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'listNotifications',
        summary: 'See my inbox',
        description:
          'What the caller was told, newest first, in the language of their profile. Where they have chosen none it is the ' +
          'language of `Accept-Language`.',
        querystring: notificationFilters,
        response: { 200: notificationPage },
      },
    },
    async (request) => {
      const locale = chooseLocale(request.headers['accept-language'], default_locale);
      return pageAnswer(request, request.query.page, await inbox.list(request.query, request.user, locale));
    },
  );

  app.post(
    '/notifications/:id/read/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['notification_not_found'] },
      schema: {
        tags,
        operationId: 'readNotification',
        summary: 'Mark a notification as read',
        description: 'Repeating it changes nothing.',
        params: idParams('The notification’s id.', demo.notification.id),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await inbox.markRead(request.params.id, request.user);
      return reply.code(204).send();
    },
  );

  app.post(
    '/notifications/read-all/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'readAllNotifications',
        summary: 'Mark my whole inbox as read',
        description: 'It marks everything that is in the inbox at this moment.',
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await inbox.markAllRead(request.user);
      return reply.code(204).send();
    },
  );
}
