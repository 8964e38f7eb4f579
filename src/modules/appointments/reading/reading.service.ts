import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import type { Db } from '../../../db/client.ts';
import type { Reach } from '../../availability/index.ts';
import { findAppointment, findOwners } from '../appointments.repository.ts';
import { asOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import type { Filters } from './filters.repository.ts';
import type { AppointmentFilters } from './filters.schemas.ts';
import { listAppointments } from './reading.repository.ts';

interface ReadingDependencies {
  db: Db;
  clock: Clock;
  reach: Pick<Reach, 'of'>;
}

export function createReading({ db, clock, reach }: ReadingDependencies) {
  async function pageOf(filters: Filters, page: PageRequest): Promise<Page<Appointment>> {
    const wall = clock.wall();
    const found = await listAppointments(db, filters, wall, page);
    return { ...found, rows: found.rows.map((row) => asOf(row, wall)) };
  }

  async function within(filters: Filters, caller: Caller): Promise<Filters> {
    return { ...filters, branches: (await reach.of(caller)) ?? undefined };
  }

  return {
    /** @throws AppError appointment_not_found */
    async get(id: number): Promise<Appointment> {
      const appointment = await findAppointment(db, id);
      if (!appointment) throw new AppError('appointment_not_found');
      return asOf(appointment, clock.wall());
    },

    /** Whose appointment it is; undefined for one that the caller does not reach. */
    findOwners: async (appointment: number, caller: Caller) =>
      findOwners(db, appointment, await reach.of(caller)),

    /** Every appointment that the caller reaches, for the staff. */
    list: async (
      { page, page_size, ...filters }: AppointmentFilters,
      caller: Caller,
    ): Promise<Page<Appointment>> => pageOf(await within(filters, caller), { page, page_size }),

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

    /** A patient's or a doctor's own appointments; for the staff those they booked. */
    async listOwn(
      { page, page_size, ...filters }: AppointmentFilters,
      caller: Caller,
    ): Promise<Page<Appointment>> {
      const own = { doctor: undefined, patient: undefined, [sideOf(caller.role) ?? 'booked_by']: caller.id };
      return pageOf(await within({ ...filters, ...own }, caller), { page, page_size });
    },
  };
}
