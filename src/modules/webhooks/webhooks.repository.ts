import type { Page, PageRequest } from '../../core/page.ts';
import { COUNT_LIMIT } from '../../core/page.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { fetchPage } from '../../db/page.ts';
import type { Delivery, DeliveryFilters, Webhook, WebhookChanges, WebhookInput } from './webhooks.schemas.ts';

/** Where a secret stands, for the sealing. */
export const SECRET = { table: 'webhook_endpoints', column: 'secret', id: 'id' };
export const PREVIOUS_SECRET = { table: 'webhook_endpoints', column: 'previous_secret', id: 'id' };

const COLUMNS = 'id, url, types, description, is_active, off_reason, paused_until, succeeded_at, created_at';

/** @returns undefined where there are `max` of them */
export async function insertWebhook(
  tx: Tx,
  { url, types, description, is_active }: WebhookInput,
  { by, max }: { by: number; max: number },
): Promise<Webhook | undefined> {
  const client = clientOf(tx);
  await client.query('lock table webhook_endpoints in share row exclusive mode');
  const { rows } = await client.query<Webhook>({
    name: 'webhooks.insert',
    text: `
      insert into webhook_endpoints (url, types, description, is_active, created_by)
      select $1, $2::text[], $3, $4, $5 where (select count(*) from webhook_endpoints) < $6
      returning ${COLUMNS}`,
    values: [url, types, description, is_active, by, max],
  });
  return rows[0];
}

/** The secret before goes on signing for `hours`, by the database's clock; the one before that is dropped. */
export async function setSecret(
  tx: Tx,
  id: number,
  { secret, previous }: { secret: string; previous?: { secret: string; hours: number } },
): Promise<void> {
  await clientOf(tx).query({
    name: 'webhooks.set-secret',
    text: `
      update webhook_endpoints set secret = $2, previous_secret = $3, previous_until = now() + make_interval(hours => $4)
      where id = $1`,
    values: [id, secret, previous?.secret ?? null, previous?.hours ?? null],
  });
}

export async function findWebhook(executor: Executor, id: number): Promise<Webhook | undefined> {
  const { rows } = await clientOf(executor).query<Webhook>({
    name: 'webhooks.find',
    text: `select ${COLUMNS} from webhook_endpoints where id = $1`,
    values: [id],
  });
  return rows[0];
}

export async function lockWebhook(tx: Tx, id: number): Promise<(Webhook & { secret: string }) | undefined> {
  const { rows } = await clientOf(tx).query<Webhook & { secret: string }>({
    name: 'webhooks.lock',
    text: `select ${COLUMNS}, secret from webhook_endpoints where id = $1 for no key update`,
    values: [id],
  });
  return rows[0];
}

export async function listWebhooks(db: Db): Promise<Webhook[]> {
  const { rows } = await db.$client.query<Webhook>({
    name: 'webhooks.list',
    text: `select ${COLUMNS} from webhook_endpoints order by id`,
  });
  return rows;
}

/** Changes a locked one. Switched on, or led elsewhere, it begins anew: neither its trouble nor its pause counts. @param is_moved its address is another */
export async function updateWebhook(
  tx: Tx,
  id: number,
  changes: WebhookChanges,
  is_moved: boolean,
): Promise<Webhook> {
  const { url, types, description, is_active } = changes;
  const { rows } = await clientOf(tx).query<Webhook>({
    name: 'webhooks.update',
    text: `
      update webhook_endpoints set url = coalesce($2, url), types = case when $3 then $4::text[] else types end,
        description = case when $5 then $6 else description end, is_active = coalesce($7, is_active),
        off_reason = case when $7 is null then off_reason end,
        paused_until = case when $7 is null and not $8 then paused_until end
      where id = $1
      returning ${COLUMNS}`,
    values: [
      id,
      url,
      types !== undefined,
      types,
      description !== undefined,
      description,
      is_active,
      is_moved,
    ],
  });
  return rows[0] as Webhook;
}

/** What waits is sent at once, with all its tries: those to another address say nothing of this one. */
export async function beginWaitingAnew(tx: Tx, endpoint: number): Promise<void> {
  await clientOf(tx).query({
    name: 'webhooks.begin-waiting-anew',
    text: `
      update webhook_deliveries set attempts = 0, due_at = now(), begun_at = null
      where endpoint_id = $1 and status = 'pending'`,
    values: [endpoint],
  });
}

export async function deleteWebhook(tx: Tx, id: number): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'webhooks.delete',
    text: 'delete from webhook_endpoints where id = $1',
    values: [id],
  });
  return rowCount === 1;
}

/** What waits for an endpoint that is off is not sent any more. */
export async function discardWaiting(executor: Executor, endpoint: number): Promise<void> {
  await clientOf(executor).query({
    name: 'webhooks.discard',
    text: `update webhook_deliveries set status = 'discarded' where endpoint_id = $1 and status = 'pending'`,
    values: [endpoint],
  });
}

interface NewMessage {
  message_id: string;
  type: string;
  body: string;
  trace?: string | null | undefined;
}

/**
 * A delivery of each message to each endpoint that is on and wants it, once. An endpoint stays on until the transaction ends:
 * whoever switches it off discards what waits, and would miss what is not there yet.
 */
export async function insertDeliveries(executor: Executor, messages: readonly NewMessage[]): Promise<void> {
  await clientOf(executor).query({
    name: 'webhooks.deliver',
    text: `
      insert into webhook_deliveries (endpoint_id, message_id, type, body, trace)
      select e.id, m.message_id, m.type, m.body, m.trace
      from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality m(message_id, type, body, trace, place)
      join webhook_endpoints e on e.is_active and (e.types is null or m.type = any (e.types))
      order by m.place, e.id for share of e
      on conflict (endpoint_id, message_id) do nothing`,
    values: [
      messages.map(({ message_id }) => message_id),
      messages.map(({ type }) => type),
      messages.map(({ body }) => body),
      messages.map(({ trace }) => trace ?? null),
    ],
  });
}

/** The same for one endpoint, also of what it has had: that waits anew. @returns how many wait; none where it is off */
export async function deliverAgain(
  executor: Executor,
  endpoint: number,
  messages: readonly NewMessage[],
): Promise<number> {
  const { rowCount } = await clientOf(executor).query({
    name: 'webhooks.deliver-again',
    text: `
      insert into webhook_deliveries (endpoint_id, message_id, type, body)
      select e.id, m.message_id, m.type, m.body
      from unnest($2::text[], $3::text[], $4::text[]) with ordinality m(message_id, type, body, place)
      join webhook_endpoints e on e.id = $1 and e.is_active
      order by m.place for share of e
      on conflict (endpoint_id, message_id) do update set status = 'pending', attempts = 0, due_at = now(), begun_at = null, trace = null`,
    values: [
      endpoint,
      messages.map(({ message_id }) => message_id),
      messages.map(({ type }) => type),
      messages.map(({ body }) => body),
    ],
  });
  return rowCount ?? 0;
}

const DELIVERY = `d.id, d.endpoint_id as webhook, d.message_id, d.type, d.status, d.attempts, d.response_status, d.error, d.due_at,
  d.attempted_at, d.delivered_at, d.created_at`;

export function listDeliveries(
  db: Db,
  endpoint: number,
  { status, ...page }: DeliveryFilters,
): Promise<Page<Delivery>> {
  return fetchPage(page as PageRequest, async ({ limit, offset }) => {
    const where = 'endpoint_id = $1 and ($2::webhook_delivery_status is null or status = $2)';
    const { rows } = await db.$client.query<Delivery & { count: number }>({
      text: `
        select ${DELIVERY}, (select count(*)::int from (
          select from webhook_deliveries where ${where} limit ${COUNT_LIMIT}) counted) as count
        from webhook_deliveries d where ${where} order by d.id desc limit $3 offset $4`,
      values: [endpoint, status, limit, offset],
    });
    return rows;
  }) as Promise<Page<Delivery>>;
}

/** @returns undefined where there is none, or its endpoint is off */
export async function replayDelivery(tx: Tx, id: number): Promise<Delivery | undefined> {
  const { rows } = await clientOf(tx).query<Delivery>({
    name: 'webhooks.replay',
    text: `
      with endpoint as (
        select e.id from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
        where d.id = $1 and e.is_active for share of e)
      update webhook_deliveries d set status = 'pending', attempts = 0, due_at = now(), begun_at = null
      from endpoint e where d.id = $1 and e.id = d.endpoint_id
      returning ${DELIVERY}`,
    values: [id],
  });
  return rows[0];
}

export async function forgetDeliveries(db: Db, before: Date): Promise<number> {
  const { rowCount } = await db.$client.query({
    name: 'webhooks.forget',
    text: `
      delete from webhook_deliveries where id in (
        select id from webhook_deliveries where created_at < $1 and status <> 'pending' limit 5000)`,
    values: [before],
  });
  return rowCount ?? 0;
}
