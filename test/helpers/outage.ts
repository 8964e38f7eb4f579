import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { expect } from 'vitest';
import { testApp, testConfig } from './app.ts';
import { untilBlocked } from './blocked.ts';
import { type RunningServer, startServer } from './process.ts';
import { type Answer, type Method, outcome, provesRules, request } from './races.ts';

/** How many people use the server while its database goes away. */
const CLIENTS = 40;
const PLACES = 10;
const SLOTS = 1_200;

/** Whether there is time for every kind of outage: npm run test:long. */
export const isLong = process.env.OUTAGE_SECONDS !== undefined;

/** Seconds of an outage: OUTAGE_SECONDS, or `usual`, which every change can afford. */
export const seconds = (usual: number): number => Number(process.env.OUTAGE_SECONDS ?? usual);

export interface Outage {
  name: string;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
  seconds: number;
}

interface Sent {
  outcome: string;
  /** Milliseconds of performance.now(). */
  asked: number;
  answered: number;
}

/**
 * Forty people book, change their names and look at their own, and jobs run, while the database goes away and comes back.
 * Then everything must be well by itself: everybody is served, each place of the pool works, every answered booking
 * stands once, and no job is left.
 *
 * @param options.direct the database itself, whatever the server is told; it must be empty but migrated
 * @param options.url what the server is told; the queue and the announcements go to DATABASE_DIRECT_URL, if it is in `env`
 * @param options.places how many of the server's connections can work at once: fewer than its own behind a pooler
 */
export async function endure(
  outage: Outage,
  {
    direct,
    url,
    env = {},
    places = PLACES,
  }: { direct: string; url: string; env?: Record<string, string>; places?: number },
): Promise<string> {
  const clinic = await testApp({ url: direct });
  let server: RunningServer | undefined;
  try {
    const people = await Promise.all(Array.from({ length: CLIENTS }, () => clinic.person('patient')));
    const doctors = await Promise.all(Array.from({ length: 4 }, () => clinic.person('doctor')));
    const { rows: slots } = await clinic.db.$client.query<{ id: number }>(
      `insert into timeslots (doctor_id, date, start_time, end_time)
       select d.id, current_date + 2 + (n / 50)::int, time '08:00' + n % 50 * interval '10 minutes',
         time '08:10' + n % 50 * interval '10 minutes'
       from doctor_profiles d, generate_series(0, $1::int / 4 - 1) n where d.id = any($2) returning id`,
      [SLOTS, doctors.map(({ id }) => id)],
    );
    server = await startServer({
      NODE_ENV: 'test',
      DATABASE_URL: url,
      MIGRATE_ON_START: 'false',
      JWT_SECRET: testConfig.jwt_secret,
      RATE_LIMIT: 'off',
      DATABASE_POOL_MAX: String(PLACES),
      MAX_WAIT_SECONDS: '3',
      LOG_LEVEL: 'warn',
      ...env,
    });
    const { base } = server;

    const sent: Sent[] = [];
    const promised: { id: number; patient: number }[] = [];
    let stopped = false;
    /** How often everybody has been served since. */
    let served = people.map(() => 0);
    const ask = async (who: number, method: Method, path: string, body?: object, key?: string) => {
      const asked = performance.now();
      const { token } = people[who] ?? {};
      let answer: Answer | undefined;
      try {
        answer = await request(base, method, path, { token, body, key });
      } catch {
        // A server that answers nobody is judged below.
      }
      const said = answer ? outcome(answer) : 'no answer';
      sent.push({ outcome: said, asked, answered: performance.now() });
      served[who] = said.startsWith('5') || !answer ? 0 : (served[who] ?? 0) + 1;
      return answer;
    };
    const live = async (who: number) => {
      while (!stopped) {
        // As the README tells clients to: with a key, and again with the same one until there is an answer.
        const timeslot = slots[Math.floor(Math.random() * slots.length)]?.id;
        const key = randomUUID();
        let booked: Answer | undefined;
        do {
          booked = await ask(who, 'POST', '/appointments/', { timeslot }, key);
          if (!booked || booked.status >= 500) await pause(50 + Math.random() * 200);
        } while (!stopped && (!booked || booked.status >= 500));
        if (booked?.status === 201) promised.push({ id: booked.body.id ?? 0, patient: people[who]?.id ?? 0 });
        await ask(who, 'PATCH', '/auth/me/', { first_name: `Aziza ${Math.floor(Math.random() * 100)}` });
        await ask(who, 'GET', '/auth/me/');
        await pause(20 + Math.random() * 80);
      }
    };
    const ready: { status: number; ms: number; at: number }[] = [];
    const watch = async () => {
      while (!stopped) {
        const asked = performance.now();
        const status = await fetch(`${base}/health/ready`).then(
          (answer) => answer.status,
          () => 0,
        );
        ready.push({ status, ms: performance.now() - asked, at: performance.now() });
        await pause(100);
      }
    };
    const lives = Promise.all([...people.map((_, who) => live(who)), watch()]);
    const until = async (met: () => boolean | Promise<boolean>) => {
      while (!(await met())) await pause(25);
    };
    const everybody = (times: number) => served.every((count) => count >= times);

    await until(() => everybody(6));
    const began = performance.now();
    await outage.begin();
    await pause(outage.seconds * 1_000);
    await outage.end();
    const ended = performance.now();
    served = served.map(() => 0);
    await until(() => everybody(9) && ready.at(-1)?.status === 200);
    stopped = true;
    await lives;

    await everyPlaceWorks(clinic.db.$client, places, () =>
      request(base, 'GET', '/patient/profile/', people[0]),
    );
    const jobs = async () =>
      (
        await clinic.db.$client.query<{ left: number }>(
          `select (select count(*) from graphile_worker.jobs where run_at < now() or locked_at is not null)::int
             + (select coalesce(sum(u.count), 0) from event_readers r cross join lateral events_unread(r.place) u)::int as left`,
        )
      ).rows[0]?.left ?? -1;
    await until(async () => (await jobs()) === 0);
    const worked = performance.now();

    // Whoever was told that they have a visit has it, and nobody has it twice.
    const { rows: stand } = await clinic.db.$client.query<{ id: number; patient: number }>(
      `select id, patient_id as patient from appointments where status = 'pending' and id = any($1) order by id`,
      [promised.map(({ id }) => id)],
    );
    expect(stand).toEqual([...promised].sort((a, b) => a.id - b.id));
    await provesRules(clinic.db);

    const refused = sent.filter(({ outcome }) => outcome.startsWith('5') || outcome === 'no answer');
    expect(sent.filter(({ outcome }) => outcome.startsWith('500') || outcome === 'no answer')).toEqual([]);
    const slowest = Math.max(
      ...sent.filter(({ answered }) => answered > began).map((one) => one.answered - one.asked),
    );
    const lastRefusal = Math.max(ended, ...refused.map(({ answered }) => answered));
    const unready = ready.filter(({ status }) => status !== 200);
    const line = [
      outage.name.padEnd(34),
      `${outage.seconds} s`.padStart(5),
      `${sent.length} requests`.padStart(15),
      `${refused.length} refused`.padStart(13),
      `longest ${(slowest / 1_000).toFixed(1)} s`,
      `well after ${((lastRefusal - ended) / 1_000).toFixed(1)} s`,
      `not ready ${unready.length} of ${ready.length} times, longest answer ${(Math.max(...ready.map(({ ms }) => ms)) / 1_000).toFixed(1)} s`,
      `last: ${refused.toSorted((a, b) => a.answered - b.answered).at(-1)?.outcome ?? 'none'}`,
      `${promised.length} visits stand`,
      `jobs done ${((worked - ended) / 1_000).toFixed(1)} s after`,
    ].join('  ');
    process.stdout.write(`${line}\n`);
    // Longer than anybody waits for an answer, so that somebody must have been told.
    if (outage.seconds > 4) {
      expect(refused.length).toBeGreaterThan(0);
      expect(unready.length).toBeGreaterThan(0);
    }
    return server.output();
  } finally {
    server?.child.kill('SIGTERM');
    await server?.exited;
    await clinic.close();
  }
}

/** Holds up readers by a lock until as many wait for it at once as the pool has places; locks end by themselves. */
async function everyPlaceWorks(pool: pg.Pool, places: number, ask: () => Promise<Answer>): Promise<void> {
  const locker = await pool.connect();
  let enough = false;
  try {
    await locker.query('begin; lock table patient_profiles in access exclusive mode');
    const asking = Array.from({ length: 2 * PLACES }, async () => {
      while (!enough) await ask();
    });
    await untilBlocked(pool, places);
    enough = true;
    await locker.query('commit');
    await Promise.all(asking);
  } finally {
    locker.release(true);
  }
}
