/** What a receiver answered, as far as it matters. */
interface Answer {
  status?: number | undefined;
  retry_after?: number | undefined;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** Seconds to wait after the first try, the second, and so on; after the tenth it has failed. */
const PAUSES = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** Chance adds up to this part of a pause to it: what failed together does not come together. */
const SPREAD = 0.2;

/** What is to be done after a try. */
type Verdict =
  | { is: 'delivered' }
  /** Its endpoint wants no more of anything. */
  | { is: 'gone' }
  | { is: 'exhausted' }
  /** `slow`: everything for this endpoint waits as long. */
  | { is: 'again'; seconds: number; slow: boolean };

const SLOW = new Set([429, 502, 503, 504]);

/** @param attempts how many there have been, this one included; @param chance 0 to 1 */
export function judge(outcome: Answer, attempts: number, chance: number): Verdict {
  const { status = 0, retry_after = 0 } = outcome;
  if (status >= 200 && status < 300) return { is: 'delivered' };
  if (status === 410) return { is: 'gone' };
  const pause = PAUSES[attempts - 1];
  if (pause === undefined) return { is: 'exhausted' };
  const seconds = Math.max(pause * (1 + SPREAD * chance), retry_after);
  return { is: 'again', seconds, slow: SLOW.has(status) };
}
