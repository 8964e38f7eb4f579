import { AppError } from '../../../core/errors.ts';
import { type Caller, manages } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import * as repository from './giving.repository.ts';
import type { GivenService, NewGivenServices } from './giving.schemas.ts';

export interface GivingDependencies {
  db: Db;
  audit: Pick<Audit, 'record'>;
  currency: string;
  doctors: {
    /** @throws AppError doctor_not_found for who does not stand in the directory */
    get: (doctor: number) => Promise<unknown>;
    /** @throws AppError doctor_not_found when nobody works here as this doctor */
    mustWork: (doctor: number) => Promise<void>;
  };
  /** Writes which of a doctor's slots ahead follow on one another, so that long services are found. */
  linkSlots: (tx: Tx, doctor: number) => Promise<void>;
}

/** What each doctor gives. */
export function createGiving({ db, audit, currency, doctors, linkSlots }: GivingDependencies) {
  return {
    /** @throws AppError doctor_not_found, also of one who is not let in yet, but to admins and themself */
    async list(doctor: number, { id, role }: Caller): Promise<GivenService[]> {
      await (manages(role) || id === doctor ? doctors.mustWork(doctor) : doctors.get(doctor));
      return repository.listGiven(db, doctor);
    },

    /**
     * Replaces all that a doctor gives. Visits that are booked stay as they are.
     * @throws AppError doctor_not_found, version_mismatch, service_not_found
     */
    async replace(
      doctor: number,
      { services }: NewGivenServices,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<GivenService[]> {
      await doctors.mustWork(doctor);
      return transaction(db, async (tx) => {
        await repository.lockGiven(tx, doctor);
        unchanged?.(await repository.listGiven(tx, doctor));
        const known = await repository.keepServices(
          tx,
          services.map(({ service }) => service),
        );
        if (known.length < services.length) throw new AppError('service_not_found');
        await repository.replaceGiven(
          tx,
          doctor,
          services.map(({ service, duration_minutes = null, price }) => ({
            service_id: service,
            duration_minutes,
            has_own_price: price !== undefined,
            price: price ?? null,
            currency: price === undefined || price === null ? null : currency,
          })),
        );
        await linkSlots(tx, doctor);
        const details = { services: services.length };
        await audit.record(tx, { actor: caller, action: 'doctor.services', subject: doctor, details });
        return repository.listGiven(tx, doctor);
      });
    },
  };
}
