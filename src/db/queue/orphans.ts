import type pg from 'pg';
import { keepLocks } from '../links/lock.ts';
import { lockKeys } from '../lock-keys.ts';

/** How long a holder must be gone before its jobs are taken over. A broken link to the database is back sooner. */
const GONE_FOR = 5_000;
const LOOK_EVERY = 10_000;

/**
 * Frees the jobs of workers that died. graphile-worker itself waits four hours for a worker that was killed. Here each worker
 * holds an advisory lock, which ends with its connection. The jobs of a holder without a lock are free again within seconds.
 *
 * @param options.onFreed told how many dead holders' jobs were freed
 */
export function guardOrphans({ url, onFreed }: { url: string; onFreed: (holders: number) => void }) {
  const living = new Set<string>();
  const missed = new Map<string, number>();
  let looked: NodeJS.Timeout | undefined;
  let ready: Promise<void>;
  let isReady = () => {};
  ready = new Promise((resolve) => {
    isReady = resolve;
  });

  const link = keepLocks({
    url,
    name: 'clinic-worker-lives',
    async onConnect(client) {
      // While this link was away, the others' links may have been away too: who was missed until now may be alive.
      missed.clear();
      for (const holder of living) await hold(client, holder);
      isReady();
    },
    onLost() {
      ready = new Promise((resolve) => {
        isReady = resolve;
      });
    },
  });

  let turn: Promise<unknown> = Promise.resolve();
  /** One statement at a time on the one connection, as its driver wants it. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }

  async function look(): Promise<void> {
    const { client } = link;
    if (!client) return;
    const absent = await findAbsent(client);
    for (const holder of missed.keys()) if (!absent.includes(holder)) missed.delete(holder);
    const gone = absent.filter((holder) => {
      const since = missed.get(holder) ?? performance.now();
      missed.set(holder, since);
      return performance.now() - since >= GONE_FOR;
    });
    if (gone.length === 0) return;
    await client.query('select graphile_worker.force_unlock_workers($1)', [gone]);
    // A job that becomes free wakes nobody by itself. This wakes the workers, as a new job does.
    await client.query(`select pg_notify('jobs:insert', '{"count":1000}')`);
    for (const holder of gone) missed.delete(holder);
    onFreed(gone.length);
  }

  function lookAgain(after: number): void {
    looked = setTimeout(() => {
      void inTurn(look)
        .catch(() => {})
        .finally(() => lookAgain(missed.size > 0 ? GONE_FOR : LOOK_EVERY));
    }, after).unref();
  }
  lookAgain(0);

  return {
    /** Resolves once every process can see that this holder lives. To be called before the holder takes its first job. */
    async add(holder: string): Promise<void> {
      living.add(holder);
      await ready;
      await inTurn(async () => {
        if (link.client) await hold(link.client, holder);
      });
    },
    /** To be called when this holder has ended: the jobs that it left are free for others. */
    async remove(holder: string): Promise<void> {
      living.delete(holder);
      // The lock was taken once for each of the holder's workers. Without the link there is no lock to give back.
      for (let held = link.client !== undefined; held; )
        held = link.client ? await release(link.client, holder) : false;
    },
    async close(): Promise<void> {
      clearTimeout(looked);
      isReady();
      await link.close();
    },
  };
}

/**
 * A session may take the same advisory lock any number of times, and loses all of them when it ends. The lock is shared: when
 * a link was cut silently, the next link of the process must not wait for its end.
 */
const hold = (client: pg.Client, holder: string) =>
  client.query('select pg_advisory_lock_shared($1, hashtext($2))', [lockKeys.living, holder]);

async function release(client: pg.Client, holder: string): Promise<boolean> {
  const text = 'select pg_advisory_unlock_shared($1, hashtext($2)) as released';
  const { rows } = await client.query<{ released: boolean }>(text, [lockKeys.living, holder]);
  return rows[0]?.released === true;
}

/** Holders that have jobs under way, and no lock that says that they live. */
async function findAbsent(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ locked_by: string }>(
    `select distinct locked_by from graphile_worker.jobs
     where locked_by is not null and not exists (
       select from pg_locks l
       where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = $1 and l.granted
         and l.database = (select oid from pg_database where datname = current_database())
         and l.objid::bigint = (hashtext(locked_by)::bigint & 4294967295))`,
    [lockKeys.living],
  );
  return rows.map((row) => row.locked_by);
}
