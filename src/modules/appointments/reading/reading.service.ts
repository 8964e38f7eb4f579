import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import type { Db } from '../../../db/client.ts';
import type { Guardians } from '../../patients/index.ts';
import { findAppointment, findOwners } from '../appointments.repository.ts';
import { asOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import type { Filters } from './filters.repository.ts';
import type { AppointmentFilters, OwnFilters } from './filters.schemas.ts';
import { listAppointments, listFamily } from './reading.repository.ts';

export interface ReadingDependencies {
  db: Db;
  clock: Clock;
  guardians: Pick<Guardians, 'adult' | 'patientFor'>;
}

export function createReading({ db, clock, guardians }: ReadingDependencies) {
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

    findOwners: (appointment: number) => findOwners(db, appointment, guardians.adult()),

    /** Every appointment, for admins. */
    list: ({ page, page_size, ...filters }: AppointmentFilters): Promise<Page<Appointment>> =>
      pageOf(filters, { page, page_size }),

    /**
     * A doctor's own appointments; for an admin those they booked; for a patient their own and those of whom they look after,
     * or of the one they name.
     * @throws AppError patient_not_found (a patient names somebody whom they do not look after)
     */
    async listOwn(
      { page: number, page_size, ...filters }: OwnFilters,
      caller: Caller,
    ): Promise<Page<Appointment>> {
      const page = { page: number, page_size };
      const side = sideOf(caller.role);
      if (side !== 'patient') return pageOf({ ...filters, [side ?? 'booked_by']: caller.id }, page);
      if (filters.patient !== undefined)
        return pageOf({ ...filters, patient: await guardians.patientFor(filters.patient, caller) }, page);
      const wall = clock.wall();
      const found = await listFamily(
        db,
        filters,
        { person: caller.id, adult: guardians.adult() },
        wall,
        page,
      );
      return { ...found, rows: found.rows.map((row) => asOf(row, wall)) };
    },
  };
}
