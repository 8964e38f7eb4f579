import type { AuditAction } from '../../../core/audited.ts';
import { type Clock, hasEnded, type WallTime } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { type Caller, mayComplete } from '../../../core/roles.ts';
import type { Attendance } from '../../../core/words.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import { findAppointment } from '../appointments.repository.ts';
import { isOfOthers, isStale, type Owners, stillOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import * as repository from './attendance.repository.ts';

interface AttendanceDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
}

/** For which versions a mark is meant, any by default, and whose the visit was when the caller was let through to it. */
interface Meant {
  expected?: readonly number[] | undefined;
  owners?: Owners | undefined;
}

/** How often marking is tried, in case the visit was confirmed or marked between the refusal and the question why. */
const ATTEMPTS = 3;

const actions = {
  arrived: 'appointment.arrive',
  completed: 'appointment.complete',
  no_show: 'appointment.no_show',
} as const;

/**
 * Whether patients came: marks on confirmed visits. A mark can be changed and taken back on the day on which it was made. Marking
 * a patient as arrived confirms a request that is still to be answered.
 */
export function createAttendance({ db, clock, audit }: AttendanceDependencies) {
  function marking(appointment: number, caller: Caller, { expected, owners }: Meant): repository.Marking {
    const wall = clock.wall();
    return {
      appointment,
      by: caller.id,
      now: clock.now(),
      wall,
      day_began: clock.at(wall.date, '00:00'),
      over_completed: mayComplete(caller.role),
      expected,
      owners: stillOf(caller.role, owners),
    };
  }

  /** Does the work, notes it, and reads the visit before it commits, so that no later change stands in the answer. */
  async function noted(
    action: AuditAction,
    { appointment, owners, caller }: repository.Marking & { caller: Caller },
    work: (tx: Parameters<typeof findAppointment>[0]) => Promise<{ patient: number } | undefined>,
  ): Promise<{ done: boolean; now: Appointment }> {
    const { done, now } = await transaction(db, async (tx) => {
      const marked = await work(tx);
      if (marked) {
        const details = { appointment };
        await audit.record(tx, { actor: caller, action, subject: marked.patient, details });
      }
      return { done: marked !== undefined, now: await findAppointment(tx, appointment) };
    });
    if (!now || isOfOthers(now, owners)) throw new AppError('appointment_not_found');
    return { done, now };
  }

  return {
    /**
     * Marks a visit. Repeating the same mark changes nothing, whatever version the client saw.
     * @throws AppError not_confirmed, visit_ahead, attendance_final, version_mismatch, appointment_not_found (or it has changed hands)
     */
    async mark(
      appointment: number,
      mark: Attendance,
      caller: Caller,
      meant: Meant = {},
    ): Promise<Appointment> {
      for (let attempt = 1; ; attempt += 1) {
        const change = marking(appointment, caller, meant);
        const { done, now } = await noted(actions[mark], { ...change, caller }, (tx) =>
          repository.markVisit(tx, mark, change),
        );
        if (done || now.attendance === mark) return now;
        if (isStale(now, meant.expected)) throw new AppError('version_mismatch');
        const isReady = now.status === 'confirmed' || (mark === 'arrived' && isPending(now, change.wall));
        if (!isReady) throw new AppError('not_confirmed');
        if (now.date > change.wall.date) throw new AppError('visit_ahead');
        if (attempt === ATTEMPTS) throw new AppError('attendance_final');
      }
    },

    /**
     * Takes a mark back on the day on which it was made. Where there is none, that is fine too.
     * @throws AppError attendance_final, version_mismatch, appointment_not_found (or it has changed hands)
     */
    async unmark(appointment: number, caller: Caller, meant: Meant = {}): Promise<void> {
      for (let attempt = 1; ; attempt += 1) {
        const change = marking(appointment, caller, meant);
        const { done, now } = await noted('appointment.take_back', { ...change, caller }, (tx) =>
          repository.unmarkVisit(tx, change),
        );
        if (done || now.attendance === null) return;
        if (isStale(now, meant.expected)) throw new AppError('version_mismatch');
        if (attempt === ATTEMPTS) throw new AppError('attendance_final');
      }
    },
  };
}

const isPending = (visit: Appointment, wall: WallTime) =>
  visit.status === 'pending' && !hasEnded(visit, wall);
