import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import * as fields from '../../../http/fields.ts';
import { IsSignedIn } from '../../../http/guards.ts';
import type { ZodTypeProvider } from '../../../http/zod.ts';
import type { Identities } from './identities.service.ts';
import { identityList } from './providers.schemas.ts';

const tags = ['auth'];

export async function identitiesRoutes(
  instance: FastifyInstance,
  { identities }: { identities: Pick<Identities, 'list' | 'unlink'> },
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/auth/identities/',
    {
      preHandler: IsSignedIn,
      schema: {
        tags,
        operationId: 'listIdentities',
        summary: 'See which accounts elsewhere let me in',
        description: 'Those that I have linked, with their providers, oldest first.',
        response: { 200: identityList },
      },
    },
    async (request) => identities.list(request.user),
  );

  app.delete(
    '/auth/identities/:id/',
    {
      preHandler: IsSignedIn,
      config: { errors: ['identity_not_found', 'last_way_in'] },
      schema: {
        tags,
        operationId: 'unlinkIdentity',
        summary: 'Unlink an account elsewhere',
        description:
          'It lets nobody in from then on. The last way in stays: set a password first, or link another.',
        params: fields.idParams('What is linked', 3),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await identities.unlink(request.user, request.params.id);
      return reply.code(204).send();
    },
  );
}
