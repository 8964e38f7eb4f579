import type pg from 'pg';
import { DatabaseClient } from '../db/connection.ts';
import { unhurried } from '../db/deadline.ts';
import { LIMITS } from '../db/limits.ts';

/** What the database tells of doctors: their free slots of a day have changed, or, without one, anything of theirs. */
interface Change {
  doctor: number;
  /** YYYY-MM-DD */
  date?: string | undefined;
}

interface Changes {
  /** `heard` runs as soon as a change is heard of. */
  onChange: (heard: (change: Change) => void) => void;
  /** `heard` runs when anything may have changed unheard: because following has just begun, or was interrupted. */
  onUnknown: (heard: () => void) => void;
  /**
   * Whether this process has heard of every change that it made itself, and of every change of others that was committed
   * more than FRESH milliseconds ago. The first call starts the following. While nobody calls, others' changes are asked for
   * less often.
   */
  isFresh: () => boolean;
  /** Allows changes to be followed, by a connection of its own. Before this call nothing is fresh. */
  follow: (url: string) => void;
  unfollow: () => Promise<void>;
}

/** How late, in milliseconds, this process may hear of what others commit and still count as fresh. */
const FRESH = 100;
const PAUSE = 20;
/** If nobody has called `isFresh` for so long, the pause between two questions is as long. */
const LEISURE = 1_000;
/** A follower that has not asked for so long forgets everything: less than to read what has happened meanwhile. */
const LONG = 30_000;
const RETRY = 500;
/** What the log raises beside the events it notes: see events_tell in the migrations. */
const TOLD = 'CH001';

/**
 * Hears of every change that the view `doctor_changes` has: it shows what the log of events says of doctors and their days, and
 * triggers note that whatever path a change takes.
 *
 * A change that this process makes is heard on the connection that made it, before the client has its answer. Changes of
 * other processes are found by asking every PAUSE. The database's notifications would need no asking. But transactions that
 * notify commit one after another, each with a flush to disk of its own: 256 bookings a second instead of 820. Asking also
 * notices a link that was cut silently: without an answer nothing is fresh any more.
 */
export function createChanges(pool: pg.Pool): Changes {
  let tell: (change: Change) => void = () => {};
  let forgetAll: () => void = () => {};
  let link_url: string | undefined;
  let following: Promise<void> | undefined;
  let asked = 0;
  let wake: () => void = () => {};
  let fresh_at = Number.NEGATIVE_INFINITY;

  const own = ownChangesOf(pool);
  const hearOwn = (change: Change) => tell(change);

  /** Waits; ends early when somebody calls `isFresh` again after a long time. What is known is too old for them. */
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function followWith(client: pg.Client): Promise<void> {
    let seen: string | undefined;
    while (link_url !== undefined) {
      const begun = performance.now();
      // The rows that the last question could not see, including those of transactions that were still open then.
      const { rows } = await client.query<{ snapshot: string; changes: string[] | null }>({
        name: 'changes.since',
        text: `
          select pg_current_snapshot()::text as snapshot,
            (select array_agg(distinct concat_ws(' ', doctor_id, date)) from doctor_changes
             where xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)) as changes`,
        values: [seen],
      });
      const [found] = rows;
      if (!found) return;
      if (seen === undefined || begun - fresh_at > LONG) forgetAll();
      else for (const change of found.changes ?? []) tell(changeIn(change));
      seen = found.snapshot;
      fresh_at = begun;
      await rest(performance.now() - asked < LEISURE ? PAUSE : LEISURE);
    }
  }

  async function run(url: string): Promise<void> {
    const client: pg.Client = new DatabaseClient({
      connectionString: url,
      application_name: 'clinic-changes',
      connectionTimeoutMillis: LIMITS.connect,
      // A plan for any moment would read the log from end to end.
      options: '-c enable_seqscan=off',
      query_timeout: 1_000,
    });
    const lost = () => {
      fresh_at = Number.NEGATIVE_INFINITY;
      forgetAll();
    };
    // The next question fails by itself. Until it does, nothing may be answered from memory either.
    client.on('error', lost);
    client.on('end', lost);
    try {
      await client.connect();
      await followWith(client);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY).unref());
    } finally {
      lost();
      await client.end().catch(() => {});
      following = undefined;
    }
  }

  /** It outlives the request that started it, whose deadline must not hold for it. */
  const startFollowing = (url: string) => unhurried(() => run(url));

  return {
    onChange: (heard) => {
      tell = heard;
    },
    onUnknown: (heard) => {
      forgetAll = heard;
    },
    isFresh() {
      const before = asked;
      asked = performance.now();
      if (asked - before >= LEISURE) wake();
      if (link_url !== undefined) following ??= startFollowing(link_url);
      return asked - fresh_at < FRESH;
    },
    follow: (url) => {
      own.add(hearOwn);
      link_url = url;
    },
    async unfollow() {
      own.delete(hearOwn);
      link_url = undefined;
      wake();
      await following;
    },
  };
}

function changeIn(text: string): Change {
  const [doctor, date] = text.split(' ');
  return { doctor: Number(doctor), date };
}

type Hear = (change: Change) => void;
const hearers = new WeakMap<pg.Pool, Set<Hear>>();

/**
 * Those who hear of the changes that are made through a pool. A process makes several module graphs, each with a follower
 * of its own, on one pool; the pool gets its listeners once for all of them.
 *
 * A connection is told of a change while its transaction is still open, and the transaction may yet roll back. So the change
 * is passed on when the connection comes back to the pool: after the commit, and before the code that used it goes on.
 */
function ownChangesOf(pool: pg.Pool): Set<Hear> {
  const known = hearers.get(pool);
  if (known) return known;
  const listening = new Set<Hear>();
  hearers.set(pool, listening);
  const told = new WeakMap<pg.PoolClient, Set<string>>();
  pool.on('connect', (client) => {
    const changes = new Set<string>();
    told.set(client, changes);
    client.on('notice', ({ code, message }) => {
      // One message for all that a statement changes.
      if (code === TOLD && message) for (const change of message.split(',')) changes.add(change);
    });
  });
  pool.on('release', (_error, client) => {
    const changes = told.get(client);
    if (!changes?.size) return;
    for (const change of changes) for (const hear of listening) hear(changeIn(change));
    changes.clear();
  });
  return listening;
}
