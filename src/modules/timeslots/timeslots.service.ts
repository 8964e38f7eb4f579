import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import type { Db, Tx } from '../../db/client.ts';
import type { Updates } from '../../events/updates.ts';
import type { Reach } from '../availability/index.ts';
import { type BulkDependencies, createBulk } from './bulk.service.ts';
import { lockThere, removeThere, type Where } from './closing.repository.ts';
import { createFree, type FreeDependencies } from './free.service.ts';
import { createLinking } from './linking.service.ts';
import { createPublishing, type PublishingDependencies } from './publishing.service.ts';
import { createTimeslotSearch, type SearchDependencies } from './search.service.ts';
import * as repository from './timeslots.repository.ts';
import type { OwnSlotFilters, Timeslot } from './timeslots.schemas.ts';

type TimeslotsDependencies = FreeDependencies &
  OwnDependencies &
  PublishingDependencies &
  BulkDependencies &
  SearchDependencies;

export type Timeslots = ReturnType<typeof createTimeslots>;

/** Slots: who publishes them, and who finds them. */
export function createTimeslots(dependencies: TimeslotsDependencies) {
  const { clock } = dependencies;
  return {
    free: createFree(dependencies),
    search: createTimeslotSearch(dependencies),
    own: createOwn(dependencies),
    publishing: createPublishing(dependencies),
    bulk: createBulk(dependencies),
    linking: createLinking(dependencies),
    leaving: createLeaving(clock),
    closing: createClosing(clock),
  };
}

interface OwnDependencies {
  db: Db;
  clock: Clock;
  reach: Pick<Reach, 'of'>;
  updates: Updates;
}

/** A doctor's slots as the doctor sees them. */
function createOwn({ db, clock, reach, updates }: OwnDependencies) {
  const moment = () => ({ now: clock.now(), wall: clock.wall() });
  return {
    /** Whose slot it is; undefined for one that the caller does not reach. */
    findOwner: async (timeslot: number, caller: Caller) =>
      repository.findOwner(db, timeslot, await reach.of(caller)),

    /** All slots of a doctor, or those that have changed. @throws AppError too_old */
    async list(
      doctor: number,
      { page, page_size, cursor, updated_since, ...filters }: OwnSlotFilters,
    ): Promise<Page<Timeslot>> {
      if (updated_since === undefined)
        return repository.listOwn(db, doctor, filters, moment(), { page, page_size, cursor });
      const rows = (ids: readonly number[]) => repository.findOwn(db, doctor, ids, moment());
      return updates.page('timeslots', { updated_since, page_size, cursor }, { rows, scope: [doctor] });
    },

    async get(timeslot: number): Promise<Timeslot> {
      const slot = await repository.findTimeslot(db, timeslot, moment());
      if (!slot) throw new AppError('timeslot_not_found');
      return slot;
    },
  };
}

/** What becomes of the slots of a doctor who leaves, in the caller's transaction. */
const createLeaving = (clock: Clock) => ({
  lockUpcoming: (tx: Tx, doctor: number) => repository.lockUpcoming(tx, doctor, clock.wall()),
  removeUpcoming: (tx: Tx, doctor: number) => repository.removeUpcoming(tx, doctor, clock.wall()),
});

/** What becomes of the slots of a branch or a room that closes, in the caller's transaction. */
const createClosing = (clock: Clock) => ({
  lock: (tx: Tx, where: Where) => lockThere(tx, where, clock.wall()),
  remove: (tx: Tx, where: Where) => removeThere(tx, where, clock.wall()),
});
