import { createHmac } from 'node:crypto';
import { networkOf } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { deriveKey } from '../../../core/keys.ts';
import type { Db, Executor } from '../../../db/client.ts';
import { asAppError } from '../../../db/errors.ts';
import * as repository from './throttle.repository.ts';
import { ADDRESS_DELAYS, ADDRESS_FORGETS, newcomersWait, PAIR_DELAYS, REMEMBERED } from './throttle.rules.ts';

export interface ThrottleDependencies {
  db: Db;
  clock: Clock;
  secret: string;
  /** Off, nothing is counted: for measuring. */
  rate_limit: boolean;
}

interface Try {
  /** What is guessed; failures at one do not count for the other. */
  at: 'sign_in' | 'reset' | 'claim' | 'confirm' | 'join_family' | 'second_step';
  /** Where the guess comes from: an address, a session for those who have one, or the account where it alone counts. */
  from: string;
  /** The account that is guessed at; undefined where nobody has the name that was typed. */
  user: number | undefined;
  /** What was typed, in one form. */
  name?: string | undefined;
  /** The seconds that the address has to wait anyway, unless it is known to the account (http/rate-limit). */
  held?: number | undefined;
}

/** Whoever confirms their own password, or joins a family, holds a session, and before a second step comes a password. */
const HELD: readonly Try['at'][] = ['confirm', 'join_family', 'second_step'];

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
 * - the *address*, at whatever account: after a hundred failures within an hour 1 s up to a minute between two, and no
 *   more than RATE_LIMIT_AUTH failures a minute (http/rate-limit). That stops one who tries a common password on everybody.
 *
 * An address from which the account has signed in before is judged by the pair alone: owners get in from home, in the
 * middle of an attack, at the first try. Networks stand for addresses, /64 in IPv6. (NIST SP 800-63B, 5.2.2, and
 * OWASP's device cookies recommend the like.)
 *
 * An account is counted by its id, so that its name, phone and email, in whatever form, are one; a name that nobody has,
 * by its text. What a stranger learns of one name: nothing, as both are counted by the same statements. Only who uses up
 * the tries of one name and finds another used up with it knows that both are of one account; and only who shares an
 * address with an owner (a family, a clinic's Wi-Fi) could find out, by an attack from elsewhere at the same time, that
 * somebody of that name has signed in from it; and could make them wait for the pair's delay there, and there only.
 *
 * Failures are kept in the database, which replicas share anyway, under keyed hashes: the table names nobody.
 */
export function createThrottle({ db, clock, secret, rate_limit }: ThrottleDependencies) {
  const key = deriveKey(secret, 'throttles');
  const mark = (kind: string, ...parts: string[]) =>
    `${kind}:${createHmac('sha256', key).update(JSON.stringify(parts)).digest().subarray(0, 16).toString('base64url')}`;

  /** An account, or the text that is none's. */
  const whoOf = ({ user, name = '' }: Pick<Try, 'user' | 'name'>) =>
    user === undefined ? ['name', name] : ['user', String(user)];
  const pairOf = ({ at, from, ...who }: Try) => mark('pair', at, ...whoOf(who), networkOf(from) ?? from);
  const forgottenAt = (now: Date) => new Date(now.getTime() - REMEMBERED);

  function refuse(until: string | null, now: Date): never {
    const left = until === null ? 0 : Date.parse(until) - now.getTime();
    throw new AppError('too_many_requests', { retryAfter: Math.max(1, Math.ceil(left / 1_000)) });
  }

  return {
    /** @throws AppError too_many_requests, with the seconds after which this one may try again */
    async admit(attempt: Try): Promise<Turn> {
      const { at, from, user, held } = attempt;
      const network = networkOf(from);
      const turn = {
        account: mark('account', at, ...whoOf(attempt)),
        address: mark('address', network ?? from),
        pair: pairOf(attempt),
      };
      if (!rate_limit) return turn;
      const now = clock.now();
      const forgotten = forgottenAt(now);
      const standing = await repository.findStanding(db, turn, user ?? null, network ?? null, now, forgotten);
      const isKnown = standing.is_known || HELD.includes(at);
      if (!isKnown && held !== undefined) throw new AppError('too_many_requests', { retryAfter: held });
      if (!isKnown && standing.address_until !== null) refuse(standing.address_until, now);
      const wait = isKnown ? 0 : newcomersWait(standing.account_failures);
      const refused = await repository.takeTurn(db, turn.pair, wait, PAIR_DELAYS, now, forgotten);
      if (refused) refuse(refused.until, now);
      return turn;
    },

    async failed(executor: Executor, turn: Turn): Promise<void> {
      const now = clock.now();
      if (!rate_limit) return;
      const forgotten = forgottenAt(now);
      await repository.countFailure(executor, turn, ADDRESS_DELAYS, ADDRESS_FORGETS, now, forgotten);
    },

    /**
     * Does what a try is for. What is wrong is no error of that, but an answer: where it is refused, what was shown was right,
     * and a limit or a name that is taken stands against it. So the turn is given back, and the failures before it stay.
     */
    async during<Result>(turn: Turn, work: () => Promise<Result>): Promise<Result> {
      try {
        return await work();
      } catch (error) {
        const refusal = error instanceof AppError ? error : asAppError(error);
        if (rate_limit && refusal && refusal.status < 500) await repository.giveBack(db, turn.pair);
        throw error;
      }
    },

    /** Forgets the failures of a pair that turned out to be right, and those of the same account at something else. */
    async succeeded(executor: Executor, turn: Turn, others: readonly Try[] = []): Promise<void> {
      if (rate_limit) await repository.forget(executor, [turn.pair, ...others.map(pairOf)]);
    },
  };
}
