import { type Clock, hasEnded } from '../../core/clock.ts';
import type { Db } from '../../db/client.ts';
import type { Appointment } from './appointments.schemas.ts';
import * as repository from './expiry.repository.ts';

/** How many requests one statement ends: its locks are held for a moment. */
const BATCH = 100;

/** Requests that nobody answered end when their slots are over. */
export function createExpiry({ db, clock }: { db: Db; clock: Clock }) {
  return {
    /** The task `expire_requests`. Any number of workers may do it at once. */
    async expire(): Promise<void> {
      for (;;) {
        const moment = { now: clock.now(), wall: clock.wall() };
        if ((await repository.expireLapsed(db, moment, BATCH)) < BATCH) return;
      }
    },

    /** As it is to be read now: the job may not have come to it yet. */
    asOfNow: (appointment: Appointment): Appointment =>
      appointment.status === 'pending' && hasEnded(appointment, clock.wall())
        ? { ...appointment, status: 'expired' }
        : appointment,
  };
}
