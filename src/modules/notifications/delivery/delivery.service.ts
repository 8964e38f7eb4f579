import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import { isNoticeKind, type NoticeKind } from '../../../core/messages.ts';
import { step } from '../../../core/tracing.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Guardians } from '../../patients/index.ts';
import { createGates } from '../channels/gates.ts';
import { type Outgoing, SendError, type Sender, type Senders, type Sent } from '../channels/index.ts';
import type { Telegram } from '../telegram/telegram.service.ts';
import { findRecipient } from '../telling/telling.repository.ts';
import type { Telling } from '../telling/telling.service.ts';
import * as repository from './delivery.repository.ts';
import { delayAfter } from './queue.rules.ts';
import { changesOf, verdictOn, waitsFor } from './truth.rules.ts';
import type { Writing } from './writing.service.ts';

interface DeliveryDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  senders: Senders;
  /** How often a message is tried before it counts as failed. */
  attempts: number;
  writing: Pick<Writing, 'compose'>;
  telegram: Pick<Telegram, 'forget'>;
  telling: Pick<Telling, 'redirect'>;
  guardians: Pick<Guardians, 'adult'>;
}

/** Chance adds up to this part of a pause to it, so that messages that waited together do not come together. */
const SPREAD = 0.5;
/** A channel's places are all taken: seconds until the message looks again. */
const FULL = 2;

/**
 * Sends what is queued, one message at a time. An attempt is noted before it is made. A crash in the middle so leaves a
 * message whose fate is unknown, and not one that seems never to have been tried. What happens to it then is the
 * channel's own guarantee (channels/).
 */
export function createDelivery(dependencies: DeliveryDependencies) {
  const { db, clock, log, senders, attempts, writing, telegram, telling, guardians } = dependencies;
  const { gateOf, takePlace } = createGates(() => clock.now().getTime());

  /** The task `send_message`. It may run any number of times: what is sent, dropped or failed stays so. */
  async function send(id: number): Promise<void> {
    const waiting = await repository.findWaiting(db, id);
    if (!waiting) return;
    const pause = gateOf(waiting.channel).closedFor();
    if (pause > 0) return repository.postpone(db, waiting, spread(pause));
    const { user_id, appointment_id, params } = waiting;
    const reader = await findRecipient(
      db,
      user_id,
      appointment_id ?? undefined,
      guardians.adult(),
      params.for,
    );
    if (!reader) return;
    const others = await repository.listOthers(db, waiting);
    const changes = changesOf(waiting, others, reader);
    const { drop, wait } = verdictOn(waiting, changes, others, reader, clock);
    if (drop !== undefined) return repository.markDropped(db, id, drop);
    if (wait) return sleepUntil(waiting, wait);
    const turn = waitsFor(waiting, others, reader, clock);
    if (turn > 0) return repository.postpone(db, waiting, turn / 1_000);
    const place = takePlace(waiting.channel);
    if (!place) return repository.postpone(db, waiting, spread(FULL));
    try {
      await attempt(id, changes);
    } finally {
      place.leave();
    }
  }

  const sleepUntil = (message: repository.Waiting, due_at: Date): Promise<void> =>
    transaction(db, (tx) =>
      repository.markDue(tx, message, due_at, (due_at.getTime() - clock.now().getTime()) / 1_000),
    );

  async function attempt(id: number, changes: Readonly<Record<string, string>>): Promise<void> {
    const claimed = await repository.claim(db, id, changes);
    if (!claimed) return;
    // It has brought down as many processes as it may.
    if (claimed.attempts > attempts) return repository.markFailed(db, id, 'too_many_attempts');
    let outgoing: Outgoing | undefined;
    try {
      const sender = senders[claimed.channel];
      if (!sender) throw new SendError('channel_not_offered', { permanent: true });
      outgoing = await writing.compose(claimed);
      const { provider_id } = await deliver(sender, claimed, outgoing);
      gateOf(claimed.channel).passed();
      await repository.markSent(db, id, provider_id, clock.now());
      log.info({ message: id, channel: claimed.channel, kind: claimed.kind }, 'a message was sent');
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      await handle(claimed, error, outgoing?.to);
    }
  }

  const deliver = (sender: Sender, claimed: repository.Claimed, outgoing: Outgoing): Promise<Sent> =>
    step(
      `send ${claimed.channel}`,
      { kind: 'client', attributes: { 'clinic.message': claimed.kind } },
      async () => {
        const taken = claimed.uncertain ? await sender.find?.(outgoing) : undefined;
        return taken ?? sender.send(outgoing);
      },
    );

  /** @param to where it was sent, if it came so far */
  async function handle(
    claimed: repository.Claimed,
    error: SendError,
    to: string | undefined,
  ): Promise<void> {
    const { id, channel, kind } = claimed;
    if (error.outage) gateOf(channel).failed(error.retryAfter);
    // Nothing was handed over, and nothing is wrong with the message: it waits, however long.
    const isOurs = error.outage && !error.uncertain;
    const noted = { message: id, channel, kind, attempt: claimed.attempts, error: error.code };
    if (error.gone && isNoticeKind(kind)) {
      await letGo(claimed, kind, error.code, to);
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

  /** The person no longer takes messages by this channel: its address is forgotten, and another channel tells them. */
  async function letGo(
    claimed: repository.Claimed,
    kind: NoticeKind,
    why: string,
    to: string | undefined,
  ): Promise<void> {
    const { id, key, user_id, channel, appointment_id, params } = claimed;
    await transaction(db, async (tx) => {
      if (channel === 'telegram' && to !== undefined) await telegram.forget(tx, user_id, to);
      await repository.markDropped(tx, id, why);
      const message = { user_id, kind, params, ...(appointment_id !== null && { appointment_id }) };
      await telling.redirect(tx, message, key, channel);
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
