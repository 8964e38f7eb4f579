import { adultsBornBy } from '../../../core/age.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Executor, Tx } from '../../../db/client.ts';
import * as repository from './calling-off.repository.ts';

/** Why the visits of somebody who leaves, or of a place that closes, are cancelled: what is told of it follows from it. */
type LeavingReason = 'account_deleted' | 'account_closed' | 'doctor_absent' | 'clinic_closed';

/**
 * Cancels many visits at once, each time in the transaction that causes it: a doctor is absent, the clinic, a branch or a room
 * is closed, or somebody leaves.
 */
export function createCallingOff({ clock }: { clock: Clock }) {
  const visitsOf = (selection: repository.Selection, reason: string) => ({
    /** The first of them by time, with how many there are in all. */
    list: (executor: Executor, limit: number) => repository.listVisits(executor, selection, limit),
    lock: (tx: Tx) => repository.lockVisits(tx, selection),
    /** @returns the visits that were cancelled, by time */
    cancel: (tx: Tx, by: number) => repository.cancelVisits(tx, selection, { by, reason, now: clock.now() }),
  });

  /** @param person who leaves */
  const ahead = (selection: repository.Selection, person?: number) => ({
    count: (tx: Tx) => repository.countVisits(tx, selection),
    lock: (tx: Tx) => repository.lockVisits(tx, selection),
    /** @returns whose visits they were */
    async cancel(tx: Tx, by: number, reason: LeavingReason | null): Promise<number[]> {
      const visits = await repository.cancelVisits(tx, selection, { by, reason, now: clock.now() });
      if (person !== undefined && visits.length > 0) {
        const ids = visits.map(({ id }) => id);
        await repository.tellGuardians(tx, ids, person, adultsBornBy(clock.wall().date));
      }
      return [...new Set(visits.map(({ patient }) => patient.id))];
    },
  });

  return {
    /** A doctor's visits that touch an absence. */
    during: (absence: repository.AbsenceAhead) => visitsOf(repository.during(absence), 'doctor_absent'),

    /** Everybody's visits on a holiday. */
    on: (day: repository.DayAhead) => visitsOf(repository.on(day), 'clinic_closed'),

    /** A person's visits, as patient and as doctor, that are still to come at this moment. */
    aheadOf: (person: number) => ahead(repository.aheadOf(person, clock.wall()), person),

    /** Everybody's visits in a branch or a room that are still to come at this moment. */
    aheadIn: (where: { branch: number } | { room: number }) => ahead(repository.aheadIn(where, clock.wall())),
  };
}
