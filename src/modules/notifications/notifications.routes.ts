import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import type { Locale } from '../../core/words.ts';
import { idParams } from '../../http/fields.ts';
import { IsSignedIn } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { chooseLocale } from '../../i18n/index.ts';
import { notificationFilters, notificationPage } from './notifications.schemas.ts';
import type { Notifications } from './notifications.service.ts';
import { preferences as preferencesAnswer, preferencesChange } from './preferences.schemas.ts';
import type { PreferencesService } from './preferences.service.ts';

const tags = ['notifications'];

export interface NotificationsRoutesOptions {
  notifications: Notifications;
  preferences: PreferencesService;
  default_locale: Locale;
}

export async function notificationsRoutes(
  instance: FastifyInstance,
  { notifications, preferences, default_locale }: NotificationsRoutesOptions,
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
          'What the caller was told, newest first, in the language of their profile, or of `Accept-Language` where they ' +
          'have chosen none.',
        querystring: notificationFilters,
        response: { 200: notificationPage },
      },
    },
    async (request) => {
      const locale = chooseLocale(request.headers['accept-language'], default_locale);
      return pageAnswer(
        request,
        request.query.page,
        await notifications.list(request.query, request.user, locale),
      );
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
      await notifications.markRead(request.params.id, request.user);
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
        description: 'Everything that is there by now.',
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await notifications.markAllRead(request.user);
      return reply.code(204).send();
    },
  );

  app.get(
    '/notifications/preferences/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['user_not_found'] },
      schema: {
        tags,
        operationId: 'getNotificationPreferences',
        summary: 'See how I am told things',
        description:
          'Which channels each kind of message takes, the quiet hours, and which addresses are confirmed. Without a ' +
          'choice, one channel: for visits Telegram, else SMS, else email. The inbox gets everything.',
        response: { 200: preferencesAnswer },
      },
    },
    async (request) => preferences.get(request.user),
  );

  app.patch(
    '/notifications/preferences/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['user_not_found'] },
      schema: {
        tags,
        operationId: 'updateNotificationPreferences',
        summary: 'Decide how I am told things',
        description: 'Kinds and fields that are left out stay as they are.',
        body: preferencesChange,
        response: { 200: preferencesAnswer },
      },
    },
    async (request) => preferences.change(request.body, request.user),
  );
}
