import { adultsBornBy } from '../../../core/age.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import type { Db } from '../../../db/client.ts';
import type { Updates } from '../../../events/updates.ts';
import type { Reach } from '../../availability/index.ts';
import type { Guardians } from '../../patients/index.ts';
import { findAppointment, findAppointments, findOwners, findWithOwners } from '../appointments.repository.ts';
import { asOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import type { Filters } from './filters.repository.ts';
import type { AppointmentFilters, OwnFilters } from './filters.schemas.ts';
import { listAppointments, listFamily } from './reading.repository.ts';

export interface ReadingDependencies {
  db: Db;
  clock: Clock;
  reach: Pick<Reach, 'of'>;
  guardians: Pick<Guardians, 'adult' | 'patientFor'>;
  updates: Updates;
}

export function createReading({ db, clock, reach, guardians, updates }: ReadingDependencies) {
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
      findOwners(db, appointment, guardians.adult(), await reach.of(caller)),

    /** The same with the appointment, as `get` has it. */
    async findWithOwners(appointment: number, caller: Caller) {
      const found = await findWithOwners(db, appointment, guardians.adult(), await reach.of(caller));
      return found && { ...found, record: asOf(found.record, clock.wall()) };
    },

    /** Every appointment that the caller reaches, for the staff, or what of them has changed. @throws AppError too_old */
    async list(
      { page, page_size, cursor, updated_since, ...filters }: AppointmentFilters,
      caller: Caller,
    ): Promise<Page<Appointment>> {
      if (updated_since === undefined)
        return pageOf(await within(filters, caller), { page, page_size, cursor });
      const scope = await reach.of(caller);
      const wall = clock.wall();
      const rows = async (ids: readonly number[]) =>
        (await findAppointments(db, ids, scope)).map((row) => asOf(row, wall));
      return updates.page('appointments', { updated_since, page_size, cursor }, { rows, scope });
    },

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

    /**
     * A doctor's own appointments; for the staff those they booked; for a patient their own and those of whom they look after,
     * or of the one they name.
     * @throws AppError patient_not_found (a patient names somebody whom they do not look after)
     */
    async listOwn(
      { page: number, page_size, cursor, ...filters }: OwnFilters,
      caller: Caller,
    ): Promise<Page<Appointment>> {
      const page = { page: number, page_size, cursor };
      const side = sideOf(caller.role);
      if (side !== 'patient')
        return pageOf(await within({ ...filters, [side ?? 'booked_by']: caller.id }, caller), page);
      if (filters.patient !== undefined)
        return pageOf({ ...filters, patient: await guardians.patientFor(filters.patient, caller) }, page);
      const wall = clock.wall();
      const found = await listFamily(
        db,
        filters,
        { person: caller.id, adult: adultsBornBy(wall.date) },
        wall,
        page,
      );
      return { ...found, rows: found.rows.map((row) => asOf(row, wall)) };
    },
  };
}
