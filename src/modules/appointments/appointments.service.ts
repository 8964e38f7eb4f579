import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../db/client.ts';
import type { MayLag } from '../../db/links/replica.ts';
import type { Audit } from '../audit/index.ts';
import type { Policy, Reach } from '../availability/index.ts';
import { createAttendance } from './attendance/attendance.service.ts';
import { type BookingDependencies, createBooking } from './booking/booking.service.ts';
import { createCallingOff } from './cancelling/calling-off.service.ts';
import { createCancelling } from './cancelling/cancelling.service.ts';
import { createExpiry } from './cancelling/expiry.service.ts';
import { createCorrecting } from './correcting/correcting.service.ts';
import { createDay } from './day/day.service.ts';
import { createExport, type ExportDependencies } from './export/export.service.ts';
import { createHistory } from './history/history.service.ts';
import { createMoving } from './moving/moving.service.ts';
import { createReplacing } from './moving/replacing.service.ts';
import { createReading, type ReadingDependencies } from './reading/reading.service.ts';

interface AppointmentsDependencies {
  db: Db;
  mayLag: MayLag;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordAll' | 'recordShown'>;
  settings: { policy: () => Policy | Promise<Policy> };
  idempotency: BookingDependencies['idempotency'];
  obtaining: BookingDependencies['obtaining'];
  reach: Pick<Reach, 'of'>;
  hasEnded: ExportDependencies['hasEnded'];
  reached: BookingDependencies['reached'];
  guardians: BookingDependencies['guardians'] & ReadingDependencies['guardians'];
  updates: ReadingDependencies['updates'];
}

export type Appointments = ReturnType<typeof createAppointments>;

/** Visits of patients to doctors, by what is done with them. */
export function createAppointments(dependencies: AppointmentsDependencies) {
  const cancelling = createCancelling(dependencies);
  const moving = createMoving(dependencies);
  return {
    reading: createReading(dependencies),
    booking: createBooking(dependencies),
    cancelling,
    /** For other modules: cancels all visits of an absence, of a holiday, or of somebody who leaves. */
    callingOff: createCallingOff(dependencies),
    expiry: createExpiry(dependencies),
    moving,
    replacing: createReplacing({ ...dependencies, cancelling, moving }),
    correcting: createCorrecting(dependencies),
    attendance: createAttendance(dependencies),
    day: createDay(dependencies),
    history: createHistory(dependencies),
    export: createExport(dependencies),
  };
}
