import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { IsAdmin } from '../../http/guards.ts';
import { ifMatchTag, unchanged } from '../../http/hooks/etag.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { deliveriesRoutes } from './deliveries.routes.ts';
import { sentEvents } from './sent.schemas.ts';
import { newWebhook, webhook, webhookChanges, webhookInput, webhookList } from './webhooks.schemas.ts';
import type { Webhooks } from './webhooks.service.ts';

const tags = ['webhooks'];
const params = idParams('The endpoint’s id.', demo.webhook.id);
const preHandler = IsAdmin;

/** Endpoints of other systems, for admins. */
export async function webhooksRoutes(instance: FastifyInstance, { webhooks }: { webhooks: Webhooks }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'webhooks',
    description:
      'Where other systems of the clinic hear of what happens, for admins. Every endpoint is sent the types that it wants.',
    order: 145,
  });
  app.describeWebhooks(sentEvents);
  await instance.register(deliveriesRoutes, { webhooks });

  app.post(
    '/webhooks/',
    {
      preHandler,
      config: { errors: ['url_not_allowed', 'too_many_webhooks', 'data_keys_missing'] },
      schema: {
        tags,
        operationId: 'createWebhook',
        summary: 'Add an endpoint',
        description:
          'Everything that happens from now on is sent there by POST, signed as Standard Webhooks 1.0.0 says, at least once ' +
          'and in no promised order. Its secret is shown this once.',
        body: webhookInput,
        response: { 201: newWebhook },
      },
    },
    async (request, reply) => {
      const made = await webhooks.create(request.body, request.user);
      return reply.code(201).header('location', `/api/webhooks/${made.id}/`).send(made);
    },
  );

  app.get(
    '/webhooks/',
    {
      preHandler,
      schema: {
        tags,
        operationId: 'listWebhooks',
        summary: 'List the endpoints',
        description: 'With why one is off, and when it last took something. No pages: there are few.',
        response: { 200: webhookList },
      },
    },
    async () => webhooks.list(),
  );

  app.get(
    '/webhooks/:id/',
    {
      preHandler,
      config: { etag: true, errors: ['webhook_not_found'] },
      schema: {
        tags,
        operationId: 'getWebhook',
        summary: 'Show an endpoint',
        description: 'Never its secret.',
        params,
        response: { 200: webhook },
      },
    },
    async (request) => webhooks.get(request.params.id),
  );

  app.patch(
    '/webhooks/:id/',
    {
      preHandler,
      config: { etag: true, errors: ['webhook_not_found', 'version_mismatch', 'url_not_allowed'] },
      schema: {
        tags,
        operationId: 'updateWebhook',
        summary: 'Change an endpoint, or switch it on or off',
        description:
          'Switched off, what waits for it is discarded; `replay` sends again what it missed. With another `url` what waits is ' +
          'sent there at once, with all its tries.',
        params,
        headers: ifMatchTag,
        body: webhookChanges,
        response: { 200: webhook },
      },
    },
    async (request) => webhooks.update(request.params.id, request.body, request.user, unchanged(request)),
  );

  app.delete(
    '/webhooks/:id/',
    {
      preHandler,
      config: { errors: ['webhook_not_found', 'version_mismatch'] },
      schema: {
        tags,
        operationId: 'deleteWebhook',
        summary: 'Remove an endpoint',
        description: 'With all its deliveries.',
        params,
        headers: ifMatchTag,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await webhooks.remove(request.params.id, request.user, unchanged(request));
      return reply.code(204).send();
    },
  );

  app.post(
    '/webhooks/:id/rotate/',
    {
      preHandler,
      config: { errors: ['webhook_not_found', 'data_keys_missing'] },
      schema: {
        tags,
        operationId: 'rotateWebhookSecret',
        summary: 'Replace an endpoint’s secret',
        description:
          'Shown this once. For 24 hours the secret before signs too, so that no delivery is refused while the receiver is ' +
          'told; a second rotation drops the oldest.',
        params,
        response: { 200: newWebhook },
      },
    },
    async (request) => webhooks.rotate(request.params.id, request.user),
  );

  app.post(
    '/webhooks/:id/test/',
    {
      preHandler,
      config: { errors: ['webhook_not_found', 'webhook_off'] },
      schema: {
        tags,
        operationId: 'testWebhook',
        summary: 'Send a test event',
        description: 'Of type `webhook.test`; what became of it stands among the deliveries.',
        params,
        response: { 202: z.undefined() },
      },
    },
    async (request, reply) => {
      await webhooks.test(request.params.id);
      return reply.code(202).send();
    },
  );
}
