import { earliestOf, latestOf } from '../../core/clock.ts';
import type { Caller } from '../../core/roles.ts';
import type { Db } from '../../db/client.ts';
import { unhurried } from '../../db/deadline.ts';
import type { MayLag } from '../../db/replica.ts';
import type { Audit } from '../audit/index.ts';
import type { Appointment, ExportFilters } from './appointments.schemas.ts';
import { type Cursor, readPage } from './export.repository.ts';

export interface ExportDependencies {
  db: Db;
  mayLag: MayLag;
  audit: Pick<Audit, 'record'>;
}

/** About half a megabyte: so much is in memory at a time, and no transaction stays open between. */
const PAGE = 1_000;
const BEGINNING = '0001-01-01';

export function createExport({ db, mayLag, audit }: ExportDependencies) {
  async function* following(first: Appointment[], read: (after: Cursor) => Promise<Appointment[]>) {
    for (let page = first; ; ) {
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      if (page.length < PAGE) return;
      // Whoever has the head of the answer takes the rest at their own pace.
      page = await unhurried(() => read(last));
    }
  }

  return {
    /**
     * Every appointment that matches, by time, page by page as somebody takes them; whoever stops taking stops the
     * reading. Noted once for them all, before the first leaves.
     */
    async exportAll(filters: ExportFilters, caller: Caller): Promise<AsyncIterable<Appointment[]>> {
      const { date, from, to, ...others } = filters;
      const begin = latestOf(BEGINNING, from, date);
      const end = to === undefined ? date : earliestOf(to, date);
      const read = (after: Cursor) =>
        mayLag((replica) => readPage(replica, { ...others, to: end }, after, PAGE));
      const first = await read({ date: begin, start_time: '00:00', id: 0 });
      await audit.record(db, {
        actor: caller,
        action: 'appointment.export',
        // A patient who has visits exists; any other number may not.
        ...(others.patient !== undefined && first.length > 0 && { subject: others.patient }),
        details: { filters: namesOf(filters) },
      });
      return following(first, read);
    },
  };
}

/** The filters that were given. */
const namesOf = (filters: object) =>
  Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
