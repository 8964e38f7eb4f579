import { AppError } from '../../core/errors.ts';
import { type Caller, type Role, sideOf } from '../../core/roles.ts';
import type { Tx } from '../../db/client.ts';
import type { Appointments } from '../appointments/index.ts';
import type { Audit } from '../audit/index.ts';
import type { UserChanges } from './users.schemas.ts';

export interface LeavingDependencies {
  audit: Pick<Audit, 'record' | 'recordAll'>;
  timeslots: {
    lockUpcoming: (tx: Tx, doctor: number) => Promise<void>;
    removeUpcoming: (tx: Tx, doctor: number) => Promise<void>;
  };
  appointments: { callingOff: Pick<Appointments['callingOff'], 'aheadOf'> };
}

interface Leaving {
  newRole: boolean;
  is_active: boolean | undefined;
  upcoming: UserChanges['upcoming'];
}

/** What becomes of the calendar of somebody who is put out, or is no longer what they were. */
export function createLeaving({ audit, timeslots, appointments }: LeavingDependencies) {
  /** Of a doctor, patients hear that the doctor is away, and who else could see them. */
  function reasonFor(role: Role, { newRole }: Leaving) {
    if (sideOf(role) === 'doctor') return 'doctor_absent';
    // A patient who is given another role still has an account.
    return newRole ? null : 'account_closed';
  }

  return {
    /**
     * Their visits ahead are cancelled with `upcoming: cancel`, stay with `keep`, and refuse it otherwise. Whoever changes
     * their role cannot keep visits in the old one, and a doctor's free slots go with it. The person is locked, their
     * visits come next and their slots last, as everywhere. While the slots are locked nobody can book or move to one;
     * whoever waited for them is refused by `appointments_doctor_works`. So what is counted or cancelled here
     * is all there is, also what was booked while the locks were waited for.
     * @param before what they were
     * @throws AppError has_upcoming, role_in_use
     */
    async leaveCalendar(
      tx: Tx,
      user: number,
      before: { role: Role; is_active: boolean },
      leaving: Leaving,
      by: Caller,
    ): Promise<void> {
      const { newRole, is_active, upcoming } = leaving;
      const isPutOut = is_active === false;
      if (!newRole && !isPutOut) return;
      if (upcoming === 'cancel') await appointments.callingOff.aheadOf(user).lock(tx);
      await timeslots.lockUpcoming(tx, user);
      if (upcoming === 'cancel') {
        const reason = reasonFor(before.role, leaving);
        const people = await appointments.callingOff.aheadOf(user).cancel(tx, by.id, reason);
        const details = { left_by: user };
        await audit.recordAll(tx, { actor: by, action: 'appointment.cancel', details }, people);
      } else if (newRole || (before.is_active && upcoming === undefined)) {
        const count = await appointments.callingOff.aheadOf(user).count(tx);
        if (count > 0) throw new AppError(newRole ? 'role_in_use' : 'has_upcoming', { count });
      }
      if (newRole) await timeslots.removeUpcoming(tx, user);
    },
  };
}
