import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Message } from '../../core/messages.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import type { User } from './user.schemas.ts';
import * as repository from './users.repository.ts';

export interface ApprovalDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  doctors: { approve: (tx: Tx, doctor: number, at: Date) => Promise<boolean> };
  messages: { enqueue: (tx: Tx, message: Message) => Promise<void> };
}

export function createApproval({ db, clock, audit, doctors, messages }: ApprovalDependencies) {
  return {
    /**
     * Lets a waiting doctor in: from the commit on they are listed, their slots are free and can be booked. Repeating
     * it changes nothing, and tells nobody twice.
     * @throws AppError user_not_found, not_a_doctor
     */
    approve: (user: number, by: Caller): Promise<User> =>
      transaction(db, async (tx) => {
        const before = await repository.lockUser(tx, user);
        if (!before || before.deleted_at) throw new AppError('user_not_found');
        if (sideOf(before.role) !== 'doctor') throw new AppError('not_a_doctor');
        if (await doctors.approve(tx, user, clock.now())) {
          await audit.record(tx, { actor: by, action: 'user.approve', subject: user });
          await messages.enqueue(tx, {
            user_id: user,
            kind: 'doctor_approved',
            key: `user:${user}:approved`,
          });
        }
        const approved = await repository.findUser(tx, user);
        if (!approved) throw new AppError('user_not_found');
        return approved;
      }),
  };
}
