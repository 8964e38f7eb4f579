import { createHmac } from 'node:crypto';
import { networkOf } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import { CODE_SECONDS } from '../../../core/codes.ts';
import { deriveKey, disguiseKey } from '../../../core/keys.ts';
import type { Message } from '../../../core/messages.ts';
import type { Channel, CodePurpose } from '../../../core/words.ts';
import type { Tx } from '../../../db/client.ts';
import * as repository from './codes.repository.ts';
import { judgeCeiling, newCode, secondsToWait } from './codes.rules.ts';

interface CodesDependencies {
  clock: Clock;
  /** The first makes codes; those it replaced still know the ones they made. */
  secrets: readonly string[];
  codes_per_hour: number;
  codes_per_hour_address: number;
  /** How many codes by SMS the clinic pays for in a day of its own. */
  sms_codes_per_day: number;
  users: { activeAdmins: (tx: Tx) => Promise<number[]> };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
}

interface CodeRequest {
  user: number;
  purpose: CodePurpose;
  channel: Extract<Channel, 'email' | 'sms'>;
  destination: string;
  /** Where it is asked for. */
  address: string | undefined;
}

export type Codes = ReturnType<typeof createCodes>;

/**
 * One-time codes: sent through messages, kept as a keyed hash, since a million plain hashes are tried in a second. The
 * code itself is in no answer and no table.
 */
export function createCodes(dependencies: CodesDependencies) {
  const { clock, messages } = dependencies;
  const keys = dependencies.secrets.map((secret) => deriveKey(secret, 'codes'));
  const erasedKey = disguiseKey(dependencies.secrets);
  const hashes = (user: number, purpose: CodePurpose, code: string) =>
    keys.map((key) => createHmac('sha256', key).update(`${user}:${purpose}:${code}`).digest());

  /**
   * Holds a code by SMS against the day's ceiling, and tells admins, once a day each, that it is near and that it is
   * reached.
   * @returns 0, or the seconds until the clinic's midnight
   */
  async function mindCeiling(tx: Tx, now: Date): Promise<number> {
    const { date } = clock.wall();
    const sent = await repository.countBySms(tx, clock.at(date, '00:00'));
    const { isOver, tell } = judgeCeiling(sent, dependencies.sms_codes_per_day);
    if (tell)
      for (const user_id of await dependencies.users.activeAdmins(tx))
        await messages.enqueue(tx, {
          user_id,
          kind: 'code_ceiling',
          key: `code_ceiling:${date}:${tell}`,
          params: { full: String(tell === 'full') },
        });
    return isOver ? Math.max(1, Math.ceil((clock.at(date, '24:00').getTime() - now.getTime()) / 1_000)) : 0;
  }

  return {
    /**
     * Sends a code, which replaces the one before it.
     * @returns 0, or the seconds after which one may be sent: then none was
     */
    async send(tx: Tx, { channel, ...request }: CodeRequest): Promise<number> {
      const { user, purpose, destination } = request;
      const address = networkOf(request.address) ?? null;
      const sending = { user, purpose, destination, address };
      const now = clock.now();
      await repository.lockSending(tx, [`${user}:${purpose}`, destination, address ?? '']);
      const since = new Date(now.getTime() - 3_600_000);
      const sent = await repository.findSent(tx, sending, dependencies, since, erasedKey);
      const wait = secondsToWait(sent, now) || (channel === 'sms' ? await mindCeiling(tx, now) : 0);
      if (wait > 0) return wait;
      const code = newCode();
      const [hash] = hashes(user, purpose, code);
      if (!hash) throw new Error('codes have no secret to be kept with');
      const expires_at = new Date(now.getTime() + CODE_SECONDS * 1_000);
      const id = await repository.replaceCode(tx, sending, hash, now, expires_at);
      await messages.enqueue(tx, {
        user_id: user,
        kind: 'code',
        key: `code:${id}`,
        params: { purpose },
        secret: code,
        channel,
        destination,
      });
      return 0;
    },

    /** Where the live code of a purpose was sent; undefined when there is none. */
    destination: (tx: Tx, user: number, purpose: CodePurpose): Promise<string | undefined> =>
      repository.findDestination(tx, user, purpose, clock.now()),

    /** Makes the code live again that was used at this very moment. */
    giveBack: (tx: Tx, user: number, purpose: CodePurpose): Promise<void> =>
      repository.reopenCode(tx, user, purpose, clock.now()),

    /** None of a person's codes serves any more. */
    endAll: (tx: Tx, user: number): Promise<void> => repository.endCodes(tx, user, clock.now()),

    /**
     * Tries a code. The transaction must commit whatever comes of it: a wrong try that rolls back was never counted.
     * @returns where the code was sent, undefined when it is wrong, over or tried too often
     */
    attempt: (tx: Tx, user: number, purpose: CodePurpose, code: string): Promise<string | undefined> =>
      repository.tryCode(tx, user, purpose, hashes(user, purpose, code), clock.now()),
  };
}
