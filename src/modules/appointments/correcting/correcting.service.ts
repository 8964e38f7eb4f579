import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import type { Guardians } from '../../patients/index.ts';
import { findAppointment, findOwners } from '../appointments.repository.ts';
import { asOf, isStale } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import * as repository from './correcting.repository.ts';
import type { PatientCorrection } from './correcting.schemas.ts';

interface CorrectingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'recordAll'>;
  idempotency: Pick<Idempotency, 'once'>;
  guardians: Pick<Guardians, 'adult'>;
}

interface CorrectionOptions {
  request?: Keyed | undefined;
  expected?: readonly number[] | undefined;
}

/** A visit was entered for the wrong patient. */
export function createCorrecting({ db, clock, audit, idempotency, guardians }: CorrectingDependencies) {
  async function correct(
    tx: Tx,
    appointment: number,
    { from, to }: { from: number; to: number },
    caller: Caller,
    expected: readonly number[] | undefined,
  ): Promise<Appointment | undefined> {
    const here = await repository.lockPatients(tx, [from, to]);
    const wall = clock.wall();
    const visit = await repository.lockVisit(tx, appointment, wall);
    // A correction that has been made already is no change, whatever version the client saw.
    if (visit?.patient === to) {
      const found = await findAppointment(tx, appointment);
      return found && asOf(found, wall);
    }
    if (!visit) throw new AppError('appointment_not_found');
    // Somebody else has corrected it before the patients were locked: it is asked for once more.
    if (visit.patient !== from) throw new AppError('record_busy', { retryAfter: 1 });
    if (isStale(visit, expected)) throw new AppError('version_mismatch');
    if (!here.includes(to)) throw new AppError('patient_not_found');
    if (visit.status === 'cancelled' || visit.status === 'expired') throw new AppError('already_decided');
    await repository.changePatient(tx, appointment, { patient: to, by: caller.id, now: clock.now() });
    await repository.giveBackWishes(tx, appointment, { patient: from, today: wall.date });
    await repository.tellPatients(tx, appointment, from);
    const noted = { actor: caller, action: 'appointment.change_patient' as const, details: { appointment } };
    await audit.recordAll(tx, noted, [from, to]);
    return findAppointment(tx, appointment);
  }

  return {
    /**
     * Gives a visit to the patient whose it is in truth, with its slot, its times and its status. Both are told, unless it is
     * over. Repeating it changes nothing.
     * @param options.request asks for it to be done once only
     * @param options.expected the versions that it is meant for; any by default
     * @throws AppError appointment_not_found, patient_not_found, already_decided, patient_busy (the other one has a visit at
     * that time), version_mismatch, request_in_progress, idempotency_key_reused
     */
    async patient(
      appointment: number,
      { patient: to }: PatientCorrection,
      caller: Caller,
      { request, expected }: CorrectionOptions = {},
    ): Promise<Once<Appointment>> {
      const owners = await findOwners(db, appointment, guardians.adult());
      if (!owners) throw new AppError('appointment_not_found');
      const corrected = await transaction(db, (tx) =>
        idempotency.once(tx, caller, request, to, () =>
          correct(tx, appointment, { from: owners.patient, to }, caller, expected),
        ),
      );
      if (!corrected) throw new AppError('appointment_not_found');
      return corrected;
    },
  };
}
