import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { isNoticeKind, type Message, type NoticeKind } from '../../core/messages.ts';
import type { Channel, Locale } from '../../core/words.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { visitOf } from '../../db/visit-facts.ts';
import { messageTexts, type Words, writeMessage } from '../../i18n/messages/index.ts';
import { createGate, type Gate } from './channels/gate.ts';
import { type Outgoing, SendError, type Senders, type Sent } from './channels/index.ts';
import * as repository from './delivery.repository.ts';
import { type Answers, composeEmail, type Links, withLinks } from './messages.composition.ts';
import { findRecipient, type RecipientRow } from './messages.repository.ts';
import { delayAfter, judge, timeOf, type Verdict } from './messages.rules.ts';
import type { Sealing } from './messages.sealing.ts';
import { firstKnown, isOvertaken, type Told, turnIn } from './order.rules.ts';

export interface DeliveryDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  default_locale: Locale;
  senders: Senders;
  sealing: Sealing;
  /** Where people reach this API, without a slash at the end; without it messages have no links. */
  public_url: string | undefined;
  /** How often a message is tried before it counts as failed. */
  attempts: number;
  links: {
    forReminder: (
      tx: Tx,
      message: {
        id: number;
        user_id: number;
        appointment_id: number;
        visit: { date: string; start_time: string };
      },
    ) => Promise<Answers | undefined>;
  };
  telegram: { unlink: (tx: Tx, user: number) => Promise<void> };
  redirect: (
    tx: Tx,
    message: Omit<Message, 'key'> & { kind: NoticeKind },
    key: string,
    failed: Channel,
  ) => Promise<void>;
}

/** Up to this much of a pause, as a part of it, is added by chance: those who waited together do not come together. */
const SPREAD = 0.5;
/** How many attempts at a time are made of a channel that fails, and after how many seconds the others look again. */
const PROBES = 2;
const FULL = 2;

/**
 * Sends what is queued, one message at a time. An attempt is noted before it is made, so that a crash in the middle
 * leaves a message whose fate is unknown, and not one that seems never to have been tried: what happens then is the
 * channel's own guarantee (channels/).
 */
export function createDelivery(dependencies: DeliveryDependencies) {
  const { db, clock, log, default_locale, senders, sealing, attempts, public_url, telegram, redirect } =
    dependencies;
  const gates = new Map<Channel, Gate>();
  const under_way = new Map<Channel, number>();

  function gateOf(channel: Channel): Gate {
    const gate = gates.get(channel) ?? createGate(() => clock.now().getTime());
    gates.set(channel, gate);
    return gate;
  }

  /** The task `send_message`. Safe to run any number of times: what is sent, dropped or failed stays so. */
  async function send(id: number): Promise<void> {
    const waiting = await repository.findWaiting(db, id);
    if (!waiting) return;
    const pause = gateOf(waiting.channel).closedFor();
    if (pause > 0) return repository.postpone(db, waiting, spread(pause));
    const reader = await findRecipient(db, waiting.user_id, waiting.appointment_id ?? undefined);
    if (!reader) return;
    const others = await repository.listOthers(db, waiting);
    const said = asOfNow(waiting, others, reader);
    const { drop, wait } = verdictOn(waiting, said, others, reader);
    if (drop !== undefined) return repository.markDropped(db, id, drop);
    if (wait) return sleepUntil(waiting, wait);
    const all = [...others, waiting];
    const turn = turnIn(waiting, others, clock.now().getTime(), (other) => isTrue(other, all, reader));
    if (turn > 0) return repository.postpone(db, waiting, turn / 1_000);
    const place = takePlace(waiting.channel);
    if (!place) return repository.postpone(db, waiting, spread(FULL));
    try {
      await attempt(id, said);
    } finally {
      place.leave();
    }
  }

  /**
   * A place to send in. While a provider fails, and may let each attempt hang, it gets a few: mail does not wait for SMS.
   * @returns undefined where all are taken
   */
  function takePlace(channel: Channel): { leave: () => void } | undefined {
    const taken = under_way.get(channel) ?? 0;
    if (gateOf(channel).isFailing() && taken >= PROBES) return undefined;
    under_way.set(channel, taken + 1);
    return { leave: () => under_way.set(channel, (under_way.get(channel) ?? 1) - 1) };
  }

  async function attempt(id: number, said: Readonly<Record<string, string>>): Promise<void> {
    const claimed = await repository.claim(db, id, said);
    if (!claimed) return;
    // It has brought down as many processes as it may.
    if (claimed.attempts > attempts) return repository.markFailed(db, id, 'too_many_attempts');
    try {
      const { provider_id } = await deliver(claimed);
      gateOf(claimed.channel).passed();
      await repository.markSent(db, id, provider_id, clock.now());
      log.info({ message: id, channel: claimed.channel, kind: claimed.kind }, 'a message was sent');
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      await handle(claimed, error);
    }
  }

  type Queued = Pick<Told, 'id' | 'kind' | 'params' | 'created_at'>;

  /** What of its `params` is otherwise than when it was queued: an answer that has come since, moves that nobody heard of. */
  function asOfNow(
    message: Queued,
    others: readonly Told[],
    { visit }: RecipientRow,
  ): Record<string, string> {
    const known = message.kind === 'moved' ? firstKnown(message, others) : undefined;
    const asks = message.kind === 'moved' || message.kind === 'reminder';
    return {
      ...(known && { from_date: known.date, from_time: known.start_time }),
      ...(asks && visit && { status: visit.status }),
    };
  }

  /**
   * The same question as when it was queued, since it may have been held up: by quiet hours, by a provider that was down,
   * by an admin who sends it again at night.
   */
  function verdictOn(
    { id, kind, params: queued, created_at }: Queued,
    changes: Readonly<Record<string, string>>,
    others: readonly Told[],
    reader: RecipientRow,
  ): Verdict {
    const params = { ...queued, ...changes };
    const verdict = judge({ kind, params, created_at: new Date(created_at) }, reader, clock);
    if (verdict.drop !== undefined) return verdict;
    if (isOvertaken({ id, kind, params }, others)) return { drop: 'overtaken' };
    // Moved away and back, and nothing of it was told.
    const when = timeOf(params, reader.visit);
    const isBack =
      kind === 'moved' && when?.date === params.from_date && when?.start_time === params.from_time;
    return isBack ? { drop: 'visit_moved' } : verdict;
  }

  /** @param all what one person is told of one visit; the message that asks may overtake the other one */
  function isTrue(other: Told, all: readonly Told[], reader: RecipientRow): boolean {
    const rest = all.filter(({ id }) => id !== other.id);
    return verdictOn(other, asOfNow(other, rest, reader), rest, reader).drop === undefined;
  }

  const sleepUntil = (message: repository.Waiting, due_at: Date): Promise<void> =>
    transaction(db, (tx) =>
      repository.markDue(tx, message, due_at, (due_at.getTime() - clock.now().getTime()) / 1_000),
    );

  async function deliver(claimed: repository.Claimed): Promise<Sent> {
    const sender = senders[claimed.channel];
    if (!sender) throw new SendError('channel_not_offered', { permanent: true });
    const outgoing = await compose(claimed);
    const taken = claimed.uncertain ? await sender.find?.(outgoing) : undefined;
    return taken ?? sender.send(outgoing);
  }

  /** Where its reader can answer it, or take back what it tells of. */
  async function linksOf(claimed: repository.Claimed, stop: string | undefined): Promise<Links | undefined> {
    const { id, kind, user_id, appointment_id } = claimed;
    const visit = visitOf(claimed);
    if (kind !== 'reminder' || appointment_id === null || !visit || !claimed.is_active)
      return stop !== undefined && public_url !== undefined ? { stop: public_url + stop } : undefined;
    const answers = await transaction(db, (tx) =>
      dependencies.links.forReminder(tx, { id, user_id, appointment_id, visit }),
    );
    return answers && { ...answers, pending: claimed.params.status === 'pending' };
  }

  /** @throws SendError when it can never be sent as it is */
  async function compose(claimed: repository.Claimed): Promise<Outgoing> {
    const { channel, kind, created_at } = claimed;
    const secret = claimed.secret ? sealing.open(claimed.secret, claimed.key) : {};
    // What is for an old contact must not go to the one that took its place.
    if (!secret || (kind === 'code' && !secret.code) || (kind === 'contact_changed' && !secret.destination))
      throw new SendError('unreadable_secret', { permanent: true });
    const to = addressOf(claimed, secret.destination);
    if (!to) throw new SendError('no_address', { permanent: true });
    const locale = claimed.locale ?? default_locale;
    const words = write(claimed, locale, secret.code);
    if (!words) throw new SendError('nothing_to_say', { permanent: true });
    const shown = await linksOf(claimed, secret.stop);
    const text = withLinks(channel, words, shown, messageTexts(locale));
    return {
      channel,
      key: sealing.mark('provider_names', claimed.key),
      to,
      locale,
      title: words.title,
      ...(channel === 'email' ? composeEmail(words, shown, locale) : { text }),
      created_at,
    };
  }

  function write(claimed: repository.Claimed, locale: Locale, code: string | undefined): Words | undefined {
    const { kind, role, params, created_at } = claimed;
    return writeMessage(locale, {
      kind,
      role,
      params,
      visit: visitOf(claimed),
      happened: clock.wallOf(new Date(created_at)),
      today: clock.wall().date,
      ...(code !== undefined && { code }),
    });
  }

  async function handle(claimed: repository.Claimed, error: SendError): Promise<void> {
    const { id, channel, kind } = claimed;
    if (error.outage) gateOf(channel).failed(error.retryAfter);
    // Nothing was handed over, and nothing is wrong with the message: it waits, however long.
    const isOurs = error.outage && !error.uncertain;
    const noted = { message: id, channel, kind, attempt: claimed.attempts, error: error.code };
    if (error.gone && isNoticeKind(kind)) {
      await letGo(claimed, kind, error.code);
      log.info(noted, 'a person takes no more messages by this channel');
    } else if (error.permanent || (claimed.attempts >= attempts && !isOurs)) {
      await repository.markFailed(db, id, error.code);
      log.warn(noted, 'a message failed for good; an admin can send it again');
    } else {
      const delay = spread(delayAfter(claimed.attempts, error.retryAfter), 0.2);
      const due_at = new Date(clock.now().getTime() + delay * 1_000);
      await transaction(db, (tx) =>
        repository.markWaiting(tx, claimed, {
          error: error.code,
          uncertain: error.uncertain || claimed.uncertain,
          counts: !isOurs,
          due_at,
          delay,
        }),
      );
      log.info(noted, 'a message will be tried again');
    }
  }

  /** The person has closed this door: it is forgotten, and they hear it by another one, if they have one. */
  async function letGo(claimed: repository.Claimed, kind: NoticeKind, why: string): Promise<void> {
    const { id, key, user_id, channel, appointment_id, params } = claimed;
    await transaction(db, async (tx) => {
      if (channel === 'telegram') await telegram.unlink(tx, user_id);
      await repository.markDropped(tx, id, why);
      const message = { user_id, kind, params, ...(appointment_id !== null && { appointment_id }) };
      await redirect(tx, message, key, channel);
    });
  }

  return {
    send,
    close(): void {
      for (const sender of new Set(Object.values(senders))) sender.close?.();
    },
  };
}

export type Delivery = ReturnType<typeof createDelivery>;

const spread = (seconds: number, part = SPREAD) => seconds * (1 + Math.random() * part);

/** Somebody who has not proved that an address is theirs gets codes there, and nothing else. */
function addressOf(claimed: repository.Claimed, destination: string | undefined): string | null {
  if (destination) return destination;
  const { channel, kind, email, email_verified, phone, phone_verified, chat_id } = claimed;
  if (channel === 'telegram') return chat_id;
  const [address, verified] = channel === 'email' ? [email, email_verified] : [phone, phone_verified];
  return verified || kind === 'code' ? address : null;
}
