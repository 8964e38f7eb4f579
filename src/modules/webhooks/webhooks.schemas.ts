import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { eventTypes } from '../../core/events.ts';
import { webhookDeliveryStatuses, webhookOffReasons } from '../../core/words.ts';
import * as fields from '../../http/fields.ts';
import { documented } from '../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../http/page.ts';
import { issue, somethingToChange } from '../../http/zod.ts';

const AT = '2028-03-01T09:30:00.000Z';
const URL_EXAMPLE = 'https://crm.example/hooks/clinic';

const url = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), issue('invalid_format'))
  .meta({
    description: 'Where events are sent by POST: HTTPS, at a public address.',
    examples: [URL_EXAMPLE],
  });
const types = z
  .array(z.enum(eventTypes))
  .min(1)
  .max(eventTypes.length)
  .nullable()
  .meta({
    description: 'Of which events it hears; null is all.',
    examples: [['appointment.booked', 'appointment.cancelled']],
  });
const description = fields
  .text(200)
  .nullable()
  .meta({ examples: ['Our CRM'] });

export const webhookInput = documented(
  z.object({
    url,
    types: types.default(null),
    description: description.default(null),
    is_active: z.boolean().default(true),
  }),
  {
    id: 'WebhookWanted',
    description: 'Where another system hears of what happens.',
    examples: { all: { summary: 'Everything', value: { url: URL_EXAMPLE } } },
  },
);
export type WebhookInput = z.output<typeof webhookInput>;

export const webhookChanges = documented(
  z
    .object({
      url: url.optional(),
      types: types.optional(),
      description: description.optional(),
      is_active: z
        .boolean()
        .optional()
        .meta({ description: 'What waits is discarded where it is switched off.' }),
    })
    .refine(...somethingToChange()),
  {
    id: 'WebhookChanges',
    description: 'What is left out stays as it is.',
    examples: { on: { summary: 'Switch it on again', value: { is_active: true } } },
  },
);
export type WebhookChanges = z.output<typeof webhookChanges>;

const shown = {
  id: fields.id,
  url: z.string().meta({ maxLength: 2_000, examples: [URL_EXAMPLE] }),
  types: z
    .array(z.string().meta({ maxLength: 50 }))
    .nullable()
    .meta({ description: 'Null is all.', maxItems: eventTypes.length, examples: [['appointment.booked']] }),
  description: z.string().nullable().meta({ maxLength: 200 }),
  is_active: z.boolean(),
  off_reason: z
    .enum(webhookOffReasons)
    .nullable()
    .meta({ description: '`gone`: it answered 410; `failing`: nothing reached it through all tries.' }),
  paused_until: fields.out.instant.nullable().meta({ description: 'It asked to be left alone until then.' }),
  succeeded_at: fields.out.instant.nullable().meta({ description: 'When it last took something.' }),
  created_at: fields.out.instant,
};
const example = {
  id: demo.webhook.id,
  url: URL_EXAMPLE,
  types: null,
  description: 'Our CRM',
  is_active: true,
  off_reason: null,
  paused_until: null,
  succeeded_at: null,
  created_at: AT,
};

export const webhook = documented(z.object(shown), {
  id: 'Webhook',
  description: 'An endpoint; its secret is shown when it is made or replaced, and never again.',
  examples: { webhook: { summary: 'An endpoint', value: example } },
});
export type Webhook = z.infer<typeof webhook>;

const SECRET = `whsec_${Buffer.from('only an example, 32 bytes long!!').toString('base64')}`;
export const newWebhook = documented(
  z.object({
    ...shown,
    secret: z.string().meta({
      description: 'Signs what is sent (Standard Webhooks); shown this once.',
      maxLength: 100,
      examples: [SECRET],
    }),
  }),
  {
    id: 'NewWebhook',
    description: 'An endpoint with its secret, which is shown this once.',
    examples: { webhook: { summary: 'To be copied now', value: { ...example, secret: SECRET } } },
  },
);
export type NewWebhook = z.infer<typeof newWebhook>;

export const WEBHOOKS_MAX = 100;
export const webhookList = documented(z.array(webhook).meta({ maxItems: WEBHOOKS_MAX }), {
  id: 'Webhooks',
  description: 'All endpoints.',
  examples: { webhooks: { summary: 'One endpoint', value: [example] } },
});

const deliveryExample = {
  id: 1,
  webhook: demo.webhook.id,
  message_id: 'evt_6a3f1c20_9001',
  type: 'appointment.booked',
  status: 'delivered' as const,
  attempts: 1,
  response_status: 204,
  error: null,
  due_at: AT,
  attempted_at: AT,
  delivered_at: AT,
  created_at: AT,
};
export const delivery = documented(
  z.object({
    id: z.int().meta({ format: 'int64', minimum: 1, maximum: fields.COUNT_MAX, examples: [1] }),
    webhook: fields.id,
    message_id: z.string().meta({
      description: 'The header `webhook-id`: the event’s, the same at every try.',
      maxLength: 100,
      examples: ['evt_6a3f1c20_9001'],
    }),
    type: z.string().meta({ maxLength: 50, examples: ['appointment.booked'] }),
    status: z.enum(webhookDeliveryStatuses),
    attempts: z.int().meta({ minimum: 0, maximum: 100 }),
    response_status: z
      .int()
      .nullable()
      .meta({ description: 'Of the last answer.', minimum: 100, maximum: 599, examples: [204] }),
    error: z
      .string()
      .nullable()
      .meta({
        description: 'Why the last try failed without an answer.',
        maxLength: 50,
        examples: ['timeout'],
      }),
    due_at: fields.out.instant.meta({ description: 'When it is tried next, while it is pending.' }),
    attempted_at: fields.out.instant.nullable(),
    delivered_at: fields.out.instant.nullable(),
    created_at: fields.out.instant,
  }),
  {
    id: 'WebhookDelivery',
    description: 'An event on its way to an endpoint.',
    examples: { delivered: { summary: 'Delivered', value: deliveryExample } },
  },
);
export type Delivery = z.infer<typeof delivery>;
export const deliveryPage = pageOf('WebhookDeliveryPage', 'Deliveries, newest first.', delivery);

export const deliveryFilters = z.object({
  ...pageQuery,
  status: z
    .enum(webhookDeliveryStatuses)
    .optional()
    .meta({ description: 'Only those.', examples: ['failed'] }),
});
export type DeliveryFilters = z.output<typeof deliveryFilters>;

export const replayInput = documented(
  z.object({
    since: fields.instant.meta({
      description:
        'From when on; as far back as EVENT_RETENTION_DAYS, and not beyond a restore of the database.',
      examples: [AT],
    }),
  }),
  {
    id: 'WebhookReplay',
    description: 'What happened since then is sent again, under the same ids.',
    examples: { since: { summary: 'Since a moment', value: { since: AT } } },
  },
);
export const replayed = documented(
  z.object({ deliveries: z.int().meta({ minimum: 0, maximum: 2_147_483_647 }) }),
  {
    id: 'WebhookReplayed',
    description: 'How many deliveries wait anew.',
    examples: { some: { summary: 'Twelve', value: { deliveries: 12 } } },
  },
);
