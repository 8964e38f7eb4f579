import type { FastifyInstance } from 'fastify';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { IsAdmin } from '../../http/guards.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { delivery, deliveryFilters, deliveryPage, replayed, replayInput } from './webhooks.schemas.ts';
import type { Webhooks } from './webhooks.service.ts';

const tags = ['webhooks'];
const params = idParams('The endpoint’s id.', demo.webhook.id);
const preHandler = IsAdmin;

/** What is on its way to endpoints, and what became of it. */
export async function deliveriesRoutes(instance: FastifyInstance, { webhooks }: { webhooks: Webhooks }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/webhooks/:id/deliveries/',
    {
      preHandler,
      config: { errors: ['webhook_not_found'] },
      schema: {
        tags,
        operationId: 'listWebhookDeliveries',
        summary: 'See what was sent to an endpoint',
        description: 'Newest first: what each try was answered, and when the next is.',
        params,
        querystring: deliveryFilters,
        response: { 200: deliveryPage },
      },
    },
    async (request) => {
      const { id } = request.params;
      return pageAnswer(request, request.query.page, await webhooks.deliveries(id, request.query));
    },
  );

  app.post(
    '/webhooks/:id/replay/',
    {
      preHandler,
      config: { errors: ['webhook_not_found', 'webhook_off', 'too_old'] },
      schema: {
        tags,
        operationId: 'replayWebhook',
        summary: 'Send again what happened since a moment',
        description: 'Under the same ids, also what was delivered: for a receiver that lost its data.',
        params,
        body: replayInput,
        response: { 200: replayed },
      },
    },
    async (request) => ({
      deliveries: await webhooks.replay(request.params.id, new Date(request.body.since), request.user),
    }),
  );

  app.post(
    '/deliveries/:id/replay/',
    {
      preHandler,
      config: { errors: ['delivery_not_found'] },
      schema: {
        tags,
        operationId: 'replayDelivery',
        summary: 'Send one event again',
        description: 'With all its tries. A delivery whose endpoint is off is not found.',
        params: idParams('The delivery’s id, from the list of an endpoint.', demo.delivery.id),
        response: { 200: delivery },
      },
    },
    async (request) => webhooks.replayOne(request.params.id, request.user),
  );
}
