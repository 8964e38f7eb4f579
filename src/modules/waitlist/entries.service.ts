import type { AuditAction } from '../../core/audited.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Page } from '../../core/page.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import type { Db, Executor, Tx } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import type { Reach } from '../availability/index.ts';
import type { Guardians } from '../patients/index.ts';
import * as repository from './entries.repository.ts';
import type { WaitlistEntry, WaitlistFilters } from './waitlist.schemas.ts';

export interface EntriesDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  reach: Pick<Reach, 'of'>;
  guardians: Pick<Guardians, 'adult' | 'patientFor'>;
}

export type Entries = ReturnType<typeof createEntries>;

/** The entries of the waiting list, as they are shown and noted. */
export function createEntries({ db, clock, audit, reach, guardians }: EntriesDependencies) {
  return {
    /** Whose entry it is; undefined for one that the caller does not reach. */
    findOwner: async (entry: number, caller: Caller) =>
      repository.findOwner(db, entry, guardians.adult(), await reach.of(caller)),

    /** @throws AppError waitlist_entry_not_found */
    async get(entry: number, executor: Executor = db): Promise<WaitlistEntry> {
      const shown = await repository.findEntry(executor, entry, clock.now());
      if (!shown) throw new AppError('waitlist_entry_not_found');
      return shown;
    },

    /**
     * A patient's own entries and those of whom they look after, or of the one they name; everybody's for the staff, in their
     * branches.
     * @throws AppError patient_not_found (a patient names somebody whom they do not look after)
     */
    async list(
      { page, page_size, ...filters }: WaitlistFilters,
      caller: Caller,
    ): Promise<Page<WaitlistEntry>> {
      const isTheirs = sideOf(caller.role) === 'patient';
      const isAll = isTheirs && filters.patient === undefined;
      if (isTheirs && !isAll) await guardians.patientFor(filters.patient, caller);
      const family = isAll ? { person: caller.id, adult: guardians.adult() } : undefined;
      const branches = await reach.of(caller);
      return repository.listEntries(db, { ...filters, family, branches }, clock.now(), { page, page_size });
    },

    /** Notes what the staff or a guardian does for a patient; what patients do themselves is theirs, and is not noted. */
    async note(tx: Tx, actor: Caller, action: AuditAction, entry: number, subject: number): Promise<void> {
      if (actor.id === subject) return;
      await audit.record(tx, { actor, action, subject, details: { entry } });
    },
  };
}
