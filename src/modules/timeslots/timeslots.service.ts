import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Page } from '../../core/page.ts';
import type { Db, Tx } from '../../db/client.ts';
import { type BulkDependencies, createBulk } from './bulk.service.ts';
import { createFree, type FreeDependencies } from './free.service.ts';
import { createLinking } from './linking.service.ts';
import { createPublishing, type PublishingDependencies } from './publishing.service.ts';
import { createTimeslotSearch, type SearchDependencies } from './search.service.ts';
import * as repository from './timeslots.repository.ts';
import type { OwnSlotFilters, Timeslot } from './timeslots.schemas.ts';

type TimeslotsDependencies = FreeDependencies &
  PublishingDependencies &
  BulkDependencies &
  SearchDependencies;

export type Timeslots = ReturnType<typeof createTimeslots>;

/** Slots: who publishes them, and who finds them. */
export function createTimeslots(dependencies: TimeslotsDependencies) {
  const { db, clock } = dependencies;
  return {
    free: createFree(dependencies),
    search: createTimeslotSearch(dependencies),
    own: createOwn(db, clock),
    publishing: createPublishing(dependencies),
    bulk: createBulk(dependencies),
    linking: createLinking(dependencies),
    leaving: createLeaving(clock),
  };
}

/** A doctor's slots as the doctor sees them. */
function createOwn(db: Db, clock: Clock) {
  const moment = () => ({ now: clock.now(), wall: clock.wall() });
  return {
    findOwner: (timeslot: number) => repository.findOwner(db, timeslot),

    list: (doctor: number, { page, page_size, ...filters }: OwnSlotFilters): Promise<Page<Timeslot>> =>
      repository.listOwn(db, doctor, filters, moment(), { page, page_size }),

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
