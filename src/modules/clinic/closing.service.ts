import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import type { Tx } from '../../db/client.ts';
import { addJob } from '../../db/queue/jobs.ts';
import type { Appointments } from '../appointments/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Timeslots } from '../timeslots/index.ts';
import type { Upcoming } from './closing.schemas.ts';

/** A branch, or a room. */
type Where = { branch: number } | { room: number };

interface ClosingDependencies {
  audit: Pick<Audit, 'recordAll'>;
  timeslots: { closing: Pick<Timeslots['closing'], 'lock' | 'remove'> };
  appointments: { callingOff: Pick<Appointments['callingOff'], 'aheadIn'> };
}

interface Change {
  was_active: boolean;
  is_active?: boolean | undefined;
  upcoming?: Upcoming | undefined;
  /** Writes what changes. The place is locked by then, and so are its visits and slots where it closes. */
  write: () => Promise<void>;
}

export type Closing = ReturnType<typeof createClosing>;

/** What becomes of the slots and visits of a branch or a room that opens or closes. */
export function createClosing({ audit, timeslots, appointments }: ClosingDependencies) {
  return {
    /**
     * Closes a branch or a room, or opens it. Its visits ahead are cancelled with `upcoming: cancel`, stay with `keep`, and
     * refuse it otherwise; its free slots ahead go. The caller has locked its row FOR UPDATE, which waits for whoever
     * publishes there and locks it by the foreign key. Visits come next, then slots, both by id, as everywhere: whoever
     * books or moves to one of them is waited for, and what is counted or cancelled here is all there is. It is written as
     * closed before visits are cancelled, so that their slots go as they become free.
     * @throws AppError has_upcoming
     */
    async change(tx: Tx, where: Where, { was_active, is_active, upcoming, write }: Change, by: Caller) {
      if (is_active !== false) {
        await write();
        // Slots of the doctors' weeks come back with the next job.
        if (is_active && !was_active) await addJob(tx, { task: 'publish_schedules', payload: {} });
        return;
      }
      const visits = appointments.callingOff.aheadIn(where);
      if (upcoming === 'cancel') await visits.lock(tx);
      await timeslots.closing.lock(tx, where);
      await write();
      if (upcoming === 'cancel') {
        const people = await visits.cancel(tx, by.id, 'clinic_closed');
        await audit.recordAll(tx, { actor: by, action: 'appointment.cancel', details: { ...where } }, people);
      } else if (was_active && upcoming === undefined) {
        const count = await visits.count(tx);
        if (count > 0) throw new AppError('has_upcoming', { count });
      }
      await timeslots.closing.remove(tx, where);
    },
  };
}
