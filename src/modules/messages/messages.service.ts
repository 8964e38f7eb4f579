import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import {
  CODE_MINUTES,
  isNoticeKind,
  type Message,
  type NoticeKind,
  STOP_HOURS,
} from '../../core/messages.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import type { Channel, Locale } from '../../core/words.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { type MessageFacts, writeMessage } from '../../i18n/messages/index.ts';
import type { Audit } from '../audit/index.ts';
import { listMessages } from './list.repository.ts';
import * as repository from './messages.repository.ts';
import { channelsFor, isInvitation, isKeptFrom, judge, type Verdict } from './messages.rules.ts';
import { type MessageFilters, type MessageRecord, RETRIED_AT_ONCE } from './messages.schemas.ts';
import type { Sealing } from './messages.sealing.ts';

/** What stands in somebody's inbox too. */
type Notice = Message & { kind: NoticeKind };

export interface MessagesDependencies {
  db: Db;
  clock: Clock;
  default_locale: Locale;
  /** The channels that are set up. */
  offered: ReadonlySet<Channel>;
  sealing: Sealing;
  /** Puts something into the inbox, unless the same key is there. */
  addNotification: (
    tx: Tx,
    notification: {
      key: string;
      user_id: number;
      kind: NoticeKind;
      appointment_id: number | undefined;
      params: Record<string, string>;
    },
  ) => Promise<void>;
  audit: Pick<Audit, 'record'>;
}

export type Messages = ReturnType<typeof createMessages>;

export function createMessages({
  db,
  clock,
  default_locale,
  offered,
  sealing,
  addNotification,
  audit,
}: MessagesDependencies) {
  async function queue(
    tx: Tx,
    message: Message,
    channels: readonly Channel[],
    { drop: dropped, wait: due_at }: Verdict,
  ): Promise<void> {
    const { user_id, kind, appointment_id, params = {} } = message;
    const sealed = sealedOf(message);
    for (const channel of channels) {
      const key = `${message.key}:${user_id}:${channel}`;
      await repository.insertMessage(tx, {
        key,
        user_id,
        channel,
        kind,
        appointment_id,
        params,
        secret: sealed && sealing.seal(sealed, key),
        created_at: clock.now(),
        due_at,
        dropped,
      });
    }
  }

  /** By which channels but this one, whatever the person prefers. */
  function othersFor(kind: NoticeKind, person: repository.RecipientRow, except: Channel): Channel[] {
    const others = new Set([...offered].filter((name) => name !== except));
    return channelsFor(kind, { ...person, channels: {} }, others);
  }

  function chosenFor({ kind, channel, except }: Notice, person: repository.RecipientRow): Channel[] {
    if (channel) return [channel].filter((name) => offered.has(name));
    return except ? othersFor(kind, person, except) : channelsFor(kind, person, offered);
  }

  async function notify(tx: Tx, notice: Notice, person: repository.RecipientRow): Promise<void> {
    const { user_id, kind, key, appointment_id, params = {} } = notice;
    const verdict = judge({ kind, params, created_at: clock.now() }, person, clock);
    // Nobody is asked into what is over, or has begun with them there. What else is no longer true was said all the same.
    if (verdict.drop !== 'visit_begun' || !isInvitation(kind))
      await addNotification(tx, { key: `${key}:${user_id}`, user_id, kind, appointment_id, params });
    if (isKeptFrom(kind, person)) return;
    await queue(tx, notice, chosenFor(notice, person), verdict);
  }

  return {
    /** Which channels are set up; what is queued for another goes nowhere. */
    offered,

    /**
     * Tells somebody something: in their inbox, unless it is a code, and by the channels that they prefer and have
     * proved to be theirs, or by the one that is named. It happens if `tx` commits, and once for the same key.
     */
    async enqueue(tx: Tx, message: Message): Promise<void> {
      const { user_id, kind, appointment_id, channel } = message;
      const person = await repository.findRecipient(tx, user_id, appointment_id);
      if (!person || person.deleted) return;
      if (isNoticeKind(kind)) await notify(tx, { ...message, kind }, person);
      else {
        const named = channel ?? (person.phone_verified ? 'sms' : 'email');
        await queue(tx, message, offered.has(named) ? [named] : [], {});
      }
    },

    /** By another way what could not go by `failed`, since the person is no longer there; none is fine. */
    async redirect(
      tx: Tx,
      message: Omit<Message, 'key'> & { kind: NoticeKind },
      key: string,
      failed: Channel,
    ) {
      const person = await repository.findRecipient(tx, message.user_id, message.appointment_id);
      if (!person || person.deleted || isKeptFrom(message.kind, person)) return;
      const ending = `:${message.user_id}:${failed}`;
      const base = key.endsWith(ending) ? key.slice(0, -ending.length) : key;
      // Their choice of channels has just lost one; the default decides, as for somebody who never had it.
      const channels = othersFor(message.kind, person, failed);
      const { kind, params = {} } = message;
      const verdict = judge({ kind, params, created_at: clock.now() }, person, clock);
      await queue(tx, { ...message, key: base }, channels, verdict);
    },

    /** What was sent and what was not, newest first, for admins. */
    async list({ page, page_size, ...filters }: MessageFilters): Promise<Page<MessageRecord>> {
      const now = clock.now();
      const found = await listMessages(db, filters, { page, page_size });
      const rows = found.rows.map(({ facts, locale, ...row }) => ({
        ...row,
        text: textOf(
          {
            ...facts,
            happened: clock.wallOf(new Date(row.created_at)),
            today: clock.wallOf(row.sent_at === null ? now : new Date(row.sent_at)).date,
          },
          locale,
          row.channel,
        ),
      }));
      return { ...found, rows };
    },

    /**
     * Sends a failed message again, with all its tries.
     * @throws AppError message_not_found, message_not_failed
     */
    async retry(message: number, by: Caller): Promise<void> {
      const again = await transaction(db, async (tx) => {
        const subject = await repository.requeue(tx, message, clock.now());
        if (subject === undefined) return false;
        await audit.record(tx, { actor: by, action: 'message.retry', subject, details: { message } });
        return true;
      });
      if (again) return;
      throw new AppError((await repository.exists(db, message)) ? 'message_not_failed' : 'message_not_found');
    },

    /**
     * Sends failed messages again, oldest first and so many at a time, as `retry` does one; each is noted by itself.
     * @returns how many, and whether others are left
     */
    async retryMany(which: repository.Failed, by: Caller): Promise<{ retried: number; more: boolean }> {
      const again = await transaction(db, async (tx) => {
        const found = await repository.requeueMany(tx, which, RETRIED_AT_ONCE, clock.now());
        for (const { id, user_id: subject } of found)
          await audit.record(tx, { actor: by, action: 'message.retry', subject, details: { message: id } });
        return found.length;
      });
      return { retried: again, more: again === RETRIED_AT_ONCE && (await repository.hasFailed(db, which)) };
    },

    /** Gives lost messages their job back and forgets stale codes; runs now and then. */
    async tidy(): Promise<number> {
      const codes_before = new Date(clock.now().getTime() - CODE_MINUTES * 60_000);
      const links_before = new Date(clock.now().getTime() - STOP_HOURS * 3_600_000);
      return repository.tidy(db, clock.now(), codes_before, links_before);
    },
  };

  /** The text as it was sent, or would be; of a code nothing is shown. */
  function textOf(facts: MessageFacts, locale: Locale | null, channel: Channel): string | null {
    if (facts.kind === 'code') return null;
    const words = writeMessage(locale ?? default_locale, facts);
    return (channel === 'sms' ? words?.sms : words?.text) ?? null;
  }
}

/** What of a message is stored sealed. */
function sealedOf({ secret: code, destination, stop }: Message): Record<string, string> | undefined {
  if (code === undefined && destination === undefined && stop === undefined) return undefined;
  return { ...(code && { code }), ...(destination && { destination }), ...(stop && { stop }) };
}
