import { setTimeout as pause } from 'node:timers/promises';

/** A pool, or one connection. */
interface Queries {
  query(text: string): Promise<{ rowCount: number | null }>;
}

/** How many statements of this database wait for a lock now. */
export async function blocked(database: Queries): Promise<number> {
  const { rowCount } = await database.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rowCount ?? 0;
}

/**
 * Until so many statements of this database wait for a lock, however long that takes a busy machine.
 * @param instead what may end without having waited: there is nothing to wait for then
 */
export async function untilBlocked(
  database: Queries,
  count = 1,
  instead?: PromiseLike<unknown>,
): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  instead?.then(over, over);
  while (!isOver && (await blocked(database)) < count) await pause(5);
}
