import { randomInt } from 'node:crypto';
import { adultsBornBy } from '../../../core/age.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/roles.ts';
import { hashOf } from '../../../core/secrets.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { type Dependant, INVITATION_HOURS, type Joining } from './families.schemas.ts';
import type { Families } from './families.service.ts';
import { isGuardian, lockPeople } from './guardians.repository.ts';
import * as repository from './invitations.repository.ts';

interface InvitationsDependencies<Turn> {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  families: Pick<Families, 'tie' | 'get'>;
  /** Slows down guessing. */
  throttle: {
    admit: (attempt: { at: 'join_family'; from: string; user: number }) => Promise<Turn>;
    /** Does what a right code is for; where that is refused, the try counts as none. */
    during: <Result>(turn: Turn, work: () => Promise<Result>) => Promise<Result>;
    failed: (executor: Executor, turn: Turn) => Promise<void>;
    succeeded: (executor: Executor, turn: Turn) => Promise<void>;
  };
}

/** No letters and digits that look alike: thirty-two, so that ten of them make 50 bits. */
const SIGNS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const newCode = () => Array.from({ length: 10 }, () => SIGNS[randomInt(SIGNS.length)]).join('');

const hashOfCode = (code: string) => hashOf(`guardian:${code}`);

/** How a second guardian joins: by a code that the first one hands over. */
export function createInvitations<Turn>(dependencies: InvitationsDependencies<Turn>) {
  const { db, clock, audit, families, throttle } = dependencies;
  const adult = () => adultsBornBy(clock.wall().date);

  async function join(tx: Tx, code_hash: Buffer, relationship: Joining['relationship'], caller: Caller) {
    const dependant = await repository.findInvited(tx, code_hash);
    if (dependant === undefined || dependant === caller.id) return undefined;
    await lockPeople(tx, [caller.id, dependant]);
    // Somebody who looks after them already leaves an unused code to whom it is meant for.
    if (await isGuardian(tx, caller.id, dependant, adult())) return dependant;
    if (!(await repository.useInvitation(tx, code_hash, caller.id, clock.now(), adult()))) return undefined;
    await families.tie(tx, { guardian: caller.id, dependant, relationship, by: caller.id });
    await audit.record(tx, { actor: caller, action: 'family.join', subject: dependant });
    return dependant;
  }

  return {
    /**
     * A code for another guardian. It is told this once, and ends the caller's code before it.
     * @throws AppError patient_not_found
     */
    async invite(dependant: number, caller: Caller): Promise<{ code: string; expires_at: string }> {
      const code = newCode();
      const now = clock.now();
      const expires_at = new Date(now.getTime() + INVITATION_HOURS * 3_600_000);
      await transaction(db, async (tx) => {
        await lockPeople(tx, [caller.id, dependant]);
        if (!(await isGuardian(tx, caller.id, dependant, adult()))) throw new AppError('patient_not_found');
        const invitation = { dependant, invited_by: caller.id, code_hash: hashOfCode(code), expires_at, now };
        await repository.replaceInvitation(tx, invitation);
        await audit.record(tx, { actor: caller, action: 'family.invite', subject: dependant });
      });
      return { code, expires_at: expires_at.toISOString() };
    },

    /**
     * The caller looks after somebody from now on, too. Wrong codes are counted for each account.
     * @throws AppError invalid_code (unknown, used, expired, or its maker looks after them no longer, or is out), too_many_requests,
     * too_many_dependants, too_many_guardians
     */
    async join({ code, relationship }: Joining, caller: Caller): Promise<Dependant> {
      const turn = await throttle.admit({ at: 'join_family', from: `account:${caller.id}`, user: caller.id });
      const dependant = await throttle.during(turn, () =>
        transaction(db, (tx) => join(tx, hashOfCode(code), relationship, caller)),
      );
      if (dependant === undefined) {
        await throttle.failed(db, turn);
        throw new AppError('invalid_code');
      }
      await throttle.succeeded(db, turn);
      return families.get(dependant, caller);
    },
  };
}

export type Invitations = ReturnType<typeof createInvitations>;
