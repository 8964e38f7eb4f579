import { clientOf, type Db, type Executor } from '../../../db/client.ts';

interface Standing {
  /** Whether this account has signed in from this network before. */
  is_known: boolean;
  /** Recent failures at the account, from wherever. */
  account_failures: number;
  /** Until when the network has to wait, if it has to. */
  address_until: string | null;
}

/**
 * @param user null where nobody has that name: the same statement is run for them
 * @param network in CIDR; null where the address is none
 */
export async function findStanding(
  db: Db,
  keys: { account: string; address: string },
  user: number | null,
  network: string | null,
  now: Date,
  forgotten: Date,
): Promise<Standing> {
  const { rows } = await db.$client.query<Standing>({
    name: 'throttle.standing',
    text: `
      select
        exists (select from sessions where user_id = $1 and address::inet <<= $2::inet) as is_known,
        coalesce((select failures from login_throttles where key = $3 and last_failed_at > $6), 0) as account_failures,
        (select blocked_until from login_throttles where key = $4 and blocked_until > $5) as address_until`,
    values: [user, network, keys.account, keys.address, now, forgotten],
  });
  return rows[0] ?? { is_known: false, account_failures: 0, address_until: null };
}

/**
 * Takes a turn, which counts as a failure until it is forgotten: of many guesses at once no more get through than one
 * after the other would. Whoever is new and has to wait is noted, so that the wait is over at its end whatever others
 * do meanwhile. A few old rows go with each call, so that the table holds what is recent, however long an attack lasts.
 * @param wait seconds that a newcomer has to wait now
 * @param delays seconds after the first, second … failure of this pair
 * @returns undefined when it is this one's turn, otherwise from when on it is (null: at once, another is under way)
 */
export async function takeTurn(
  db: Db,
  pair: string,
  wait: number,
  delays: readonly number[],
  now: Date,
  forgotten: Date,
): Promise<{ until: string | null } | undefined> {
  const { rows } = await db.$client.query<{ failures: number | null; until: string | null }>({
    name: 'throttle.turn',
    text: `
      with swept as (
        delete from login_throttles where key in (
          select key from login_throttles
          where last_failed_at <= $5 and blocked_until <= $4 and key <> $1
          order by last_failed_at limit 10 for update skip locked)
      ), turn as (
        insert into login_throttles as t (key, failures, last_failed_at, blocked_until)
        values ($1, case when $2 > 0 then 0 else 1 end, $4, $4 + make_interval(secs => $2))
        on conflict (key) do update set
          failures = case when t.last_failed_at <= $5 then 1 else t.failures + 1 end,
          last_failed_at = $4,
          blocked_until = $4 + make_interval(secs => greatest($2, ($3::float8[])[
            least(case when t.last_failed_at <= $5 then 1 else t.failures + 1 end, cardinality($3::float8[]))]))
        where t.blocked_until <= $4
        returning failures
      )
      select (select failures from turn) as failures,
        (select blocked_until from login_throttles where key = $1) as until`,
    values: [pair, wait, delays, now, forgotten],
  });
  const [row] = rows;
  if (row?.failures) return undefined;
  return {
    until: row?.failures === 0 ? new Date(now.getTime() + wait * 1_000).toISOString() : (row?.until ?? null),
  };
}

/** How many failures there are with this one. */
const FAILURES = `(1 + case when t.last_failed_at <= $5 then 0 when t.key = $2
  then greatest(0, t.failures - floor(extract(epoch from $4::timestamptz - t.last_failed_at) / $6::float8)::int)
  else t.failures end)`;

/**
 * Counts a failure of the account and of the address, in this order whoever fails: no deadlock.
 * @param forgets after so many seconds one failure of an address is forgotten
 */
export async function countFailure(
  executor: Executor,
  keys: { account: string; address: string },
  delays: readonly number[],
  forgets: number,
  now: Date,
  forgotten: Date,
): Promise<void> {
  await clientOf(executor).query({
    name: 'throttle.failure',
    text: `
      insert into login_throttles as t (key, failures, last_failed_at, blocked_until)
      values ($1, 1, $4, $4), ($2, 1, $4, $4)
      on conflict (key) do update set
        failures = ${FAILURES},
        last_failed_at = $4,
        blocked_until = $4 + make_interval(secs => case when t.key = $2
          then ($3::float8[])[least(${FAILURES}, cardinality($3::float8[]))] else 0 end)`,
    values: [keys.account, keys.address, delays, now, forgotten, forgets],
  });
}

/** Takes back a turn that was no guess: the pair stands as it stood before, and waits for nothing. */
export async function giveBack(executor: Executor, pair: string): Promise<void> {
  await clientOf(executor).query({
    name: 'throttle.give-back',
    text: `
      update login_throttles set failures = greatest(0, failures - 1), blocked_until = last_failed_at where key = $1`,
    values: [pair],
  });
}

export async function forget(executor: Executor, pairs: readonly string[]): Promise<void> {
  await clientOf(executor).query({
    name: 'throttle.forget',
    text: 'delete from login_throttles where key = any ($1)',
    values: [pairs],
  });
}
