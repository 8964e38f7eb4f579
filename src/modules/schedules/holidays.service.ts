import type { Clock } from '../../core/clock.ts';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import { type Db, type Tx, transaction } from '../../db/client.ts';
import { addJob } from '../../db/queue.ts';
import type { Audit } from '../audit/index.ts';
import * as repository from './holidays.repository.ts';
import type { AddedHoliday, Holiday, HolidayFilters, NewHoliday } from './holidays.schemas.ts';

export interface HolidaysDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  timeslots: { removeScheduledOn: (tx: Tx, date: string) => Promise<number> };
}

export function createHolidays({ db, clock, audit, timeslots }: HolidaysDependencies) {
  return {
    list: ({ page, page_size, ...filters }: HolidayFilters): Promise<Page<Holiday>> =>
      repository.listHolidays(db, filters, clock.wall().date, { page, page_size }),

    /** @throws AppError holiday_not_found */
    async get(holiday: number): Promise<Holiday> {
      const found = await repository.findHoliday(db, holiday);
      if (!found) throw new AppError('holiday_not_found');
      return found;
    },

    /**
     * Closes the clinic on a day: free slots of doctors' weeks go. What was published by hand, and what is booked, held
     * or offered, stays. Whoever publishes from a week meanwhile is waited for, and waits: writing a holiday and holding
     * the holidays as they are (db/calendar.ts) exclude each other.
     * @throws AppError holiday_exists, invalid_input (a past day)
     */
    async add({ date, name = null }: NewHoliday, caller: Caller): Promise<AddedHoliday> {
      const wall = clock.wall();
      if (date < wall.date) throw invalidField('date', 'in_past');
      return transaction(db, async (tx) => {
        const added = await repository.insertHoliday(tx, { date, name });
        if (!added) throw new AppError('holiday_exists');
        const removed = await timeslots.removeScheduledOn(tx, date);
        const appointments = await repository.countAppointments(tx, date, wall);
        const details = { holiday: added.id, date };
        await audit.record(tx, { actor: caller, action: 'holiday.create', details });
        return { ...added, removed, appointments };
      });
    },

    /**
     * Opens the clinic on that day: doctors' weeks are published into it by a job that is queued in the same act.
     * @throws AppError holiday_not_found
     */
    remove: (holiday: number, caller: Caller): Promise<void> =>
      transaction(db, async (tx) => {
        const gone = await repository.deleteHoliday(tx, holiday);
        if (!gone) throw new AppError('holiday_not_found');
        const { date } = gone;
        if (date >= clock.wall().date) await addJob(tx, { task: 'publish_schedules', payload: {} });
        await audit.record(tx, { actor: caller, action: 'holiday.delete', details: { holiday, date } });
      }),
  };
}
