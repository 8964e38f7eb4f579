import { AppError } from '../core/errors.ts';
import type { Page, Place } from '../core/page.ts';
import type { Db } from '../db/client.ts';
import { findMoments, findUpdated, type ListOf } from './updates.repository.ts';

export type Updates = ReturnType<typeof createUpdates>;

/** What somebody who keeps a copy of a list asks for. */
interface UpdatesRequest {
  updated_since: string;
  page_size: number;
  /** Where they stand; null or undefined is the beginning. */
  cursor?: Place | null | undefined;
}

/**
 * A place among updates: the id after which it goes on, and until when the first page saw everything. Whoever asks next from the
 * last page's moment would miss what changed behind them meanwhile.
 */
type UpdatedPlace = readonly ['updated', number, string];

interface Read<Row> {
  /** The rows of these ids, as the caller sees them now. */
  rows: (ids: readonly number[]) => Promise<readonly Row[]>;
  /** Within what the caller sees: branches of visits, the doctor of slots; null is everything. */
  scope?: readonly number[] | null;
}

/** What has changed of a list since a moment, for programs that keep a copy of it. */
export function createUpdates({ db, event_retention_days }: { db: Db; event_retention_days: number }) {
  async function begin(since: Date): Promise<UpdatedPlace> {
    const { until, kept_since } = await findMoments(db, event_retention_days);
    if (since.getTime() < Date.parse(kept_since)) throw new AppError('too_old');
    return ['updated', 0, until];
  }

  return {
    /**
     * One page of it, by id: rows as they are now, and of those that the caller does not see any more a mark.
     * @throws AppError too_old where the log does not reach back so far
     */
    async page<Row extends { id: number }>(
      of: ListOf,
      { updated_since, page_size, cursor }: UpdatesRequest,
      { rows: read, scope = null }: Read<Row>,
    ): Promise<Page<Row>> {
      const since = new Date(updated_since);
      const [, after, until] = (cursor as UpdatedPlace | null | undefined) ?? (await begin(since));
      const found = await findUpdated(db, of, { since, after, limit: page_size + 1, scope });
      const more = found.length > page_size;
      const shown = found.slice(0, page_size);
      const last = shown.at(-1);
      const rows = new Map((await read(shown.map(({ id }) => id))).map((row) => [row.id, row]));
      return {
        count: null,
        more,
        next: more && last ? ['updated', last.id, until] : null,
        rows: shown.flatMap(({ id }) => rows.get(id) ?? []),
        updates: {
          until,
          deleted: shown.flatMap(({ id, at }) =>
            rows.has(id) ? [] : [{ id, deleted: true as const, updated_at: at }],
          ),
        },
      };
    },
  };
}
