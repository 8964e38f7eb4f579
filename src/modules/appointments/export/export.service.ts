import { type Clock, earliestOf, latestOf } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { namesOf } from '../../../core/names.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Db } from '../../../db/client.ts';
import { unhurried } from '../../../db/deadline.ts';
import type { MayLag } from '../../../db/links/replica.ts';
import type { Audit } from '../../audit/index.ts';
import { asOf } from '../appointments.rules.ts';
import type { Appointment } from '../appointments.schemas.ts';
import type { ExportFilters } from '../reading/filters.schemas.ts';
import { type Cursor, readPage } from './export.repository.ts';

export interface ExportDependencies {
  db: Db;
  mayLag: MayLag;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordShown'>;
  /** Whether who asked may ask no more: their session has ended, or the key by which a program asks is revoked. */
  hasEnded: (caller: Caller) => boolean | Promise<boolean>;
}

/** Rows of a page, about half a megabyte. One page is in memory at a time, and no transaction stays open between two. */
const PAGE = 1_000;
const BEGINNING = '0001-01-01';

export function createExport({ db, mayLag, clock, audit, hasEnded }: ExportDependencies) {
  /** The pages from the first one on. An export can take minutes: whoever is signed out meanwhile, or whose key is revoked, gets no further page. */
  async function* following(
    first: Appointment[],
    { status }: ExportFilters,
    read: (after: Cursor) => Promise<Appointment[]>,
    caller: Caller,
  ) {
    for (let page = first; ; ) {
      const last = page.at(-1);
      if (last === undefined) return;
      const wall = clock.wall();
      yield page
        .map((row) => asOf(row, wall))
        .filter((row) => status === undefined || status.includes(row.status));
      if (page.length < PAGE) return;
      if (await hasEnded(caller)) throw new AppError(caller.key ? 'invalid_token' : 'session_ended');
      // The client has the head of the answer and may read the rest slowly: the request's deadline does not hold for it.
      page = await unhurried(() => read(last));
    }
  }

  return {
    /**
     * Every appointment that matches, by time. Pages are read as the client takes them: a client that stops taking stops the
     * reading. Each page is noted before it leaves, in one entry with everybody whom it shows. An export of one patient is
     * noted once.
     */
    async readAll(filters: ExportFilters, caller: Caller): Promise<AsyncIterable<Appointment[]>> {
      const { date, from, to, ...others } = filters;
      const begin = latestOf(BEGINNING, from, date);
      const end = to === undefined ? date : earliestOf(to, date);
      const read = (after: Cursor) =>
        mayLag((replica) => readPage(replica, { ...others, to: end }, after, clock.wall(), PAGE));
      const { patient } = others;
      const seen = { action: 'appointment.export' as const, details: { filters: namesOf(filters) } };
      const noted = async (page: Appointment[]) => {
        const people = [...new Set(page.map((row) => row.patient.id))];
        if (people.length > 0) await audit.recordShown(caller, { ...seen, people });
        return page;
      };
      const first = await read({ date: begin, start_time: '00:00', id: 0 });
      if (patient === undefined && first.length > 0)
        return following(await noted(first), filters, async (after) => noted(await read(after)), caller);
      // The audit's subject must exist. A patient who has visits does; any other number may be nobody's.
      const known = patient !== undefined && first.length > 0;
      await audit.record(db, { ...seen, actor: caller, ...(known && { subject: patient }) });
      return following(first, filters, read, caller);
    },
  };
}
