import type { Clock, WallTime } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import { fresh, type Keyed, type Once } from '../../../core/idempotency.ts';
import type { Page } from '../../../core/page.ts';
import type { Caller } from '../../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../../db/client.ts';
import { addJob } from '../../../db/queue/jobs.ts';
import type { Appointments } from '../../appointments/index.ts';
import type { Audit } from '../../audit/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import { lockBranch, lockForHoliday } from '../locks.repository.ts';
import * as repository from './holidays.repository.ts';
import {
  type AddedHoliday,
  type Holiday,
  type HolidayFilters,
  type NewHoliday,
  SHOWN,
} from './holidays.schemas.ts';

type Visits = AddedHoliday['visits'];

/** A day of a branch, or of the whole clinic, of which only what lies after a moment counts. */
interface DayAhead {
  date: string;
  branch: number | null;
  after: WallTime;
}

interface How {
  name: string | null;
  /** Whether its visits are cancelled. */
  cancel: boolean;
}

export interface HolidaysDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordAll' | 'recordRead'>;
  idempotency: Pick<Idempotency, 'once'>;
  appointments: { callingOff: Pick<Appointments['callingOff'], 'on'> };
}

export function createHolidays({ db, clock, audit, idempotency, appointments }: HolidaysDependencies) {
  /** Notes whose visits an answer shows, as for any list of them. */
  async function noteShown(caller: Caller, visits: Visits): Promise<void> {
    const people = peopleOf(visits);
    const details = { filters: ['date'], rows: visits.length };
    if (people.length > 0) await audit.recordRead(caller, { action: 'appointment.list', people, details });
  }

  /** What the holiday would do. */
  async function preview(day: DayAhead, cancel: boolean, caller: Caller) {
    const judged = await repository.judgeDay(db, day.date, day.branch);
    if (judged && !judged.has_branch) throw new AppError('branch_not_found');
    if (judged?.closed) throw new AppError('holiday_exists');
    const { count, rows } = await appointments.callingOff.on(day).list(db, SHOWN);
    await noteShown(caller, rows);
    return { id: null, removed: judged?.free ?? 0, ...effectsOf(cancel, count, rows) };
  }

  /**
   * Writes a holiday and cancels its visits, in one act. It waits for whoever publishes. The visits that are to be cancelled
   * are locked before the slots, as everywhere. Writing the holiday locks the day's slots and removes those that nobody has:
   * what was booked by then is named, and nothing can be booked afterwards. The slots of the cancelled visits go as they
   * become free.
   */
  async function act(tx: Tx, day: DayAhead, { name, cancel }: How, caller: Caller) {
    await lockForHoliday(tx);
    const { date, branch } = day;
    if (branch !== null && !(await lockBranch(tx, branch))) throw new AppError('branch_not_found');
    if (cancel) await appointments.callingOff.on(day).lock(tx);
    const added = await repository.insertHoliday(tx, { date, name, branch });
    if (!added) throw new AppError('holiday_exists');
    const removed = await repository.countClosed(tx, date);
    const details = { holiday: added.id, date, ...(branch !== null && { branch }) };
    await audit.record(tx, { actor: caller, action: 'holiday.create', details });
    if (!cancel) {
      const { count, rows } = await appointments.callingOff.on(day).list(tx, SHOWN);
      return { id: added.id, removed, ...effectsOf(cancel, count, rows) };
    }
    const visits = await appointments.callingOff.on(day).cancel(tx, caller.id);
    const people = peopleOf(visits);
    const about = { holiday: added.id };
    if (people.length > 0)
      await audit.recordAll(tx, { actor: caller, action: 'appointment.cancel', details: about }, people);
    return { id: added.id, removed, ...effectsOf(cancel, visits.length, visits) };
  }

  /** @throws AppError invalid_input for a past day */
  function ahead(date: string, branch: number | null): DayAhead {
    const after = clock.wall();
    if (date < after.date) throw invalidField('date', 'in_past');
    return { date, branch, after };
  }

  return {
    list: ({ page, page_size, ...filters }: HolidayFilters): Promise<Page<Holiday>> =>
      repository.listHolidays(db, filters, clock.wall().date, { page, page_size }),

    /** @throws AppError holiday_not_found */
    async get(holiday: number): Promise<Holiday> {
      const row = await repository.findHoliday(db, holiday);
      if (!row) throw new AppError('holiday_not_found');
      return row;
    },

    /**
     * Closes the clinic, or a branch of it, on a day. Every slot that nobody has goes, however it was published, and so does one that becomes
     * free later. The visits are named, and cancelled if the admin says so.
     * @param request asks for it to be done once only; a preview keeps nothing
     * @throws AppError holiday_exists, branch_not_found, invalid_input (a past day), request_in_progress,
     * idempotency_key_reused
     */
    async add(holiday: NewHoliday, caller: Caller, request?: Keyed): Promise<Once<AddedHoliday>> {
      const { date, name = null, branch, visits, preview: only } = holiday;
      const cancel = visits === 'cancel';
      const said = { date, name, branch, preview: only };
      if (only) return fresh({ ...said, ...(await preview(ahead(date, branch), cancel, caller)) });
      const added = await transaction(db, (tx) =>
        idempotency.once(tx, caller, request, caller.id, async () => ({
          ...said,
          ...(await act(tx, ahead(date, branch), { name, cancel }, caller)),
        })),
      );
      // Whose visits are cancelled is noted with that; being shown them again is a look.
      if (added.replayed || !cancel) await noteShown(caller, added.answer.visits);
      return added;
    },

    /**
     * Opens the clinic on that day. The same act queues a job that publishes doctors' weeks into it. Nothing that the holiday
     * removed comes back.
     * @throws AppError holiday_not_found
     */
    remove: (holiday: number, caller: Caller): Promise<void> =>
      transaction(db, async (tx) => {
        const deleted = await repository.deleteHoliday(tx, holiday);
        if (!deleted) throw new AppError('holiday_not_found');
        const { date } = deleted;
        if (date >= clock.wall().date) await addJob(tx, { task: 'publish_schedules', payload: {} });
        await audit.record(tx, { actor: caller, action: 'holiday.delete', details: { holiday, date } });
      }),
  };
}

const peopleOf = (visits: Visits) => [...new Set(visits.map(({ patient }) => patient.id))];

const effectsOf = (cancel: boolean, count: number, visits: Visits) => ({
  appointments: cancel ? 0 : count,
  cancelled: cancel ? count : 0,
  visits: visits.slice(0, SHOWN),
});
