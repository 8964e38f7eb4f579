import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Message } from '../../../core/messages.ts';
import type { Sealer } from '../../../core/sealing.ts';
import { caused } from '../../../core/tracing.ts';
import { signaturesOf } from '../../../core/webhooks.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { loggable } from '../../../db/errors.ts';
import { discardWaiting, PREVIOUS_SECRET, SECRET } from '../webhooks.repository.ts';
import { type Resolve, systemResolve } from './address.service.ts';
import * as repository from './dispatch.repository.ts';
import { type Outcome, post } from './post.service.ts';
import { judge } from './retries.rules.ts';

interface DispatchDependencies {
  db: Db;
  clock: Clock;
  log: Log;
  sealer: Pick<Sealer, 'open'>;
  /** Tells admins what was switched off. */
  telling: { enqueue: (tx: Tx, message: Message) => Promise<unknown> };
  webhook_allow_private: boolean;
  resolve?: Resolve | undefined;
  /** Milliseconds of a try; 15 s, unless a test cannot wait. */
  timeout?: number | undefined;
}

/** Tries of one endpoint at a time, in each process. */
const ROOM = 4;
/** Milliseconds between two looks at what is due, and after the database failed. */
const PAUSE = 200;
const RETRY = 1_000;
const TIMEOUT = 15_000;
/** Seconds after which a try counts as lost, beyond those that it may take. */
const MARGIN = 15;

/**
 * Sends what waits, to all endpoints side by side. It has no place in the queue of jobs: an endpoint that takes 15 s to fail
 * would keep messages to people waiting there. Any number of processes may run it.
 */
export function createDispatch(dependencies: DispatchDependencies) {
  const { db, clock, log, sealer, telling, webhook_allow_private: allow_private } = dependencies;
  const { resolve = systemResolve, timeout = TIMEOUT } = dependencies;
  const busy = new Map<number, number>();
  const under_way = new Set<Promise<void>>();

  function headersOf(claimed: repository.Claimed): Record<string, string> {
    const { endpoint_id, message_id: id, body, secret, previous_secret } = claimed;
    const timestamp = Math.floor(clock.now().getTime() / 1_000);
    const secrets = [sealer.open(SECRET, endpoint_id, secret)];
    if (previous_secret !== null) secrets.push(sealer.open(PREVIOUS_SECRET, endpoint_id, previous_secret));
    return {
      'content-type': 'application/json',
      'user-agent': 'clinic-booking-api',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signaturesOf({ id, timestamp, body }, secrets),
    };
  }

  async function send(claimed: repository.Claimed): Promise<Outcome> {
    let headers: Record<string, string>;
    try {
      headers = headersOf(claimed);
    } catch {
      // The key of its secret is not here.
      return { error: 'data_keys_missing' };
    }
    return post({ url: claimed.url, headers, body: claimed.body, allow_private, resolve, timeout });
  }

  /**
   * It has failed for good. Where nothing works any more the endpoint goes off, what waits is discarded and admins are told,
   * once. The endpoint comes before its deliveries: several that fail at once would lock one another's otherwise.
   * @returns whether it has gone off
   */
  async function fail(
    tx: Tx,
    claimed: repository.Claimed,
    tried: repository.Tried,
    reason: 'gone' | 'failing',
  ) {
    const since = reason === 'failing' ? claimed.begun_at : undefined;
    const endpoint = claimed.endpoint_id;
    const isOff = await repository.switchOff(tx, endpoint, reason, { url: claimed.url, since });
    await repository.markFailed(tx, tried);
    if (!isOff) return false;
    await discardWaiting(tx, endpoint);
    for (const user_id of await repository.listAdmins(tx)) {
      const key = `webhook_off:${endpoint}:${claimed.id}:${claimed.begun_at}`;
      await telling.enqueue(tx, { user_id, kind: 'webhook_off', key, params: { webhook: String(endpoint) } });
    }
    return true;
  }

  async function settle(claimed: repository.Claimed, outcome: Outcome): Promise<void> {
    const { id, attempts, endpoint_id } = claimed;
    const verdict = judge(outcome, attempts, Math.random());
    const tried = { id, attempts, status: outcome.status, error: outcome.error };
    const noted = { delivery: id, webhook: endpoint_id, attempt: attempts, ...outcome };
    if (verdict.is === 'delivered') return repository.markDelivered(db, tried, endpoint_id);
    if (verdict.is === 'again') {
      if (verdict.slow) await repository.pause(db, claimed, verdict.seconds);
      await repository.markAgain(db, tried, verdict.seconds);
      return log.info(noted, 'a webhook will be tried again');
    }
    const reason = verdict.is === 'gone' ? 'gone' : 'failing';
    const isOff = await transaction(db, (tx) => fail(tx, claimed, tried, reason));
    log.warn({ ...noted, is_off: isOff }, 'a webhook failed for good');
  }

  function begin(claimed: repository.Claimed): void {
    const { endpoint_id } = claimed;
    busy.set(endpoint_id, (busy.get(endpoint_id) ?? 0) + 1);
    const tried = caused('send webhook', { kind: 'client' }, claimed.trace, async () =>
      settle(claimed, await send(claimed)),
    )
      // It counts as lost, and is tried again.
      .catch((error) =>
        log.warn({ delivery: claimed.id, error: loggable(error) }, 'a webhook is left in the air'),
      )
      .finally(() => {
        const left = (busy.get(endpoint_id) ?? 1) - 1;
        if (left > 0) busy.set(endpoint_id, left);
        else busy.delete(endpoint_id);
        under_way.delete(tried);
      });
    under_way.add(tried);
  }

  async function claim(): Promise<number> {
    const lease = timeout / 1_000 + MARGIN;
    const claimed = await repository.claimDue(db, { busy, room: ROOM, lease });
    for (const one of claimed) begin(one);
    return claimed.length;
  }

  return {
    /** Sends what is due now, and what becomes due meanwhile at once. */
    async drain(): Promise<void> {
      while ((await claim()) > 0 || under_way.size > 0) await Promise.all(under_way);
    },

    /** Sends from now on. */
    start(): { stop: () => Promise<void> } {
      let isStopped = false;
      const stopping = new AbortController();
      const rest = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
      const running = (async () => {
        while (!isStopped) {
          const found = await claim().catch((error) => {
            log.debug({ error: loggable(error) }, 'webhooks cannot be read');
            return undefined;
          });
          // As soon as there is room again, rather than at the next look.
          if (found) await Promise.race([rest(PAUSE), ...under_way]);
          else await rest(found === undefined ? RETRY : PAUSE);
        }
      })();
      return {
        async stop() {
          isStopped = true;
          stopping.abort();
          await running;
          await Promise.all(under_way);
        },
      };
    },
  };
}
