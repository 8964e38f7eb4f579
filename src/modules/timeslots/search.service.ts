import type { Clock } from '../../core/clock.ts';
import type { Page } from '../../core/page.ts';
import { boundsFor, type Policy } from '../../core/policy.ts';
import type { Caller } from '../../core/roles.ts';
import type { MayLag } from '../../db/replica.ts';
import * as repository from './search.repository.ts';
import { SEARCH_LIMIT, searchedDays, shownWindow } from './search.rules.ts';
import type { SearchFilters } from './search.schemas.ts';
import type { OpenTimeslot } from './timeslots.schemas.ts';

export interface SearchDependencies {
  mayLag: MayLag;
  clock: Clock;
  settings: { policy: () => Policy | Promise<Policy> };
}

export type TimeslotSearch = ReturnType<typeof createTimeslotSearch>;

export function createTimeslotSearch({ mayLag, clock, settings }: SearchDependencies) {
  return {
    /** What the caller can have, soonest first: a patient within the bounds of the clinic's policy. */
    async search(filters: SearchFilters, caller: Caller): Promise<Page<OpenTimeslot>> {
      const { page, page_size, weekdays, per_doctor, doctor, gender } = filters;
      const { now, after, until } = boundsFor(caller.role, await settings.policy(), clock);
      const days = searchedDays(filters, weekdays, after.date, until);
      if (days.length === 0) return { count: 0, more: false, rows: [] };
      const search: repository.Search = {
        now,
        after,
        days,
        unbroken: weekdays === undefined,
        starts: filters.after ?? '00:00',
        ends: filters.before ?? '24:00',
        // One row more than the page holds tells whether another page follows.
        ...shownWindow(page_size + 1, (page - 1) * page_size),
      };
      const specialization = filters.specialization || undefined;
      const narrow = [doctor, specialization, gender, per_doctor].some((filter) => filter !== undefined);
      const walked = narrow ? undefined : await mayLag((db) => repository.walk(db, search));
      const { count, rows } =
        walked ??
        (await mayLag((db) =>
          repository.askEach(db, search, {
            doctor,
            specialization,
            gender,
            per_doctor: per_doctor ?? SEARCH_LIMIT,
          }),
        ));
      return { count, more: rows.length > page_size, rows: rows.slice(0, page_size) };
    },
  };
}
