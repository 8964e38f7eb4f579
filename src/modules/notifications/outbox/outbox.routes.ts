import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsAdmin } from '../../../http/guards.ts';
import { reads } from '../../../http/hooks/audit.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import {
  type MessageRecord,
  messageFilters,
  messagePage,
  RETRIED_AT_ONCE,
  retriedMessages,
  retryFilters,
} from './outbox.schemas.ts';
import type { Outbox } from './outbox.service.ts';

const tags = ['messages'];

export async function outboxRoutes(instance: FastifyInstance, { outbox }: { outbox: Outbox }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'messages',
    description: 'What left by email, SMS and Telegram, for admins.',
    order: 140,
  });

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
          'What went out by email, SMS and Telegram, newest first: to whom, when, and why not. The text of a code is never ' +
          'shown.',
        querystring: messageFilters,
        response: { 200: messagePage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await outbox.list(request.query)),
  );

  app.post(
    '/messages/retry/',
    {
      preHandler: IsAdmin,
      schema: {
        tags,
        operationId: 'retryMessages',
        summary: 'Send many failed messages again',
        description:
          `For after an outage. Of the failed messages that match, the oldest ${RETRIED_AT_ONCE} go back into the queue, ` +
          'with all their tries. `more` says whether others are left. A message that is no longer true is dropped and not ' +
          'sent. Each is **noted** by itself as `message.retry`.',
        body: retryFilters,
        response: { 200: retriedMessages },
      },
    },
    async (request) => outbox.retryMany(request.body, request.user),
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
          'It goes back into the queue, with all its tries, and is sent to the person’s present address. If what it says is ' +
          'no longer true, it is dropped instead.',
        params: idParams('The message’s id.', demo.message.id),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await outbox.retry(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}
