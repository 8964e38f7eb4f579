import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { IsAdmin } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { apiKey, apiKeyFilters, apiKeyPage, madeApiKey, newApiKey } from './api-keys.schemas.ts';
import type { ApiKeys } from './api-keys.service.ts';

const tags = ['api-keys'];
const params = idParams('The key’s id.', demo.apiKey.id);

export async function apiKeysRoutes(instance: FastifyInstance, { apiKeys }: { apiKeys: ApiKeys }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'api-keys',
    description:
      'Keys for programs: a web page, a till, a health system, an assistant. A key is sent as a bearer token in place of ' +
      '`access`, and has the rights of an admin or a receptionist, narrowed by its scopes.',
    order: 97,
  });

  app.get(
    '/api-keys/',
    {
      preHandler: IsAdmin,
      schema: {
        tags,
        operationId: 'listApiKeys',
        summary: 'See the keys',
        description: 'Newest first, with their last use.',
        querystring: apiKeyFilters,
        response: { 200: apiKeyPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await apiKeys.list(request.query)),
  );

  app.post(
    '/api-keys/',
    {
      preHandler: IsAdmin,
      config: { errors: ['branch_not_found'], location: `/api/api-keys/${demo.apiKey.id}/` },
      schema: {
        tags,
        operationId: 'makeApiKey',
        summary: 'Make a key',
        description:
          'The answer shows the key, this once. No key makes keys, changes passwords or roles, or erases anybody. What it ' +
          'does stands in the audit under its name.',
        body: newApiKey,
        response: { 201: madeApiKey },
      },
    },
    async (request, reply) => {
      const made = await apiKeys.make(request.body, request.user);
      return reply.code(201).header('location', `/api/api-keys/${made.id}/`).send(made);
    },
  );

  app.get(
    '/api-keys/:id/',
    {
      preHandler: IsAdmin,
      config: { etag: true, errors: ['api_key_not_found'] },
      schema: {
        tags,
        operationId: 'getApiKey',
        summary: 'Show a key',
        description: 'What it may, and when it was used last.',
        params,
        response: { 200: apiKey },
      },
    },
    async (request) => apiKeys.get(request.params.id),
  );

  app.delete(
    '/api-keys/:id/',
    {
      preHandler: IsAdmin,
      config: { errors: ['api_key_not_found'] },
      schema: {
        tags,
        operationId: 'revokeApiKey',
        summary: 'Revoke a key',
        description:
          'It is refused everywhere within a second, and for good. It stays in the list, `revoked_at`.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await apiKeys.revoke(request.params.id, request.user);
      return reply.code(204).send();
    },
  );
}
