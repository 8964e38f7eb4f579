import type { Clock } from '../../core/clock.ts';
import type { Tx } from '../../db/client.ts';
import * as absence from './absence.repository.ts';
import * as week from './week.repository.ts';

/**
 * What weeks and absences do to slots, each in the caller's transaction, which has locked what it must
 * (db/calendar.ts).
 */
export function createCalendar({ clock }: { clock: Clock }) {
  const moment = () => ({ now: clock.now(), wall: clock.wall() });
  return {
    publishWeek: (tx: Tx, doctor: number, days: number) => week.publishWeek(tx, doctor, clock.wall(), days),
    removeSurplus: (tx: Tx, doctor: number) => week.removeSurplus(tx, doctor, moment()),

    listFreeDuring: absence.listFreeDuring,
    lockDuring: absence.lockDuring,
    removeDuring: absence.removeDuring,
  };
}
