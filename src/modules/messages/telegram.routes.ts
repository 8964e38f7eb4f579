import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { IsSignedIn } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { telegramInvitation } from './telegram.schemas.ts';
import type { Telegram } from './telegram.service.ts';

const tags = ['notifications'];

export async function telegramRoutes(
  instance: FastifyInstance,
  { telegram, unlink }: { telegram: Telegram; unlink: (user: number) => Promise<void> },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/notifications/telegram/link/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['channel_not_offered', 'provider_unavailable'] },
      schema: {
        tags,
        operationId: 'linkTelegram',
        summary: 'Get a link to my Telegram',
        description:
          'The answer is a deep link to the clinic’s bot. Opening it within 15 minutes links that chat; it serves once. ' +
          'From then on messages come there, unless preferences say otherwise.',
        response: { 200: telegramInvitation },
      },
    },
    async (request) => telegram.invite(request.user.id),
  );

  app.delete(
    '/notifications/telegram/link/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'unlinkTelegram',
        summary: 'Unlink my Telegram',
        description: 'As `/stop` in the chat does. Repeating it is a 204 again.',
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await unlink(request.user.id);
      return reply.code(204).send();
    },
  );
}
