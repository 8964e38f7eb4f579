import type { FastifyInstance } from 'fastify';
import { IsAdmin } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { logLevel, logLevelChange, systemState } from './system.schemas.ts';
import type { System } from './system.service.ts';

const tags = ['system'];

export async function systemRoutes(instance: FastifyInstance, { system }: { system: System }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({ name: 'system', description: 'How the server is, for admins.', order: 95 });

  app.get(
    '/system/',
    {
      preHandler: IsAdmin,
      schema: {
        tags,
        operationId: 'getSystem',
        summary: 'See how the server is',
        description:
          'What one asks first when something is wrong: versions, migrations, the queue of jobs, what waits to be sent and ' +
          'when each channel last worked, replicas, backups and their rehearsals. Of the process that answers, and of the ' +
          'database; `backups` is null where none are set up.',
        response: { 200: systemState },
      },
    },
    async () => system.show(),
  );

  app.put(
    '/system/log-level/',
    {
      preHandler: IsAdmin,
      schema: {
        tags,
        operationId: 'setLogLevel',
        summary: 'Change the level of the log for a while',
        description:
          'Of every process that answers requests, without a restart. It falls back by itself, and is noted in the audit.',
        body: logLevelChange,
        response: { 200: logLevel },
      },
    },
    async (request) => system.raiseLog(request.body.level, request.body.minutes, request.user),
  );
}
