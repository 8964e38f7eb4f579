import type { FastifyInstance } from 'fastify';
import { IsAdmin, IsSignedIn } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { accessLogPage, accessLogQuery, auditFilters, auditPage } from './audit.schemas.ts';
import type { Audit } from './audit.service.ts';

export async function auditRoutes(instance: FastifyInstance, { audit }: { audit: Audit }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/audit/',
    {
      preHandler: IsAdmin,
      schema: {
        tags: ['audit'],
        operationId: 'listAudit',
        summary: 'See who read or changed whose record',
        description: [
          'Newest first. `from` and `to` are days of the clinic. Actions:',
          ACTIONS,
          'What one does with one’s own record is noted when it changes something, reading it is not; what everybody may ' +
            'see (the directory, free slots) is not noted. Looking here is noted too.',
        ].join('\n\n'),
        querystring: auditFilters,
        response: { 200: auditPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await audit.list(request.query, request.user)),
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

const ACTIONS = `| action | what happened |
| --- | --- |
| \`user.register\`, \`user.create\` | somebody registered; was made by an admin |
| \`user.read\`, \`user.list\` | an admin looked at a person’s account |
| \`user.update\`, \`profile.update\` | names, contacts, profile were changed by an admin; by their owner |
| \`password.change\`, \`password.reset\` | somebody changed their password; set a new one with a code |
| \`user.set_role\`, \`user.set_password\` | an admin gave a new role, a new password |
| \`user.activate\`, \`user.deactivate\`, \`user.approve\` | an admin let somebody in, put them out, let a doctor in |
| \`consent.accept\` | somebody accepted the terms and the privacy policy in force |
| \`user.export\`, \`user.erase\` | somebody took their data; was erased |
| \`appointment.read\`, \`appointment.list\` | a doctor or an admin looked at a patient’s appointment |
| \`appointment.book\` | an admin booked for a patient |
| \`appointment.confirm\`, \`appointment.cancel\` | a doctor, an admin or the patient decided |
| \`timeslot.publish\`, \`timeslot.delete\` | an admin did it for a doctor |
| \`message.list\`, \`message.retry\` | an admin looked at what was sent to a person; had it sent again |
| \`audit.list\` | an admin looked at this list |`;
