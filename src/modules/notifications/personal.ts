import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { channels, messageStatuses } from '../../core/words.ts';
import { batch, inBatches } from '../../db/batches.ts';
import type { Db, Tx } from '../../db/client.ts';
import { and, eq, gt, sql } from '../../db/drizzle.ts';
import {
  messages,
  notificationPreferences,
  notifications,
  oneUseLinks,
  telegramChats,
} from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { AT, appointmentOrNull, listOf, params, text } from '../../http/personal.ts';

const instant = fields.out.instant;

/** An expired link still says for a while that it has expired, not that it never was. */
const LINK_DAYS = 7;

/**
 * What somebody was told, and by which ways. That there were messages and notifications is kept when they are erased, and
 * when; their texts were never kept.
 */
export const personal = {
  columns: {
    'messages.user_id': 'messages',
    'notification_preferences.user_id': 'notification_preferences',
    'notifications.user_id': 'notifications',
    'one_use_links.user_id': 'links',
    'telegram_chats.user_id': 'telegram',
  },
  parts: {
    notification_preferences: {
      shape: z
        .object({
          channels: z
            .record(text(50), z.array(text(20)).meta({ maxItems: 10 }))
            .meta({ description: 'Channels by kind of message.', examples: [{ reminder: ['sms'] }] }),
          quiet: z.boolean(),
          quiet_from: fields.out.time.meta({ examples: ['22:00'] }),
          quiet_until: fields.out.time.meta({ examples: ['08:00'] }),
        })
        .nullable()
        .meta({ description: 'Null while the defaults hold.' }),
      row: {
        table: notificationPreferences,
        person: notificationPreferences.user_id,
        columns: {
          channels: notificationPreferences.channels,
          quiet: notificationPreferences.quiet,
          quiet_from: notificationPreferences.quiet_from,
          quiet_until: notificationPreferences.quiet_until,
        },
      },
    },
    telegram: {
      shape: z
        .object({ chat_id: text(50), linked_at: instant })
        .nullable()
        .meta({ description: 'The linked chat.' }),
      row: {
        table: telegramChats,
        person: telegramChats.user_id,
        columns: { chat_id: telegramChats.chat_id, linked_at: telegramChats.linked_at },
      },
    },
    links: {
      shape: listOf(
        z.object({
          purpose: text(20),
          appointment: appointmentOrNull,
          expires_at: instant,
          used_at: instant.nullable(),
        }),
        'One-use links that were sent out; the links themselves are kept as hashes only.',
      ),
      /** Those that have not been swept yet. */
      list: (db: Db, person: number) =>
        db
          .select({
            purpose: oneUseLinks.purpose,
            appointment: oneUseLinks.appointment_id,
            expires_at: oneUseLinks.expires_at,
            used_at: oneUseLinks.used_at,
          })
          .from(oneUseLinks)
          .where(eq(oneUseLinks.user_id, person))
          .orderBy(oneUseLinks.expires_at),
    },
    notifications: {
      shape: listOf(
        z.object({
          id: fields.id,
          kind: text(50),
          appointment: appointmentOrNull,
          params,
          created_at: instant,
          read_at: instant.nullable(),
        }),
        'The inbox.',
      ),
      example: [
        { id: 501, kind: 'booked', appointment: demo.visit.id, params: {}, created_at: AT, read_at: null },
      ],
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: notifications.id,
            kind: notifications.kind,
            appointment: notifications.appointment_id,
            params: notifications.params,
            created_at: notifications.created_at,
            read_at: notifications.read_at,
          })
          .from(notifications)
          .where(and(eq(notifications.user_id, person), gt(notifications.id, after)))
          .orderBy(notifications.id)
          .limit(limit),
    },
    messages: {
      shape: listOf(
        z.object({
          id: fields.id,
          channel: z.enum(channels),
          kind: text(50),
          appointment: appointmentOrNull,
          params,
          status: z.enum(messageStatuses),
          error: text(200).nullable(),
          provider_id: text(200).nullable(),
          created_at: instant,
          sent_at: instant.nullable(),
        }),
        'What was sent by email, SMS and Telegram; the texts are not kept.',
      ),
      example: [
        {
          id: 801,
          channel: 'sms',
          kind: 'booked',
          appointment: demo.visit.id,
          params: {},
          status: 'sent',
          error: null,
          provider_id: '4385062',
          created_at: AT,
          sent_at: AT,
        },
      ],
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: messages.id,
            channel: messages.channel,
            kind: messages.kind,
            appointment: messages.appointment_id,
            params: messages.params,
            status: messages.status,
            error: messages.error,
            provider_id: messages.provider_id,
            created_at: messages.created_at,
            sent_at: messages.sent_at,
          })
          .from(messages)
          .where(and(eq(messages.user_id, person), gt(messages.id, after)))
          .orderBy(messages.id)
          .limit(limit),
    },
  },

  erase: (person: number) => ({
    links: sql`delete from one_use_links where user_id = ${person}`,
    chats: sql`delete from telegram_chats where user_id = ${person}`,
    preferences: sql`delete from notification_preferences where user_id = ${person}`,
    inbox: sql`update notifications set params = '{}' where user_id = ${person} and params <> '{}'`,
    // What was about to be sent is not sent any more.
    messages: sql`
      update messages set
        params = '{}', secret = null, provider_id = null,
        status = case when status in ('sent', 'dropped') then status else 'dropped' end
      where user_id = ${person}`,
  }),

  /** What was told, and is still to be told; codes stay behind, and the chat goes where the sign-in goes. */
  async merge(
    tx: Tx,
    { from, into, takesSignIn }: { from: number; into: number; takesSignIn: boolean },
  ): Promise<void> {
    await tx.execute(sql`update notifications set user_id = ${into} where user_id = ${from}`);
    await tx.execute(sql`update messages set user_id = ${into} where user_id = ${from} and kind <> 'code'`);
    await tx.execute(
      sql`update one_use_links set user_id = ${into} where user_id = ${from} and purpose <> 'telegram'`,
    );
    if (!takesSignIn) return;
    await tx.execute(sql`
      update telegram_chats set user_id = ${into}
      where user_id = ${from} and not exists (select from telegram_chats where user_id = ${into})`);
    await tx.execute(sql`
      update notification_preferences set user_id = ${into}
      where user_id = ${from} and not exists (select from notification_preferences where user_id = ${into})`);
  },

  async sweep(
    db: Db,
    due: { daysAgo: (days: number) => Date; message_retention_days: number },
  ): Promise<void> {
    const before = (days: number) => due.daysAgo(days).toISOString();
    const kept_since = before(due.message_retention_days);
    // A used one is kept for as long as it would have served, so that a second click is told so.
    await inBatches(
      db,
      sql`delete from one_use_links where token_hash in (
        select token_hash from one_use_links where expires_at <= ${before(LINK_DAYS)} ${batch})`,
    );
    // Never one that is still to be sent. With a row goes its key: by then no event comes a second time.
    await inBatches(
      db,
      sql`delete from messages where id in (
        select id from messages
        where created_at <= ${kept_since} and status in ('sent', 'failed', 'dropped') ${batch})`,
    );
    // Read or not: whoever has not looked for so long will not miss it.
    await inBatches(
      db,
      sql`delete from notifications where id in (
        select id from notifications where created_at <= ${kept_since} ${batch})`,
    );
  },
};
