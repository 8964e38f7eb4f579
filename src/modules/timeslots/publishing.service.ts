import type { AuditAction } from '../../core/audited.ts';
import { type Clock, hasBegun } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { fresh, type Keyed, type Once } from '../../core/idempotency.ts';
import { doctorFor } from '../../core/on-behalf.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { type Db, databaseError, type Executor, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import type { Availability, Reach } from '../availability/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import * as repository from './publishing.repository.ts';
import { findTimeslot } from './timeslots.repository.ts';
import { endingOf } from './timeslots.rules.ts';
import type { NewTimeslot, Timeslot } from './timeslots.schemas.ts';

export interface PublishingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  reach: Pick<Reach, 'mustReach'>;
  doctors: {
    /** @throws AppError doctor_not_found when nobody works here as this doctor */
    mustWork: (doctor: number) => Promise<void>;
  };
  places: Pick<Availability['places'], 'resolve' | 'roomInstead'>;
}

/** How often a slot is published, or deleted, when what refused it has gone again by the time one asks. */
const ATTEMPTS = { publish: 2, remove: 3 };

const doctorOf = ({ doctor }: { doctor: number }) => doctor;

/** Publishing one slot, and taking it back. */
export function createPublishing(dependencies: PublishingDependencies) {
  const { db, clock, audit, idempotency, reach, doctors, places } = dependencies;

  /** Names another room where the wanted one is in use. */
  async function namingRoom<Done>(slot: NewTimeslot, work: () => Promise<Done>): Promise<Done> {
    try {
      return await work();
    } catch (error) {
      if (slot.room === null || databaseError(error)?.constraint !== 'room_uses_no_overlap') throw error;
      throw new AppError('room_taken', { room: await places.roomInstead(slot.room, slot), cause: error });
    }
  }

  /**
   * What the desk does to a doctor's calendar is noted with it; what a doctor does to their own takes no transaction, unless
   * its answer is to be kept.
   * @param work tells what it did to which slot of whom; undefined when it did nothing
   * @param request asks for it to be done once only
   */
  async function noted<Change extends { doctor: number }>(
    caller: Caller,
    action: AuditAction,
    work: (executor: Executor) => Promise<Change | undefined>,
    slotOf: (change: Change) => number,
    request?: Keyed,
  ): Promise<Once<Change> | undefined> {
    const isOwn = sideOf(caller.role) === 'doctor';
    if (isOwn && !request) {
      const change = await work(db);
      return change && fresh(change);
    }
    return transaction(db, (tx) =>
      idempotency.once(tx, caller, request, doctorOf, async () => {
        const change = await work(tx);
        if (change && !isOwn) {
          const details = { timeslot: slotOf(change) };
          await audit.record(tx, { actor: caller, action, subject: change.doctor, details });
        }
        return change;
      }),
    );
  }

  return {
    /**
     * Publishes a slot of the caller, or of the doctor whom the staff names. It may have begun, for whoever comes to the desk
     * while it runs, but not be over.
     * @param request asks for it to be done once only
     * @throws AppError slot_in_past, slot_overlap, doctor_absent, clinic_closed, doctor_not_found, branch_not_found,
     * room_not_found, branch_closed, room_closed, forbidden (another doctor's, or a branch that the caller does not reach),
     * invalid_input, request_in_progress, idempotency_key_reused; with another room room_taken
     */
    async publish(slot: NewTimeslot, caller: Caller, request?: Keyed): Promise<Once<Timeslot>> {
      const doctor = doctorFor(slot.doctor, caller);
      const insert = async (executor: Executor) => {
        const wall = clock.wall();
        if (hasBegun(endingOf(slot), wall)) throw new AppError('slot_in_past');
        const at = { now: clock.now(), wall };
        const published = await repository.insertTimeslot(executor, { ...slot, doctor }, at);
        // Which branch it is in may have followed from what the doctor has.
        if (published) await reach.mustReach(published.branch, caller);
        return published;
      };
      for (let attempt = 1; ; attempt += 1) {
        const published = await namingRoom(slot, () =>
          noted(caller, 'timeslot.publish', insert, ({ id }) => id, request),
        );
        if (published) return published;
        await doctors.mustWork(doctor);
        await places.resolve(db, doctor, [slot]);
        if (attempt === ATTEMPTS.publish) throw new AppError('slot_overlap');
      }
    },

    /** @throws AppError timeslot_not_found, slot_booked, slot_held */
    async remove(timeslot: number, caller: Caller): Promise<void> {
      for (let attempt = 1; ; attempt += 1) {
        const removed = await noted(
          caller,
          'timeslot.delete',
          (executor) => repository.deleteTimeslot(executor, timeslot, clock.now()),
          () => timeslot,
        );
        if (removed) return;
        const left = await findTimeslot(db, timeslot, { now: clock.now(), wall: clock.wall() });
        if (!left) throw new AppError('timeslot_not_found');
        if (left.is_held) throw new AppError('slot_held');
        // Somebody may have given it up, or moved off it, in this very moment.
        if (left.is_taken || attempt === ATTEMPTS.remove) throw new AppError('slot_booked');
      }
    },
  };
}
