import type { FastifyInstance } from 'fastify';
import { auditActions } from '../../core/audited.ts';
import { watched } from '../../core/watched.ts';
import { IsAdmin, IsSignedIn } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { accessLogPage, accessLogQuery, auditFilters, auditPage, LIST } from './audit.schemas.ts';
import type { Audit } from './audit.service.ts';

export async function auditRoutes(instance: FastifyInstance, { audit }: { audit: Audit }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'audit',
    description: 'Who read or changed whose record, for admins.',
    order: 130,
  });

  app.get(
    '/audit/',
    {
      preHandler: IsAdmin,
      schema: {
        tags: ['audit'],
        operationId: 'listAudit',
        summary: 'See who read or changed whose record',
        description: [
          'Newest first. `from` and `to` are days of the clinic. Actions, of which staff are doctors and admins:',
          ACTIONS,
          `The first ${watched.length} name the \`network\` they came from, and are noted once a minute for each account and network, ` +
            'however many there are; `details.more` says that there were more than can be noted. They stand in no access log.',
          'What one does with one’s own record is noted when it changes something, reading it is not; what everybody may ' +
            'see (the directory, free slots) is not noted. Looking here is noted too.',
        ].join('\n\n'),
        querystring: auditFilters,
        response: { 200: auditPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await audit.list(request.query, request.user), LIST),
  );

  app.get(
    '/auth/me/access-log/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags: ['privacy'],
        operationId: 'accessLog',
        summary: 'See who looked at my record',
        description:
          'Or changed it, newest first: staff by name and role, what they did, and to what. My own changes stand here ' +
          'too, so that I notice one that was not mine.',
        querystring: accessLogQuery,
        response: { 200: accessLogPage },
      },
    },
    async (request) =>
      pageAnswer(request, request.query.page, await audit.accessLog(request.user.id, request.query)),
  );
}

const ACTIONS = [
  '| action | what happened |',
  '| --- | --- |',
  ...Object.entries(auditActions).map(([action, meaning]) => `| \`${action}\` | ${meaning} |`),
].join('\n');
