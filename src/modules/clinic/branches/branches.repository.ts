import type { PageRequest } from '../../../core/page.ts';
import type { Db, Executor, Tx } from '../../../db/client.ts';
import { eq, sql } from '../../../db/drizzle.ts';
import { countUpToLimit, fetchPage, limit, offset } from '../../../db/page.ts';
import { branches } from '../../../db/schema/index.ts';
import { query, statement } from '../../../db/sql.ts';
import type { Branch, BranchChanges, NewBranch } from './branches.schemas.ts';

const fields = {
  id: branches.id,
  name: branches.name,
  address: branches.address,
  phone: branches.phone,
  is_active: branches.is_active,
};

/** One page of branches, the eldest first. */
export async function listBranches(db: Db, page: PageRequest) {
  const list = statement('branches.list', () =>
    query
      .select({ ...fields, count: countUpToLimit(query.select({ one: sql`1` }).from(branches)) })
      .from(branches)
      .orderBy(branches.id)
      .limit(limit)
      .offset(offset),
  );
  return fetchPage<Branch & { count: number }>(page, (window) => list(db, { ...window }));
}

export async function findBranch(executor: Executor, branch: number): Promise<Branch | undefined> {
  const [row] = await executor.select(fields).from(branches).where(eq(branches.id, branch));
  return row;
}

/** Waits for whoever publishes in it, and keeps everybody else from it, until the transaction ends. */
export async function lockBranch(tx: Tx, branch: number): Promise<Branch | undefined> {
  const [row] = await tx.select(fields).from(branches).where(eq(branches.id, branch)).for('update');
  return row;
}

/** @throws the refusal by `branches_name_key` */
export async function insertBranch(tx: Tx, branch: NewBranch): Promise<Branch> {
  const [row] = await tx.insert(branches).values(branch).returning(fields);
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** @throws the refusal by `branches_name_key` */
export async function updateBranch(
  tx: Tx,
  branch: number,
  changes: Omit<BranchChanges, 'upcoming'>,
): Promise<void> {
  await tx.update(branches).set(changes).where(eq(branches.id, branch));
}

/** @returns as it was. @throws the refusal by `branches_in_use`, and by every foreign key that names it */
export async function deleteBranch(tx: Tx, branch: number): Promise<Branch | undefined> {
  const [row] = await tx.delete(branches).where(eq(branches.id, branch)).returning(fields);
  return row;
}
