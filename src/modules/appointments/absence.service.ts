import type { Clock } from '../../core/clock.ts';
import type { DayAhead, SpanAhead } from '../../core/span.ts';
import type { Tx } from '../../db/client.ts';
import * as repository from './absence.repository.ts';
import * as holiday from './holiday.repository.ts';

/** What an absence of its doctor, or a holiday, does to appointments, in the transaction that writes it. */
export function createAbsenceCancelling({ clock }: { clock: Clock }) {
  return {
    listDuring: repository.listDuring,
    lockDuring: repository.lockDuring,
    cancelDuring: (tx: Tx, span: SpanAhead, by: number) =>
      repository.cancelDuring(tx, span, { now: clock.now(), by, reason: 'doctor_absent' }),

    listOn: holiday.listOn,
    lockOn: holiday.lockOn,
    cancelOn: (tx: Tx, day: DayAhead, by: number) =>
      holiday.cancelOn(tx, day, { now: clock.now(), by, reason: 'clinic_closed' }),
  };
}
