import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import { doctorFor } from '../../core/on-behalf.ts';
import type { Page } from '../../core/page.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import type { SpanAhead } from '../../core/span.ts';
import { lockLeftCalendar } from '../../db/calendar.ts';
import { type Db, type Executor, type Tx, transaction } from '../../db/client.ts';
import type { Audit } from '../audit/index.ts';
import * as repository from './absences.repository.ts';
import {
  type Absence,
  type AbsenceEffects,
  type AbsenceFilters,
  type NewAbsence,
  SHOWN,
} from './absences.schemas.ts';

type Slots = AbsenceEffects['slots'];
type Visits = (AbsenceEffects['appointments'][number] & { timeslot: number })[];

export interface AbsencesDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordAll'>;
  appointments: {
    listDuring: (
      executor: Executor,
      span: SpanAhead,
      limit: number,
    ) => Promise<{ count: number; rows: Visits }>;
    lockDuring: (tx: Tx, span: SpanAhead) => Promise<void>;
    cancelDuring: (tx: Tx, span: SpanAhead, by: number) => Promise<Visits>;
  };
  timeslots: {
    listFreeDuring: (
      executor: Executor,
      span: SpanAhead,
      limit: number,
    ) => Promise<{ count: number; rows: Slots }>;
    lockDuring: (tx: Tx, span: SpanAhead) => Promise<void>;
    removeDuring: (tx: Tx, span: SpanAhead) => Promise<Slots>;
  };
  publishing: {
    lock: (tx: Tx, doctor: number) => Promise<boolean>;
    refresh: (tx: Tx, doctor: number) => Promise<unknown>;
  };
}

export type Absences = ReturnType<typeof createAbsences>;

export function createAbsences(dependencies: AbsencesDependencies) {
  const { db, clock, audit, appointments, timeslots, publishing } = dependencies;

  /** What an admin does to a doctor's absences is noted. */
  const note = async (tx: Tx, caller: Caller, action: string, absence: number, doctor: number) => {
    if (caller.id !== doctor)
      await audit.record(tx, { actor: caller, action, subject: doctor, details: { absence } });
  };

  /** What the absence would do. */
  async function preview(span: SpanAhead) {
    const judged = await repository.judgeSpan(db, span);
    if (!judged?.exists) throw new AppError('doctor_not_found');
    if (judged.overlaps) throw new AppError('absence_overlap');
    const free = await timeslots.listFreeDuring(db, span, SHOWN);
    const visits = await appointments.listDuring(db, span, SHOWN);
    return effectsOf(free, visits);
  }

  /**
   * One act. The doctor's row is locked, so that nobody publishes into the absence meanwhile; the appointments before the
   * slots, as everywhere; and when the slots are locked, nobody can book, move to or be offered one: what is cancelled
   * then is all there is, also what was booked while the locks were waited for. The slots that become free go at once, so
   * that the waiting list is offered none; offers of others end with their slots (trigger `timeslots_withdraw_offer`).
   */
  const act = (span: SpanAhead, reason: string | null, caller: Caller) =>
    transaction(db, async (tx) => {
      if (!(await lockLeftCalendar(tx, span.doctor))) throw new AppError('doctor_not_found');
      const made = { reason, created_by: caller.id, now: clock.now() };
      const absence = await repository.insertAbsence(tx, span, made);
      if (absence === undefined) throw new AppError('absence_overlap');
      await appointments.lockDuring(tx, span);
      await timeslots.lockDuring(tx, span);
      const visits = await appointments.cancelDuring(tx, span, caller.id);
      const gone = await timeslots.removeDuring(tx, span);
      const people = peopleOf(visits);
      const cancelled = { actor: caller, action: 'appointment.cancel', details: { absence } };
      await audit.recordAll(tx, cancelled, people);
      await note(tx, caller, 'absence.create', absence, span.doctor);
      const booked = new Set(visits.map(({ timeslot }) => timeslot));
      const free = gone.filter(({ id }) => !booked.has(id));
      return {
        id: absence,
        ...effectsOf({ count: free.length, rows: free }, { count: visits.length, rows: visits }),
      };
    });

  async function mustFind(executor: Executor, absence: number): Promise<Absence> {
    const found = await repository.findAbsence(executor, absence);
    if (!found) throw new AppError('absence_not_found');
    return found;
  }

  return {
    get: (absence: number) => mustFind(db, absence),

    /** Whose absence it is. */
    findOwner: async (absence: number) => {
      const found = await repository.findAbsence(db, absence);
      return found && { doctor: found.doctor };
    },

    /** A doctor's own; everybody's for an admin. */
    list({ page, page_size, ...filters }: AbsenceFilters, caller: Caller): Promise<Page<Absence>> {
      const mine = sideOf(caller.role) === 'doctor' ? { ...filters, doctor: caller.id } : filters;
      return repository.listAbsences(db, mine, { page, page_size });
    },

    /**
     * Takes a doctor out of the calendar: free slots go and active appointments are cancelled, of what lies ahead.
     * @throws AppError doctor_not_found, absence_overlap, forbidden (another doctor's), invalid_input (all of it past)
     */
    async add(asked: NewAbsence, caller: Caller): Promise<AbsenceEffects> {
      const { doctor: named, from, to, start_time, end_time, reason = null, preview: only } = asked;
      const span = { doctor: doctorFor(named, caller), from, to, start_time, end_time };
      const ahead = { ...span, after: clock.wall() };
      if (`${to} ${end_time}:00` <= `${ahead.after.date} ${ahead.after.time}`)
        throw invalidField('to', 'in_past');
      const done = only ? { id: null, ...(await preview(ahead)) } : await act(ahead, reason, caller);
      return { ...span, reason, preview: only, ...done };
    },

    /**
     * Takes an absence back. What it cancelled stays cancelled; the doctor's week is published again.
     * @throws AppError absence_not_found
     */
    remove: (absence: number, caller: Caller): Promise<void> =>
      transaction(db, async (tx) => {
        const { doctor } = await mustFind(tx, absence);
        const works = await publishing.lock(tx, doctor);
        if (!(await repository.deleteAbsence(tx, absence))) throw new AppError('absence_not_found');
        if (works) await publishing.refresh(tx, doctor);
        await note(tx, caller, 'absence.delete', absence, doctor);
      }),
  };
}

const peopleOf = (visits: Visits) => [...new Set(visits.map(({ patient }) => patient.id))];

function effectsOf(free: { count: number; rows: Slots }, visits: { count: number; rows: Visits }) {
  return {
    slots_count: free.count,
    slots: free.rows.slice(0, SHOWN),
    appointments_count: visits.count,
    appointments: visits.rows.slice(0, SHOWN),
  };
}
