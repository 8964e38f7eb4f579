import { z } from 'zod';
import { demo } from '../../../core/demo.ts';
import { noticeKinds } from '../../../core/messages.ts';
import * as fields from '../../../http/fields.ts';
import { documented } from '../../../http/openapi/documented.ts';
import { pageOf, pageQuery } from '../../../http/page.ts';

const shape = z.object({
  id: fields.id,
  kind: z.enum(noticeKinds),
  title: z.string().meta({ maxLength: 200 }),
  text: z.string().meta({ description: 'In the reader’s language.', maxLength: 2_000 }),
  appointment: fields.id.nullable().meta({ description: 'The appointment it is about.' }),
  created_at: fields.out.instant,
  read_at: fields.out.instant.nullable().meta({ description: 'Null while it is unread.' }),
});

const unread: z.infer<typeof shape> = {
  id: demo.notification.id,
  kind: 'confirmed',
  title: 'Qabul tasdiqlandi',
  text: 'Qabulingiz tasdiqlandi: 14-mart, seshanba, soat 10:00, shifokor Jasur Yusupov. Sizni kutamiz.',
  appointment: demo.visit.id,
  created_at: '2028-03-01T11:05:42.000Z',
  read_at: null,
};

const notification = documented(shape, {
  id: 'Notification',
  description: 'Something that was told to the reader.',
  examples: {
    unread: { summary: 'Not read yet', value: unread },
    read: { summary: 'Read', value: { ...unread, read_at: '2028-03-01T12:00:00.000Z' } },
  },
});
export type Notification = z.infer<typeof notification>;

export const notificationPage = pageOf('NotificationPage', 'One page of the inbox.', notification);

export const notificationFilters = z.object({
  ...pageQuery,
  unread: fields.flagText.optional().meta({
    type: 'boolean',
    description: 'Only what has not been read yet.',
    examples: [true],
  }),
});
export type NotificationFilters = z.infer<typeof notificationFilters>;
