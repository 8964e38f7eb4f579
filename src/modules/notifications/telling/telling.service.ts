import type { Clock } from '../../../core/clock.ts';
import { isNoticeKind, type Message, type NoticeKind } from '../../../core/messages.ts';
import type { Channel } from '../../../core/words.ts';
import type { Executor, Tx } from '../../../db/client.ts';
import type { Guardians } from '../../patients/index.ts';
import type { Sealing } from '../delivery/sealing.service.ts';
import type { Inbox } from '../inbox/inbox.service.ts';
import { channelsFor, isKeptFrom } from './channels.rules.ts';
import { isInvitation, judge, type Verdict } from './judgement.rules.ts';
import { findReached } from './reach.repository.ts';
import { findRecipient, insertMessage, type RecipientRow } from './telling.repository.ts';

/** A message that stands in the reader's inbox too. */
type Notice = Message & { kind: NoticeKind };

interface TellingDependencies {
  clock: Clock;
  /** The channels that are set up. */
  offered: ReadonlySet<Channel>;
  sealing: Pick<Sealing, 'seal'>;
  inbox: Pick<Inbox, 'add'>;
  guardians: Pick<Guardians, 'adult'>;
}

export type Telling = ReturnType<typeof createTelling>;

/** Decides by which ways a person hears of something, and when. Everything that is told begins here. */
export function createTelling({ clock, offered, sealing, inbox, guardians }: TellingDependencies) {
  const { adult } = guardians;

  async function queue(
    tx: Tx,
    message: Message,
    channels: readonly Channel[],
    { drop: dropped, wait: due_at }: Verdict,
  ): Promise<void> {
    const { user_id, kind, appointment_id, params = {} } = message;
    const secret = secretOf(message);
    for (const channel of channels) {
      const key = `${message.key}:${user_id}:${channel}`;
      await insertMessage(tx, {
        key,
        user_id,
        channel,
        kind,
        appointment_id,
        params,
        secret: secret && sealing.seal(secret, key),
        created_at: clock.now(),
        due_at,
        dropped,
      });
    }
  }

  /** The channels other than this one that reach a person, whatever they prefer. */
  function othersFor(kind: NoticeKind, person: RecipientRow, except: Channel): Channel[] {
    const others = new Set([...offered].filter((name) => name !== except));
    return channelsFor(kind, { ...person, channels: {} }, others);
  }

  function channelsOf({ kind, channel, except }: Notice, person: RecipientRow): Channel[] {
    if (channel) return [channel].filter((name) => offered.has(name));
    return except ? othersFor(kind, person, except) : channelsFor(kind, person, offered);
  }

  async function notify(tx: Tx, notice: Notice, person: RecipientRow): Promise<void> {
    const { user_id, kind, key, appointment_id, params = {} } = notice;
    const verdict = judge({ kind, params, created_at: clock.now() }, person, clock);
    // Nobody is asked to come to a visit that has begun. What is untrue for another reason was said all the same.
    if (verdict.drop !== 'visit_begun' || !isInvitation(kind))
      await inbox.add(tx, { key: `${key}:${user_id}`, user_id, kind, appointment_id, params });
    if (isKeptFrom(kind, person)) return;
    await queue(tx, notice, channelsOf(notice, person), verdict);
  }

  return {
    /** The channels that are set up. What is queued for another one goes nowhere. */
    offered,

    /**
     * Those of these people whom some channel reaches that is set up, or reaches who looks after them, so that the desk rings the
     * others. Nobody is asked what they would rather have.
     */
    reached: async (executor: Executor, people: readonly number[]): Promise<ReadonlySet<number>> =>
      new Set(await findReached(executor, people, [...offered], adult())),

    /**
     * Tells a person something: in their inbox, unless it is a code, and by the channels that they prefer and have proved to
     * be theirs, or by the one that the message names. It happens if `tx` commits, and once for the same key.
     */
    async enqueue(tx: Tx, message: Message): Promise<void> {
      const { user_id, kind, appointment_id, channel, params } = message;
      const person = await findRecipient(tx, user_id, appointment_id, adult(), params?.for);
      if (!person || person.deleted) return;
      if (isNoticeKind(kind)) await notify(tx, { ...message, kind }, person);
      else {
        const named = channel ?? (person.phone_reaches ? 'sms' : 'email');
        await queue(tx, message, offered.has(named) ? [named] : [], {});
      }
    },

    /**
     * Tells by another channel what could not go by `failed`, since the person is no longer there. Nothing happens where no
     * other channel reaches them.
     * @param key the key of the message that failed
     */
    async redirect(tx: Tx, message: Omit<Notice, 'key'>, key: string, failed: Channel): Promise<void> {
      const { user_id, kind, appointment_id, params = {} } = message;
      const person = await findRecipient(tx, user_id, appointment_id, adult(), params.for);
      if (!person || person.deleted || isKeptFrom(kind, person)) return;
      const ending = `:${user_id}:${failed}`;
      const base = key.endsWith(ending) ? key.slice(0, -ending.length) : key;
      // Their own choice has just lost a channel. The default decides, as for somebody who never had it.
      const channels = othersFor(kind, person, failed);
      const verdict = judge({ kind, params, created_at: clock.now() }, person, clock);
      await queue(tx, { ...message, key: base }, channels, verdict);
    },
  };
}

/** The part of a message that is stored sealed. */
function secretOf({ secret: code, destination, stop }: Message): Record<string, string> | undefined {
  if (code === undefined && destination === undefined && stop === undefined) return undefined;
  return { ...(code && { code }), ...(destination && { destination }), ...(stop && { stop }) };
}
