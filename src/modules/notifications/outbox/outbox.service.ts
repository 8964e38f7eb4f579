import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Page } from '../../../core/page.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Locale } from '../../../core/words.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { visitOf } from '../facts.repository.ts';
import { writeMessage } from '../texts/write.ts';
import { listMessages } from './outbox.repository.ts';
import { type MessageFilters, type MessageRecord, RETRIED_AT_ONCE } from './outbox.schemas.ts';
import { type Failed, hasFailed, isMessage, requeue, requeueMany } from './requeue.repository.ts';

interface OutboxDependencies {
  db: Db;
  clock: Clock;
  clinic_name?: string | undefined;
  /** Where links lead; without it messages have none. */
  public_url: string | undefined;
  default_locale: Locale;
  audit: Pick<Audit, 'record'>;
}

export type Outbox = ReturnType<typeof createOutbox>;

/** What left by email, SMS or Telegram, or did not: admins look at it, and send again what failed. */
export function createOutbox(dependencies: OutboxDependencies) {
  const { db, clock, clinic_name, public_url, default_locale, audit } = dependencies;
  type Row = Awaited<ReturnType<typeof listMessages>>['rows'][number];

  /** The text as it was sent, or would be. The text of a code is shown to nobody. */
  function textOf(row: Row): string | null {
    const { kind, role, params, locale, channel, created_at, sent_at } = row;
    if (kind === 'code') return null;
    const words = writeMessage(locale ?? default_locale, {
      kind,
      role,
      params,
      visit: visitOf(row),
      clinic: clinic_name,
      public_url,
      whose: row.whose,
      happened: clock.wallOf(new Date(created_at)),
      today: clock.wallOf(sent_at === null ? clock.now() : new Date(sent_at)).date,
    });
    return (channel === 'sms' ? words?.sms : words?.text) ?? null;
  }

  const asRecord = (row: Row): MessageRecord => ({
    id: row.id,
    user: { id: row.user_id, first_name: row.user_first_name, last_name: row.user_last_name },
    channel: row.channel,
    kind: row.kind,
    appointment: row.appointment,
    status: row.status,
    text: textOf(row),
    attempts: row.attempts,
    provider_id: row.provider_id,
    error: row.error,
    created_at: row.created_at,
    due_at: row.due_at,
    sent_at: row.sent_at,
  });

  return {
    /** What was sent and what was not, newest first. */
    async list({ page, page_size, ...filters }: MessageFilters): Promise<Page<MessageRecord>> {
      const messages = await listMessages(db, filters, { page, page_size });
      return { ...messages, rows: messages.rows.map(asRecord) };
    },

    /**
     * Sends a failed message again, with all its tries.
     * @throws AppError message_not_found, message_not_failed
     */
    async retry(message: number, by: Caller): Promise<void> {
      const isQueued = await transaction(db, async (tx) => {
        const subject = await requeue(tx, message, clock.now());
        if (subject === undefined) return false;
        await audit.record(tx, { actor: by, action: 'message.retry', subject, details: { message } });
        return true;
      });
      if (isQueued) return;
      throw new AppError((await isMessage(db, message)) ? 'message_not_failed' : 'message_not_found');
    },

    /**
     * Sends failed messages again, oldest first and RETRIED_AT_ONCE at a time, as `retry` does one. Each is noted by itself.
     * @returns how many, and whether others are left
     */
    async retryMany(which: Failed, by: Caller): Promise<{ retried: number; more: boolean }> {
      const retried = await transaction(db, async (tx) => {
        const messages = await requeueMany(tx, which, RETRIED_AT_ONCE, clock.now());
        for (const { id, user_id: subject } of messages)
          await audit.record(tx, { actor: by, action: 'message.retry', subject, details: { message: id } });
        return messages.length;
      });
      return { retried, more: retried === RETRIED_AT_ONCE && (await hasFailed(db, which)) };
    },
  };
}
