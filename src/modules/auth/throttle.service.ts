import { createHmac } from 'node:crypto';
import { networkOf } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { deriveKey } from '../../core/keys.ts';
import type { Db, Executor } from '../../db/client.ts';
import * as repository from './throttle.repository.ts';
import { ADDRESS_DELAYS, newcomersWait, PAIR_DELAYS, REMEMBERED } from './throttle.rules.ts';

export interface ThrottleDependencies {
  db: Db;
  clock: Clock;
  secret: string;
  /** Off, nothing is counted: for measuring. */
  rate_limit: boolean;
}

export interface Try {
  /** What is guessed; failures at one do not count for the other. */
  at: 'sign_in' | 'reset' | 'confirm';
  /** The account as it was typed, in one form, whether or not it exists. */
  name: string;
  /** Where the guess comes from: an address, or a session for those who have one. */
  from: string;
  /** The account of that name; undefined when there is none. */
  user?: number | undefined;
}

/** A try that was let through. It counts as a failure unless it is forgotten. */
export interface Turn {
  account: string;
  address: string;
  pair: string;
}

export type Throttle = ReturnType<typeof createThrottle>;

/**
 * Slows down guessing at passwords and codes, without a lock that a stranger could turn on an owner.
 *
 * Three things are counted, each for an hour after its last failure:
 *
 * - the *pair* of an account and an address: five tries, then 1 s, 2 s, 4 s … up to 15 minutes between two. That stops
 *   the one who guesses and nobody else.
 * - the *account*, from wherever: after ten failures an address that is new to the account has to wait first, 1 s up to
 *   30 s. The wait is each newcomer's own: it begins when they first come, and what others do meanwhile does not
 *   lengthen it. A delay of the account as a whole would be a lock: attackers, who try a thousand times a second, would
 *   take every turn. So an owner who travels gets in after 30 s at most, and 10,000 addresses get 10,000 guesses each
 *   half minute at best, then each one in 15 minutes, at passwords of ten bytes that are not among the commonest.
 * - the *address*, at whatever account: after 20 failures 1 s up to a minute between two. That stops one who tries a
 *   common password on everybody.
 *
 * An address from which the account has signed in before is judged by the pair alone: owners get in from home, in the
 * middle of an attack, at the first try. Networks stand for addresses, /64 in IPv6. (NIST SP 800-63B, 5.2.2, and
 * OWASP's device cookies recommend the like.)
 *
 * What a stranger learns: nothing. The typed name is counted whether or not it exists, by the same statements. Only
 * who shares an address with an owner (a family, a clinic's Wi-Fi) could find out, by an attack from elsewhere at the
 * same time, that somebody of that name has signed in from it; and could make them wait for the pair's delay there,
 * and there only.
 *
 * Failures are kept in the database, which replicas share anyway, under keyed hashes: the table names nobody.
 */
export function createThrottle({ db, clock, secret, rate_limit }: ThrottleDependencies) {
  const key = deriveKey(secret, 'throttles');
  const mark = (kind: string, ...parts: string[]) =>
    `${kind}:${createHmac('sha256', key).update(JSON.stringify(parts)).digest().subarray(0, 16).toString('base64url')}`;

  const pairOf = (at: Try['at'], name: string, address: string) => mark('pair', at, name, address);
  const forgottenAt = (now: Date) => new Date(now.getTime() - REMEMBERED);

  function refuse(until: string | null, now: Date): never {
    const left = until === null ? 0 : Date.parse(until) - now.getTime();
    throw new AppError('too_many_requests', { retryAfter: Math.max(1, Math.ceil(left / 1_000)) });
  }

  return {
    /** @throws AppError too_many_requests, with the seconds after which this one may try again */
    async admit({ at, name, from, user }: Try): Promise<Turn> {
      const network = networkOf(from);
      const address = network ?? from;
      const turn = {
        account: mark('account', at, name),
        address: mark('address', address),
        pair: pairOf(at, name, address),
      };
      if (!rate_limit) return turn;
      const now = clock.now();
      const forgotten = forgottenAt(now);
      const standing = await repository.findStanding(db, turn, user ?? null, network ?? null, now, forgotten);
      // Whoever confirms their own password holds a session: their place is known.
      const isKnown = standing.is_known || at === 'confirm';
      if (!isKnown && standing.address_until !== null) refuse(standing.address_until, now);
      const wait = isKnown ? 0 : newcomersWait(standing.account_failures);
      const refused = await repository.takeTurn(db, turn.pair, wait, PAIR_DELAYS, now, forgotten);
      if (refused) refuse(refused.until, now);
      return turn;
    },

    async failed(executor: Executor, turn: Turn): Promise<void> {
      const now = clock.now();
      if (rate_limit) await repository.countFailure(executor, turn, ADDRESS_DELAYS, now, forgottenAt(now));
    },

    /** Forgets the failures of a pair that turned out to be right, and those at other names of the same account. */
    async succeeded(
      executor: Executor,
      turn: Turn,
      others: readonly Omit<Try, 'user'>[] = [],
    ): Promise<void> {
      const pairs = others.map(({ at, name, from }) => pairOf(at, name, networkOf(from) ?? from));
      if (rate_limit) await repository.forget(executor, [turn.pair, ...pairs]);
    },
  };
}
