import type { Clock } from '../../core/clock.ts';
import type { SpanAhead } from '../../core/span.ts';
import type { Tx } from '../../db/client.ts';
import * as repository from './absence.repository.ts';

/** What an absence of its doctor does to appointments, in the transaction that writes the absence. */
export function createAbsenceCancelling({ clock }: { clock: Clock }) {
  return {
    listDuring: repository.listDuring,
    lockDuring: repository.lockDuring,
    cancelDuring: (tx: Tx, span: SpanAhead, by: number) =>
      repository.cancelDuring(tx, span, { now: clock.now(), by, reason: 'doctor_absent' }),
  };
}
