import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import type { Appointments } from '../appointments/index.ts';
import type { Audit } from '../audit/index.ts';
import { lockPerson } from './admins.service.ts';
import * as repository from './users.repository.ts';

export interface ErasureDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  /** Ends all of a person's sessions; `announce` makes it known to this process once that has committed. */
  sessions: {
    endAll: (tx: Tx, user: number) => Promise<number[]>;
    announce: (sessions: readonly number[]) => void;
  };
  doctors: { erase: (tx: Tx, doctor: number) => Promise<void> };
  patients: { erase: (tx: Tx, patient: number) => Promise<void> };
  timeslots: {
    lockUpcoming: (tx: Tx, doctor: number) => Promise<void>;
    removeUpcoming: (tx: Tx, doctor: number) => Promise<void>;
  };
  appointments: { callingOff: Pick<Appointments['callingOff'], 'aheadOf'> };
  /** Takes somebody off the waiting list, and gives back what was held for them. */
  waitlist: { leaveAll: (tx: Tx, person: number) => Promise<void> };
  /** What every other table holds of a person. */
  traces: { erase: (tx: Tx, person: number) => Promise<void> };
}

export function createErasure(dependencies: ErasureDependencies) {
  const { db, clock, audit, sessions, doctors, patients, timeslots, appointments, waitlist, traces } =
    dependencies;

  /** @returns the sessions that ended with it */
  async function erasePerson(tx: Tx, user: number, by: Caller): Promise<number[]> {
    const before = await lockPerson(tx, user, { is_active: false });
    if (!before) throw new AppError('user_not_found');
    if (before.deleted_at) return [];
    await repository.updateUser(tx, user, {
      username: `erased#${user}`,
      password_hash: null,
      is_active: false,
      first_name: null,
      last_name: null,
      email: null,
      email_verified_at: null,
      phone: null,
      phone_verified_at: null,
      locale: null,
      deleted_at: clock.now().toISOString(),
    });
    // In the order in which everybody locks them: a patient and their doctor may be erased at once.
    await appointments.callingOff.aheadOf(user).lock(tx);
    await timeslots.lockUpcoming(tx, user);
    await appointments.callingOff.aheadOf(user).cancel(tx, by.id, 'account_deleted');
    await timeslots.removeUpcoming(tx, user);
    await waitlist.leaveAll(tx, user);
    await doctors.erase(tx, user);
    await patients.erase(tx, user);
    const ended = await sessions.endAll(tx, user);
    // After the cancelling: a decision that won the race to an appointment has left its reason by now.
    await traces.erase(tx, user);
    await audit.record(tx, { actor: by, action: 'user.erase', subject: user });
    return ended;
  }

  return {
    /** Erases a person as part of the caller's transaction. @returns the sessions that ended with it, to be announced */
    eraseWithin: erasePerson,

    /**
     * Erases a person for good: sessions end, upcoming appointments are cancelled, a doctor's upcoming slots go, names
     * and contacts are forgotten wherever they stand, and the user name is free again. A nameless row stays, so that
     * everybody else's history stays true. Repeating it changes nothing.
     * @throws AppError user_not_found, last_admin
     */
    async erase(user: number, by: Caller): Promise<void> {
      sessions.announce(await transaction(db, (tx) => erasePerson(tx, user, by)));
    },
  };
}
