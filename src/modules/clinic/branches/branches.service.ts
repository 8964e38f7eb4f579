import { AppError } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { namesOf } from '../../../core/names.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import { type Db, databaseError, transaction } from '../../../db/client.ts';
import { LONG_READ } from '../../../db/limits.ts';
import type { Audit } from '../../audit/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import type { Closing } from '../closing.service.ts';
import * as repository from './branches.repository.ts';
import type { Branch, BranchChanges, NewBranch } from './branches.schemas.ts';

export interface BranchesDependencies {
  db: Db;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  closing: Pick<Closing, 'change'>;
}

export type Branches = ReturnType<typeof createBranches>;

/** PostgreSQL: some other row names it. */
const FOREIGN_KEY_VIOLATION = '23503';

/** @throws AppError with this code instead of the refusal by whatever foreign key names the record */
export async function unlessInUse<Done>(
  code: 'branch_in_use' | 'room_in_use',
  work: () => Promise<Done>,
): Promise<Done> {
  try {
    return await work();
  } catch (error) {
    if (databaseError(error)?.code === FOREIGN_KEY_VIOLATION) throw new AppError(code, { cause: error });
    throw error;
  }
}

/** The clinic's houses. */
export function createBranches({ db, audit, idempotency, closing }: BranchesDependencies) {
  return {
    list: (page: PageRequest): Promise<Page<Branch>> => repository.listBranches(db, page),

    /** @throws AppError branch_not_found */
    async get(id: number): Promise<Branch> {
      const branch = await repository.findBranch(db, id);
      if (!branch) throw new AppError('branch_not_found');
      return branch;
    },

    /**
     * @param request asks for it to be done once only
     * @throws AppError name_taken, by the unique index; request_in_progress, idempotency_key_reused
     */
    add: (branch: NewBranch, caller: Caller, request?: Keyed): Promise<Once<Branch>> =>
      transaction(db, (tx) =>
        idempotency.once(tx, caller, request, caller.id, async () => {
          const added = await repository.insertBranch(tx, branch);
          await audit.record(tx, { actor: caller, action: 'branch.create', details: { branch: added.id } });
          return added;
        }),
      ),

    /**
     * Changes a branch. What becomes of its visits has to be said where it closes.
     * @throws AppError branch_not_found, version_mismatch, name_taken, has_upcoming
     */
    update: (
      id: number,
      { upcoming, ...changes }: BranchChanges,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<Branch> =>
      transaction(
        db,
        async (tx) => {
          const before = await repository.lockBranch(tx, id);
          if (!before) throw new AppError('branch_not_found');
          unchanged?.(before);
          const { is_active } = changes;
          const write = () => repository.updateBranch(tx, id, changes);
          const change = { was_active: before.is_active, is_active, upcoming, write };
          await closing.change(tx, { branch: id }, change, caller);
          const details = { branch: id, fields: namesOf(changes), ...(upcoming && { upcoming }) };
          await audit.record(tx, { actor: caller, action: 'branch.update', details });
          return { ...before, ...(await repository.findBranch(tx, id)) };
        },
        { statement: LONG_READ },
      ),

    /**
     * Deletes a branch on which nothing hangs: no room, slot, week, holiday, visit, wish or receptionist.
     * @throws AppError branch_not_found, version_mismatch, branch_in_use
     */
    remove: (id: number, caller: Caller, unchanged?: Unchanged): Promise<void> =>
      unlessInUse('branch_in_use', () =>
        transaction(db, async (tx) => {
          const deleted = await repository.deleteBranch(tx, id);
          if (!deleted) throw new AppError('branch_not_found');
          unchanged?.(deleted);
          await audit.record(tx, { actor: caller, action: 'branch.delete', details: { branch: id } });
        }),
      ),
  };
}
