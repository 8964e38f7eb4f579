import { type Clock, hasBegun, type WallTime } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Executor, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import * as repository from './appointments.repository.ts';
import { refusal, statusesBefore } from './appointments.rules.ts';
import type { Appointment, AppointmentFilters, Decision, NewAppointment } from './appointments.schemas.ts';

export interface AppointmentsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
}

export type Appointments = ReturnType<typeof createAppointments>;

/** How often a booking is tried when the rival that refused it has gone again by the time one asks. */
const ATTEMPTS = 3;

export function createAppointments({ db, clock, audit }: AppointmentsDependencies) {
  async function get(appointment: number): Promise<Appointment> {
    const found = await repository.findAppointment(db, appointment);
    if (!found) throw new AppError('appointment_not_found');
    return found;
  }

  /** Patients book for themselves in one statement; what an admin books for one is noted with it. */
  async function insert(
    booking: { timeslot: number; patient: number },
    caller: Caller,
    wall: WallTime,
  ): Promise<Appointment | undefined> {
    const write = (executor: Executor) =>
      repository.insertAppointment(executor, { ...booking, booked_by: caller.id }, wall);
    if (caller.role === 'patient') return write(db);
    return transaction(db, async (tx) => {
      const booked = await write(tx);
      if (booked) await note(tx, caller, 'appointment.book', booked.id, booking.patient);
      return booked;
    });
  }

  const note = (tx: Tx, actor: Caller, action: string, appointment: number, subject: number) =>
    audit.record(tx, { actor, action, subject, details: { appointment } });

  return {
    get,
    findOwners: (appointment: number) => repository.findOwners(db, appointment),
    hasUpcoming: (tx: Tx, person: number) => repository.hasUpcoming(tx, person, clock.wall()),
    cancelUpcoming: (tx: Tx, person: number, by: number) =>
      repository.cancelUpcoming(tx, person, by, 'account_deleted', clock.wall()),

    /** Every appointment, for admins. */
    list: ({ page, page_size, ...filters }: AppointmentFilters): Promise<Page<Appointment>> =>
      repository.listAppointments(db, filters, clock.wall().date, { page, page_size }),

    /** A patient's or a doctor's own; for an admin those they booked. */
    listOwn({ page, page_size, ...filters }: AppointmentFilters, caller: Caller): Promise<Page<Appointment>> {
      const own = { admin: 'booked_by', doctor: 'doctor', patient: 'patient' } as const;
      const mine = { ...filters, doctor: undefined, patient: undefined, [own[caller.role]]: caller.id };
      return repository.listAppointments(db, mine, clock.wall().date, { page, page_size });
    },

    /**
     * Books a slot for the caller, or for the patient whom an admin names.
     * @throws AppError timeslot_not_found, patient_not_found, slot_in_past, slot_taken, patient_busy, not_with_oneself,
     * forbidden (for another patient), invalid_input
     */
    async book({ timeslot, patient: named }: NewAppointment, caller: Caller): Promise<Appointment> {
      const patient = patientOf(named, caller);
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const wall = clock.wall();
        const booked = await insert({ timeslot, patient }, caller, wall);
        if (booked) return booked;
        const why = refusal(await repository.whyRefused(db, { timeslot, patient }, wall));
        if (why) throw new AppError(why);
      }
      throw new AppError('slot_taken');
    },

    /**
     * A doctor confirms or declines what is pending; an admin may also cancel what is confirmed.
     * @throws AppError already_decided, appointment_not_found
     */
    async decide(appointment: number, { status, reason }: Decision, caller: Caller): Promise<Appointment> {
      const from = statusesBefore(status, caller.role);
      // Read before it commits: a patient's cancellation right after must not stand in the answer to this decision.
      const { moved, now } = await transaction(db, async (tx) => {
        const done = await repository.moveStatus(tx, appointment, {
          from,
          to: status,
          by: caller.id,
          reason,
        });
        const action = status === 'confirmed' ? 'appointment.confirm' : 'appointment.cancel';
        if (done) await note(tx, caller, action, appointment, done.patient);
        return { moved: done, now: await repository.findAppointment(tx, appointment) };
      });
      if (!now) throw new AppError('appointment_not_found');
      if (!moved) throw new AppError('already_decided');
      return now;
    },

    /**
     * Cancels on behalf of the patient. Repeating it is fine: a phone that lost the first answer may ask again.
     * @throws AppError visit_begun (for patients), appointment_not_found
     */
    async cancel(appointment: number, caller: Caller): Promise<void> {
      const wall = clock.wall();
      const moved = await transaction(db, async (tx) => {
        const done = await repository.moveStatus(tx, appointment, {
          from: statusesBefore('cancelled', caller.role),
          to: 'cancelled',
          by: caller.id,
          ...(caller.role === 'patient' && { unbegun: wall }),
        });
        if (done) await note(tx, caller, 'appointment.cancel', appointment, done.patient);
        return done;
      });
      if (moved) return;
      const { status, ...visit } = await get(appointment);
      if (status !== 'cancelled')
        throw new AppError(hasBegun(visit, wall) ? 'visit_begun' : 'already_decided');
    },
  };
}

/** Patients book for themselves; staff name the patient. */
function patientOf(named: number | undefined, caller: Caller): number {
  if (caller.role !== 'patient') {
    if (named === undefined) throw invalidField('patient', 'required');
    return named;
  }
  if (named !== undefined && named !== caller.id) throw new AppError('forbidden');
  return caller.id;
}
