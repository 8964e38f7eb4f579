import { type Clock, hasBegun } from '../../core/clock.ts';
import { type Bounds, beyond, boundsFor, type Policy } from '../../core/policy.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { addJob } from '../../db/queue.ts';
import * as repository from './offers.repository.ts';

export interface OffersDependencies {
  db: Db;
  clock: Clock;
  settings: { policy: () => Policy | Promise<Policy> };
}

export type Offers = ReturnType<typeof createOffers>;

const offerKey = (timeslot: number) => `offer_waitlist:${timeslot}`;

/** How many slots are looked up at a time. */
const BATCH = 100;

/**
 * Whom the slots that become free are offered to. That one is to be offered stands in its own row, and is written there
 * by the transaction that frees it; what is done here only works that off, so that it goes on wherever it was cut off.
 */
export function createOffers({ db, clock, settings }: OffersDependencies) {
  /**
   * Offers a slot to the next who can have it, or to anybody where there is none. Nothing is done while an offer lasts.
   * The people are told by the database, in this transaction.
   * @returns for how many milliseconds an earlier offer lasts, if one does
   */
  async function passOnWithin(tx: Tx, timeslot: number, policy: Policy): Promise<number> {
    const slot = await repository.lockSlot(tx, timeslot);
    if (!slot) return 0;
    // After the lock, which may have been waited for.
    const bounds = boundsFor('patient', policy, clock);
    const { now, wall } = bounds;
    if (slot.held_until !== null) {
      const left = Date.parse(slot.held_until) - now.getTime();
      if (left > 0) return left;
      await repository.lapseOffer(tx, timeslot);
    }
    if (hasBegun(slot, wall) || beyond(slot, bounds).length > 0) await repository.releaseSlot(tx, timeslot);
    // Whose doctor is out, or not let in yet, is offered when they are there again.
    else if (!slot.is_bookable) await repository.clearHold(tx, timeslot);
    else await offerToFirst(tx, slot, bounds, policy);
    return 0;
  }

  async function offerToFirst(
    tx: Tx,
    slot: repository.WaitlistedSlot,
    bounds: Bounds,
    policy: Policy,
  ): Promise<void> {
    await repository.lockList(tx);
    const { id: timeslot } = slot;
    const expires_at = endOf(slot, bounds.now, policy);
    for (;;) {
      const first = await repository.findFirst(tx, slot, bounds);
      if (!first) return repository.releaseSlot(tx, timeslot);
      const offer = { timeslot, ...first, offered_at: bounds.now, expires_at };
      if (await repository.makeOffer(tx, offer)) break;
    }
    const key = offerKey(timeslot);
    await addJob(tx, { task: 'offer_waitlist', payload: { timeslot }, key, run_at: expires_at });
  }

  /** No offer outlasts the start of its slot. */
  function endOf(slot: { date: string; start_time: string }, now: Date, { offer_minutes }: Policy): Date {
    const start = clock.at(slot.date, slot.start_time).getTime();
    return new Date(Math.min(now.getTime() + offer_minutes * 60_000, start));
  }

  async function passOn(timeslot: number): Promise<number> {
    const policy = await settings.policy();
    return transaction(db, (tx) => passOnWithin(tx, timeslot, policy));
  }

  return {
    passOn: async (timeslot: number): Promise<void> => void (await passOn(timeslot)),

    passOnWithin: async (tx: Tx, timeslot: number, policy: Policy): Promise<void> =>
      void (await passOnWithin(tx, timeslot, policy)),

    /**
     * The task `offer_waitlist`: one slot, or whatever waits to be offered, each in a transaction of its own. Any number
     * of workers may do it at once.
     */
    async offer(payload?: unknown): Promise<void> {
      const timeslot = (payload as { timeslot?: number } | undefined)?.timeslot;
      if (timeslot !== undefined) {
        const left = await passOn(timeslot);
        // The database's clock, by which jobs begin, is ahead of ours.
        if (left > 0) await repository.askAgain(db, timeslot, offerKey(timeslot), left / 1_000 + 1);
        return;
      }
      const tried = new Set<number>();
      const errors: unknown[] = [];
      for (;;) {
        const passing = await repository.listPassing(db, clock.now(), BATCH + tried.size);
        const next = passing.filter((id) => !tried.has(id));
        if (next.length === 0) break;
        for (const id of next) {
          tried.add(id);
          // One that fails keeps nobody else waiting; the queue repeats it.
          await passOn(id).catch((error) => errors.push(error));
        }
      }
      if (errors.length > 0) throw errors[0];
    },

    /** Somebody is out: what was held for them or offered to them is given back, and they wait no longer. */
    async leaveAll(tx: Tx, patient: number): Promise<void> {
      let waitlisted = 0;
      for (let rounds = 0; ; rounds += 1) {
        const held = await repository.lockHeld(tx, patient);
        if (held.length > 0) waitlisted += await repository.giveBack(tx, patient, held);
        // An offer that is being made has their entry first: then leaving waits for it, and it is given back next.
        const left = rounds === 0 ? await repository.leaveAll(tx, patient) : 0;
        if (left === 0) break;
      }
      if (waitlisted > 0) await addJob(tx, { task: 'offer_waitlist', payload: {} });
    },

    /** The task `close_waitlist`, once a day. */
    close: (): Promise<void> => repository.closePast(db, clock.wall().date),
  };
}
