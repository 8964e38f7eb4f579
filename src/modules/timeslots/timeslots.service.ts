import { type Clock, hasBegun } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Executor, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import * as repository from './timeslots.repository.ts';
import type { NewTimeslot, OwnSlotFilters, Timeslot } from './timeslots.schemas.ts';

export interface TimeslotsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  doctors: {
    get: (doctor: number) => Promise<unknown>;
    mustWork: (doctor: number) => Promise<void>;
  };
}

export type Timeslots = ReturnType<typeof createTimeslots>;

export function createTimeslots({ db, clock, audit, doctors }: TimeslotsDependencies) {
  /**
   * What an admin does to a doctor's calendar is noted with it; what a doctor does to their own takes no transaction.
   * @param work tells what it did to which slot of whom; undefined when it did nothing
   */
  async function noted<Done extends { doctor: number }>(
    caller: Caller,
    action: string,
    work: (executor: Executor) => Promise<Done | undefined>,
    slotOf: (done: Done) => number,
  ): Promise<Done | undefined> {
    if (caller.role === 'doctor') return work(db);
    return transaction(db, async (tx) => {
      const done = await work(tx);
      if (done) {
        const details = { timeslot: slotOf(done) };
        await audit.record(tx, { actor: caller, action, subject: done.doctor, details });
      }
      return done;
    });
  }

  return {
    findOwner: (timeslot: number) => repository.findOwner(db, timeslot),
    lockUpcoming: (tx: Tx, doctor: number) => repository.lockUpcoming(tx, doctor, clock.wall()),
    removeUpcoming: (tx: Tx, doctor: number) => repository.removeUpcoming(tx, doctor, clock.wall()),

    /** @throws AppError doctor_not_found */
    async listFree(
      doctor: number,
      { page, page_size, ...days }: repository.DayFilters & PageRequest,
    ): Promise<Page<Timeslot>> {
      const found = await repository.listFree(db, doctor, days, clock.wall(), { page, page_size });
      // A doctor who is gone, deactivated or not let in is found out only where it matters: the usual answer costs one query.
      if (found.count === 0) await doctors.get(doctor);
      return found;
    },

    listOwn: (doctor: number, { page, page_size, ...filters }: OwnSlotFilters): Promise<Page<Timeslot>> =>
      repository.listOwn(db, doctor, filters, clock.wall(), { page, page_size }),

    async get(timeslot: number): Promise<Timeslot> {
      const found = await repository.findTimeslot(db, timeslot, clock.wall());
      if (!found) throw new AppError('timeslot_not_found');
      return found;
    },

    /**
     * Publishes a slot of the caller, or of the doctor whom an admin names.
     * @throws AppError slot_in_past, slot_overlap, doctor_not_found, forbidden (another doctor's), invalid_input
     */
    async publish(slot: NewTimeslot, caller: Caller): Promise<Timeslot> {
      const doctor = caller.role === 'doctor' ? (slot.doctor ?? caller.id) : slot.doctor;
      if (doctor === undefined) throw invalidField('doctor', 'required');
      if (caller.role === 'doctor' && doctor !== caller.id) throw new AppError('forbidden');
      if (hasBegun(slot, clock.wall())) throw new AppError('slot_in_past');
      const published = await noted(
        caller,
        'timeslot.publish',
        (executor) => repository.insertTimeslot(executor, { ...slot, doctor }),
        ({ id }) => id,
      );
      if (published) return published;
      await doctors.mustWork(doctor);
      throw new AppError('slot_overlap');
    },

    /** @throws AppError timeslot_not_found, slot_booked */
    async remove(timeslot: number, caller: Caller): Promise<void> {
      const removed = await noted(
        caller,
        'timeslot.delete',
        (executor) => repository.deleteTimeslot(executor, timeslot),
        () => timeslot,
      );
      if (removed) return;
      throw new AppError((await repository.findOwner(db, timeslot)) ? 'slot_booked' : 'timeslot_not_found');
    },
  };
}
