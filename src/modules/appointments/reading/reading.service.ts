import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import type { Db } from '../../../db/client.ts';
import { findAppointment, findOwners } from '../appointments.repository.ts';
import { asOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import type { Filters } from './filters.repository.ts';
import type { AppointmentFilters } from './filters.schemas.ts';
import { listAppointments } from './reading.repository.ts';

export function createReading({ db, clock }: { db: Db; clock: Clock }) {
  async function pageOf(filters: Filters, page: PageRequest): Promise<Page<Appointment>> {
    const wall = clock.wall();
    const found = await listAppointments(db, filters, wall, page);
    return { ...found, rows: found.rows.map((row) => asOf(row, wall)) };
  }

  return {
    /** @throws AppError appointment_not_found */
    async get(id: number): Promise<Appointment> {
      const appointment = await findAppointment(db, id);
      if (!appointment) throw new AppError('appointment_not_found');
      return asOf(appointment, clock.wall());
    },

    findOwners: (appointment: number) => findOwners(db, appointment),

    /** Every appointment, for admins. */
    list: ({ page, page_size, ...filters }: AppointmentFilters): Promise<Page<Appointment>> =>
      pageOf(filters, { page, page_size }),

    /**
     * A doctor's visits of one patient, whatever became of them.
     * @throws AppError patient_not_found, also where they have had none: whom they never saw does not exist for them
     */
    async listOfPatient(
      patient: number,
      { page, page_size }: PageRequest,
      caller: Caller,
    ): Promise<Page<Appointment>> {
      const found = await pageOf({ doctor: caller.id, patient }, { page, page_size });
      if (found.count === 0) throw new AppError('patient_not_found');
      return found;
    },

    /** A patient's or a doctor's own appointments; for an admin those they booked. */
    listOwn({ page, page_size, ...filters }: AppointmentFilters, caller: Caller): Promise<Page<Appointment>> {
      const own = { doctor: undefined, patient: undefined, [sideOf(caller.role) ?? 'booked_by']: caller.id };
      return pageOf({ ...filters, ...own }, { page, page_size });
    },
  };
}
