import type { FastifyInstance } from 'fastify';
import { IsSignedIn } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { preferences as answer, preferencesChange } from './preferences.schemas.ts';
import type { Preferences } from './preferences.service.ts';

const tags = ['notifications'];

export async function preferencesRoutes(
  instance: FastifyInstance,
  { preferences }: { preferences: Preferences },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/notifications/preferences/',
    {
      preHandler: IsSignedIn,
      config: { etag: true, errors: ['user_not_found'] },
      schema: {
        tags,
        operationId: 'getNotificationPreferences',
        summary: 'See how I am told things',
        description:
          'Which channels each kind of message takes, the quiet hours, and which addresses are confirmed. Where nothing is ' +
          'chosen it is one channel: for visits Telegram, else SMS, else email. The inbox gets everything.',
        response: { 200: answer },
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
        response: { 200: answer },
      },
    },
    async (request) => preferences.change(request.body, request.user),
  );
}
