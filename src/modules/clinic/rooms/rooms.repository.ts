import type { PageRequest } from '../../../core/page.ts';
import type { Db, Executor, Tx } from '../../../db/client.ts';
import { and, eq, sql } from '../../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset } from '../../../db/page.ts';
import { rooms } from '../../../db/schema/index.ts';
import { query, statement } from '../../../db/sql.ts';
import type { Branches } from '../../availability/reach.sql.ts';
import type { NewRoom, Room, RoomChanges } from './rooms.schemas.ts';

const fields = {
  id: rooms.id,
  branch: rooms.branch_id,
  name: rooms.name,
  kind: rooms.kind,
  is_active: rooms.is_active,
};

interface Filters {
  branch?: number | undefined;
  kind?: string | undefined;
  /** Null is every branch. */
  branches: Branches;
}

/** One page of rooms, by their branches and kinds. */
export async function listRooms(db: Db, { branch, kind, branches }: Filters, page: PageRequest) {
  const name = `rooms.list:${branch ? 'branch' : ''}:${kind ? 'kind' : ''}:${branches ? 'branches' : ''}`;
  const list = statement(name, () => {
    const where = and(
      branch ? eq(rooms.branch_id, sql.placeholder('branch')) : undefined,
      kind ? eq(rooms.kind, sql.placeholder('kind')) : undefined,
      branches ? sql`${rooms.branch_id} = any (${sql.placeholder('branches')}::integer[])` : undefined,
    );
    return query
      .select({ ...fields, count: countUpToLimit(query.select({ one: sql`1` }).from(rooms).where(where)) })
      .from(rooms)
      .where(where)
      .orderBy(rooms.branch_id, rooms.kind, rooms.id)
      .limit(limit)
      .offset(offset);
  });
  return fetchPage<Room & { count: number }>(page, (window) =>
    list(db, { branch, kind, branches, ...window }),
  );
}

export async function findRoom(executor: Executor, room: number): Promise<Room | undefined> {
  const [row] = await executor.select(fields).from(rooms).where(eq(rooms.id, room));
  return row;
}

/** Waits for whoever publishes or books in it, and keeps everybody else from it, until the transaction ends. */
export async function lockRoom(tx: Tx, room: number): Promise<Room | undefined> {
  const [row] = await tx.select(fields).from(rooms).where(eq(rooms.id, room)).for('update');
  return row;
}

/** @throws the refusals by `rooms_name_key` and by the foreign key of its branch */
export async function insertRoom(tx: Tx, { branch, ...room }: NewRoom): Promise<Room> {
  const [row] = await tx
    .insert(rooms)
    .values({ ...room, branch_id: branch })
    .returning(fields);
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** @throws the refusal by `rooms_name_key` */
export async function updateRoom(
  tx: Tx,
  room: number,
  changes: Omit<RoomChanges, 'upcoming'>,
): Promise<void> {
  await tx.update(rooms).set(changes).where(eq(rooms.id, room));
}

/** @returns as it was. @throws the refusal by every foreign key that names it */
export async function deleteRoom(tx: Tx, room: number): Promise<Room | undefined> {
  const [row] = await tx.delete(rooms).where(eq(rooms.id, room)).returning(fields);
  return row;
}
