import { clientOf, type Db, type Tx } from '../../../db/client.ts';

/** A try that has begun. */
export interface Claimed {
  id: number;
  endpoint_id: number;
  message_id: string;
  body: string;
  attempts: number;
  begun_at: string;
  url: string;
  secret: string;
  /** Signs too, until a rotation is over. */
  previous_secret: string | null;
  /** What caused it, where that is told. */
  trace: string | null;
}

/**
 * Begins tries of what is due: of each endpoint as many as there is room for, so that one that is slow holds up no other.
 * A try whose process dies counts as lost after `lease` seconds, and is made again.
 * @param busy how many tries of an endpoint are under way in this process
 */
export async function claimDue(
  db: Db,
  { busy, room, lease }: { busy: ReadonlyMap<number, number>; room: number; lease: number },
): Promise<Claimed[]> {
  const { rows } = await db.$client.query<Claimed>({
    name: 'webhooks.claim',
    text: `
      with due as (
        select d.id from webhook_endpoints e
        left join unnest($1::integer[], $2::integer[]) b(endpoint, tries) on b.endpoint = e.id
        cross join lateral (
          select w.id from webhook_deliveries w
          where w.endpoint_id = e.id and w.status = 'pending' and w.due_at <= now()
          order by w.due_at, w.id limit greatest($3 - coalesce(b.tries, 0), 0) for update skip locked) d
        where e.is_active and coalesce(e.paused_until <= now(), true)
      )
      update webhook_deliveries d set attempts = d.attempts + 1, attempted_at = now(),
        begun_at = coalesce(d.begun_at, now()), due_at = now() + make_interval(secs => $4)
      from due, webhook_endpoints e
      where d.id = due.id and e.id = d.endpoint_id
      returning d.id, d.endpoint_id, d.message_id, d.body, d.attempts, d.begun_at, d.trace, e.url, e.secret,
        case when e.previous_until > now() then e.previous_secret end as previous_secret`,
    values: [[...busy.keys()], [...busy.values()], room, lease],
  });
  return rows;
}

export interface Tried {
  id: number;
  attempts: number;
  status: number | undefined;
  error: string | undefined;
}

/** What another try has made of it meanwhile stays. */
const MINE = `id = $1 and status = 'pending' and attempts = $2`;

/** Locks the endpoint before its delivery, as whoever switches it off does. */
export async function markDelivered(
  db: Db,
  { id, attempts, status }: Tried,
  endpoint: number,
): Promise<void> {
  await db.$client.query({
    name: 'webhooks.delivered',
    text: `
      with endpoint as (update webhook_endpoints set succeeded_at = now() where id = $4 returning id as reached)
      update webhook_deliveries set status = 'delivered', delivered_at = now(), response_status = $3, error = null
      from endpoint where ${MINE}`,
    values: [id, attempts, status, endpoint],
  });
}

export async function markAgain(
  db: Db,
  { id, attempts, status, error }: Tried,
  seconds: number,
): Promise<void> {
  await db.$client.query({
    name: 'webhooks.again',
    text: `
      update webhook_deliveries set due_at = now() + make_interval(secs => $3), response_status = $4, error = $5
      where ${MINE}`,
    values: [id, attempts, seconds, status ?? null, error ?? null],
  });
}

/** The whole endpoint is left alone for so long, unless it has been led elsewhere than where it was asked for. */
export async function pause(
  db: Db,
  { endpoint_id, url }: Pick<Claimed, 'endpoint_id' | 'url'>,
  seconds: number,
): Promise<void> {
  await db.$client.query({
    name: 'webhooks.pause',
    text: `
      update webhook_endpoints set paused_until = greatest(paused_until, now() + make_interval(secs => $2))
      where id = $1 and url = $3`,
    values: [endpoint_id, seconds, url],
  });
}

export async function markFailed(tx: Tx, { id, attempts, status, error }: Tried): Promise<void> {
  await clientOf(tx).query({
    name: 'webhooks.failed',
    text: `update webhook_deliveries set status = 'failed', response_status = $3, error = $4 where ${MINE}`,
    values: [id, attempts, status ?? null, error ?? null],
  });
}

/**
 * Switches an endpoint off for which nothing works any more, unless it has been led elsewhere since.
 * @param tried.url the address that was tried
 * @param tried.since nothing may have succeeded since then; left out, it is switched off whatever has
 * @returns whether it was on
 */
export async function switchOff(
  tx: Tx,
  endpoint: number,
  reason: 'gone' | 'failing',
  { url, since }: { url: string; since: string | undefined },
): Promise<boolean> {
  const { rowCount } = await clientOf(tx).query({
    name: 'webhooks.switch-off',
    text: `
      update webhook_endpoints set is_active = false, off_reason = $2
      where id = $1 and is_active and url = $4 and ($3::timestamptz is null or coalesce(succeeded_at < $3, true))`,
    values: [endpoint, reason, since ?? null, url],
  });
  return rowCount === 1;
}

export async function listAdmins(tx: Tx): Promise<number[]> {
  const { rows } = await clientOf(tx).query<{ id: number }>({
    name: 'webhooks.admins',
    text: `select id from users where role = 'admin' and is_active order by id`,
  });
  return rows.map(({ id }) => id);
}
