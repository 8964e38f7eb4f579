import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { messageKinds } from '../../../core/messages.ts';
import { channels, messageStatuses } from '../../../core/words.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';
import { issue } from '../../../http/zod.ts';

/** How many failed messages are put back into the queue at a time: one transaction notes them all. */
export const RETRIED_AT_ONCE = 500;

const channel = z.enum(channels);
const status = z.enum(messageStatuses);

const shape = z.object({
  id: fields.id,
  user: z
    .object({ id: fields.id, first_name: fields.out.name, last_name: fields.out.name })
    .meta({ description: 'The person it is for. An erased person has no names.' }),
  channel,
  kind: z.enum(messageKinds),
  appointment: fields.id.nullable().meta({ description: 'The appointment it is about.' }),
  status: status.meta({
    description:
      '`failed` has used up its tries or was refused for good, and can be sent again. `dropped` was no longer worth ' +
      'sending. `sending` is on its way, or was cut off and will be tried again.',
  }),
  text: z.string().nullable().meta({
    description:
      'As it was sent, or would be sent, in the person’s language, with the time that it speaks of. Null for codes.',
    maxLength: 2_000,
  }),
  attempts: z.int().meta({
    description:
      'How many attempts count. While a provider is away, or refuses the clinic itself, a message waits and none counts.',
    minimum: 0,
    maximum: 100,
  }),
  provider_id: z.string().nullable().meta({ description: 'The provider’s name of it.', maxLength: 200 }),
  error: z
    .string()
    .nullable()
    .meta({
      description:
        'Why the last attempt failed, as a code of this API or of the provider. Or why it was dropped: `visit_moved`, ' +
        '`visit_decided`, `visit_cancelled`, `visit_expired`, `visit_begun`, `visit_reassigned` (it is no longer the reader’s), ' +
        '`expired` (a code, an offer), `overtaken` (the reader heard what came afterwards), `person_deleted`, ' +
        '`person_inactive` (staff who are out).',
      maxLength: 100,
    }),
  created_at: fields.out.instant,
  due_at: fields.out.instant.meta({
    description: 'It is not sent before this: quiet hours, or the next attempt. UTC.',
  }),
  sent_at: fields.out.instant.nullable(),
});

const sent: z.infer<typeof shape> = {
  id: demo.message.id,
  user: demo.patient.name,
  channel: 'sms',
  kind: 'confirmed',
  appointment: demo.visit.id,
  status: 'sent',
  text: 'Qabulingiz tasdiqlandi: 14-mart 10:00, shifokor Yusupov J. Sizni kutamiz.',
  attempts: 1,
  provider_id: '59bf10a2-aba8-4694-8fd5-0be20102a580',
  error: null,
  created_at: '2028-03-01T11:05:42.000Z',
  due_at: '2028-03-01T11:05:42.000Z',
  sent_at: '2028-03-01T11:05:43.000Z',
};

const message = documented(shape, {
  id: 'Message',
  description: 'One message by email, SMS or Telegram, whether it was sent or not.',
  examples: {
    sent: { summary: 'Sent', value: sent },
    failed: {
      summary: 'Failed, waiting for an admin',
      value: { ...sent, status: 'failed', attempts: 10, provider_id: null, error: 'http_503', sent_at: null },
    },
    dropped: {
      summary: 'No longer true when it could go',
      value: {
        ...sent,
        status: 'dropped',
        attempts: 0,
        provider_id: null,
        error: 'visit_moved',
        sent_at: null,
      },
    },
    code: {
      summary: 'A code, whose text nobody sees',
      value: { ...sent, kind: 'code', appointment: null, text: null },
    },
  },
});
export type MessageRecord = z.infer<typeof message>;

export const messagePage = pageOf('MessagePage', 'One page of messages.', message);

export const messageFilters = z.object({
  ...pageQuery,
  status: status.optional().meta({ description: 'Only those in this status.', examples: ['failed'] }),
  channel: channel.optional().meta({ description: 'Only by this channel.', examples: ['sms'] }),
  user: fields.idText.optional().meta({ description: 'Only to this person.', examples: [demo.patient.id] }),
});
export type MessageFilters = z.infer<typeof messageFilters>;

export const retryFilters = documented(
  z
    .object({
      channel: channel.optional().meta({ description: 'Only by this channel.', examples: ['email'] }),
      since: fields.instant
        .optional()
        .meta({ description: 'Only those queued then or later.', examples: ['2028-03-01T09:00:00Z'] }),
      until: fields.instant
        .optional()
        .meta({ description: 'Only those queued before.', examples: ['2028-03-01T12:00:00Z'] }),
    })
    .refine(
      ({ since, until }) =>
        since === undefined || until === undefined || Date.parse(since) <= Date.parse(until),
      issue('range_reversed', 'until'),
    ),
  {
    id: 'MessageRetry',
    description: 'Which of the failed messages. An empty object means all of them.',
    examples: {
      outage: {
        summary: 'What a mail server lost one morning',
        value: { channel: 'email', since: '2028-03-01T09:00:00Z', until: '2028-03-01T12:00:00Z' },
      },
      all: { summary: 'All', value: {} },
    },
  },
);

export const retriedMessages = documented(
  z.object({
    retried: z.int().min(0).max(RETRIED_AT_ONCE).meta({ description: 'How many are in the queue again.' }),
    more: z.boolean().meta({ description: 'Others are left. Repeat the request for these.' }),
  }),
  {
    id: 'RetriedMessages',
    description: 'What was put back into the queue.',
    examples: {
      some: { summary: 'All of them', value: { retried: 131, more: false } },
      many: { summary: 'As many as go at once', value: { retried: RETRIED_AT_ONCE, more: true } },
    },
  },
);
