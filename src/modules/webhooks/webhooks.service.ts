import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { eventTypes } from '../../core/events.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import type { Sealer } from '../../core/sealing.ts';
import type { Unchanged } from '../../core/unchanged.ts';
import { newSecret } from '../../core/webhooks.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { epochOf, type Happened } from '../../events/log.ts';
import type { EventReader } from '../../events/reading.ts';
import { listSince } from '../../events/since.ts';
import { bodyOf, messageIdOf } from '../../events/told.ts';
import { findMoments } from '../../events/updates.repository.ts';
import type { Audit } from '../audit/index.ts';
import {
  AddressRefused,
  addressOf,
  parseUrl,
  type Resolve,
  systemResolve,
} from './sending/address.service.ts';
import * as repository from './webhooks.repository.ts';
import {
  type Delivery,
  type DeliveryFilters,
  type NewWebhook,
  WEBHOOKS_MAX,
  type Webhook,
  type WebhookChanges,
  type WebhookInput,
} from './webhooks.schemas.ts';

interface WebhooksDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  sealer: Sealer;
  webhook_allow_private: boolean;
  event_retention_days: number;
  resolve?: Resolve | undefined;
}

/** For so long the secret before signs beside the new one. */
const ROTATION_HOURS = 24;
const BATCH = 1_000;
const DAY = 86_400_000;

type Action = 'webhook.create' | 'webhook.update' | 'webhook.delete' | 'webhook.rotate' | 'webhook.replay';

export type Webhooks = ReturnType<typeof createWebhooks>;

/** Endpoints of other systems, and what is on its way to them (Standard Webhooks 1.0.0). */
export function createWebhooks(dependencies: WebhooksDependencies) {
  const {
    db,
    clock,
    audit,
    sealer,
    webhook_allow_private: allow_private,
    resolve = systemResolve,
  } = dependencies;

  /** @throws AppError url_not_allowed */
  async function judgeUrl(text: string): Promise<void> {
    try {
      await addressOf(parseUrl(text, allow_private), allow_private, resolve);
    } catch (error) {
      if (error instanceof AddressRefused) throw new AppError('url_not_allowed');
      throw error;
    }
  }

  const note = (tx: Tx, actor: Caller, action: Action, webhook: number) =>
    audit.record(tx, { actor, action, details: { webhook } });

  async function existing(id: number): Promise<Webhook> {
    const found = await repository.findWebhook(db, id);
    if (!found) throw new AppError('webhook_not_found');
    return found;
  }

  /** Keeps an endpoint as it is until the transaction ends. @throws AppError webhook_not_found */
  async function lock(tx: Tx, id: number): Promise<{ shown: Webhook; sealed: string }> {
    const found = await repository.lockWebhook(tx, id);
    if (!found) throw new AppError('webhook_not_found');
    const { secret: sealed, ...shown } = found;
    return { shown, sealed };
  }

  /** @throws AppError webhook_not_found, webhook_off */
  async function active(id: number): Promise<Webhook> {
    const found = await existing(id);
    if (!found.is_active) throw new AppError('webhook_off');
    return found;
  }

  const messageOf = (epoch: string) => (event: Happened) => ({
    message_id: messageIdOf(epoch, event.id),
    type: event.type,
    body: JSON.stringify(bodyOf(event, clock)),
    trace: event.trace,
  });

  const reader: EventReader = {
    name: 'webhooks',
    types: eventTypes,
    async read(events) {
      const messages = events.map(messageOf(await epochOf(db)));
      return (tx) => repository.insertDeliveries(tx, messages);
    },
  };

  return {
    /** Makes a delivery of each event for each endpoint, in the transaction in which it moves on. */
    reader,

    /** @throws AppError url_not_allowed, too_many_webhooks, data_keys_missing */
    async create(input: WebhookInput, caller: Caller): Promise<NewWebhook> {
      await judgeUrl(input.url);
      const secret = newSecret();
      return transaction(db, async (tx) => {
        const made = await repository.insertWebhook(tx, input, { by: caller.id, max: WEBHOOKS_MAX });
        if (!made) throw new AppError('too_many_webhooks');
        await repository.setSecret(tx, made.id, { secret: sealer.seal(repository.SECRET, made.id, secret) });
        await note(tx, caller, 'webhook.create', made.id);
        return { ...made, secret };
      });
    },

    list: (): Promise<Webhook[]> => repository.listWebhooks(db),
    get: existing,

    /** @throws AppError webhook_not_found, version_mismatch, url_not_allowed */
    async update(
      id: number,
      changes: WebhookChanges,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<Webhook> {
      if (changes.url !== undefined) await judgeUrl(changes.url);
      return transaction(db, async (tx) => {
        const { shown } = await lock(tx, id);
        unchanged?.(shown);
        const isMoved = changes.url !== undefined && changes.url !== shown.url;
        const changed = await repository.updateWebhook(tx, id, changes, isMoved);
        if (changes.is_active === false) await repository.discardWaiting(tx, id);
        else if (isMoved) await repository.beginWaitingAnew(tx, id);
        await note(tx, caller, 'webhook.update', id);
        return changed;
      });
    },

    /** @throws AppError webhook_not_found, version_mismatch */
    async remove(id: number, caller: Caller, unchanged?: Unchanged): Promise<void> {
      await transaction(db, async (tx) => {
        if (unchanged) unchanged((await lock(tx, id)).shown);
        if (!(await repository.deleteWebhook(tx, id))) throw new AppError('webhook_not_found');
        await note(tx, caller, 'webhook.delete', id);
      });
    },

    /** A new secret; the one before signs too for a day, and one that still did is dropped. */
    async rotate(id: number, caller: Caller): Promise<NewWebhook> {
      const secret = newSecret();
      return transaction(db, async (tx) => {
        const { sealed, shown } = await lock(tx, id);
        const old = sealer.open(repository.SECRET, id, sealed);
        await repository.setSecret(tx, id, {
          secret: sealer.seal(repository.SECRET, id, secret),
          previous: { secret: sealer.seal(repository.PREVIOUS_SECRET, id, old), hours: ROTATION_HOURS },
        });
        await note(tx, caller, 'webhook.rotate', id);
        return { ...shown, secret };
      });
    },

    /** Sends an event that nothing else tells of. @throws AppError webhook_not_found, webhook_off */
    async test(id: number): Promise<void> {
      await active(id);
      const data = {
        object: 'webhook',
        id,
        version: null,
        status: null,
        doctor: null,
        patient: null,
        branch: null,
      };
      const timestamp = clock.now().toISOString();
      const body = { type: 'webhook.test', timestamp, data: { ...data, starts_at: null, ends_at: null } };
      const message_id = `evt_test_${randomUUID()}`;
      const message = { message_id, type: body.type, body: JSON.stringify(body) };
      if ((await repository.deliverAgain(db, id, [message])) === 0) throw new AppError('webhook_off');
    },

    async deliveries(id: number, filters: DeliveryFilters): Promise<Page<Delivery>> {
      await existing(id);
      return repository.listDeliveries(db, id, filters);
    },

    /** @throws AppError delivery_not_found (also where its endpoint is off) */
    async replayOne(id: number, caller: Caller): Promise<Delivery> {
      return transaction(db, async (tx) => {
        const found = await repository.replayDelivery(tx, id);
        if (!found) throw new AppError('delivery_not_found');
        await note(tx, caller, 'webhook.replay', found.webhook);
        return found;
      });
    },

    /**
     * Sends again what happened since a moment. What happened before a restore has other ids in the log that began with it.
     * @throws AppError webhook_not_found, webhook_off, too_old
     */
    async replay(id: number, since: Date, caller: Caller): Promise<number> {
      const { types } = await active(id);
      const { kept_since } = await findMoments(db, dependencies.event_retention_days);
      if (since.getTime() < Date.parse(kept_since)) throw new AppError('too_old');
      const toMessage = messageOf(await epochOf(db));
      let deliveries = 0;
      for (let after = 0; ; ) {
        const events = await listSince(db, { since, after, types, limit: BATCH });
        if (events.length > 0) deliveries += await repository.deliverAgain(db, id, events.map(toMessage));
        const last = events.at(-1);
        if (!last || events.length < BATCH) break;
        after = last.id;
      }
      await transaction(db, (tx) => note(tx, caller, 'webhook.replay', id));
      return deliveries;
    },

    /** Lets deliveries go with the events they are of. */
    async sweep(): Promise<void> {
      const before = new Date(clock.now().getTime() - dependencies.event_retention_days * DAY);
      while ((await repository.forgetDeliveries(db, before)) > 0);
    },
  };
}
