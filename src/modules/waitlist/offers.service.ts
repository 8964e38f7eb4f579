import { addDays, type Clock, earliestOf, latestOf } from '../../core/clock.ts';
import { quietHoursAt } from '../../core/quiet.ts';
import { again as tryAgain } from '../../db/again.ts';
import { type Db, databaseError, type Executor, type Tx, transaction } from '../../db/client.ts';
import { addJob } from '../../db/queue/jobs.ts';
import { lastRun, noteRun } from '../../db/queue/runs.ts';
import {
  type Bounds,
  beyond,
  boundsFor,
  LAST_DAY,
  type Policy,
  type PolicySource,
  reachOn,
} from '../availability/index.ts';
import * as claims from './claims.repository.ts';
import * as repository from './offers.repository.ts';

interface OffersDependencies {
  db: Db;
  clock: Clock;
  settings: PolicySource;
}

interface Begins {
  date: string;
  start_time: string;
}

/** What became of a slot that was to be passed on. */
interface Passed {
  /** For how many milliseconds an earlier offer lasts, if one does. */
  lasts?: number;
  /** It is kept for those who wait, and offered to nobody yet. */
  isKept?: boolean;
}

/** Of two who want a slot, each in their way, who joined first. */
function firstJoined(one: repository.First | undefined, other: repository.First | undefined) {
  if (!one || !other) return one ?? other;
  const isFirst =
    one.created_at === other.created_at ? one.entry < other.entry : one.created_at < other.created_at;
  return isFirst ? one : other;
}

export type Offers = ReturnType<typeof createOffers>;

const offerKey = (timeslot: number) => `offer_waitlist:${timeslot}`;

/** Where the room of an offer was taken in that moment it is made anew: each time somebody else has got one. */
const ROOM_TRIES = {
  attempts: 50,
  after: (error: unknown) => databaseError(error)?.constraint === 'room_uses_no_overlap',
};

/** What it is called when days were last claimed. */
const CLAIMED = 'claim_waitlist_days';

/** How many slots are looked up at a time. */
const BATCH = 100;

/**
 * To whom slots that become free are offered. The transaction that frees a slot writes into its row that it is to be offered.
 * What happens here only works through these rows, so that it goes on wherever it was cut off.
 */
export function createOffers({ db, clock, settings }: OffersDependencies) {
  /**
   * Offers a slot to the next who can have it, or opens it to anybody where there is none. It does nothing while an offer
   * lasts, nor before the first of those who wait wakes. The database tells the people, in this transaction.
   * @param asking a patient who is trying to get the slot now, and so is awake
   */
  async function passOnWithin(
    tx: Tx,
    timeslot: number,
    policy: Policy,
    { asking, withOthers = false }: { asking?: number | undefined; withOthers?: boolean } = {},
  ): Promise<Passed> {
    const slot = await claims.lockSlot(tx, timeslot);
    if (!slot) return {};
    // After the lock, which may have been waited for.
    const bounds = boundsFor('patient', policy, clock);
    const { now } = bounds;
    if (slot.held_until !== null) {
      const lasts = Date.parse(slot.held_until) - now.getTime();
      if (lasts > 0) return { lasts };
      await repository.lapseOffer(tx, timeslot);
    }
    const limits = beyond(slot, bounds);
    // A slot that begins too soon never becomes bookable again. One that is too far ahead does, and is nobody else's until
    // then. A slot of a doctor who is out, or not let in yet, is offered when they are there again.
    if (limits.some((limit) => limit !== 'too_far_ahead')) await claims.releaseSlot(tx, timeslot);
    else if (limits.length > 0 || !slot.is_bookable) return keep(tx, timeslot, null);
    else if (
      asking === undefined &&
      slot.offer_after !== null &&
      Date.parse(slot.offer_after) > now.getTime()
    )
      return keep(tx, timeslot, new Date(slot.offer_after));
    else return offerToFirst(tx, slot, bounds, policy, { asking, withOthers });
    return {};
  }

  async function keep(tx: Tx, timeslot: number, until: Date | null): Promise<Passed> {
    await claims.keepClaim(tx, timeslot, until);
    return { isKept: true };
  }

  async function offerToFirst(
    tx: Tx,
    slot: claims.ClaimedSlot,
    bounds: Bounds,
    policy: Policy,
    { asking, withOthers }: { asking: number | undefined; withOthers: boolean },
  ): Promise<Passed> {
    await repository.lockList(tx);
    const { id: timeslot, date } = slot;
    const again = (id: number, run_at: Date) =>
      addJob(tx, { task: 'offer_waitlist', payload: { timeslot: id }, key: offerKey(id), run_at });
    for (;;) {
      const plain = await repository.findFirst(tx, slot, bounds);
      const long = withOthers ? await repository.findFirstForService(tx, slot, bounds) : undefined;
      const first = firstJoined(plain, long);
      if (!first) {
        await claims.releaseSlot(tx, timeslot);
        return {};
      }
      const { patient, slots, start_time } = first;
      const wakes = patient === asking ? undefined : wakingFor({ date, start_time }, first, policy);
      if (wakes) {
        await again(timeslot, wakes);
        return keep(tx, timeslot, wakes);
      }
      const expires_at = endOf({ date, start_time }, bounds.now, policy);
      if (!(await repository.makeOffer(tx, { ...first, offered_at: bounds.now, expires_at }))) continue;
      await again(slots[0] ?? timeslot, expires_at);
      return {};
    }
  }

  /**
   * When the first of those wakes who are told, if a whole offer of the slot fits in after that; undefined is now, as where one
   * of them is awake.
   */
  function wakingFor(slot: Begins, { hours }: repository.First, { offer_minutes }: Policy): Date | undefined {
    const ends = hours.map((one) => quietHoursAt(clock.wall(), one, clock)?.ends);
    const [end] = ends.toSorted((one, other) => (one?.getTime() ?? 0) - (other?.getTime() ?? 0));
    if (end === undefined || ends.includes(undefined)) return undefined;
    const start = clock.at(slot.date, slot.start_time).getTime();
    return start > end.getTime() + offer_minutes * 60_000 ? end : undefined;
  }

  /** No offer outlasts the start of its slot. */
  function endOf(slot: Begins, now: Date, { offer_minutes }: Policy): Date {
    const start = clock.at(slot.date, slot.start_time).getTime();
    return new Date(Math.min(now.getTime() + offer_minutes * 60_000, start));
  }

  async function passOn(timeslot: number, asking?: number): Promise<Passed> {
    const policy = await settings.policy();
    return tryAgain(ROOM_TRIES, () =>
      transaction(db, async (tx) => {
        const withOthers = await claims.isWantedWithOthers(tx, timeslot);
        if (withOthers) {
          await claims.lockDayOf(tx, timeslot);
          await repository.lapseOffersOfDay(tx, timeslot, clock.now());
        }
        return passOnWithin(tx, timeslot, policy, { asking, withOthers });
      }),
    );
  }

  /** The first day, from today on, that was out of patients' reach when days were last claimed; the first that is, if none were. */
  async function firstUnclaimed(executor: Executor, policy: Policy): Promise<string> {
    const last = await lastRun(executor, CLAIMED);
    const { date } = clock.wall();
    const day = last === undefined ? date : earliestOf(date, clock.wallOf(new Date(last)).date);
    return latestOf(date, addDays(reachOn(day, policy), 1));
  }

  /**
   * Claims the first day that no patient can book yet: those who wait come first when it comes within reach. Days that came
   * within reach while nothing ran are claimed late: of them those who wait get what is still free.
   */
  async function claimNextDay(): Promise<void> {
    const policy = await settings.policy();
    const { now, reach } = boundsFor('patient', policy, clock);
    const last = reach < LAST_DAY ? addDays(reach, 1) : '';
    // By a statement for each, since nobody knows how many they are.
    for (let day = await firstUnclaimed(db, policy); day <= last; day = addDays(day, 1))
      await claims.claimDays(db, { from: day, to: day }, now);
    await noteRun(db, CLAIMED, now);
  }

  return {
    /** @returns whether the waiting list keeps the slot, without having offered it to anybody */
    passOn: async (timeslot: number, asking: number): Promise<boolean> =>
      (await passOn(timeslot, asking)).isKept ?? false,

    /**
     * As part of an act that has locked the slot. Where somebody waits for a service, which takes others as well, or several
     * slots were given back, it is left to the job: it locks all of them before it asks.
     * @param slots how many were given back
     */
    async passOnWithin(tx: Tx, timeslot: number, policy: Policy, slots: number): Promise<void> {
      if (slots > 1 || (await claims.isWantedWithOthers(tx, timeslot)))
        await addJob(tx, { task: 'offer_waitlist', payload: {} });
      else await passOnWithin(tx, timeslot, policy);
    },

    /**
     * As part of a change of the policy: where it reaches further, those who wait come first on the days that it now reaches, as
     * they do on each day that comes within reach by itself.
     */
    async claimReached(tx: Tx, before: Policy, after: Policy): Promise<void> {
      const { reach, now } = boundsFor('patient', after, clock);
      if (reach <= boundsFor('patient', before, clock).reach) return;
      await claims.claimDays(tx, { from: await firstUnclaimed(tx, before), to: reach }, now);
      await addJob(tx, { task: 'offer_waitlist', payload: {} });
    },

    /**
     * The task `offer_waitlist`: offers one slot, or whatever waits to be offered, each slot in a transaction of its own. Any
     * number of workers may do it at once. The run of every few minutes also claims the day that comes within reach next.
     */
    async offer(payload?: unknown): Promise<void> {
      const { timeslot, _cron } = (payload ?? {}) as { timeslot?: number; _cron?: object };
      if (timeslot !== undefined) {
        const { lasts } = await passOn(timeslot);
        // The database's clock, by which jobs begin, is ahead of ours.
        if (lasts) await claims.askAgain(db, timeslot, offerKey(timeslot), lasts / 1_000 + 1);
        return;
      }
      // Now and then is enough: a whole day passes before anybody could book that day.
      if (_cron) await claimNextDay();
      const errors: unknown[] = [];
      for (let last: claims.Passing | undefined; ; ) {
        const bounds = boundsFor('patient', await settings.policy(), clock);
        const passing = await claims.listPassing(db, bounds, BATCH, last);
        last = passing.at(-1);
        if (!last) break;
        // One that fails keeps nobody else waiting; the queue repeats it.
        for (const { id } of passing) await passOn(id).catch((error) => errors.push(error));
      }
      if (errors.length > 0) throw errors[0];
    },

    /** The task `close_waitlist`. */
    close: (): Promise<void> => claims.closePast(db, clock.wall().date),
  };
}
