import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { idParams } from '../../../http/fields.ts';
import { IsSignedIn } from '../../../http/guards.ts';
import { pageAnswer } from '../../../http/page.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { sessionPage, sessionQuery } from './sessions.schemas.ts';
import type { Sessions } from './sessions.service.ts';

const tags = ['auth'];

export async function sessionsRoutes(instance: FastifyInstance, { sessions }: { sessions: Sessions }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/auth/logout/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'logout',
        summary: 'Sign out',
        description: 'Ends this session: its access and refresh tokens stop working at once, everywhere.',
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await sessions.logout(request.user);
      return reply.code(204).send();
    },
  );

  app.get(
    '/auth/sessions/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'See where I am signed in',
        description: 'My sessions that still serve, the latest used first.',
        querystring: sessionQuery,
        response: { 200: sessionPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await sessions.list(request.user, request.query)),
  );

  app.delete(
    '/auth/sessions/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'endOtherSessions',
        summary: 'Sign out everywhere else',
        description:
          'Ends all of my sessions but this one. A linked Telegram chat stays linked; DELETE ' +
          '`/api/notifications/telegram/link/` unlinks it.',
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await sessions.endOthers(request.user);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/auth/sessions/:id/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['session_not_found'] },
      schema: {
        tags,
        operationId: 'endSession',
        summary: 'Sign out one device',
        description: 'Ends one of my sessions, this one too. Repeating it is a 204 again.',
        params: idParams('The session’s id.', demo.session.id),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await sessions.endOne(request.user, request.params.id);
      return reply.code(204).send();
    },
  );
}
