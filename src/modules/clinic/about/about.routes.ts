import type { FastifyInstance } from 'fastify';
import { Public } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import { about as aboutAnswer } from './about.schemas.ts';
import type { AboutClinic } from './about.service.ts';

export async function aboutRoutes(instance: FastifyInstance, { about }: { about: AboutClinic }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/clinic/',
    {
      preHandler: Public,
      config: { etag: true, guests_keep: 60 },
      schema: {
        tags: ['clinic'],
        operationId: 'getClinic',
        summary: 'Show the clinic',
        description:
          'Its name, its open branches with their addresses and phones, its time zone, and its `policy`: until when patients may ' +
          'book and cancel. All branches keep this one time zone: every date and time of this API is the wall clock of the ' +
          'clinic.',
        response: { 200: aboutAnswer },
      },
    },
    async () => about.get(),
  );
}
