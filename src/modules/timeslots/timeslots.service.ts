import { type Clock, earliestOf, hasBegun, latestOf } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { doctorFor } from '../../core/on-behalf.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import { type Bounds, boundsFor } from '../../core/policy.ts';
import { type Caller, isStaff, sideOf } from '../../core/roles.ts';
import { type Db, type Executor, type Tx, transaction } from '../../db/client.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Audit } from '../audit/index.ts';
import { type AvailabilityDependencies, createAvailability } from './availability.service.ts';
import { createBulk } from './bulk.service.ts';
import { createHolds, type HoldsDependencies } from './holds.service.ts';
import * as repository from './timeslots.repository.ts';
import type { NewTimeslot, OwnSlotFilters, Timeslot } from './timeslots.schemas.ts';

export interface TimeslotsDependencies {
  db: Db;
  clock: Clock;
  memory: Pick<Memory, 'recall'>;
  audit: Pick<Audit, 'record'>;
  idempotency: HoldsDependencies['idempotency'];
  settings: AvailabilityDependencies['settings'];
  waitlist: AvailabilityDependencies['waitlist'];
  doctors: {
    get: (doctor: number) => Promise<unknown>;
    mustWork: (doctor: number) => Promise<void>;
  };
}

/** What is remembered of a doctor's free slots: of this day, and of several days. */
export const freeSlotTopics = (doctor: number, date: string): [day: string, days: string] => [
  `slots ${doctor} ${date}`,
  `slots ${doctor}`,
];

export type Timeslots = ReturnType<typeof createTimeslots>;

/** Whether a page is as it was read: none of its slots has begun (or, where that counts, is over), and none that was held can be free again by itself. */
function stillHolds(
  { rows: [first], held_until, read_at }: repository.FreePage & { read_at: Date },
  { now, after, running }: Pick<Bounds, 'now' | 'after' | 'running'>,
): boolean {
  if (first === undefined || now < read_at) return false;
  if (held_until !== null && now.toISOString() >= held_until) return false;
  return !hasBegun(running ? endingOf(first) : first, after);
}

/** The moment of its end, as one of beginning. */
const endingOf = ({ date, end_time }: Pick<Timeslot, 'date' | 'end_time'>) => ({
  date,
  start_time: end_time,
});

/** How often a slot is deleted when what kept it has gone again by the time one asks. */
const ATTEMPTS = 3;

export function createTimeslots(dependencies: TimeslotsDependencies) {
  const { db, clock, memory, audit, settings, doctors } = dependencies;
  const availability = createAvailability(dependencies);

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
    if (sideOf(caller.role) === 'doctor') return work(db);
    return transaction(db, async (tx) => {
      const done = await work(tx);
      if (done) {
        const details = { timeslot: slotOf(done) };
        await audit.record(tx, { actor: caller, action, subject: done.doctor, details });
      }
      return done;
    });
  }

  const moment = () => ({ now: clock.now(), wall: clock.wall() });

  return {
    ...createBulk({ db, clock, audit }),
    ...availability,
    ...createHolds({ ...dependencies, availability }),
    findOwner: (timeslot: number) => repository.findOwner(db, timeslot),
    lockUpcoming: (tx: Tx, doctor: number) => repository.lockUpcoming(tx, doctor, clock.wall()),
    removeUpcoming: (tx: Tx, doctor: number) => repository.removeUpcoming(tx, doctor, clock.wall()),

    /**
     * What the caller may book of a doctor's: patients as the clinic's policy says, staff also what runs already.
     * @throws AppError doctor_not_found
     */
    async listFree(
      doctor: number,
      { page, page_size, ...days }: repository.DayFilters & PageRequest,
      { role }: Pick<Caller, 'role'>,
    ): Promise<Page<Timeslot>> {
      const policy = await settings.policy();
      const bounds = boundsFor(role, policy, clock);
      const { now, after, until, reach, running } = bounds;
      const { date, from, to } = days;
      const asked = { from: latestOf(after.date, date, from), to: earliestOf(until, date, to) };
      const find = async () => {
        const found = await repository.listFree(db, doctor, asked, bounds, { page, page_size });
        // A doctor who is gone, deactivated or not let in is found out only where it matters: the usual answer costs one query.
        if (found.count === 0) await doctors.get(doctor);
        return { ...found, read_at: now };
      };
      if (page > 1) return find();
      const [ofDay, ofDays] = freeSlotTopics(doctor, asked.from);
      const notice = isStaff(role) ? 0 : policy.min_notice_minutes;
      return memory.recall(
        asked.from === asked.to ? ofDay : ofDays,
        `${asked.from} ${asked.to} ${page_size} ${notice} ${reach} ${running}`,
        (found) => stillHolds(found, bounds),
        find,
      );
    },

    listOwn: (doctor: number, { page, page_size, ...filters }: OwnSlotFilters): Promise<Page<Timeslot>> =>
      repository.listOwn(db, doctor, filters, moment(), { page, page_size }),

    async get(timeslot: number): Promise<Timeslot> {
      const found = await repository.findTimeslot(db, timeslot, moment());
      if (!found) throw new AppError('timeslot_not_found');
      return found;
    },

    /**
     * Publishes a slot of the caller, or of the doctor whom an admin names: until it is over, for whoever comes to the desk
     * while it runs.
     * @throws AppError slot_in_past, slot_overlap, doctor_absent, clinic_closed, doctor_not_found, forbidden (another doctor's), invalid_input
     */
    async publish(slot: NewTimeslot, caller: Caller): Promise<Timeslot> {
      const doctor = doctorFor(slot.doctor, caller);
      const wall = clock.wall();
      if (hasBegun(endingOf(slot), wall)) throw new AppError('slot_in_past');
      const published = await noted(
        caller,
        'timeslot.publish',
        (executor) => repository.insertTimeslot(executor, { ...slot, doctor }, wall),
        ({ id }) => id,
      );
      if (published) return published;
      await doctors.mustWork(doctor);
      throw new AppError('slot_overlap');
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
        const left = await repository.findTimeslot(db, timeslot, moment());
        if (!left) throw new AppError('timeslot_not_found');
        if (left.is_held) throw new AppError('slot_held');
        // It may have been given up, or moved off, in this very moment.
        if (left.is_taken || attempt === ATTEMPTS) throw new AppError('slot_booked');
      }
    },
  };
}
