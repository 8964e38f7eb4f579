import type { Clock } from '../../core/clock.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import type { MayLag } from '../../db/links/replica.ts';
import {
  type Availability,
  type Branches,
  boundsFor,
  type OpenTimeslot,
  type PolicySource,
  type Reach,
} from '../availability/index.ts';
import * as repository from './search.repository.ts';
import { SEARCH_LIMIT, searchedDays, shownWindow } from './search.rules.ts';
import type { SearchFilters } from './search.schemas.ts';
import { searchForService } from './service-search.repository.ts';

export interface SearchDependencies {
  mayLag: MayLag;
  clock: Clock;
  settings: PolicySource;
  patients: Pick<Availability['patients'], 'busyAt'>;
  reach: Pick<Reach, 'of'>;
}

/** What a patient waits for. */
interface Wish {
  patient: number;
  doctor: number | null;
  specialization: string | null;
  from: string;
  to: string;
  after: string | null;
  before: string | null;
  /** The visit that an offer would replace: it stands in the way of nothing. */
  replaces: number | null;
  service: number | null;
  /** Only there. */
  branch: number | null;
}

/** How many slots are looked at beyond those shown, since the patient may be busy. */
const SPARE = 10;

/** The earliest slots that somebody can have, across doctors. */
export function createTimeslotSearch({
  mayLag,
  clock,
  settings,
  patients,
  reach: reaching,
}: SearchDependencies) {
  /** What somebody of a role can have, soonest first: a patient within the bounds of the clinic's policy. */
  async function searchWithin(
    filters: SearchFilters,
    { role }: Pick<Caller, 'role'>,
    branches: Branches,
  ): Promise<Page<OpenTimeslot>> {
    const { page, page_size, weekdays, per_doctor, doctor, gender, branch, service } = filters;
    const { now, after, until, reach } = boundsFor(role, await settings.policy(), clock);
    const days = searchedDays(filters, weekdays, after.date, until);
    if (days.length === 0) return { count: 0, more: false, rows: [] };
    const wanted: repository.Search = {
      now,
      after,
      reach,
      days,
      unbroken: weekdays === undefined,
      starts: filters.after ?? '00:00',
      ends: filters.before ?? '24:00',
      branches,
      branch,
      // One row more than the page holds tells whether another page follows.
      ...shownWindow(page_size + 1, (page - 1) * page_size),
    };
    const specialization = filters.specialization || undefined;
    const narrowing = { doctor, specialization, gender, per_doctor };
    const narrow = Object.values(narrowing).some((filter) => filter !== undefined);
    const asks = service !== undefined || (narrow && (branch === undefined || doctor !== undefined));
    const each = { ...narrowing, per_doctor: per_doctor ?? SEARCH_LIMIT };
    const ask = (db: Db) =>
      service === undefined
        ? repository.askEach(db, wanted, each)
        : searchForService(db, wanted, { ...each, service });
    const walked = asks ? undefined : await mayLag((db) => repository.walk(db, wanted, narrowing));
    const { count, rows } = walked ?? (await mayLag(ask));
    return { count, more: rows.length > page_size, rows: rows.slice(0, page_size) };
  }

  return {
    /** What the caller can have, soonest first: a receptionist in their branches. */
    search: async (filters: SearchFilters, caller: Caller): Promise<Page<OpenTimeslot>> =>
      searchWithin(filters, caller, await reaching.of(caller)),

    /**
     * The first slots of what somebody waits for that they could book at this moment. Slots at the time of a visit of theirs
     * are left out.
     * @param limit how many are shown
     * @param caller who asks for them, and reaches them
     */
    async freeFor(
      { patient, replaces, from, to, ...wish }: Wish,
      limit: number,
      caller: Caller,
    ): Promise<OpenTimeslot[]> {
      const { doctor, specialization, after, before, service, branch } = wish;
      const filters = {
        ...{ from, to, page: 1 },
        doctor: doctor ?? undefined,
        specialization: specialization ?? undefined,
        after: after ?? undefined,
        before: before ?? undefined,
        service: service ?? undefined,
        branch: branch ?? undefined,
      };
      const branches = await reaching.of(caller);
      const find = async (page_size: number) => {
        const { rows, more } = await searchWithin({ ...filters, page_size }, { role: 'patient' }, branches);
        const slots = rows.map(({ id }) => id);
        const busy =
          slots.length === 0
            ? []
            : await mayLag((db) => patients.busyAt(db, patient, { slots, service }, replaces));
        return { more, free: rows.filter(({ id }) => !busy.includes(id)) };
      };
      const first = await find(limit + SPARE);
      // They are busy at nearly all of these: a long visit covers many short slots, of many doctors.
      const { free } = first.free.length < limit && first.more ? await find(SEARCH_LIMIT) : first;
      return free.slice(0, limit);
    },
  };
}
