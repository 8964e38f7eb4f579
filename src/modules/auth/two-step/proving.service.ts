import { networkOf } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Origin } from '../../../core/device.ts';
import type { Message } from '../../../core/messages.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Sealer } from '../../../core/sealing.ts';
import { stepOf } from '../../../core/totp.ts';
import type { Tx } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Throttle, Turn } from '../throttle/throttle.service.ts';
import * as repository from './two-step.repository.ts';
import { readCode } from './two-step.rules.ts';

interface ProvingDependencies {
  clock: Clock;
  sealer: Sealer;
  throttle: Throttle;
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
  audit: Pick<Audit, 'record' | 'watch'>;
}

type Person = Pick<Caller, 'id' | 'role'>;

export type Proving = ReturnType<typeof createProving>;

/**
 * Tries what somebody shows as their second step. Wrong tries are counted for the account, wherever they come from: six digits
 * are few, and a thousand addresses would soon have tried them. Nobody gets so far who has not shown the password, so that no
 * stranger can make an owner wait.
 */
export function createProving({ clock, sealer, throttle, messages, audit }: ProvingDependencies) {
  /**
   * Of which step a code of somebody's app is now; undefined for any other code.
   * @param sealed the app's secret, encrypted
   */
  function stepShown(user: number, sealed: string, code: string): number | undefined {
    const secret = Buffer.from(sealer.open(repository.TWO_STEP_SECRET, user, sealed), 'base64url');
    return stepOf(secret, code, clock.now());
  }

  /** A code of the app, which then serves no more, nor does any before it. */
  async function usesApp(tx: Tx, user: number, code: string): Promise<boolean> {
    const found = await repository.findTwoStep(tx, user);
    if (!found?.confirmed_at) return false;
    const step = stepShown(user, found.secret, code);
    return step !== undefined && (await repository.useStep(tx, user, step));
  }

  async function usesRecovery(tx: Tx, person: Person, hash: Buffer): Promise<boolean> {
    const { id } = person;
    if (!(await repository.useRecoveryCode(tx, id, hash, clock.now()))) return false;
    const left = await repository.countRecoveryCodes(tx, id);
    await audit.record(tx, { actor: person, action: 'two_step.recover', subject: id, details: { left } });
    await messages.enqueue(tx, {
      user_id: id,
      kind: 'two_step_changed',
      key: `user:${id}:two_step:recovery:${left}:${clock.now().toISOString()}`,
      params: { what: 'recovery', left: String(left) },
    });
    return true;
  }

  return {
    stepShown,

    during: throttle.during,

    /** @throws AppError too_many_requests */
    admit: (user: number): Promise<Turn> => throttle.admit({ at: 'second_step', user, from: `user:${user}` }),

    /**
     * Uses a code up. The person's row is locked, and the transaction must commit whatever comes of it: a wrong try that
     * rolls back was never counted.
     * @returns whether it was right
     */
    async attempt(tx: Tx, turn: Turn, person: Person, typed: string, { address }: Origin): Promise<boolean> {
      const code = readCode(typed);
      const isRight =
        code !== undefined &&
        ('app' in code
          ? await usesApp(tx, person.id, code.app)
          : await usesRecovery(tx, person, code.recovery));
      if (isRight) await throttle.succeeded(tx, turn);
      else {
        await throttle.failed(tx, turn);
        const network = networkOf(address);
        await audit.watch(tx, { action: 'second_step.fail', subject: person.id, network });
      }
      return isRight;
    },
  };
}
