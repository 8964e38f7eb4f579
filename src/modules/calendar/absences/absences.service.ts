import type { AuditAction } from '../../../core/audited.ts';
import { type Clock, hasEnded } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import { fresh, type Keyed, type Once } from '../../../core/idempotency.ts';
import { doctorFor } from '../../../core/on-behalf.ts';
import type { Page } from '../../../core/page.ts';
import { type Caller, sideOf } from '../../../core/roles.ts';
import { type Db, type Executor, type Tx, transaction } from '../../../db/client.ts';
import type { Appointments } from '../../appointments/index.ts';
import type { Audit } from '../../audit/index.ts';
import type { Branches, Reach } from '../../availability/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import { seeingOthers } from '../../timeslots/index.ts';
import { lockLeftCalendar } from '../locks.repository.ts';
import type { Publishing } from '../weeks/publishing.service.ts';
import * as repository from './absences.repository.ts';
import type { SpanAhead } from './absences.rules.ts';
import {
  type Absence,
  type AbsenceEffects,
  type AbsenceFilters,
  type NewAbsence,
  SHOWN,
} from './absences.schemas.ts';
import {
  listFreeSlots,
  lockSlots,
  opensElsewhere,
  removeFreeSlots,
  touchesElsewhere,
} from './slots.repository.ts';

type Slots = AbsenceEffects['slots'];
type Visits = AbsenceEffects['appointments'];

export interface AbsencesDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordAll'>;
  idempotency: Pick<Idempotency, 'once'>;
  appointments: { callingOff: Pick<Appointments['callingOff'], 'during'> };
  publishing: Pick<Publishing, 'lock' | 'refresh'>;
  reach: Pick<Reach, 'of' | 'mustReachDoctor'>;
}

export function createAbsences(dependencies: AbsencesDependencies) {
  const { db, clock, audit, idempotency, appointments, publishing, reach } = dependencies;

  /** Notes what the desk does to a doctor's absences. */
  const note = async (tx: Tx, caller: Caller, action: AuditAction, absence: number, doctor: number) => {
    if (caller.id !== doctor)
      await audit.record(tx, { actor: caller, action, subject: doctor, details: { absence } });
  };

  /** Whoever is bound by branches takes nothing out of others. @throws AppError forbidden */
  async function mustReachAll(executor: Executor, span: SpanAhead, branches: Branches): Promise<void> {
    if (branches !== null && (await touchesElsewhere(executor, span, branches)))
      throw new AppError('forbidden');
  }

  /** What the absence would do. */
  async function preview(span: SpanAhead, branches: Branches) {
    const judged = await repository.judgeSpan(db, span);
    if (!judged?.exists) throw new AppError('doctor_not_found');
    if (judged.overlaps) throw new AppError('absence_overlap');
    await mustReachAll(db, span, branches);
    const slots = await listFreeSlots(db, span, SHOWN);
    const visits = await appointments.callingOff.during(span).list(db, SHOWN);
    return effectsOf(slots, visits);
  }

  /**
   * Writes an absence, cancels the visits in it and removes the slots in it, in one act. The doctor's row is locked first,
   * so that nobody publishes into the absence meanwhile. The appointments are locked next and the slots last, as everywhere.
   * Once the slots are locked nobody can book one, move to one or be offered one. So what is cancelled then is all there is,
   * also what was booked while the locks were waited for. The slots that become free go at once: the waiting list is offered
   * none. Offers of other slots end with their slots (trigger `timeslots_withdraw_offer`).
   */
  async function act(
    tx: Tx,
    span: SpanAhead,
    reason: string | null,
    { caller, branches }: { caller: Caller; branches: Branches },
  ) {
    if (!(await lockLeftCalendar(tx, span.doctor))) throw new AppError('doctor_not_found');
    const details = { reason, created_by: caller.id, now: clock.now() };
    const absence = await repository.insertAbsence(tx, span, details);
    if (absence === undefined) throw new AppError('absence_overlap');
    await appointments.callingOff.during(span).lock(tx);
    await lockSlots(tx, span);
    await mustReachAll(tx, span, branches);
    const visits = await appointments.callingOff.during(span).cancel(tx, caller.id);
    const removed = await removeFreeSlots(tx, span);
    const people = [...new Set(visits.map(({ patient }) => patient.id))];
    const cancelled = { actor: caller, action: 'appointment.cancel' as const, details: { absence } };
    await audit.recordAll(tx, cancelled, people);
    await note(tx, caller, 'absence.create', absence, span.doctor);
    const booked = new Set(
      visits.flatMap(({ timeslot, further_timeslots }) => [timeslot, ...further_timeslots]),
    );
    const free = removed.filter(({ id }) => !booked.has(id));
    return {
      id: absence,
      ...effectsOf({ count: free.length, rows: free }, { count: visits.length, rows: visits }),
    };
  }

  async function mustFind(executor: Executor, id: number): Promise<Absence> {
    const absence = await repository.findAbsence(executor, id);
    if (!absence) throw new AppError('absence_not_found');
    return absence;
  }

  return {
    get: (absence: number) => mustFind(db, absence),

    /** Whose absence it is; undefined where the caller does not reach its doctor. */
    findOwner: async (id: number, caller: Caller) =>
      repository.findOwner(db, id, { branches: await reach.of(caller), today: clock.wall().date }),

    /** A doctor's own absences; everybody's for the staff, in their branches. */
    async list({ page, page_size, ...filters }: AbsenceFilters, caller: Caller): Promise<Page<Absence>> {
      const mine = sideOf(caller.role) === 'doctor' ? { ...filters, doctor: caller.id } : filters;
      const within = { branches: await reach.of(caller), today: clock.wall().date };
      return repository.listAbsences(db, { ...mine, ...within }, { page, page_size });
    },

    /**
     * Takes a doctor out of the calendar: of what lies ahead, free slots go and active appointments are cancelled.
     * @param request asks for it to be done once only; a preview keeps nothing
     * @throws AppError doctor_not_found, absence_overlap, forbidden (another doctor's, or what lies in branches that the
     * caller does not reach), invalid_input (all of it past), request_in_progress, idempotency_key_reused
     */
    async add(absence: NewAbsence, caller: Caller, request?: Keyed): Promise<Once<AbsenceEffects>> {
      const { doctor: named, from, to, start_time, end_time, reason = null, preview: only } = absence;
      const span = { doctor: doctorFor(named, caller), from, to, start_time, end_time };
      const said = { ...span, reason, preview: only };
      const branches = await reach.of(caller);
      // An absence that is there already may be over when its answer is asked for again, or have taken the doctor's last slots
      // in the caller's branches.
      const judged = async (executor: Executor): Promise<SpanAhead> => {
        const after = clock.wall();
        if (hasEnded({ date: to, end_time }, after)) throw invalidField('to', 'in_past');
        await reach.mustReachDoctor(span.doctor, caller, executor);
        return { ...span, after };
      };
      if (only) return fresh({ ...said, id: null, ...(await preview(await judged(db), branches)) });
      return transaction(db, (tx) =>
        idempotency.once(tx, caller, request, span.doctor, async () => ({
          ...said,
          ...(await act(tx, await judged(tx), reason, { caller, branches })),
        })),
      );
    },

    /**
     * Takes an absence back. What it cancelled stays cancelled. The doctor's week is published again.
     * @throws AppError absence_not_found, forbidden (slots would come back in branches that the caller does not reach)
     */
    async remove(absence: number, caller: Caller): Promise<void> {
      const branches = await reach.of(caller);
      await seeingOthers(() =>
        transaction(db, async (tx) => {
          const span = await mustFind(tx, absence);
          const { doctor } = span;
          const works = await publishing.lock(tx, doctor);
          if (branches !== null && (await opensElsewhere(tx, span, clock.wall().date, branches)))
            throw new AppError('forbidden');
          if (!(await repository.deleteAbsence(tx, absence))) throw new AppError('absence_not_found');
          if (works) await publishing.refresh(tx, doctor);
          await note(tx, caller, 'absence.delete', absence, doctor);
        }),
      );
    },
  };
}

export type Absences = ReturnType<typeof createAbsences>;

function effectsOf(slots: { count: number; rows: Slots }, visits: { count: number; rows: Visits }) {
  return {
    slots_count: slots.count,
    slots: slots.rows.slice(0, SHOWN),
    appointments_count: visits.count,
    appointments: visits.rows.slice(0, SHOWN),
  };
}
