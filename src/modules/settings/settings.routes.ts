import type { FastifyInstance } from 'fastify';
import { IsAdmin } from '../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { policy, policyChanges } from './settings.schemas.ts';
import type { Settings } from './settings.service.ts';

const tags = ['settings'];

export async function settingsRoutes(instance: FastifyInstance, { settings }: { settings: Settings }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({ name: 'settings', description: 'The clinic’s policy, for admins.', order: 90 });

  app.get(
    '/settings/',
    {
      preHandler: IsAdmin,
      config: { etag: true },
      schema: {
        tags,
        operationId: 'getSettings',
        summary: 'Show the clinic’s policy',
        description: 'As it is in force, with the defaults of what nobody has set.',
        response: { 200: policy },
      },
    },
    async () => settings.get(),
  );

  app.patch(
    '/settings/',
    {
      preHandler: IsAdmin,
      config: { etag: true, errors: ['version_mismatch'] },
      schema: {
        tags,
        operationId: 'updateSettings',
        summary: 'Change the clinic’s policy',
        description:
          'It counts from the next booking, hold or cancellation on; what is booked stays booked. Patients are bound by ' +
          'it, admins and doctors are not: what they override is noted in the audit.',
        headers: ifMatchTag,
        body: policyChanges,
        response: { 200: policy },
      },
    },
    async (request) => settings.update(request.body, request.user, unchanged(request)),
  );
}
