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
  /** What runs in the moment a change is heard. */
  onChange: (heard: (change: Change) => void) => void;
  /** What runs when anything may have changed: changes were not followed until now, or not for a while. */
  onUnknown: (heard: () => void) => void;
  /**
   * Whether every change that was committed more than FRESH milliseconds ago has been told, and every one that this
   * process made itself. The first to ask lets them be followed; while nobody asks they are followed at leisure.
   */
  isFresh: () => boolean;
  /** From here on they may be followed, by a connection of its own; until then nothing is fresh. */
  follow: (url: string) => void;
  unfollow: () => Promise<void>;
  /** Deletes what everybody has long been told: whatever was finished when it was called before. */
  sweep: () => Promise<void>;
}

/** Milliseconds by which what is told may lag behind what other processes commit. */
const FRESH = 100;
const PAUSE = 20;
/** The pause when nobody has wanted to know for so long. */
const LEISURE = 1_000;
/** Rows are kept for so long at least; a follower who has not asked for half of it may have missed some. */
const KEPT = 60_000;
const RETRY = 500;
/** What the triggers raise beside the row they write: see doctor_changed in the migrations. */
const TOLD = 'CH001';

/**
 * Hears of every change of the table `doctor_changes`, which triggers write whatever path a change takes.
 *
 * What this process itself changes it hears from its own connections, before whoever made the change is answered. What
 * others change it finds by asking, every PAUSE. The database's notifications would tell it without being asked, but a
 * transaction that notifies commits alone, its flush to disk included: 256 bookings a second against 820. Asking also
 * finds out by itself that the link is cut, however silently: without an answer nothing is fresh any more.
 */
export function createChanges(pool: pg.Pool): Changes {
  let tell: (change: Change) => void = () => {};
  let forgetAll: () => void = () => {};
  let link_url: string | undefined;
  let following: Promise<void> | undefined;
  let asked = 0;
  let wake: () => void = () => {};
  /** Transactions below this number were finished by then. */
  let finished = { xmin: '0', at: Number.NEGATIVE_INFINITY };
  let fresh_at = Number.NEGATIVE_INFINITY;

  const own = ownChangesOf(pool);
  const hearOwn = (change: Change) => tell(change);

  /** Ends early when somebody wants to know, who has to ask the database meanwhile: what is known is old by then. */
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
      // What the last question could not see yet, be it that its transaction was still under way.
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
      if (seen === undefined || begun - fresh_at > KEPT / 2) forgetAll();
      else for (const change of found.changes ?? []) tell(changeIn(change));
      seen = found.snapshot;
      fresh_at = begun;
      // The next one will, if this one cannot.
      sweep().catch(() => {});
      await rest(performance.now() - asked < LEISURE ? PAUSE : LEISURE);
    }
  }

  async function sweep(): Promise<void> {
    const now = performance.now();
    if (now - finished.at < KEPT) return;
    const { xmin } = finished;
    finished = { xmin, at: now };
    const { rows } = await pool.query<{ xmin: string }>(
      `with swept as (delete from doctor_changes where xid < $1::xid8)
       select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`,
      [xmin],
    );
    finished = { xmin: rows[0]?.xmin ?? xmin, at: now };
  }

  async function run(url: string): Promise<void> {
    const client: pg.Client = new DatabaseClient({
      connectionString: url,
      application_name: 'clinic-changes',
      connectionTimeoutMillis: LIMITS.connect,
      query_timeout: 1_000,
    });
    const lost = () => {
      fresh_at = Number.NEGATIVE_INFINITY;
      forgetAll();
    };
    // Its next question fails by itself; nothing is to be answered from memory until then either.
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

  /** It goes on after whoever wanted to know first has been answered. */
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
    sweep,
  };
}

function changeIn(text: string): Change {
  const [doctor, date] = text.split(' ');
  return { doctor: Number(doctor), date };
}

type Hear = (change: Change) => void;
const hearers = new WeakMap<pg.Pool, Set<Hear>>();

/**
 * Who hears what this process changes through a pool. The pool is listened to once, however many followers it gets and
 * whether they follow or not: each module graph of a process makes one.
 *
 * What a connection of the pool is told while it works has only happened when the work is done: it is passed on as the
 * connection comes back, which is before whoever used it goes on.
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
      if (code === TOLD && message) changes.add(message);
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
