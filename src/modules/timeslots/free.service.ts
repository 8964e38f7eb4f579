import { addDays, type Clock, earliestOf, hasBegun, latestOf } from '../../core/clock.ts';
import type { Page } from '../../core/page.ts';
import { type Caller, worksHere } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import type { Memory } from '../../memory/memory.ts';
import { type Bounds, boundsFor, type PolicySource, type Reach } from '../availability/index.ts';
import { type FreePage, listFree, listFreeDays } from './free.repository.ts';
import { endingOf } from './timeslots.rules.ts';
import type { FreeSlotFilters, Timeslot } from './timeslots.schemas.ts';

export interface FreeDependencies {
  db: Db;
  clock: Clock;
  memory: Pick<Memory, 'recall' | 'recallFirst'>;
  settings: PolicySource;
  reach: Pick<Reach, 'of'>;
  doctors: {
    /** @throws AppError doctor_not_found (also of one who is not let in) */
    get: (doctor: number) => Promise<unknown>;
  };
}

/** The topics under which a doctor's free slots are remembered: those of this day, and those of several days. */
export const freeSlotTopics = (doctor: number, date: string): [day: string, days: string] => [
  `slots ${doctor} ${date}`,
  `slots ${doctor}`,
];

/**
 * How many days ahead a page is remembered. Without an end there would be a key for every day up to the year 9999, and one
 * client could fill the memory with them. Whoever asks for a later day asks the database.
 */
const REMEMBERED_DAYS = 366;
/** Whoever asks for a day goes on to the next ones: so many are read at a time, where nothing is remembered of them. */
const DAYS_TOGETHER = 7;

/**
 * Whether a page is still as it was read: none of its slots has begun (or is over, where that counts), and no hold that it
 * left out has ended.
 */
function stillHolds(
  { rows: [first], held_until, read_at }: FreePage & { read_at: Date },
  { now, after, running }: Pick<Bounds, 'now' | 'after' | 'running'>,
): boolean {
  if (first === undefined || now < read_at) return false;
  if (held_until !== null && now.toISOString() >= held_until) return false;
  return !hasBegun(running ? endingOf(first) : first, after);
}

/** A doctor's free slots: what most people ask of the API. */
export function createFree({ db, clock, memory, settings, reach: reaching, doctors }: FreeDependencies) {
  return {
    /**
     * What the caller may book of a doctor's, or from where a service of theirs fits: patients what the clinic's policy lets
     * them, staff also the slot that runs, a receptionist in their branches.
     * @throws AppError doctor_not_found
     */
    async list(
      doctor: number,
      { page, page_size, cursor, date, from, to, branch, service }: FreeSlotFilters,
      caller: Caller,
    ): Promise<Page<Timeslot>> {
      const { role } = caller;
      const branches = await reaching.of(caller);
      const policy = await settings.policy();
      const bounds = boundsFor(role, policy, clock);
      const { now, wall, after, until, reach, running } = bounds;
      const days = { from: latestOf(after.date, date, from), to: earliestOf(until, date, to) };
      const find = async () => {
        const where = { ...days, branch };
        const paging = { page, page_size, cursor };
        const found = await listFree(db, doctor, where, bounds, paging, { branches, service });
        // A doctor who is gone, deactivated or not let in is found out only here: the usual answer costs one query.
        if (!found.count && found.rows.length === 0) await doctors.get(doctor);
        return { ...found, read_at: now };
      };
      const last = addDays(wall.date, REMEMBERED_DAYS);
      // Whether a room is free for a service, no change of the doctor's tells.
      if (
        page > 1 ||
        cursor !== undefined ||
        service !== undefined ||
        days.from > last ||
        (days.to > last && days.to !== until)
      )
        return find();
      const notice = worksHere(role) ? 0 : policy.min_notice_minutes;
      const keyOf = (from: string, to: string) =>
        `${from} ${to} ${page_size} ${notice} ${reach} ${running} ${branches ?? ''} ${branch ?? ''}`;
      const holds = (found: FreePage & { read_at: Date }) => stillHolds(found, bounds);
      if (days.from !== days.to) {
        const [, ofDays] = freeSlotTopics(doctor, days.from);
        return memory.recall(ofDays, keyOf(days.from, days.to), holds, find);
      }
      const dates = Array.from({ length: DAYS_TOGETHER }, (_, nth) => addDays(days.from, nth)).filter(
        (day) => day <= earliestOf(until, last),
      );
      const findDays = async (count: number) => {
        if (count === 1) return [await find()];
        const found = await listFreeDays(db, doctor, dates.slice(0, count), bounds, page_size, {
          branches,
          branch,
        });
        if (found[0]?.count === 0) await doctors.get(doctor);
        return found.map((day) => ({ ...day, read_at: now }));
      };
      const places = dates.map((day) => [freeSlotTopics(doctor, day)[0], keyOf(day, day)] as const);
      return memory.recallFirst(places, holds, findDays);
    },
  };
}
