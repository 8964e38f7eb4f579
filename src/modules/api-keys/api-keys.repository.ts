import type { PageRequest } from '../../core/page.ts';
import { COUNT_LIMIT } from '../../core/page.ts';
import type { KeyRole, Scope } from '../../core/scopes.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../db/client.ts';
import { fetchPage } from '../../db/page.ts';
import { apiKeys } from '../../db/schema/index.ts';
import type { ApiKey } from './api-keys.schemas.ts';

const columns = `k.id, k.name, u.role, k.scopes, k.key_end as ends_with, k.user_id as "user", k.created_at, k.created_by,
  k.expires_at, k.last_used_at, k.revoked_at,
  array(select branch_id from receptionist_branches b where b.user_id = k.user_id order by branch_id) as branches`;
const from = 'api_keys k join users u on u.id = k.user_id';

/** One page, newest first. */
export function listKeys(db: Db, revoked: boolean | undefined, page: PageRequest) {
  const where = '($1::boolean is null or (k.revoked_at is not null) = $1)';
  return fetchPage<ApiKey & { count: number }>(page, async ({ limit, offset }) => {
    const { rows } = await clientOf(db).query<ApiKey & { count: number }>({
      name: 'api-keys.list',
      text: `
        select ${columns}, (select count(*)::integer from (select from api_keys k where ${where} limit ${COUNT_LIMIT}) c) as count
        from ${from} where ${where} order by k.id desc limit $2 offset $3`,
      values: [revoked, limit, offset],
    });
    return rows;
  });
}

export async function findKey(executor: Executor, id: number): Promise<ApiKey | undefined> {
  const { rows } = await clientOf(executor).query<ApiKey>({
    name: 'api-keys.find',
    text: `select ${columns} from ${from} where k.id = $1`,
    values: [id],
  });
  return rows[0];
}

/** What a request with a key needs to know of it. */
export interface KnownKey {
  id: number;
  user: number;
  role: KeyRole;
  scopes: Scope[];
  expires_at: string | null;
}

/** The key with this hash, unless it is revoked. */
export async function findByHash(db: Db, hash: Buffer): Promise<KnownKey | undefined> {
  const { rows } = await clientOf(db).query<KnownKey>({
    name: 'api-keys.by-hash',
    text: `
      select k.id, k.user_id as "user", u.role, k.scopes, k.expires_at
      from ${from} where k.key_hash = $1 and k.revoked_at is null`,
    values: [hash],
  });
  return rows[0];
}

export async function insertKey(tx: Tx, values: typeof apiKeys.$inferInsert): Promise<number> {
  const [row] = await tx.insert(apiKeys).values(values).returning({ id: apiKeys.id });
  return row?.id ?? 0;
}

/** @returns undefined when there is none; whether it had served until then */
export async function revokeKey(tx: Tx, id: number, by: number, at: Date): Promise<boolean | undefined> {
  const { rows } = await clientOf(tx).query<{ served: boolean }>({
    name: 'api-keys.revoke',
    text: `
      with before as (select id, revoked_at is null as served from api_keys where id = $1 for update), revoked as (
        update api_keys k set revoked_at = $3, revoked_by = $2 from before where k.id = before.id and before.served)
      select served from before`,
    values: [id, by, at],
  });
  return rows[0]?.served;
}

/** Notes a use, once a minute at most. */
export async function noteUse(db: Db, id: number, at: Date): Promise<void> {
  await clientOf(db).query({
    name: 'api-keys.used',
    text: `
      update api_keys set last_used_at = date_trunc('minute', $2::timestamptz)
      where id = $1 and (last_used_at is null or last_used_at < date_trunc('minute', $2::timestamptz))`,
    values: [id, at],
  });
}
