import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Page, PageRequest } from '../../core/page.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import type { MayLag } from '../../db/links/replica.ts';
import type { Audit } from '../audit/index.ts';
import type { Policy } from '../availability/index.ts';
import { createAbsenceCancelling } from './absence.service.ts';
import * as repository from './appointments.repository.ts';
import type { Appointment, AppointmentFilters } from './appointments.schemas.ts';
import { createAttendance } from './attendance.service.ts';
import { type BookingDependencies, createBooking } from './booking.service.ts';
import { createDecisions } from './decisions.service.ts';
import { createExpiry } from './expiry.service.ts';
import { createExport, type ExportDependencies } from './export.service.ts';
import { createHistory } from './history.service.ts';
import { createReplacing } from './replacing.service.ts';
import { createReschedule } from './reschedule.service.ts';
import { createUpcoming } from './upcoming.service.ts';

export interface AppointmentsDependencies {
  db: Db;
  mayLag: MayLag;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordShown'>;
  settings: { policy: () => Policy | Promise<Policy> };
  idempotency: BookingDependencies['idempotency'];
  obtaining: BookingDependencies['obtaining'];
  sessions: ExportDependencies['sessions'];
}

export type Appointments = ReturnType<typeof createAppointments>;

export function createAppointments(dependencies: AppointmentsDependencies) {
  const { db, clock } = dependencies;
  const decisions = createDecisions(dependencies);
  const { expire, asOfNow } = createExpiry(dependencies);
  const reschedule = createReschedule({ ...dependencies, decisions });

  async function get(appointment: number): Promise<Appointment> {
    const found = await repository.findAppointment(db, appointment);
    if (!found) throw new AppError('appointment_not_found');
    return asOfNow(found);
  }

  async function page(filters: repository.Filters, request: PageRequest): Promise<Page<Appointment>> {
    const found = await repository.listAppointments(db, filters, clock.wall(), request);
    return { ...found, rows: found.rows.map(asOfNow) };
  }

  return {
    ...createBooking(dependencies),
    ...reschedule,
    ...createReplacing({ ...dependencies, decisions, reschedule }),
    ...decisions,
    ...createAttendance(dependencies),
    ...createHistory(dependencies),
    ...createAbsenceCancelling(dependencies),
    ...createUpcoming(dependencies),
    ...createExport({ ...dependencies, asOfNow }),
    expire,
    get,
    findOwners: (appointment: number) => repository.findOwners(db, appointment),

    /** Every appointment, for admins. */
    list: ({ page: number, page_size, ...filters }: AppointmentFilters): Promise<Page<Appointment>> =>
      page(filters, { page: number, page_size }),

    /** A patient's or a doctor's own; for an admin those they booked. */
    listOwn(
      { page: number, page_size, ...filters }: AppointmentFilters,
      caller: Caller,
    ): Promise<Page<Appointment>> {
      const mine = {
        ...filters,
        doctor: undefined,
        patient: undefined,
        [sideOf(caller.role) ?? 'booked_by']: caller.id,
      };
      return page(mine, { page: number, page_size });
    },
  };
}
