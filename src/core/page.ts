/** Above this, a list's `count` stops counting, so that a list costs the same however large the clinic grows. */
export const COUNT_LIMIT = 10_000;

export interface PageRequest {
  page: number;
  page_size: number;
}

/** One page of rows; `more` says whether another page follows. */
export interface Page<Row> {
  count: number;
  more: boolean;
  rows: Row[];
}
