/** Above this, a list's `count` stops counting, so that a list costs the same however large the clinic grows. */
export const COUNT_LIMIT = 10_000;

/** Where a reader of a list stands: what its order goes by, of the row that came last. */
export type Place = readonly (string | number)[];

export interface PageRequest {
  page: number;
  page_size: number;
  /** The list is read on from a place instead of by pages; null begins it. */
  cursor?: Place | null | undefined;
}

/** One page of rows; `more` says whether another page follows. */
export interface Page<Row> {
  /** Null where the list is read by its places. */
  count: number | null;
  more: boolean;
  rows: Row[];
  /** The place after this page, null after the last; undefined where the list is read by pages. */
  next?: Place | null | undefined;
  /** Of what has changed since a moment: until when that is everything, and what is gone. */
  updates?: { until: string; deleted: Tombstone[] };
}

/** What whoever keeps a copy of a list lets go of. */
interface Tombstone {
  id: number;
  deleted: true;
  updated_at: string;
}
