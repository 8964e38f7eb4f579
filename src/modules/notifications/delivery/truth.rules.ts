import type { Clock } from '../../../core/clock.ts';
import { judge, type Reader, timeOf, type Verdict } from '../telling/judgement.rules.ts';
import { firstKnown, isOvertaken, type Told, turnIn } from './order.rules.ts';

type Queued = Pick<Told, 'id' | 'kind' | 'params' | 'created_at'>;
type Params = Record<string, string>;

/** What of a message's `params` has changed since it was queued: an answer has come, or moves were told to nobody. */
export function changesOf(message: Queued, others: readonly Told[], { visit }: Reader): Params {
  const known = message.kind === 'moved' ? firstKnown(message, others) : undefined;
  const asks = message.kind === 'moved' || message.kind === 'reminder';
  return {
    ...(known && { from_date: known.date, from_time: known.start_time }),
    ...(known?.doctors !== undefined && { doctors: known.doctors }),
    ...(asks && visit && { status: visit.status }),
  };
}

/**
 * The same question as when the message was queued. Quiet hours, a provider that was down, or an admin who sends it again
 * at night may have held it up since.
 * @param others what else the reader is told of the same visit by the same channel
 */
export function verdictOn(
  message: Queued,
  changes: Readonly<Params>,
  others: readonly Told[],
  reader: Reader,
  clock: Clock,
): Verdict {
  const { id, kind, created_at } = message;
  const params = { ...message.params, ...changes };
  const verdict = judge({ kind, params, created_at: new Date(created_at) }, reader, clock);
  if (verdict.drop !== undefined) return verdict;
  if (isOvertaken({ id, kind, params }, others)) return { drop: 'overtaken' };
  return kind === 'moved' && isBack(params, reader.visit) ? { drop: 'visit_moved' } : verdict;
}

/** The visit was moved away and back, to the same doctor at the same time, and nobody was told of it. */
function isBack(params: Readonly<Params>, visit: Reader['visit']): boolean {
  const { from_date, from_time, doctors } = params;
  const when = timeOf(params, visit);
  const isSameDoctor = doctors === undefined || doctors === String(visit?.doctor);
  return isSameDoctor && when?.date === from_date && when?.start_time === from_time;
}

/** Milliseconds until it is this message's turn, after earlier ones that are still to be told; 0 when it is now. */
export function waitsFor(message: Told, others: readonly Told[], reader: Reader, clock: Clock): number {
  const all = [...others, message];
  return turnIn(message, others, clock.now().getTime(), (other) => {
    const rest = all.filter(({ id }) => id !== other.id);
    return verdictOn(other, changesOf(other, rest, reader), rest, reader, clock).drop === undefined;
  });
}
