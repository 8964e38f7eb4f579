/** How long failures are remembered once they stop, in milliseconds. */
export const REMEMBERED = 3_600_000;

/** Seconds to wait after the first, second … failure; the last stands for every one after it. */
type Delays = readonly number[];

/** So many tries cost nothing, as people mistype; then 1 s, 2 s, 4 s … up to `longest`. */
function growing(free: number, longest: number): Delays {
  const delays = Array<number>(free - 1).fill(0);
  for (let delay = 1; delay < longest; delay *= 2) delays.push(delay);
  return [...delays, longest];
}

/**
 * Somebody who fails again and again at one account from one address. NIST SP 800-63B (5.2.2) asks for no more than
 * 100 guesses in a row, or for delays that grow "from 30 seconds up to an hour": at 15 minutes these are 96 a day.
 */
export const PAIR_DELAYS = growing(5, 900);

/**
 * One address that fails at whatever accounts: a few common passwords tried on everybody. A clinic's network or that of
 * a mobile operator is one address, too, and there somebody always mistypes: up to a hundred failures an hour are free.
 */
export const ADDRESS_DELAYS = growing(100, 60);
/** After so many seconds without a failure, one of an address is forgotten. */
export const ADDRESS_FORGETS = 36;

/** Many addresses that fail at one account. Short at its longest, since its owner may be one of them. */
const ACCOUNT_DELAYS = growing(10, 30);

/** What an address that is new to an account has to wait before its next try there, in seconds. */
export const newcomersWait = (failures: number): number =>
  failures === 0 ? 0 : (ACCOUNT_DELAYS[Math.min(failures, ACCOUNT_DELAYS.length) - 1] ?? 0);
