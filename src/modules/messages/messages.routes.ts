import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { reads } from '../../http/audit.ts';
import { idParams } from '../../http/fields.ts';
import { IsAdmin } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { type MessageRecord, messageFilters, messagePage } from './messages.schemas.ts';
import type { Messages } from './messages.service.ts';

const tags = ['messages'];

export async function messagesRoutes(instance: FastifyInstance, { messages }: { messages: Messages }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/messages/',
    {
      preHandler: IsAdmin,
      config: { audit: reads('message.list', ({ user }: MessageRecord) => user.id) },
      schema: {
        tags,
        operationId: 'listMessages',
        summary: 'See what was sent',
        description:
          'What went out by email, SMS and Telegram, newest first: to whom, when, and why not. The text of a code is ' +
          'never shown.',
        querystring: messageFilters,
        response: { 200: messagePage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await messages.list(request.query)),
  );

  app.post(
    '/messages/:id/retry/',
    {
      preHandler: IsAdmin,
      config: { errors: ['message_not_found', 'message_not_failed'] },
      schema: {
        tags,
        operationId: 'retryMessage',
        summary: 'Send a failed message again',
        description:
          'It goes back into the queue, with all its tries; the address is the person’s present one.',
        params: idParams('The message’s id.', demo.message.id),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await messages.retry(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}
